/*
 * userland/servers/mem/disk.c: the swap disk, through the block server.
 */
#include "userland/servers/mem/clients.h"

bool disk_open(void)
{
    return false;
}

bool swap_read(uint32_t place, void *page)
{
    (void)place;
    (void)page;
    return false;
}

bool swap_write(uint32_t place, const void *page)
{
    (void)place;
    (void)page;
    return false;
}
