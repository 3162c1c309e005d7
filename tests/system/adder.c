/*
 * tests/system/adder.c: a server for test_servers.py, run once with a context of its own and once without: adds up
 * the numbers from 1 to the word it is sent, one by one. And crashes when it is sent 13. Others find it as "sum", or by
 * the name that is its argument, where it is described as providing that. It can be upgraded, and has nothing to hand over.
 */
#include "userland/lib/names.h"
#include "userland/lib/pd.h"

void init(void)
{
    tess_offer(tess_argc > 1 ? tess_argv[1] : "sum");
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

size_t hand_over(void *state, size_t room)
{
    (void)state;
    (void)room;
    return 0;
}

bool take_over(uint32_t version, const void *state, size_t bytes)
{
    (void)version;
    (void)state;
    return bytes == 0;
}
