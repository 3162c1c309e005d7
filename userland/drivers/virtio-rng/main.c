/*
 * userland/drivers/virtio-rng/main.c: randomness from a virtio entropy device.
 *
 * Serves "random" of userland/lib/devices.h. One request is with the device at a time; its bytes go to the
 * caller that waits longest and are wiped here.
 */
#include <stdlib.h>
#include <string.h>

#include "userland/drivers/virtio/transport.h"
#include "userland/drivers/virtio/waiters.h"
#include "userland/lib/devices.h"
#include "userland/lib/names.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

static struct virtio device;
static struct virtio_memory memory;
static struct virtqueue queue;
static struct waiters waiters;

/* Asks the device for what the first waiter wants. */
static void ask(void)
{
    const struct waiter *w = waiters_first(&waiters);

    if (w == NULL)
        return;
    struct virtqueue_piece piece = {
        .address = virtio_memory_physical(&memory, 0) + VIRTQUEUE_BYTES,
        .bytes = (uint32_t)w->words[0],
        .device_writes = true,
    };
    virtqueue_put(&queue, &piece, 1);
    virtio_notify(&device, 0);
}

static void notified(struct tess_server *server, tess_word word)
{
    char *bytes = memory.at + VIRTQUEUE_BYTES;
    uint32_t count;

    (void)word;
    virtio_interrupt_begin(&device);
    while (virtqueue_take(&queue, &count) >= 0 && waiters_first(&waiters) != NULL) {
        tess_word wanted = waiters_first(&waiters)->words[0];
        tess_message m = {0};
        count = count < wanted ? count : (uint32_t)wanted;
        unsigned words = tess_message_put_bytes(&m, 0, bytes, count);
        m.info = TESS_INFO(count > 0 ? TESS_DEVICE_OK : TESS_DEVICE_ERROR, words, 0);
        waiters_answer(&waiters, server, &m);
        memset(bytes, 0, TESS_RANDOM_MAX);
        ask();
    }
    virtio_interrupt_end(&device);
}

static enum tess_handled refuse(tess_message *m, enum tess_device_answer why)
{
    m->info = TESS_INFO(why, 0, 0);
    return TESS_HANDLED_ANSWER;
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    if (TESS_INFO_LABEL(m->info) != TESS_RANDOM_GET || m->words[0] == 0)
        return refuse(m, TESS_DEVICE_BAD_REQUEST);
    if (m->words[0] > TESS_RANDOM_MAX)
        m->words[0] = TESS_RANDOM_MAX;
    bool idle = waiters_first(&waiters) == NULL;
    if (!waiters_add(&waiters, server, m))
        return refuse(m, TESS_DEVICE_BUSY);
    if (idle)
        ask();
    return TESS_HANDLED_NONE;
}

int main(void)
{
    struct tess_server server = {.message = message, .notified = notified};

    tess_server_open(&server);
    virtio_memory_open(&memory, "dma");
    virtio_open(&device, VIRTIO_ENTROPY);
    virtio_queue_open(&device, 0, &queue, &memory, 0);
    virtio_ready(&device);
    tess_provide("random"); /* where there is no name server, only channels lead here */
    tess_serve(&server);
}
