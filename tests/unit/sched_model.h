/*
 * tests/unit/sched_model.h: a model of the kernel around the scheduling policies (userland/servers/sched/).
 *
 * The model runs the ready thread of the highest priority that has budget, in turns within a priority, from one
 * event to the next. A thread spins for ever, or does jobs of a given length. Nothing costs anything, so
 * shares and deadlines come out exactly.
 */
#ifndef TESSERA_TESTS_UNIT_SCHED_MODEL_H
#define TESSERA_TESTS_UNIT_SCHED_MODEL_H

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

extern struct sched s;
extern struct thread threads[THREADS];
extern uint64_t now, wake_at, turns;
extern unsigned calls; /* grants carried out */
extern bool dead;      /* the server: calls are kept */

/* The server is ended, by a jump to `end`, when it has had so many things done; 0: never. */
extern unsigned ends_in;
extern jmp_buf end;

/* No threads, that policy. */
void begin(const char *policy);
void run_until(uint64_t end);

/* A thread of that number. */
bool join(unsigned client, struct sched_request request, struct sched_refusal *refusal);
void spin(unsigned client, unsigned weight);

/* A job of `work` each `period`, in units of 10 microseconds; a tick more is asked for. */
bool periodic(unsigned client, uint64_t work, uint64_t period, unsigned priority);

/* It calls the server: its job is done. */
void job_done(struct thread *t);

#endif
