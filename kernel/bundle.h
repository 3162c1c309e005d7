/*
 * kernel/bundle.h: the archive of programs that root starts from (BI-3).
 *
 * A cpio archive in the "newc" form, as `cpio -H newc` writes it. bundle_check() looks at all of it
 * once; the other functions rely on that. Pure; tested on the host.
 */
#ifndef TESSERA_KERNEL_BUNDLE_H
#define TESSERA_KERNEL_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#define BUNDLE_MEMBERS_MAX 1024u
#define BUNDLE_NAME_MAX    255u /* bytes, without the final zero */

struct bundle {
    const uint8_t *base;
    uint64_t length;
};

/* A regular file in it; directories and the like are passed over. */
struct bundle_member {
    const char *name;     /* ends with a zero */
    uint64_t name_length; /* without it */
    uint64_t offset;      /* of the content, in the bundle */
    uint64_t size;        /* bytes of content */
};

/* Null, or one line saying what is wrong with the archive. */
const char *bundle_check(const struct bundle *bundle);

/* The next member, from *cursor on (0 at first); false: that was the last. */
bool bundle_next(const struct bundle *bundle, uint64_t *cursor, struct bundle_member *member);

bool bundle_find(const struct bundle *bundle, const char *name, struct bundle_member *member);

#endif
