/*
 * kernel/bootinfo.h: writing the boot information (BI-6). The records are those of kernel/abi.h.
 */
#ifndef TESSERA_KERNEL_BOOTINFO_H
#define TESSERA_KERNEL_BOOTINFO_H

#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/bundle.h"
#include "platform/platform.h"

struct bootinfo {
    uint8_t *base;
    uint32_t length;   /* bytes written */
    uint32_t capacity; /* bytes there are */
};

/* Enough for everything below, with so many capability, untyped and image records. */
uint32_t bootinfo_capacity(const struct machine *machine, uint32_t tree_bytes, const struct bundle *bundle,
                           unsigned records);

void bootinfo_begin(struct bootinfo *info, void *base, uint32_t capacity);
void bootinfo_end(struct bootinfo *info);

void bootinfo_cap(struct bootinfo *info, enum tess_role role, uint64_t address, uint64_t value);
void bootinfo_untyped(struct bootinfo *info, enum tess_memory_kind kind, uint64_t address, struct region r);
void bootinfo_image(struct bootinfo *info, uint64_t first, uint64_t pages, uint64_t address, uint64_t rights);

/* All members; `physical`: where the bundle lies. */
void bootinfo_members(struct bootinfo *info, const struct bundle *bundle, uint64_t physical);
void bootinfo_tree(struct bootinfo *info, const void *tree, uint32_t bytes);
void bootinfo_harts(struct bootinfo *info, const struct machine *machine, uint64_t boot_hart);
void bootinfo_machine(struct bootinfo *info, const struct machine *machine, uint32_t address_bits,
                      uint32_t asid_bits, uint32_t irq_max);
void bootinfo_bootargs(struct bootinfo *info, const struct machine *machine);
void bootinfo_memory(struct bootinfo *info, uint64_t total, const uint64_t used[TESS_USES]);

#endif
