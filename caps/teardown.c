/*
 * caps/teardown.c: deletion of capabilities and containers, and revocation (SPEC CN-7..CN-9).
 *
 * A container is a CNode or a TCB: an object that holds slots. When the last capability to one goes,
 * everything in it goes too, which may make further containers die. Nothing here recurses, and every
 * loop can stop between two slots and be entered again:
 *
 *  - The last capability moves, keeping its place in the derivation list, into the container's own
 *    slot 0, with DYING set; so an ancestor's revoke still finds it. Its word 1 becomes the cursor.
 *  - The slot it left becomes the TEARDOWN holder. Holder and slot 0 form a ring, which every
 *    container that dies on the way joins. The holder is empty again when it is alone in the ring.
 *  - Whoever deletes the holder again, or any dying slot 0, goes on where the last one stopped.
 *
 * No live capability names a dying container, so no lookup passes through one, and each container is
 * in one ring only.
 */
#include "caps/teardown.h"

#include "caps/cdt.h"
#include "caps/object.h"
#include "caps/ring.h"

/* Empty slots passed between two looks at pending interrupts. */
#define SLOTS_PER_LOOK 32u

static word container_size(struct cap cap)
{
    enum cap_type type = cap_raw_type(cap);
    if (type == CAP_CNODE)
        return (word)1 << cap_radix(cap);
    return type == CAP_TCB ? TCB_SLOTS : 0;
}

static bool slot_is_holder(const struct slot *slot)
{
    return cap_raw_type(slot->cap) == CAP_TEARDOWN;
}

/* Slot 0 of a dying container: it holds its own container. */
static bool slot_is_dying_container(const struct slot *slot)
{
    return container_size(slot->cap) && cap_object(slot->cap) == slot;
}

static void slot_clear(struct slot *slot)
{
    *slot = (struct slot){.cap = CAP_EMPTY};
}

/* The last capability to a container stands in `slot`: moves it into the container (CN-8). */
static struct slot *container_begin(struct slot *slot)
{
    struct slot *self = cap_object(slot->cap);
    cdt_move(slot, self);
    self->cap.w1 = 1; /* the cursor: slot 0 is the capability itself */
    ring_init(self);
    return self;
}

/* Leaves its ring; a holder that is then alone has nothing left to hold. */
static void ring_leave(struct slot *slot)
{
    struct slot *other = ring_next(slot);
    ring_remove(slot);
    if (other != slot && ring_is_alone(other) && slot_is_holder(other))
        slot_clear(other);
}

/*
 * Empties one slot of the dying container `self`. If the slot is the holder of the ring being drained,
 * it leaves and `self` becomes the anchor.
 */
static struct status container_empty_slot(struct slot *self, struct slot *slot, struct slot **anchor)
{
    if (cap_is_empty(slot->cap))
        return STATUS_OK;
    if (slot_is_holder(slot)) {
        struct slot *other = ring_next(slot);
        ring_remove(slot);
        slot_clear(slot);
        if (slot == *anchor)
            *anchor = self;
        else
            ring_merge(self, other);
        return STATUS_OK;
    }
    bool last = cdt_is_last(slot);
    if (last)
        slot->cap.w0 |= CAP_DYING;
    if (!object_finalise(slot, last))
        return status_preempted();
    if (last && container_size(slot->cap))
        ring_insert(self, container_begin(slot));
    else
        cdt_remove(slot);
    return STATUS_OK;
}

/* Empties the container from its cursor on. */
static struct status container_work(struct slot *self, struct slot **anchor)
{
    word size = container_size(self->cap);
    unsigned passed = 0;

    while (self->cap.w1 < size) {
        struct slot *slot = self + self->cap.w1;
        passed = cap_is_empty(slot->cap) ? passed + 1 : SLOTS_PER_LOOK;
        TRY(container_empty_slot(self, slot, anchor));
        self->cap.w1++;
        if (passed >= SLOTS_PER_LOOK) {
            passed = 0;
            if (object_preempt())
                return status_preempted();
        }
    }
    return STATUS_OK;
}

/*
 * Works through the ring until only the anchor is left, and then ends the anchor. The anchor is a
 * holder, or a dying slot 0 whose ring has no holder.
 */
static struct status ring_drain(struct slot *anchor)
{
    for (;;) {
        struct slot *self = ring_next(anchor);
        if (self == anchor && slot_is_holder(anchor)) {
            slot_clear(anchor);
            return STATUS_OK;
        }
        TRY(container_work(self, &anchor));
        if (self != anchor) {
            ring_remove(self);
            cdt_remove(self);
        } else if (ring_is_alone(anchor)) { /* the anchor is last: until then it can be found again */
            ring_remove(anchor);
            cdt_remove(anchor);
            return STATUS_OK;
        }
        if (object_preempt())
            return status_preempted();
    }
}

struct status slot_delete(struct slot *slot)
{
    if (cap_is_empty(slot->cap))
        return STATUS_OK;
    if (slot_is_holder(slot))
        return ring_drain(slot);
    if (slot_is_dying_container(slot)) {
        ring_leave(slot);
        ring_init(slot);
        return ring_drain(slot);
    }

    bool last = cdt_is_last(slot);
    if (last)
        slot->cap.w0 |= CAP_DYING;
    if (!object_finalise(slot, last))
        return status_preempted();
    if (!last || !container_size(slot->cap)) {
        cdt_remove(slot);
        return STATUS_OK;
    }
    struct slot *self = container_begin(slot);
    slot->cap = (struct cap){CAP_TEARDOWN, 0};
    ring_init(slot);
    ring_insert(slot, self);
    return ring_drain(slot);
}

struct status slot_revoke(struct slot *slot)
{
    /* A child may be the container of `slot` itself: then the slot is empty and has no children. */
    while (cdt_has_children(slot)) {
        TRY(slot_delete(cdt_next(slot)));
        if (object_preempt())
            return cdt_has_children(slot) ? status_preempted() : STATUS_OK;
    }
    return STATUS_OK;
}
