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

/* Value of a hexadecimal digit; 16: it is none. */
static inline unsigned text_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

/* Both end with a zero. */
static inline bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

#endif
