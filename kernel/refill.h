/*
 * kernel/refill.h: a budget that comes back piece by piece, one period after it was taken up: a sporadic
 * server (SPEC SC-13, SC-14). Pure: tested on the host.
 *
 * What is used from the time `since` on is due again at `since` plus the period. `since` moves with use, but
 * not while the thread is preempted, so it begins where the thread became ready or the budget became due,
 * whichever was later. The pieces that are to come stand in a ring, by time; `left` and they are always
 * the budget together (Stanovic, Baker, Wang and Harbour 2010 have the corrections of the original rules).
 */
#ifndef TESSERA_KERNEL_REFILL_H
#define TESSERA_KERNEL_REFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "caps/cap.h"

struct refill {
    word time, amount;
};

struct refills {
    word budget, period; /* ticks; equal: a slice, without pieces */
    word left;           /* can be used now */
    word since;
    word owed;    /* used when there was nothing left: of the next piece */
    uint8_t room; /* pieces there may be, at least two */
    uint8_t first, count;
    struct refill ring[]; /* as many as RETYPE made room for */
};

/* The whole budget, from now on. */
void refills_fill(struct refills *refills, word now);

/* `ticks` were used, up to now. Nothing is left then only if the next piece is not due yet. least: shorter
 * pieces are joined with others. */
void refills_charge(struct refills *refills, word ticks, word now, word least);

/* From now on, for a thread that became ready now, or whose use is to count from now on. Caller: something
 * is left. */
void refills_begin(struct refills *refills, word now);

/* When the next piece is due. Caller: nothing is left. */
static inline word refills_due(const struct refills *refills)
{
    return refills->ring[refills->first].time;
}

/* It is due. Nothing is left afterwards if more was owed. */
void refills_take(struct refills *refills, word least);

#endif
