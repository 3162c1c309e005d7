/*
 * kernel/release.h: the last step of booting (BI-5, BI-8).
 */
#ifndef TESSERA_KERNEL_RELEASE_H
#define TESSERA_KERNEL_RELEASE_H

/* Whole pages of the image, at their place in it. */
struct image_pages {
    const char *first, *end;
};

/* Takes these pages out of the image, and lets the first thread run. Caller: it needs them no more. */
_Noreturn void release_boot(struct image_pages text, struct image_pages data);

#endif
