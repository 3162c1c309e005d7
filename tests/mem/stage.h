/*
 * tests/mem/stage.h: the memory server's code on a bare machine: a root program that is the server and nothing else.
 *
 * Its clients are threads in address spaces of their own, which do what they are told: read a word, write a word,
 * and say so. Their faults come to the same endpoint. So a test decides what happens next, and when a client
 * ends, and yet every page is a real one, mapped by the kernel. The swap disk is memory; the bundle is the real
 * one. Tests print TAP lines through stage_check.
 */
#ifndef TESSERA_TESTS_MEM_STAGE_H
#define TESSERA_TESTS_MEM_STAGE_H

#include "userland/lib/tess.h"
#include "userland/servers/mem/hands.h"
#include "userland/servers/mem/space.h"

#define STAGE_CLIENTS 64u
#define STAGE_AREA    0x400u /* pages from here on are free for regions; below is the client's code */

struct client {
    struct space *space; /* null: it does not run */
    tess_untyped memory; /* of which all its kernel objects are made */
    uint64_t faults;
    unsigned reply;            /* that holds it while it waits for an order, from 1 on; 0: it does not */
    enum space_answer refused; /* why its last fault was not handled; SPACE_OK: it was */
};
extern struct client clients[STAGE_CLIENTS];

enum stage_action { STAGE_READ = 1, STAGE_WRITE = 2, STAGE_TIMED = 3 };

struct stage_order {
    enum stage_action action;
    uint64_t address;
    uint64_t value;
};

/* `pool`: bytes the server owns; `places`: of the swap disk, which is not there before stage_disk says so. Ends the
 * machine when it cannot. */
void stage_init(uint64_t pool, uint32_t places);

/* So many places of the disk are there, at most those of stage_init. Nothing may be in use. */
void stage_disk(uint32_t places);

/* Starts a client with an empty address space of that quota, or, with a parent, with a copy of its. */
enum space_answer stage_start(unsigned client, uint32_t quota, struct space *parent);
void stage_kill(unsigned client);

/* Waits for the next thing a client says: 0 it carried out an order, and *value is what it read, or the instructions
 * it took; 1 it faulted, and that was handled; 2 it faulted, and client->refused says why nothing was done. */
enum stage_event { STAGE_DONE = 0, STAGE_FAULT = 1, STAGE_REFUSED = 2 };
enum stage_event stage_next(unsigned *client, uint64_t *value);

/* Lets a client that has said STAGE_DONE do that next. */
void stage_order(unsigned client, struct stage_order order);

/* Lets one client carry out one order, while no other has one. Returns why it could not, or SPACE_OK; a client
 * that could not can only be killed. */
enum space_answer stage_do(unsigned client, struct stage_order order, uint64_t *value);

/* True, and nothing printed, when the pool is as it was at the start. */
bool stage_is_empty(void);

bool stage_check(const char *name, bool good);
_Noreturn void stage_end(void);

/* A number from the boot arguments: NAME=n. */
uint64_t stage_argument(const char *name, uint64_t otherwise);

/* What a client runs: one page, without data, as nothing else of this program is in its address space. */
void client_main(void);

/* A word of the first page of the bundle that is not 0, and where in that it is. */
uint64_t stage_bundle_word(uint64_t *offset);

/* A frame of 1 << bits bytes, from memory the server does not own, mapped at the address that is returned; and its
 * end: the memory is free again. Null: there is not so much. */
void *stage_frame(unsigned bits);
void stage_frame_end(void);

void soak(unsigned operations);
void counts(void);
void leaks(void);
void bench(void);

#endif
