/*
 * kernel/offsets.c: constants that assembly needs, taken from the C types. Compiled to assembly and
 * turned into a header by the Makefile; never linked.
 */
#include "kernel/hart.h"

#define OFFSET(name, value) asm volatile("\n.ascii \"->" #name " %0\"" ::"i"(value))
#define REGISTER(name, member) OFFSET(TCB_##name, offsetof(struct tcb, registers.member))

void offsets(void);

void offsets(void)
{
    REGISTER(PC, pc);
    REGISTER(RA, ra);
    REGISTER(SP, sp);
    REGISTER(GP, gp);
    REGISTER(TP, tp);
    REGISTER(S, s);
    REGISTER(A0, a0);
    REGISTER(A1, a1);
    REGISTER(T0, t0);
    REGISTER(WORDS, words);
    REGISTER(A7, a7);
    REGISTER(T1, t1);
    REGISTER(T2, t2);
    REGISTER(T3, t3);
    OFFSET(TCB_HART, offsetof(struct tcb, hart));
    OFFSET(TCB_RESUME, offsetof(struct tcb, resume));
    OFFSET(HART_STACK, offsetof(struct hart, stack));
    OFFSET(HART_SCRATCH, offsetof(struct hart, scratch));
    OFFSET(RESUME_SHORT_VALUE, RESUME_SHORT);
}
