/*
 * kernel/notification.c: signal and wait (SPEC NT-1..NT-9).
 */
#include "kernel/notification.h"

#include "caps/cspace.h"
#include "caps/object.h"
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/serial.h"
#include "kernel/timer.h"

#define WAITERS_PER_LOOK 4u /* between two looks at pending interrupts: 1,000 instructions */

struct status notification_decode(const struct tcb *caller, unsigned n, word right, struct slot **slot)
{
    word address = caller->registers.words[n];
    *slot = NULL;
    if (address == TESS_NULL)
        return STATUS_OK;
    TRY(cspace_lookup_type(tcb_cspace(caller), address, TESS_ARG_WORD(n), CAP_NOTIFICATION, slot));
    if (!(cap_rights((*slot)->cap) & right))
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_WORD(n), right);
    return STATUS_OK;
}

static struct tcb *first_waiter(const struct notification *notification)
{
    return notification->queue.first ? queue_entry(notification->queue.first, struct tcb, node) : NULL;
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
    notification_deliver(notification);
}

/* The thread, which waits no more, receives the word. */
static void give(struct notification *notification, struct tcb *tcb)
{
    tcb_set_result(tcb, TESS_STATUS_NOTIFICATION, notification->signals);
    notification->signals = 0;
    notification->signalled = false;
    if (!tcb->context && notification->context) /* NT-9 */
        context_move(notification->context, tcb);
}

/* Would the thread have a context, its own or the notification's? */
static bool can_run(const struct notification *notification, const struct tcb *tcb)
{
    return tcb->context || (notification->context && context_is_free(notification->context));
}

void notification_deliver(struct notification *notification)
{
    struct tcb *bound = notification->bound, *tcb = first_waiter(notification);

    if (!notification->signalled)
        return;
    if (tcb &&
        (can_run(notification, tcb) || !notification->context)) { /* NT-7: without any, when it has one */
        notification_remove(notification, tcb);
    } else if (bound && bound->state == TESS_THREAD_RECEIVING && can_run(notification, bound)) { /* NT-6 */
        endpoint_remove(bound->waits_on, bound);
        tcb = bound;
    } else { /* kept: the thread takes it when it receives next, or when the context comes back */
        return;
    }
    give(notification, tcb);
    sched_wake(tcb);
}

void notification_signal(struct notification *notification, word badge)
{
    struct tcb *tcb = first_waiter(notification);

    if (tcb && tcb->context && !notification->signalled) { /* most often */
        notification_remove(notification, tcb);
        tcb_set_result(tcb, TESS_STATUS_NOTIFICATION, badge);
        sched_wake(tcb);
        return;
    }
    notification->signals |= badge;
    notification->signalled = true;
    notification_deliver(notification);
}

bool notification_take(struct notification *notification, struct tcb *tcb)
{
    if (!notification->signalled || !can_run(notification, tcb))
        return false;
    give(notification, tcb);
    return true;
}

bool notification_strands(const struct notification *notification, const struct tcb *tcb)
{
    return !notification->signalled && !notification->context && context_is_leaving(tcb);
}

struct status notification_wait(struct tcb *tcb, struct cap cap, bool block)
{
    struct notification *notification = cap_object(cap);

    if (notification_take(notification, tcb))
        return STATUS_OK;
    if (!block)
        return status_fail(TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    if (notification_strands(notification, tcb))
        return status_fail(TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    /* commit */
    tcb->state = TESS_THREAD_WAITING;
    tcb->waits_on = notification;
    queue_insert(&notification->queue, &tcb->node, serial_key(tcb->priority));
    notification->waiting++;
    context_give_back(tcb);
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
    if (notification->context)
        context_detach(notification->context);
    for (unsigned done = 1; notification->waiting; done++) {
        struct tcb *tcb = first_waiter(notification);
        notification_remove(notification, tcb);
        tcb_set_result(tcb, TESS_ERR_CANCELLED, 0);
        sched_wake(tcb);
        if (done % WAITERS_PER_LOOK == 0 && notification->waiting && object_preempt())
            return false;
    }
    return irq_unbind_all(notification) && timer_unbind_all(notification);
}
