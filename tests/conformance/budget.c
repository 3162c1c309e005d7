/*
 * tests/conformance/budget.c: when a budget that was used comes back, in ticks (SPEC SC-13, SC-14, SC-15).
 *
 * A worker writes down from when to when it ran; under deterministic counting these are exact, but for the
 * way from the timer's interrupt to the worker, and one reading of the clock.
 */
#include "tests/conformance/common.h"

#define RUNS 64u

static struct worker {
    tess_cptr notification;
    struct rt_thread *thread;
    volatile tess_word use; /* ticks it is to run after each signal */
    volatile unsigned done, count;
    struct {
        volatile tess_word begin, end;
    } runs[RUNS];
} worker;

/* A run that begins now; its end is written down as it goes on. */
static unsigned run_begin(tess_word now)
{
    unsigned i = worker.count < RUNS - 1 ? worker.count++ : RUNS - 1;
    worker.runs[i].begin = worker.runs[i].end = now;
    return i;
}

/* Runs for so long, whoever interrupts it. */
static void use_time(tess_word use)
{
    tess_word total = 0, last = rt_time(), gap = rt_ticks(30);
    unsigned run = run_begin(last);
    for (;;) {
        tess_word now = rt_time();
        if (now - last > gap)
            run = run_begin(now);
        else
            total += now - last;
        worker.runs[run].end = last = now;
        if (total >= use)
            return;
        rt_pause();
    }
}

static void work(void *argument)
{
    (void)argument;
    for (;;) {
        rt_wait(worker.notification);
        use_time(worker.use);
        worker.done++;
    }
}

/* From the end of a piece to the first reading of the clock, and back. */
static tess_word slack(void)
{
    return rt_ticks(12) + 1;
}

static void expect_at(tess_word is, tess_word expected)
{
    if (!EXPECT(is + slack() >= expected && is <= expected + slack()))
        rt_printf("# at %u, not %u\n", is, expected);
}

/* The judge's clock may have run within, for 20 microseconds. */
static void expect_length(unsigned i, tess_word length)
{
    tess_word is = worker.runs[i].end - worker.runs[i].begin;
    expect_at(is > length + rt_ticks(15) ? is - rt_ticks(20) : is, length);
}

static void expect_run(unsigned i, tess_word begin, tess_word length)
{
    EXPECT(i < worker.count);
    expect_at(worker.runs[i].begin, begin);
    expect_length(i, length);
}

static void worker_start(unsigned priority, unsigned refills, tess_word budget, tess_word period)
{
    worker = (struct worker){.notification = new_notification()};
    worker.thread = rt_spawn(work, NULL, .priority = priority, .counters = true);
    rt_settle();
    tess_cptr context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MAX);
    REQUIRE_OK(rt_invoke(worker.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    REQUIRE_OK(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_CONFIGURE, context, budget, period, refills, 0));
    REQUIRE_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, worker.thread->tcb));
    worker.thread->context = context;
}

static tess_word worker_use(tess_word use)
{
    worker.use = use;
    tess_word now = rt_time();
    EXPECT_OK(rt_signal(worker.notification));
    return now;
}

/* ---- refills --------------------------------------------------------------------------------------------- */

TEST(
    SC_13, periodic,
    "a thread that always runs gets its budget at each period from its activation on, without drift (SC-S15)")
{
    tess_word budget = rt_ticks(300), period = rt_ticks(2000);
    worker_start(RT_PRIORITY_HIGH, 0, budget, period);
    tess_word begin = worker_use(budget * 30);
    rt_busy_until(begin + 20 * period + period / 2);
    EXPECT_EQ(worker.count, 21);
    for (unsigned i = 0; i < 20; i++)
        expect_run(i, begin + i * period, budget);
}

TEST(SC_13, carried,
     "time used too much is taken from the next piece: in the long run not a tick is lost or won")
{
    tess_word budget = rt_ticks(100), period = rt_ticks(500);
    worker_start(RT_PRIORITY_HIGH, 0, budget, period);
    worker_use(budget * 1000);
    tess_word begin = rt_time();
    rt_busy_until(begin + 199 * period + period / 2);
    tess_word used = rt_inspect(worker.thread->context).state[3];
    expect_at(used, 200 * budget);
}

TEST(SC_13, split, "two activations: each part comes back one period after its own")
{
    tess_word ms = rt_ticks(1000), budget = ms, period = 10 * ms;
    worker_start(RT_PRIORITY_HIGH, 0, budget, period);
    tess_word first = worker_use(ms * 3 / 10);
    rt_busy_until(first + 4 * ms);
    tess_word second = worker_use(ms * 3); /* 0.7 ms of it at once */
    rt_busy_until(second + 12 * ms);
    expect_run(0, first, ms * 3 / 10);
    expect_run(1, second, ms * 7 / 10);
    expect_run(2, first + period, ms * 3 / 10);
    expect_run(3, second + period, ms * 7 / 10);
}

TEST(SC_13, ready, "the activation is when the thread becomes ready, also if it runs later")
{
    tess_word ms = rt_ticks(1000), budget = ms, period = 10 * ms;
    worker_start(RT_PRIORITY_LOW, 0, budget, period);
    tess_word ready = worker_use(3 * ms);
    rt_busy_until(ready + 4 * ms);
    tess_word runs = rt_time();
    rt_set_own_priority(50);
    rt_busy_until(ready + 14 * ms);
    rt_set_own_priority(RT_PRIORITY_TEST);
    expect_run(0, runs, budget);
    expect_run(1, ready + period, budget);
}

TEST(SC_13, preempted, "time for which it is preempted does not split a piece, and is not counted")
{
    tess_word ms = rt_ticks(1000), budget = 2 * ms, period = 10 * ms;
    worker_start(RT_PRIORITY_LOW, 0, budget, period);
    tess_word ready = worker_use(4 * ms);
    rt_set_own_priority(50);
    nap(12); /* at priority 250 and this one: about 20 interruptions of 20 microseconds in all its time */
    rt_busy_until(ready + period + 3 * ms);
    rt_set_own_priority(RT_PRIORITY_TEST);
    tess_word used = 0, again = 0;
    for (unsigned i = 0; i < worker.count; i++) {
        if (worker.runs[i].begin < ready + period - ms)
            used += worker.runs[i].end - worker.runs[i].begin;
        else if (!again)
            again = worker.runs[i].begin;
    }
    EXPECT(used <= budget && used > budget * 8 / 10);
    expect_at(again, ready + period);
}

#define CROWD 16u

static volatile uint64_t crowd_rounds[CROWD];
static tess_cptr crowd_endpoint;

static void crowd_run(void *argument)
{
    volatile uint64_t *count = argument;
    rt_recv(crowd_endpoint, TESS_NULL);
    for (;;)
        ++*count;
}

TEST(SC_13, crowd, "many budgets that are due at the same time all come back then")
{
    tess_word budget = rt_ticks(100), period = rt_ticks(10000), used[CROWD];
    struct rt_thread *threads[CROWD];
    crowd_endpoint = new_endpoint();
    for (unsigned i = 0; i < CROWD; i++)
        threads[i] =
            rt_spawn(crowd_run, (void *)&crowd_rounds[i], .priority = 50, .budget = budget, .period = period);
    rt_settle();
    for (unsigned i = 0; i < CROWD; i++) {
        rt_configure(threads[i]->context, budget, period, 0);
        used[i] = rt_inspect(threads[i]->context).state[3];
    }
    tess_word begin = rt_time();
    EXPECT_OK(rt_delete(crowd_endpoint)); /* they become ready one right behind the other */
    rt_set_own_priority(40);
    rt_busy_until(begin + 2 * period + period / 2);
    rt_set_own_priority(RT_PRIORITY_TEST);
    for (unsigned i = 0; i < CROWD; i++)
        expect_at(rt_inspect(threads[i]->context).state[3] - used[i], 3 * budget);
}

/* Five activations a millisecond apart, a tenth of a millisecond each, which is all; then it wants more. */
static tess_word five_activations(unsigned refills)
{
    tess_word ms = rt_ticks(1000), begin = 0;
    worker_start(RT_PRIORITY_HIGH, refills, ms / 2, 10 * ms);
    for (unsigned i = 0; i < 5; i++) {
        tess_word now = worker_use(i < 4 ? ms / 10 : ms / 10 + ms);
        begin = i ? begin : now;
        rt_busy_until(begin + (i + 1) * ms);
    }
    rt_busy_until(begin + 15 * ms);
    return begin;
}

TEST(SC_14, room, "with a refill for each activation, each part comes back at its time")
{
    tess_word ms = rt_ticks(1000), begin = five_activations(5);
    for (unsigned i = 0; i < 5; i++)
        expect_run(5 + i, begin + 10 * ms + i * ms, ms / 10);
}

TEST(SC_14, joined, "with two refills, parts are joined, none of them early")
{
    tess_word ms = rt_ticks(1000), begin = five_activations(2);
    expect_run(5, begin + 10 * ms, ms / 10);
    expect_run(6, begin + 14 * ms - ms * 3 / 10, ms * 4 / 10);
}

TEST(SC_14, short, "parts shorter than the shortest budget wait for one another, and are not lost")
{
    tess_word ms = rt_ticks(1000), least = rt_boot.machine->timebase / 100000 + 1, begin = 0;
    worker_start(RT_PRIORITY_HIGH, 0, ms, 10 * ms);
    for (unsigned i = 0; i < 20; i++) {
        tess_word now = worker_use(1);
        begin = i ? begin : now;
        rt_busy_until(begin + (i + 1) * ms / 10);
    }
    rt_busy_until(begin + 15 * ms);
    worker_use(2 * ms);
    rt_busy_until(begin + 17 * ms);
    tess_word all = worker.runs[20].end - worker.runs[20].begin;
    EXPECT(all + 3 * least + slack() >= ms && all <= ms + slack());
}

/* ---- contexts that rise ------------------------------------------------------------------------------------ */

static struct {
    tess_cptr endpoint, reply;
    tess_word use, client_use;
} riser;

static void riser_server(void *argument)
{
    (void)argument;
    rt_recv(riser.endpoint, riser.reply);
    for (;;) {
        if (riser.use)
            use_time(riser.use);
        rt_reply_recv(riser.endpoint, riser.reply, 0);
    }
}

static void riser_client(void *argument)
{
    (void)argument;
    if (riser.endpoint)
        rt_call(riser.endpoint, 0);
    use_time(riser.client_use);
}

/* A CSpace of one CNode that shows both: the direct path needs it. */
static tess_cptr flat_cspace(void)
{
    tess_cptr cspace = new_cnode(2);
    REQUIRE_OK(rt_invoke(cspace, TESS_CNODE_COPY, 1, TESS_NULL, riser.endpoint, 15));
    REQUIRE_OK(rt_invoke(cspace, TESS_CNODE_COPY, 2, TESS_NULL, riser.reply, 15));
    riser.endpoint = 1;
    riser.reply = 2;
    return cspace;
}

static bool flat; /* use it */

/* A client that is ready at `ready`, and runs 9 ms later; returns `ready`. Budget 1 ms in 10 ms. */
static tess_word rise(unsigned client_priority, unsigned server_priority, tess_word use, tess_word client_use)
{
    tess_word ms = rt_ticks(1000);
    worker = (struct worker){.count = 0};
    riser = (typeof(riser)){new_endpoint(), new_reply(), use, client_use};
    tess_cptr cspace = flat ? flat_cspace() : TESS_NULL;
    if (server_priority) {
        struct rt_thread *server =
            rt_spawn(riser_server, NULL, .priority = server_priority, .counters = true, .cspace = cspace);
        rt_settle();
        REQUIRE_OK(rt_invoke(server->context, TESS_SCHED_CONTEXT_UNBIND));
    } else {
        riser.endpoint = TESS_NULL;
    }
    struct rt_thread *client = rt_spawn(riser_client, NULL, .priority = client_priority, .counters = true,
                                        .cspace = cspace, .budget = ms, .period = 10 * ms, .stopped = true);
    tess_word ready = rt_time();
    EXPECT_OK(rt_invoke(client->tcb, TESS_TCB_RESUME));
    rt_busy_until(ready + 9 * ms);
    if (!server_priority)
        EXPECT_OK(rt_invoke(client->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 120, 120));
    rt_set_own_priority(40);
    rt_busy_until(ready + 33 * ms);
    rt_set_own_priority(RT_PRIORITY_TEST);
    return ready;
}

/* One budget, then nothing for a period: not the next one at once, because the thread was ready so early. */
static void expect_no_double(tess_word ready)
{
    tess_word ms = rt_ticks(1000);
    EXPECT(worker.count >= 2);
    EXPECT(worker.runs[0].begin >= ready + 9 * ms && worker.runs[0].begin < ready + 9 * ms + ms / 4);
    EXPECT(worker.runs[0].end - worker.runs[0].begin <= ms + rt_ticks(20) + slack());
    EXPECT(worker.runs[1].begin + slack() + rt_ticks(20) >= worker.runs[0].end + 9 * ms);
}

TEST(SC_15, call, "a client cannot save up its budget at a low priority for two in a row in an urgent server")
{
    for (unsigned i = 0; i < 2; i++) {
        flat = i;
        expect_no_double(rise(50, 120, rt_ticks(2500), 1));
    }
    flat = false;
}

TEST(SC_15, equal, "in a server of its own priority it counts from when the client became ready")
{
    tess_word ready = rise(50, 50, rt_ticks(2500), 1), ms = rt_ticks(1000);
    expect_length(0, 2 * ms); /* the next one was due meanwhile */
    expect_at(worker.runs[1].begin, ready + 20 * ms);
}

TEST(SC_15, answer, "nor a client that waited in a less urgent server")
{
    for (unsigned i = 0; i < 2; i++) {
        flat = i;
        expect_no_double(rise(120, 50, 0, rt_ticks(2500)));
    }
    flat = false;
}

TEST(SC_15, raised, "nor a thread whose priority is raised")
{
    expect_no_double(rise(50, 0, 0, rt_ticks(2500)));
}

/* ---- whose time it is ------------------------------------------------------------------------------------------- */

/* A passive handler of faults: it stops who faulted, and receives from who comes next, in one call. */
static struct {
    tess_cptr endpoint, reply;
    volatile bool open;
} stopper;

static void stop_then_work(void *argument)
{
    (void)argument;
    rt_recv(stopper.endpoint, stopper.reply);
    while (!stopper.open)
        rt_yield();
    rt_reply_recv(stopper.endpoint, stopper.reply, TESS_INFO(1, 0, 0));
    rt_busy_until(rt_time() + rt_ticks(300));
}

TEST(SC_10, next,
     "a handler that stops one thread and goes on with the fault of another, uses that one's time")
{
    stopper = (typeof(stopper)){new_endpoint(), new_reply(), false};
    struct rt_thread *handler = rt_spawn(stop_then_work, NULL, .priority = 50, .counters = true), *threads[2];
    rt_settle();
    REQUIRE_OK(rt_invoke(handler->context, TESS_SCHED_CONTEXT_UNBIND));
    for (unsigned i = 0; i < 2; i++)
        threads[i] = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .handler = stopper.endpoint);
    EXPECT_EQ(rt_inspect(stopper.endpoint).state[1], 1); /* the second waits */
    rt_invoke(threads[0]->context, TESS_SCHED_CONTEXT_CONSUMED);
    rt_invoke(threads[1]->context, TESS_SCHED_CONTEXT_CONSUMED);
    stopper.open = true;
    rt_settle();
    EXPECT_EQ(rt_state(threads[0]->tcb), TESS_THREAD_INACTIVE);
    EXPECT(rt_invoke(threads[0]->context, TESS_SCHED_CONTEXT_CONSUMED).words[0] < rt_ticks(100));
    EXPECT(rt_invoke(threads[1]->context, TESS_SCHED_CONTEXT_CONSUMED).words[0] >= rt_ticks(300));
}
