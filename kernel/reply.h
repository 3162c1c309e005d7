/*
 * kernel/reply.h: Reply objects and the chains they form (SPEC RP).
 *
 * A Reply object holds a caller until it is answered. When a Call lends its scheduling context, the caller
 * joins those who wait for that context (context.h).
 */
#ifndef TESSERA_KERNEL_REPLY_H
#define TESSERA_KERNEL_REPLY_H

#include "kernel/tcb.h"

enum reply_state { REPLY_IDLE, REPLY_OFFERED, REPLY_HOLDING };

struct reply {
    struct tcb *thread; /* offered by this receiver, or holding this caller; NULL: idle */
    uint8_t rights;     /* of the receiver's endpoint capability */
};

_Static_assert(sizeof(struct reply) <= TESS_REPLY_BYTES, "a Reply fits its size in the ABI");

static inline enum reply_state reply_state(const struct reply *reply)
{
    if (!reply->thread)
        return REPLY_IDLE;
    return reply->thread->state == TESS_THREAD_RECEIVING ? REPLY_OFFERED : REPLY_HOLDING;
}

/* A receiver offers it; rights: of its endpoint capability. Caller: idle. */
void reply_offer(struct reply *reply, struct tcb *receiver, word rights);

/* The receiver's offer ends without a caller. */
void reply_withdraw(struct reply *reply);

/* The caller waits on it from now on, and lends its context when `callee` has none. Caller: offered. */
void reply_hold(struct reply *reply, struct tcb *caller, struct tcb *callee);

/*
 * The caller leaves, answered or cancelled; the object is IDLE. What it lent comes back by context_settle(),
 * when its state is set. Returns the caller.
 */
struct tcb *reply_release(struct reply *reply);

/* Would the answer take the thread's context? */
static inline bool reply_takes_context(const struct tcb *sender, const struct reply *reply)
{
    return reply->thread->lent && reply->thread->lent == sender->context;
}

/* Answers the caller with the running thread's message. */
struct status reply_send(struct tcb *sender, struct reply *reply);

void reply_finalise(struct reply *reply);

#endif
