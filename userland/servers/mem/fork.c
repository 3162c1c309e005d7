/*
 * userland/servers/mem/fork.c: a copy of an address space (userland/servers/mem/space.h).
 *
 * Nothing is copied now. Parent and child hold the same pages, and neither may write to them: who does gets a
 * copy. Pages on the disk are shared in the same way, shared memory stays shared, and what is not written to is
 * fetched anew. The child is charged with all of it, as it may come to need it.
 */
#include "userland/servers/mem/space.h"

static enum space_answer share_held(struct space *child, const struct region *r, struct entry *e,
                                    uint32_t page)
{
    if (e->mapped && !e->cow && (r->rights & FRAMES_WRITE) != 0 &&
        frames_protect(e->page, e->slot, r->rights & ~FRAMES_WRITE) != FRAMES_OK)
        return SPACE_GONE;
    e->cow = 1;
    struct entry *copy = entry_of(child, page);
    if (copy == NULL)
        return SPACE_FAILED;
    if (!pool_share(&memory.pool, e->page))
        return SPACE_FULL;
    *copy = (struct entry){.state = ENTRY_HELD, .cow = 1, .page = e->page};
    child->account.resident++;
    return SPACE_OK;
}

static enum space_answer share_swapped(struct space *child, const struct entry *e, uint32_t page)
{
    struct entry *copy = entry_of(child, page);

    if (copy == NULL)
        return SPACE_FAILED;
    if (!account_share_swapped(&child->account))
        return SPACE_QUOTA;
    if (!swap_share(&memory.ledger.swap, e->page)) {
        account_unswapped(&child->account);
        return SPACE_FULL;
    }
    *copy = *e;
    return SPACE_OK;
}

static enum space_answer fork_page(struct space *parent, struct space *child, const struct region *r,
                                   uint32_t page)
{
    struct entry *e = entry_known(parent, page);
    enum space_answer answer = SPACE_OK;

    if (e == NULL || (e->state != ENTRY_HELD && e->state != ENTRY_SWAPPED))
        return SPACE_OK;
    if ((r->flags & REGION_OVERCOMMIT) != 0 && !account_charge(&child->account, 1, 0))
        return SPACE_QUOTA;
    if (e->state == ENTRY_HELD) {
        answer = space_make_room(child);
        return answer == SPACE_OK ? share_held(child, r, e, page) : answer;
    }
    return share_swapped(child, e, page);
}

static enum space_answer fork_region(struct space *parent, struct space *child, const struct region *r)
{
    struct region copy = *r;

    copy.flags &= (uint8_t)~REGION_EAGER;
    enum space_answer answer = space_map(child, &copy);
    for (uint32_t page = r->first; page < r->first + r->pages && answer == SPACE_OK; page++)
        answer = fork_page(parent, child, r, page);
    return answer;
}

enum space_answer space_fork(struct space *parent, struct space *child)
{
    enum space_answer answer = SPACE_OK;

    for (unsigned i = 0; i < parent->regions.count && answer == SPACE_OK; i++)
        answer = fork_region(parent, child, &parent->regions.region[i]);
    child->heap = parent->heap;
    return answer;
}
