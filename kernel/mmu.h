/*
 * kernel/mmu.h: page table entries, and what this hart is told about them (SPEC VM-7, VM-9, VM-13, VM-18).
 *
 * Everything that changes a translation, or makes a hart forget one, after boot. The ghost hears of each. On
 * the host there is no hart, and the ghost alone takes its place.
 */
#ifndef TESSERA_KERNEL_MMU_H
#define TESSERA_KERNEL_MMU_H

#include "kernel/ghost.h"
#include "kernel/layout.h"

typedef uint64_t pte;

#define PTE_ATTRIBUTES     (3ull << PTE_ATTRIBUTES_BIT)
#define PTE_ATTRIBUTES_BIT 61
#define PTE_PAGE_BIT       10

#define SATP_MODE_BIT 60
#define SATP_ASID_BIT 44
#define SATP_ASIDS    0xffffull

#ifdef __riscv
#define MMU_DO(...) asm volatile(__VA_ARGS__)
#else
#define MMU_DO(...)
#endif

static inline void pte_set(pte *entry, pte value)
{
    *entry = value;
    ghost_entry(entry, value);
}

static inline word mmu_satp(void)
{
    word satp = 0;
    MMU_DO("csrr %0, satp" : "=r"(satp));
    return satp;
}

static inline void mmu_switch(word satp)
{
    MMU_DO("csrw satp, %0" ::"r"(satp) : "memory");
    ghost_switch(satp);
}

static inline void mmu_fence_all(void)
{
    MMU_DO("sfence.vma zero, zero" ::: "memory");
    ghost_fence(GHOST_ANY, GHOST_ANY);
}

/* Tables too. */
static inline void mmu_fence_space(word asid)
{
    MMU_DO("sfence.vma zero, %0" ::"r"(asid) : "memory");
    ghost_fence(GHOST_ANY, asid);
}

/* The leaf for this address. */
static inline void mmu_fence_leaf(word address, word asid)
{
    MMU_DO("sfence.vma %0, %1" ::"r"(address), "r"(asid) : "memory");
    ghost_fence(address, asid);
}

/* The same under every ASID. */
static inline void mmu_fence_leaves(word address)
{
    MMU_DO("sfence.vma %0, zero" ::"r"(address) : "memory");
    ghost_fence(address, GHOST_ANY);
}

static inline void mmu_fence_instructions(void)
{
    MMU_DO("fence.i" ::: "memory");
    ghost_fence_instructions();
}

#endif
