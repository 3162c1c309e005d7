/*
 * userland/servers/mem/frames.h: what the bookkeeping asks of the capability layer.
 *
 * frames.c makes the capability calls; tests/unit/mem_frames.c is a model of it in ordinary memory. A page is
 * one of the pool's, by number. Its memory is an untyped of one page, of which one object is made at a time; to
 * take it back, that untyped is revoked, whoever holds what of it. So what is given out anew is always zero.
 *
 * A mapping needs a capability of its own. The first mapping of a page uses the page's original one; each
 * further one a copy in a *slot*.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_FRAMES_H
#define TESSERA_USERLAND_SERVERS_MEM_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* As TESS_RIGHT_ of caps/abi.h. */
#define FRAMES_READ    1u
#define FRAMES_WRITE   2u
#define FRAMES_EXECUTE 4u

#define FRAMES_ORIGINAL 0u /* in place of a slot */

enum frames_result {
    FRAMES_OK = 0,
    FRAMES_TABLE,  /* a page table is missing there: frames_table, and once more */
    FRAMES_GONE,   /* the address space is no more */
    FRAMES_FAILED, /* the kernel refused; it has been said why */
};

/* The address space of a client: whatever the layer knows it by. */
typedef uint64_t frames_space;

/* Makes a zeroed frame of a page that was just taken from the pool; false: the kernel refused. */
bool frames_make(uint32_t page);

/* Takes everything back that was made of the page. */
void frames_free(uint32_t page);

/* A free slot for a copy, or FRAMES_ORIGINAL: there is none. And back again; what is in it goes. */
uint32_t frames_slot_take(void);
void frames_slot_give(uint32_t slot);

/* Maps the page at a virtual page number, by its original capability or a copy to be made in the slot. */
enum frames_result frames_map(frames_space space, uint32_t page, uint32_t slot, uint32_t virtual,
                              unsigned rights);

/* Of such a mapping. The slot is empty after unmap, and still taken. */
enum frames_result frames_protect(uint32_t page, uint32_t slot, unsigned rights);
void frames_unmap(uint32_t page, uint32_t slot);

/* Makes a page table of a page that was just taken, and maps it for that virtual page. */
enum frames_result frames_table(frames_space space, uint32_t page, uint32_t virtual);

/* The page at a server's own address, until close; at most two at a time, and tables for ever. Null: refused. */
void *frames_open(uint32_t page);
void frames_close(uint32_t page);

/* Copies a page of the bundle, at that offset, into the slot; false: there is none. */
bool frames_fetch(uint64_t offset, uint32_t slot);

/* Maps what was fetched; copies `bytes` of it to the start of a page. */
enum frames_result frames_map_fetched(frames_space space, uint32_t slot, uint32_t virtual, unsigned rights);
bool frames_copy_fetched(uint32_t page, uint32_t slot, uint32_t bytes);

#endif
