/*
 * tests/bench/growth.c: what grows with n: revocation, retype of many, queues, ready threads.
 */
#include "tests/bench/bench.h"

#define RUNS (BENCH_RUNS + BENCH_WARM)

static const tess_word sizes[] = {1, 8, 64, 512, 4096};
#define EACH_SIZE for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)

/* ---- revocation and retype -------------------------------------------------------------------------------- */

static tess_cptr slots; /* BENCH_WAITERS of the pool, used again and again */

static void revoke_copies(void)
{
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0);
    EACH_SIZE
    {
        for (tess_word i = 0; i < sizes[s]; i++)
            bench_must(rt_copy(rt_nth(slots, i), endpoint, TESS_RIGHTS_ALL), "copy");
        bench_figure_n("revoke", sizes[s],
                       bench_invoke("revoke", rt_boot.cnode, TESS_CNODE_REVOKE, endpoint));
    }
}

/* Of an untyped that was used before: what is zeroed is the objects, 32 bytes each. */
static void retype_many(void)
{
    tess_cptr memory = bench_object(TESS_TYPE_UNTYPED, BENCH_WAITERS * TESS_ENDPOINT_BYTES);
    EACH_SIZE
    {
        bench_figure_n("retype_endpoints", sizes[s],
                       bench_invoke("retype", memory, TESS_UNTYPED_RETYPE, TESS_TYPE_ENDPOINT, 0,
                                    rt_boot.cnode, slots, sizes[s], 0));
        bench_figure_n("revoke_untyped", sizes[s],
                       bench_invoke("revoke", rt_boot.cnode, TESS_CNODE_REVOKE, memory));
        bench_figure_n("reset_untyped", sizes[s], bench_invoke("reset", memory, TESS_UNTYPED_RESET));
    }
}

void bench_growth(void)
{
    slots = rt_slots(BENCH_WAITERS);
    revoke_copies();
    retype_many();
}

/* ---- waiters: threads without a stack ----------------------------------------------------------------------- */

void bench_waiter(void);
void bench_yielder(void);

volatile tess_word bench_waiter_stamp;
static tess_cptr waiter_tcbs, waiter_contexts; /* the first of their slots */
static tess_word waiters_made;
static bool waiters_exist;

/* Priorities above root's, mixed, so that a new waiter finds its place anywhere in a queue. */
static tess_word waiter_priority(tess_word i)
{
    return BENCH_HIGH + i * 37 % 100;
}

static void waiter_start(tess_word i, void (*run)(void), tess_cptr endpoint, tess_word priority)
{
    tess_cptr tcb = rt_nth(waiter_tcbs, i), context = rt_nth(waiter_contexts, i);
    bench_must(rt_invoke(tcb, TESS_TCB_SET_SPACES, rt_boot.cnode, rt_boot.vspace), "set the spaces");
    bench_must(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, priority, priority), "set the priority");
    bench_must(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS), "allow the counters");
    rt_configure(context, rt_ticks(100000), rt_ticks(100000), 0);
    bench_must(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb), "bind a context");
    bench_must(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 8, 2, 0, endpoint, (tess_word)&bench_waiter_stamp),
               "write registers");
    bench_must(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, (tess_word)run), "write the pc");
}

static void waiters_make(void)
{
    if (waiters_exist)
        return;
    bench_must(rt_retype(rt_memory, TESS_TYPE_TCB, 0, waiter_tcbs, BENCH_WAITERS), "make threads");
    bench_must(
        rt_retype(rt_memory, TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN, waiter_contexts, BENCH_WAITERS),
        "make contexts");
    waiters_exist = true;
}

void bench_waiters(tess_cptr badged, tess_word n)
{
    waiters_make();
    for (; waiters_made < n; waiters_made++)
        waiter_start(waiters_made, bench_waiter, badged, waiter_priority(waiters_made));
}

/* All threads go; their objects are made anew when they are needed. */
void bench_waiters_end(void)
{
    for (tess_word i = 0; waiters_exist && i < BENCH_WAITERS; i++) {
        bench_must(rt_delete(rt_nth(waiter_tcbs, i)), "delete a waiter");
        bench_must(rt_delete(rt_nth(waiter_contexts, i)), "delete its context");
    }
    waiters_exist = false;
    waiters_made = 0;
}

/* ---- queues ----------------------------------------------------------------------------------------------------- */

/* With n in the queue: root takes the first, more urgent than all; then lets that one queue again. */
static void queue_rows(void)
{
    struct bench_series enqueue = {.count = 0}, dequeue = {.count = 0};
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0);
    tess_cptr badged = rt_minted(endpoint, TESS_RIGHTS_ALL, BENCH_WAITER_BADGE);
    struct bench_call take = {.operation = TESS_SYS_NBRECV, .cap = endpoint};
    struct bench_call lower = {.operation = TESS_SYS_CALL,
                               .cap = rt_boot.tcb,
                               .info = TESS_INFO(TESS_TCB_SET_PRIORITY, 3, 0),
                               .words = {rt_boot.tcb, BENCH_PRIORITY, 255}};

    EACH_SIZE
    {
        bench_waiters(badged, sizes[s]);
        for (unsigned run = 0; run < RUNS; run++) {
            rt_set_own_priority(255);
            bench_add(&dequeue, bench_run(&take, "take a sender"));
            bench_run(&lower, "lower the priority");
            bench_add(&enqueue, bench_cost(bench_waiter_stamp, lower.after) - 1);
            if (rt_inspect(endpoint).state[1] != sizes[s])
                rt_stop("%u threads wait, not %u", rt_inspect(endpoint).state[1], sizes[s]);
        }
        bench_report_n("endpoint_dequeue", sizes[s], &dequeue);
        bench_report_n("endpoint_enqueue", sizes[s], &enqueue);
    }
    bench_waiters_end();
}

/* All n are refused at once, root being more urgent than they; they queue again when root lets them. */
static void cancel_rows(void)
{
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0);
    tess_cptr badged = rt_minted(endpoint, TESS_RIGHTS_ALL, BENCH_WAITER_BADGE);

    EACH_SIZE
    {
        bench_waiters(badged, sizes[s]);
        rt_set_own_priority(255);
        bench_figure_n("endpoint_cancel_badge", sizes[s],
                       bench_invoke("cancel", rt_boot.cnode, TESS_CNODE_CANCEL, badged, 0));
        rt_set_own_priority(BENCH_PRIORITY);
    }
    bench_waiters_end();
}

/* n threads of one priority are ready: root Yields to the first of them, which Yields and so on. */
static void ready_rows(void)
{
    struct bench_series series = {.count = 0};
    struct bench_call yield = {.operation = TESS_SYS_YIELD};
    tess_word made = 0;

    waiters_make();
    EACH_SIZE
    {
        for (; made < sizes[s]; made++)
            waiter_start(made, bench_yielder, TESS_NULL, BENCH_PRIORITY);
        for (unsigned run = 0; run < RUNS; run++) {
            bench_run(&yield, "yield"); /* back when each has yielded once */
            bench_add(&series, bench_cost(bench_waiter_stamp, yield.after) - 1);
        }
        bench_report_n("yield_ready", sizes[s], &series);
    }
    bench_waiters_end();
}

void bench_waiters_slots(void)
{
    waiter_tcbs = rt_slots(BENCH_WAITERS);
    waiter_contexts = rt_slots(BENCH_WAITERS);
}

void bench_queues(void)
{
    bench_waiters_slots();
    queue_rows();
    cancel_rows();
    ready_rows();
}
