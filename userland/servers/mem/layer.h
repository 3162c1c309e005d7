/*
 * userland/servers/mem/layer.h: what hands.c and frames.c share: the CNodes and their slots.
 *
 *   few    what is made once: chunks, tables; and two places to look at a page that is mapped elsewhere
 *   many   1 .. pages              the untyped of each page
 *          pages + 1 .. 2 pages    the object made of it
 *          behind                  slots for copies: frames_slot_take
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_LAYER_H
#define TESSERA_USERLAND_SERVERS_MEM_LAYER_H

#include "userland/servers/mem/hands.h"
#include "userland/servers/mem/pool.h"
#include "userland/servers/mem/space.h"

#define LAYER_LOOKS     2u
#define LAYER_FEW_FIRST (1u + LAYER_LOOKS)

struct layer {
    struct hands_setup setup;
    tess_cnode few, many;
    unsigned few_radix;
    tess_cptr few_next;
    tess_cptr chunks; /* slot of few: the first of the chunks */
    tess_cptr tables_next;
    unsigned tables_left;
    uint32_t page_slots;
    uint32_t slot_first, slot_count, slot_next;
    uint8_t *is_cut;            /* each chunk */
    uint8_t *slot_taken;        /* a bit for each */
    uint8_t *is_open;           /* a bit for each page: its original capability is mapped here */
    uint32_t look[LAYER_LOOKS]; /* page + 1 that a copy is mapped here of; 0: none */
};
extern struct layer layer;

static inline tess_cptr layer_few(tess_cptr slot)
{
    return layer.few.address | slot << layer.setup.radix;
}

static inline tess_cptr layer_many(tess_cptr slot)
{
    return layer.many.address | slot << layer.setup.radix;
}

/* Slots of `many`. */
static inline tess_cptr layer_untyped(uint32_t page)
{
    return 1 + (tess_cptr)(page - memory.pool.first);
}

static inline tess_cptr layer_object(uint32_t page)
{
    return 1 + layer.page_slots + (tess_cptr)(page - memory.pool.first);
}

/* Prints what went wrong, if it did. */
bool layer_check(const char *what, tess_result result);

tess_result layer_map_here(tess_cptr frame, uint64_t address, unsigned rights);

/* The page has an untyped of its own from then on; false: the kernel refused. */
bool layer_cut(uint32_t page);

#endif
