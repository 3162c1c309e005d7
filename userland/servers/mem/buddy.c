/*
 * userland/servers/mem/buddy.c: placement: the smallest free block that will do, halved until it fits.
 *
 * Small requests eat up what is already broken, and large blocks stay whole for those who need them.
 */
#include "userland/servers/mem/placement.h"

static uint32_t choose(const struct pool *pool, unsigned order, uint32_t virtual)
{
    uint32_t block = pool->leaves >> order;
    uint32_t fitting = pool->orders[1] >> order << order;
    uint32_t smallest = fitting & -fitting; /* as an order's bit, and so its pages */
    uint32_t node = 1;

    (void)virtual;
    if (fitting == 0)
        return POOL_NONE;
    /* Down to the block of that size, and then to its lowest part. */
    while (node < pool->leaves / smallest)
        node = (pool->orders[2 * node] & smallest) != 0 ? 2 * node : 2 * node + 1;
    while (node < block)
        node *= 2;
    return (node - block) << order;
}

const struct placement placement_buddy = {"buddy", choose};
