/*
 * kernel/memory.c: the two functions that the compiler may call on its own.
 *
 * gcc turns assignments of structures, and loops that fill or copy, into calls of these. Nothing else
 * calls them by name.
 */
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

/* The loops must not become calls of the very functions they are. */
#define LOOPS_STAY __attribute__((optimize("no-tree-loop-distribute-patterns")))

LOOPS_STAY void *memset(void *to, int value, size_t bytes)
{
    uint8_t *at = to;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101ull;
    for (; bytes > 0 && (uint64_t)at % 8 != 0; bytes--)
        *at++ = (uint8_t)value;
    for (; bytes >= 8; bytes -= 8, at += 8)
        *(uint64_t *)at = pattern;
    for (; bytes > 0; bytes--)
        *at++ = (uint8_t)value;
    return to;
}

LOOPS_STAY void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *at = to;
    const uint8_t *source = from;
    if (((uint64_t)at | (uint64_t)source) % 8 == 0)
        for (; bytes >= 8; bytes -= 8, at += 8, source += 8)
            *(uint64_t *)at = *(const uint64_t *)source;
    for (; bytes > 0; bytes--)
        *at++ = *source++;
    return to;
}
