/*
 * userland/servers/console/fair.h: how much of the server's time each client has had.
 *
 * The server has a budget; without this, one client that writes without end would use it up, and nobody's keys
 * were answered until the next period. Time goes in windows. A client that has had its share of a window, or comes
 * when all clients together have had theirs, is served when the window has ended. Pure; compiles on the host,
 * where tests/unit/test_user_fair.c runs it.
 */
#ifndef TESSERA_USERLAND_SERVERS_CONSOLE_FAIR_H
#define TESSERA_USERLAND_SERVERS_CONSOLE_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#define FAIR_CLIENTS 32u

struct fair {
    uint64_t window; /* how long one is, in ticks */
    uint64_t share;  /* of one client, in a window */
    uint64_t all;    /* of all of them */
    uint64_t begin;  /* of this window */
    uint64_t total;  /* had in it by all */
    unsigned count;
    struct {
        uint64_t badge;
        uint64_t had;
    } clients[FAIR_CLIENTS];
};

/* Has the client to wait for the end of the window? */
bool fair_waits(struct fair *f, uint64_t badge, uint64_t now);

/* The client has had `ticks` more. */
void fair_charge(struct fair *f, uint64_t badge, uint64_t ticks);

/* When the window ends. */
uint64_t fair_end(const struct fair *f);

#endif
