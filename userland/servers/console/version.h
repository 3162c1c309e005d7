/*
 * userland/servers/console/version.h: what one version of the console server has and another has not. Which of
 * version1.c and version2.c is linked makes the version: programs `console` and `console2` of the bundle.
 */
#ifndef TESSERA_USERLAND_SERVERS_CONSOLE_VERSION_H
#define TESSERA_USERLAND_SERVERS_CONSOLE_VERSION_H

#include <stdbool.h>

extern const unsigned version_number;

/* Is this the key that asks for a line about the server? */
bool version_shows_status(unsigned char key);

#endif
