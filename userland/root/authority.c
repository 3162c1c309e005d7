/*
 * userland/root/authority.c: what servers of policy are given of the whole machine: SchedControl, and other
 * programs' threads and contexts.
 *
 * Root cannot wait for a server that it may have to end, so it sends it nothing. It puts the capabilities onto a
 * shelf: a CNode of its own, which the server holds as well. What is on the shelf goes when the program goes that
 * it belongs to, and is still there when the server is started again.
 */
#include "userland/lib/authority.h"
#include "userland/root/root.h"

static tess_cnode threads; /* null: no program is started whose description asks for it */

#define THREADS_RADIX 6u
_Static_assert(TESS_AUTHORITY_CONTEXT(PROGRAMS_MAX) < 1u << THREADS_RADIX, "each program has two slots");

/* The thread and the context of a program, where the scheduler finds them. */
static tess_result shelve(const struct program *p)
{
    tess_cptr number = badge_of(p);
    tess_cnode here = {TESS_NULL};
    tess_result result = tess_cnode_copy(threads, TESS_AUTHORITY_THREAD(number), here, book(p, BOOK_TCB), 0);

    if (tess_failed(result))
        return result;
    return tess_cnode_copy(threads, TESS_AUTHORITY_CONTEXT(number), here, book(p, BOOK_CONTEXT), 0);
}

/* The shelf, with all who run already; the program that is being started comes when it is. */
static tess_result make_shelf(void)
{
    tess_result result = {TESS_OK, 0, 0};

    if (threads.address != TESS_NULL)
        return result;
    result = memory_make(TESS_TYPE_CNODE, THREADS_RADIX, 1, &threads.address);
    for (struct program *p = programs; !tess_failed(result) && p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_RUNNING)
            result = shelve(p);
    }
    return result;
}

bool authority_give(struct program *p)
{
    if ((p->policy->flags & SYSTEM_SCHED_CONTROL) != 0 &&
        !give_capability(p, "sched_control", root.sched_control.address, TESS_RIGHTS_ALL, 0))
        return false;
    return (p->policy->flags & SYSTEM_SCHEDULER) == 0 ||
           (load_check(p, "threads", make_shelf()) &&
            give_capability(p, "threads", threads.address, TESS_RIGHTS_ALL, 0));
}

bool authority_started(struct program *p)
{
    if (threads.address == TESS_NULL)
        return true;
    if (!load_check(p, "threads", shelve(p)))
        return false;
    policy_tell_servers();
    return true;
}

enum tess_root_answer authority_timeouts(const struct program *asker, const struct program *p, bool wanted)
{
    tess_cptr slot = book(p, BOOK_TIMEOUTS), endpoint;
    tess_result result = policy_endpoint(asker->number, &endpoint);

    if (!tess_failed(result))
        result = tess_cnode_delete(root.cnode, slot);
    if (wanted && !tess_failed(result))
        result = tess_cnode_mint(root.cnode, slot, (tess_cnode){TESS_NULL}, endpoint, TESS_RIGHT_CALL,
                                 badge_of(p) << 32);
    if (!tess_failed(result))
        result = tess_tcb_set_handlers((tess_tcb){book(p, BOOK_TCB)}, (tess_endpoint){book(p, BOOK_FAULTS)},
                                       (tess_endpoint){wanted ? slot : TESS_NULL});
    if (tess_failed(result))
        tess_report("root: timeouts", result);
    return tess_failed(result) ? TESS_ROOT_FAILED : TESS_ROOT_OK;
}
