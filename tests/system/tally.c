/*
 * tests/system/tally.c: a server with entry points that can be upgraded, for test_upgrade.py. A call with a word
 * adds it and gets the sum; a call without one waits until a sum is odd; one with two is never done. A signal is
 * answered with a signal. With a sum of 666 it crashes while it hands over, with 667 it does not come to an end with that. The program is packed twice, as `tally` and, of a form that the first does not know, as
 * `tally2` (tests/system/tally_form*.c).
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/pd.h"
#include "userland/lib/stdio.h"

static struct {
    tess_word sum;
    uint32_t waits;
    uint32_t caller;
} state;

void init(void)
{
    printf("tally: form %u%s\n", (unsigned)tess_state_version, tess_is_successor() ? ", a successor" : "");
}

static _Noreturn void never_done(void)
{
    printf("tally: never done\n");
    tess_output_flush();
    for (;;)
        ;
}

/* Signals back. */
void notified(tess_channel channel)
{
    printf("tally: signal on channel %u\n", channel);
    tess_notify(channel);
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)channel;
    if (tess_msginfo_words(info) == 0 && state.waits == 0 && tess_can_hold()) {
        state.waits = 1;
        state.caller = tess_hold();
        return info;
    }
    if (tess_msginfo_words(info) == 2)
        never_done();
    state.sum += tess_mr_get(0);
    tess_mr_set(0, state.sum);
    if (state.waits != 0 && state.sum % 2 == 1) {
        state.waits = 0;
        tess_answer_held(state.caller, tess_msginfo_new(1, 1));
    }
    return tess_msginfo_new(0, 1);
}

size_t hand_over(void *region, size_t room)
{
    (void)room;
    if (state.sum == 666)
        __builtin_trap();
    if (state.sum == 667)
        never_done();
    memcpy(region, &state, sizeof state);
    return sizeof state;
}

bool take_over(uint32_t version, const void *region, size_t bytes)
{
    if (version > tess_state_version || bytes != sizeof state)
        return false;
    memcpy(&state, region, sizeof state);
    return true;
}
