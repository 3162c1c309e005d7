/*
 * userland/servers/mem/pool.h: which pages of the server's memory are free, and how often the others are used.
 *
 * Pages are numbered by physical address: page 0 begins at a multiple of 2 MB, which may lie before the memory
 * that is there. Over them stands a binary tree: each node says, as a set of bits, of which orders the free
 * blocks below it are. A free block is one that is as large as it can be: never two halves of a larger one. So
 * "is there a block of this order, where is the lowest, which is the smallest that will do" are each one walk
 * from the root (placement.h).
 *
 * Pure bookkeeping, no capabilities; compiles on the host (tests/unit/test_mem_pool.c).
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_POOL_H
#define TESSERA_USERLAND_SERVERS_MEM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_PAGE_BYTES  4096ull
#define POOL_CHUNK_PAGES 512u /* 2 MB: what is cut into pages, and made whole again, together */
#define POOL_NONE        0xffffffffu
#define POOL_REFS_MAX    0xffffu

struct pool {
    uint64_t base;  /* physical address of page 0 */
    uint32_t first; /* the pages there are: first to end - 1 */
    uint32_t end;
    uint32_t free;    /* how many of them are free */
    uint32_t leaves;  /* a power of two, at least end */
    uint32_t *orders; /* 2 * leaves nodes: 1 is the root, 2n and 2n + 1 are below n, leaves + p is page p */
    uint16_t *refs;   /* of each page: who uses it; 0 for free ones, and behind the first of a larger block */
};

/* Bytes of memory for the tables over `pages` pages of memory from that address on; aligned to 8. */
size_t pool_table_bytes(uint64_t physical, uint32_t pages);

/* All pages free. tables: zeroed. */
void pool_init(struct pool *pool, uint64_t physical, uint32_t pages, void *tables);

bool pool_is_free(const struct pool *pool, uint32_t page);

/* True when no page of the 2 MB around that page is in use. */
bool pool_chunk_is_free(const struct pool *pool, uint32_t page);

/* A free block of that order becomes used once; the page number is a multiple of 1 << order. */
void pool_take(struct pool *pool, uint32_t page, unsigned order);

/* One more user. False: there are too many. */
bool pool_share(struct pool *pool, uint32_t page);

/* One user less; true: it was the last one, and the block is free. */
bool pool_drop(struct pool *pool, uint32_t page, unsigned order);

#endif
