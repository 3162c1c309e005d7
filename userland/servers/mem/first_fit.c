/*
 * userland/servers/mem/first_fit.c: placement: the free block with the lowest address.
 *
 * Keeps memory in use together at the low end, whoever uses it.
 */
#include "userland/servers/mem/placement.h"

static uint32_t choose(const struct pool *pool, unsigned order, uint32_t virtual)
{
    uint32_t node = 1;
    uint32_t block = pool->leaves >> order; /* nodes from here on are blocks of that order */

    (void)virtual;
    if (pool->orders[node] >> order == 0)
        return POOL_NONE;
    while (node < block)
        node = pool->orders[2 * node] >> order != 0 ? 2 * node : 2 * node + 1;
    return (node - block) << order;
}

const struct placement placement_first_fit = {"first-fit", choose};
