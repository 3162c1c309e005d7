/*
 * userland/servers/block/main.c: the block server: a cache between its clients and the disk's driver.
 *
 * Serves "block" of userland/lib/devices.h. The pages of the cache are shared with the driver, and the
 * device writes straight into them; what a client reads is copied from there to the page it shares with the
 * server, so no client sees what another one reads. The badge of a client is the number of its page, from 1.
 * A cached block is answered at once; otherwise everybody waits for the disk.
 */
#include <string.h>

#include "userland/lib/devices.h"
#include "userland/lib/layout.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/servers/block/cache.h"

_Static_assert(TESS_BLOCK_BYTES == TESS_PAGE_BYTES, "a page of the cache holds a block");

static tess_endpoint disk;
static char *data;
static char *clients;
static unsigned client_count;
static struct cache cache;
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

static enum tess_device_answer serve_read(const tess_message *m)
{
    tess_word sector = m->words[0], count = m->words[1];
    unsigned page;

    if (m->badge < 1 || m->badge > client_count || count == 0 || count > TESS_BLOCK_SECTORS ||
        sector % TESS_BLOCK_SECTORS + count > TESS_BLOCK_SECTORS)
        return TESS_DEVICE_BAD_REQUEST;
    if (sector >= info.sectors || count > info.sectors - sector)
        return TESS_DEVICE_RANGE;
    enum tess_device_answer answer = fetch(sector / TESS_BLOCK_SECTORS, &page);
    if (answer == TESS_DEVICE_OK)
        memcpy(clients + (m->badge - 1) * TESS_PAGE_BYTES,
               data + page * TESS_PAGE_BYTES + sector % TESS_BLOCK_SECTORS * TESS_SECTOR_BYTES,
               count * TESS_SECTOR_BYTES);
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
    default:
        m->info = TESS_INFO(TESS_DEVICE_BAD_REQUEST, 0, 0);
        break;
    }
    return TESS_HANDLED_ANSWER;
}

int main(void)
{
    size_t data_bytes, client_bytes;
    struct tess_server server = {
        .endpoint = {tess_need_capability("clients")},
        .first_reply = tess_need_capability("replies"),
        .reply_count = 1,
        .message = message,
        .successor = &tess_no_state,
    };

    disk.address = tess_need_capability("disk");
    data = tess_need_region("data", TESS_PAGE_BYTES);
    clients = tess_need_region("shared", TESS_PAGE_BYTES);
    tess_start_region("data", &data_bytes);
    tess_start_region("shared", &client_bytes);
    client_count = (unsigned)(client_bytes / TESS_PAGE_BYTES);
    cache_init(&cache, (unsigned)(data_bytes / TESS_PAGE_BYTES));
    if (open_disk() != TESS_DEVICE_OK)
        return 1;
    tess_server_take_over(&server);
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    tess_fatal("receive", tess_server_run(&server));
}
