/*
 * userland/servers/sched/policies/stride.c: proportional shares: in any stretch of time, each client as much as its weight.
 *
 * Each client has a pass: the time it had, divided by its weight. At each tick the one with the smallest pass
 * is chosen until the next (stride scheduling: Waldspurger and Weihl, 1995). What counts is the time that the
 * kernel charged; a client that does not use the time it was chosen for is charged for it all the same, so
 * that one that slept cannot claim what it did not want.
 */
#include "userland/servers/sched/policies.h"

#define TICK_US 1000u
#define SCALE   65536u

enum { PASS };

static uint64_t smallest_pass(struct sched *s, const struct sched_client *but)
{
    uint64_t smallest = UINT64_MAX;

    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        if (c != but && c->number[PASS] < smallest)
            smallest = c->number[PASS];
    }
    return smallest == UINT64_MAX ? 0 : smallest;
}

/* Who comes begins with the others: it has nothing to make up for, nor have they. */
static bool join(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    (void)refusal;
    c->grant = sched_turns(s, TICK_US, SCHED_READY);
    if (c->number[PASS] == 0)
        c->number[PASS] = smallest_pass(s, c);
    return true;
}

static void tick(struct sched *s)
{
    uint64_t whole = s->timebase * TICK_US / 1000000u;
    struct sched_client *best = NULL;

    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        uint64_t used = c == sched_chosen(s) && c->used < whole ? whole : c->used;
        c->number[PASS] += used * SCALE / c->wants.weight;
        if (best == NULL || c->number[PASS] < best->number[PASS])
            best = c;
    }
    sched_choose(s, best);
}

const struct sched_policy stride_policy = {
    .name = "stride",
    .what = "proportional shares, by weight, of the time really used",
    .tick_us = TICK_US,
    .join = join,
    .tick = tick,
};
