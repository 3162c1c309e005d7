/*
 * kernel/tcb.h: the thread control block (SPEC TH).
 */
#ifndef TESSERA_KERNEL_TCB_H
#define TESSERA_KERNEL_TCB_H

#include "caps/status.h"
#include "caps/teardown.h"
#include "kernel/abi.h"
#include "kernel/queue.h"

struct hart;
struct endpoint;
struct notification;
struct reply;
struct context;
struct fp;
struct vspace;

/* What a thread keeps, in the order trap.S saves it. The message words stand together for ipc.c. */
struct registers {
    word pc;
    word ra, sp, gp, tp;
    word s[12];
    word a0, a1, t0;                 /* capability, information, Reply; then status, information, badge */
    word words[TESS_REGISTER_WORDS]; /* a2 a3 a4 a5 a6 t4 t5 t6 */
    word a7, t1, t2, t3;
};

/* How the thread goes on (ABI-3). */
enum resume {
    RESUME_FULL,  /* all registers */
    RESUME_SHORT, /* after a system call: a7 and t1-t3 become zero instead */
};

/* How it waits in an endpoint's queue. */
enum sending { SENDING_SEND, SENDING_CALL, SENDING_FAULT };

struct tcb {
    struct slot slots[TCB_SLOTS]; /* first: caps/teardown.c finds them at the object's address */
    struct registers registers;

    struct hart *hart;
    struct context *context;   /* the scheduling context it runs on; NULL: passive */
    struct context *own;       /* the one whose home it is, whoever runs on it now */
    struct context *lent;      /* the one it is the newest to have lent, and waits for */
    struct tcb *older, *newer; /* others who lent it */
    struct reply *reply; /* RECEIVING: offered; AWAITING_REPLY, FAULTED: the one that holds it, or NULL */
    uint8_t state;       /* enum tess_thread_state */
    uint8_t resume;      /* enum resume */
    bool forsaken;       /* who runs on what it lent is not who should answer it */
    bool grant;          /* in a queue of senders: its endpoint capability has GRANT */
    uint8_t priority, ceiling;
    uint8_t flags;   /* TESS_TCB_ */
    uint8_t sending; /* enum sending, while in a queue of senders */
    bool queued;     /* in the ready queue */

    struct tcb *ready_prev, *ready_next;
    struct queue_node node;            /* in the queue of the object it waits on */
    void *waits_on;                    /* that endpoint or notification, the last one if it waits no more */
    word badge;                        /* of the capability it sends with */
    struct notification *notification; /* bound */
    struct fp *fp;
    uint32_t buffer_offset; /* of the IPC buffer in its frame */
    uint32_t fault;         /* enum tess_fault, last one; with it: */
    word fault_pc, fault_address, fault_cause;
};

_Static_assert(sizeof(struct tcb) <= TESS_TCB_BYTES, "a TCB fits its size in the ABI");

/* A thread made by Retype: INACTIVE, priority and ceiling 0. */
void tcb_create(struct tcb *tcb);

/* The last capability is going: no reference to the thread remains. */
void tcb_finalise(struct tcb *tcb);

/* Operations on a TCB capability; caller is the thread that calls (TH-4..TH-9). */
struct status tcb_invoke(struct tcb *tcb, word label, struct tcb *caller);

/* Ends what the thread waits for, or its place in a queue, with CANCELLED. It is then INACTIVE. */
void tcb_cancel(struct tcb *tcb);

/* Stops it, also when it runs. */
void tcb_suspend(struct tcb *tcb);

/* The result of the system call the thread is in: status, no message, zero words. */
void tcb_set_result(struct tcb *tcb, word code, word detail);

/* A frame in word n that the kernel can read and write; null: NULL. */
struct status tcb_decode_frame(const struct tcb *caller, unsigned n, struct slot **slot);

/* Its IPC buffer through the physical window, or NULL. */
struct tess_ipc_buffer *tcb_buffer(const struct tcb *tcb);

/* Does it stand in the queue of waits_on? */
bool tcb_is_waiting(const struct tcb *tcb);

/* All eight message words to zero. */
static inline void tcb_clear_words(struct tcb *tcb)
{
#pragma GCC unroll 8
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        tcb->registers.words[i] = 0;
}

/* Its address space, or NULL. */
static inline struct vspace *tcb_vspace(const struct tcb *tcb)
{
    struct cap cap = tcb->slots[TCB_SLOT_VSPACE].cap;
    return cap_type(cap) == CAP_VSPACE ? cap_object(cap) : NULL;
}

/* Its CSpace root; empty when it has none. */
static inline struct cap tcb_cspace(const struct tcb *tcb)
{
    return tcb->slots[TCB_SLOT_CSPACE].cap;
}

#endif
