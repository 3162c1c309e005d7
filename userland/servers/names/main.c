/*
 * userland/servers/names/main.c: the name server: who can find whom, as the system description says
 * (userland/lib/names.h).
 *
 * Who asks is in the badge; what he may is in the description. The server remembers nothing: what is registered lies on
 * the shelf, in the slot with the number of the name, and goes when it is revoked. It is passive: it serves on the time
 * of who asks.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/message.h"
#include "userland/lib/names.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/root/system.h"

static struct system description;
static tess_cnode shelf;
static tess_endpoint root;

/* ---- The description --------------------------------------------------------------------------------------- */

struct name {
    unsigned number; /* slot of the shelf */
    const struct system_provide *provide;
    unsigned provider; /* number of its description */
};

/* The name after `at`: false at the end. */
static bool next_name(struct name *at)
{
    while (at->provider <= description.programs) {
        const struct system_program *p = system_program(&description, at->provider);
        at->provide = p != NULL ? system_given(&description, p, SYSTEM_PROVIDE, at->provide) : NULL;
        if (at->provide != NULL) {
            at->number++;
            return at->number <= TESS_NAMES_MAX;
        }
        at->provider++;
    }
    return false;
}

static bool find_name(const char *text, struct name *name)
{
    *name = (struct name){0};
    while (next_name(name)) {
        if (strcmp(name->provide->name, text) == 0)
            return true;
    }
    return false;
}

static bool may_use(unsigned described, const char *name)
{
    const struct system_program *p = system_program(&description, described);
    const struct system_use *use = NULL;

    while (p != NULL && (use = system_given(&description, p, SYSTEM_USE, use)) != NULL) {
        if (strcmp(use->name, name) == 0)
            return true;
    }
    return false;
}

/* ---- The shelf --------------------------------------------------------------------------------------------- */

/* Without a badge, so that each user can get one. */
static bool is_endpoint(unsigned slot)
{
    struct tess_inspect info;

    return !tess_failed(tess_inspect(tess_slot_of("shelf", slot), &info)) &&
           (info.type & 0xff) == TESS_TYPE_ENDPOINT && info.badge == 0;
}

static tess_result move(unsigned to, unsigned from)
{
    tess_result result = tess_cnode_delete(shelf, to);

    return tess_failed(result)
               ? result
               : tess_cnode_move(shelf, to, (tess_cnode){TESS_NULL}, tess_slot_of("shelf", from));
}

/* ---- Requests ---------------------------------------------------------------------------------------------- */

/* Caller: what came with the message, if anything, is in the window. */
static enum tess_name_answer serve_provide(tess_word badge, const char *text)
{
    struct name name;

    if (!find_name(text, &name))
        return TESS_NAME_UNKNOWN;
    if (name.provider != TESS_NAMES_DESCRIBED(badge))
        return TESS_NAME_DENIED;
    if (!is_endpoint(TESS_NAMES_WINDOW) || tess_failed(move(name.number, TESS_NAMES_WINDOW)))
        return TESS_NAME_BAD_REQUEST;
    return TESS_NAME_OK;
}

/* With OK, a capability for the asker is in slot ANSWER. */
static enum tess_name_answer serve_find(tess_word badge, const char *text)
{
    struct name name;

    if (!find_name(text, &name))
        return TESS_NAME_UNKNOWN;
    if (!may_use(TESS_NAMES_DESCRIBED(badge), text))
        return TESS_NAME_DENIED;
    if (!is_endpoint(name.number))
        return tess_root_present(root, name.provider) == TESS_ROOT_ABSENT ? TESS_NAME_ABSENT
                                                                          : TESS_NAME_NOT_SERVED;
    tess_word client = TESS_NAMES_NUMBER(badge) << 32 | name.provide->id;
    tess_result result = tess_cnode_delete(shelf, TESS_NAMES_ANSWER);
    if (!tess_failed(result))
        result = tess_cnode_mint(shelf, TESS_NAMES_ANSWER, (tess_cnode){TESS_NULL},
                                 tess_slot_of("shelf", name.number), TESS_RIGHT_CALL, client);
    return tess_failed(result) ? TESS_NAME_NOT_SERVED : TESS_NAME_OK;
}

/* "name", "provider", "user user": each ended by a zero byte. */
static enum tess_name_answer serve_list(tess_message *m, unsigned *words)
{
    char text[TESS_NAME_BYTES + SYSTEM_PROGRAM_NAME + TESS_NAME_USERS];
    tess_word wanted = m->words[0];
    struct name name = {0};

    while (next_name(&name) && name.number < wanted)
        ;
    if (wanted == 0 || name.number != wanted || name.provide == NULL)
        return TESS_NAME_END;
    size_t length = (size_t)snprintf(text, sizeof text, "%s%c%s%c", name.provide->name, 0,
                                     system_program(&description, name.provider)->name, 0);
    const char *between = "";
    for (unsigned i = 1; i <= description.programs && length < sizeof text; i++) {
        if (!may_use(i, name.provide->name))
            continue;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", between,
                                   system_program(&description, i)->name);
        between = " ";
    }
    m->words[0] = is_endpoint(name.number);
    *words = tess_message_put_bytes(m, 1, text, length < sizeof text ? length : sizeof text - 1);
    return TESS_NAME_OK;
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    enum tess_name_answer answer = TESS_NAME_BAD_REQUEST;
    char text[TESS_NAME_BYTES] = "";
    unsigned words = 0, capabilities = 0;

    (void)server;
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_NAME_PROVIDE:
        tess_message_get_bytes(m, 0, text, sizeof text - 1);
        answer = serve_provide(m->badge, text);
        break;
    case TESS_NAME_FIND:
        tess_message_get_bytes(m, 0, text, sizeof text - 1);
        answer = serve_find(m->badge, text);
        capabilities = answer == TESS_NAME_OK;
        tess_buffer->caps[0] = tess_slot_of("shelf", TESS_NAMES_ANSWER);
        break;
    case TESS_NAME_LIST:
        answer = serve_list(m, &words);
        break;
    }
    tess_cnode_delete(shelf, TESS_NAMES_WINDOW);
    m->info = TESS_INFO(answer, words, capabilities);
    return TESS_HANDLED_ANSWER;
}

int main(void)
{
    struct tess_server server = {.message = message, .successor = &tess_no_state};
    size_t bytes;

    tess_server_open(&server);
    shelf.address = tess_need_capability("shelf");
    tess_need_region("description", sizeof(struct system_header));
    const void *system = tess_start_region("description", &bytes);
    const char *wrong = system_open(&description, system, bytes);
    if (wrong != NULL) {
        printf("names: %s\n", wrong);
        return 1;
    }
    tess_cnode_delete(shelf, TESS_NAMES_WINDOW); /* what a predecessor left */
    tess_buffer->window_cnode = shelf.address;
    tess_buffer->window_first = TESS_NAMES_WINDOW;
    tess_buffer->window_slots = 1;
    root.address = tess_need_capability("root");
    tess_server_take_over(&server);
    tess_serve(&server);
}
