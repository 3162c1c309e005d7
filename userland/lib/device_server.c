/*
 * userland/lib/device_server.c: the clients of the device server (userland/lib/device_server.h).
 */
#include "userland/lib/device_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/message.h"
#include "userland/lib/start.h"

#define INFO_WORDS (offsetof(struct tess_device_info, name) / sizeof(tess_word))

const char *tess_claim_strerror(enum tess_claim_answer answer)
{
    switch (answer) {
    case TESS_CLAIM_OK:
        return "no error";
    case TESS_CLAIM_DENIED:
        return "the system description gives this program no device";
    case TESS_CLAIM_BAD_REQUEST:
        return "the request makes no sense";
    case TESS_CLAIM_ABSENT:
        return "the machine has no such registers or interrupt";
    case TESS_CLAIM_TAKEN:
        return "another program has it";
    case TESS_CLAIM_FAILED:
        return "it could not be given";
    case TESS_CLAIM_END:
        return "there is no such device";
    case TESS_CLAIM_GONE:
        return "the device server does not answer";
    }
    return "unknown answer";
}

static enum tess_claim_answer call(tess_endpoint server, tess_message *m)
{
    return tess_failed(tess_call_again(server, m)) ? TESS_CLAIM_GONE
                                                   : (enum tess_claim_answer)TESS_INFO_LABEL(m->info);
}

void tess_claim_devices(void)
{
    tess_endpoint server = {tess_start_capability("claim")};
    tess_message m = {.info = TESS_INFO(TESS_CLAIM, 0, 0)};

    if (server.address == TESS_NULL)
        return;
    enum tess_claim_answer answer = call(server, &m);
    if (answer == TESS_CLAIM_OK)
        return;
    printf("%s: devices: %s (0x%lx)\n", tess_program_name(), tess_claim_strerror(answer),
           (unsigned long)m.words[0]);
    exit(EXIT_FAILURE);
}

enum tess_claim_answer tess_device_list(tess_endpoint devices, unsigned number, struct tess_device_info *info)
{
    tess_message m = {.info = TESS_INFO(TESS_CLAIM_LIST, 1, 0), .words = {number}};
    enum tess_claim_answer answer = call(devices, &m);
    char text[sizeof info->name + sizeof info->kind + sizeof info->holder] = "";
    const char *at = text;

    *info = (struct tess_device_info){0};
    if (answer != TESS_CLAIM_OK)
        return answer;
    memcpy(info, m.words, INFO_WORDS * sizeof(tess_word));
    tess_message_get_bytes(&m, INFO_WORDS, text,
                           sizeof text - 3); /* three zero bytes are left, whatever came */
    at = tess_take_string(at, info->name, sizeof info->name);
    at = tess_take_string(at, info->kind, sizeof info->kind);
    tess_take_string(at, info->holder, sizeof info->holder);
    return answer;
}
