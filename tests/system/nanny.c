/*
 * tests/system/nanny.c: a parent for test_family.py, which does with a child's fault what it was last told to.
 *
 *     run call nanny WHAT
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/pd.h"
#include "userland/lib/stdio.h"

enum what {
    LEAVE = 0, /* the child stays where it is */
    SKIP = 1,  /* it goes on behind the instruction */
    AGAIN = 2, /* twice at it, and then behind it */
    HOLD = 3,  /* it waits, until ANSWER */
    PASS = 4,  /* root goes on with it */
    STOP = 5,  /* is stopped, and stays */
    FAULT = 6, /* its parent faults as well */
    RESTART = 7,
    ANSWER = 10,  /* who is held goes on behind the instruction */
    NOTHING = 11, /* a child that stands at no fault is passed on */
    MISUSE = 12   /* what it holds of a child is asked for something else */
};

static struct {
    enum what what;
    unsigned again;
    unsigned held;
    tess_word pc;
} state;

void init(void)
{
    printf("nanny: ready\n");
}

static tess_msginfo go_on_at(tess_word pc)
{
    tess_mr_set(0, pc);
    return tess_msginfo_new(0, 1);
}

bool fault(tess_channel child, tess_msginfo info, tess_msginfo *answer)
{
    static const char *const names[] = {"leave", "skip", "again", "hold", "pass", "stop", "fault", "restart"};
    enum tess_fault cause = (enum tess_fault)tess_msginfo_label(info);

    printf("nanny: child %u: %s at address 0x%lx, %u words: %s\n", child, tess_fault_name(cause),
           tess_mr_get(1), tess_msginfo_words(info), names[state.what]);
    state.pc = tess_mr_get(0);
    switch (state.what) {
    case LEAVE:
    case ANSWER:
    case NOTHING:
    case MISUSE:
        return false;
    case RESTART:
        tess_pd_restart(child);
        return false;
    case SKIP:
        *answer = go_on_at(state.pc + 8);
        return true;
    case AGAIN:
        *answer = ++state.again % 3 != 0 ? tess_msginfo_new(0, 0) : go_on_at(state.pc + 8);
        return true;
    case HOLD:
        state.held = tess_hold();
        return true;
    case PASS:
        printf("nanny: passed on: %s\n", tess_root_strerror(tess_pd_crashed(child)));
        return false;
    case STOP:
        printf("nanny: stopped: %s\n", tess_root_strerror(tess_pd_stop(child)));
        return false;
    case FAULT:
        tess_output_flush();
        __builtin_trap();
    }
    return false;
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    enum what what = (enum what)tess_mr_get(0);

    (void)channel;
    (void)info;
    if (what == NOTHING)
        printf("nanny: %s\n", tess_root_strerror(tess_pd_crashed(0)));
    else if (what == MISUSE)
        printf("nanny: %s\n",
               tess_root_strerror(tess_root_power_off((tess_endpoint){tess_need_capability("child0")})));
    else if (what == ANSWER)
        tess_answer_held(state.held, go_on_at(state.pc + 8));
    else
        state.what = what;
    return tess_msginfo_new(0, 0);
}

size_t hand_over(void *to, size_t room)
{
    (void)room;
    memcpy(to, &state, sizeof state);
    return sizeof state;
}

bool take_over(uint32_t version, const void *from, size_t bytes)
{
    (void)version;
    if (bytes != sizeof state)
        return false;
    memcpy(&state, from, sizeof state);
    return true;
}
