/*
 * userland/examples/call/call.c: calls a server with numbers, and prints what comes back.
 *
 *     run call SERVER [NUMBER...]
 *
 * It can call what the system description connects it with: `make new-server` adds the channel. Ctrl-C ends
 * it, whatever the server does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/message.h"
#include "userland/lib/start.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        printf("usage: run call SERVER [NUMBER...]\n");
        return EXIT_FAILURE;
    }
    tess_endpoint server = {tess_start_capability(argv[1])};
    if (server.address == TESS_NULL) {
        printf("call: no channel to '%s'; the system description names those there are\n", argv[1]);
        return EXIT_FAILURE;
    }
    tess_message m = {.info = TESS_INFO(0, argc - 2, 0)};
    for (int i = 2; i < argc; i++)
        tess_message_set(&m, (unsigned)i - 2, strtoul(argv[i], NULL, 0));
    tess_result result = tess_call(server, &m);
    if (tess_failed(result)) {
        tess_report("call", result);
        return EXIT_FAILURE;
    }
    printf("%s: label %lu", argv[1], (unsigned long)TESS_INFO_LABEL(m.info));
    tess_word words[TESS_MESSAGE_WORDS_MAX];
    unsigned count = TESS_INFO_WORDS(m.info);
    for (unsigned i = 0; i < count && i < TESS_MESSAGE_WORDS_MAX; i++)
        words[i] = tess_message_get(&m, i);
    for (unsigned i = 0; i < count && i < TESS_MESSAGE_WORDS_MAX; i++)
        printf(", %lu", (unsigned long)words[i]);
    printf("\n");
    return EXIT_SUCCESS;
}
