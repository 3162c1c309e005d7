/*
 * userland/servers/mem/space.c: address spaces, and their regions coming and going (userland/servers/mem/space.h).
 */
#include <string.h>

#include "userland/servers/mem/space.h"

#define OWN_PAGES 2u /* the space and its directory */

/* ---- Open and close -------------------------------------------------------------------------------------- */

/* A page for the server's own tables; null: the kernel refused. */
static void *take_table(uint32_t *page)
{
    *page = page_take(&placement_first_fit, 0);
    void *table = *page != POOL_NONE ? frames_open(*page) : NULL;

    if (table == NULL && *page != POOL_NONE)
        page_drop(*page);
    return table;
}

static void give_table(uint32_t page)
{
    frames_close(page);
    page_drop(page);
}

enum space_answer space_open(frames_space id, uint32_t quota, const struct placement *placement,
                             uint32_t given_tables, struct space **space)
{
    struct account account;
    uint32_t own, directory_page;

    if (quota < OWN_PAGES + ACCOUNT_WORKING)
        return SPACE_QUOTA;
    if (!account_open(&account, &memory.ledger, quota))
        return SPACE_MEMORY;
    struct space *made = take_table(&own);
    struct directory *directory = made != NULL ? take_table(&directory_page) : NULL;
    if (directory == NULL) {
        if (made != NULL)
            give_table(own);
        account_close(&account);
        return SPACE_FAILED;
    }
    account_charge(&account, 0, OWN_PAGES);
    *made = (struct space){
        .id = id,
        .placement = placement,
        .account = account,
        .directory = directory,
        .own = own,
        .directory_page = directory_page,
        .given_tables = given_tables,
    };
    *space = made;
    return SPACE_OK;
}

void space_close(struct space *space)
{
    uint32_t own = space->own, directory_page = space->directory_page;

    while (space->regions.count > 0)
        space_unmap(space, space->regions.region[space->regions.count - 1].first);
    account_close(&space->account);
    give_table(directory_page);
    give_table(own);
}

/* ---- Spans ----------------------------------------------------------------------------------------------- */

/* Pages that a span costs: its leaf, and its page table unless that was there before. */
static uint32_t span_cost(const struct space *space, uint32_t span)
{
    return span < space->given_tables ? 1 : 2;
}

static bool span_is_used(const struct space *space, uint32_t span)
{
    for (unsigned i = 0; i < space->regions.count; i++) {
        const struct region *r = &space->regions.region[i];
        if (r->kind != REGION_GUARD && r->pages > 0 && r->first / SPACE_SPAN_PAGES <= span &&
            (r->first + r->pages - 1) / SPACE_SPAN_PAGES >= span)
            return true;
    }
    return false;
}

static uint32_t new_spans_cost(const struct space *space, uint32_t first, uint32_t pages)
{
    uint32_t cost = 0;

    for (uint32_t span = first / SPACE_SPAN_PAGES;
         pages > 0 && span <= (first + pages - 1) / SPACE_SPAN_PAGES; span++) {
        if (space->directory->leaf[span] == SPAN_NONE)
            cost += span_cost(space, span);
    }
    return cost;
}

/* Of so many pages of a region, those that are the client's own: not shared, and not in place in the bundle. */
static uint32_t own_pages(const struct region *r, uint32_t pages)
{
    uint64_t whole =
        (r->bytes + ((r->flags & REGION_WHOLE) != 0 ? POOL_PAGE_BYTES - 1 : 0)) / POOL_PAGE_BYTES;

    if (r->kind == REGION_ZERO || (r->kind == REGION_FILE && (r->rights & FRAMES_WRITE) != 0))
        return (r->flags & REGION_OVERCOMMIT) != 0 ? 0 : pages;
    return r->kind == REGION_FILE && whole < pages ? pages - (uint32_t)whole : 0;
}

/* Charges what pages from there on cost that a region is to get: themselves, and tables for them. */
static enum space_answer charge(struct space *space, const struct region *r, uint32_t first, uint32_t pages)
{
    uint32_t charged = own_pages(r, pages);
    uint32_t fixed = r->kind == REGION_GUARD ? 0 : new_spans_cost(space, first, pages);

    fixed += r->kind == REGION_SHARED ? pages : 0;
    if (!account_charge(&space->account, charged, fixed))
        return SPACE_QUOTA;
    enum space_answer answer = space_fit(space);
    if (answer != SPACE_OK) {
        account_refund(&space->account, charged, fixed);
        return answer;
    }
    for (uint32_t span = first / SPACE_SPAN_PAGES;
         r->kind != REGION_GUARD && pages > 0 && span <= (first + pages - 1) / SPACE_SPAN_PAGES; span++) {
        if (space->directory->leaf[span] == SPAN_NONE)
            space->directory->leaf[span] = SPAN_DUE;
    }
    return SPACE_OK;
}

/* Takes leaf and page table of a span that has no region any more. */
static void free_span(struct space *space, uint32_t span)
{
    struct directory *d = space->directory;

    if (d->leaf[span] >= SPAN_PAGE)
        give_table(d->leaf[span] - SPAN_PAGE);
    if (d->table[span] >= SPAN_PAGE)
        page_drop(d->table[span] - SPAN_PAGE);
    d->leaf[span] = d->table[span] = SPAN_NONE;
    account_refund(&space->account, 0, span_cost(space, span));
}

/* Takes the pages from there on away from the region, which must no longer have them. */
static void release(struct space *space, const struct region *was, uint32_t first, uint32_t pages)
{
    if (pages == 0 || was->kind == REGION_GUARD)
        return;
    for (uint32_t page = first; page < first + pages; page++) {
        struct entry *e = entry_known(space, page);
        if (e == NULL) {
            page = (page / SPACE_SPAN_PAGES + 1) * SPACE_SPAN_PAGES - 1; /* to the next span */
            continue;
        }
        bool own = e->state == ENTRY_HELD || e->state == ENTRY_SWAPPED;
        entry_clear(space, e);
        if (own && (was->flags & REGION_OVERCOMMIT) != 0)
            account_refund(&space->account, 1, 0);
    }
    account_refund(&space->account, own_pages(was, pages), was->kind == REGION_SHARED ? pages : 0);
    for (uint32_t span = first / SPACE_SPAN_PAGES; span <= (first + pages - 1) / SPACE_SPAN_PAGES; span++) {
        if (space->directory->leaf[span] != SPAN_NONE && !span_is_used(space, span))
            free_span(space, span);
    }
}

/* ---- Regions --------------------------------------------------------------------------------------------- */

static bool is_sound(const struct region *r)
{
    bool rights = r->kind == REGION_GUARD ? r->rights == 0 : (r->rights & FRAMES_READ) != 0;

    if ((r->rights & ~(FRAMES_READ | FRAMES_WRITE | FRAMES_EXECUTE)) != 0 || !rights)
        return false;
    if ((r->rights & FRAMES_WRITE) != 0 && (r->rights & FRAMES_EXECUTE) != 0)
        return false;
    /* Only zeroed memory can be promised late: the others' pages are charged by what they will be. */
    if ((r->flags & REGION_OVERCOMMIT) != 0 && r->kind != REGION_ZERO)
        return false;
    return r->kind >= REGION_ZERO && r->kind <= REGION_GUARD && r->offset % POOL_PAGE_BYTES == 0;
}

static enum space_answer touch_all(struct space *space, const struct region *r)
{
    enum space_answer answer = SPACE_OK;
    unsigned access = (r->rights & FRAMES_WRITE) != 0 ? FRAMES_WRITE : FRAMES_READ;

    for (uint32_t i = 0; i < r->pages && answer == SPACE_OK; i++)
        answer = space_fault(space, r->first + i, access);
    return answer;
}

enum space_answer space_map(struct space *space, struct region *region)
{
    if (!is_sound(region))
        return SPACE_BAD_REQUEST;
    if (region->first == 0) {
        region->first = region_place(&space->regions, region->pages);
        if (region->first == 0)
            return SPACE_TAKEN;
        region->low = region->first;
        region->high = region->first + region->pages;
    }
    struct region *added = region_add(&space->regions, region);
    if (added == NULL)
        return space->regions.count == REGIONS_MAX ? SPACE_FULL : SPACE_TAKEN;
    enum space_answer answer = charge(space, added, added->first, added->pages);
    if (answer != SPACE_OK) {
        region_remove(&space->regions, added);
        return answer;
    }
    if (added->kind == REGION_SHARED)
        added->shared->users++;
    if ((added->flags & REGION_EAGER) != 0)
        answer = touch_all(space, added);
    if (answer != SPACE_OK)
        space_unmap(space, region->first);
    return answer;
}

enum space_answer space_unmap(struct space *space, uint32_t first)
{
    struct region *r = region_at(&space->regions, first);

    if (r == NULL)
        return SPACE_NOTHING;
    struct region was = *r;
    region_remove(&space->regions, r);
    release(space, &was, was.first, was.pages);
    if (was.kind == REGION_SHARED)
        shared_drop(was.shared);
    if (space->heap == was.low)
        space->heap = 0;
    return SPACE_OK;
}

/* What may be written must have been charged; and pages with other rights are mapped anew when touched. */
enum space_answer space_protect(struct space *space, uint32_t first, unsigned rights)
{
    struct region *r = region_at(&space->regions, first);

    if (r == NULL)
        return SPACE_NOTHING;
    struct region changed = *r;
    changed.rights = (uint8_t)rights;
    if (r->kind == REGION_GUARD || r->kind == REGION_FILE || !is_sound(&changed))
        return SPACE_BAD_REQUEST;
    r->rights = (uint8_t)rights;
    for (uint32_t page = r->first; page < r->first + r->pages; page++) {
        struct entry *e = entry_known(space, page);
        if (e == NULL || !e->mapped)
            continue;
        if (e->state == ENTRY_HELD)
            entry_unmap(e);
        else
            entry_clear(space, e);
    }
    return SPACE_OK;
}

enum space_answer space_heap(struct space *space, uint32_t *end)
{
    struct region *r = space->heap != 0 ? region_at(&space->regions, space->heap) : NULL;
    enum space_answer answer = SPACE_OK;

    if (r == NULL)
        return SPACE_NOTHING;
    uint32_t now = r->first + r->pages, wanted = *end;
    *end = now;
    if (wanted < r->first || wanted > r->high)
        return SPACE_TAKEN;
    if (wanted > now)
        answer = charge(space, r, now, wanted - now);
    if (answer != SPACE_OK)
        return answer;
    struct region was = *r;
    r->pages = wanted - r->first;
    if (wanted < now)
        release(space, &was, wanted, now - wanted);
    *end = wanted;
    return SPACE_OK;
}

/* With all pages between, so that the region stays in one piece. */
enum space_answer space_grow_down(struct space *space, struct region *region, uint32_t page)
{
    enum space_answer answer = charge(space, region, page, region->first - page);

    if (answer == SPACE_OK) {
        region->pages += region->first - page;
        region->first = page;
    }
    return answer;
}

/* ---- Counting -------------------------------------------------------------------------------------------- */

void space_count(struct space *space, struct space_counts *counts)
{
    *counts = (struct space_counts){
        .quota = space->account.quota,
        .fixed = space->account.fixed,
        .charged = space->account.charged,
        .resident = space->account.resident,
        .swapped = space->account.swapped,
        .fetched = space->fetched,
    };
    for (uint32_t span = 0; span < SPACE_SPANS; span++) {
        const struct entry *leaf = entry_known(space, span * SPACE_SPAN_PAGES);
        for (unsigned i = 0; leaf != NULL && i < SPACE_SPAN_PAGES; i++) {
            counts->shared += leaf[i].state == ENTRY_SHOWN ||
                              (leaf[i].state == ENTRY_HELD && memory.pool.refs[leaf[i].page] > 1);
        }
    }
}
