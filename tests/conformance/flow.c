/*
 * tests/conformance/flow.c: registers and memory that cross a boundary carry the message and nothing else
 * (SPEC IF).
 */
#include "tests/conformance/probe.h"

#define SECRET 0x5ec4e75ec4e70000ull

static struct probe shared;

static void ecall_thread(void *argument)
{
    (void)argument;
    probe_ecall(&shared);
}

/* A thread that makes a system call with a secret in every register that is not an argument. */
static struct rt_thread *secretive(tess_word operation, tess_cptr cap, tess_word info, tess_cptr reply)
{
    probe_fill(&shared, SECRET);
    shared.in[X_A7] = operation;
    shared.in[X_A0] = cap;
    shared.in[X_A1] = info;
    shared.in[X_T0] = reply;
    for (unsigned i = 0; i < 8; i++)
        shared.in[probe_word(i)] = 10 + i;
    return rt_spawn(ecall_thread, NULL, .priority = RT_PRIORITY_HIGH);
}

/* Is it one of the secrets, or an address of the kernel? */
static bool leaks(uint64_t value)
{
    return value >> 48 == SECRET >> 48 || (value >= 0xffffffc000000000ull && value < 0xfffffffffffff000ull);
}

static void expect_no_leak(const struct probe *p, const char *what)
{
    for (unsigned i = 1; i < 32; i++)
        if (i != X_S11 && p->in[i] != p->out[i] && !EXPECT(!leaks(p->out[i])))
            rt_printf("# %s: register x%u is %x\n", what, (tess_word)i, p->out[i]);
}

TEST(IF_01, receiver, "a receiver finds the sender's message in its registers, and nothing else of it")
{
    static struct probe mine;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    static const tess_word operations[] = {TESS_SYS_SEND, TESS_SYS_CALL};
    for (unsigned i = 0; i < 2; i++) {
        secretive(operations[i], endpoint, TESS_INFO(3, 2, 0), TESS_NULL);
        probe_syscall(&mine, TESS_SYS_RECV, endpoint, 0, reply, RT_WORDS(0));
        probe_expect_call(&mine, "Recv");
        expect_no_leak(&mine, "Recv");
        for (unsigned w = 0; w < 8; w++)
            EXPECT_EQ(mine.out[probe_word(w)], 10 + w);
    }
    EXPECT_OK(rt_send(reply, 0));
    EXPECT(shared.out[X_A0] == TESS_OK);
    expect_no_leak(&shared, "Call");
}

TEST(IF_01, caller, "a caller finds the answer in its registers, and nothing else of the server")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    struct rt_thread *thread = secretive(TESS_SYS_CALL, endpoint, TESS_INFO(3, 2, 0), TESS_NULL);
    EXPECT_OK(rt_recv(endpoint, reply));
    static struct probe mine;
    actor_send(&(struct actor){0}, endpoint); /* so that ReplyRecv returns at once */
    probe_syscall(&mine, TESS_SYS_REPLY_RECV, endpoint, TESS_INFO(4, 1, 0), reply, RT_WORDS(44));
    EXPECT(thread->done);
    probe_expect_call(&shared, "Call");
    EXPECT_EQ(shared.out[X_T0], 0);
    EXPECT_EQ(shared.out[probe_word(0)], 44);
    for (unsigned w = 1; w < 8; w++)
        EXPECT_EQ(shared.out[probe_word(w)], 0);
    expect_no_leak(&mine, "ReplyRecv");
}

TEST(IF_01, notified, "a thread that a signal wakes finds its word, and zero words")
{
    tess_cptr notification = new_notification();
    struct rt_thread *thread = secretive(TESS_SYS_RECV, notification, 0, TESS_NULL);
    static struct probe mine;
    probe_syscall(&mine, TESS_SYS_SEND, rt_minted(notification, 15, 3), TESS_INFO(7, 8, 0), 0,
                  RT_WORDS(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT(thread->done);
    EXPECT_EQ(shared.out[X_T0], 3);
    EXPECT_EQ(shared.out[X_A1], 0);
    for (unsigned w = 0; w < 8; w++) {
        EXPECT_EQ(shared.out[probe_word(w)], 0);
        EXPECT_EQ(mine.out[probe_word(w)], 0);
    }
    probe_expect_call(&shared, "Recv");
}

TEST(IF_01, fault, "a fault handler finds the fault, and nothing else of the thread's registers")
{
    tess_cptr endpoint = new_endpoint();
    struct rt_thread *thread =
        rt_spawn(ecall_thread, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint, .stopped = true);
    for (unsigned i = 1; i < 32; i++)
        if (i != 2)
            EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, i, 1, 0, SECRET + i));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, 0x1000));
    static struct probe mine;
    probe_syscall(&mine, TESS_SYS_RECV, endpoint, 0, new_reply(), RT_WORDS(0));
    EXPECT_EQ(mine.out[X_A0], TESS_STATUS_FAULT);
    expect_no_leak(&mine, "Recv of a fault");
    for (unsigned w = 4; w < 8; w++)
        EXPECT_EQ(mine.out[probe_word(w)], 0);
}

TEST(IF_02, errors, "a call that fails shows its error and detail, and zero words")
{
    static struct probe p;
    static const tess_word operations[] = {
        TESS_SYS_CALL, TESS_SYS_REPLY_RECV, TESS_SYS_SEND,    TESS_SYS_NBSEND,
        TESS_SYS_RECV, TESS_SYS_NBRECV,     TESS_SYS_INSPECT, 99};
    for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++) {
        probe_syscall(&p, operations[i], TESS_NULL, TESS_INFO(1, 8, 0), TESS_NULL,
                      RT_WORDS(1, 2, 3, 4, 5, 6, 7, 8));
        EXPECT(p.out[X_A0] != TESS_OK);
        EXPECT_EQ(p.out[X_A1], 0);
        for (unsigned w = 0; w < 8; w++)
            EXPECT_EQ(p.out[probe_word(w)], 0);
        probe_expect_call(&p, "error");
    }
}

TEST(IF_04, kernel_addresses, "INSPECT of every type tells no address of the kernel")
{
    tess_cptr handler = rt_slot(), caps[] = {rt_memory,
                                             rt_boot.cnode,
                                             rt_boot.tcb,
                                             new_endpoint(),
                                             new_notification(),
                                             new_reply(),
                                             rt_boot.context,
                                             rt_boot.control,
                                             rt_alloc(TESS_TYPE_FRAME, 12),
                                             rt_alloc(TESS_TYPE_PAGE_TABLE, 0),
                                             rt_boot.vspace,
                                             rt_boot.irq_control,
                                             handler,
                                             rt_boot.fp,
                                             rt_boot.firmware,
                                             rt_alloc(TESS_TYPE_TIMER, 0)};
    REQUIRE_OK(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, 1, rt_boot.cnode, handler, 0, 0, 1));
    for (unsigned i = 0; i < sizeof caps / sizeof *caps; i++) {
        struct rt_result r = rt_syscall(TESS_SYS_INSPECT, caps[i], 0, 0, RT_WORDS(0));
        EXPECT_OK(r);
        for (unsigned w = 0; w < 8; w++)
            EXPECT(!leaks(r.words[w]));
    }
}

TEST(IF_02, buffer,
     "the kernel writes no more of a receiver's buffer than the message, and no transfer words without need")
{
    struct actor receiver = ACTOR(TESS_SYS_RECV, new_endpoint());
    actor_start(&receiver, .priority = RT_PRIORITY_HIGH);
    struct tess_ipc_buffer *buffer = receiver.thread->buffer;
    memset(buffer, 0x77, sizeof *buffer);
    for (unsigned i = 0; i < 64; i++)
        rt_self->buffer->words[i] = SECRET + i;
    EXPECT_OK(rt_send(receiver.cap, TESS_INFO(0, 11, 0)));
    const uint64_t *words = (const uint64_t *)buffer;
    for (unsigned i = 0; i < sizeof *buffer / 8; i++)
        EXPECT_EQ(words[i], i >= 8 && i < 11 ? SECRET + i : 0x7777777777777777ull);
}

TEST(IF_03, memory, "memory of every kind of object is zero when it is a frame, after the object was used")
{
    static const enum tess_type types[] = {TESS_TYPE_TCB,        TESS_TYPE_ENDPOINT, TESS_TYPE_NOTIFICATION,
                                           TESS_TYPE_REPLY,      TESS_TYPE_FP,       TESS_TYPE_VSPACE,
                                           TESS_TYPE_PAGE_TABLE, TESS_TYPE_CNODE,    TESS_TYPE_SCHED_CONTEXT,
                                           TESS_TYPE_TIMER};
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 64 << 10);
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        tess_cptr object = rt_slot(), frame = rt_slot();
        tess_word size = types[i] == TESS_TYPE_CNODE ? 5 : types[i] == TESS_TYPE_SCHED_CONTEXT ? 2 : 0;
        REQUIRE_OK(rt_retype(untyped, types[i], size, object, 1));
        if (types[i] == TESS_TYPE_TCB)
            for (unsigned x = 0; x < 32; x++)
                rt_invoke(object, TESS_TCB_WRITE_REGS, x, 1, 0, SECRET);
        if (types[i] == TESS_TYPE_CNODE)
            rt_invoke(object, TESS_CNODE_COPY, 7, TESS_NULL, rt_boot.fp, 15);
        EXPECT_OK(rt_revoke(untyped));
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
        for (unsigned page = 0; page < 4; page++) {
            REQUIRE_OK(rt_retype(untyped, TESS_TYPE_FRAME, 12, frame, 1));
            REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, TESS_RIGHT_READ));
            uint64_t all = 0;
            for (unsigned w = 0; w < 512; w++)
                all |= ((volatile uint64_t *)RT_AREA)[w];
            EXPECT_EQ(all, 0);
            EXPECT_OK(rt_delete(frame));
        }
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    }
}
