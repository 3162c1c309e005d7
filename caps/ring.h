/*
 * caps/ring.h: a ring of slots through their auxiliary numbers.
 *
 * Used for the mapped capabilities of a VSpace (whose anchor is a slot in the VSpace) and for
 * containers being torn down. The order in a ring means nothing.
 */
#ifndef TESSERA_CAPS_RING_H
#define TESSERA_CAPS_RING_H

#include "caps/slot.h"

static inline struct slot *ring_prev(const struct slot *slot)
{
    return slot_at(slot->aux[0]);
}

static inline struct slot *ring_next(const struct slot *slot)
{
    return slot_at(slot->aux[1]);
}

static inline void ring_join(struct slot *left, struct slot *right)
{
    left->aux[1] = slot_number(right);
    right->aux[0] = slot_number(left);
}

/* A ring of one. */
static inline void ring_init(struct slot *slot)
{
    ring_join(slot, slot);
}

static inline bool ring_is_alone(const struct slot *slot)
{
    return ring_next(slot) == slot;
}

static inline void ring_insert(struct slot *member, struct slot *added)
{
    ring_join(added, ring_next(member));
    ring_join(member, added);
}

static inline void ring_remove(struct slot *slot)
{
    ring_join(ring_prev(slot), ring_next(slot));
    slot->aux[0] = slot->aux[1] = 0;
}

/* Two different rings become one. */
static inline void ring_merge(struct slot *a, struct slot *b)
{
    struct slot *after_a = ring_next(a), *before_b = ring_prev(b);
    ring_join(a, b);
    ring_join(before_b, after_a);
}

/* `to` takes the place of `from`. Caller: `to` is in no ring; `from` is not alone. */
static inline void ring_replace(struct slot *from, struct slot *to)
{
    struct slot *left = ring_prev(from), *right = ring_next(from);
    ring_join(left, to);
    ring_join(to, right);
    from->aux[0] = from->aux[1] = 0;
}

#endif
