/*
 * userland/drivers/virtio/queue.h: a split virtqueue and its bookkeeping.
 *
 * One page of DMA memory holds a queue in its first VIRTQUEUE_BYTES, laid out so that both generations of
 * the transport accept it; the rest of the page is the driver's, for buffers:
 *
 *      0  descriptors      256  available ring      512  used ring      1024  buffers
 *
 * Which descriptors are in use is kept in the driver's own memory: nothing a device writes can lead out
 * of the queue or free what is in flight. Pure: no system calls, no device registers; compiles on the host,
 * where tests/unit/test_user_virtqueue.c plays the device.
 *
 * Order (RVWMO, coherent DMA): descriptors are written before the available index moves (release), the used
 * index is read before the used element (acquire). Between memory and registers: transport.c.
 */
#ifndef TESSERA_USERLAND_DRIVERS_VIRTIO_QUEUE_H
#define TESSERA_USERLAND_DRIVERS_VIRTIO_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE             16u
#define VIRTQUEUE_ALIGN            512u /* of the used ring, for the legacy transport */
#define VIRTQUEUE_AVAILABLE_OFFSET 256u
#define VIRTQUEUE_USED_OFFSET      512u
#define VIRTQUEUE_BYTES            1024u

struct virtqueue_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtqueue_available {
    uint16_t flags;
    _Atomic uint16_t index;
    uint16_t ring[VIRTQUEUE_SIZE];
    uint16_t used_event;
};

struct virtqueue_used_element {
    uint32_t head;
    uint32_t bytes;
};

struct virtqueue_used {
    uint16_t flags;
    _Atomic uint16_t index;
    struct virtqueue_used_element ring[VIRTQUEUE_SIZE];
    uint16_t available_event;
};

_Static_assert(sizeof(struct virtqueue_descriptor) * VIRTQUEUE_SIZE == VIRTQUEUE_AVAILABLE_OFFSET, "picture");
_Static_assert(VIRTQUEUE_AVAILABLE_OFFSET + sizeof(struct virtqueue_available) <= VIRTQUEUE_USED_OFFSET &&
                   VIRTQUEUE_USED_OFFSET - VIRTQUEUE_AVAILABLE_OFFSET <= VIRTQUEUE_ALIGN,
               "the used ring is at the first aligned place behind the available ring");
_Static_assert(VIRTQUEUE_USED_OFFSET + sizeof(struct virtqueue_used) <= VIRTQUEUE_BYTES, "picture");

struct virtqueue {
    struct virtqueue_descriptor *descriptors;
    struct virtqueue_available *available;
    struct virtqueue_used *used;
    uint16_t put;                  /* chains made available so far */
    uint16_t taken;                /* used elements looked at so far */
    uint16_t free;                 /* bit i: descriptor i is free */
    uint16_t next[VIRTQUEUE_SIZE]; /* of a descriptor in flight; VIRTQUEUE_SIZE ends the chain */
    bool head[VIRTQUEUE_SIZE];     /* this descriptor begins a chain in flight */
};

/* One piece of a chain: physical memory the device reads, or writes. */
struct virtqueue_piece {
    uint64_t address;
    uint32_t bytes;
    bool device_writes;
};

/* Empties the queue in the first VIRTQUEUE_BYTES of `page`. */
void virtqueue_init(struct virtqueue *q, void *page);

/* Makes a chain of `count` pieces available; returns its number, or -1 when there is no room. */
int virtqueue_put(struct virtqueue *q, const struct virtqueue_piece *pieces, unsigned count);

/* The next chain the device is done with, or -1; *bytes: how much it wrote, as it says. */
int virtqueue_take(struct virtqueue *q, uint32_t *bytes);

#endif
