/* sources: tests/unit/world.c tests/unit/forest.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_cnode.c: the operations of a CNode (SPEC CN-1..CN-10): what each does, and each error
 * with its argument number, its detail and its place in the order of checks.
 *
 * The order is that of the arguments: operation; destination address; state of the destination; source
 * CNode; source address; source; rights; badge.
 */
#include "tests/unit/forest.h"
#include "tests/unit/unit.h"

enum { DEST, SOURCE_CNODE, SOURCE, RIGHTS, BADGE }; /* message words */

/*
 * Root slots: 2 untyped, 10 endpoint, 11 notification, 12 CNode of radix 4 with a copy of the endpoint in
 * its slot 3, 13 TCB, 14 page table, 15 frame, 16 badged endpoint; 17 IRQControl; from 20 on all are empty.
 */
static void begin(void)
{
    world_begin();
    world_ram(&world.root[2], 0, 65536);
    world_boot_cap(&world.root[17], cap_irq_control());
    world_retype_all(2, TESS_TYPE_ENDPOINT, 0, 10, 1);
    world_retype_all(2, TESS_TYPE_NOTIFICATION, 0, 11, 1);
    world_retype_all(2, TESS_TYPE_CNODE, 4, 12, 1);
    world_retype_all(2, TESS_TYPE_TCB, 0, 13, 1);
    world_retype_all(2, TESS_TYPE_PAGE_TABLE, 0, 14, 1);
    world_retype_all(2, TESS_TYPE_FRAME, 12, 15, 1);
    world_mint(16, 10, 15, 77);
    world_copy(12 | 3 << ROOT_RADIX, 10, 15);
    world_forget();
    forest_check();
}

static struct status run(word label, word *words)
{
    struct status status = world_cnode(label, world_cspace(), world_cspace(), words);
    forest_check();
    return status;
}

/* The operation fails with this and changes nothing. */
static void fails(word label, word *words, enum tess_error error, unsigned argument, word detail)
{
    forest_check();
    uint64_t digest = forest_digest();
    struct status status = run(label, words);
    CHECK_EQ(status.code, error | argument << 8);
    CHECK_EQ(status.detail, detail);
    CHECK_EQ(forest_digest(), digest);
}

static void ok(struct status status)
{
    CHECK_EQ(status.code, TESS_OK);
    CHECK_EQ(status.detail, 0);
    forest_check();
}

static struct slot *inner(word index)
{
    return (struct slot *)cap_object(world.root[12].cap) + index;
}

/* ---- what the operations do --------------------------------------------------------------------------- */

static void copy(void)
{
    begin();
    ok(world_copy(20, 16, TESS_RIGHT_SEND | TESS_RIGHT_GRANT));
    CHECK_EQ(cap_type(world.root[20].cap), CAP_ENDPOINT);
    CHECK_EQ(cap_rights(world.root[20].cap), TESS_RIGHT_SEND | TESS_RIGHT_GRANT);
    CHECK_EQ(cap_badge(world.root[20].cap), 77);
    CHECK(!(world.root[20].cap.w0 & (CAP_ORIGINAL | CAP_FAMILY)));
    ok(world_copy(21, 20, TESS_RIGHT_SEND | TESS_RIGHT_RECV)); /* rights are only lost */
    CHECK_EQ(cap_rights(world.root[21].cap), TESS_RIGHT_SEND);
    ok(world_copy(22, 20, 0));
    CHECK_EQ(cap_rights(world.root[22].cap), 0);
    ok(world_copy(23, 15, TESS_RIGHT_READ));
    CHECK_EQ(cap_frame_rights(world.root[23].cap), TESS_RIGHT_READ);
}

static void copy_ignores_badge_word(void)
{
    begin();
    word words[8] = {20, TESS_NULL, 10, 15, 99};
    ok(run(TESS_CNODE_COPY, words));
    CHECK_EQ(cap_badge(world.root[20].cap), 0);
}

static void mint(void)
{
    begin();
    for (word type = 10; type <= 11; type++) {
        ok(world_mint(20, type, TESS_RIGHT_SEND, ~0ull));
        CHECK_EQ(cap_badge(world.root[20].cap), ~0ull);
        CHECK_EQ(cap_rights(world.root[20].cap), TESS_RIGHT_SEND);
        CHECK_EQ(world.root[20].cap.w0 & (CAP_ORIGINAL | CAP_FAMILY), CAP_ORIGINAL | CAP_FAMILY);
        ok(world_delete(20));
    }
    ok(world_mint(20, 13, 0, 0)); /* no badge: any capability that can be copied */
    CHECK_EQ(cap_type(world.root[20].cap), CAP_TCB);
}

static void move_anything(void)
{
    begin();
    for (word slot = 10; slot <= 17; slot++) {
        struct cap cap = world.root[slot].cap;
        ok(world_move(20, slot));
        CHECK(cap_is_empty(world.root[slot].cap));
        CHECK(world.root[20].cap.w0 == cap.w0 && world.root[20].cap.w1 == cap.w1);
        ok(world_move(slot, 20));
    }
    ok(world_move(20, 2)); /* untyped memory too, with its children and its mark */
    CHECK(untyped_used(&world.root[20]) > 0);
    CHECK(cdt_has_children(&world.root[20]));
}

static void move_into_itself(void)
{
    begin();
    ok(world_move(12 | 5 << ROOT_RADIX, 12));
    CHECK(cap_is_empty(world.root[12].cap));
    word words[8] = {21, 12, 3, 15}; /* no path leads there any more */
    fails(TESS_CNODE_COPY, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE_CNODE), CAP_NULL);
}

static void swap_with_itself(void)
{
    begin();
    uint64_t digest = forest_digest();
    ok(world_swap(12, 12));
    CHECK_EQ(forest_digest(), digest);
    ok(world_swap(12, 12 | 3 << ROOT_RADIX)); /* a CNode goes into itself, what was there comes out */
    CHECK_EQ(cap_type(world.root[12].cap), CAP_ENDPOINT);
}

static void from_another_cnode(void)
{
    begin();
    word words[8] = {20, 12, 3, 15};
    ok(run(TESS_CNODE_COPY, words));
    CHECK_EQ(cap_type(world.root[20].cap), CAP_ENDPOINT);
    word into[8] = {7, TESS_NULL, 13, 15}; /* the invoked CNode is where the destination is looked up */
    ok(world_cnode(TESS_CNODE_MOVE, world.root[12].cap, world_cspace(), into));
    CHECK_EQ(cap_type(inner(7)->cap), CAP_TCB);
    word back[8] = {13, 12, 7};
    ok(run(TESS_CNODE_MOVE, back));
    CHECK_EQ(cap_type(world.root[13].cap), CAP_TCB);
    word within[8] = {7, TESS_NULL, 3, 15}; /* the caller's CSpace is where the source is looked up */
    ok(world_cnode(TESS_CNODE_COPY, world.root[12].cap, world.root[12].cap, within));
    CHECK_EQ(cap_type(inner(7)->cap), CAP_ENDPOINT);
}

static void delete_is_idempotent(void)
{
    begin();
    ok(world_delete(20)); /* empty */
    ok(world_delete(16));
    CHECK(memory_is_zero(&world.root[16], sizeof(struct slot)));
    ok(world_delete(16));
    CHECK_EQ(world.finalises, 1);
}

static void revoke_leaves_the_capability(void)
{
    begin();
    ok(world_revoke_all(10, NULL));
    CHECK_EQ(cap_type(world.root[10].cap), CAP_ENDPOINT);
    CHECK(cap_is_empty(world.root[16].cap));
    CHECK(cap_is_empty(inner(3)->cap));
    ok(world_revoke_all(10, NULL)); /* no children: no error */
    ok(world_revoke_all(2, NULL));
    for (word slot = 10; slot <= 16; slot++)
        CHECK(cap_is_empty(world.root[slot].cap));
    CHECK_EQ(cap_type(world.root[2].cap), CAP_UNTYPED);
    CHECK_EQ(cap_type(world.root[17].cap), CAP_IRQ_CONTROL);
}

static void cancel(void)
{
    begin();
    word words[8] = {16};
    ok(run(TESS_CNODE_CANCEL, words));
    CHECK_EQ(world.event_count, 1);
    CHECK_EQ(world.events[0].kind, EVENT_CANCEL);
    CHECK_EQ(world.events[0].cap.w1, 77);
    world_forget();
    world.refuse_at = 1; /* stops: to be entered again, with the progress it left in word 1 */
    word again[8] = {16};
    CHECK_EQ(run(TESS_CNODE_CANCEL, again).code, STATUS_PREEMPTED);
    CHECK_EQ(run(TESS_CNODE_CANCEL, again).code, TESS_OK);
    CHECK_EQ(world.event_count, 2);
    CHECK_EQ(world.events[0].size, 0);
    CHECK_EQ(world.events[1].size, 1);
}

/* ---- errors, in the order of checks ------------------------------------------------------------------- */

static void unknown_operation(void)
{
    begin();
    static const word labels[] = {0, TESS_CNODE_CANCEL + 1, 1ull << 32 | TESS_CNODE_COPY, ~0ull};
    for (unsigned i = 0; i < 4; i++) {
        word words[8] = {0, 99, 99, 99, 99}; /* wrong as well, but the operation is looked at first */
        fails(labels[i], words, TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}

static void destination_address(void)
{
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_CANCEL; label++) {
        begin();
        word words[8] = {TESS_NULL, 20, 20, 99, 5}; /* every other word is wrong too */
        fails(label, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(DEST), 0);
        word beyond[8] = {10 | 3 << ROOT_RADIX, 20, 20, 99, 5};
        fails(label, beyond, TESS_ERR_ADDRESS, TESS_ARG_WORD(DEST), 3);
        struct status status = world_cnode(label, CAP_EMPTY, world_cspace(), beyond);
        CHECK_EQ(status.code, TESS_ERR_ADDRESS | TESS_ARG_WORD(DEST) << 8);
        CHECK_EQ(status.detail, beyond[DEST]);
    }
}

static void destination_occupied(void)
{
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_MOVE; label++) {
        begin();
        word words[8] = {11, 20, 20, 99, 5};
        fails(label, words, TESS_ERR_OCCUPIED, TESS_ARG_WORD(DEST), 0);
        words[DEST] = 10; /* onto itself */
        words[SOURCE_CNODE] = TESS_NULL;
        words[SOURCE] = 10;
        fails(label, words, TESS_ERR_OCCUPIED, TESS_ARG_WORD(DEST), 0);
    }
}

static void destination_type(void)
{
    begin();
    word words[8] = {20, 20, 20, 99, 5};
    fails(TESS_CNODE_SWAP, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    fails(TESS_CNODE_REVOKE, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    fails(TESS_CNODE_CANCEL, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    words[DEST] = 11; /* only endpoints have queues of senders with badges */
    fails(TESS_CNODE_CANCEL, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NOTIFICATION);
    words[DEST] = 10;
    fails(TESS_CNODE_CANCEL, words, TESS_ERR_ARGUMENT, TESS_ARG_WORD(DEST), 0);
}

static void source_cnode(void)
{
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_SWAP; label++) {
        begin();
        word words[8] = {label == TESS_CNODE_SWAP ? 11 : 20, 10 | 7 << ROOT_RADIX, 20, 99, 5};
        fails(label, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(SOURCE_CNODE), 7);
        words[SOURCE_CNODE] = 21;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE_CNODE), CAP_NULL);
        words[SOURCE_CNODE] = 13;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE_CNODE), CAP_TCB);
        struct status status = world_cnode(label, world_cspace(), CAP_EMPTY, words);
        CHECK_EQ(status.code, TESS_ERR_ADDRESS | TESS_ARG_WORD(SOURCE_CNODE) << 8);
        CHECK_EQ(status.detail, 13);
    }
}

static void source(void)
{
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_SWAP; label++) {
        begin();
        word words[8] = {label == TESS_CNODE_SWAP ? 11 : 20, TESS_NULL, TESS_NULL, 99, 5};
        fails(label, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(SOURCE), 0);
        words[SOURCE] = 10 | 9 << ROOT_RADIX;
        fails(label, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(SOURCE), 9);
        words[SOURCE] = 21;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE), CAP_NULL);
        words[SOURCE_CNODE] = 12;
        words[SOURCE] = 4;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE), CAP_NULL);
        words[SOURCE] = 4 | 1 << 4;
        fails(label, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(SOURCE), 1);
    }
}

static void not_derivable(void)
{
    static const struct {
        word slot;
        enum cap_type type;
    } table[] = {{2, CAP_UNTYPED}, {14, CAP_PAGE_TABLE}, {17, CAP_IRQ_CONTROL}};
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_MINT; label++)
        for (unsigned i = 0; i < 3; i++) {
            begin();
            word words[8] = {20, TESS_NULL, table[i].slot, 99, 5};
            fails(label, words, TESS_ERR_DERIVE, TESS_ARG_WORD(SOURCE), table[i].type);
        }
}

static void rights(void)
{
    begin();
    word words[8] = {20, TESS_NULL, 13, 16, 5};
    fails(TESS_CNODE_COPY, words, TESS_ERR_RANGE, TESS_ARG_WORD(RIGHTS), TESS_RIGHTS_ALL);
    fails(TESS_CNODE_MINT, words, TESS_ERR_RANGE, TESS_ARG_WORD(RIGHTS), TESS_RIGHTS_ALL);
    words[RIGHTS] = ~0ull;
    fails(TESS_CNODE_MINT, words, TESS_ERR_RANGE, TESS_ARG_WORD(RIGHTS), TESS_RIGHTS_ALL);
}

static void badge(void)
{
    begin();
    word words[8] = {20, TESS_NULL, 13, 15, 5};
    fails(TESS_CNODE_MINT, words, TESS_ERR_ARGUMENT, TESS_ARG_WORD(BADGE), 0);
    words[SOURCE] = 15;
    fails(TESS_CNODE_MINT, words, TESS_ERR_ARGUMENT, TESS_ARG_WORD(BADGE), 0);
    words[SOURCE] = 16; /* has one already, even if it is the same */
    fails(TESS_CNODE_MINT, words, TESS_ERR_DERIVE, TESS_ARG_WORD(SOURCE), CAP_ENDPOINT);
    words[BADGE] = 77;
    fails(TESS_CNODE_MINT, words, TESS_ERR_DERIVE, TESS_ARG_WORD(SOURCE), CAP_ENDPOINT);
}

/* A capability whose last deletion has begun: null as a source, in the way as a destination. */
static void dying_capability(void)
{
    begin();
    world.refuse_at = 1;
    CHECK_EQ(world_delete(11).code, STATUS_PREEMPTED);
    CHECK(world.root[11].cap.w0 & CAP_DYING);
    word words[8] = {20, TESS_NULL, 11, 15, 5};
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_MOVE; label++) {
        words[DEST] = 20;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE), CAP_NULL);
        words[DEST] = 11;
        fails(label, words, TESS_ERR_OCCUPIED, TESS_ARG_WORD(DEST), 0);
    }
    fails(TESS_CNODE_SWAP, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    fails(TESS_CNODE_REVOKE, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    words[DEST] = 10;
    fails(TESS_CNODE_SWAP, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE), CAP_NULL);
    ok(world_delete(11));
    CHECK(cap_is_empty(world.root[11].cap));
}

/* The same for the slot that a dying container left. */
static void holder(void)
{
    begin();
    world.preempt_at = 1;
    CHECK_EQ(world_delete(12).code, STATUS_PREEMPTED);
    CHECK_EQ(cap_raw_type(world.root[12].cap), CAP_TEARDOWN);
    word words[8] = {20, TESS_NULL, 12, 15, 0};
    for (word label = TESS_CNODE_COPY; label <= TESS_CNODE_MOVE; label++) {
        words[DEST] = 20;
        fails(label, words, TESS_ERR_TYPE, TESS_ARG_WORD(SOURCE), CAP_NULL);
        words[DEST] = 12;
        fails(label, words, TESS_ERR_OCCUPIED, TESS_ARG_WORD(DEST), 0);
    }
    fails(TESS_CNODE_SWAP, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    fails(TESS_CNODE_REVOKE, words, TESS_ERR_TYPE, TESS_ARG_WORD(DEST), CAP_NULL);
    words[DEST] = 12 | 3 << ROOT_RADIX;
    fails(TESS_CNODE_DELETE, words, TESS_ERR_ADDRESS, TESS_ARG_WORD(DEST), 3);
    ok(world_delete_all(12, NULL));
    CHECK(cap_is_empty(world.root[12].cap));
}

static const struct unit_test TESTS[] = {
    {"CAP-5 COPY masks rights and keeps the badge", copy},
    {"CN-3 COPY has no badge word", copy_ignores_badge_word},
    {"CN-4 MINT gives rights and badge", mint},
    {"CN-2 MOVE takes any capability", move_anything},
    {"CN-2 MOVE of a CNode into itself", move_into_itself},
    {"CN-2 SWAP with itself, and of a CNode with what it holds", swap_with_itself},
    {"CN-1 destination and source each have their root", from_another_cnode},
    {"CN-6 DELETE empties, and an empty slot is no error", delete_is_idempotent},
    {"CDT-8 REVOKE leaves the capability itself", revoke_leaves_the_capability},
    {"CN-10 CANCEL", cancel},
    {"CN-5 check 1: unknown operations", unknown_operation},
    {"CN-5 check 2: the destination's address", destination_address},
    {"CN-5 check 3: an occupied destination", destination_occupied},
    {"CN-5 check 3: the type found at the destination", destination_type},
    {"CN-5 check 4: the source CNode", source_cnode},
    {"CN-5 checks 5 and 6: the source", source},
    {"CN-5 check 7: what cannot be derived (CDT-6)", not_derivable},
    {"CN-5 check 8: rights out of range", rights},
    {"CN-5 checks 9 and 10: a badge where none can be", badge},
    {"CN-9 a dying capability counts as null", dying_capability},
    {"CN-9 the slot of a dying container counts as null", holder},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
