/*
 * userland/servers/mem/region.c: the list of regions (userland/servers/mem/region.h).
 */
#include <string.h>

#include "userland/servers/mem/region.h"

static struct region *find(struct regions *regions, uint32_t page, bool below)
{
    for (struct region *r = regions->region; r < regions->region + regions->count; r++) {
        if (below ? page >= r->low && page < r->first : page >= r->first && page - r->first < r->pages)
            return r;
    }
    return NULL;
}

struct region *region_find(struct regions *regions, uint32_t page)
{
    return find(regions, page, false);
}

struct region *region_below(struct regions *regions, uint32_t page)
{
    return find(regions, page, true);
}

struct region *region_at(struct regions *regions, uint32_t first)
{
    for (struct region *r = regions->region; r < regions->region + regions->count; r++) {
        if (r->first == first)
            return r;
    }
    return NULL;
}

static bool is_sound(const struct region *r)
{
    return r->low <= r->first && r->low < r->high && r->high <= REGION_PAGES && r->low > 0 &&
           r->first <= r->high && r->pages <= r->high - r->first;
}

struct region *region_add(struct regions *regions, const struct region *region)
{
    unsigned at = 0;

    if (regions->count == REGIONS_MAX || !is_sound(region))
        return NULL;
    while (at < regions->count && regions->region[at].high <= region->low)
        at++;
    if (at < regions->count && regions->region[at].low < region->high)
        return NULL;
    memmove(&regions->region[at + 1], &regions->region[at], (regions->count - at) * sizeof *region);
    regions->region[at] = *region;
    regions->count++;
    return &regions->region[at];
}

void region_remove(struct regions *regions, struct region *region)
{
    unsigned at = (unsigned)(region - regions->region);

    regions->count--;
    memmove(region, region + 1, (regions->count - at) * sizeof *region);
}

uint32_t region_place(const struct regions *regions, uint32_t pages)
{
    uint32_t at = REGION_LOWEST;

    for (const struct region *r = regions->region; r < regions->region + regions->count; r++) {
        if (r->high < at)
            continue;
        if (r->low > at && r->low - at > pages)
            return at;
        at = r->high + 1;
    }
    return at <= REGION_PAGES && pages <= REGION_PAGES - at ? at : 0;
}
