/*
 * userland/drivers/virtio-con/main.c: a serial line over a virtio console.
 *
 * The user of the line sees the rings of userland/lib/serial.h, as with the UART driver. Queue 0 brings
 * bytes into a few buffers: a buffer goes back to the device when the ring has taken all of it, so a user
 * that does not read stops the line. Queue 1 takes bytes away, one buffer at a time.
 */
#include <string.h>

#include "userland/drivers/virtio/transport.h"
#include "userland/lib/layout.h"
#include "userland/lib/root.h"
#include "userland/lib/serial.h"
#include "userland/lib/start.h"

#define QUEUE_IN     0u /* and the page of DMA memory it is in */
#define QUEUE_OUT    1u
#define IN_BUFFERS   4u
#define BUFFER_BYTES 256u

static struct virtio device;
static struct virtio_memory memory;
static struct virtqueue in;
static struct virtqueue out;
static struct tess_ring transmit;
static struct tess_ring receive;
static unsigned buffer_of[VIRTQUEUE_SIZE]; /* of each chain of `in` */
static bool out_busy;

static struct {
    bool full; /* a buffer has come that is not all in the ring yet */
    unsigned buffer;
    uint32_t at;
    uint32_t bytes;
} arrived;

static uint32_t buffer_offset(unsigned buffer)
{
    return VIRTQUEUE_BYTES + buffer * BUFFER_BYTES;
}

static void offer(unsigned buffer)
{
    struct virtqueue_piece piece = {virtio_memory_physical(&memory, QUEUE_IN) + buffer_offset(buffer),
                                    BUFFER_BYTES, true};
    int chain = virtqueue_put(&in, &piece, 1);

    if (chain >= 0)
        buffer_of[chain] = buffer;
}

/* From the ring to the device; true when the user has to know that there is room again. */
static bool pump_out(void)
{
    char *buffer = memory.at + QUEUE_OUT * TESS_PAGE_BYTES + buffer_offset(0);
    uint32_t ignored;

    if (virtqueue_take(&out, &ignored) >= 0)
        out_busy = false;
    uint32_t count = out_busy ? 0 : tess_ring_get(&transmit, buffer, BUFFER_BYTES);
    if (count == 0)
        return false;
    struct virtqueue_piece piece = {virtio_memory_physical(&memory, QUEUE_OUT) + buffer_offset(0), count,
                                    false};
    virtqueue_put(&out, &piece, 1);
    out_busy = true;
    virtio_notify(&device, QUEUE_OUT);
    return tess_ring_space_wanted(&transmit);
}

/* The next buffer that came in; false when there is none. */
static bool take_buffer(void)
{
    int chain = virtqueue_take(&in, &arrived.bytes);

    if (chain < 0)
        return false;
    arrived.full = true;
    arrived.buffer = buffer_of[chain];
    arrived.at = 0;
    if (arrived.bytes > BUFFER_BYTES)
        arrived.bytes = BUFFER_BYTES;
    return true;
}

/* From the device to the ring; true when something came. */
static bool pump_in(void)
{
    bool moved = false;
    bool offered = false;

    while (arrived.full || take_buffer()) {
        const char *bytes = memory.at + buffer_offset(arrived.buffer);
        uint32_t put = tess_ring_put(&receive, bytes + arrived.at, arrived.bytes - arrived.at);
        moved |= put > 0;
        arrived.at += put;
        if (arrived.at < arrived.bytes)
            break;
        arrived.full = false;
        offer(arrived.buffer);
        offered = true;
    }
    if (offered)
        virtio_notify(&device, QUEUE_IN);
    return moved;
}

static void start(void)
{
    char *rings = tess_need_region("rings", TESS_SERIAL_BYTES);

    tess_ring_consumer(&transmit, rings + TESS_SERIAL_TRANSMIT_OFFSET, TESS_SERIAL_TRANSMIT_BYTES);
    tess_ring_producer(&receive, rings + TESS_SERIAL_RECEIVE_OFFSET, TESS_SERIAL_RECEIVE_BYTES);
    virtio_memory_open(&memory, "dma");
    virtio_open(&device, VIRTIO_CONSOLE);
    virtio_queue_open(&device, QUEUE_IN, &in, &memory, QUEUE_IN);
    virtio_queue_open(&device, QUEUE_OUT, &out, &memory, QUEUE_OUT);
    virtio_ready(&device);
    for (unsigned i = 0; i < IN_BUFFERS; i++)
        offer(i);
    virtio_notify(&device, QUEUE_IN);
}

int main(void)
{
    tess_notification wake = {tess_need_capability("wake")};
    tess_notification user = {tess_need_capability("user")};
    tess_word interrupt_bit = tess_start_value("interrupt_bit", 0);
    tess_word word = 0;

    start();
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    for (;;) {
        if ((word & interrupt_bit) != 0)
            virtio_interrupt_begin(&device);
        bool tell = pump_out();
        tell |= pump_in();
        if (tell)
            tess_signal(user);
        /* Ask for room before looking once more: what the user takes out after that, it signals. */
        tess_ring_want_space(&receive, arrived.full);
        if (arrived.full && pump_in())
            tess_signal(user);
        if ((word & interrupt_bit) != 0)
            virtio_interrupt_end(&device);
        tess_result result = tess_wait(wake, &word);
        if (tess_failed(result) && result.error != TESS_ERR_CANCELLED) /* stopped and resumed: look again */
            tess_fatal("wait", result);
    }
}
