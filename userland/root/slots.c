/*
 * userland/root/slots.c: which slots of root's CSpace are free.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/root/root.h"

#define SLOTS_MAX 1024u

static uint64_t taken[SLOTS_MAX / 64];
static tess_cptr first;
static unsigned count;

void slots_init(void)
{
    const struct tess_record_cap *free_slots = tess_boot_find(TESS_ROLE_FREE_SLOTS, 0);

    if (free_slots == NULL) {
        printf("root: the boot information names no free slots\n");
        exit(EXIT_FAILURE);
    }
    first = free_slots->address;
    count = free_slots->value < SLOTS_MAX ? (unsigned)free_slots->value : SLOTS_MAX;
}

static bool is_taken(unsigned i)
{
    return (taken[i / 64] >> i % 64 & 1) != 0;
}

tess_cptr slots_take(unsigned wanted)
{
    unsigned run = 0;

    for (unsigned i = 0; i < count; i++) {
        run = is_taken(i) ? 0 : run + 1;
        if (run == wanted) {
            for (unsigned j = i + 1 - wanted; j <= i; j++)
                taken[j / 64] |= 1ull << j % 64;
            return first + i + 1 - wanted;
        }
    }
    return TESS_NULL;
}

void slots_give(tess_cptr slot)
{
    unsigned i = (unsigned)(slot - first);

    if (slot >= first && i < count)
        taken[i / 64] &= ~(1ull << i % 64);
}
