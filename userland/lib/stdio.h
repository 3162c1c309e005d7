/*
 * userland/lib/stdio.h: where the standard output of a program goes.
 *
 * Output is collected into a line and leaves whole, at a newline, when the line is full, before input is
 * read, and at exit. It goes to the sink the program chose, or else to the first of these it was given: the
 * firmware (a first program), the capability "console", the capability "root" (its log).
 */
#ifndef TESSERA_USERLAND_LIB_STDIO_H
#define TESSERA_USERLAND_LIB_STDIO_H

#include <stddef.h>

#define TESS_OUTPUT_LINE 256u

typedef void tess_sink(const char *text, size_t length);

/* Null: the default of above. */
void tess_output_to(tess_sink *sink);

/* Lets out what has been collected. */
void tess_output_flush(void);

#endif
