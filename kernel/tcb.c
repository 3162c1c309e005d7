/*
 * kernel/tcb.c: threads: configuration, registers, stopping and starting (SPEC TH-1..TH-9).
 */
#include "kernel/tcb.h"

#include "caps/cdt.h"
#include "caps/cspace.h"
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/fp.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "kernel/vspace.h"

void tcb_create(struct tcb *tcb)
{
    tcb->hart = this_hart;
    tcb->state = TESS_THREAD_INACTIVE;
    tcb->resume = RESUME_FULL;
}

struct tess_ipc_buffer *tcb_buffer(const struct tcb *tcb)
{
    struct cap frame = tcb->slots[TCB_SLOT_BUFFER].cap;
    if (cap_type(frame) != CAP_FRAME)
        return NULL;
    return window_pointer(cap_page_base(frame) + tcb->buffer_offset);
}

bool tcb_is_waiting(const struct tcb *tcb)
{
    switch ((enum tess_thread_state)tcb->state) {
    case TESS_THREAD_SENDING:
    case TESS_THREAD_CALLING:
    case TESS_THREAD_RECEIVING:
    case TESS_THREAD_WAITING:
        return true;
    case TESS_THREAD_FAULTED:
        return !tcb->reply;
    case TESS_THREAD_INACTIVE:
    case TESS_THREAD_READY:
    case TESS_THREAD_AWAITING_REPLY:
        return false;
    }
    return false;
}

void tcb_set_result(struct tcb *tcb, word code, word detail)
{
    struct registers *registers = &tcb->registers;
    registers->a0 = code;
    registers->a1 = 0;
    registers->t0 = detail;
    tcb_clear_words(tcb);
    tcb->resume = RESUME_SHORT;
}

/* ---- stopping and starting (TH-8) ------------------------------------------------------------------- */

void tcb_cancel(struct tcb *tcb)
{
    bool in_call = true;

    switch ((enum tess_thread_state)tcb->state) {
    case TESS_THREAD_SENDING:
    case TESS_THREAD_CALLING:
        endpoint_remove(tcb->waits_on, tcb);
        break;
    case TESS_THREAD_RECEIVING:
        endpoint_remove(tcb->waits_on, tcb);
        break;
    case TESS_THREAD_WAITING:
        notification_remove(tcb->waits_on, tcb);
        notification_deliver(tcb->waits_on);
        break;
    case TESS_THREAD_AWAITING_REPLY:
        reply_release(tcb->reply);
        break;
    case TESS_THREAD_FAULTED: /* its registers stay as they were at the fault */
        if (tcb->reply)
            reply_release(tcb->reply);
        else
            endpoint_remove(tcb->waits_on, tcb);
        in_call = false;
        break;
    case TESS_THREAD_INACTIVE:
    case TESS_THREAD_READY:
        in_call = false;
        break;
    }
    if (in_call)
        tcb_set_result(tcb, TESS_ERR_CANCELLED, 0);
    tcb->state = TESS_THREAD_INACTIVE;
    if (tcb->lent) /* RP-6: back to it when its server has no more use for it */
        context_settle(tcb->lent);
}

void tcb_suspend(struct tcb *tcb)
{
    sched_forget(tcb);
    tcb_cancel(tcb);
}

static void tcb_resume(struct tcb *tcb)
{
    if (tcb->state == TESS_THREAD_INACTIVE)
        sched_wake(tcb);
}

void tcb_finalise(struct tcb *tcb)
{
    tcb_suspend(tcb);
    if (tcb->own) { /* also when it is lent to somebody */
        tcb->own->home = NULL;
        tcb->own = NULL;
    }
    context_forgo(tcb);
    struct context *context = tcb->context;
    if (context) {
        context_move(context, NULL);
        context_settle(context);
    }
    if (tcb->notification)
        notification_unbind(tcb->notification);
    if (tcb->fp)
        fp_unbind(tcb->fp);
    if (this_hart->current == tcb)
        this_hart->current = NULL;
}

/* ---- configuration (TH-4, TH-5) ---------------------------------------------------------------------- */

/* The capability in word n, of this type; null allowed: *slot is NULL then. */
static struct status decode_optional(const struct tcb *caller, unsigned n, enum cap_type type,
                                     struct slot **slot)
{
    *slot = NULL;
    word address = caller->registers.words[n];
    if (address == TESS_NULL)
        return STATUS_OK;
    return cspace_lookup_type(tcb_cspace(caller), address, TESS_ARG_WORD(n), type, slot);
}

/*
 * Puts a copy of the capability into a slot of the TCB; NULL empties it. The old one goes by way of
 * TCB_SLOT_OLD: its deletion may take long, and may take the source with it, or the TCB. Preempts: then
 * the call goes on with the deletion, is decoded anew, and finds the new capability in place.
 */
static struct status slot_assign(struct tcb *tcb, enum tcb_slot which, struct slot *source)
{
    struct slot *slot = &tcb->slots[which], *old = &tcb->slots[TCB_SLOT_OLD];
    struct cap cap = source ? cap_derive(source->cap, TESS_RIGHTS_ALL) : CAP_EMPTY;

    if (!cap_is_empty(old->cap)) { /* left by a call that was preempted, perhaps one of another thread */
        TRY(slot_delete(old));
        return status_preempted();
    }
    /* The copy made before a preemption; one that only looks like it may be of another family (TH-2). */
    bool equal = slot->cap.w0 == cap.w0 && slot->cap.w1 == cap.w1;
    if (equal && (!source || cdt_next(source) == slot))
        return STATUS_OK;
    if (!cap_is_empty(slot->cap))
        cdt_move(slot, old);
    if (source)
        cdt_insert(source, slot, cap);
    return slot_delete(old);
}

static struct status set_spaces(struct tcb *tcb, struct tcb *caller)
{
    struct slot *cnode, *vspace;
    TRY(decode_optional(caller, 0, CAP_CNODE, &cnode));
    TRY(decode_optional(caller, 1, CAP_VSPACE, &vspace));
    /* commit: the CSpace last, for the end of the old one may be the end of this very thread */
    if (vspace)
        TRY(slot_assign(tcb, TCB_SLOT_VSPACE, vspace));
    if (cnode)
        TRY(slot_assign(tcb, TCB_SLOT_CSPACE, cnode));
    return STATUS_OK;
}

struct status tcb_decode_frame(const struct tcb *caller, unsigned n, struct slot **slot)
{
    const word rights = TESS_RIGHT_READ | TESS_RIGHT_WRITE;
    TRY(decode_optional(caller, n, CAP_FRAME, slot));
    if (!*slot)
        return STATUS_OK;
    if ((cap_frame_rights((*slot)->cap) & rights) != rights)
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_WORD(n), rights);
    if (cap_frame_device((*slot)->cap)) /* the kernel's window maps RAM only */
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(n), 0);
    return STATUS_OK;
}

static struct status set_buffer(struct tcb *tcb, struct tcb *caller)
{
    struct slot *frame;
    word offset = caller->registers.words[1];
    TRY(tcb_decode_frame(caller, 0, &frame));
    if (frame) {
        word bytes = 1ull << cap_frame_bits(frame->cap);
        if (offset % TESS_BUFFER_BYTES)
            return status_fail(TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), TESS_BUFFER_BYTES);
        if (offset > bytes - TESS_BUFFER_BYTES)
            return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(1), bytes - TESS_BUFFER_BYTES);
    }
    /* commit */
    TRY(slot_assign(tcb, TCB_SLOT_BUFFER, frame));
    tcb->buffer_offset = frame ? (uint32_t)offset : 0;
    return STATUS_OK;
}

static struct status set_handlers(struct tcb *tcb, struct tcb *caller)
{
    struct slot *handler[2];
    for (unsigned i = 0; i < 2; i++) {
        TRY(decode_optional(caller, i, CAP_ENDPOINT, &handler[i]));
        if (handler[i] && !(cap_rights(handler[i]->cap) & TESS_RIGHT_CALL))
            return status_fail(TESS_ERR_RIGHTS, TESS_ARG_WORD(i), TESS_RIGHT_CALL);
    }
    /* commit */
    TRY(slot_assign(tcb, TCB_SLOT_FAULT, handler[0]));
    return slot_assign(tcb, TCB_SLOT_TIMEOUT, handler[1]);
}

static struct status set_priority(struct tcb *tcb, struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *slot;
    TRY(cspace_lookup_type(tcb_cspace(caller), words[0], TESS_ARG_WORD(0), CAP_TCB, &slot));
    word most = ((struct tcb *)cap_object(slot->cap))->ceiling; /* TH-5 */
    for (unsigned i = 1; i <= 2; i++)
        if (words[i] > most)
            return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(i), most);
    /* commit */
    tcb->ceiling = (uint8_t)words[2];
    if (tcb->priority == words[1])
        return STATUS_OK;
    sched_set_priority(tcb, (uint8_t)words[1]);
    if (tcb->state == TESS_THREAD_WAITING)
        notification_requeue(tcb->waits_on, tcb);
    else if (tcb_is_waiting(tcb))
        endpoint_requeue(tcb->waits_on, tcb);
    return STATUS_OK;
}

static struct status bind_notification(struct tcb *tcb, struct tcb *caller)
{
    struct slot *slot;
    TRY(notification_decode(caller, 0, TESS_RIGHT_RECV, &slot));
    if (!slot) {
        if (!tcb->notification)
            return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
        notification_unbind(tcb->notification);
        return STATUS_OK;
    }
    struct notification *notification = cap_object(slot->cap);
    if (tcb->notification)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    if (notification->bound)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    if (notification->waiting)
        return status_fail(TESS_ERR_BUSY, TESS_ARG_WORD(0), 0);
    /* commit */
    notification->bound = tcb;
    tcb->notification = notification;
    return STATUS_OK;
}

static struct status bind_fp(struct tcb *tcb, struct tcb *caller)
{
    struct slot *slot;
    TRY(decode_optional(caller, 0, CAP_FP, &slot));
    if (!slot) {
        if (!tcb->fp)
            return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
        fp_unbind(tcb->fp);
        return STATUS_OK;
    }
    struct fp *fp = cap_object(slot->cap);
    if (tcb->fp)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    if (fp->thread)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    /* commit */
    fp_bind(fp, tcb);
    return STATUS_OK;
}

/* ---- registers (TH-6) ---------------------------------------------------------------------------------- */

/* Where trap.S keeps register x1..x31, by RISC-V number; pc in place of x0. */
static word *register_at(struct tcb *tcb, unsigned number)
{
#define AT(member) (offsetof(struct registers, member) / sizeof(word))
    static const uint8_t place[TESS_REGISTERS] = {
        AT(pc),       AT(ra),   AT(sp),    AT(gp),    AT(tp),       AT(t0),       AT(t1),       AT(t2),
        AT(s[0]),     AT(s[1]), AT(a0),    AT(a1),    AT(words[0]), AT(words[1]), AT(words[2]), AT(words[3]),
        AT(words[4]), AT(a7),   AT(s[2]),  AT(s[3]),  AT(s[4]),     AT(s[5]),     AT(s[6]),     AT(s[7]),
        AT(s[8]),     AT(s[9]), AT(s[10]), AT(s[11]), AT(t3),       AT(words[5]), AT(words[6]), AT(words[7]),
    };
#undef AT
    return (word *)&tcb->registers + place[number];
}

/* Registers that a thread inside a system call does not have: they come back as zero. */
static void clear_clobbered(struct tcb *tcb)
{
    if (tcb->resume == RESUME_SHORT)
        tcb->registers.a7 = tcb->registers.t1 = tcb->registers.t2 = tcb->registers.t3 = 0;
    /* Its message has gone, or is to come; of its arguments the direct path keeps no copy. */
    if (tcb->state == TESS_THREAD_AWAITING_REPLY || tcb->state == TESS_THREAD_RECEIVING)
        tcb_set_result(tcb, TESS_OK, 0);
}

static struct status decode_range(const struct tcb *caller, word most)
{
    const word *words = caller->registers.words;
    if (words[0] >= TESS_REGISTERS)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(0), TESS_REGISTERS - 1);
    if (TESS_REGISTERS - words[0] < most)
        most = TESS_REGISTERS - words[0];
    if (words[1] > most)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(1), most);
    if (words[2] > 1)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(2), 1);
    return STATUS_OK;
}

static struct status read_registers(struct tcb *tcb, struct tcb *caller)
{
    word *words = caller->registers.words;
    struct tess_ipc_buffer *buffer = tcb_buffer(caller);
    TRY(decode_range(caller, TESS_REGISTERS));
    if (words[1] > TESS_REGISTER_WORDS && !buffer)
        return status_fail(TESS_ERR_NO_BUFFER, TESS_ARG_WORD(1), TESS_REGISTER_WORDS);
    if (tcb == caller)
        return status_fail(TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
    /* commit */
    unsigned first = (unsigned)words[0], count = (unsigned)words[1];
    if (words[2])
        tcb_suspend(tcb);
    clear_clobbered(tcb);
    for (unsigned i = 0; i < count; i++) {
        word value = *register_at(tcb, first + i);
        if (i < TESS_REGISTER_WORDS)
            words[i] = value;
        else
            buffer->words[i] = value;
    }
    for (unsigned i = count; i < TESS_REGISTER_WORDS; i++)
        words[i] = 0;
    caller->registers.a1 = TESS_INFO(0, count, 0);
    return STATUS_OK;
}

/* The values begin at message word 3. */
static struct status write_registers(struct tcb *tcb, struct tcb *caller)
{
    const word *words = caller->registers.words;
    const struct tess_ipc_buffer *buffer = tcb_buffer(caller);
    TRY(decode_range(caller, TESS_REGISTERS));
    if (words[1] > TESS_REGISTER_WORDS - 3 && !buffer)
        return status_fail(TESS_ERR_NO_BUFFER, TESS_ARG_WORD(1), TESS_REGISTER_WORDS - 3);
    if (tcb == caller)
        return status_fail(TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
    /* commit: a thread that waits is interrupted first, so that nothing overwrites the values */
    if (tcb->state != TESS_THREAD_READY)
        tcb_suspend(tcb);
    clear_clobbered(tcb);
    tcb->resume = RESUME_FULL;
    for (unsigned i = 0; i < words[1]; i++)
        *register_at(tcb, (unsigned)words[0] + i) =
            i + 3 < TESS_REGISTER_WORDS ? words[i + 3] : buffer->words[i + 3];
    if (words[2])
        tcb_resume(tcb);
    return STATUS_OK;
}

static struct status set_flags(struct tcb *tcb, struct tcb *caller)
{
    word *words = caller->registers.words;
    const word known = TESS_TCB_CAP_FAULTS | TESS_TCB_COUNTERS;
    for (unsigned i = 0; i < 2; i++)
        if (words[i] & ~known)
            return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(i), 0);
    /* commit */
    tcb->flags = (uint8_t)((tcb->flags & ~words[0]) | words[1]);
    words[0] = tcb->flags;
    caller->registers.a1 = TESS_INFO(0, 1, 0);
    return STATUS_OK;
}

/* Compiled for size, as everything that is only called from here: threads are configured rarely. */
__attribute__((cold)) struct status tcb_invoke(struct tcb *tcb, word label, struct tcb *caller)
{
    switch (label) {
    case TESS_TCB_SET_SPACES:
        return set_spaces(tcb, caller);
    case TESS_TCB_SET_BUFFER:
        return set_buffer(tcb, caller);
    case TESS_TCB_SET_HANDLERS:
        return set_handlers(tcb, caller);
    case TESS_TCB_SET_PRIORITY:
        return set_priority(tcb, caller);
    case TESS_TCB_BIND_NOTIFICATION:
        return bind_notification(tcb, caller);
    case TESS_TCB_BIND_FP:
        return bind_fp(tcb, caller);
    case TESS_TCB_READ_REGS:
        return read_registers(tcb, caller);
    case TESS_TCB_WRITE_REGS:
        return write_registers(tcb, caller);
    case TESS_TCB_SUSPEND:
        tcb_suspend(tcb);
        return STATUS_OK;
    case TESS_TCB_RESUME:
        tcb_resume(tcb);
        return STATUS_OK;
    case TESS_TCB_SET_FLAGS:
        return set_flags(tcb, caller);
    case TESS_TCB_STEP:
        return status_fail(TESS_ERR_UNSUPPORTED, TESS_ARG_INFO, 0);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
