/*
 * tests/bench/stamp.S: the instructions between which everything is measured.
 *
 * Each function reads instret right before the measured instruction and right behind it; between the two
 * nothing else happens in user mode. The labels bench_before and bench_after, and those like them, are for
 * tests/tools/trace_path.py. Offsets are those of struct bench_call (bench.c checks them).
 */
#define OPERATION 0
#define CAP       8
#define INFO      16
#define REPLY     24
#define WORDS     32
#define BEFORE    96
#define AFTER     104
#define STATUS    112
#define RESULT    120
#define BADGE     128
#define ANSWER    136

    .text
    .option norvc

/* What reading the counter costs by itself: returns the difference of two readings in a row. */
    .globl bench_reading
bench_reading:
    rdinstret a0
    rdinstret a1
    sub a0, a1, a0
    ret

/* a0: the call. Keeps it in s0 and the first stamp in s1, which the kernel preserves. */
    .globl bench_syscall, bench_before, bench_after
bench_syscall:
    addi sp, sp, -16
    sd s0, 0(sp)
    sd s1, 8(sp)
    mv s0, a0
    ld a7, OPERATION(s0)
    ld a0, CAP(s0)
    ld a1, INFO(s0)
    ld t0, REPLY(s0)
    ld a2, WORDS(s0)
    ld a3, WORDS + 8(s0)
    ld a4, WORDS + 16(s0)
    ld a5, WORDS + 24(s0)
    ld a6, WORDS + 32(s0)
    ld t4, WORDS + 40(s0)
    ld t5, WORDS + 48(s0)
    ld t6, WORDS + 56(s0)
bench_before:
    rdinstret s1
    ecall
bench_after:
    rdinstret t1
    sd s1, BEFORE(s0)
    sd t1, AFTER(s0)
    sd a0, STATUS(s0)
    sd a1, RESULT(s0)
    sd t0, BADGE(s0)
    sd a2, ANSWER(s0)
    sd a3, ANSWER + 8(s0)
    sd a4, ANSWER + 16(s0)
    sd a5, ANSWER + 24(s0)
    sd a6, ANSWER + 32(s0)
    sd t4, ANSWER + 40(s0)
    sd t5, ANSWER + 48(s0)
    sd t6, ANSWER + 56(s0)
    ld s0, 0(sp)
    ld s1, 8(sp)
    addi sp, sp, 16
    ret

/* Reads the byte at word 0 of the call, which faults; the handler lets it go on at bench_fault_after. */
    .globl bench_fault, bench_fault_before, bench_fault_after
bench_fault:
    ld a1, WORDS(a0)
bench_fault_before:
    rdinstret a2
    lbu zero, 0(a1)
bench_fault_after:
    rdinstret a3
    sd a2, BEFORE(a0)
    sd a3, AFTER(a0)
    sd zero, STATUS(a0)
    ret

/* Writes the byte word 1 of the call to the address word 0: a device raises its interrupt by it. */
    .globl bench_store, bench_store_before, bench_store_after
bench_store:
    ld a1, WORDS(a0)
    ld a4, WORDS + 8(a0)
bench_store_before:
    rdinstret a2
    sb a4, 0(a1)
bench_store_after:
    rdinstret a3
    sd a2, BEFORE(a0)
    sd a3, AFTER(a0)
    sd zero, STATUS(a0)
    ret

/*
 * A thread without a stack: Sends to the endpoint in s0 for ever, and says at the address in s1 when. The
 * store of the stamp is one instruction more than the operation.
 */
    .globl bench_waiter, bench_waiter_before
bench_waiter:
    li a7, 3 /* TESS_SYS_SEND */
    mv a0, s0
    li a1, 0
    li t0, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li t4, 0
    li t5, 0
    li t6, 0
bench_waiter_before:
    rdinstret t1
    sd t1, 0(s1)
    ecall
    j bench_waiter

/* The same, but Yields for ever. */
    .globl bench_yielder
bench_yielder:
    li a7, 7 /* TESS_SYS_YIELD */
    li a0, 0
    li a1, 0
    li t0, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li t4, 0
    li t5, 0
    li t6, 0
    rdinstret t1
    sd t1, 0(s1)
    ecall
    j bench_yielder
