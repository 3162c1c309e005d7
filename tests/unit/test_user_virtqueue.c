/* sources: userland/drivers/virtio/queue.c */
/*
 * tests/unit/test_user_virtqueue.c: the driver's side of a virtqueue, with a device that is honest and slow,
 * and one that writes anything.
 */
#include "tests/unit/unit.h"
#include "userland/drivers/virtio/queue.h"

static _Alignas(4096) unsigned char page[4096];
static struct virtqueue q;
static uint16_t seen; /* the device's count of available chains */

static void begin(void)
{
    memset(page, 0xee, sizeof page);
    virtqueue_init(&q, page);
    seen = 0;
}

/* ---- The device, which knows the layout only ------------------------------------------------------------ */

static uint16_t half(unsigned offset)
{
    uint16_t value;

    memcpy(&value, page + offset, sizeof value);
    return value;
}

static uint32_t word(unsigned offset)
{
    uint32_t value;

    memcpy(&value, page + offset, sizeof value);
    return value;
}

static bool device_has_work(void)
{
    return half(VIRTQUEUE_AVAILABLE_OFFSET + 2) != seen;
}

/* Takes the next chain; returns its head and how many pieces it has. */
static unsigned device_take(unsigned *pieces, uint64_t *first_address)
{
    unsigned head = half(VIRTQUEUE_AVAILABLE_OFFSET + 4 + 2 * (seen++ % VIRTQUEUE_SIZE));
    unsigned at = head;

    CHECK(head < VIRTQUEUE_SIZE);
    memcpy(first_address, page + 16 * head, 8);
    for (*pieces = 1; (half(16 * at + 12) & 1) != 0; (*pieces)++) {
        CHECK(*pieces < VIRTQUEUE_SIZE);
        at = half(16 * at + 14);
        CHECK(at < VIRTQUEUE_SIZE);
    }
    return head;
}

static void device_done(uint32_t head, uint32_t bytes)
{
    uint16_t index = half(VIRTQUEUE_USED_OFFSET + 2);
    unsigned at = VIRTQUEUE_USED_OFFSET + 4 + 8 * (index++ % VIRTQUEUE_SIZE);

    memcpy(page + at, &head, 4);
    memcpy(page + at + 4, &bytes, 4);
    memcpy(page + VIRTQUEUE_USED_OFFSET + 2, &index, 2);
}

/* ---- Tests ---------------------------------------------------------------------------------------------- */

static void layout(void)
{
    static const struct virtqueue_piece pieces[] = {
        {0x1000, 16, false}, {0x2000, 512, true}, {0x3000, 1, true}};
    uint64_t address;
    unsigned count;

    begin();
    for (unsigned i = 0; i < VIRTQUEUE_BYTES; i++)
        CHECK_EQ(page[i], 0);
    CHECK_EQ(page[VIRTQUEUE_BYTES], 0xee);
    int head = virtqueue_put(&q, pieces, 3);
    CHECK(head >= 0);
    CHECK(device_has_work());
    CHECK_EQ(device_take(&count, &address), (unsigned)head);
    CHECK(!device_has_work());
    CHECK_EQ(count, 3);
    CHECK_EQ(address, 0x1000);
    unsigned second = half(16 * (unsigned)head + 14);
    CHECK_EQ(word(16 * second), 0x2000);
    CHECK_EQ(word(16 * second + 8), 512);
    CHECK_EQ(half(16 * second + 12), 3); /* goes on; the device writes */
    CHECK_EQ(half(16 * half(16 * second + 14) + 12), 2);
}

static void full(void)
{
    struct virtqueue_piece pieces[VIRTQUEUE_SIZE + 1] = {{0, 0, false}};
    uint32_t bytes;

    begin();
    CHECK_EQ(virtqueue_put(&q, pieces, 0), -1);
    CHECK_EQ(virtqueue_put(&q, pieces, VIRTQUEUE_SIZE + 1), -1);
    CHECK_EQ(virtqueue_take(&q, &bytes), -1);
    int head = virtqueue_put(&q, pieces, VIRTQUEUE_SIZE);
    CHECK(head >= 0);
    CHECK_EQ(virtqueue_put(&q, pieces, 1), -1);
    device_done((uint32_t)head, 5);
    CHECK_EQ(virtqueue_take(&q, &bytes), head);
    CHECK_EQ(bytes, 5);
    for (unsigned i = 0; i < VIRTQUEUE_SIZE; i++)
        CHECK(virtqueue_put(&q, pieces, 1) >= 0);
    CHECK_EQ(virtqueue_put(&q, pieces, 1), -1);
}

/* Chains of every length, done in any order, until the counters have gone round. */
static void in_any_order(void)
{
    unsigned held[VIRTQUEUE_SIZE], held_count = 0, in_flight = 0;
    uint64_t address_of[VIRTQUEUE_SIZE] = {0}, address;
    unsigned length_of[VIRTQUEUE_SIZE] = {0}, count;

    begin();
    srand(1);
    for (unsigned step = 0; step < 200000; step++) {
        struct virtqueue_piece pieces[VIRTQUEUE_SIZE] = {{0, 0, false}};
        unsigned length = 1 + (unsigned)rand() % 5;
        pieces[0].address = step + 1;
        int head = virtqueue_put(&q, pieces, length);
        CHECK_EQ(head >= 0, in_flight + length <= VIRTQUEUE_SIZE);
        if (head >= 0) {
            address_of[head] = step + 1;
            length_of[head] = length;
            in_flight += length;
        }
        while (device_has_work()) {
            unsigned taken = device_take(&count, &address);
            CHECK_EQ(count, length_of[taken]);
            CHECK_EQ(address, address_of[taken]);
            held[held_count++] = taken;
        }
        if (held_count == 0 || rand() % 2 == 0)
            continue;
        unsigned pick = (unsigned)rand() % held_count;
        unsigned done = held[pick];
        uint32_t bytes;
        held[pick] = held[--held_count];
        device_done(done, step);
        CHECK_EQ(virtqueue_take(&q, &bytes), done);
        CHECK_EQ(bytes, step);
        CHECK_EQ(virtqueue_take(&q, &bytes), -1);
        in_flight -= length_of[done];
    }
}

/* What is not in flight cannot be done, nor twice; descriptors are the driver's to know. */
static void lies(void)
{
    static const struct virtqueue_piece pieces[] = {{0x1000, 16, false}, {0x2000, 512, true}};
    uint32_t bytes;

    begin();
    int head = virtqueue_put(&q, pieces, 2);
    unsigned second = half(16 * (unsigned)head + 14);
    memset(page, 0xff, VIRTQUEUE_AVAILABLE_OFFSET);
    device_done(VIRTQUEUE_SIZE, 1);
    device_done(UINT32_MAX, 1);
    device_done(second, 1);
    device_done((uint32_t)head, 7);
    device_done((uint32_t)head, 8);
    CHECK_EQ(virtqueue_take(&q, &bytes), head);
    CHECK_EQ(bytes, 7);
    CHECK_EQ(virtqueue_take(&q, &bytes), -1);
    for (unsigned i = 0; i < VIRTQUEUE_SIZE; i++)
        CHECK(virtqueue_put(&q, pieces, 1) >= 0);
    CHECK_EQ(virtqueue_put(&q, pieces, 1), -1);
}

/* Any bytes in the shared part: the driver stays in its own, and every look ends. */
static void noise(void)
{
    static const struct virtqueue_piece pieces[] = {{0x1000, 16, false}, {0x2000, 512, true}};
    uint32_t bytes;

    begin();
    srand(2);
    for (unsigned step = 0; step < 20000; step++) {
        virtqueue_put(&q, pieces, 1 + (unsigned)rand() % 2);
        for (unsigned i = 0; i < VIRTQUEUE_BYTES; i += 4) {
            uint32_t value = (uint32_t)rand() % (rand() % 2 ? 20 : UINT16_MAX);
            memcpy(page + i, &value, 4);
        }
        for (unsigned i = 0; virtqueue_take(&q, &bytes) >= 0; i++)
            CHECK(i < VIRTQUEUE_SIZE);
        CHECK((unsigned)__builtin_popcount(q.free) <= VIRTQUEUE_SIZE);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"virtqueue: what the device finds", layout},          {"virtqueue: full and empty", full},
        {"virtqueue: chains done in any order", in_any_order}, {"virtqueue: a device that lies", lies},
        {"virtqueue: a device that writes anything", noise},
    };

    return UNIT_RUN(tests);
}
