/*
 * tests/bench/bench.h: what the benchmarks share: measured calls, series of figures, threads that act.
 *
 * All figures are retired instructions from one user instruction to another, read with rdinstret on QEMU
 * with -icount shift=0,sleep=off, less what reading the counter costs. The program is root itself, on the
 * kernel that ships.
 */
#ifndef TESSERA_TESTS_BENCH_BENCH_H
#define TESSERA_TESTS_BENCH_BENCH_H

#include "tests/runtime/runtime.h"

#define BENCH_RUNS 16u /* figures of one row */
#define BENCH_WARM 4u  /* runs before them that do not count */

#define BENCH_POOL_RADIX 15u

/* Priorities, of root while it measures and of those that are to run at once when they can. */
#define BENCH_PRIORITY 100u
#define BENCH_HIGH     110u
#define BENCH_HIGHER   120u
#define BENCH_LOW      90u

/* ---- One measured operation (laid out for stamp.S) ------------------------------------------------------ */

struct bench_call {
    tess_word operation;
    tess_cptr cap;
    tess_word info;
    tess_cptr reply;
    tess_word words[TESS_REGISTER_WORDS];
    tess_word before, after; /* instret, right before and right behind it */
    tess_word status, result, badge;
    tess_word answer[TESS_REGISTER_WORDS];
};

void bench_syscall(struct bench_call *call);
void bench_fault(struct bench_call *call);
void bench_store(struct bench_call *call);
extern const char bench_fault_after[];

/* The instructions from `before` to `after`, two stamps. */
tess_word bench_cost(tess_word before, tess_word after);

/* ---- Series ----------------------------------------------------------------------------------------------- */

struct bench_series {
    tess_word figures[BENCH_RUNS];
    unsigned count, seen;
};

/* The first BENCH_WARM are dropped, and those behind BENCH_RUNS more. */
void bench_add(struct bench_series *series, tess_word figure);

/* `bench: NAME MEDIAN`, with n= if n is not 0, and the range if the runs differ. Empties the series. */
void bench_report(const char *name, struct bench_series *series);
void bench_report_n(const char *name, tess_word n, struct bench_series *series);
void bench_figure(const char *name, tess_word figure);
void bench_figure_n(const char *name, tess_word n, tess_word figure);

/* ---- Operations of root itself ---------------------------------------------------------------------------- */

/* Empty slots of root's own CNode: one level, as a flat CSpace has. */
tess_cptr bench_slot(void);

/* An object in such a slot, made from rt_memory. */
tess_cptr bench_object(enum tess_type type, tess_word size);

/* Ends the machine unless the call succeeded. */
void bench_must(struct rt_result result, const char *what);

/* Makes the call; its cost. Ends the machine unless it succeeded. */
tess_word bench_run(struct bench_call *call, const char *what);

/* The cost of an operation on an object: bench_invoke("what", cap, label, words...). */
#define bench_invoke(what, cap_, label, ...)                                                                 \
    bench_run(&(struct bench_call){.operation = TESS_SYS_CALL,                                               \
                                   .cap = (cap_),                                                            \
                                   .info = TESS_INFO((label), RT_COUNT(__VA_ARGS__), 0),                     \
                                   .words = {__VA_ARGS__}},                                                  \
              (what))

/* ---- Actors: threads that make the same call again and again ----------------------------------------------- */

#define BENCH_ROUNDS (BENCH_RUNS + BENCH_WARM + 4u)

/* The slots of an actor's own CSpace. */
enum bench_cap { BENCH_CAP_ENDPOINT = 1, BENCH_CAP_REPLY, BENCH_CAP_NOTIFICATION, BENCH_CAP_IRQ };
#define BENCH_ACTOR_RADIX 5u

struct bench_actor {
    void (*act)(struct bench_call *call);       /* NULL: bench_syscall */
    void (*between)(struct bench_actor *actor); /* after each call, or NULL */
    struct bench_call first;                    /* operation 0: none */
    struct bench_call each;
    unsigned rounds;                              /* 0: for ever */
    unsigned space;                               /* 0 or 1: which address space beside root's */
    tess_cptr endpoint, reply, notification, irq; /* what its CSpace shows */

    struct rt_thread *thread;
    volatile tess_word failed; /* a status other than success */
    volatile unsigned count;
    tess_word before[BENCH_ROUNDS], after[BENCH_ROUNDS];
};

/* Starts it in an address space and a CSpace of its own. */
#define bench_actor_start(actor, ...) bench_actor_start_with((actor), (struct rt_options){__VA_ARGS__})
void bench_actor_start_with(struct bench_actor *actor, struct rt_options options);

/* It waits, and gives up its context: from now on it runs on those of its callers. */
void bench_actor_passive(struct bench_actor *actor);

/* Stops all actors; they must not have failed. */
void bench_actors_end(struct bench_actor *const *actors, unsigned n);

/* The costs from each call of `from` to the next return of `to`. */
void bench_pair(struct bench_series *series, const struct bench_actor *from, const struct bench_actor *to);

extern tess_cptr bench_spaces[2];

/* ---- The groups ------------------------------------------------------------------------------------------------ */

void bench_ipc(void);
void bench_waiting(void);
void bench_faults(void);
void bench_interrupts(void);
void bench_memory(void);
void bench_ranges(void);
void bench_capabilities(void);
void bench_retype(void);
void bench_queues(void);
void bench_growth(void);
void bench_time(void);
void bench_latency(void);

/*
 * n Senders with mixed priorities, on the badged endpoint capability; more than before, never fewer. A group
 * that has waiters takes slots for them first.
 */
#define BENCH_WAITERS      4096u
#define BENCH_WAITER_BADGE 7u
extern volatile tess_word bench_waiter_stamp;
void bench_waiters_slots(void);
void bench_waiters(tess_cptr badged, tess_word n);
void bench_waiters_end(void);

#endif
