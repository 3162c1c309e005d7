/*
 * userland/root/regions.c: the memory regions of the system description that are RAM. Each is made when the first
 * program that needs it starts, behind one another in memory, and stays.
 */
#include "userland/root/root.h"

/* Frames of a larger one are in a CNode of their own: of slots in root's CSpace there are a few hundred. */
#define IN_ROOT_MOST 16u

static tess_cptr places[SYSTEM_REGIONS_MAX + 1]; /* of the first frame */
static uint64_t made;                            /* bit n: region n */

bool region_is_registers(const struct system_region *r)
{
    return r->device != 0 || r->physical != 0;
}

static unsigned pages_of(unsigned number)
{
    return (unsigned)(system_region(&description, number)->bytes / TESS_PAGE_BYTES);
}

/* The CNode stays where it is when there is no memory for the frames: they may be tried again. */
static tess_result make_large(unsigned number, unsigned pages)
{
    tess_cnode cnode = {places[number] & ((1ull << root.radix) - 1)};
    tess_result result = {TESS_OK, 0, 0};
    unsigned radix = TESS_CNODE_RADIX_MIN;

    while (1ull << radix < pages + 1ull)
        radix++;
    if (cnode.address == TESS_NULL)
        result = memory_make(TESS_TYPE_CNODE, radix, 1, &cnode.address);
    if (tess_failed(result))
        return result;
    places[number] = slot_in(cnode, 1);
    return memory_make_frames(pages, cnode, 1);
}

tess_result region_make(unsigned number)
{
    unsigned pages = pages_of(number);
    tess_result result = {TESS_OK, 0, 0};

    if ((made >> number & 1) != 0 || region_is_registers(system_region(&description, number)))
        return result;
    if (pages > IN_ROOT_MOST)
        result = make_large(number, pages);
    else
        result = memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, pages, &places[number]);
    made |= tess_failed(result) ? 0 : 1ull << number;
    return result;
}

struct frames region_frames(unsigned number)
{
    unsigned pages = pages_of(number);

    return (struct frames){places[number], pages > IN_ROOT_MOST ? 1ull << root.radix : 1, pages};
}
