/*
 * userland/lib/pager.h: what a memory server asks root of its clients, the programs described with pager="...".
 *
 * Root makes a client's thread, CSpace and address space, one page for the IPC buffer and the first of its stack, and
 * the start block; everything else in its address space is the server's. The client's faults go to the server's
 * endpoint, and its calls as well, both with the same badge, which no other start of any program has. The server
 * asks root who that is. It holds "spaces", a CNode in which root keeps the address space of each client while that
 * runs, and where it puts the pages of the bundle that the server asks for. Root never waits for the server.
 *
 * Labels of requests, and of answers: userland/lib/root.h. Only the client's own server may ask.
 *
 *   CLIENT    word 0 badge                         struct tess_pager_client, word by word
 *   ALIVE     word 0 badge                         word 0: 1 while that program runs
 *   FILE      word 0.. bytes                       words: offset in the bundle, and size, of the file of that name
 *   PAGE      word 0 offset                        the page of the bundle is in slot TESS_PAGER_SLOT of "spaces"
 *   FAULTED   words: badge, kind, pc, address,     the program is ended, and root says why
 *             and bytes: why it was not handled
 *   FORK      word 0 badge                         word 0: badge of a new program, which is to go on where this
 *                                                  one waits for its answer, with 0 in the answer's word 0
 *   FORKED    words: badge of that, 1 or 0         it goes on, or it is ended
 */
#ifndef TESSERA_USERLAND_LIB_PAGER_H
#define TESSERA_USERLAND_LIB_PAGER_H

#include "userland/lib/root.h"

enum tess_pager_op {
    TESS_PAGER_CLIENT = 50,
    TESS_PAGER_ALIVE = 51,
    TESS_PAGER_FILE = 52,
    TESS_PAGER_PAGE = 53,
    TESS_PAGER_FAULTED = 54,
    TESS_PAGER_FORK = 55,
    TESS_PAGER_FORKED = 56,
};

/* A badge: this bit, which no channel has; the program's number, in the lowest byte; and which start of it. */
#define TESS_PAGER_BADGE         (1ull << 62)
#define TESS_PAGER_NUMBER(badge) ((unsigned)(badge)&0xffu)

#define TESS_PAGER_RADIX 5u  /* of "spaces": the address space of a client is in the slot of its number */
#define TESS_PAGER_SLOT  31u /* the slot that asked-for pages come in, to be moved away */

#define TESS_PAGER_SEGMENTS 10u

/* A piece of the program's file; addresses and offset are multiples of a page. */
struct tess_pager_segment {
    tess_word address;
    tess_word bytes;  /* in memory */
    tess_word offset; /* in the bundle */
    tess_word file;   /* bytes from there << 3 | TESS_RIGHT_; zero behind them */
};

struct tess_pager_client {
    tess_word quota; /* bytes */
    tess_word placement;
    tess_word heap, heap_end;   /* where it may be */
    tess_word stack, stack_end; /* the same; root's page of the stack is above */
    tess_word given_tables;     /* page tables are there for the first so many 2 MB of addresses */
    tess_word segments;
    struct tess_pager_segment segment[TESS_PAGER_SEGMENTS];
    char name[TESS_PROGRAM_NAME];
};

enum tess_root_answer tess_pager_client(tess_endpoint root, tess_word badge,
                                        struct tess_pager_client *client);
bool tess_pager_alive(tess_endpoint root, tess_word badge);
enum tess_root_answer tess_pager_file(tess_endpoint root, const char *name, uint64_t *offset, uint64_t *size);
enum tess_root_answer tess_pager_page(tess_endpoint root, uint64_t offset);
enum tess_root_answer tess_pager_faulted(tess_endpoint root, tess_word badge, const tess_message *fault,
                                         const char *why);
enum tess_root_answer tess_pager_fork(tess_endpoint root, tess_word badge, tess_word *child);
enum tess_root_answer tess_pager_forked(tess_endpoint root, tess_word child, bool good);

#endif
