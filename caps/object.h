/*
 * caps/object.h: what caps/ needs from its surroundings, bound when linking.
 *
 * kernel/object.c defines these four functions; host unit tests and the explorer bring their own.
 */
#ifndef TESSERA_CAPS_OBJECT_H
#define TESSERA_CAPS_OBJECT_H

#include "caps/slot.h"

/* Gives a new object its first state. Caller: memory zeroed; size as the size argument of Retype. */
void object_create(enum cap_type type, void *object, word size);

/*
 * A capability is about to leave `slot`; `last`: no other names the object. Takes the object out of
 * everything that refers to it (last), or undoes what this capability did (a mapping). False: stopped
 * at a preemption point, the object valid; to be called again until true.
 */
bool object_finalise(struct slot *slot, bool last);

/*
 * Cancels every queued Send and Call made with this endpoint capability's badge. False: as above, with
 * the place to go on from in *progress, 0 at first.
 */
bool object_cancel_badge(struct cap endpoint, word *progress);

/* Is an interrupt waiting? Asked between units of work; true makes the operation stop. */
bool object_preempt(void);

#endif
