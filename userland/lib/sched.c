/*
 * userland/lib/sched.c: the clients of the scheduler server (userland/lib/sched.h).
 */
#include <string.h>

#include "userland/lib/sched.h"

const char *tess_sched_strerror(enum tess_sched_answer answer)
{
    switch (answer) {
    case TESS_SCHED_OK:
        return "no error";
    case TESS_SCHED_REFUSED:
        return "refused";
    case TESS_SCHED_UNKNOWN:
        return "no such policy";
    case TESS_SCHED_END:
        return "no more of them";
    case TESS_SCHED_BAD_REQUEST:
        return "the request makes no sense";
    case TESS_SCHED_DENIED:
        return "that is not for this program to ask";
    case TESS_SCHED_GONE:
        return "the scheduler does not answer";
    }
    return "unknown answer";
}

static enum tess_sched_answer call(tess_endpoint sched, tess_message *m)
{
    return tess_failed(tess_call_again(sched, m)) ? TESS_SCHED_GONE
                                                  : (enum tess_sched_answer)TESS_INFO_LABEL(m->info);
}

static void get_text(const tess_message *m, unsigned at, char text[TESS_SCHED_TEXT])
{
    text[tess_message_get_bytes(m, at, text, TESS_SCHED_TEXT - 1)] = '\0';
}

enum tess_sched_answer tess_sched_declare(tess_endpoint sched, uint64_t budget_us, uint64_t period_us,
                                          unsigned weight, unsigned priority, char text[TESS_SCHED_TEXT])
{
    tess_message m = {.info = TESS_INFO(TESS_SCHED_DECLARE, 4, 0),
                      .words = {budget_us, period_us, weight, priority}};
    enum tess_sched_answer answer = call(sched, &m);

    text[0] = '\0';
    if (answer == TESS_SCHED_REFUSED)
        get_text(&m, 0, text);
    return answer;
}

enum tess_sched_answer tess_sched_next(tess_endpoint sched, uint64_t *release, uint64_t *deadline)
{
    tess_message m = {.info = TESS_INFO(TESS_SCHED_NEXT, 0, 0)};
    enum tess_sched_answer answer = call(sched, &m);

    *release = m.words[0];
    *deadline = m.words[1];
    return answer;
}

enum tess_sched_answer tess_sched_policy(tess_endpoint sched, const char *name, char text[TESS_SCHED_TEXT])
{
    tess_message m = {0};

    m.info = TESS_INFO(TESS_SCHED_POLICY, tess_message_put_bytes(&m, 0, name, strnlen(name, 40)), 0);
    enum tess_sched_answer answer = call(sched, &m);
    text[0] = '\0';
    if (answer == TESS_SCHED_REFUSED)
        get_text(&m, 0, text);
    return answer;
}

enum tess_sched_answer tess_sched_status(tess_endpoint sched, uint64_t *elapsed_us,
                                         char name[TESS_SCHED_TEXT])
{
    tess_message m = {.info = TESS_INFO(TESS_SCHED_STATUS, 0, 0)};
    enum tess_sched_answer answer = call(sched, &m);

    *elapsed_us = m.words[0];
    get_text(&m, 1, name);
    return answer;
}

enum tess_sched_answer tess_sched_client(tess_endpoint sched, tess_word *index,
                                         struct tess_sched_client *client)
{
    tess_message m = {.info = TESS_INFO(TESS_SCHED_CLIENT, 1, 0), .words = {*index}};
    enum tess_sched_answer answer = call(sched, &m);

    *index = m.words[0];
    tess_message_get_words(&m, 1, client, sizeof *client);
    return answer;
}

enum tess_sched_answer tess_sched_list(tess_endpoint sched, unsigned index, char text[TESS_SCHED_TEXT])
{
    tess_message m = {.info = TESS_INFO(TESS_SCHED_LIST, 1, 0), .words = {index}};
    enum tess_sched_answer answer = call(sched, &m);

    get_text(&m, 0, text);
    return answer;
}
