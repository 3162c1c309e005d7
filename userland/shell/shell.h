/*
 * userland/shell/shell.h: what the files of the shell share.
 */
#ifndef TESSERA_USERLAND_SHELL_SHELL_H
#define TESSERA_USERLAND_SHELL_SHELL_H

#include "userland/lib/tess.h"

extern tess_endpoint shell_root;
extern tess_endpoint shell_console;

void command_ps(unsigned argc, char **argv);
void command_caps(unsigned argc, char **argv);
void command_footprint(unsigned argc, char **argv);
void command_mem(unsigned argc, char **argv);
void command_date(unsigned argc, char **argv);
void command_random(unsigned argc, char **argv);
void command_sched(unsigned argc, char **argv);
void command_hexdump(unsigned argc, char **argv);
void command_names(unsigned argc, char **argv);
void command_devices(unsigned argc, char **argv);

/* The programs that can be run, on one line. */
void show_members(void);

#endif
