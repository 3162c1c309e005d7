/*
 * kernel/bootmem.h: RAM while booting: what is taken, what is left for root (BI-5).
 */
#ifndef TESSERA_KERNEL_BOOTMEM_H
#define TESSERA_KERNEL_BOOTMEM_H

#include "kernel/abi.h"
#include "platform/platform.h"

/* RAM that may be used at all; ascending. `busy` regions in it are not free yet: see bootmem_release. */
void bootmem_init(const struct regions *usable);
void bootmem_hold(struct region busy);

/* The bytes of r that may be used are free again. Caller: held before, and not taken since. */
void bootmem_release(struct region r);

/* RAM beside what bootmem_init() was given becomes free. */
void bootmem_add(struct region r);

/* Physical address of memory that is now the kernel's, any content; none left: panic. align: 2^n. */
uint64_t bootmem_take(uint64_t bytes, uint64_t align, enum tess_use use);

/* Books bytes that lie elsewhere, as the image does. What is booked: one number for each enum tess_use. */
void bootmem_book(enum tess_use use, uint64_t bytes);
void bootmem_move(enum tess_use from, enum tess_use to, uint64_t bytes);
const uint64_t *bootmem_used(void);

/* What bootmem_init() was given; what is free now. */
const struct regions *bootmem_usable(void);
const struct regions *bootmem_free(void);

#endif
