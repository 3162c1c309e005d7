/*
 * userland/lib/syscall.h: the system-call stub (ABI-1).
 *
 * One `ecall` with the registers of kernel/abi.h. A system call is a function call to the compiler:
 * every caller-saved integer register is an output or declared clobbered, all eight message words go
 * in and come back, ra and all floating-point state are kept by the kernel.
 */
#ifndef TESSERA_USERLAND_LIB_SYSCALL_H
#define TESSERA_USERLAND_LIB_SYSCALL_H

#include "kernel/abi.h"

/*
 * info: message information, in and out. t0: Reply capability in; badge, or detail of an error, out.
 * words: the eight message words, in and out. Returns the status.
 */
static inline __attribute__((always_inline)) tess_word
tess_ecall(tess_word operation, tess_cptr capability, tess_word *info, tess_word *t0, tess_word *words)
{
    register tess_word r_a0 __asm__("a0") = capability;
    register tess_word r_a1 __asm__("a1") = *info;
    register tess_word r_a2 __asm__("a2") = words[0];
    register tess_word r_a3 __asm__("a3") = words[1];
    register tess_word r_a4 __asm__("a4") = words[2];
    register tess_word r_a5 __asm__("a5") = words[3];
    register tess_word r_a6 __asm__("a6") = words[4];
    register tess_word r_t4 __asm__("t4") = words[5];
    register tess_word r_t5 __asm__("t5") = words[6];
    register tess_word r_t6 __asm__("t6") = words[7];
    register tess_word r_t0 __asm__("t0") = *t0;
    register tess_word r_a7 __asm__("a7") = operation;

    __asm__ volatile("ecall"
                     : "+r"(r_a0), "+r"(r_a1), "+r"(r_a2), "+r"(r_a3), "+r"(r_a4), "+r"(r_a5), "+r"(r_a6),
                       "+r"(r_t4), "+r"(r_t5), "+r"(r_t6), "+r"(r_t0), "+r"(r_a7)
                     :
                     : "t1", "t2", "t3", "memory");

    words[0] = r_a2;
    words[1] = r_a3;
    words[2] = r_a4;
    words[3] = r_a5;
    words[4] = r_a6;
    words[5] = r_t4;
    words[6] = r_t5;
    words[7] = r_t6;
    *info = r_a1;
    *t0 = r_t0;
    return r_a0;
}

#endif
