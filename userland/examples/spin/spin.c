/*
 * userland/examples/spin/spin.c: computes for ever, within its budget; Ctrl-C ends it.
 */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    volatile uint64_t turns = 0;

    printf("spinning; press Ctrl-C to end it\n");
    for (;;)
        turns++;
}
