/*
 * userland/servers/console/flood.h: which client calls without end, and for nothing.
 *
 * A client that writes as fast as it can is held back by the line, and fair.h sees to the others; what it does can be
 * seen. This is about calls that come to nothing: nothing is written, nothing read. They are counted, for each client, in
 * windows of time. Pure; compiles on the host, where tests/unit/test_user_flood.c runs it.
 */
#ifndef TESSERA_USERLAND_SERVERS_CONSOLE_FLOOD_H
#define TESSERA_USERLAND_SERVERS_CONSOLE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#define FLOOD_CLIENTS 32u

struct flood {
    uint64_t window; /* how long one is, in ticks */
    uint32_t most;   /* that one client may make in it */
    uint32_t count;
    uint64_t begin; /* of this window */
    struct {
        uint64_t badge;
        uint64_t calls;
    } clients[FLOOD_CLIENTS];
};

/* One more of these calls. True once in a window: it is one too many. Clients that find no room are not counted. */
bool flood_call(struct flood *f, uint64_t badge, uint64_t now);

#endif
