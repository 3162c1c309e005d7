/*
 * userland/servers/sched/policies/round_robin.c: weighted round robin: all take turns, and a weight is the length of one.
 *
 * The kernel gives the turns: contexts whose budget is their period, at one priority.
 */
#include "userland/servers/sched/policies.h"

#define TURN_US 1000u /* of weight 1 */

static bool join(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    (void)refusal;
    c->grant = sched_turns(s, (uint64_t)TURN_US * c->wants.weight, SCHED_READY);
    return true;
}

const struct sched_policy round_robin_policy = {
    .name = "rr",
    .what = "weighted round robin: turns as long as the weight in milliseconds",
    .join = join,
};
