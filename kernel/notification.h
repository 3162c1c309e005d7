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
};

_Static_assert(sizeof(struct notification) <= TESS_NOTIFICATION_BYTES, "fits its size in the ABI");

/* Never blocks, never fails. */
void notification_signal(struct notification *notification, word badge);

/* Wait, and NBRecv without block, by the running thread. Caller: checked right and binding. */
struct status notification_wait(struct tcb *tcb, struct cap cap, bool block);

/* Delivers a pending signal to a thread that is about to receive; false when there is none. */
bool notification_take(struct notification *notification, struct tcb *tcb);

void notification_remove(struct notification *notification, struct tcb *tcb);
void notification_requeue(struct notification *notification, struct tcb *tcb);
void notification_unbind(struct notification *notification);

/* Cancels all waiters, unbinds thread and interrupts; false: preempted. */
bool notification_finalise(struct notification *notification);

#endif
