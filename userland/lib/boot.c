/*
 * userland/lib/boot.c: reading the boot information (userland/lib/boot.h, BI).
 */
#include "userland/lib/boot.h"

/* The record after `at`, or the first; null at the end or where a length makes no sense. */
static const struct tess_record *record_next(const struct tess_record *at)
{
    const char *base = (const char *)tess_boot;
    const char *next = at != NULL ? (const char *)at + at->length : base + sizeof *tess_boot;
    size_t offset = (size_t)(next - base);

    if (tess_boot == NULL || offset + sizeof *at > tess_boot->length)
        return NULL;
    const struct tess_record *record = (const struct tess_record *)next;
    if (record->length < sizeof *record || record->length % 8 != 0 ||
        record->length > tess_boot->length - offset)
        return NULL;
    return record;
}

const struct tess_record *tess_boot_next(enum tess_record_type type, const struct tess_record *after)
{
    const struct tess_record *r = record_next(after);

    while (r != NULL && r->type != type)
        r = record_next(r);
    return r;
}

const struct tess_record_cap *tess_boot_find(enum tess_role role, unsigned index)
{
    const struct tess_record *r = NULL;

    while ((r = tess_boot_next(TESS_RECORD_CAP, r)) != NULL) {
        const struct tess_record_cap *c = (const struct tess_record_cap *)r;
        if (r->length >= sizeof *c && c->role == role && index-- == 0)
            return c;
    }
    return NULL;
}

tess_cptr tess_boot_capability(enum tess_role role)
{
    const struct tess_record_cap *c = tess_boot_find(role, 0);

    return c != NULL ? c->address : TESS_NULL;
}

struct tess_record_machine tess_boot_machine(void)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_MACHINE, NULL);

    if (r == NULL || r->length < sizeof(struct tess_record_machine))
        return (struct tess_record_machine){0};
    return *(const struct tess_record_machine *)r;
}

tess_frame tess_boot_image_frame(const void *address)
{
    const struct tess_record *r = NULL;
    uint64_t at = (uint64_t)address;

    while ((r = tess_boot_next(TESS_RECORD_IMAGE, r)) != NULL) {
        const struct tess_record_image *image = (const struct tess_record_image *)r;
        if (r->length < sizeof *image || at < image->address)
            continue;
        uint64_t page = (at - image->address) / TESS_PAGE_BYTES;
        if (page < image->pages)
            return (tess_frame){image->first + page};
    }
    return (tess_frame){TESS_NULL};
}

tess_result tess_boot_set_buffer(struct tess_ipc_buffer *buffer)
{
    tess_tcb self = {tess_boot_capability(TESS_ROLE_TCB)};
    tess_result result =
        tess_tcb_set_buffer(self, tess_boot_image_frame(buffer), (uint64_t)buffer % TESS_PAGE_BYTES);

    if (!tess_failed(result))
        tess_buffer = buffer;
    return result;
}

tess_frame tess_boot_guard_stack(void)
{
    tess_frame frame = tess_boot_image_frame(tess_boot_stack);

    if (tess_failed(tess_frame_unmap(frame)))
        return (tess_frame){TESS_NULL};
    return frame;
}
