/*
 * userland/root/window.c: root's own address space behind its image, where it looks at frames.
 */
#include "userland/root/root.h"

static char *next;

/* Behind everything the kernel mapped: the image, and the boot information. */
void window_init(void)
{
    const struct tess_record *r = NULL;

    while ((r = tess_boot_next(TESS_RECORD_IMAGE, r)) != NULL) {
        const struct tess_record_image *image = (const struct tess_record_image *)r;
        char *end = (char *)(image->address + image->pages * TESS_PAGE_BYTES);
        if (end > next)
            next = end;
    }
}

char *window_place(unsigned pages)
{
    char *place = next;

    next += pages * TESS_PAGE_BYTES;
    return place;
}

tess_result window_map(tess_frame frame, const void *address, unsigned rights)
{
    for (;;) {
        tess_result result = tess_frame_map(frame, root.vspace, (tess_word)address, rights);
        tess_page_table table;
        if (result.error != TESS_ERR_TABLE)
            return result;
        result = memory_make(TESS_TYPE_PAGE_TABLE, 0, 1, &table.address);
        if (!tess_failed(result))
            result = tess_page_table_map(table, root.vspace, (tess_word)address);
        if (tess_failed(result))
            return result;
    }
}
