/*
 * userland/servers/mem/colour.c: placement: pages that follow one another get different places in a cache.
 *
 * Of a cache that is looked up by physical address, a page can only be in the sets its address chooses: its
 * colour. A page gets the colour of its virtual address, so PLACEMENT_COLOURS neighbours never push each other
 * out. Blocks of more than one page have all their colours in a row by themselves.
 */
#include "userland/servers/mem/placement.h"

_Static_assert((PLACEMENT_COLOURS & (PLACEMENT_COLOURS - 1)) == 0, "a row of colours is a node of the tree");

static uint32_t choose(const struct pool *pool, unsigned order, uint32_t virtual)
{
    uint32_t rows = pool->leaves / PLACEMENT_COLOURS;

    if (order > 0)
        return placement_first_fit.choose(pool, order, virtual);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t page = row * PLACEMENT_COLOURS + virtual % PLACEMENT_COLOURS;
        if (pool->orders[rows + row] != 0 && pool_is_free(pool, page))
            return page;
    }
    return placement_first_fit.choose(pool, order, virtual); /* that colour is used up */
}

const struct placement placement_colour = {"colour", choose};
