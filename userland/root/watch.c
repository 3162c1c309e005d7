/*
 * userland/root/watch.c: what root says of programs that do not fault, and yet do not do as they should.
 *
 *   overruns   a program uses up its budget in one period after the other: its timeout faults come here
 *   floods     a server says that one of its clients calls it without end and for nothing
 *   answers    a server leaves a call without answer (answers.c)
 *
 * One line for each run of a program, in the form of a fault; it goes on, held to its budget and channels. (DESIGN.md,
 * "Programs that do not fault".)
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/root.h"

#define CALL_BYTES 4u /* of an ecall */

/* ---- The line -------------------------------------------------------------------------------------------- */

/* Where the thread is; the system call, if it waits in one (TH-6: its pc is behind that). */
tess_word watch_place(const struct program *p)
{
    tess_tcb tcb = {book(p, BOOK_TCB)};
    struct tess_inspect thread = {0};
    tess_word pc = 0;

    tess_inspect(tcb.address, &thread);
    tess_tcb_read_registers(tcb, 0, 1, false, &pc);
    bool waits = thread.state[0] >= TESS_THREAD_SENDING && thread.state[0] <= TESS_THREAD_AWAITING_REPLY;
    return waits ? pc - CALL_BYTES : pc;
}

/* Its timeout faults are nobody's from now on, but where a scheduler has taken them over. */
static void end_count(const struct program *p)
{
    tess_cptr slot = book(p, BOOK_TIMEOUTS);
    struct tess_inspect handler;

    if (tess_failed(tess_inspect(slot, &handler)) || (handler.type & 0xff) != TESS_TYPE_ENDPOINT ||
        handler.badge != badge_of(p))
        return;
    tess_tcb_set_handlers((tess_tcb){book(p, BOOK_TCB)}, (tess_endpoint){book(p, BOOK_FAULTS)},
                          (tess_endpoint){TESS_NULL});
    tess_cnode_delete(root.cnode, slot);
}

void watch_tell(struct program *p, const char *cause, tess_word pc, tess_word address)
{
    p->watch.told = true;
    end_count(p);
    printf("%s: %s at 0x%lx, address 0x%lx\n", p->name, cause, (unsigned long)pc, (unsigned long)address);
}

bool watch_begin(struct program *p)
{
    tess_cptr slot = book(p, BOOK_TIMEOUTS);
    tess_result result;

    answers_begin(p);
    if (p->policy->overruns == 0)
        return true;
    result = tess_cnode_mint(root.cnode, slot, (tess_cnode){TESS_NULL}, root.endpoint.address,
                             TESS_RIGHT_CALL, badge_of(p));
    if (!tess_failed(result))
        result = tess_tcb_set_handlers((tess_tcb){book(p, BOOK_TCB)}, (tess_endpoint){book(p, BOOK_FAULTS)},
                                       (tess_endpoint){slot});
    return load_check(p, "timeouts", result);
}

/* ---- Loops ----------------------------------------------------------------------------------------------- */

/* In a row: no whole period has passed without it. */
void watch_overrun(struct program *p, tess_word pc)
{
    struct watch *w = &p->watch;
    uint64_t now = clock_now();
    struct tess_inspect context = {0};
    char cause[48];

    tess_inspect(book(p, BOOK_CONTEXT), &context); /* a scheduler may have set another period */
    w->overruns = now - w->overrun_at < 2 * context.state[1] ? w->overruns + 1 : 1;
    w->overrun_at = now;
    if (w->told || p->policy->overruns == 0 || w->overruns < p->policy->overruns)
        return;
    snprintf(cause, sizeof cause, "budget used up %u times in a row", w->overruns);
    watch_tell(p, cause, pc, pc);
}

/* ---- Clients --------------------------------------------------------------------------------------------- */

/* By a name that the server provides; with a badge, that of what was found then (userland/lib/names.h). */
static bool finds(const struct program *p, unsigned server, const tess_word *badge)
{
    const struct system_provide *provide = NULL;
    const struct system_use *use = NULL;

    while ((provide = system_given(&description, policy_of(server), SYSTEM_PROVIDE, provide)) != NULL) {
        if (badge != NULL && *badge != (badge_of(p) << 32 | provide->id))
            continue;
        while ((use = system_given(&description, p->policy, SYSTEM_USE, use)) != NULL) {
            if (strcmp(use->name, provide->name) == 0)
                return true;
        }
    }
    return false;
}

/* Does it call that server, known by that badge, or, with null, any? address: null if that is not known. */
bool watch_calls(const struct program *p, unsigned server, const tess_word *badge, tess_cptr *address)
{
    const struct system_call *c = NULL;

    *address = TESS_NULL;
    for (unsigned i = 0; (c = system_given(&description, p->policy, SYSTEM_CALL, c)) != NULL; i++) {
        if (c->program != server || (badge != NULL && policy_badge(p, c) != *badge))
            continue;
        *address = i < CALLS_KEPT ? p->calls[i] : TESS_NULL;
        return true;
    }
    if (badge != NULL)
        *address = names_found(p, *badge);
    return finds(p, server, badge);
}

/* ---- Floods ---------------------------------------------------------------------------------------------- */

static bool awaits_answer(const struct program *p)
{
    struct tess_inspect thread;

    return !tess_failed(tess_inspect(book(p, BOOK_TCB), &thread)) &&
           thread.state[0] == TESS_THREAD_AWAITING_REPLY;
}

/* Copies of a program call with its badge: it is one that awaits its answer. Who was started later has not called. */
static struct program *find_client(unsigned server, tess_word badge, uint64_t since, tess_cptr *address)
{
    struct program *found = NULL;
    tess_cptr at;

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life != TESS_LIFE_RUNNING || p->predecessor != NULL || p->started_at > since ||
            !watch_calls(p, server, &badge, &at) || (found != NULL && !awaits_answer(p)))
            continue;
        found = p;
        *address = at;
    }
    return found;
}

enum tess_root_answer watch_flooded(const struct program *server, tess_word badge, uint64_t since)
{
    tess_cptr address;
    char cause[16 + TESS_PROGRAM_NAME];

    if ((server->policy->flags & SYSTEM_SERVER) == 0)
        return TESS_ROOT_DENIED;
    struct program *p = find_client(server->number, badge, since, &address);
    if (p == NULL)
        return TESS_ROOT_NO_PROGRAM;
    if (!p->watch.told) {
        tess_word pc = watch_place(p);
        snprintf(cause, sizeof cause, "floods %s", server->name);
        watch_tell(p, cause, pc, address != TESS_NULL ? address : pc);
    }
    return TESS_ROOT_OK;
}
