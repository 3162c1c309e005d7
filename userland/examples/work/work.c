/*
 * userland/examples/work/work.c: a fixed amount of work, 200 million instructions or so; how long it takes says
 * what share of the processor it had.
 */
#include <stdint.h>
#include <stdio.h>

#define TURNS 100000000u

int main(void)
{
    uint32_t turns = TURNS;

    /* Two instructions a turn, whatever the compiler thinks. */
    __asm__ volatile("1: addiw %0, %0, -1\n   bnez %0, 1b" : "+r"(turns));
    printf("work: done\n");
    return 0;
}
