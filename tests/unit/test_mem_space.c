/* sources: tests/unit/mem_frames.c userland/servers/mem/space.c userland/servers/mem/entry.c userland/servers/mem/fault.c userland/servers/mem/evict.c userland/servers/mem/fork.c userland/servers/mem/shared.c userland/servers/mem/account.c userland/servers/mem/swap.c userland/servers/mem/region.c userland/servers/mem/pool.c userland/servers/mem/placement.c userland/servers/mem/first_fit.c userland/servers/mem/buddy.c userland/servers/mem/colour.c */
/*
 * tests/unit/test_mem_space.c: the memory server's bookkeeping over a model of the kernel: what each page of each
 * client must read as is kept beside it, through faults, copies, swapping and ends.
 */
#include "tests/unit/mem_frames.h"
#include "tests/unit/unit.h"

#define READ  FRAMES_READ
#define WRITE FRAMES_WRITE

static struct space *opened(frames_space id, uint32_t quota)
{
    struct space *space;

    fake_space(id);
    CHECK_EQ(space_open(id, quota, placement_get((unsigned)id % 3), 1, &space), SPACE_OK);
    return space;
}

static void closed(struct space *space)
{
    fake_space_end(space->id);
    space_close(space);
}

static struct region zero(uint32_t first, uint32_t pages, unsigned flags)
{
    return (struct region){.first = first,
                           .pages = pages,
                           .low = first,
                           .high = first + pages,
                           .kind = REGION_ZERO,
                           .rights = READ | WRITE,
                           .flags = (uint8_t)flags};
}

static enum space_answer map_zero(struct space *space, uint32_t first, uint32_t pages, unsigned flags)
{
    struct region r = zero(first, pages, flags);

    return space_map(space, &r);
}

/* As a client's instruction would: faults until it works, or cannot. */
static enum space_answer touch(struct space *space, uint32_t page, unsigned access, uint8_t **bytes)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        *bytes = fake_access(space->id, page, access);
        if (*bytes != NULL)
            return SPACE_OK;
        enum space_answer answer = space_fault(space, page, access);
        if (answer != SPACE_OK)
            return answer;
    }
    FAIL("page 0x%x faults for ever", page);
}

static uint8_t *must(struct space *space, uint32_t page, unsigned access)
{
    uint8_t *bytes;

    CHECK_EQ(touch(space, page, access, &bytes), SPACE_OK);
    return bytes;
}

static enum space_answer refused(struct space *space, uint32_t page, unsigned access)
{
    uint8_t *bytes;

    return touch(space, page, access, &bytes);
}

/* ---- One thing each -------------------------------------------------------------------------------------- */

static void demand_zero(void)
{
    fake_start(0x80200000, 600, 0);
    struct space *s = opened(1, 100);
    CHECK_EQ(map_zero(s, 0x40, 50, 0), SPACE_OK);
    CHECK_EQ(s->account.resident, 0);
    for (uint32_t i = 0; i < 50; i += 7)
        CHECK_EQ(must(s, 0x40 + i, i % 2 ? READ : WRITE)[i], 0);
    CHECK_EQ(s->account.resident, 8);
    CHECK_EQ(refused(s, 0x3f, READ), SPACE_NOTHING);
    CHECK_EQ(refused(s, 0x40 + 50, READ), SPACE_NOTHING);
    CHECK_EQ(refused(s, 0x40, FRAMES_EXECUTE), SPACE_RIGHTS);
    CHECK_EQ(map_zero(s, 0x45, 1, 0), SPACE_TAKEN);
    closed(s);
    fake_check_empty();
}

/* Without a disk: a promise that cannot be kept is refused, or, if asked for late, is a fault. */
static void quota(void)
{
    fake_start(0x80000000, 512, 0);
    struct space *s = opened(1, 20);
    CHECK_EQ(map_zero(s, 0x400, 30, 0), SPACE_QUOTA);
    CHECK_EQ(map_zero(s, 0x400, 17, 0), SPACE_QUOTA); /* 2 for itself, 2 for the span */
    CHECK_EQ(map_zero(s, 0x400, 30, REGION_OVERCOMMIT), SPACE_OK);
    for (uint32_t i = 0; i < 16; i++)
        must(s, 0x400 + i, WRITE);
    CHECK_EQ(refused(s, 0x410, WRITE), SPACE_QUOTA);
    CHECK_EQ(map_zero(s, 0x440, 1, 0), SPACE_QUOTA);
    CHECK_EQ(space_unmap(s, 0x400), SPACE_OK);
    CHECK_EQ(map_zero(s, 0x400, 16, REGION_EAGER), SPACE_OK);
    CHECK_EQ(s->account.resident, 16);
    struct space *other;
    fake_space(2);
    CHECK_EQ(space_open(2, 493, &placement_first_fit, 1, &other), SPACE_MEMORY);
    CHECK_EQ(space_open(2, 5, &placement_first_fit, 1, &other), SPACE_QUOTA);
    CHECK_EQ(space_open(2, 492, &placement_first_fit, 1, &other), SPACE_OK);
    closed(other);
    closed(s);
    fake_check_empty();
}

static void growing(void)
{
    fake_start(0x80000000, 512, 0);
    struct space *s = opened(1, 60);
    struct region stack = zero(0xef, 1, 0);
    struct region heap = zero(0x110, 0, 0);
    stack.low = 0xd0;
    heap.high = 0x200;
    CHECK_EQ(space_map(s, &stack), SPACE_OK);
    CHECK_EQ(space_map(s, &heap), SPACE_OK);
    s->heap = 0x110;
    must(s, 0xe0, WRITE);
    CHECK_EQ(s->account.charged, 16);
    CHECK_EQ(refused(s, 0xcf, WRITE), SPACE_NOTHING);
    CHECK_EQ(refused(s, 0x110, WRITE), SPACE_NOTHING);
    uint32_t end = 0x130;
    CHECK_EQ(space_heap(s, &end), SPACE_OK);
    CHECK_EQ(end, 0x130);
    must(s, 0x12f, WRITE)[5] = 9;
    end = 0x150;
    CHECK_EQ(space_heap(s, &end), SPACE_QUOTA);
    CHECK_EQ(end, 0x130);
    end = 0x201;
    CHECK_EQ(space_heap(s, &end), SPACE_TAKEN);
    end = 0x118;
    CHECK_EQ(space_heap(s, &end), SPACE_OK);
    CHECK_EQ(refused(s, 0x12f, WRITE), SPACE_NOTHING);
    end = 0x130;
    CHECK_EQ(space_heap(s, &end), SPACE_OK);
    CHECK_EQ(must(s, 0x12f, READ)[5], 0);
    closed(s);
    fake_check_empty();
}

static void files(void)
{
    fake_start(0x80000000, 512, 0);
    struct space *s = opened(1, 60);
    struct region r = {.first = 0x100,
                       .pages = 3,
                       .low = 0x100,
                       .high = 0x103,
                       .kind = REGION_FILE,
                       .rights = READ | FRAMES_EXECUTE,
                       .offset = 0x5000,
                       .bytes = 0x1800};
    CHECK_EQ(space_map(s, &r), SPACE_OK);
    CHECK_EQ(s->account.charged, 2); /* the first page lies in the bundle */
    CHECK_EQ(must(s, 0x100, FRAMES_EXECUTE)[9], fake_bundle_byte(0x5009));
    CHECK_EQ(must(s, 0x101, READ)[0x7ff], fake_bundle_byte(0x67ff));
    CHECK_EQ(must(s, 0x101, READ)[0x800], 0);
    CHECK_EQ(must(s, 0x102, READ)[0], 0);
    CHECK_EQ(refused(s, 0x100, WRITE), SPACE_RIGHTS);
    CHECK(s->account.resident == 2 && s->fetched == 1);
    r.first = r.low = 0x200, r.high = 0x203, r.rights = READ | WRITE;
    CHECK_EQ(space_map(s, &r), SPACE_OK);
    CHECK_EQ(s->account.charged, 5);
    must(s, 0x200, WRITE)[1] = 77;
    CHECK_EQ(must(s, 0x200, READ)[9], fake_bundle_byte(0x5009));
    CHECK_EQ(must(s, 0x100, READ)[1], fake_bundle_byte(0x5001));
    r.first = r.low = 0x300, r.high = 0x302, r.pages = 2, r.rights = READ, r.flags = REGION_WHOLE;
    CHECK_EQ(space_map(s, &r), SPACE_OK);
    CHECK_EQ(must(s, 0x301, READ)[0xfff], fake_bundle_byte(0x6fff));
    CHECK_EQ(s->account.charged, 5);
    r.flags = 0, r.rights = READ | WRITE | FRAMES_EXECUTE, r.first = r.low = 0x400, r.high = 0x402;
    CHECK_EQ(space_map(s, &r), SPACE_BAD_REQUEST);
    closed(s);
    fake_check_empty();
}

static void guard_and_protect(void)
{
    fake_start(0x80000000, 512, 0);
    struct space *s = opened(1, 60);
    struct region g = {.first = 0x120, .pages = 2, .low = 0x120, .high = 0x122, .kind = REGION_GUARD};
    CHECK_EQ(space_map(s, &g), SPACE_OK);
    CHECK_EQ(refused(s, 0x121, READ), SPACE_GUARD);
    CHECK_EQ(map_zero(s, 0x122, 4, 0), SPACE_OK);
    must(s, 0x123, WRITE)[8] = 5;
    CHECK_EQ(space_protect(s, 0x122, READ), SPACE_OK);
    CHECK_EQ(must(s, 0x123, READ)[8], 5);
    CHECK_EQ(refused(s, 0x123, WRITE), SPACE_RIGHTS);
    CHECK_EQ(space_protect(s, 0x122, READ | WRITE | FRAMES_EXECUTE), SPACE_BAD_REQUEST);
    CHECK_EQ(space_protect(s, 0x122, READ | WRITE), SPACE_OK);
    must(s, 0x123, WRITE)[8] = 6;
    CHECK_EQ(space_unmap(s, 0x122), SPACE_OK);
    CHECK_EQ(s->account.fixed, 2); /* a guard costs nothing, not even a leaf */
    CHECK_EQ(space_unmap(s, 0x122), SPACE_NOTHING);
    closed(s);
    fake_check_empty();
}

static void shared_memory(void)
{
    fake_start(0x80000000, 512, 0);
    struct space *a = opened(1, 60), *b = opened(2, 60);
    struct region r = {.pages = 5, .kind = REGION_SHARED, .rights = READ | WRITE};
    CHECK_EQ(shared_make(5, &r.shared), SPACE_OK);
    struct region at_b = r;
    CHECK_EQ(space_map(a, &r), SPACE_OK);
    at_b.rights = READ;
    CHECK_EQ(space_map(b, &at_b), SPACE_OK);
    shared_drop(r.shared);
    must(a, r.first + 2, WRITE)[3] = 33;
    CHECK_EQ(must(b, at_b.first + 2, READ)[3], 33);
    must(a, r.first + 2, WRITE)[3] = 34;
    CHECK_EQ(must(b, at_b.first + 2, READ)[3], 34);
    CHECK_EQ(refused(b, at_b.first + 2, WRITE), SPACE_RIGHTS);
    struct space_counts counts;
    space_count(b, &counts);
    CHECK_EQ(counts.shared, 1);
    closed(a);
    CHECK_EQ(must(b, at_b.first + 2, READ)[3], 34);
    closed(b);
    fake_check_empty();
}

static void copy_on_write(void)
{
    fake_start(0x80000000, 1024, 0);
    struct space *a = opened(1, 60), *b = opened(2, 60), *c = opened(3, 60);
    struct space_counts counts;
    CHECK_EQ(map_zero(a, 0x100, 10, 0), SPACE_OK);
    for (uint32_t i = 0; i < 8; i++)
        must(a, 0x100 + i, WRITE)[0] = (uint8_t)(i + 1);
    uint64_t made = fake_made;
    CHECK_EQ(space_fork(a, b), SPACE_OK);
    CHECK_EQ(fake_made, made + 1); /* a leaf; no page of the client's */
    space_count(b, &counts);
    CHECK(counts.resident == 8 && counts.shared == 8);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_EQ(must(b, 0x100 + i, READ)[0], i + 1);
    must(b, 0x100, WRITE)[0] = 100;
    must(a, 0x101, WRITE)[0] = 101;
    CHECK(b->copied == 1 && a->copied == 1);
    CHECK_EQ(must(a, 0x100, READ)[0], 1);
    CHECK_EQ(must(b, 0x101, READ)[0], 2);
    must(a, 0x100, WRITE)[0] = 50; /* the last user need not copy */
    CHECK(a->copied == 1);
    CHECK_EQ(space_fork(b, c), SPACE_OK);
    space_count(a, &counts);
    CHECK(counts.resident == 8 && counts.shared == 6);
    must(c, 0x100, WRITE)[0] = 7;
    CHECK_EQ(must(b, 0x100, READ)[0], 100);
    closed(a);
    CHECK_EQ(must(b, 0x107, READ)[0], 8);
    must(b, 0x107, WRITE)[0] = 80;
    CHECK_EQ(must(c, 0x107, READ)[0], 8);
    closed(b);
    must(c, 0x107, WRITE)[0] = 81;
    CHECK_EQ(must(c, 0x106, READ)[0], 7);
    closed(c);
    fake_check_empty();
}

static void swapping(void)
{
    fake_start(0x80000000, 1024, 200);
    struct space *s = opened(1, 20);
    CHECK_EQ(map_zero(s, 0x400, 216, 0), SPACE_QUOTA);
    CHECK_EQ(map_zero(s, 0x400, 215, 0), SPACE_OK);
    for (uint32_t i = 0; i < 215; i++)
        must(s, 0x400 + i, WRITE)[i] = (uint8_t)(i + 1);
    CHECK_EQ(s->account.resident, 16);
    CHECK_EQ(s->account.swapped, 199);
    for (uint32_t i = 0; i < 215; i++)
        CHECK_EQ(must(s, 0x400 + i * 7 % 215, READ)[i * 7 % 215], i * 7 % 215 + 1);
    CHECK_EQ(map_zero(s, 0x800, 1, REGION_OVERCOMMIT), SPACE_QUOTA); /* its tables */
    fake_disk_fails = true;
    uint32_t swapped = 0;
    while (fake_access(1, 0x400 + swapped, READ) != NULL)
        swapped++;
    CHECK_EQ(refused(s, 0x400 + swapped, READ), SPACE_DISK);
    fake_disk_fails = false;
    CHECK_EQ(must(s, 0x400 + swapped, READ)[swapped], swapped + 1);
    closed(s);
    fake_check_empty();
}

/* ---- All of it ------------------------------------------------------------------------------------------- */

#define CLIENTS 5u
#define AREA    2048u /* pages each client plays in */

static struct space *client[CLIENTS];
static uint8_t shadow[CLIENTS][AREA]; /* what the page's marked byte must be */

static void play_map(unsigned c)
{
    uint32_t first = 1 + (uint32_t)rand() % (AREA - 1), pages = 1 + (uint32_t)rand() % 60;
    unsigned flags = rand() % 4 == 0 ? REGION_EAGER : rand() % 3 == 0 ? REGION_OVERCOMMIT : 0;

    if (first + pages <= AREA && map_zero(client[c], first, pages, flags) == SPACE_OK)
        memset(&shadow[c][first], 0, pages);
}

static void play_unmap(unsigned c)
{
    if (client[c]->regions.count > 0)
        CHECK_EQ(space_unmap(client[c],
                             client[c]->regions.region[(unsigned)rand() % client[c]->regions.count].first),
                 SPACE_OK);
}

static void play_touch(unsigned c)
{
    struct regions *all = &client[c]->regions;

    for (unsigned i = 0; i < 20 && all->count > 0; i++) {
        const struct region *r = &all->region[(unsigned)rand() % all->count];
        uint32_t page = r->first + (uint32_t)rand() % r->pages;
        bool write = rand() % 2;
        uint8_t *bytes;
        enum space_answer answer = touch(client[c], page, write ? WRITE : READ, &bytes);
        if (answer != SPACE_OK) {
            CHECK_EQ(answer, SPACE_QUOTA);
            continue;
        }
        CHECK_EQ(bytes[page % 4096], shadow[c][page]);
        if (write)
            bytes[page % 4096] = shadow[c][page] = (uint8_t)rand();
    }
}

static void play_end(unsigned c, uint32_t quota)
{
    if (client[c] != NULL)
        closed(client[c]);
    client[c] = NULL;
    fake_space(c);
    if (quota == 0 || space_open(c, quota, placement_get(c % 3), 1, &client[c]) != SPACE_OK)
        fake_space_end(c);
}

static void play_fork(unsigned c)
{
    unsigned child = (c + 1) % CLIENTS;

    play_end(child, client[c]->account.quota);
    if (client[child] == NULL)
        return;
    enum space_answer answer = space_fork(client[c], client[child]);
    if (answer == SPACE_OK) {
        memcpy(shadow[child], shadow[c], AREA);
        return;
    }
    CHECK_EQ(answer, SPACE_QUOTA);
    play_end(child, 0);
}

static void check_counts(void)
{
    uint32_t reserved = memory.ledger.swap.places > 0, promised = 0;

    for (unsigned c = 0; c < CLIENTS; c++) {
        const struct account *a = client[c] != NULL ? &client[c]->account : NULL;
        if (a == NULL)
            continue;
        CHECK(a->resident + a->fixed <= a->quota && a->charged + a->fixed <= a->quota + a->reserved);
        CHECK(a->swapped <= a->reserved && a->resident + a->swapped <= a->charged);
        reserved += a->reserved;
        promised += a->quota;
    }
    CHECK_EQ(memory.ledger.swap.reserved, reserved);
    CHECK_EQ(memory.ledger.promised, promised);
    CHECK(memory.pool.end - memory.pool.first - memory.pool.free <= promised);
    CHECK(memory.ledger.swap.used < reserved || reserved == 0);
}

static void play(uint32_t places, unsigned steps)
{
    srand(places + 3);
    fake_start(0x80123000, 700, places);
    memset(client, 0, sizeof client);
    for (unsigned step = 0; step < steps; step++) {
        unsigned c = (unsigned)rand() % CLIENTS, what = (unsigned)rand() % 100;
        if (client[c] == NULL)
            play_end(c, 12 + (uint32_t)rand() % 200);
        else if (what < 25)
            play_map(c);
        else if (what < 40)
            play_unmap(c);
        else if (what < 92)
            play_touch(c);
        else if (what < 97)
            play_fork(c);
        else
            play_end(c, 0);
        check_counts();
    }
    for (unsigned c = 0; c < CLIENTS; c++)
        play_end(c, 0);
    fake_check_empty();
}

static void without_disk(void)
{
    play(0, 6000);
}

static void with_disk(void)
{
    play(300, 6000);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"mem: a page is made when it is touched, and no other", demand_zero},
        {"mem: out of quota is an error, or a fault where that was asked for", quota},
        {"mem: stack and heap grow", growing},
        {"mem: files of the bundle, in place and copied", files},
        {"mem: guard pages, and rights that change", guard_and_protect},
        {"mem: shared memory", shared_memory},
        {"mem: copy on write, exactly counted", copy_on_write},
        {"mem: more than fits goes to the disk and comes back", swapping},
        {"mem: random clients without a disk", without_disk},
        {"mem: random clients with a disk", with_disk},
    };

    return UNIT_RUN(tests);
}
