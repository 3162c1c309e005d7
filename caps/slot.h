/*
 * caps/slot.h: the capability slot and the physical window it lives in.
 *
 * A slot is 32 bytes: the capability, two derivation links, two auxiliary numbers (CAP-2). Links are
 * slot numbers, the slot's offset in the physical window / 32; number 0 is no slot. Every slot, in a
 * CNode, a TCB or a VSpace, lies in the window and is aligned to 32 bytes.
 */
#ifndef TESSERA_CAPS_SLOT_H
#define TESSERA_CAPS_SLOT_H

#include "caps/cap.h"

struct slot {
    struct cap cap;
    uint32_t prev, next; /* derivation list (cdt.c) */
    uint32_t aux[2];     /* untyped: watermark, zeroed mark; frame, table, dying container: ring links */
};

_Static_assert(sizeof(struct slot) == TESS_SLOT_BYTES, "a slot is 32 bytes"); /* CAP-2 */

/* CAPS_WINDOW, the window's virtual base, comes from the build. Its physical base is known at boot. */
extern word caps_window_physical;

static inline uint32_t slot_number(const struct slot *slot)
{
    return (uint32_t)(((word)slot - CAPS_WINDOW) / TESS_SLOT_BYTES);
}

static inline struct slot *slot_at(uint32_t number)
{
    return (struct slot *)(CAPS_WINDOW + (word)number * TESS_SLOT_BYTES);
}

static inline void *window_pointer(word physical)
{
    return (void *)(CAPS_WINDOW + (physical - caps_window_physical));
}

static inline word window_physical(const void *pointer)
{
    return (word)pointer - CAPS_WINDOW + caps_window_physical;
}

#endif
