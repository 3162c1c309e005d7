/*
 * userland/servers/mem/placement.h: which of the free pages somebody gets: a policy, chosen for each client.
 *
 * A policy is one function that looks at the pool and names a free block; it changes nothing. `virtual` is the
 * number of the page in the client's address space that the memory is for. To add one: a file like
 * first_fit.c, and a line in placement.c; its name can then be written in the system description.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_PLACEMENT_H
#define TESSERA_USERLAND_SERVERS_MEM_PLACEMENT_H

#include "userland/servers/mem/pool.h"

struct placement {
    const char *name;
    /* The first page of a free block of 1 << order pages, aligned to its size; POOL_NONE: there is none. */
    uint32_t (*choose)(const struct pool *pool, unsigned order, uint32_t virtual);
};

/* In the order of the numbers in the system description, from 0; null behind the last. */
const struct placement *placement_get(unsigned number);

extern const struct placement placement_first_fit; /* the lowest address */
extern const struct placement placement_buddy;     /* a block as small as possible: large ones stay whole */
extern const struct placement placement_colour;    /* neighbours fall into different sets of a cache */

/* How many pages fit beside each other into a cache: physical page % this is the colour. */
#define PLACEMENT_COLOURS 16u

#endif
