/*
 * kernel/bootinfo.c: writing the boot information.
 *
 * Typed records, each a multiple of eight bytes long, one behind the other. Implements clause BI-6. The
 * memory was zero before, so what a record does not set is zero.
 */
#include "kernel/bootinfo.h"

#include "kernel/panic.h"

static uint32_t round8(uint64_t n)
{
    return (uint32_t)((n + 7) & ~7ull);
}

static void copy_bytes(void *to, const void *from, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

/* Room for a record of `bytes` and its header. */
static void *record_add(struct bootinfo *info, enum tess_record_type type, uint64_t bytes)
{
    uint32_t length = round8(bytes);
    ASSERT(length <= info->capacity - info->length, "boot information has room for the record");
    struct tess_record *record = (struct tess_record *)(info->base + info->length);
    *record = (struct tess_record){type, length};
    info->length += length;
    return record;
}

uint32_t bootinfo_capacity(const struct machine *m, uint32_t tree_bytes, const struct bundle *bundle,
                           unsigned records)
{
    /* Capability, untyped and image records: the untyped's is the longest of the three, with the image's. */
    uint64_t bytes = sizeof(struct tess_boot_info) + records * sizeof(struct tess_record_untyped);
    bytes += sizeof(struct tess_record) + round8(tree_bytes);
    bytes += sizeof(struct tess_record) + MACHINE_BOOTARGS_MAX;
    bytes += sizeof(struct tess_record_memory);
    bytes += sizeof(struct tess_record_machine) + m->harts_count * sizeof(struct tess_record_hart);
    uint64_t cursor = 0;
    struct bundle_member member;
    while (bundle_next(bundle, &cursor, &member))
        bytes += round8(sizeof(struct tess_record_member) + member.name_length + 1);
    return (uint32_t)bytes;
}

_Static_assert(sizeof(struct tess_record_untyped) >= sizeof(struct tess_record_cap), "see above");
_Static_assert(sizeof(struct tess_record_untyped) >= sizeof(struct tess_record_image), "see above");

void bootinfo_begin(struct bootinfo *info, void *base, uint32_t capacity)
{
    *info = (struct bootinfo){base, sizeof(struct tess_boot_info), capacity};
}

void bootinfo_end(struct bootinfo *info)
{
    *(struct tess_boot_info *)info->base =
        (struct tess_boot_info){TESS_BOOT_MAGIC, TESS_ABI_VERSION, info->length};
}

void bootinfo_cap(struct bootinfo *info, enum tess_role role, uint64_t address, uint64_t value)
{
    struct tess_record_cap *cap = record_add(info, TESS_RECORD_CAP, sizeof *cap);
    cap->role = role;
    cap->address = address;
    cap->value = value;
}

void bootinfo_untyped(struct bootinfo *info, enum tess_memory_kind kind, uint64_t address, struct region r)
{
    struct tess_record_untyped *untyped = record_add(info, TESS_RECORD_UNTYPED, sizeof *untyped);
    untyped->kind = kind;
    untyped->address = address;
    untyped->base = r.base;
    untyped->length = r.length;
}

void bootinfo_image(struct bootinfo *info, uint64_t first, uint64_t pages, uint64_t address, uint64_t rights)
{
    struct tess_record_image *image = record_add(info, TESS_RECORD_IMAGE, sizeof *image);
    image->first = first;
    image->pages = pages;
    image->address = address;
    image->rights = rights;
}

void bootinfo_members(struct bootinfo *info, const struct bundle *bundle, uint64_t physical)
{
    uint64_t cursor = 0;
    struct bundle_member from;
    while (bundle_next(bundle, &cursor, &from)) {
        uint64_t bytes = sizeof(struct tess_record_member) + from.name_length + 1;
        struct tess_record_member *member = record_add(info, TESS_RECORD_MEMBER, bytes);
        member->base = physical + from.offset;
        member->size = from.size;
        copy_bytes(member->name, from.name, from.name_length + 1);
    }
}

void bootinfo_tree(struct bootinfo *info, const void *tree, uint32_t bytes)
{
    uint64_t length = sizeof(struct tess_record) + bytes;
    struct tess_record *record = record_add(info, TESS_RECORD_DEVICE_TREE, length);
    copy_bytes(record + 1, tree, bytes);
}

void bootinfo_harts(struct bootinfo *info, const struct machine *m, uint64_t boot_hart)
{
    for (unsigned i = 0; i < m->harts_count; i++) {
        struct tess_record_hart *hart = record_add(info, TESS_RECORD_HART, sizeof *hart);
        hart->hart = m->harts[i].id;
        hart->boot = m->harts[i].id == boot_hart;
    }
}

void bootinfo_machine(struct bootinfo *info, const struct machine *m, uint32_t address_bits,
                      uint32_t asid_bits, uint32_t irq_max)
{
    struct tess_record_machine *record = record_add(info, TESS_RECORD_MACHINE, sizeof *record);
    record->timebase = m->timebase;
    record->address_bits = address_bits;
    record->asid_bits = asid_bits;
    record->irq_max = irq_max;
    record->features = (m->sstc ? TESS_FEATURE_SSTC : 0) | (m->svpbmt ? TESS_FEATURE_SVPBMT : 0);
}

void bootinfo_bootargs(struct bootinfo *info, const struct machine *m)
{
    uint64_t length = (uint64_t)text_length((const uint8_t *)m->bootargs, MACHINE_BOOTARGS_MAX) + 1;
    struct tess_record *record = record_add(info, TESS_RECORD_BOOTARGS, sizeof(struct tess_record) + length);
    copy_bytes(record + 1, m->bootargs, length);
}

void bootinfo_memory(struct bootinfo *info, uint64_t total, const uint64_t used[TESS_USES])
{
    struct tess_record_memory *record = record_add(info, TESS_RECORD_MEMORY, sizeof *record);
    record->total = total;
    copy_bytes(record->used, used, sizeof record->used);
}
