/*
 * kernel/notification.h: notifications, one word of signals (SPEC NT).
 */
#ifndef TESSERA_KERNEL_NOTIFICATION_H
#define TESSERA_KERNEL_NOTIFICATION_H

#include "kernel/tcb.h"

struct notification {
    struct queue queue;
    word signals;      /* badges received since the last Wait, or'ed */
    struct tcb *bound; /* the thread that receives them on its endpoints too */
    bool signalled;    /* a badge may be 0 */
    uint16_t irqs;     /* first interrupt bound to it, 0: none (irq.c) */
    uint32_t waiting;
    struct context *context; /* bound: for threads without one that take the word (NT-9) */
    struct timer *timers;    /* first Timer bound to it (timer.c) */
};

_Static_assert(sizeof(struct notification) <= TESS_NOTIFICATION_BYTES, "fits its size in the ABI");

/* A notification with this right, in word n of the call; null: NULL. */
struct status notification_decode(const struct tcb *caller, unsigned n, word right, struct slot **slot);

/* Never blocks, never fails. */
void notification_signal(struct notification *notification, word badge);

/* Something that a kept word waited for may be there: a context, or another first waiter (NT-9). */
void notification_deliver(struct notification *notification);

/* Wait, and NBRecv without block, by the running thread. Caller: checked right and binding. */
struct status notification_wait(struct tcb *tcb, struct cap cap, bool block);

/*
 * Gives a pending word, and a context if it has none, to a thread that is about to receive; false: there is
 * none, or nothing it could run on.
 */
bool notification_take(struct notification *notification, struct tcb *tcb);

/* Would the thread lose its context if it waited, and have none when it is signalled? (RP-9) */
bool notification_strands(const struct notification *notification, const struct tcb *tcb);

void notification_remove(struct notification *notification, struct tcb *tcb);
void notification_requeue(struct notification *notification, struct tcb *tcb);
void notification_unbind(struct notification *notification);

/* Cancels all waiters, unbinds thread and interrupts; false: preempted. */
bool notification_finalise(struct notification *notification);

#endif
