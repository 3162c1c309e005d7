/*
 * tests/conformance/pairs.c: the order of checks. Each operation is called with each defect of its arguments
 * alone, and with each two at once, of which SPEC.md says which is found first: the tables below are its tables
 * of checks, in their order. At last without a defect it succeeds (SPEC, "Checks" of each operation).
 */
#include "tests/conformance/common.h"

/* What a defect changes; words from 0 on. */
enum { IN_CAP = 8, IN_LABEL, IN_REPLY };
#define W(n) (n)

struct defect {
    unsigned in;
    tess_word value;
    enum tess_error error;
    tess_word argument, detail;
};

struct call {
    tess_word operation;
    tess_cptr cap;
    tess_word info;
    tess_cptr reply;
    tess_word words[TESS_REGISTER_WORDS];
};

static void put_defect(struct call *call, const struct defect *defect)
{
    switch (defect->in) {
    case IN_CAP:
        call->cap = defect->value;
        break;
    case IN_LABEL:
        call->info = defect->value;
        break;
    case IN_REPLY:
        call->reply = defect->value;
        break;
    default:
        call->words[defect->in] = defect->value;
    }
}

static struct rt_result make(const struct call *call)
{
    return rt_syscall(call->operation, call->cap, call->info, call->reply, call->words);
}

static void check_pairs(struct call good, const struct defect *defects, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = i; j < count; j++) {
            struct call call = good;
            if (j > i && defects[i].in == defects[j].in)
                continue; /* one argument has one value */
            put_defect(&call, &defects[i]);
            put_defect(&call, &defects[j]);
            if (!EXPECT_ERROR(make(&call), defects[i].error, defects[i].argument, defects[i].detail))
                rt_printf("# defects %u and %u\n", (tess_word)i, (tess_word)j);
        }
}

/* The operation `label` of an object. */
#define CHECK_OPERATION(cap_, label_, words_, ...)                                                           \
    do {                                                                                                     \
        struct call good = {TESS_SYS_CALL, (cap_), TESS_INFO((label_), 0, 0), TESS_NULL,                     \
                            RT_WORDS_LIST words_};                                                           \
        const struct defect defects[] = {                                                                    \
            {IN_LABEL, TESS_INFO(99, 0, 0), TESS_ERR_OPERATION, TESS_ARG_INFO, 0}, __VA_ARGS__};             \
        check_pairs(good, defects, sizeof defects / sizeof *defects);                                        \
        EXPECT_OK(make(&good));                                                                              \
    } while (0)
#define RT_WORDS_LIST(...)                                                                                   \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

/* Often: an address that leads nowhere, and a capability of another type. */
#define BAD_ADDRESS(n, address)                                                                              \
    {                                                                                                        \
        W(n), (address), TESS_ERR_ADDRESS, TESS_ARG_WORD(n), (address) >> lost                               \
    }
#define BAD_TYPE(n)                                                                                          \
    {                                                                                                        \
        W(n), rt_boot.fp, TESS_ERR_TYPE, TESS_ARG_WORD(n), TESS_TYPE_FP                                      \
    }

static unsigned lost;        /* bits of root's CNode */
static tess_cptr nowhere;    /* leads to no slot from root's CNode */
static tess_cptr empty_slot; /* a slot, but nothing in it */

static void pairs_begin(void)
{
    lost = rt_boot.radix;
    nowhere = rt_boot.fp | 5ull << rt_boot.radix; /* behind something that is no CNode */
    empty_slot = rt_slot();
}

/* An untyped of device memory that nothing is made of. */
static tess_cptr device_untyped(void)
{
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL)
        if (record->kind == TESS_MEMORY_DEVICE) {
            REQUIRE_OK(rt_invoke(record->address, TESS_UNTYPED_RESET));
            return record->address;
        }
    rt_stop("no device memory");
}

static tess_cptr device_frame(void)
{
    tess_cptr frame = rt_slot();
    REQUIRE_OK(rt_retype(device_untyped(), TESS_TYPE_FRAME, TESS_FRAME_4K, frame, 1));
    return frame;
}

TEST(CN_05, pairs, "COPY, MINT, MOVE, SWAP, CANCEL, DELETE, REVOKE: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, 15, 3), full = new_endpoint();
    tess_cptr cnode = new_cnode(3), table = rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, 7, TESS_NULL, full, 15));
    for (tess_word label = TESS_CNODE_COPY; label <= TESS_CNODE_MINT; label++)
        CHECK_OPERATION(cnode, label, (label, 0, endpoint, 15, label == TESS_CNODE_MINT ? 4 : 0),
                        {W(0), 8, TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1},
                        {W(0), 7, TESS_ERR_OCCUPIED, TESS_ARG_WORD(0), 0}, BAD_ADDRESS(1, nowhere),
                        BAD_TYPE(1), BAD_ADDRESS(2, nowhere),
                        {W(2), empty_slot, TESS_ERR_TYPE, TESS_ARG_WORD(2), 0},
                        {W(2), table, TESS_ERR_DERIVE, TESS_ARG_WORD(2), TESS_TYPE_PAGE_TABLE},
                        {W(3), 16, TESS_ERR_RANGE, TESS_ARG_WORD(3), 15});
    CHECK_OPERATION(cnode, TESS_CNODE_MINT, (3, 0, endpoint, 15, 9),
                    {W(3), 16, TESS_ERR_RANGE, TESS_ARG_WORD(3), 15},
                    {W(2), rt_boot.fp, TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0},
                    {W(2), badged, TESS_ERR_DERIVE, TESS_ARG_WORD(2), TESS_TYPE_ENDPOINT});
    CHECK_OPERATION(cnode, TESS_CNODE_MOVE, (4, 0, full), {W(0), 8, TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1},
                    {W(0), 7, TESS_ERR_OCCUPIED, TESS_ARG_WORD(0), 0}, BAD_ADDRESS(1, nowhere), BAD_TYPE(1),
                    BAD_ADDRESS(2, nowhere), {W(2), empty_slot, TESS_ERR_TYPE, TESS_ARG_WORD(2), 0});
    CHECK_OPERATION(cnode, TESS_CNODE_SWAP, (7, 0, endpoint),
                    {W(0), 8, TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1},
                    {W(0), 6, TESS_ERR_TYPE, TESS_ARG_WORD(0), 0}, BAD_ADDRESS(1, nowhere), BAD_TYPE(1),
                    BAD_ADDRESS(2, nowhere), {W(2), empty_slot, TESS_ERR_TYPE, TESS_ARG_WORD(2), 0});
    CHECK_OPERATION(rt_boot.cnode, TESS_CNODE_CANCEL, (badged), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), endpoint, TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0});
    CHECK_OPERATION(rt_boot.cnode, TESS_CNODE_REVOKE, (endpoint), BAD_ADDRESS(0, nowhere),
                    {W(0), empty_slot, TESS_ERR_TYPE, TESS_ARG_WORD(0), 0});
    CHECK_OPERATION(rt_boot.cnode, TESS_CNODE_DELETE, (endpoint), BAD_ADDRESS(0, nowhere));
}

TEST(UT_07, pairs, "RETYPE, RESET: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 8192), cnode = new_cnode(4),
              small = rt_alloc(TESS_TYPE_UNTYPED, 16);
    tess_cptr full = new_cnode(4); /* of its slots the first that are asked for are not empty */
    for (tess_word i = 1; i < 8; i++)
        REQUIRE_OK(rt_invoke(full, TESS_CNODE_COPY, i, TESS_NULL, rt_boot.fp, 15));
    CHECK_OPERATION(
        untyped, TESS_UNTYPED_RETYPE, (TESS_TYPE_SCHED_CONTEXT, 2, cnode, 1, 2, 0),
        {W(0), TESS_TYPE_FIRMWARE, TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0},
        {W(1), 65, TESS_ERR_RANGE, TESS_ARG_WORD(1), 64}, {W(1), 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), 2},
        BAD_ADDRESS(2, nowhere), BAD_TYPE(2), {W(3), 17, TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 1},
        {W(3), 0, TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 0}, {W(4), 0, TESS_ERR_RANGE, TESS_ARG_WORD(4), 1},
        {W(4), 16, TESS_ERR_RANGE, TESS_ARG_WORD(4), 15}, {W(5), 5, TESS_ERR_RANGE, TESS_ARG_WORD(5), 4},
        {IN_CAP, small, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 16},
        {W(2), full, TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0});
    CHECK_OPERATION(untyped, TESS_UNTYPED_RETYPE, (TESS_TYPE_ENDPOINT, 0, cnode, 3, 1, 0),
                    {W(1), 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), 0},
                    {IN_CAP, device_untyped(), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0},
                    BAD_ADDRESS(2, nowhere), BAD_TYPE(2), {W(3), 17, TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 1},
                    {W(4), 0, TESS_ERR_RANGE, TESS_ARG_WORD(4), 1},
                    {W(5), 3, TESS_ERR_RANGE, TESS_ARG_WORD(5), 2},
                    {W(2), full, TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0});
    for (tess_word type = TESS_TYPE_UNTYPED; type <= TESS_TYPE_FRAME;
         type += TESS_TYPE_FRAME - TESS_TYPE_UNTYPED) {
        bool frame = type == TESS_TYPE_FRAME;
        enum tess_error size = frame ? TESS_ERR_ARGUMENT : TESS_ERR_ALIGNMENT;
        CHECK_OPERATION(
            rt_memory, TESS_UNTYPED_RETYPE, (type, frame ? TESS_FRAME_4K : 64, cnode, 4 + frame, 1, 0),
            {W(1), frame ? 13 : 24, size, TESS_ARG_WORD(1), frame ? 0 : 16}, BAD_ADDRESS(2, nowhere),
            BAD_TYPE(2), {W(3), 17, TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 1},
            {W(4), 0, TESS_ERR_RANGE, TESS_ARG_WORD(4), 1}, {W(5), 3, TESS_ERR_RANGE, TESS_ARG_WORD(5), 2},
            {IN_CAP, small, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 16},
            {W(2), full, TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0});
    }
    CHECK_OPERATION(small, TESS_UNTYPED_RESET, (0),
                    {IN_CAP, untyped, TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0});
}

TEST(TH_04, pairs, "SET_SPACES, SET_BUFFER, SET_HANDLERS: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), cnode = new_cnode(1), frame = rt_alloc(TESS_TYPE_FRAME, 12);
    tess_cptr endpoint = new_endpoint(), weak = rt_copied(endpoint, 11);
    CHECK_OPERATION(tcb, TESS_TCB_SET_SPACES, (cnode, rt_boot.vspace), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    BAD_ADDRESS(1, nowhere), BAD_TYPE(1));
    CHECK_OPERATION(tcb, TESS_TCB_SET_BUFFER, (frame, 3072), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), rt_copied(frame, TESS_RIGHT_READ), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), RIGHTS_RW},
                    {W(0), rt_copied(frame, TESS_RIGHT_WRITE), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), RIGHTS_RW},
                    {W(0), device_frame(), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0},
                    {W(1), 4097, TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 1024},
                    {W(1), 4096, TESS_ERR_RANGE, TESS_ARG_WORD(1), 3072});
    CHECK_OPERATION(tcb, TESS_TCB_SET_HANDLERS, (endpoint, endpoint), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), weak, TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_CALL}, BAD_ADDRESS(1, nowhere),
                    BAD_TYPE(1), {W(1), weak, TESS_ERR_RIGHTS, TESS_ARG_WORD(1), TESS_RIGHT_CALL});
}

TEST(TH_05, pairs, "SET_PRIORITY, READ_REGS, WRITE_REGS, SET_FLAGS: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), authority = rt_alloc(TESS_TYPE_TCB, 0);
    REQUIRE_OK(rt_invoke(authority, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 5, 7));
    CHECK_OPERATION(tcb, TESS_TCB_SET_PRIORITY, (authority, 7, 7), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), TESS_NULL, TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0},
                    {W(1), 8, TESS_ERR_RANGE, TESS_ARG_WORD(1), 7},
                    {W(2), 8, TESS_ERR_RANGE, TESS_ARG_WORD(2), 7});
    for (tess_word label = TESS_TCB_READ_REGS; label <= TESS_TCB_WRITE_REGS; label++)
        CHECK_OPERATION(tcb, label, (0, 4, 0), {W(0), 32, TESS_ERR_RANGE, TESS_ARG_WORD(0), 31},
                        {W(1), 33, TESS_ERR_RANGE, TESS_ARG_WORD(1), 32},
                        {W(2), 2, TESS_ERR_RANGE, TESS_ARG_WORD(2), 1},
                        {IN_CAP, rt_self->tcb, TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0});
    for (tess_word label = TESS_TCB_SUSPEND; label <= TESS_TCB_RESUME; label++)
        CHECK_OPERATION(tcb, label, (0));
    CHECK_OPERATION(tcb, TESS_TCB_SET_FLAGS, (0, 2), {W(0), 4, TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0},
                    {W(1), 1ull << 63, TESS_ERR_ARGUMENT, TESS_ARG_WORD(1), 0});
}

TEST(TH_07, pairs, "BIND_NOTIFICATION, BIND_FP: each error, and of each two the first")
{
    pairs_begin();
    struct actor waiter;
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), busy = rt_alloc(TESS_TYPE_TCB, 0),
              fp = rt_alloc(TESS_TYPE_FP, 0);
    tess_cptr notification = new_notification(), taken = new_notification(), waited = new_notification();
    tess_cptr taken_fp = rt_alloc(TESS_TYPE_FP, 0);
    REQUIRE_OK(rt_invoke(busy, TESS_TCB_BIND_NOTIFICATION, taken));
    REQUIRE_OK(rt_invoke(busy, TESS_TCB_BIND_FP, taken_fp));
    actor_recv(&waiter, waited, TESS_NULL);
    CHECK_OPERATION(
        tcb, TESS_TCB_BIND_NOTIFICATION, (notification), BAD_ADDRESS(0, nowhere),
        {W(0), fp, TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_FP},
        {W(0), rt_copied(notification, TESS_RIGHT_SEND), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_RECV},
        {IN_CAP, busy, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0},
        {W(0), taken, TESS_ERR_BOUND, TESS_ARG_WORD(0), 0},
        {W(0), waited, TESS_ERR_BUSY, TESS_ARG_WORD(0), 0});
    CHECK_OPERATION(tcb, TESS_TCB_BIND_FP, (fp), BAD_ADDRESS(0, nowhere),
                    {W(0), taken, TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NOTIFICATION},
                    {IN_CAP, busy, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0},
                    {W(0), taken_fp, TESS_ERR_BOUND, TESS_ARG_WORD(0), 0});
}

TEST(
    SC_02, pairs,
    "CONFIGURE, SET_INTERVAL, TRACE, BIND, UNBIND, CONSUMED, YIELD_TO: each error, and of each two the first")
{
    pairs_begin();
    tess_word least = rt_boot.machine->timebase / 100000 + 1;
    tess_cptr context = new_context(), tcb = rt_alloc(TESS_TYPE_TCB, 0), timer = rt_alloc(TESS_TYPE_TIMER, 0);
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, 12), notification = new_notification();
    CHECK_OPERATION(
        rt_boot.control, TESS_SCHED_CONTROL_CONFIGURE, (context, least, least, 2, 0), BAD_ADDRESS(0, nowhere),
        BAD_TYPE(0), {W(1), least - 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), least},
        {W(2), least - 1, TESS_ERR_RANGE, TESS_ARG_WORD(2), least},
        {W(2), 1ull << 62, TESS_ERR_RANGE, TESS_ARG_WORD(2), (1ull << 62) - 1},
        {W(3), 1, TESS_ERR_RANGE, TESS_ARG_WORD(3), 2}, {W(3), 3, TESS_ERR_RANGE, TESS_ARG_WORD(3), 2});
    CHECK_OPERATION(
        context, TESS_SCHED_CONTEXT_BIND, (tcb), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
        {IN_CAP, rt_self->context, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0},
        {W(0), rt_copied(notification, TESS_RIGHT_SEND), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_RECV},
        {W(0), rt_self->tcb, TESS_ERR_BOUND, TESS_ARG_WORD(0), 0});
    CHECK_OPERATION(rt_boot.control, TESS_SCHED_CONTROL_SET_INTERVAL, (timer, least), BAD_ADDRESS(0, nowhere),
                    BAD_TYPE(0), {W(1), least - 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), least},
                    {W(1), 1ull << 62, TESS_ERR_RANGE, TESS_ARG_WORD(1), (1ull << 62) - 1});
    CHECK_OPERATION(rt_boot.control, TESS_SCHED_CONTROL_TRACE, (frame), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), rt_copied(frame, TESS_RIGHT_READ), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), RIGHTS_RW},
                    {W(0), device_frame(), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0});
    EXPECT_OK(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_TRACE, TESS_NULL));
    CHECK_OPERATION(context, TESS_SCHED_CONTEXT_CONSUMED, (0));
    CHECK_OPERATION(context, TESS_SCHED_CONTEXT_YIELD_TO, (0),
                    {IN_CAP, new_context(), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0},
                    {IN_CAP, rt_self->context, TESS_ERR_BUSY, TESS_ARG_CAPABILITY, 0});
    CHECK_OPERATION(context, TESS_SCHED_CONTEXT_UNBIND, (0),
                    {IN_CAP, new_context(), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0});
}

TEST(TM_02, pairs, "ARM and BIND: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr timer = rt_alloc(TESS_TYPE_TIMER, 0), bound = rt_alloc(TESS_TYPE_TIMER, 0),
              notification = new_notification();
    tess_word interval = rt_boot.machine->timebase / 1000, most = (1ull << 62) - 1;
    REQUIRE_OK(rt_invoke(bound, TESS_TIMER_BIND, notification));
    CHECK_OPERATION(timer, TESS_TIMER_ARM, (most, interval),
                    {W(0), most + 1, TESS_ERR_RANGE, TESS_ARG_WORD(0), most},
                    {W(1), most + 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), most},
                    {W(1), interval - 1, TESS_ERR_RANGE, TESS_ARG_WORD(1), interval});
    CHECK_OPERATION(
        timer, TESS_TIMER_BIND, (notification), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
        {W(0), rt_copied(notification, TESS_RIGHT_RECV), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_SEND},
        {IN_CAP, bound, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0});
    CHECK_OPERATION(timer, TESS_TIMER_CANCEL, (0));
}

TEST(VM_02, pairs,
     "MAP, PROTECT, UNMAP of a frame, MAP and UNMAP of a page table: each error, and of each two the first")
{
    pairs_begin();
    tess_word end = 1ull << (rt_boot.machine->address_bits - 1);
    tess_cptr space = rt_vspace_empty(), frame = rt_alloc(TESS_TYPE_FRAME, 12),
              other = rt_alloc(TESS_TYPE_FRAME, 12);
    tess_cptr mapped = rt_alloc(TESS_TYPE_FRAME, 12), table = rt_alloc(TESS_TYPE_PAGE_TABLE, 0), used;
    REQUIRE_OK(rt_map(space, mapped, RT_AREA, RIGHTS_RW));
    REQUIRE_OK(rt_map(space, other, RT_AREA + 8192, TESS_RIGHT_READ));
    tess_cptr readable = rt_copied(frame, TESS_RIGHT_READ);
    CHECK_OPERATION(frame, TESS_FRAME_MAP, (space, RT_AREA + 4096, TESS_RIGHT_READ, 0),
                    BAD_ADDRESS(0, nowhere), BAD_TYPE(0), {W(3), 3, TESS_ERR_ARGUMENT, TESS_ARG_WORD(3), 0},
                    {IN_CAP, mapped, TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0},
                    {W(1), RT_AREA + 1, TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 4096},
                    {W(1), end + 2048, TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 4096},
                    {W(1), end, TESS_ERR_RANGE, TESS_ARG_WORD(1), end - 1},
                    {W(2), 8, TESS_ERR_RIGHTS, TESS_ARG_WORD(2), 8},
                    {W(2), 0, TESS_ERR_ARGUMENT, TESS_ARG_WORD(2), 0},
                    {W(2), TESS_RIGHT_WRITE, TESS_ERR_ARGUMENT, TESS_ARG_WORD(2), 0},
                    {W(1), RT_AREA + (1 << 21), TESS_ERR_TABLE, TESS_ARG_WORD(1), 0},
                    {W(1), RT_AREA, TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0});
    CHECK_OPERATION(
        other, TESS_FRAME_PROTECT, (RIGHTS_RW), {IN_CAP, readable, TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0},
        {W(0), 8, TESS_ERR_RIGHTS, TESS_ARG_WORD(0), 8}, {W(0), 0, TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0});
    used = rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
    REQUIRE_OK(rt_invoke(used, TESS_PAGE_TABLE_MAP, space, RT_AREA + (4ull << 21)));
    CHECK_OPERATION(table, TESS_PAGE_TABLE_MAP, (space, RT_AREA + (8ull << 21)), BAD_ADDRESS(0, nowhere),
                    BAD_TYPE(0), {IN_CAP, used, TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0},
                    {W(1), end, TESS_ERR_RANGE, TESS_ARG_WORD(1), end - 1},
                    {W(1), RT_AREA, TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0});
    CHECK_OPERATION(table, TESS_PAGE_TABLE_UNMAP, (0),
                    {IN_CAP, rt_alloc(TESS_TYPE_PAGE_TABLE, 0), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0});
    CHECK_OPERATION(other, TESS_FRAME_UNMAP, (0),
                    {IN_CAP, readable, TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0});
}

/* A CNode of 8 slots with a copy of this capability in slots 2 and 3. */
static tess_cptr run_of(tess_cptr cap)
{
    tess_cptr cnode = new_cnode(3);
    for (tess_word i = 2; i < 4; i++)
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, i, TESS_NULL, cap, RIGHTS_RW));
    return cnode;
}

#define RANGE_DEFECTS                                                                                        \
    BAD_ADDRESS(0, nowhere), BAD_TYPE(0), {W(1), 8, TESS_ERR_ADDRESS, TESS_ARG_WORD(1), 1},                  \
        {W(2), 0, TESS_ERR_RANGE, TESS_ARG_WORD(2), 1}, {W(2), 7, TESS_ERR_RANGE, TESS_ARG_WORD(2), 6},      \
    {                                                                                                        \
        W(6), 3, TESS_ERR_RANGE, TESS_ARG_WORD(6), 2                                                         \
    }

TEST(VM_15, pairs,
     "MAP_RANGE, PROTECT_RANGE, UNMAP_RANGE: each error, and of each two the first (VM-S3, VM-S4)")
{
    pairs_begin();
    tess_word end = 1ull << (rt_boot.machine->address_bits - 1), at = RT_AREA + 4 * RT_PAGE;
    tess_cptr space = rt_vspace_empty(), frame = rt_alloc(TESS_TYPE_FRAME, 12), run = run_of(frame);
    tess_cptr no_frames = run_of(new_endpoint()), mapped = run_of(frame);
    REQUIRE_OK(rt_map(space, frame, RT_AREA, TESS_RIGHT_READ));
    REQUIRE_OK(rt_invoke(space, TESS_VSPACE_MAP_RANGE, mapped, 2, 1, RT_AREA + RT_PAGE, 1, 0, 0));
    CHECK_OPERATION(space, TESS_VSPACE_MAP_RANGE, (run, 2, 2, at, TESS_RIGHT_READ, 0, 0), RANGE_DEFECTS,
                    {W(0), no_frames, TESS_ERR_TYPE, TESS_ARG_WORD(1), 0},
                    {W(5), 3, TESS_ERR_ARGUMENT, TESS_ARG_WORD(5), 0},
                    {W(0), mapped, TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0},
                    {W(3), RT_AREA + 1, TESS_ERR_ALIGNMENT, TESS_ARG_WORD(3), 0},
                    {W(3), end, TESS_ERR_RANGE, TESS_ARG_WORD(3), 0},
                    {W(4), 8, TESS_ERR_RIGHTS, TESS_ARG_WORD(4), 0},
                    {W(4), TESS_RIGHT_WRITE, TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0},
                    {W(3), RT_AREA + (1 << 21), TESS_ERR_TABLE, TESS_ARG_WORD(3), 0},
                    {W(3), RT_AREA, TESS_ERR_MAPPED, TESS_ARG_WORD(3), 0});
    CHECK_OPERATION(space, TESS_VSPACE_PROTECT_RANGE, (run, 2, 2, 0, RIGHTS_RW, 0, 0), RANGE_DEFECTS,
                    {W(4), 8, TESS_ERR_RIGHTS, TESS_ARG_WORD(4), 0},
                    {W(4), TESS_RIGHT_WRITE, TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0});
    CHECK_OPERATION(space, TESS_VSPACE_UNMAP_RANGE, (run, 2, 2, 0, 0, 0, 0), RANGE_DEFECTS);
}

TEST(IRQ_01, pairs, "GET, and each operation of a handler: each error, and of each two the first")
{
    pairs_begin();
    tess_word most = rt_boot.machine->irq_max;
    tess_cptr cnode = new_cnode(2), notification = new_notification(),
              weak = rt_copied(notification, TESS_RIGHT_RECV);
    tess_cptr used = rt_slot(), handler;
    REQUIRE_OK(
        rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, most, rt_boot.cnode, used, notification, 0, 1));
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, 3, TESS_NULL, rt_boot.fp, 0));
    tess_word highest = rt_invoke(used, TESS_IRQ_HANDLER_SET_PRIORITY, ~0ull).badge;
    CHECK_OPERATION(
        rt_boot.irq_control, TESS_IRQ_CONTROL_GET, (most - 1, cnode, 1, notification, TESS_IRQ_LEVEL, 1),
        {W(0), 0, TESS_ERR_RANGE, TESS_ARG_WORD(0), 1},
        {W(0), most + 1, TESS_ERR_RANGE, TESS_ARG_WORD(0), most},
        {W(0), most, TESS_ERR_BOUND, TESS_ARG_WORD(0), 0}, BAD_ADDRESS(1, nowhere), BAD_TYPE(1),
        {W(2), 4, TESS_ERR_ADDRESS, TESS_ARG_WORD(2), 1}, {W(2), 3, TESS_ERR_OCCUPIED, TESS_ARG_WORD(2), 0},
        BAD_ADDRESS(3, nowhere), BAD_TYPE(3),
        {W(3), weak, TESS_ERR_RIGHTS, TESS_ARG_WORD(3), TESS_RIGHT_SEND},
        {W(4), 2, TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0}, {W(5), 0, TESS_ERR_RANGE, TESS_ARG_WORD(5), 1},
        {W(5), highest + 1, TESS_ERR_RANGE, TESS_ARG_WORD(5), highest},
        {W(4), TESS_IRQ_EDGE, TESS_ERR_UNSUPPORTED, TESS_ARG_WORD(4), 0});
    handler = rt_slot();
    REQUIRE_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_MOVE, handler, cnode, 1));
    REQUIRE_OK(rt_invoke(handler, TESS_IRQ_HANDLER_BIND, TESS_NULL));
    CHECK_OPERATION(handler, TESS_IRQ_HANDLER_BIND, (notification), BAD_ADDRESS(0, nowhere), BAD_TYPE(0),
                    {W(0), weak, TESS_ERR_RIGHTS, TESS_ARG_WORD(0), TESS_RIGHT_SEND},
                    {IN_CAP, used, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0});
    CHECK_OPERATION(handler, TESS_IRQ_HANDLER_ACK, (0));
    CHECK_OPERATION(handler, TESS_IRQ_HANDLER_SET_PRIORITY, (highest),
                    {W(0), 0, TESS_ERR_RANGE, TESS_ARG_WORD(0), 1},
                    {W(0), highest + 1, TESS_ERR_RANGE, TESS_ARG_WORD(0), highest});
    CHECK_OPERATION(handler, TESS_IRQ_HANDLER_SET_AFFINITY, (rt_inspect(handler).state[2]),
                    {W(0), 1ull << 32, TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0});
}

TEST(FW_01, pairs, "PUT: each error, and of both the first")
{
    CHECK_OPERATION(rt_boot.firmware, TESS_FIRMWARE_PUT, (0),
                    {W(0), 57, TESS_ERR_RANGE, TESS_ARG_WORD(0), 56});
}

/* ---- messages ------------------------------------------------------------------------------------------------- */

/* Of what EP-2 says of the message itself; the capabilities' addresses lead nowhere. */
#define MESSAGE_DEFECTS                                                                                      \
    {IN_LABEL, TESS_INFO(0, 65, 9), TESS_ERR_RANGE, TESS_ARG_INFO, 64},                                      \
        {IN_LABEL, TESS_INFO(0, 64, 9), TESS_ERR_RANGE, TESS_ARG_INFO, 8},                                   \
    {                                                                                                        \
        IN_LABEL, TESS_INFO(0, 64, 1), TESS_ERR_ADDRESS, TESS_ARG_TRANSFER(0), nowhere >> lost               \
    }

/* Of what RECV and REPLY_RECV are given: `endpoint`, a notification `bound` to another thread. */
#define RECEIVE_DEFECTS                                                                                      \
    {IN_CAP, nowhere, TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, nowhere >> lost},                               \
        {IN_CAP, rt_boot.fp, TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_FP},                              \
        {IN_CAP, rt_copied(endpoint, 13), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV},            \
        {IN_CAP, bound, TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0},                                             \
        {IN_REPLY, nowhere, TESS_ERR_ADDRESS, TESS_ARG_REPLY, nowhere >> lost},                              \
    {                                                                                                        \
        IN_REPLY, rt_boot.fp, TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_FP                                    \
    }

TEST(EP_02, pairs, "SEND, CALL and RECV: each error, and of each two the first")
{
    pairs_begin();
    tess_cptr endpoint = new_endpoint(), bound = new_notification(), held = new_reply();
    struct actor caller;
    REQUIRE_OK(rt_invoke(rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_BIND_NOTIFICATION, bound));
    actor_call(&caller, endpoint);
    REQUIRE_OK(rt_recv(endpoint, held));
    rt_self->buffer->caps[0] = nowhere;
    const struct defect send[] = {
        {IN_CAP, nowhere, TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, nowhere >> lost},
        {IN_CAP, rt_boot.fp, TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_FP},
        {IN_CAP, rt_copied(endpoint, 14), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND},
        MESSAGE_DEFECTS,
    };
    check_pairs((struct call){.operation = TESS_SYS_NBSEND, .cap = endpoint}, send,
                sizeof send / sizeof *send);
    struct defect call[sizeof send / sizeof *send];
    memcpy(call, send, sizeof send);
    call[1] = call[0]; /* a Call on another type is another matter (ABI-9) */
    call[2] = (struct defect){IN_CAP, rt_copied(endpoint, 11), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY,
                              TESS_RIGHT_CALL};
    check_pairs((struct call){.operation = TESS_SYS_CALL, .cap = endpoint}, call, sizeof send / sizeof *send);
    const struct defect recv[] = {
        RECEIVE_DEFECTS,
        {IN_REPLY, held, TESS_ERR_BUSY, TESS_ARG_REPLY, 0},
    };
    check_pairs((struct call){.operation = TESS_SYS_NBRECV, .cap = endpoint}, recv,
                sizeof recv / sizeof *recv);
    EXPECT_ERROR(rt_nbrecv(endpoint, new_reply()), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}

/* The first error decides that of the meeting: the last of the defects. */
static void check_meeting(tess_word operation, tess_cptr endpoint, enum tess_error error)
{
    const struct defect defects[] = {MESSAGE_DEFECTS, {IN_CAP, endpoint, error, TESS_ARG_CAPABILITY, 0}};
    check_pairs((struct call){.operation = operation, .cap = new_endpoint()}, defects,
                sizeof defects / sizeof *defects);
}

TEST(EP_02, meeting,
     "SEND, NBSEND and CALL: an error of the message comes before one of the receiver that waits")
{
    struct actor receiver, passive;
    tess_cptr endpoint = new_endpoint(), without = new_endpoint();
    pairs_begin();
    rt_self->buffer->caps[0] = nowhere;
    actor_recv(&receiver, endpoint, TESS_NULL);
    check_meeting(TESS_SYS_CALL, endpoint, TESS_ERR_NO_REPLY);
    actor_recv(&passive, without, TESS_NULL);
    REQUIRE_OK(rt_invoke(passive.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    check_meeting(TESS_SYS_CALL, without, TESS_ERR_NO_REPLY);
    check_meeting(TESS_SYS_SEND, without, TESS_ERR_NO_CONTEXT);
    check_meeting(TESS_SYS_NBSEND, without, TESS_ERR_NO_CONTEXT);
    EXPECT_EQ(receiver.returned + passive.returned, 0);
}

TEST(EP_03, pending, "a receive looks at its Reply object before it takes the word of its bound notification")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), notification = new_notification(), held = new_reply();
    actor_call(&caller, endpoint);
    REQUIRE_OK(rt_recv(endpoint, held));
    REQUIRE_OK(rt_invoke(rt_self->tcb, TESS_TCB_BIND_NOTIFICATION, notification));
    REQUIRE_OK(rt_signal(rt_minted(notification, 15, 4)));
    EXPECT_ERROR(rt_recv(endpoint, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_nbrecv(endpoint, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_EQ(rt_state(notification), 2);
    EXPECT_EQ(rt_nbrecv(endpoint, TESS_NULL).badge, 4); /* and before it finds nobody */
}

TEST(RP_04, pairs,
     "REPLY_RECV, and SEND on a Reply object: each error, and of each two the first; nobody is answered")
{
    struct actor caller, receiver;
    tess_cptr endpoint = new_endpoint(), held = new_reply(), offered = new_reply(),
              bound = new_notification();
    pairs_begin();
    rt_self->buffer->caps[0] = nowhere;
    REQUIRE_OK(rt_invoke(rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_BIND_NOTIFICATION, bound));
    actor_call(&caller, endpoint);
    REQUIRE_OK(rt_recv(endpoint, held));
    actor_recv(&receiver, new_endpoint(), offered);
    const struct defect reply_recv[] = {
        RECEIVE_DEFECTS,
        {IN_REPLY, offered, TESS_ERR_BUSY, TESS_ARG_REPLY, 0},
        MESSAGE_DEFECTS,
    };
    check_pairs((struct call){.operation = TESS_SYS_REPLY_RECV, .cap = endpoint, .reply = held}, reply_recv,
                sizeof reply_recv / sizeof *reply_recv);
    const struct defect send[] = {
        {IN_CAP, nowhere, TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, nowhere >> lost},
        {IN_CAP, new_reply(), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0},
        {IN_CAP, offered, TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0},
        MESSAGE_DEFECTS,
    };
    for (tess_word operation = TESS_SYS_SEND; operation <= TESS_SYS_NBSEND; operation++)
        check_pairs((struct call){.operation = operation, .cap = held}, send, sizeof send / sizeof *send);
    EXPECT_EQ(caller.returned, 0);
    EXPECT_OK(rt_send(held, 0));
    EXPECT_OK(caller.result);
}

/* ---- two defects of one argument --------------------------------------------------------------------------- */

TEST(ABI_08, one_argument,
     "where one argument has two defects, the first in the order of the checks is found")
{
    struct actor owner, receiver;
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), frame = rt_alloc(TESS_TYPE_FRAME, 12),
              endpoint = new_endpoint();
    tess_cptr bound = new_notification(), weak = rt_copied(bound, TESS_RIGHT_SEND);
    tess_cptr weak_device = rt_copied(device_frame(), TESS_RIGHT_READ);
    tess_cptr waited = new_notification(), weak_waited = rt_copied(waited, TESS_RIGHT_SEND);
    EXPECT_ERROR(rt_retype(rt_memory, TESS_TYPE_UNTYPED, TESS_UNTYPED_MAX + 8, rt_slot(), 1),
                 TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 16);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, weak_device, 0), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 RIGHTS_RW);
    EXPECT_ERROR(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_TRACE, weak_device), TESS_ERR_RIGHTS,
                 TESS_ARG_WORD(0), RIGHTS_RW);
    EXPECT_ERROR(rt_invoke(rt_copied(frame, TESS_RIGHT_READ), TESS_FRAME_MAP, rt_boot.vspace, RT_AREA,
                           TESS_RIGHT_WRITE, 0),
                 TESS_ERR_RIGHTS, TESS_ARG_WORD(2), TESS_RIGHT_WRITE);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, rt_boot.vspace, ~0ull, 1, 0), TESS_ERR_ALIGNMENT,
                 TESS_ARG_WORD(1), 4096);

    /* A notification that is bound, waited for by its thread, and has a context. */
    actor_recv(&owner, waited, TESS_NULL);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_BIND_NOTIFICATION, weak_waited), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_RECV);
    owner = ACTOR(TESS_SYS_RECV, bound);
    actor_start(&owner, .priority = RT_PRIORITY_HIGH, .stopped = true);
    REQUIRE_OK(rt_invoke(owner.thread->tcb, TESS_TCB_BIND_NOTIFICATION, bound));
    REQUIRE_OK(rt_invoke(owner.thread->tcb, TESS_TCB_RESUME));
    REQUIRE_OK(rt_invoke(new_context(), TESS_SCHED_CONTEXT_BIND, bound));
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_BIND_NOTIFICATION, weak), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_RECV);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_BIND_NOTIFICATION, bound), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(rt_invoke(new_context(), TESS_SCHED_CONTEXT_BIND, weak), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_RECV);
    EXPECT_ERROR(rt_recv(weak, TESS_NULL), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);

    actor_recv(&receiver, endpoint, TESS_NULL);
    EXPECT_ERROR(rt_call(rt_copied(endpoint, 11), 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_CALL);
    REQUIRE_OK(rt_invoke(receiver.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_ERROR(rt_send(rt_copied(endpoint, 14), 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
}
