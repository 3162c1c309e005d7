/* sources: tests/unit/world.c tests/unit/forest.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_teardown.c: deletion and revocation (SPEC CN-6..CN-9) where a count or an order matters:
 * how much is done between two looks at pending interrupts, what is visible half way, who finishes what.
 * The stops at every point are in tests/unit/test_preempt.c.
 */
#include "tests/unit/forest.h"
#include "tests/unit/unit.h"

#define U1 2u
#define U2 3u
#define U3 4u

static void begin(void)
{
    world_begin();
    world_ram(&world.root[U1], 0, 65536);
    world_ram(&world.root[U2], 65536, 65536);
    world_ram(&world.root[U3], 131072, 65536);
}

static void ok(struct status status)
{
    CHECK_EQ(status.code, TESS_OK);
    forest_check();
}

static void preempted(struct status status)
{
    CHECK_EQ(status.code, STATUS_PREEMPTED);
    forest_check();
}

static struct slot *slots_of(word container)
{
    return cap_object(world.root[container].cap);
}

/* ---- how much between two looks ---------------------------------------------------------------------- */

/* A CNode of 1024 slots with nothing in it: a look after each 32, none of them in vain. */
static void empty_slots(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 10, 10, 1));
    world_forget();
    unsigned entries;
    world.preempt_always = true;
    ok(world_delete_all(10, &entries));
    CHECK_EQ(world.asks, 1023 / 32);
    CHECK_EQ(entries, 1023 / 32 + 1);

    begin(); /* and the same number of looks if none of them stops it */
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 10, 10, 1));
    world_forget();
    ok(world_delete(10));
    CHECK_EQ(world.asks, 1023 / 32);
}

/* One with something in each slot: a look after each capability. */
static void full_slots(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_ENDPOINT, 0, 11, 1));
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 6, 10, 1));
    for (word i = 1; i < 64; i++)
        ok(world_copy(10 | i << ROOT_RADIX, 11, 15));
    world_forget();
    unsigned entries;
    world.preempt_always = true;
    ok(world_delete_all(10, &entries));
    CHECK_EQ(world.asks, 63);
    CHECK_EQ(world.finalises, 64);
    CHECK_EQ(entries, 64);
}

/* A revoke: a look after each child. */
static void children(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_ENDPOINT, 0, 10, 1));
    for (word i = 0; i < 50; i++)
        ok(world_copy(20 + i, 10, 15));
    world_forget();
    unsigned entries;
    world.preempt_always = true;
    ok(world_revoke_all(10, &entries));
    CHECK_EQ(world.asks, 50);
    CHECK_EQ(entries, 50); /* the last look has nothing left to stop */
}

/* Containers that die together: also a look after each of them. */
static void containers(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 4, 10, 1));
    ok(world_retype_all(U2, TESS_TYPE_CNODE, 1, 20, 15));
    for (word i = 1; i < 16; i++)
        ok(world_move(10 | i << ROOT_RADIX, 19 + i));
    world_forget();
    ok(world_delete(10));
    CHECK_EQ(world.finalises, 16);
    CHECK_EQ(world.asks, 15 + 15); /* after each slot; after each container but the last */
}

/* ---- what is visible half way ----------------------------------------------------------------------------- */

static void half_way(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 3, 10, 1));
    ok(world_retype_all(U2, TESS_TYPE_ENDPOINT, 0, 11, 1));
    ok(world_copy(12, 10, 15));
    for (word i = 1; i < 8; i++)
        ok(world_copy(10 | i << ROOT_RADIX, 11, 15));
    struct slot *slots = slots_of(10);
    ok(world_delete(12)); /* not the last one: nothing is torn down */
    CHECK(!cap_is_empty(slots[7].cap));
    world_forget();
    world.preempt_at = 3;
    preempted(world_delete(10));
    CHECK_EQ(cap_raw_type(world.root[10].cap), CAP_TEARDOWN);
    CHECK_EQ(cap_type(world.root[10].cap), CAP_NULL);
    CHECK_EQ(cap_raw_type(slots[0].cap), CAP_CNODE); /* the capability stands in its own slot 0, dying */
    CHECK_EQ(cap_type(slots[0].cap), CAP_NULL);
    CHECK(cap_is_empty(slots[1].cap) && cap_is_empty(slots[3].cap));
    CHECK(!cap_is_empty(slots[4].cap));
    CHECK(cdt_has_children(&world.root[U1])); /* and in the list, as a child of its untyped */
    ok(world_delete(10));
    CHECK(!cdt_has_children(&world.root[U1]));
    CHECK(memory_is_zero(&world.root[10], sizeof(struct slot)));
}

/* A revoke leaves no holder behind: the slot can be used again before the revoke is done. */
static void revoke_frees_the_slot(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 3, 10, 1));
    ok(world_retype_all(U2, TESS_TYPE_ENDPOINT, 0, 11, 1));
    for (word i = 1; i < 8; i++)
        ok(world_copy(10 | i << ROOT_RADIX, 11, 15));
    world_forget();
    world.preempt_at = 3;
    preempted(world_revoke(U1));
    CHECK(cap_is_empty(world.root[10].cap));
    ok(world_copy(10, 11, 15));
    ok(world_revoke_all(U1, NULL));
    CHECK_EQ(cap_type(world.root[10].cap), CAP_ENDPOINT);
    CHECK(!forest_is_dying());
}

/* A revoke finishes what died on its account, though it is made of memory of others. */
static void revoke_finishes(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_CNODE, 1, 10, 1));
    ok(world_retype_all(U2, TESS_TYPE_CNODE, 1, 11, 1));
    ok(world_retype_all(U3, TESS_TYPE_CNODE, 1, 12, 1));
    ok(world_move(11 | 1 << ROOT_RADIX, 12));
    ok(world_move(10 | 1 << ROOT_RADIX, 11));
    world_forget();
    world.preempt_always = true;
    ok(world_revoke_all(U1, NULL));
    CHECK(!cdt_has_children(&world.root[U2]));
    CHECK(!cdt_has_children(&world.root[U3]));
}

/* ---- threads that delete themselves ------------------------------------------------------------------------ */

/*
 * TCB 10 of U1, its last capability in slot 1 of CNode 11 of U2, whose last capability is the thread's own
 * CSpace; in slots 2 and 3 of 11 the last ones to CNodes of U3. Returns slot 1, which the thread deletes.
 */
static struct slot *lonely_thread(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_TCB, 0, 10, 1));
    ok(world_retype_all(U2, TESS_TYPE_CNODE, 2, 11, 1));
    ok(world_retype_all(U3, TESS_TYPE_CNODE, 1, 12, 2));
    struct slot *tcb = slots_of(10), *cnode = slots_of(11);
    cdt_move(&world.root[12], &cnode[2]);
    cdt_move(&world.root[13], &cnode[3]);
    cdt_move(&world.root[10], &cnode[1]);
    cdt_move(&world.root[11], &tcb[TCB_SLOT_CSPACE]);
    forest_check();
    world_forget();
    return &cnode[1];
}

static void thread_deletes_itself(void)
{
    ok(slot_delete(lonely_thread()));
    CHECK(!forest_is_dying());
    CHECK(!cdt_has_children(&world.root[U1]) && !cdt_has_children(&world.root[U2]));
    CHECK(!cdt_has_children(&world.root[U3]));
}

/*
 * Stopped on the way, nobody can go on: the thread is gone, no address leads to the slot. A revoke of what
 * was dying does; if it takes over where the others hang on, it finishes these too.
 */
static void thread_stopped_deleting_itself(void)
{
    slot_delete(lonely_thread());
    unsigned points = world.asks;
    CHECK(points >= 5);
    for (unsigned k = 1; k <= points; k++)
        for (int stopping = 0; stopping < 2; stopping++) {
            struct slot *slot = lonely_thread();
            struct slot *cnode = slot - 1;
            world.preempt_at = k;
            preempted(slot_delete(slot));
            world.preempt_always = stopping;
            bool anchor = cap_is_empty(slot->cap) && !cap_is_empty(cnode->cap);
            ok(world_revoke_all(U2, NULL));
            CHECK(!cdt_has_children(&world.root[U2]));
            if (anchor)
                CHECK(!cdt_has_children(&world.root[U3]) && !forest_is_dying());
            ok(world_revoke_all(U1, NULL));
            ok(world_revoke_all(U3, NULL));
            CHECK(!forest_is_dying());
        }
}

/* ---- other kinds of last capability ----------------------------------------------------------------------- */

/* An object that takes several rounds to end, in a slot and in a container. */
static void slow_object(void)
{
    for (int inside = 0; inside < 2; inside++) {
        begin();
        ok(world_retype_all(U1, TESS_TYPE_ENDPOINT, 0, 10, 1));
        ok(world_retype_all(U2, TESS_TYPE_CNODE, 2, 11, 1));
        if (inside)
            ok(world_move(11 | 2 << ROOT_RADIX, 10));
        struct slot *slot = inside ? slots_of(11) + 2 : &world.root[10];
        world_forget();
        for (unsigned round = 0; round < 3; round++) {
            /* The container's own end comes first, once. */
            world.refuse_at = inside && round == 0 ? 2 : 1;
            preempted(world_delete(inside ? 11 : 10));
            CHECK(slot->cap.w0 & CAP_DYING);
            CHECK_EQ(cap_type(slot->cap), CAP_NULL);
        }
        ok(world_delete(inside ? 11 : 10));
        CHECK_EQ(world.finalises, 4 + (unsigned)inside);
        CHECK(!forest_is_dying());
    }
}

/* Not the last one, and stopped: it stays what it was. */
static void slow_but_not_last(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_ENDPOINT, 0, 10, 1));
    ok(world_copy(11, 10, 15));
    world.refuse_at = 1;
    preempted(world_delete(11));
    CHECK_EQ(cap_type(world.root[11].cap), CAP_ENDPOINT);
    ok(world_copy(12, 11, 15));
    ok(world_delete(11));
}

/* Deleting the last capability to a VSpace unmaps what is mapped there, in bounded steps. */
static void vspace(void)
{
    begin();
    ok(world_retype_all(U1, TESS_TYPE_VSPACE, 0, 10, 1));
    ok(world_retype_all(U1, TESS_TYPE_FRAME, 12, 20, 10));
    for (word i = 0; i < 10; i++)
        world_map(&world.root[20 + i], cap_object(world.root[10].cap), i << 12);
    forest_check();
    unsigned entries;
    world.preempt_always = true;
    ok(world_delete_all(10, &entries));
    CHECK_EQ(entries, 11);
    for (word i = 0; i < 10; i++)
        CHECK(!cap_is_mapped(world.root[20 + i].cap));
}

static const struct unit_test TESTS[] = {
    {"CN-7 at most 32 empty slots between two looks", empty_slots},
    {"CN-7 one capability between two looks", full_slots},
    {"CN-7 one child between two looks", children},
    {"CN-7 one container between two looks", containers},
    {"CN-9 a dying CNode half way", half_way},
    {"CN-9 a revoke leaves no holder", revoke_frees_the_slot},
    {"CN-8 a revoke finishes what is not its own", revoke_finishes},
    {"CN-8 a thread deletes itself and its CSpace", thread_deletes_itself},
    {"CN-8 a thread is stopped deleting itself", thread_stopped_deleting_itself},
    {"CN-7 an object that takes several rounds", slow_object},
    {"CN-7 a copy that takes several rounds", slow_but_not_last},
    {"CN-6 the last capability to a VSpace", vspace},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
