/*
 * tests/system/intruder.c: sends its own faults to the memory server, of which it is no client, for test_mem.py.
 *
 *     run intruder NUMBER         with the badge of that channel
 */
#include <stdio.h>

#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

int main(int argc, char **argv)
{
    char name[TESS_START_NAME];

    snprintf(name, sizeof name, "mem%s", argc > 1 ? argv[1] : "");
    tess_endpoint server = {tess_need_capability(name)}, none = {TESS_NULL};
    tess_result result = tess_tcb_set_handlers((tess_tcb){tess_need_capability("thread")}, server, none);
    if (tess_failed(result))
        tess_fatal("handlers", result);
    printf("intruder: faults\n");
    tess_output_flush();
    *(volatile char *)0;
    return 0;
}
