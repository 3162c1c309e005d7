/*
 * kernel/trap.S: the way into the kernel and the way back (SPEC ABI-1..ABI-4).
 *
 * sscratch holds the running thread's TCB in user mode, and 0 in the kernel. A system call saves what a
 * function call preserves, its arguments and the message; everything else saves all registers. The way
 * back follows the TCB: all registers, or those of a system call with the rest zero.
 *
 * In the kernel tp is the hart (kernel/hart.h); in this file, while registers move, it is the TCB.
 */
#include "kernel/layout.h"
#include "kernel/offsets.h"

#define SCAUSE_ECALL_U 8

/* Saved and restored on both paths. */
.macro preserved op
    \op ra, TCB_RA(tp)
    \op sp, TCB_SP(tp)
    \op gp, TCB_GP(tp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    \op s\n, TCB_S + 8 * \n(tp)
    .endr
.endm

/* A system call's arguments and results. */
.macro message op
    \op a0, TCB_A0(tp)
    \op a1, TCB_A1(tp)
    \op t0, TCB_T0(tp)
    \op a2, TCB_WORDS + 0(tp)
    \op a3, TCB_WORDS + 8(tp)
    \op a4, TCB_WORDS + 16(tp)
    \op a5, TCB_WORDS + 24(tp)
    \op a6, TCB_WORDS + 32(tp)
    \op t4, TCB_WORDS + 40(tp)
    \op t5, TCB_WORDS + 48(tp)
    \op t6, TCB_WORDS + 56(tp)
.endm

/* An sc ends a reservation, whosever it is: none outlives the kernel (IF-5). */
.macro give_up_reservation hart
    sc.d zero, zero, (\hart) /* its scratch word */
.endm

/* The thread's tp saved, sscratch 0; s11, which is saved already, the pc. */
.macro leave_user
    csrrw t1, sscratch, zero
    csrr s11, sepc
    sd t1, TCB_TP(tp)
.endm

/* To kernel C: a0 the TCB, tp the hart. */
.macro to_kernel
    sd s11, TCB_PC(tp)
    mv a0, tp
    ld tp, TCB_HART(a0)
    ld sp, HART_STACK(tp)
.endm

    .section .text
    .globl trap_entry, trap_return

    .balign 4
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, from_kernel
    sd t1, TCB_T1(tp)
    csrr t1, scause
    addi t1, t1, -SCAUSE_ECALL_U
    bnez t1, save_all

    preserved sd
    leave_user
#ifndef NO_DIRECT_PATH /* a kernel for tests, which are to see no difference */
    li t1, SYS_CALL_VALUE
    beq a7, t1, fast_call
    li t1, SYS_REPLY_RECV_VALUE
    beq a7, t1, fast_reply_recv
#endif
slow:
    message sd
    sd a7, TCB_A7(tp)
    to_kernel
    call trap_syscall
    j trap_return

save_all:
    preserved sd
    leave_user
    message sd
    sd a7, TCB_A7(tp)
    sd t2, TCB_T2(tp)
    sd t3, TCB_T3(tp)
    to_kernel
    csrr a1, scause
    csrr a2, stval
    call trap_other
    j trap_return

#include "kernel/fastpath.S"

/* a0: the thread to run. sstatus: SPP is 0 since boot, for a trap from the kernel is the end. */
trap_return:
    ld t1, TCB_PC(a0)
    lbu t2, TCB_RESUME(a0)
    csrw sepc, t1
    csrw sscratch, a0
    give_up_reservation tp
    mv tp, a0
    preserved ld
    bnez t2, 1f

    message ld
    ld a7, TCB_A7(tp)
    ld t1, TCB_T1(tp)
    ld t2, TCB_T2(tp)
    ld t3, TCB_T3(tp)
    ld tp, TCB_TP(tp)
    sret

1:  message ld
    li a7, 0
    li t1, 0
    li t2, 0
    li t3, 0
    ld tp, TCB_TP(tp)
    sret

/*
 * The kernel itself trapped: a defect. No register can be trusted, tp may be a TCB: what is left is a
 * stack, that of the first hart, for one line.
 */
from_kernel:
    csrw sscratch, zero
    li sp, KERNEL_STACK_TOP(0)
    csrr a0, sepc
    call trap_kernel
