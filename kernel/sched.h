/*
 * kernel/sched.h: who runs next (SPEC SC-6..SC-9).
 */
#ifndef TESSERA_KERNEL_SCHED_H
#define TESSERA_KERNEL_SCHED_H

#include "kernel/hart.h"

/* The thread became READY: it runs when its turn comes, at once if it is the most urgent. */
void sched_wake(struct tcb *tcb);

/* The same for a thread that was READY already, and has a budget again. */
void sched_ready(struct tcb *tcb);

/* Out of the ready queue, if there. */
void sched_forget(struct tcb *tcb);

/* The running thread goes behind the others of its priority. */
void sched_yield(void);

/* If it is ready: first of its priority, in front of the running thread (SC-16). */
void sched_yield_to(struct tcb *tcb);

/* Call before and after a change of priority or context of a thread that may be queued. */
void sched_set_priority(struct tcb *tcb, uint8_t priority);

/* Charges the running context up to now. */
void sched_charge(void);

/* The timer fired: a budget that ended, and what is due. */
void sched_timer(void);

/* Chooses the thread to run, switches everything to it, and returns it; waits when there is none. */
struct tcb *sched_next(void);

#endif
