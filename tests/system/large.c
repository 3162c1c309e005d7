/*
 * tests/system/large.c: uses a region, a heap and a stack of the largest size that a system description may say.
 *
 * The region's pages are numbered by the first run, and found so by the next: a region outlives those who map it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/start.h"

#define REGION_BYTES (16ul << 20)
#define HEAP_BYTES   ((15ul << 20) + (1ul << 19)) /* malloc needs some of its own, and the output a little */
#define STACK_BYTES  (240ul << 10)
#define STEP         4096ul

/* Writes a number to each page, or looks whether it is there. */
static unsigned number_pages(volatile unsigned long *at, size_t bytes, int write)
{
    unsigned good = 0;

    for (size_t i = 0; i < bytes / STEP; i++) {
        volatile unsigned long *page = at + i * (STEP / sizeof *at);
        if (write)
            *page = i + 1;
        good += *page == i + 1;
    }
    return good;
}

int main(void)
{
    volatile unsigned long *region = tess_need_region("largest", REGION_BYTES);
    volatile unsigned long *heap = malloc(HEAP_BYTES);
    volatile unsigned long stack[STACK_BYTES / sizeof(unsigned long)];

    printf("large: %u pages of before\n", number_pages(region, REGION_BYTES, 0));
    printf("large: region %u, ", number_pages(region, REGION_BYTES, 1));
    printf("heap %u, ", heap != NULL ? number_pages(heap, HEAP_BYTES, 1) : 0);
    printf("stack %u\n", number_pages(stack, STACK_BYTES, 1));
    return EXIT_SUCCESS;
}
