/*
 * userland/servers/mem/region.h: the regions of an address space: what lies where, and what it is backed by.
 *
 * Addresses are in pages here, below REGION_PAGES. Regions lie in order and do not overlap, and neither do the
 * ranges that are kept free for those that grow. Pure bookkeeping.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_REGION_H
#define TESSERA_USERLAND_SERVERS_MEM_REGION_H

#include <stdbool.h>
#include <stdint.h>

#define REGION_PAGES  (1u << 18) /* 1 GB of addresses */
#define REGIONS_MAX   48u
#define REGION_LOWEST (0x10000000u >> 12) /* where the server looks for a free address itself */

enum region_kind {
    REGION_ZERO = 1,   /* zero at first */
    REGION_FILE = 2,   /* a file of the bundle; private if it can be written */
    REGION_SHARED = 3, /* pages that several clients see */
    REGION_GUARD = 4,  /* nothing, and nothing else comes here */
};

enum {
    REGION_EAGER = 1, /* all pages at once */
    REGION_OVERCOMMIT =
        2,            /* charged page by page when they are touched: too much is a fault then, no error now */
    REGION_WHOLE = 4, /* of a file: its last page may show what lies behind its end */
};

struct shared;

struct region {
    uint32_t first, pages; /* what there is */
    uint32_t low, high;    /* what it may grow to: from low to before high */
    uint8_t kind;
    uint8_t rights;
    uint8_t flags;
    uint64_t offset;       /* FILE: in the bundle, a multiple of a page */
    uint64_t bytes;        /* FILE: zero behind so many */
    struct shared *shared; /* SHARED */
};

struct regions {
    unsigned count;
    struct region region[REGIONS_MAX];
};

/* The region that has the page; null: none. */
struct region *region_find(struct regions *regions, uint32_t page);

/* The region that the page could be added to at its low end; null: none. */
struct region *region_below(struct regions *regions, uint32_t page);

/* The region that begins there; null: none. */
struct region *region_at(struct regions *regions, uint32_t first);

/* Puts it into its place; null: something is there, it lies outside, or there are too many. */
struct region *region_add(struct regions *regions, const struct region *region);
void region_remove(struct regions *regions, struct region *region);

/* The lowest place from REGION_LOWEST on with so many pages and an empty one on either side; 0: there is none. */
uint32_t region_place(const struct regions *regions, uint32_t pages);

#endif
