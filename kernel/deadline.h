/*
 * kernel/deadline.h: what is due at a time, in one order, and the hart's timer (SPEC SC-8, SC-12, TM-6).
 */
#ifndef TESSERA_KERNEL_DEADLINE_H
#define TESSERA_KERNEL_DEADLINE_H

#include "kernel/queue.h"

struct deadline {
    struct queue_node node; /* in the hart's tree, by time */
    bool queued;
    bool timer; /* of a Timer; else of a context that waits for its budget */
};

/* Caller: not in the tree. */
void deadline_insert(struct deadline *deadline, word time);

/* Does nothing when it is not there. */
void deadline_remove(struct deadline *deadline);

/* All that is due happens, but for what waits because a device does. */
void deadline_expire(word now);

/* Before user mode: the hart's timer is armed for the earliest deadline, and for `end` if that is earlier. */
void deadline_arm(word end);

#endif
