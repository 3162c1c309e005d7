/*
 * userland/servers/console/line.c: editing one line on a terminal (userland/servers/console/line.h).
 *
 * A character is a byte and the UTF-8 continuation bytes behind it, and takes one column.
 */
#include <string.h>

#include "userland/servers/console/line.h"

#define CONTROL(letter) ((letter)&0x1f)

static bool is_continuation(char c)
{
    return (c & 0xc0) == 0x80;
}

static size_t columns(const char *text, size_t length)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++)
        n += !is_continuation(text[i]);
    return n;
}

static void repeat(struct line *line, char c, size_t count)
{
    while (count-- > 0)
        line->out(&c, 1);
}

static size_t before(const struct line *line, size_t at)
{
    while (at > 0) {
        at--;
        if (!is_continuation(line->text[at]))
            break;
    }
    return at;
}

static size_t behind(const struct line *line, size_t at)
{
    do
        at++;
    while (at < line->length && is_continuation(line->text[at]));
    return at;
}

static void move_to(struct line *line, size_t at)
{
    if (at < line->cursor)
        repeat(line, '\b', columns(line->text + at, line->cursor - at));
    else
        line->out(line->text + line->cursor, at - line->cursor);
    line->cursor = at;
}

/* Replaces the text from `from` to `to` by `count` bytes and leaves the cursor behind them. */
static void replace(struct line *line, size_t from, size_t to, const char *bytes, size_t count)
{
    size_t tail = line->length - to;

    if (line->length - (to - from) + count > LINE_MAX_BYTES) {
        repeat(line, '\a', 1);
        return;
    }
    move_to(line, from);
    size_t old = columns(line->text + from, line->length - from);
    memmove(line->text + from + count, line->text + to, tail);
    memcpy(line->text + from, bytes, count);
    line->length = from + count + tail;
    line->out(line->text + from, line->length - from);
    size_t new = columns(line->text + from, line->length - from);
    if (new < old) {
        repeat(line, ' ', old - new);
        repeat(line, '\b', old - new);
    }
    repeat(line, '\b', columns(line->text + from + count, tail));
    line->cursor = from + count;
}

/* ---- History --------------------------------------------------------------------------------------------- */

/* The line `back` lines ago; null when there is none. */
static const char *recall(const struct line *line, unsigned back)
{
    size_t at = line->history_used;

    while (back > 0 && at > 0) {
        at--;
        while (at > 0 && line->history[at - 1] != '\0')
            at--;
        back--;
    }
    return back == 0 ? line->history + at : NULL;
}

static void remember(struct line *line)
{
    const char *last = recall(line, 1);

    if (line->length == 0)
        return;
    if (last != NULL && strlen(last) == line->length && memcmp(last, line->text, line->length) == 0)
        return;
    while (line->history_used + line->length + 1 > LINE_HISTORY_BYTES) {
        size_t first = strlen(line->history) + 1;
        line->history_used -= first;
        memmove(line->history, line->history + first, line->history_used);
    }
    memcpy(line->history + line->history_used, line->text, line->length);
    line->history_used += line->length;
    line->history[line->history_used++] = '\0';
}

static void browse(struct line *line, unsigned back)
{
    const char *text = back > 0 ? recall(line, back) : "";

    if (text == NULL)
        return;
    line->back = back;
    replace(line, 0, line->length, text, strlen(text));
}

/* ---- Keys ------------------------------------------------------------------------------------------------ */

/* A key that terminals send as ESC [ letter, ESC O letter or ESC [ digit ~. */
static void special_key(struct line *line, char letter)
{
    if (letter == '~') {
        static const char letters[] = "?H?P F?HF"; /* 1 Home, 3 Delete, 4 End, 7 Home, 8 End */
        size_t digit = (size_t)(line->parameter - '0');
        letter = digit < sizeof letters - 1 ? letters[digit] : '?';
        if (digit == 4)
            letter = 'F';
    }
    switch (letter) {
    case 'A':
        browse(line, line->back + 1);
        break;
    case 'B':
        if (line->back > 0)
            browse(line, line->back - 1);
        break;
    case 'C':
        if (line->cursor < line->length)
            move_to(line, behind(line, line->cursor));
        break;
    case 'D':
        if (line->cursor > 0)
            move_to(line, before(line, line->cursor));
        break;
    case 'H':
        move_to(line, 0);
        break;
    case 'F':
        move_to(line, line->length);
        break;
    case 'P':
        if (line->cursor < line->length)
            replace(line, line->cursor, behind(line, line->cursor), "", 0);
        break;
    }
}

/* True when the key belongs to a sequence. */
static bool escape_key(struct line *line, char key)
{
    if (line->escape == 0) {
        line->escape = key == 0x1b;
        return key == 0x1b;
    }
    if (line->escape == 1) {
        line->escape = key == '[' || key == 'O' ? 2 : 0;
        line->parameter = '\0';
        return true;
    }
    if (key >= '0' && key <= '9') {
        line->parameter = key;
        return true;
    }
    if (key == ';')
        return true;
    line->escape = 0;
    special_key(line, key);
    return true;
}

static enum line_event end_line(struct line *line, enum line_event event)
{
    move_to(line, line->length);
    if (event == LINE_INTERRUPTED)
        line->out("^C", 2);
    line->out("\r\n", 2);
    if (event == LINE_DONE)
        remember(line);
    return event;
}

static enum line_event control_key(struct line *line, char key)
{
    switch (key) {
    case '\r':
    case '\n':
        return end_line(line, LINE_DONE);
    case CONTROL('C'):
        return end_line(line, LINE_INTERRUPTED);
    case CONTROL('D'):
        if (line->length == 0)
            return end_line(line, LINE_END);
        special_key(line, 'P');
        break;
    case '\b':
    case 0x7f:
        if (line->cursor > 0)
            replace(line, before(line, line->cursor), line->cursor, "", 0);
        break;
    case CONTROL('U'):
        replace(line, 0, line->cursor, "", 0);
        break;
    case CONTROL('K'):
        replace(line, line->cursor, line->length, "", 0);
        break;
    case CONTROL('A'):
        special_key(line, 'H');
        break;
    case CONTROL('B'):
        special_key(line, 'D');
        break;
    case CONTROL('E'):
        special_key(line, 'F');
        break;
    case CONTROL('F'):
        special_key(line, 'C');
        break;
    case CONTROL('P'):
        special_key(line, 'A');
        break;
    case CONTROL('N'):
        special_key(line, 'B');
        break;
    }
    return LINE_MORE;
}

enum line_event line_key(struct line *line, unsigned char key)
{
    char c = (char)key;
    bool second_half = c == '\n' && line->after_return;

    line->after_return = c == '\r';
    if (second_half || escape_key(line, c))
        return LINE_MORE;
    if (key < 0x20 || key == 0x7f)
        return control_key(line, c);
    replace(line, line->cursor, line->cursor, &c, 1);
    return LINE_MORE;
}

void line_begin(struct line *line, const char *prompt, size_t length)
{
    line->prompt_length = length < LINE_PROMPT_BYTES ? length : LINE_PROMPT_BYTES;
    memcpy(line->prompt, prompt, line->prompt_length);
    line->length = 0;
    line->cursor = 0;
    line->back = 0;
    line->escape = 0;
    line->out(line->prompt, line->prompt_length);
}

void line_hide(struct line *line)
{
    size_t all = columns(line->prompt, line->prompt_length) + columns(line->text, line->length);

    line->out("\r", 1);
    repeat(line, ' ', all);
    line->out("\r", 1);
}

void line_show(struct line *line)
{
    line->out(line->prompt, line->prompt_length);
    line->out(line->text, line->length);
    repeat(line, '\b', columns(line->text + line->cursor, line->length - line->cursor));
}
