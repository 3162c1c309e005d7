/*
 * tests/system/poke.c: a client with entry points, for test_upgrade.py: signals tests/system/tally.c, gets a signal
 * back, calls it, and ends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/pd.h"

enum { TALLY = 1 };

void init(void)
{
    tess_notify(TALLY);
}

/* The answer to the signal. */
void notified(tess_channel channel)
{
    tess_mr_set(0, 2);
    tess_msginfo answer = tess_ppcall(TALLY, tess_msginfo_new(0, 1));

    printf("poke: channel %u, label %lu, sum %lu\n", channel, (unsigned long)tess_msginfo_label(answer),
           (unsigned long)tess_mr_get(0));
    exit(EXIT_SUCCESS);
}
