/*
 * userland/lib/authority.c: capabilities of other programs (userland/lib/authority.h).
 */
#include "userland/lib/authority.h"

#include "userland/lib/start.h"

tess_cptr tess_slot_of(const char *name, tess_cptr slot)
{
    tess_cptr cnode = tess_start_capability(name);

    return cnode != TESS_NULL ? cnode | slot << tess_start->cspace_radix : TESS_NULL;
}

tess_tcb tess_authority_thread(unsigned number)
{
    return (tess_tcb){tess_slot_of("threads", TESS_AUTHORITY_THREAD(number))};
}

tess_sched_context tess_authority_context(unsigned number)
{
    return (tess_sched_context){tess_slot_of("threads", TESS_AUTHORITY_CONTEXT(number))};
}
