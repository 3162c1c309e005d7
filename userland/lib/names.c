/*
 * userland/lib/names.c: the clients of the name server (userland/lib/names.h).
 */
#include "userland/lib/names.h"

#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/message.h"
#include "userland/lib/start.h"

/* What lies in slot i + 1 of "found". */
static char found_names[TESS_FOUND_MAX][TESS_NAME_BYTES];

const char *tess_name_strerror(enum tess_name_answer answer)
{
    switch (answer) {
    case TESS_NAME_OK:
        return "no error";
    case TESS_NAME_UNKNOWN:
        return "the system description knows no such name";
    case TESS_NAME_DENIED:
        return "the system description does not allow this program that name";
    case TESS_NAME_NOT_SERVED:
        return "nobody serves that name now";
    case TESS_NAME_ABSENT:
        return "this machine lacks what would serve that name";
    case TESS_NAME_BAD_REQUEST:
        return "the request makes no sense";
    case TESS_NAME_END:
        return "there are no more names";
    case TESS_NAME_FULL:
        return "no room is left for what is found";
    case TESS_NAME_NO_SERVER:
        return "this program was not given the name server";
    case TESS_NAME_GONE:
        return "the name server does not answer";
    }
    return "unknown answer";
}

/* A name, and at most one capability. */
static enum tess_name_answer call(tess_endpoint names, enum tess_name_op op, const char *name,
                                  tess_cptr capability)
{
    tess_message m = {0};

    m.info =
        TESS_INFO(op, tess_message_put_bytes(&m, 0, name, strlen(name)), capability != TESS_NULL ? 1 : 0);
    tess_buffer->caps[0] = capability;
    return tess_failed(tess_call_again(names, &m)) ? TESS_NAME_GONE
                                                   : (enum tess_name_answer)TESS_INFO_LABEL(m.info);
}

static bool is_endpoint(tess_cptr address)
{
    struct tess_inspect info;

    return !tess_failed(tess_inspect(address, &info)) && (info.type & 0xff) == TESS_TYPE_ENDPOINT;
}

/* Asks for the name; what comes goes into that slot of "found". */
static enum tess_name_answer ask(tess_endpoint names, const char *name, unsigned slot)
{
    tess_cnode cnode = {tess_need_capability("found")};
    tess_cptr window = tess_buffer->window_cnode, first = tess_buffer->window_first;
    tess_word slots = tess_buffer->window_slots;

    tess_cnode_delete(cnode, slot);
    tess_buffer->window_cnode = cnode.address;
    tess_buffer->window_first = slot;
    tess_buffer->window_slots = 1;
    enum tess_name_answer answer = call(names, TESS_NAME_FIND, name, TESS_NULL);
    tess_buffer->window_cnode = window;
    tess_buffer->window_first = first;
    tess_buffer->window_slots = slots;
    return answer;
}

enum tess_name_answer tess_find(const char *name, tess_endpoint *found)
{
    tess_endpoint names = {tess_start_capability("names")};
    unsigned i = 0;

    found->address = TESS_NULL;
    if (names.address == TESS_NULL || tess_start_capability("found") == TESS_NULL)
        return TESS_NAME_NO_SERVER;
    if (strlen(name) >= TESS_NAME_BYTES)
        return TESS_NAME_UNKNOWN;
    while (i < TESS_FOUND_MAX && found_names[i][0] != '\0' && strcmp(found_names[i], name) != 0)
        i++;
    if (i == TESS_FOUND_MAX)
        return TESS_NAME_FULL;
    tess_cptr place = tess_slot_of("found", i + 1);
    if (found_names[i][0] == '\0' || !is_endpoint(place)) {
        enum tess_name_answer answer = ask(names, name, i + 1);
        if (answer != TESS_NAME_OK)
            return answer;
        if (!is_endpoint(place)) /* it went on the way */
            return TESS_NAME_NOT_SERVED;
        strcpy(found_names[i], name);
    }
    found->address = place;
    return TESS_NAME_OK;
}

enum tess_name_answer tess_provide(const char *name)
{
    tess_endpoint names = {tess_start_capability("names")};
    tess_cptr own = tess_start_capability("own");

    if (names.address == TESS_NULL || own == TESS_NULL)
        return TESS_NAME_NO_SERVER;
    return call(names, TESS_NAME_PROVIDE, name, own);
}

void tess_offer(const char *name)
{
    enum tess_name_answer answer = tess_provide(name);

    if (answer != TESS_NAME_OK && answer != TESS_NAME_NO_SERVER)
        printf("%s: providing '%s': %s\n", tess_program_name(), name, tess_name_strerror(answer));
}

enum tess_name_answer tess_name_list(tess_endpoint names, unsigned number, struct tess_name_info *info)
{
    char text[sizeof info->name + sizeof info->provider + sizeof info->users] = "";
    tess_message m = {.info = TESS_INFO(TESS_NAME_LIST, 1, 0), .words = {number}};

    *info = (struct tess_name_info){0};
    if (tess_failed(tess_call_again(names, &m)))
        return TESS_NAME_GONE;
    if (TESS_INFO_LABEL(m.info) != TESS_NAME_OK)
        return (enum tess_name_answer)TESS_INFO_LABEL(m.info);
    info->served = m.words[0];
    tess_message_get_bytes(&m, 1, text, sizeof text - 3); /* three zero bytes are left, whatever came */
    const char *at = tess_take_string(text, info->name, sizeof info->name);
    at = tess_take_string(at, info->provider, sizeof info->provider);
    tess_take_string(at, info->users, sizeof info->users);
    return TESS_NAME_OK;
}
