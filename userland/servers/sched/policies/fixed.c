/*
 * userland/servers/sched/policies/fixed.c: the priorities and budgets that clients ask for, and nothing else.
 */
#include "userland/servers/sched/policies.h"

#define TURN_US 10000u

static bool join(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    if (c->wants.priority > SCHED_PRIORITY_MAX) {
        refusal->why = "its priority is that of servers and drivers";
        return false;
    }
    c->grant = sched_turns(s, TURN_US, SCHED_READY);
    if (c->wants.period != 0) {
        c->grant.budget = c->wants.budget;
        c->grant.period = c->wants.period;
    }
    if (c->wants.priority != 0)
        c->grant.priority = c->wants.priority;
    return true;
}

const struct sched_policy fixed_policy = {
    .name = "fixed",
    .what = "the most urgent runs, as long as its budget lasts",
    .join = join,
};
