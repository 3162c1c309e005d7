/*
 * userland/examples/now/now.c: finds the clock by its name and tells the time: what any program can do that the system
 * description allows the name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/devices.h"
#include "userland/lib/names.h"

int main(void)
{
    tess_endpoint clock;
    enum tess_name_answer found = tess_find("clock", &clock);
    uint64_t nanoseconds;

    if (found != TESS_NAME_OK) {
        printf("now: clock: %s\n", tess_name_strerror(found));
        return EXIT_FAILURE;
    }
    enum tess_device_answer answer = tess_clock_time(clock, &nanoseconds);
    if (answer != TESS_DEVICE_OK) {
        printf("now: %s\n", tess_device_strerror(answer));
        return EXIT_FAILURE;
    }
    printf("now: %lu seconds since 1970\n", (unsigned long)(nanoseconds / 1000000000u));
    return EXIT_SUCCESS;
}
