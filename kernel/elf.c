/*
 * kernel/elf.c: reading the one program the kernel starts.
 *
 * Implements clause BI-4: what root's file must be. Other programs are root's business, and it may be
 * as liberal as it likes.
 */
#include "kernel/elf.h"

#include <stdbool.h>
#include <stddef.h>

/* The file header: offset of each field. */
#define EHDR_CLASS     4u
#define EHDR_DATA      5u
#define EHDR_TYPE      16u
#define EHDR_MACHINE   18u
#define EHDR_ENTRY     24u
#define EHDR_PHOFF     32u
#define EHDR_PHENTSIZE 54u
#define EHDR_PHNUM     56u
#define EHDR_BYTES     64u

#define ELF_CLASS_64   2u
#define ELF_LITTLE     1u
#define ELF_EXECUTABLE 2u
#define ELF_RISCV      243u

/* A program header. */
#define PHDR_TYPE      0u
#define PHDR_FLAGS     4u
#define PHDR_OFFSET    8u
#define PHDR_ADDRESS   16u
#define PHDR_FILE_SIZE 32u
#define PHDR_SIZE      40u
#define PHDR_BYTES     56u

#define PT_LOAD    1u
#define PT_DYNAMIC 2u
#define PT_INTERP  3u
#define PF_X       1u
#define PF_W       2u
#define PF_R       4u

#define ELF_PAGE 4096ull

/* Little endian, any alignment. */
static uint64_t read_le(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(ELF_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + ELF_PAGE - 1);
}

static const char *check_header(const uint8_t *file, uint64_t length)
{
    if (length < EHDR_BYTES)
        return "root: shorter than an ELF header";
    if (read_le(file, 4) != 0x464c457f)
        return "root: not an ELF file";
    if (file[EHDR_CLASS] != ELF_CLASS_64 || file[EHDR_DATA] != ELF_LITTLE ||
        read_le(file + EHDR_MACHINE, 2) != ELF_RISCV)
        return "root: not for 64-bit RISC-V";
    if (read_le(file + EHDR_TYPE, 2) != ELF_EXECUTABLE)
        return "root: not a statically linked executable";
    if (read_le(file + EHDR_PHENTSIZE, 2) != PHDR_BYTES)
        return "root: program headers of a wrong size";
    uint64_t offset = read_le(file + EHDR_PHOFF, 8);
    if (offset > length || read_le(file + EHDR_PHNUM, 2) > (length - offset) / PHDR_BYTES)
        return "root: program headers outside the file";
    return NULL;
}

static const char *read_segment(struct elf_segment *s, const uint8_t *header, uint64_t length)
{
    uint64_t flags = read_le(header + PHDR_FLAGS, 4);
    *s = (struct elf_segment){
        .address = read_le(header + PHDR_ADDRESS, 8),
        .size = read_le(header + PHDR_SIZE, 8),
        .offset = read_le(header + PHDR_OFFSET, 8),
        .file_size = read_le(header + PHDR_FILE_SIZE, 8),
        .rights =
            (flags & PF_R ? ELF_READ : 0) | (flags & PF_W ? ELF_WRITE : 0) | (flags & PF_X ? ELF_EXECUTE : 0),
    };
    if (s->file_size > s->size)
        return "root: segment with more content than memory";
    if (s->offset > length || s->file_size > length - s->offset)
        return "root: segment content outside the file";
    if (s->address < ELF_PAGE || s->address >= ELF_ADDRESS_END || s->size > ELF_ADDRESS_END - s->address)
        return "root: segment outside the user addresses, or at page 0";
    if ((s->rights & ELF_WRITE) && (s->rights & ELF_EXECUTE))
        return "root: segment both writable and executable";
    if ((s->rights & ELF_WRITE) && !(s->rights & ELF_READ))
        return "root: segment writable but not readable";
    if (s->rights == 0)
        return "root: segment without any right";
    return NULL;
}

/* Keeps the list ascending. */
static const char *add_segment(struct elf *elf, struct elf_segment s)
{
    if (elf->count == ELF_SEGMENTS_MAX)
        return "root: more than 16 segments";
    unsigned at = elf->count;
    for (; at > 0 && elf->segments[at - 1].address > s.address; at--)
        elf->segments[at] = elf->segments[at - 1];
    elf->segments[at] = s;
    elf->count++;
    return NULL;
}

/* Segments in their own pages; the entry in text, where an instruction can stand. */
static const char *check_segments(struct elf *elf)
{
    bool entry_in_text = false;
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (page_down(s->address) < elf->end)
            return "root: two segments share a page";
        elf->end = page_up(s->address + s->size);
        entry_in_text |=
            (s->rights & ELF_EXECUTE) && elf->entry >= s->address && elf->entry - s->address < s->size;
    }
    if (elf->count == 0)
        return "root: nothing to load";
    if (!entry_in_text || elf->entry % 2 != 0)
        return "root: entry outside its text";
    return NULL;
}

const char *elf_read(struct elf *elf, const uint8_t *file, uint64_t length)
{
    const char *error = check_header(file, length);
    if (error)
        return error;
    *elf = (struct elf){.entry = read_le(file + EHDR_ENTRY, 8)};
    const uint8_t *headers = file + read_le(file + EHDR_PHOFF, 8);
    uint64_t count = read_le(file + EHDR_PHNUM, 2);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *header = headers + i * PHDR_BYTES;
        uint64_t type = read_le(header + PHDR_TYPE, 4);
        if (type == PT_DYNAMIC || type == PT_INTERP)
            return "root: not a statically linked executable";
        if (type != PT_LOAD || read_le(header + PHDR_SIZE, 8) == 0)
            continue;
        struct elf_segment s;
        error = read_segment(&s, header, length);
        if (!error)
            error = add_segment(elf, s);
        if (error)
            return error;
    }
    return check_segments(elf);
}
