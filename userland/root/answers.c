/*
 * userland/root/answers.c: a server that leaves a call without answer for too long (`answers` of the description).
 *
 * While such a server runs, root looks, a few times in the time that it has for an answer: who waits, and who has not
 * run since the look before. Nothing tells whom a caller waits for. But where everybody who may be in the server's
 * queue, or in its Reply objects, has waited for so long, so has the one who is. As long as there is a doubt nothing is
 * said, and another look follows.
 */
#include <stdio.h>

#include "userland/root/root.h"

#define LOOKS 4u /* in the time that a server has for an answer */

enum stage { QUEUED, HELD, STAGES };

/* Does its endpoint, or a Reply object of its, have a caller? */
static bool has_caller(const struct program *s, enum stage stage)
{
    struct tess_inspect info;
    tess_cptr endpoint;

    if (stage == QUEUED)
        return !tess_failed(policy_endpoint(s->number, &endpoint)) &&
               !tess_failed(tess_inspect(endpoint, &info)) && info.state[0] == 1;
    for (unsigned i = 0; i < s->policy->replies; i++) {
        if (!tess_failed(tess_inspect(in_cspace(s, s->replies + i), &info)) &&
            (info.type & 0xff) == TESS_TYPE_REPLY && info.state[0] == 1)
            return true;
    }
    return false;
}

/* Who may wait for its answer: by its channels and names; with its faults; or because everybody may. */
static bool may_wait_for(const struct program *p, const struct program *s)
{
    const uint32_t everybody = SYSTEM_DEVICE_SERVER | SYSTEM_NAME_SERVER | SYSTEM_SCHEDULER;
    tess_cptr address;

    return p != s && ((s->policy->flags & everybody) != 0 || p->policy->pager == s->number ||
                      family_parent(p->number) == s->number || watch_calls(p, s->number, NULL, &address));
}

static bool is_in(tess_word state, enum stage stage)
{
    return state == TESS_THREAD_FAULTED ||
           state == (stage == QUEUED ? TESS_THREAD_CALLING : TESS_THREAD_AWAITING_REPLY);
}

/* Who has not run since? One that is passive runs on the context of somebody who waits. */
static void note_who_ran(uint64_t now)
{
    struct tess_inspect context, thread;
    uint64_t last = 0;

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        struct watch *w = &p->watch;
        w->state = TESS_THREAD_INACTIVE;
        if (p->life != TESS_LIFE_RUNNING || tess_failed(tess_inspect(book(p, BOOK_CONTEXT), &context)) ||
            tess_failed(tess_inspect(book(p, BOOK_TCB), &thread)))
            continue;
        if (context.state[3] != w->consumed || w->still_since < p->started_at)
            w->still_since = now;
        w->consumed = context.state[3];
        w->state = thread.state[0];
        if (!p->settled && is_in(w->state, HELD) && w->still_since > last)
            last = w->still_since;
    }
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->settled && (last == 0 || p->watch.still_since < last))
            p->watch.still_since = last != 0 ? last : now;
    }
}

static void look(struct program *s, uint64_t now)
{
    const struct program *late[STAGES] = {NULL};
    bool doubt[STAGES] = {false}, several[STAGES] = {false};
    char cause[48 + TESS_PROGRAM_NAME];

    for (const struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        uint64_t since = p->watch.still_since;
        if (since < s->watch.serves_since)
            since = s->watch.serves_since;
        for (enum stage stage = QUEUED; stage < STAGES; stage++) {
            if (!is_in(p->watch.state, stage) || !may_wait_for(p, s))
                continue;
            doubt[stage] |= now - since < clock_ticks(s->policy->answers_us) ||
                            p->watch.still_since <= s->watch.told_until;
            several[stage] |= late[stage] != NULL;
            late[stage] = p;
        }
    }
    for (enum stage stage = QUEUED; stage < STAGES && !s->watch.told; stage++) {
        if (late[stage] == NULL || doubt[stage] || !has_caller(s, stage))
            continue;
        snprintf(cause, sizeof cause, "has not answered %s for %u ms",
                 several[stage] ? "a client" : late[stage]->name, s->policy->answers_us / 1000);
        s->watch.told_until = now;
        watch_tell(s, cause, watch_place(s), s->replies + s->policy->replies);
    }
}

void answers_begin(struct program *s)
{
    s->watch.serves_since = clock_now();
    s->watch.looks_at = s->watch.serves_since + clock_ticks(s->policy->answers_us) / LOOKS;
}

/* Who was held, or waited, meanwhile. What was said of a call before is not said again. */
void answers_succeed(struct program *successor, const struct program *old)
{
    answers_begin(successor);
    successor->watch.told_until = old->watch.told_until;
}

static bool is_watched(const struct program *s)
{
    return s->life == TESS_LIFE_RUNNING && s->policy->answers_us != 0 && s->predecessor == NULL &&
           !s->watch.told;
}

uint64_t answers_next(void)
{
    uint64_t next = UINT64_MAX;

    for (const struct program *s = programs; s < programs + PROGRAMS_MAX; s++) {
        if (is_watched(s) && s->watch.looks_at < next)
            next = s->watch.looks_at;
    }
    return next;
}

void answers_clock(uint64_t now)
{
    bool noted = false;

    for (struct program *s = programs; s < programs + PROGRAMS_MAX; s++) {
        if (!is_watched(s) || s->watch.looks_at > now)
            continue;
        if (!noted)
            note_who_ran(now);
        noted = true;
        if (s->stopped || upgrade_of(s))
            s->watch.serves_since = now;
        look(s, now);
        s->watch.looks_at = now + clock_ticks(s->policy->answers_us) / LOOKS;
    }
}
