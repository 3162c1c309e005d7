/*
 * tests/system/meter.c: how long the console server lets a client wait, for test_fair.py.
 *
 * Its description gives it a little of each period (tests/system/killer.xml). It uses that up, and when it goes on,
 * which is at no particular time for the others, it makes one call, and takes the time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/console.h"
#include "userland/lib/start.h"

#define GAP_US 500u

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

static void sleep_to_next_period(void)
{
    uint64_t gap = tess_start->timebase * GAP_US / 1000000, last = read_time(), now;

    while ((now = read_time()) - last < gap)
        last = now;
}

static int compare(const void *a, const void *b)
{
    unsigned long first = *(const unsigned long *)a, second = *(const unsigned long *)b;

    return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
    static unsigned long us[400];
    tess_endpoint console = {tess_need_capability("console")};
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    for (size_t i = 0; i < count && i < sizeof us / sizeof us[0]; i++) {
        sleep_to_next_period();
        uint64_t began = read_time();
        tess_message m = {.info = TESS_INFO(TESS_CONSOLE_WRITE, 1, 0)};
        tess_call(console, &m);
        us[i] = (read_time() - began) * 1000000 / tess_start->timebase;
    }
    qsort(us, count, sizeof us[0], compare);
    printf("meter: middle %lu, of ten nine below %lu, most %lu us\n", us[count / 2], us[count * 9 / 10],
           us[count - 1]);
    return EXIT_SUCCESS;
}
