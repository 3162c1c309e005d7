/*
 * kernel/reply.c: Reply objects: holding a caller, answering it
 * (SPEC RP-1..RP-7, RP-9).
 */
#include "kernel/reply.h"

#include "kernel/context.h"
#include "kernel/fault.h"
#include "kernel/ipc.h"
#include "kernel/sched.h"

void reply_offer(struct reply *reply, struct tcb *receiver, word rights)
{
    reply->thread = receiver;
    reply->rights = (uint8_t)rights;
    receiver->reply = reply;
}

void reply_withdraw(struct reply *reply)
{
    reply->thread->reply = NULL;
    reply->thread = NULL;
}

void reply_hold(struct reply *reply, struct tcb *caller, struct tcb *callee)
{
    struct context *context = caller->context;

    callee->reply = NULL;
    reply->thread = caller;
    caller->reply = reply;
    if (!callee->context && context)
        context_lend(context, caller, callee);
}

struct tcb *reply_release(struct reply *reply)
{
    struct tcb *caller = reply->thread;
    caller->reply = NULL;
    reply->thread = NULL;
    return caller;
}

struct status reply_send(struct tcb *sender, struct reply *reply)
{
    if (reply_state(reply) != REPLY_HOLDING)
        return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    TRY(ipc_check(sender));
    /* commit */
    bool grant = reply->rights & TESS_RIGHT_GRANT, returns = reply_takes_context(sender, reply);
    struct tcb *caller = reply_release(reply);
    if (returns)
        context_return(sender->context, caller);
    if (caller->state == TESS_THREAD_FAULTED) {
        fault_answer(sender, caller);
    } else {
        ipc_transfer(sender, caller, 0, NULL, grant);
        sched_wake(caller);
    }
    if (caller->lent) /* answered by another than who runs on its context */
        context_settle(caller->lent);
    return STATUS_OK;
}

void reply_finalise(struct reply *reply)
{
    switch (reply_state(reply)) {
    case REPLY_IDLE:
        break;
    case REPLY_OFFERED:
        reply_withdraw(reply);
        break;
    case REPLY_HOLDING: { /* RP-6: the caller learns that no answer will come */
        struct tcb *caller = reply_release(reply);
        if (caller->state == TESS_THREAD_FAULTED) {
            caller->state = TESS_THREAD_INACTIVE;
        } else {
            tcb_set_result(caller, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY);
            sched_wake(caller);
        }
        if (caller->lent)
            context_settle(caller->lent);
        break;
    }
    }
}
