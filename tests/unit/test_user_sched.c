/* sources: tests/unit/sched_model.c userland/servers/sched/scheduler.c userland/servers/sched/policies/[a-z]*.c */
/*
 * tests/unit/test_user_sched.c: the scheduling policies, and the engine between them and the kernel.
 */
#include "tests/unit/sched_model.h"

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

/* One that asks again, for a little less, whenever its budget is nearly used up, gets no more by it. */
static void edf_asks_again(void)
{
    struct sched_refusal refusal;
    struct sched_request request = {.period = tasks[0][1] * 100};

    begin("edf");
    for (unsigned i = 1; i < 8; i++)
        CHECK(periodic(i, tasks[i][0], tasks[i][1], 0));
    spin(0, 1);
    for (unsigned turn = 0; turn < 30000; turn++) {
        if (turn == 0 || (s.clients[0].grant.budget < MS && threads[0].left < 200)) {
            struct sched_request nothing = {.period = 0};
            CHECK(turn % 3 != 0 || sched_declare(&s, 0, &nothing, now, &refusal));
            request.budget = tasks[0][0] * 100 - turn % 2;
            CHECK(sched_declare(&s, 0, &request, now, &refusal));
        }
        run_until(now + MS / 100);
    }
    for (unsigned i = 1; i < 8; i++) {
        CHECK(s.clients[i].jobs > 60);
        CHECK_EQ(s.clients[i].missed, 0);
    }
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
    CHECK(!join(1, (struct sched_request){.weight = SCHED_WEIGHT_MAX + 1}, &refusal));
    CHECK(!join(1, (struct sched_request){.budget = 100, .period = MS}, &refusal));
    CHECK(join(1, (struct sched_request){.weight = SCHED_WEIGHT_MAX, .budget = 101, .period = MS}, &refusal));
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
        {"edf: who asks again and again gets no new budgets", edf_asks_again},
        {"the policy changes under running clients", switching},
        {"a policy that refuses a client is not taken", switching_refused},
        {"shares since the last look", looking},
        {"requests that are refused", requests},
    };
    return UNIT_RUN(tests);
}
