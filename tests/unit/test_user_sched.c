/* sources: userland/servers/sched/scheduler.c userland/servers/sched/policies/[a-z]*.c */
/*
 * tests/unit/test_user_sched.c: the scheduling policies, with a model of the kernel around them.
 *
 * The model runs the ready thread of the highest priority that has budget, in turns within a priority, from one
 * event to the next. A thread spins for ever, or does jobs of a given length. Nothing costs anything, so
 * shares and deadlines come out exactly.
 */
#include "tests/unit/unit.h"
#include "userland/servers/sched/policies.h"
#include "userland/servers/sched/scheduler.h"

#define TIMEBASE 10000000u
#define MS       (TIMEBASE / 1000)
#define THREADS  SCHED_CLIENTS_MAX
#define NEVER    UINT64_MAX

struct thread {
    bool there, ready, watched;
    bool calls, held;   /* the server: it is dead, or keeps the call */
    uint64_t work, job; /* left of this job, and in each; 0: it spins */
    uint64_t left, due; /* budget */
    uint64_t turn;      /* the smallest number of a priority is first */
    uint64_t used, total;
    struct sched_grant grant;
};

static struct sched s;
static struct thread threads[THREADS];
static uint64_t now, wake_at, turns;
static unsigned calls;
static bool dead;

/* The server is ended when it has had so many things done. */
static jmp_buf end;
static unsigned ends_in;

static void work_done(void)
{
    if (ends_in > 0 && --ends_in == 0)
        longjmp(end, 1);
}

/* ---- What the engine needs done ------------------------------------------------------------------------- */

void sched_machine_grant(unsigned client, const struct sched_grant *grant, bool budget, bool priority)
{
    struct thread *t = &threads[client];

    work_done();
    CHECK(budget || priority);
    CHECK(grant->budget > 0 && grant->budget <= grant->period && grant->priority <= SCHED_PRIORITY_MAX);
    calls++;
    if (priority)
        t->turn = ++turns;
    if (budget) {
        t->left = grant->budget;
        t->due = now + grant->period;
    }
    t->grant = *grant;
}

void sched_machine_timeouts(unsigned client, bool wanted)
{
    work_done();
    threads[client].watched = wanted;
}

uint64_t sched_machine_used(unsigned client)
{
    uint64_t used = threads[client].used;

    work_done();
    threads[client].used = 0;
    return used;
}

bool sched_machine_release(unsigned client)
{
    struct thread *t = &threads[client];

    work_done();
    if (!t->held)
        return false;
    t->held = false;
    t->ready = true;
    t->work = t->job;
    t->turn = ++turns;
    return true;
}

void sched_machine_wake_at(uint64_t when)
{
    work_done();
    wake_at = when;
}

/* ---- The model ------------------------------------------------------------------------------------------ */

static struct thread *choose(void)
{
    struct thread *best = NULL;

    for (struct thread *t = threads; t < threads + THREADS; t++) {
        if (!t->there || !t->ready || t->left == 0)
            continue;
        if (best == NULL || t->grant.priority > best->grant.priority ||
            (t->grant.priority == best->grant.priority && t->turn < best->turn))
            best = t;
    }
    return best;
}

static void refill(struct thread *t)
{
    t->left = t->grant.budget;
    t->due = now + t->grant.period;
}

static void job_done(struct thread *t)
{
    t->work = t->job;
    t->calls = true;
    t->ready = false;
    if (dead)
        return;
    t->ready = sched_done(&s, (unsigned)(t - threads), now);
    t->held = !t->ready;
    t->calls = false;
}

static void after_run(struct thread *t)
{
    if (t->job != 0 && t->work == 0)
        job_done(t);
    if (t->left == 0 && t->grant.budget == t->grant.period) {
        refill(t);
        t->turn = ++turns;
    } else if (t->left == 0 && t->watched) {
        sched_exhausted(&s, (unsigned)(t - threads), now);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void run_until(uint64_t end)
{
    while (now < end) {
        struct thread *t = choose();
        uint64_t next = earlier(end, wake_at);
        for (struct thread *w = threads; w < threads + THREADS; w++) {
            if (w->there && w->left == 0)
                next = earlier(next, w->due);
        }
        if (t != NULL) {
            uint64_t most = earlier(t->left, t->job != 0 ? t->work : NEVER);
            uint64_t ran = next > now ? earlier(most, next - now) : 0;
            now += ran;
            t->left -= ran;
            t->used += ran;
            t->total += ran;
            if (t->job != 0)
                t->work -= ran;
            if (ran == most)
                after_run(t);
        } else {
            now = next;
        }
        for (struct thread *w = threads; w < threads + THREADS; w++) {
            if (w->there && w->left == 0 && w->due <= now)
                refill(w);
        }
        if (wake_at <= now)
            sched_clock(&s, now);
    }
}

static void begin(const char *policy)
{
    struct sched_refusal refusal;
    unsigned whom;

    memset(threads, 0, sizeof threads);
    now = 1000;
    wake_at = NEVER;
    turns = calls = 0;
    dead = false;
    ends_in = 0;
    sched_begin(&s, TIMEBASE, now);
    CHECK(sched_switch(&s, sched_policy_find(policy), now, &refusal, &whom));
}

static bool join(unsigned client, struct sched_request request, struct sched_refusal *refusal)
{
    char name[SCHED_NAME];

    threads[client] = (struct thread){.there = true, .ready = true, .turn = ++turns};
    snprintf(name, sizeof name, "thread %u", client);
    if (sched_join(&s, client, name, &request, now, refusal))
        return true;
    threads[client].there = false;
    return false;
}

static void spin(unsigned client, unsigned weight)
{
    struct sched_refusal refusal;

    CHECK(join(client, (struct sched_request){.weight = weight}, &refusal));
}

/* A job of `work` each `period`, in units of 10 microseconds; a tick more is asked for. */
static bool periodic(unsigned client, uint64_t work, uint64_t period, unsigned priority)
{
    struct sched_refusal refusal;
    struct sched_request request = {
        .budget = work * 100 + 1, .period = period * 100, .start = 2 * MS, .priority = priority};

    if (!join(client, request, &refusal))
        return false;
    threads[client].job = work * 100;
    job_done(&threads[client]);
    return true;
}

/* ---- Shares --------------------------------------------------------------------------------------------- */

static void check_share(unsigned client, uint64_t of, uint64_t whole, uint64_t permille)
{
    uint64_t total = threads[client].total, wanted = whole * of / 7;
    uint64_t error = total > wanted ? total - wanted : wanted - total;

    if (error * 1000 > wanted * permille)
        FAIL("client %u had %lu ticks, not %lu", client, (unsigned long)total, (unsigned long)wanted);
    CHECK(true);
}

static void shares(const char *policy)
{
    begin(policy);
    spin(0, 1);
    spin(3, 2);
    spin(7, 4);
    uint64_t from = now;
    run_until(from + 1000 * MS);
    CHECK_EQ(threads[0].total + threads[3].total + threads[7].total, 1000 * MS);
    check_share(0, 1, 1000 * MS, 10);
    check_share(3, 2, 1000 * MS, 10);
    check_share(7, 4, 1000 * MS, 10);
}

static void shares_round_robin(void)
{
    shares("rr");
}

static void shares_stride(void)
{
    shares("stride");
}

/* One that sleeps loses what it does not use, to all others, and has no claim to it later. */
static void stride_sleeper(void)
{
    begin("stride");
    spin(0, 1);
    spin(1, 1);
    spin(2, 1);
    threads[2].ready = false;
    uint64_t from = now;
    run_until(from + 300 * MS);
    CHECK_EQ(threads[0].total + threads[1].total, 300 * MS);
    CHECK(threads[0].total > 140 * MS && threads[0].total < 160 * MS);
    threads[2].ready = true;
    run_until(from + 600 * MS);
    CHECK(threads[2].total > 98 * MS && threads[2].total < 102 * MS);
}

static void stride_newcomer(void)
{
    begin("stride");
    spin(0, 1);
    run_until(now + 500 * MS);
    spin(1, 1);
    run_until(now + 100 * MS);
    CHECK(threads[1].total > 49 * MS && threads[1].total < 52 * MS);
}

/* ---- Deadlines ------------------------------------------------------------------------------------------ */

/* 95% of a processor: {work, period}, in 10 microseconds; the priority is rate monotonic. */
static const uint64_t tasks[8][2] = {{13, 100}, {24, 230}, {37, 320}, {36, 320},
                                     {34, 330}, {52, 400}, {58, 440}, {54, 440}};

static void deadlines(const char *policy, uint64_t *jobs, uint64_t *missed)
{
    begin(policy);
    for (unsigned i = 0; i < 8; i++)
        CHECK(periodic(i, tasks[i][0], tasks[i][1], 80 - i));
    spin(8, 1);
    run_until(2 * MS + 800 * MS);
    *jobs = *missed = 0;
    for (unsigned i = 0; i < 8; i++) {
        *jobs += s.clients[i].jobs;
        *missed += s.clients[i].missed;
        CHECK_EQ(s.clients[i].overran, 0);
    }
}

static void edf_misses_nothing(void)
{
    uint64_t jobs, missed;
    uint64_t parts = 0;

    for (unsigned i = 0; i < 8; i++)
        parts += tasks[i][0] * 1000000 / tasks[i][1];
    CHECK(parts > 949000 && parts <= 951000);
    deadlines("edf", &jobs, &missed);
    CHECK(jobs >= 2000);
    CHECK_EQ(missed, 0);
    CHECK(threads[8].total > 35 * MS); /* what is left goes to the one without deadlines */
}

static void fixed_misses(void)
{
    uint64_t jobs, missed;

    deadlines("fixed", &jobs, &missed);
    CHECK(jobs > 1000 && missed > 10);
}

static void edf_refuses(void)
{
    struct sched_refusal refusal = {0};

    begin("edf");
    CHECK(periodic(0, 50, 100, 0));
    CHECK(periodic(1, 40, 100, 0));
    struct sched before = s;
    CHECK(!join(2, (struct sched_request){.budget = 7 * MS / 100, .period = MS}, &refusal));
    CHECK_EQ(refusal.would_be, 970200);
    CHECK_EQ(refusal.at_most, 970000);
    CHECK(strstr(refusal.why, "deadlines") != NULL);
    CHECK(memcmp(before.clients, s.clients, sizeof s.clients) == 0 && before.count == s.count);
    CHECK(join(2, (struct sched_request){.budget = 5 * MS / 100, .period = MS}, &refusal));
    /* One that has a place asks for more. */
    CHECK(!sched_declare(&s, 1, &(struct sched_request){.budget = MS / 2, .period = MS}, now, &refusal));
    CHECK_EQ(s.clients[1].wants.budget, 4 * MS / 10 + 1);
    /* One leaves, and there is room. */
    sched_leave(&s, 0, now);
    CHECK(sched_declare(&s, 1, &(struct sched_request){.budget = MS / 2, .period = MS}, now, &refusal));
    CHECK(!sched_declare(&s, 1, &(struct sched_request){.budget = MS + 1, .period = MS}, now, &refusal));
}

/* One that needs more than it asked for harms itself. */
static void edf_overrun(void)
{
    begin("edf");
    for (unsigned i = 0; i < 7; i++)
        CHECK(periodic(i, tasks[i][0], tasks[i][1], 0));
    CHECK(periodic(7, tasks[7][0], tasks[7][1], 0));
    threads[7].job *= 4;
    run_until(2 * MS + 500 * MS);
    for (unsigned i = 0; i < 7; i++)
        CHECK_EQ(s.clients[i].missed, 0);
    CHECK(s.clients[7].missed > 5 && s.clients[7].overran > 10);
}

/* ---- The engine ----------------------------------------------------------------------------------------- */

static void switching(void)
{
    struct sched_refusal refusal;
    unsigned whom;
    uint64_t at = 0;

    begin("fixed");
    spin(0, 1);
    spin(1, 3);
    CHECK(periodic(2, 20, 100, 80));
    for (unsigned round = 0; round < 40; round++) {
        const struct sched_policy *policy = sched_policy_at(round % 4);
        CHECK(sched_switch(&s, policy, now, &refusal, &whom));
        uint64_t before = threads[0].total + threads[1].total + threads[2].total;
        at = now;
        run_until(now + 20 * MS + 17 * round);
        CHECK_EQ(threads[0].total + threads[1].total + threads[2].total - before, now - at);
        CHECK(s.clients[2].jobs >= 18 * round);
    }
    CHECK(sched_policy_at(4) == NULL && sched_policy_find("none") == NULL);
}

/* A policy that refuses one of those who are there is not taken, and nothing has changed. */
static void switching_refused(void)
{
    struct sched_refusal refusal = {0};
    unsigned whom = 99;

    begin("fixed");
    spin(0, 1);
    CHECK(periodic(1, 60, 100, 80));
    CHECK(periodic(5, 60, 100, 70));
    run_until(now + 10 * MS);
    struct sched before = s;
    unsigned made = calls;
    CHECK(!sched_switch(&s, sched_policy_find("edf"), now, &refusal, &whom));
    CHECK_EQ(whom, 1);
    CHECK_EQ(refusal.would_be, 1200200);
    CHECK(memcmp(&before, &s, sizeof s) == 0);
    CHECK_EQ(calls, made);
}

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

static void looking(void)
{
    begin("rr");
    spin(0, 1);
    spin(1, 1);
    run_until(now + 10 * MS);
    sched_look(&s, now);
    run_until(now + 20 * MS);
    sched_look(&s, now);
    CHECK_EQ(s.shown, 20 * MS);
    CHECK_EQ(s.clients[0].shown + s.clients[1].shown, 20 * MS);
    CHECK_EQ(s.clients[0].shown, 10 * MS);
}

static void requests(void)
{
    struct sched_refusal refusal;

    begin("fixed");
    CHECK(!join(0, (struct sched_request){.priority = SCHED_PRIORITY_MAX + 1}, &refusal));
    CHECK(!join(0, (struct sched_request){.period = MS}, &refusal));
    CHECK(join(0, (struct sched_request){.priority = SCHED_PRIORITY_MAX}, &refusal));
    CHECK(sched_done(&s, 0, now)); /* it has no jobs: nothing to wait for */
    begin("rr");
    CHECK(!join(0, (struct sched_request){.weight = 101}, &refusal));
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"rr: 1:2:4", shares_round_robin},
        {"stride: 1:2:4", shares_stride},
        {"stride: one that sleeps", stride_sleeper},
        {"stride: one that comes later", stride_newcomer},
        {"edf: 8 tasks at 95%, 2000 jobs, none missed", edf_misses_nothing},
        {"fixed: the same tasks miss", fixed_misses},
        {"edf: what is too much is refused, and changes nothing", edf_refuses},
        {"edf: who needs more than it asked for harms itself", edf_overrun},
        {"the policy changes under running clients", switching},
        {"a policy that refuses a client is not taken", switching_refused},
        {"the server is started again", resuming},
        {"the server is ended anywhere, and started again", ended_anywhere},
        {"shares since the last look", looking},
        {"requests that are refused", requests},
    };
    return UNIT_RUN(tests);
}
