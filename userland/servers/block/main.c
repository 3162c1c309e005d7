/*
 * userland/servers/block/main.c: the block server: a cache between its clients and the disk's driver.
 *
 * Serves "block" of userland/lib/devices.h. The pages of the cache are shared with the driver, and the
 * device writes straight into them; what a client reads is copied from there to the page it shares with the
 * server, so no client sees what another one reads. The badge of a client is its number, from 1; its page is
 * "shared" with that number behind it. A cached block is answered at once; otherwise everybody waits for the disk.
 * What is written goes to the disk at once, through the cache. Bit n of the value "writers" is set where client n
 * may write.
 */
#include <string.h>

#include "userland/lib/copy.h"
#include "userland/lib/devices.h"
#include "userland/lib/layout.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/servers/block/cache.h"

_Static_assert(TESS_BLOCK_BYTES == TESS_PAGE_BYTES, "a page of the cache holds a block");

#define CLIENTS_MAX 8u

static tess_endpoint disk;
static char *data;
static char *clients[CLIENTS_MAX + 1]; /* their pages, by number; null: nobody has it */
static struct cache cache;
static uint64_t writers;
static struct tess_block_info info;

static enum tess_device_answer open_disk(void)
{
    tess_message m = {0};
    enum tess_device_answer answer = tess_device_call(disk, TESS_DISK_INFO, 0, &m);

    info.sectors = m.words[0];
    return answer;
}

/* Brings the block into a page of the cache; the last one of a disk may be short. */
static enum tess_device_answer fetch(uint64_t block, unsigned *page)
{
    int found = cache_find(&cache, block);
    uint64_t first = block * TESS_BLOCK_SECTORS;

    if (found >= 0) {
        info.hits++;
        *page = (unsigned)found;
        return TESS_DEVICE_OK;
    }
    info.misses++;
    *page = cache_evict(&cache);
    uint64_t left = info.sectors - first;
    tess_message m = {.words = {first, left < TESS_BLOCK_SECTORS ? left : TESS_BLOCK_SECTORS, *page}};
    enum tess_device_answer answer = tess_device_call(disk, TESS_DISK_READ, 3, &m);
    if (answer == TESS_DEVICE_OK)
        cache_fill(&cache, *page, block);
    return answer;
}

/* The sectors of a request lie in one block, and on the disk, and the client has a page. */
static enum tess_device_answer check(const tess_message *m)
{
    tess_word sector = m->words[0], count = m->words[1];

    if (m->badge < 1 || m->badge > CLIENTS_MAX || clients[m->badge] == NULL || count == 0 ||
        count > TESS_BLOCK_SECTORS || sector % TESS_BLOCK_SECTORS + count > TESS_BLOCK_SECTORS)
        return TESS_DEVICE_BAD_REQUEST;
    return sector >= info.sectors || count > info.sectors - sector ? TESS_DEVICE_RANGE : TESS_DEVICE_OK;
}

/* Where the sector is in that page of the cache. */
static char *in_cache(unsigned page, tess_word sector)
{
    return data + page * TESS_PAGE_BYTES + sector % TESS_BLOCK_SECTORS * TESS_SECTOR_BYTES;
}

static enum tess_device_answer serve_read(const tess_message *m)
{
    enum tess_device_answer answer = check(m);
    unsigned page;

    if (answer == TESS_DEVICE_OK)
        answer = fetch(m->words[0] / TESS_BLOCK_SECTORS, &page);
    if (answer == TESS_DEVICE_OK)
        tess_copy_words(clients[m->badge], in_cache(page, m->words[0]), m->words[1] * TESS_SECTOR_BYTES);
    return answer;
}

/* A whole block need not be read first. What did not get to the disk is not kept. */
static enum tess_device_answer serve_write(const tess_message *m)
{
    tess_word sector = m->words[0], count = m->words[1];
    uint64_t block = sector / TESS_BLOCK_SECTORS;
    enum tess_device_answer answer = check(m);
    unsigned page;

    if (answer == TESS_DEVICE_BAD_REQUEST) /* its badge may be no number of a client */
        return answer;
    if ((writers >> m->badge & 1) == 0)
        return TESS_DEVICE_DENIED;
    if (answer == TESS_DEVICE_OK && count == TESS_BLOCK_SECTORS && cache_find(&cache, block) < 0)
        page = cache_evict(&cache);
    else if (answer == TESS_DEVICE_OK)
        answer = fetch(block, &page);
    if (answer != TESS_DEVICE_OK)
        return answer;
    cache_drop(&cache, page);
    tess_copy_words(in_cache(page, sector), clients[m->badge], count * TESS_SECTOR_BYTES);
    tess_message transfer = {.words = {sector / TESS_BLOCK_SECTORS * TESS_BLOCK_SECTORS, 0, page}};
    uint64_t left = info.sectors - transfer.words[0];
    transfer.words[1] = left < TESS_BLOCK_SECTORS ? left : TESS_BLOCK_SECTORS;
    answer = tess_device_call(disk, TESS_DISK_WRITE, 3, &transfer);
    if (answer == TESS_DEVICE_OK)
        cache_fill(&cache, page, block);
    return answer;
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    (void)server;
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_BLOCK_INFO:
        memcpy(m->words, &info, sizeof info);
        m->info = TESS_INFO(TESS_DEVICE_OK, sizeof info / sizeof(tess_word), 0);
        break;
    case TESS_BLOCK_READ:
        m->info = TESS_INFO(serve_read(m), 0, 0);
        break;
    case TESS_BLOCK_WRITE:
        m->info = TESS_INFO(serve_write(m), 0, 0);
        break;
    default:
        m->info = TESS_INFO(TESS_DEVICE_BAD_REQUEST, 0, 0);
        break;
    }
    return TESS_HANDLED_ANSWER;
}

int main(void)
{
    size_t data_bytes, client_bytes;
    char name[] = "shared0";
    struct tess_server server = {.message = message, .successor = &tess_no_state};

    tess_server_open(&server);
    disk.address = tess_need_capability("disk");
    data = tess_need_region("data", TESS_PAGE_BYTES);
    tess_start_region("data", &data_bytes);
    for (unsigned i = 1; i <= CLIENTS_MAX; i++) {
        name[sizeof name - 2] = (char)('0' + i);
        clients[i] = tess_start_region(name, &client_bytes);
    }
    writers = tess_start_value("writers", 0);
    cache_init(&cache, (unsigned)(data_bytes / TESS_PAGE_BYTES));
    if (open_disk() != TESS_DEVICE_OK)
        return 1;
    tess_server_take_over(&server);
    tess_serve(&server);
}
