/*
 * kernel/inspect.h: what a capability's holder may know of it (SPEC CAP-8).
 */
#ifndef TESSERA_KERNEL_INSPECT_H
#define TESSERA_KERNEL_INSPECT_H

#include "caps/slot.h"
#include "kernel/abi.h"

/* Fills the result, which is all zero. An empty slot leaves it so. */
void inspect_slot(const struct slot *slot, struct tess_inspect *result);

#endif
