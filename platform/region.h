/*
 * platform/region.h: ranges of physical addresses, and short sorted lists of them.
 *
 * The arithmetic behind "what RAM is free, what is a device, what is neither". Pure; tested on the host.
 */
#ifndef TESSERA_PLATFORM_REGION_H
#define TESSERA_PLATFORM_REGION_H

#include <stdbool.h>
#include <stdint.h>

#define REGIONS_MAX         96u /* in one list; what needs more stops the boot with a line that says so */
#define REGION_ADDRESS_BITS 52  /* as many as an untyped capability holds */
#define REGION_PAGE         4096u

/* Bytes [base, base + length). In a list: not empty, and below 1 << REGION_ADDRESS_BITS, so no sum wraps. */
struct region {
    uint64_t base;
    uint64_t length;
};

/* Ascending and disjoint; two that touch are two. */
struct regions {
    unsigned count;
    struct region at[REGIONS_MAX];
};

static inline uint64_t region_end(struct region r)
{
    return r.base + r.length;
}

static inline bool region_overlaps(struct region a, struct region b)
{
    return a.base < region_end(b) && b.base < region_end(a);
}

static inline bool region_contains(struct region outer, struct region inner)
{
    return outer.base <= inner.base && region_end(inner) <= region_end(outer);
}

/* Can it stand in a list? */
bool region_valid(struct region r);

/* The pages that r touches; the pages that lie wholly inside r (perhaps none: length 0). */
struct region region_pages_out(struct region r);
struct region region_pages_in(struct region r);

bool regions_overlap(const struct regions *list, struct region r);

/* Is r inside a single member? */
bool regions_contain(const struct regions *list, struct region r);

/* Adds r; members it overlaps become one with it. False: list full, unchanged. */
bool regions_add(struct regions *list, struct region r);

/* Takes the bytes of r out of every member. False: list full, unchanged. */
bool regions_subtract(struct regions *list, struct region r);

/* Members that touch become one. */
void regions_join(struct regions *list);

/* Cuts the list after its first `limit` bytes; returns how much of the limit it did not use. */
uint64_t regions_truncate(struct regions *list, uint64_t limit);

#endif
