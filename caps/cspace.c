/*
 * caps/cspace.c: capability addresses, resolved from the low bits up, without guards (SPEC CS-1..CS-7).
 */
#include "caps/cspace.h"

#include "caps/status.h"

struct status cspace_lookup_run(struct cap root, word address, unsigned argument, struct slot **slot,
                                word *room)
{
    /* At most TESS_CSPACE_LEVELS rounds: an arrangement of CNodes that is a cycle is harmless (CS-4). */
    for (unsigned level = 0; level < TESS_CSPACE_LEVELS; level++) {
        if (address == 0 || cap_type(root) != CAP_CNODE) /* CS-3, CS-5 */
            break;
        word size = (word)1 << cap_radix(root), index = address & (size - 1);
        struct slot *found = (struct slot *)cap_object(root) + index;
        address >>= cap_radix(root);
        if (address == 0) { /* CS-2: nothing left; the last index was not 0, for the address was not */
            *slot = found;
            *room = size - index;
            return STATUS_OK;
        }
        root = found->cap;
    }
    return status_fail(TESS_ERR_ADDRESS, argument, address);
}

struct status cspace_lookup(struct cap root, word address, unsigned argument, struct slot **slot)
{
    word room;
    /* One CNode is the common case; its word 1 is the highest index. */
    if (cap_type(root) == CAP_CNODE && address != 0 && address <= root.w1) {
        *slot = (struct slot *)cap_object(root) + address;
        return STATUS_OK;
    }
    return cspace_lookup_run(root, address, argument, slot, &room);
}

struct status cspace_lookup_type(struct cap root, word address, unsigned argument, enum cap_type type,
                                 struct slot **slot)
{
    TRY(cspace_lookup(root, address, argument, slot));
    if (cap_type((*slot)->cap) != type)
        return status_fail(TESS_ERR_TYPE, argument, cap_type((*slot)->cap));
    return STATUS_OK;
}
