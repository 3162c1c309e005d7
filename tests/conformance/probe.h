/*
 * tests/conformance/probe.h: every register before and after (probe.S).
 */
#ifndef TESSERA_TESTS_CONFORMANCE_PROBE_H
#define TESSERA_TESTS_CONFORMANCE_PROBE_H

#include "tests/conformance/common.h"

/* RISC-V's numbers of the registers of a system call. */
enum {
    X_RA = 1,
    X_SP = 2,
    X_GP = 3,
    X_TP = 4,
    X_T0 = 5,
    X_T1 = 6,
    X_T2 = 7,
    X_S0 = 8,
    X_S1 = 9,
    X_A0 = 10,
    X_A1 = 11,
    X_A2 = 12,
    X_A7 = 17,
    X_S2 = 18,
    X_S11 = 27,
    X_T3 = 28,
    X_T4 = 29,
    X_T5 = 30,
    X_T6 = 31,
};

struct probe {
    uint64_t in[32], out[32]; /* x1 to x31 by number; x27, s11, is the probe's own address */
    uint64_t sp;
    volatile uint64_t flag;
};

/* Makes the system call that `in` says. */
void probe_ecall(struct probe *probe);

/* Where its ecall returns to: stores all registers into `out` and returns from probe_ecall or probe_wait. */
void probe_after(void);

/* Spins with the registers of `in` (t6 excepted) until `flag` is not zero. */
void probe_wait(struct probe *probe);

void probe_fp_load(const uint64_t values[33]);
void probe_fp_store(uint64_t values[33]);

/* Fills `in` with values no two of which are equal. */
void probe_fill(struct probe *probe, uint64_t seed);

/* Number of message word i. */
unsigned probe_word(unsigned i);

/* Fills `in`, puts the system call into it and makes it. */
void probe_syscall(struct probe *probe, tess_word operation, tess_cptr cap, tess_word info, tess_cptr reply,
                   const tess_word words[8]);

/* Checks that a system call kept and cleared what it must (ABI-2); fails with the number of the register. */
void probe_expect_call(const struct probe *probe, const char *what);

#endif
