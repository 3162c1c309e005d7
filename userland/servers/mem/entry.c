/*
 * userland/servers/mem/entry.c: one page of an address space, and the pages of the pool behind it
 * (userland/servers/mem/space.h).
 */
#include <string.h>

#include "userland/servers/mem/space.h"

struct memory memory;

/* ---- Pages of the pool ----------------------------------------------------------------------------------- */

uint32_t page_take(const struct placement *placement, uint32_t virtual)
{
    uint32_t page = placement->choose(&memory.pool, 0, virtual);

    if (page == POOL_NONE)
        return POOL_NONE;
    pool_take(&memory.pool, page, 0);
    if (frames_make(page))
        return page;
    page_drop(page);
    return POOL_NONE;
}

void page_drop(uint32_t page)
{
    if (pool_drop(&memory.pool, page, 0))
        frames_free(page);
}

/* ---- Entries --------------------------------------------------------------------------------------------- */

static struct entry *leaf_at(uint32_t number, uint32_t page)
{
    struct entry *leaf = frames_open(number - SPAN_PAGE);

    return leaf != NULL ? &leaf[page % SPACE_SPAN_PAGES] : NULL;
}

struct entry *entry_known(struct space *space, uint32_t page)
{
    uint32_t number = space->directory->leaf[page / SPACE_SPAN_PAGES];

    return number >= SPAN_PAGE ? leaf_at(number, page) : NULL;
}

struct entry *entry_of(struct space *space, uint32_t page)
{
    uint32_t *number = &space->directory->leaf[page / SPACE_SPAN_PAGES];

    if (*number < SPAN_PAGE) {
        uint32_t own = page_take(&placement_first_fit, 0);
        if (own == POOL_NONE)
            return NULL;
        if (frames_open(own) == NULL) {
            page_drop(own);
            return NULL;
        }
        *number = own + SPAN_PAGE;
    }
    return leaf_at(*number, page);
}

static enum space_answer make_table(struct space *space, uint32_t page)
{
    uint32_t *table = &space->directory->table[page / SPACE_SPAN_PAGES];
    uint32_t own = placement_first_fit.choose(&memory.pool, 0, 0);

    if (own == POOL_NONE || *table >= SPAN_PAGE)
        return SPACE_FAILED;
    pool_take(&memory.pool, own, 0);
    enum frames_result result = frames_table(space->id, own, page);
    if (result != FRAMES_OK) {
        page_drop(own);
        return result == FRAMES_GONE ? SPACE_GONE : SPACE_FAILED;
    }
    *table = own + SPAN_PAGE;
    return SPACE_OK;
}

static enum frames_result map_once(const struct space *space, const struct entry *e, uint32_t page,
                                   unsigned rights)
{
    if (e->state == ENTRY_FETCHED)
        return frames_map_fetched(space->id, e->slot, page, rights);
    return frames_map(space->id, e->page, e->slot, page, rights);
}

/* The original capability is for the only user of a page; who shares it takes a slot. */
enum space_answer entry_map(struct space *space, struct entry *e, uint32_t page, unsigned rights)
{
    if (e->state == ENTRY_SHOWN || (e->state == ENTRY_HELD && memory.pool.refs[e->page] > 1)) {
        e->slot = frames_slot_take();
        if (e->slot == FRAMES_ORIGINAL)
            return SPACE_FULL;
    }
    enum frames_result result = map_once(space, e, page, rights);
    if (result == FRAMES_TABLE) {
        enum space_answer answer = make_table(space, page);
        result = answer == SPACE_OK ? map_once(space, e, page, rights) : FRAMES_FAILED;
    }
    if (result == FRAMES_OK) {
        e->mapped = 1;
        return SPACE_OK;
    }
    if (e->state != ENTRY_FETCHED && e->slot != FRAMES_ORIGINAL) {
        frames_slot_give(e->slot);
        e->slot = FRAMES_ORIGINAL;
    }
    return result == FRAMES_GONE ? SPACE_GONE : SPACE_FAILED;
}

void entry_unmap(struct entry *e)
{
    if (e->mapped)
        frames_unmap(e->page, e->slot);
    if (e->slot != FRAMES_ORIGINAL)
        frames_slot_give(e->slot);
    e->slot = FRAMES_ORIGINAL;
    e->mapped = 0;
}

/* The last user of a page need not unmap it: taking the page back does. */
static void clear_held(struct space *space, struct entry *e)
{
    if (memory.pool.refs[e->page] > 1 || e->slot != FRAMES_ORIGINAL)
        entry_unmap(e);
    page_drop(e->page);
    space->account.resident--;
}

void entry_clear(struct space *space, struct entry *e)
{
    switch ((enum entry_state)e->state) {
    case ENTRY_NONE:
        break;
    case ENTRY_HELD:
        clear_held(space, e);
        break;
    case ENTRY_SHOWN:
        entry_unmap(e);
        page_drop(e->page);
        break;
    case ENTRY_SWAPPED:
        swap_drop(&memory.ledger.swap, e->page);
        account_unswapped(&space->account);
        break;
    case ENTRY_FETCHED:
        frames_slot_give(e->slot);
        space->fetched--;
        break;
    }
    *e = (struct entry){0};
}
