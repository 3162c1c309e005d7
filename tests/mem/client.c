/*
 * tests/mem/client.c: what a client of tests/mem/stage.h runs. Only this page of the program is mapped in it.
 */
#include "tests/mem/stage.h"

#include "userland/lib/syscall.h"

static inline __attribute__((always_inline)) uint64_t instructions(void)
{
    uint64_t now;

    __asm__ volatile("rdinstret %0" : "=r"(now));
    return now;
}

/* The endpoint is in slot 1 of its CSpace. Words: out, what was read; in, action, address, value. */
__attribute__((aligned(4096), noinline, optimize("no-jump-tables"))) void client_main(void)
{
    tess_word words[TESS_REGISTER_WORDS] = {0};

    for (;;) {
        tess_word info = TESS_INFO(0, 1, 0), badge = 0;
        tess_ecall(TESS_SYS_CALL, 1, &info, &badge, words);
        volatile uint64_t *at = (volatile uint64_t *)words[1];
        if (words[0] == STAGE_READ) {
            words[0] = *at;
        } else if (words[0] == STAGE_WRITE) {
            *at = words[2];
        } else {
            uint64_t before = instructions();
            *at = words[2];
            words[0] = instructions() - before;
        }
    }
}
