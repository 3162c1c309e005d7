/*
 * kernel/sched.c: fixed-priority dispatch and the time of this hart (SPEC SC-6..SC-9, SC-11, SC-12, SC-16).
 *
 * The running thread stands in no queue. A READY thread with budget stands in the ready queue of its
 * priority, or is `chosen`: the only one woken since the last choice. A context without budget
 * stands in the tree of deadlines. Time is charged when the running context changes, not when
 * only the thread does.
 */
#include "kernel/sched.h"

#include "kernel/context.h"
#include "kernel/deadline.h"
#include "kernel/fault.h"
#include "kernel/fp.h"
#include "kernel/trace.h"
#include "kernel/trap.h"
#include "kernel/vspace.h"
#include "platform/platform.h"

static bool runnable(const struct tcb *tcb)
{
    return tcb && tcb->state == TESS_THREAD_READY && tcb->context && context_has_budget(tcb->context) &&
           !tcb->queued;
}

/* ---- ready queue --------------------------------------------------------------------------------- */

static void ready_insert(struct tcb *tcb, bool at_head)
{
    struct ready_list *list = &this_hart->ready[tcb->priority];

    if (tcb->context->fresh)
        context_begin(tcb->context);
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

void sched_ready(struct tcb *tcb)
{
    struct hart *hart = this_hart;

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

void sched_wake(struct tcb *tcb)
{
    struct context *context = tcb->context;

    tcb->state = TESS_THREAD_READY;
    if (!context || tcb->queued || tcb == this_hart->chosen)
        return;
    if (!context_has_budget(context)) {
        context_await(context);
        return;
    }
    if (context != this_hart->charged && !context_is_slice(context)) {
        context->fresh = true; /* SC-13 */
        context->risen = false;
    }
    sched_ready(tcb);
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

void sched_yield_to(struct tcb *tcb)
{
    if (!tcb->queued)
        return;
    if (runnable(this_hart->current))
        ready_insert(this_hart->current, true);
    ready_remove(tcb);
    ready_insert(tcb, true);
}

void sched_set_priority(struct tcb *tcb, uint8_t priority)
{
    bool queued = tcb->queued || this_hart->chosen == tcb;
    sched_forget(tcb);
    if (tcb->context && priority > tcb->priority)
        tcb->context->risen = true; /* SC-15 */
    tcb->priority = priority;
    if (queued)
        ready_insert(tcb, false);
}

/* ---- time ---------------------------------------------------------------------------------------------- */

/* The budget of the context whose time runs has ended (SC-7). */
static void budget_ended(struct context *context, word now)
{
    struct tcb *tcb = context->thread;

    if (context_is_slice(context)) {
        refills_fill(&context->refills, now);
        if (tcb && (tcb->queued || (tcb == this_hart->current && runnable(tcb)))) {
            sched_forget(tcb);
            ready_insert(tcb, false);
        }
        return;
    }
    context_await(context);
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

void sched_timer(void)
{
    word now = timer_now();
    this_hart->timer = TIMER_NEVER;
    this_hart->timer_fired = true;
    charge(now);
    deadline_expire(now);
}

/* Arms the timer for the next event (SC-9, SC-12). */
static void arm_timer(void)
{
    const struct hart *hart = this_hart;
    deadline_arm(hart->charged ? hart->charged_since + hart->charged->refills.left : TIMER_NEVER);
}

/* From now on time is charged to another context than before, that of this thread, or to none. */
static inline void change_charged(const struct tcb *tcb)
{
    word now = timer_now();
    struct context *context = tcb ? tcb->context : NULL;

    charge(now);
    if (context && context->fresh)
        context_begin_at(context, now);
    this_hart->charged = context;
    if (trace_is_on())
        trace_write(tcb, now);
    arm_timer();
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
    if (hart->charged != tcb->context)
        change_charged(tcb);
    else if (hart->timer == TIMER_NEVER)
        arm_timer();
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
        if (this_hart->charged)
            change_charged(NULL);
        else
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
        hart->charged == current->context && hart->timer != TIMER_NEVER &&
        hart->vspace == tcb_vspace(current) && hart->fp_on == fp_is_live(current) &&
        hart->counters == ((current->flags & TESS_TCB_COUNTERS) != 0))
        return current;
    return switch_threads();
}
