/*
 * kernel/timer.h: Timer objects: a notification is signalled at a time, or again and again (SPEC TM).
 */
#ifndef TESSERA_KERNEL_TIMER_H
#define TESSERA_KERNEL_TIMER_H

#include "kernel/deadline.h"
#include "kernel/tcb.h"

struct timer {
    struct deadline deadline;          /* armed: in the tree */
    word time, period;                 /* next expiration as asked for; period 0: once */
    word interval;                     /* shortest time between two expirations */
    word last;                         /* expiration */
    word missed;                       /* expirations without a signal of their own, since it was armed */
    struct notification *notification; /* bound, or NULL */
    word badge;
    struct timer *prev, *next; /* Timers bound to the same notification */
};

_Static_assert(sizeof(struct timer) <= TESS_TIMER_BYTES, "a Timer fits its size in the ABI");

void timer_create(struct timer *timer);
void timer_finalise(struct timer *timer);
struct status timer_invoke(struct timer *timer, word label, struct tcb *caller);

/* SET_INTERVAL; valid ticks. */
void timer_set_interval(struct timer *timer, word interval);

/* Its time has come; it is not in the tree any more. */
void timer_expire(struct timer *timer, word now);

/* Unbinds Timers from a notification that ends, a few at a time; true: all. */
bool timer_unbind_all(struct notification *notification);

#endif
