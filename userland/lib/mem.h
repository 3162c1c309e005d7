/*
 * userland/lib/mem.h: memory of a program whose description says pager="...": the memory server's protocol, and its client.
 *
 * Such a program holds "mem", an endpoint capability with the CALL right; the badge says who it is. Its stack grows by
 * itself, its heap by sbrk (so by malloc), and both are made page by page when they are touched. Here is the rest:
 * regions. Addresses and sizes are in bytes; sizes are rounded up to pages. What the quota does not allow is an
 * error of the call, or, of a region with TESS_MEM_LATE and of the stack, a fault: root ends the program and says why.
 *
 *   MAP      words: kind, address (0: any), bytes, rights, flags; then, of a file, its name as bytes
 *                                                       word 0 the address
 *   UNMAP    word 0 address                             a whole region, by its first address
 *   PROTECT  words: address, rights                     a whole region, not of a file
 *   HEAP     word 0 where it is to end                  word 0 where it ends, page-aligned
 *   FORK                                                word 0 the child's number; 0 in the child
 *   OFFER    word 0 address, bytes: program's name      word 0 a number: a program of that name may have the region
 *   ATTACH   words: number, rights                      words: address, bytes
 *   CLIENT   word 0 index                               struct tess_mem_client; not only for clients
 *   SYSTEM                                              struct tess_mem_system; the same
 */
#ifndef TESSERA_USERLAND_LIB_MEM_H
#define TESSERA_USERLAND_LIB_MEM_H

#include <stddef.h>

#include "userland/lib/tess.h"

enum tess_mem_op {
    TESS_MEM_MAP = 1,
    TESS_MEM_UNMAP = 2,
    TESS_MEM_PROTECT = 3,
    TESS_MEM_HEAP = 4,
    TESS_MEM_FORK = 5,
    TESS_MEM_OFFER = 6,
    TESS_MEM_ATTACH = 7,
    TESS_MEM_CLIENT = 8,
    TESS_MEM_SYSTEM = 9,
};

/* What the label of an answer means. */
enum tess_mem_answer {
    TESS_MEM_OK = 0,
    TESS_MEM_BAD_REQUEST = 1,
    TESS_MEM_QUOTA = 2,   /* the quota, and the swap disk, do not suffice */
    TESS_MEM_MEMORY = 3,  /* the server has not so much left to promise */
    TESS_MEM_TAKEN = 4,   /* something lies there, or nothing is free that is so large */
    TESS_MEM_FULL = 5,    /* too many regions, programs, or users of one page */
    TESS_MEM_NOTHING = 6, /* nothing lies there, or nothing of that name */
    TESS_MEM_GUARD = 7,
    TESS_MEM_RIGHTS = 8,
    TESS_MEM_DISK = 9,    /* the swap disk failed */
    TESS_MEM_GONE = 10,   /* the client is no more; or the server does not answer */
    TESS_MEM_FAILED = 11, /* see the log */
    TESS_MEM_END = 12,    /* no client has that index, or a higher one */
    TESS_MEM_DENIED = 13, /* the asker is no client */
};

enum tess_mem_kind {
    TESS_MEM_ZERO = 1,
    TESS_MEM_FILE = 2,   /* of the bundle; private where it may be written */
    TESS_MEM_SHARED = 3, /* stays shared with copies of this program, and with whom it is offered to */
    TESS_MEM_GUARD_PAGES = 4,
};

#define TESS_MEM_EAGER 1u /* all of it now */
#define TESS_MEM_LATE  2u /* count pages when they are touched; ZERO only */

struct tess_mem_client {
    tess_word number;
    tess_word quota, fixed, charged; /* pages */
    tess_word resident, shared, copied, swapped, in_place;
    tess_word faults;
    tess_word placement;
    char name[32];
};

struct tess_mem_system {
    tess_word pages, free, promised;
    tess_word swap, swap_used; /* pages of the disk; 0: there is none */
};

const char *tess_mem_strerror(enum tess_mem_answer answer);
const char *tess_mem_placement_name(tess_word placement);

/* Of the running program. *address: where it is wanted, 0: anywhere; and where it is. file: null unless FILE. */
enum tess_mem_answer tess_mem_map(enum tess_mem_kind kind, void **address, size_t bytes, unsigned rights,
                                  unsigned flags, const char *file);
enum tess_mem_answer tess_mem_unmap(void *address);
enum tess_mem_answer tess_mem_protect(void *address, unsigned rights);
enum tess_mem_answer tess_mem_heap(uint64_t *end);
enum tess_mem_answer tess_mem_offer(void *address, const char *program, tess_word *number);
enum tess_mem_answer tess_mem_attach(tess_word number, unsigned rights, void **address, size_t *bytes);

/*
 * A second program that goes on where this one is: with a copy of its memory, of which pages are copied only when one
 * of the two writes to them, and with capabilities like those this program was given at its start. Returns 0 in the
 * child; the child's number in the parent; -1, and *answer says why, when there is no child.
 */
int tess_mem_fork(enum tess_mem_answer *answer);

/* Of the whole server. */
enum tess_mem_answer tess_mem_client(tess_endpoint mem, unsigned index, struct tess_mem_client *client);
enum tess_mem_answer tess_mem_system(tess_endpoint mem, struct tess_mem_system *system);

#endif
