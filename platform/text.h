/*
 * platform/text.h: the few string functions that parsers need.
 *
 * The kernel links no C library; these are all it has of <string.h>, and the host tests use the same.
 */
#ifndef TESSERA_PLATFORM_TEXT_H
#define TESSERA_PLATFORM_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes before the zero that ends the string at p, or -1 when none of the next `limit` bytes is zero. */
static inline int64_t text_length(const uint8_t *p, uint64_t limit)
{
    for (uint64_t i = 0; i < limit; i++)
        if (p[i] == 0)
            return (int64_t)i;
    return -1;
}

/* Length of `prefix` if `text` begins with it, else 0. Both end with a zero. */
static inline uint64_t text_prefix(const char *text, const char *prefix)
{
    uint64_t i = 0;
    while (prefix[i] && text[i] == prefix[i])
        i++;
    return prefix[i] ? 0 : i;
}

/* Both end with a zero. */
static inline bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

#endif
