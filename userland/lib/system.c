/*
 * userland/lib/system.c: what picolibc asks of a system: memory for the heap, and an end.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "userland/lib/boot.h"
#include "userland/lib/layout.h"
#include "userland/lib/mem.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

static uint64_t heap_used; /* the end of what sbrk gave out */
static uint64_t heap_end;  /* the end of what there is */

/* A memory server moves the end of the heap, up and down; without one it stays where it is. */
static bool heap_reaches(uint64_t end)
{
    uint64_t wanted = (end + TESS_PAGE_BYTES - 1) & ~(TESS_PAGE_BYTES - 1);

    if (wanted == heap_end || tess_start_capability("mem") == TESS_NULL)
        return end <= heap_end;
    if (tess_mem_heap(&wanted) == TESS_MEM_OK)
        heap_end = wanted;
    return end <= heap_end;
}

/* The heap is the memory the start block names, and what a memory server adds; a first program has none. */
void *sbrk(ptrdiff_t bytes)
{
    uint64_t old = heap_used;

    if (tess_start != NULL && old == 0) {
        heap_end = tess_start->heap_end;
        old = heap_used = tess_start->heap;
    }
    if (tess_start == NULL || (bytes > 0 && (uint64_t)bytes > UINT64_MAX - TESS_PAGE_BYTES - old) ||
        (bytes < 0 && -(uint64_t)bytes > old - tess_start->heap) || !heap_reaches(old + (uint64_t)bytes)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap_used = old + (uint64_t)bytes;
    return (void *)old;
}

/* Tells who started the program; a first program takes the machine with it. */
_Noreturn void _exit(int status)
{
    tess_endpoint root = {tess_start_capability("root")};
    tess_firmware firmware = {TESS_NULL};

    tess_output_flush();
    if (root.address != TESS_NULL)
        tess_root_exit(root, status);
    if (tess_boot != NULL)
        firmware.address = tess_boot_capability(TESS_ROLE_FIRMWARE);
    if (firmware.address != TESS_NULL)
        tess_firmware_shutdown(firmware);
    /* Nobody to tell: stop in a way that a fault handler sees. */
    for (;;)
        __asm__ volatile("ebreak");
}
