/*
 * tests/system/caller.c: calls a server, for test_watch.py.
 *
 *     run caller SERVER TIMES NUMBER     the sum of the first so many numbers, so often; by a channel, or by its name
 *     run caller SERVER TIMES NUMBER WHAT
 *         spin    computes for ever then
 *         where   says by which address it has called
 *         copy    it is a copy of the program that calls, and the program itself computes for ever
 *     run caller root                    tells root that somebody floods it, which is not its business
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/mem.h"
#include "userland/lib/names.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

/* The program itself calls nobody. */
static void go_on_as_copy(void)
{
    enum tess_mem_answer answer;

    if (tess_mem_fork(&answer) == 0)
        return;
    printf("caller: a copy runs\n");
    for (;;)
        ;
}

int main(int argc, char **argv)
{
    tess_endpoint root = {tess_need_capability("root")};
    tess_message m = {0};

    if (argc == 2 && strcmp(argv[1], "root") == 0) {
        printf("caller: %s\n", tess_root_strerror(tess_root_flooded(root, 2, 0)));
        return EXIT_SUCCESS;
    }
    if (argc < 4)
        return EXIT_FAILURE;
    if (argc == 5 && strcmp(argv[4], "copy") == 0)
        go_on_as_copy();
    tess_endpoint server = {tess_start_capability(argv[1])};
    if (server.address == TESS_NULL && tess_find(argv[1], &server) != TESS_NAME_OK)
        return EXIT_FAILURE;
    for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--) {
        m = (tess_message){.info = TESS_INFO(0, 1, 0), .words = {strtoul(argv[3], NULL, 10)}};
        tess_result result = tess_call(server, &m);
        if (tess_failed(result)) {
            tess_report("caller", result);
            return EXIT_FAILURE;
        }
    }
    printf("caller: %lu\n", (unsigned long)m.words[0]);
    if (argc == 5 && strcmp(argv[4], "where") == 0)
        printf("caller: by 0x%lx\n", (unsigned long)server.address);
    while (argc == 5 && strcmp(argv[4], "spin") == 0)
        ;
    return EXIT_SUCCESS;
}
