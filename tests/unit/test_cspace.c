/* sources: tests/unit/world.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_cspace.c: capability addresses (SPEC CS-1..CS-5): which slot an address names, and with
 * which error and which unresolved bits a wrong one fails.
 */
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* CNodes for these tests stand in bare memory: nothing here is ever deleted. */
static struct slot *node_at(unsigned index)
{
    return world.root + index;
}

/* Slots 16.. of the root CNode serve as further CNodes, 16 slots each. */
static struct cap node_cap(unsigned index, unsigned radix)
{
    return cap_cnode(node_at(16 * index), radix);
}

static void begin(void)
{
    world_begin();
}

#define ARGUMENT 5u

static struct slot *found(struct cap root, word address)
{
    struct slot *slot = NULL;
    struct status status = cspace_lookup(root, address, ARGUMENT, &slot);
    CHECK_EQ(status.code, TESS_OK);
    CHECK_EQ(status.detail, 0);
    CHECK(slot != NULL);
    return slot;
}

static void not_found(struct cap root, word address, word unresolved)
{
    struct slot *slot = NULL;
    struct status status = cspace_lookup(root, address, ARGUMENT, &slot);
    CHECK_EQ(status.code, TESS_ERR_ADDRESS | ARGUMENT << 8);
    CHECK_EQ(status.detail, unresolved);
    CHECK(slot == NULL);
}

static void one_cnode(void)
{
    begin();
    for (unsigned radix = 1; radix <= 8; radix++)
        for (word index = 1; index < 1u << radix; index++)
            CHECK(found(cap_cnode(world.root, radix), index) == &world.root[index]);
}

/* The first index too many, and those behind it: not in this CNode. */
static void beyond_the_end(void)
{
    begin();
    world.root[1].cap = CAP_EMPTY; /* no CNode anywhere in it */
    for (unsigned radix = 1; radix <= 8; radix++)
        for (word address = 1u << radix; address < 3u << radix; address++)
            not_found(cap_cnode(world.root, radix), address, address >> radix);
}

static void largest_radix(void)
{
    begin();
    struct slot *slots = window_pointer(RAM_BASE);
    struct cap node = cap_cnode(slots, TESS_CNODE_RADIX_MAX);
    CHECK(found(node, 1) == &slots[1]);
    CHECK(found(node, (1u << TESS_CNODE_RADIX_MAX) - 1) == &slots[(1u << TESS_CNODE_RADIX_MAX) - 1]);
}

static void low_bits_first(void)
{
    begin();
    struct cap outer = node_cap(1, 4), inner = node_cap(2, 3), last = node_cap(3, 4);
    node_at(16)[5].cap = inner;
    node_at(32)[3].cap = last;
    CHECK(found(outer, 5) == node_at(16) + 5);
    CHECK(found(outer, 5 | 6 << 4) == node_at(32) + 6);
    CHECK(found(outer, 5 | 3 << 4) == node_at(32) + 3);
    CHECK(found(outer, 5 | 3 << 4 | 9 << 7) == node_at(48) + 9);
    /* Growing a CNode does not change the addresses of what was in it. */
    CHECK(found(cap_cnode(world.root + 16, 5), 5) == node_at(16) + 5);
}

static void empty_slot_is_found(void)
{
    begin();
    CHECK(found(node_cap(1, 4), 7) == node_at(16) + 7);
    CHECK(cap_is_empty(found(node_cap(1, 4), 7)->cap));
}

static void null_names_nothing(void)
{
    begin();
    not_found(node_cap(1, 4), TESS_NULL, 0);
    not_found(CAP_EMPTY, TESS_NULL, 0);
}

static void slot_zero_leads_nowhere(void)
{
    begin();
    not_found(node_cap(1, 4), 1 << 4, 1);
    not_found(node_cap(1, 4), 0xabcd << 4, 0xabcd);
    node_at(16)[3].cap = node_cap(2, 4);
    not_found(node_cap(1, 4), 3 | 0 << 4 | 1 << 8, 1);
    /* Also while slot 0 holds the dying CNode itself. */
    node_at(16)[0].cap = node_cap(1, 4);
    node_at(16)[0].cap.w0 |= CAP_DYING;
    not_found(node_cap(1, 4), 1 << 4, 1);
}

static void bits_left_over(void)
{
    begin();
    /* The whole address remains where the root is no CNode; else what was not used up. */
    struct cap roots[] = {CAP_EMPTY,
                          cap_tcb(node_at(32)),
                          cap_endpoint(node_at(32), 0, 15),
                          cap_untyped(RAM_BASE, 4096, false),
                          {CAP_TEARDOWN, 0}};
    for (unsigned i = 0; i < 5; i++)
        not_found(roots[i], 0xfedcba9876543210, 0xfedcba9876543210);
    for (unsigned i = 0; i < 5; i++) {
        node_at(16)[2].cap = roots[i];
        CHECK(found(node_cap(1, 4), 2) == node_at(16) + 2);
        not_found(node_cap(1, 4), 2 | 0xfed << 4, 0xfed);
    }
    struct cap dying = node_cap(2, 4);
    dying.w0 |= CAP_DYING;
    not_found(dying, 5, 5);
    node_at(16)[2].cap = dying;
    CHECK(found(node_cap(1, 4), 2) == node_at(16) + 2);
    not_found(node_cap(1, 4), 2 | 5 << 4, 5);
}

static void all_64_bits_count(void)
{
    begin();
    node_at(16)[1].cap = node_cap(1, 4); /* holds itself */
    not_found(node_cap(1, 4), 1ull << 63, 1ull << 59);
    not_found(node_cap(1, 4), 1ull << 63 | 1, 1ull << 55);
}

static void at_most_eight_levels(void)
{
    begin();
    struct cap node = node_cap(1, 4);
    node_at(16)[1].cap = node; /* 1, 1, 1 ... stays in the same CNode */
    word address = 0;
    for (unsigned level = 1; level <= TESS_CSPACE_LEVELS; level++) {
        CHECK(found(node, address | 7ull << 4 * (level - 1)) == node_at(16) + 7);
        address |= 1ull << 4 * (level - 1);
        CHECK(found(node, address) == node_at(16) + 1);
    }
    not_found(node, address | 7ull << 4 * TESS_CSPACE_LEVELS, 7);
    not_found(node, address | 0x1230ull << 4 * TESS_CSPACE_LEVELS, 0x1230);
}

static void cycles_end(void)
{
    begin();
    node_at(16)[1].cap = node_cap(2, 1); /* two that hold each other; the second of the least radix */
    node_at(32)[1].cap = node_cap(1, 4);
    CHECK(found(node_cap(1, 4), 1 | 1 << 4) == node_at(32) + 1);
    CHECK(found(node_cap(1, 4), 1 | 1 << 4 | 9 << 5) == node_at(16) + 9);
    not_found(node_cap(1, 4), ~0ull, ~0ull >> 4);
    word ones = 0;
    for (unsigned i = 0; i < 12; i++)
        ones = ones << 5 | 1 | 1 << 4;
    not_found(node_cap(1, 4), ones, ones >> 20);
}

static void typed_lookup(void)
{
    begin();
    node_at(16)[2].cap = cap_tcb(node_at(32));
    struct slot *slot = NULL;
    CHECK_EQ(cspace_lookup_type(node_cap(1, 4), 2, 3, CAP_TCB, &slot).code, TESS_OK);
    CHECK(slot == node_at(16) + 2);
    struct status status = cspace_lookup_type(node_cap(1, 4), 2, 3, CAP_CNODE, &slot);
    CHECK_EQ(status.code, TESS_ERR_TYPE | 3 << 8);
    CHECK_EQ(status.detail, CAP_TCB);
    status = cspace_lookup_type(node_cap(1, 4), 9, 3, CAP_CNODE, &slot);
    CHECK_EQ(status.code, TESS_ERR_TYPE | 3 << 8);
    CHECK_EQ(status.detail, CAP_NULL);
    node_at(16)[2].cap.w0 |= CAP_DYING;
    status = cspace_lookup_type(node_cap(1, 4), 2, 3, CAP_TCB, &slot);
    CHECK_EQ(status.code, TESS_ERR_TYPE | 3 << 8);
    CHECK_EQ(status.detail, CAP_NULL);
    status = cspace_lookup_type(node_cap(1, 4), 2 | 8 << 4, 3, CAP_CNODE, &slot);
    CHECK_EQ(status.code, TESS_ERR_ADDRESS | 3 << 8);
    CHECK_EQ(status.detail, 8);
}

static const struct unit_test TESTS[] = {
    {"CS-2 every index of one CNode", one_cnode},
    {"CS-5 the first index beyond the end", beyond_the_end},
    {"CS-2 the largest radix", largest_radix},
    {"CS-1 the low bits choose first", low_bits_first},
    {"CS-2 an empty slot is found", empty_slot_is_found},
    {"CS-3 the null address names nothing", null_names_nothing},
    {"CS-3 slot 0 leads nowhere", slot_zero_leads_nowhere},
    {"CS-5 bits left over at something else than a CNode", bits_left_over},
    {"CS-5 all 64 bits count", all_64_bits_count},
    {"CS-4 at most eight CNodes", at_most_eight_levels},
    {"CS-4 cycles end", cycles_end},
    {"CS-5 the type found", typed_lookup},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
