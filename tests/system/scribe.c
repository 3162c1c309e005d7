/*
 * tests/system/scribe.c: writes to the disk, and reads, as test_mem.py tells it: sectors that begin with a number.
 *
 *     scribe write SECTOR COUNT NUMBER
 *     scribe read SECTOR COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/devices.h"
#include "userland/lib/start.h"

int main(int argc, char **argv)
{
    tess_endpoint block = {tess_need_capability("block")};
    uint64_t *page = tess_need_region("page", TESS_BLOCK_BYTES);

    if (argc < 4)
        return 1;
    uint64_t sector = strtoull(argv[2], NULL, 0);
    unsigned count = (unsigned)strtoul(argv[3], NULL, 0);
    bool write = strcmp(argv[1], "write") == 0;
    for (unsigned i = 0; write && argc > 4 && i < TESS_BLOCK_BYTES / sizeof *page; i++)
        page[i] = strtoull(argv[4], NULL, 0) + i;
    enum tess_device_answer answer =
        write ? tess_block_write(block, sector, count) : tess_block_read(block, sector, count);
    printf("%s %lu: %s: %lu\n", argv[1], (unsigned long)sector, tess_device_strerror(answer),
           (unsigned long)page[0]);
    return 0;
}
