/*
 * userland/root/family.c: programs inside programs: a parent is told of its children's faults, and says what becomes of
 * them.
 *
 * The fault handler of a child is its parent's endpoint, and root is not asked. For each child the parent holds a
 * capability to root's endpoint, whose badge names the child: that is all it can do with it. What it does not want to
 * decide it passes on, and root goes on as after the crash of any other program.
 *
 * A child runs only while its parent does: it is ended with it, and started again when the parent is ready.
 */
#include "userland/root/root.h"

#define CHILD_BADGE(number) (1ull << 32 | (number))

/* Whose child the program of the description is; null: nobody's. */
static const struct system_child *find_record(unsigned number, unsigned *parent)
{
    const struct system_record *r = NULL;

    *parent = 0;
    while ((r = system_next(&description, r)) != NULL) {
        *parent += r->kind == SYSTEM_PROGRAM;
        if (r->kind == SYSTEM_CHILD && ((const struct system_child *)r)->program == number)
            return (const struct system_child *)r;
    }
    *parent = 0;
    return NULL;
}

unsigned family_parent(unsigned number)
{
    unsigned parent;

    find_record(number, &parent);
    return parent;
}

bool family_allows(unsigned number)
{
    unsigned parent = family_parent(number);

    return parent == 0 || program_is_running(policy_of(parent)->name);
}

/* ---- What they are given --------------------------------------------------------------------------------- */

bool family_faults(const struct program *p, tess_cptr *endpoint, tess_word *badge)
{
    unsigned parent;
    const struct system_child *c = find_record(p->number, &parent);

    if (c == NULL)
        return true;
    *badge = c->id;
    return load_check(p, "parent", policy_endpoint(parent, endpoint));
}

bool family_give(struct program *p)
{
    const struct system_child *c = NULL;

    while ((c = system_given(&description, p->policy, SYSTEM_CHILD, c)) != NULL) {
        if (!give_capability(p, c->name, root.endpoint.address, TESS_RIGHT_CALL, CHILD_BADGE(c->program)))
            return false;
    }
    return true;
}

static bool is_endpoint(tess_cptr slot)
{
    struct tess_inspect info;

    return !tess_failed(tess_inspect(slot, &info)) && (info.type & 0xff) == TESS_TYPE_ENDPOINT;
}

/* Its timeout faults stay where they go. Where it fails, root goes on being told of its faults. */
void family_adopt(struct program *p)
{
    tess_cptr slot = book(p, BOOK_FAULTS), timeouts = book(p, BOOK_TIMEOUTS), endpoint;
    tess_cnode here = {TESS_NULL};
    tess_word badge;

    if (family_parent(p->number) == 0 || !family_faults(p, &endpoint, &badge))
        return;
    tess_result result = tess_cnode_delete(root.cnode, slot);
    if (!tess_failed(result))
        result = tess_cnode_mint(root.cnode, slot, here, endpoint, TESS_RIGHT_CALL, badge);
    if (!tess_failed(result))
        result = tess_tcb_set_handlers((tess_tcb){book(p, BOOK_TCB)}, (tess_endpoint){slot},
                                       (tess_endpoint){is_endpoint(timeouts) ? timeouts : TESS_NULL});
    load_check(p, "parent", result);
}

void family_ended(const struct program *parent)
{
    const struct system_child *c = NULL;

    while ((c = system_given(&description, parent->policy, SYSTEM_CHILD, c)) != NULL) {
        struct program *p = program_by_name(policy_of(c->program)->name);
        if (p != NULL)
            program_orphaned(p, parent->name);
    }
}

/* ---- What a parent asks ---------------------------------------------------------------------------------- */

bool family_fault(const struct program *p, tess_message *m)
{
    struct tess_inspect thread;

    if (p->life != TESS_LIFE_RUNNING || p->stopped || tess_failed(tess_inspect(book(p, BOOK_TCB), &thread)) ||
        (thread.state[0] != TESS_THREAD_FAULTED && thread.state[0] != TESS_THREAD_INACTIVE) ||
        thread.state[2] == TESS_FAULT_NONE || family_parent(p->number) == 0)
        return false;
    *m =
        (tess_message){.info = TESS_INFO(thread.state[2], 2, 0), .words = {thread.state[3], thread.state[4]}};
    return true;
}

bool family_left(const struct program *p)
{
    struct tess_inspect thread;
    tess_message fault;

    return family_fault(p, &fault) && !tess_failed(tess_inspect(book(p, BOOK_TCB), &thread)) &&
           thread.state[0] == TESS_THREAD_INACTIVE;
}

static enum tess_root_answer restart(struct program *p, unsigned number)
{
    const char *name = policy_of(number)->name;
    tess_message fault;

    if (p == NULL || p->life == TESS_LIFE_NONE)
        return program_start_named(name);
    if (family_fault(p, &fault)) {
        p->faults++;
        p->last_fault = (enum tess_fault)TESS_INFO_LABEL(fault.info);
        program_judge(p);
    }
    return program_restart(p);
}

enum tess_root_answer family_message(const tess_message *m)
{
    unsigned number = (unsigned)(uint32_t)m->badge;
    struct program *p = program_by_name(policy_of(number)->name);
    tess_message fault;

    if (TESS_INFO_LABEL(m->info) == TESS_ROOT_RESTART)
        return restart(p, number);
    if (p == NULL || p->life != TESS_LIFE_RUNNING)
        return TESS_ROOT_NO_PROGRAM;
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_ROOT_STOP:
        return program_stop(p);
    case TESS_ROOT_RESUME:
        return program_resume(p);
    case TESS_ROOT_CRASHED:
        if (!family_fault(p, &fault))
            return TESS_ROOT_BAD_REQUEST;
        program_faulted(p, &fault, "");
        return TESS_ROOT_OK;
    }
    return TESS_ROOT_DENIED;
}
