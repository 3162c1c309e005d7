/*
 * tests/conformance/abi.c: system calls, their registers, status and errors (SPEC ABI).
 */
#include "tests/conformance/probe.h"

void probe_fill(struct probe *probe, uint64_t seed)
{
    for (unsigned i = 0; i < 32; i++) {
        probe->in[i] = seed + 0x0101010101010101ull * i;
        probe->out[i] = 0x6e6f7468696e6721ull; /* not what any test expects */
    }
    probe->in[X_S11] = (uint64_t)probe;
    probe->flag = 0;
}

unsigned probe_word(unsigned i)
{
    return i < 5 ? X_A2 + i : X_T4 + (i - 5);
}

static void probe_arguments(struct probe *probe, tess_word operation, tess_cptr cap, tess_word info,
                            tess_cptr reply, const tess_word words[8])
{
    probe_fill(probe, 0xa5a5000000000000ull);
    probe->in[X_A7] = operation;
    probe->in[X_A0] = cap;
    probe->in[X_A1] = info;
    probe->in[X_T0] = reply;
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        probe->in[probe_word(i)] = words[i];
}

void probe_syscall(struct probe *probe, tess_word operation, tess_cptr cap, tess_word info, tess_cptr reply,
                   const tess_word words[8])
{
    probe_arguments(probe, operation, cap, info, reply, words);
    probe_ecall(probe);
}

/* ABI-1: ra, sp, gp, tp, s0-s11 kept; a7, t1-t3 zero. The others are results. */
static const uint8_t kept[] = {1, 2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};
static const uint8_t cleared[] = {X_A7, X_T1, X_T2, X_T3};

void probe_expect_call(const struct probe *probe, const char *what)
{
    for (unsigned i = 0; i < sizeof kept; i++)
        if (!EXPECT(probe->out[kept[i]] == probe->in[kept[i]]))
            rt_printf("# %s: register x%u was not kept\n", what, (tess_word)kept[i]);
    for (unsigned i = 0; i < sizeof cleared; i++)
        if (!EXPECT(probe->out[cleared[i]] == 0))
            rt_printf("# %s: register x%u was not cleared\n", what, (tess_word)cleared[i]);
}

static void expect_words(const struct probe *probe, const tess_word *words, unsigned count)
{
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        EXPECT_EQ(probe->out[probe_word(i)], i < count ? words[i] : 0);
}

/* A system call without a message back: status, and everything else of the message zero. */
static void expect_plain(const struct probe *probe, tess_word status, tess_word detail, const char *what)
{
    probe_expect_call(probe, what);
    EXPECT_EQ(probe->out[X_A0], status);
    EXPECT_EQ(probe->out[X_A1], 0);
    EXPECT_EQ(probe->out[X_T0], detail);
    expect_words(probe, NULL, 0);
}

static const tess_word some_words[8] = {11, 12, 13, 14, 15, 16, 17, 18};

TEST(ABI_01, plain, "calls that return at once keep and clear the registers they must")
{
    struct probe p;
    tess_cptr notification = new_notification();

    probe_syscall(&p, TESS_SYS_YIELD, 0, 0x123456, 0x77, some_words);
    expect_plain(&p, TESS_OK, 0, "Yield");
    probe_syscall(&p, TESS_SYS_SEND, notification, 0x123456, 0x77, some_words);
    expect_plain(&p, TESS_OK, 0, "Send to a notification");
    probe_syscall(&p, TESS_SYS_NBRECV, new_endpoint(), 0, 0, some_words);
    expect_plain(&p, TESS_ERR_WOULD_BLOCK, 0, "NBRecv");
    probe_syscall(&p, TESS_SYS_NBSEND, new_endpoint(), 0, 0, some_words);
    expect_plain(&p, TESS_ERR_WOULD_BLOCK, 0, "NBSend");
    probe_syscall(&p, TESS_SYS_CALL, rt_boot.firmware, TESS_INFO(TESS_FIRMWARE_PUT, 1, 0), 0x77, RT_WORDS(0));
    expect_plain(&p, TESS_OK, 0, "Call of an object");
    probe_syscall(&p, TESS_SYS_CALL, rt_boot.firmware, TESS_INFO(99, 1, 0), 0, some_words);
    expect_plain(&p, TESS_ERR_OPERATION | TESS_ARG_INFO << 8, 0, "Call that fails");
    probe_syscall(&p, 1234, 0, 0, 0, some_words);
    expect_plain(&p, TESS_ERR_OPERATION | TESS_ARG_OPERATION << 8, TESS_SYS_INSPECT, "no system call");

    probe_syscall(&p, TESS_SYS_RECV, notification, 0, 0, some_words);
    probe_expect_call(&p, "Recv from a signalled notification");
    EXPECT_EQ(p.out[X_A0], TESS_STATUS_NOTIFICATION);
    expect_words(&p, NULL, 0);
    probe_syscall(&p, TESS_SYS_INSPECT, notification, 0, 0, some_words);
    probe_expect_call(&p, "Inspect");
    EXPECT_EQ(p.out[X_A1], TESS_INFO(0, 8, 0));
}

TEST(ABI_01, call, "a Call that switches to a server and back keeps and clears the registers it must")
{
    struct server server;
    struct probe p;
    tess_cptr endpoint = new_endpoint();
    for (unsigned passive = 0; passive < 2; passive++) {
        server_start(&server, endpoint, .priority = RT_PRIORITY_HIGH, .passive = passive);
        probe_syscall(&p, TESS_SYS_CALL, endpoint, TESS_INFO(5, 8, 0), 0, some_words);
        probe_expect_call(&p, "Call");
        EXPECT_EQ(p.out[X_A0], TESS_OK);
        EXPECT_EQ(p.out[X_A1], TESS_INFO(6, 8, 0));
        EXPECT_EQ(p.out[X_T0], 0);
        expect_words(&p, some_words, 8);
        EXPECT_OK(rt_invoke(server.thread->tcb, TESS_TCB_SUSPEND));
    }
}

static struct probe shared_probe;

static void probe_thread(void *argument)
{
    (void)argument;
    probe_ecall(&shared_probe);
}

/* On a thread that waits, and goes on after something that `wake` does. */
static void probe_blocking(tess_word operation, tess_cptr cap, tess_cptr reply, void (*wake)(tess_cptr cap))
{
    probe_arguments(&shared_probe, operation, cap, TESS_INFO(1, 8, 0), reply, some_words);
    struct rt_thread *thread = rt_spawn(probe_thread, NULL, .priority = RT_PRIORITY_HIGH);
    EXPECT(!thread->done);
    wake(cap);
    REQUIRE(thread->done);
}

static void wake_by_send(tess_cptr cap)
{
    EXPECT_OK(rt_send(cap, TESS_INFO(4, 2, 0), 21, 22, 23));
}

static void wake_by_recv(tess_cptr cap)
{
    EXPECT_EQ(rt_recv(cap, TESS_NULL).status, TESS_OK);
}

TEST(ABI_02, blocking, "a thread that waited in a call gets its result, other registers kept and cleared")
{
    tess_cptr endpoint = new_endpoint();
    probe_blocking(TESS_SYS_RECV, endpoint, TESS_NULL, wake_by_send);
    probe_expect_call(&shared_probe, "Recv");
    EXPECT_EQ(shared_probe.out[X_A1], TESS_INFO(4, 2, 0));
    expect_words(&shared_probe, RT_WORDS(21, 22, 23), 3);

    probe_blocking(TESS_SYS_REPLY_RECV, endpoint, new_reply(), wake_by_send);
    probe_expect_call(&shared_probe, "ReplyRecv");
    expect_words(&shared_probe, RT_WORDS(21, 22, 23), 3);

    probe_blocking(TESS_SYS_SEND, endpoint, TESS_NULL, wake_by_recv);
    expect_plain(&shared_probe, TESS_OK, 0, "Send");
}

TEST(ABI_02, preempted, "a call that was preempted and went on keeps and clears the registers it must")
{
    struct pulse pulse = {0};
    struct probe p;
    tess_cptr slot = rt_slot();
    pulse_start(&pulse);
    pulse_clear(&pulse);
    probe_syscall(&p, TESS_SYS_CALL, rt_memory, TESS_INFO(TESS_UNTYPED_RETYPE, 6, 0), 0,
                  RT_WORDS(TESS_TYPE_FRAME, TESS_FRAME_2M, rt_boot.cnode, slot, 1, 0));
    unsigned beats = pulse.beats;
    pulse_stop(&pulse);
    expect_plain(&p, TESS_OK, 0, "Retype");
    EXPECT(beats >= 2);
    EXPECT_EQ(type_of(slot), TESS_TYPE_FRAME);
}

/* ---- resume forms ------------------------------------------------------------------------------------- */

static void wait_thread(void *argument)
{
    (void)argument;
    probe_wait(&shared_probe);
}

TEST(ABI_03, full, "a thread that an interrupt stopped goes on with every register as it was")
{
    struct pulse pulse = {0};
    probe_fill(&shared_probe, 0x1111111111111111ull);
    struct rt_thread *thread = rt_spawn(wait_thread, NULL, .priority = RT_PRIORITY_TEST);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    while (pulse.beats < 20)
        rt_yield();
    shared_probe.flag = 1;
    while (!thread->done)
        rt_yield();
    for (unsigned i = 1; i < X_T6; i++)
        if (!EXPECT_EQ(shared_probe.out[i], shared_probe.in[i]))
            rt_printf("# register x%u\n", (tess_word)i);
}

static struct {
    volatile uint64_t word;
    volatile unsigned stop, failed, succeeded;
} reservation;

/* Reserves, waits until something else must have run, and stores. */
static void reservation_thread(void *argument)
{
    const struct pulse *pulse = argument;
    unsigned beats = pulse->beats;
    tess_word failed;
    asm volatile("lr.d zero, (%1)\n"
                 "1: lw t1, (%2)\n"
                 "beq t1, %3, 1b\n"
                 "sc.d %0, zero, (%1)"
                 : "=&r"(failed)
                 : "r"(&reservation.word), "r"(&pulse->beats), "r"((long)(int)beats)
                 : "t1", "memory");
    *(failed ? &reservation.failed : &reservation.succeeded) += 1;
}

TEST(ABI_03, reservation, "a load reservation does not outlive an interruption")
{
    struct pulse pulse = {0};
    pulse_start(&pulse);
    pulse_clear(&pulse);
    reservation = (typeof(reservation)){0};
    struct rt_thread *thread = rt_spawn(reservation_thread, &pulse, .priority = RT_PRIORITY_HIGH);
    EXPECT(thread->done);
    EXPECT_EQ(reservation.failed, 1);
}

/* ---- status and errors --------------------------------------------------------------------------------- */

TEST(ABI_06, unknown, "numbers that are no system call give OPERATION, argument 11")
{
    static const tess_word numbers[] = {0, 9, 10, 255, 1ull << 32 | TESS_SYS_YIELD, ~0ull};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        EXPECT_ERROR(rt_syscall(numbers[i], rt_boot.firmware, 0, 0, RT_WORDS(0)), TESS_ERR_OPERATION,
                     TESS_ARG_OPERATION, TESS_SYS_INSPECT);
}

TEST(ABI_08, capability, "an address that leads nowhere is argument 0 of every system call that takes one")
{
    static const tess_word calls[] = {TESS_SYS_CALL, TESS_SYS_REPLY_RECV, TESS_SYS_SEND,   TESS_SYS_NBSEND,
                                      TESS_SYS_RECV, TESS_SYS_NBRECV,     TESS_SYS_INSPECT};
    tess_cptr beyond = new_endpoint() | 5ull << (rt_boot.radix + RT_POOL_RADIX);
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        EXPECT_ERROR(rt_syscall(calls[i], TESS_NULL, 0, 0, RT_WORDS(0)), TESS_ERR_ADDRESS,
                     TESS_ARG_CAPABILITY, 0);
        EXPECT_ERROR(rt_syscall(calls[i], beyond, 0, 0, RT_WORDS(0)), TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY,
                     5);
    }
}

TEST(ABI_08, type, "a capability of a wrong type, or none, is argument 0 with the type found")
{
    static const tess_word calls[] = {TESS_SYS_REPLY_RECV, TESS_SYS_SEND, TESS_SYS_NBSEND, TESS_SYS_RECV,
                                      TESS_SYS_NBRECV};
    tess_cptr empty = rt_slot();
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        EXPECT_ERROR(rt_syscall(calls[i], empty, 0, 0, RT_WORDS(0)), TESS_ERR_TYPE, TESS_ARG_CAPABILITY,
                     TESS_TYPE_NULL);
        EXPECT_ERROR(rt_syscall(calls[i], rt_boot.vspace, 0, 0, RT_WORDS(0)), TESS_ERR_TYPE,
                     TESS_ARG_CAPABILITY, TESS_TYPE_VSPACE);
        EXPECT_ERROR(rt_syscall(calls[i], rt_boot.tcb, 0, 0, RT_WORDS(0)), TESS_ERR_TYPE, TESS_ARG_CAPABILITY,
                     TESS_TYPE_TCB);
    }
    EXPECT_ERROR(rt_syscall(TESS_SYS_CALL, empty, 0, 0, RT_WORDS(0)), TESS_ERR_TYPE, TESS_ARG_CAPABILITY,
                 TESS_TYPE_NULL);
    EXPECT_ERROR(rt_recv(new_reply(), TESS_NULL), TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_REPLY);
}

TEST(ABI_09, labels, "an operation an object does not have gives OPERATION, argument 9")
{
    tess_cptr table = rt_alloc(TESS_TYPE_PAGE_TABLE, 0), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    struct {
        tess_cptr cap;
        tess_word last;
    } objects[] = {
        {rt_memory, TESS_UNTYPED_RESET},
        {rt_boot.cnode, TESS_CNODE_CANCEL},
        {rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_STEP},
        {new_context(), TESS_SCHED_CONTEXT_YIELD_TO},
        {rt_boot.control, TESS_SCHED_CONTROL_SET_INTERVAL},
        {rt_alloc(TESS_TYPE_TIMER, 0), TESS_TIMER_BIND},
        {frame, TESS_FRAME_UNMAP},
        {table, TESS_PAGE_TABLE_UNMAP},
        {rt_boot.vspace, TESS_VSPACE_UNMAP_RANGE},
        {rt_boot.irq_control, TESS_IRQ_CONTROL_GET},
        {rt_boot.firmware, TESS_FIRMWARE_REBOOT},
    };
    for (unsigned i = 0; i < sizeof objects / sizeof *objects; i++) {
        EXPECT_ERROR(rt_invoke(objects[i].cap, 0), TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
        EXPECT_ERROR(rt_invoke(objects[i].cap, objects[i].last + 1), TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
        EXPECT_ERROR(rt_invoke(objects[i].cap, (1ull << 52) - 1), TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}

TEST(ABI_09, no_operations, "objects without operations give OPERATION, argument 0 with their type")
{
    tess_cptr fp = rt_alloc(TESS_TYPE_FP, 0);
    EXPECT_ERROR(rt_invoke(new_notification(), 1), TESS_ERR_OPERATION, TESS_ARG_CAPABILITY,
                 TESS_TYPE_NOTIFICATION);
    EXPECT_ERROR(rt_invoke(new_reply(), 1), TESS_ERR_OPERATION, TESS_ARG_CAPABILITY, TESS_TYPE_REPLY);
    EXPECT_ERROR(rt_invoke(fp, 1), TESS_ERR_OPERATION, TESS_ARG_CAPABILITY, TESS_TYPE_FP);
}

TEST(ABI_05, limits, "more than 64 words or 8 capabilities give RANGE, argument 9")
{
    tess_cptr endpoint = new_endpoint();
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 65, 0)), TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 255, 0)), TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 0, 9)), TESS_ERR_RANGE, TESS_ARG_INFO, 8);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 65, 9)), TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    EXPECT_ERROR(rt_call(endpoint, TESS_INFO(0, 65, 0)), TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 64, 0)), TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(ABI_05, label, "all 52 bits of a label arrive")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&receiver, endpoint, TESS_NULL);
    EXPECT_OK(rt_send(endpoint, TESS_INFO((1ull << 52) - 2, 0, 0)));
    EXPECT_EQ(receiver.result.info, TESS_INFO((1ull << 52) - 2, 0, 0));
}

TEST(ABI_10, words, "an operation's result has zero in the words behind its length")
{
    struct probe p;
    tess_cptr context = new_context(), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    probe_syscall(&p, TESS_SYS_CALL, context, TESS_INFO(TESS_SCHED_CONTEXT_CONSUMED, 8, 0), 0, some_words);
    probe_expect_call(&p, "Consumed");
    EXPECT_EQ(p.out[X_A0], TESS_OK);
    EXPECT_EQ(p.out[X_A1], TESS_INFO(0, 1, 0));
    expect_words(&p, RT_WORDS(0), 1);

    probe_syscall(&p, TESS_SYS_CALL, tcb, TESS_INFO(TESS_TCB_SET_FLAGS, 8, 0), 0,
                  RT_WORDS(0, 2, 13, 14, 15, 16, 17, 18));
    EXPECT_EQ(p.out[X_A1], TESS_INFO(0, 1, 0));
    expect_words(&p, RT_WORDS(2), 1);
    probe_syscall(&p, TESS_SYS_CALL, tcb, TESS_INFO(TESS_TCB_READ_REGS, 8, 0), 0,
                  RT_WORDS(3, 2, 0, 14, 15, 16, 17, 18));
    EXPECT_EQ(p.out[X_A1], TESS_INFO(0, 2, 0));
    expect_words(&p, NULL, 0);
}

static void receive(void *argument)
{
    rt_recv(*(tess_cptr *)argument, TESS_NULL);
}

TEST(ABI_10, sends, "SEND and NBSEND that succeed, at once or after waiting, give zeros (TH-S10)")
{
    struct probe p;
    struct actor callers[2], receiver;
    tess_cptr endpoint = new_endpoint(), called = new_endpoint(), replies[2] = {new_reply(), new_reply()};
    for (tess_word i = 0; i < 2; i++) {
        tess_word operation = i ? TESS_SYS_NBSEND : TESS_SYS_SEND;
        actor_recv(&receiver, endpoint, TESS_NULL);
        probe_syscall(&p, operation, endpoint, TESS_INFO(7, 8, 0), 0x77, some_words);
        expect_plain(&p, TESS_OK, 0, "a message to who waits");
        actor_call(&callers[i], called);
        REQUIRE_OK(rt_recv(called, replies[i]));
        probe_syscall(&p, operation, replies[i], TESS_INFO(7, 8, 0), 0x77, some_words);
        expect_plain(&p, TESS_OK, 0, "an answer");
        EXPECT_EQ(callers[i].result.words[7], some_words[7]);
    }
    rt_spawn(receive, &endpoint, .priority = RT_PRIORITY_LOW);
    probe_syscall(&p, TESS_SYS_SEND, endpoint, TESS_INFO(7, 8, 0), 0x77, some_words);
    expect_plain(&p, TESS_OK, 0, "a message that waited");
}

TEST(ABI_12, untouched, "the kernel leaves words 0 to 7 of the IPC buffers alone")
{
    struct server server;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .priority = RT_PRIORITY_HIGH);
    struct tess_ipc_buffer *mine = rt_self->buffer, *its = server.thread->buffer;
    for (unsigned i = 0; i < 8; i++)
        mine->words[i] = 1000 + i, its->words[i] = 2000 + i;
    EXPECT_EQ(rt_call(endpoint, TESS_INFO(1, 20, 0), 1, 2, 3, 4, 5, 6, 7, 8).status, TESS_OK);
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(mine->words[i], 1000 + i);
        EXPECT_EQ(its->words[i], 2000 + i);
    }
}
