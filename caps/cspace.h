/*
 * caps/cspace.h: from a capability address to its slot (SPEC CS).
 */
#ifndef TESSERA_CAPS_CSPACE_H
#define TESSERA_CAPS_CSPACE_H

#include "caps/slot.h"
#include "caps/status.h"

/*
 * Resolves `address` from the CNode capability `root`. On failure the status carries `argument` and,
 * as detail, the bits left unresolved. The slot found is never slot 0 and may be empty.
 */
struct status cspace_lookup(struct cap root, word address, unsigned argument, struct slot **slot);

/* The same; *room is the number of slots from this one to the end of its CNode. */
struct status cspace_lookup_run(struct cap root, word address, unsigned argument, struct slot **slot,
                                word *room);

/* The same, and the slot must hold a capability of this type. */
struct status cspace_lookup_type(struct cap root, word address, unsigned argument, enum cap_type type,
                                 struct slot **slot);

#endif
