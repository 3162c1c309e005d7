/*
 * userland/root/upgrade.c: live upgrade: another version takes the place of a running program, with its state.
 *
 * One at a time, in these steps (userland/lib/hand_over.h is the programs' side):
 *
 *   begin    the successor is made, wired as the old one is, and not yet run; the old one is signalled
 *   asked    the old one says that it is at rest: it is shown the region
 *   filled   it has written its state, and is held; the region goes over to the successor, which runs
 *   ready    the successor serves: it gets the notification and the place of the old one, which is ended
 *
 * When the successor ends, or takes too long, it is taken back and the old one goes on where it was. When the
 * old one takes too long with the region in its hands, it is started again, as after a crash.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/hand_over.h"
#include "userland/lib/layout.h"
#include "userland/root/root.h"

#define STEP_MS 500u /* the longest that a step may take */

enum step { STEP_NONE, STEP_BEGIN, STEP_ASKED, STEP_FILLED };

static struct {
    enum step step;
    struct program *old;
    struct program *successor;
    struct region memory; /* of the region's frames */
    unsigned asker;       /* held: who wanted it */
    unsigned holder;      /* held, in STEP_FILLED: the old one */
    uint64_t deadline;
} upgrade;

static tess_cptr frames; /* the slots for them, for ever */

uint64_t upgrade_deadline(void)
{
    return upgrade.step != STEP_NONE ? upgrade.deadline : UINT64_MAX;
}

bool upgrade_of(const struct program *p)
{
    return upgrade.step != STEP_NONE && p == upgrade.old;
}

static void set_step(enum step step)
{
    upgrade.step = step;
    upgrade.deadline = clock_now() + STEP_MS * root.timebase / 1000;
    program_set_clock();
}

/* ---- The region ------------------------------------------------------------------------------------------ */

static tess_result make_region(void)
{
    if (frames == TESS_NULL)
        frames = slots_take(TESS_HAND_OVER_PAGES);
    if (frames == TESS_NULL)
        return (tess_result){TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0};
    tess_result result = memory_take(TESS_HAND_OVER_BYTES, &upgrade.memory);
    if (!tess_failed(result))
        result = tess_untyped_retype(upgrade.memory.untyped, TESS_TYPE_FRAME, TESS_FRAME_4K, root.cnode,
                                     frames, TESS_HAND_OVER_PAGES);
    return result;
}

static tess_result show_region(const struct program *p, unsigned rights)
{
    tess_result result = {TESS_OK, 0, 0};

    for (unsigned i = 0; i < TESS_HAND_OVER_PAGES && !tess_failed(result); i++)
        result = tess_frame_map((tess_frame){frames + i}, (tess_vspace){book(p, BOOK_VSPACE)},
                                TESS_LAYOUT_HAND_OVER + i * TESS_PAGE_BYTES, rights);
    return result;
}

static tess_result hide_region(void)
{
    tess_result result = {TESS_OK, 0, 0};

    for (unsigned i = 0; i < TESS_HAND_OVER_PAGES && !tess_failed(result); i++)
        result = tess_frame_unmap((tess_frame){frames + i});
    return result;
}

/* ---- The notification ------------------------------------------------------------------------------------ */

/* A server that nobody signals gets its notification now. */
static bool ask_to_hand_over(struct program *p)
{
    tess_tcb tcb = {book(p, BOOK_TCB)};
    tess_notification notification;
    tess_result result = policy_make_notification(p->number, &notification);

    if (!tess_failed(result) && (p->policy->flags & SYSTEM_SERVER) != 0 &&
        (p->policy->flags & SYSTEM_WAKE) == 0) {
        result = tess_tcb_bind_notification(tcb, notification);
        if (result.error == TESS_ERR_BOUND) /* at an earlier time */
            result.error = TESS_OK;
    }
    passive_wake(p);
    return load_check(p, "notification", result) && program_signal(p, TESS_SIGNAL_HAND_OVER);
}

/* False: that cannot be, and all is as before. */
static bool pass_notification(struct program *old, struct program *successor)
{
    tess_notification notification, none = {TESS_NULL};
    tess_tcb from = {book(old, BOOK_TCB)}, to = {book(successor, BOOK_TCB)};

    if ((old->policy->flags & SYSTEM_SERVER) == 0)
        return true;
    if (!load_check(old, "notification", policy_make_notification(old->number, &notification)) ||
        !load_check(old, "notification", tess_tcb_bind_notification(from, none)))
        return false;
    if (load_check(successor, "notification", tess_tcb_bind_notification(to, notification)))
        return true;
    tess_tcb_bind_notification(from, notification);
    return false;
}

/* ---- The end of it, one way or the other ----------------------------------------------------------------- */

static void answer(unsigned caller, enum tess_root_answer label)
{
    tess_message m = {.info = TESS_INFO(label, 0, 0)};

    tess_server_answer(&service, caller, &m);
}

static void finish(enum tess_root_answer label)
{
    enum step step = upgrade.step;

    upgrade.step = STEP_NONE;
    if (upgrade.memory.bytes > 0)
        memory_give(&upgrade.memory);
    if (step == STEP_FILLED)
        answer(upgrade.holder, TESS_ROOT_STAYS); /* in vain when the old one is gone */
    answer(upgrade.asker, label);
}

/* The successor is taken back. `stays`: the old one goes on where it was. */
static void abandon(const char *why, bool stays)
{
    printf("%s: upgrade: %s%s\n", upgrade.old->name, why, stays ? "; the old one goes on" : "");
    program_unmake(upgrade.successor);
    upgrade.old->watch.serves_since = clock_now();
    finish(TESS_ROOT_STAYS);
}

/* ---- Steps ----------------------------------------------------------------------------------------------- */

static enum tess_root_answer check(const struct program *p, const char *image, struct bundle_file *file)
{
    unsigned wants = SYSTEM_SERVER | SYSTEM_WAKE;

    if (p == NULL || p->life != TESS_LIFE_RUNNING || !bundle_find(image, file))
        return TESS_ROOT_NO_PROGRAM;
    if ((p->policy->flags & wants) == 0 || (p->policy->flags & SYSTEM_TEMPLATE) != 0)
        return TESS_ROOT_CLIENT;
    if (p->stopped || !p->ready)
        return TESS_ROOT_IDLE;
    return upgrade.step == STEP_NONE ? TESS_ROOT_OK : TESS_ROOT_BUSY;
}

enum tess_root_answer upgrade_begin(struct program *p, const char *image, struct tess_server *server)
{
    struct bundle_file file;
    enum tess_root_answer result = check(p, image[0] != '\0' || p == NULL ? image : p->image, &file);

    if (result != TESS_ROOT_OK)
        return result;
    if (!tess_server_can_hold(server))
        return TESS_ROOT_FULL;
    result = program_make_successor(p, &file, &upgrade.successor);
    if (result != TESS_ROOT_OK)
        return result;
    upgrade.old = p;
    if (!load_check(p, "hand-over region", make_region()) || !ask_to_hand_over(p)) {
        program_unmake(upgrade.successor);
        if (upgrade.memory.bytes > 0)
            memory_give(&upgrade.memory);
        return TESS_ROOT_NO_MEMORY;
    }
    upgrade.asker = tess_server_hold(server);
    set_step(STEP_BEGIN);
    return TESS_ROOT_OK;
}

enum tess_root_answer upgrade_asked(struct program *p)
{
    if (upgrade.step != STEP_BEGIN || p != upgrade.old)
        return TESS_ROOT_STATE; /* it took so long that nobody waits for it any more */
    tess_result result = show_region(p, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    if (!load_check(p, "hand-over region", result)) {
        abandon("it cannot be shown the region", true);
        return TESS_ROOT_FAILED;
    }
    set_step(STEP_ASKED);
    return TESS_ROOT_OK;
}

bool upgrade_filled(struct program *p, bool filled, struct tess_server *server)
{
    if (upgrade.step != STEP_ASKED || p != upgrade.old)
        return false;
    if (!filled) {
        abandon("it cannot hand over its state", true);
        return false;
    }
    if (!tess_server_can_hold(server) || tess_failed(hide_region()) ||
        tess_failed(show_region(upgrade.successor, TESS_RIGHT_READ)) ||
        tess_failed(tess_tcb_resume((tess_tcb){book(upgrade.successor, BOOK_TCB)}))) {
        abandon("the new one cannot be shown the region", true);
        return false;
    }
    upgrade.holder = tess_server_hold(server);
    set_step(STEP_FILLED);
    return true;
}

bool upgrade_ready(struct program *p)
{
    const char *before = upgrade.old != NULL ? upgrade.old->image : "";

    if (p->predecessor == NULL)
        return true;
    if (!pass_notification(upgrade.old, p)) {
        abandon("the new one cannot have the notification", true);
        return false;
    }
    program_succeed(upgrade.old, p);
    printf("%s: upgraded from %s to %s\n", p->name, before, p->image);
    finish(TESS_ROOT_OK);
    return true;
}

void upgrade_ended(struct program *p)
{
    if (upgrade.step == STEP_NONE)
        return;
    if (p == upgrade.successor)
        abandon("the new one ended", true);
    else if (p == upgrade.old)
        abandon("the old one ended", false);
}

void upgrade_clock(uint64_t now)
{
    struct program *old = upgrade.old;

    if (upgrade.step == STEP_NONE || upgrade.deadline > now)
        return;
    switch (upgrade.step) {
    case STEP_NONE:
        break;
    case STEP_BEGIN:
        abandon("it does not hand over in time", true);
        break;
    case STEP_ASKED:
        abandon("it does not hand over in time", false);
        program_end(old, TESS_ENDED_FAULTED, 0);
        break;
    case STEP_FILLED:
        abandon("the new one does not take over in time", true);
        break;
    }
}
