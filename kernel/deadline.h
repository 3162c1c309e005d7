/*
 * kernel/deadline.h: what is due at a time, in one order, and the hart's timer (SPEC SC-8, SC-12, TM-6).
 */
#ifndef TESSERA_KERNEL_DEADLINE_H
#define TESSERA_KERNEL_DEADLINE_H

#include "kernel/hart.h"
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

/* Programs the hart's timer. */
void deadline_program(word time);

/* Before user mode: the timer is armed for the earliest deadline, and for `end` if that is earlier. */
static inline void deadline_arm(word end)
{
    const struct hart *hart = this_hart;
    const struct queue_node *first = hart->deadlines.first;
    word time = first && first->key < end ? first->key : end;

    if (time < hart->timer || hart->timer_fired)
        deadline_program(time);
}

#endif
