/*
 * kernel/kmap.c: the kernel's own address space.
 *
 * entry.S has mapped the image; this adds the physical window and the device window and then removes
 * what only booting needed. Implements BI-8: RAM only, no byte both writable and executable in any
 * mapping, text and constants of the kernel not writable in any.
 *
 * Tables lie anywhere in RAM and are written through the scratch page, one at a time, because the
 * window that would show them is what is being built.
 */
#include "kernel/kmap.h"

#include "caps/slot.h"
#include "kernel/bootmem.h"

typedef uint64_t pte;

#define TABLE_ENTRIES 512u

pte kernel_root[TABLE_ENTRIES] __attribute__((aligned(PAGE_BYTES)));
extern pte kernel_middle[TABLE_ENTRIES];
pte kernel_middle[TABLE_ENTRIES] __attribute__((aligned(PAGE_BYTES)));
pte kernel_pages[TABLE_ENTRIES] __attribute__((aligned(PAGE_BYTES)));

extern char _start[], __boot_end[], __boot_bss_end[], __text_end[], __rodata_end[], __mapped_end[],
    __image_end[];

static uint64_t image_base; /* physical */

static void fence(void)
{
    asm volatile("sfence.vma" ::: "memory");
}

void kmap_init(uint64_t image_physical)
{
    image_base = image_physical;
    uint64_t tables = sizeof kernel_root + sizeof kernel_middle + sizeof kernel_pages;
    bootmem_book(TESS_USE_TEXT, (uint64_t)(__text_end - __boot_end));
    bootmem_book(TESS_USE_CONSTANTS, (uint64_t)(__rodata_end - __text_end));
    bootmem_book(TESS_USE_DATA, (uint64_t)(__mapped_end - __boot_bss_end) - KERNEL_STACK_BYTES - tables);
    bootmem_book(TESS_USE_STACKS, KERNEL_STACK_BYTES);
    bootmem_book(TESS_USE_TABLES, tables);
}

uint64_t kmap_physical(const void *image)
{
    return (uint64_t)image - KERNEL_BASE + image_base;
}

struct region kmap_image_part(struct image_pages pages)
{
    return (struct region){kmap_physical(pages.first), (uint64_t)(pages.end - pages.first)};
}

struct region kmap_image(void)
{
    return kmap_image_part((struct image_pages){_start, __image_end});
}

struct region kmap_image_constant(void)
{
    return kmap_image_part((struct image_pages){_start, __rodata_end});
}

static pte pte_make(uint64_t physical, pte flags)
{
    return physical / PAGE_BYTES << 10 | flags;
}

static uint64_t pte_physical(pte entry)
{
    return (entry << 10 >> 20) * PAGE_BYTES;
}

/* The table at this physical address, readable and writable until the next call. */
static pte *table_open(uint64_t physical)
{
    pte *scratch = &kernel_pages[(SCRATCH_PAGE - KERNEL_BASE) / PAGE_BYTES];
    pte wanted = pte_make(physical, PTE_KERNEL_RW);
    if (*scratch != wanted) {
        *scratch = wanted;
        fence();
    }
    return (pte *)SCRATCH_PAGE;
}

static uint64_t table_new(void)
{
    uint64_t table = bootmem_take(PAGE_BYTES, PAGE_BYTES, TESS_USE_TABLES);
    pte *entries = table_open(table);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        entries[i] = 0;
    return table;
}

/* The table below entry `index` of the one at `table`, made if need be. */
static uint64_t table_below(uint64_t table, uint64_t index)
{
    pte entry = table_open(table)[index];
    if (entry & PTE_V)
        return pte_physical(entry);
    uint64_t below = table_new();
    table_open(table)[index] = pte_make(below, PTE_V);
    return below;
}

/* ---- Sv48: one table above kernel_root ---------------------------------------------------------------- */

static uint64_t top; /* physical; 0: there is none */

uint64_t kmap_satp(void)
{
    return (uint64_t)(top ? SATP_SV48 : SATP_SV39) << 60 |
           (top ? top : kmap_physical(kernel_root)) / PAGE_BYTES;
}

/*
 * The last 512 GB of Sv48 addresses are all of Sv39's upper half, so kernel_root stays what it is, one level
 * further down; and until kmap_finish() the first 512 GB are its lower half. A hart that does not know the
 * mode ignores the write to satp.
 */
bool kmap_enlarge(void)
{
    uint64_t kept;
    top = table_new();
    pte *entries = table_open(top);
    entries[0] = entries[TABLE_ENTRIES - 1] = pte_make(kmap_physical(kernel_root), PTE_V);
    fence();
    asm volatile("csrw satp, %0" ::"r"(kmap_satp()) : "memory");
    asm volatile("csrr %0, satp" : "=r"(kept));
    fence();
    if (kept != kmap_satp())
        top = 0;
    return top != 0;
}

/* ---- the windows ------------------------------------------------------------------------------------------- */

/* level 0: 4 KB, level 1: 2 MB. */
static void map_leaf(uint64_t address, uint64_t physical, unsigned level, pte flags)
{
    uint64_t table = kmap_physical(kernel_root);
    for (unsigned l = 2; l > level; l--)
        table = table_below(table, address >> (12 + 9 * l) & 511);
    table_open(table)[address >> (12 + 9 * level) & 511] = pte_make(physical, flags);
}

/* By 2 MB leaves where both addresses allow it. Caller: whole pages, nothing mapped there yet. */
static void map_range(uint64_t address, struct region pages, pte flags)
{
    uint64_t physical = pages.base;
    while (physical < region_end(pages)) {
        bool large =
            (address | physical) % LARGE_PAGE_BYTES == 0 && region_end(pages) - physical >= LARGE_PAGE_BYTES;
        map_leaf(address, physical, large, flags);
        address += large ? LARGE_PAGE_BYTES : PAGE_BYTES;
        physical += large ? LARGE_PAGE_BYTES : PAGE_BYTES;
    }
}

void kmap_window(struct region pages, bool writable)
{
    map_range((uint64_t)window_pointer(pages.base), pages, writable ? PTE_KERNEL_RW : PTE_KERNEL_R);
    fence();
}

/* At the same offset in 2 MB as in physical memory, so that large leaves fit. */
volatile void *kmap_device(struct region registers)
{
    uint64_t address = DEVICE_WINDOW + registers.base % LARGE_PAGE_BYTES;
    map_range(address, region_pages_out(registers), PTE_KERNEL_RW);
    fence();
    return (volatile void *)address;
}

void kmap_finish(void)
{
    if (top)
        table_open(top)[0] = 0;
    for (unsigned i = 0; i < TABLE_ENTRIES / 2; i++)
        kernel_root[i] = 0;
    kernel_pages[(SCRATCH_PAGE - KERNEL_BASE) / PAGE_BYTES] = 0;
    fence();
}
