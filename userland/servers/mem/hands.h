/*
 * userland/servers/mem/hands.h: the capability layer under frames.h: where its objects come from.
 *
 * Of the memory it is given the server first makes what it needs for all time: a CNode with slots for every page,
 * a small one for the rest, and tables for the pool. What is left is cut into untypeds of 2 MB (a *chunk*, or the
 * part of one that is there), and a chunk, once somebody needs a page of it, into untypeds of one page:
 *
 *   memory -> chunk -> page -> one frame or page table -> copies, wherever they are
 *
 * Each arrow is a derivation, so revoking the left side takes the right side back.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_HANDS_H
#define TESSERA_USERLAND_SERVERS_MEM_HANDS_H

#include "userland/lib/tess.h"

/* Where the server looks at pages; nothing else of it is there. */
#define HANDS_BASE   0x1000000000ull
#define HANDS_TABLES HANDS_BASE
#define HANDS_WINDOW (HANDS_BASE + 0x4000000ull) /* page n of the pool is looked at n pages behind it */

struct hands_setup {
    tess_untyped memory; /* nothing was made of it yet */
    tess_cnode cspace;   /* the server's own CSpace */
    unsigned radix;      /* of that */
    tess_cptr slots;     /* two free slots at consecutive addresses in it */
    tess_vspace vspace;  /* the server's own */
};

/* Makes the pool (`memory` of space.h) of all that is left of the memory; says why when it cannot. */
bool hands_init(const struct hands_setup *setup);

/* Chunks of which nothing is in use become whole again: nothing is below their watermark then. */
void hands_settle(void);

/* Chunks that are cut up, and bytes of all chunks below their watermarks. */
void hands_watermarks(unsigned *cut, uint64_t *bytes);

/* The CNode that slots of frames_slot_take are in; they are addresses from it. */
tess_cnode hands_cnode(void);

#endif
