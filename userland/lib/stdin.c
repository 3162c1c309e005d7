/*
 * userland/lib/stdin.c: standard input for picolibc, a line at a time from the console server.
 */
#include <stdio.h>

#include "userland/lib/console.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

static char line[TESS_CONSOLE_LINE + 1];
static size_t length;
static size_t next;

static int get(FILE *stream)
{
    tess_endpoint console = {tess_start_capability("console")};

    (void)stream;
    if (next == length) {
        tess_output_flush();
        next = length = 0;
        if (tess_console_read_line(console, "", line, TESS_CONSOLE_LINE, &length) != TESS_CONSOLE_OK)
            return _FDEV_EOF;
        line[length++] = '\n';
    }
    return (unsigned char)line[next++];
}

static FILE input = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);

FILE *const stdin = &input;
