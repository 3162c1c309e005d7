/*
 * kernel/sched.h: who runs next (SPEC SC-6..SC-9).
 */
#ifndef TESSERA_KERNEL_SCHED_H
#define TESSERA_KERNEL_SCHED_H

#include "kernel/hart.h"

/* The thread became READY: it runs when its turn comes, at once if it is the most urgent. */
void sched_wake(struct tcb *tcb);

/* Out of the ready queue, if there. */
void sched_forget(struct tcb *tcb);

/* The running thread goes behind the others of its priority. */
void sched_yield(void);

/* Call before and after a change of priority or context of a thread that may be queued. */
void sched_set_priority(struct tcb *tcb, uint8_t priority);

/* Charges the running context up to now. */
void sched_charge(void);

/* The timer fired: budgets that are due, a budget that ended. */
void sched_timer(void);

/* Chooses the thread to run, switches everything to it, and returns it; waits when there is none. */
struct tcb *sched_next(void);

/* A context enters or leaves the queue of those without budget. */
void sched_await_budget(struct context *context);
void sched_forget_context(struct context *context);

#endif
