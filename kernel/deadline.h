/*
 * kernel/deadline.h: what is due at a time, in order, and the hart's timer (SPEC SC-8, SC-12, TM-6).
 */
#ifndef TESSERA_KERNEL_DEADLINE_H
#define TESSERA_KERNEL_DEADLINE_H

#include "kernel/hart.h"
#include "kernel/queue.h"

struct deadline {
    struct queue_node node; /* in the hart's tree of its kind, by time */
    bool queued;
    bool timer; /* of a Timer; else of a context that waits for its budget */
};

/* Caller: not in a tree. */
void deadline_insert(struct deadline *deadline, word time);

/* Does nothing when it is in none. */
void deadline_remove(struct deadline *deadline);

/* What is due happens, but for what waits because a device does, or because of many Timers (TM-6). */
void deadline_expire(word now);

/* Programs the hart's timer. */
void deadline_program(word time);

/* Before user mode: the timer is armed for the earliest deadline, and for `end` if that is earlier. */
static inline void deadline_arm(word end)
{
    const struct hart *hart = this_hart;
    const struct queue_node *context = hart->contexts.first, *timer = hart->timers.first;

    if (context && context->key < end)
        end = context->key;
    if (timer) {
        word time = timer->key > hart->timers_from ? timer->key : hart->timers_from;
        if (time < end)
            end = time;
    }
    if (end < hart->timer || hart->timer_fired)
        deadline_program(end);
}

#endif
