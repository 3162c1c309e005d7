/*
 * tests/system/late.c: a bad successor for test_upgrade.py: takes any state, says that it serves, and crashes.
 */
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"

static size_t write(void *state, size_t room)
{
    (void)state;
    (void)room;
    return TESS_HAND_OVER_CANNOT;
}

static bool read(uint32_t version, const void *state, size_t bytes)
{
    (void)version;
    (void)state;
    (void)bytes;
    return true;
}

int main(void)
{
    static const struct tess_successor anything = {1, write, read};
    tess_word held;

    tess_take_over(&anything, &held);
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    __asm__ volatile("unimp");
}
