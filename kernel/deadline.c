/*
 * kernel/deadline.c: the hart's one tree of deadlines, and the timer that is armed for the first of them
 * (SPEC SC-8, SC-12, TM-6).
 *
 * The timer is programmed when the earliest deadline becomes earlier than what it is armed for, or when it
 * has fired; a deadline that goes away leaves it armed, for one interrupt in vain at most.
 */
#include "kernel/deadline.h"

#include "kernel/context.h"
#include "kernel/hart.h"
#include "kernel/timer.h"
#include "kernel/trap.h"
#include "platform/platform.h"

#define EXPIRATIONS_PER_LOOK 4u /* between two looks at devices: 1,500 instructions */

void deadline_insert(struct deadline *deadline, word time)
{
    deadline->queued = true;
    queue_insert(&this_hart->deadlines, &deadline->node, time);
    if (time < this_hart->timer)
        this_hart->timer = TIMER_NEVER; /* to be armed again before user mode */
}

void deadline_remove(struct deadline *deadline)
{
    if (deadline->queued)
        queue_remove(&this_hart->deadlines, &deadline->node);
    deadline->queued = false;
}

void deadline_expire(word now)
{
    const struct queue *deadlines = &this_hart->deadlines;

    for (unsigned done = 1; deadlines->first && deadlines->first->key <= now; done++) {
        struct deadline *deadline = queue_entry(deadlines->first, struct deadline, node);
        deadline_remove(deadline);
        if (deadline->timer)
            timer_expire(queue_entry(deadline, struct timer, deadline), now);
        else
            context_due(queue_entry(deadline, struct context, deadline));
        if (done % EXPIRATIONS_PER_LOOK == 0 && trap_device_pending())
            return; /* the rest at the next timer interrupt, which comes at once, but after the device's */
    }
}

void deadline_program(word time)
{
    this_hart->timer = time;
    this_hart->timer_fired = false;
    timer_arm(time);
}
