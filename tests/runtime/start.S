/*
 * tests/runtime/start.S: the first instructions of a program that is root, and of its threads.
 *
 * Root starts with a0 = boot information, a1 = its length, every other register zero (BI-7). It brings its
 * own stack, gp, and in tp its struct rt_thread. _start owns every register.
 */
    .section .text.start, "ax", @progbits
    .globl _start
_start:
    /* Whatever is not zero in a register but a0 and a1 is kept for a test to see: rt_start_bits. */
    .irp n, 1,2,3,4,5,6,7,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    or t6, t6, x\n
    .endr
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, rt_root_stack_end
    la tp, rt_root
    la t0, rt_start_bits
    sd t6, 0(t0)
    li s0, 0
    tail rt_start

/* Where a thread begins: tp, sp and gp are set. */
    .text
    .globl rt_thread_begin
rt_thread_begin:
    li s0, 0
    tail rt_thread_run

    .bss
    .balign 16
rt_root_stack:
    .space 16384
rt_root_stack_end:
