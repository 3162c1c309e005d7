/* sources: platform/region.c */
/*
 * tests/unit/test_region.c: lists of physical regions against a plain map (BI-5).
 */
#include "platform/region.h"
#include "tests/unit/unit.h"

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * limit >> 32);
}

#define SPACE 64u /* small numbers against a map of single units */

static void check_map(const struct regions *list, const bool *map)
{
    for (unsigned i = 0; i < SPACE; i++)
        CHECK_EQ(regions_overlap(list, (struct region){i, 1}), map[i]);
    for (unsigned i = 1; i < list->count; i++)
        CHECK(region_end(list->at[i - 1]) <= list->at[i].base);
}

static void test_regions(void)
{
    for (unsigned round = 0; round < 2000; round++) {
        struct regions list = {0};
        bool map[SPACE] = {false};
        for (unsigned step = 0; step < 20; step++) {
            uint32_t base = random_below(SPACE - 1);
            struct region r = {base, 1 + random_below(SPACE - base)};
            bool add = random_below(2);
            CHECK(add ? regions_add(&list, r) : regions_subtract(&list, r));
            for (unsigned i = 0; i < r.length; i++)
                map[r.base + i] = add;
            if (random_below(4) == 0)
                regions_join(&list);
            check_map(&list, map);
        }
        uint32_t keep = random_below(SPACE);
        uint64_t left = regions_truncate(&list, keep);
        unsigned kept = 0;
        for (unsigned i = 0; i < SPACE; i++) {
            kept += map[i];
            map[i] = map[i] && kept <= keep;
        }
        CHECK_EQ(left, kept < keep ? keep - kept : 0);
        check_map(&list, map);
    }
}

static void test_regions_full(void)
{
    struct regions list = {0};
    for (unsigned i = 0; i < REGIONS_MAX; i++)
        CHECK(regions_add(&list, (struct region){i * 16, 8}));
    CHECK(!regions_add(&list, (struct region){9, 2}));
    CHECK(!regions_subtract(&list, (struct region){2, 2}));
    CHECK_EQ(list.count, REGIONS_MAX);
    CHECK(regions_add(&list, (struct region){4, 14})); /* makes one of two */
    CHECK_EQ(list.count, REGIONS_MAX - 1);
    CHECK(regions_subtract(&list, (struct region){2, 2}));
    CHECK_EQ(list.count, REGIONS_MAX);
    CHECK(regions_subtract(&list, (struct region){0, 16 * REGIONS_MAX}));
    CHECK_EQ(list.count, 0);
}

static void test_region_edges(void)
{
    CHECK(!region_valid((struct region){0, 0}));
    CHECK(!region_valid((struct region){1ull << REGION_ADDRESS_BITS, 1}));
    CHECK(!region_valid((struct region){1, UINT64_MAX}));
    CHECK(!region_valid((struct region){(1ull << REGION_ADDRESS_BITS) - 1, 2}));
    CHECK(region_valid((struct region){(1ull << REGION_ADDRESS_BITS) - 1, 1}));
    CHECK_EQ(region_pages_in((struct region){0x1001, 0x1ffe}).length, 0);
    CHECK_EQ(region_pages_in((struct region){0x1001, 0x1fff}).base, 0x2000);
    CHECK_EQ(region_pages_out((struct region){0x1fff, 2}).length, 0x2000);
}

static const struct unit_test tests[] = {
    {"BI-5: lists of regions against a map", test_regions},
    {"BI-5: full lists of regions", test_regions_full},
    {"BI-5: edges of regions", test_region_edges},
};

int main(void)
{
    return UNIT_RUN(tests);
}
