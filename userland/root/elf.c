/*
 * userland/root/elf.c: checks a program file (userland/root/elf.h).
 *
 * Everything is read with memcpy from offsets compared with the length first, so a file may be any bytes.
 */
#include <string.h>

#include "userland/lib/layout.h"
#include "userland/root/elf.h"

struct header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_offset;
    uint64_t section_offset;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_bytes;
    uint16_t program_count;
    uint16_t section_bytes;
    uint16_t section_count;
    uint16_t section_names;
};
_Static_assert(sizeof(struct header) == 64, "the ELF header as the format has it");

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file;
    uint64_t memory;
    uint64_t align;
};
_Static_assert(sizeof(struct program_header) == 56, "the program header as the format has it");

#define TYPE_EXECUTABLE 2
#define MACHINE_RISCV   243
#define SEGMENT_LOAD    1
#define SEGMENT_EXECUTE 1u
#define SEGMENT_WRITE   2u

static const char *check_header(const struct header *h, size_t length)
{
    static const uint8_t ident[6] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */};

    if (memcmp(h->ident, ident, sizeof ident) != 0)
        return "not a 64-bit little-endian ELF file";
    if (h->type != TYPE_EXECUTABLE || h->machine != MACHINE_RISCV)
        return "not an executable for RISC-V";
    if (h->program_bytes != sizeof(struct program_header) || h->program_offset > length ||
        h->program_count > (length - h->program_offset) / sizeof(struct program_header))
        return "the program headers are outside the file";
    return NULL;
}

static const char *check_segment(const struct program_header *p, size_t length, uint64_t end)
{
    if (p->address % TESS_PAGE_BYTES != 0 || p->offset % TESS_PAGE_BYTES != 0)
        return "a segment does not start on a page";
    if (p->offset > length || p->file > length - p->offset)
        return "a segment is outside the file";
    if (p->file > p->memory)
        return "a segment is larger in the file than in memory";
    if (p->address < TESS_LAYOUT_IMAGE || p->address > TESS_LAYOUT_IMAGE_LIMIT ||
        p->memory > TESS_LAYOUT_IMAGE_LIMIT - p->address)
        return "a segment is outside the image area";
    if (p->address < end)
        return "segments overlap, or are not in order";
    if ((p->flags & SEGMENT_WRITE) != 0 && (p->flags & SEGMENT_EXECUTE) != 0)
        return "a segment is writable and executable";
    return NULL;
}

const char *elf_parse(const void *file, size_t length, struct elf_image *image)
{
    const uint8_t *bytes = file;
    struct header h;
    bool entry_found = false;

    if (length < sizeof h)
        return "not a 64-bit little-endian ELF file";
    memcpy(&h, bytes, sizeof h);
    const char *wrong = check_header(&h, length);
    if (wrong != NULL)
        return wrong;
    *image = (struct elf_image){.entry = h.entry, .end = TESS_LAYOUT_IMAGE};
    for (unsigned i = 0; i < h.program_count; i++) {
        struct program_header p;
        memcpy(&p, bytes + h.program_offset + i * sizeof p, sizeof p);
        if (p.type != SEGMENT_LOAD || p.memory == 0)
            continue;
        wrong = check_segment(&p, length, image->end);
        if (wrong != NULL)
            return wrong;
        if (image->count == ELF_SEGMENTS_MAX)
            return "too many segments";
        bool execute = (p.flags & SEGMENT_EXECUTE) != 0;
        image->segments[image->count++] = (struct elf_segment){
            p.address, p.memory, p.offset, p.file, (p.flags & SEGMENT_WRITE) != 0, execute};
        image->end = (p.address + p.memory + TESS_PAGE_BYTES - 1) & ~(TESS_PAGE_BYTES - 1);
        if (execute && h.entry >= p.address && h.entry - p.address < p.file)
            entry_found = true;
    }
    return entry_found ? NULL : "the entry is not in an executable segment";
}
