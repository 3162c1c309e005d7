/*
 * userland/servers/mem/swap.h: which pages of the swap disk are in use.
 *
 * A swapped page is named by a number, its place; several address spaces can name one, after a copy that nobody
 * has written to. Places are reserved before pages are promised to anybody, so that a page that must go out has
 * somewhere to go. Pure bookkeeping but for swap_read and swap_write, which disk.c and the tests define.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_SWAP_H
#define TESSERA_USERLAND_SERVERS_MEM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#define SWAP_NONE 0xffffffffu

struct swap {
    uint32_t places;
    uint32_t used;
    uint32_t reserved; /* at most places */
    uint32_t next;     /* where to look for a free one first */
    uint8_t *users;    /* of each place */
};

/* users: `places` bytes, zeroed. One place is kept back: while a page comes, another one may have to go first. */
void swap_init(struct swap *swap, uint32_t places, uint8_t *users);

/* Promises that many more; false: there are not so many. And takes promises back. */
bool swap_reserve(struct swap *swap, uint32_t places);
void swap_unreserve(struct swap *swap, uint32_t places);

/* A free place, used once; SWAP_NONE: there is none. */
uint32_t swap_take(struct swap *swap);

/* One more user; false: there are too many. */
bool swap_share(struct swap *swap, uint32_t place);
void swap_drop(struct swap *swap, uint32_t place);

/* A page from or to the disk; false: it failed. */
bool swap_read(uint32_t place, void *page);
bool swap_write(uint32_t place, const void *page);

#endif
