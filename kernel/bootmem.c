/*
 * kernel/bootmem.c: RAM while booting: what is taken, what is left for root.
 *
 * Memory is taken from the front of the lowest region that has room and never given back: page tables
 * of the kernel, root's first objects and pages, the boot information. The rest becomes untyped memory.
 * Implements the normal memory of clause BI-5.
 */
#include "kernel/bootmem.h"

#include "kernel/panic.h"

#define GRAIN 16u /* of untyped memory, which the rest becomes (UT-1) */

static struct regions usable;
static struct regions left;
static uint64_t used[TESS_USES];

void bootmem_book(enum tess_use use, uint64_t bytes)
{
    used[use] += bytes;
}

void bootmem_move(enum tess_use from, enum tess_use to, uint64_t bytes)
{
    used[from] -= bytes;
    used[to] += bytes;
}

const uint64_t *bootmem_used(void)
{
    return used;
}

void bootmem_init(const struct regions *all)
{
    usable = *all;
    left = *all;
}

void bootmem_hold(struct region busy)
{
    if (!regions_subtract(&left, busy))
        panic("memory in too many pieces", "BI-5");
}

void bootmem_release(struct region r)
{
    for (unsigned i = 0; i < usable.count; i++) {
        struct region u = usable.at[i];
        uint64_t base = u.base > r.base ? u.base : r.base;
        uint64_t end = region_end(u) < region_end(r) ? region_end(u) : region_end(r);
        if (base < end && !regions_add(&left, (struct region){base, end - base}))
            panic("memory in too many pieces", "BI-5");
    }
    regions_join(&left);
}

void bootmem_add(struct region r)
{
    if (!regions_add(&left, r))
        panic("memory in too many pieces", "BI-5");
    regions_join(&left);
}

uint64_t bootmem_take(uint64_t bytes, uint64_t align, enum tess_use use)
{
    bytes = (bytes + GRAIN - 1) & ~(uint64_t)(GRAIN - 1);
    for (unsigned i = 0; i < left.count; i++) {
        uint64_t base = (left.at[i].base + align - 1) & ~(align - 1);
        uint64_t end = region_end(left.at[i]);
        if (base <= end && bytes <= end - base) {
            bootmem_hold((struct region){base, bytes});
            bootmem_book(use, bytes);
            return base;
        }
    }
    panic("not enough memory to boot", "BI-5");
}

const struct regions *bootmem_usable(void)
{
    return &usable;
}

const struct regions *bootmem_free(void)
{
    return &left;
}
