/*
 * userland/lib/hand_over.c: asking root for the steps of a live upgrade (userland/lib/hand_over.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/hand_over.h"
#include "userland/lib/layout.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

_Static_assert(TESS_HAND_OVER_BYTES == TESS_LAYOUT_HAND_OVER_END - TESS_LAYOUT_HAND_OVER,
               "userland/lib/layout.h");

/* Root shows its region only while it wants it: before it is asked, there is nothing at that address. */
void tess_hand_over(const struct tess_successor *how, uint64_t held)
{
    struct tess_hand_over *region = (struct tess_hand_over *)TESS_LAYOUT_HAND_OVER;
    tess_endpoint root = {tess_need_capability("root")};

    if (tess_root_hand_over(root) != TESS_ROOT_OK)
        return;
    bool filled = tess_hand_over_fill(region, how);
    region->held = held;
    tess_root_handed_over(root, filled);
}

bool tess_is_successor(void)
{
    size_t bytes;

    return tess_start_region("hand_over", &bytes) != NULL;
}

bool tess_take_over(const struct tess_successor *how, uint64_t *held)
{
    size_t bytes;
    const struct tess_hand_over *region = tess_start_region("hand_over", &bytes);

    if (region == NULL)
        return false;
    const char *wrong = tess_hand_over_wrong(region, bytes);
    if (wrong == NULL && (how == NULL || !how->read(region->version, region->state, region->bytes)))
        wrong = "this program does not know its form";
    if (wrong != NULL) {
        fprintf(stderr, "%s: the state it was handed (version %u, %u bytes): %s\n", tess_program_name(),
                (unsigned)region->version, (unsigned)region->bytes, wrong);
        exit(EXIT_FAILURE);
    }
    *held = region->held;
    return true;
}
