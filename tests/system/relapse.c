/*
 * tests/system/relapse.c: crashes at once, but when it is run for the second time: then after more than ten seconds, in
 * which it waits. For test_system.py. What it knows of its runs is in a region, which outlives them.
 */
#include <stdio.h>

#include "userland/lib/root.h"
#include "userland/lib/start.h"

#define WAITS_MS 10200u

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

int main(void)
{
    tess_endpoint root = {tess_need_capability("root")};
    tess_notification wake = {tess_need_capability("wake")};
    unsigned *runs = tess_need_region("runs", sizeof *runs);
    volatile int *volatile nowhere = NULL;
    tess_word word = 0;

    if (++*runs == 2 &&
        tess_root_alarm(root, read_time() + tess_start->timebase * WAITS_MS / 1000) == TESS_ROOT_OK) {
        printf("relapse: waits\n");
        while ((word & TESS_SIGNAL_ALARM) == 0)
            tess_wait(wake, &word);
    }
    return *nowhere;
}
