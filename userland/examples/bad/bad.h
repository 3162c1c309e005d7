/*
 * userland/examples/bad/bad.h: the misbehaviour of the gallery that goes through system calls.
 */
#ifndef TESSERA_USERLAND_EXAMPLES_BAD_BAD_H
#define TESSERA_USERLAND_EXAMPLES_BAD_BAD_H

void bad_capability(void);
void bad_memory(void);
void bad_threads(void);
void bad_flood(void);
void bad_mute(void);
void bad_garbage(void);

#endif
