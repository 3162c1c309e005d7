/*
 * kernel/fp.c: floating point, switched when it is used (SPEC FP-1..FP-7).
 *
 * The registers hold the values of hart->fp. Any other thread runs with floating point off, and its
 * first floating-point instruction traps here. sstatus is touched only when on and off change.
 */
#include "kernel/fp.h"

void fp_store(word *registers);
void fp_load(const word *registers);

void fp_turn(bool on)
{
    this_hart->fp_on = on;
    if (on)
        asm volatile("csrs sstatus, %0" ::"r"(FP_ON));
    else
        asm volatile("csrc sstatus, %0" ::"r"(FP_ON));
}

/* The registers hold nobody's values afterwards. */
static void evict(void)
{
    struct fp *fp = this_hart->fp;
    if (fp == FP_NOBODY)
        return;
    fp_turn(true);
    fp_store(fp->registers);
    fp->hart = NULL;
    this_hart->fp = FP_NOBODY;
}

bool fp_claim(struct tcb *tcb)
{
    if (!tcb->fp || tcb->fp == this_hart->fp)
        return false;
    evict();
    fp_turn(true);
    fp_load(tcb->fp->registers);
    tcb->fp->hart = this_hart;
    this_hart->fp = tcb->fp;
    return true;
}

void fp_bind(struct fp *fp, struct tcb *tcb)
{
    fp->thread = tcb;
    tcb->fp = fp;
}

void fp_unbind(struct fp *fp)
{
    if (fp->hart)
        evict();
    if (fp->thread)
        fp->thread->fp = NULL;
    fp->thread = NULL;
}

void fp_finalise(struct fp *fp)
{
    fp_unbind(fp);
}

/* Opcodes: RISC-V unprivileged specification, tables 24.1 and 16.5-16.7. */
bool fp_is_instruction(word instruction)
{
    unsigned opcode = instruction & 0x7f, csr = instruction >> 20 & 0xfff;

    if ((instruction & 3) != 3) { /* c.fld, c.fsd, c.fldsp, c.fsdsp */
        unsigned quadrant = instruction & 3, function = instruction >> 13 & 7;
        return (quadrant == 0 || quadrant == 2) && (function == 1 || function == 5);
    }
    switch (opcode) {
    case 0x07: /* load */
    case 0x27: /* store */
    case 0x43: /* multiply-add, four of them */
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53: /* compute */
        return true;
    case 0x73: /* fflags, frm, fcsr */
        return (instruction >> 12 & 3) != 0 && csr >= 1 && csr <= 3;
    default:
        return false;
    }
}
