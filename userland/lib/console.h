/*
 * userland/lib/console.h: the console server's protocol, and its client.
 *
 * A client holds a badged endpoint capability with the CALL right and makes these calls (the label of the
 * message; "bytes" is a counted run as in userland/lib/message.h):
 *
 *   WRITE      word 0.. bytes    answered when the text is on its way; appears unbroken. AGAIN: this client has had
 *                                its share of the server's time, nothing was written; it is to ask again
 *   READ_LINE  word 0.. bytes    a prompt to show; answered when a line was typed: word 0.. bytes, without
 *                                the newline, or with a label that says why there is none
 *   FLUSH                        answered when everything written so far has left for the device
 *
 * Readers are served in the order they came. The answer's label is an enum tess_console_answer.
 */
#ifndef TESSERA_USERLAND_LIB_CONSOLE_H
#define TESSERA_USERLAND_LIB_CONSOLE_H

#include "userland/lib/message.h"

enum tess_console_op {
    TESS_CONSOLE_WRITE = 1,
    TESS_CONSOLE_READ_LINE = 2,
    TESS_CONSOLE_FLUSH = 3,
};

enum tess_console_answer {
    TESS_CONSOLE_OK = 0,
    TESS_CONSOLE_INTERRUPTED = 1, /* Ctrl-C */
    TESS_CONSOLE_END = 2,         /* Ctrl-D on an empty line */
    TESS_CONSOLE_BUSY = 3,        /* too many readers wait already */
    TESS_CONSOLE_BAD_REQUEST = 4,
    TESS_CONSOLE_GONE = 5,  /* the call itself failed; never sent by the server */
    TESS_CONSOLE_AGAIN = 6, /* the functions below do so themselves */
};

#define TESS_CONSOLE_TEXT TESS_MESSAGE_BYTES_AFTER(1) /* of one WRITE */
#define TESS_CONSOLE_LINE 255u                        /* longest line that can be typed */

/* Longer texts go out in several pieces, divided after a newline where there is one. */
enum tess_console_answer tess_console_write(tess_endpoint console, const char *text, size_t length);

/* *length: bytes in `line`, which is not terminated. */
enum tess_console_answer tess_console_read_line(tess_endpoint console, const char *prompt, char *line,
                                                size_t room, size_t *length);
enum tess_console_answer tess_console_flush(tess_endpoint console);

#endif
