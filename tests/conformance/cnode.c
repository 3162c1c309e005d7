/*
 * tests/conformance/cnode.c: the operations of CNodes (SPEC CN). Deletion of containers: teardown.c.
 */
#include "tests/conformance/common.h"

#define COPY(cnode, ...) rt_invoke((cnode), TESS_CNODE_COPY, __VA_ARGS__)
#define MINT(cnode, ...) rt_invoke((cnode), TESS_CNODE_MINT, __VA_ARGS__)
#define MOVE(cnode, ...) rt_invoke((cnode), TESS_CNODE_MOVE, __VA_ARGS__)
#define SWAP(cnode, ...) rt_invoke((cnode), TESS_CNODE_SWAP, __VA_ARGS__)

/* ---- what the operations do ------------------------------------------------------------------------- */

TEST(CN_01, between, "COPY, MINT and MOVE work between any two CNodes (CN-S1, CN-S2)")
{
    tess_cptr from = new_cnode(4), to = new_cnode(4), endpoint = new_endpoint();
    EXPECT_OK(COPY(from, 3, TESS_NULL, endpoint, 15));
    EXPECT_OK(COPY(to, 7, from, 3, 15));
    EXPECT_OK(MINT(to, 8, from, 3, 3, 77));
    EXPECT_OK(MOVE(to, 9, from, 3));
    EXPECT_EQ(type_of(in_cnode(from, 3)), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(in_cnode(to, 7)), TESS_TYPE_ENDPOINT);
    EXPECT_EQ(rt_inspect(in_cnode(to, 8)).badge, 77);
    EXPECT_EQ(rt_inspect(in_cnode(to, 8)).type, TESS_TYPE_ENDPOINT | 3 << 8);
    EXPECT_EQ(rt_inspect(in_cnode(to, 9)).type, TESS_TYPE_ENDPOINT | 15 << 8);
}

TEST(CN_01, source_null, "a null source CNode means the caller's CSpace")
{
    tess_cptr cnode = new_cnode(4);
    EXPECT_OK(COPY(cnode, 1, TESS_NULL, rt_boot.tcb, 15));
    EXPECT_OK(COPY(cnode, 2, rt_boot.cnode, rt_boot.tcb, 15));
    EXPECT_EQ(type_of(in_cnode(cnode, 1)), TESS_TYPE_TCB);
    EXPECT_EQ(type_of(in_cnode(cnode, 2)), TESS_TYPE_TCB);
}

TEST(CN_02, move, "MOVE empties the source and changes nothing about the capability (CN-S2)")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 8192), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    tess_cptr slots = rt_slots(4);
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, slots, 1));
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
    struct tess_inspect u = rt_inspect(untyped), f = rt_inspect(frame);
    EXPECT_OK(rt_move(rt_nth(slots, 1), untyped));
    EXPECT_OK(rt_move(rt_nth(slots, 2), frame));
    EXPECT_EQ(type_of(untyped), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(frame), TESS_TYPE_NULL);
    struct tess_inspect v = rt_inspect(rt_nth(slots, 1)), g = rt_inspect(rt_nth(slots, 2));
    EXPECT_EQ(v.state[0], u.state[0]);
    EXPECT_EQ(v.badge, u.badge);
    EXPECT_EQ(g.state[1], f.state[1]);
    EXPECT_EQ(g.state[2], 1);
    *(volatile uint8_t *)RT_AREA = 1;
    EXPECT_OK(rt_invoke(rt_nth(slots, 2), TESS_FRAME_UNMAP));
    EXPECT_ERROR(rt_invoke(rt_nth(slots, 1), TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, 0, 0);
}

TEST(CN_02, swap, "SWAP exchanges capabilities of any types; mappings and watermarks go with them (CN-S3)")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 8192), slot = rt_slot();
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), other = rt_alloc(TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, slot, 1));
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
    tess_word used = rt_state(untyped);
    EXPECT_OK(SWAP(rt_boot.cnode, frame, TESS_NULL, untyped));
    EXPECT_EQ(rt_state(frame), used);
    EXPECT_EQ(rt_inspect(untyped).state[1], RT_AREA);
    EXPECT_OK(SWAP(rt_boot.cnode, frame, TESS_NULL, untyped));
    EXPECT_EQ(rt_inspect(frame).state[1], RT_AREA);
    EXPECT_EQ(rt_state(untyped), used);

    EXPECT_OK(SWAP(rt_boot.cnode, frame, TESS_NULL, other)); /* mapped and not mapped */
    EXPECT_EQ(rt_inspect(other).state[2], 1);
    EXPECT_EQ(rt_inspect(frame).state[2], 0);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA + 4096, RIGHTS_RW));
    EXPECT_OK(SWAP(rt_boot.cnode, frame, TESS_NULL, other)); /* both mapped in one space */
    EXPECT_EQ(rt_inspect(frame).state[1], RT_AREA);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA + 4096, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_OK(SWAP(rt_boot.cnode, frame, TESS_NULL, frame)); /* with itself */
    EXPECT_EQ(type_of(frame), TESS_TYPE_FRAME);
}

TEST(CN_02, swap_spaces, "SWAP of frames mapped in two address spaces keeps each in its own")
{
    tess_cptr space = rt_vspace_create();
    tess_cptr a = rt_alloc(TESS_TYPE_FRAME, 12), b = rt_alloc(TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_map(rt_boot.vspace, a, RT_AREA, RIGHTS_RW));
    REQUIRE_OK(rt_map(space, b, RT_AREA, RIGHTS_RW));
    EXPECT_OK(SWAP(rt_boot.cnode, a, TESS_NULL, b));
    EXPECT_OK(rt_revoke(space)); /* nothing: the space itself stays */
    EXPECT_OK(rt_delete(space));
    EXPECT_EQ(rt_inspect(a).state[2], 0);
    EXPECT_EQ(rt_inspect(b).state[2], 1);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA, ACCESS_WRITE), TESS_FAULT_NONE);
}

TEST(CN_03, unmapped, "a copy of a mapped frame is not mapped, and its deletion unmaps nothing")
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
    tess_cptr copy = rt_copied(frame, 15);
    EXPECT_EQ(rt_inspect(copy).state[2], 0);
    EXPECT_OK(rt_delete(copy));
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA, ACCESS_WRITE), TESS_FAULT_NONE);
}

TEST(CN_04, badge, "a badge can be given once, to endpoints and notifications only")
{
    tess_cptr to = rt_slot(), badged = rt_minted(new_endpoint(), 15, 1);
    tess_cptr notification = rt_minted(new_notification(), 15, 2), frame = rt_alloc(TESS_TYPE_FRAME, 12);
    EXPECT_ERROR(rt_mint(to, badged, 15, 1), TESS_ERR_DERIVE, TESS_ARG_WORD(2), TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_mint(to, notification, 15, 9), TESS_ERR_DERIVE, TESS_ARG_WORD(2), TESS_TYPE_NOTIFICATION);
    EXPECT_ERROR(rt_mint(to, frame, 15, 9), TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0);
    EXPECT_ERROR(rt_mint(to, rt_boot.tcb, 15, 9), TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0);
    EXPECT_OK(rt_mint(to, badged, 15, 0));
    EXPECT_EQ(rt_inspect(to).badge, 1);
}

/* ---- errors, in the order in which they are looked for ---------------------------------------------- */

TEST(CN_05, destination, "the destination is checked first: its address, then that it is empty")
{
    static const tess_word ops[] = {TESS_CNODE_COPY, TESS_CNODE_MINT, TESS_CNODE_MOVE};
    tess_cptr cnode = new_cnode(2), full = new_endpoint(), bad = rt_boot.tcb | 1ull << rt_boot.radix;
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 4, bad, bad, 99, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
        EXPECT_ERROR(rt_invoke(rt_boot.cnode, ops[i], full, bad, bad, 99, 0), TESS_ERR_OCCUPIED,
                     TESS_ARG_WORD(0), 0);
        EXPECT_ERROR(rt_invoke(rt_boot.cnode, ops[i], full, TESS_NULL, full, 15, 0), TESS_ERR_OCCUPIED,
                     TESS_ARG_WORD(0), 0);
    }
    EXPECT_ERROR(SWAP(cnode, 4, bad, bad), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(SWAP(cnode, 3, bad, bad), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
}

TEST(CN_05, source, "then the source CNode, the source, whether it can be derived, rights, badge")
{
    static const tess_word ops[] = {TESS_CNODE_COPY, TESS_CNODE_MINT, TESS_CNODE_MOVE};
    tess_cptr cnode = new_cnode(2), empty = rt_slot(), bad = rt_boot.tcb | 1ull << rt_boot.radix;
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 1, bad, bad, 99, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(1), 1);
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 1, empty, bad, 99, 0), TESS_ERR_TYPE, TESS_ARG_WORD(1),
                     TESS_TYPE_NULL);
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 1, rt_boot.tcb, bad, 99, 0), TESS_ERR_TYPE, TESS_ARG_WORD(1),
                     TESS_TYPE_TCB);
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 1, TESS_NULL, bad, 99, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(2),
                     1);
        EXPECT_ERROR(rt_invoke(cnode, ops[i], 1, TESS_NULL, empty, 99, 0), TESS_ERR_TYPE, TESS_ARG_WORD(2),
                     TESS_TYPE_NULL);
    }
    EXPECT_ERROR(MINT(cnode, 1, TESS_NULL, rt_memory, 99, 9), TESS_ERR_DERIVE, TESS_ARG_WORD(2),
                 TESS_TYPE_UNTYPED);
    EXPECT_ERROR(MINT(cnode, 1, TESS_NULL, rt_boot.tcb, 16, 9), TESS_ERR_RANGE, TESS_ARG_WORD(3), 15);
    EXPECT_ERROR(COPY(cnode, 1, TESS_NULL, rt_boot.tcb, 16), TESS_ERR_RANGE, TESS_ARG_WORD(3), 15);
    EXPECT_ERROR(COPY(cnode, 1, TESS_NULL, rt_boot.tcb, ~0ull), TESS_ERR_RANGE, TESS_ARG_WORD(3), 15);
    EXPECT_ERROR(SWAP(rt_boot.cnode, new_endpoint(), TESS_NULL, empty), TESS_ERR_TYPE, TESS_ARG_WORD(2),
                 TESS_TYPE_NULL);
    EXPECT_EQ(type_of(in_cnode(cnode, 1)), TESS_TYPE_NULL);
}

TEST(CN_05, copy_badge, "COPY does not look at the badge, MOVE not at rights")
{
    tess_cptr cnode = new_cnode(2), badged = rt_minted(new_endpoint(), 15, 6);
    EXPECT_OK(COPY(cnode, 1, TESS_NULL, badged, 15, 99));
    EXPECT_EQ(rt_inspect(in_cnode(cnode, 1)).badge, 6);
    EXPECT_OK(MOVE(cnode, 2, cnode, 1, 99, 99));
    EXPECT_EQ(rt_inspect(in_cnode(cnode, 2)).type, TESS_TYPE_ENDPOINT | 15 << 8);
}

TEST(CN_05, others, "DELETE, REVOKE and CANCEL: errors of each")
{
    tess_cptr cnode = new_cnode(2), empty = rt_slot(), plain = new_endpoint();
    EXPECT_ERROR(rt_invoke(cnode, TESS_CNODE_DELETE, 4), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(rt_invoke(cnode, TESS_CNODE_REVOKE, 4), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(rt_invoke(cnode, TESS_CNODE_CANCEL, 4, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_OK(rt_delete(empty));
    EXPECT_ERROR(rt_revoke(empty), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, empty, 0), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_NULL);
    EXPECT_ERROR(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, rt_minted(new_notification(), 15, 3), 0),
                 TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NOTIFICATION);
    EXPECT_ERROR(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, plain, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0),
                 0);
}

TEST(CN_06, delete, "DELETE empties a slot, and again does nothing (CN-S4)")
{
    tess_cptr endpoint = new_endpoint(), copy = rt_copied(endpoint, 15);
    EXPECT_OK(rt_delete(endpoint));
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_NULL);
    EXPECT_OK(rt_delete(endpoint));
    EXPECT_ERROR(rt_nbsend(copy, 0), TESS_ERR_WOULD_BLOCK, 0, 0);
    EXPECT_OK(rt_delete(copy));
    EXPECT_ERROR(rt_nbsend(copy, 0), TESS_ERR_TYPE, 0, TESS_TYPE_NULL);
}

TEST(CN_06, revoke, "REVOKE of a capability without children does nothing")
{
    tess_cptr endpoint = new_endpoint();
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_OK(rt_revoke(rt_copied(endpoint, 15)));
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_ENDPOINT);
}

/* ---- CANCEL -------------------------------------------------------------------------------------------- */

TEST(CN_10, cancel, "CANCEL ends the queued Sends and Calls of one badge, and no others (EP-S8, TH-S12)")
{
    struct actor senders[6];
    tess_cptr endpoint = new_endpoint(), five = rt_minted(endpoint, 15, 5), six = rt_minted(endpoint, 15, 6);
    tess_cptr caps[] = {five, six, five, endpoint, rt_copied(five, 15), rt_minted(endpoint, 15, 5)};
    for (unsigned i = 0; i < 6; i++) {
        if (i % 2)
            actor_call(&senders[i], caps[i]);
        else
            actor_send(&senders[i], caps[i]);
    }
    EXPECT_EQ(rt_inspect(endpoint).state[1], 6);
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, five, 0));
    for (unsigned i = 0; i < 6; i++) {
        bool cancelled = caps[i] != six && caps[i] != endpoint;
        EXPECT_EQ(senders[i].returned, cancelled);
        if (cancelled)
            EXPECT_ERROR(senders[i].result, TESS_ERR_CANCELLED, 0, 0);
    }
    EXPECT_EQ(rt_inspect(endpoint).state[1], 2);
}

TEST(CN_10, receivers, "CANCEL leaves receivers alone")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), five = rt_minted(endpoint, 15, 5);
    actor_recv(&receiver, five, TESS_NULL);
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, five, 0));
    EXPECT_EQ(receiver.returned, 0);
    EXPECT_OK(rt_send(five, 0));
    EXPECT_EQ(receiver.returned, 1);
}

TEST(CN_10, faults, "CANCEL leaves a thread whose fault is cancelled stopped (TH-S20)")
{
    tess_cptr endpoint = new_endpoint(), handler = rt_minted(endpoint, 15, 5);
    struct actor victim = ACTOR(TESS_SYS_YIELD, 0);
    actor_start(&victim, .priority = RT_PRIORITY_HIGH, .handler = handler, .stopped = true);
    rt_set_registers(victim.thread->tcb, 0, 0, 0, 0, true); /* nothing is mapped at 0 */
    EXPECT_EQ(rt_state(victim.thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, handler, 0));
    EXPECT_EQ(rt_state(victim.thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_state(endpoint), 0);
}

TEST(CN_10, many, "CANCEL finds all of 30 senders in a mixed queue")
{
    static struct actor senders[30];
    tess_cptr endpoint = new_endpoint(), badged[3];
    for (unsigned i = 0; i < 3; i++)
        badged[i] = rt_minted(endpoint, 15, 1 + i);
    for (unsigned i = 0; i < 30; i++) {
        senders[i] = ACTOR(TESS_SYS_SEND, badged[i % 3]);
        actor_start(&senders[i], .priority = RT_PRIORITY_HIGH + i * 7 % 11, .no_buffer = true);
    }
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, badged[1], 0));
    for (unsigned i = 0; i < 30; i++)
        EXPECT_EQ(senders[i].returned, i % 3 == 1);
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, badged[0], 0));
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, badged[2], 0));
    EXPECT_EQ(rt_inspect(endpoint).state[1], 0);
}
