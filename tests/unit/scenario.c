/*
 * tests/unit/scenario.c: the arrangements of tests/unit/scenario.h.
 */
#include "tests/unit/scenario.h"

#include "tests/unit/unit.h"

static void begin(void)
{
    world_begin();
    world_ram(&world.root[U1], 0, UNTYPED_BYTES);
    world_ram(&world.root[U2], UNTYPED_BYTES, UNTYPED_BYTES);
    world_ram(&world.root[U3], 2 * UNTYPED_BYTES, UNTYPED_BYTES);
}

static void make(word untyped, enum tess_type type, word size, word slot)
{
    CHECK_EQ(world_retype_all(untyped, type, size, slot, 1).code, TESS_OK);
}

static struct slot *slot_in(word container, word index)
{
    return (struct slot *)cap_object(world.root[container].cap) + index;
}

/* From a root slot into a slot of the container named by another root slot; TCBs have no addresses. */
static void put(word container, word index, word slot)
{
    cdt_move(&world.root[slot], slot_in(container, index));
}

static void put_copy(word container, word index, word slot)
{
    cdt_insert(&world.root[slot], slot_in(container, index),
               cap_derive(world.root[slot].cap, TESS_RIGHTS_ALL));
}

/* ---- plain ------------------------------------------------------------------------------------------- */

static void endpoint_with_copies(void)
{
    begin();
    make(U1, TESS_TYPE_ENDPOINT, 0, 10);
    for (word slot = 11; slot < 16; slot++)
        world_mint(slot, 10, 15, slot);
    world_copy(16, 12, 15);
}

static void cnode_with_leaves(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 4, 10);
    make(U2, TESS_TYPE_ENDPOINT, 0, 11);
    make(U2, TESS_TYPE_FRAME, 12, 12);
    put_copy(10, 3, 11);
    put(10, 4, 12);
    put_copy(10, 15, 11);
}

static void large_empty_cnode(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 8, 10);
    make(U2, TESS_TYPE_ENDPOINT, 0, 11);
    put_copy(10, 200, 11);
}

static void vspace_with_mappings(void)
{
    begin();
    make(U1, TESS_TYPE_VSPACE, 0, 10);
    make(U2, TESS_TYPE_CNODE, 3, 11);
    CHECK_EQ(world_retype_all(U1, TESS_TYPE_FRAME, 12, 12, 4).code, TESS_OK);
    make(U1, TESS_TYPE_PAGE_TABLE, 0, 16);
    for (word slot = 12; slot <= 16; slot++)
        world_map(&world.root[slot], cap_object(world.root[10].cap), slot << 12);
    put(11, 1, 12);
    put(11, 2, 13);
    put(11, 3, 10);
}

/* ---- containers in containers -------------------------------------------------------------------------- */

/* 10 holds 11 holds 12, each from another untyped; leaves before and after. */
static void nested(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 2, 10);
    make(U2, TESS_TYPE_CNODE, 2, 11);
    make(U3, TESS_TYPE_CNODE, 2, 12);
    make(U1, TESS_TYPE_ENDPOINT, 0, 13);
    put_copy(12, 1, 13);
    put_copy(12, 3, 13);
    put_copy(11, 1, 13);
    put(11, 2, 12);
    put_copy(11, 3, 13);
    put_copy(10, 1, 13);
    put(10, 2, 11);
    put_copy(10, 3, 13);
}

/* One CNode whose slots each hold a thread with a CSpace and handlers of its own. */
static void threads(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 3, 10);
    make(U3, TESS_TYPE_ENDPOINT, 0, 11);
    for (word i = 1; i <= 3; i++) {
        make(U2, TESS_TYPE_TCB, 0, 12);
        make(U3, TESS_TYPE_CNODE, 1, 13);
        put_copy(13, 1, 11);
        put(12, TCB_SLOT_CSPACE, 13);
        put_copy(12, TCB_SLOT_FAULT, 11);
        put(10, i, 12);
    }
}

/* A CNode whose last capability is in its own slot: only its untyped leads there. */
static void holds_itself(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 3, 10);
    make(U2, TESS_TYPE_CNODE, 2, 11);
    make(U2, TESS_TYPE_ENDPOINT, 0, 12);
    put_copy(11, 2, 12);
    put(10, 5, 11);
    put_copy(10, 1, 12);
    put(10, 3, 10);
}

static void hold_each_other(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 2, 10);
    make(U2, TESS_TYPE_CNODE, 2, 11);
    make(U2, TESS_TYPE_ENDPOINT, 0, 12);
    put_copy(10, 3, 12);
    put_copy(11, 3, 12);
    struct slot *slots_10 = slot_in(10, 0), *slots_11 = slot_in(11, 0);
    cdt_move(&world.root[10], slots_11 + 2);
    cdt_move(&world.root[11], slots_10 + 2);
}

/* A thread in the CSpace that it holds itself, with a frame mapped in its own VSpace. */
static void thread_in_its_own_cspace(void)
{
    begin();
    make(U1, TESS_TYPE_TCB, 0, 10);
    make(U2, TESS_TYPE_CNODE, 3, 11);
    make(U2, TESS_TYPE_VSPACE, 0, 12);
    make(U3, TESS_TYPE_FRAME, 12, 13);
    world_map(&world.root[13], cap_object(world.root[12].cap), 0x1000);
    put_copy(10, TCB_SLOT_BUFFER, 13);
    put_copy(10, TCB_SLOT_VSPACE, 12);
    put(11, 2, 13);
    put(11, 3, 12);
    struct slot *tcb = slot_in(10, 0);
    put_copy(11, 1, 10); /* and root[10] is the other capability to the thread */
    put_copy(11, 4, 11);
    cdt_move(&world.root[11], tcb + TCB_SLOT_CSPACE);
}

/* A chain that closes: 10 holds 11 holds 12 holds 10, and a copy outside that goes. */
static void ring_of_three(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 2, 10);
    make(U2, TESS_TYPE_CNODE, 2, 11);
    make(U3, TESS_TYPE_CNODE, 2, 12);
    put_copy(12, 3, 10);
    put(11, 3, 12);
    put(10, 3, 11);
}

/* ---- deletions that others began and did not finish ------------------------------------------------------ */

/* root[10] holds a CNode, in whose slot 3 the deletion of another one was abandoned half way. */
static void abandoned_inside(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 2, 10);
    make(U2, TESS_TYPE_CNODE, 2, 11);
    make(U3, TESS_TYPE_CNODE, 2, 12);
    make(U1, TESS_TYPE_ENDPOINT, 0, 13);
    put_copy(12, 1, 13);
    put_copy(12, 2, 13);
    put_copy(11, 1, 13);
    put(11, 2, 12);
    put_copy(11, 3, 13);
    put(10, 3, 11);
    world.preempt_at = 3; /* in the middle: 12 has died and joined the ring */
    CHECK_EQ(world_delete(10 | 3 << ROOT_RADIX).code, STATUS_PREEMPTED);
}

/* Two abandoned deletions, one inside the other's victim; the operation meets both. */
static void abandoned_twice(void)
{
    begin();
    make(U1, TESS_TYPE_CNODE, 2, 10);
    make(U2, TESS_TYPE_CNODE, 3, 11);
    make(U3, TESS_TYPE_CNODE, 2, 12);
    make(U3, TESS_TYPE_ENDPOINT, 0, 13);
    put_copy(12, 1, 13);
    put_copy(12, 3, 13);
    put_copy(11, 1, 13);
    put(11, 6, 12);
    put(10, 2, 11);
    world.preempt_at = 1;
    CHECK_EQ(world_delete(10 | 2 << ROOT_RADIX | 6 << (ROOT_RADIX + 2)).code, STATUS_PREEMPTED);
    world.preempt_at = 1;
    CHECK_EQ(world_delete(10 | 2 << ROOT_RADIX).code, STATUS_PREEMPTED);
}

/* A revoke of U2 was abandoned with a container of U3 in its ring. */
static void abandoned_revoke(void)
{
    nested();
    world.preempt_at = 3;
    CHECK_EQ(world_revoke(U2).code, STATUS_PREEMPTED);
}

/* The capability to untyped memory lies in a container made of that memory. */
static void untyped_inside_its_child(void)
{
    begin();
    make(U1, TESS_TYPE_UNTYPED, 4096, 10);
    make(10, TESS_TYPE_CNODE, 2, 11);
    make(10, TESS_TYPE_CNODE, 2, 12);
    make(U2, TESS_TYPE_ENDPOINT, 0, 13);
    put_copy(11, 1, 13);
    put_copy(12, 1, 13);
    put(11, 2, 10);
    put(12, 2, 11);
}

/* Everything at once. */
static void all_together(void)
{
    begin();
    make(U1, TESS_TYPE_UNTYPED, 16384, 10);
    make(10, TESS_TYPE_CNODE, 4, 11);
    make(10, TESS_TYPE_TCB, 0, 12);
    make(U2, TESS_TYPE_CNODE, 2, 13);
    make(U2, TESS_TYPE_VSPACE, 0, 14);
    make(U3, TESS_TYPE_FRAME, 12, 15);
    make(U3, TESS_TYPE_ENDPOINT, 0, 16);
    world_map(&world.root[15], cap_object(world.root[14].cap), 0x3000);
    for (word i = 1; i < 4; i++)
        world_mint(16 + i, 16, 15, 5);
    put_copy(12, TCB_SLOT_CSPACE, 11);
    put_copy(12, TCB_SLOT_VSPACE, 14);
    put_copy(13, 1, 11);
    put(13, 2, 17);
    put(13, 3, 15);
    put(11, 1, 13);
    put(11, 2, 14);
    put(11, 3, 12);
    put(11, 4, 18);
    put_copy(11, 5, 11);
}

const struct scenario SCENARIOS[] = {
    {"revoke an endpoint", endpoint_with_copies, TESS_CNODE_REVOKE, 10},
    {"delete an endpoint with copies", endpoint_with_copies, TESS_CNODE_DELETE, 10},
    {"delete a CNode", cnode_with_leaves, TESS_CNODE_DELETE, 10},
    {"revoke the untyped of a CNode", cnode_with_leaves, TESS_CNODE_REVOKE, U1},
    {"delete a large CNode, almost empty", large_empty_cnode, TESS_CNODE_DELETE, 10},
    {"delete a CNode that holds a VSpace and what is mapped", vspace_with_mappings, TESS_CNODE_DELETE, 11},
    {"revoke the untyped of a VSpace", vspace_with_mappings, TESS_CNODE_REVOKE, U1},
    {"delete nested CNodes", nested, TESS_CNODE_DELETE, 10},
    {"revoke the outermost of nested CNodes", nested, TESS_CNODE_REVOKE, U1},
    {"revoke the middle of nested CNodes", nested, TESS_CNODE_REVOKE, U2},
    {"revoke the innermost of nested CNodes", nested, TESS_CNODE_REVOKE, U3},
    {"delete a CNode of threads", threads, TESS_CNODE_DELETE, 10},
    {"revoke the untyped of threads", threads, TESS_CNODE_REVOKE, U2},
    {"revoke the untyped of the threads' CSpaces", threads, TESS_CNODE_REVOKE, U3},
    {"revoke a CNode that holds itself", holds_itself, TESS_CNODE_REVOKE, U1},
    {"revoke what is held by a CNode that holds itself", holds_itself, TESS_CNODE_REVOKE, U2},
    {"revoke the first of two that hold each other", hold_each_other, TESS_CNODE_REVOKE, U1},
    {"revoke the second of two that hold each other", hold_each_other, TESS_CNODE_REVOKE, U2},
    {"delete a thread that its own CSpace names too", thread_in_its_own_cspace, TESS_CNODE_DELETE, 10},
    {"revoke a thread in its own CSpace", thread_in_its_own_cspace, TESS_CNODE_REVOKE, U1},
    {"revoke the CSpace of a thread in it", thread_in_its_own_cspace, TESS_CNODE_REVOKE, U2},
    {"delete the way into a ring of three", ring_of_three, TESS_CNODE_DELETE, 10},
    {"revoke one of a ring of three", ring_of_three, TESS_CNODE_REVOKE, U2},
    {"delete a CNode with an abandoned deletion in it", abandoned_inside, TESS_CNODE_DELETE, 10},
    {"revoke a CNode with an abandoned deletion in it", abandoned_inside, TESS_CNODE_REVOKE, U1},
    {"revoke the victim of an abandoned deletion", abandoned_inside, TESS_CNODE_REVOKE, U2},
    {"revoke the second victim of an abandoned deletion", abandoned_inside, TESS_CNODE_REVOKE, U3},
    {"delete a CNode with two abandoned deletions in it", abandoned_twice, TESS_CNODE_DELETE, 10},
    {"revoke a CNode with two abandoned deletions in it", abandoned_twice, TESS_CNODE_REVOKE, U1},
    {"revoke the outer victim of two", abandoned_twice, TESS_CNODE_REVOKE, U2},
    {"revoke the inner victim of two", abandoned_twice, TESS_CNODE_REVOKE, U3},
    {"revoke outside an abandoned revoke", abandoned_revoke, TESS_CNODE_REVOKE, U1},
    {"go on with an abandoned revoke", abandoned_revoke, TESS_CNODE_REVOKE, U2},
    {"revoke inside an abandoned revoke", abandoned_revoke, TESS_CNODE_REVOKE, U3},
    {"delete the holder around an abandoned revoke", abandoned_revoke, TESS_CNODE_DELETE, 10},
    {"delete what holds an untyped and its children", untyped_inside_its_child, TESS_CNODE_DELETE, 12},
    {"revoke an untyped whose capability is in its child", untyped_inside_its_child, TESS_CNODE_REVOKE, U1},
    {"delete everything at once", all_together, TESS_CNODE_DELETE, 11},
    {"revoke everything of the first untyped", all_together, TESS_CNODE_REVOKE, U1},
    {"revoke everything of the second untyped", all_together, TESS_CNODE_REVOKE, U2},
    {"revoke everything of the third untyped", all_together, TESS_CNODE_REVOKE, U3},
};

const unsigned SCENARIO_COUNT = sizeof SCENARIOS / sizeof *SCENARIOS;

void scenario_build(const struct scenario *scenario)
{
    scenario->build();
    world_forget();
}
