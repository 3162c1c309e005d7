/*
 * tests/conformance/cdt.c: who is whose child, seen by what REVOKE takes away (SPEC CDT).
 */
#include "tests/conformance/common.h"

/* How many of these slots hold something: bit i for slots[i]. */
static tess_word alive(const tess_cptr *slots, unsigned n)
{
    tess_word mask = 0;
    for (unsigned i = 0; i < n; i++)
        mask |= (tess_word)(type_of(slots[i]) != TESS_TYPE_NULL) << i;
    return mask;
}

TEST(CDT_01, untyped, "whatever is made from untyped memory, and all copies of it, are its children")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), slots[6];
    tess_cptr objects = rt_slots(3);
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_ENDPOINT, 0, objects, 1));
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_CNODE, 3, rt_nth(objects, 1), 1));
    REQUIRE_OK(rt_retype(untyped, TESS_TYPE_FRAME, TESS_FRAME_4K, rt_nth(objects, 2), 1));
    for (unsigned i = 0; i < 3; i++)
        slots[i] = rt_nth(objects, i);
    slots[3] = rt_copied(slots[0], 15);
    slots[4] = rt_minted(slots[0], 15, 4);
    slots[5] = rt_copied(slots[4], 15);
    tess_cptr stranger = new_endpoint();
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_revoke(untyped));
    EXPECT_EQ(alive(slots, 6), 0);
    EXPECT_EQ(type_of(untyped), TESS_TYPE_UNTYPED);
    EXPECT_EQ(type_of(stranger), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
}

TEST(CDT_02, nested, "a sub-untyped is the parent of what lies in it, and not of what lies beside it")
{
    tess_cptr outer = rt_alloc(TESS_TYPE_UNTYPED, 65536);
    tess_cptr s = rt_slots(6);
    tess_cptr slots[6];
    for (unsigned i = 0; i < 6; i++)
        slots[i] = rt_nth(s, i);
    REQUIRE_OK(rt_retype(outer, TESS_TYPE_ENDPOINT, 0, slots[0], 1));
    REQUIRE_OK(rt_retype(outer, TESS_TYPE_UNTYPED, 4096, slots[1], 1));
    REQUIRE_OK(rt_retype(outer, TESS_TYPE_ENDPOINT, 0, slots[2], 1));
    REQUIRE_OK(rt_retype(slots[1], TESS_TYPE_UNTYPED, 1024, slots[3], 1));
    REQUIRE_OK(rt_retype(slots[3], TESS_TYPE_ENDPOINT, 0, slots[4], 1));
    REQUIRE_OK(rt_retype(slots[1], TESS_TYPE_ENDPOINT, 0, slots[5], 1));
    EXPECT_OK(rt_revoke(slots[3]));
    EXPECT_EQ(alive(slots, 6), 057);
    EXPECT_OK(rt_revoke(slots[1]));
    EXPECT_EQ(alive(slots, 6), 007);
    EXPECT_OK(rt_invoke(slots[1], TESS_UNTYPED_RESET));
    EXPECT_OK(rt_revoke(outer));
    EXPECT_EQ(alive(slots, 6), 0);
}

TEST(CDT_02, first, "a sub-untyped at the very start of its parent is its child, not the other way round")
{
    tess_cptr outer = rt_alloc(TESS_TYPE_UNTYPED, 4096), inner = rt_slot(), same = rt_slot();
    REQUIRE_OK(rt_retype(outer, TESS_TYPE_UNTYPED, 4096, inner, 1));
    REQUIRE_OK(rt_retype(inner, TESS_TYPE_UNTYPED, 4096, same, 1));
    EXPECT_OK(rt_revoke(same));
    EXPECT_OK(rt_revoke(inner));
    EXPECT_EQ(type_of(outer), TESS_TYPE_UNTYPED);
    EXPECT_EQ(type_of(inner), TESS_TYPE_UNTYPED);
    EXPECT_EQ(type_of(same), TESS_TYPE_NULL);
    EXPECT_OK(rt_revoke(outer));
    EXPECT_EQ(type_of(inner), TESS_TYPE_NULL);
}

TEST(CDT_02, parent_gone, "when a sub-untyped is deleted, what it made belongs to the untyped above")
{
    tess_cptr outer = rt_alloc(TESS_TYPE_UNTYPED, 4096), inner = rt_slot(), endpoint = rt_slot();
    REQUIRE_OK(rt_retype(outer, TESS_TYPE_UNTYPED, 1024, inner, 1));
    REQUIRE_OK(rt_retype(inner, TESS_TYPE_ENDPOINT, 0, endpoint, 1));
    EXPECT_OK(rt_delete(inner));
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_invoke(outer, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_revoke(outer));
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_NULL);
    EXPECT_OK(rt_invoke(outer, TESS_UNTYPED_RESET));
}

TEST(CDT_03, copies, "copies are children of the original, and siblings of one another")
{
    static const struct {
        enum tess_type type;
        tess_word size;
    } types[] = {{TESS_TYPE_CNODE, 2},        {TESS_TYPE_TCB, 0},    {TESS_TYPE_ENDPOINT, 0},
                 {TESS_TYPE_NOTIFICATION, 0}, {TESS_TYPE_REPLY, 0},  {TESS_TYPE_SCHED_CONTEXT, 2},
                 {TESS_TYPE_FRAME, 12},       {TESS_TYPE_VSPACE, 0}, {TESS_TYPE_FP, 0},
                 {TESS_TYPE_TIMER, 0}};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        tess_cptr slots[4];
        slots[0] = rt_alloc(types[i].type, types[i].size);
        slots[1] = rt_copied(slots[0], 15);
        slots[2] = rt_copied(slots[1], 15);
        slots[3] = rt_copied(slots[0], 15);
        EXPECT_OK(rt_revoke(slots[2]));
        EXPECT_OK(rt_revoke(slots[1]));
        EXPECT_OK(rt_revoke(slots[3]));
        EXPECT_EQ(alive(slots, 4), 017);
        EXPECT_OK(rt_revoke(slots[0]));
        EXPECT_EQ(alive(slots, 4), 001);
    }
}

TEST(CDT_03, original_gone, "copies outlive the original, and none of them takes its place")
{
    tess_cptr slots[3];
    slots[0] = new_endpoint();
    slots[1] = rt_copied(slots[0], 15);
    slots[2] = rt_copied(slots[0], 15);
    EXPECT_OK(rt_delete(slots[0]));
    EXPECT_OK(rt_revoke(slots[1]));
    EXPECT_OK(rt_revoke(slots[2]));
    EXPECT_EQ(alive(slots, 3), 06);
    EXPECT_ERROR(rt_revoke(slots[0]), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
}

TEST(CDT_04, badges, "a mint that gives a badge begins a family: its copies are its children")
{
    tess_cptr endpoint = new_endpoint(), slots[6];
    slots[0] = rt_minted(endpoint, 15, 5);
    slots[1] = rt_copied(slots[0], 15);
    slots[2] = rt_copied(slots[1], 15);
    slots[3] = rt_minted(endpoint, 15, 6);
    slots[4] = rt_copied(slots[3], 15);
    slots[5] = rt_copied(endpoint, 15);
    EXPECT_OK(rt_revoke(slots[1]));
    EXPECT_EQ(alive(slots, 6), 077);
    EXPECT_OK(rt_revoke(slots[0]));
    EXPECT_EQ(alive(slots, 6), 071);
    EXPECT_OK(rt_revoke(slots[3]));
    EXPECT_EQ(alive(slots, 6), 051);
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_EQ(alive(slots, 6), 0);
}

/* Two families of the same badge, made in either order and with copies made at either time. */
static void make_families(tess_cptr endpoint, tess_cptr slots[4], unsigned order)
{
    slots[0] = rt_minted(endpoint, 15, 5);
    if (order & 1)
        slots[1] = rt_copied(slots[0], 15);
    slots[2] = rt_minted(endpoint, 15, 5);
    if (order & 2)
        slots[3] = rt_copied(slots[2], 15);
    if (!(order & 1))
        slots[1] = rt_copied(slots[0], 15);
    if (!(order & 2))
        slots[3] = rt_copied(slots[2], 15);
}

TEST(CDT_04, same_badge, "two mints with the same badge are two families")
{
    for (unsigned order = 0; order < 4; order++) {
        tess_cptr slots[4];
        make_families(new_endpoint(), slots, order);
        EXPECT_OK(rt_revoke(slots[0]));
        EXPECT_EQ(alive(slots, 4), 015);
        make_families(new_notification(), slots, order);
        EXPECT_OK(rt_revoke(slots[2]));
        EXPECT_EQ(alive(slots, 4), 007);
    }
}

TEST(CDT_04, first_gone, "a family that loses its first member does not fall to another family")
{
    for (unsigned order = 0; order < 4; order++)
        for (unsigned gone = 0; gone < 4; gone++) {
            tess_cptr slots[4];
            make_families(new_endpoint(), slots, order);
            tess_word left = 017 & ~(1u << gone);
            EXPECT_OK(rt_delete(slots[gone]));
            if (gone != 0) {
                EXPECT_OK(rt_revoke(slots[0]));
                left &= ~02u;
            }
            EXPECT_EQ(alive(slots, 4), left);
            if (gone != 2) {
                EXPECT_OK(rt_revoke(slots[2]));
                left &= ~010u;
            }
            EXPECT_EQ(alive(slots, 4), left);
        }
}

TEST(CDT_04, copy_of_unbadged, "a copy without a badge has no badged children")
{
    tess_cptr endpoint = new_endpoint(), copy = rt_copied(endpoint, 15), badged = rt_minted(copy, 15, 3);
    EXPECT_OK(rt_revoke(copy));
    EXPECT_EQ(type_of(badged), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_EQ(type_of(badged), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(copy), TESS_TYPE_NULL);
}

TEST(CDT_04, mint_without, "a mint without a badge is a copy")
{
    tess_cptr endpoint = new_endpoint(), plain = rt_minted(endpoint, 15, 0), copy = rt_copied(plain, 15);
    EXPECT_OK(rt_revoke(plain));
    EXPECT_EQ(type_of(copy), TESS_TYPE_ENDPOINT);
}

TEST(CDT_05, places, "MOVE and SWAP leave every capability its place among parents and children")
{
    tess_cptr endpoint = new_endpoint(), parent = rt_minted(endpoint, 15, 2), child = rt_copied(parent, 15);
    tess_cptr elsewhere = rt_slot(), other = rt_minted(endpoint, 15, 3), its = rt_copied(other, 15);
    REQUIRE_OK(rt_move(elsewhere, parent));
    EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_SWAP, elsewhere, TESS_NULL, other));
    /* `elsewhere` holds badge 3 now and `other` badge 2. */
    EXPECT_EQ(rt_inspect(elsewhere).badge, 3);
    EXPECT_EQ(rt_inspect(other).badge, 2);
    EXPECT_OK(rt_revoke(other));
    EXPECT_EQ(type_of(child), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(its), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_revoke(elsewhere));
    EXPECT_EQ(type_of(its), TESS_TYPE_NULL);
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_EQ(type_of(elsewhere), TESS_TYPE_NULL);
}

TEST(CDT_05, swap_near, "SWAP of parent and child, neighbours either way round, keeps who is whose child")
{
    for (unsigned turn = 0; turn < 2; turn++) {
        tess_cptr a = new_endpoint(), b = rt_copied(a, 15), c = rt_copied(a, 15);
        EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_SWAP, turn ? a : c, TESS_NULL, turn ? c : a));
        EXPECT_OK(rt_revoke(b));
        EXPECT_OK(rt_revoke(a));
        EXPECT_EQ(type_of(b), TESS_TYPE_ENDPOINT);
        EXPECT_OK(rt_revoke(c));
        EXPECT_EQ(type_of(a), TESS_TYPE_NULL);
        EXPECT_EQ(type_of(b), TESS_TYPE_NULL);
        EXPECT_EQ(type_of(c), TESS_TYPE_ENDPOINT);
    }
}

TEST(CDT_06, no_copies, "untyped memory, page tables and IRQControl cannot be copied or minted")
{
    tess_cptr sources[] = {rt_memory, rt_alloc(TESS_TYPE_PAGE_TABLE, 0), rt_boot.irq_control}, to = rt_slot();
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_ERROR(rt_copy(to, sources[i], 15), TESS_ERR_DERIVE, TESS_ARG_WORD(2), type_of(sources[i]));
        EXPECT_ERROR(rt_mint(to, sources[i], 15, 0), TESS_ERR_DERIVE, TESS_ARG_WORD(2), type_of(sources[i]));
        EXPECT_ERROR(rt_mint(to, sources[i], 15, 7), TESS_ERR_DERIVE, TESS_ARG_WORD(2), type_of(sources[i]));
    }
    EXPECT_EQ(type_of(to), TESS_TYPE_NULL);
}

TEST(CDT_06, unique, "SchedControl and Firmware can be copied")
{
    tess_cptr control = rt_copied(rt_boot.control, 15), firmware = rt_copied(rt_boot.firmware, 15);
    EXPECT_OK(rt_invoke(control, TESS_SCHED_CONTROL_CONFIGURE, new_context(), 9000, 9000, 0, 0));
    EXPECT_OK(rt_invoke(firmware, TESS_FIRMWARE_PUT, 0));
    EXPECT_OK(rt_delete(control));
    EXPECT_OK(rt_delete(firmware));
}

TEST(CDT_07, interrupts, "interrupt handlers are children of IRQControl, and their copies their children")
{
    tess_cptr handler[3];
    for (unsigned i = 0; i < 2; i++) {
        handler[i] = rt_slot();
        REQUIRE_OK(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, 1 + i, rt_boot.cnode, handler[i], 0,
                             TESS_IRQ_LEVEL, 1));
    }
    handler[2] = rt_copied(handler[0], 15);
    EXPECT_OK(rt_revoke(handler[0]));
    EXPECT_EQ(alive(handler, 3), 03);
    handler[2] = rt_copied(handler[0], 15);
    EXPECT_OK(rt_revoke(rt_boot.irq_control));
    EXPECT_EQ(alive(handler, 3), 0);
    EXPECT_EQ(type_of(rt_boot.irq_control), TESS_TYPE_IRQ_CONTROL);
}

TEST(CDT_08, middle, "REVOKE in the middle of a tree takes what is below and leaves the rest (CN-S5)")
{
    tess_cptr top = rt_alloc(TESS_TYPE_UNTYPED, 65536), endpoint = rt_slot(), slots[8];
    REQUIRE_OK(rt_retype(top, TESS_TYPE_ENDPOINT, 0, endpoint, 1));
    for (unsigned i = 0; i < 8; i++)
        slots[i] = i % 4 ? rt_copied(slots[i - 1], 15) : rt_minted(endpoint, 15, 1 + i);
    EXPECT_OK(rt_revoke(slots[4]));
    EXPECT_EQ(alive(slots, 8), 0x1f);
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_EQ(alive(slots, 8), 0);
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_ENDPOINT);
}

TEST(CDT_08, many, "REVOKE takes 1500 copies, and the object is as usable as before")
{
    tess_cptr endpoint = new_endpoint(), slots = rt_slots(1500);
    for (unsigned i = 0; i < 1500; i++)
        if (rt_copy(rt_nth(slots, i), i % 3 ? endpoint : rt_nth(slots, i ? i - 1 : 0), 15).status)
            rt_copy(rt_nth(slots, i), endpoint, 15);
    EXPECT_EQ(type_of(rt_nth(slots, 1499)), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_revoke(endpoint));
    unsigned left = 0;
    for (unsigned i = 0; i < 1500; i++)
        left += type_of(rt_nth(slots, i)) != TESS_TYPE_NULL;
    EXPECT_EQ(left, 0);
    EXPECT_ERROR(rt_nbsend(endpoint, 0), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}
