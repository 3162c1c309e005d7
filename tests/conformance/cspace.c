/*
 * tests/conformance/cspace.c: capability addresses (SPEC CS).
 *
 * Most addresses here are resolved as destinations of DELETE, from a CNode of the test's own: DELETE of an
 * empty slot succeeds, so it tells whether an address leads to a slot, and INSPECT tells to which.
 */
#include "tests/conformance/common.h"

/* Resolves an address from a CNode; the status of it. */
static struct rt_result resolve(tess_cptr cnode, tess_word address)
{
    return rt_invoke(cnode, TESS_CNODE_DELETE, address);
}

/* A copy of `cap` at `address` from `cnode`. */
static struct rt_result put(tess_cptr cnode, tess_word address, tess_cptr cap)
{
    return rt_invoke(cnode, TESS_CNODE_COPY, address, TESS_NULL, cap, TESS_RIGHTS_ALL);
}

/* What stands there: a copy of it is taken out. */
static tess_word type_at(tess_cptr cnode, tess_word address)
{
    tess_cptr slot = rt_slot();
    rt_invoke(rt_boot.cnode, TESS_CNODE_COPY, slot, cnode, address, TESS_RIGHTS_ALL);
    return type_of(slot);
}

TEST(CS_01, low_first, "an address takes the radix of each CNode from its low end")
{
    tess_cptr outer = new_cnode(3), middle = new_cnode(5), inner = new_cnode(2);
    REQUIRE_OK(put(outer, 6, middle));
    REQUIRE_OK(put(middle, 19, inner));
    REQUIRE_OK(put(inner, 3, rt_boot.tcb));
    EXPECT_EQ(type_at(outer, 6 | 19 << 3 | 3 << 8), TESS_TYPE_TCB);
    EXPECT_EQ(type_at(outer, 6 | 19 << 3), TESS_TYPE_CNODE);
    EXPECT_EQ(type_at(outer, 6 | 19 << 3 | 2 << 8), TESS_TYPE_NULL);
    EXPECT_EQ(type_at(middle, 19 | 3 << 5), TESS_TYPE_TCB);
}

TEST(CS_01, sizes, "every slot of CNodes of many radices has its address, and no address more")
{
    static const unsigned radices[] = {1, 2, 8, 13};
    for (unsigned i = 0; i < sizeof radices / sizeof *radices; i++) {
        tess_cptr cnode = new_cnode(radices[i]);
        tess_word last = (1ull << radices[i]) - 1;
        EXPECT_OK(put(cnode, last, rt_boot.tcb));
        EXPECT_EQ(type_at(cnode, last), TESS_TYPE_TCB);
        if (last > 1)
            EXPECT_OK(put(cnode, last - 1, rt_boot.fp));
        EXPECT_OK(resolve(cnode, last));
        EXPECT_ERROR(resolve(cnode, last + 1), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    }
}

TEST(CS_02, stop, "a lookup ends where the remaining bits are zero, at a CNode too")
{
    tess_cptr outer = new_cnode(4), inner = new_cnode(4);
    REQUIRE_OK(put(outer, 5, inner));
    EXPECT_EQ(type_at(outer, 5), TESS_TYPE_CNODE);
    EXPECT_OK(put(outer, 5 | 1 << 4, rt_boot.fp));
    EXPECT_EQ(type_at(inner, 1), TESS_TYPE_FP);
    EXPECT_OK(resolve(outer, 5));
    EXPECT_ERROR(resolve(outer, 5 | 1 << 4), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_EQ(type_at(inner, 1), TESS_TYPE_FP);
}

TEST(CS_03, null, "the null address names nothing, wherever an address is expected")
{
    tess_cptr cnode = new_cnode(4), slot = rt_slot(), endpoint = new_endpoint();
    EXPECT_ERROR(resolve(cnode, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(put(cnode, 0, endpoint), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(rt_copy(slot, 0, 15), TESS_ERR_ADDRESS, TESS_ARG_WORD(2), 0);
    EXPECT_ERROR(rt_invoke(new_context(), TESS_SCHED_CONTEXT_BIND, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(rt_invoke(rt_memory, TESS_UNTYPED_RETYPE, TESS_TYPE_ENDPOINT, 0, rt_boot.cnode, 0, 1),
                 TESS_ERR_ADDRESS, TESS_ARG_WORD(3), 0);
}

TEST(CS_03, slot0, "slot 0 of a CNode is never found, neither at the end nor on the way")
{
    tess_cptr outer = new_cnode(4), inner = new_cnode(4);
    REQUIRE_OK(put(outer, 3, inner));
    /* The last index of an address is not 0: then its bits would have been zero before. */
    EXPECT_ERROR(resolve(outer, 1 << 4), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(resolve(outer, 3 | 0 << 4 | 7 << 8), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 7);
}

TEST(CS_04, levels, "an address passes 8 CNodes and no more")
{
    tess_cptr nodes[9];
    tess_word address = 0;
    for (unsigned i = 0; i < 9; i++) {
        nodes[i] = new_cnode(2);
        if (i)
            REQUIRE_OK(put(nodes[i - 1], 1, nodes[i]));
    }
    for (unsigned i = 0; i < 8; i++)
        address |= 1ull << 2 * i;
    EXPECT_OK(resolve(nodes[1], address & 0x3fff));
    REQUIRE_OK(put(nodes[7], 2, rt_boot.tcb));
    address = (address & 0x3fff) | 2 << 14;
    EXPECT_EQ(type_at(nodes[0], address), TESS_TYPE_TCB);
    EXPECT_ERROR(resolve(nodes[0], 0x5555 | 1 << 16), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
}

TEST(CS_04, cycle, "CNodes that lead to one another in a circle are harmless")
{
    tess_cptr a = new_cnode(1), b = new_cnode(1);
    REQUIRE_OK(put(a, 1, b));
    REQUIRE_OK(put(b, 1, a));
    EXPECT_EQ(type_at(a, 0xff), TESS_TYPE_CNODE);
    EXPECT_EQ(rt_inspect(a).state[0], 1);
    EXPECT_ERROR(resolve(a, 0x1ff), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(resolve(a, ~0ull), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), ~0ull >> 8);
}

TEST(CS_05, not_a_cnode, "bits left at a slot that holds no CNode give ADDRESS with those bits")
{
    tess_cptr cnode = new_cnode(4);
    REQUIRE_OK(put(cnode, 2, rt_boot.tcb));
    EXPECT_ERROR(resolve(cnode, 2 | 9 << 4), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 9);
    EXPECT_ERROR(resolve(cnode, 3 | 1ull << 63), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 1ull << 59);
    EXPECT_EQ(type_at(cnode, 2), TESS_TYPE_TCB);
}

TEST(CS_05, no_cspace, "a thread without a CSpace finds nothing")
{
    struct actor actor = ACTOR(TESS_SYS_SEND, 1);
    tess_cptr cnode = new_cnode(1);
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = cnode, .stopped = true);
    REQUIRE_OK(rt_revoke(cnode)); /* the thread's is a copy */
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(actor.returned, 1);
    EXPECT_ERROR(actor.result, TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, 1);
}

TEST(CS_06, grown, "an address stays the same when a larger CNode is put below it")
{
    tess_cptr small = new_cnode(3), large = new_cnode(6), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    struct actor actor = ACTOR(TESS_SYS_INSPECT, 5);
    REQUIRE_OK(put(small, 5, tcb));
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = small);
    EXPECT_EQ(actor.result.words[0], TESS_TYPE_TCB);
    /* One more level: what was reached with 3 bits is reached with the same low bits of a longer address. */
    REQUIRE_OK(put(small, 6, large));
    REQUIRE_OK(put(large, 33, rt_boot.fp));
    struct actor deeper = ACTOR(TESS_SYS_INSPECT, 6 | 33 << 3);
    actor_start(&deeper, .priority = RT_PRIORITY_HIGH, .cspace = small);
    EXPECT_EQ(deeper.result.words[0], TESS_TYPE_FP);
    struct actor again = ACTOR(TESS_SYS_INSPECT, 5);
    actor_start(&again, .priority = RT_PRIORITY_HIGH, .cspace = small);
    EXPECT_EQ(again.result.words[0], TESS_TYPE_TCB);
}
