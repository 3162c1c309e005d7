/* sources: userland/servers/mem/pool.c userland/servers/mem/placement.c userland/servers/mem/first_fit.c userland/servers/mem/buddy.c userland/servers/mem/colour.c */
/*
 * tests/unit/test_mem_pool.c: the memory server's pool and its placement policies, against a plain array of
 * what is free.
 */
#include "tests/unit/unit.h"
#include "userland/servers/mem/placement.h"

#define PAGES 3000u

static struct pool pool;
static void *tables;
static bool taken[8192];

static void start(uint64_t physical, uint32_t pages)
{
    free(tables);
    tables = calloc(1, pool_table_bytes(physical, pages));
    memset(taken, 0, sizeof taken);
    pool_init(&pool, physical, pages, tables);
}

static bool block_is_free(uint32_t page, unsigned order)
{
    for (uint32_t i = page; i < page + (1u << order); i++) {
        if (i < pool.first || i >= pool.end || taken[i])
            return false;
    }
    return true;
}

static void mark(uint32_t page, unsigned order, bool as)
{
    for (uint32_t i = page; i < page + (1u << order); i++)
        taken[i] = as;
}

static uint32_t lowest(unsigned order)
{
    for (uint32_t page = 0; page < pool.end; page += 1u << order) {
        if (block_is_free(page, order))
            return page;
    }
    return POOL_NONE;
}

/* The order of the free block that the page is in, as large as it can be. */
static unsigned block_order(uint32_t page)
{
    unsigned order = 0;

    while (order < 12 && block_is_free(page >> (order + 1) << (order + 1), order + 1))
        order++;
    return order;
}

static void check_choice(const struct placement *p, unsigned order, uint32_t virtual)
{
    uint32_t page = p->choose(&pool, order, virtual);

    CHECK_EQ(page == POOL_NONE, lowest(order) == POOL_NONE);
    if (page == POOL_NONE)
        return;
    CHECK(block_is_free(page, order) && page % (1u << order) == 0);
    if (p == &placement_first_fit)
        CHECK_EQ(page, lowest(order));
    if (p == &placement_buddy) {
        unsigned least = 13;
        for (uint32_t i = pool.first; i < pool.end; i++) {
            unsigned here = taken[i] ? 13 : block_order(i);
            least = here >= order && here < least ? here : least;
        }
        CHECK_EQ(block_order(page), least);
    }
    if (p == &placement_colour && order == 0) {
        bool any = false;
        for (uint32_t i = virtual % PLACEMENT_COLOURS; i < pool.end; i += PLACEMENT_COLOURS)
            any |= block_is_free(i, 0);
        CHECK(!any || page % PLACEMENT_COLOURS == virtual % PLACEMENT_COLOURS);
    }
}

/* Random blocks come and go; each policy is asked on the way. */
static void churn(const struct placement *p)
{
    struct {
        uint32_t page;
        unsigned order;
    } out[600];
    unsigned count = 0;

    srand(7);
    start(0x80345000, PAGES);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned order = rand() % 4 == 0 ? (unsigned)rand() % 6 : 0;
        if (step % 50 == 0)
            check_choice(p, order, (uint32_t)rand());
        if (count < 600 && (rand() % 100 < 55 || count == 0)) {
            uint32_t page = p->choose(&pool, order, (uint32_t)rand());
            if (page == POOL_NONE)
                continue;
            CHECK(block_is_free(page, order));
            pool_take(&pool, page, order);
            mark(page, order, true);
            out[count].page = page;
            out[count++].order = order;
        } else {
            unsigned i = (unsigned)rand() % count;
            CHECK(pool_drop(&pool, out[i].page, out[i].order));
            mark(out[i].page, out[i].order, false);
            out[i] = out[--count];
        }
        uint32_t page = (uint32_t)rand() % pool.end;
        CHECK_EQ(pool_is_free(&pool, page), block_is_free(page, 0));
    }
    while (count-- > 0)
        CHECK(pool_drop(&pool, out[count].page, out[count].order));
    CHECK_EQ(pool.free, PAGES);
    mark(0, 12, false);
    CHECK_EQ(placement_first_fit.choose(&pool, 9, 0), 512);
}

static void first_fit(void)
{
    churn(&placement_first_fit);
}

static void buddy(void)
{
    churn(&placement_buddy);
}

static void colour(void)
{
    churn(&placement_colour);
}

static void all_pages(void)
{
    start(0x80000000, 513);
    for (uint32_t i = 0; i < 513; i++) {
        CHECK_EQ(placement_first_fit.choose(&pool, 0, 0), i);
        pool_take(&pool, i, 0);
    }
    CHECK_EQ(placement_first_fit.choose(&pool, 0, 0), POOL_NONE);
    CHECK_EQ(placement_buddy.choose(&pool, 0, 0), POOL_NONE);
    CHECK_EQ(placement_colour.choose(&pool, 0, 0), POOL_NONE);
    CHECK(!pool_chunk_is_free(&pool, 512));
    CHECK(pool_drop(&pool, 512, 0));
    CHECK(pool_chunk_is_free(&pool, 512));
    CHECK_EQ(placement_buddy.choose(&pool, 0, 0), 512);
}

static void users(void)
{
    start(0x80001000, 10);
    CHECK_EQ(pool.first, 1);
    pool_take(&pool, 4, 0);
    CHECK(pool_share(&pool, 4));
    CHECK(!pool_drop(&pool, 4, 0));
    CHECK(!pool_is_free(&pool, 4));
    pool.refs[4] = POOL_REFS_MAX;
    CHECK(!pool_share(&pool, 4));
    pool.refs[4] = 1;
    CHECK(pool_drop(&pool, 4, 0));
    CHECK(pool_is_free(&pool, 4) && !pool_is_free(&pool, 0) && !pool_is_free(&pool, 11));
}

static void by_number(void)
{
    CHECK(placement_get(0) == &placement_first_fit);
    CHECK(placement_get(1) == &placement_buddy);
    CHECK(placement_get(2) == &placement_colour);
    CHECK(placement_get(3) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"pool: every page once", all_pages},
        {"pool: a page is free when its last user has gone", users},
        {"placement: first fit is the lowest block there is", first_fit},
        {"placement: buddy breaks the smallest block that will do", buddy},
        {"placement: colour, while there is one", colour},
        {"placement: by number", by_number},
    };

    return UNIT_RUN(tests);
}
