/*
 * tests/conformance/range.c: operations over a range of frames (SPEC VM-15, VM-16).
 */
#include "tests/conformance/common.h"

#define MB2     (2ull << 20)
#define READ    TESS_RIGHT_READ
#define WRITE   TESS_RIGHT_WRITE
#define EXECUTE TESS_RIGHT_EXECUTE
#define MAP     TESS_VSPACE_MAP_RANGE
#define PROTECT TESS_VSPACE_PROTECT_RANGE
#define UNMAP   TESS_VSPACE_UNMAP_RANGE

/* With tables for the 2 MB, and the next 2 MB, at RT_AREA. */
static tess_cptr with_tables(tess_cptr space)
{
    for (unsigned i = 0; i < 2; i++) {
        tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
        REQUIRE_OK(rt_map(space, frame, RT_AREA + i * MB2, READ));
        REQUIRE_OK(rt_delete(frame));
    }
    return space;
}

static tess_cptr new_space(void)
{
    return with_tables(rt_vspace_empty());
}

/* One in which access_fault() can look. */
static tess_cptr new_program_space(void)
{
    return with_tables(rt_vspace_create());
}

static tess_cptr new_frames(tess_word count)
{
    return rt_alloc_many(TESS_TYPE_FRAME, TESS_FRAME_4K, count);
}

/* ~0: not mapped. */
static tess_word mapped_at(tess_cptr frame)
{
    struct tess_inspect inspect = rt_inspect(frame);
    return inspect.state[2] ? inspect.state[1] : ~0ull;
}

/* How many of the run are mapped, one behind the other, from the address on. */
static tess_word mapped_count(tess_cptr first, tess_word count, tess_word address)
{
    tess_word i = 0;
    while (i < count && mapped_at(rt_nth(first, i)) == address + i * RT_PAGE)
        i++;
    return i;
}

static struct rt_result map(tess_cptr space, tess_cptr first, tess_word count, tess_word address,
                            tess_word rights)
{
    return rt_invoke(space, MAP, 0, first, count, address, rights, 0, 0);
}

static struct rt_result protect(tess_cptr space, tess_cptr first, tess_word count, tess_word rights)
{
    return rt_invoke(space, PROTECT, 0, first, count, 0, rights, 0, 0);
}

static struct rt_result unmap(tess_cptr space, tess_cptr first, tess_word count)
{
    return rt_invoke(space, UNMAP, 0, first, count, 0, 0, 0, 0);
}

TEST(VM_15, decode,
     "MAP_RANGE, PROTECT_RANGE, UNMAP_RANGE: errors of CNode, address, count and progress, in order")
{
    tess_cptr space = new_space(), cnode = new_cnode(3), endpoint = new_endpoint();
    tess_cptr beyond = rt_boot.tcb | 3ull << rt_boot.radix;
    for (tess_word op = MAP; op <= UNMAP; op++) {
        EXPECT_ERROR(rt_invoke(space, op, beyond, 0, 0, 1, 0, 9, 9), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 3);
        EXPECT_ERROR(rt_invoke(space, op, endpoint, 0, 0, 1, 0, 9, 9), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                     TESS_TYPE_ENDPOINT);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 0, 0, 1, 0, 9, 9), TESS_ERR_ADDRESS, TESS_ARG_WORD(1), 0);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 8 | 1, 0, 1, 0, 9, 9), TESS_ERR_ADDRESS, TESS_ARG_WORD(1),
                     1);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 2, 0, 1, 0, 9, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2), 1);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 2, 7, 1, 0, 9, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2), 6);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 2, ~0ull, 1, 0, 9, 9), TESS_ERR_RANGE, TESS_ARG_WORD(2), 6);
        EXPECT_ERROR(rt_invoke(space, op, cnode, 2, 6, 1, 0, 9, 7), TESS_ERR_RANGE, TESS_ARG_WORD(6), 6);
        EXPECT_ERROR(rt_invoke(space, op, 0, 0, 1, 1, 0, 9, 7), TESS_ERR_ADDRESS, TESS_ARG_WORD(1), 0);
    }
    EXPECT_ERROR(rt_invoke(space, MAP, cnode, 2, 6, 1, 0, 9, 0), TESS_ERR_TYPE, TESS_ARG_WORD(1), 0);
}

TEST(VM_15, order, "MAP_RANGE: errors of a frame, in order, each with the number of frames mapped before it")
{
    tess_cptr space = new_space(), first = new_frames(6), third = rt_nth(first, 2);
    struct {
        tess_word address, rights, attributes;
        enum tess_error error;
        unsigned argument;
    } steps[] = {
        {1, 0, 3, TESS_ERR_ARGUMENT, 5},
        {1, 0, 0, TESS_ERR_ALIGNMENT, 3},
        {0x8000000000000000, 0, 0, TESS_ERR_RANGE, 3},
        {RT_AREA, 8, 0, TESS_ERR_RIGHTS, 4},
        {RT_AREA, 0, 0, TESS_ERR_ARGUMENT, 4},
        {RT_AREA, WRITE, 0, TESS_ERR_ARGUMENT, 4},
        {RT_AREA + 2 * MB2, READ, 0, TESS_ERR_TABLE, 3},
    };
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        EXPECT_ERROR(
            rt_invoke(space, MAP, 0, first, 6, steps[i].address, steps[i].rights, steps[i].attributes, 0),
            steps[i].error, TESS_ARG_WORD(steps[i].argument), 0);
    EXPECT_EQ(mapped_count(first, 6, RT_AREA), 0);
    REQUIRE_OK(unmap(space, first, 6));

    /* The third frame is mapped already; then something else stands at its place. */
    REQUIRE_OK(map(space, third, 1, RT_AREA + MB2, READ));
    EXPECT_ERROR(map(space, first, 6, RT_AREA, READ), TESS_ERR_MAPPED, TESS_ARG_WORD(1), 2);
    EXPECT_EQ(mapped_count(first, 6, RT_AREA), 2);
    EXPECT_EQ(mapped_at(third), RT_AREA + MB2);
    EXPECT_EQ(mapped_at(rt_nth(first, 3)), ~0ull);
    REQUIRE_OK(unmap(space, first, 6));
    REQUIRE_OK(map(space, rt_copied(third, READ), 1, RT_AREA + 2 * RT_PAGE, READ));
    EXPECT_ERROR(map(space, first, 6, RT_AREA, READ), TESS_ERR_MAPPED, TESS_ARG_WORD(3), 2);
    EXPECT_EQ(mapped_count(first, 6, RT_AREA), 2);
    REQUIRE_OK(unmap(space, first, 6));

    /* An empty slot, a frame with fewer rights, the end of the tables. */
    tess_cptr run = rt_slots(3);
    rt_copy(run, first, READ | WRITE);
    EXPECT_ERROR(map(space, run, 3, RT_AREA, READ), TESS_ERR_TYPE, TESS_ARG_WORD(1), 1);
    rt_copy(rt_nth(run, 1), third, READ);
    REQUIRE_OK(unmap(space, run, 3));
    EXPECT_ERROR(map(space, run, 3, RT_AREA, READ | WRITE), TESS_ERR_RIGHTS, TESS_ARG_WORD(4), 1);
    EXPECT_ERROR(map(space, first, 6, RT_AREA + 2 * MB2 - 4 * RT_PAGE, READ), TESS_ERR_TABLE,
                 TESS_ARG_WORD(3), 4);
    EXPECT_EQ(mapped_count(first, 6, RT_AREA + 2 * MB2 - 4 * RT_PAGE), 4);
}

TEST(VM_15, content,
     "MAP_RANGE shows each frame at its place with the rights asked for; the run may stand in any CNode "
     "(VM-S3, VM-S4)")
{
    enum { N = 40 };
    tess_cptr cnode = new_cnode(6), vspace = rt_boot.vspace, first = new_frames(N);
    REQUIRE_OK(rt_map(vspace, rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), RT_AREA + MB2 - RT_PAGE, READ));
    for (unsigned i = 0; i < N; i++)
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_MOVE, 5 + i, 0, rt_nth(first, i)));
    volatile tess_word *pages = (volatile tess_word *)RT_AREA;
    REQUIRE_OK(rt_invoke(vspace, MAP, cnode, 5, N, RT_AREA, READ | WRITE, 0, 0));
    for (unsigned i = 0; i < N; i++)
        pages[i * 512] = 1000 + i;
    EXPECT_OK(rt_invoke(vspace, UNMAP, cnode, 5, N, 0, 0, 0, 0));
    EXPECT_EQ(access_fault(TESS_NULL, RT_AREA + 7 * RT_PAGE, ACCESS_READ), TESS_FAULT_READ);
    REQUIRE_OK(rt_invoke(vspace, MAP, cnode, 5 + 8, N - 8, RT_AREA, READ, 0, 0));
    for (unsigned i = 8; i < N; i++)
        EXPECT_EQ(pages[(i - 8) * 512], 1000 + i);
    EXPECT_EQ(access_fault(TESS_NULL, RT_AREA + 7 * RT_PAGE, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(TESS_NULL, RT_AREA + 7 * RT_PAGE, ACCESS_EXECUTE), TESS_FAULT_EXECUTE);
}

TEST(VM_15, sizes, "MAP_RANGE: frame i stands at i times its own size")
{
    tess_cptr space = new_space(), run = rt_slots(3), frames = new_frames(2);
    REQUIRE_OK(rt_move(run, frames));
    REQUIRE_OK(rt_retype(rt_memory, TESS_TYPE_FRAME, TESS_FRAME_2M, rt_nth(run, 1), 1));
    REQUIRE_OK(rt_move(rt_nth(run, 2), rt_nth(frames, 1)));
    tess_word at = RT_AREA + 4 * MB2;
    REQUIRE_OK(rt_map(space, rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), at + 4 * MB2, READ));
    EXPECT_ERROR(map(space, run, 3, at, READ), TESS_ERR_TABLE, TESS_ARG_WORD(3), 0);
    REQUIRE_OK(rt_map(space, rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), at + RT_PAGE, READ));
    EXPECT_OK(map(space, run, 3, at, READ));
    EXPECT_EQ(mapped_at(run), at);
    EXPECT_EQ(mapped_at(rt_nth(run, 1)), at + MB2);
    EXPECT_EQ(mapped_at(rt_nth(run, 2)), at + 2 * RT_PAGE);
}

TEST(VM_15, progress, "slots that word 6 counts as done are passed over")
{
    tess_cptr space = new_space(), first = new_frames(8);
    EXPECT_OK(rt_invoke(space, MAP, 0, first, 8, RT_AREA, READ, 0, 5));
    EXPECT_EQ(mapped_count(first, 8, RT_AREA), 0);
    EXPECT_EQ(mapped_count(rt_nth(first, 5), 3, RT_AREA + 5 * RT_PAGE), 3);
    EXPECT_OK(rt_invoke(space, MAP, 0, first, 8, RT_AREA, READ, 0, 8));
    EXPECT_OK(rt_invoke(space, UNMAP, 0, first, 8, 0, 0, 0, 7));
    EXPECT_EQ(mapped_count(rt_nth(first, 5), 3, RT_AREA + 5 * RT_PAGE), 2);
}

TEST(VM_15, preempted,
     "a more urgent thread runs in time while ranges of 1000 frames are mapped, protected, unmapped")
{
    enum { N = 1000, ROUNDS = 8 };
    struct pulse pulse = {0};
    tess_cptr space = new_space(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), run = rt_slots(N);
    for (unsigned i = 0; i < N; i++)
        rt_copy(rt_nth(run, i), frame, READ | WRITE);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct rt_result r = map(space, run, N, RT_AREA, READ | WRITE);
        REQUIRE_OK(r);
        EXPECT_EQ(r.info, 0);
        for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
            EXPECT_EQ(r.words[i], 0);
        REQUIRE_OK(protect(space, run, N, READ));
        REQUIRE_OK(unmap(space, run, N));
    }
    unsigned beats = pulse.beats;
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    EXPECT(beats >= ROUNDS);
    pulse_stop(&pulse);
    EXPECT_EQ(mapped_at(run), ~0ull);
    EXPECT_EQ(mapped_at(rt_nth(run, N - 1)), ~0ull);
}

/* Runs in the middle of a preempted operation: takes away the last frame of the run. */
static tess_cptr taken;
static void take(void *argument)
{
    (void)argument;
    rt_delete(taken);
}

TEST(VM_15, changed, "a frame deleted while the range is being mapped ends it there, with the count")
{
    enum { N = 1000 };
    struct pulse pulse = {.each = take};
    tess_cptr space = new_space(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), run = rt_slots(N);
    taken = rt_nth(run, N - 1);
    pulse_start(&pulse);
    unsigned round = 0;
    for (; round < 64; round++) {
        for (unsigned i = 0; i < N; i++)
            rt_copy(rt_nth(run, i), frame, READ);
        rt_copy(taken, frame, READ);
        struct rt_result r = map(space, run, N, RT_AREA, READ);
        if (r.status != TESS_OK) {
            EXPECT_ERROR(r, TESS_ERR_TYPE, TESS_ARG_WORD(1), N - 1);
            EXPECT_EQ(mapped_count(run, N, RT_AREA), N - 1);
            break;
        }
        REQUIRE_OK(unmap(space, run, N));
    }
    pulse_stop(&pulse);
    EXPECT(round < 64);
}

TEST(VM_15, cnode_gone,
     "the CNode's capability deleted while the range is being mapped ends it, and INSPECT tells where")
{
    enum { N = 1000 };
    struct pulse pulse = {.each = take};
    tess_cptr space = new_space(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), cnode = new_cnode(10);
    for (unsigned i = 1; i <= N; i++)
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, i, 0, frame, READ));
    taken = rt_slot();
    pulse_start(&pulse);
    unsigned round = 0;
    for (; round < 64; round++) {
        if (type_of(taken) == TESS_TYPE_NULL)
            rt_copy(taken, cnode, TESS_RIGHTS_ALL);
        struct rt_result r = rt_invoke(space, MAP, taken, 1, N, RT_AREA, READ, 0, 0);
        tess_word mapped = mapped_count(in_cnode(cnode, 1), 1, RT_AREA);
        if (r.status != TESS_OK && mapped) {
            EXPECT_ERROR(r, TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
            for (mapped = 0; mapped < N && mapped_at(in_cnode(cnode, 1 + mapped)) != ~0ull; mapped++)
                EXPECT_EQ(mapped_at(in_cnode(cnode, 1 + mapped)), RT_AREA + mapped * RT_PAGE);
            EXPECT(mapped < N);
            for (tess_word i = mapped; i < N; i++)
                EXPECT_EQ(mapped_at(in_cnode(cnode, 1 + i)), ~0ull);
            break;
        }
        REQUIRE_OK(rt_invoke(space, UNMAP, cnode, 1, N, 0, 0, 0, 0));
    }
    pulse_stop(&pulse);
    EXPECT(round < 64);
}

TEST(VM_16, protect,
     "PROTECT_RANGE changes what is mapped in this space and passes over the rest; rights end it")
{
    tess_cptr space = new_program_space(), other = new_program_space(), run = rt_slots(5),
              frames = new_frames(3);
    tess_cptr third = rt_nth(run, 3), last = rt_nth(run, 4);
    rt_copy(run, frames, 7);
    rt_copy(rt_nth(run, 2), frames, 7);
    rt_copy(third, rt_nth(frames, 1), READ | WRITE);
    rt_copy(last, rt_nth(frames, 2), 7);
    REQUIRE_OK(map(space, run, 1, RT_AREA, READ));
    REQUIRE_OK(map(other, rt_nth(run, 2), 1, RT_AREA, READ));
    REQUIRE_OK(map(space, third, 2, RT_AREA + RT_PAGE, READ));
    EXPECT_OK(protect(space, run, 5, READ | WRITE));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_EQ(access_fault(other, RT_AREA, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(space, RT_AREA + RT_PAGE, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_EQ(access_fault(space, RT_AREA + 2 * RT_PAGE, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_ERROR(protect(space, run, 5, READ | EXECUTE), TESS_ERR_RIGHTS, TESS_ARG_WORD(4), 3);
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(space, RT_AREA + 2 * RT_PAGE, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_ERROR(protect(space, run, 5, WRITE), TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0);
    EXPECT_ERROR(protect(space, rt_nth(run, 1), 4, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 2);
    EXPECT_OK(protect(space, rt_nth(run, 1), 2, 0)); /* nothing there is mapped in it */
}

TEST(VM_16, unmap, "UNMAP_RANGE unmaps what is mapped in this space and passes over the rest")
{
    tess_cptr space = new_program_space(), other = new_program_space(), run = rt_slots(4),
              frames = new_frames(2);
    rt_copy(run, frames, 7);
    rt_copy(rt_nth(run, 1), frames, 7);
    rt_copy(rt_nth(run, 3), rt_nth(frames, 1), 7);
    REQUIRE_OK(map(space, run, 1, RT_AREA, READ));
    REQUIRE_OK(map(other, rt_nth(run, 1), 1, RT_AREA, READ));
    REQUIRE_OK(map(space, rt_nth(run, 3), 1, RT_AREA + MB2, READ));
    EXPECT_OK(unmap(space, run, 4));
    EXPECT_EQ(mapped_at(run), ~0ull);
    EXPECT_EQ(mapped_at(rt_nth(run, 1)), RT_AREA);
    EXPECT_EQ(mapped_at(rt_nth(run, 3)), ~0ull);
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(space, RT_AREA + MB2, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(other, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_OK(unmap(space, run, 4));
}

TEST(VM_16, cut_off, "PROTECT_RANGE and UNMAP_RANGE pass over frames that are cut off (VM-S6)")
{
    tess_cptr space = rt_vspace_empty(), first = new_frames(2);
    tess_cptr tables = rt_alloc_many(TESS_TYPE_PAGE_TABLE, 0, table_levels());
    for (unsigned i = 0; i < table_levels(); i++)
        REQUIRE_OK(rt_invoke(rt_nth(tables, i), TESS_PAGE_TABLE_MAP, space, RT_AREA));
    REQUIRE_OK(map(space, first, 2, RT_AREA, READ));
    REQUIRE_OK(rt_invoke(rt_nth(tables, table_levels() - 1), TESS_PAGE_TABLE_UNMAP));
    EXPECT_OK(protect(space, first, 2, READ | WRITE));
    EXPECT_OK(unmap(space, first, 2));
    REQUIRE_OK(rt_invoke(rt_nth(tables, table_levels() - 1), TESS_PAGE_TABLE_MAP, space, RT_AREA));
    EXPECT_OK(map(space, first, 2, RT_AREA, READ));
}
