/*
 * kernel/context.h: scheduling contexts, the right to run (SPEC SC).
 */
#ifndef TESSERA_KERNEL_CONTEXT_H
#define TESSERA_KERNEL_CONTEXT_H

#include "kernel/deadline.h"
#include "kernel/refill.h"
#include "kernel/tcb.h"

struct context {
    struct tcb *thread; /* the one that runs on it */
    struct tcb *home;   /* the one it was bound to */
    struct tcb *top;    /* newest of those that lent it and wait for it */
    struct notification *notification;
    word consumed;      /* ticks since it was made */
    word consumed_seen; /* at the last CONSUMED */
    word badge;         /* of its timeout fault, and in the trace */
    struct deadline deadline;
    uint8_t room;           /* refills there is memory for */
    bool fresh;             /* its thread became ready, and the clock was not read yet (SC-13) */
    bool risen;             /* it went to a more urgent thread since time was charged last (SC-15) */
    struct refills refills; /* last: its ring goes on to the end of the object */
};

_Static_assert(sizeof(struct context) + TESS_REFILLS_MIN * sizeof(struct refill) <= TESS_SCHED_CONTEXT_BYTES,
               "fits its size in the ABI");
_Static_assert(sizeof(struct refill) == TESS_REFILL_BYTES, "as the ABI says");

void context_create(struct context *context, unsigned refills);
void context_finalise(struct context *context);

struct status context_invoke(struct context *context, word label, struct tcb *caller);
struct status sched_control_invoke(struct cap control, word label, struct tcb *caller);

/* Valid budget, period and number of refills (0: all); also the boot's way to give root its context. */
void context_configure(struct context *context, word budget, word period, word refills, word badge);

/* Caller: neither is bound. */
void context_bind(struct context *context, struct tcb *tcb);

/* UNBIND: home, runner, those who wait for it and notification have nothing to do with it any more (SC-5). */
void context_detach(struct context *context);

/* From the thread that runs on it to another without one (NULL: to nobody). */
void context_move(struct context *context, struct tcb *to);

/* ---- lending (RP-3..RP-6) ---------------------------------------------------------------------------- */

/* The caller, which waits from now on, lends it to a thread without one. */
void context_lend(struct context *context, struct tcb *caller, struct tcb *to);

/* Back to the newest of those who wait for it, from the thread that runs on it. */
void context_return(struct context *context, struct tcb *caller);

/*
 * Something about who runs on it or waits for it has changed. If nobody is in the middle of work on it, it
 * goes to the newest of those who wait for it, or to its notification.
 */
void context_settle(struct context *context);

/* The thread, which may stand among those who wait for a context, waits for it no more. */
void context_forgo(struct tcb *tcb);

/* Would a thread that begins to wait for a message or signal lose its context? */
bool context_is_leaving(const struct tcb *tcb);

/* It does. */
static inline void context_give_back(struct tcb *tcb)
{
    if (tcb->context && tcb->context->home != tcb)
        context_settle(tcb->context);
}

/* Bound to a notification and lent to nobody. */
static inline bool context_is_free(const struct context *context)
{
    return !context->thread && !context->top;
}

/* ---- budgets ------------------------------------------------------------------------------------------- */

/* Round robin: its thread goes behind its equals when a budget ends, and has the next one at once (SC-7). */
static inline bool context_is_slice(const struct context *context)
{
    return context->refills.budget == context->refills.period;
}

/* Can a thread run on it now? */
static inline bool context_has_budget(const struct context *context)
{
    return context->refills.left != 0;
}

/* Ticks were used, up to now, of a budget that is no slice. */
void context_charge_refills(struct context *context, word ticks, word now);

/* Ticks were used, up to now. */
static inline void context_charge(struct context *context, word ticks, word now)
{
    struct refills *refills = &context->refills;

    context->consumed += ticks;
    if (context_is_slice(context))
        refills->left = ticks < refills->left ? refills->left - ticks : 0;
    else
        context_charge_refills(context, ticks, now);
}

/* It has no budget: from now on it waits for the next piece, if it will have one. */
void context_await(struct context *context);

/* The piece is there. */
void context_due(struct context *context);

/* Its thread became ready at this time; or now, and is not run at once. */
void context_begin_at(struct context *context, word now);
void context_begin(struct context *context);

#endif
