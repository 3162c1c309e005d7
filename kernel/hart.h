/*
 * kernel/hart.h: everything one hart keeps for itself (SPEC SC-9, VM-9).
 *
 * Kernel code reaches it through tp and through nothing else. While a hart is in user mode, sscratch
 * is the address of the running thread's TCB, and the TCB names the hart.
 */
#ifndef TESSERA_KERNEL_HART_H
#define TESSERA_KERNEL_HART_H

#include "kernel/queue.h"
#include "kernel/tcb.h"

#define PRIORITIES 256u

struct vspace;

struct ready_list {
    struct tcb *head, *tail;
};

struct hart {
    word scratch;        /* target of the store-conditional that ends a reservation (trap.S) */
    struct tcb *current; /* the thread in user mode, or whose trap this is; NULL: none, or it died */
    void *stack;         /* top of the kernel stack */
    word id;             /* as SBI and the device tree number it */
    uint32_t plic_context;

    /* sched.c */
    struct tcb *chosen;  /* the only thread woken since the last choice; not in the ready queue */
    bool woken;          /* one was, or several: those are in the ready queue */
    uint32_t ready_best; /* highest priority in the ready queue, plus 1; 0: it is empty */
    uint64_t ready_map[PRIORITIES / 64];
    struct context *charged; /* the context whose time runs */
    word charged_since;
    struct slot trace __attribute__((aligned(32))); /* holds the frame that TRACE was given (trace.c) */

    /* deadline.c */
    struct queue contexts; /* without budget, by when they have one */
    struct queue timers;   /* armed */
    word timers_from;      /* none of them expires before (TM-6) */
    word timer;            /* the deadline the timer is armed for; TIMER_NEVER: to be armed */
    bool timer_fired;      /* and not programmed since */

    word serial; /* arrivals in queues so far (serial.h) */

    /* vspace.c */
    word kernel_satp;      /* also tells how many levels tables have */
    struct vspace *vspace; /* active; NULL: the kernel's own table */
    uint32_t asid_last;    /* highest usable; 0: the machine has none */
    uint32_t asid_next;
    word asid_generation;         /* from 1 on; with one ASID, 32 bits would wrap within hours */
    word retry_pc, retry_address; /* a fault that a fence may have cured, tried once */

    /* fp.c */
    struct fp *fp; /* whose values the registers hold, or FP_NOBODY */
    bool fp_on;    /* sstatus.FS is not Off */

    /* trap.c */
    bool counters; /* scounteren lets user mode read them */

    struct ready_list ready[PRIORITIES]; /* last: what assembly uses lies within reach */
};

#ifdef __riscv
register struct hart *this_hart asm("tp");
#else
extern struct hart *this_hart; /* host tests bring their own */
#endif

#endif
