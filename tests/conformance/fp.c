/*
 * tests/conformance/fp.c: floating-point state as an object (SPEC FP).
 */
#include "tests/conformance/probe.h"

#define VALUES 33u /* f0 to f31, then fcsr */

static void fill(uint64_t values[VALUES], uint64_t seed)
{
    for (unsigned i = 0; i < 32; i++)
        values[i] = seed * (i + 1) ^ (seed << 32);
    values[32] = seed & 0xff & ~0x60; /* a rounding mode that exists */
}

static unsigned differences(const uint64_t a[VALUES], const uint64_t b[VALUES])
{
    unsigned n = 0;
    for (unsigned i = 0; i < VALUES; i++)
        n += a[i] != b[i];
    return n;
}

static tess_cptr new_fp(void)
{
    return rt_alloc(TESS_TYPE_FP, 0);
}

static struct rt_result bind(tess_cptr tcb, tess_cptr fp)
{
    return rt_invoke(tcb, TESS_TCB_BIND_FP, fp);
}

TEST(TH_07, fp, "BIND_FP: errors of each argument; one object, one thread (FP-S1, FP-S4)")
{
    tess_cptr a = rt_alloc(TESS_TYPE_TCB, 0), b = rt_alloc(TESS_TYPE_TCB, 0), fp = new_fp(), other = new_fp();
    EXPECT_ERROR(bind(a, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(a, rt_slot()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(bind(a, a), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_TCB);
    EXPECT_OK(bind(a, fp));
    EXPECT_ERROR(bind(a, other), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(b, fp), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_OK(bind(a, TESS_NULL));
    EXPECT_EQ(rt_state(fp), 0);
    EXPECT_OK(bind(b, fp));
    EXPECT_OK(bind(a, other));
}

/* A thread that loads values, and after every signal checks that they are still there. */
struct keeper {
    uint64_t values[VALUES], seen[VALUES];
    tess_cptr notification;
    struct rt_thread *thread;
    volatile unsigned checks, wrong;
};

static void keeper_run(void *argument)
{
    struct keeper *keeper = argument;
    probe_fp_load(keeper->values);
    for (;;) {
        rt_wait(keeper->notification);
        probe_fp_store(keeper->seen);
        keeper->wrong += differences(keeper->values, keeper->seen);
        keeper->checks++;
    }
}

static void keeper_start(struct keeper *keeper, uint64_t seed, tess_cptr fp)
{
    *keeper = (struct keeper){.notification = new_notification()};
    fill(keeper->values, seed);
    keeper->thread = rt_spawn(keeper_run, keeper, .priority = RT_PRIORITY_HIGH, .fp = fp);
}

TEST(FP_03, threads, "each of four threads keeps its own values and flags, in any order of switches (FP-S3)")
{
    static struct keeper keepers[4];
    static const uint8_t order[] = {0, 1, 2, 3, 3, 2, 1, 0, 0, 2, 2, 1, 3, 0};
    for (unsigned i = 0; i < 4; i++)
        keeper_start(&keepers[i], 0x123456789abcdefull * (2 * i + 1) + i, new_fp());
    for (unsigned i = 0; i < sizeof order; i++)
        EXPECT_OK(rt_signal(keepers[order[i]].notification));
    unsigned checks = 0;
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(keepers[i].wrong, 0);
        EXPECT_EQ(keepers[i].values[32], keepers[i].seen[32]);
        checks += keepers[i].checks;
    }
    EXPECT_EQ(checks, sizeof order);
}

static struct {
    uint64_t values[VALUES], seen[VALUES];
    volatile bool stop;
    volatile uint64_t rounds, wrong;
} spinner;

static void spinner_run(void *argument)
{
    (void)argument;
    probe_fp_load(spinner.values);
    while (!spinner.stop) {
        probe_fp_store(spinner.seen);
        spinner.wrong += differences(spinner.values, spinner.seen);
        spinner.rounds++;
    }
}

TEST(FP_03, interrupted,
     "a thread keeps its values when it is interrupted by threads that use floating point")
{
    static struct keeper keeper;
    spinner = (typeof(spinner)){0};
    fill(spinner.values, 0x7777aaaa5555ull);
    rt_spawn(spinner_run, NULL, .fp = new_fp());
    keeper_start(&keeper, 0x999, new_fp());
    for (unsigned i = 0; i < 20; i++) {
        nap(1);
        EXPECT_OK(rt_signal(keeper.notification));
    }
    spinner.stop = true;
    rt_settle();
    EXPECT(spinner.rounds > 20);
    EXPECT_EQ(spinner.wrong, 0);
    EXPECT_EQ(keeper.wrong, 0);
}

static void show_values(void *argument)
{
    probe_fp_store(argument);
}

TEST(FP_02, zero, "a new object holds zeros, whoever used the registers before")
{
    static struct keeper keeper;
    uint64_t seen[VALUES], zeros[VALUES] = {0};
    keeper_start(&keeper, 0xffffffffffffull, new_fp());
    memset(seen, 0xff, sizeof seen);
    rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH, .fp = new_fp());
    EXPECT_EQ(differences(seen, zeros), 0);
}

TEST(FP_01, bound, "the same code uses floating point with an object bound, and faults without (FP-S2)")
{
    uint64_t seen[VALUES];
    struct rt_thread *with = rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH, .fp = new_fp());
    struct rt_thread *without = rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH);
    EXPECT(with->done);
    EXPECT(!without->done);
    EXPECT_EQ(rt_inspect(without->tcb).state[2], TESS_FAULT_FP);
}

TEST(FP_04, moved, "values stay in the object: another thread that is bound to it finds them (FP-S4)")
{
    static struct keeper keeper;
    tess_cptr fp = new_fp();
    uint64_t seen[VALUES];
    keeper_start(&keeper, 0xabcdef12345ull, fp);
    EXPECT_OK(bind(keeper.thread->tcb, TESS_NULL));
    rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH, .fp = fp);
    EXPECT_EQ(differences(seen, keeper.values), 0);
}

TEST(FP_05, unbound,
     "a thread whose object is taken away, or deleted, faults when it uses floating point again (FP-S5)")
{
    for (unsigned delete = 0; delete < 2; delete ++) {
        static struct keeper keeper;
        tess_cptr fp = new_fp();
        keeper_start(&keeper, 0x5a5a, fp);
        EXPECT_OK(rt_signal(keeper.notification));
        EXPECT_EQ(keeper.checks, 1);
        EXPECT_OK(delete ? rt_delete(fp) : bind(keeper.thread->tcb, TESS_NULL));
        EXPECT_OK(rt_signal(keeper.notification));
        EXPECT_EQ(keeper.checks, 1);
        EXPECT_EQ(rt_inspect(keeper.thread->tcb).state[2], TESS_FAULT_FP);
    }
}

TEST(FP_05, later, "a thread that faulted without an object goes on when it is given one")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    uint64_t seen[VALUES], zeros[VALUES] = {0};
    memset(seen, 0xff, sizeof seen);
    struct rt_thread *thread = rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_EQ(rt_recv(endpoint, reply).info, TESS_INFO(TESS_FAULT_FP, 4, 0));
    EXPECT_OK(bind(thread->tcb, new_fp()));
    EXPECT_OK(rt_send(reply, 0));
    EXPECT(thread->done);
    EXPECT_EQ(differences(seen, zeros), 0);
}

TEST(FP_06, thread_gone, "deleting a thread frees its object, with the values it had last (FP-S4)")
{
    static struct keeper keeper;
    tess_cptr fp = new_fp();
    uint64_t seen[VALUES];
    keeper_start(&keeper, 0x1357, fp);
    EXPECT_OK(rt_delete(keeper.thread->tcb));
    EXPECT_EQ(rt_state(fp), 0);
    rt_spawn(show_values, seen, .priority = RT_PRIORITY_HIGH, .fp = fp);
    EXPECT_EQ(differences(seen, keeper.values), 0);
}

/* ---- across system calls --------------------------------------------------------------------------------- */

static struct {
    tess_cptr endpoint;
    uint64_t before[VALUES], after[VALUES];
    struct rt_result result;
} caller;

static void call_with_fp(void *argument)
{
    (void)argument;
    probe_fp_load(caller.before);
    caller.result = rt_call(caller.endpoint, TESS_INFO(1, 0, 0));
    probe_fp_store(caller.after);
}

static struct {
    tess_cptr endpoint, reply;
    uint64_t values[VALUES];
} answerer;

static void answer_with_fp(void *argument)
{
    (void)argument;
    rt_recv(answerer.endpoint, answerer.reply);
    for (;;) {
        probe_fp_load(answerer.values);
        rt_reply_recv(answerer.endpoint, answerer.reply, 0);
    }
}

TEST(FP_03, call,
     "a Call keeps the caller's values, to servers with floating point and without, passive and not")
{
    for (unsigned kind = 0; kind < 4; kind++) {
        caller = (typeof(caller)){.endpoint = new_endpoint()};
        answerer = (typeof(answerer)){.endpoint = caller.endpoint, .reply = new_reply()};
        fill(caller.before, 0x10203040506ull + kind);
        fill(answerer.values, 0x99999999999ull);
        struct server plain;
        if (kind & 1)
            server_start(&plain, caller.endpoint, .priority = RT_PRIORITY_HIGH, .passive = kind & 2);
        else {
            struct rt_thread *server =
                rt_spawn(answer_with_fp, NULL, .priority = RT_PRIORITY_HIGH, .fp = new_fp());
            if (kind & 2)
                REQUIRE_OK(rt_invoke(server->context, TESS_SCHED_CONTEXT_UNBIND));
        }
        for (unsigned i = 0; i < 3; i++) {
            rt_spawn(call_with_fp, NULL, .priority = 105, .fp = new_fp());
            EXPECT_EQ(caller.result.status, TESS_OK);
            EXPECT_EQ(differences(caller.before, caller.after), 0);
        }
    }
}
