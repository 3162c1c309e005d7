/*
 * userland/drivers/virtio-blk/main.c: reads and writes sectors of a virtio disk.
 *
 * Serves "disk" of userland/lib/devices.h to the block server. The device reads and writes straight
 * in the pages that the two share ("data"). Requests are done one after the other in the order they came, so that what
 * a block server that was ended had asked for cannot arrive after what its successor asks for.
 *
 * A driver that takes this one's place begins the first request anew: reading or writing the same again changes nothing,
 * as the pages of a request are the device's until it is answered.
 */
#include "userland/drivers/virtio/transport.h"
#include "userland/drivers/virtio/waiters.h"
#include "userland/lib/devices.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

#define CONFIG_CAPACITY 0u
#define REQUEST_READ    0u
#define REQUEST_WRITE   1u
#define STATUS_OK       0u
#define STATUS_NONE     0xffu

/* Behind the queue in its page: what the device reads, and where it says how it went. */
struct request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    volatile uint8_t status;
};

static struct virtio device;
static struct virtio_memory dma;
static struct virtio_memory data;
static struct virtqueue queue;
static struct request *request;
static uint64_t sectors;

/* Has the device do what the first waiter wants. */
static void begin(void)
{
    const struct waiter *w = waiters_first();

    if (w == NULL)
        return;
    bool write = w->label == TESS_DISK_WRITE;
    uint64_t at = virtio_memory_physical(&dma, 0) + VIRTQUEUE_BYTES;
    struct virtqueue_piece pieces[] = {
        {at, offsetof(struct request, status), false},
        {virtio_memory_physical(&data, (unsigned)w->words[2]), (uint32_t)w->words[1] * TESS_SECTOR_BYTES,
         !write},
        {at + offsetof(struct request, status), 1, true},
    };
    *request = (struct request){
        .type = write ? REQUEST_WRITE : REQUEST_READ, .sector = w->words[0], .status = STATUS_NONE};
    virtqueue_put(&queue, pieces, 3);
    virtio_notify(&device, 0);
}

static void notified(struct tess_server *server, tess_word word)
{
    uint32_t bytes;

    (void)word;
    virtio_interrupt_begin(&device);
    while (virtqueue_take(&queue, &bytes) >= 0 && waiters_first() != NULL) {
        bool good = request->status == STATUS_OK;
        tess_message m = {.info = TESS_INFO(good ? TESS_DEVICE_OK : TESS_DEVICE_ERROR, 0, 0)};
        waiters_answer(server, &m);
        begin();
    }
    virtio_interrupt_end(&device);
}

static enum tess_handled answer(tess_message *m, enum tess_device_answer label, unsigned words)
{
    m->info = TESS_INFO(label, words, 0);
    return TESS_HANDLED_ANSWER;
}

static bool fits(const tess_word *words)
{
    return words[1] > 0 && words[1] <= TESS_BLOCK_SECTORS && words[2] < data.pages;
}

/* READ and WRITE. */
static enum tess_handled serve_transfer(struct tess_server *server, tess_message *m)
{
    tess_word sector = m->words[0], count = m->words[1];

    if (!fits(m->words))
        return answer(m, TESS_DEVICE_BAD_REQUEST, 0);
    if (sector >= sectors || count > sectors - sector)
        return answer(m, TESS_DEVICE_RANGE, 0);
    bool idle = waiters_first() == NULL;
    if (!waiters_add(server, m))
        return answer(m, TESS_DEVICE_BUSY, 0);
    if (idle)
        begin();
    return TESS_HANDLED_NONE;
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_DISK_INFO:
        m->words[0] = sectors;
        return answer(m, TESS_DEVICE_OK, 1);
    case TESS_DISK_READ:
    case TESS_DISK_WRITE:
        return serve_transfer(server, m);
    }
    return answer(m, TESS_DEVICE_BAD_REQUEST, 0);
}

/* What the device is given leads nowhere else than into the pages of the data. */
static bool read_state(uint32_t version, const void *state, size_t bytes)
{
    bool good = waiters_read(version, state, bytes);

    for (unsigned i = 0; good && waiters_get(i) != NULL; i++)
        good = fits(waiters_get(i)->words);
    return good;
}

static const struct tess_successor successor = {WAITERS_VERSION, waiters_write, read_state};

static void start(void)
{
    virtio_open(&device, VIRTIO_BLOCK);
    virtio_queue_open(&device, 0, &queue, &dma, 0);
    virtio_ready(&device);
    sectors = virtio_config64(&device, CONFIG_CAPACITY);
    begin();
}

int main(void)
{
    struct tess_server server = {.message = message, .notified = notified, .successor = &successor};

    tess_server_open(&server);
    virtio_memory_open(&dma, "dma");
    virtio_memory_open(&data, "data");
    request = (struct request *)(dma.at + VIRTQUEUE_BYTES);
    bool succeeds = tess_server_take_over(&server);
    if (!succeeds)
        start();
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    if (succeeds) /* until now the device was the predecessor's */
        start();
    tess_fatal("receive", tess_server_run(&server));
}
