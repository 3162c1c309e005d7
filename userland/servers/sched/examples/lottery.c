/*
 * userland/servers/sched/policies/lottery.c: every millisecond a ticket is drawn, and who holds it is chosen.
 *
 * A client has as many tickets as its weight (lottery scheduling: Waldspurger and Weihl, 1994). In the long run
 * each has its share; in the short run it has luck.
 */
#include "userland/servers/sched/policies.h"

#define TICK_US 1000u

enum { RANDOM };

/* Numbers that nobody wins by guessing are not needed here: xorshift64 (Marsaglia, 2003). */
static uint64_t draw(struct sched *s)
{
    uint64_t x = s->number[RANDOM] != 0 ? s->number[RANDOM] : 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return s->number[RANDOM] = x;
}

static bool join(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    (void)refusal;
    c->grant = sched_turns(s, TICK_US, SCHED_READY);
    return true;
}

static void tick(struct sched *s)
{
    uint64_t tickets = 0, ticket;

    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;)
        tickets += c->wants.weight;
    if (tickets == 0)
        return;
    ticket = draw(s) % tickets;
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        if (ticket < c->wants.weight) {
            sched_choose(s, c);
            return;
        }
        ticket -= c->wants.weight;
    }
}

const struct sched_policy lottery_policy = {
    .name = "lottery",
    .what = "a ticket is drawn each millisecond; a weight is so many tickets",
    .tick_us = TICK_US,
    .join = join,
    .tick = tick,
};
