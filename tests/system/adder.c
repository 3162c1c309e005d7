/*
 * tests/system/adder.c: a server for test_servers.py, run once with a context of its own and once without: adds up
 * the numbers from 1 to the word it is sent, one by one. And crashes when it is sent 13. Where it is described as
 * providing "sum", others find it by that name. It would like to provide the clock as well, and is not.
 */
#include <stdio.h>

#include "userland/lib/names.h"
#include "userland/lib/pd.h"

void init(void)
{
    tess_provide("sum");
    printf("%s: clock: %s\n", tess_program_name(), tess_name_strerror(tess_provide("clock")));
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    volatile tess_word sum = 0;

    (void)channel;
    (void)info;
    if (tess_mr_get(0) == 13)
        __builtin_trap();
    for (tess_word i = 1; i <= tess_mr_get(0); i++)
        sum += i;
    tess_mr_set(0, sum);
    return tess_msginfo_new(0, 1);
}
