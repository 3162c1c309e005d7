/*
 * kernel/syscall.c: from a system call to the object it names (SPEC ABI-1, ABI-6..ABI-10).
 */
#include "kernel/syscall.h"

#include "caps/cnode.h"
#include "caps/cspace.h"
#include "caps/untyped.h"
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/fault.h"
#include "kernel/firmware.h"
#include "kernel/inspect.h"
#include "kernel/ipc.h"
#include "kernel/irq.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "kernel/vspace.h"

/* The progress of a preempted call is kept in its message words, so that it goes on when entered again. */
#define WORD_RETYPE_PROGRESS 5
#define WORD_CANCEL_PROGRESS 1

static struct status untyped_call(struct slot *slot, word label, struct tcb *caller)
{
    struct untyped_args args;
    word *words = caller->registers.words;
    TRY(untyped_decode(&args, label, slot, tcb_cspace(caller), words));
    return untyped_invoke(&args, &words[WORD_RETYPE_PROGRESS]);
}

static struct status cnode_call(struct cap cnode, word label, struct tcb *caller)
{
    struct cnode_args args;
    word *words = caller->registers.words;
    TRY(cnode_decode(&args, label, cnode, tcb_cspace(caller), words));
    return cnode_invoke(&args, &words[WORD_CANCEL_PROGRESS]);
}

/* An operation on the object the slot's capability names (ABI-9). */
static struct status invoke(struct slot *slot, word label, struct tcb *caller)
{
    struct cap cap = slot->cap;

    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        return untyped_call(slot, label, caller);
    case CAP_CNODE:
        return cnode_call(cap, label, caller);
    case CAP_TCB:
        return tcb_invoke(cap_object(cap), label, caller);
    case CAP_SCHED_CONTEXT:
        return context_invoke(cap_object(cap), label, caller);
    case CAP_SCHED_CONTROL:
        return sched_control_invoke(cap, label, caller);
    case CAP_FRAME:
        return frame_invoke(slot, label, caller);
    case CAP_PAGE_TABLE:
        return page_table_invoke(slot, label, caller);
    case CAP_VSPACE:
        return vspace_invoke(cap_object(cap), label, caller);
    case CAP_IRQ_CONTROL:
        return irq_control_invoke(slot, label, caller);
    case CAP_IRQ_HANDLER:
        return irq_handler_invoke(cap, label, caller);
    case CAP_FIRMWARE:
        return firmware_invoke(label, caller);
    case CAP_TIMER:
        return timer_invoke(cap_object(cap), label, caller);
    case CAP_ENDPOINT: /* not reached: a Call on it is a message */
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_FP:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_CAPABILITY, cap_type(cap));
    case CAP_NULL:
    case CAP_TEARDOWN:
        break;
    }
    return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, CAP_NULL);
}

/*
 * An operation that takes the result's message from a1 and the words: a1 is 0 when it begins, and words
 * behind the length it leaves there are cleared (ABI-10). Not done: a1 as it was.
 */
static struct status call_object(struct slot *slot, struct tcb *tcb)
{
    struct registers *registers = &tcb->registers;
    word info = registers->a1;

    registers->a1 = 0;
    struct status status = invoke(slot, TESS_INFO_LABEL(info), tcb);
    if (status.code != TESS_OK) {
        registers->a1 = info; /* the call may be made again: preempted, or a capability fault */
        return status;
    }
    if (registers->a1 == 0)
        tcb_clear_words(tcb);
    else
        for (unsigned i = TESS_INFO_WORDS(registers->a1); i < TESS_REGISTER_WORDS; i++)
            registers->words[i] = 0;
    registers->a0 = TESS_OK;
    registers->t0 = 0;
    tcb->resume = RESUME_SHORT;
    return STATUS_OK;
}

static struct status call(struct tcb *tcb)
{
    struct slot *slot;
    TRY(cspace_lookup(tcb_cspace(tcb), tcb->registers.a0, TESS_ARG_CAPABILITY, &slot));
    if (cap_type(slot->cap) == CAP_ENDPOINT)
        return endpoint_send(tcb, slot->cap, SENDING_CALL, true);
    return call_object(slot, tcb);
}

static struct status signal(struct tcb *tcb, struct cap cap)
{
    if (!(cap_rights(cap) & TESS_RIGHT_SEND))
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
    tcb_set_result(tcb, TESS_OK, 0);
    notification_signal(cap_object(cap), cap_badge(cap));
    return STATUS_OK;
}

static struct status send(struct tcb *tcb, bool block)
{
    struct slot *slot;
    TRY(cspace_lookup(tcb_cspace(tcb), tcb->registers.a0, TESS_ARG_CAPABILITY, &slot));
    struct cap cap = slot->cap;
    enum cap_type type = cap_type(cap);

    if (type == CAP_ENDPOINT)
        return endpoint_send(tcb, cap, SENDING_SEND, block);
    if (type == CAP_NOTIFICATION)
        return signal(tcb, cap);
    if (type != CAP_REPLY)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, type);
    struct reply *reply = cap_object(cap);
    if (reply_state(reply) == REPLY_HOLDING && reply_takes_context(tcb, reply)) /* RP-9 */
        return status_fail(TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    TRY(reply_send(tcb, reply));
    tcb_set_result(tcb, TESS_OK, 0);
    return STATUS_OK;
}

/* The Reply object in t0, or NULL. */
static struct status decode_reply(struct tcb *tcb, struct reply **reply)
{
    struct slot *slot;
    *reply = NULL;
    if (tcb->registers.t0 == TESS_NULL)
        return STATUS_OK;
    TRY(cspace_lookup_type(tcb_cspace(tcb), tcb->registers.t0, TESS_ARG_REPLY, CAP_REPLY, &slot));
    *reply = cap_object(slot->cap);
    return STATUS_OK;
}

static struct status decode_source(struct tcb *tcb, struct cap *source)
{
    struct slot *slot;
    TRY(cspace_lookup(tcb_cspace(tcb), tcb->registers.a0, TESS_ARG_CAPABILITY, &slot));
    enum cap_type type = cap_type(slot->cap);
    if (type != CAP_ENDPOINT && type != CAP_NOTIFICATION)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, type);
    *source = slot->cap;
    if (!(cap_rights(*source) & TESS_RIGHT_RECV))
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);
    struct notification *notification = cap_object(*source);
    if (type == CAP_NOTIFICATION && notification->bound && notification->bound != tcb) /* NT-5 */
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    return STATUS_OK;
}

static struct status receive_from(struct tcb *tcb, struct cap source, struct reply *reply, bool block)
{
    if (cap_type(source) == CAP_NOTIFICATION)
        return notification_wait(tcb, source, block);
    return endpoint_recv(tcb, source, reply, block);
}

static struct status recv(struct tcb *tcb, bool block)
{
    struct cap source;
    struct reply *reply;
    TRY(decode_source(tcb, &source));
    TRY(decode_reply(tcb, &reply));
    if (reply && reply_state(reply) != REPLY_IDLE) /* EP-3: it holds a caller, or another thread offers it */
        return status_fail(TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    return receive_from(tcb, source, reply, block);
}

/* RP-9: when the answer, or the wait, takes the thread's context, what it receives must bring one. */
static struct status stay_runnable(const struct tcb *tcb, struct cap source, bool takes)
{
    if (cap_type(source) == CAP_ENDPOINT)
        return takes ? endpoint_refuse_sends(cap_object(source)) : STATUS_OK;
    const struct notification *notification = cap_object(source);
    if (takes ? !notification->context : notification_strands(notification, tcb))
        return status_fail(TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    return STATUS_OK;
}

/* RP-4. Everything is checked before the answer goes out; after it, nothing can fail. */
static struct status reply_recv(struct tcb *tcb)
{
    struct cap source;
    struct reply *reply;
    TRY(decode_source(tcb, &source));
    TRY(decode_reply(tcb, &reply));
    if (reply && reply_state(reply) == REPLY_OFFERED)
        return status_fail(TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    if (reply && reply_state(reply) == REPLY_HOLDING) {
        bool takes = reply_takes_context(tcb, reply);
        if (takes || cap_type(source) == CAP_NOTIFICATION) {
            TRY(ipc_check(tcb)); /* before any sender is refused */
            TRY(stay_runnable(tcb, source, takes));
        }
        TRY(reply_send(tcb, reply));
    }
    return receive_from(tcb, source, reply, true);
}

static struct status inspect(struct tcb *tcb)
{
    struct slot *slot;
    TRY(cspace_lookup(tcb_cspace(tcb), tcb->registers.a0, TESS_ARG_CAPABILITY, &slot));
    tcb_set_result(tcb, TESS_OK, 0);
    struct tess_inspect *result = (struct tess_inspect *)tcb->registers.words;
    inspect_slot(slot, result);
    tcb->registers.a1 = TESS_INFO(0, TESS_REGISTER_WORDS, 0);
    return STATUS_OK;
}

static struct status dispatch(struct tcb *tcb)
{
    switch (tcb->registers.a7) {
    case TESS_SYS_CALL:
        return call(tcb);
    case TESS_SYS_REPLY_RECV:
        return reply_recv(tcb);
    case TESS_SYS_SEND:
        return send(tcb, true);
    case TESS_SYS_NBSEND:
        return send(tcb, false);
    case TESS_SYS_RECV:
        return recv(tcb, true);
    case TESS_SYS_NBRECV:
        return recv(tcb, false);
    case TESS_SYS_YIELD:
        tcb_set_result(tcb, TESS_OK, 0);
        sched_yield();
        return STATUS_OK;
    case TESS_SYS_INSPECT:
        return inspect(tcb);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_OPERATION, TESS_SYS_INSPECT);
    }
}

/* The thread will execute the ecall again: all arguments are in place, and pc goes back. */
static void rewind(struct tcb *tcb)
{
    struct registers *registers = &tcb->registers;
    registers->pc -= 4;
    registers->t1 = registers->t2 = registers->t3 = 0;
    tcb->resume = RESUME_FULL;
}

bool syscall_handle(struct tcb *tcb)
{
    word address = tcb->registers.a0;

    tcb->registers.pc += 4;
    tcb->resume = RESUME_SHORT;
    struct status status = dispatch(tcb);
    if (status.code == TESS_OK)
        return true;
    if (status.code == STATUS_PREEMPTED) {
        rewind(tcb);
        return false;
    }
    bool capability = status.code == TESS_ERR_ADDRESS || status.code == TESS_ERR_TYPE; /* argument 0 */
    if (capability && (tcb->flags & TESS_TCB_CAP_FAULTS)) {
        rewind(tcb);
        fault_raise(tcb, TESS_FAULT_CAPABILITY, address, 8); /* TH-12 */
        return true;
    }
    tcb_set_result(tcb, status.code, status.detail);
    return true;
}
