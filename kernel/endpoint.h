/*
 * kernel/endpoint.h: endpoints, where senders meet receivers (SPEC EP).
 */
#ifndef TESSERA_KERNEL_ENDPOINT_H
#define TESSERA_KERNEL_ENDPOINT_H

#include "kernel/tcb.h"

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDERS, ENDPOINT_RECEIVERS };

struct endpoint {
    struct queue queue;
    word waiters; /* enum endpoint_state | threads in the queue << ENDPOINT_STATE_BITS */
};

#define ENDPOINT_STATE_BITS 2
#define ENDPOINT_ONE        (1u << ENDPOINT_STATE_BITS)

static inline enum endpoint_state endpoint_state(const struct endpoint *endpoint)
{
    return (enum endpoint_state)(endpoint->waiters & (ENDPOINT_ONE - 1));
}

static inline word endpoint_waiting(const struct endpoint *endpoint)
{
    return endpoint->waiters >> ENDPOINT_STATE_BITS;
}

_Static_assert(sizeof(struct endpoint) <= TESS_ENDPOINT_BYTES, "an endpoint fits its size in the ABI");

/* Send, NBSend and Call by the running thread. */
struct status endpoint_send(struct tcb *sender, struct cap cap, enum sending how, bool block);

/*
 * Recv and NBRecv by the running thread; reply: an idle object, or NULL. Caller:
 * checked the right. May be preempted, without a reply object only.
 */
struct status endpoint_recv(struct tcb *receiver, struct cap cap, struct reply *reply, bool block);

/*
 * Before a passive server gives its context back and receives: the senders at the head of the queue that
 * would not lend it another get NO_CONTEXT. OK or preempted.
 */
struct status endpoint_refuse_sends(struct endpoint *endpoint);

/* The thread faulted: sends its fault to this endpoint as a Call. */
void endpoint_send_fault(struct tcb *sender, struct cap cap);

/* Takes a waiting thread out of the queue. */
void endpoint_remove(struct endpoint *endpoint, struct tcb *tcb);

/* Its priority changed: new place in the queue. */
void endpoint_requeue(struct endpoint *endpoint, struct tcb *tcb);

/* Cancels all waiters; false: preempted. */
bool endpoint_finalise(struct endpoint *endpoint);

/* Cancels the senders with this badge; false: preempted, with the place in *progress. */
bool endpoint_cancel_badge(struct endpoint *endpoint, word badge, word *progress);

#endif
