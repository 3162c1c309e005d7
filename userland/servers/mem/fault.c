/*
 * userland/servers/mem/fault.c: what a fault means, and what makes the access possible (userland/servers/mem/space.h).
 *
 *   nothing lies there           the stack may grow down to it; else SPACE_NOTHING
 *   the region forbids it        SPACE_GUARD, SPACE_RIGHTS
 *   touched for the first time   a zeroed page; the page of the bundle in place, or a copy of it; the shared page
 *   on the disk                  a page with what the disk has
 *   held, not mapped             it is mapped: read-only, while others use it too
 *   written, and others use it   a copy of its own
 *   written, and nobody does     it becomes writable
 *   everything is as it should   the fault was overtaken; try again
 */
#include "userland/lib/copy.h"
#include "userland/servers/mem/space.h"

static unsigned rights_now(const struct region *r, const struct entry *e)
{
    return e->cow ? r->rights & ~FRAMES_WRITE : r->rights;
}

/* A page of the pool for this entry, which had none; accounted for. */
static enum space_answer take(struct space *space, struct entry *e, uint32_t page)
{
    enum space_answer answer = space_make_room(space);

    if (answer != SPACE_OK)
        return answer;
    uint32_t own = page_take(space->placement, page);
    if (own == POOL_NONE)
        return SPACE_FAILED;
    *e = (struct entry){.state = ENTRY_HELD, .page = own};
    space->account.resident++;
    return SPACE_OK;
}

/* Pages that were not charged with their region are when they are touched. */
static enum space_answer take_first(struct space *space, struct region *r, struct entry *e, uint32_t page)
{
    bool late = (r->flags & REGION_OVERCOMMIT) != 0;

    if (late && !account_charge(&space->account, 1, 0))
        return SPACE_QUOTA;
    enum space_answer answer = take(space, e, page);
    if (answer != SPACE_OK && late)
        account_refund(&space->account, 1, 0);
    return answer;
}

/* A page that is charged and could not be filled is none. */
static enum space_answer give_up(struct space *space, const struct region *r, struct entry *e,
                                 enum space_answer answer)
{
    entry_clear(space, e);
    if ((r->flags & REGION_OVERCOMMIT) != 0)
        account_refund(&space->account, 1, 0);
    return answer;
}

static enum space_answer first_zero(struct space *space, struct region *r, struct entry *e, uint32_t page)
{
    enum space_answer answer = take_first(space, r, e, page);

    if (answer != SPACE_OK)
        return answer;
    answer = entry_map(space, e, page, r->rights);
    return answer == SPACE_OK ? answer : give_up(space, r, e, answer);
}

static enum space_answer fetch(struct space *space, uint64_t offset, uint32_t *slot)
{
    if (space->fetched >= space->account.quota)
        space_forget_fetched(space);
    *slot = frames_slot_take();
    if (*slot == FRAMES_ORIGINAL)
        return SPACE_FULL;
    if (frames_fetch(offset, *slot))
        return SPACE_OK;
    frames_slot_give(*slot);
    return SPACE_NOTHING;
}

/* A page of the bundle in place, where nobody writes to it. */
static enum space_answer in_place(struct space *space, const struct region *r, struct entry *e, uint32_t page)
{
    uint32_t slot;
    enum space_answer answer = fetch(space, r->offset + (uint64_t)(page - r->first) * POOL_PAGE_BYTES, &slot);

    if (answer != SPACE_OK)
        return answer;
    *e = (struct entry){.state = ENTRY_FETCHED, .slot = slot};
    space->fetched++;
    answer = entry_map(space, e, page, r->rights);
    if (answer != SPACE_OK)
        entry_clear(space, e);
    return answer;
}

static enum space_answer copy_of_file(struct space *space, struct region *r, struct entry *e, uint32_t page,
                                      uint32_t bytes)
{
    uint32_t slot;
    enum space_answer answer = take_first(space, r, e, page);

    if (answer != SPACE_OK)
        return answer;
    answer =
        bytes > 0 ? fetch(space, r->offset + (uint64_t)(page - r->first) * POOL_PAGE_BYTES, &slot) : SPACE_OK;
    if (answer == SPACE_OK && bytes > 0) {
        answer = frames_copy_fetched(e->page, slot, bytes) ? SPACE_OK : SPACE_FAILED;
        frames_slot_give(slot);
    }
    if (answer == SPACE_OK)
        answer = entry_map(space, e, page, r->rights);
    return answer == SPACE_OK ? answer : give_up(space, r, e, answer);
}

static enum space_answer first_file(struct space *space, struct region *r, struct entry *e, uint32_t page)
{
    uint64_t at = (uint64_t)(page - r->first) * POOL_PAGE_BYTES;
    uint64_t bytes = r->bytes > at ? r->bytes - at : 0;

    bytes = bytes < POOL_PAGE_BYTES ? bytes : POOL_PAGE_BYTES;
    if ((r->rights & FRAMES_WRITE) == 0 &&
        (bytes == POOL_PAGE_BYTES || (bytes > 0 && (r->flags & REGION_WHOLE) != 0)))
        return in_place(space, r, e, page);
    return copy_of_file(space, r, e, page, (uint32_t)bytes);
}

static enum space_answer first_shared(struct space *space, const struct region *r, struct entry *e,
                                      uint32_t page)
{
    uint32_t own = shared_page(r->shared, page - r->first, space->placement, page);

    if (own == POOL_NONE)
        return SPACE_FAILED;
    if (!pool_share(&memory.pool, own))
        return SPACE_FULL;
    *e = (struct entry){.state = ENTRY_SHOWN, .page = own};
    enum space_answer answer = entry_map(space, e, page, r->rights);
    if (answer != SPACE_OK)
        entry_clear(space, e);
    return answer;
}

static enum space_answer first_touch(struct space *space, struct region *r, struct entry *e, uint32_t page)
{
    switch ((enum region_kind)r->kind) {
    case REGION_ZERO:
        return first_zero(space, r, e, page);
    case REGION_FILE:
        return first_file(space, r, e, page);
    case REGION_SHARED:
        return first_shared(space, r, e, page);
    case REGION_GUARD:
        break;
    }
    return SPACE_GUARD;
}

/* From the disk; the place is given up only when the page is there. */
static enum space_answer bring_back(struct space *space, const struct region *r, struct entry *e,
                                    uint32_t page)
{
    struct entry swapped = *e;
    enum space_answer answer = take(space, e, page);

    if (answer != SPACE_OK)
        return answer;
    void *to = frames_open(e->page);
    bool good = to != NULL && swap_read(swapped.page, to);
    if (to != NULL)
        frames_close(e->page);
    if (!good) {
        entry_clear(space, e);
        *e = swapped;
        return SPACE_DISK;
    }
    swap_drop(&memory.ledger.swap, swapped.page);
    account_unswapped(&space->account);
    space->swapped_in++;
    return entry_map(space, e, page, r->rights);
}

/* A copy of its own in place of the page that others use too. */
static enum space_answer copy(struct space *space, const struct region *r, struct entry *e, uint32_t page)
{
    uint32_t own = page_take(space->placement, page);
    const void *from = own != POOL_NONE ? frames_open(e->page) : NULL;
    void *to = from != NULL ? frames_open(own) : NULL;

    if (to != NULL)
        tess_copy_words(to, from, POOL_PAGE_BYTES);
    if (to != NULL)
        frames_close(own);
    if (from != NULL)
        frames_close(e->page);
    if (to == NULL) {
        if (own != POOL_NONE)
            page_drop(own);
        return SPACE_FAILED;
    }
    entry_unmap(e);
    page_drop(e->page);
    *e = (struct entry){.state = ENTRY_HELD, .page = own};
    space->copied++;
    return entry_map(space, e, page, r->rights);
}

static enum space_answer held(struct space *space, const struct region *r, struct entry *e, uint32_t page,
                              unsigned access)
{
    if ((access & FRAMES_WRITE) != 0 && e->cow) {
        if (memory.pool.refs[e->page] > 1)
            return copy(space, r, e, page);
        e->cow = 0;
        if (e->mapped)
            return frames_protect(e->page, e->slot, r->rights) == FRAMES_OK ? SPACE_OK : SPACE_GONE;
    }
    return e->mapped ? SPACE_OK : entry_map(space, e, page, rights_now(r, e));
}

/* The region that has the page, or that grows down to it. */
static enum space_answer region_for(struct space *space, uint32_t page, struct region **region)
{
    *region = region_find(&space->regions, page);
    if (*region != NULL)
        return SPACE_OK;
    *region = region_below(&space->regions, page);
    return *region != NULL ? space_grow_down(space, *region, page) : SPACE_NOTHING;
}

enum space_answer space_fault(struct space *space, uint32_t page, unsigned access)
{
    struct region *r;
    enum space_answer answer = region_for(space, page, &r);

    if (answer != SPACE_OK)
        return answer;
    if (r->kind == REGION_GUARD)
        return SPACE_GUARD;
    if ((access & ~(unsigned)r->rights) != 0)
        return SPACE_RIGHTS;
    struct entry *e = entry_of(space, page);
    if (e == NULL)
        return SPACE_FAILED;
    switch ((enum entry_state)e->state) {
    case ENTRY_NONE:
        return first_touch(space, r, e, page);
    case ENTRY_SWAPPED:
        return bring_back(space, r, e, page);
    case ENTRY_HELD:
        return held(space, r, e, page, access);
    case ENTRY_SHOWN:
    case ENTRY_FETCHED:
        break;
    }
    return SPACE_OK;
}
