/*
 * userland/root/bundle.c: the files the machine was booted with.
 *
 * The kernel gives the bundle as untyped memory whose content is kept (TESS_MEMORY_BUNDLE) and lists its
 * members. Root makes a frame of every page, maps them all for reading, and hands out copies: constants
 * and text of a program are mapped where they lie. Pages that are root's own image are a gap in it.
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/root.h"

static tess_cnode frames; /* slot 1 + n: the frame of page n */
static char *base;
static uint64_t physical;
static uint64_t length;

/* The next piece of it, behind `at`, or the first. */
static const struct tess_record_untyped *next_piece(const struct tess_record_untyped *at)
{
    const struct tess_record *r = (const struct tess_record *)at;

    while ((r = tess_boot_next(TESS_RECORD_UNTYPED, r)) != NULL) {
        at = (const struct tess_record_untyped *)r;
        if (at->kind == TESS_MEMORY_BUNDLE)
            return at;
    }
    return NULL;
}

/* Where all pieces are; false: there are none. */
static bool measure(void)
{
    const struct tess_record_untyped *u = NULL;
    uint64_t end = 0;

    physical = UINT64_MAX;
    while ((u = next_piece(u)) != NULL) {
        physical = u->base < physical ? u->base : physical;
        end = u->base + u->length > end ? u->base + u->length : end;
    }
    length = end - physical;
    return physical < end && physical % TESS_PAGE_BYTES == 0;
}

static tess_result map_piece(const struct tess_record_untyped *u)
{
    uint64_t first = (u->base - physical) / TESS_PAGE_BYTES;
    uint64_t pages = u->length / TESS_PAGE_BYTES;
    tess_result result = tess_untyped_retype((tess_untyped){u->address}, TESS_TYPE_FRAME, TESS_FRAME_4K,
                                             frames, 1 + first, pages);

    for (uint64_t i = first; i < first + pages && !tess_failed(result); i++)
        result =
            window_map((tess_frame){slot_in(frames, 1 + i)}, base + i * TESS_PAGE_BYTES, TESS_RIGHT_READ);
    return result;
}

bool bundle_init(void)
{
    const struct tess_record_untyped *u = NULL;
    unsigned radix = TESS_CNODE_RADIX_MIN;

    if (!measure()) {
        printf("root: the boot information names no bundle\n");
        return false;
    }
    uint64_t pages = length / TESS_PAGE_BYTES;
    while (radix < TESS_CNODE_RADIX_MAX && 1ull << radix < pages + 1)
        radix++;
    tess_result result = memory_make(TESS_TYPE_CNODE, radix, 1, &frames.address);
    base = window_place((unsigned)pages);
    while (!tess_failed(result) && (u = next_piece(u)) != NULL)
        result = map_piece(u);
    if (tess_failed(result)) {
        tess_report("root: mapping the bundle", result);
        return false;
    }
    return true;
}

/* The member of a record, if it lies inside the bundle and has a name that ends. */
static const char *member_of(const struct tess_record *r, struct bundle_file *file)
{
    const struct tess_record_member *m = (const struct tess_record_member *)r;

    if (r->length <= sizeof *m || memchr(m->name, '\0', r->length - sizeof *m) == NULL)
        return NULL;
    if (m->base < physical || m->base - physical > length || m->size > length - (m->base - physical))
        return NULL;
    *file = (struct bundle_file){m->name, base + (m->base - physical), m->size, m->base - physical};
    return m->name;
}

/* Root itself is none of them: where its pages were there is a gap. */
bool bundle_find(const char *name, struct bundle_file *file)
{
    const struct tess_record *r = NULL;

    while (strcmp(name, "root") != 0 && (r = tess_boot_next(TESS_RECORD_MEMBER, r)) != NULL) {
        const char *found = member_of(r, file);
        if (found != NULL && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

bool bundle_member(unsigned index, const char **name, uint64_t *size)
{
    const struct tess_record *r = NULL;
    struct bundle_file file;

    while ((r = tess_boot_next(TESS_RECORD_MEMBER, r)) != NULL) {
        *name = member_of(r, &file);
        /* Names with a dot in front are padding. */
        if (*name == NULL || **name == '.' || strcmp(*name, "system") == 0 || index-- > 0)
            continue;
        *size = file.size;
        return true;
    }
    return false;
}

tess_cptr bundle_frame(uint64_t offset)
{
    return slot_in(frames, 1 + offset / TESS_PAGE_BYTES);
}

uint64_t bundle_bytes(void)
{
    return length;
}
