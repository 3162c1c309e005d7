/*
 * kernel/vspace.c: address spaces: tables, mappings, ASIDs, fences (SPEC VM-1..VM-10, VM-12, VM-13, VM-17, VM-18).
 *
 * Sv39 or Sv48 tables (RISC-V privileged specification 4.4, 4.5). Level 2 or 3 is the root, level 0 the leaf
 * table. The upper 256 entries of every root are the kernel's and never change after boot.
 *
 * A capability remembers where it was mapped, and is mapped there if the walk ends in its own page
 * (VM-3): so a table can be removed in one step, whatever is mapped below it.
 */
#include "kernel/vspace.h"

#include "caps/cspace.h"
#include "caps/object.h"
#include "caps/ring.h"
#include "kernel/hart.h"
#include "platform/platform.h"

#define TABLE_ENTRIES 512u

/* ---- entries --------------------------------------------------------------------------------------- */

static unsigned level_shift(unsigned level)
{
    return 12 + 9 * level;
}

static pte *entry_at(pte *table, word address, unsigned level)
{
    return &table[address >> level_shift(level) & (TABLE_ENTRIES - 1)];
}

static bool pte_is_table(pte entry)
{
    return (entry & PTE_V) && !(entry & (PTE_R | PTE_W | PTE_X));
}

static word pte_physical(pte entry)
{
    return entry << 10 >> (10 + PTE_PAGE_BIT) << 12; /* without attributes */
}

/*
 * The entry for `address` in the table of this level. When a table above is missing, NULL with its
 * level in *level. Caller: the VSpace has a root.
 */
static pte *walk(const struct vspace *vspace, word address, unsigned *level)
{
    pte *table = vspace->root;
    for (unsigned at = root_level(); at > *level; at--) {
        pte entry = *entry_at(table, address, at);
        if (!pte_is_table(entry)) {
            *level = at - 1;
            return NULL;
        }
        table = window_pointer(pte_physical(entry));
    }
    return entry_at(table, address, *level);
}

_Static_assert(TESS_RIGHT_READ << 1 == PTE_R && TESS_RIGHT_WRITE << 1 == PTE_W &&
                   TESS_RIGHT_EXECUTE << 1 == PTE_X,
               "rights are bits of an entry, one place lower");

/* A and D are set in advance: the kernel never learns from them. */
static pte pte_leaf(word physical, word rights, pte attributes)
{
    return attributes | physical >> 12 << PTE_PAGE_BIT | rights << 1 | PTE_V | PTE_U | PTE_A | PTE_D;
}

/* ---- ASIDs and fences (VM-9, VM-13) ------------------------------------------------------------------ */

static bool vspace_has_asid(const struct vspace *vspace)
{
    return vspace->generation == this_hart->asid_generation;
}

static word vspace_asid(const struct vspace *vspace)
{
    return vspace->satp >> SATP_ASID_BIT & SATP_ASIDS;
}

/* A leaf for this address changed or went. Without an ASID of this generation nothing is cached. */
static void fence_address(const struct vspace *vspace, word address)
{
    if (vspace_has_asid(vspace))
        mmu_fence_leaf(address, vspace_asid(vspace));
    else if (vspace == this_hart->vspace)
        mmu_fence_leaves(address);
}

/* A non-leaf entry changed or went. */
static void fence_space(const struct vspace *vspace)
{
    if (vspace_has_asid(vspace))
        mmu_fence_space(vspace_asid(vspace));
    else if (vspace == this_hart->vspace)
        mmu_fence_all();
}

void vspace_fence_instructions(word rights)
{
    if (rights & TESS_RIGHT_EXECUTE)
        mmu_fence_instructions();
}

/*
 * ASID 0 is the kernel's own table. When all are used up, a new generation starts: true, and nothing may be
 * cached. The caller's fence comes after the switch, for until then the hart may cache under the old one.
 */
static bool asid_assign(struct vspace *vspace)
{
    struct hart *hart = this_hart;
    bool new_generation = hart->asid_last && hart->asid_next > hart->asid_last;
    word asid = 0;

    if (new_generation) {
        hart->asid_next = 1;
        hart->asid_generation++;
    }
    if (hart->asid_last) {
        asid = hart->asid_next++;
        vspace->generation = hart->asid_generation;
    }
    vspace->satp = hart->kernel_satp >> SATP_MODE_BIT << SATP_MODE_BIT | asid << SATP_ASID_BIT |
                   window_physical(vspace->root) >> 12;
    return new_generation;
}

void vspace_activate(struct vspace *vspace)
{
    struct hart *hart = this_hart;
    word satp = hart->kernel_satp;
    bool fence = !hart->asid_last;

    if (vspace && vspace->root) {
        if (!vspace_has_asid(vspace) && asid_assign(vspace))
            fence = true;
        satp = vspace->satp;
    }
    hart->vspace = vspace;
    mmu_switch(satp);
    if (fence)
        mmu_fence_all();
}

bool vspace_allows(const struct vspace *vspace, word address, word scause)
{
    pte needed = scause == 12 ? PTE_X : scause == 13 ? PTE_R : PTE_W;
    if (!vspace || !vspace->root || address >= user_address_end())
        return false;
    for (unsigned level = root_level() + 1; level-- > 0;) {
        unsigned at = level;
        const pte *entry = walk(vspace, address, &at);
        if (!entry || !(*entry & PTE_V))
            return false;
        if (!pte_is_table(*entry))
            return *entry & needed;
    }
    return false;
}

/* ---- objects ------------------------------------------------------------------------------------------ */

void vspace_create(struct vspace *vspace)
{
    ring_init(&vspace->anchor);
}

static struct vspace *mapped_vspace(struct cap cap)
{
    return cap_is_mapped(cap) ? (struct vspace *)slot_at(cap_mapped_vspace(cap)) : NULL;
}

static void remember_mapping(struct slot *slot, struct vspace *vspace, word address)
{
    slot->cap = cap_with_mapping(slot->cap, slot_number(&vspace->anchor), address);
    ring_insert(&vspace->anchor, slot);
}

static void forget_mapping(struct slot *slot)
{
    ring_remove(slot);
    slot->cap = cap_with_mapping(slot->cap, 0, 0);
}

static void table_clear(struct cap table)
{
    pte *entries = window_pointer(cap_page_base(table));
#pragma GCC unroll 32
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        pte_set(&entries[i], 0);
}

/* The table is no root any more. No fence: its ASID is not used again in this generation. */
static void root_remove(struct vspace *vspace)
{
    vspace->root = NULL;
    vspace->generation = 0;
}

bool vspace_finalise(struct vspace *vspace)
{
    if (this_hart->vspace == vspace)
        vspace_activate(NULL);
    root_remove(vspace); /* from here on no capability is mapped in it (VM-3) */
    while (!ring_is_alone(&vspace->anchor)) {
        struct slot *slot = ring_next(&vspace->anchor);
        if (cap_raw_type(slot->cap) == CAP_PAGE_TABLE)
            table_clear(slot->cap);
        forget_mapping(slot);
        if (object_preempt())
            return ring_is_alone(&vspace->anchor);
    }
    return true;
}

/* ---- frames ------------------------------------------------------------------------------------------- */

/* The leaf through which the capability is mapped, or NULL. */
static pte *frame_entry(struct cap frame)
{
    const struct vspace *vspace = mapped_vspace(frame);
    unsigned level = (cap_frame_bits(frame) - 12) / 9;
    if (!vspace || !vspace->root)
        return NULL;
    pte *entry = walk(vspace, cap_mapped_address(frame), &level);
    if (!entry || !(*entry & PTE_V) || pte_is_table(*entry) || pte_physical(*entry) != cap_page_base(frame))
        return NULL;
    return entry;
}

bool frame_is_mapped(struct cap frame)
{
    return frame_entry(frame) != NULL;
}

static struct status check_rights(struct cap frame, word rights, unsigned argument)
{
    if (rights & ~cap_frame_rights(frame))
        return status_fail(TESS_ERR_RIGHTS, argument, rights & ~cap_frame_rights(frame));
    if (rights == 0 || ((rights & TESS_RIGHT_WRITE) && !(rights & TESS_RIGHT_READ))) /* VM-4 */
        return status_fail(TESS_ERR_ARGUMENT, argument, 0);
    return STATUS_OK;
}

static struct status check_address(word address, unsigned bits)
{
    if (address & ((1ull << bits) - 1))
        return status_fail(TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 1ull << bits);
    if (address >= user_address_end())
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(1), user_address_end() - 1);
    return STATUS_OK;
}

struct status frame_map(struct slot *slot, struct vspace *vspace, word address, word rights, word attributes)
{
    struct cap frame = slot->cap;
    unsigned level = (cap_frame_bits(frame) - 12) / 9;

    if (attributes > (machine.svpbmt ? TESS_ATTRIBUTE_IO : TESS_ATTRIBUTE_DEFAULT)) /* VM-17 */
        return status_fail(attributes > TESS_ATTRIBUTE_IO ? TESS_ERR_ARGUMENT : TESS_ERR_UNSUPPORTED,
                           TESS_ARG_WORD(3), 0);
    if (cap_is_mapped(frame) && frame_entry(frame))
        return status_fail(TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0);
    TRY(check_address(address, cap_frame_bits(frame)));
    TRY(check_rights(frame, rights, TESS_ARG_WORD(2)));
    if (!vspace->root)
        return status_fail(TESS_ERR_TABLE, TESS_ARG_WORD(1), root_level());
    pte *entry = walk(vspace, address, &level);
    unsigned above = level + 1;
    if (!entry && !(*walk(vspace, address, &above) & PTE_V))
        return status_fail(TESS_ERR_TABLE, TESS_ARG_WORD(1), level);
    if (!entry || (*entry & PTE_V)) /* a frame stands there, or a larger one above */
        return status_fail(TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
    /* commit */
    if (cap_is_mapped(frame)) /* a mapping that a removed table took away */
        forget_mapping(slot);
    pte_set(entry, pte_leaf(cap_page_base(frame), rights, attributes << PTE_ATTRIBUTES_BIT));
    remember_mapping(slot, vspace, address);
    return STATUS_OK; /* nothing valid was there: a hart that cached that retries (VM-10) */
}

static struct status frame_map_decode(struct slot *slot, struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *vspace;
    TRY(cspace_lookup_type(tcb_cspace(caller), words[0], TESS_ARG_WORD(0), CAP_VSPACE, &vspace));
    return frame_map(slot, cap_object(vspace->cap), words[1], words[2], words[3]);
}

struct status frame_protect(struct slot *slot, word rights, unsigned argument)
{
    pte *entry = frame_entry(slot->cap);
    if (!entry)
        return status_fail(TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    TRY(check_rights(slot->cap, rights, argument));
    /* commit */
    pte_set(entry, pte_leaf(cap_page_base(slot->cap), rights, *entry & PTE_ATTRIBUTES));
    fence_address(mapped_vspace(slot->cap), cap_mapped_address(slot->cap));
    return STATUS_OK;
}

/* entry: its leaf, or NULL. */
static void frame_remove(struct slot *slot, pte *entry)
{
    if (entry) {
        pte_set(entry, 0);
        fence_address(mapped_vspace(slot->cap), cap_mapped_address(slot->cap));
    }
    if (cap_is_mapped(slot->cap))
        forget_mapping(slot);
}

void frame_unmap(struct slot *slot)
{
    frame_remove(slot, frame_entry(slot->cap));
}

struct status frame_invoke(struct slot *slot, word label, struct tcb *caller)
{
    const word *words = caller->registers.words;
    pte *entry;

    switch (label) {
    case TESS_FRAME_MAP:
        TRY(frame_map_decode(slot, caller));
        vspace_fence_instructions(words[2]);
        return STATUS_OK;
    case TESS_FRAME_PROTECT:
        TRY(frame_protect(slot, words[0], TESS_ARG_WORD(0)));
        vspace_fence_instructions(words[0]);
        return STATUS_OK;
    case TESS_FRAME_UNMAP:
        entry = frame_entry(slot->cap);
        if (!entry)
            return status_fail(TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
        frame_remove(slot, entry);
        return STATUS_OK;
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}

/* ---- page tables ---------------------------------------------------------------------------------------- */

/* The entry that points at the table, or NULL; the root has none. */
static pte *table_entry(struct cap table)
{
    const struct vspace *vspace = mapped_vspace(table);
    unsigned level = cap_table_level(table) + 1;
    if (!vspace || !vspace->root || level > root_level())
        return NULL;
    pte *entry = walk(vspace, cap_mapped_address(table), &level);
    if (!entry || !pte_is_table(*entry) || pte_physical(*entry) != cap_page_base(table))
        return NULL;
    return entry;
}

static bool table_is_root(struct cap table)
{
    const struct vspace *vspace = mapped_vspace(table);
    return vspace && vspace->root == window_pointer(cap_page_base(table));
}

bool page_table_is_mapped(struct cap table)
{
    return table_is_root(table) || table_entry(table);
}

static void root_install(struct vspace *vspace, pte *root)
{
    const pte *kernel = window_pointer((this_hart->kernel_satp & CAP_PAGE_MASK) << 12);
    for (unsigned i = TABLE_ENTRIES / 2; i < TABLE_ENTRIES; i++)
        pte_set(&root[i], kernel[i]);
    vspace->root = root; /* active nowhere: a thread that runs has one */
}

struct status page_table_map(struct slot *slot, struct vspace *vspace, word address)
{
    struct cap table = slot->cap;
    pte *entries = window_pointer(cap_page_base(table)), *parent = NULL;
    unsigned level = root_level();

    if (cap_is_mapped(table)) /* also when cut off: its old entries must go first, with UNMAP (VM-6) */
        return status_fail(TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0);
    if (vspace->root) {
        if (address >= user_address_end())
            return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(1), user_address_end() - 1);
        level = 0;
        walk(vspace, address, &level); /* as far as there are tables */
        unsigned above = level + 1;
        parent = walk(vspace, address, &above);
        if (*parent & PTE_V) /* all tables are there, or a large frame stands there */
            return status_fail(TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
        address &= ~((1ull << level_shift(above)) - 1);
    } else {
        address = 0;
    }
    /* commit */
    slot->cap = cap_with_level(slot->cap, level);
    if (parent)
        pte_set(parent, cap_page_base(table) >> 12 << PTE_PAGE_BIT | PTE_V);
    else
        root_install(vspace, entries);
    remember_mapping(slot, vspace, address);
    return STATUS_OK;
}

void page_table_unmap(struct slot *slot)
{
    struct cap table = slot->cap;
    struct vspace *vspace = mapped_vspace(table);
    pte *entry = table_entry(table);

    if (!vspace)
        return;
    if (entry) {
        pte_set(entry, 0);
        fence_space(vspace);
    } else if (table_is_root(table)) {
        root_remove(vspace);
        if (this_hart->vspace == vspace)
            vspace_activate(vspace);
    }
    table_clear(table);
    forget_mapping(slot);
}

struct status page_table_invoke(struct slot *slot, word label, struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *vspace;

    switch (label) {
    case TESS_PAGE_TABLE_MAP:
        TRY(cspace_lookup_type(tcb_cspace(caller), words[0], TESS_ARG_WORD(0), CAP_VSPACE, &vspace));
        return page_table_map(slot, cap_object(vspace->cap), words[1]);
    case TESS_PAGE_TABLE_UNMAP:
        if (!cap_is_mapped(slot->cap))
            return status_fail(TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
        page_table_unmap(slot);
        return STATUS_OK;
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
