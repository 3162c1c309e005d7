/*
 * kernel/sched.c: fixed-priority dispatch and the time of this hart (SPEC SC-6..SC-9, SC-11, SC-12).
 *
 * The running thread stands in no queue. A READY thread with budget stands in the ready queue of its
 * priority, or is `chosen`: the only one woken since the last choice. A context without budget
 * stands in the queue of waiting contexts. Time is charged when the running context changes, not when
 * only the thread does.
 */
#include "kernel/sched.h"

#include "kernel/context.h"
#include "kernel/fault.h"
#include "kernel/fp.h"
#include "kernel/trap.h"
#include "kernel/vspace.h"
#include "platform/platform.h"

#define NEVER UINT64_MAX

static bool runnable(const struct tcb *tcb)
{
    return tcb && tcb->state == TESS_THREAD_READY && tcb->context && context_has_budget(tcb->context) &&
           !tcb->queued;
}

/* ---- ready queue --------------------------------------------------------------------------------- */

static void ready_insert(struct tcb *tcb, bool at_head)
{
    struct ready_list *list = &this_hart->ready[tcb->priority];
    tcb->ready_prev = at_head ? NULL : list->tail;
    tcb->ready_next = at_head ? list->head : NULL;
    if (tcb->ready_prev)
        tcb->ready_prev->ready_next = tcb;
    else
        list->head = tcb;
    if (tcb->ready_next)
        tcb->ready_next->ready_prev = tcb;
    else
        list->tail = tcb;
    tcb->queued = true;
    this_hart->ready_map[tcb->priority / 64] |= 1ull << tcb->priority % 64;
    if (this_hart->ready_best <= tcb->priority)
        this_hart->ready_best = tcb->priority + 1u;
}

/* The highest priority with a thread in its list, plus 1; 0: none. Caller: it is not above `limit`. */
static unsigned ready_search(unsigned limit)
{
    for (unsigned i = limit / 64 + 1; i-- > 0;) /* at most 4 rounds */
        if (this_hart->ready_map[i])
            return i * 64 + 64 - (unsigned)__builtin_clzll(this_hart->ready_map[i]);
    return 0;
}

static void ready_remove(struct tcb *tcb)
{
    struct ready_list *list = &this_hart->ready[tcb->priority];
    if (tcb->ready_prev)
        tcb->ready_prev->ready_next = tcb->ready_next;
    else
        list->head = tcb->ready_next;
    if (tcb->ready_next)
        tcb->ready_next->ready_prev = tcb->ready_prev;
    else
        list->tail = tcb->ready_prev;
    tcb->queued = false;
    if (!list->head) {
        this_hart->ready_map[tcb->priority / 64] &= ~(1ull << tcb->priority % 64);
        if (this_hart->ready_best == tcb->priority + 1u)
            this_hart->ready_best = ready_search(tcb->priority);
    }
}

/* First thread of the highest priority that has one, or NULL. */
static struct tcb *ready_first(void)
{
    unsigned best = this_hart->ready_best;
    return best ? this_hart->ready[best - 1].head : NULL;
}

/* ---- threads --------------------------------------------------------------------------------------- */

void sched_wake(struct tcb *tcb)
{
    struct hart *hart = this_hart;

    tcb->state = TESS_THREAD_READY;
    if (!tcb->context || tcb->queued || tcb == hart->chosen)
        return;
    if (!context_has_budget(tcb->context)) {
        sched_await_budget(tcb->context);
        return;
    }
    if (tcb == hart->current)
        return;
    if (!hart->woken) { /* most often the only one, and soon to run: choose() decides */
        hart->woken = true;
        hart->chosen = tcb;
        return;
    }
    if (hart->chosen)
        ready_insert(hart->chosen, false);
    hart->chosen = NULL;
    ready_insert(tcb, false);
}

void sched_forget(struct tcb *tcb)
{
    if (tcb->queued)
        ready_remove(tcb);
    if (this_hart->chosen == tcb)
        this_hart->chosen = NULL;
}

void sched_yield(void)
{
    if (runnable(this_hart->current))
        ready_insert(this_hart->current, false);
}

void sched_set_priority(struct tcb *tcb, uint8_t priority)
{
    bool queued = tcb->queued || this_hart->chosen == tcb;
    sched_forget(tcb);
    tcb->priority = priority;
    if (queued)
        ready_insert(tcb, false);
}

/* ---- contexts and time ----------------------------------------------------------------------------- */

void sched_await_budget(struct context *context)
{
    if (!context->budget || context->waiting) /* never configured: never due */
        return;
    context->waiting = true;
    queue_insert(&this_hart->waiting, &context->node, context->due);
    if (context->due < this_hart->timer)
        this_hart->timer = NEVER; /* to be armed again before user mode */
}

void sched_forget_context(struct context *context)
{
    if (context->waiting)
        queue_remove(&this_hart->waiting, &context->node);
    context->waiting = false;
    if (this_hart->charged == context)
        this_hart->charged = NULL;
}

/* The budget of the context whose time runs has ended (SC-7). */
static void budget_ended(struct context *context, word now)
{
    struct tcb *tcb = context->thread;

    if (context_is_slice(context)) {
        context_refill(context, now);
        if (tcb && (tcb->queued || (tcb == this_hart->current && runnable(tcb)))) {
            sched_forget(tcb);
            ready_insert(tcb, false);
        }
        return;
    }
    sched_await_budget(context);
    if (!tcb)
        return;
    sched_forget(tcb);
    if (tcb->state == TESS_THREAD_READY)
        fault_timeout(tcb, context->badge);
}

/* Charges up to now; the same context goes on being charged. */
static void charge(word now)
{
    struct context *context = this_hart->charged;
    if (context) {
        context_charge(context, now - this_hart->charged_since, now);
        if (!context_has_budget(context))
            budget_ended(context, now);
    }
    this_hart->charged_since = now;
}

void sched_charge(void)
{
    charge(timer_now());
}

/* Contexts whose budget is due get it, and their threads run when their turn comes. */
static void release_due(word now)
{
    struct queue *waiting = &this_hart->waiting;

    while (waiting->first && waiting->first->key <= now) { /* bound: contexts due within one timer period */
        struct context *context = queue_entry(waiting->first, struct context, node);
        queue_remove(waiting, &context->node);
        context->waiting = false;
        context_refill(context, now);
        if (context->thread && context->thread->state == TESS_THREAD_READY)
            sched_wake(context->thread);
    }
}

void sched_timer(void)
{
    word now = timer_now();
    this_hart->timer = NEVER;
    timer_disarm();
    charge(now);
    release_due(now);
}

/* Arms the timer for the next event, unless it is armed for an earlier one (SC-9). */
static void arm_timer(void)
{
    struct hart *hart = this_hart;
    word deadline = hart->waiting.first ? hart->waiting.first->key : NEVER;

    if (hart->charged && hart->charged_since + hart->charged->left < deadline)
        deadline = hart->charged_since + hart->charged->left;
    if (deadline < hart->timer) {
        hart->timer = deadline;
        timer_arm(deadline);
    }
}

/* ---- dispatch --------------------------------------------------------------------------------------- */

/* The most urgent thread, taken out of the queues; NULL: none. */
static struct tcb *choose(void)
{
    struct hart *hart = this_hart;
    struct tcb *best = hart->chosen, *current = hart->current;

    hart->chosen = NULL;
    hart->woken = false;
    if (runnable(current)) {
        if (!best || best->priority <= current->priority) {
            if (best)
                ready_insert(best, false);
            best = current;
        } else {
            ready_insert(current, true); /* preempted: first again when its priority runs */
        }
    }
    struct tcb *first = ready_first();
    if (first && (!best || first->priority > best->priority)) {
        if (best)
            ready_insert(best, best == current);
        ready_remove(first);
        best = first;
    }
    return best;
}

/* User mode reads cycle, time and instret, or not (TH-9). */
static void allow_counters(bool allowed)
{
    this_hart->counters = allowed;
    asm volatile("csrw scounteren, %0" ::"r"(allowed ? 7ull : 0ull));
}

/* Switches time, address space and floating point to the thread. */
static void dispatch(struct tcb *tcb)
{
    struct hart *hart = this_hart;

    hart->current = tcb;
    if (hart->charged != tcb->context) {
        charge(timer_now());
        hart->charged = tcb->context;
        arm_timer();
    } else if (hart->timer == NEVER) {
        arm_timer();
    }
    struct vspace *vspace = tcb_vspace(tcb);
    if (vspace != hart->vspace)
        vspace_activate(vspace);
    if (hart->fp_on != fp_is_live(tcb))
        fp_turn(!hart->fp_on);
    bool counters = tcb->flags & TESS_TCB_COUNTERS;
    if (counters != hart->counters)
        allow_counters(counters);
}

/* Chooses and switches, until a thread can run. */
static struct tcb *switch_threads(void)
{
    for (;;) {
        struct tcb *next = choose();
        if (next) {
            dispatch(next);
            /* Charging may have ended a budget and made a more urgent thread ready, or this one not. */
            if (runnable(next) && !this_hart->woken)
                return next;
            continue;
        }
        this_hart->current = NULL;
        charge(timer_now());
        this_hart->charged = NULL;
        arm_timer();
        asm volatile("wfi" ::: "memory");
        trap_interrupts();
    }
}

struct tcb *sched_next(void)
{
    const struct hart *hart = this_hart;
    struct tcb *current = hart->current;

    /* Most often nothing has changed: the same thread goes on, and all is set up for it. */
    if (runnable(current) && !hart->woken && hart->ready_best <= current->priority + 1u &&
        hart->charged == current->context && hart->timer != NEVER && hart->vspace == tcb_vspace(current) &&
        hart->fp_on == fp_is_live(current) && hart->counters == ((current->flags & TESS_TCB_COUNTERS) != 0))
        return current;
    return switch_threads();
}
