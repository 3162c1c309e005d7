/*
 * userland/lib/system.c: what picolibc asks of a system: memory for the heap, and an end.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "userland/lib/boot.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

/* The heap is the mapped memory the start block names; a first program has none. */
void *sbrk(ptrdiff_t bytes)
{
    static uint64_t end;

    if (tess_start == NULL) {
        errno = ENOMEM;
        return (void *)-1;
    }
    if (end == 0)
        end = tess_start->heap;
    if ((bytes > 0 && (uint64_t)bytes > tess_start->heap_end - end) ||
        (bytes < 0 && (uint64_t)-bytes > end - tess_start->heap)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *old = (void *)end;
    end += (uint64_t)bytes;
    return old;
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
