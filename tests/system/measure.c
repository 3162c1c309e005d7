/*
 * tests/system/measure.c: what a call costs of a server with a context of its own, and of a passive one, in
 * instructions; the two are the same program (tests/system/adder.c).
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/start.h"

#define CALLS 1000u

static uint64_t instructions(void)
{
    uint64_t count;

    __asm__ volatile("rdinstret %0" : "=r"(count));
    return count;
}

static unsigned long cost_of_call(const char *name)
{
    tess_endpoint server = {tess_need_capability(name)};
    uint64_t before = 0;

    for (unsigned i = 0; i <= CALLS; i++) {
        tess_message m = {.info = TESS_INFO(0, 1, 0)};
        tess_result result = tess_call(server, &m);
        if (tess_failed(result))
            tess_fatal(name, result);
        if (i == 0) /* the first call may find the server still at its start */
            before = instructions();
    }
    return (unsigned long)((instructions() - before) / CALLS);
}

int main(void)
{
    unsigned long active = cost_of_call("active");
    unsigned long passive = cost_of_call("passive");

    printf("measure: a call and its answer: %lu instructions, passive %lu\n", active, passive);
    return EXIT_SUCCESS;
}
