/*
 * userland/drivers/virtio/waiters.h: requests that wait for a device, first come, first served.
 *
 * A driver works on the first one and answers it when the device is done. Callers that are gone by then
 * are answered all the same: the kernel refuses that, and nobody is hurt.
 */
#ifndef TESSERA_USERLAND_DRIVERS_VIRTIO_WAITERS_H
#define TESSERA_USERLAND_DRIVERS_VIRTIO_WAITERS_H

#include "userland/lib/server.h"

#define WAITERS_MAX 4u

struct waiter {
    unsigned caller; /* held by the server loop */
    tess_word label;
    tess_word words[3];
};

struct waiters {
    struct waiter at[WAITERS_MAX];
    unsigned first;
    unsigned count;
};

/* Holds the caller of m, with the first words of its request; false when there is no room. */
static inline bool waiters_add(struct waiters *w, struct tess_server *server, const tess_message *m)
{
    if (w->count == WAITERS_MAX || !tess_server_can_hold(server))
        return false;
    struct waiter *new = &w->at[(w->first + w->count++) % WAITERS_MAX];
    *new = (struct waiter){
        tess_server_hold(server), TESS_INFO_LABEL(m->info), {m->words[0], m->words[1], m->words[2]}};
    return true;
}

/* The one being worked on; null when nobody waits. */
static inline const struct waiter *waiters_first(const struct waiters *w)
{
    return w->count > 0 ? &w->at[w->first] : NULL;
}

/* Answers it; the next one is the first then. */
static inline void waiters_answer(struct waiters *w, struct tess_server *server, tess_message *m)
{
    unsigned caller = w->at[w->first].caller;

    w->first = (w->first + 1) % WAITERS_MAX;
    w->count--;
    tess_server_answer(server, caller, m);
}

#endif
