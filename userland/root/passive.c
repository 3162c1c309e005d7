/*
 * userland/root/passive.c: programs that run on their callers' contexts.
 *
 * A passive program starts on a context of its own, until it is ready and waits for callers. Then root unbinds the
 * context: from now on each caller lends its own (RP-3). The program cannot wait and say so in one step, so root
 * looks after it, again and again, until it finds it waiting.
 *
 * A caller that is ended takes its context along, which root made of the caller's memory, and the server stands still in
 * the middle of its work (RP-6). It gets its own context again then, until it waits for the next caller. The kernel
 * knows who has a context: it refuses a second one.
 *
 * To be upgraded it is signalled, and may be at work just then. From then on its notification lends it the context
 * (NT-9): it takes the word when it has answered, and the context comes back by itself.
 */
#include "userland/root/root.h"

#define LOOK_AGAIN_US 1000u

static bool is_passive(const struct program *p)
{
    return p->life == TESS_LIFE_RUNNING && (p->policy->flags & SYSTEM_PASSIVE) != 0;
}

static bool waits_for_callers(const struct program *p)
{
    struct tess_inspect thread;

    return !tess_failed(tess_inspect(book(p, BOOK_TCB), &thread)) && thread.state[0] == TESS_THREAD_RECEIVING;
}

static void look_later(struct program *p)
{
    p->settles_at = clock_now() + LOOK_AGAIN_US * root.timebase / 1000000;
}

void passive_begin(struct program *p)
{
    if (is_passive(p) && !p->settled)
        look_later(p);
}

/* To the notification that the program was given when it was first to be upgraded, if it was. */
static void lend(const struct program *p)
{
    tess_notification notification = policy_notification(p->number);

    if (notification.address != TESS_NULL)
        tess_sched_context_bind_notification((tess_sched_context){book(p, BOOK_CONTEXT)}, notification);
}

static void settle(struct program *p)
{
    p->settled = !tess_failed(tess_sched_context_unbind((tess_sched_context){book(p, BOOK_CONTEXT)}));
    if (p->settled)
        lend(p);
}

void passive_clock(uint64_t now)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (!is_passive(p) || p->settles_at == 0 || p->settles_at > now)
            continue;
        p->settles_at = 0;
        if (!waits_for_callers(p))
            look_later(p);
        else
            settle(p);
    }
}

uint64_t passive_next(void)
{
    uint64_t next = 0;

    for (const struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (is_passive(p) && p->settles_at != 0 && (next == 0 || p->settles_at < next))
            next = p->settles_at;
    }
    return next;
}

void passive_wake(const struct program *p)
{
    if (is_passive(p) && p->settled)
        lend(p);
}

/* A thread that waits needs nothing, and to one that has a caller's context the kernel gives no other. */
static void rescue(struct program *p)
{
    tess_sched_context context = {book(p, BOOK_CONTEXT)};

    tess_sched_context_unbind(context);
    p->settled = tess_failed(tess_sched_context_bind(context, (tess_tcb){book(p, BOOK_TCB)}));
    if (p->settled)
        lend(p);
    else
        look_later(p);
}

void passive_rescue(void)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (is_passive(p) && p->settled && !p->stopped && !waits_for_callers(p))
            rescue(p);
    }
}
