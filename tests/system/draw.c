/*
 * tests/system/draw.c: asks the clock and the random-number device, found by name, as often as argument 1 says, and
 * tells how many answers were no good, for test_drivers.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/devices.h"
#include "userland/lib/names.h"

static bool draw(uint64_t *last)
{
    tess_endpoint clock, random;
    uint64_t now = 0, bytes[4] = {0};
    size_t count = sizeof bytes;

    if (tess_find("clock", &clock) != TESS_NAME_OK || tess_find("random", &random) != TESS_NAME_OK ||
        tess_clock_time(clock, &now) != TESS_DEVICE_OK || now <= *last)
        return false;
    *last = now;
    enum tess_device_answer answer = tess_random_get(random, bytes, &count);
    return answer == TESS_DEVICE_BUSY || (answer == TESS_DEVICE_OK && count == sizeof bytes && bytes[3] != 0);
}

int main(int argc, char **argv)
{
    unsigned times = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0, wrong = 0;
    uint64_t last = 0;

    for (unsigned i = 0; i < times; i++)
        wrong += !draw(&last);
    printf("draw: %u times, %u wrong\n", times, wrong);
    return EXIT_SUCCESS;
}
