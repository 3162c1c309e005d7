/*
 * tests/system/relay.c: a passive server for test_watch.py, which calls another one with what it is sent.
 */
#include "userland/lib/pd.h"
#include "userland/lib/start.h"

void init(void)
{
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    tess_message m = {.info = TESS_INFO(0, 1, 0), .words = {tess_mr_get(0)}};

    (void)channel;
    (void)info;
    tess_call((tess_endpoint){tess_need_capability("late")}, &m);
    tess_mr_set(0, m.words[0]);
    return tess_msginfo_new(0, 1);
}
