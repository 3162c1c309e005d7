/*
 * tests/system/dozer.c: a server for test_watch.py: sends back the word it is sent. As a successor it takes its time. With
 * 99 it tells root that its caller floods it; with two words, that who is known by the first one does, since the second.
 */
#include "userland/lib/names.h"
#include "userland/lib/pd.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

static tess_word complain(tess_word badge, tess_word since)
{
    return tess_root_flooded((tess_endpoint){tess_need_capability("root")}, badge, since);
}

void init(void)
{
    tess_offer("dozer");
    for (volatile unsigned turns = tess_is_successor() ? 10000000 : 0; turns > 0; turns--)
        ;
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)channel;
    if (tess_msginfo_words(info) == 2)
        tess_mr_set(0, complain(tess_mr_get(0), tess_mr_get(1)));
    else if (tess_mr_get(0) == 99)
        tess_mr_set(0, complain(tess_badge(), ~0ul));
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
