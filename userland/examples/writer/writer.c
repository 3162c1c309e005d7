/*
 * userland/examples/writer/writer.c: writes a text into a page of its own, and sends a capability to the page to the
 * reader (userland/examples/reader).
 *
 *     run writer CHANNEL TEXT      channel 1 has `grant` in userland/examples.system, and channel 2 has not
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/pd.h"

void init(void)
{
    size_t bytes;
    char *page = tess_start_region("page", &bytes);

    if (tess_argc != 3) {
        printf("usage: run writer CHANNEL TEXT\n");
        return;
    }
    snprintf(page, bytes, "%s", tess_argv[2]);
    tess_cap_set(0, tess_need_capability("page"));
    tess_msginfo answer = tess_ppcall((tess_channel)atoi(tess_argv[1]), tess_msginfo_new(0, 0));
    printf("writer: %s\n", tess_msginfo_label(answer) == 0 ? "it was read" : "it did not arrive");
}
