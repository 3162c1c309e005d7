/*
 * userland/servers/console/flood.c: calls that come to nothing (flood.h).
 */
#include "userland/servers/console/flood.h"

bool flood_call(struct flood *f, uint64_t badge, uint64_t now)
{
    unsigned i = 0;

    if (now - f->begin >= f->window) {
        f->begin = now;
        f->count = 0;
    }
    while (i < f->count && f->clients[i].badge != badge)
        i++;
    if (i == FLOOD_CLIENTS)
        return false;
    if (i == f->count) {
        f->clients[i].badge = badge;
        f->clients[i].calls = 0;
        f->count++;
    }
    return f->clients[i].calls++ == f->most;
}
