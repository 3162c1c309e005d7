/*
 * tests/conformance/cap.c: capability types, rights, badges and INSPECT (SPEC CAP).
 */
#include "tests/conformance/common.h"

/* Size argument and bytes of every type that Retype makes. */
static const struct {
    enum tess_type type;
    tess_word size, bytes;
} made[] = {
    {TESS_TYPE_UNTYPED, 48, 48},
    {TESS_TYPE_CNODE, 3, TESS_SLOT_BYTES << 3},
    {TESS_TYPE_TCB, 0, TESS_TCB_BYTES},
    {TESS_TYPE_ENDPOINT, 0, TESS_ENDPOINT_BYTES},
    {TESS_TYPE_NOTIFICATION, 0, TESS_NOTIFICATION_BYTES},
    {TESS_TYPE_REPLY, 0, TESS_REPLY_BYTES},
    {TESS_TYPE_SCHED_CONTEXT, 2, TESS_SCHED_CONTEXT_BYTES},
    {TESS_TYPE_SCHED_CONTEXT, 5, TESS_SCHED_CONTEXT_BYTES + 3 * TESS_REFILL_BYTES},
    {TESS_TYPE_FRAME, TESS_FRAME_4K, 4096},
    {TESS_TYPE_FRAME, TESS_FRAME_2M, 2097152},
    {TESS_TYPE_PAGE_TABLE, 0, TESS_PAGE_TABLE_BYTES},
    {TESS_TYPE_VSPACE, 0, TESS_VSPACE_BYTES},
    {TESS_TYPE_FP, 0, TESS_FP_BYTES},
    {TESS_TYPE_TIMER, 0, TESS_TIMER_BYTES},
};
#define MADE (sizeof made / sizeof *made)

TEST(CAP_01, types, "each type that can be made tells its type and size")
{
    for (unsigned i = 0; i < MADE; i++) {
        struct tess_inspect inspect = rt_inspect(rt_alloc(made[i].type, made[i].size));
        EXPECT_EQ(inspect.type & 0xff, made[i].type);
        EXPECT_EQ(inspect.size, made[i].bytes);
    }
}

TEST(CAP_01, boot, "the capabilities of boot have the types of their roles")
{
    EXPECT_EQ(type_of(rt_boot.cnode), TESS_TYPE_CNODE);
    EXPECT_EQ(type_of(rt_boot.tcb), TESS_TYPE_TCB);
    EXPECT_EQ(type_of(rt_boot.vspace), TESS_TYPE_VSPACE);
    EXPECT_EQ(type_of(rt_boot.context), TESS_TYPE_SCHED_CONTEXT);
    EXPECT_EQ(type_of(rt_boot.control), TESS_TYPE_SCHED_CONTROL);
    EXPECT_EQ(type_of(rt_boot.irq_control), TESS_TYPE_IRQ_CONTROL);
    EXPECT_EQ(type_of(rt_boot.firmware), TESS_TYPE_FIRMWARE);
    EXPECT_EQ(type_of(rt_boot.fp), TESS_TYPE_FP);
    EXPECT_EQ(type_of(rt_boot.untyped), TESS_TYPE_UNTYPED);
}

static tess_word rights_of(tess_cptr cap)
{
    return rt_inspect(cap).type >> 8;
}

TEST(CAP_04, original, "new endpoints and notifications have all rights, new frames read, write, execute")
{
    EXPECT_EQ(rights_of(new_endpoint()), TESS_RIGHTS_ALL);
    EXPECT_EQ(rights_of(new_notification()), TESS_RIGHTS_ALL);
    EXPECT_EQ(rights_of(rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K)), 7);
}

TEST(CAP_04, none, "types without rights tell none")
{
    for (unsigned i = 0; i < MADE; i++)
        if (made[i].type != TESS_TYPE_ENDPOINT && made[i].type != TESS_TYPE_NOTIFICATION &&
            made[i].type != TESS_TYPE_FRAME)
            EXPECT_EQ(rights_of(rt_alloc(made[i].type, made[i].size)), 0);
}

TEST(CAP_05, masked, "a copy has the rights of its source that the mask has, for every mask")
{
    tess_cptr sources[] = {new_endpoint(), new_notification()};
    for (unsigned s = 0; s < 2; s++)
        for (tess_word mask = 0; mask <= TESS_RIGHTS_ALL; mask++) {
            tess_cptr copy = rt_copied(sources[s], mask), mint = rt_minted(sources[s], mask, 9);
            EXPECT_EQ(rights_of(copy), mask);
            EXPECT_EQ(rights_of(mint), mask);
            EXPECT_EQ(rights_of(rt_copied(copy, TESS_RIGHTS_ALL)), mask);
            EXPECT_EQ(rights_of(rt_copied(mint, 5)), mask & 5);
        }
}

TEST(CAP_05, frame, "a copy of a frame has the rights of its source that the mask has; GRANT means nothing")
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    for (tess_word mask = 0; mask <= TESS_RIGHTS_ALL; mask++) {
        tess_cptr copy = rt_copied(frame, mask);
        EXPECT_EQ(rights_of(copy), mask & 7);
        EXPECT_EQ(rights_of(rt_copied(copy, TESS_RIGHTS_ALL)), mask & 7);
        EXPECT_EQ(rt_inspect(copy).size, 4096);
        EXPECT_EQ(rt_inspect(copy).badge, rt_inspect(frame).badge);
    }
}

TEST(CAP_05, others, "a mask means nothing to types without rights")
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), cnode = new_cnode(4);
    EXPECT_OK(rt_invoke(rt_copied(tcb, 0), TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_inspect(rt_copied(cnode, 0)).state[0], 4);
    EXPECT_OK(rt_invoke(rt_copied(cnode, 0), TESS_CNODE_DELETE, 1));
}

TEST(CAP_06, badge, "a badge is part of a capability and of its copies")
{
    tess_cptr endpoint = new_endpoint();
    tess_cptr badged = rt_minted(endpoint, TESS_RIGHTS_ALL, ~0ull);
    EXPECT_EQ(rt_inspect(endpoint).badge, 0);
    EXPECT_EQ(rt_inspect(badged).badge, ~0ull);
    EXPECT_EQ(rt_inspect(rt_copied(badged, 1)).badge, ~0ull);
    EXPECT_EQ(rt_inspect(rt_copied(endpoint, 1)).badge, 0);
}

/* ---- INSPECT ------------------------------------------------------------------------------------------- */

static void expect_state(tess_cptr cap, tess_word s0, tess_word s1, tess_word s2)
{
    struct tess_inspect inspect = rt_inspect(cap);
    EXPECT_EQ(inspect.state[0], s0);
    EXPECT_EQ(inspect.state[1], s1);
    EXPECT_EQ(inspect.state[2], s2);
}

TEST(CAP_08, null, "INSPECT of an empty slot succeeds and tells nothing")
{
    struct rt_result r = rt_syscall(TESS_SYS_INSPECT, rt_slot(), 0, 0, RT_WORDS(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_OK(r);
    EXPECT_EQ(r.info, TESS_INFO(0, 8, 0));
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQ(r.words[i], 0);
}

TEST(CAP_08, memory, "INSPECT of untyped memory, CNodes and frames")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), slot = rt_slot();
    struct tess_inspect before = rt_inspect(untyped);
    EXPECT_EQ(before.size, 65536);
    expect_state(untyped, 0, 0, 0);
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, slot, 1));
    EXPECT_EQ(rt_state(untyped) >= TESS_ENDPOINT_BYTES, 1);
    EXPECT_EQ(rt_inspect(untyped).badge, before.badge);
    expect_state(new_cnode(7), 7, 0, 0);

    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    expect_state(frame, 7, 0, 0);
    EXPECT_EQ(rt_inspect(frame).badge % 4096, 0);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, TESS_RIGHT_READ));
    expect_state(frame, 7, RT_AREA, 1);
    REQUIRE_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    expect_state(frame, 7, 0, 0);
}

TEST(CAP_08, tables, "INSPECT of page tables and address spaces")
{
    tess_cptr vspace = rt_vspace_empty();
    unsigned levels = table_levels();
    tess_cptr tables = rt_alloc_many(TESS_TYPE_PAGE_TABLE, 0, levels);
    tess_word address = RT_AREA + 5 * (2ull << 20) + 12345;
    expect_state(vspace, 0, 0, 0);
    for (unsigned i = 0; i < levels; i++) {
        expect_state(rt_nth(tables, i), 0, 0, 0);
        REQUIRE_OK(rt_invoke(rt_nth(tables, i), TESS_PAGE_TABLE_MAP, vspace, address));
    }
    expect_state(vspace, 1, 0, 0);
    expect_state(rt_nth(tables, 0), 1, 0, levels - 1);
    for (unsigned level = levels - 1; level-- > 0;) /* mapped at the beginning of what an entry above spans */
        expect_state(rt_nth(tables, levels - 1 - level), 1, address & ~((1ull << (21 + 9 * level)) - 1),
                     level);
}

TEST(CAP_08, endpoint, "INSPECT of endpoints and notifications tells who waits, and how many")
{
    struct actor a, b;
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    expect_state(endpoint, 0, 0, 0);
    actor_recv(&a, endpoint, TESS_NULL);
    expect_state(endpoint, 2, 1, 0);
    actor_recv(&b, endpoint, TESS_NULL);
    expect_state(endpoint, 2, 2, 0);
    EXPECT_OK(rt_invoke(a.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_OK(rt_invoke(b.thread->tcb, TESS_TCB_SUSPEND));
    expect_state(endpoint, 0, 0, 0);
    actor_send(&a, endpoint);
    expect_state(endpoint, 1, 1, 0);

    expect_state(notification, 0, 0, 0);
    EXPECT_OK(rt_signal(notification));
    expect_state(notification, 2, 0, 0);
    rt_wait(notification);
    actor_recv(&b, notification, TESS_NULL);
    expect_state(notification, 1, 1, 0);
}

TEST(CAP_08, others, "INSPECT of Reply, context, FP and SchedControl objects")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), fp = rt_alloc(TESS_TYPE_FP, 0);
    expect_state(reply, 0, 0, 0);
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    expect_state(reply, 1, 0, 0);
    EXPECT_OK(rt_send(reply, 0));
    expect_state(reply, 0, 0, 0);

    tess_cptr context = new_context(), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    expect_state(context, 0, 0, 0);
    rt_configure(context, 5000, 70000, 0);
    expect_state(context, 5000, 70000, 5000);
    EXPECT_EQ(rt_inspect(context).state[3], 0);
    EXPECT_EQ(rt_inspect(context).state[4], 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    EXPECT_EQ(rt_inspect(context).state[4], 1);

    expect_state(fp, 0, 0, 0);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_BIND_FP, fp));
    expect_state(fp, 1, 0, 0);
    tess_word hart;
    rt_role(TESS_ROLE_SCHED_CONTROL, &hart);
    EXPECT_EQ(rt_inspect(rt_boot.control).size, hart);
}

TEST(CAP_08, tcb, "INSPECT of a thread tells state, priority, ceiling and last fault")
{
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0);
    expect_state(tcb, TESS_THREAD_INACTIVE, 0, TESS_FAULT_NONE);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 3, 200));
    expect_state(tcb, TESS_THREAD_INACTIVE, 3 | 200 << 8, TESS_FAULT_NONE);
    expect_state(rt_self->tcb, TESS_THREAD_READY, RT_PRIORITY_TEST | 255 << 8, TESS_FAULT_NONE);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA + 8, ACCESS_WRITE), TESS_FAULT_WRITE);
}

TEST(CAP_08, weak, "INSPECT needs no right")
{
    tess_cptr endpoint = rt_copied(new_endpoint(), 0);
    struct rt_result r = rt_syscall(TESS_SYS_INSPECT, endpoint, 0, 0, RT_WORDS(0));
    EXPECT_OK(r);
    EXPECT_EQ(r.words[0], TESS_TYPE_ENDPOINT);
}

/* ---- life --------------------------------------------------------------------------------------------- */

TEST(CAP_07, last, "an object lives while a capability to it exists; then its memory can be had back")
{
    for (unsigned i = 0; i < MADE; i++) {
        tess_word slack = made[i].bytes > 4096 ? made[i].bytes : 4096;
        tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, made[i].bytes + slack), object = rt_slot();
        REQUIRE_OK(rt_retype(untyped, made[i].type, made[i].size, object, 1));
        tess_cptr copy = rt_slot();
        struct rt_result r = rt_copy(copy, object, 15);
        if (TESS_STATUS_ERROR(r.status) == TESS_ERR_DERIVE)
            EXPECT_OK(rt_move(copy, object));
        else
            EXPECT_OK(r);
        EXPECT_OK(rt_delete(object));
        EXPECT_EQ(type_of(copy), made[i].type);
        EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
        EXPECT_OK(rt_delete(copy));
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
        EXPECT_OK(rt_delete(untyped));
    }
}
