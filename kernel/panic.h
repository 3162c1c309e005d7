/*
 * kernel/panic.h: the end, in one line.
 */
#ifndef TESSERA_KERNEL_PANIC_H
#define TESSERA_KERNEL_PANIC_H

#include <stdint.h>

/* Prints `tessera: panic: WHAT at PC (CLAUSE)`, PC being the caller, and powers the machine off. */
_Noreturn void panic(const char *what, const char *clause);

/* The same for a pc that is not the caller's. */
_Noreturn void panic_at(const char *what, uint64_t pc, const char *clause);

/* A condition that only a bug in the kernel can break; the text names the bug's victim. */
#define ASSERT(condition, text)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            panic((text), "assertion");                                                                      \
    } while (0)

#endif
