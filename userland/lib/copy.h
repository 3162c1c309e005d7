/*
 * userland/lib/copy.h: copying memory in words: picolibc's memcpy is made for size, and goes byte by byte.
 */
#ifndef TESSERA_USERLAND_LIB_COPY_H
#define TESSERA_USERLAND_LIB_COPY_H

#include <stddef.h>
#include <stdint.h>

/* Both aligned to 8 bytes; bytes: a multiple of 32. */
static inline void tess_copy_words(void *to, const void *from, size_t bytes)
{
    uint64_t *t = to;
    const uint64_t *f = from;

    for (size_t i = 0; i < bytes / sizeof *t; i += 4) {
        uint64_t a = f[i], b = f[i + 1], c = f[i + 2], d = f[i + 3];
        t[i] = a;
        t[i + 1] = b;
        t[i + 2] = c;
        t[i + 3] = d;
    }
}

#endif
