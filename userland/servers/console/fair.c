/*
 * userland/servers/console/fair.c: shares of the console server's time (fair.h).
 */
#include "userland/servers/console/fair.h"

/* The client's entry; those that find no room share the last one. */
static unsigned entry_of(struct fair *f, uint64_t badge)
{
    unsigned i = 0;

    while (i < f->count && f->clients[i].badge != badge)
        i++;
    if (i < f->count)
        return i;
    if (i == FAIR_CLIENTS)
        return FAIR_CLIENTS - 1;
    f->clients[i].badge = badge;
    f->clients[i].had = 0;
    f->count++;
    return i;
}

bool fair_waits(struct fair *f, uint64_t badge, uint64_t now)
{
    if (now - f->begin >= f->window) {
        f->begin = now;
        f->total = 0;
        f->count = 0;
    }
    return f->clients[entry_of(f, badge)].had >= f->share || f->total >= f->all;
}

void fair_charge(struct fair *f, uint64_t badge, uint64_t ticks)
{
    f->clients[entry_of(f, badge)].had += ticks;
    f->total += ticks;
}

uint64_t fair_end(const struct fair *f)
{
    return f->begin + f->window;
}
