/*
 * userland/servers/console/line.h: editing one line on a terminal.
 *
 * Pure: keys go in, bytes for the terminal come out through a function; no system calls. Compiles on the
 * host, where tests/unit/test_user_line.c types at it. Needs nothing of the terminal but backspace.
 *
 *   Backspace, Delete      take away the character before, under the cursor
 *   Left, Right, Home, End (Ctrl-B F A E)   move
 *   Up, Down (Ctrl-P N)    earlier lines
 *   Ctrl-U, Ctrl-K         take away everything before, after the cursor
 *   Ctrl-C                 gives the line up;   Ctrl-D on an empty line: no more input
 */
#ifndef TESSERA_USERLAND_SERVERS_CONSOLE_LINE_H
#define TESSERA_USERLAND_SERVERS_CONSOLE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_BYTES     255u
#define LINE_PROMPT_BYTES  64u
#define LINE_HISTORY_BYTES 1024u

enum line_event {
    LINE_MORE = 0,
    LINE_DONE = 1,
    LINE_INTERRUPTED = 2,
    LINE_END = 3,
};

struct line {
    void (*out)(const char *bytes, size_t count);
    char prompt[LINE_PROMPT_BYTES];
    size_t prompt_length;
    char text[LINE_MAX_BYTES];
    size_t length;
    size_t cursor;

    unsigned escape;   /* how much of a terminal's key sequence has been seen */
    char parameter;    /* the digit in it */
    bool after_return; /* a newline right after a carriage return is the same key */
    unsigned back;     /* how far back in the history; 0 = not at all */
    size_t history_used;
    char history[LINE_HISTORY_BYTES]; /* lines, each ended by a zero byte, the latest last */
};

/* Starts a new line and shows its prompt. The history stays. */
void line_begin(struct line *line, const char *prompt, size_t length);

/* What the key did. After DONE the text is in line->text, line->length bytes. */
enum line_event line_key(struct line *line, unsigned char key);

/* Takes prompt and line off the terminal, and puts them back, for output in between. */
void line_hide(struct line *line);
void line_show(struct line *line);

#endif
