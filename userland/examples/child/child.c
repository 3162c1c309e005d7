/*
 * userland/examples/child/child.c: counts its calls, and crashes at the number 13. userland/examples/parent looks after
 * two of it.
 */
#include <stdio.h>

#include "userland/lib/pd.h"

static tess_word calls;

void init(void)
{
    printf("%s: ready\n", tess_program_name());
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    volatile tess_word *unlucky = (volatile tess_word *)tess_mr_get(0);

    (void)channel;
    (void)info;
    if (tess_mr_get(0) == 13)
        *unlucky = 1;
    tess_mr_set(0, ++calls);
    return tess_msginfo_new(0, 1);
}
