/*
 * userland/root/elf.h: checks a program file before anything of it is loaded.
 *
 * Pure: no system calls, no allocation; compiles on the host, where tests/unit/test_user_elf.c runs it.
 */
#ifndef TESSERA_USERLAND_ROOT_ELF_H
#define TESSERA_USERLAND_ROOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 8

/* A PT_LOAD segment. All sums of its fields have been checked against overflow. */
struct elf_segment {
    uint64_t address; /* page-aligned */
    uint64_t memory;  /* bytes in memory, > 0 */
    uint64_t offset;  /* in the file; page-aligned */
    uint64_t file;    /* bytes in the file, <= memory */
    bool write;
    bool execute;
};

struct elf_image {
    uint64_t entry;
    uint64_t end; /* the first page after the last segment */
    unsigned count;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* by address, ascending, no two in one page */
};

/* Null, and *image filled in; or what is wrong with the file, in a few words. */
const char *elf_parse(const void *file, size_t length, struct elf_image *image);

#endif
