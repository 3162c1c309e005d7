/*
 * tests/conformance/context.c: scheduling contexts: configuration, binding, budgets; who runs next (SPEC SC).
 */
#include "tests/conformance/common.h"

static struct rt_result configure(tess_cptr context, tess_word budget, tess_word period, tess_word refills)
{
    return rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_CONFIGURE, context, budget, period, refills, 0);
}

static struct rt_result bind(tess_cptr context, tess_cptr tcb)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb);
}

static struct rt_result unbind(tess_cptr context)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND);
}

static tess_word consumed(tess_cptr context)
{
    struct rt_result r = rt_invoke(context, TESS_SCHED_CONTEXT_CONSUMED);
    EXPECT_OK(r);
    return r.words[0];
}

static tess_cptr new_tcb(void)
{
    return rt_alloc(TESS_TYPE_TCB, 0);
}

static void spin(void *argument)
{
    for (volatile uint64_t *count = argument;; ++*count)
        ;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

TEST(SC_02, errors, "CONFIGURE: errors of each argument, in order, at the bounds and one past them")
{
    tess_cptr context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, 4);
    tess_word least = rt_boot.machine->timebase / 100000 + 1;
    EXPECT_ERROR(configure(TESS_NULL, 0, 0, 9), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(configure(rt_boot.tcb, 0, 0, 9), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_TCB);
    EXPECT_ERROR(configure(context, 0, 0, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), least);
    EXPECT_ERROR(configure(context, least - 1, least, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), least);
    EXPECT_ERROR(configure(context, least, least - 1, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2), least);
    EXPECT_ERROR(configure(context, least, 1ull << 62, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2),
                 (1ull << 62) - 1);
    EXPECT_ERROR(configure(context, 1ull << 62, 1ull << 62, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2),
                 (1ull << 62) - 1);
    EXPECT_ERROR(configure(context, least, least, 5), TESS_ERR_RANGE, TESS_ARG_WORD(3), 4);
    EXPECT_EQ(rt_state(context), 0);
    EXPECT_OK(configure(context, least, least, 4));
    EXPECT_OK(configure(context, least, (1ull << 62) - 1, 0));
    EXPECT_OK(configure(context, (1ull << 62) - 1, (1ull << 62) - 1, 2));
    EXPECT_EQ(rt_inspect(context).state[1], (1ull << 62) - 1);
}

TEST(SC_04, bind, "BIND and UNBIND: errors of each argument")
{
    tess_cptr context = new_context(), other = new_context(), tcb = new_tcb(), second = new_tcb();
    EXPECT_ERROR(bind(context, TESS_NULL), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(bind(context, other), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_SCHED_CONTEXT);
    EXPECT_ERROR(unbind(context), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(context, tcb));
    EXPECT_ERROR(bind(context, second), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(context, tcb), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(other, tcb), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_OK(unbind(context));
    EXPECT_ERROR(unbind(context), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(other, tcb));
    EXPECT_OK(bind(context, second));
}

static volatile unsigned turns;

static void take_turn(void *argument)
{
    *(volatile unsigned *)argument = ++turns;
}

TEST(SC_01, passive,
     "a thread without a context, or with one that was never configured, does not run (SC-S12)")
{
    volatile unsigned ran = 0;
    turns = 0;
    struct rt_thread *thread =
        rt_spawn(take_turn, (void *)&ran, .priority = RT_PRIORITY_HIGH, .passive = true);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(ran, 0);
    tess_cptr context = new_context();
    EXPECT_OK(bind(context, thread->tcb));
    rt_settle();
    EXPECT_EQ(ran, 0);
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0); /* and runs at once when it is */
    EXPECT_EQ(ran, 1);
}

TEST(SC_04, late_bind,
     "a ready thread runs when it is given a context, and stops when it is taken away (SC-S1, SC-S9)")
{
    volatile unsigned ran = 0;
    turns = 0;
    struct rt_thread *thread = rt_spawn(take_turn, (void *)&ran, .priority = 50);
    EXPECT_OK(unbind(thread->context));
    rt_settle();
    EXPECT_EQ(ran, 0);
    EXPECT_OK(bind(thread->context, thread->tcb));
    rt_settle();
    EXPECT_EQ(ran, 1);
}

TEST(SC_04, lent,
     "a thread that has lent its context cannot be bound to another; a borrower cannot either (SC-S3)")
{
    struct server server;
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), context = new_context();
    server_start(&server, endpoint, .passive = true, .priority = 50);
    caller = ACTOR(TESS_SYS_CALL, endpoint);
    actor_start(&caller, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_READY);
    EXPECT_ERROR(bind(context, server.thread->tcb), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(bind(context, caller.thread->tcb), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(bind(caller.thread->context, new_tcb()), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    rt_settle();
    EXPECT_EQ(caller.returned, 1);
}

TEST(SC_05, deleted, "deleting a context stops its thread, which another context lets go on (SC-S11)")
{
    volatile unsigned ran = 0;
    turns = 0;
    struct rt_thread *thread = rt_spawn(take_turn, (void *)&ran, .priority = 50);
    EXPECT_OK(rt_delete(thread->context));
    rt_settle();
    EXPECT_EQ(ran, 0);
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(bind(context, thread->tcb));
    rt_settle();
    EXPECT_EQ(ran, 1);
}

TEST(SC_05, budget,
     "a context that is unbound and bound again has the budget it had, and gets the rest when that is due")
{
    static volatile uint64_t counts[2];
    counts[0] = counts[1] = 0;
    tess_word begin = rt_time();
    struct rt_thread *first = rt_spawn(spin, (void *)&counts[0], .priority = RT_PRIORITY_HIGH,
                                       .budget = rt_ticks(200), .period = rt_ticks(3000));
    struct rt_thread *second =
        rt_spawn(spin, (void *)&counts[1], .priority = RT_PRIORITY_HIGH, .passive = true);
    EXPECT(counts[0] > 0);
    EXPECT_OK(unbind(first->context));
    EXPECT_OK(bind(first->context, second->tcb));
    EXPECT_EQ(counts[1], 0);
    EXPECT_EQ(rt_inspect(first->context).state[2], 0);
    rt_busy_until(begin + rt_ticks(2500));
    EXPECT_EQ(counts[1], 0);
    rt_busy_until(begin + rt_ticks(3500));
    EXPECT(counts[1] > 0);
}

static void drop_own_context(void *argument)
{
    volatile unsigned *stage = argument;
    *stage = 1;
    if (turns)
        rt_delete(rt_self->context);
    else
        unbind(rt_self->context);
    *stage = 2;
}

TEST(SC_05, own, "a thread that unbinds or deletes its own context stops there, and goes on with another")
{
    for (turns = 0; turns < 2; turns++) {
        volatile unsigned stage = 0;
        struct rt_thread *thread = rt_spawn(drop_own_context, (void *)&stage, .priority = RT_PRIORITY_HIGH);
        EXPECT_EQ(stage, 1);
        EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
        tess_cptr context = new_context();
        rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
        EXPECT_OK(bind(context, thread->tcb));
        EXPECT_EQ(stage, 2);
    }
}

/* ---- order ---------------------------------------------------------------------------------------------- */

static struct {
    volatile unsigned length;
    uint8_t text[64];
} diary;

static void write_diary(void *argument)
{
    for (unsigned i = 0; i < 3; i++) {
        diary.text[diary.length++] = (uint8_t)(tess_word)argument;
        rt_yield();
    }
}

TEST(SC_06, priority, "of the ready threads the most urgent runs, for every priority from 1 to 254")
{
    static const uint8_t priorities[] = {2, 63, 64, 65, 99, 98, 127, 128, 191, 192, 193, 254};
    static volatile unsigned order[12];
    unsigned n = sizeof priorities;
    turns = 0;
    rt_set_own_priority(255);
    for (unsigned i = 0; i < n; i++)
        rt_spawn(take_turn, (void *)&order[i], .priority = priorities[i]);
    EXPECT_EQ(turns, 0);
    rt_settle();
    rt_set_own_priority(1);
    for (unsigned i = 0; i < n; i++) {
        unsigned above = 0;
        for (unsigned k = 0; k < n; k++)
            above += priorities[k] > priorities[i];
        EXPECT_EQ(order[i], above + 1);
    }
    rt_set_own_priority(RT_PRIORITY_TEST);
}

TEST(SC_06, yield, "threads of one priority that yield take turns, in the order in which they became ready")
{
    diary = (typeof(diary)){0};
    for (tess_word i = 0; i < 4; i++)
        rt_spawn(write_diary, (void *)('a' + i), .priority = 50);
    rt_settle();
    EXPECT_EQ(diary.length, 12);
    for (unsigned i = 0; i < 12; i++)
        EXPECT_EQ(diary.text[i], 'a' + i % 4);
}

TEST(SC_06, yield_alone, "a Yield never lets less urgent threads run")
{
    volatile unsigned ran = 0;
    turns = 0;
    rt_spawn(take_turn, (void *)&ran, .priority = RT_PRIORITY_TEST - 1);
    for (unsigned i = 0; i < 10; i++)
        rt_yield();
    EXPECT_EQ(ran, 0);
}

static void wait_and_write(void *argument)
{
    rt_wait(*(tess_cptr *)argument);
    diary.text[diary.length++] = 'w';
}

TEST(SC_06, preempted, "a thread that a more urgent one interrupted comes before its equals again")
{
    tess_cptr notification = new_notification();
    diary = (typeof(diary)){0};
    rt_spawn(write_diary, (void *)'x', .priority = RT_PRIORITY_TEST);
    rt_spawn(wait_and_write, &notification, .priority = RT_PRIORITY_HIGH);
    EXPECT_OK(rt_signal(notification)); /* it runs, and this thread goes on before its equal */
    EXPECT_EQ(diary.length, 1);
    EXPECT_EQ(diary.text[0], 'w');
    rt_yield();
    EXPECT_EQ(diary.text[1], 'x');
}

TEST(SC_06, lowered,
     "a thread that lowers its own priority is preempted, and comes before its new equals again")
{
    diary = (typeof(diary)){0};
    rt_spawn(write_diary, (void *)'x', .priority = 90);
    rt_spawn(write_diary, (void *)'y', .priority = 95);
    rt_set_own_priority(90);
    EXPECT_EQ(diary.length, 3);
    EXPECT_EQ(diary.text[2], 'y');
    rt_yield();
    EXPECT_EQ(diary.text[3], 'x');
}

/* ---- time ------------------------------------------------------------------------------------------------ */

/* Keeps the processor, at the test's priority, for so long. */
static void busy(tess_word microseconds)
{
    rt_busy_until(rt_time() + rt_ticks(microseconds));
}

TEST(SC_07, slices, "threads of one priority with round-robin budgets share the processor evenly (SC-S13)")
{
    static volatile uint64_t counts[3];
    struct rt_thread *threads[3];
    memset((void *)counts, 0, sizeof counts);
    rt_set_own_priority(150); /* above them, to the end */
    for (unsigned i = 0; i < 3; i++)
        threads[i] = rt_spawn(spin, (void *)&counts[i], .priority = 120, .budget = rt_ticks(500),
                              .period = rt_ticks(500));
    nap(200); /* 20 ms */
    tess_word total = 0, times[3];
    for (unsigned i = 0; i < 3; i++)
        total += times[i] = consumed(threads[i]->context);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(times[i] > total / 4 && times[i] < total * 5 / 12);
        EXPECT(counts[i] > 0);
    }
}

TEST(SC_07, tenth, "a spinning thread with a tenth of the time gets a tenth, the less urgent ones the rest")
{
    volatile uint64_t count = 0;
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH,
                                        .budget = rt_ticks(200), .period = rt_ticks(2000));
    consumed(thread->context);
    tess_word begin = rt_time();
    busy(40000);
    tess_word passed = rt_time() - begin, used = consumed(thread->context);
    EXPECT(used > passed * 8 / 100);
    EXPECT(used < passed * 13 / 100);
}

TEST(SC_07, yield, "a thread that yields keeps what it has not used of its slice, and no more")
{
    tess_word slice = rt_ticks(100000);
    rt_configure(rt_self->context, slice, slice, 0);
    for (unsigned i = 1; i <= 3; i++) {
        busy(300);
        rt_yield();
        EXPECT(rt_inspect(rt_self->context).state[2] <=
               slice - i * rt_ticks(275)); /* less the judge's clock */
        EXPECT(rt_inspect(rt_self->context).state[2] > slice / 2);
    }
}

TEST(SC_07, once, "within one period a budget is spent once (SC-S14, SC-S16)")
{
    volatile uint64_t count = 0;
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH,
                                        .budget = rt_ticks(300), .period = rt_ticks(1000000));
    tess_word used = consumed(thread->context);
    EXPECT(used >= rt_ticks(300) && used < rt_ticks(400));
    EXPECT_EQ(rt_inspect(thread->context).state[2], 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    uint64_t before = count;
    busy(3000);
    rt_settle();
    EXPECT_EQ(count, before);
    EXPECT_EQ(consumed(thread->context), 0);
    rt_configure(thread->context, rt_ticks(300), rt_ticks(1000000), 0); /* new parameters, new budget */
    EXPECT(count > before);
}

TEST(SC_03, consumed, "CONSUMED tells the time since it was last asked; INSPECT the time in all")
{
    volatile uint64_t count = 0;
    struct rt_thread *thread =
        rt_spawn(spin, (void *)&count, .budget = rt_ticks(1000), .period = rt_ticks(1000));
    nap(10);
    tess_word first = consumed(thread->context);
    EXPECT(first > 0);
    EXPECT_EQ(consumed(thread->context), 0);
    nap(10);
    tess_word second = consumed(thread->context);
    EXPECT(second > 0);
    EXPECT_EQ(rt_inspect(thread->context).state[3], first + second);
}

TEST(SC_09, own, "a thread that shortens its own budget loses the processor when the new one ends")
{
    volatile uint64_t count = 0;
    rt_spawn(spin, (void *)&count, .priority = 50);
    rt_configure(rt_self->context, rt_ticks(300), rt_ticks(3000), 0);
    tess_word begin = rt_time(), longest = 0;
    for (tess_word last = begin; last - begin < rt_ticks(6000);) {
        tess_word now = rt_time();
        if (now - last > longest)
            longest = now - last;
        last = now;
    }
    EXPECT(longest > rt_ticks(2000)); /* the less urgent thread had the rest of the period */
    EXPECT(count > 0);
}

TEST(SC_10, charged, "a passive server's time is charged to its client")
{
    struct server server;
    struct actor caller;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .passive = true);
    caller = ACTOR(TESS_SYS_CALL, endpoint);
    actor_start(&caller, .priority = RT_PRIORITY_LOW);
    consumed(server.thread->context);
    rt_settle();
    EXPECT_EQ(caller.returned, 1);
    EXPECT_EQ(consumed(server.thread->context), 0);
    EXPECT_EQ(rt_inspect(server.thread->context).state[4], 0);
}

TEST(SC_10, homeless,
     "a context whose home is deleted while it is lent is nobody's afterwards, and can be bound (SC-S10)")
{
    struct server server;
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), tcb = new_tcb();
    server_start(&server, endpoint, .passive = true, .priority = 50);
    caller = ACTOR(TESS_SYS_CALL, endpoint);
    actor_start(&caller, .priority = RT_PRIORITY_HIGH);
    EXPECT_OK(rt_delete(caller.thread->tcb));
    rt_settle();
    EXPECT_EQ(rt_inspect(caller.thread->context).state[4], 0);
    EXPECT_OK(bind(caller.thread->context, tcb));
    EXPECT_EQ(rt_inspect(caller.thread->context).state[4], 1);
}

TEST(SC_10, waiting, "a thread keeps its context while its Send or Call waits to be taken")
{
    for (unsigned call = 0; call < 2; call++) {
        struct actor actor;
        if (call)
            actor_call(&actor, new_endpoint());
        else
            actor_send(&actor, new_endpoint());
        EXPECT_ERROR(bind(new_context(), actor.thread->tcb), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
        EXPECT_ERROR(bind(actor.thread->context, new_tcb()), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
        EXPECT_EQ(rt_inspect(actor.thread->context).state[4], 1);
    }
}

static struct {
    tess_cptr endpoint, reply;
    volatile uint64_t count;
} slow;

static void slow_server(void *argument)
{
    (void)argument;
    rt_recv(slow.endpoint, slow.reply);
    for (;;) {
        for (unsigned i = 0; i < 2000000; i++)
            slow.count++;
        rt_reply_recv(slow.endpoint, slow.reply, 0);
    }
}

TEST(SC_10, exhausted, "when a lent budget ends, the server waits for the client's next period")
{
    slow = (typeof(slow)){new_endpoint(), new_reply(), 0};
    struct rt_thread *server = rt_spawn(slow_server, NULL, .priority = RT_PRIORITY_HIGH);
    EXPECT_OK(unbind(server->context));
    struct actor caller = ACTOR(TESS_SYS_CALL, slow.endpoint);
    actor_start(&caller, .priority = RT_PRIORITY_HIGH, .budget = rt_ticks(200), .period = rt_ticks(2000));
    uint64_t first = slow.count;
    EXPECT(first > 0);
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_READY);
    nap(5);
    EXPECT_EQ(slow.count, first);
    nap(25);
    EXPECT(slow.count > first);
    EXPECT_EQ(caller.returned, 0);
}

static void send_home(void *argument)
{
    const tess_cptr *endpoints = argument;
    struct rt_result r = rt_recv(endpoints[0], endpoints[1]);
    rt_delete(endpoints[1]); /* nobody is to be answered: the context stays until it waits */
    rt_recv(endpoints[0], TESS_NULL);
    (void)r;
}

TEST(SC_10, home,
     "a context whose Reply was deleted is back with its client when the server waits (RP-S8, SC-S7, TH-S17)")
{
    static tess_cptr endpoints[2];
    endpoints[0] = new_endpoint();
    endpoints[1] = new_reply();
    struct rt_thread *server = rt_spawn(send_home, endpoints, .priority = RT_PRIORITY_HIGH);
    EXPECT_OK(unbind(server->context));
    struct actor caller;
    actor_call(&caller, endpoints[0]);
    rt_settle();
    EXPECT_ERROR(caller.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_RECEIVING);
}
