/*
 * userland/lib/ring.h: a ring of bytes in shared memory, one producer, one consumer.
 *
 * The shared part is two index words and a data area whose size, a power of two, both sides know in
 * advance and keep for themselves: nothing the other side writes can lead out of the data area. Each index
 * has one writer, who keeps a private copy and never reads it back; indices run freely and are masked on
 * use. An index from the other side that makes no sense counts as "nothing there", "no room".
 *
 * Order (RVWMO): data is written before the tail moves (release: fence rw,w before the store) and read
 * after the tail was seen (acquire: fence r,rw after the load); the same for the head in the other
 * direction. A producer that found too little room says so in `wants_space` and looks once more; a consumer
 * that made room looks at `wants_space`. Each does a store and then a load of the other's word, so a full
 * fence (fence rw,rw) lies between them on both sides: at least one of the two sees the other.
 *
 * Waiting is not done here: who finds nothing, or no room, waits for a notification the other side signals.
 */
#ifndef TESSERA_USERLAND_LIB_RING_H
#define TESSERA_USERLAND_LIB_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tess_ring_shared {
    _Atomic uint32_t head; /* consumer: bytes taken out so far */
    uint32_t consumer_line[15];
    _Atomic uint32_t tail;        /* producer: bytes put in so far */
    _Atomic uint32_t wants_space; /* producer: 1 = signal me when there is more room */
    uint32_t producer_line[14];
    unsigned char data[];
};

#define TESS_RING_BYTES(size) (sizeof(struct tess_ring_shared) + (size))

/* One side's view. */
struct tess_ring {
    struct tess_ring_shared *shared;
    uint32_t size; /* of the data area, a power of two */
    uint32_t mine; /* producer: the tail; consumer: the head */
};

/* Both start from what the shared memory says: zeroed memory is an empty ring, and a restarted side goes on. */
static inline void tess_ring_producer(struct tess_ring *r, void *memory, uint32_t size)
{
    r->shared = memory;
    r->size = size;
    r->mine = atomic_load_explicit(&r->shared->tail, memory_order_relaxed);
}

static inline void tess_ring_consumer(struct tess_ring *r, void *memory, uint32_t size)
{
    r->shared = memory;
    r->size = size;
    r->mine = atomic_load_explicit(&r->shared->head, memory_order_relaxed);
}

/* Producer: bytes that can be put now. */
static inline uint32_t tess_ring_space(const struct tess_ring *r)
{
    uint32_t used = r->mine - atomic_load_explicit(&r->shared->head, memory_order_acquire);

    return used <= r->size ? r->size - used : 0;
}

/* Consumer: bytes that can be taken now. */
static inline uint32_t tess_ring_used(const struct tess_ring *r)
{
    uint32_t used = atomic_load_explicit(&r->shared->tail, memory_order_acquire) - r->mine;

    return used <= r->size ? used : 0;
}

/* Producer: puts as much as there is room for; returns how much. */
static inline uint32_t tess_ring_put(struct tess_ring *r, const void *bytes, uint32_t count)
{
    uint32_t room = tess_ring_space(r);
    uint32_t at = r->mine & (r->size - 1);

    count = count < room ? count : room;
    uint32_t first = count < r->size - at ? count : r->size - at;
    memcpy(r->shared->data + at, bytes, first);
    memcpy(r->shared->data, (const unsigned char *)bytes + first, count - first);
    r->mine += count;
    atomic_store_explicit(&r->shared->tail, r->mine, memory_order_release);
    return count;
}

/* Consumer: copies at most `count` bytes and leaves them in the ring; returns how many. */
static inline uint32_t tess_ring_peek(const struct tess_ring *r, void *bytes, uint32_t count)
{
    uint32_t used = tess_ring_used(r);
    uint32_t at = r->mine & (r->size - 1);

    count = count < used ? count : used;
    uint32_t first = count < r->size - at ? count : r->size - at;
    memcpy(bytes, r->shared->data + at, first);
    memcpy((unsigned char *)bytes + first, r->shared->data, count - first);
    return count;
}

/* Consumer: takes out bytes it has seen by peeking, no more than that. */
static inline void tess_ring_drop(struct tess_ring *r, uint32_t count)
{
    r->mine += count;
    atomic_store_explicit(&r->shared->head, r->mine, memory_order_release);
}

/* Consumer: takes at most `count` bytes; returns how many. */
static inline uint32_t tess_ring_get(struct tess_ring *r, void *bytes, uint32_t count)
{
    count = tess_ring_peek(r, bytes, count);
    tess_ring_drop(r, count);
    return count;
}

/* Producer: the byte that was put last, also by one that ended; `none` when there was none yet. */
static inline unsigned char tess_ring_last(const struct tess_ring *r, unsigned char none)
{
    return r->mine > 0 ? r->shared->data[(r->mine - 1) & (r->size - 1)] : none;
}

/* Producer: asks for a signal when there is more room, or withdraws that. Look at the space again after. */
static inline void tess_ring_want_space(struct tess_ring *r, bool want)
{
    atomic_store_explicit(&r->shared->wants_space, want, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
}

/* Consumer, after taking bytes: does the producer wait for a signal? */
static inline bool tess_ring_space_wanted(const struct tess_ring *r)
{
    atomic_thread_fence(memory_order_seq_cst);
    return atomic_load_explicit(&r->shared->wants_space, memory_order_relaxed) != 0;
}

#endif
