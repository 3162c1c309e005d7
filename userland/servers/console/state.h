/*
 * userland/servers/console/state.h: what one version of the console server hands over to the next.
 *
 * The form has a number, which changes when a field does; a version that does not know the number refuses, and
 * the one that serves goes on. What a predecessor says is not believed: state_take checks all of it. Pure;
 * compiles on the host, where tests/unit/test_user_hand_over.c damages it.
 */
#ifndef TESSERA_USERLAND_SERVERS_CONSOLE_STATE_H
#define TESSERA_USERLAND_SERVERS_CONSOLE_STATE_H

#include <stdint.h>

#include "userland/servers/console/line.h"

#define STATE_VERSION 1u
#define READERS_MAX   8u
#define TYPED_AHEAD   128u
#define CALLERS_MAX   64u

struct reader {
    uint32_t caller; /* held by the server loop */
    uint32_t prompt_length;
    char prompt[LINE_PROMPT_BYTES];
};

struct state {
    uint32_t mid_line;     /* the last thing written did not end in a newline */
    uint32_t handed_over;  /* how often that has been done */
    uint64_t writes;       /* requests served */
    uint32_t reader_count; /* the first one has the terminal */
    uint32_t typed_count;  /* keys that came while nobody read */
    unsigned char typed[TYPED_AHEAD];
    struct reader readers[READERS_MAX];

    /* The line that is being typed, and earlier ones: userland/servers/console/line.h. */
    uint32_t length;
    uint32_t cursor;
    uint32_t escape;
    uint32_t parameter;
    uint32_t after_return;
    uint32_t back;
    uint32_t history_used;
    char text[LINE_MAX_BYTES + 1];
    char history[LINE_HISTORY_BYTES];
};

/* Into, and out of, the fields about the line; `out` of the line stays. */
void state_put_line(struct state *state, const struct line *line);
void state_get_line(const struct state *state, struct line *line);

/* Copies what a predecessor wrote; false: it cannot be used. */
bool state_take(struct state *state, uint32_t version, const void *bytes, size_t count);

#endif
