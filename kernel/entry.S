/*
 * kernel/entry.S: from the firmware's jump to boot_start() in the upper half (BI-1).
 *
 * Entered at the first byte of the image, in S-mode with paging off: a0 is the number of this hart, a1
 * the physical address of the device tree. The image may lie at any multiple of 2 MB. Every address
 * here is relative to the pc until paging is on. The other harts wait in the firmware.
 *
 * Keeps: s0 hart, s1 device tree, s2 physical address of the image.
 */
#include "kernel/layout.h"

#define IMAGE_VERSION 2 /* 0.2 */

    .section .text.entry, "ax"
    .globl _start
    .option push
    .option norvc

/* The 64-byte header of a RISC-V kernel image, as U-Boot's booti wants it. */
_start:
    j start
    nop
    .dword LARGE_PAGE_BYTES     /* load offset from the start of RAM */
    .dword __image_bytes        /* all that must stay free, .bss included */
    .dword 0                    /* flags: little endian */
    .word IMAGE_VERSION
    .word 0
    .dword 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .word 0
    .option pop

start:
    csrw sie, zero
    mv s0, a0
    mv s1, a1
    lla s2, _start
    slli t0, s2, 64 - 21
    bnez t0, misplaced

    lla t0, __bss_start
    lla t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

/*
 * Early tables, the final ones for the image: kernel_root -> kernel_middle -> kernel_pages.
 * Map the pages from symbol \first to symbol \end at KERNEL_BASE + their offset in the image.
 */
    .macro map_image first, end, flags
    lla t0, \first
    lla t1, \end
    sub t2, t0, s2
    srli t2, t2, 12 - 3
    add t2, t2, s3
1:  srli t3, t0, 12 - 10
    ori t3, t3, \flags
    sd t3, 0(t2)
    li t3, PAGE_BYTES
    add t0, t0, t3
    addi t2, t2, 8
    bltu t0, t1, 1b
    .endm

    lla s3, kernel_pages
    map_image _start, __text_end, PTE_KERNEL_RX
    map_image __text_end, __rodata_end, PTE_KERNEL_R
    map_image __rodata_end, __mapped_end, PTE_KERNEL_RW

    /* The boot stack once more, at its place with a guard page. */
    li t1, (KERNEL_STACK_TOP(0) - KERNEL_STACK_BYTES - KERNEL_BASE) >> (12 - 3)
    add t1, t1, s3
    lla t0, boot_stack
    srli t0, t0, 12 - 10
    ori t0, t0, PTE_KERNEL_RW
    .rept KERNEL_STACK_BYTES / PAGE_BYTES
    sd t0, 0(t1)
    addi t0, t0, 1 << 10
    addi t1, t1, 8
    .endr

    lla s4, kernel_middle
    srli t0, s3, 12 - 10
    ori t0, t0, PTE_V
    sd t0, 0(s4)

    lla s5, kernel_root
    srli t0, s4, 12 - 10
    ori t0, t0, PTE_V
    li t1, (KERNEL_BASE >> 30 & 511) * 8
    add t1, t1, s5
    sd t0, 0(t1)

    /* The gigabyte of the tree and the next, only to be read, until kmap_finish(). */
    srli t0, s1, 30
    andi t0, t0, 255
    slli t1, t0, 3
    add t1, t1, s5
    slli t0, t0, 30 - 2
    ori t0, t0, PTE_V | PTE_R | PTE_A
    sd t0, 0(t1)
    li t2, 1 << (30 - 2)
    add t0, t0, t2
    sd t0, 8(t1)

    /*
     * No table maps what runs now: the first fetch after the write to satp traps, and the trap vector
     * is in the upper half.
     */
    lla t0, upper_half
    sub t0, t0, s2
    li t1, KERNEL_BASE
    add t0, t0, t1
    csrw stvec, t0
    srli t0, s5, 12
    li t1, SATP_SV39 << 60
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    lla s6, text_no_sv39
    j complain

    .balign 4
upper_half:
    lla t0, entry_trap
    csrw stvec, t0
    li sp, KERNEL_STACK_TOP(0)
    mv a0, s0
    mv a1, s1
    mv a2, s2
    tail boot_start

/* A trap before there is a trap.S to take it. */
    .balign 4
entry_trap:
    csrr a0, scause
    csrr a1, sepc
    tail boot_trap

misplaced:
    lla s6, text_misplaced

/* Paging is off and no C can run: print the text at s6 and power off. Legacy SBI calls keep s6. */
complain:
    lbu a0, 0(s6)
    beqz a0, 2f
    li a7, 1
    ecall
    addi s6, s6, 1
    j complain
2:  li a7, 8
    ecall
3:  wfi
    j 3b

    .section .rodata.entry, "a"
text_misplaced:
    .asciz "tessera: panic: kernel not loaded at a multiple of 2 MB at entry (BI-1)\n"
text_no_sv39:
    .asciz "tessera: panic: hart without Sv39 at entry (BI-1)\n"

    .section .bss.boot_stack, "aw", @nobits
    .balign PAGE_BYTES
boot_stack:
    .zero KERNEL_STACK_BYTES
