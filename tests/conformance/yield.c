/*
 * tests/conformance/yield.c: YIELD_TO, and the trace of who ran (SPEC SC-16, SC-17).
 */
#include "tests/conformance/common.h"

static struct rt_result yield_to(tess_cptr context)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_YIELD_TO);
}

/* ---- YIELD_TO --------------------------------------------------------------------------------------------- */

static struct {
    volatile unsigned length;
    char text[64];
} diary;

static void write_diary(void *argument)
{
    for (;;) {
        diary.text[diary.length++ % 64] = (char)(tess_word)argument;
        rt_yield();
    }
}

TEST(SC_16, errors, "YIELD_TO: nobody runs on it, the caller's own, a priority above the caller's ceiling")
{
    struct rt_thread *urgent = rt_spawn(write_diary, (void *)'u', .priority = 50, .stopped = true);
    struct actor caller;
    EXPECT_ERROR(yield_to(new_context()), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(yield_to(rt_self->context), TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
    caller = ACTOR(TESS_SYS_CALL, TESS_NULL, .info = TESS_INFO(TESS_SCHED_CONTEXT_YIELD_TO, 0, 0));
    actor_start(&caller, .priority = RT_PRIORITY_HIGH,
                .stopped = true); /* its priority is above its ceiling */
    EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, 1));
    caller.cap = caller.thread->context;
    EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_RESUME));
    EXPECT_ERROR(caller.result, TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
    for (unsigned ceiling = 49; ceiling <= 50; ceiling++) {
        caller = ACTOR(TESS_SYS_CALL, urgent->context, .info = TESS_INFO(TESS_SCHED_CONTEXT_YIELD_TO, 0, 0));
        actor_start(&caller, .priority = 40, .stopped = true);
        EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 40, ceiling));
        EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_RESUME));
        rt_settle();
        EXPECT_ERROR(caller.result, ceiling < 50 ? TESS_ERR_RANGE : TESS_OK,
                     ceiling < 50 ? TESS_ARG_CAPABILITY : 0, ceiling);
    }
}

TEST(SC_16, order, "its thread comes first among its equals, and the caller next")
{
    static const char order[] = "cabdcabd"; /* c by YIELD_TO; then its equals as they stood */
    struct rt_thread *threads[4];
    diary = (typeof(diary)){0};
    rt_set_own_priority(RT_PRIORITY_HIGH);
    for (tess_word i = 0; i < 4; i++)
        threads[i] = rt_spawn(write_diary, (void *)('a' + i), .priority = RT_PRIORITY_HIGH);
    struct rt_result r = yield_to(threads[2]->context);
    EXPECT_OK(r);
    EXPECT_EQ(r.info, TESS_INFO(0, 1, 0));
    EXPECT_EQ(diary.length, 1); /* c has run, and this thread is next */
    rt_yield();
    EXPECT_EQ(diary.length, 5);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(diary.text[i], order[i]);
    r = yield_to(threads[2]->context);
    EXPECT(r.words[0] > 0 || rt_ticks(1) == 1); /* what it used before, perhaps less than a long tick */
    EXPECT(r.words[0] < rt_ticks(1000));
    EXPECT_EQ(diary.text[5], 'c');
    EXPECT_EQ(diary.length, 6);
}

TEST(SC_16, lower,
     "a less urgent thread does not run before its turn, but then first; one not ready not at all")
{
    struct rt_thread *a, *b, *asleep;
    diary = (typeof(diary)){0};
    a = rt_spawn(write_diary, (void *)'a', .priority = 50);
    b = rt_spawn(write_diary, (void *)'b', .priority = 50);
    asleep = rt_spawn(write_diary, (void *)'s', .priority = 50, .stopped = true);
    EXPECT_OK(yield_to(asleep->context));
    EXPECT_OK(yield_to(b->context));
    EXPECT_EQ(diary.length, 0);
    rt_set_own_priority(50); /* preempted: this thread is first of all */
    rt_yield();
    EXPECT_EQ(diary.text[0], 'b');
    EXPECT_EQ(diary.text[1], 'a');
    rt_set_own_priority(RT_PRIORITY_TEST);
    (void)a;
}

static void spin(void *argument)
{
    for (volatile uint64_t *count = argument;; ++*count)
        ;
}

TEST(SC_16, exhausted, "a thread without budget is not given any")
{
    volatile uint64_t count = 0;
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH,
                                        .budget = rt_ticks(100), .period = rt_ticks(1000000));
    uint64_t before = count;
    EXPECT(before > 0);
    rt_set_own_priority(RT_PRIORITY_HIGH);
    struct rt_result r = yield_to(thread->context);
    EXPECT_OK(r);
    EXPECT(r.words[0] >= rt_ticks(100));
    EXPECT_EQ(yield_to(thread->context).words[0], 0);
    EXPECT_EQ(rt_invoke(thread->context, TESS_SCHED_CONTEXT_CONSUMED).words[0], 0);
    EXPECT_EQ(count, before);
}

/* ---- the trace ----------------------------------------------------------------------------------------------- */

static struct rt_result trace(tess_cptr frame)
{
    return rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_TRACE, frame);
}

static tess_cptr frame;

/* A frame that is written to from now on, and this program's view of it. */
static volatile struct tess_trace *trace_start(void)
{
    volatile struct tess_trace *page = rt_page(&frame);
    REQUIRE_OK(trace(frame));
    return page;
}

TEST(SC_17, errors, "TRACE: type, rights, device memory; 0 ends a trace, or none")
{
    tess_cptr page = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    EXPECT_ERROR(trace(rt_slot()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(trace(new_endpoint()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_ENDPOINT);
    for (tess_word rights = 0; rights < 8; rights++)
        EXPECT_ERROR(trace(rt_copied(page, rights)), (rights & 3) == 3 ? TESS_OK : TESS_ERR_RIGHTS,
                     (rights & 3) == 3 ? 0 : TESS_ARG_WORD(0), 3);
    EXPECT_OK(trace(TESS_NULL));
    EXPECT_OK(trace(TESS_NULL));
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL)
        if (record->kind == TESS_MEMORY_DEVICE) {
            tess_cptr device = rt_slot();
            REQUIRE_OK(rt_invoke(record->address, TESS_UNTYPED_RESET));
            REQUIRE_OK(rt_retype(record->address, TESS_TYPE_FRAME, TESS_FRAME_4K, device, 1));
            EXPECT_ERROR(trace(device), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
            EXPECT_OK(rt_delete(device));
            break;
        }
}

TEST(SC_17, events, "each change of the running context is an event, with time, badge and priority")
{
    tess_cptr notification = new_notification();
    volatile uint64_t count = 0;
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .stopped = true,
                                        .budget = rt_ticks(100), .period = rt_ticks(1000), .badge = 0xabc);
    (void)notification;
    volatile struct tess_trace *t = trace_start();
    EXPECT_EQ(t->written, 0);
    EXPECT_EQ(t->capacity, (4096 - sizeof(struct tess_trace)) / sizeof(struct tess_trace_event));
    tess_word begin = rt_time();
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    rt_busy_until(begin + rt_ticks(5500));
    tess_word n = t->written, seen = 0, due = 0;
    EXPECT(n >= 12 && n < t->capacity);
    for (tess_word i = 0; i < n; i++) {
        volatile struct tess_trace_event *event = &t->events[i];
        EXPECT(event->time >= (i ? t->events[i - 1].time : begin));
        if (event->badge != 0xabc)
            continue;
        EXPECT_EQ(event->kind, TESS_TRACE_RUN);
        EXPECT_EQ(event->priority, RT_PRIORITY_HIGH);
        EXPECT(i + 1 == n || t->events[i + 1].badge == 0); /* this thread again, or the judge's clock */
        if (seen && event->time < due + rt_ticks(500))
            continue; /* it goes on behind the judge's clock */
        due = seen++ ? due + rt_ticks(1000) : event->time;
        EXPECT(event->time >= due && event->time < due + rt_ticks(20));
    }
    EXPECT_EQ(seen, 6);
    EXPECT_OK(trace(TESS_NULL));
    n = t->written;
    rt_settle();
    nap(2);
    EXPECT_EQ(t->written, n);
    EXPECT_OK(trace(frame)); /* the same frame again: from event 0 on */
    EXPECT_EQ(t->written, 0);
}

TEST(SC_17, large, "a trace has room for as many events as its frame")
{
    tess_cptr large = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_2M);
    REQUIRE_OK(rt_map(rt_boot.vspace, large, RT_AREA + (2 << 20), RIGHTS_RW));
    const volatile struct tess_trace *t = (const struct tess_trace *)(RT_AREA + (2 << 20));
    EXPECT_OK(trace(large));
    EXPECT_EQ(t->capacity, ((2 << 20) - sizeof(struct tess_trace)) / sizeof(struct tess_trace_event));
    nap(60);
    EXPECT(t->written > 100);
    for (unsigned i = 1; i < 100; i++)
        EXPECT(t->events[i].time >= t->events[i - 1].time && t->events[i].time != 0);
    EXPECT_OK(trace(TESS_NULL));
}

TEST(SC_17, idle, "when nobody runs, that is an event too")
{
    volatile struct tess_trace *t = trace_start();
    tess_cptr notification = new_notification(), timer = rt_alloc(TESS_TYPE_TIMER, 0);
    EXPECT_OK(rt_invoke(timer, TESS_TIMER_BIND, notification));
    tess_word begin = rt_time();
    EXPECT_OK(rt_invoke(timer, TESS_TIMER_ARM, begin + rt_ticks(2000), 0));
    rt_wait(notification);
    unsigned idle = 0;
    for (tess_word i = 0; i < t->written; i++)
        if (t->events[i].kind == TESS_TRACE_IDLE) {
            idle++;
            EXPECT_EQ(t->events[i].badge, 0);
            EXPECT_EQ(t->events[i].priority, 0);
            EXPECT(i + 1 < t->written && t->events[i + 1].kind == TESS_TRACE_RUN);
        }
    EXPECT(idle > 0);
}

TEST(SC_17, ring, "a full trace goes on at its beginning; what others write into it harms nobody")
{
    volatile struct tess_trace *t = trace_start();
    while (t->written < 3 * t->capacity)
        nap(20);
    tess_word last = (t->written - 1) % t->capacity;
    for (tess_word i = 0; i < t->capacity; i++)
        EXPECT(t->events[i].time <= t->events[last].time);
    t->capacity = 0;
    t->written = ~0ull;
    nap(5);
    EXPECT(t->written < 100);
    EXPECT_EQ(t->capacity, 0);
}

TEST(SC_17, revoked, "taking the frame away ends the trace, and nothing more is written into its memory")
{
    for (unsigned how = 0; how < 2; how++) {
        tess_cptr memory = rt_alloc(TESS_TYPE_UNTYPED, 8192), page = rt_slot();
        REQUIRE_OK(rt_retype(memory, TESS_TYPE_FRAME, TESS_FRAME_4K, page, 1));
        REQUIRE_OK(trace(page));
        nap(2);
        EXPECT_OK(how ? rt_revoke(page) : rt_revoke(memory));
        if (how) {
            EXPECT_OK(rt_delete(page)); /* the kernel's copy was a child of it */
            EXPECT_OK(rt_invoke(memory, TESS_UNTYPED_RESET));
        } else {
            EXPECT_OK(rt_invoke(memory, TESS_UNTYPED_RESET));
        }
        REQUIRE_OK(rt_retype(memory, TESS_TYPE_FRAME, TESS_FRAME_4K, page, 1));
        REQUIRE_OK(rt_map(rt_boot.vspace, page, RT_AREA + (how + 1) * 0x100000, RIGHTS_RW));
        nap(2);
        const volatile uint64_t *words = (const uint64_t *)(RT_AREA + (how + 1) * 0x100000);
        for (unsigned i = 0; i < 512; i++)
            EXPECT_EQ(words[i], 0);
    }
}

TEST(SC_17, replaced, "another frame takes the place of the first")
{
    volatile struct tess_trace *first = trace_start();
    nap(2);
    tess_word written = first->written;
    EXPECT(written > 0);
    volatile struct tess_trace *second = trace_start();
    nap(2);
    EXPECT(second->written > 0);
    EXPECT(first->written <= written + 4); /* up to the change */
    EXPECT_OK(rt_delete(frame));           /* the kernel has its own */
    written = first->written;
    nap(2);
    EXPECT_EQ(first->written, written);
}
