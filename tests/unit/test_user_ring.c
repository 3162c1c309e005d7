/* sources: */
/*
 * tests/unit/test_user_ring.c: the shared-memory ring of userland/lib/ring.h: against a plain queue, with a
 * lying partner, and between two threads.
 */
#include <pthread.h>

#include "tests/unit/unit.h"
#include "userland/lib/ring.h"

#define SIZE 64u

static _Alignas(64) unsigned char memory[TESS_RING_BYTES(SIZE)];
static struct tess_ring producer, consumer;

static void begin(uint32_t at)
{
    memset(memory, 0, sizeof memory);
    struct tess_ring_shared *shared = (struct tess_ring_shared *)memory;
    shared->head = at;
    shared->tail = at;
    tess_ring_producer(&producer, memory, SIZE);
    tess_ring_consumer(&consumer, memory, SIZE);
}

static void empty_and_full(void)
{
    unsigned char bytes[SIZE + 1];

    begin(0);
    memset(bytes, 7, sizeof bytes);
    CHECK_EQ(tess_ring_used(&consumer), 0);
    CHECK_EQ(tess_ring_space(&producer), SIZE);
    CHECK_EQ(tess_ring_get(&consumer, bytes, 1), 0);
    CHECK_EQ(tess_ring_put(&producer, bytes, SIZE + 1), SIZE);
    CHECK_EQ(tess_ring_space(&producer), 0);
    CHECK_EQ(tess_ring_used(&consumer), SIZE);
    CHECK_EQ(tess_ring_put(&producer, bytes, 1), 0);
    CHECK_EQ(tess_ring_get(&consumer, bytes, SIZE + 1), SIZE);
    CHECK_EQ(tess_ring_space(&producer), SIZE);
}

/* Random amounts, from several places of the index, also across its overflow; order is kept. */
static void against_a_counter(void)
{
    static const uint32_t starts[] = {0, 63, 64, 0xfffffff0u};

    srand(1);
    for (unsigned s = 0; s < 4; s++) {
        unsigned char in = 0, out = 0;
        uint32_t held = 0;
        begin(starts[s]);
        for (unsigned step = 0; step < 20000; step++) {
            unsigned char bytes[SIZE];
            uint32_t count = (uint32_t)rand() % (SIZE + 1);
            if (rand() % 2) {
                for (uint32_t i = 0; i < count; i++)
                    bytes[i] = (unsigned char)(in + i);
                uint32_t put = tess_ring_put(&producer, bytes, count);
                CHECK_EQ(put, count < SIZE - held ? count : SIZE - held);
                in = (unsigned char)(in + put);
                held += put;
            } else {
                uint32_t got = tess_ring_get(&consumer, bytes, count);
                CHECK_EQ(got, count < held ? count : held);
                for (uint32_t i = 0; i < got; i++)
                    CHECK_EQ(bytes[i], (unsigned char)(out + i));
                out = (unsigned char)(out + got);
                held -= got;
            }
        }
    }
}

/* A side that is started again goes on where the shared memory says. */
static void attach_again(void)
{
    unsigned char bytes[8] = "abcdefg";

    begin(0);
    tess_ring_put(&producer, bytes, 8);
    tess_ring_get(&consumer, bytes, 3);
    tess_ring_producer(&producer, memory, SIZE);
    tess_ring_consumer(&consumer, memory, SIZE);
    CHECK_EQ(tess_ring_space(&producer), SIZE - 5);
    CHECK_EQ(tess_ring_get(&consumer, bytes, 8), 5);
    CHECK(memcmp(bytes, "defg", 5) == 0);
}

/* Whatever the other side writes into its index, nothing leads out of the data. */
static void lying_partner(void)
{
    static const uint32_t lies[] = {1, SIZE, SIZE + 1, 0x7fffffffu, 0x80000000u, 0xffffffffu};
    struct tess_ring_shared *shared = (struct tess_ring_shared *)memory;
    unsigned char bytes[2 * SIZE];

    memset(bytes, 1, sizeof bytes);
    for (unsigned i = 0; i < 6; i++) {
        begin(5);
        shared->tail = 5 + lies[i];
        CHECK(tess_ring_used(&consumer) <= SIZE);
        CHECK(tess_ring_get(&consumer, bytes, sizeof bytes) <= SIZE);
        begin(5);
        shared->head = 5 + lies[i];
        CHECK(tess_ring_space(&producer) <= SIZE);
        CHECK(tess_ring_put(&producer, bytes, sizeof bytes) <= SIZE);
    }
    begin(5);
    shared->tail = 5 + SIZE + 1;
    CHECK_EQ(tess_ring_used(&consumer), 0);
}

static void wanting_space(void)
{
    begin(0);
    CHECK(!tess_ring_space_wanted(&consumer));
    tess_ring_want_space(&producer, true);
    CHECK(tess_ring_space_wanted(&consumer));
    tess_ring_want_space(&producer, false);
    CHECK(!tess_ring_space_wanted(&consumer));
}

#define STREAM 200000u

static void *produce(void *unused)
{
    (void)unused;
    for (uint32_t at = 0; at < STREAM;) {
        unsigned char bytes[32];
        uint32_t count = at % 32 + 1;
        if (count > STREAM - at)
            count = STREAM - at;
        for (uint32_t i = 0; i < count; i++)
            bytes[i] = (unsigned char)((at + i) * 7);
        uint32_t put = tess_ring_put(&producer, bytes, count);
        at += put;
        if (put == 0)
            sched_yield();
    }
    return NULL;
}

static void two_threads(void)
{
    pthread_t thread;
    unsigned wrong = 0;

    begin(0xffffff00u);
    CHECK_EQ(pthread_create(&thread, NULL, produce, NULL), 0);
    for (uint32_t at = 0; at < STREAM;) {
        unsigned char bytes[48];
        uint32_t got = tess_ring_get(&consumer, bytes, at % 48 + 1);
        for (uint32_t i = 0; i < got; i++)
            wrong += bytes[i] != (unsigned char)((at + i) * 7);
        at += got;
        if (got == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    CHECK_EQ(wrong, 0);
    CHECK_EQ(tess_ring_used(&consumer), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"empty and full", empty_and_full},      {"random amounts in order", against_a_counter},
        {"a side attached again", attach_again}, {"a partner that lies", lying_partner},
        {"wanting space", wanting_space},        {"two threads", two_threads},
    };

    return UNIT_RUN(tests);
}
