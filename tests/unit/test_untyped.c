/* sources: tests/unit/world.c tests/unit/forest.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_untyped.c: untyped memory (SPEC UT-1..UT-11): where each object lands, what fits exactly
 * and what just does not, zeroing, device memory, reset, preemption, and each error in the order of checks.
 */
#include "tests/unit/forest.h"
#include "tests/unit/unit.h"

enum { TYPE, SIZE, CNODE, FIRST, COUNT, PROGRESS }; /* message words */

#define RAM    2u /* root slot of the boot untyped */
#define DEVICE 3u /* and of one over device registers */

/* A boot untyped over RAM, `offset` bytes from a 2 MB boundary, and a device untyped of 4 GB. */
static void begin(word offset, word bytes)
{
    world_begin();
    world_ram(&world.root[RAM], offset, bytes);
    world_device(&world.root[DEVICE], 0, 1ull << 32);
    forest_check();
}

static struct status retype(word untyped, word *words)
{
    struct status status = world_untyped(&world.root[untyped], TESS_UNTYPED_RETYPE, world_cspace(), words);
    forest_check();
    return status;
}

static void ok(struct status status)
{
    CHECK_EQ(status.code, TESS_OK);
    CHECK_EQ(status.detail, 0);
    forest_check();
}

static void fails(word untyped, word *words, enum tess_error error, unsigned argument, word detail)
{
    forest_check();
    uint64_t digest = forest_digest();
    struct status status = retype(untyped, words);
    CHECK_EQ(status.code, error | argument << 8);
    CHECK_EQ(status.detail, detail);
    CHECK_EQ(forest_digest(), digest);
}

static struct status reset(word untyped)
{
    word words[8] = {0};
    struct status status = world_untyped(&world.root[untyped], TESS_UNTYPED_RESET, world_cspace(), words);
    forest_check();
    return status;
}

/* Every type retype makes, with sizes at the ends of what they may be. */
static const struct kind {
    enum tess_type type;
    word size, bytes, alignment;
} KINDS[] = {
    {TESS_TYPE_UNTYPED, 16, 16, 16},
    {TESS_TYPE_UNTYPED, 0x12340, 0x12340, 16},
    {TESS_TYPE_CNODE, 1, 64, 32},
    {TESS_TYPE_CNODE, 9, 16384, 32},
    {TESS_TYPE_TCB, 0, TESS_TCB_BYTES, 64},
    {TESS_TYPE_ENDPOINT, 0, TESS_ENDPOINT_BYTES, 32},
    {TESS_TYPE_NOTIFICATION, 0, TESS_NOTIFICATION_BYTES, 64},
    {TESS_TYPE_REPLY, 0, TESS_REPLY_BYTES, 64},
    {TESS_TYPE_SCHED_CONTEXT, 2, TESS_SCHED_CONTEXT_BYTES, 64},
    {TESS_TYPE_SCHED_CONTEXT, 3, TESS_SCHED_CONTEXT_BYTES + 16, 64},
    {TESS_TYPE_SCHED_CONTEXT, 64, TESS_SCHED_CONTEXT_BYTES + 62 * 16, 64},
    {TESS_TYPE_FRAME, 12, 4096, 4096},
    {TESS_TYPE_FRAME, 21, 1 << 21, 1 << 21},
    {TESS_TYPE_PAGE_TABLE, 0, 4096, 4096},
    {TESS_TYPE_VSPACE, 0, 128, 128},
    {TESS_TYPE_FP, 0, TESS_FP_BYTES, 64},
    {TESS_TYPE_TIMER, 0, TESS_TIMER_BYTES, 64},
};
#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)

static word align(word value, word alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

/* ---- where objects land ------------------------------------------------------------------------------- */

/* Bases at the 16-byte grain around the alignments that matter. */
static const word OFFSETS[] = {0, 16, 32, 48, 64, 112, 4080, 4096, 4112, (1 << 21) - 16, 1 << 21};
#define OFFSET_COUNT (sizeof OFFSETS / sizeof *OFFSETS)

static void places(void)
{
    for (unsigned k = 0; k < KIND_COUNT; k++)
        for (unsigned o = 0; o < OFFSET_COUNT; o++) {
            const struct kind *kind = &KINDS[k];
            word base = RAM_BASE + OFFSETS[o];
            word start = align(base, kind->alignment);
            begin(OFFSETS[o], 0x700000);
            ok(world_retype_all(RAM, kind->type, kind->size, 10, 1));
            word at, bytes;
            CHECK_EQ(cap_type(world.root[10].cap), (enum cap_type)kind->type);
            CHECK(world.root[10].cap.w0 & CAP_ORIGINAL);
            CHECK(cap_range(world.root[10].cap, &at, &bytes));
            CHECK_EQ(at, start);
            CHECK_EQ(bytes, kind->bytes);
            CHECK_EQ(untyped_used(&world.root[RAM]), start + kind->bytes - base);
            ok(world_retype_all(RAM, kind->type, kind->size, 11,
                                1)); /* the next one, without a gap too many */
            CHECK(cap_range(world.root[11].cap, &at, &bytes));
            CHECK_EQ(at, align(start + kind->bytes, kind->alignment));
        }
}

/* The untyped ends exactly where the n-th object does, or 16 bytes before. */
static void exact_fit(void)
{
    for (unsigned k = 0; k < KIND_COUNT; k++)
        for (word count = 1; count <= 3; count++) {
            const struct kind *kind = &KINDS[k];
            word start = align(RAM_BASE + 16, kind->alignment);
            word stride = align(kind->bytes, kind->alignment);
            word length = start + (count - 1) * stride + kind->bytes - (RAM_BASE + 16);
            begin(16, length);
            word more[8] = {kind->type, kind->size, 1, 10, count + 1};
            fails(RAM, more, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, length);
            ok(world_retype_all(RAM, kind->type, kind->size, 10, count));
            CHECK_EQ(untyped_used(&world.root[RAM]), length);
            begin(16, length); /* also when it is stopped at each point: the rest must fit, not all again */
            world.preempt_always = true;
            ok(world_retype_all(RAM, kind->type, kind->size, 10, count));
            if (length < 32)
                continue;
            begin(16, length - 16);
            word words[8] = {kind->type, kind->size, 1, 10, count};
            fails(RAM, words, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, length - 16);
        }
}

static void gigabyte_frames(void)
{
    begin(0, 4096); /* device memory begins at 0x1010000000, so the first whole gigabyte at 0x1040000000 */
    ok(world_retype_all(DEVICE, TESS_TYPE_FRAME, TESS_FRAME_1G, 10, 3));
    CHECK_EQ(cap_page_base(world.root[12].cap), 0x10c0000000);
    CHECK(cap_frame_device(world.root[12].cap));
    word words[8] = {TESS_TYPE_FRAME, TESS_FRAME_1G, 1, 20, 1};
    fails(DEVICE, words, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, (1ull << 32) - (0x1100000000 - DEVICE_BASE));
}

/* Counts and sizes whose product, or sum with the base, does not fit in 64 bits. */
static void no_overflow(void)
{
    begin(0, 65536);
    /* A CNode large enough for a large count, in memory nobody looks at: only its capability is read. */
    struct cap large = cap_cnode(window_pointer(RAM_BASE), TESS_CNODE_RADIX_MAX);
    world.root[1].cap.w0 = large.w0;
    static const word counts[] = {(1u << 20) - 1, 1u << 16, 4097, 17};
    for (unsigned i = 0; i < 4; i++) {
        word words[8] = {TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX, 1, 1, counts[i]};
        struct untyped_args args;
        struct status status =
            untyped_decode(&args, TESS_UNTYPED_RETYPE, &world.root[RAM], world_cspace(), words);
        CHECK_EQ(status.code, TESS_ERR_MEMORY);
        words[TYPE] = TESS_TYPE_FRAME;
        words[SIZE] = 12;
        status = untyped_decode(&args, TESS_UNTYPED_RETYPE, &world.root[RAM], world_cspace(), words);
        CHECK_EQ(status.code, TESS_ERR_MEMORY);
        CHECK_EQ(status.detail, 65536);
    }
    word words[8] = {TESS_TYPE_UNTYPED, 16, 1, 1, 4096};
    struct untyped_args args;
    CHECK_EQ(untyped_decode(&args, TESS_UNTYPED_RETYPE, &world.root[RAM], world_cspace(), words).code,
             TESS_OK);
    words[COUNT] = 4097;
    CHECK_EQ(untyped_decode(&args, TESS_UNTYPED_RETYPE, &world.root[RAM], world_cspace(), words).code,
             TESS_ERR_MEMORY);
}

/* The largest untyped: its marks reach the end. */
static void largest_untyped(void)
{
    world_begin();
    world_device(&world.root[DEVICE], 0, TESS_UNTYPED_MAX);
    ok(world_retype_all(DEVICE, TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX, 10, 1));
    CHECK_EQ(untyped_used(&world.root[DEVICE]), TESS_UNTYPED_MAX);
    CHECK_EQ(cap_untyped_length(world.root[10].cap), TESS_UNTYPED_MAX);
    word words[8] = {TESS_TYPE_UNTYPED, 16, 1, 20, 1};
    fails(DEVICE, words, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 0);
    ok(world_retype_all(10, TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX - 16, 11, 1));
    ok(world_retype_all(10, TESS_TYPE_UNTYPED, 16, 12, 1));
    CHECK_EQ(cap_untyped_base(world.root[12].cap), DEVICE_BASE + TESS_UNTYPED_MAX - 16);
}

/* ---- zeroing ------------------------------------------------------------------------------------------ */

/* Memory used, freed and used again is zero again: object_create and the frames' first user look. */
static void reused_memory_is_zero(void)
{
    begin(0, 65536);
    for (unsigned round = 0; round < 3; round++) {
        ok(world_retype_all(RAM, TESS_TYPE_FRAME, 12, 10, 3));
        ok(world_retype_all(RAM, TESS_TYPE_TCB, 0, 13, 2));
        ok(world_retype_all(RAM, TESS_TYPE_CNODE, 8, 15, 1));
        ok(world_retype_all(RAM, TESS_TYPE_PAGE_TABLE, 0, 16, 2));
        ok(world_revoke_all(RAM, NULL));
        ok(reset(RAM));
        CHECK_EQ(untyped_used(&world.root[RAM]), 0);
    }
    CHECK_EQ(world.event_count > 0, true);
}

static void sub_untyped_memory_is_zeroed_when_used(void)
{
    begin(0, 65536);
    ok(world_retype_all(RAM, TESS_TYPE_FRAME, 12, 10, 2)); /* soiled by its user */
    ok(world_revoke_all(RAM, NULL));
    ok(reset(RAM));
    ok(world_retype_all(RAM, TESS_TYPE_UNTYPED, 8192, 10, 1));
    ok(world_retype_all(10, TESS_TYPE_TCB, 0, 11, 3));
    ok(world_retype_all(10, TESS_TYPE_FRAME, 12, 14, 1));
    ok(world_retype_all(RAM, TESS_TYPE_FRAME, 12, 15, 1));
}

/* Zeroing takes a look at pending interrupts at least every 4 KB, and loses nothing when it stops. */
static void zeroing_in_steps(void)
{
    begin(16, 0x400000 - 16);
    word words[8] = {TESS_TYPE_FRAME, TESS_FRAME_2M, 1, 10, 1};
    unsigned entries = 1;
    world.preempt_always = true;
    while (retype(RAM, words).code == STATUS_PREEMPTED)
        entries++;
    CHECK_EQ(cap_type(world.root[10].cap), CAP_FRAME);
    CHECK_EQ(entries, 1 + 511); /* 512 steps; after the last one there is nothing to stop before */
    CHECK_EQ(world.asks, 511);
}

/* A call that was stopped while zeroing, for good: what comes next out of the same memory is zero too. */
static void abandoned_zeroing(void)
{
    static const struct {
        enum tess_type type;
        word size;
    } next[] = {{TESS_TYPE_ENDPOINT, 0}, {TESS_TYPE_FRAME, 12}, {TESS_TYPE_TCB, 0}, {TESS_TYPE_CNODE, 6}};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned stop = 1; stop <= 5; stop += 2) {
            begin(16, 0x400000 - 16);
            ok(world_retype_all(RAM, TESS_TYPE_ENDPOINT, 0, 10, 1));
            world.preempt_at = stop;
            word words[8] = {TESS_TYPE_FRAME, TESS_FRAME_2M, 1, 11, 1};
            CHECK_EQ(retype(RAM, words).code, STATUS_PREEMPTED);
            ok(world_retype_all(RAM, next[i].type, next[i].size, 20, 3));
        }
}

static void device_memory_is_never_touched(void)
{
    begin(0, 4096); /* no memory behind the device untyped: a touch would crash */
    ok(world_retype_all(DEVICE, TESS_TYPE_FRAME, 12, 10, 4));
    ok(world_retype_all(DEVICE, TESS_TYPE_FRAME, 21, 14, 2));
    ok(world_retype_all(DEVICE, TESS_TYPE_UNTYPED, 65536, 16, 1));
    ok(world_retype_all(16, TESS_TYPE_FRAME, 12, 17, 2));
    for (word slot = 10; slot <= 18; slot++)
        if (slot != 16)
            CHECK(cap_frame_device(world.root[slot].cap));
    CHECK(cap_untyped_device(world.root[16].cap));
    CHECK_EQ(world.event_count, 0);      /* no object was made of it */
    CHECK_EQ(world.asks, 4 + 2 + 2 - 3); /* nothing but between one object and the next */
    ok(world_revoke_all(DEVICE, NULL));
    ok(reset(DEVICE));
}

/* ---- many at once, and preemption --------------------------------------------------------------------- */

static void many_in_order(void)
{
    begin(0, 65536);
    ok(world_retype_all(RAM, TESS_TYPE_ENDPOINT, 0, 10, 100));
    for (word i = 0; i < 100; i++)
        CHECK_EQ(window_physical(cap_object(world.root[10 + i].cap)), RAM_BASE + 32 * i);
}

static void last_slot_of_the_cnode(void)
{
    begin(0, 65536);
    word words[8] = {TESS_TYPE_ENDPOINT, 0, 1, ROOT_SLOTS - 3, 4};
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(COUNT), 3);
    ok(world_retype_all(RAM, TESS_TYPE_ENDPOINT, 0, ROOT_SLOTS - 3, 3));
}

static void into_an_inner_cnode(void)
{
    begin(0, 65536);
    ok(world_retype_all(RAM, TESS_TYPE_CNODE, 3, 10, 2));
    word words[8] = {TESS_TYPE_ENDPOINT, 0, 1, 10 | 2 << ROOT_RADIX, 7};
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(COUNT), 6); /* of that CNode, not of the first */
    words[COUNT] = 6;
    ok(retype(RAM, words));
    struct slot *inner = cap_object(world.root[10].cap);
    CHECK_EQ(cap_type(inner[7].cap), CAP_ENDPOINT);
    word direct[8] = {TESS_TYPE_ENDPOINT, 0, 11, 1, 7}; /* and with the inner one as root */
    ok(retype(RAM, direct));
}

/* Stopped at every point there is, and entered again: the same as without a stop. */
static void every_preemption_point(void)
{
    static const struct {
        enum tess_type type;
        word size, count;
    } calls[] = {{TESS_TYPE_ENDPOINT, 0, 130},
                 {TESS_TYPE_CNODE, 10, 3},
                 {TESS_TYPE_FRAME, 12, 4},
                 {TESS_TYPE_UNTYPED, 48, 5}};
    for (unsigned c = 0; c < 4; c++) {
        begin(16, 0x40000);
        ok(world_retype_all(RAM, calls[c].type, calls[c].size, 10, calls[c].count));
        uint64_t digest = forest_digest();
        unsigned points = world.asks;
        CHECK(points > 0);
        for (unsigned stop = 1; stop <= points + 1; stop++) {
            begin(16, 0x40000);
            world.preempt_at = stop;
            word words[8] = {calls[c].type, calls[c].size, 1, 10, calls[c].count};
            struct status status = retype(RAM, words);
            CHECK_EQ(status.code, stop <= points ? STATUS_PREEMPTED : TESS_OK);
            if (stop <= points)
                ok(retype(RAM, words));
            CHECK_EQ(forest_digest(), digest);
        }
        begin(16, 0x40000);
        world.preempt_always = true;
        ok(world_retype_all(RAM, calls[c].type, calls[c].size, 10, calls[c].count));
        CHECK_EQ(forest_digest(), digest);
    }
}

/* Between two entries somebody else fills a slot, takes memory, empties the untyped. */
static void others_meanwhile(void)
{
    word words[8] = {TESS_TYPE_ENDPOINT, 0, 1, 10, 4};
    begin(0, 65536);
    world.preempt_at = 2; /* one look at the destinations is no stop: two objects are made */
    CHECK_EQ(retype(RAM, words).code, STATUS_PREEMPTED);
    CHECK_EQ(words[PROGRESS], 4 + 2);
    ok(world_copy(13, 10, 15));
    struct status status = retype(RAM, words);
    CHECK_EQ(status.code, TESS_ERR_OCCUPIED | TESS_ARG_WORD(FIRST) << 8);
    CHECK_EQ(status.detail, 3); /* slots filled before it */
    CHECK_EQ(cap_type(world.root[12].cap), CAP_ENDPOINT);

    begin(0, 4096);
    word taken[8] = {TESS_TYPE_ENDPOINT, 0, 1, 10, 4};
    world.preempt_at = 2;
    CHECK_EQ(retype(RAM, taken).code, STATUS_PREEMPTED);
    ok(world_retype_all(RAM, TESS_TYPE_UNTYPED, 4096 - 64 - 32, 20, 1));
    status = retype(RAM, taken); /* one more would fit, but two are wanted */
    CHECK_EQ(status.code, TESS_ERR_MEMORY);
    CHECK_EQ(status.detail, 32);

    begin(0, 4096);
    word emptied[8] = {TESS_TYPE_ENDPOINT, 0, 1, 10, 4};
    world.preempt_at = 2;
    CHECK_EQ(retype(RAM, emptied).code, STATUS_PREEMPTED);
    ok(world_revoke_all(RAM, NULL));
    ok(reset(RAM));
    ok(retype(RAM, emptied)); /* makes the two that were missing */
    CHECK(cap_is_empty(world.root[10].cap) && cap_is_empty(world.root[11].cap));
    CHECK_EQ(window_physical(cap_object(world.root[12].cap)), RAM_BASE);
}

/* ---- errors, in the order of checks ------------------------------------------------------------------- */

static void unknown_operation(void)
{
    begin(0, 4096);
    word words[8] = {99, 99, 99, 99, 0};
    static const word labels[] = {0, TESS_UNTYPED_RESET + 1, ~0ull};
    for (unsigned i = 0; i < 3; i++) {
        struct status status = world_untyped(&world.root[RAM], labels[i], world_cspace(), words);
        CHECK_EQ(status.code, TESS_ERR_OPERATION | TESS_ARG_INFO << 8);
        CHECK_EQ(status.detail, 0);
    }
}

static void types_that_are_not_made(void)
{
    begin(0, 4096);
    static const word types[] = {TESS_TYPE_NULL,
                                 TESS_TYPE_SCHED_CONTROL,
                                 TESS_TYPE_IRQ_CONTROL,
                                 TESS_TYPE_IRQ_HANDLER,
                                 TESS_TYPE_FIRMWARE,
                                 TESS_TYPE_COUNT,
                                 TESS_TYPE_COUNT + 1,
                                 32 + TESS_TYPE_ENDPOINT,
                                 1ull << 32 | TESS_TYPE_ENDPOINT,
                                 ~0ull};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        word words[8] = {types[i], 99, 99, 99, 0}; /* the rest is wrong too */
        fails(RAM, words, TESS_ERR_ARGUMENT, TESS_ARG_WORD(TYPE), 0);
    }
}

static void sizes(void)
{
    static const struct {
        enum tess_type type;
        word size;
        enum tess_error error;
        word detail;
    } table[] = {
        {TESS_TYPE_UNTYPED, 0, TESS_ERR_RANGE, 16},
        {TESS_TYPE_UNTYPED, 8, TESS_ERR_ALIGNMENT, 16},
        {TESS_TYPE_UNTYPED, 17, TESS_ERR_ALIGNMENT, 16},
        {TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX + 16, TESS_ERR_RANGE, TESS_UNTYPED_MAX},
        {TESS_TYPE_UNTYPED, ~0ull - 15, TESS_ERR_RANGE, TESS_UNTYPED_MAX},
        {TESS_TYPE_CNODE, 0, TESS_ERR_RANGE, 1},
        {TESS_TYPE_CNODE, 21, TESS_ERR_RANGE, 20},
        {TESS_TYPE_CNODE, 64, TESS_ERR_RANGE, 20},
        {TESS_TYPE_CNODE, ~0ull, TESS_ERR_RANGE, 20},
        {TESS_TYPE_SCHED_CONTEXT, 0, TESS_ERR_RANGE, 2},
        {TESS_TYPE_SCHED_CONTEXT, 1, TESS_ERR_RANGE, 2},
        {TESS_TYPE_SCHED_CONTEXT, 65, TESS_ERR_RANGE, 64},
        {TESS_TYPE_FRAME, 0, TESS_ERR_ARGUMENT, 0},
        {TESS_TYPE_FRAME, 13, TESS_ERR_ARGUMENT, 0},
        {TESS_TYPE_FRAME, 4096, TESS_ERR_ARGUMENT, 0},
        {TESS_TYPE_TCB, 1, TESS_ERR_RANGE, 0},
        {TESS_TYPE_ENDPOINT, 32, TESS_ERR_RANGE, 0},
        {TESS_TYPE_NOTIFICATION, 1, TESS_ERR_RANGE, 0},
        {TESS_TYPE_REPLY, 1, TESS_ERR_RANGE, 0},
        {TESS_TYPE_PAGE_TABLE, 12, TESS_ERR_RANGE, 0},
        {TESS_TYPE_VSPACE, 1, TESS_ERR_RANGE, 0},
        {TESS_TYPE_FP, 1, TESS_ERR_RANGE, 0},
        {TESS_TYPE_TIMER, 1, TESS_ERR_RANGE, 0},
    };
    begin(0, 4096);
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        word words[8] = {table[i].type, table[i].size, 99, 99, 0};
        fails(RAM, words, table[i].error, TESS_ARG_WORD(SIZE), table[i].detail);
    }
}

static void device_makes_no_kernel_objects(void)
{
    begin(0, 4096);
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (KINDS[k].type == TESS_TYPE_UNTYPED || KINDS[k].type == TESS_TYPE_FRAME)
            continue;
        word words[8] = {KINDS[k].type, KINDS[k].size, 99, 99, 0};
        fails(DEVICE, words, TESS_ERR_ARGUMENT, TESS_ARG_WORD(TYPE), 0);
    }
}

static void destinations(void)
{
    begin(0, 4096);
    word words[8] = {TESS_TYPE_ENDPOINT, 0, TESS_NULL, 99, 0, 99};
    fails(RAM, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(CNODE), 0);
    words[CNODE] = 1 | 99 << ROOT_RADIX | 5ull << 2 * ROOT_RADIX;
    fails(RAM, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(CNODE), 5);
    words[CNODE] = 20;
    fails(RAM, words, TESS_ERR_TYPE, TESS_ARG_WORD(CNODE), CAP_NULL);
    words[CNODE] = RAM;
    fails(RAM, words, TESS_ERR_TYPE, TESS_ARG_WORD(CNODE), CAP_UNTYPED);
    words[CNODE] = 1;
    words[FIRST] = TESS_NULL;
    fails(RAM, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(FIRST), 0);
    words[FIRST] = 10 | 6 << ROOT_RADIX;
    fails(RAM, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(FIRST), 6);
    words[FIRST] = 10;
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(COUNT), 1);
    words[COUNT] = ROOT_SLOTS - 10 + 1;
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(COUNT), ROOT_SLOTS - 10);
    words[COUNT] = ~0ull;
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(COUNT), ROOT_SLOTS - 10);
    words[COUNT] = 2;
    words[PROGRESS] = 5;
    fails(RAM, words, TESS_ERR_RANGE, TESS_ARG_WORD(PROGRESS), 4);
    words[PROGRESS] = 0;
    words[COUNT] = 200;
    fails(RAM, words, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 4096);
}

/* All destinations are looked at before anything is made; the detail counts what was filled: nothing. */
static void occupied_destination(void)
{
    for (word at = 10; at < 14; at++) {
        begin(0, 4096);
        ok(world_copy(at, 1, 15));
        word words[8] = {TESS_TYPE_ENDPOINT, 0, 1, 10, 4};
        fails(RAM, words, TESS_ERR_OCCUPIED, TESS_ARG_WORD(FIRST), 0);
    }
    begin(0, 4096);
    word itself[8] = {TESS_TYPE_ENDPOINT, 0, 1, RAM, 1}; /* the untyped's own slot */
    fails(RAM, itself, TESS_ERR_OCCUPIED, TESS_ARG_WORD(FIRST), 0);
}

/* ---- reset -------------------------------------------------------------------------------------------- */

static void reset_when_childless(void)
{
    begin(0, 65536);
    ok(reset(RAM));
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (KINDS[k].bytes > 32768)
            continue;
        ok(world_retype_all(RAM, KINDS[k].type, KINDS[k].size, 10, 1));
        struct status status = reset(RAM);
        CHECK_EQ(status.code, TESS_ERR_CHILDREN);
        CHECK_EQ(status.detail, 0);
        CHECK(untyped_used(&world.root[RAM]) > 0);
        ok(world_delete_all(10, NULL));
        ok(reset(RAM));
        CHECK_EQ(untyped_used(&world.root[RAM]), 0);
    }
}

/* A container whose deletion has begun still occupies its memory. */
static void reset_while_a_child_dies(void)
{
    begin(0, 65536);
    ok(world_retype_all(RAM, TESS_TYPE_CNODE, 4, 10, 1));
    ok(world_copy(10 | 3 << ROOT_RADIX, 1, 15));
    world.preempt_at = 1;
    CHECK_EQ(world_delete(10).code, STATUS_PREEMPTED);
    CHECK_EQ(reset(RAM).code, TESS_ERR_CHILDREN);
    ok(world_delete_all(10, NULL));
    ok(reset(RAM));
}

static void reset_of_an_empty_sub_untyped(void)
{
    begin(0, 65536);
    ok(world_retype_all(RAM, TESS_TYPE_UNTYPED, 4096, 10, 2));
    ok(world_retype_all(11, TESS_TYPE_ENDPOINT, 0, 12, 1));
    ok(reset(10));
    CHECK_EQ(reset(11).code, TESS_ERR_CHILDREN);
    CHECK_EQ(reset(RAM).code, TESS_ERR_CHILDREN);
    ok(world_delete(11)); /* its child is now the parent's */
    CHECK_EQ(reset(RAM).code, TESS_ERR_CHILDREN);
    ok(world_delete(10));
    CHECK_EQ(reset(RAM).code, TESS_ERR_CHILDREN);
    ok(world_delete(12));
    ok(reset(RAM));
}

static const struct unit_test TESTS[] = {
    {"UT-2 every type at every 16-byte grain that matters", places},
    {"UT-7 memory that fits exactly, and 16 bytes less", exact_fit},
    {"UT-5 frames of 1 GB", gigabyte_frames},
    {"UT-7 counts and sizes that would overflow", no_overflow},
    {"UT-1 the largest untyped", largest_untyped},
    {"UT-8 memory used again is zero again", reused_memory_is_zero},
    {"UT-8 a sub-untyped zeroes when it is used itself", sub_untyped_memory_is_zeroed_when_used},
    {"UT-8 zeroing in steps of 4 KB", zeroing_in_steps},
    {"UT-8 zeroing abandoned half way", abandoned_zeroing},
    {"UT-9 device memory is never touched", device_memory_is_never_touched},
    {"UT-6 many objects in order", many_in_order},
    {"UT-6 up to the last slot of a CNode", last_slot_of_the_cnode},
    {"UT-6 into an inner CNode", into_an_inner_cnode},
    {"UT-10 every preemption point", every_preemption_point},
    {"UT-10 what others do during a preemption", others_meanwhile},
    {"UT-4 unknown operations", unknown_operation},
    {"UT-3 types that retype does not make", types_that_are_not_made},
    {"UT-5 sizes at and beyond their bounds", sizes},
    {"UT-9 device memory makes no kernel objects", device_makes_no_kernel_objects},
    {"UT-6 destinations", destinations},
    {"UT-6 an occupied destination", occupied_destination},
    {"UT-4 reset when childless", reset_when_childless},
    {"UT-4 no reset while a child is dying", reset_while_a_child_dies},
    {"UT-4 reset and sub-untypeds", reset_of_an_empty_sub_untyped},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
