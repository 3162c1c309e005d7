/*
 * kernel/context.c: scheduling contexts: budgets, binding, lending (SPEC SC-1..SC-5, SC-10, SC-13, SC-15,
 * RP-3..RP-6).
 *
 * A context belongs to its home, a thread or a notification, and runs the thread it was lent to. Those who
 * lent it, and wait for it, stand in a chain from `top` on, newest first: each is the server of the next.
 */
#include "kernel/context.h"

#include "caps/cspace.h"
#include "kernel/fault.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "platform/platform.h"

#define TIME_END (1ull << 62) /* sums of a time and a period must not wrap */

enum { WORD_CONTEXT, WORD_BUDGET, WORD_PERIOD, WORD_REFILLS, WORD_BADGE };

/* Shorter budgets would be spent on the switch itself: 10 microseconds (SC-2). */
static word budget_minimum(void)
{
    return machine.timebase / 100000 + 1;
}

void context_create(struct context *context, unsigned refills)
{
    context->room = (uint8_t)refills;
}

/* ---- budgets ------------------------------------------------------------------------------------------- */

void context_charge_refills(struct context *context, word ticks, word now)
{
    /* SC-15: counts from when it was used, not from when its thread became ready. */
    if (context->risen && context_has_budget(context))
        refills_begin(&context->refills, now - ticks);
    context->risen = false;
    refills_charge(&context->refills, ticks, now, budget_minimum());
}

void context_await(struct context *context)
{
    if (context->refills.budget && !context->deadline.queued) /* else never configured: never due */
        deadline_insert(&context->deadline, refills_due(&context->refills));
}

void context_due(struct context *context)
{
    refills_take(&context->refills, budget_minimum());
    if (!context_has_budget(context))
        context_await(context);
    else if (context->thread && context->thread->state == TESS_THREAD_READY)
        sched_ready(context->thread);
}

void context_begin_at(struct context *context, word now)
{
    context->fresh = false;
    refills_begin(&context->refills, now);
}

void context_begin(struct context *context)
{
    context_begin_at(context, timer_now());
}

void context_configure(struct context *context, word budget, word period, word refills, word badge)
{
    bool charged = this_hart->charged == context;

    if (charged)
        sched_charge();
    deadline_remove(&context->deadline);
    context->badge = badge;
    context->refills.budget = budget;
    context->refills.period = period;
    context->refills.room = refills ? (uint8_t)refills : context->room;
    refills_fill(&context->refills, timer_now());
    if (charged)
        this_hart->timer =
            TIMER_NEVER; /* what it is armed for means nothing now: armed again before user mode */
    if (context->thread && context->thread->state == TESS_THREAD_READY)
        sched_wake(context->thread);
}

/* ---- lending ------------------------------------------------------------------------------------------- */

void context_move(struct context *context, struct tcb *to)
{
    struct tcb *from = context->thread;

    if (from) {
        sched_forget(from);
        from->context = NULL;
    }
    context->thread = to;
    if (!to)
        return;
    to->context = context;
    if (!from || to->priority > from->priority)
        context->risen = true; /* SC-15 */
}

void context_lend(struct context *context, struct tcb *caller, struct tcb *to)
{
    caller->older = context->top;
    if (caller->older) {
        caller->older->newer = caller;
        caller->older->lent = NULL;
    }
    caller->lent = context;
    caller->forsaken = false; /* left as it was when it got the context back */
    context->top = caller;
    context_move(context, to);
}

/* Takes the thread out of the chain it stands in, if any. */
static void chain_leave(struct tcb *tcb)
{
    if (tcb->lent)
        tcb->lent->top = tcb->older;
    if (tcb->older) {
        tcb->older->newer = tcb->newer;
        tcb->older->lent = tcb->lent;
    }
    if (tcb->newer)
        tcb->newer->older = tcb->older;
    tcb->older = tcb->newer = NULL;
    tcb->lent = NULL;
}

void context_return(struct context *context, struct tcb *caller)
{
    chain_leave(caller);
    context_move(context, caller);
}

void context_forgo(struct tcb *tcb)
{
    struct context *context = tcb->lent;

    if (tcb->older) /* was to be answered by this thread, and runs on the context no more */
        tcb->older->forsaken = true;
    chain_leave(tcb);
    if (context)
        context_settle(context);
}

/* The newest of those who wait for it waits for an answer from the thread that runs on it. */
static bool is_working(const struct context *context)
{
    return context->top && context->top->reply && !context->top->forsaken;
}

bool context_is_leaving(const struct tcb *tcb)
{
    const struct context *context = tcb->context;
    return context && context->home != tcb && !is_working(context);
}

/* Does it wait for what brings a context? A signal may not, and then it needs the one it has. */
static bool can_spare(const struct tcb *tcb)
{
    return tcb->state == TESS_THREAD_RECEIVING ||
           (tcb->state == TESS_THREAD_WAITING && ((struct notification *)tcb->waits_on)->context);
}

void context_settle(struct context *context)
{
    struct tcb *tcb = context->thread, *top = context->top;

    if (tcb && (tcb == context->home || is_working(context) || !can_spare(tcb)))
        return;
    if (top && top->reply) { /* who should answer it is gone: until somebody else does, or cancels it */
        context_move(context, NULL);
        return;
    }
    if (top)
        chain_leave(top);
    context_move(context, top);
    if (top && top->state == TESS_THREAD_READY)
        sched_wake(top);
    if (!top && context->notification)
        notification_deliver(context->notification);
}

/* ---- binding ------------------------------------------------------------------------------------------- */

void context_bind(struct context *context, struct tcb *tcb)
{
    context_forgo(tcb);
    context->home = tcb;
    tcb->own = context;
    context_move(context, tcb);
    if (tcb->state == TESS_THREAD_READY)
        sched_wake(tcb);
    else if (tcb->state == TESS_THREAD_WAITING)
        notification_deliver(tcb->waits_on);
    else if (tcb->state == TESS_THREAD_RECEIVING && tcb->notification) /* NT-7 */
        notification_deliver(tcb->notification);
}

void context_detach(struct context *context)
{
    struct tcb *tcb = context->thread;
    bool lent = tcb && tcb != context->home;

    if (context->top) {
        context->top->lent = NULL;
        context->top = NULL;
    }
    context_move(context, NULL);
    if (context->home)
        context->home->own = NULL;
    context->home = NULL;
    if (context->notification)
        context->notification->context = NULL;
    context->notification = NULL;
    /* SC-5: a server that loses it in the middle of its work does not do so unseen. */
    if (lent && tcb->state == TESS_THREAD_READY && tcb != this_hart->current)
        fault_timeout(tcb, context->badge);
}

/* Its time is not charged any more: a budget that ended here would be a fault in the middle of a call. */
void context_finalise(struct context *context)
{
    context_detach(context);
    deadline_remove(&context->deadline);
    if (this_hart->charged == context)
        this_hart->charged = NULL;
}

static struct status bind_notification(struct context *context, struct cap cap)
{
    struct notification *notification = cap_object(cap);
    if (!(cap_rights(cap) & TESS_RIGHT_RECV))
        return status_fail(TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_RECV);
    if (notification->context)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    /* commit */
    context->notification = notification;
    notification->context = context;
    notification_deliver(notification);
    return STATUS_OK;
}

static bool is_bound(const struct context *context)
{
    return context->home || context->notification || context->thread || context->top;
}

static struct status context_bind_decode(struct context *context, struct tcb *caller)
{
    struct slot *slot;
    TRY(cspace_lookup(tcb_cspace(caller), caller->registers.words[0], TESS_ARG_WORD(0), &slot));
    enum cap_type type = cap_type(slot->cap);
    if (type != CAP_TCB && type != CAP_NOTIFICATION)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(0), type);
    if (is_bound(context)) /* SC-4: who waits for it would take it away again */
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    if (type == CAP_NOTIFICATION)
        return bind_notification(context, slot->cap);
    struct tcb *tcb = cap_object(slot->cap);
    if (tcb->context || tcb->own) /* SC-4: it has lent its own, or runs on another's */
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    /* commit */
    context_bind(context, tcb);
    return STATUS_OK;
}

/* SC-16 */
static struct status yield_to(struct context *context, const struct tcb *caller)
{
    struct tcb *tcb = context->thread;
    if (!tcb)
        return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    if (tcb == caller)
        return status_fail(TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
    if (tcb->priority > caller->ceiling)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_CAPABILITY, caller->ceiling);
    /* commit */
    sched_yield_to(tcb);
    return STATUS_OK;
}

struct status context_invoke(struct context *context, word label, struct tcb *caller)
{
    switch (label) {
    case TESS_SCHED_CONTEXT_BIND:
        return context_bind_decode(context, caller);
    case TESS_SCHED_CONTEXT_UNBIND:
        if (!is_bound(context))
            return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
        context_detach(context);
        return STATUS_OK;
    case TESS_SCHED_CONTEXT_YIELD_TO:
        TRY(yield_to(context, caller));
        break;
    case TESS_SCHED_CONTEXT_CONSUMED:
        sched_charge();
        break;
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
    caller->registers.words[0] = context->consumed - context->consumed_seen;
    caller->registers.a1 = TESS_INFO(0, 1, 0);
    context->consumed_seen = context->consumed;
    return STATUS_OK;
}

/* ---- SchedControl -------------------------------------------------------------------------------------- */

static struct status check_ticks(word ticks, unsigned argument, word least)
{
    if (ticks < least || ticks >= TIME_END)
        return status_fail(TESS_ERR_RANGE, argument, ticks < least ? least : TIME_END - 1);
    return STATUS_OK;
}

static struct status configure(struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *slot;
    TRY(cspace_lookup_type(tcb_cspace(caller), words[WORD_CONTEXT], TESS_ARG_WORD(WORD_CONTEXT),
                           CAP_SCHED_CONTEXT, &slot));
    struct context *context = cap_object(slot->cap);
    word least = budget_minimum(), refills = words[WORD_REFILLS];
    if (words[WORD_BUDGET] < least)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_BUDGET), least);
    TRY(check_ticks(words[WORD_PERIOD], TESS_ARG_WORD(WORD_PERIOD), words[WORD_BUDGET]));
    if (refills > context->room || refills == 1)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_REFILLS),
                           refills == 1 ? TESS_REFILLS_MIN : context->room);
    /* commit */
    context_configure(context, words[WORD_BUDGET], words[WORD_PERIOD], refills, words[WORD_BADGE]);
    return STATUS_OK;
}

static struct status set_interval(struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *slot;
    TRY(cspace_lookup_type(tcb_cspace(caller), words[0], TESS_ARG_WORD(0), CAP_TIMER, &slot));
    TRY(check_ticks(words[1], TESS_ARG_WORD(1), budget_minimum()));
    /* commit */
    timer_set_interval(cap_object(slot->cap), words[1]);
    return STATUS_OK;
}

struct status sched_control_invoke(struct cap control, word label, struct tcb *caller)
{
    (void)control; /* one hart runs user code */
    switch (label) {
    case TESS_SCHED_CONTROL_CONFIGURE:
        return configure(caller);
    case TESS_SCHED_CONTROL_TRACE:
        return trace_set(caller);
    case TESS_SCHED_CONTROL_SET_INTERVAL:
        return set_interval(caller);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
