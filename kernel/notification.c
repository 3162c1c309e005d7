/*
 * kernel/notification.c: signal and wait (SPEC NT-1..NT-8).
 */
#include "kernel/notification.h"

#include "caps/object.h"
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/serial.h"

#define WAITERS_PER_LOOK 4u /* between two looks at pending interrupts: 1,000 instructions */

static struct tcb *first_waiter(const struct notification *notification)
{
    return notification->queue.first ? queue_entry(notification->queue.first, struct tcb, node) : NULL;
}

/* The thread, which waits no more, receives the word. */
static void give(struct tcb *tcb, word signals)
{
    tcb_set_result(tcb, TESS_STATUS_NOTIFICATION, signals);
}

void notification_remove(struct notification *notification, struct tcb *tcb)
{
    queue_remove(&notification->queue, &tcb->node);
    notification->waiting--;
}

void notification_requeue(struct notification *notification, struct tcb *tcb)
{
    queue_remove(&notification->queue, &tcb->node);
    queue_insert(&notification->queue, &tcb->node, serial_key(tcb->priority));
}

void notification_signal(struct notification *notification, word badge)
{
    struct tcb *bound = notification->bound, *tcb = first_waiter(notification);

    if (tcb) {
        notification_remove(notification, tcb);
    } else if (bound && bound->state == TESS_THREAD_RECEIVING && bound->context) { /* NT-6 */
        endpoint_remove(bound->waits_on, bound);
        tcb = bound;
    } else { /* also for a passive thread, which could not run: it takes the word when it receives next */
        notification->signals |= badge;
        notification->signalled = true;
        return;
    }
    give(tcb, badge);
    sched_wake(tcb);
}

bool notification_take(struct notification *notification, struct tcb *tcb)
{
    if (!notification->signalled)
        return false;
    give(tcb, notification->signals);
    notification->signals = 0;
    notification->signalled = false;
    return true;
}

struct status notification_wait(struct tcb *tcb, struct cap cap, bool block)
{
    struct notification *notification = cap_object(cap);

    if (notification_take(notification, tcb))
        return STATUS_OK;
    if (!block)
        return status_fail(TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    /* commit */
    tcb->state = TESS_THREAD_WAITING;
    tcb->waits_on = notification;
    queue_insert(&notification->queue, &tcb->node, serial_key(tcb->priority));
    notification->waiting++;
    context_go_home(tcb);
    return STATUS_OK;
}

void notification_unbind(struct notification *notification)
{
    notification->bound->notification = NULL;
    notification->bound = NULL;
}

bool notification_finalise(struct notification *notification)
{
    if (notification->bound)
        notification_unbind(notification);
    for (unsigned done = 1; notification->waiting; done++) {
        struct tcb *tcb = first_waiter(notification);
        notification_remove(notification, tcb);
        tcb_set_result(tcb, TESS_ERR_CANCELLED, 0);
        sched_wake(tcb);
        if (done % WAITERS_PER_LOOK == 0 && notification->waiting && object_preempt())
            return false;
    }
    return irq_unbind_all(notification);
}
