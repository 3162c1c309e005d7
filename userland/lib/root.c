/*
 * userland/lib/root.c: the client of the root program (userland/lib/root.h).
 */
#include <stddef.h>
#include <string.h>

#include "userland/lib/root.h"

const char *tess_root_strerror(enum tess_root_answer answer)
{
    switch (answer) {
    case TESS_ROOT_OK:
        return "no error";
    case TESS_ROOT_DENIED:
        return "this program may not ask that";
    case TESS_ROOT_BAD_REQUEST:
        return "the request makes no sense";
    case TESS_ROOT_NO_PROGRAM:
        return "there is no program of that name";
    case TESS_ROOT_BAD_PROGRAM:
        return "the file is not a program for this machine";
    case TESS_ROOT_NO_MEMORY:
        return "there is not enough memory";
    case TESS_ROOT_FULL:
        return "too many programs run already";
    case TESS_ROOT_RUNNING:
        return "it runs already, and only one of it can";
    case TESS_ROOT_FAILED:
        return "it could not be started";
    case TESS_ROOT_END:
        return "nothing more";
    case TESS_ROOT_GONE:
        return "root does not answer";
    case TESS_ROOT_ABSENT:
        return "this machine does not have the device it needs";
    case TESS_ROOT_NEEDED:
        return "without it nobody could type 'resume'";
    case TESS_ROOT_STATE:
        return "it is in that state already";
    case TESS_ROOT_IDLE:
        return "it is stopped, or does not serve yet";
    case TESS_ROOT_STAYS:
        return "the new version did not take over";
    case TESS_ROOT_CLIENT:
        return "it is no server or driver: it has nothing to hand over";
    case TESS_ROOT_BUSY:
        return "another upgrade is under way";
    case TESS_ROOT_ORPHAN:
        return "the program that it is a child of does not run";
    }
    return "unknown answer";
}

static enum tess_root_answer call(tess_endpoint root, tess_word op, unsigned words, tess_message *m)
{
    m->info = TESS_INFO(op, words, 0);
    if (tess_failed(tess_call(root, m)))
        return TESS_ROOT_GONE;
    return (enum tess_root_answer)TESS_INFO_LABEL(m->info);
}

void tess_root_exit(tess_endpoint root, int status)
{
    tess_message m = {.words = {(tess_word)status}};

    call(root, TESS_ROOT_EXIT, 1, &m);
}

enum tess_root_answer tess_root_log(tess_endpoint root, const char *text, size_t length)
{
    tess_message m = {0};
    unsigned words = tess_message_put_bytes(&m, 0, text, length);

    return call(root, TESS_ROOT_LOG, words, &m);
}

enum tess_root_answer tess_root_ready(tess_endpoint root)
{
    tess_message m = {0};

    return call(root, TESS_ROOT_READY, 0, &m);
}

enum tess_root_answer tess_root_flooded(tess_endpoint root, tess_word badge, tess_word since)
{
    tess_message m = {.words = {badge, since}};

    return call(root, TESS_ROOT_FLOODED, 2, &m);
}

enum tess_root_answer tess_root_alarm(tess_endpoint root, tess_word time)
{
    tess_message m = {.words = {time}};

    return call(root, TESS_ROOT_ALARM, 1, &m);
}

enum tess_root_answer tess_root_hand_over(tess_endpoint root)
{
    tess_message m = {0};

    return call(root, TESS_ROOT_HAND_OVER, 0, &m);
}

void tess_root_handed_over(tess_endpoint root, bool filled)
{
    tess_message m = {.words = {filled}};

    call(root, TESS_ROOT_HANDED_OVER, 1, &m);
}

enum tess_root_answer tess_root_child(tess_endpoint child, enum tess_root_op op)
{
    tess_message m = {0};

    return call(child, op, 0, &m);
}

enum tess_root_answer tess_root_upgrade(tess_endpoint root, const char *name, const char *image)
{
    char text[2 * TESS_PROGRAM_NAME];
    size_t first = strlen(name) + 1;
    size_t second = image != NULL ? strlen(image) : 0;
    tess_message m = {0};

    if (first + second > sizeof text)
        return TESS_ROOT_BAD_REQUEST;
    memcpy(text, name, first);
    if (second > 0)
        memcpy(text + first, image, second);
    return call(root, TESS_ROOT_UPGRADE, tess_message_put_bytes(&m, 0, text, first + second), &m);
}

enum tess_root_answer tess_root_run(tess_endpoint root, unsigned flags, unsigned argc, char *const *words,
                                    enum tess_ended *ended, tess_word *status)
{
    char text[TESS_MESSAGE_BYTES_AFTER(2)];
    size_t length = 0;
    tess_message m = {.words = {flags}};

    for (unsigned i = 0; i < argc; i++) {
        size_t now = strlen(words[i]) + 1;
        if (now > sizeof text - length)
            return TESS_ROOT_BAD_REQUEST;
        memcpy(text + length, words[i], now);
        length += now;
    }
    unsigned count = tess_message_put_bytes(&m, 1, text, length);
    enum tess_root_answer answer = call(root, TESS_ROOT_RUN, count, &m);
    if ((flags & TESS_ROOT_RUN_WAIT) != 0) {
        *ended = (enum tess_ended)m.words[0];
        *status = m.words[1];
    }
    return answer;
}

enum tess_root_answer tess_root_control(tess_endpoint root, enum tess_root_op op, const char *name)
{
    tess_message m = {0};
    unsigned words = tess_message_put_bytes(&m, 0, name, strlen(name));

    return call(root, op, words, &m);
}

enum tess_root_answer tess_root_program(tess_endpoint root, unsigned index, struct tess_program_info *info)
{
    tess_message m = {.words = {index}};
    enum tess_root_answer answer = call(root, TESS_ROOT_PROGRAM, 1, &m);

    *info = (struct tess_program_info){0};
    if (answer == TESS_ROOT_OK)
        tess_message_get_record(&m, info, offsetof(struct tess_program_info, name), sizeof info->name);
    return answer;
}

enum tess_root_answer tess_root_present(tess_endpoint root, unsigned number)
{
    tess_message m = {.words = {number}};

    return call(root, TESS_ROOT_PRESENT, 1, &m);
}

enum tess_root_answer tess_root_tell(tess_endpoint root, enum tess_root_fact fact, tess_word which,
                                     tess_word first, tess_word second)
{
    tess_message m = {.words = {fact, which, first, second}};

    return call(root, TESS_ROOT_FACT, 4, &m);
}

enum tess_root_answer tess_root_task(tess_endpoint root, unsigned number, struct tess_task_info *info)
{
    tess_message m = {.words = {number}};
    enum tess_root_answer answer = call(root, TESS_ROOT_TASK, 1, &m);

    *info = (struct tess_task_info){0};
    if (answer == TESS_ROOT_OK)
        tess_message_get_record(&m, info, offsetof(struct tess_task_info, name), sizeof info->name);
    return answer;
}

enum tess_root_answer tess_root_timeouts(tess_endpoint root, unsigned number, bool wanted)
{
    tess_message m = {.words = {number, wanted}};

    return call(root, TESS_ROOT_TIMEOUTS, 2, &m);
}

enum tess_root_answer tess_root_memory(tess_endpoint root, struct tess_memory_info *info)
{
    tess_message m = {0};
    enum tess_root_answer answer = call(root, TESS_ROOT_MEMORY, 0, &m);

    memcpy(info, m.words, sizeof *info);
    return answer;
}

enum tess_root_answer tess_root_footprint(tess_endpoint root, unsigned index,
                                          struct tess_footprint *footprint)
{
    tess_message m = {.words = {index}};
    enum tess_root_answer answer = call(root, TESS_ROOT_FOOTPRINT, 1, &m);

    *footprint = (struct tess_footprint){0};
    if (answer == TESS_ROOT_OK)
        tess_message_get_record(&m, footprint, offsetof(struct tess_footprint, name), sizeof footprint->name);
    return answer;
}

enum tess_root_answer tess_root_capability(tess_endpoint root, const char *program, tess_word *cursor,
                                           tess_cptr *address, struct tess_inspect *info)
{
    tess_message m = {.words = {*cursor}};
    unsigned words = tess_message_put_bytes(&m, 1, program, strlen(program));
    enum tess_root_answer answer = call(root, TESS_ROOT_CAPABILITY, words, &m);

    if (answer != TESS_ROOT_OK)
        return answer;
    memcpy(info, m.words, sizeof *info);
    *address = tess_message_get(&m, 8);
    *cursor = tess_message_get(&m, 9);
    return answer;
}

enum tess_root_answer tess_root_member(tess_endpoint root, unsigned index, char name[TESS_PROGRAM_NAME],
                                       tess_word *size)
{
    tess_message m = {.words = {index}};
    enum tess_root_answer answer = call(root, TESS_ROOT_MEMBER, 1, &m);

    *size = m.words[0];
    name[tess_message_get_bytes(&m, 1, name, TESS_PROGRAM_NAME - 1)] = '\0';
    return answer;
}

enum tess_root_answer tess_root_power_off(tess_endpoint root)
{
    tess_message m = {0};

    return call(root, TESS_ROOT_POWER_OFF, 0, &m);
}
