/*
 * kernel/elf.h: reading the one program the kernel starts (BI-4).
 *
 * A statically linked ELF64 executable for RISC-V. Pure; tested on the host.
 */
#ifndef TESSERA_KERNEL_ELF_H
#define TESSERA_KERNEL_ELF_H

#include <stdint.h>

#define ELF_SEGMENTS_MAX 16u
#define ELF_ADDRESS_END  (1ull << 38) /* user addresses lie below; page 0 is never one */

/* Rights of a segment; as TESS_RIGHT_ numbers them. */
#define ELF_READ    1u
#define ELF_WRITE   2u
#define ELF_EXECUTE 4u

/* What is to be loaded: segments share no page, none is both writable and executable. */
struct elf_segment {
    uint64_t address;
    uint64_t size;      /* bytes in memory, at least one */
    uint64_t offset;    /* of the content in the file */
    uint64_t file_size; /* bytes of content; the rest is zero */
    uint32_t rights;
};

struct elf {
    uint64_t entry;
    uint64_t end; /* the first page boundary above all segments */
    unsigned count;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* ascending */
};

/* Null and *elf, or one line saying what is wrong with the program. */
const char *elf_read(struct elf *elf, const uint8_t *file, uint64_t length);

#endif
