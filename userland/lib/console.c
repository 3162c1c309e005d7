/*
 * userland/lib/console.c: the client of the console server (userland/lib/console.h).
 */
#include <string.h>

#include "userland/lib/console.h"

/* (AGAIN brings no words: what the IPC buffer has stays.) */
static enum tess_console_answer call(tess_endpoint console, tess_message *m)
{
    const tess_message request = *m;
    tess_result result;

    do {
        *m = request;
        result = tess_call_again(console, m);
    } while (!tess_failed(result) && TESS_INFO_LABEL(m->info) == TESS_CONSOLE_AGAIN);
    if (tess_failed(result))
        return TESS_CONSOLE_GONE;
    return (enum tess_console_answer)TESS_INFO_LABEL(m->info);
}

/* How much of the text goes into one message. */
static size_t piece(const char *text, size_t length)
{
    size_t cut = TESS_CONSOLE_TEXT;

    if (length <= cut)
        return length;
    while (cut > 0 && text[cut - 1] != '\n')
        cut--;
    return cut > 0 ? cut : TESS_CONSOLE_TEXT;
}

enum tess_console_answer tess_console_write(tess_endpoint console, const char *text, size_t length)
{
    while (length > 0) {
        size_t now = piece(text, length);
        tess_message m = {0};
        m.info = TESS_INFO(TESS_CONSOLE_WRITE, tess_message_put_bytes(&m, 0, text, now), 0);
        enum tess_console_answer answer = call(console, &m);
        if (answer != TESS_CONSOLE_OK)
            return answer;
        text += now;
        length -= now;
    }
    return TESS_CONSOLE_OK;
}

enum tess_console_answer tess_console_read_line(tess_endpoint console, const char *prompt, char *line,
                                                size_t room, size_t *length)
{
    tess_message m = {0};

    m.info = TESS_INFO(TESS_CONSOLE_READ_LINE, tess_message_put_bytes(&m, 0, prompt, strlen(prompt)), 0);
    enum tess_console_answer answer = call(console, &m);
    *length = answer == TESS_CONSOLE_OK ? tess_message_get_bytes(&m, 0, line, room) : 0;
    return answer;
}

enum tess_console_answer tess_console_flush(tess_endpoint console)
{
    tess_message m = {.info = TESS_INFO(TESS_CONSOLE_FLUSH, 0, 0)};

    return call(console, &m);
}
