/*
 * kernel/vspace.h: address spaces (SPEC VM).
 */
#ifndef TESSERA_KERNEL_VSPACE_H
#define TESSERA_KERNEL_VSPACE_H

#include "caps/slot.h"
#include "caps/status.h"
#include "kernel/hart.h"
#include "kernel/mmu.h"
#include "kernel/tcb.h"

struct vspace {
    struct slot anchor; /* ring of the capabilities mapped in it; first, so its number names the VSpace */
    pte *root;          /* NULL until a page table is mapped */
    word satp;          /* of the root and its ASID; valid in this generation */
    word generation;    /* of ASIDs; 0: no ASID assigned */
};

_Static_assert(sizeof(struct vspace) <= TESS_VSPACE_BYTES, "a VSpace fits its size in the ABI");

/* Level of root tables: 2 with Sv39, 3 with Sv48; and the end of user addresses, 2^38 or 2^47. */
static inline unsigned root_level(void)
{
    return (unsigned)(this_hart->kernel_satp >> SATP_MODE_BIT) - SATP_SV39 + 2;
}

static inline word user_address_end(void)
{
    return 1ull << (20 + 9 * root_level());
}

void vspace_create(struct vspace *vspace);

/* Undoes every mapping in it; false: preempted. */
bool vspace_finalise(struct vspace *vspace);

/* Operations on VSpaces, over a range of frames (range.c), and on frame and page table capabilities. */
struct status vspace_invoke(struct vspace *vspace, word label, struct tcb *caller);
struct status frame_invoke(struct slot *slot, word label, struct tcb *caller);
struct status page_table_invoke(struct slot *slot, word label, struct tcb *caller);

/*
 * The checked steps below them, which boot uses too. Errors name the arguments of MAP. After frame_map() and
 * frame_protect() instructions are to be fenced: vspace_fence_instructions().
 */
struct status page_table_map(struct slot *slot, struct vspace *vspace, word address);
struct status frame_map(struct slot *slot, struct vspace *vspace, word address, word rights, word attributes);

/* VM-4; rights are message word `argument`. */
struct status frame_protect(struct slot *slot, word rights, unsigned argument);

/* What may be executed with these rights from now on was perhaps written as data before (VM-18). */
void vspace_fence_instructions(word rights);

/* The capability's mapping ends, if it has one. */
void frame_unmap(struct slot *slot);
void page_table_unmap(struct slot *slot);

/* Where the capability is mapped now: the walk must end in it (VM-3). */
bool frame_is_mapped(struct cap frame);
bool page_table_is_mapped(struct cap table);

/* Makes this hart translate through it; NULL: through the kernel's own table. */
void vspace_activate(struct vspace *vspace);

/* After a fault: would the tables have allowed the access? (VM-10) scause: 12, 13 or 15. */
bool vspace_allows(const struct vspace *vspace, word address, word scause);

#endif
