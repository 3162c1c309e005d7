/*
 * userland/servers/block/cache.c: which block is in which page (userland/servers/block/cache.h).
 */
#include "userland/servers/block/cache.h"

void cache_init(struct cache *c, unsigned pages)
{
    *c = (struct cache){.pages = pages < CACHE_PAGES_MAX ? pages : CACHE_PAGES_MAX};
}

int cache_find(struct cache *c, uint64_t block)
{
    for (unsigned i = 0; i < c->pages; i++) {
        if (c->page[i].used != 0 && c->page[i].block == block) {
            c->page[i].used = ++c->now;
            return (int)i;
        }
    }
    return -1;
}

void cache_drop(struct cache *c, unsigned page)
{
    c->page[page].used = 0;
}

unsigned cache_evict(struct cache *c)
{
    unsigned oldest = 0;

    for (unsigned i = 1; i < c->pages; i++) {
        if (c->page[i].used < c->page[oldest].used)
            oldest = i;
    }
    cache_drop(c, oldest);
    return oldest;
}

void cache_fill(struct cache *c, unsigned page, uint64_t block)
{
    c->page[page] = (struct cache_page){block, ++c->now};
}
