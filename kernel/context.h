/*
 * kernel/context.h: scheduling contexts, the right to run (SPEC SC).
 */
#ifndef TESSERA_KERNEL_CONTEXT_H
#define TESSERA_KERNEL_CONTEXT_H

#include "kernel/tcb.h"

struct context {
    struct tcb *thread;     /* the one that runs on it */
    struct tcb *home;       /* the one it was bound to */
    struct reply *top;      /* newest link of the chain of Calls it was lent along */
    word budget, period;    /* ticks; budget == period: round robin */
    word left;              /* ticks of budget left */
    word due;               /* when the budget is full again */
    word consumed;          /* ticks since it was made */
    word consumed_seen;     /* at the last CONSUMED */
    word badge;             /* of its timeout fault */
    struct queue_node node; /* in the hart's queue of contexts that wait for their budget */
    struct hart *hart;
    uint8_t refills;
    bool waiting; /* in that queue */
};

_Static_assert(sizeof(struct context) <= TESS_SCHED_CONTEXT_BYTES, "fits its size in the ABI");

void context_create(struct context *context, unsigned refills);
void context_finalise(struct context *context);

struct status context_invoke(struct context *context, word label, struct tcb *caller);
struct status sched_control_invoke(struct cap control, word label, struct tcb *caller);

/* Budget and period, valid ones; also the boot's way to give root its context. */
void context_configure(struct context *context, struct hart *hart, word budget, word period, word badge);

/* Caller: neither is bound. */
void context_bind(struct context *context, struct tcb *tcb);

/* From the thread that runs on it to another without one (NULL: to nobody). */
void context_move(struct context *context, struct tcb *to);

/* A thread is about to block on a context lent to it that no reply will take back: it goes home. */
void context_go_home(struct tcb *tcb);

/* Round robin: its thread goes behind its equals when a budget ends, and has the next one at once (SC-7). */
static inline bool context_is_slice(const struct context *context)
{
    return context->budget == context->period;
}

/* Can a thread run on it now? */
static inline bool context_has_budget(const struct context *context)
{
    return context->left != 0;
}

/* Ticks were used. */
void context_charge(struct context *context, word ticks, word now);

/* Its budget is due again. */
void context_refill(struct context *context, word now);

#endif
