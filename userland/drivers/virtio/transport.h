/*
 * userland/drivers/virtio/transport.h: a virtio device behind memory-mapped registers.
 *
 * Both generations of the register layout: version 1 ("legacy") and version 2. A driver opens the device,
 * starts its queues, and says that it is ready; these end the program with one line when the device is
 * not what it should be. DMA memory is frames the program was given as a region, to reach them, and as
 * capabilities, to ask INSPECT where they are for the device (CAP-8).
 */
#ifndef TESSERA_USERLAND_DRIVERS_VIRTIO_TRANSPORT_H
#define TESSERA_USERLAND_DRIVERS_VIRTIO_TRANSPORT_H

#include "userland/drivers/virtio/queue.h"
#include "userland/lib/tess.h"

enum virtio_id {
    VIRTIO_BLOCK = 2,
    VIRTIO_CONSOLE = 3,
    VIRTIO_ENTROPY = 4,
};

struct virtio {
    volatile uint8_t *registers;
    unsigned version;
    tess_irq_handler interrupt;
};

/* Pages of DMA memory, where the program and where the device sees them. */
struct virtio_memory {
    char *at;
    unsigned pages;
    tess_cptr frames;
};

/* The region and capabilities of that name. */
void virtio_memory_open(struct virtio_memory *memory, const char *name);
uint64_t virtio_memory_physical(const struct virtio_memory *memory, unsigned page);

/* Resets the device of region "registers" and agrees on no optional feature. */
void virtio_open(struct virtio *v, enum virtio_id id);

/* Queue `index` of the device, in page `page` of the memory. */
void virtio_queue_open(struct virtio *v, unsigned index, struct virtqueue *q,
                       const struct virtio_memory *memory, unsigned page);
void virtio_ready(struct virtio *v);

/* Tells the device that there is something in the queue. */
void virtio_notify(struct virtio *v, unsigned index);

/*
 * An interrupt is acknowledged in two steps, with the used rings read between them: what the device adds
 * after the first step interrupts again after the second.
 */
void virtio_interrupt_begin(struct virtio *v);
void virtio_interrupt_end(struct virtio *v);

/* A 64-bit field of the device's configuration. */
uint64_t virtio_config64(struct virtio *v, unsigned offset);

#endif
