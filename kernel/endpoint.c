/*
 * kernel/endpoint.c: senders and receivers meet, or wait for one another (SPEC EP-1..EP-6, EP-11..EP-13).
 *
 * Of the two sides only one can be waiting. Waiters stand by priority, then arrival: the key of a
 * thread is its inverted priority and a serial number, so keys are unique and a cancelled walk can go
 * on behind the last key it saw.
 */
#include "kernel/endpoint.h"

#include "caps/object.h"
#include "kernel/context.h"
#include "kernel/fault.h"
#include "kernel/ipc.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "kernel/serial.h"

#define WAITERS_PER_LOOK 4u /* examined between two looks at pending interrupts: 1,000 instructions */

/* ---- the queue ----------------------------------------------------------------------------------------- */

static struct tcb *first_waiter(const struct endpoint *endpoint)
{
    return endpoint->queue.first ? queue_entry(endpoint->queue.first, struct tcb, node) : NULL;
}

static void enqueue(struct endpoint *endpoint, struct tcb *tcb, enum endpoint_state side)
{
    queue_insert(&endpoint->queue, &tcb->node, serial_key(tcb->priority));
    tcb->waits_on = endpoint;
    endpoint->waiters = (endpoint->waiters + ENDPOINT_ONE) | side;
}

static void dequeue(struct endpoint *endpoint, struct tcb *tcb)
{
    queue_remove(&endpoint->queue, &tcb->node);
    endpoint->waiters -= ENDPOINT_ONE;
    if (!endpoint_waiting(endpoint))
        endpoint->waiters = ENDPOINT_IDLE;
}

void endpoint_remove(struct endpoint *endpoint, struct tcb *tcb)
{
    dequeue(endpoint, tcb);
    if (tcb->state == TESS_THREAD_RECEIVING && tcb->reply)
        reply_withdraw(tcb->reply);
}

void endpoint_requeue(struct endpoint *endpoint, struct tcb *tcb)
{
    queue_remove(&endpoint->queue, &tcb->node);
    queue_insert(&endpoint->queue, &tcb->node, serial_key(tcb->priority));
}

/* The waiting sender gets an error instead of a partner, and goes on. */
static void sender_fail(struct endpoint *endpoint, struct tcb *sender, enum tess_error error)
{
    dequeue(endpoint, sender);
    if (sender->sending == SENDING_FAULT) {
        sender->state = TESS_THREAD_INACTIVE;
        return;
    }
    tcb_set_result(sender, status_fail(error, TESS_ARG_CAPABILITY, 0).code, 0);
    sched_wake(sender);
}

/* ---- a meeting ----------------------------------------------------------------------------------------- */

/*
 * Sender and receiver have met; neither is in the queue, and neither runs yet: the sender's message goes
 * over, and the sender goes on, or waits on the Reply object that the receiver offers. Caller: checked
 * that this can work, and wakes the receiver if it does not run already.
 */
static void meet(struct endpoint *endpoint, struct tcb *sender, struct tcb *receiver)
{
    enum sending how = (enum sending)sender->sending;

    if (how == SENDING_FAULT)
        fault_transfer(sender, receiver, sender->badge);
    else
        ipc_transfer(sender, receiver, sender->badge, endpoint, sender->grant);
    if (how == SENDING_SEND) {
        tcb_set_result(sender, TESS_OK, 0);
        return;
    }
    sender->state = how == SENDING_FAULT ? TESS_THREAD_FAULTED : TESS_THREAD_AWAITING_REPLY;
    reply_hold(receiver->reply, sender, receiver);
}

/* Sender is not queued: it runs, or has just faulted. Caller: a receiver waits and can take it. */
static void deliver(struct endpoint *endpoint, struct tcb *sender, struct tcb *receiver)
{
    dequeue(endpoint, receiver);
    meet(endpoint, sender, receiver);
    if (receiver->reply) /* offered in vain */
        reply_withdraw(receiver->reply);
    sched_wake(receiver);
}

static void set_sending(struct tcb *sender, struct cap cap, enum sending how)
{
    sender->sending = (uint8_t)how;
    sender->badge = cap_badge(cap);
    sender->grant = cap_rights(cap) & TESS_RIGHT_GRANT;
}

struct status endpoint_send(struct tcb *sender, struct cap cap, enum sending how, bool block)
{
    struct endpoint *endpoint = cap_object(cap);
    word right = how == SENDING_CALL ? TESS_RIGHT_CALL : TESS_RIGHT_SEND;

    if (!(cap_rights(cap) & right)) /* EP-2 */
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, right);
    TRY(ipc_check(sender));
    if (endpoint_state(endpoint) == ENDPOINT_RECEIVERS) {
        struct tcb *receiver = first_waiter(endpoint);
        if (how == SENDING_CALL && !receiver->reply) /* EP-5 */
            return status_fail(TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
        if (how == SENDING_SEND && !receiver->context) /* EP-6 */
            return status_fail(TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
        /* commit */
        set_sending(sender, cap, how);
        deliver(endpoint, sender, receiver);
        return STATUS_OK;
    }
    if (!block)
        return status_fail(TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    /* commit */
    set_sending(sender, cap, how);
    sender->state = how == SENDING_CALL ? TESS_THREAD_CALLING : TESS_THREAD_SENDING;
    enqueue(endpoint, sender, ENDPOINT_SENDERS);
    return STATUS_OK;
}

void endpoint_send_fault(struct tcb *sender, struct cap cap)
{
    struct endpoint *endpoint = cap_object(cap);
    struct tcb *receiver = endpoint_state(endpoint) == ENDPOINT_RECEIVERS ? first_waiter(endpoint) : NULL;

    set_sending(sender, cap, SENDING_FAULT);
    sender->state = TESS_THREAD_FAULTED;
    if (!receiver)
        enqueue(endpoint, sender, ENDPOINT_SENDERS);
    else if (receiver->reply && (receiver->context || sender->context))
        deliver(endpoint, sender, receiver);
    else /* a receiver that cannot answer, or has nothing to run on: TH-11 */
        sender->state = TESS_THREAD_INACTIVE;
}

struct status endpoint_recv(struct tcb *receiver, struct cap cap, struct reply *reply, bool block)
{
    struct endpoint *endpoint = cap_object(cap);

    /* NT-6 */
    if (receiver->notification && notification_take(receiver->notification, receiver))
        return STATUS_OK;
    while (endpoint_state(endpoint) == ENDPOINT_SENDERS) {
        struct tcb *sender = first_waiter(endpoint);
        if (sender->sending == SENDING_SEND || reply) {
            /* commit */
            dequeue(endpoint, sender);
            if (sender->sending != SENDING_SEND)
                reply_offer(reply, receiver, cap_rights(cap));
            meet(endpoint, sender, receiver);
            if (sender->sending == SENDING_SEND)
                sched_wake(sender);
            return STATUS_OK;
        }
        sender_fail(endpoint, sender, TESS_ERR_NO_REPLY); /* EP-5 */
        if (object_preempt())
            return status_preempted();
    }
    if (!block)
        return status_fail(TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    /* commit */
    receiver->state = TESS_THREAD_RECEIVING;
    if (reply)
        reply_offer(reply, receiver, cap_rights(cap));
    enqueue(endpoint, receiver, ENDPOINT_RECEIVERS);
    context_give_back(receiver);
    return STATUS_OK;
}

struct status endpoint_refuse_sends(struct endpoint *endpoint)
{
    while (endpoint_state(endpoint) == ENDPOINT_SENDERS) {
        struct tcb *sender = first_waiter(endpoint);
        if (sender->sending != SENDING_SEND && sender->context)
            break;                                          /* it lends its context */
        sender_fail(endpoint, sender, TESS_ERR_NO_CONTEXT); /* EP-6 */
        if (object_preempt())
            return status_preempted();
    }
    return STATUS_OK;
}

/* ---- the end ------------------------------------------------------------------------------------------- */

/* Ends one thread's wait with CANCELLED. */
static void cancel_waiter(struct endpoint *endpoint, struct tcb *tcb)
{
    if (endpoint_state(endpoint) == ENDPOINT_SENDERS) {
        sender_fail(endpoint, tcb, TESS_ERR_CANCELLED);
        return;
    }
    endpoint_remove(endpoint, tcb);
    tcb_set_result(tcb, TESS_ERR_CANCELLED, 0);
    sched_wake(tcb);
}

bool endpoint_finalise(struct endpoint *endpoint)
{
    for (unsigned done = 1; endpoint->queue.first; done++) {
        cancel_waiter(endpoint, first_waiter(endpoint));
        if (done % WAITERS_PER_LOOK == 0 && endpoint->queue.first && object_preempt())
            return false;
    }
    return true;
}

bool endpoint_cancel_badge(struct endpoint *endpoint, word badge, word *progress)
{
    unsigned done = 0;

    while (endpoint_state(endpoint) == ENDPOINT_SENDERS) {
        struct queue_node *node = queue_above(&endpoint->queue, *progress);
        if (!node)
            break;
        struct tcb *tcb = queue_entry(node, struct tcb, node);
        *progress = node->key;
        if (tcb->badge == badge)
            sender_fail(endpoint, tcb, TESS_ERR_CANCELLED);
        if (++done % WAITERS_PER_LOOK == 0 && object_preempt())
            return false;
    }
    return true;
}
