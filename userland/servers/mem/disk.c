/*
 * userland/servers/mem/disk.c: the swap disk, through the block server (userland/lib/devices.h).
 *
 * A disk is used only if it says that it is one to swap to: its first block begins with DISK_MARK (make run
 * SWAP=64M makes one).
 * The other blocks are places. Nothing on it means anything to the next server.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/copy.h"
#include "userland/lib/devices.h"
#include "userland/lib/layout.h"
#include "userland/lib/start.h"
#include "userland/servers/mem/clients.h"

#define DISK_MARK       "tessera swap 1\n"
#define DISK_PLACES_MAX (1u << 18) /* 1 GB */

static tess_endpoint block;
static char *shared; /* the page that the block server copies to and from */

static uint64_t sector_of(uint32_t place)
{
    return (place + 1ull) * TESS_BLOCK_SECTORS;
}

/* A row of pages for the table of places, looked at for ever; null: there is none. */
static uint8_t *take_table(uint32_t bytes)
{
    uint32_t pages = (bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES;
    unsigned order = 0;

    while (1u << order < pages)
        order++;
    uint32_t first = placement_buddy.choose(&memory.pool, order, 0);
    if (first == POOL_NONE || !ledger_promise(&memory.ledger, pages))
        return NULL;
    for (uint32_t i = 0; i < pages; i++) {
        pool_take(&memory.pool, first + i, 0);
        if (!frames_make(first + i) || frames_open(first + i) == NULL)
            return NULL;
    }
    return frames_open(first);
}

static bool is_swap_disk(void)
{
    return tess_block_read(block, 0, 1) == TESS_DEVICE_OK &&
           memcmp(shared, DISK_MARK, strlen(DISK_MARK)) == 0;
}

bool disk_open(void)
{
    struct tess_block_info info;
    static bool asked;
    size_t bytes;

    if (asked || memory.ledger.swap.places > 0)
        return memory.ledger.swap.places > 0;
    block.address = tess_start_capability("block");
    shared = tess_start_region("swap", &bytes);
    if (block.address == TESS_NULL || shared == NULL || tess_block_info(block, &info) != TESS_DEVICE_OK)
        return false;
    asked = true;
    if (info.sectors < 2 * TESS_BLOCK_SECTORS || !is_swap_disk())
        return false;
    uint64_t places = info.sectors / TESS_BLOCK_SECTORS - 1;
    uint32_t used = places < DISK_PLACES_MAX ? (uint32_t)places : DISK_PLACES_MAX;
    uint8_t *table = take_table(used);
    if (table == NULL) {
        printf("mem: there is no memory for a table of the swap disk\n");
        return false;
    }
    swap_init(&memory.ledger.swap, used, table);
    return true;
}

bool swap_read(uint32_t place, void *page)
{
    if (tess_block_read(block, sector_of(place), TESS_BLOCK_SECTORS) != TESS_DEVICE_OK)
        return false;
    tess_copy_words(page, shared, TESS_PAGE_BYTES);
    return true;
}

bool swap_write(uint32_t place, const void *page)
{
    tess_copy_words(shared, page, TESS_PAGE_BYTES);
    return tess_block_write(block, sector_of(place), TESS_BLOCK_SECTORS) == TESS_DEVICE_OK;
}
