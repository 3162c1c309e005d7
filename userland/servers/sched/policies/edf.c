/*
 * userland/servers/sched/policies/edf.c: earliest deadline first, with admission control.
 *
 * Among the clients with a job to do, the one whose deadline comes first is chosen. Each job begins with a full
 * budget; one that needs more goes on with a deadline one period later, so that it disturbs nobody who
 * keeps to what he asked for (a constant-bandwidth server: Abeni and Buttazzo, 1998). Clients without
 * jobs take what is left.
 *
 * Deadlines are met as long as the budgets asked for do not add up to more than the processor (Liu and Layland,
 * 1973), less what scheduler and drivers need; a client that would make them is refused.
 */
#include "userland/servers/sched/policies.h"

/* Until when its budgets are borrowed: the deadline of the last one. */
enum { BORROWED };

#define AT_MOST 970000u /* parts of a million of the processor */
#define TURN_US 1000u   /* of clients without jobs */

static uint64_t parts(const struct sched_client *c)
{
    return c->wants.period == 0 ? 0 : (c->wants.budget * 1000000u + c->wants.period - 1) / c->wants.period;
}

static bool join(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    uint64_t sum = 0;

    for (struct sched_client *other = NULL; (other = sched_next(s, other)) != NULL;)
        sum += parts(other);
    if (c->wants.period != 0 && sum > AT_MOST) {
        *refusal = (struct sched_refusal){"deadlines would be missed", sum, AT_MOST};
        return false;
    }
    /* What it had is given until its deadline: who asks again begins behind that. */
    if (c->deadline > c->number[BORROWED])
        c->number[BORROWED] = c->deadline;
    if (c->number[BORROWED] > s->now)
        c->number[BORROWED] += c->wants.period;
    c->grant = sched_turns(s, TURN_US, SCHED_BACKGROUND);
    if (c->wants.period != 0)
        c->grant = (struct sched_grant){c->wants.budget, c->wants.period, SCHED_READY, 0};
    return true;
}

/* The earliest deadline; between equal ones, who is chosen already. */
static void choose(struct sched *s)
{
    struct sched_client *best = sched_chosen(s);

    if (best != NULL && !best->active)
        best = NULL;
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        if (c->active && c->wants.period != 0 && (best == NULL || c->deadline < best->deadline))
            best = c;
    }
    sched_choose(s, best);
}

static void changed(struct sched *s, struct sched_client *c)
{
    (void)c;
    choose(s);
}

/* Who has gone beyond its period already goes on with the rest of that. */
static void released(struct sched *s, struct sched_client *c)
{
    if (c->number[BORROWED] > c->release) {
        c->deadline = c->number[BORROWED];
        c->grant.fresh = 0;
    }
    choose(s);
}

static void exhausted(struct sched *s, struct sched_client *c)
{
    c->deadline += c->wants.period;
    c->number[BORROWED] = c->deadline;
    c->grant.fresh = 1;
    choose(s);
}

const struct sched_policy edf_policy = {
    .name = "edf",
    .what = "earliest deadline first; refuses what cannot be kept",
    .join = join,
    .leave = changed,
    .released = released,
    .done = changed,
    .exhausted = exhausted,
};
