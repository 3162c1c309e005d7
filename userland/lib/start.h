/*
 * userland/lib/start.h: what a program is given when it starts.
 *
 * Whoever starts a program maps one read-only page, the start block, into its address space and puts
 * the page's address into a0. It is a header and then records up to `length`; each record has a kind, a
 * name and a value. Unknown kinds are skipped. A program asks for what it was given by name, so no
 * capability address is agreed on in advance:
 *
 *     tess_endpoint console = {tess_start_capability("console")};
 *
 * The first program of a system gets the boot information instead (userland/lib/boot.h); for it the
 * functions here find nothing.
 */
#ifndef TESSERA_USERLAND_LIB_START_H
#define TESSERA_USERLAND_LIB_START_H

#include <stdint.h>

#include "userland/lib/tess.h"

#define TESS_START_MAGIC   0x7472617473736574ull /* "tesstart", little endian */
#define TESS_START_VERSION 1u
#define TESS_START_NAME    24u

struct tess_start {
    uint64_t magic;
    uint32_t version;
    uint32_t length;       /* bytes in use, this header included */
    uint64_t buffer;       /* address of the IPC buffer, 0 = none */
    uint64_t heap;         /* memory for sbrk: from here ... */
    uint64_t heap_end;     /* ... to here, mapped */
    uint64_t timebase;     /* ticks of the time CSR each second */
    uint32_t cspace_radix; /* addresses below 1 << radix are the program's own slots */
    uint32_t reserved;
};

enum tess_start_kind {
    TESS_START_CAPABILITY = 1, /* value: capability address; size: how many follow each other */
    TESS_START_REGION = 2,     /* value: address; size: bytes. Mapped memory or device registers */
    TESS_START_VALUE = 3,      /* value: a number the name explains */
    TESS_START_ARGUMENT = 4,   /* text: one argument of main, in order */
};

struct tess_start_record {
    uint32_t kind;
    uint32_t length; /* bytes, this header included, a multiple of 8 */
    char name[TESS_START_NAME];
    uint64_t value;
    uint64_t size;
    char text[]; /* ARGUMENT: zero-terminated */
};

/* The program's start block, or null in a first program. */
extern const struct tess_start *tess_start;

/* The record of that kind and name, or null. */
const struct tess_start_record *tess_start_find(enum tess_start_kind kind, const char *name);

tess_cptr tess_start_capability(const char *name); /* TESS_NULL: was not given */
void *tess_start_region(const char *name, size_t *bytes);
uint64_t tess_start_value(const char *name, uint64_t otherwise);

/* As above, but a program that was not given it says so and ends. */
tess_cptr tess_need_capability(const char *name);
void *tess_need_region(const char *name, size_t bytes);

/* argv[0], or "root" in a first program. */
const char *tess_program_name(void);

#endif
