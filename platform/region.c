/*
 * platform/region.c: ranges of physical addresses, and short sorted lists of them.
 *
 * Part of clauses BI-2 and BI-5. Every list is at most REGIONS_MAX long, so are all loops.
 */
#include "platform/region.h"

bool region_valid(struct region r)
{
    uint64_t limit = 1ull << REGION_ADDRESS_BITS;
    return r.length > 0 && r.base < limit && r.length <= limit - r.base;
}

struct region region_pages_out(struct region r)
{
    uint64_t first = r.base & ~(uint64_t)(REGION_PAGE - 1);
    uint64_t end = (region_end(r) + REGION_PAGE - 1) & ~(uint64_t)(REGION_PAGE - 1);
    return (struct region){first, end - first};
}

struct region region_pages_in(struct region r)
{
    uint64_t first = (r.base + REGION_PAGE - 1) & ~(uint64_t)(REGION_PAGE - 1);
    uint64_t end = region_end(r) & ~(uint64_t)(REGION_PAGE - 1);
    return (struct region){first, first < end ? end - first : 0};
}

bool regions_overlap(const struct regions *list, struct region r)
{
    for (unsigned i = 0; i < list->count; i++)
        if (region_overlaps(list->at[i], r))
            return true;
    return false;
}

bool regions_contain(const struct regions *list, struct region r)
{
    for (unsigned i = 0; i < list->count; i++)
        if (region_contains(list->at[i], r))
            return true;
    return false;
}

static void remove_at(struct regions *list, unsigned i)
{
    list->count--;
    for (; i < list->count; i++)
        list->at[i] = list->at[i + 1];
}

/* Caller: there is room. */
static void insert_at(struct regions *list, unsigned i, struct region r)
{
    for (unsigned j = list->count++; j > i; j--)
        list->at[j] = list->at[j - 1];
    list->at[i] = r;
}

static struct region region_union(struct region a, struct region b)
{
    uint64_t base = a.base < b.base ? a.base : b.base;
    uint64_t end = region_end(a) > region_end(b) ? region_end(a) : region_end(b);
    return (struct region){base, end - base};
}

bool regions_add(struct regions *list, struct region r)
{
    unsigned i = 0;
    while (i < list->count && region_end(list->at[i]) <= r.base)
        i++;
    if (list->count == REGIONS_MAX && !(i < list->count && region_overlaps(list->at[i], r)))
        return false;
    while (i < list->count && region_overlaps(list->at[i], r)) {
        r = region_union(list->at[i], r);
        remove_at(list, i);
    }
    insert_at(list, i, r);
    return true;
}

bool regions_subtract(struct regions *list, struct region r)
{
    unsigned i = 0;
    while (i < list->count) {
        struct region old = list->at[i];
        if (!region_overlaps(old, r)) {
            i++;
            continue;
        }
        bool left = old.base < r.base;
        bool right = region_end(r) < region_end(old);
        /* Only one member can be split in two, and then no other overlaps r. */
        if (left && right && list->count == REGIONS_MAX)
            return false;
        remove_at(list, i);
        if (left)
            insert_at(list, i++, (struct region){old.base, r.base - old.base});
        if (right)
            insert_at(list, i++, (struct region){region_end(r), region_end(old) - region_end(r)});
    }
    return true;
}

void regions_join(struct regions *list)
{
    unsigned i = 0;
    while (i + 1 < list->count) {
        if (region_end(list->at[i]) == list->at[i + 1].base) {
            list->at[i].length += list->at[i + 1].length;
            remove_at(list, i + 1);
        } else {
            i++;
        }
    }
}

uint64_t regions_truncate(struct regions *list, uint64_t limit)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->at[i].length > limit)
            list->at[i].length = limit;
        limit -= list->at[i].length;
        if (list->at[i].length == 0)
            list->count = i; /* ends the loop */
    }
    return limit;
}
