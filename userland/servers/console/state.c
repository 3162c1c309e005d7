/*
 * userland/servers/console/state.c: the state on its way from version to version (state.h).
 */
#include <string.h>

#include "userland/servers/console/state.h"

void state_put_line(struct state *state, const struct line *line)
{
    state->length = (uint32_t)line->length;
    state->cursor = (uint32_t)line->cursor;
    state->escape = line->escape;
    state->parameter = (unsigned char)line->parameter;
    state->after_return = line->after_return;
    state->back = line->back;
    state->history_used = (uint32_t)line->history_used;
    memcpy(state->text, line->text, line->length);
    memcpy(state->history, line->history, line->history_used);
}

/* The prompt is that of the reader that has the terminal. */
void state_get_line(const struct state *state, struct line *line)
{
    line->length = state->length;
    line->cursor = state->cursor;
    line->escape = state->escape;
    line->parameter = (char)state->parameter;
    line->after_return = state->after_return != 0;
    line->back = state->back;
    line->history_used = state->history_used;
    memcpy(line->text, state->text, state->length);
    memcpy(line->history, state->history, state->history_used);
    line->prompt_length = state->reader_count > 0 ? state->readers[0].prompt_length : 0;
    memcpy(line->prompt, state->readers[0].prompt, line->prompt_length);
}

/* Every line of the history has its end inside. */
static bool good_history(const struct state *s)
{
    return s->history_used <= LINE_HISTORY_BYTES &&
           (s->history_used == 0 || s->history[s->history_used - 1] == '\0');
}

bool state_take(struct state *state, uint32_t version, const void *bytes, size_t count)
{
    if (version != STATE_VERSION || count != sizeof *state)
        return false;
    memcpy(state, bytes, sizeof *state);
    for (unsigned i = 0; i < READERS_MAX; i++) {
        if (state->readers[i].prompt_length > LINE_PROMPT_BYTES || state->readers[i].caller >= CALLERS_MAX)
            return false;
    }
    return state->reader_count <= READERS_MAX && state->typed_count <= TYPED_AHEAD &&
           state->length <= LINE_MAX_BYTES && state->cursor <= state->length && state->escape <= 2 &&
           good_history(state);
}
