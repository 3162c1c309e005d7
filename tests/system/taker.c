/*
 * tests/system/taker.c: is sent capabilities by tests/system/giver.c, and does with them what word 0 says; word 1 is a
 * number, and word 2 how many were sent.
 */
#include <stdio.h>

#include "userland/lib/authority.h"
#include "userland/lib/pd.h"

enum what {
    LOOK = 0,   /* only what every call is: the window is described */
    WINDOW = 1, /* so many slots from now on */
    KEEP = 2,   /* the first one */
    USE = 3,    /* signals with what is kept */
    DROP = 4,
    ANSWER = 5, /* with what is kept */
    HOLD = 6,   /* the caller, for ever, with what is kept made ready for it */
};

static tess_cptr kept;

/* What became of each that was sent, and what is in the first two slots of the window. */
static void describe(tess_channel channel, tess_word sent)
{
    static const char *const names[] = {"none", "placed", "unwrapped", "no-slot", "no-grant", "no-derive"};

    printf("%s: channel %u:", tess_program_name(), channel);
    for (unsigned i = 0; i < sent && i < TESS_MESSAGE_CAPS_MAX; i++)
        printf(" %s", tess_received(i) != TESS_NULL ? "placed" : names[tess_buffer->transfer[i]]);
    for (unsigned slot = 1; slot <= 2; slot++) {
        struct tess_inspect seen = {0};
        tess_inspect(tess_slot_of("window", slot), &seen);
        printf("%s %s", slot == 1 ? " |" : "", tess_type_name((enum tess_type)(seen.type & 0xff)));
    }
    printf("\n");
}

void init(void)
{
    printf("%s: ready\n", tess_program_name());
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    tess_word number = tess_mr_get(1);
    tess_result result = {TESS_OK, 0, 0};

    (void)info;
    describe(channel, tess_mr_get(2));
    switch ((enum what)tess_mr_get(0)) {
    case LOOK:
        break;
    case WINDOW:
        tess_window((tess_cnode){tess_need_capability("window")}, 1, (unsigned)number);
        break;
    case KEEP:
        kept = tess_keep(0);
        break;
    case USE:
        result = tess_signal((tess_notification){kept});
        break;
    case DROP:
        tess_drop(kept);
        break;
    case ANSWER:
        tess_cap_set(0, kept);
        break;
    case HOLD:
        tess_cap_set(0, kept);
        tess_hold();
        break;
    }
    tess_mr_set(0, result.error);
    return tess_msginfo_new(0, 1);
}
