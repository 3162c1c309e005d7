/*
 * kernel/root.h: the first program and all it is given (BI-4, BI-5, BI-7).
 */
#ifndef TESSERA_KERNEL_ROOT_H
#define TESSERA_KERNEL_ROOT_H

#include "kernel/bundle.h"
#include "platform/platform.h"

/* What boot found; everything readable where it says. */
struct root_sources {
    const void *tree;
    uint32_t tree_bytes;
    struct bundle bundle; /* in the physical window; checked */
    uint64_t bundle_physical;
    struct region bundle_pages;
    uint64_t memory; /* bytes of RAM that may be used, the image and the bundle with them */
};

/* Loads member `root`, makes its objects and its boot information. Caller: the window is up. */
void root_create(const struct root_sources *sources);

/* All remaining memory, devices and the bundle become root's; nothing may be taken from bootmem after. */
void root_grant(const struct root_sources *sources);

/* Root is the thread to run. */
void root_start(void);

#endif
