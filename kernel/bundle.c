/*
 * kernel/bundle.c: reading a cpio archive in the "newc" form.
 *
 * A header of 110 characters, the name, padding to 4, the content, padding to 4; again and again until
 * a member named TRAILER!!!. A name may be followed by more zeros: packers align contents that way.
 * Implements the form of a bundle, clause BI-3.
 */
#include "kernel/bundle.h"

#include <stddef.h>

#include "platform/platform.h"

/* Fields of the header: a magic number of 6 characters, then 13 of 8 hexadecimal digits. */
#define NEWC_MAGIC     "070701"
#define NEWC_MAGIC_LEN 6u
#define NEWC_MODE      1u
#define NEWC_FILE_SIZE 6u
#define NEWC_NAME_SIZE 11u
#define NEWC_HEADER    110u

#define NEWC_NAME_ROOM 8192u /* longest name field, zeros at its end included */
#define NEWC_TYPE_MASK 0170000u
#define NEWC_TYPE_FILE 0100000u

struct entry {
    struct bundle_member member;
    bool is_file;
    bool is_trailer;
    uint64_t next; /* where the header after it starts */
};

static uint64_t round4(uint64_t n)
{
    return (n + 3) & ~3ull;
}

/* False: not hexadecimal digits. */
static bool read_field(const uint8_t *header, unsigned field, uint32_t *value)
{
    const uint8_t *digits = header + NEWC_MAGIC_LEN + 8 * field;
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned digit = text_digit((char)digits[i]);
        if (digit > 15)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

/* The name field: some text, then zeros to its end. */
static const char *read_name(const struct bundle *bundle, uint64_t at, uint32_t size, struct bundle_member *m)
{
    if (size > bundle->length - at)
        return "bundle: cut short in a name";
    int64_t length = text_length(bundle->base + at, size);
    if (length < 0)
        return "bundle: member name without end";
    if (length == 0 || length > BUNDLE_NAME_MAX)
        return "bundle: member name empty or longer than 255 bytes";
    for (uint64_t i = (uint64_t)length; i < size; i++)
        if (bundle->base[at + i] != 0)
            return "bundle: member name followed by more than zeros";
    m->name = (const char *)bundle->base + at;
    m->name_length = (uint64_t)length;
    return NULL;
}

/* The entry whose header is at `at`. Caller: at <= length. */
static const char *read_entry(const struct bundle *bundle, uint64_t at, struct entry *entry)
{
    if (bundle->length - at < NEWC_HEADER)
        return "bundle: cut short, no trailer";
    const uint8_t *header = bundle->base + at;
    for (unsigned i = 0; i < NEWC_MAGIC_LEN; i++)
        if (header[i] != (uint8_t)NEWC_MAGIC[i])
            return "bundle: not a cpio archive of the newc form";
    uint32_t mode;
    uint32_t size;
    uint32_t name_size;
    if (!read_field(header, NEWC_MODE, &mode) || !read_field(header, NEWC_FILE_SIZE, &size) ||
        !read_field(header, NEWC_NAME_SIZE, &name_size))
        return "bundle: member header with something else than hexadecimal digits";
    if (name_size > NEWC_NAME_ROOM)
        return "bundle: member name empty or longer than 255 bytes";
    const char *error = read_name(bundle, at + NEWC_HEADER, name_size, &entry->member);
    if (error)
        return error;

    /* 32-bit numbers added to an offset in memory: no sum here can wrap. */
    entry->is_trailer = text_equal(entry->member.name, "TRAILER!!!");
    entry->is_file = (mode & NEWC_TYPE_MASK) == NEWC_TYPE_FILE;
    entry->member.offset = round4(at + NEWC_HEADER + name_size);
    entry->member.size = size;
    entry->next = round4(entry->member.offset + size);
    if (!entry->is_trailer && entry->next > bundle->length)
        return "bundle: member longer than the archive";
    return NULL;
}

const char *bundle_check(const struct bundle *bundle)
{
    struct entry entry = {.next = 0};
    unsigned members = 0;
    for (;;) {
        const char *error = read_entry(bundle, entry.next, &entry);
        if (error)
            return error;
        if (entry.is_trailer)
            return NULL;
        if (++members > BUNDLE_MEMBERS_MAX)
            return "bundle: more than 1024 members";
        struct bundle_member other;
        uint64_t offset = entry.member.offset;
        if (entry.is_file && bundle_find(bundle, entry.member.name, &other) && other.offset != offset)
            return "bundle: two members of one name";
    }
}

bool bundle_next(const struct bundle *bundle, uint64_t *cursor, struct bundle_member *member)
{
    struct entry entry;
    do {
        if (read_entry(bundle, *cursor, &entry) || entry.is_trailer)
            return false;
        *cursor = entry.next;
    } while (!entry.is_file);
    *member = entry.member;
    return true;
}

bool bundle_find(const struct bundle *bundle, const char *name, struct bundle_member *member)
{
    uint64_t cursor = 0;
    while (bundle_next(bundle, &cursor, member))
        if (text_equal(member->name, name))
            return true;
    return false;
}
