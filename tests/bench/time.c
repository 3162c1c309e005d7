/*
 * tests/bench/time.c: time as it passes: budgets that end and come back, timeout faults, Timers, YIELD_TO, and
 * what the order of deadlines costs as it grows.
 *
 * What an interrupt begins is measured from the last instruction of whoever ran, a loop that writes down the
 * counter (4 instructions, so much is the error), to the first instruction of whoever runs next.
 */
#include "tests/bench/bench.h"

#define MANY   4096u
#define RUNS   (BENCH_RUNS + BENCH_WARM)
#define BUDGET 101u /* ticks: the least the kernel takes at 10 MHz */
#define PERIOD 1009u
#define GAP    250u /* instructions between two readings: the kernel ran, at least */

static const tess_word sizes[] = {1, 8, 64, 512, 4096};
#define EACH_SIZE for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)

static inline tess_word instret(void)
{
    tess_word now;
    asm volatile("rdinstret %0" : "=r"(now)::"memory");
    return now;
}

/* ---- budgets --------------------------------------------------------------------------------------------- */

static volatile tess_word other_stamp; /* of the loop below, less urgent */
static volatile bool spinner_stop;
static struct bench_series ends, comes;

/* Runs through one small budget after the other; when it runs again, root's loop had run meanwhile. */
static void spinner_run(void *argument)
{
    tess_word last = instret();
    (void)argument;
    while (!spinner_stop) {
        tess_word now = instret();
        if (now - last > GAP && other_stamp > last)
            bench_add(&comes, bench_cost(other_stamp, now));
        last = now;
    }
}

static volatile tess_word spinner_last;

static void stamper_run(void *argument)
{
    (void)argument;
    for (;;)
        spinner_last = instret();
}

/* The spinner has a budget; root, less urgent, sees it end and come back. */
static void budget_rows(void)
{
    rt_spawn(spinner_run, NULL, .priority = BENCH_HIGH, .counters = true, .budget = BUDGET, .period = PERIOD);
    while (comes.count < BENCH_RUNS)
        other_stamp = instret();
    spinner_stop = true;
    bench_report("replenishment", &comes);

    struct rt_thread *stamper = rt_spawn(stamper_run, NULL, .priority = BENCH_HIGH, .counters = true,
                                         .budget = BUDGET, .period = PERIOD);
    tess_word last = instret();
    while (ends.count < BENCH_RUNS) {
        tess_word now = instret();
        if (now - last > GAP && spinner_last > last)
            bench_add(&ends, bench_cost(spinner_last, now));
        last = now;
    }
    bench_report("budget_ends", &ends);
    bench_must(rt_invoke(stamper->tcb, TESS_TCB_SUSPEND), "stop a thread");
}

/* A handler with a context of its own gives the thread a new budget each time, and lets it go on. */
static void timeout_row(void)
{
    struct bench_series series = {.count = 0};
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0), reply = bench_object(TESS_TYPE_REPLY, 0);
    struct bench_call take = {.operation = TESS_SYS_RECV, .cap = endpoint, .reply = reply};
    struct rt_thread *thread = rt_spawn(stamper_run, NULL, .priority = BENCH_LOW, .counters = true,
                                        .budget = BUDGET, .period = PERIOD, .timeout = endpoint);

    for (unsigned run = 0; run < RUNS; run++) {
        bench_run(&take, "receive a timeout fault");
        bench_add(&series, bench_cost(spinner_last, take.after));
        rt_configure(thread->context, BUDGET, PERIOD, 0);
        bench_must(rt_send(reply, 0), "answer a timeout fault");
    }
    bench_report("timeout_fault", &series);
    bench_must(rt_invoke(thread->tcb, TESS_TCB_SUSPEND), "stop a thread");
}

/* ---- YIELD_TO -------------------------------------------------------------------------------------------- */

static struct bench_actor from, to;

static void yield_to_row(void)
{
    struct bench_series series = {.count = 0};

    to = (struct bench_actor){.space = 1, .rounds = BENCH_ROUNDS, .each = {.operation = TESS_SYS_YIELD}};
    bench_actor_start(&to, .priority = BENCH_LOW);
    from = (struct bench_actor){.space = 0,
                                .rounds = BENCH_ROUNDS,
                                .irq = to.thread->context,
                                .each = {.operation = TESS_SYS_CALL,
                                         .cap = BENCH_CAP_IRQ,
                                         .info = TESS_INFO(TESS_SCHED_CONTEXT_YIELD_TO, 0, 0)}};
    bench_actor_start(&from, .priority = BENCH_LOW);
    rt_settle();
    bench_pair(&series, &from, &to);
    bench_report("yield_to", &series);
    bench_actors_end((struct bench_actor *const[]){&from, &to}, 2);
}

/* ---- Timers ----------------------------------------------------------------------------------------------- */

static tess_cptr timers, notification;

static struct bench_call wait = {.operation = TESS_SYS_RECV};

static void waiter_run(void *argument)
{
    (void)argument;
    for (;;)
        bench_syscall(&wait);
}

/* Far away, in no order. */
static tess_word far(tess_word i)
{
    return rt_time() + rt_ticks(1000000000) + i * 2654435761u % 1000000;
}

/* One more Timer is armed among n, cancelled, and armed to expire at once, while n wait. */
static void timer_rows(void)
{
    struct bench_series arm = {.count = 0}, cancel = {.count = 0}, expire = {.count = 0};
    tess_cptr timer = bench_object(TESS_TYPE_TIMER, 0);
    tess_word armed = 0;

    notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0);
    wait.cap = notification;
    bench_must(rt_invoke(timer, TESS_TIMER_BIND, notification), "bind a Timer");
    bench_must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_SET_INTERVAL, timer, BUDGET), "set an interval");
    rt_spawn(waiter_run, NULL, .priority = BENCH_HIGH, .counters = true);
    timers = rt_alloc_many(TESS_TYPE_TIMER, 0, MANY);
    EACH_SIZE
    {
        for (; armed < sizes[s]; armed++)
            bench_must(rt_invoke(rt_nth(timers, armed), TESS_TIMER_ARM, far(armed), 0), "arm a Timer");
        for (unsigned run = 0; run < RUNS; run++) {
            bench_add(&arm, bench_invoke("arm", timer, TESS_TIMER_ARM, far(run * 977 + 1), 0));
            bench_add(&cancel, bench_invoke("cancel", timer, TESS_TIMER_CANCEL));
            tess_word stamp, before = wait.after;
            bench_must(rt_invoke(timer, TESS_TIMER_ARM, rt_time() + 300, 0), "arm a Timer");
            for (tess_word now = stamp = instret(); wait.after == before; now = instret())
                stamp = now; /* the last one that was read before it */
            bench_add(&expire, bench_cost(stamp, wait.after));
        }
        bench_report_n("timer_arm", sizes[s], &arm);
        bench_report_n("timer_cancel", sizes[s], &cancel);
        bench_report_n("timer_expire", sizes[s], &expire);
    }
}

void bench_time(void)
{
    budget_rows();
    timeout_row();
    yield_to_row();
    timer_rows();
}
