/*
 * userland/root/names.c: what root gives the name server, and those who provide and use names
 * (userland/lib/names.h).
 */
#include "userland/lib/names.h"
#include "userland/root/root.h"

static tess_cnode shelf; /* null: no name server was started yet */

static unsigned count(const struct system_program *policy, enum system_kind kind)
{
    const void *at = NULL;
    unsigned number = 0;

    while ((at = system_given(&description, policy, kind, at)) != NULL)
        number++;
    return number;
}

uint64_t names_made_bytes(const struct system_program *policy)
{
    return count(policy, SYSTEM_USE) > 0 ? (uint64_t)TESS_SLOT_BYTES << TESS_FOUND_RADIX : 0;
}

bool names_make(struct program *p)
{
    return count(p->policy, SYSTEM_USE) == 0 || give_cnode(p, TESS_FOUND_RADIX, &p->found);
}

bool names_serve(struct program *p)
{
    tess_result result = {TESS_OK, 0, 0};

    if ((p->policy->flags & SYSTEM_NAME_SERVER) == 0)
        return true;
    if (shelf.address == TESS_NULL)
        result = memory_make(TESS_TYPE_CNODE, TESS_NAMES_RADIX, 1, &shelf.address);
    return load_check(p, "shelf", result) && give_capability(p, "shelf", shelf.address, TESS_RIGHTS_ALL, 0);
}

bool names_give(struct program *p)
{
    bool provides = count(p->policy, SYSTEM_PROVIDE) > 0, uses = count(p->policy, SYSTEM_USE) > 0;
    tess_endpoint server = policy_name_server(), own;
    unsigned rights = TESS_RIGHT_CALL | (provides ? TESS_RIGHT_GRANT : 0u);

    if ((!provides && !uses) || server.address == TESS_NULL) /* it says that it has no name server */
        return true;
    if (!give_capability(p, "names", server.address, rights, TESS_NAMES_BADGE(badge_of(p), p->number)))
        return false;
    if (provides && !(load_check(p, "own", policy_endpoint(p->number, &own.address)) &&
                      give_capability(p, "own", own.address, TESS_RIGHT_CALL, 0)))
        return false;
    if (uses && !give_capability(p, "found", p->found.address, TESS_RIGHTS_ALL, 0))
        return false;
    p->found_at = p->cspace_next - 1;
    return true;
}

tess_cptr names_found(const struct program *p, tess_word badge)
{
    tess_cptr found = TESS_NULL;
    struct tess_inspect info;

    for (tess_cptr slot = 1; p->found.address != TESS_NULL && slot <= TESS_FOUND_MAX; slot++) {
        tess_cptr here = p->found.address | slot << (root.radix + p->book_radix);
        if (tess_failed(tess_inspect(here, &info)) || (info.type & 0xff) != TESS_TYPE_ENDPOINT ||
            info.badge != badge)
            continue;
        if (found != TESS_NULL)
            return TESS_NULL;
        found = p->found_at | slot << p->cspace_radix;
    }
    return found;
}
