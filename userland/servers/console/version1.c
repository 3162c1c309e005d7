/*
 * userland/servers/console/version1.c: the first version: every key belongs to the line.
 */
#include "userland/servers/console/version.h"

const unsigned version_number = 1;

bool version_shows_status(unsigned char key)
{
    (void)key;
    return false;
}
