/*
 * userland/lib/pager.c: what a memory server asks root (userland/lib/pager.h).
 */
#include <string.h>

#include "userland/lib/pager.h"

static enum tess_root_answer call(tess_endpoint root, tess_word op, unsigned words, tess_message *m)
{
    tess_result result;

    m->info = TESS_INFO(op, words, 0);
    result = tess_call(root, m);
    return tess_failed(result) ? TESS_ROOT_GONE : (enum tess_root_answer)TESS_INFO_LABEL(m->info);
}

enum tess_root_answer tess_pager_client(tess_endpoint root, tess_word badge, struct tess_pager_client *client)
{
    tess_message m = {.words = {badge}};
    enum tess_root_answer answer = call(root, TESS_PAGER_CLIENT, 1, &m);

    *client = (struct tess_pager_client){0};
    if (answer == TESS_ROOT_OK)
        tess_message_get_record(&m, client, offsetof(struct tess_pager_client, name), sizeof client->name);
    return answer;
}

bool tess_pager_alive(tess_endpoint root, tess_word badge)
{
    tess_message m = {.words = {badge}};

    /* When root does not say, it may be. */
    return call(root, TESS_PAGER_ALIVE, 1, &m) != TESS_ROOT_OK || m.words[0] != 0;
}

enum tess_root_answer tess_pager_file(tess_endpoint root, const char *name, uint64_t *offset, uint64_t *size)
{
    tess_message m = {0};
    unsigned words = tess_message_put_bytes(&m, 0, name, strlen(name));
    enum tess_root_answer answer = call(root, TESS_PAGER_FILE, words, &m);

    *offset = m.words[0];
    *size = m.words[1];
    return answer;
}

enum tess_root_answer tess_pager_page(tess_endpoint root, uint64_t offset)
{
    tess_message m = {.words = {offset}};

    return call(root, TESS_PAGER_PAGE, 1, &m);
}

enum tess_root_answer tess_pager_faulted(tess_endpoint root, tess_word badge, const tess_message *fault,
                                         const char *why)
{
    tess_message m = {.words = {badge, TESS_INFO_LABEL(fault->info), fault->words[0], fault->words[1]}};
    unsigned words = tess_message_put_bytes(&m, 4, why, strlen(why));

    return call(root, TESS_PAGER_FAULTED, words, &m);
}

enum tess_root_answer tess_pager_fork(tess_endpoint root, tess_word badge, tess_word *child)
{
    tess_message m = {.words = {badge}};
    enum tess_root_answer answer = call(root, TESS_PAGER_FORK, 1, &m);

    *child = m.words[0];
    return answer;
}

enum tess_root_answer tess_pager_forked(tess_endpoint root, tess_word child, bool good)
{
    tess_message m = {.words = {child, good}};

    return call(root, TESS_PAGER_FORKED, 2, &m);
}
