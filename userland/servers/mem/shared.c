/*
 * userland/servers/mem/shared.c: memory that several clients see (userland/servers/mem/shared.h).
 */
#include "userland/servers/mem/space.h"

_Static_assert(sizeof(struct shared) <= POOL_PAGE_BYTES, "shared memory is described in a page");

enum space_answer shared_make(uint32_t pages, struct shared **shared)
{
    if (pages == 0 || pages > SHARED_PAGES_MAX)
        return SPACE_BAD_REQUEST;
    if (!ledger_promise(&memory.ledger, pages + 1))
        return SPACE_MEMORY;
    uint32_t own = page_take(&placement_first_fit, 0);
    struct shared *made = own != POOL_NONE ? frames_open(own) : NULL;
    if (made == NULL) {
        if (own != POOL_NONE)
            page_drop(own);
        ledger_release(&memory.ledger, pages + 1);
        return SPACE_FAILED;
    }
    made->own = own;
    made->users = 1;
    made->pages = pages;
    made->number = ++memory.shared_count;
    for (uint32_t i = 0; i < pages; i++)
        made->page[i] = POOL_NONE;
    *shared = made;
    return SPACE_OK;
}

void shared_drop(struct shared *shared)
{
    uint32_t own = shared->own, pages = shared->pages;

    if (--shared->users > 0)
        return;
    for (uint32_t i = 0; i < pages; i++) {
        if (shared->page[i] != POOL_NONE)
            page_drop(shared->page[i]);
    }
    frames_close(own);
    page_drop(own);
    ledger_release(&memory.ledger, pages + 1);
}

uint32_t shared_page(struct shared *shared, uint32_t at, const struct placement *placement, uint32_t virtual)
{
    if (shared->page[at] == POOL_NONE)
        shared->page[at] = page_take(placement, virtual);
    return shared->page[at];
}
