/*
 * kernel/ghost.h: where the kernel tells the ghost what it does to translations (SPEC VM-13, VM-18).
 *
 * The ghost (verify/ghost.c) is a model of what hardware may still hold. A kernel with TESSERA_CHECK is linked
 * with it, and so are host tests; in the kernel that ships these are empty.
 */
#ifndef TESSERA_KERNEL_GHOST_H
#define TESSERA_KERNEL_GHOST_H

#include "caps/cap.h"

#define GHOST_ANY (~0ull)

#ifdef TESSERA_CHECK

/* From user mode, perhaps after the direct path; to user mode. */
void ghost_enter(void);
void ghost_leave(void);

void ghost_switch(word satp);
void ghost_fence(word address, word asid); /* GHOST_ANY: of all */
void ghost_fence_instructions(void);

/* An entry of a page table has this value now. */
void ghost_entry(const word *entry, word value);

#else

static inline void ghost_enter(void)
{
}
static inline void ghost_leave(void)
{
}
static inline void ghost_switch(word satp)
{
    (void)satp;
}
static inline void ghost_fence(word address, word asid)
{
    (void)address, (void)asid;
}
static inline void ghost_fence_instructions(void)
{
}
static inline void ghost_entry(const word *entry, word value)
{
    (void)entry, (void)value;
}

#endif

#endif
