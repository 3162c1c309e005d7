/*
 * userland/servers/mem/shared.h: memory that several clients see.
 *
 * It has a page of the server's that lists its pages, and lives as long as a region shows it. Its pages are
 * promised out of the pool for itself, as it may outlive whoever made it, and are fixed in the account of each
 * client that shows it: they are never swapped.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_SHARED_H
#define TESSERA_USERLAND_SERVERS_MEM_SHARED_H

#include <stdint.h>

#define SHARED_PAGES_MAX  960u
#define SHARED_GUESTS_MAX 3u
#define SHARED_NAME       32u

struct shared {
    uint32_t own; /* the page of the pool this lies in */
    uint32_t users;
    uint32_t pages;
    uint32_t number;
    char guest[SHARED_GUESTS_MAX][SHARED_NAME]; /* who may have it too, by name; "": free */
    uint32_t page[SHARED_PAGES_MAX];            /* POOL_NONE: nobody touched it yet */
};

#endif
