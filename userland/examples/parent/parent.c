/*
 * userland/examples/parent/parent.c: a parent of two children: starts again what faults, twice, and leaves it to root
 * the third time.
 *
 *     run call parent ID WHAT      of the child with that id: 0 restart, 1 stop, 2 resume
 */
#include <stdio.h>

#include "userland/lib/pd.h"

#define CHILDREN      2u
#define RESTARTS_MOST 2u

static unsigned restarts[CHILDREN];

void init(void)
{
    printf("parent: ready\n");
}

bool fault(tess_channel child, tess_msginfo info, tess_msginfo *answer)
{
    (void)answer;
    tess_fault_print(child, info);
    if (restarts[child]++ < RESTARTS_MOST)
        tess_pd_restart(child);
    else
        tess_pd_crashed(child);
    return false;
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    tess_channel child = (tess_channel)tess_mr_get(0);
    enum tess_root_answer answer = TESS_ROOT_BAD_REQUEST;

    (void)channel;
    (void)info;
    if (child < CHILDREN && tess_mr_get(1) == 0)
        answer = tess_pd_restart(child);
    else if (child < CHILDREN && tess_mr_get(1) == 1)
        answer = tess_pd_stop(child);
    else if (child < CHILDREN && tess_mr_get(1) == 2)
        answer = tess_pd_resume(child);
    return tess_msginfo_new(answer, 0);
}
