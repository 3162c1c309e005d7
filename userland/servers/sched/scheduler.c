/*
 * userland/servers/sched/scheduler.c: the engine between what happens and a policy.
 *
 * Every function that is told something begins with begin() and ends with settle(), which carries out what the
 * policy wrote down.
 */
#include "userland/servers/sched/scheduler.h"

#include "userland/servers/sched/policies.h"

#define NEVER    UINT64_MAX
#define SHORTEST 100000u /* parts of a second: the kernel takes budgets above one (SC-2) */

#define SCHED_POLICY_TABLE(policy) &policy,
static const struct sched_policy *const policies[] = {SCHED_POLICIES(SCHED_POLICY_TABLE)};

#define POLICIES (sizeof policies / sizeof policies[0])

/* ---- For policies --------------------------------------------------------------------------------------- */

struct sched_client *sched_next(struct sched *s, struct sched_client *c)
{
    for (c = c == NULL ? s->clients : c + 1; c < s->clients + s->count; c++) {
        if (c->name[0] != '\0')
            return c;
    }
    return NULL;
}

struct sched_client *sched_chosen(const struct sched *s)
{
    return s->chosen == 0 ? NULL : (struct sched_client *)&s->clients[s->chosen - 1];
}

void sched_choose(struct sched *s, struct sched_client *c)
{
    if (s->chosen != 0)
        s->clients[s->chosen - 1].grant.priority = SCHED_READY;
    s->chosen = c == NULL ? 0 : (uint32_t)(c - s->clients) + 1;
    if (c != NULL)
        c->grant.priority = SCHED_CHOSEN;
}

struct sched_grant sched_turns(const struct sched *s, uint64_t microseconds, enum sched_priority priority)
{
    uint64_t ticks = s->timebase * microseconds / 1000000;

    return (struct sched_grant){ticks, ticks, priority, 0};
}

/* ---- Carrying out ----------------------------------------------------------------------------------------- */

static void apply(const struct sched *s, struct sched_client *c, unsigned number)
{
    struct sched_grant *wanted = &c->grant, *is = &c->applied;
    bool budget = wanted->fresh != 0 || wanted->budget != is->budget || wanted->period != is->period;
    bool priority = wanted->priority != is->priority;

    bool watched = s->policy->exhausted != NULL && wanted->budget != wanted->period;

    if (watched != c->watched)
        sched_machine_timeouts(number, watched);
    c->watched = watched;
    wanted->fresh = 0;
    if (!budget && !priority)
        return;
    sched_machine_grant(number, wanted, budget, priority);
    *is = *wanted;
}

/* From here to the end of settle() a successor could not rely on what it finds. */
static void begin(struct sched *s, uint64_t now)
{
    s->busy = true;
    s->now = now;
}

/* First who loses, then who gains: nobody has the processor twice. */
static void settle(struct sched *s)
{
    uint64_t when = NEVER;

    for (unsigned i = 0; i < s->count; i++) {
        struct sched_client *c = &s->clients[i];
        if (c->name[0] == '\0')
            continue;
        if (i + 1 != s->chosen)
            apply(s, c, i);
        if (s->policy->tick_us != 0 && s->tick < when)
            when = s->tick;
        if (c->waits && c->release < when)
            when = c->release;
    }
    if (s->chosen != 0)
        apply(s, &s->clients[s->chosen - 1], s->chosen - 1);
    sched_machine_wake_at(when);
    s->busy = false;
}

static void count_used(struct sched *s)
{
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        uint64_t used = sched_machine_used((unsigned)(c - s->clients));
        c->used += used;
        c->seen += used;
    }
}

static void set_name(char *to, const char *from)
{
    unsigned i = 0;

    for (; from[i] != '\0' && i + 1 < SCHED_NAME; i++)
        to[i] = from[i];
    to[i] = '\0';
}

static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

/* ---- Policies --------------------------------------------------------------------------------------------- */

const struct sched_policy *sched_policy_at(unsigned index)
{
    return index < POLICIES ? policies[index] : NULL;
}

const struct sched_policy *sched_policy_find(const char *name)
{
    for (unsigned i = 0; i < POLICIES; i++) {
        if (is_same(policies[i]->name, name))
            return policies[i];
    }
    return NULL;
}

void sched_begin(struct sched *s, uint64_t timebase, uint64_t now)
{
    *s = (struct sched){.policy = policies[0], .timebase = timebase, .now = now, .looked = now};
    set_name(s->name, s->policy->name);
}

/* All join again; then the jobs that are under way begin under the new policy. */
static bool join_all(struct sched *s, struct sched_refusal *refusal, unsigned *whom)
{
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;)
        c->number[0] = c->number[1] = c->deadline = 0;
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        *whom = (unsigned)(c - s->clients);
        if (!s->policy->join(s, c, refusal))
            return false;
    }
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        c->deadline = c->release + c->wants.period;
        if (c->active && c->wants.period != 0 && s->policy->released != NULL)
            s->policy->released(s, c);
    }
    return true;
}

/* A predecessor was ended in the middle of something: all grants are made anew. Who would be refused now had
 * just asked for more. */
static void mend(struct sched *s)
{
    struct sched_refusal refusal;
    unsigned whom;

    s->chosen = 0;
    while (!join_all(s, &refusal, &whom))
        s->clients[whom].wants = (struct sched_request){.weight = 1};
}

bool sched_resume(struct sched *s, uint64_t timebase, uint64_t now)
{
    s->name[SCHED_NAME - 1] = '\0';
    s->policy = sched_policy_find(s->name);
    if (s->policy == NULL || s->timebase != timebase || s->now > now || s->count > SCHED_CLIENTS_MAX ||
        s->chosen > s->count)
        return false;
    bool half_done = s->busy;
    begin(s, now);
    s->tick = now;
    if (half_done)
        mend(s);
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;)
        c->lost = c->lost || c->waits;
    settle(s);
    return true;
}

bool sched_switch(struct sched *s, const struct sched_policy *policy, uint64_t now,
                  struct sched_refusal *refusal, unsigned *whom)
{
    static struct sched before;

    before = *s;
    begin(s, now);
    s->policy = policy;
    s->tick = now;
    s->chosen = 0;
    s->number[0] = s->number[1] = 0;
    if (!join_all(s, refusal, whom)) {
        *s = before;
        return false;
    }
    set_name(s->name, policy->name);
    count_used(s); /* what they ran before is no concern of this policy */
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;)
        c->used = 0;
    sched_clock(s, now);
    return true;
}

/* ---- Clients ---------------------------------------------------------------------------------------------- */

static struct sched_request complete(const struct sched_request *request)
{
    struct sched_request wants = *request;

    if (wants.weight == 0)
        wants.weight = 1;
    return wants;
}

/* The client is in its place; tries to make it welcome. */
static bool admit(struct sched *s, struct sched_client *c, struct sched_refusal *refusal)
{
    if (c->wants.budget > c->wants.period) {
        refusal->why = "its budget is not within its period";
        return false;
    }
    if (c->wants.period != 0 && c->wants.budget < s->timebase / SHORTEST + 1) {
        refusal->why = "its budget is not above 10 microseconds";
        return false;
    }
    if (c->wants.weight > SCHED_WEIGHT_MAX) {
        refusal->why = "its weight is above 100";
        return false;
    }
    if (sched_chosen(s) == c)
        s->chosen = 0;
    c->waits = c->lost = false;
    c->active = true;
    c->release = s->now;
    c->jobs = c->missed = c->overran = 0;
    if (!s->policy->join(s, c, refusal))
        return false;
    c->deadline = s->now + c->wants.period;
    if (c->wants.period != 0 && s->policy->released != NULL)
        s->policy->released(s, c);
    return true;
}

bool sched_join(struct sched *s, unsigned client, const char *name, const struct sched_request *request,
                uint64_t now, struct sched_refusal *refusal)
{
    struct sched_client *c = &s->clients[client];
    uint32_t count = s->count;

    begin(s, now);
    *c = (struct sched_client){.wants = complete(request)};
    set_name(c->name, name);
    if (s->count <= client)
        s->count = client + 1;
    if (!admit(s, c, refusal)) {
        *c = (struct sched_client){.name = ""};
        s->count = count;
        s->busy = false;
        return false;
    }
    sched_machine_used(client);
    settle(s);
    return true;
}

bool sched_declare(struct sched *s, unsigned client, const struct sched_request *request, uint64_t now,
                   struct sched_refusal *refusal)
{
    struct sched_client *c = &s->clients[client];
    struct sched_client before = *c;
    uint32_t chosen = s->chosen;

    begin(s, now);
    c->wants = complete(request);
    c->began = false;
    if (!admit(s, c, refusal)) {
        *c = before;
        s->chosen = chosen;
        s->busy = false;
        return false;
    }
    settle(s);
    return true;
}

void sched_leave(struct sched *s, unsigned client, uint64_t now)
{
    struct sched_client *c = &s->clients[client];

    begin(s, now);
    if (sched_chosen(s) == c)
        s->chosen = 0;
    *c = (struct sched_client){.name = ""};
    if (s->policy->leave != NULL)
        s->policy->leave(s, c);
    settle(s);
}

/* ---- Jobs ------------------------------------------------------------------------------------------------- */

static void release(struct sched *s, struct sched_client *c)
{
    c->active = true;
    c->waits = false;
    c->deadline = c->release + c->wants.period;
    c->grant.fresh = c->grant.budget != c->grant.period;
    if (s->policy->released != NULL)
        s->policy->released(s, c);
}

/* The end of the job, and when the next is released. */
static void finish(struct sched *s, struct sched_client *c)
{
    if (!c->began) { /* until now it got ready */
        c->began = true;
        c->release = c->wants.start > s->now ? c->wants.start : s->now;
        return;
    }
    c->jobs++;
    c->missed += s->now > c->release + c->wants.period;
    c->release += c->wants.period;
}

bool sched_done(struct sched *s, unsigned client, uint64_t now)
{
    struct sched_client *c = &s->clients[client];

    if (c->wants.period == 0)
        return true;
    if (c->lost) { /* nothing new */
        c->lost = false;
        return !c->waits;
    }
    begin(s, now);
    finish(s, c);
    c->active = false;
    c->waits = c->release > now;
    if (s->policy->done != NULL)
        s->policy->done(s, c);
    if (!c->waits)
        release(s, c);
    settle(s);
    return c->active;
}

void sched_exhausted(struct sched *s, unsigned client, uint64_t now)
{
    struct sched_client *c = &s->clients[client];

    begin(s, now);
    c->overran++;
    if (s->policy->exhausted != NULL)
        s->policy->exhausted(s, c);
    settle(s);
}

static void policy_tick(struct sched *s)
{
    count_used(s);
    s->policy->tick(s);
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;)
        c->used = 0;
    /* Ticks that were missed are not made up for. */
    uint64_t step = s->timebase * s->policy->tick_us / 1000000;
    s->tick += step;
    if (s->tick <= s->now)
        s->tick = s->now + step;
}

void sched_clock(struct sched *s, uint64_t now)
{
    begin(s, now);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->clients[i].waits && s->clients[i].release <= now) {
            s->clients[i].lost = true; /* until it is told */
            release(s, &s->clients[i]);
        }
    }
    if (s->policy->tick_us != 0 && s->tick <= now)
        policy_tick(s);
    settle(s);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->clients[i].lost && !s->clients[i].waits && sched_machine_release(i))
            s->clients[i].lost = false;
    }
}

/* ---- Shares ----------------------------------------------------------------------------------------------- */

void sched_look(struct sched *s, uint64_t now)
{
    count_used(s);
    for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) {
        c->shown = c->seen;
        c->seen = 0;
    }
    s->shown = now - s->looked;
    s->looked = now;
}
