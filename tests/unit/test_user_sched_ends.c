/* sources: tests/unit/sched_model.c userland/servers/sched/scheduler.c userland/servers/sched/policies/[a-z]*.c */
/*
 * tests/unit/test_user_sched_ends.c: the scheduler is ended anywhere and goes on; and anything, in any order.
 */
#include "tests/unit/sched_model.h"

/* The server ends and is started again: the clients' calls come again, and nothing else is different. */
static void resuming(void)
{
    begin("edf");
    CHECK(periodic(0, 20, 100, 0));
    CHECK(periodic(1, 30, 100, 0));
    run_until(2 * MS + 10 * MS + MS / 4); /* client 0 waits, client 1 works */
    CHECK(s.clients[0].waits && s.clients[1].active);
    wake_at = NEVER;
    dead = true;
    run_until(now + 5 * MS);
    CHECK(threads[1].calls);
    dead = false;
    unsigned made = calls;
    uint64_t jobs = s.clients[0].jobs;
    threads[0].held = false;
    CHECK(!sched_resume(&s, TIMEBASE, now - 6 * MS));
    CHECK(!sched_resume(&s, TIMEBASE - 1, now));
    strcpy(s.name, "none");
    CHECK(!sched_resume(&s, TIMEBASE, now));
    strcpy(s.name, "edf");
    CHECK(sched_resume(&s, TIMEBASE, now));
    CHECK_EQ(calls, made); /* all keep what they have */
    CHECK(s.clients[0].lost && wake_at <= now);
    job_done(&threads[0]); /* its call again */
    CHECK(threads[0].held);
    CHECK_EQ(s.clients[0].jobs, jobs);
    job_done(&threads[1]); /* this one came to nobody yet */
    run_until(now + 100 * MS);
    CHECK(s.clients[0].jobs > jobs + 90 && s.clients[1].jobs > jobs + 90);
}

/* The server is ended after each thing that it has had done, one run for each, and started again at once. */
static void begin_again(void)
{
    CHECK(sched_resume(&s, TIMEBASE, now));
    for (struct thread *t = threads; t < threads + THREADS; t++) {
        if (t->held || t->calls) {
            t->held = false;
            job_done(t);
        }
    }
}

static void ended_at(const char *policy, volatile unsigned *n)
{
    struct sched_refusal refusal;
    unsigned whom;

    begin("fixed");
    spin(0, 1);
    CHECK(periodic(1, 20, 100, 80));
    CHECK(periodic(2, 60, 200, 60));
    run_until(2 * MS + MS / 2);
    ends_in = *n;
    if (setjmp(end) == 0) {
        CHECK(sched_switch(&s, sched_policy_find(policy), now, &refusal, &whom));
        run_until(now + 8 * MS);
        CHECK(ends_in == 0 || *n > 20);
    } else {
        begin_again();
    }
    uint64_t spun = threads[0].total, jobs = s.clients[1].jobs, missed = s.clients[1].missed;
    ends_in = 0;
    run_until(now + 40 * MS);
    CHECK(threads[0].total > spun + MS);
    CHECK(s.clients[1].jobs >= jobs + 39 && s.clients[2].jobs >= 19);
    if (s.policy == sched_policy_find("edf"))
        CHECK(s.clients[1].missed <= missed + 1);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(threads[i].grant.priority == s.clients[i].grant.priority);
        CHECK(threads[i].grant.budget == s.clients[i].grant.budget);
        CHECK_EQ(threads[i].grant.priority == SCHED_CHOSEN, s.chosen == i + 1);
    }
}

static void ended_anywhere(void)
{
    static const char *const policies[] = {"fixed", "rr", "edf", "stride"};

    for (volatile unsigned i = 0; i < 4; i++) {
        for (volatile unsigned n = 1; n <= 70; n++)
            ended_at(policies[i], &n);
    }
}

/* Programs come, ask, do jobs and go, policies change, the server ends, in any order. */
static unsigned some(unsigned below)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static void check_all(void)
{
    uint64_t parts = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        const struct sched_client *c = &s.clients[i];
        CHECK_EQ(c->name[0] != '\0', threads[i].there);
        if (!threads[i].there)
            continue;
        CHECK_EQ(c->grant.priority, threads[i].grant.priority);
        CHECK_EQ(c->grant.budget, threads[i].grant.budget);
        CHECK_EQ(c->grant.period, threads[i].grant.period);
        CHECK_EQ(c->grant.priority == SCHED_CHOSEN, s.chosen == i + 1);
        CHECK_EQ(c->watched, threads[i].watched);
        CHECK(c->active || c->waits || c->lost);
        if (c->wants.period != 0)
            parts += c->wants.budget * 1000000 / c->wants.period;
    }
    CHECK(strcmp(s.policy->name, "edf") != 0 || parts <= 970000);
    CHECK(!s.busy);
}

static void some_request(struct sched_request *request)
{
    *request = (struct sched_request){.weight = some(SCHED_WEIGHT_MAX + 2), .priority = some(SCHED_CHOSEN)};
    if (some(2) == 0) {
        request->period = MS / 2 + some(5 * MS);
        request->budget = some((unsigned)request->period / 2 + 100);
    }
}

static void some_step(unsigned i)
{
    struct sched_refusal refusal;
    struct sched_request request;
    unsigned whom;

    some_request(&request);
    switch (some(8)) {
    case 0:
        if (!threads[i].there && join(i, request, &refusal))
            threads[i].job = s.clients[i].wants.period != 0 ? 1 + some(3 * MS) : 0;
        break;
    case 1:
        if (threads[i].there && some(4) == 0) {
            threads[i] = (struct thread){.there = false};
            sched_leave(&s, i, now);
        }
        break;
    case 2:
        if (threads[i].there && threads[i].ready)
            sched_declare(&s, i, &request, now, &refusal);
        if (threads[i].there && threads[i].ready)
            threads[i].job = s.clients[i].wants.period != 0 ? threads[i].job : 0;
        break;
    case 3:
        sched_switch(&s, sched_policy_at(some(4)), now, &refusal, &whom);
        break;
    case 4:
        CHECK(sched_resume(&s, TIMEBASE, now));
        for (struct thread *t = threads; t < threads + THREADS; t++) {
            if (t->held)
                job_done(t);
        }
        break;
    default:
        run_until(now + some(MS));
    }
}

static void anything(void)
{
    begin("fixed");
    for (unsigned step = 0; step < 30000; step++) {
        some_step(some(THREADS));
        check_all();
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"the server is started again", resuming},
        {"the server is ended anywhere, and started again", ended_anywhere},
        {"anything, in any order", anything},
    };
    return UNIT_RUN(tests);
}
