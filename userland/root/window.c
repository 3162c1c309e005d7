/*
 * userland/root/window.c: root's own address space behind its image, where it looks at frames.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/root/root.h"

/* From the linker script: the end of the image. */
extern char _end[];

static char *next;

static char *page_up(const char *address)
{
    return (char *)(((uintptr_t)address + TESS_PAGE_BYTES - 1) & ~(TESS_PAGE_BYTES - 1));
}

/* Behind the image and, when it lies in the first gigabyte too, the boot information. */
void window_init(void)
{
    const char *boot_end = (const char *)tess_boot + tess_boot->length;

    next = page_up(_end);
    if ((uintptr_t)boot_end < TESS_LAYOUT_IMAGE_LIMIT && page_up(boot_end) > next)
        next = page_up(boot_end);
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
