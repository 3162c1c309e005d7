/*
 * userland/drivers/virtio-con/main.c: a serial line over a virtio console.
 *
 * The user of the line sees the rings of userland/lib/serial.h, as with the UART driver. Queue 0 brings
 * bytes into a few buffers: a buffer goes back to the device when the ring has taken all of it, so a user
 * that does not read stops the line. Queue 1 takes bytes away, one buffer at a time.
 *
 * A driver that is ended loses nothing: its successor stops the device, and finds in the DMA memory, which
 * outlives both, what the device had brought and taken away (`struct progress`). One that is to make room for
 * another version lets the device finish with the buffer that goes out: so nothing is sent twice either.
 */
#include <string.h>

#include "userland/drivers/virtio/transport.h"
#include "userland/lib/hand_over.h"
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
static uint32_t out_bytes;                 /* with the device */

static tess_notification wake;
static tess_notification user;
static tess_word signalled; /* by whom, since it was last looked at */
static bool leaving;        /* it is to hand over, and offers the device nothing more */

/*
 * How far the queues and the rings are together. Each word is written at once. `in`: so many buffers that came are
 * in the ring, with its tail there: where the tail is further, it has a part of the next one. `out`: of the last
 * buffer that was offered the bytes, and the ring's head in front of them; they leave the ring when the device has
 * had them.
 */
struct progress {
    _Atomic uint64_t in;
    _Atomic uint64_t out;
};

static struct progress *progress;

static void wait_for_signal(void)
{
    tess_word word = 0;
    tess_result result = tess_wait(wake, &word);

    if (!tess_failed(result))
        signalled |= word;
    else if (result.error != TESS_ERR_CANCELLED) /* stopped and resumed: look again */
        tess_fatal("wait", result);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

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
    bool moved = false;
    uint32_t ignored;

    if (virtqueue_take(&out, &ignored) >= 0) {
        tess_ring_drop(&transmit, out_bytes);
        out_bytes = 0;
        moved = true;
    }
    if (out_bytes == 0 && !leaving && (out_bytes = tess_ring_peek(&transmit, buffer, BUFFER_BYTES)) > 0) {
        struct virtqueue_piece piece = {virtio_memory_physical(&memory, QUEUE_OUT) + buffer_offset(0),
                                        out_bytes, false};
        virtqueue_put(&out, &piece, 1);
        atomic_store(&progress->out, pair(transmit.mine, out_bytes));
        virtio_notify(&device, QUEUE_OUT);
    }
    return moved && tess_ring_space_wanted(&transmit);
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
        atomic_store(&progress->in, pair(in.taken, receive.mine));
        offer(arrived.buffer);
        offered = true;
    }
    if (offered)
        virtio_notify(&device, QUEUE_IN);
    return moved;
}

/* ---- What a predecessor left ------------------------------------------------------------------------------- */

/* Puts the bytes into the ring, and waits where there is no room. */
static void put_all(const char *bytes, uint32_t count)
{
    for (;;) {
        uint32_t put = tess_ring_put(&receive, bytes, count);
        tess_signal(user);
        bytes += put;
        count -= put;
        if (count == 0)
            return;
        tess_ring_want_space(&receive, true);
        if (tess_ring_space(&receive) == 0)
            wait_for_signal();
    }
}

/* Buffers that came and are not, or not all, in the ring. The device has stopped, and no longer writes. */
static void take_left(void)
{
    const struct virtqueue_descriptor *descriptors = (const void *)(memory.at + QUEUE_IN * TESS_PAGE_BYTES);
    struct virtqueue_used *used = (void *)(memory.at + QUEUE_IN * TESS_PAGE_BYTES + VIRTQUEUE_USED_OFFSET);
    uint64_t known = atomic_load(&progress->in);
    uint16_t first = (uint16_t)(known >> 32), end = atomic_load(&used->index);
    uint32_t put = receive.mine - (uint32_t)known;

    if ((uint16_t)(end - first) > IN_BUFFERS)
        return; /* one that had not begun yet */
    for (; first != end; first++, put = 0) {
        struct virtqueue_used_element element = used->ring[first % VIRTQUEUE_SIZE];
        uint64_t buffers = virtio_memory_physical(&memory, QUEUE_IN) + buffer_offset(0);
        uint64_t at = descriptors[element.head % VIRTQUEUE_SIZE].address - buffers;
        if (at >= IN_BUFFERS * BUFFER_BYTES || at % BUFFER_BYTES != 0 || element.bytes > BUFFER_BYTES ||
            put > element.bytes)
            continue;
        put_all(memory.at + buffer_offset(0) + at + put, element.bytes - put);
        atomic_store(&progress->in, pair((uint16_t)(first + 1), receive.mine));
    }
}

/* Bytes that the device has taken and that are still in the ring. */
static void drop_sent(void)
{
    const char *page = memory.at + QUEUE_OUT * TESS_PAGE_BYTES;
    struct virtqueue_available *available = (void *)(page + VIRTQUEUE_AVAILABLE_OFFSET);
    struct virtqueue_used *used = (void *)(page + VIRTQUEUE_USED_OFFSET);
    uint64_t known = atomic_load(&progress->out);

    if (atomic_load(&used->index) == atomic_load(&available->index) && known >> 32 == transmit.mine &&
        (uint32_t)known <= tess_ring_used(&transmit))
        tess_ring_drop(&transmit, (uint32_t)known);
}

static void start(void)
{
    virtio_open(&device, VIRTIO_CONSOLE);
    drop_sent();
    atomic_store(&progress->out, pair(transmit.mine, 0));
    take_left();
    virtio_queue_open(&device, QUEUE_IN, &in, &memory, QUEUE_IN);
    atomic_store(&progress->in, pair(0, receive.mine));
    virtio_queue_open(&device, QUEUE_OUT, &out, &memory, QUEUE_OUT);
    virtio_ready(&device);
    for (unsigned i = 0; i < IN_BUFFERS; i++)
        offer(i);
    virtio_notify(&device, QUEUE_IN);
}

static void open(void)
{
    char *rings = tess_need_region("rings", TESS_SERIAL_BYTES);
    tess_word nobody;

    wake.address = tess_need_capability("wake");
    user.address = tess_need_capability("user");
    tess_ring_consumer(&transmit, rings + TESS_SERIAL_TRANSMIT_OFFSET, TESS_SERIAL_TRANSMIT_BYTES);
    tess_ring_producer(&receive, rings + TESS_SERIAL_RECEIVE_OFFSET, TESS_SERIAL_RECEIVE_BYTES);
    virtio_memory_open(&memory, "dma");
    progress = (struct progress *)(memory.at + buffer_offset(IN_BUFFERS));
    bool succeeds = tess_take_over(&tess_no_state, &nobody);
    if (!succeeds)
        start();
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    if (succeeds) /* until now the device was the predecessor's */
        start();
    tess_signal(user); /* one that was here before may have been ended just before it did */
}

static void look_around(bool interrupted)
{
    if (interrupted)
        virtio_interrupt_begin(&device);
    bool tell = pump_out();
    tell |= pump_in();
    if (tell)
        tess_signal(user);
    /* Ask for room before looking once more: what the user takes out after that, it signals. */
    tess_ring_want_space(&receive, arrived.full);
    if (arrived.full && pump_in())
        tess_signal(user);
    if (interrupted)
        virtio_interrupt_end(&device);
}

int main(void)
{
    tess_word interrupt_bit = tess_start_value("interrupt_bit", 0);

    open();
    for (;;) {
        tess_word word = signalled;
        signalled = 0;
        leaving |= (word & TESS_SIGNAL_HAND_OVER) != 0;
        look_around((word & interrupt_bit) != 0);
        if (leaving && out_bytes == 0) {
            tess_hand_over(&tess_no_state, 0);
            leaving = false;
            continue;
        }
        wait_for_signal();
    }
}
