/*
 * userland/drivers/virtio/transport.c: virtio over memory-mapped registers (userland/drivers/virtio/transport.h).
 *
 * The order of set-up is the specification's: reset, acknowledge, features, queues, ready. Fences between
 * memory and registers: what the device is told of is in memory before the register that tells it
 * (fence w,o), and what it reports is read from memory after the register that reports it (fence i,r).
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/drivers/virtio/transport.h"
#include "userland/lib/layout.h"
#include "userland/lib/start.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES_SELECT = 0x014,
    DEVICE_FEATURES = 0x010,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    LEGACY_PAGE_SIZE = 0x028,
    QUEUE_SELECT = 0x030,
    QUEUE_SIZE_MAX = 0x034,
    QUEUE_SIZE = 0x038,
    LEGACY_QUEUE_ALIGN = 0x03c,
    LEGACY_QUEUE_PAGE = 0x040,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACKNOWLEDGE = 0x064,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS = 0x080,
    QUEUE_AVAILABLE = 0x090,
    QUEUE_USED = 0x0a0,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
};

#define MAGIC_VALUE        0x74726976u /* "virt" */
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_READY       4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED      128u
#define FEATURE_VERSION_1  1u /* bit 32, in the second word */
#define RESET_LOOKS        1000u
#define REGISTERS          0x110u

static uint32_t get(const struct virtio *v, unsigned offset)
{
    return *(volatile uint32_t *)(v->registers + offset);
}

static void set(struct virtio *v, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(v->registers + offset) = value;
}

static void set64(struct virtio *v, unsigned offset, uint64_t value)
{
    set(v, offset, (uint32_t)value);
    set(v, offset + 4, (uint32_t)(value >> 32));
}

static _Noreturn void fail(struct virtio *v, const char *what)
{
    set(v, STATUS, STATUS_FAILED);
    fprintf(stderr, "%s: %s\n", tess_program_name(), what);
    exit(EXIT_FAILURE);
}

/* ---- Memory ------------------------------------------------------------------------------------------------ */

void virtio_memory_open(struct virtio_memory *memory, const char *name)
{
    size_t bytes;

    tess_need_capability(name);
    memory->at = tess_need_region(name, TESS_PAGE_BYTES);
    tess_start_region(name, &bytes);
    memory->pages = (unsigned)(bytes / TESS_PAGE_BYTES);
    memory->frames = tess_start_capability(name);
}

uint64_t virtio_memory_physical(const struct virtio_memory *memory, unsigned page)
{
    struct tess_inspect info;
    tess_result result = tess_inspect(memory->frames + page, &info);

    if (tess_failed(result))
        tess_fatal("inspecting DMA memory", result);
    return info.badge;
}

/* ---- Set-up ------------------------------------------------------------------------------------------------ */

/* A device may take its time to forget; others run meanwhile, and there is an end to it. */
static void reset(struct virtio *v)
{
    set(v, STATUS, 0);
    for (unsigned i = 0; get(v, STATUS) != 0; i++) {
        if (i == RESET_LOOKS)
            fail(v, "the device does not reset");
        tess_yield();
    }
}

/* No optional feature is used; a device of version 2 insists on one that says so. */
static void agree_on_features(struct virtio *v)
{
    if (v->version == 2) {
        set(v, DEVICE_FEATURES_SELECT, 1);
        if ((get(v, DEVICE_FEATURES) & FEATURE_VERSION_1) == 0)
            fail(v, "the device offers neither generation of the interface");
        set(v, DRIVER_FEATURES_SELECT, 1);
        set(v, DRIVER_FEATURES, FEATURE_VERSION_1);
    }
    set(v, DRIVER_FEATURES_SELECT, 0);
    set(v, DRIVER_FEATURES, 0);
    if (v->version == 1)
        return;
    set(v, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    if ((get(v, STATUS) & STATUS_FEATURES_OK) == 0)
        fail(v, "the device insists on a feature this driver does not have");
}

void virtio_open(struct virtio *v, enum virtio_id id)
{
    v->registers = tess_need_region("registers", REGISTERS);
    v->interrupt.address = tess_need_capability("interrupt");
    v->version = get(v, VERSION);
    if (get(v, MAGIC) != MAGIC_VALUE || get(v, DEVICE_ID) != id || v->version < 1 || v->version > 2) {
        fprintf(stderr, "%s: this is not the device it drives\n", tess_program_name());
        exit(EXIT_FAILURE);
    }
    reset(v);
    set(v, STATUS, STATUS_ACKNOWLEDGE);
    set(v, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    agree_on_features(v);
    if (v->version == 1)
        set(v, LEGACY_PAGE_SIZE, TESS_PAGE_BYTES);
}

void virtio_queue_open(struct virtio *v, unsigned index, struct virtqueue *q,
                       const struct virtio_memory *memory, unsigned page)
{
    uint64_t physical = virtio_memory_physical(memory, page);

    virtqueue_init(q, memory->at + page * TESS_PAGE_BYTES);
    set(v, QUEUE_SELECT, index);
    if (get(v, QUEUE_SIZE_MAX) < VIRTQUEUE_SIZE)
        fail(v, "a queue of the device is missing or too short");
    set(v, QUEUE_SIZE, VIRTQUEUE_SIZE);
    if (v->version == 1) {
        set(v, LEGACY_QUEUE_ALIGN, VIRTQUEUE_ALIGN);
        __asm__ volatile("fence w, o" ::: "memory");
        set(v, LEGACY_QUEUE_PAGE, (uint32_t)(physical / TESS_PAGE_BYTES));
        return;
    }
    set64(v, QUEUE_DESCRIPTORS, physical);
    set64(v, QUEUE_AVAILABLE, physical + VIRTQUEUE_AVAILABLE_OFFSET);
    set64(v, QUEUE_USED, physical + VIRTQUEUE_USED_OFFSET);
    __asm__ volatile("fence w, o" ::: "memory");
    set(v, QUEUE_READY, 1);
}

void virtio_ready(struct virtio *v)
{
    set(v, STATUS, get(v, STATUS) | STATUS_READY);
}

/* ---- At work ----------------------------------------------------------------------------------------------- */

void virtio_notify(struct virtio *v, unsigned index)
{
    __asm__ volatile("fence w, o" ::: "memory");
    set(v, QUEUE_NOTIFY, index);
}

void virtio_interrupt_begin(struct virtio *v)
{
    set(v, INTERRUPT_ACKNOWLEDGE, get(v, INTERRUPT_STATUS));
    /* The acknowledgement has reached the device, and its news are visible, before the rings are read. */
    __asm__ volatile("fence io, rw" ::: "memory");
}

void virtio_interrupt_end(struct virtio *v)
{
    tess_irq_handler_ack(v->interrupt);
}

uint64_t virtio_config64(struct virtio *v, unsigned offset)
{
    for (unsigned looks = 0; looks < RESET_LOOKS; looks++) {
        uint32_t generation = v->version == 1 ? 0 : get(v, CONFIG_GENERATION);
        uint64_t value = get(v, CONFIG + offset);
        value |= (uint64_t)get(v, CONFIG + offset + 4) << 32;
        if (v->version == 1 || get(v, CONFIG_GENERATION) == generation)
            return value;
    }
    fail(v, "the device's configuration does not settle");
}
