/*
 * userland/examples/reader/reader.c: is sent a capability to a page (userland/examples/writer), looks at the page, and
 * prints what is there. The capability is in the receive window while the call is handled; when it goes, so does the
 * mapping.
 */
#include <stdio.h>

#include "userland/lib/layout.h"
#include "userland/lib/pd.h"

#define PLACE (TESS_LAYOUT_REGIONS_END - TESS_PAGE_BYTES)

enum { READ = 0, NOTHING_CAME = 1, NOT_A_PAGE = 2 };

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    tess_vspace vspace = {tess_need_capability("vspace")};
    tess_frame page = {tess_received(0)};

    (void)info;
    if (page.address == TESS_NULL) {
        printf("reader: channel %u: no capability came\n", channel);
        return tess_msginfo_new(NOTHING_CAME, 0);
    }
    tess_result result = tess_frame_map(page, vspace, PLACE, TESS_RIGHT_READ);
    if (tess_failed(result)) {
        tess_report("reader", result);
        return tess_msginfo_new(NOT_A_PAGE, 0);
    }
    printf("reader: channel %u: %.*s\n", channel, (int)TESS_PAGE_BYTES, (const char *)PLACE);
    return tess_msginfo_new(READ, 0);
}

void init(void)
{
    printf("reader: ready\n");
}
