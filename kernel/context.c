/*
 * kernel/context.c: scheduling contexts: budgets, binding, lending (SPEC SC-1..SC-5, SC-10).
 *
 * A context belongs to its home thread and runs the thread it was lent to. The chain of Reply objects
 * from `top` on is the way back.
 */
#include "kernel/context.h"

#include "caps/cspace.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "platform/platform.h"

enum { WORD_CONTEXT, WORD_BUDGET, WORD_PERIOD, WORD_REFILLS, WORD_BADGE };

/* Shorter budgets would be spent on the switch itself: 10 microseconds (SC-2). */
static word budget_minimum(void)
{
    return machine.timebase / 100000 + 1;
}

void context_create(struct context *context, unsigned refills)
{
    context->refills = (uint8_t)refills;
}

void context_charge(struct context *context, word ticks, word now)
{
    context->consumed += ticks;
    context->left -= ticks < context->left ? ticks : context->left;
    /* A slice is renewed at its end only: a thread preempted often would never see that end (SC-7). */
    if (context->left && now >= context->due && !context_is_slice(context))
        context_refill(context, now);
}

void context_refill(struct context *context, word now)
{
    context->left = context->budget;
    context->due = now + context->period;
}

void context_configure(struct context *context, struct hart *hart, word budget, word period, word badge)
{
    bool charged = hart->charged == context;

    if (charged)
        sched_charge();
    sched_forget_context(context);
    context->hart = hart;
    context->budget = budget;
    context->period = period;
    context->badge = badge;
    context_refill(context, timer_now());
    if (charged) {
        hart->charged = context;
        hart->timer = UINT64_MAX; /* what it is armed for means nothing now: armed again before user mode */
    }
    if (context->thread && context->thread->state == TESS_THREAD_READY)
        sched_wake(context->thread);
}

void context_bind(struct context *context, struct tcb *tcb)
{
    context->home = tcb;
    context->thread = tcb;
    tcb->context = tcb->own = context;
    if (tcb->state == TESS_THREAD_READY)
        sched_wake(tcb);
}

void context_move(struct context *context, struct tcb *to)
{
    struct tcb *from = context->thread;

    if (from) {
        sched_forget(from);
        from->context = NULL;
    }
    context->thread = to;
    if (to)
        to->context = context;
}

void context_go_home(struct tcb *tcb)
{
    struct context *context = tcb->context;

    if (!context || context->top || context->home == tcb)
        return;
    struct tcb *home = context->home && !context->home->context ? context->home : NULL;
    context_move(context, home);
    if (home && home->state == TESS_THREAD_READY)
        sched_wake(home);
}

/* Nothing refers to the context any more but its capabilities (SC-5). */
static void context_detach(struct context *context)
{
    if (context->top) {
        context->top->context = NULL;
        context->top = NULL;
    }
    context_move(context, NULL);
    if (context->home)
        context->home->own = NULL;
    context->home = NULL;
}

/* Its time is not charged any more: a budget that ended here would be a fault in the middle of a call. */
void context_finalise(struct context *context)
{
    context_detach(context);
    sched_forget_context(context);
}

static struct status context_bind_decode(struct context *context, struct tcb *caller)
{
    struct slot *slot;
    TRY(cspace_lookup_type(tcb_cspace(caller), caller->registers.words[0], TESS_ARG_WORD(0), CAP_TCB, &slot));
    struct tcb *tcb = cap_object(slot->cap);
    if (context->home || context->thread || context->top) /* SC-4: a link left would take it away again */
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    if (tcb->context || tcb->own) /* SC-4: it has lent its own, or runs on another's */
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    /* commit */
    context_bind(context, tcb);
    return STATUS_OK;
}

struct status context_invoke(struct context *context, word label, struct tcb *caller)
{
    switch (label) {
    case TESS_SCHED_CONTEXT_BIND:
        return context_bind_decode(context, caller);
    case TESS_SCHED_CONTEXT_UNBIND:
        if (!context->home && !context->thread && !context->top)
            return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
        context_detach(context);
        return STATUS_OK;
    case TESS_SCHED_CONTEXT_CONSUMED:
        sched_charge();
        caller->registers.words[0] = context->consumed - context->consumed_seen;
        caller->registers.a1 = TESS_INFO(0, 1, 0);
        context->consumed_seen = context->consumed;
        return STATUS_OK;
    case TESS_SCHED_CONTEXT_YIELD_TO:
        return status_fail(TESS_ERR_UNSUPPORTED, TESS_ARG_INFO, 0);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}

struct status sched_control_invoke(struct cap control, word label, struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *slot;

    if (label == TESS_SCHED_CONTROL_TRACE || label == TESS_SCHED_CONTROL_SET_INTERVAL)
        return status_fail(TESS_ERR_UNSUPPORTED, TESS_ARG_INFO, 0);
    if (label != TESS_SCHED_CONTROL_CONFIGURE)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    TRY(cspace_lookup_type(tcb_cspace(caller), words[WORD_CONTEXT], TESS_ARG_WORD(WORD_CONTEXT),
                           CAP_SCHED_CONTEXT, &slot));
    struct context *context = cap_object(slot->cap);
    if (words[WORD_BUDGET] < budget_minimum())
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_BUDGET), budget_minimum());
    if (words[WORD_PERIOD] < words[WORD_BUDGET])
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_PERIOD), words[WORD_BUDGET]);
    if (words[WORD_PERIOD] >> 62) /* sums of a time and a period must not wrap */
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_PERIOD), (1ull << 62) - 1);
    if (words[WORD_REFILLS] > context->refills)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_REFILLS), context->refills);
    /* commit */
    (void)control;
    context_configure(context, this_hart, words[WORD_BUDGET], words[WORD_PERIOD], words[WORD_BADGE]);
    return STATUS_OK;
}
