/*
 * kernel/kmap.h: the kernel's own address space (BI-8). See kernel/layout.h for the picture.
 */
#ifndef TESSERA_KERNEL_KMAP_H
#define TESSERA_KERNEL_KMAP_H

#include <stdint.h>

#include "kernel/layout.h"
#include "kernel/release.h"
#include "platform/platform.h"

/* The root table. Entries 256 to 511 are fixed after kmap_finish(): every user root table copies them. */
extern uint64_t kernel_root[512];

/* The one of the image and the stacks, by page from KERNEL_BASE on. */
extern uint64_t kernel_pages[512];

/* Its satp, ASID 0. */
uint64_t kmap_satp(void);

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
