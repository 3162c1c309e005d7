/*
 * caps/teardown.c: deletion of capabilities and containers, and revocation (SPEC CN-6..CN-9).
 *
 * A container is a CNode or a TCB: an object that holds slots. When the last capability to one goes,
 * everything in it goes too, which may make further containers die. Nothing here recurses, and every
 * loop can stop between two slots and be entered again:
 *
 *  - The last capability moves, keeping its place in the derivation list, into the container's own
 *    slot 0, with DYING set; so an ancestor's revoke still finds it. Its word 1 becomes the cursor.
 *  - Containers dying together form a ring, which has one anchor and is worked through from there. Every
 *    container that dies on the way joins the ring. The anchor goes last, for by it the ring is found again.
 *  - DELETE: the slot that the capability left becomes the TEARDOWN holder, which is the anchor; deleting
 *    it again goes on. REVOKE: the container itself is the anchor, and its slot is empty at once; as a
 *    child of what is revoked it is met again. A holder that lies in a dying container is removed with
 *    all other slots of it; then the container becomes the anchor in its place.
 *  - A revoke that meets a container in a ring anchored elsewhere takes it out, into a ring of its own.
 *    What had died on its account stays behind: that is the business of whoever began the other ring.
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

/* A container's word 1: the next slot to be emptied; slot 0 is the capability itself. */
#define CURSOR_FIRST  1u
#define CURSOR_ANCHOR (1ull << 63) /* the container is the anchor of its ring */

static word container_cursor(const struct slot *self)
{
    return self->cap.w1 & ~CURSOR_ANCHOR;
}

/* The last capability to a container stands in `slot`: moves it into the container (CN-8). */
static struct slot *container_begin(struct slot *slot)
{
    struct slot *self = cap_object(slot->cap);
    cdt_move(slot, self);
    self->cap.w1 = CURSOR_FIRST;
    ring_init(self);
    return self;
}

/* Empties a slot that holds a live capability; *container: what begins to die with it, or NULL. */
static struct status slot_take(struct slot *slot, struct slot **container)
{
    bool last = cdt_is_last(slot);
    *container = NULL;
    if (last)
        slot->cap.w0 |= CAP_DYING;
    if (!object_finalise(slot, last))
        return status_preempted();
    if (last && container_size(slot->cap))
        *container = container_begin(slot);
    else
        cdt_remove(slot);
    return STATUS_OK;
}

/* Leaves its ring; a holder that is then alone has nothing left to hold. */
static void ring_leave(struct slot *slot)
{
    struct slot *other = ring_next(slot);
    ring_remove(slot);
    if (other != slot && ring_is_alone(other) && slot_is_holder(other))
        slot_clear(other);
}

/* Empties one slot of the dying container `self`, in the ring of `anchor`. */
static struct status container_empty_slot(struct slot *self, struct slot *slot, struct slot **anchor)
{
    struct slot *container;

    if (cap_is_empty(slot->cap))
        return STATUS_OK;
    if (slot_is_holder(slot)) {
        struct slot *other = ring_next(slot); /* a holder is never alone */
        ring_remove(slot);
        slot_clear(slot);
        if (slot == *anchor) {
            *anchor = self;
            self->cap.w1 |= CURSOR_ANCHOR;
        } else { /* another ring, for each has one anchor */
            ring_merge(self, other);
        }
        return STATUS_OK;
    }
    TRY(slot_take(slot, &container));
    if (container)
        ring_insert(self, container);
    return STATUS_OK;
}

/* Empties the container from its cursor on. */
static struct status container_work(struct slot *self, struct slot **anchor)
{
    word size = container_size(self->cap);
    unsigned passed = 0;

    while (container_cursor(self) < size) {
        struct slot *slot = self + container_cursor(self);
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

/* Works through the ring, and last ends its anchor. */
static struct status ring_drain(struct slot *anchor)
{
    for (;;) {
        struct slot *self = ring_next(anchor);
        TRY(container_work(self, &anchor));
        if (self != anchor || ring_is_alone(anchor)) {
            ring_leave(self);
            cdt_remove(self);
            if (cap_is_empty(anchor->cap)) /* it was the anchor, or the last that the anchor held */
                return STATUS_OK;
        }
        if (object_preempt())
            return status_preempted();
    }
}

struct status slot_delete(struct slot *slot)
{
    struct slot *container;

    if (cap_is_empty(slot->cap))
        return STATUS_OK;
    if (!slot_is_holder(slot)) {
        TRY(slot_take(slot, &container));
        if (!container)
            return STATUS_OK;
        slot->cap = (struct cap){CAP_TEARDOWN, 0};
        ring_init(slot);
        ring_insert(slot, container);
    }
    return ring_drain(slot);
}

/* Deletes a child of what is revoked: a live capability, or a dying container's slot 0. */
static struct status child_delete(struct slot *child)
{
    struct slot *container = child;

    if (!slot_is_dying_container(child)) {
        TRY(slot_take(child, &container));
        if (!container)
            return STATUS_OK;
    }
    if (!(container->cap.w1 & CURSOR_ANCHOR)) {
        ring_leave(container);
        ring_init(container);
        container->cap.w1 |= CURSOR_ANCHOR;
    }
    return ring_drain(container);
}

struct status slot_revoke(struct slot *slot)
{
    /* A child may be the container of `slot` itself: then the slot is empty and has no children. */
    while (cdt_has_children(slot)) {
        TRY(child_delete(cdt_next(slot)));
        if (object_preempt())
            return cdt_has_children(slot) ? status_preempted() : STATUS_OK;
    }
    return STATUS_OK;
}
