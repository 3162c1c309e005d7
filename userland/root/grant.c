/*
 * userland/root/grant.c: who may send capabilities with calls and answers, and where they come to.
 *
 * Nobody may but where the description says `grant`; whoever is at the other end is given a CNode, "window", and its
 * library puts there what comes (userland/lib/pd.h).
 */
#include "userland/lib/window.h"
#include "userland/root/root.h"

static bool receives(const struct system_program *policy)
{
    return (policy->flags & SYSTEM_RECEIVES) != 0;
}

uint64_t grant_made_bytes(const struct system_program *policy)
{
    return receives(policy) ? (uint64_t)TESS_SLOT_BYTES << TESS_WINDOW_RADIX : 0;
}

bool grant_make(struct program *p)
{
    return !receives(p->policy) || give_cnode(p, TESS_WINDOW_RADIX, &p->window);
}

bool grant_give(struct program *p)
{
    return !receives(p->policy) || give_capability(p, "window", p->window.address, TESS_RIGHTS_ALL, 0);
}

unsigned grant_rights(const struct system_program *policy)
{
    return (policy->flags & SYSTEM_GRANTS) != 0 ? TESS_RIGHT_GRANT : 0;
}
