/*
 * tests/sched/stage.h: threads under the policies of userland/servers/sched/, on the bare kernel.
 *
 * A root program plays one scene after another: some threads, the actors, under one policy. Its most urgent
 * thread is the scheduler: engine and policies are those of the server, the rest of the server is replaced
 * by stage.c. Time is measured by the kernel's trace and by the actors' own clocks.
 */
#ifndef TESSERA_TESTS_SCHED_STAGE_H
#define TESSERA_TESTS_SCHED_STAGE_H

#include "tests/runtime/runtime.h"
#include "userland/servers/sched/policies.h"
#include "userland/servers/sched/scheduler.h"

#define ACTORS_MAX 12u
#define BURSTS_MAX 4096u
#define EVENTS_MAX 4096u

/* Badges in the kernel's trace: of actor i, i + 1; of the scheduler: */
#define STAGE_SCHEDULER 100u

/* Of the one actor that writes them down: from when to when it had the processor, as far as it can tell. */
struct burst {
    tess_word from, to;
};

struct actor {
    const char *name;
    uint32_t budget_us, period_us; /* 0: it has no jobs */
    uint32_t weight, priority;
    uint32_t work; /* thousands of instructions in a job; 0: it spins */
    bool bursts;   /* it spins and writes down when */

    /* What came of it. */
    bool refused;
    struct sched_refusal refusal;
    tess_word used;                /* ticks charged */
    volatile tess_word jobs, late; /* finished; after the deadline */
    volatile tess_word latest;     /* the longest response, in thousandths of the period */
};

extern struct burst stage_bursts[BURSTS_MAX];
extern volatile unsigned stage_burst_count;

/* What the kernel's trace says, once it has been asked to trace. */
extern bool stage_trace;
extern struct tess_trace_event stage_events[EVENTS_MAX];
extern unsigned stage_event_count;

/* Plays the actors under a policy for so many microseconds from the release of the first jobs. */
void stage_play(const char *policy, struct actor *actors, unsigned count, tess_word microseconds);

/* From then to then all of them played. */
extern tess_word stage_from, stage_to;

#endif
