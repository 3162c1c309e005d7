/*
 * userland/servers/mem/evict.c: what goes to the disk when a client has more than fits into its quota
 * (userland/servers/mem/space.h).
 *
 * The hand goes round the client's own pages by address; the next one it meets goes. There is nothing to tell
 * which page was used last: the kernel's tables do not say (VM-7).
 */
#include "userland/servers/mem/space.h"

/* The next page from the hand on, once round, whose entry is of that state; null: none. */
static struct entry *next(struct space *space, enum entry_state state)
{
    uint32_t page = space->hand;

    for (uint32_t left = REGION_PAGES; left > 0;) {
        struct entry *e = entry_known(space, page);
        uint32_t step = e != NULL ? 1 : SPACE_SPAN_PAGES - page % SPACE_SPAN_PAGES;
        page = (page + step) % REGION_PAGES;
        left -= step < left ? step : left;
        if (e != NULL && e->state == state) {
            space->hand = page;
            return e;
        }
    }
    return NULL;
}

/* Out of the client's sight first, then to the disk: nobody changes it while it is written. */
static enum space_answer put_out(struct space *space, struct entry *e)
{
    uint32_t place = swap_take(&memory.ledger.swap);

    if (place == SWAP_NONE)
        return SPACE_DISK;
    entry_unmap(e);
    const void *from = frames_open(e->page);
    bool good = from != NULL && swap_write(place, from);
    if (from != NULL)
        frames_close(e->page);
    if (!good) {
        swap_drop(&memory.ledger.swap, place);
        return SPACE_DISK;
    }
    page_drop(e->page);
    *e = (struct entry){.state = ENTRY_SWAPPED, .page = place};
    account_swapped(&space->account);
    space->swapped_out++;
    return SPACE_OK;
}

static enum space_answer put_one_out(struct space *space)
{
    struct entry *e = next(space, ENTRY_HELD);

    return e != NULL ? put_out(space, e) : SPACE_QUOTA;
}

enum space_answer space_make_room(struct space *space)
{
    return account_has_room(&space->account) ? SPACE_OK : put_one_out(space);
}

enum space_answer space_fit(struct space *space)
{
    enum space_answer answer = SPACE_OK;

    while (answer == SPACE_OK && space->account.resident + space->account.fixed > space->account.quota)
        answer = put_one_out(space);
    return answer;
}

void space_forget_fetched(struct space *space)
{
    struct entry *e = next(space, ENTRY_FETCHED);

    if (e != NULL)
        entry_clear(space, e);
}
