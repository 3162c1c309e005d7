/*
 * tests/system/outsider.c: asks servers of policy for what the system description gives it, and for what it does not,
 * for test_servers.py.
 *
 *     run outsider claim          claims devices
 *     run outsider root           asks root for all that only some programs may ask
 *     run outsider NAME           finds a name
 *     run outsider NAME NUMBER    and calls who serves it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/device_server.h"
#include "userland/lib/names.h"
#include "userland/lib/pager.h"
#include "userland/lib/start.h"

static int claim(void)
{
    tess_endpoint devices = {tess_need_capability("devices")};
    tess_message m = {.info = TESS_INFO(TESS_CLAIM, 0, 0)};
    tess_result result = tess_call(devices, &m);

    if (tess_failed(result))
        tess_fatal("devices", result);
    printf("outsider: devices: %s\n", tess_claim_strerror((enum tess_claim_answer)TESS_INFO_LABEL(m.info)));
    return EXIT_SUCCESS;
}

/* What every program may ask of root; about itself only. */
static bool is_for_all(tess_word op)
{
    return op == TESS_ROOT_EXIT || op == TESS_ROOT_LOG || op == TESS_ROOT_READY || op == TESS_ROOT_ALARM ||
           op == TESS_ROOT_HAND_OVER || op == TESS_ROOT_HANDED_OVER;
}

static int ask_root(void)
{
    tess_endpoint root = {tess_need_capability("root")};

    for (tess_word op = 1; op <= TESS_PAGER_FORKED + 8; op++) {
        tess_message m = {.words = {4}};
        memcpy(&m.words[1], "uart", 4);
        m.info = TESS_INFO(op, 2, 0);
        if (is_for_all(op))
            continue;
        tess_result result = tess_call(root, &m);
        if (tess_failed(result) || TESS_INFO_LABEL(m.info) != TESS_ROOT_DENIED)
            printf("outsider: root: %lu was not denied\n", (unsigned long)op);
    }
    printf("outsider: root was asked\n");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    tess_endpoint server;

    if (argc < 2 || strcmp(argv[1], "claim") == 0)
        return claim();
    if (strcmp(argv[1], "root") == 0)
        return ask_root();
    enum tess_name_answer answer = tess_find(argv[1], &server);
    if (answer != TESS_NAME_OK || argc < 3) {
        printf("outsider: %s: %s\n", argv[1], answer == TESS_NAME_OK ? "found" : tess_name_strerror(answer));
        return EXIT_SUCCESS;
    }
    tess_message m = {.info = TESS_INFO(0, 1, 0), .words = {strtoul(argv[2], NULL, 0)}};
    tess_result result = tess_call(server, &m);
    if (tess_failed(result))
        tess_report("outsider", result);
    else
        printf("outsider: %s answers %lu\n", argv[1], (unsigned long)m.words[0]);
    return EXIT_SUCCESS;
}
