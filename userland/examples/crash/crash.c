/*
 * userland/examples/crash/crash.c: reads through a null pointer; the supervisor reports it, nobody else
 * notices.
 */
#include <stdio.h>

int main(void)
{
    volatile int *volatile nowhere = NULL;

    printf("about to read address 0\n");
    printf("it holds %d\n", *nowhere);
    return 0;
}
