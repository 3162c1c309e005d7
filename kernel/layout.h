/*
 * kernel/layout.h: the kernel's half of the address space (BI-8).
 *
 * CAPS_WINDOW and KERNEL_BASE come from the build. For C, assembly and nothing else.
 *
 *   0xffffffc000000000  CAPS_WINDOW    physical memory, RAM only, up to 128 GB: read and write, but the
 *                                      kernel's own text and read-only data only to be read
 *   0xffffffff80000000  KERNEL_BASE    the image, one table of 4 KB pages, nothing both W and X:
 *
 *        +0         .text               R X
 *                   .rodata             R
 *                   .data .bss          R W
 *                   (.bundle)           not mapped here; its pages become root's
 *                   ...                 not mapped
 *                   [guard] stack 7     a page that is never mapped below each stack
 *                   ...
 *        -20 KB     [guard] stack 0     R W, of the hart that booted
 *        -8 KB      [guard]
 *        +2 MB-4 KB SCRATCH_PAGE        one page at a time, while boot builds the tables
 *
 *   0xffffffffa0000000  DEVICE_WINDOW  registers the kernel itself uses: the PLIC. One table of 1 GB serves both
 */
#ifndef TESSERA_KERNEL_LAYOUT_H
#define TESSERA_KERNEL_LAYOUT_H

#define PAGE_BYTES       0x1000
#define LARGE_PAGE_BYTES 0x200000
#define WINDOW_BYTES     0x2000000000
#define DEVICE_WINDOW    (KERNEL_BASE + 0x20000000)
#define IMAGE_BYTES_MAX  LARGE_PAGE_BYTES

#define SCRATCH_PAGE        (KERNEL_BASE + IMAGE_BYTES_MAX - PAGE_BYTES)
#define KERNEL_STACK_BYTES  0x2000
#define KERNEL_STACK_TOP(n) (SCRATCH_PAGE - PAGE_BYTES - (n) * (KERNEL_STACK_BYTES + PAGE_BYTES))

/* Bits of a page table entry. A leaf has at least R or X. */
#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80

/* Kernel leaves: global, accessed and dirty in advance. */
#define PTE_KERNEL_R  (PTE_V | PTE_R | PTE_G | PTE_A)
#define PTE_KERNEL_RX (PTE_KERNEL_R | PTE_X)
#define PTE_KERNEL_RW (PTE_KERNEL_R | PTE_W | PTE_D)

#define SATP_SV39 8
#define SATP_SV48 9

#endif
