/*
 * tests/runtime/suite.c: runs the tests of a program and reports them (Test Anything Protocol).
 *
 * The root thread is the judge. It runs each test on a thread of its own, takes back all memory, slots and
 * threads afterwards, and ends a test that does not end by itself: a third thread, the most urgent one with
 * very little time of its own, tells it that time has passed.
 */
#include "tests/runtime/runtime.h"

#define DONE 1u /* what arrives at the judge's notification */
#define TICK 2u

#define TICK_BUDGET  20u /* microseconds */
#define TICK_PERIOD  50000u
#define TICKS_LIMIT  24u /* each one to three periods */
#define FAILURES_MAX 8u  /* printed for one test */
#define PRIORITY_MAX 255u

extern const struct rt_test __tests_start[], __tests_end[];

static struct {
    const struct rt_test *test;
    struct rt_thread *thread;
    unsigned checks, failures;
    const char *skipped; /* the reason */
} now;

static unsigned passed, failed, skipped;
static tess_cptr done, ticks; /* the notification, with one badge or the other */

/* ---- checks ---------------------------------------------------------------------------------------------- */

static bool failure(const char *file, unsigned line, const char *text)
{
    if (++now.failures > FAILURES_MAX)
        return false;
    rt_printf("# %s:%u: %s", file, (tess_word)line, text);
    return true;
}

bool rt_check(bool good, const char *file, unsigned line, const char *text)
{
    now.checks++;
    if (!good && failure(file, line, text))
        rt_printf(": is false\n");
    return good;
}

bool rt_check_equal(tess_word actual, tess_word expected, const char *file, unsigned line, const char *text)
{
    now.checks++;
    if (actual != expected && failure(file, line, text))
        rt_printf(": is %x, not %x\n", actual, expected);
    return actual == expected;
}

bool rt_check_status(struct rt_result result, enum tess_error error, tess_word argument, tess_word detail,
                     const char *file, unsigned line, const char *text)
{
    tess_word wanted = (tess_word)error | argument << 8;
    bool good = result.status == wanted && (error == TESS_OK || result.badge == detail);
    now.checks++;
    if (!good && failure(file, line, text))
        rt_printf(": error %u argument %u detail %x flags %x, not error %u argument %u detail %x\n",
                  (tess_word)TESS_STATUS_ERROR(result.status), (tess_word)TESS_STATUS_ARGUMENT(result.status),
                  result.badge, result.status >> 16, (tess_word)error, argument, detail);
    return good;
}

static _Noreturn void test_end(void)
{
    rt_signal(done);
    for (;;)
        rt_invoke(rt_self->tcb, TESS_TCB_SUSPEND);
}

void rt_require(bool good)
{
    if (!good)
        test_end();
}

_Noreturn void rt_skip(const char *reason)
{
    now.skipped = reason;
    test_end();
}

/* ---- the clock --------------------------------------------------------------------------------------------- */

static uint8_t clock_stack[1024] __attribute__((aligned(16)));

/* Needs a few of its periods for one round, whatever the machine's speed. */
static _Noreturn void clock_run(void)
{
    for (;;) {
        for (volatile unsigned i = 0; i < 6000; i++)
            ;
        rt_signal(ticks);
    }
}

static void must(struct rt_result r)
{
    if (r.status != TESS_OK)
        rt_stop("the judge cannot be set up: status %x, detail %x", r.status, r.badge);
}

static void clock_start(void)
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0);
    tess_cptr context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN);
    must(rt_invoke(tcb, TESS_TCB_SET_SPACES, rt_boot.cnode, rt_boot.vspace));
    must(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, PRIORITY_MAX, PRIORITY_MAX));
    rt_configure(context, rt_ticks(TICK_BUDGET), rt_ticks(TICK_PERIOD), 0);
    must(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    rt_set_registers(tcb, (tess_word)clock_run, (tess_word)(clock_stack + sizeof clock_stack), 0, 0, true);
}

/* ---- one test ---------------------------------------------------------------------------------------------- */

static void test_run(void *argument)
{
    (void)argument;
    now.test->run();
    test_end();
}

/* Waits until the test has ended; false: it had to be ended. */
static bool test_wait(void)
{
    rt_nbrecv(done, TESS_NULL); /* ticks of before */
    for (unsigned passing = 0; passing < TICKS_LIMIT;) {
        struct rt_result r = rt_wait(done);
        if (r.badge & DONE)
            return true;
        passing++;
    }
    return false;
}

static void report(bool good)
{
    tess_word number = passed + failed + skipped + 1;
    if (good && now.skipped) {
        skipped++;
        rt_printf("ok %u - %s %s # SKIP %s\n", number, now.test->clause, now.test->what, now.skipped);
        return;
    }
    *(good ? &passed : &failed) += 1;
    rt_printf("%s %u - %s %s\n", good ? "ok" : "not ok", number, now.test->clause, now.test->what);
}

/* Whatever the test made is made of its memory, and what it put into slots, into such of its memory. */
static void test_clean(void)
{
    struct rt_result r = rt_revoke(rt_memory);
    if (r.status == TESS_OK)
        r = rt_invoke(rt_memory, TESS_UNTYPED_RESET);
    if (r.status != TESS_OK)
        rt_stop("the memory of a test cannot be taken back: status %x", r.status);
}

static void test_one(const struct rt_test *test)
{
    now = (typeof(now)){.test = test};
    rt_pool_create(RT_POOL_RADIX);
    now.thread = rt_spawn(test_run, NULL, .priority = RT_PRIORITY_TEST, .counters = true);
    bool ended = test_wait();
    if (!ended) {
        rt_invoke(now.thread->tcb, TESS_TCB_SUSPEND);
        rt_printf("# %s did not end\n", test->clause);
    }
    test_clean();
    bool stacks = rt_threads_reset();
    if (!stacks)
        rt_printf("# %s: a stack overflowed\n", test->clause);
    if (ended && !now.checks && !now.skipped)
        rt_printf("# %s checked nothing\n", test->clause);
    report(ended && stacks && now.failures == 0 && (now.checks || now.skipped));
}

/* ---- the suite --------------------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    while (*with && *text == *with)
        text++, with++;
    return !*with;
}

/* Does it begin with one of the words between commas? */
static bool begins_with_one(const char *text, const char *list)
{
    while (*list) {
        const char *at = text;
        while (*list && *list != ',' && *at == *list)
            at++, list++;
        if (at != text && (!*list || *list == ','))
            return true;
        while (*list && *list++ != ',') {
        }
    }
    return false;
}

static void suite_prepare(void)
{
    rt_pool_create(4);
    tess_cptr notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0);
    done = rt_minted(notification, TESS_RIGHTS_ALL, DONE);
    ticks = rt_minted(notification, TESS_RIGHT_SEND, TICK);
    must(rt_move(rt_boot.free + RT_SLOT_SCRATCH, done));
    must(rt_move(rt_boot.free + RT_SLOT_SCRATCH + 1, ticks));
    done = rt_boot.free + RT_SLOT_SCRATCH;
    ticks = done + 1;
    clock_start();
    /* The pool of a test takes the place of this one, which stays in a slot of its own. */
    must(rt_move(rt_boot.free + RT_SLOT_SCRATCH + 2, rt_boot.free + RT_SLOT_POOL));
    must(rt_retype(rt_boot.untyped, TESS_TYPE_UNTYPED, RT_TEST_BYTES, rt_boot.free + RT_SLOT_MEMORY, 1));
    rt_memory = rt_boot.free + RT_SLOT_MEMORY;
}

void rt_main(void)
{
    char only[16] = "", without[16] = "";
    rt_bootarg("only", only, sizeof only);
    rt_bootarg("without", without, sizeof without);
    suite_prepare();
    for (const struct rt_test *test = __tests_start; test < __tests_end; test++)
        if (begins(test->clause, only) && !begins_with_one(test->clause, without))
            test_one(test);
    rt_printf("%u passed, %u failed", (tess_word)passed, (tess_word)failed);
    if (skipped)
        rt_printf(", %u skipped", (tess_word)skipped);
    rt_printf("\n");
    char end[8] = "";
    if (rt_bootarg("end", end, sizeof end) && end[0] == 'r')
        rt_invoke(rt_boot.firmware, TESS_FIRMWARE_REBOOT);
}
