/*
 * userland/lib/window.c: the receive window (userland/lib/window.h).
 */
#include "userland/lib/window.h"

#include "userland/lib/authority.h"
#include "userland/lib/start.h"

#define FIRST_KEPT (1u + TESS_MESSAGE_CAPS_MAX)

_Static_assert(FIRST_KEPT + TESS_WINDOW_KEPT == 1u << TESS_WINDOW_RADIX, "all slots but 0 are used");

static tess_cnode window;
/* Slots, of the message at hand, that its capabilities are in; null: it is not in the window. */
static tess_cptr slots[TESS_MESSAGE_CAPS_MAX];

void tess_window_open(void)
{
    tess_cnode cnode = {tess_start_capability("window")};

    tess_window(cnode, 1, cnode.address != TESS_NULL ? TESS_MESSAGE_CAPS_MAX : 0);
}

void tess_window(tess_cnode cnode, tess_cptr first, unsigned count)
{
    tess_window_empty();
    window = cnode;
    if (tess_buffer == NULL)
        return;
    tess_buffer->window_cnode = cnode.address;
    tess_buffer->window_first = first;
    tess_buffer->window_slots = count < TESS_MESSAGE_CAPS_MAX ? count : TESS_MESSAGE_CAPS_MAX;
}

void tess_window_take(const tess_message *m)
{
    unsigned caps = TESS_INFO_CAPS(m->info);
    tess_cptr next = tess_buffer != NULL ? tess_buffer->window_first : TESS_NULL;

    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++) {
        bool placed = tess_buffer != NULL && i < caps && tess_buffer->transfer[i] == TESS_TRANSFER_PLACED;
        slots[i] = placed ? next++ : TESS_NULL;
    }
}

void tess_window_empty(void)
{
    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++) {
        if (slots[i] != TESS_NULL)
            tess_cnode_delete(window, slots[i]);
        slots[i] = TESS_NULL;
    }
}

tess_cptr tess_received(unsigned i)
{
    if (i >= TESS_MESSAGE_CAPS_MAX || slots[i] == TESS_NULL)
        return TESS_NULL;
    return window.address | slots[i] << tess_start->cspace_radix;
}

tess_cptr tess_keep(unsigned i)
{
    tess_cnode cnode = {tess_start_capability("window")};
    tess_cptr from = tess_received(i);

    for (tess_cptr to = FIRST_KEPT; from != TESS_NULL && to < 1u << TESS_WINDOW_RADIX; to++) {
        if (tess_failed(tess_cnode_move(cnode, to, (tess_cnode){TESS_NULL}, from)))
            continue; /* that slot is taken */
        slots[i] = TESS_NULL;
        return tess_slot_of("window", to);
    }
    return TESS_NULL;
}

void tess_drop(tess_cptr kept)
{
    tess_cnode_delete((tess_cnode){tess_start_capability("window")}, kept >> tess_start->cspace_radix);
}
