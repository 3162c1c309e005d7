/*
 * userland/servers/sched/policy.h: what a scheduling policy is, and all that it sees.
 *
 * A policy is one C file with one struct sched_policy. Its functions are told what happens, look at the
 * clients, and write into each client's `grant` what the kernel shall enforce from now on; the engine
 * (scheduler.h) carries it out when the function has returned. A policy makes no system calls, keeps no
 * variables of its own, and compiles on the host, where tests/unit/test_user_sched.c runs it.
 *
 * Times are ticks of the time CSR, s->timebase of them each second.
 */
#ifndef TESSERA_USERLAND_SERVERS_SCHED_POLICY_H
#define TESSERA_USERLAND_SERVERS_SCHED_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHED_CLIENTS_MAX 24u /* as many programs as root runs */
#define SCHED_NAME        16u

/*
 * The band of priorities in which clients run: above them shell, servers and drivers, whom no policy disturbs.
 * Policies that choose one client at a time raise it to CHOSEN; the others are READY, so that the processor
 * is not idle while the chosen one waits for something.
 */
enum sched_priority {
    SCHED_BACKGROUND = 20, /* takes what the others leave */
    SCHED_READY = 50,
    SCHED_CHOSEN = 70,
    SCHED_PRIORITY_MAX = 90,
};

#define SCHED_WEIGHT_MAX 100u

/* What a client asks for. A policy uses what it understands. */
struct sched_request {
    uint64_t budget; /* ticks of each period; 0: takes what is left */
    uint64_t period; /* and relative deadline of its jobs; 0: it has no jobs */
    uint64_t start;  /* release of its first job; 0: at once */
    uint32_t weight; /* its part, relative to the others': 1 to SCHED_WEIGHT_MAX */
    uint32_t priority;
};

/* What the kernel enforces. Budget = period: turns of that length among those of its priority. */
struct sched_grant {
    uint64_t budget, period;
    uint32_t priority;
    uint32_t fresh; /* 1: the budget begins anew, full, even if nothing else has changed */
};

struct sched_client {
    /* Policies read: */
    char name[SCHED_NAME]; /* "": there is none in this place */
    struct sched_request wants;
    bool active; /* it has work to do, for all we know: not between the end of a job and the next release */
    uint64_t release; /* of its job */
    uint64_t used;    /* ticks it ran from the last tick of the policy to this one */

    /* Policies write: */
    struct sched_grant grant;
    uint64_t deadline;  /* of its job: release + period, unless the policy says otherwise; in `join`, of
                          * the job it had, or 0 */
    uint64_t number[2]; /* for the policy's own use, 0 when the client joins */

    /* The engine's own: */
    struct sched_grant applied;
    uint64_t jobs, missed, overran; /* finished; of these, after the end of the period; budgets used up */
    uint64_t seen, shown;           /* ticks used since somebody last looked; between the last two looks */
    bool watched;                   /* its timeout faults are told */
    bool began;                     /* its first job was released, or waits for it */
    bool waits;                     /* for the release of its next job */
    bool lost;                      /* a predecessor of the server held its call: it will call again */
};

struct sched_policy;

struct sched {
    const struct sched_policy *policy;
    uint64_t timebase;
    uint64_t now; /* when what is being told happened */
    struct sched_client clients[SCHED_CLIENTS_MAX];
    uint64_t number[2]; /* for the policy's own use, 0 when it begins */

    /* The engine's own: */
    char name[SCHED_NAME]; /* of the policy */
    bool busy;             /* what is written here is half done */
    uint32_t chosen;       /* number of the client + 1; 0: none */
    uint32_t count;        /* no client has this number or a higher one */
    uint64_t tick;         /* next tick of the policy */
    uint64_t looked;       /* when somebody last looked at the shares */
    uint64_t shown;        /* how long before that somebody had */
};

/* Why a client cannot be taken: a sentence, and, where they say more, what would be and what is the most, as
 * parts of a million of the processor; both 0 otherwise. */
struct sched_refusal {
    const char *why;
    uint64_t would_be, at_most;
};

struct sched_policy {
    const char *name;
    const char *what; /* for people, one line */
    uint32_t tick_us; /* `tick` is called so often; 0: never */

    /* A client comes, asks for something else, or was there when the policy began; it is among the clients.
     * False: *refusal says why, and all is as before. */
    bool (*join)(struct sched *s, struct sched_client *c, struct sched_refusal *refusal);

    /* What follows may be null. */
    void (*leave)(struct sched *s, struct sched_client *c);     /* it is not among the clients any more */
    void (*released)(struct sched *s, struct sched_client *c);  /* its next job begins, with a full budget */
    void (*done)(struct sched *s, struct sched_client *c);      /* its job is finished */
    void (*exhausted)(struct sched *s, struct sched_client *c); /* its budget is used up, its job is not */
    void (*tick)(struct sched *s);
};

/* The client after c, or the first; null after the last:
 *     for (struct sched_client *c = NULL; (c = sched_next(s, c)) != NULL;) */
struct sched_client *sched_next(struct sched *s, struct sched_client *c);

/* The client at SCHED_CHOSEN, and no other one any more; null: none. */
struct sched_client *sched_chosen(const struct sched *s);
void sched_choose(struct sched *s, struct sched_client *c);

/* Turns of that many microseconds, taken at that priority. */
struct sched_grant sched_turns(const struct sched *s, uint64_t microseconds, enum sched_priority priority);

#endif
