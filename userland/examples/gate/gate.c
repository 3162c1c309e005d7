/*
 * userland/examples/gate/gate.c: callers wait at a gate until it is opened, by another caller or by a signal of the bell
 * (userland/examples/bell).
 *
 *     run call gate 0 &      waits
 *     run call gate 1        opens; answered with how many waited
 */
#include <stdio.h>

#include "userland/lib/pd.h"

enum { OPEN = 0, FULL = 1 };

static unsigned waiting[64];
static unsigned count;

void init(void)
{
    printf("gate: ready\n");
}

/* Who waits is told his place in the queue. */
static unsigned open_gate(void)
{
    unsigned opened = count;

    for (count = 0; count < opened; count++) {
        tess_mr_set(0, count + 1);
        tess_answer_held(waiting[count], tess_msginfo_new(OPEN, 1));
    }
    count = 0;
    return opened;
}

void notified(tess_channel channel)
{
    printf("gate: channel %u opens it for %u\n", channel, open_gate());
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)channel;
    (void)info;
    if (tess_mr_get(0) == 1) {
        tess_mr_set(0, open_gate());
        return tess_msginfo_new(OPEN, 1);
    }
    if (!tess_can_hold())
        return tess_msginfo_new(FULL, 0);
    waiting[count++] = tess_hold();
    return tess_msginfo_new(OPEN, 0); /* ignored: the caller is held */
}
