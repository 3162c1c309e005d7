/*
 * kernel/timer.c: Timer objects (SPEC TM-1..TM-7).
 */
#include "kernel/timer.h"

#include "kernel/notification.h"
#include "platform/platform.h"

#define UNBINDS_PER_LOOK 16u
#define TIME_END         (1ull << 62) /* sums of a time and a period must not wrap */

enum { WORD_TIME, WORD_PERIOD };

void timer_create(struct timer *timer)
{
    timer->deadline.timer = true;
    timer->interval = machine.timebase / TESS_TIMER_RATE;
}

/* TM-5: not before the interval is over. */
static void queue(struct timer *timer)
{
    word earliest = timer->last + timer->interval;
    deadline_insert(&timer->deadline, timer->time > earliest ? timer->time : earliest);
}

static void unbind(struct timer *timer)
{
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        timer->notification->timers = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
    timer->notification = NULL;
}

static void bind(struct timer *timer, struct notification *notification, word badge)
{
    timer->notification = notification;
    timer->badge = badge;
    timer->prev = NULL;
    timer->next = notification->timers;
    if (timer->next)
        timer->next->prev = timer;
    notification->timers = timer;
}

bool timer_unbind_all(struct notification *notification)
{
    for (unsigned done = 0; notification->timers && done < UNBINDS_PER_LOOK; done++)
        unbind(notification->timers);
    return !notification->timers;
}

void timer_finalise(struct timer *timer)
{
    deadline_remove(&timer->deadline);
    if (timer->notification)
        unbind(timer);
}

void timer_expire(struct timer *timer, word now)
{
    timer->last = now;
    if (timer->period) { /* TM-4: the times are those asked for, whatever the delay */
        word passed = (now - timer->time) / timer->period;
        timer->missed += passed;
        timer->last = timer->time + passed * timer->period;
        timer->time = timer->last + timer->period;
        queue(timer);
    }
    if (timer->notification)
        notification_signal(timer->notification, timer->badge);
}

void timer_set_interval(struct timer *timer, word interval)
{
    timer->interval = interval;
    if (timer->deadline.queued) {
        deadline_remove(&timer->deadline);
        queue(timer);
    }
}

static struct status arm(struct timer *timer, const word *words)
{
    for (unsigned i = WORD_TIME; i <= WORD_PERIOD; i++)
        if (words[i] >= TIME_END)
            return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(i), TIME_END - 1);
    if (words[WORD_PERIOD] && words[WORD_PERIOD] < timer->interval)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_PERIOD), timer->interval);
    /* commit */
    deadline_remove(&timer->deadline);
    timer->time = words[WORD_TIME];
    timer->period = words[WORD_PERIOD];
    timer->missed = 0;
    queue(timer);
    return STATUS_OK;
}

static struct status bind_decode(struct timer *timer, const struct tcb *caller)
{
    struct slot *slot;
    TRY(notification_decode(caller, 0, TESS_RIGHT_SEND, &slot));
    if (!slot && !timer->notification)
        return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    if (slot && timer->notification)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    /* commit */
    if (slot)
        bind(timer, cap_object(slot->cap), cap_badge(slot->cap));
    else
        unbind(timer);
    return STATUS_OK;
}

struct status timer_invoke(struct timer *timer, word label, struct tcb *caller)
{
    switch (label) {
    case TESS_TIMER_ARM:
        return arm(timer, caller->registers.words);
    case TESS_TIMER_CANCEL:
        deadline_remove(&timer->deadline);
        return STATUS_OK;
    case TESS_TIMER_BIND:
        return bind_decode(timer, caller);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
