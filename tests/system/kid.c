/*
 * tests/system/kid.c: a child for test_family.py: writes to the address it is sent, and answers 1, or 0 if somebody let
 * it go on behind the instruction. It has a child itself, of which it says nothing. Can be upgraded: it has no state.
 */
#include <stdio.h>

#include "userland/lib/pd.h"

void init(void)
{
    printf("%s: ready\n", tess_program_name());
}

/* The parent skips 4 bytes: the write, which is that long, or goes on at it. */
static tess_word store(tess_word address)
{
    tess_word wrote = 0;

    __asm__ volatile(".option push\n.option norvc\n"
                     "sd zero, 0(%1)\n" /* skipped, the next one as well */
                     "j 1f\n"
                     "j 2f\n"
                     "1: li %0, 1\n"
                     "2:\n.option pop"
                     : "+r"(wrote)
                     : "r"(address)
                     : "memory");
    return wrote;
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)channel;
    (void)info;
    tess_mr_set(0, store(tess_mr_get(0)));
    return tess_msginfo_new(0, 1);
}

size_t hand_over(void *state, size_t room)
{
    (void)state;
    (void)room;
    return 0;
}

bool take_over(uint32_t version, const void *state, size_t bytes)
{
    (void)version;
    (void)state;
    return bytes == 0;
}
