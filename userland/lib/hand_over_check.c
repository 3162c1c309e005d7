/*
 * userland/lib/hand_over_check.c: the form of a hand-over region (userland/lib/hand_over.h). Pure.
 */
#include "userland/lib/hand_over.h"

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t sum(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0xcbf29ce484222325;

    for (size_t i = 0; i < count; i++)
        value = (value ^ bytes[i]) * 0x100000001b3;
    return value;
}

static size_t write_nothing(void *state, size_t room)
{
    (void)state;
    (void)room;
    return 0;
}

static bool read_nothing(uint32_t version, const void *state, size_t bytes)
{
    (void)state;
    return version == 0 && bytes == 0;
}

const struct tess_successor tess_no_state = {0, write_nothing, read_nothing};

bool tess_hand_over_fill(struct tess_hand_over *region, const struct tess_successor *how)
{
    size_t bytes = how != NULL ? how->write(region->state, TESS_HAND_OVER_ROOM) : TESS_HAND_OVER_CANNOT;

    if (bytes > TESS_HAND_OVER_ROOM)
        return false;
    region->magic = TESS_HAND_OVER_MAGIC;
    region->version = how->version;
    region->bytes = (uint32_t)bytes;
    region->check = sum(region->state, bytes);
    return true;
}

const char *tess_hand_over_wrong(const struct tess_hand_over *region, size_t room)
{
    if (room < sizeof *region || region->magic != TESS_HAND_OVER_MAGIC)
        return "it is no state";
    if (region->bytes > room - sizeof *region)
        return "it is longer than the region";
    return region->check == sum(region->state, region->bytes) ? NULL : "it is damaged";
}
