/*
 * kernel/boot.c: from the firmware's jump to root's first instruction.
 *
 * boot_start() is the list; each line below it is one function. Implements BI-1 to BI-8. Anything wrong
 * with the machine or with what it was given ends here, in one line (kernel/panic.h).
 */
#include "kernel/bootmem.h"
#include "kernel/fp.h"
#include "kernel/hart.h"
#include "kernel/irq.h"
#include "kernel/kmap.h"
#include "kernel/panic.h"
#include "kernel/print.h"
#include "kernel/release.h"
#include "kernel/root.h"
#include "kernel/trap.h"

/* Called from entry.S. */
_Noreturn void boot_start(uint64_t hart, uint64_t tree, uint64_t image);
_Noreturn void boot_trap(uint64_t scause, uint64_t sepc);

#define TREE_ADDRESS_END (255ull << 30) /* what the early mapping reaches */
#define GIGABYTE         (1ull << 30)
#define MEGABYTE         (1ull << 20)

#define SSTATUS_SPIE (1ull << 5)
#define SIE_TIMER    (1ull << 5)
#define SIE_EXTERNAL (1ull << 9)
#define SATP_ASIDS   (0xffffull << 44)
#define SATP_ASID_AT 44

extern char _start[], __boot_end[], __boot_bss[], __boot_bss_end[], __bundle_start[], __bundle_end[];

/* What only booting needs (riscv.ld). */
static const struct image_pages boot_text = {_start, __boot_end};
static const struct image_pages boot_data = {__boot_bss, __boot_bss_end};

static struct root_sources sources;
static struct region tree_pages;

/* ---- the machine ------------------------------------------------------------------------------------ */

/* The tree is readable at its physical address until kmap_finish(). */
static void boot_read_tree(uint64_t tree)
{
    if (tree == 0 || tree >= TREE_ADDRESS_END)
        panic("device tree: none, or beyond 255 GB", "BI-2");
    const char *error = machine_read(&machine, (const void *)tree, GIGABYTE);
    if (error)
        panic(error, "BI-2");
    sources.tree = (const void *)tree;
    sources.tree_bytes = machine.tree_bytes;
    tree_pages = region_pages_out((struct region){tree, machine.tree_bytes});
}

static void subtract_all(struct regions *from, const struct regions *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (!regions_subtract(from, region_pages_out(list->at[i])))
            panic("memory in too many pieces", "BI-5");
}

/* What the kernel relies on not to overlap. */
static void check_places(struct region window)
{
    struct region image = kmap_image();
    struct region tree = {(uint64_t)sources.tree, sources.tree_bytes};
    if (!regions_contain(&machine.memory, image))
        panic("kernel is not in memory that the device tree knows", "BI-2");
    if (region_overlaps(tree, image))
        panic("device tree overlaps the kernel", "BI-2");
    if (machine.initrd.length == 0)
        return;
    if (region_overlaps(machine.initrd, image))
        panic("initrd overlaps the kernel", "BI-3");
    if (region_overlaps(machine.initrd, tree))
        panic("initrd overlaps the device tree", "BI-3");
    if (!region_contains(window, machine.initrd))
        panic("initrd beyond the physical window", "BI-3");
}

/*
 * mem= bounds all that is used (BI-9): the image and the initrd where they lie, then what follows the image,
 * then what is in front of it. The tree may lie beyond: it is copied.
 */
static void limit_memory(struct regions *usable)
{
    struct region image = kmap_image();
    uint64_t taken = image.length + region_pages_out(machine.initrd).length;
    if (machine.mem_limit <= taken)
        panic("mem= leaves nothing beside the kernel and the initrd", "BI-9");
    bool fits = regions_subtract(usable, region_pages_out(machine.initrd));
    struct regions front = *usable;
    fits = fits && regions_subtract(usable, (struct region){0, image.base});
    fits = fits && regions_subtract(&front, (struct region){image.base, UINT64_MAX / 2});
    uint64_t left = regions_truncate(usable, (machine.mem_limit - taken) / PAGE_BYTES * PAGE_BYTES);
    regions_truncate(&front, left);
    for (unsigned i = 0; fits && i < front.count; i++)
        fits = regions_add(usable, front.at[i]);
    if (!fits)
        panic("memory in too many pieces", "BI-5");
}

/*
 * RAM that may be used: in reach of the window, without what firmware or the tree reserve, without the
 * image, as much as mem= allows. Nor the window's first page: slot number 0 is no slot (CAP-2).
 */
static void boot_choose_memory(void)
{
    struct regions usable = machine.memory;
    caps_window_physical = usable.at[0].base / GIGABYTE * GIGABYTE;
    struct region window = {caps_window_physical, WINDOW_BYTES};
    check_places(window);

    bool fits = regions_subtract(&usable, (struct region){region_end(window), UINT64_MAX / 2});
    fits = fits && regions_subtract(&usable, (struct region){window.base, PAGE_BYTES});
    fits = fits && regions_subtract(&usable, kmap_image());
    if (!fits)
        panic("memory in too many pieces", "BI-5");
    subtract_all(&usable, &machine.reserved);
    subtract_all(&usable, &machine.kept);
    if (machine.mem_limit != UINT64_MAX)
        limit_memory(&usable);

    bootmem_init(&usable);
    bootmem_hold(tree_pages);
    if (machine.initrd.length > 0)
        bootmem_hold(region_pages_out(machine.initrd));
}

/* The window shows the RAM that may be used, the initrd wherever it is, and the image. */
static void boot_map_window(void)
{
    struct regions shown = *bootmem_usable();
    if (machine.initrd.length > 0 && !regions_add(&shown, region_pages_out(machine.initrd)))
        panic("memory in too many pieces", "BI-5");
    for (unsigned i = 0; i < shown.count; i++)
        kmap_window(shown.at[i], true);

    struct region image = kmap_image();
    struct region constant = kmap_image_constant();
    kmap_window(constant, false);
    kmap_window((struct region){region_end(constant), image.length - constant.length}, true);
}

/* VM-19: four levels only where the tree and the hart say so. */
static void boot_choose_paging(void)
{
    if (machine.sv48_wanted && !(machine.sv48 && kmap_enlarge()))
        print_text("tessera: paging=sv48: this hart has no Sv48; Sv39 is used\n");
}

/* ---- this hart -------------------------------------------------------------------------------------- */

/* ASID bits that the hart has, and the boot arguments let it have. */
static uint32_t probe_asids(uint64_t satp)
{
    uint64_t kept;
    asm volatile("csrw satp, %0" ::"r"(satp | SATP_ASIDS));
    asm volatile("csrr %0, satp" : "=r"(kept));
    asm volatile("csrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
    uint32_t last = (uint32_t)((kept & SATP_ASIDS) >> SATP_ASID_AT);
    uint32_t limit = (1u << machine.asid_bits) - 1;
    return last < limit ? last : limit;
}

/* The hart that booted is the only one that runs; the others wait in the firmware. */
static void boot_hart(uint64_t id)
{
    int index = machine_hart_index(&machine, id);
    if (index < 0)
        panic("device tree: the hart that booted is not there, or has no MMU", "BI-1");
    if (machine.harts[index].plic_context == PLIC_NO_CONTEXT)
        panic("device tree: the hart that booted has no PLIC context", "BI-1");
    this_hart = window_pointer(bootmem_take(sizeof *this_hart, 64, TESS_USE_HARTS));
    *this_hart = (struct hart){
        .stack = (void *)KERNEL_STACK_TOP(0),
        .id = id,
        .plic_context = machine.harts[index].plic_context,
        .timer = TIMER_NEVER,
        .kernel_satp = kmap_satp(),
        .asid_last = probe_asids(kmap_satp()),
        .asid_next = 1,
        .asid_generation = 1,
        .fp = FP_NOBODY,
    };
    asm volatile("csrw sscratch, zero"); /* in the kernel: trap.S */
    asm volatile("csrw stvec, %0" ::"r"(trap_entry));
    asm volatile("csrw scounteren, zero");
    asm volatile("csrw sstatus, %0" ::"r"(SSTATUS_SPIE)); /* SPP, SUM, MXR and FS zero */
    timer_arm(TIMER_NEVER);
    asm volatile("csrw sie, %0" ::"r"(SIE_TIMER | SIE_EXTERNAL));
}

static void boot_irq(void)
{
    plic_init(kmap_device(machine.plic));
    uint64_t bytes = irq_bytes(machine.plic_sources);
    irq_init(window_pointer(bootmem_take(bytes, 8, TESS_USE_INTERRUPTS)), machine.plic_sources);
}

/* ---- the bundle ------------------------------------------------------------------------------------- */

/* An initrd that does not begin with a page is copied, for its pages are to become frames (BI-3). */
static uint64_t page_align_initrd(void)
{
    if (machine.initrd.base % PAGE_BYTES == 0)
        return machine.initrd.base;
    uint64_t pages = (machine.initrd.length + PAGE_BYTES - 1) / PAGE_BYTES;
    uint64_t copy = bootmem_take(pages * PAGE_BYTES, PAGE_BYTES, TESS_USE_BUNDLE);
    const uint8_t *from = window_pointer(machine.initrd.base);
    uint8_t *to = window_pointer(copy);
    for (uint64_t i = 0; i < pages * PAGE_BYTES; i++)
        to[i] = i < machine.initrd.length ? from[i] : 0;
    return copy;
}

/* RAM in use or free: what may be used, the image, and a bundle that lies in neither. */
static uint64_t count_memory(void)
{
    uint64_t bytes = kmap_image().length;
    const struct regions *usable = bootmem_usable();
    for (unsigned i = 0; i < usable->count; i++)
        bytes += usable->at[i].length;
    bool counted =
        region_contains(kmap_image(), sources.bundle_pages) || regions_contain(usable, sources.bundle_pages);
    return bytes + (counted ? 0 : sources.bundle_pages.length);
}

/* The initrd, or without one the archive linked into the image. */
static void boot_find_bundle(void)
{
    struct region bundle = {kmap_physical(__bundle_start), (uint64_t)(__bundle_end - __bundle_start)};
    if (machine.initrd.length > 0)
        bundle = (struct region){page_align_initrd(), machine.initrd.length};
    if (bundle.length == 0)
        panic("bundle: neither an initrd nor one linked into the kernel", "BI-3");
    sources.bundle_physical = bundle.base;
    sources.bundle_pages = region_pages_out(bundle);
    sources.bundle = (struct bundle){window_pointer(bundle.base), bundle.length};
    const char *error = bundle_check(&sources.bundle);
    if (error)
        panic(error, "BI-3");
    sources.memory = count_memory();
    if (bootmem_used()[TESS_USE_BUNDLE] == 0) /* not a copy, which is booked */
        bootmem_book(TESS_USE_BUNDLE, sources.bundle_pages.length);
}

/* ---- the end of booting ----------------------------------------------------------------------------- */

/* The tree was copied, and the initrd perhaps; what is in use stays. What follows here is boot's last. */
static void boot_release_memory(void)
{
    bootmem_add(kmap_image_part(boot_text));
    bootmem_add(kmap_image_part(boot_data));
    bootmem_release(tree_pages);
    if (machine.initrd.length > 0)
        bootmem_release(region_pages_out(machine.initrd));
    bootmem_hold(sources.bundle_pages);
}

static void boot_say_hello(void)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < bootmem_free()->count; i++)
        bytes += bootmem_free()->at[i].length;
    print_text("tessera: boot hart ");
    print_decimal(this_hart->id);
    print_text(" of ");
    print_decimal(machine.harts_count);
    print_text(", ");
    print_decimal(bytes < MEGABYTE ? bytes / 1024 : bytes / MEGABYTE);
    print_text(bytes < MEGABYTE ? " KB for root\n" : " MB for root\n");
}

_Noreturn void boot_trap(uint64_t scause, uint64_t sepc)
{
    (void)scause;
    panic_at("trap while booting", sepc, "BI-1");
}

_Noreturn void boot_start(uint64_t hart, uint64_t tree, uint64_t image)
{
    kmap_init(image);                   /* where we are */
    boot_read_tree(tree);               /* what machine this is */
    boot_choose_memory();               /* which RAM may be used */
    boot_map_window();                  /* the physical window shows it */
    boot_choose_paging();               /* three levels of tables, or four */
    boot_hart(hart);                    /* per-hart state; traps are trap.S's from here on */
    boot_irq();                         /* all interrupts masked */
    boot_find_bundle();                 /* the programs */
    root_create(&sources);              /* the first of them, its objects, its boot information */
    kmap_finish();                      /* the tree's early mapping goes: it was copied */
    boot_release_memory();              /* and so does its memory */
    boot_say_hello();                   /* the only line */
    root_grant(&sources);               /* everything there is, is root's */
    root_start();                       /* it is ready */
    release_boot(boot_text, boot_data); /* and runs, without what only booting needed */
}
