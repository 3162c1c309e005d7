/*
 * tests/unit/sched_model.c: a model of the kernel around the scheduling policies (sched_model.h).
 */
#include "tests/unit/sched_model.h"

struct sched s;
struct thread threads[THREADS];
uint64_t now, wake_at, turns;
unsigned calls, ends_in;
bool dead;
jmp_buf end;

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

void job_done(struct thread *t)
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

void run_until(uint64_t end)
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

void begin(const char *policy)
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

bool join(unsigned client, struct sched_request request, struct sched_refusal *refusal)
{
    char name[SCHED_NAME];

    threads[client] = (struct thread){.there = true, .ready = true, .turn = ++turns};
    snprintf(name, sizeof name, "thread %u", client);
    if (sched_join(&s, client, name, &request, now, refusal))
        return true;
    threads[client].there = false;
    return false;
}

void spin(unsigned client, unsigned weight)
{
    struct sched_refusal refusal;

    CHECK(join(client, (struct sched_request){.weight = weight}, &refusal));
}

bool periodic(unsigned client, uint64_t work, uint64_t period, unsigned priority)
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
