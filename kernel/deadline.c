/*
 * kernel/deadline.c: the hart's deadlines in order, and the timer that is armed for the first of them
 * (SPEC SC-8, SC-12, TM-6).
 *
 * Contexts and Timers stand in two trees: budgets are admitted by SchedControl, and come back when they are
 * due; Timers can be made by whoever has memory, and take turns with what runs. The timer is programmed when
 * the earliest deadline becomes earlier than what it is armed for, or when it has fired; a deadline that
 * goes away leaves it armed, for one interrupt in vain at most.
 */
#include "kernel/deadline.h"

#include "kernel/context.h"
#include "kernel/timer.h"
#include "kernel/trap.h"
#include "platform/platform.h"

#define DUE_PER_LOOK   4u     /* contexts between two looks at devices: 1,500 instructions */
#define TIMERS_AT_ONCE 4u     /* then the hart does something else */
#define PAUSES_RATE    50000u /* for so long: 20 microseconds */

static struct queue *tree(const struct deadline *deadline)
{
    return deadline->timer ? &this_hart->timers : &this_hart->contexts;
}

void deadline_insert(struct deadline *deadline, word time)
{
    deadline->queued = true;
    queue_insert(tree(deadline), &deadline->node, time);
    if (time < this_hart->timer)
        this_hart->timer = TIMER_NEVER; /* to be armed again before user mode */
}

void deadline_remove(struct deadline *deadline)
{
    if (deadline->queued)
        queue_remove(tree(deadline), &deadline->node);
    deadline->queued = false;
}

/* The first of the tree, taken out, if it is due. */
static struct deadline *take_due(const struct queue *queue, word now)
{
    if (!queue->first || queue->first->key > now)
        return NULL;
    struct deadline *deadline = queue_entry(queue->first, struct deadline, node);
    deadline_remove(deadline);
    return deadline;
}

void deadline_expire(word now)
{
    struct hart *hart = this_hart;
    struct deadline *due;

    for (unsigned done = 1; (due = take_due(&hart->contexts, now)) != NULL; done++) {
        context_due(queue_entry(due, struct context, deadline));
        if (done % DUE_PER_LOOK == 0 && trap_device_pending())
            return; /* the rest at the next timer interrupt, which comes at once, but after the device's */
    }
    if (now < hart->timers_from)
        return;
    for (unsigned done = 0; done < TIMERS_AT_ONCE && (due = take_due(&hart->timers, now)) != NULL; done++)
        timer_expire(queue_entry(due, struct timer, deadline), now);
    if (hart->timers.first && hart->timers.first->key <= now)
        hart->timers_from = now + machine.timebase / PAUSES_RATE + 1;
}

void deadline_program(word time)
{
    this_hart->timer = time;
    this_hart->timer_fired = false;
    timer_arm(time);
}
