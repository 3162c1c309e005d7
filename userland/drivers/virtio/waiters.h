/*
 * userland/drivers/virtio/waiters.h: requests that wait for a device, first come, first served.
 *
 * A driver works on the first one and answers it when the device is done. Callers that are gone by then
 * are answered all the same: the kernel refuses that, and nobody is hurt.
 *
 * All of them go over to a driver that takes this one's place (userland/lib/hand_over.h). What the device was at is
 * forgotten: the new driver resets it and begins the first request anew. So a request may be carried out twice, and is
 * answered once.
 */
#ifndef TESSERA_USERLAND_DRIVERS_VIRTIO_WAITERS_H
#define TESSERA_USERLAND_DRIVERS_VIRTIO_WAITERS_H

#include "userland/lib/server.h"

#define WAITERS_MAX     4u
#define WAITERS_VERSION 1u /* of their form on the way to a successor */

struct waiter {
    uint32_t caller; /* held by the server loop */
    uint32_t reserved;
    tess_word label;
    tess_word words[3];
};

/* Holds the caller of m, with the first words of its request; false when there is no room. */
bool waiters_add(struct tess_server *server, const tess_message *m);

/* The `index`-th of those who wait, from 0: the one being worked on; null when there are not so many. */
const struct waiter *waiters_get(unsigned index);

static inline const struct waiter *waiters_first(void)
{
    return waiters_get(0);
}

/* Answers the first; the next one is the first then. */
void waiters_answer(struct tess_server *server, tess_message *m);

/* For struct tess_successor. */
size_t waiters_write(void *state, size_t room);
bool waiters_read(uint32_t version, const void *state, size_t bytes);

#endif
