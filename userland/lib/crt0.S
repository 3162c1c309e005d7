/*
 * userland/lib/crt0.S: the first instructions of every program.
 *
 * In: a0 = the start block, or, in a first program, the boot information; a1 = its length. sp = the top
 * of the stack; zero in a first program, which brings its own (TESS_BOOT_STACK in userland/lib/boot.h).
 * Owns every register.
 */
    .section .text.start, "ax", @progbits
    .globl  _start
    .type   _start, @function
    .weak   tess_boot_stack_end
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    bnez    sp, 1f
    la      sp, tess_boot_stack_end
1:  andi    sp, sp, -16
    li      s0, 0                   /* the end of the chain of frames */
    li      ra, 0
    tail    tess_start_c
    .size   _start, . - _start
