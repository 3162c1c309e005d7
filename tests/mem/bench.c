/*
 * tests/mem/bench.c: what a fault costs from the client's instruction to its end: retired instructions of everybody, so
 * those of kernel and server too.
 */
#include <stdio.h>

#include "tests/mem/stage.h"

#define TIMES 32u

static uint64_t timed(unsigned client, uint32_t page)
{
    uint64_t value;

    stage_do(client, (struct stage_order){STAGE_TIMED, (STAGE_AREA + page) * POOL_PAGE_BYTES, 1}, &value);
    return value;
}

/* The median of the pages from there on. */
static uint64_t median(unsigned client, uint32_t first)
{
    uint64_t sorted[TIMES];

    for (unsigned i = 0; i < TIMES; i++) {
        uint64_t now = timed(client, first + i);
        unsigned at = i;
        for (; at > 0 && sorted[at - 1] > now; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = now;
    }
    return sorted[TIMES / 2];
}

void bench(void)
{
    struct region r = {.first = STAGE_AREA,
                       .pages = 200,
                       .low = STAGE_AREA,
                       .high = STAGE_AREA + 200,
                       .kind = REGION_ZERO,
                       .rights = FRAMES_READ | FRAMES_WRITE};

    stage_start(0, 600, NULL);
    space_map(clients[0].space, &r);
    uint64_t plain = timed(0, 0), again = timed(0, 0);
    (void)plain;
    uint64_t zero = median(0, 1);
    for (unsigned i = 40; i < 40 + 2 * TIMES; i++)
        timed(0, i);
    stage_start(1, 600, clients[0].space);
    uint64_t copied = median(1, 40);
    uint64_t upgraded = median(0, 40);
    printf("# bench: a write that does not fault: %lu instructions\n", (unsigned long)again);
    printf("# bench: demand-zero fault, end to end: %lu instructions\n", (unsigned long)zero);
    printf("# bench: copy-on-write fault, end to end: %lu instructions\n", (unsigned long)copied);
    printf("# bench: write of the last user after that: %lu instructions\n", (unsigned long)upgraded);
    stage_check("a fault costs something, and less than a hundred microseconds of a slow core",
                zero > again && copied > zero && upgraded < copied && copied < 20000);
    stage_kill(0);
    stage_kill(1);
}
