/*
 * kernel/kmap.h: the kernel's own address space (BI-8). See kernel/layout.h for the picture.
 */
#ifndef TESSERA_KERNEL_KMAP_H
#define TESSERA_KERNEL_KMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/layout.h"
#include "kernel/release.h"
#include "platform/platform.h"

/*
 * The table of the kernel's gigabytes: the root, or with Sv48 what the last entry of the root names. Entries 256
 * to 511 are fixed after kmap_finish().
 */
extern uint64_t kernel_root[512];

/* The table of the image and the stacks, by page from KERNEL_BASE on. */
extern uint64_t kernel_pages[512];

/* satp of the kernel's own tables, ASID 0. After kmap_finish() every user root table copies their upper half. */
uint64_t kmap_satp(void);

/* From three levels of tables to four, on this hart and from now on; false: it cannot, and nothing changed. */
bool kmap_enlarge(void);

/* Physical address of something in the image. Caller: kmap_init() was called. */
uint64_t kmap_physical(const void *image);

/* The pages of the image, as loaded: all of them, those that are mapped only to be read, any run of them. */
struct region kmap_image(void);
struct region kmap_image_constant(void);
struct region kmap_image_part(struct image_pages pages);

/* First of all: where the image was loaded. Books its parts (bootmem.h). */
void kmap_init(uint64_t image_physical);

/* Adds whole pages of RAM to the physical window. Caller: inside it, disjoint from what it has. */
void kmap_window(struct region pages, bool writable);

/* Where the kernel finds these registers from now on; one region only. */
volatile void *kmap_device(struct region registers);

/* Takes away what was there only for booting: the device tree's early mapping, the scratch page. */
void kmap_finish(void);

#endif
