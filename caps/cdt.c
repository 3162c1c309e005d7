/*
 * caps/cdt.c: the derivation list: who is whose child, insertion, removal, move and exchange
 * (SPEC CDT-1..CDT-8).
 */
#include "caps/cdt.h"

#include "caps/ring.h"

struct slot *cdt_prev(const struct slot *slot)
{
    return slot->prev ? slot_at(slot->prev) : NULL;
}

struct slot *cdt_next(const struct slot *slot)
{
    return slot->next ? slot_at(slot->next) : NULL;
}

/* Makes the neighbours of `slot` point at it. */
static void cdt_link_neighbours(struct slot *slot)
{
    if (slot->prev)
        slot_at(slot->prev)->next = slot_number(slot);
    if (slot->next)
        slot_at(slot->next)->prev = slot_number(slot);
}

void cdt_insert(struct slot *left, struct slot *slot, struct cap cap)
{
    slot->cap = cap;
    slot->aux[0] = slot->aux[1] = 0;
    slot->prev = left ? slot_number(left) : 0;
    slot->next = left ? left->next : 0;
    cdt_link_neighbours(slot);
}

void cdt_remove(struct slot *slot)
{
    struct slot *left = cdt_prev(slot), *right = cdt_next(slot);

    /* A family that loses its first member, original or not, keeps its border on the left (CDT-4). */
    if ((slot->cap.w0 & CAP_FAMILY) && right && cap_same_object(slot->cap, right->cap) &&
        cap_badge(slot->cap) == cap_badge(right->cap))
        right->cap.w0 |= CAP_FAMILY;
    if (left)
        left->next = slot->next;
    if (right)
        right->prev = slot->prev;
    *slot = (struct slot){.cap = CAP_EMPTY};
}

static bool slot_in_ring(const struct slot *slot)
{
    return slot->aux[0] && cap_raw_type(slot->cap) != CAP_UNTYPED;
}

void cdt_move(struct slot *from, struct slot *to)
{
    bool ringed = slot_in_ring(from);
    to->cap = from->cap;
    to->prev = from->prev;
    to->next = from->next;
    cdt_link_neighbours(to);
    if (ringed) {
        ring_replace(from, to);
    } else {
        to->aux[0] = from->aux[0];
        to->aux[1] = from->aux[1];
    }
    *from = (struct slot){.cap = CAP_EMPTY};
}

/* Exchanges ring places. Members of one ring need nothing: the order in a ring means nothing. */
static void ring_exchange(struct slot *a, struct slot *b, bool a_ringed, bool b_ringed)
{
    if (a_ringed && b_ringed) {
        if (cap_mapped_vspace(a->cap) == cap_mapped_vspace(b->cap))
            return;
        struct slot *a_left = ring_prev(a), *b_left = ring_prev(b);
        ring_remove(a);
        ring_remove(b);
        ring_insert(a_left, b);
        ring_insert(b_left, a);
    } else if (a_ringed) {
        uint32_t keep[2] = {b->aux[0], b->aux[1]};
        ring_replace(a, b);
        a->aux[0] = keep[0];
        a->aux[1] = keep[1];
    } else if (b_ringed) {
        ring_exchange(b, a, true, false);
    } else {
        uint32_t keep[2] = {b->aux[0], b->aux[1]};
        b->aux[0] = a->aux[0];
        b->aux[1] = a->aux[1];
        a->aux[0] = keep[0];
        a->aux[1] = keep[1];
    }
}

void cdt_swap(struct slot *a, struct slot *b)
{
    ring_exchange(a, b, slot_in_ring(a), slot_in_ring(b));

    struct slot old_a = *a, old_b = *b;
    uint32_t number_a = slot_number(a), number_b = slot_number(b);
    a->cap = old_b.cap;
    b->cap = old_a.cap;
    /* Neighbours of one another: the link that named the other slot now names the own partner. */
    a->prev = old_b.prev == number_a ? number_b : old_b.prev;
    a->next = old_b.next == number_a ? number_b : old_b.next;
    b->prev = old_a.prev == number_b ? number_a : old_a.prev;
    b->next = old_a.next == number_b ? number_a : old_a.next;
    cdt_link_neighbours(a);
    cdt_link_neighbours(b);
}

bool cdt_is_parent(struct cap p, struct cap c)
{
    word p_base, p_bytes, c_base, c_bytes;

    if (cap_raw_type(p) == CAP_UNTYPED) /* CDT-2 */
        return cap_range(p, &p_base, &p_bytes) && cap_range(c, &c_base, &c_bytes) && c_base >= p_base &&
               c_base - p_base < p_bytes;
    if (!(p.w0 & CAP_ORIGINAL)) /* CDT-3 */
        return false;
    if (cap_raw_type(p) == CAP_IRQ_CONTROL)
        return cap_raw_type(c) == CAP_IRQ_HANDLER;
    if (!cap_same_object(p, c))
        return false;
    switch (cap_raw_type(p)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION: /* CDT-4 */
        return cap_badge(p) == 0 || (cap_badge(p) == cap_badge(c) && !(c.w0 & CAP_FAMILY));
    case CAP_CNODE:
    case CAP_TCB:
    case CAP_REPLY:
    case CAP_SCHED_CONTEXT:
    case CAP_SCHED_CONTROL:
    case CAP_FRAME:
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FP:
    case CAP_FIRMWARE:
    case CAP_TIMER:
        return true;
    case CAP_NULL:
    case CAP_UNTYPED:
    case CAP_TEARDOWN:
        return false;
    }
    return false;
}

bool cdt_has_children(const struct slot *slot)
{
    const struct slot *right = cdt_next(slot);
    return right && cdt_is_parent(slot->cap, right->cap);
}

bool cdt_is_last(const struct slot *slot)
{
    const struct slot *left = cdt_prev(slot), *right = cdt_next(slot);
    return !(left && cap_same_object(left->cap, slot->cap)) &&
           !(right && cap_same_object(right->cap, slot->cap));
}
