/*
 * kernel/fp.h: floating-point state as an object (SPEC FP).
 */
#ifndef TESSERA_KERNEL_FP_H
#define TESSERA_KERNEL_FP_H

#include "kernel/hart.h"

/* sstatus.FS, on: Dirty, for the kernel does not ask whether values changed. */
#define FP_ON (3ull << 13)

struct fp {
    struct tcb *thread; /* bound */
    struct hart *hart;  /* whose registers hold the values, or NULL: they are here */
    word registers[32];
    word fcsr;
};

_Static_assert(sizeof(struct fp) <= TESS_FP_BYTES, "an FP object fits its size in the ABI");

/* hart->fp when the registers hold nobody's values. Not NULL: that is what a thread without FP object has. */
#define FP_NOBODY ((struct fp *)1)

/* Caller: neither is bound. */
void fp_bind(struct fp *fp, struct tcb *tcb);
void fp_unbind(struct fp *fp);
void fp_finalise(struct fp *fp);

/* Turns floating point on or off for user mode. */
void fp_turn(bool on);

/* Do the registers hold this thread's values? Floating point is on in user mode if and only if so. */
static inline bool fp_is_live(const struct tcb *tcb)
{
    return tcb->fp == this_hart->fp;
}

/*
 * An illegal-instruction trap: if floating point was off and the thread has an FP object, loads it and
 * returns true: try again.
 */
bool fp_claim(struct tcb *tcb);

/* Is this an instruction that needs floating point? */
bool fp_is_instruction(word instruction);

#endif
