/*
 * tests/conformance/registers.c: reading and writing the registers of a thread in every state, with both
 * forms of resuming it (SPEC TH-6, ABI-3).
 */
#include "tests/conformance/probe.h"

static struct probe shared;

/* Of the thread, into values by number (0: pc). */
static void read_all(tess_cptr tcb, tess_word suspend, tess_word values[32])
{
    struct rt_result r = rt_invoke(tcb, TESS_TCB_READ_REGS, 0, 32, suspend);
    REQUIRE_OK(r);
    EXPECT_EQ(r.info, TESS_INFO(0, 32, 0));
    for (unsigned i = 0; i < 32; i++)
        values[i] = i < 8 ? r.words[i] : rt_self->buffer->words[i];
}

static struct rt_result write_all(tess_cptr tcb, const tess_word values[32], tess_word resume)
{
    for (unsigned i = 5; i < 32; i++) /* value i is message word i + 3 */
        rt_self->buffer->words[i + 3] = values[i];
    return rt_invoke(tcb, TESS_TCB_WRITE_REGS, 0, 32, resume, values[0], values[1], values[2], values[3],
                     values[4]);
}

TEST(TH_06, errors, "READ_REGS and WRITE_REGS: errors of each argument, in order")
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0);
    static const tess_word ops[] = {TESS_TCB_READ_REGS, TESS_TCB_WRITE_REGS};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_ERROR(rt_invoke(tcb, ops[i], 32, 99, 9), TESS_ERR_RANGE, TESS_ARG_WORD(0), 31);
        EXPECT_ERROR(rt_invoke(tcb, ops[i], ~0ull, 1, 0), TESS_ERR_RANGE, TESS_ARG_WORD(0), 31);
        EXPECT_ERROR(rt_invoke(tcb, ops[i], 0, 33, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), 32);
        EXPECT_ERROR(rt_invoke(tcb, ops[i], 30, 3, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), 2);
        EXPECT_ERROR(rt_invoke(tcb, ops[i], 31, ~0ull, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), 1);
        EXPECT_ERROR(rt_invoke(tcb, ops[i], 0, 1, 2), TESS_ERR_RANGE, TESS_ARG_WORD(2), 1);
        EXPECT_ERROR(rt_invoke(rt_self->tcb, ops[i], 0, 1, 0), TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0);
        EXPECT_OK(rt_invoke(tcb, ops[i], 31, 1, 0));
        EXPECT_OK(rt_invoke(tcb, ops[i], 0, 0, 0));
        EXPECT_OK(rt_invoke(tcb, ops[i], 7, 0, 0));
    }
}

TEST(TH_06, no_buffer, "without a buffer eight registers can be read and five be written at once")
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0);
    struct actor actor = ACTOR(TESS_SYS_CALL, tcb);
    static const struct {
        tess_word label, count, most;
    } tries[] = {{TESS_TCB_READ_REGS, 8, 8},
                 {TESS_TCB_READ_REGS, 9, 8},
                 {TESS_TCB_WRITE_REGS, 5, 5},
                 {TESS_TCB_WRITE_REGS, 6, 5}};
    for (unsigned i = 0; i < 4; i++) {
        actor =
            ACTOR(TESS_SYS_CALL, tcb, .info = TESS_INFO(tries[i].label, 3, 0), .words = {0, tries[i].count});
        actor_start(&actor, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
        if (tries[i].count <= tries[i].most)
            EXPECT_OK(actor.result);
        else
            EXPECT_ERROR(actor.result, TESS_ERR_NO_BUFFER, TESS_ARG_WORD(1), tries[i].most);
    }
}

TEST(TH_06, no_buffer_order,
     "a missing buffer is found after the numbers, and before that the thread is the caller")
{
    for (tess_word label = TESS_TCB_READ_REGS; label <= TESS_TCB_WRITE_REGS; label++)
        for (unsigned i = 0; i < 4; i++) {
            const tess_word words[4][3] = {{32, 9, 2}, {0, 33, 2}, {0, 9, 2}, {0, 9, 1}};
            const tess_word bounds[4] = {31, 32, 1, label == TESS_TCB_READ_REGS ? 8 : 5};
            const unsigned argument[4] = {0, 1, 2, 1};
            struct actor actor = ACTOR(TESS_SYS_CALL, TESS_NULL, .info = TESS_INFO(label, 3, 0));
            memcpy(actor.words, words[i], sizeof words[i]);
            actor_start(&actor, .priority = RT_PRIORITY_HIGH, .no_buffer = true, .stopped = true);
            actor.cap = actor.thread->tcb;
            EXPECT_OK(rt_invoke(actor.cap, TESS_TCB_RESUME));
            EXPECT_ERROR(actor.result, i < 3 ? TESS_ERR_RANGE : TESS_ERR_NO_BUFFER,
                         TESS_ARG_WORD(argument[i]), bounds[i]);
        }
}

TEST(TH_06, numbers, "each register has its own number: all are written and read, together and one by one")
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0);
    tess_word values[32], back[32];
    for (unsigned i = 0; i < 32; i++)
        values[i] = 0x1000000000000000ull + 0x1111 * (i + 1);
    EXPECT_OK(write_all(tcb, values, 0));
    read_all(tcb, 0, back);
    for (unsigned i = 0; i < 32; i++)
        EXPECT_EQ(back[i], values[i]);
    for (unsigned i = 0; i < 32; i++) {
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_WRITE_REGS, i, 1, 0, 77 + i));
        EXPECT_EQ(rt_invoke(tcb, TESS_TCB_READ_REGS, i, 1, 0).words[0], 77 + i);
    }
    struct rt_result r = rt_invoke(tcb, TESS_TCB_READ_REGS, 10, 3, 0);
    EXPECT_EQ(r.info, TESS_INFO(0, 3, 0));
    EXPECT_EQ(r.words[2], 77 + 12);
    EXPECT_EQ(r.words[3], 0);
}

static void wait_thread(void *argument)
{
    (void)argument;
    probe_wait(&shared);
}

static void ecall_thread(void *argument)
{
    (void)argument;
    probe_ecall(&shared);
}

/* A thread that spins in probe_wait, less urgent than the test, and has been interrupted there. */
static struct rt_thread *spinning(uint64_t seed)
{
    probe_fill(&shared, seed);
    struct rt_thread *thread = rt_spawn(wait_thread, NULL);
    nap(2);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    return thread;
}

/* A thread that waits in a system call on `cap`, made with all registers filled. */
static struct rt_thread *blocked(uint64_t seed, tess_word operation, tess_cptr cap)
{
    probe_fill(&shared, seed);
    shared.in[X_A7] = operation;
    shared.in[X_A0] = cap;
    shared.in[X_A1] = TESS_INFO(1, 8, 0);
    shared.in[X_T0] = TESS_NULL;
    return rt_spawn(ecall_thread, NULL, .priority = RT_PRIORITY_HIGH);
}

static const uint8_t kept[] = {1, 2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};
static const uint8_t cleared[] = {X_A7, X_T1, X_T2, X_T3};

TEST(TH_06, full, "of a thread that an interrupt stopped all registers are read as they are (TH-S9)")
{
    tess_word values[32];
    struct rt_thread *thread = spinning(0x2222222222222222ull);
    read_all(thread->tcb, 0, values);
    for (unsigned i = 1; i < X_T6; i++)
        EXPECT_EQ(values[i], shared.in[i]);
    EXPECT(values[0] > (tess_word)probe_wait && values[0] < (tess_word)probe_wait + 512);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY); /* reading without suspending */
    read_all(thread->tcb, 1, values);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    shared.flag = 1;
    rt_settle();
    EXPECT(thread->done);
    for (unsigned i = 1; i < X_T6; i++)
        EXPECT_EQ(shared.out[i], shared.in[i]);
}

TEST(TH_06, write_ready, "a register of a thread that is ready can be written, the others stay")
{
    struct rt_thread *thread = spinning(0x3333333333333333ull);
    for (unsigned i = 5; i < X_T6; i++) {
        if (i == X_S11)
            continue;
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, i, 1, 0, ~shared.in[i]));
        shared.in[i] = ~shared.in[i];
    }
    shared.flag = 1;
    rt_settle();
    EXPECT(thread->done);
    for (unsigned i = 1; i < X_T6; i++)
        EXPECT_EQ(shared.out[i], shared.in[i]);
}

TEST(TH_06, short,
     "of a thread in a system call the preserved registers are read, and zero for those it clears (TH-S21)")
{
    tess_word values[32];
    struct rt_thread *thread = blocked(0x4444444444444444ull, TESS_SYS_RECV, new_endpoint());
    read_all(thread->tcb, 0, values);
    EXPECT_EQ(values[0], (tess_word)probe_after);
    for (unsigned i = 0; i < sizeof kept; i++)
        EXPECT_EQ(values[kept[i]], shared.in[kept[i]]);
    for (unsigned i = 0; i < sizeof cleared; i++)
        EXPECT_EQ(values[cleared[i]], 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_RECEIVING);
    read_all(thread->tcb, 1, values); /* suspended: the call was cancelled */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(values[X_A0], TESS_ERR_CANCELLED);
    EXPECT_EQ(values[X_A1], 0);
    EXPECT_EQ(values[X_T0], 0);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQ(values[probe_word(i)], 0);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT(thread->done);
    probe_expect_call(&shared, "cancelled Recv");
    EXPECT_EQ(shared.out[X_A0], TESS_ERR_CANCELLED);
}

/* All registers of the stopped or waiting thread are written; then it stores them all. */
static void check_write_all(struct rt_thread *thread, uint64_t seed)
{
    tess_word values[32];
    for (unsigned i = 0; i < 32; i++)
        values[i] = seed * (2 * i + 1);
    values[0] = (tess_word)probe_after;
    values[X_S11] = (tess_word)&shared;
    EXPECT_OK(write_all(thread->tcb, values, 1));
    rt_settle();
    EXPECT(thread->done);
    for (unsigned i = 1; i < 32; i++)
        EXPECT_EQ(shared.out[i], values[i]);
}

TEST(TH_06, write_all,
     "all registers can be written in every state, and the thread starts with all of them (TH-S21)")
{
    tess_cptr endpoint = new_endpoint(), notification = new_notification(), reply = new_reply();
    check_write_all(blocked(5, TESS_SYS_RECV, endpoint), 0x0123456789abcdefull);
    check_write_all(blocked(5, TESS_SYS_SEND, endpoint), 0x0223456789abcdefull);
    check_write_all(blocked(5, TESS_SYS_CALL, endpoint), 0x0323456789abcdefull);
    EXPECT_EQ(rt_state(endpoint), 0);
    check_write_all(blocked(5, TESS_SYS_RECV, notification), 0x0423456789abcdefull);
    EXPECT_EQ(rt_state(notification), 0);
    struct rt_thread *caller = blocked(5, TESS_SYS_CALL, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    check_write_all(caller, 0x0523456789abcdefull);
    EXPECT_EQ(rt_state(reply), 0);
    check_write_all(spinning(6), 0x0623456789abcdefull);
    struct rt_thread *stopped = spinning(7);
    EXPECT_OK(rt_invoke(stopped->tcb, TESS_TCB_SUSPEND));
    check_write_all(stopped, 0x0723456789abcdefull);
    stopped = blocked(8, TESS_SYS_RECV, endpoint);
    EXPECT_OK(rt_invoke(stopped->tcb, TESS_TCB_SUSPEND));
    check_write_all(stopped, 0x0823456789abcdefull);
}

TEST(TH_06, interrupts,
     "writing a register of a waiting thread ends its wait with CANCELLED, with resume or without (TH-S21)")
{
    tess_cptr endpoint = new_endpoint();
    for (unsigned resume = 0; resume < 2; resume++) {
        struct rt_thread *thread = blocked(9, TESS_SYS_RECV, endpoint);
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, X_S1, 1, resume, 1234));
        EXPECT_EQ(thread->done, resume);
        EXPECT_EQ(rt_state(endpoint), 0);
        if (!resume)
            EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
        EXPECT(thread->done);
        EXPECT_EQ(shared.out[X_A0], TESS_ERR_CANCELLED);
        EXPECT_EQ(shared.out[X_S1], 1234);
        shared.in[X_S1] = 1234;
        probe_expect_call(&shared, "written while waiting");
    }
}

TEST(TH_06, wild_pc,
     "a thread started at an address of the kernel, or at none, faults there and harms nobody")
{
    static const tess_word addresses[] = {0,
                                          0x1000,
                                          0x4000000000,
                                          0xffffffc000000000,
                                          0xffffffff80000000,
                                          0x8000000000000000,
                                          0xfffffffffffffffe};
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct rt_thread *thread = rt_spawn(wait_thread, NULL, .priority = RT_PRIORITY_HIGH, .stopped = true);
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, addresses[i]));
        struct tess_inspect inspect = rt_inspect(thread->tcb);
        EXPECT_EQ(inspect.state[0], TESS_THREAD_INACTIVE);
        EXPECT_EQ(inspect.state[2], TESS_FAULT_EXECUTE);
        EXPECT_EQ(inspect.state[3], addresses[i]);
    }
}
