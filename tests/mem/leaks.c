/*
 * tests/mem/leaks.c: nobody reads what somebody else wrote: memory is filled, freed, made anew and read, at every size
 * of frame there is, through the server, and through its disk.
 */
#include <stdio.h>

#include "tests/mem/stage.h"

#define SECRET     0x5ec7e75ec7e75ec7ull
#define FULL_QUOTA 300u
#define PAGES      (FULL_QUOTA - 12u)
#define DISK       200u

/* Fills a frame of one size, and reads one of another size made of the same memory. */
static void sizes(unsigned filled, unsigned read)
{
    /* Every word; of 1 GB one in each 64 bytes, as this takes its time. */
    uint64_t step_filled = filled == 30 ? 8 : 1, step_read = read == 30 ? 8 : 1;
    volatile uint64_t *at = stage_frame(filled);
    bool clean = true;
    char name[80];

    for (uint64_t i = 0; at != NULL && i < 1ull << filled >> 3; i += step_filled)
        at[i] = SECRET;
    stage_frame_end();
    clean = at != NULL;
    at = stage_frame(read);
    for (uint64_t i = 0; at != NULL && i < 1ull << read >> 3; i += step_read)
        clean &= at[i] == 0;
    stage_frame_end();
    snprintf(name, sizeof name, "nothing leaks: a frame of 2^%u bytes filled, one of 2^%u read", filled,
             read);
    stage_check(name, clean && at != NULL);
}

static enum space_answer map(unsigned client, uint32_t pages)
{
    struct region r = {.first = STAGE_AREA,
                       .pages = pages,
                       .low = STAGE_AREA,
                       .high = STAGE_AREA + pages,
                       .kind = REGION_ZERO,
                       .rights = FRAMES_READ | FRAMES_WRITE};

    return space_map(clients[client].space, &r);
}

static bool fill(unsigned client, uint32_t pages, uint64_t with)
{
    uint64_t value;
    bool good = true;

    for (uint32_t i = 0; i < pages * 8; i++)
        good &= stage_do(client,
                         (struct stage_order){STAGE_WRITE, STAGE_AREA * POOL_PAGE_BYTES + i * 512, with + i},
                         &value) == SPACE_OK;
    return good;
}

static bool holds(unsigned client, uint32_t pages, uint64_t with)
{
    uint64_t value = 0;
    bool good = true;

    for (uint32_t i = 0; i < pages * 8; i++)
        good &= stage_do(client, (struct stage_order){STAGE_READ, STAGE_AREA * POOL_PAGE_BYTES + i * 512, 0},
                         &value) == SPACE_OK &&
                value == (with == 0 ? 0 : with + i);
    return good;
}

/* One client after the other; the second gets the pages, and the places on the disk, of the first. */
static void clients_in_turn(uint32_t pages, uint32_t places, const char *name)
{
    stage_disk(places);
    bool good =
        stage_start(0, FULL_QUOTA, NULL) == SPACE_OK && map(0, pages) == SPACE_OK && fill(0, pages, SECRET);
    uint64_t out = clients[0].space->swapped_out;

    stage_kill(0);
    good &= stage_start(1, FULL_QUOTA, NULL) == SPACE_OK && map(1, pages) == SPACE_OK && holds(1, pages, 0);
    good &= fill(1, pages, 7) && holds(1, pages, 7);
    stage_kill(1);
    stage_check(name, good && (out > 0) == (places > 0) && stage_is_empty());
}

void leaks(void)
{
    static const unsigned all[] = {TESS_FRAME_4K, TESS_FRAME_2M, TESS_FRAME_1G};
    unsigned count = stage_argument("sizes", 0) != 0 ? 3 : 2; /* a page of 1 GB needs a machine of 3 */

    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++)
            sizes(all[i], all[j]);
    }
    clients_in_turn(PAGES, 0, "nothing leaks: from one client to the next");
    clients_in_turn(PAGES + DISK - 10, DISK, "nothing leaks: nor through the disk");
}
