/*
 * userland/lib/devices.h: the protocols of clock, randomness and disk, and their clients.
 *
 * A client holds an endpoint capability with the CALL right for each. Labels of requests and answers:
 *
 *   clock    TIME                             word 0 nanoseconds since 1970-01-01 00:00 UTC
 *   random   GET    word 0 bytes wanted       word 0.. bytes, at most TESS_RANDOM_MAX, at least one
 *   block    INFO                             words: struct tess_block_info
 *            READ   word 0 sector, 1 count    answered when the sectors are in the page that client and server
 *                                             share; they lie in one block: a READ does not cross its end
 *            WRITE  word 0 sector, 1 count    answered when the first sectors of that page are on the disk; only by
 *                                             clients that the block server's description lets write
 *   disk     INFO                             word 0 sectors
 *            READ   word 0 sector, 1 count,   answered when the sectors are in that page of the memory that
 *                   2 page                    driver and client share
 *            WRITE  the same                  answered when they are on the disk
 *
 * "block" is the cache (userland/servers/block/), "disk" the driver below it. The answer's label is an
 * enum tess_device_answer. A driver that is ended in the middle cancels the call: the client makes it again.
 */
#ifndef TESSERA_USERLAND_LIB_DEVICES_H
#define TESSERA_USERLAND_LIB_DEVICES_H

#include "userland/lib/message.h"

enum tess_clock_op { TESS_CLOCK_TIME = 1 };
enum tess_random_op { TESS_RANDOM_GET = 1 };
enum tess_block_op { TESS_BLOCK_INFO = 1, TESS_BLOCK_READ = 2, TESS_BLOCK_WRITE = 3 };
enum tess_disk_op { TESS_DISK_INFO = 1, TESS_DISK_READ = 2, TESS_DISK_WRITE = 3 };

enum tess_device_answer {
    TESS_DEVICE_OK = 0,
    TESS_DEVICE_BAD_REQUEST = 1,
    TESS_DEVICE_RANGE = 2,  /* there is no such sector */
    TESS_DEVICE_ERROR = 3,  /* the device says that it failed */
    TESS_DEVICE_BUSY = 4,   /* too many callers wait already */
    TESS_DEVICE_GONE = 5,   /* the call itself failed: nobody serves it any more */
    TESS_DEVICE_DENIED = 6, /* this client may not write */
};

#define TESS_RANDOM_MAX    256u
#define TESS_SECTOR_BYTES  512u
#define TESS_BLOCK_SECTORS 8u /* a block fills a page */
#define TESS_BLOCK_BYTES   (TESS_SECTOR_BYTES * TESS_BLOCK_SECTORS)

struct tess_block_info {
    tess_word sectors;
    tess_word hits; /* READs answered from the cache */
    tess_word misses;
};

const char *tess_device_strerror(enum tess_device_answer answer);

/* A request with words 0-7 of m, `words` of them; makes it again as long as it is cancelled. */
enum tess_device_answer tess_device_call(tess_endpoint server, tess_word op, unsigned words, tess_message *m);

enum tess_device_answer tess_clock_time(tess_endpoint clock, uint64_t *nanoseconds);

/* *count: bytes wanted, and then bytes given: between one and what was wanted. */
enum tess_device_answer tess_random_get(tess_endpoint random, void *bytes, size_t *count);
enum tess_device_answer tess_block_info(tess_endpoint block, struct tess_block_info *info);

/* Into the page shared with the server. */
enum tess_device_answer tess_block_read(tess_endpoint block, uint64_t sector, unsigned count);

/* From that page. */
enum tess_device_answer tess_block_write(tess_endpoint block, uint64_t sector, unsigned count);

#endif
