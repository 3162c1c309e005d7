/*
 * tests/conformance/untyped.c: memory becomes objects and memory again (SPEC UT).
 */
#include "tests/conformance/device.h"

#define RETYPE(untyped, ...) rt_invoke((untyped), TESS_UNTYPED_RETYPE, __VA_ARGS__)

static tess_cptr new_untyped(tess_word bytes)
{
    return rt_alloc(TESS_TYPE_UNTYPED, bytes);
}

static tess_word used(tess_cptr untyped)
{
    return rt_state(untyped);
}

/* One object; its slot. */
static tess_cptr make(tess_cptr untyped, tess_word type, tess_word size)
{
    tess_cptr slot = rt_slot();
    REQUIRE_OK(rt_retype(untyped, type, size, slot, 1));
    return slot;
}

/* ---- sizes ------------------------------------------------------------------------------------------- */

TEST(UT_01, any_size, "an untyped has any base and length that are multiples of 16")
{
    tess_cptr untyped = new_untyped(65536);
    tess_word base = rt_inspect(untyped).badge, at = base;
    static const tess_word lengths[] = {16, 32, 48, 112, 4080, 16, 4112};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct tess_inspect piece = rt_inspect(make(untyped, TESS_TYPE_UNTYPED, lengths[i]));
        EXPECT_EQ(piece.badge, at);
        EXPECT_EQ(piece.size, lengths[i]);
        at += lengths[i];
    }
    EXPECT_EQ(used(untyped), at - base);
}

TEST(UT_02, watermark, "objects are made one behind the other, each at its alignment (UT-S1, UT-S3)")
{
    tess_cptr untyped = new_untyped(65536);
    tess_word base = rt_inspect(untyped).badge;
    make(untyped, TESS_TYPE_UNTYPED, 16);
    EXPECT_EQ(used(untyped), 16);
    tess_cptr frame = make(untyped, TESS_TYPE_FRAME, 12);
    EXPECT_EQ(rt_inspect(frame).badge, (base + 16 + 4095) & ~4095ull);
    EXPECT_EQ(used(untyped), rt_inspect(frame).badge + 4096 - base);
    tess_word before = used(untyped);
    make(untyped, TESS_TYPE_CNODE, 1);
    EXPECT_EQ(used(untyped), before + 64);
    make(untyped, TESS_TYPE_ENDPOINT, 0);
    EXPECT_EQ(used(untyped), before + 96);
    make(untyped, TESS_TYPE_REPLY, 0);
    EXPECT_EQ(used(untyped), before + 192);
}

static const struct {
    enum tess_type type;
    tess_word size, bytes, alignment;
} sizes[] = {
    {TESS_TYPE_UNTYPED, 16, 16, 16},
    {TESS_TYPE_CNODE, 1, 64, 32},
    {TESS_TYPE_CNODE, 6, 2048, 32},
    {TESS_TYPE_TCB, 0, TESS_TCB_BYTES, 64},
    {TESS_TYPE_ENDPOINT, 0, TESS_ENDPOINT_BYTES, 32},
    {TESS_TYPE_NOTIFICATION, 0, TESS_NOTIFICATION_BYTES, 64},
    {TESS_TYPE_REPLY, 0, TESS_REPLY_BYTES, 64},
    {TESS_TYPE_SCHED_CONTEXT, 2, TESS_SCHED_CONTEXT_BYTES, 64},
    {TESS_TYPE_SCHED_CONTEXT, 64, TESS_SCHED_CONTEXT_BYTES + 62 * TESS_REFILL_BYTES, 64},
    {TESS_TYPE_FRAME, 12, 4096, 4096},
    {TESS_TYPE_PAGE_TABLE, 0, 4096, 4096},
    {TESS_TYPE_VSPACE, 0, TESS_VSPACE_BYTES, 128},
    {TESS_TYPE_FP, 0, TESS_FP_BYTES, 64},
    {TESS_TYPE_TIMER, 0, TESS_TIMER_BYTES, 64},
};

TEST(UT_05, bytes, "each type takes the bytes and the alignment that the ABI says, from the worst start")
{
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        tess_cptr untyped = new_untyped(16384);
        tess_word base = rt_inspect(untyped).badge;
        make(untyped, TESS_TYPE_UNTYPED, 16);
        make(untyped, sizes[i].type, sizes[i].size);
        tess_word start = (base + 16 + sizes[i].alignment - 1) & ~(sizes[i].alignment - 1);
        if (!EXPECT_EQ(used(untyped), start + sizes[i].bytes - base))
            rt_printf("# type %u size %u\n", (tess_word)sizes[i].type, sizes[i].size);
    }
}

TEST(UT_05, limits, "size arguments: the bounds and one past each of them")
{
    tess_cptr untyped = new_untyped(1 << 20), to = rt_slot();
    tess_cptr all = rt_boot.cnode;
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_UNTYPED, 0, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), 16);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_UNTYPED, 8, all, to, 1), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 16);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_UNTYPED, 24, all, to, 1), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1),
                 16);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX + 16, all, to, 1), TESS_ERR_RANGE,
                 TESS_ARG_WORD(1), TESS_UNTYPED_MAX);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_CNODE, 0, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), 1);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_CNODE, 21, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), 20);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_CNODE, ~0ull, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), 20);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_SCHED_CONTEXT, 1, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 2);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_SCHED_CONTEXT, 65, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 64);
    static const tess_word frames[] = {0, 11, 13, 20, 22, 29, 31, 39, 64 + 12, ~0ull};
    for (unsigned i = 0; i < sizeof frames / sizeof *frames; i++)
        EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_FRAME, frames[i], all, to, 1), TESS_ERR_ARGUMENT,
                     TESS_ARG_WORD(1), 0);
    static const tess_word fixed[] = {TESS_TYPE_TCB,   TESS_TYPE_ENDPOINT,   TESS_TYPE_NOTIFICATION,
                                      TESS_TYPE_REPLY, TESS_TYPE_PAGE_TABLE, TESS_TYPE_VSPACE,
                                      TESS_TYPE_FP,    TESS_TYPE_TIMER};
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++)
        EXPECT_ERROR(RETYPE(untyped, fixed[i], 1, all, to, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), 0);
    EXPECT_EQ(used(untyped), 0);
}

TEST(UT_05, largest, "a CNode of the largest radix can be made, used to its last slot, and deleted")
{
    tess_cptr cnode = rt_slot();
    const struct tess_record_untyped *record = NULL;
    struct rt_result r = {.status = TESS_ERR_MEMORY};
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL && r.status != TESS_OK)
        if (record->kind == TESS_MEMORY_NORMAL && record->address != rt_boot.untyped)
            r = rt_retype(record->address, TESS_TYPE_CNODE, TESS_CNODE_RADIX_MAX, cnode, 1);
    if (TESS_STATUS_ERROR(r.status) == TESS_ERR_MEMORY)
        SKIP("too little memory");
    tess_word last = (1ull << TESS_CNODE_RADIX_MAX) - 1;
    EXPECT_OK(rt_invoke(cnode, TESS_CNODE_COPY, last, TESS_NULL, rt_boot.fp, 15));
    EXPECT_EQ(type_of(in_cnode(cnode, last)), TESS_TYPE_FP);
    EXPECT_ERROR(rt_invoke(cnode, TESS_CNODE_DELETE, last + 1), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_OK(rt_delete(cnode));
}

TEST(UT_03, types, "types that are not made of memory, and numbers that are no type, give ARGUMENT")
{
    static const tess_word types[] = {TESS_TYPE_NULL,
                                      TESS_TYPE_SCHED_CONTROL,
                                      TESS_TYPE_IRQ_CONTROL,
                                      TESS_TYPE_IRQ_HANDLER,
                                      TESS_TYPE_FIRMWARE,
                                      TESS_TYPE_COUNT,
                                      31,
                                      32,
                                      1ull << 32 | 4,
                                      ~0ull};
    tess_cptr untyped = new_untyped(65536), to = rt_slot();
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        EXPECT_ERROR(RETYPE(untyped, types[i], 0, rt_boot.cnode, to, 1), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0),
                     0);
}

/* ---- destinations -------------------------------------------------------------------------------------- */

TEST(UT_06, destination, "errors of the destination: CNode, first slot, count, occupied (CN-S1)")
{
    tess_cptr untyped = new_untyped(65536), cnode = new_cnode(3), bad = rt_boot.tcb | 1ull << rt_boot.radix;
    tess_word e = TESS_TYPE_ENDPOINT;
    EXPECT_ERROR(RETYPE(untyped, e, 0, bad, 0, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(2), 1);
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.tcb, 0, 0), TESS_ERR_TYPE, TESS_ARG_WORD(2), TESS_TYPE_TCB);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 0, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 0);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 8, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 1);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 1, 0), TESS_ERR_RANGE, TESS_ARG_WORD(4), 1);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 1, 8), TESS_ERR_RANGE, TESS_ARG_WORD(4), 7);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 6, 3), TESS_ERR_RANGE, TESS_ARG_WORD(4), 2);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 6, ~0ull), TESS_ERR_RANGE, TESS_ARG_WORD(4), 2);
    EXPECT_OK(RETYPE(untyped, e, 0, cnode, 5, 1));
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 5, 3), TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0);
    EXPECT_ERROR(RETYPE(untyped, e, 0, cnode, 2, 5), TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0);
    EXPECT_EQ(type_of(in_cnode(cnode, 2)), TESS_TYPE_NULL);
    EXPECT_EQ(used(untyped), TESS_ENDPOINT_BYTES);
    EXPECT_OK(RETYPE(untyped, e, 0, cnode, 6, 2));
    EXPECT_OK(RETYPE(untyped, e, 0, cnode, 1, 4));
}

TEST(CS_07, nested, "the destination may lie in a CNode within the CNode")
{
    tess_cptr untyped = new_untyped(65536), outer = new_cnode(2), inner = new_cnode(3);
    REQUIRE_OK(rt_invoke(outer, TESS_CNODE_COPY, 3, TESS_NULL, inner, 15));
    EXPECT_OK(RETYPE(untyped, TESS_TYPE_ENDPOINT, 0, outer, 3 | 5 << 2, 3));
    for (unsigned i = 1; i < 8; i++)
        EXPECT_EQ(type_of(in_cnode(inner, i)), i < 5 ? TESS_TYPE_NULL : TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_ENDPOINT, 0, outer, 3 | 4 << 2, 5), TESS_ERR_RANGE,
                 TESS_ARG_WORD(4), 4);
}

TEST(UT_06, order, "errors are found in the order type, size, destination, count, memory")
{
    tess_cptr untyped = new_untyped(64), cnode = new_cnode(3);
    EXPECT_ERROR(RETYPE(untyped, 0, 7, 0, 0, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_TCB, 7, 0, 0, 0), TESS_ERR_RANGE, TESS_ARG_WORD(1), 0);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_TCB, 0, 0, 0, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(2), 0);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_TCB, 0, cnode, 0, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 0);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_TCB, 0, cnode, 1, 0), TESS_ERR_RANGE, TESS_ARG_WORD(4), 1);
    EXPECT_ERROR(RETYPE(untyped, TESS_TYPE_TCB, 0, cnode, 1, 1), TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 64);
}

TEST(UT_07, room, "memory that is too small gives MEMORY with the bytes left, and nothing is made (UT-S8)")
{
    tess_cptr untyped = new_untyped(1024), s = rt_slots(40);
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, s, 33), TESS_ERR_MEMORY, 0, 1024);
    EXPECT_EQ(used(untyped), 0);
    EXPECT_EQ(type_of(s), TESS_TYPE_NULL);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, s, 31));
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, rt_nth(s, 31), 2), TESS_ERR_MEMORY, 0, 32);
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_UNTYPED, 48, rt_nth(s, 31), 1), TESS_ERR_MEMORY, 0, 32);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, rt_nth(s, 31), 1));
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_UNTYPED, 16, rt_nth(s, 32), 1), TESS_ERR_MEMORY, 0, 0);
    EXPECT_ERROR(rt_retype(rt_memory, TESS_TYPE_FRAME, TESS_FRAME_1G, rt_nth(s, 32), 1), TESS_ERR_MEMORY, 0,
                 RT_TEST_BYTES - used(rt_memory));
    EXPECT_ERROR(rt_retype(rt_memory, TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX, rt_nth(s, 32), 8), TESS_ERR_MEMORY,
                 0, RT_TEST_BYTES - used(rt_memory));
}

TEST(UT_07, aligned_room, "the gap before an aligned object counts; several objects count with their gaps")
{
    tess_cptr untyped = new_untyped(3 * 4096);
    tess_cptr s = rt_slots(4);
    tess_word base = rt_inspect(untyped).badge;
    tess_word gap = -base % 4096;
    tess_word fit = (3 * 4096 - gap) / 4096;
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_FRAME, 12, s, fit + 1), TESS_ERR_MEMORY, 0, 3 * 4096);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_FRAME, 12, s, fit));
    /* VSpaces of 128 bytes: a stride of 128 from an aligned start. */
    tess_cptr small = new_untyped(384), v = rt_slots(3);
    tess_word fits = (384 - (-rt_inspect(small).badge % 128)) / 128;
    EXPECT_OK(rt_retype(small, TESS_TYPE_VSPACE, 0, v, fits));
}

/* ---- zero, reset, reuse ------------------------------------------------------------------------------- */

TEST(UT_04, reset,
     "RESET is refused while anything made from it exists, and starts over when nothing does (UT-S2, UT-S4, "
     "UT-S5, UT-S7)")
{
    tess_cptr untyped = new_untyped(65536);
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    tess_cptr a = make(untyped, TESS_TYPE_ENDPOINT, 0), b = make(untyped, TESS_TYPE_UNTYPED, 64);
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_delete(a));
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_delete(b));
    EXPECT_EQ(used(untyped), 96);
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    EXPECT_EQ(used(untyped), 0);
}

TEST(UT_04, at_once, "RESET of 4 MB takes no longer than of 64 bytes")
{
    tess_word sizes_of[2] = {64, 4 << 20}, times[2];
    for (unsigned i = 0; i < 2; i++) {
        tess_cptr untyped = new_untyped(sizes_of[i]);
        EXPECT_OK(rt_delete(make(untyped, TESS_TYPE_UNTYPED, sizes_of[i])));
        EXPECT_EQ(used(untyped), sizes_of[i]);
        tess_word begin = rt_time();
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
        times[i] = rt_time() - begin;
        EXPECT_EQ(used(untyped), 0);
    }
    EXPECT(times[1] <= times[0] + rt_ticks(1) + 1);
}

TEST(UT_04, no_reuse, "memory of deleted objects is not used again before RESET (UT-S6, UT-S8)")
{
    tess_cptr untyped = new_untyped(96);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_OK(rt_delete(make(untyped, TESS_TYPE_ENDPOINT, 0)));
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, rt_slot(), 1), TESS_ERR_MEMORY, 0, 0);
}

/* Every word of a frame that is made now from `untyped`; true: all zero. It is filled and stays mapped. */
static bool frame_is_zero(tess_cptr untyped, tess_word bits, tess_word address)
{
    tess_cptr frame = make(untyped, TESS_TYPE_FRAME, bits);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, address, RIGHTS_RW));
    bool zero = true;
    volatile uint64_t *words = (volatile uint64_t *)address;
    for (tess_word i = 0; i < (1ull << bits) / 8; i++) {
        zero &= words[i] == 0;
        words[i] = 0xdeadbeefcafef00dull;
    }
    return zero;
}

TEST(UT_08, zero, "memory that was written is zero when it is a frame again, by RESET or in a new untyped")
{
    tess_cptr outer = new_untyped(64 << 10), inner = make(outer, TESS_TYPE_UNTYPED, 32 << 10);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 6; i++)
            EXPECT(frame_is_zero(inner, 12, RT_AREA + i * 4096));
        EXPECT_OK(rt_revoke(inner));
        EXPECT_OK(rt_invoke(inner, TESS_UNTYPED_RESET));
    }
    EXPECT(frame_is_zero(inner, 12, RT_AREA));
    EXPECT_OK(rt_delete(inner));
    EXPECT_OK(rt_revoke(outer));
    EXPECT_OK(rt_invoke(outer, TESS_UNTYPED_RESET));
    for (unsigned i = 0; i < 10; i++)
        EXPECT(frame_is_zero(outer, 12, RT_AREA + i * 4096));
}

TEST(UT_08, objects, "objects of kernel memory that was written are as new")
{
    tess_cptr untyped = new_untyped(32 << 10);
    for (unsigned i = 0; i < 6; i++)
        frame_is_zero(untyped, 12, RT_AREA + i * 4096);
    EXPECT_OK(rt_revoke(untyped));
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    tess_cptr cnode = make(untyped, TESS_TYPE_CNODE, 5), tcb = make(untyped, TESS_TYPE_TCB, 0);
    for (unsigned i = 1; i < 32; i++)
        EXPECT_EQ(type_of(in_cnode(cnode, i)), TESS_TYPE_NULL);
    struct rt_result regs = rt_invoke(tcb, TESS_TCB_READ_REGS, 0, 32, 0);
    EXPECT_OK(regs);
    for (unsigned i = 0; i < 32; i++)
        EXPECT_EQ(i < 8 ? regs.words[i] : rt_self->buffer->words[i], 0);
    EXPECT_EQ(rt_inspect(tcb).state[1], 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_ENDPOINT, 0)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_NOTIFICATION, 0)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_REPLY, 0)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_SCHED_CONTEXT, 2)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_VSPACE, 0)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_FP, 0)), 0);
    EXPECT_EQ(rt_state(make(untyped, TESS_TYPE_TIMER, 0)), 0);
    EXPECT_ERROR(rt_nbrecv(make(untyped, TESS_TYPE_NOTIFICATION, 0), TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(UT_08, large, "a frame of 2 MB is zero everywhere when made of memory that was written")
{
    tess_cptr untyped = new_untyped(6 << 20);
    EXPECT(frame_is_zero(untyped, TESS_FRAME_2M, RT_AREA + (2 << 20)));
    EXPECT_OK(rt_revoke(untyped));
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    EXPECT(frame_is_zero(untyped, TESS_FRAME_2M, RT_AREA + (2 << 20)));
}

/* ---- preemption ------------------------------------------------------------------------------------------ */

static struct {
    tess_cptr untyped;
    unsigned made;
    bool good;
} intruder;

/* In the middle of somebody's RETYPE: a small frame from the same untyped. */
static void intrude(void *argument)
{
    (void)argument;
    if (intruder.made++ == 1)
        intruder.good = frame_is_zero(intruder.untyped, 12, RT_AREA);
}

TEST(UT_08, intruder, "memory is zero also for one who uses the untyped while another's RETYPE is preempted")
{
    struct pulse pulse = {.each = intrude};
    tess_cptr untyped = new_untyped(6 << 20), slot = rt_slot();
    frame_is_zero(untyped, 12, RT_AREA + 4096); /* page tables for RT_AREA, and ... */
    frame_is_zero(untyped, TESS_FRAME_2M, RT_AREA + (2 << 20));
    EXPECT_OK(rt_revoke(untyped));
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET)); /* ... nothing in it is zero now */
    intruder = (typeof(intruder)){.untyped = untyped};
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    struct rt_result r = rt_retype(untyped, TESS_TYPE_FRAME, TESS_FRAME_2M, slot, 1);
    pulse_stop(&pulse);
    EXPECT_OK(r);
    EXPECT(intruder.made > 1);
    EXPECT(intruder.good);
    EXPECT_OK(rt_map(rt_boot.vspace, slot, RT_AREA + (2 << 20), TESS_RIGHT_READ));
    for (tess_word i = 0; i < 2 << 20; i += 8)
        if (*(volatile uint64_t *)(RT_AREA + (2 << 20) + i) && !EXPECT(false))
            break;
}

TEST(UT_10, many, "1500 objects in one call, while a more urgent thread runs in time")
{
    struct pulse pulse = {0};
    tess_cptr untyped = new_untyped(2 << 20), s = rt_slots(1500);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_TCB, 0, s, 1500));
    unsigned beats = pulse.beats;
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    pulse_stop(&pulse);
    EXPECT(beats >= 2);
    EXPECT(used(untyped) - 1500 * TESS_TCB_BYTES < 64);
    unsigned found = 0;
    for (unsigned i = 0; i < 1500; i++)
        found += type_of(rt_nth(s, i)) == TESS_TYPE_TCB;
    EXPECT_EQ(found, 1500);
}

TEST(UT_10, large, "a more urgent thread runs in time while 4 MB are zeroed")
{
    struct pulse pulse = {0};
    tess_cptr untyped = new_untyped(8 << 20), s = rt_slots(2);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_FRAME, TESS_FRAME_2M, s, 2));
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    EXPECT(pulse.beats > 2);
    pulse_stop(&pulse);
}

static tess_cptr filled;

/* In the middle of somebody's RETYPE: something else takes one of its last slots. */
static void fill_slot(void *argument)
{
    (void)argument;
    rt_copy(filled, rt_boot.fp, 15);
}

TEST(UT_10, filled, "a slot that another thread fills meanwhile gives OCCUPIED with the number made")
{
    struct pulse pulse = {.each = fill_slot};
    tess_cptr untyped = new_untyped(1 << 20), s = rt_slots(1500);
    filled = rt_slot();
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    filled = rt_nth(s, 1499);
    struct rt_result r = rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, s, 1500);
    pulse_stop(&pulse);
    EXPECT_ERROR(r, TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 1499);
    EXPECT_EQ(type_of(rt_nth(s, 1499)), TESS_TYPE_FP);
    tess_word made = 0;
    while (type_of(rt_nth(s, made)) == TESS_TYPE_ENDPOINT)
        made++;
    EXPECT_EQ(used(untyped), made * TESS_ENDPOINT_BYTES);
}

static void stop_it(void *argument)
{
    rt_invoke(((const struct actor *)argument)->thread->tcb, TESS_TCB_SUSPEND);
}

TEST(UT_10, abandoned, "a RETYPE that nobody continues has made what it made, and lost at most a gap")
{
    tess_cptr untyped = new_untyped(2 << 20), s = rt_slots(1500);
    struct actor actor = ACTOR(TESS_SYS_CALL, untyped, .info = TESS_INFO(TESS_UNTYPED_RETYPE, 6, 0),
                               .words = {TESS_TYPE_TCB, 0, rt_boot.cnode, s, 1500, 0});
    struct pulse pulse = {.each = stop_it, .argument = &actor};
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .stopped = true);
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME)); /* until the pulse comes */
    pulse_stop(&pulse);
    tess_word made = 0;
    while (made < 1500 && type_of(rt_nth(s, made)) == TESS_TYPE_TCB)
        made++;
    EXPECT_EQ(actor.returned, 0);
    EXPECT(made > 0 && made < 1500);
    for (tess_word i = made; i < 1500; i++)
        EXPECT_EQ(type_of(rt_nth(s, i)), TESS_TYPE_NULL);
    EXPECT(used(untyped) - made * TESS_TCB_BYTES < 64);
    EXPECT_OK(rt_retype(untyped, TESS_TYPE_TCB, 0, rt_nth(s, made), 1)); /* others go on with the memory */
    EXPECT(used(untyped) - (made + 1) * TESS_TCB_BYTES < 64);
}

TEST(UT_10, progress, "what word 5 counts as done is passed over: destinations, then objects")
{
    tess_cptr untyped = new_untyped(64), s = rt_slots(3);
    tess_word e = TESS_TYPE_ENDPOINT;
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.cnode, s, 3, 0), TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 64);
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.cnode, s, 3, 3), TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 64);
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.cnode, s, 3, 7), TESS_ERR_RANGE, TESS_ARG_WORD(5), 6);
    EXPECT_OK(RETYPE(untyped, e, 0, rt_boot.cnode, s, 3, 6));
    EXPECT_EQ(used(untyped), 0);
    EXPECT_OK(RETYPE(untyped, e, 0, rt_boot.cnode, s, 3, 3 + 1)); /* two of them fit */
    EXPECT_EQ(type_of(s), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(rt_nth(s, 1)), e);
    EXPECT_EQ(type_of(rt_nth(s, 2)), e);
    EXPECT_OK(rt_revoke(untyped));
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    REQUIRE_OK(rt_copy(rt_nth(s, 1), rt_boot.fp, 15));
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.cnode, s, 2, 1), TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0);
    EXPECT_EQ(used(untyped), 0);
    EXPECT_ERROR(RETYPE(untyped, e, 0, rt_boot.cnode, s, 2, 2), TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 1);
    EXPECT_EQ(type_of(s), e);
}

/* ---- device memory --------------------------------------------------------------------------------------- */

static tess_cptr device_untyped(enum tess_memory_kind kind)
{
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL)
        if (record->kind == (uint32_t)kind && record->length >= 4096)
            return record->address;
    rt_stop("no memory of kind %u", (tess_word)kind);
}

TEST(BI_05, device_regions, "every page of device memory holds registers that the device tree names")
{
    const struct tess_record_untyped *untyped = NULL;
    unsigned regions = 0;
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL) {
        if (untyped->kind != TESS_MEMORY_DEVICE)
            continue;
        tess_word at = untyped->base, end = at + untyped->length;
        while (at != 0 && at < end)
            at = device_registers_end(at);
        EXPECT(at >= end);
        regions++;
    }
    EXPECT(regions > 0);
    EXPECT_EQ(device_registers_end(0x100000000000), 0);
}

TEST(UT_09, device, "device and bundle memory become frames and untyped memory, and nothing else")
{
    static const tess_word types[] = {TESS_TYPE_CNODE,        TESS_TYPE_TCB,    TESS_TYPE_ENDPOINT,
                                      TESS_TYPE_NOTIFICATION, TESS_TYPE_REPLY,  TESS_TYPE_SCHED_CONTEXT,
                                      TESS_TYPE_PAGE_TABLE,   TESS_TYPE_VSPACE, TESS_TYPE_FP,
                                      TESS_TYPE_TIMER};
    for (unsigned kind = TESS_MEMORY_DEVICE; kind <= TESS_MEMORY_BUNDLE; kind++) {
        tess_cptr untyped = device_untyped((enum tess_memory_kind)kind), to = rt_slot();
        REQUIRE_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
        for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
            EXPECT_ERROR(rt_retype(untyped, types[i],
                                   types[i] == TESS_TYPE_CNODE           ? 1
                                   : types[i] == TESS_TYPE_SCHED_CONTEXT ? 2
                                                                         : 0,
                                   to, 1),
                         TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
        tess_cptr inner = make(untyped, TESS_TYPE_UNTYPED, 4096);
        EXPECT_EQ(rt_inspect(inner).state[1], 1);
        EXPECT_ERROR(rt_retype(inner, TESS_TYPE_ENDPOINT, 0, to, 1), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
        tess_cptr frame = make(inner, TESS_TYPE_FRAME, 12);
        EXPECT_EQ(rt_inspect(frame).state[0], 7 | 1 << 8);
        EXPECT_OK(rt_revoke(untyped));
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    }
}

TEST(UT_09, bundle, "bundle memory keeps its content when it becomes a frame")
{
    tess_cptr frame = make(device_untyped(TESS_MEMORY_BUNDLE), TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, TESS_RIGHT_READ));
    const char *archive = (const char *)RT_AREA;
    for (unsigned i = 0; i < 6; i++)
        EXPECT_EQ(archive[i], "070701"[i]);
}

TEST(UT_11, no_copy, "an untyped that moves keeps its watermark, and there is never a second one")
{
    tess_cptr untyped = new_untyped(4096), to = rt_slot();
    make(untyped, TESS_TYPE_ENDPOINT, 0);
    EXPECT_ERROR(rt_copy(to, untyped, 15), TESS_ERR_DERIVE, TESS_ARG_WORD(2), TESS_TYPE_UNTYPED);
    EXPECT_OK(rt_move(to, untyped));
    EXPECT_EQ(used(to), TESS_ENDPOINT_BYTES);
    EXPECT_ERROR(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, rt_slot(), 1), TESS_ERR_TYPE, 0, TESS_TYPE_NULL);
}
