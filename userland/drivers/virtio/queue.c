/*
 * userland/drivers/virtio/queue.c: the bookkeeping of a virtqueue (userland/drivers/virtio/queue.h).
 */
#include <string.h>

#include "userland/drivers/virtio/queue.h"

#define FLAG_NEXT         1u
#define FLAG_DEVICE_WRITE 2u

_Static_assert(VIRTQUEUE_SIZE == 16, "one bit of `free` for each descriptor");

void virtqueue_init(struct virtqueue *q, void *page)
{
    char *base = page;

    memset(page, 0, VIRTQUEUE_BYTES);
    *q = (struct virtqueue){
        .descriptors = page,
        .available = (struct virtqueue_available *)(base + VIRTQUEUE_AVAILABLE_OFFSET),
        .used = (struct virtqueue_used *)(base + VIRTQUEUE_USED_OFFSET),
        .free = 0xffff,
    };
}

static unsigned take_free(struct virtqueue *q)
{
    unsigned i = (unsigned)__builtin_ctz(q->free);

    q->free &= (uint16_t)(q->free - 1);
    return i;
}

int virtqueue_put(struct virtqueue *q, const struct virtqueue_piece *pieces, unsigned count)
{
    unsigned head = VIRTQUEUE_SIZE;
    unsigned before = VIRTQUEUE_SIZE;

    if (count == 0 || count > (unsigned)__builtin_popcount(q->free))
        return -1;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = take_free(q);
        q->descriptors[at] = (struct virtqueue_descriptor){
            .address = pieces[i].address,
            .bytes = pieces[i].bytes,
            .flags = pieces[i].device_writes ? FLAG_DEVICE_WRITE : 0,
        };
        q->next[at] = VIRTQUEUE_SIZE;
        if (i == 0) {
            head = at;
        } else {
            q->next[before] = (uint16_t)at;
            q->descriptors[before].flags |= FLAG_NEXT;
            q->descriptors[before].next = (uint16_t)at;
        }
        before = at;
    }
    q->head[head] = true;
    q->available->ring[q->put % VIRTQUEUE_SIZE] = (uint16_t)head;
    q->put++;
    atomic_store_explicit(&q->available->index, q->put, memory_order_release);
    return (int)head;
}

int virtqueue_take(struct virtqueue *q, uint32_t *bytes)
{
    while (atomic_load_explicit(&q->used->index, memory_order_acquire) != q->taken) {
        struct virtqueue_used_element element = q->used->ring[q->taken % VIRTQUEUE_SIZE];
        q->taken++;
        /* What is not in flight cannot be done: such an element is passed over. */
        if (element.head >= VIRTQUEUE_SIZE || !q->head[element.head])
            continue;
        q->head[element.head] = false;
        for (unsigned at = element.head; at < VIRTQUEUE_SIZE; at = q->next[at])
            q->free |= (uint16_t)(1u << at);
        *bytes = element.bytes;
        return (int)element.head;
    }
    return -1;
}
