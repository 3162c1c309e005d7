/*
 * userland/drivers/virtio/waiters.c: who waits for the device (userland/drivers/virtio/waiters.h).
 */
#include "userland/drivers/virtio/waiters.h"

#include <string.h>

static struct {
    struct waiter at[WAITERS_MAX];
    uint32_t first;
    uint32_t count;
} waiters;

bool waiters_add(struct tess_server *server, const tess_message *m)
{
    if (waiters.count == WAITERS_MAX || !tess_server_can_hold(server))
        return false;
    struct waiter *new = &waiters.at[(waiters.first + waiters.count++) % WAITERS_MAX];
    *new = (struct waiter){
        tess_server_hold(server), 0, TESS_INFO_LABEL(m->info), {m->words[0], m->words[1], m->words[2]}};
    return true;
}

const struct waiter *waiters_get(unsigned index)
{
    return index < waiters.count ? &waiters.at[(waiters.first + index) % WAITERS_MAX] : NULL;
}

void waiters_answer(struct tess_server *server, tess_message *m)
{
    unsigned caller = waiters.at[waiters.first].caller;

    waiters.first = (waiters.first + 1) % WAITERS_MAX;
    waiters.count--;
    tess_server_answer(server, caller, m);
}

size_t waiters_write(void *state, size_t room)
{
    (void)room;
    memcpy(state, &waiters, sizeof waiters);
    return sizeof waiters;
}

bool waiters_read(uint32_t version, const void *state, size_t bytes)
{
    if (version != WAITERS_VERSION || bytes != sizeof waiters)
        return false;
    memcpy(&waiters, state, sizeof waiters);
    if (waiters.count > WAITERS_MAX || waiters.first >= WAITERS_MAX)
        return false;
    for (unsigned i = 0; i < waiters.count; i++) {
        if (waiters_get(i)->caller > WAITERS_MAX) /* one Reply object more than can wait */
            return false;
    }
    return true;
}
