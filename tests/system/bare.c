/*
 * tests/system/bare.c: a program with init() and no other entry point, and one that uses channels it does not have, for
 * test_family.py.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/pd.h"

#define OTHER  1u /* the channel to the other one */
#define NOBODY 9u

void init(void)
{
    const char *what = tess_argc > 1 ? tess_argv[1] : "";

    if (strcmp(what, "signal") == 0)
        tess_notify(OTHER);
    else if (strcmp(what, "call") == 0)
        tess_ppcall(OTHER, tess_msginfo_new(0, 0));
    else if (strcmp(what, "nobody") == 0)
        tess_notify(NOBODY);
    else if (strcmp(what, "ack") == 0)
        tess_irq_ack(OTHER);
    else if (strcmp(what, "child") == 0)
        tess_pd_restart(OTHER);
    printf("%s: ready\n", tess_program_name());
}
