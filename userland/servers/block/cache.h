/*
 * userland/servers/block/cache.h: which block of the disk is in which page of memory.
 *
 * Pure bookkeeping: the page used longest ago makes room. Compiles on the host, where
 * tests/unit/test_user_cache.c runs it against a plain list.
 */
#ifndef TESSERA_USERLAND_SERVERS_BLOCK_CACHE_H
#define TESSERA_USERLAND_SERVERS_BLOCK_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define CACHE_PAGES_MAX 64u

struct cache_page {
    uint64_t block;
    uint64_t used; /* when it was last asked for; 0: it holds nothing */
};

struct cache {
    unsigned pages;
    uint64_t now;
    struct cache_page page[CACHE_PAGES_MAX];
};

/* At most CACHE_PAGES_MAX pages, at least one. */
void cache_init(struct cache *c, unsigned pages);

/* The page that holds the block, or -1. */
int cache_find(struct cache *c, uint64_t block);

/* A page to read another block into. It holds nothing until cache_fill says what. */
unsigned cache_evict(struct cache *c);
/* The page holds nothing any more. */
void cache_drop(struct cache *c, unsigned page);
void cache_fill(struct cache *c, unsigned page, uint64_t block);

#endif
