/*
 * userland/servers/mem/pool.c: the tree over the pages (userland/servers/mem/pool.h).
 */
#include "userland/servers/mem/pool.h"

#define CHUNK_BYTES (POOL_CHUNK_PAGES * POOL_PAGE_BYTES)

static uint32_t first_of(uint64_t physical)
{
    return (uint32_t)(physical % CHUNK_BYTES / POOL_PAGE_BYTES);
}

static uint32_t leaves_for(uint32_t end)
{
    uint32_t leaves = POOL_CHUNK_PAGES;

    while (leaves < end)
        leaves *= 2;
    return leaves;
}

size_t pool_table_bytes(uint64_t physical, uint32_t pages)
{
    uint32_t end = first_of(physical) + pages;

    return 2 * (size_t)leaves_for(end) * sizeof(uint32_t) + ((end * sizeof(uint16_t) + 7) & ~(size_t)7);
}

/* What a node says when its two halves, each of 1 << order pages, say this. */
static uint32_t join(uint32_t left, uint32_t right, unsigned order)
{
    return left == 1u << order && right == left ? left << 1 : left | right;
}

void pool_init(struct pool *pool, uint64_t physical, uint32_t pages, void *tables)
{
    uint32_t first = first_of(physical);
    uint32_t leaves = leaves_for(first + pages);

    *pool = (struct pool){
        .base = physical - first * POOL_PAGE_BYTES,
        .first = first,
        .end = first + pages,
        .free = pages,
        .leaves = leaves,
        .orders = tables,
        .refs = (uint16_t *)((uint32_t *)tables + 2 * (size_t)leaves),
    };
    for (uint32_t page = first; page < pool->end; page++)
        pool->orders[leaves + page] = 1;
    unsigned order = 0;
    for (uint32_t row = leaves / 2; row >= 1; row /= 2, order++) {
        for (uint32_t node = row; node < 2 * row; node++)
            pool->orders[node] = join(pool->orders[2 * node], pool->orders[2 * node + 1], order);
    }
}

/* Below a node that says "nothing" its children may say what they said before the whole was taken. */
bool pool_is_free(const struct pool *pool, uint32_t page)
{
    uint32_t node = pool->leaves + page;

    if (page < pool->first || page >= pool->end)
        return false;
    while (node >= 1 && pool->orders[node] != 0)
        node /= 2;
    return node == 0;
}

bool pool_chunk_is_free(const struct pool *pool, uint32_t page)
{
    uint32_t chunk = page / POOL_CHUNK_PAGES * POOL_CHUNK_PAGES;

    if (chunk >= pool->first && chunk + POOL_CHUNK_PAGES <= pool->end)
        return pool->orders[(pool->leaves + chunk) / POOL_CHUNK_PAGES] == POOL_CHUNK_PAGES &&
               pool_is_free(pool, chunk);
    for (uint32_t i = chunk; i < chunk + POOL_CHUNK_PAGES; i++) {
        if (i >= pool->first && i < pool->end && !pool_is_free(pool, i))
            return false;
    }
    return true;
}

/* The block becomes what `state` says, and everything above it is told. */
static void set(struct pool *pool, uint32_t page, unsigned order, uint32_t state)
{
    uint32_t node = (pool->leaves + page) >> order;

    pool->orders[node] = state;
    for (node /= 2; node >= 1; node /= 2, order++)
        pool->orders[node] = join(pool->orders[2 * node], pool->orders[2 * node + 1], order);
}

/* A block that is part of a larger free one: that one's halves have to say so first. */
void pool_take(struct pool *pool, uint32_t page, unsigned order)
{
    set(pool, page, order, 0);
    pool->refs[page] = 1;
    pool->free -= 1u << order;
}

bool pool_share(struct pool *pool, uint32_t page)
{
    if (pool->refs[page] == POOL_REFS_MAX)
        return false;
    pool->refs[page]++;
    return true;
}

bool pool_drop(struct pool *pool, uint32_t page, unsigned order)
{
    if (--pool->refs[page] > 0)
        return false;
    set(pool, page, order, 1u << order);
    pool->free += 1u << order;
    return true;
}
