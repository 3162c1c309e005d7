/* sources: tests/unit/world.c tests/unit/forest.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_cdt.c: the derivation list and the rings (SPEC CDT-1..CDT-8): insertion, removal, move
 * and exchange in every neighbourhood; who is whose child; families of one badge.
 */
#include "tests/unit/forest.h"
#include "tests/unit/unit.h"

#define ENDPOINT 10u /* root slot of the endpoint */

/* A world with an endpoint in root[ENDPOINT] and the untyped it came from in root[2]. */
static void begin(void)
{
    world_begin();
    world_ram(&world.root[2], 0, 65536);
    CHECK_EQ(world_retype_all(2, TESS_TYPE_ENDPOINT, 0, ENDPOINT, 1).code, TESS_OK);
    forest_check();
}

static void ok(struct status status)
{
    CHECK_EQ(status.code, TESS_OK);
    CHECK_EQ(status.detail, 0);
    forest_check();
}

/* The root slots that hold the descendants of root[slot], as a set of bits; all below 64. */
static uint64_t under(word slot)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < forest.count; i++)
        if (forest.list[i] == &world.root[slot])
            for (unsigned j = i + 1; j <= i + forest.descendants[i]; j++)
                set |= 1ull << (forest.list[j] - world.root);
    return set;
}

#define SET(...) bits((word[]){__VA_ARGS__}, sizeof((word[]){__VA_ARGS__}) / sizeof(word))

static uint64_t bits(const word *slots, unsigned count)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < count; i++)
        set |= 1ull << slots[i];
    return set;
}

/* ---- the list itself ---------------------------------------------------------------------------------- */

static void new_list(void)
{
    world_begin();
    struct slot *slot = &world.root[20], *right = &world.root[21];
    slot->aux[0] = slot->aux[1] = 7; /* whatever was there */
    cdt_insert(NULL, slot, cap_firmware());
    CHECK(cdt_prev(slot) == NULL && cdt_next(slot) == NULL);
    CHECK(slot->aux[0] == 0 && slot->aux[1] == 0);
    cdt_insert(slot, right, cap_irq_control());
    CHECK(cdt_next(slot) == right && cdt_prev(right) == slot && cdt_next(right) == NULL);
    CHECK(cdt_is_last(slot) && cdt_is_last(right));
    cdt_remove(slot);
    CHECK(memory_is_zero(slot, sizeof *slot));
    CHECK(cdt_prev(right) == NULL);
    cdt_remove(right);
    CHECK(memory_is_zero(right, sizeof *right));
}

static void insert_between(void)
{
    begin();
    struct slot *left = &world.root[ENDPOINT], *right;
    ok(world_copy(11, ENDPOINT, 15));
    right = &world.root[11];
    CHECK(cdt_next(left) == right);
    ok(world_copy(12, ENDPOINT, 15));
    CHECK(cdt_next(left) == &world.root[12] && cdt_prev(right) == &world.root[12]);
    ok(world_copy(13, 12, 15));
    CHECK(cdt_next(&world.root[12]) == &world.root[13] && cdt_next(&world.root[13]) == right);
}

/* Moves each of three neighbours away and back: the order stays. */
static void move_keeps_place(void)
{
    begin();
    ok(world_copy(11, ENDPOINT, 15));
    ok(world_copy(12, 11, 15));
    for (word from = ENDPOINT; from <= 12; from++) {
        uint64_t digest = forest_digest();
        struct slot *left = cdt_prev(&world.root[from]), *right = cdt_next(&world.root[from]);
        ok(world_move(30, from));
        CHECK(memory_is_zero(&world.root[from], sizeof(struct slot)));
        CHECK(cdt_prev(&world.root[30]) == left && cdt_next(&world.root[30]) == right);
        CHECK(forest_digest() != digest);
        ok(world_move(from, 30));
        CHECK_EQ(forest_digest(), digest);
    }
}

/* All pairs of slots in one list: neighbours in both orders, apart, at both ends of the object's run. */
static void swap_keeps_place(void)
{
    begin();
    for (word slot = 11; slot < 15; slot++)
        ok(world_mint(slot, ENDPOINT, slot, slot));
    ok(world_retype_all(2, TESS_TYPE_ENDPOINT, 0, 15, 1));
    for (word a = ENDPOINT; a <= 15; a++)
        for (word b = ENDPOINT; b <= 15; b++) {
            struct slot *order[FOREST_MAX];
            uint64_t digest = forest_digest();
            unsigned count = forest.count;
            memcpy(order, forest.list, count * sizeof *order);
            struct cap cap_a = world.root[a].cap, cap_b = world.root[b].cap;
            ok(world_swap(a, b));
            CHECK_EQ(forest.count, count);
            for (unsigned i = 0; i < count; i++) {
                struct slot *expected = order[i];
                if (expected == &world.root[a])
                    expected = &world.root[b];
                else if (expected == &world.root[b])
                    expected = &world.root[a];
                CHECK(forest.list[i] == expected);
            }
            CHECK_EQ(world.root[a].cap.w0, cap_b.w0);
            CHECK_EQ(world.root[a].cap.w1, cap_b.w1);
            CHECK_EQ(world.root[b].cap.w0, cap_a.w0);
            CHECK_EQ(world.root[b].cap.w1, cap_a.w1);
            ok(world_swap(b, a));
            CHECK_EQ(forest_digest(), digest);
        }
}

static void swap_untypeds_keeps_marks(void)
{
    begin();
    ok(world_retype_all(2, TESS_TYPE_UNTYPED, 4096, 20, 2));
    ok(world_retype_all(20, TESS_TYPE_ENDPOINT, 0, 30, 3));
    ok(world_retype_all(21, TESS_TYPE_ENDPOINT, 0, 33, 7));
    word used_20 = untyped_used(&world.root[20]), used_21 = untyped_used(&world.root[21]);
    CHECK(used_20 != used_21 && used_20 != 0);
    ok(world_swap(20, 21));
    CHECK_EQ(untyped_used(&world.root[20]), used_21);
    CHECK_EQ(untyped_used(&world.root[21]), used_20);
    CHECK_EQ(under(21), SET(30, 31, 32));
    ok(world_swap(20, 2)); /* a parent and its child */
    CHECK_EQ(untyped_used(&world.root[2]), used_21);
    CHECK_EQ(under(2), SET(33, 34, 35, 36, 37, 38, 39));
    ok(world_move(40, 21));
    CHECK_EQ(untyped_used(&world.root[40]), used_20);
    ok(world_swap(40, ENDPOINT)); /* an untyped and something without aux */
    CHECK_EQ(untyped_used(&world.root[ENDPOINT]), used_20);
    CHECK_EQ(world.root[40].aux[0], 0);
}

static void check_marks(word slot, uint32_t used, uint32_t zeroed)
{
    CHECK_EQ(world.root[slot].aux[0], used);
    CHECK_EQ(world.root[slot].aux[1], zeroed);
}

/* Also the second mark, where it is ahead of the first: zeroing was stopped. */
static void swap_keeps_the_zeroed_mark(void)
{
    begin();
    ok(world_retype_all(2, TESS_TYPE_UNTYPED, 20480, 20, 2));
    world.preempt_at = 1;
    CHECK_EQ(world_retype(20, TESS_TYPE_CNODE, 9, 30, 1).code, STATUS_PREEMPTED);
    forest_check();
    uint32_t zeroed = world.root[20].aux[1];
    CHECK(zeroed > 0 && world.root[21].aux[1] == 0);
    check_marks(20, 0, zeroed);
    ok(world_swap(20, 21));
    check_marks(21, 0, zeroed);
    check_marks(20, 0, 0);
    ok(world_swap(20, 21));
    check_marks(20, 0, zeroed);
    ok(world_move(40, 20));
    check_marks(40, 0, zeroed);
    ok(world_swap(40, ENDPOINT));
    check_marks(ENDPOINT, 0, zeroed);
    check_marks(40, 0, 0);
    ok(world_retype_all(2, TESS_TYPE_VSPACE, 0, 50, 1)); /* and something in a ring */
    ok(world_retype_all(2, TESS_TYPE_FRAME, 12, 51, 1));
    world_map(&world.root[51], cap_object(world.root[50].cap), 0x1000);
    ok(world_swap(ENDPOINT, 51));
    check_marks(51, 0, zeroed);
    ok(world_swap(ENDPOINT, 51));
    check_marks(ENDPOINT, 0, zeroed);
}

/* ---- rings -------------------------------------------------------------------------------------------- */

/* Two VSpaces in root[20], root[21]; frames in root[30..35], three mapped in each, 36 not mapped. */
static void begin_mapped(void)
{
    begin();
    ok(world_retype_all(2, TESS_TYPE_VSPACE, 0, 20, 2));
    ok(world_retype_all(2, TESS_TYPE_FRAME, 12, 30, 7));
    for (word i = 0; i < 6; i++)
        world_map(&world.root[30 + i], cap_object(world.root[20 + i / 3].cap), i << 12);
    forest_check();
}

static void move_takes_ring_place(void)
{
    begin_mapped();
    for (word from = 30; from <= 36; from++) {
        uint64_t digest = forest_digest();
        ok(world_move(50, from));
        ok(world_move(from, 50));
        CHECK_EQ(forest_digest(), digest);
    }
    /* A ring with nothing else in it but the anchor. */
    struct slot *anchor = cap_object(world.root[20].cap);
    world_unmap(&world.root[30]);
    world_unmap(&world.root[31]);
    ok(world_move(50, 32));
    CHECK(ring_next(anchor) == &world.root[50] && ring_prev(anchor) == &world.root[50]);
}

/* Every pair: same ring and neighbours in it or not, different rings, one in no ring, an untyped, an endpoint. */
static void swap_exchanges_ring_places(void)
{
    begin_mapped();
    word slots[] = {30, 31, 32, 33, 34, 35, 36, 2, ENDPOINT};
    for (unsigned i = 0; i < 9; i++)
        for (unsigned j = 0; j < 9; j++) {
            uint64_t digest = forest_digest();
            ok(world_swap(slots[i], slots[j])); /* forest_check looks after the rings */
            ok(world_swap(slots[i], slots[j]));
            CHECK_EQ(forest_digest(), digest);
        }
}

static void swap_single_members(void)
{
    begin_mapped();
    for (word slot = 31; slot < 35; slot++)
        if (cap_is_mapped(world.root[slot].cap) && slot != 33)
            world_unmap(&world.root[slot]);
    world_unmap(&world.root[35]);
    ok(world_swap(30, 33)); /* each the only one in its VSpace */
    CHECK_EQ(cap_mapped_vspace(world.root[30].cap), slot_number(cap_object(world.root[21].cap)));
    ok(world_delete(20));
    CHECK(!cap_is_mapped(world.root[33].cap));
    CHECK(cap_is_mapped(world.root[30].cap));
}

static void copy_is_not_mapped(void)
{
    begin_mapped();
    ok(world_copy(50, 30, 15));
    CHECK(!cap_is_mapped(world.root[50].cap));
    CHECK(cap_is_mapped(world.root[30].cap));
    ok(world_delete(30));
    CHECK(!cap_is_empty(world.root[50].cap));
}

/* ---- parents ------------------------------------------------------------------------------------------ */

static void original_has_children(void)
{
    begin();
    ok(world_copy(11, ENDPOINT, 15));
    ok(world_copy(12, 11, 15)); /* from a copy: a sibling of it */
    CHECK_EQ(under(ENDPOINT), SET(11, 12));
    CHECK_EQ(under(11), 0);
    CHECK_EQ(under(12), 0);
    ok(world_mint(13, 11, 15, 7)); /* from an unbadged copy: no child of it, but of the original */
    CHECK_EQ(under(11), 0);
    CHECK_EQ(under(ENDPOINT), SET(11, 12, 13));
    ok(world_copy(14, 13, 15));
    CHECK_EQ(under(13), SET(14)); /* the mint that gave the badge is an original of its own */
    CHECK_EQ(under(2), SET(10, 11, 12, 13, 14));
}

static void mint_without_badge_is_a_copy(void)
{
    begin();
    ok(world_mint(11, ENDPOINT, 3, 0));
    CHECK(!(world.root[11].cap.w0 & (CAP_ORIGINAL | CAP_FAMILY)));
    ok(world_mint(12, ENDPOINT, 15, 9));
    ok(world_mint(13, 12, 15, 0)); /* keeps the badge it had */
    CHECK_EQ(cap_badge(world.root[13].cap), 9);
    CHECK_EQ(under(12), SET(13));
}

static void copies_after_the_original(void)
{
    begin();
    ok(world_copy(11, ENDPOINT, 15));
    ok(world_mint(12, 11, 15, 5));
    ok(world_copy(13, 12, 15));
    ok(world_delete(ENDPOINT));
    CHECK_EQ(under(2), SET(11, 12, 13));
    CHECK_EQ(under(11), 0); /* a copy does not become an original */
    CHECK_EQ(under(12), SET(13));
    ok(world_mint(14, 11, 15, 5));
    CHECK_EQ(under(14), 0);
    CHECK_EQ(under(12), SET(13));
}

static void swap_with_child(void)
{
    begin();
    ok(world_copy(11, ENDPOINT, 15));
    ok(world_swap(ENDPOINT, 11));
    CHECK_EQ(under(11), SET(ENDPOINT));
    CHECK_EQ(under(ENDPOINT), 0);
    ok(world_delete(11));
    CHECK(!cap_is_empty(world.root[ENDPOINT].cap));
    CHECK(cdt_is_last(&world.root[ENDPOINT]));
}

static void irq_handlers(void)
{
    world_begin();
    struct slot *control = world_boot_cap(&world.root[20], cap_irq_control());
    for (word i = 0; i < 3; i++) {
        struct cap cap = cap_irq_handler(i);
        cap.w0 |= CAP_ORIGINAL;
        cdt_insert(control, &world.root[21 + i], cap);
    }
    forest_check();
    CHECK_EQ(under(20), SET(21, 22, 23));
    ok(world_copy(24, 22, 15));
    CHECK_EQ(under(22), SET(24));
    CHECK_EQ(under(20), SET(21, 22, 23, 24));
    ok(world_revoke_all(20, NULL));
    CHECK_EQ(under(20), 0);
}

/* Types whose capabilities carry no rights or badge: the original is the parent of all copies. */
static void every_type_copied(void)
{
    static const struct {
        enum tess_type type;
        word size;
    } kinds[] = {
        {TESS_TYPE_CNODE, 2},  {TESS_TYPE_TCB, 0},    {TESS_TYPE_REPLY, 0}, {TESS_TYPE_SCHED_CONTEXT, 4},
        {TESS_TYPE_VSPACE, 0}, {TESS_TYPE_FRAME, 12}, {TESS_TYPE_FP, 0},    {TESS_TYPE_NOTIFICATION, 0},
        {TESS_TYPE_TIMER, 0}};
    begin();
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ok(world_retype_all(2, kinds[i].type, kinds[i].size, 20, 1));
        ok(world_copy(21, 20, 15));
        ok(world_copy(22, 21, 15));
        CHECK_EQ(under(20), SET(21, 22));
        CHECK_EQ(under(21), 0);
        ok(world_revoke_all(20, NULL));
        CHECK(cap_is_empty(world.root[21].cap) && cap_is_empty(world.root[22].cap));
        ok(world_delete_all(20, NULL));
    }
}

static void single_kinds_copied(void)
{
    world_begin();
    world_boot_cap(&world.root[20], cap_sched_control(0));
    world_boot_cap(&world.root[21], cap_sched_control(1));
    ok(world_copy(22, 20, 15));
    ok(world_copy(23, 21, 15));
    CHECK_EQ(under(20), SET(22));
    CHECK_EQ(under(21), SET(23));
    struct slot *firmware = world_head();
    cdt_insert(firmware, &world.root[24], cap_derive(firmware->cap, 15));
    forest_check();
    CHECK(!cdt_is_last(firmware) && !cdt_is_last(&world.root[24]));
    ok(world_delete(24));
    CHECK(cdt_is_last(firmware));
    /* A page table is nobody's parent, and its capability is the only one. */
    world_ram(&world.root[2], 0, 8192);
    ok(world_retype_all(2, TESS_TYPE_PAGE_TABLE, 0, 30, 2));
    CHECK_EQ(under(30) | under(31), 0);
    CHECK(!cdt_is_parent(CAP_EMPTY, world.root[30].cap));
    CHECK(!cdt_is_parent((struct cap){CAP_TEARDOWN | CAP_ORIGINAL, 0}, world.root[30].cap));
}

static void untypeds_by_range(void)
{
    begin();
    ok(world_retype_all(2, TESS_TYPE_UNTYPED, 8192, 20, 2));
    ok(world_retype_all(20, TESS_TYPE_UNTYPED, 8192, 22, 1)); /* all of it */
    ok(world_retype_all(22, TESS_TYPE_FRAME, 12, 23, 1));
    ok(world_retype_all(21, TESS_TYPE_CNODE, 3, 25, 1));
    CHECK_EQ(under(2), SET(10, 20, 21, 22, 23, 25));
    CHECK_EQ(under(20), SET(22, 23));
    CHECK_EQ(under(22), SET(23));
    CHECK_EQ(under(21), SET(25));
    ok(world_delete(20)); /* its children go to its parent */
    CHECK_EQ(under(2), SET(10, 21, 22, 23, 25));
    ok(world_delete(2));
    CHECK_EQ(under(22), SET(23));
    CHECK_EQ(under(21), SET(25));
}

/* Memory that begins where other memory ends, and stands right of it in the list, is not its child. */
static void neighbours_in_memory(void)
{
    world_begin();
    world_ram(&world.root[3], 4096, 4096);
    world_ram(&world.root[2], 0, 4096);
    ok(world_retype_all(3, TESS_TYPE_FRAME, 12, 4, 1));
    CHECK(cdt_next(&world.root[2]) == &world.root[3]);
    CHECK_EQ(under(2), 0);
    CHECK_EQ(under(3), SET(4));
}

/* ---- families of one badge ---------------------------------------------------------------------------- */

static void same_badge_twice(void)
{
    begin();
    ok(world_mint(11, ENDPOINT, 15, 5));
    ok(world_mint(12, ENDPOINT, 15, 5));
    ok(world_copy(13, 11, 15));
    ok(world_copy(14, 12, 15));
    CHECK_EQ(under(11), SET(13));
    CHECK_EQ(under(12), SET(14));
    ok(world_revoke_all(12, NULL));
    CHECK_EQ(under(11), SET(13));
    CHECK_EQ(under(ENDPOINT), SET(11, 12, 13));
}

/* Whatever is deleted from the right family, the left one does not become its parent. */
static void family_border_survives_deletions(void)
{
    static const word orders[][3] = {{11, 12, 13}, {11, 13, 12}, {12, 11, 13},
                                     {12, 13, 11}, {13, 11, 12}, {13, 12, 11}};
    for (unsigned i = 0; i < 6; i++) {
        begin();
        ok(world_mint(11, ENDPOINT, 15, 5));
        ok(world_copy(12, 11, 15));
        ok(world_copy(13, 11, 15));
        ok(world_mint(20, ENDPOINT, 15, 5)); /* stands left of the family of 11 */
        ok(world_copy(21, 20, 15));
        for (unsigned j = 0; j < 3; j++) {
            ok(world_delete(orders[i][j]));
            CHECK_EQ(under(20), SET(21));
        }
        CHECK_EQ(under(ENDPOINT), SET(20, 21));
    }
}

static void family_without_original(void)
{
    begin();
    ok(world_mint(11, ENDPOINT, 15, 5));
    ok(world_copy(12, 11, 15));
    ok(world_delete(11));
    ok(world_copy(13, 12, 15)); /* a copy of a copy: a sibling, and in the family */
    ok(world_mint(20, ENDPOINT, 15, 5));
    CHECK_EQ(under(12) | under(13) | under(20), 0);
    ok(world_delete(12));
    CHECK_EQ(under(20), 0);
    ok(world_revoke_all(20, NULL));
    CHECK(!cap_is_empty(world.root[13].cap));
}

static void family_moved_and_swapped(void)
{
    begin();
    ok(world_mint(11, ENDPOINT, 15, 5));
    ok(world_copy(12, 11, 15));
    ok(world_mint(20, ENDPOINT, 15, 5));
    ok(world_copy(21, 20, 15));
    ok(world_swap(11, 20)); /* the first ones of the two families */
    CHECK_EQ(under(20), SET(12));
    CHECK_EQ(under(11), SET(21));
    ok(world_swap(12, 21));
    CHECK_EQ(under(20), SET(21));
    CHECK_EQ(under(11), SET(12));
    ok(world_move(30, 20));
    ok(world_swap(30, 21)); /* a first one with its own child */
    CHECK_EQ(under(21), SET(30));
    ok(world_delete(21));
    CHECK_EQ(under(11), SET(12));
}

static const struct unit_test TESTS[] = {
    {"CDT-1 a list begins, grows and ends", new_list},
    {"CDT-5 a copy stands right of its source", insert_between},
    {"CDT-5 move keeps the place", move_keeps_place},
    {"CDT-5 swap keeps both places, every pair", swap_keeps_place},
    {"CN-2 swap and move take the marks of untyped memory along", swap_untypeds_keeps_marks},
    {"CN-2 swap and move take the zeroed mark along", swap_keeps_the_zeroed_mark},
    {"CN-2 move takes the place in a ring along", move_takes_ring_place},
    {"CN-2 swap exchanges places in rings, every pair", swap_exchanges_ring_places},
    {"CN-2 swap of the only members of two rings", swap_single_members},
    {"CAP-5 a copy is not mapped", copy_is_not_mapped},
    {"CDT-3 children of originals and of copies", original_has_children},
    {"CDT-3 mint without a badge is a copy", mint_without_badge_is_a_copy},
    {"CDT-3 copies outlive the original", copies_after_the_original},
    {"CDT-5 swap of parent and child", swap_with_child},
    {"CDT-7 interrupt handlers", irq_handlers},
    {"CDT-3 every type made by retype", every_type_copied},
    {"CDT-3 types made at boot", single_kinds_copied},
    {"CDT-2 untypeds by range", untypeds_by_range},
    {"CDT-2 neighbours in memory", neighbours_in_memory},
    {"CDT-4 the same badge minted twice", same_badge_twice},
    {"CDT-4 the border between families survives every order of deletion", family_border_survives_deletions},
    {"CDT-4 a family whose original is gone", family_without_original},
    {"CDT-4 families moved and swapped", family_moved_and_swapped},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
