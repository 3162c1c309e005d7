/*
 * tests/conformance/probe.S: a system call, or a wait, with every register filled and every register kept.
 *
 * probe_ecall(struct probe *), probe_wait(struct probe *): see probe.h for the structure. s11 holds its
 * address throughout, so it is the one register that a wrong kernel makes us fault on instead of seeing.
 * Both own all registers while they run, and return with those of a function call preserved.
 */

#define PROBE_IN 0
#define PROBE_OUT 256
#define PROBE_SP 512
#define PROBE_FLAG 520

.macro enter
    addi sp, sp, -128
    sd ra, 0(sp)
    sd gp, 8(sp)
    sd tp, 16(sp)
    sd s0, 24(sp)
    sd s1, 32(sp)
    sd s2, 40(sp)
    sd s3, 48(sp)
    sd s4, 56(sp)
    sd s5, 64(sp)
    sd s6, 72(sp)
    sd s7, 80(sp)
    sd s8, 88(sp)
    sd s9, 96(sp)
    sd s10, 104(sp)
    sd s11, 112(sp)
    mv s11, a0
    sd sp, PROBE_SP(s11)
.endm

.macro leave
    ld sp, PROBE_SP(s11)
    ld ra, 0(sp)
    ld gp, 8(sp)
    ld tp, 16(sp)
    ld s0, 24(sp)
    ld s1, 32(sp)
    ld s2, 40(sp)
    ld s3, 48(sp)
    ld s4, 56(sp)
    ld s5, 64(sp)
    ld s6, 72(sp)
    ld s7, 80(sp)
    ld s8, 88(sp)
    ld s9, 96(sp)
    ld s10, 104(sp)
    ld s11, 112(sp)
    addi sp, sp, 128
    ret
.endm

.macro all op, base
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,28,29,30,31
    \op x\n, \base + 8 * \n(s11)
    .endr
.endm

    .option norelax
    .text
    .globl probe_ecall, probe_after, probe_wait
probe_ecall:
    enter
    all ld, PROBE_IN
    ecall
probe_after:
    all sd, PROBE_OUT
    sd s11, PROBE_OUT + 8 * 27(s11)
    leave

/* Waits until the word at PROBE_FLAG is not zero; t6 is its scratch. */
probe_wait:
    enter
    all ld, PROBE_IN
1:  ld t6, PROBE_FLAG(s11)
    beqz t6, 1b
    all sd, PROBE_OUT
    sd s11, PROBE_OUT + 8 * 27(s11)
    leave

/* void probe_fp_load(const uint64_t f[33]), void probe_fp_store(uint64_t f[33]): f0-f31, then fcsr. */
    .globl probe_fp_load, probe_fp_store
probe_fp_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8 * \n(a0)
    .endr
    ld t0, 256(a0)
    fscsr t0
    ret

probe_fp_store:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sd t0, 256(a0)
    ret
