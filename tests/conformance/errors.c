/*
 * tests/conformance/errors.c: every error has its number, every system call meets every type, and no argument
 * does harm (SPEC ABI-7, ABI-9, ABI-11, ABI-13).
 */
#include "tests/conformance/probe.h"

/* ---- numbers ------------------------------------------------------------------------------------------- */

static unsigned seen[TESS_ERR_COUNT];

static void see(struct rt_result r, enum tess_error error)
{
    EXPECT_EQ(TESS_STATUS_ERROR(r.status), error);
    EXPECT_EQ(r.status >> 16, 0);
    EXPECT_EQ(r.info, 0);
    if (TESS_STATUS_ERROR(r.status) < TESS_ERR_COUNT)
        seen[TESS_STATUS_ERROR(r.status)]++;
}

static void see_errors_of_memory(void)
{
    tess_cptr empty = rt_slot(), untyped = rt_alloc(TESS_TYPE_UNTYPED, 64);
    see(rt_invoke(rt_boot.firmware, 99), TESS_ERR_OPERATION);
    see(rt_invoke(TESS_NULL, 1), TESS_ERR_ADDRESS);
    see(rt_invoke(empty, 1), TESS_ERR_TYPE);
    see(rt_send(rt_copied(new_endpoint(), 0), 0), TESS_ERR_RIGHTS);
    see(rt_retype(untyped, 99, 0, empty, 1), TESS_ERR_ARGUMENT);
    see(rt_retype(untyped, TESS_TYPE_CNODE, 0, empty, 1), TESS_ERR_RANGE);
    see(rt_retype(untyped, TESS_TYPE_UNTYPED, 17, empty, 1), TESS_ERR_ALIGNMENT);
    see(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, untyped, 1), TESS_ERR_OCCUPIED);
    see(rt_retype(untyped, TESS_TYPE_TCB, 0, empty, 1), TESS_ERR_MEMORY);
    see(rt_invoke(rt_boot.free + RT_SLOT_MEMORY, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN);
    see(rt_copy(empty, untyped, 15), TESS_ERR_DERIVE);
}

static void see_errors_of_objects(void)
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, 12), space = rt_vspace_empty(),
              tcb = rt_alloc(TESS_TYPE_TCB, 0);
    see(rt_invoke(frame, TESS_FRAME_MAP, space, 0, 1, 0), TESS_ERR_TABLE);
    see(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED);
    see(rt_invoke(rt_image_frame(rt_main), TESS_FRAME_MAP, space, 0, 1, 0), TESS_ERR_MAPPED);
    see(rt_invoke(new_context(), TESS_SCHED_CONTEXT_BIND, rt_self->tcb), TESS_ERR_BOUND);
    see(rt_invoke(new_context(), TESS_SCHED_CONTEXT_UNBIND), TESS_ERR_UNBOUND);
    see(rt_invoke(tcb, TESS_TCB_STEP), TESS_ERR_UNSUPPORTED);
    see(rt_invoke(rt_self->tcb, TESS_TCB_READ_REGS, 0, 1, 0), TESS_ERR_BUSY);
}

static void see_errors_of_messages(void)
{
    struct actor waiter, sender;
    struct server passive;
    tess_cptr endpoint = new_endpoint(), other = new_endpoint();
    see(rt_nbrecv(endpoint, TESS_NULL), TESS_ERR_WOULD_BLOCK);
    actor_recv(&waiter, endpoint, TESS_NULL);
    see(rt_call(endpoint, 0), TESS_ERR_NO_REPLY);
    EXPECT_OK(rt_delete(endpoint));
    see(waiter.result, TESS_ERR_CANCELLED);
    server_start(&passive, other, .passive = true);
    see(rt_send(other, 0), TESS_ERR_NO_CONTEXT);
    sender = ACTOR(TESS_SYS_NBSEND, new_endpoint(), .info = TESS_INFO(0, 9, 0));
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    see(sender.result, TESS_ERR_NO_BUFFER);
}

TEST(ABI_07, numbers,
     "each error that an operation can give is given, with its number, and no message with it")
{
    memset(seen, 0, sizeof seen);
    see_errors_of_memory();
    see_errors_of_objects();
    see_errors_of_messages();
    for (unsigned i = 1; i < TESS_ERR_COUNT; i++)
        if (!EXPECT(seen[i] > 0))
            rt_printf("# error %u\n", (tess_word)i);
}

/* ---- every call, every type ------------------------------------------------------------------------------ */

#define TYPES 16u

/* One capability of each type; index: type - 1. irq: one that has no handler yet. */
static void one_of_each(tess_cptr caps[TYPES], tess_word irq)
{
    static const tess_word sizes[TYPES] = {64, 2, 0, 0, 0, 0, 2, 0, 12};
    for (unsigned type = TESS_TYPE_UNTYPED; type <= TYPES; type++)
        if (type != TESS_TYPE_SCHED_CONTROL && type != TESS_TYPE_IRQ_CONTROL &&
            type != TESS_TYPE_IRQ_HANDLER && type != TESS_TYPE_FIRMWARE)
            caps[type - 1] = rt_alloc((enum tess_type)type, sizes[type - 1]);
    caps[TESS_TYPE_SCHED_CONTROL - 1] = rt_boot.control;
    caps[TESS_TYPE_IRQ_CONTROL - 1] = rt_boot.irq_control;
    caps[TESS_TYPE_FIRMWARE - 1] = rt_boot.firmware;
    caps[TESS_TYPE_IRQ_HANDLER - 1] = rt_slot();
    REQUIRE_OK(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, irq, rt_boot.cnode,
                         caps[TESS_TYPE_IRQ_HANDLER - 1], 0, TESS_IRQ_LEVEL, 1));
}

/* What a call gives on a type that it cannot be made on, or that has no such operation; OK: it can. */
static enum tess_error expected(tess_word call, unsigned type)
{
    bool messages = type == TESS_TYPE_ENDPOINT || type == TESS_TYPE_NOTIFICATION;
    if (call == TESS_SYS_CALL)
        return type == TESS_TYPE_ENDPOINT ? TESS_OK : TESS_ERR_OPERATION;
    if (call == TESS_SYS_SEND || call == TESS_SYS_NBSEND)
        return messages || type == TESS_TYPE_REPLY ? TESS_OK : TESS_ERR_TYPE;
    return messages ? TESS_OK : TESS_ERR_TYPE;
}

TEST(ABI_09, matrix, "every system call on every type that it is not made for gives TYPE, or OPERATION")
{
    tess_cptr caps[TYPES];
    one_of_each(caps, 1);
    for (tess_word call = TESS_SYS_CALL; call <= TESS_SYS_NBRECV; call++)
        for (unsigned type = 1; type <= TYPES; type++) {
            enum tess_error error = expected(call, type);
            if (error == TESS_OK)
                continue;
            struct rt_result r =
                rt_syscall(call, caps[type - 1], TESS_INFO(777, 0, 0), TESS_NULL, RT_WORDS(0));
            bool none = type == TESS_TYPE_NOTIFICATION || type == TESS_TYPE_REPLY || type == TESS_TYPE_FP;
            tess_word detail = error == TESS_ERR_TYPE || none ? type : 0;
            tess_word where = error == TESS_ERR_TYPE || none ? TESS_ARG_CAPABILITY : TESS_ARG_INFO;
            if (!EXPECT_ERROR(r, error, where, detail))
                rt_printf("# call %u, type %u\n", call, (tess_word)type);
        }
    for (unsigned type = 1; type <= TYPES; type++)
        EXPECT_EQ(rt_syscall(TESS_SYS_INSPECT, caps[type - 1], 0, 0, RT_WORDS(0)).words[0] & 0xff, type);
}

TEST(
    ABI_09, ignored,
    "YIELD looks at no argument, an operation not at length and number of capabilities, a call that receives "
    "nothing not at t0, one that sends nothing not at a1")
{
    EXPECT_OK(rt_syscall(TESS_SYS_YIELD, ~0ull, ~0ull, ~0ull, RT_WORDS(~0ull, ~0ull)));
    EXPECT_OK(rt_syscall(TESS_SYS_CALL, rt_boot.firmware, TESS_INFO(TESS_FIRMWARE_PUT, 255, 15), ~0ull,
                         RT_WORDS(0)));
    EXPECT_OK(rt_syscall(TESS_SYS_INSPECT, rt_boot.fp, ~0ull, ~0ull, RT_WORDS(~0ull)));
    EXPECT_OK(rt_syscall(TESS_SYS_SEND, new_notification(), ~0ull, ~0ull, RT_WORDS(~0ull)));
    EXPECT_ERROR(rt_syscall(TESS_SYS_NBSEND, new_endpoint(), 0, ~0ull, RT_WORDS(0)), TESS_ERR_WOULD_BLOCK,
                 TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_syscall(TESS_SYS_NBRECV, new_endpoint(), ~0ull, TESS_NULL, RT_WORDS(~0ull)),
                 TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}

/* ---- preempted calls ---------------------------------------------------------------------------------------- */

static struct {
    tess_cptr tcb;
    unsigned looks, at_ecall, progressed;
    tess_word ecall, first[8];
    uint64_t arguments[4]; /* a7, a0, a1, t0 */
    bool wrong;
} look;

/* Reads the registers of a thread that is, or is not, in the middle of its call. */
static void look_at_call(void *argument)
{
    (void)argument;
    static const uint8_t numbers[] = {X_A7, X_A0, X_A1, X_T0};
    look.looks++;
    if (rt_invoke(look.tcb, TESS_TCB_READ_REGS, 0, 1, 0).words[0] != look.ecall)
        return;
    look.at_ecall++;
    for (unsigned i = 0; i < 4; i++)
        look.wrong |= rt_invoke(look.tcb, TESS_TCB_READ_REGS, numbers[i], 1, 0).words[0] != look.arguments[i];
    for (unsigned i = 0; i < 8; i++) {
        tess_word word = rt_invoke(look.tcb, TESS_TCB_READ_REGS, probe_word(i), 1, 0).words[0];
        if (i == 5)
            look.progressed += word != 0;
        else
            look.wrong |= word != look.first[i];
    }
    for (unsigned i = X_T1; i <= X_T2; i++)
        look.wrong |= rt_invoke(look.tcb, TESS_TCB_READ_REGS, i, 1, 0).words[0] != 0;
    look.wrong |= rt_invoke(look.tcb, TESS_TCB_READ_REGS, X_T3, 1, 0).words[0] != 0;
}

TEST(ABI_11, stands_at_ecall,
     "a preempted call stands at its ecall, in full form, with its arguments and its progress")
{
    struct pulse pulse = {.each = look_at_call};
    struct probe p;
    tess_cptr slots = rt_slots(1000);
    const tess_word words[8] = {TESS_TYPE_TCB, 0, rt_boot.cnode, slots, 1000, 0, 66, 77};
    look = (typeof(look)){.tcb = rt_self->tcb, .ecall = (tess_word)probe_after - 4};
    look.arguments[0] = TESS_SYS_CALL;
    look.arguments[1] = rt_memory;
    look.arguments[2] = TESS_INFO(TESS_UNTYPED_RETYPE, 5, 0);
    look.arguments[3] = 0x1234;
    memcpy(look.first, words, sizeof words);
    pulse_start(&pulse);
    probe_syscall(&p, TESS_SYS_CALL, rt_memory, look.arguments[2], 0x1234, words);
    pulse_stop(&pulse);
    EXPECT_EQ(p.out[X_A0], TESS_OK);
    probe_expect_call(&p, "Retype");
    EXPECT(look.at_ecall >= 2);
    EXPECT(look.progressed >= 2);
    EXPECT(!look.wrong);
    EXPECT_EQ(type_of(rt_nth(slots, 999)), TESS_TYPE_TCB);
}

static tess_cptr victim;

static void take_away(void *argument)
{
    (void)argument;
    rt_move(rt_nth(victim, 1), victim);
}

TEST(ABI_11, taken_away, "a preempted call whose capability was moved meanwhile fails with what it finds")
{
    struct pulse pulse = {.each = take_away};
    tess_cptr slots = rt_slots(1000), places = rt_slots(2);
    victim = rt_nth(places, 1);
    REQUIRE_OK(rt_retype(rt_memory, TESS_TYPE_UNTYPED, 1 << 20, places, 1));
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    victim = places;
    EXPECT_ERROR(rt_retype(places, TESS_TYPE_TCB, 0, slots, 1000), TESS_ERR_TYPE, TESS_ARG_CAPABILITY,
                 TESS_TYPE_NULL);
    pulse_stop(&pulse);
    EXPECT_EQ(type_of(slots), TESS_TYPE_TCB); /* what was made stays */
    EXPECT(rt_state(rt_nth(places, 1)) >= TESS_TCB_BYTES);
}

/* ---- any argument ----------------------------------------------------------------------------------------- */

enum { PEN_RADIX = 5, PEN_SLOTS = 1 << PEN_RADIX };

static struct {
    uint64_t random;
    volatile unsigned calls, good;
} fuzz;

static uint64_t draw(uint64_t below)
{
    fuzz.random = fuzz.random * 6364136223846793005ull + 1442695040888963407ull;
    return (fuzz.random >> 33) % below;
}

/* Mostly small numbers and addresses that lead somewhere, sometimes the edges of the range. */
static tess_word draw_word(void)
{
    static const tess_word edges[] = {~0ull, 1ull << 63, 1ull << 38, (1ull << 38) - 4096, RT_AREA, 4096,
                                      12,    21,         16};
    switch (draw(4)) {
    case 0:
        return edges[draw(sizeof edges / sizeof *edges)];
    case 1:
        return fuzz.random;
    default:
        return draw(PEN_SLOTS);
    }
}

static void fuzz_run(void *argument)
{
    (void)argument;
    for (;;) {
        tess_word words[8];
        for (unsigned i = 0; i < 8; i++)
            words[i] = draw_word();
        tess_word info = draw(8) ? TESS_INFO(draw(16), draw(10), draw(3)) : fuzz.random;
        tess_word call = draw(16) ? 1 + draw(8) : draw_word();
        for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++)
            rt_self->buffer->caps[i] = draw_word();
        rt_self->buffer->window_cnode = draw(PEN_SLOTS);
        rt_self->buffer->window_first = draw_word();
        rt_self->buffer->window_slots = draw_word();
        struct rt_result r = rt_syscall(call, draw_word(), info, draw_word(), words);
        fuzz.good += TESS_STATUS_ERROR(r.status) == TESS_OK;
        fuzz.calls++;
    }
}

/* A CSpace with one capability of each harmless kind, none of which leads out of it. */
static tess_cptr make_pen(tess_word irq)
{
    tess_cptr pen = new_cnode(PEN_RADIX), caps[TYPES];
    one_of_each(caps, irq);
    caps[TESS_TYPE_UNTYPED - 1] = rt_alloc(TESS_TYPE_UNTYPED, 256 << 10);
    caps[TESS_TYPE_CNODE - 1] = pen;
    for (unsigned type = 1; type <= TYPES; type++) {
        bool power =
            type == TESS_TYPE_FIRMWARE || type == TESS_TYPE_IRQ_CONTROL || type == TESS_TYPE_SCHED_CONTROL;
        if (!power)
            rt_invoke(pen,
                      type == TESS_TYPE_UNTYPED || type == TESS_TYPE_PAGE_TABLE ? TESS_CNODE_MOVE
                                                                                : TESS_CNODE_COPY,
                      type, TESS_NULL, caps[type - 1], 15);
    }
    return pen;
}

static void ring(void *argument)
{
    rt_signal(*(const tess_cptr *)argument);
}

TEST(ABI_13, random, "thousands of calls with any arguments harm nobody but who makes them")
{
    uint64_t before = 0;
    for (unsigned i = 0; i < 64; i++)
        before += rt_inspect(rt_boot.tcb + i).type;
    tess_cptr bell = new_notification();
    struct pulse pulse = {.each = ring, .argument = &bell};
    unsigned total = 0, good = 0;
    pulse_start(&pulse);
    for (unsigned seed = 1; seed <= 6; seed++) {
        fuzz = (typeof(fuzz)){.random = seed * 0x9e3779b97f4a7c15ull};
        struct rt_thread *thread = rt_spawn(fuzz_run, NULL, .cspace = make_pen(seed));
        for (unsigned round = 0; round < 40; round++) {
            rt_wait(bell);
            tess_word state = rt_state(thread->tcb);
            if (state !=
                TESS_THREAD_READY) { /* it waits, or stopped: its call ends with an error, and it goes on */
                rt_invoke(thread->tcb, TESS_TCB_SUSPEND);
                rt_invoke(thread->tcb, TESS_TCB_RESUME);
            }
        }
        total += fuzz.calls;
        good += fuzz.good;
        EXPECT_OK(rt_delete(thread->tcb));
    }
    pulse_stop(&pulse);
    EXPECT(total > 2000);
    EXPECT(good > 200);
    uint64_t after = 0;
    for (unsigned i = 0; i < 64; i++)
        after += rt_inspect(rt_boot.tcb + i).type;
    EXPECT_EQ(after, before);
}
