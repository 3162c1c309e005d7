/*
 * kernel/refill.c: sporadic-server budgets (SPEC SC-13, SC-14).
 */
#include "kernel/refill.h"

static struct refill *piece(struct refills *refills, unsigned i)
{
    unsigned at = refills->first + i;
    return &refills->ring[at < refills->room ? at : at - refills->room];
}

static struct refill pop(struct refills *refills)
{
    struct refill first = *piece(refills, 0);
    refills->first = refills->first + 1u < refills->room ? (uint8_t)(refills->first + 1) : 0;
    refills->count--;
    return first;
}

/*
 * Two pieces become one, due early enough that the later one is not used before its time, since the earlier
 * one is used before it.
 */
static word join(word earlier_time, word earlier_amount, word later_time)
{
    word time = later_time - earlier_amount;
    return time > earlier_time ? time : earlier_time;
}

/* Behind all others. No two pieces touch, nor does the first one touch what is left. */
static void append(struct refills *refills, word time, word amount, word least)
{
    struct refill *last = refills->count ? piece(refills, refills->count - 1u) : NULL;

    if (last &&
        (time <= last->time + last->amount || last->amount < least || refills->count == refills->room)) {
        last->time = join(last->time, last->amount, time);
        last->amount += amount;
        return;
    }
    *piece(refills, refills->count++) = (struct refill){time, amount};
}

/* Pieces that will be due before what is left is used up. */
static void absorb(struct refills *refills)
{
    while (refills->count && refills_due(refills) <= refills->since + refills->left)
        refills->left += pop(refills).amount;
}

void refills_fill(struct refills *refills, word now)
{
    refills->left = refills->budget;
    refills->since = now;
    refills->owed = 0;
    refills->first = refills->count = 0;
}

/* Of what is left; what is too much is owed. */
static void use(struct refills *refills, word ticks, word least)
{
    word used = ticks < refills->left ? ticks : refills->left;

    refills->owed = ticks - used;
    refills->left -= used;
    if (used)
        append(refills, refills->since + refills->period, used, least);
    refills->since += used;
}

void refills_take(struct refills *refills, word least)
{
    struct refill next = pop(refills);
    refills->left = next.amount;
    if (refills->since < next.time)
        refills->since = next.time;
    use(refills, refills->owed, least);
}

void refills_begin(struct refills *refills, word now)
{
    if (refills->since < now)
        refills->since = now;
    absorb(refills);
}

void refills_charge(struct refills *refills, word ticks, word now, word least)
{
    if (ticks > 2 * refills->budget) /* the clock jumped */
        ticks = 2 * refills->budget;
    use(refills, refills->owed + ticks, least);
    while (!refills->left && refills_due(refills) <= now) /* bound: less is owed each time */
        refills_take(refills, least);
}
