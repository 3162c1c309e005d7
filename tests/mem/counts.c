/*
 * tests/mem/counts.c: what must be exactly so: which pages are resident, which are copied, what is refused.
 */
#include <stdio.h>
#include <string.h>

#include "tests/mem/stage.h"

#define REGION_MB    64u
#define REGION_COUNT (REGION_MB << 8) /* pages */
#define SMALL_QUOTA  1024u            /* 4 MB */
#define LARGE_QUOTA  17000u
#define TOUCHES      3000u
#define STACK        1u /* a client touches one page of its stack */

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % n;
}

static enum space_answer map(unsigned client, uint32_t pages, unsigned flags)
{
    struct region r = {.first = STAGE_AREA,
                       .pages = pages,
                       .low = STAGE_AREA,
                       .high = STAGE_AREA + pages,
                       .kind = REGION_ZERO,
                       .rights = FRAMES_READ | FRAMES_WRITE,
                       .flags = (uint8_t)flags};

    return space_map(clients[client].space, &r);
}

static uint64_t address_of(uint32_t page)
{
    return (STAGE_AREA + page) * POOL_PAGE_BYTES + page % 512 * 8;
}

static enum space_answer write(unsigned client, uint32_t page, uint64_t to)
{
    uint64_t value;

    return stage_do(client, (struct stage_order){STAGE_WRITE, address_of(page), to}, &value);
}

static uint64_t read(unsigned client, uint32_t page)
{
    uint64_t value = 0;

    return stage_do(client, (struct stage_order){STAGE_READ, address_of(page), 0}, &value) == SPACE_OK
               ? value
               : ~0ull;
}

/* ---- 64 MB at random ------------------------------------------------------------------------------------- */

static uint64_t number_of(uint32_t page)
{
    return page * 0x9e3779b97f4a7c15ull | 1;
}

static uint8_t touched[REGION_COUNT];

/* Writes to random pages and reads them all back; *distinct: how many they were. */
static bool touch_at_random(uint32_t touches, uint32_t *distinct)
{
    bool good = true;

    memset(touched, 0, sizeof touched);
    *distinct = 0;
    state = 1;
    for (uint32_t i = 0; i < touches; i++) {
        uint32_t page = random_below(REGION_COUNT);
        good &= write(0, page, number_of(page)) == SPACE_OK;
        *distinct += !touched[page];
        touched[page] = 1;
    }
    state = 1;
    for (uint32_t i = 0; i < touches; i++) {
        uint32_t page = random_below(REGION_COUNT);
        good &= read(0, page) == number_of(page);
    }
    return good;
}

static void with_enough(void)
{
    struct space_counts c;
    uint32_t distinct;
    bool good = stage_start(0, LARGE_QUOTA, NULL) == SPACE_OK && map(0, REGION_COUNT, 0) == SPACE_OK;

    good = good && touch_at_random(TOUCHES, &distinct);
    space_count(clients[0].space, &c);
    printf("# %u random accesses to %u MB with enough quota: %u pages touched, %u resident, %lu faults\n",
           2 * TOUCHES, REGION_MB, distinct, c.resident, (unsigned long)clients[0].faults);
    stage_check("64 MB at random, enough quota: exactly the touched pages are resident",
                good && c.resident == distinct + STACK && c.swapped == 0 &&
                    clients[0].faults == distinct + STACK);
    stage_kill(0);
}

static void without_disk(void)
{
    struct space_counts c;
    enum space_answer answer = SPACE_OK;
    uint32_t written = 0;

    stage_disk(0);
    stage_start(0, SMALL_QUOTA, NULL);
    stage_check("64 MB in a quota of 4 MB without a disk: the region is refused",
                map(0, REGION_COUNT, 0) == SPACE_QUOTA);
    map(0, REGION_COUNT, REGION_OVERCOMMIT);
    while (answer == SPACE_OK && written < REGION_COUNT) {
        answer = write(0, written, number_of(written));
        written += answer == SPACE_OK;
    }
    space_count(clients[0].space, &c);
    stage_check("where it is promised late: refused when the quota is used up, to the page",
                answer == SPACE_QUOTA && c.resident == written + STACK && c.charged + c.fixed == c.quota);
    stage_kill(0);
}

static void with_disk(void)
{
    struct space_counts c;
    uint32_t distinct;

    stage_disk(17000);
    bool good = stage_start(0, SMALL_QUOTA, NULL) == SPACE_OK && map(0, REGION_COUNT, 0) == SPACE_OK;
    good = good && touch_at_random(TOUCHES, &distinct);
    space_count(clients[0].space, &c);
    printf("# the same with 4 MB and a disk: %u resident, %u swapped, %lu to the disk, %lu from it\n",
           c.resident, c.swapped, (unsigned long)clients[0].space->swapped_out,
           (unsigned long)clients[0].space->swapped_in);
    stage_check("64 MB at random in a quota of 4 MB with a disk: every word is right",
                good && c.resident + c.swapped == distinct + STACK && c.resident + c.fixed == c.quota);
    stage_kill(0);
    stage_disk(0);
}

/* ---- Copy on write --------------------------------------------------------------------------------------- */

#define SHARED_PAGES 200u
#define BY_CHILD     30u /* from the first page on */
#define BY_PARENT    20u /* from the last page down */
#define COPY_TABLES  4u  /* the space, its directory, a leaf for the stack and one for the rest */

static void copy_on_write(void)
{
    struct space_counts parent, child;
    bool good = stage_start(0, 400, NULL) == SPACE_OK && map(0, SHARED_PAGES, 0) == SPACE_OK;

    for (uint32_t i = 0; i < SHARED_PAGES; i++)
        good &= write(0, i, i + 1) == SPACE_OK;
    uint32_t before = memory.pool.free;
    good &= stage_start(1, 400, clients[0].space) == SPACE_OK;
    stage_check("a copy of an address space costs its tables and no page",
                good && before - memory.pool.free == COPY_TABLES);
    for (uint32_t i = 0; i < SHARED_PAGES; i++)
        good &= read(1, i) == i + 1;
    space_count(clients[1].space, &child);
    stage_check("the copy reads what the original wrote, from the same pages",
                good && child.shared == SHARED_PAGES && clients[1].space->copied == STACK);
    before = memory.pool.free;
    for (uint32_t i = 0; i < BY_CHILD; i++)
        good &= write(1, i, 1000 + i) == SPACE_OK;
    for (uint32_t i = 0; i < BY_PARENT; i++)
        good &= write(0, SHARED_PAGES - 1 - i, 2000 + i) == SPACE_OK;
    space_count(clients[0].space, &parent);
    space_count(clients[1].space, &child);
    stage_check("both differ in the pages written to, and no other page was copied",
                good && clients[1].space->copied == BY_CHILD + STACK &&
                    clients[0].space->copied == BY_PARENT &&
                    parent.shared == SHARED_PAGES - BY_CHILD - BY_PARENT && child.shared == parent.shared &&
                    before - memory.pool.free == BY_CHILD + BY_PARENT);
    for (uint32_t i = 0; i < SHARED_PAGES; i++) {
        bool late = i >= SHARED_PAGES - BY_PARENT;
        good &= read(1, i) == (i < BY_CHILD ? 1000 + i : i + 1);
        good &= read(0, i) == (late ? 2000 + (SHARED_PAGES - 1 - i) : i + 1);
    }
    stage_check("every word of both is right", good);
    stage_kill(0);
    for (uint32_t i = BY_CHILD; i < SHARED_PAGES; i++)
        good &= write(1, i, i) == SPACE_OK;
    stage_check("the last user of a page writes to it without a copy",
                good && clients[1].space->copied == BY_CHILD + STACK);
    stage_kill(1);
}

/* ---- Files, guards --------------------------------------------------------------------------------------- */

static void bundle(void)
{
    struct region r = {.first = STAGE_AREA,
                       .pages = 2,
                       .low = STAGE_AREA,
                       .high = STAGE_AREA + 2,
                       .kind = REGION_FILE,
                       .rights = FRAMES_READ,
                       .bytes = 2 * POOL_PAGE_BYTES};
    uint64_t value, offset, word = stage_bundle_word(&offset);
    uint64_t at = STAGE_AREA * POOL_PAGE_BYTES + offset;
    struct space_counts c;

    stage_start(0, 40, NULL);
    bool good = space_map(clients[0].space, &r) == SPACE_OK;
    good &= stage_do(0, (struct stage_order){STAGE_READ, at, 0}, &value) == SPACE_OK;
    space_count(clients[0].space, &c);
    stage_check("a file of the bundle is mapped where it lies",
                good && word != 0 && value == word && c.fetched == 1 && c.resident == STACK);
    r.first = r.low = STAGE_AREA + 16, r.high = r.low + 2, r.rights |= FRAMES_WRITE;
    good = space_map(clients[0].space, &r) == SPACE_OK;
    good &= stage_do(0, (struct stage_order){STAGE_READ, at + 16 * POOL_PAGE_BYTES, 0}, &value) == SPACE_OK &&
            value == word;
    good &= stage_do(0, (struct stage_order){STAGE_WRITE, at + 16 * POOL_PAGE_BYTES, 5}, &value) == SPACE_OK;
    good &= stage_do(0, (struct stage_order){STAGE_READ, at, 0}, &value) == SPACE_OK;
    stage_check("who writes to one has a copy", good && value == word);
    enum space_answer answer =
        stage_do(0, (struct stage_order){STAGE_WRITE, STAGE_AREA * POOL_PAGE_BYTES, 5}, &value);
    stage_check("a write to a region for reading is refused", answer == SPACE_RIGHTS);
    stage_kill(0);
}

void counts(void)
{
    with_enough();
    without_disk();
    with_disk();
    copy_on_write();
    bundle();
    stage_check("everything is back", stage_is_empty());
}
