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

/* Asks the device for what the first waiter wants. */
static void ask(void)
{
    const struct waiter *w = waiters_first();

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
    while (virtqueue_take(&queue, &count) >= 0 && waiters_first() != NULL) {
        tess_word wanted = waiters_first()->words[0];
        tess_message m = {0};
        count = count < wanted ? count : (uint32_t)wanted;
        unsigned words = tess_message_put_bytes(&m, 0, bytes, count);
        m.info = TESS_INFO(count > 0 ? TESS_DEVICE_OK : TESS_DEVICE_ERROR, words, 0);
        waiters_answer(server, &m);
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
    bool idle = waiters_first() == NULL;
    if (!waiters_add(server, m))
        return refuse(m, TESS_DEVICE_BUSY);
    if (idle)
        ask();
    return TESS_HANDLED_NONE;
}

/* The device takes the bytes that are wanted for the room that there is: how many, `message` has seen to. */
static bool read_state(uint32_t version, const void *state, size_t bytes)
{
    bool good = waiters_read(version, state, bytes);

    for (unsigned i = 0; good && waiters_get(i) != NULL; i++)
        good = waiters_get(i)->words[0] <= TESS_RANDOM_MAX;
    return good;
}

static const struct tess_successor successor = {WAITERS_VERSION, waiters_write, read_state};

static void start(void)
{
    virtio_open(&device, VIRTIO_ENTROPY);
    virtio_queue_open(&device, 0, &queue, &memory, 0);
    virtio_ready(&device);
    ask();
}

int main(void)
{
    struct tess_server server = {.message = message, .notified = notified, .successor = &successor};

    tess_server_open(&server);
    virtio_memory_open(&memory, "dma");
    bool succeeds = tess_server_take_over(&server);
    if (!succeeds)
        start();
    tess_offer("random");
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    if (succeeds) /* until now the device was the predecessor's */
        start();
    tess_fatal("receive", tess_server_run(&server));
}
