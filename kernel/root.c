/*
 * kernel/root.c: the first program and all it is given.
 *
 * Root's address space, CSpace, thread and time, made from boot memory exactly as Retype would make
 * them; its boot information; and every capability there is to begin with. Implements BI-4, BI-5, BI-7.
 *
 *   slot 0                    null
 *   SLOT_CNODE .. SLOT_FP     one each, enum below
 *   SLOT_FRAMES ..            pages of root's image, segment by segment, then of the boot information
 *   ...                       page tables
 *   ...                       untyped memory: normal, device, bundle
 *   ...                       free
 */
#include "kernel/root.h"

#include "caps/cdt.h"
#include "caps/object.h"
#include "kernel/bootinfo.h"
#include "kernel/bootmem.h"
#include "kernel/context.h"
#include "kernel/elf.h"
#include "kernel/fp.h"
#include "kernel/irq.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/vspace.h"

enum {
    SLOT_NULL,
    SLOT_CNODE,
    SLOT_TCB,
    SLOT_VSPACE,
    SLOT_SCHED_CONTEXT,
    SLOT_SCHED_CONTROL,
    SLOT_IRQ_CONTROL,
    SLOT_FIRMWARE,
    SLOT_FP,
    SLOT_FRAMES,
};

#define ROOT_RADIX_MIN 8u
#define ROOT_FREE_MIN  256u /* empty slots it has at least */
#define ROOT_PRIORITY  255u
#define ROOT_SLICES    100u /* of a second: it yields to its equals so often */

static struct {
    struct slot *slots; /* its CNode */
    unsigned radix;
    word next_frame; /* the next slot for a page; */
    word next;       /* and for anything else behind them */
    struct tcb *tcb;
    struct vspace *vspace;
    struct context *context;
    struct fp *fp;
    struct elf elf;
    struct region placed; /* pages of the bundle that are pages of root's image */
    word info_pages;
    struct bootinfo info;
} root;

static word page_count(word bytes)
{
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* ---- making things -------------------------------------------------------------------------------- */

static void give(word slot, struct cap cap)
{
    ASSERT(slot < 1ull << root.radix, "root's CNode has room");
    cap.w0 |= CAP_ORIGINAL;
    cdt_insert(NULL, &root.slots[slot], cap);
}

/* Zeroed memory. Physical address. */
static word take_zeroed(word bytes, word align, enum tess_use use)
{
    word physical = bootmem_take(bytes, align, use);
    uint64_t *words = window_pointer(physical);
    for (word i = 0; i < bytes / sizeof *words; i++)
        words[i] = 0;
    return physical;
}

/* As Retype makes it (UT-8). */
static void *make_object(enum cap_type type, word size)
{
    word physical = take_zeroed(object_bytes(type, size), object_alignment(type, size), TESS_USE_ROOT);
    void *object = window_pointer(physical);
    object_create(type, object, size);
    return object;
}

static void make_table(word address)
{
    word table = take_zeroed(PAGE_BYTES, PAGE_BYTES, TESS_USE_ROOT_TABLES);
    struct slot *slot = &root.slots[root.next];
    give(root.next++, cap_page_table(table));
    struct status status = page_table_map(slot, root.vspace, address);
    ASSERT(status.code == TESS_OK, "a missing page table can be mapped");
}

/* Gives root this page and maps it at `address`. */
static void map_page(word page, word address, word rights)
{
    struct slot *slot = &root.slots[root.next_frame];
    give(root.next_frame++, cap_frame(page, TESS_FRAME_4K, rights, false));
    struct status status;
    /* At most three rounds: one for each level of tables that is missing. */
    while (TESS_STATUS_ERROR(
               (status = frame_map(slot, root.vspace, address, rights, TESS_ATTRIBUTE_DEFAULT)).code) ==
           TESS_ERR_TABLE)
        make_table(address);
    ASSERT(status.code == TESS_OK, "a page of root can be mapped");
}

/* ---- how much there will be ------------------------------------------------------------------------- */

static word segment_pages(const struct elf_segment *s)
{
    return page_count(s->address % PAGE_BYTES + s->size);
}

/* Tables that so many consecutive pages can need at most, below the root table. */
static word tables_bound(word pages)
{
    return pages / 512 + 2 + pages / (512 * 512) + 2;
}

/* Untyped capabilities at most: alignment, the tree and an initrd that was copied make some more pieces. */
static word untypeds_bound(void)
{
    word count = 0;
    const struct regions *left = bootmem_free();
    for (unsigned i = 0; i < left->count; i++)
        count += 1 + left->at[i].length / TESS_UNTYPED_MAX;
    for (unsigned i = 0; i < machine.devices.count; i++)
        count += 1 + machine.devices.at[i].length / TESS_UNTYPED_MAX;
    return count + 16;
}

/* Chooses the CNode's size, and that of the boot information. */
static void plan(const struct root_sources *from)
{
    word frames = 0;
    word tables = 1 + tables_bound(0);
    for (unsigned i = 0; i < root.elf.count; i++) {
        frames += segment_pages(&root.elf.segments[i]);
        tables += tables_bound(segment_pages(&root.elf.segments[i]));
    }
    word records = SLOT_FRAMES + 1 + root.elf.count + 1 + tables + untypeds_bound();
    root.info.capacity = bootinfo_capacity(&machine, from->tree_bytes, &from->bundle, (unsigned)records);
    root.info_pages = page_count(root.info.capacity);
    frames += root.info_pages;
    tables += tables_bound(root.info_pages);

    if (root.info_pages * PAGE_BYTES > ELF_ADDRESS_END - root.elf.end)
        panic("root: no room for the boot information behind its image", "BI-4");

    word slots = SLOT_FRAMES + frames + tables + untypeds_bound() + ROOT_FREE_MIN;
    root.radix = ROOT_RADIX_MIN;
    while (1ull << root.radix < slots)
        root.radix++;
    if (root.radix > TESS_CNODE_RADIX_MAX)
        panic("root: too large for one CNode", "BI-7");
    root.next_frame = SLOT_FRAMES;
    root.next = SLOT_FRAMES + frames;
}

/* ---- root itself ------------------------------------------------------------------------------------ */

static void make_objects(void)
{
    root.slots = make_object(CAP_CNODE, root.radix);
    root.vspace = make_object(CAP_VSPACE, 0);
    root.context = make_object(CAP_SCHED_CONTEXT, TESS_REFILLS_MIN);
    root.tcb = make_object(CAP_TCB, 0);
    root.fp = make_object(CAP_FP, 0);
    give(SLOT_CNODE, cap_cnode(root.slots, root.radix));
    give(SLOT_TCB, cap_tcb(root.tcb));
    give(SLOT_VSPACE, cap_vspace(root.vspace));
    give(SLOT_SCHED_CONTEXT, cap_sched_context(root.context, TESS_REFILLS_MIN));
    give(SLOT_SCHED_CONTROL, cap_sched_control(this_hart->id));
    give(SLOT_IRQ_CONTROL, cap_irq_control());
    give(SLOT_FIRMWARE, cap_firmware());
    give(SLOT_FP, cap_fp(root.fp));
}

/* Bytes of the file that fall into this page of the segment. */
static void fill_page(uint8_t *page, word address, const struct elf_segment *s, const uint8_t *file)
{
    for (word i = 0; i < PAGE_BYTES; i++) {
        word at = address + i - s->address; /* wraps below the segment, and is too large then */
        if (at < s->file_size)
            page[i] = file[s->offset + at];
    }
}

/*
 * Nothing of the segment is written or zero beyond the file, so the file's pages can be its pages (BI-4). All that
 * lie so make one run, so that two pieces of bundle remain.
 */
static bool place_segment(const struct elf_segment *s, const struct root_sources *from, word file)
{
    struct region pages = {from->bundle_physical + file + s->offset, segment_pages(s) * PAGE_BYTES};
    if ((s->rights & ELF_WRITE) || s->file_size != s->size || (pages.base | s->address) % PAGE_BYTES != 0)
        return false;
    if (root.placed.length == 0)
        root.placed.base = pages.base;
    if (region_end(root.placed) != pages.base)
        return false;
    root.placed.length += pages.length;
    bootmem_move(TESS_USE_BUNDLE, TESS_USE_ROOT_IMAGE, pages.length);
    for (word at = 0; at < pages.length; at += PAGE_BYTES)
        map_page(pages.base + at, s->address + at, s->rights);
    return true;
}

static void copy_segment(const struct elf_segment *s, const uint8_t *file)
{
    word base = s->address / PAGE_BYTES * PAGE_BYTES;
    for (word i = 0; i < segment_pages(s); i++) {
        word address = base + i * PAGE_BYTES;
        word page = take_zeroed(PAGE_BYTES, PAGE_BYTES, TESS_USE_ROOT_IMAGE);
        fill_page(window_pointer(page), address, s, file);
        map_page(page, address, s->rights);
    }
}

static void load_segment(const struct elf_segment *s, const struct root_sources *from, word file)
{
    word first = root.next_frame;
    word base = s->address / PAGE_BYTES * PAGE_BYTES;
    if (!place_segment(s, from, file))
        copy_segment(s, from->bundle.base + file);
    bootinfo_image(&root.info, first, segment_pages(s), base, s->rights);
}

/* Read-only, right behind root's image. */
static void make_info(void)
{
    word first = root.next_frame;
    word base = take_zeroed(root.info_pages * PAGE_BYTES, PAGE_BYTES, TESS_USE_BOOT_INFO);
    for (word i = 0; i < root.info_pages; i++)
        map_page(base + i * PAGE_BYTES, root.elf.end + i * PAGE_BYTES, TESS_RIGHT_READ);
    bootinfo_begin(&root.info, window_pointer(base), root.info.capacity);
    bootinfo_image(&root.info, first, root.info_pages, root.elf.end, TESS_RIGHT_READ);
}

static void configure_thread(void)
{
    struct slot *cspace = &root.slots[SLOT_CNODE];
    struct slot *vspace = &root.slots[SLOT_VSPACE];
    struct tcb *tcb = root.tcb;
    cdt_insert(cspace, &tcb->slots[TCB_SLOT_CSPACE], cap_derive(cspace->cap, TESS_RIGHTS_ALL));
    cdt_insert(vspace, &tcb->slots[TCB_SLOT_VSPACE], cap_derive(vspace->cap, TESS_RIGHTS_ALL));
    tcb->priority = tcb->ceiling = ROOT_PRIORITY;
    fp_bind(root.fp, tcb);
    word slice = machine.timebase / ROOT_SLICES;
    context_configure(root.context, slice, slice, 0, 0);
    context_bind(root.context, tcb);
}

_Static_assert(ELF_READ == TESS_RIGHT_READ && ELF_WRITE == TESS_RIGHT_WRITE &&
                   ELF_EXECUTE == TESS_RIGHT_EXECUTE,
               "segment rights are frame rights");

static void describe(const struct root_sources *from)
{
    struct bootinfo *info = &root.info;
    bootinfo_cap(info, TESS_ROLE_CNODE, SLOT_CNODE, root.radix);
    bootinfo_cap(info, TESS_ROLE_TCB, SLOT_TCB, 0);
    bootinfo_cap(info, TESS_ROLE_VSPACE, SLOT_VSPACE, 0);
    bootinfo_cap(info, TESS_ROLE_SCHED_CONTEXT, SLOT_SCHED_CONTEXT, 0);
    bootinfo_cap(info, TESS_ROLE_SCHED_CONTROL, SLOT_SCHED_CONTROL, this_hart->id);
    bootinfo_cap(info, TESS_ROLE_IRQ_CONTROL, SLOT_IRQ_CONTROL, 0);
    bootinfo_cap(info, TESS_ROLE_FIRMWARE, SLOT_FIRMWARE, 0);
    bootinfo_cap(info, TESS_ROLE_FP, SLOT_FP, 0);
    for (word slot = root.next_frame; slot < root.next; slot++)
        bootinfo_cap(info, TESS_ROLE_PAGE_TABLE, slot, 0);
    uint32_t asid_bits = 0;
    while (this_hart->asid_last >> asid_bits)
        asid_bits++;
    bootinfo_machine(info, &machine, 21 + 9 * root_level(), asid_bits, irq_max());
    bootinfo_harts(info, &machine, this_hart->id);
    bootinfo_bootargs(info, &machine);
    bootinfo_tree(info, from->tree, from->tree_bytes);
    bootinfo_members(info, &from->bundle, from->bundle_physical);
    bootinfo_memory(info, from->memory, bootmem_used());
}

void root_create(const struct root_sources *from)
{
    struct bundle_member member;
    if (!bundle_find(&from->bundle, "root", &member))
        panic("bundle: no member named root", "BI-3");
    const uint8_t *file = from->bundle.base + member.offset;
    const char *error = elf_read(&root.elf, file, member.size);
    if (error)
        panic(error, "BI-4");

    plan(from);
    make_objects();
    make_info();
    for (unsigned i = 0; i < root.elf.count; i++)
        load_segment(&root.elf.segments[i], from, member.offset);
    configure_thread();
    describe(from);
}

/* ---- the rest of memory --------------------------------------------------------------------------- */

/* In pieces that a capability can hold. */
static void grant(enum tess_memory_kind kind, struct region r)
{
    while (r.length > 0) {
        word piece = r.length < TESS_UNTYPED_MAX ? r.length : TESS_UNTYPED_MAX;
        bootinfo_untyped(&root.info, kind, root.next, (struct region){r.base, piece});
        give(root.next++, cap_untyped(r.base, piece, kind != TESS_MEMORY_NORMAL));
        r = (struct region){r.base + piece, r.length - piece};
    }
}

void root_grant(const struct root_sources *from)
{
    const struct regions *left = bootmem_free();
    for (unsigned i = 0; i < left->count; i++)
        grant(TESS_MEMORY_NORMAL, left->at[i]);
    for (unsigned i = 0; i < machine.devices.count; i++)
        grant(TESS_MEMORY_DEVICE, machine.devices.at[i]);
    struct region bundle = from->bundle_pages;
    if (root.placed.length > 0) {
        grant(TESS_MEMORY_BUNDLE, (struct region){bundle.base, root.placed.base - bundle.base});
        bundle = (struct region){region_end(root.placed), region_end(bundle) - region_end(root.placed)};
    }
    grant(TESS_MEMORY_BUNDLE, bundle);
    bootinfo_cap(&root.info, TESS_ROLE_FREE_SLOTS, root.next, (1ull << root.radix) - root.next);
    bootinfo_end(&root.info);
}

void root_start(void)
{
    asm volatile("fence.i"); /* its text was written as data */
    root.tcb->registers.pc = root.elf.entry;
    root.tcb->registers.a0 = root.elf.end;
    root.tcb->registers.a1 = root.info.length;
    sched_wake(root.tcb);
}
