/*
 * tests/unit/unit.h: the frame of a host unit test program.
 *
 * A program has a table of tests and runs it with UNIT_RUN. Each test prints a TAP line, the program ends
 * with `N passed, N failed`. A check that fails says where and why, and ends its test; the next one runs.
 * A test that checked nothing has failed. Everything is in this header: a program needs no other file.
 */
#ifndef TESSERA_TESTS_UNIT_UNIT_H
#define TESSERA_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_test {
    const char *name; /* begins with the clause it checks, where there is one */
    void (*run)(void);
};

struct unit_state {
    jmp_buf leave;
    unsigned long checks;
    unsigned passed, failed;
};

/* One for the whole program, whichever of its files include this. */
__attribute__((weak)) struct unit_state unit_state;

__attribute__((noreturn, format(printf, 3, 4))) static inline void unit_fail(const char *file, int line,
                                                                             const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printf("# %s:%d: ", file, line);
    vprintf(format, values);
    printf("\n");
    va_end(values);
    longjmp(unit_state.leave, 1);
}

#define FAIL(...) unit_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        unit_state.checks++;                                                                                 \
        if (!(condition))                                                                                    \
            FAIL("not so: %s", #condition);                                                                  \
    } while (0)

#define CHECK_EQ(is, expected)                                                                               \
    do {                                                                                                     \
        uint64_t check_is = (uint64_t)(is), check_expected = (uint64_t)(expected);                           \
        unit_state.checks++;                                                                                 \
        if (check_is != check_expected)                                                                      \
            FAIL("%s is 0x%llx, expected %s = 0x%llx", #is, (unsigned long long)check_is, #expected,         \
                 (unsigned long long)check_expected);                                                        \
    } while (0)

static inline int unit_run(const struct unit_test *tests, unsigned count)
{
    /* Lines already printed must not be lost if a sanitizer ends the program. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%u\n", count);
    for (volatile unsigned i = 0; i < count; i++) {
        unit_state.checks = 0;
        bool passed = setjmp(unit_state.leave) == 0;
        if (passed) {
            tests[i].run();
            if (unit_state.checks == 0) {
                printf("# the test checked nothing\n");
                passed = false;
            }
        }
        unit_state.passed += passed;
        unit_state.failed += !passed;
        printf("%s %u - %s\n", passed ? "ok" : "not ok", i + 1, tests[i].name);
    }
    printf("%u passed, %u failed\n", unit_state.passed, unit_state.failed);
    return unit_state.failed ? 1 : 0;
}

#define UNIT_RUN(tests) unit_run(tests, sizeof(tests) / sizeof *(tests))

#endif
