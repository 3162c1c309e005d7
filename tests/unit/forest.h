/*
 * tests/unit/forest.h: what must hold of all slots and all memory between two operations.
 *
 * forest_check() looks at everything in the world of tests/unit/world.h and checks:
 *
 *   list      doubly linked, acyclic, begins at the head; an empty slot is 32 zero bytes
 *   slots     each capability stands in the boot slots, the root CNode or a live container, and nowhere
 *             else; slot 0 of a container is empty or holds the dying container itself
 *   objects   all capabilities to one object side by side; DYING only on the last of them
 *   families  ORIGINAL with a badge only together with FAMILY; FAMILY at each change of badge
 *   parents   what stands under a capability is one run right of it; a parent's run contains its children's
 *   untypeds  objects below the watermark, whole, apart from one another, aligned; untypeds nested or apart
 *   memory    zero between the watermark and the zeroed mark
 *   rings     those of a VSpace hold exactly what is mapped there; those of dying containers have one anchor
 *
 * Then it guards all RAM that belongs to no live object, so that a touch of it ends the program.
 */
#ifndef TESSERA_TESTS_UNIT_FOREST_H
#define TESSERA_TESTS_UNIT_FOREST_H

#include "tests/unit/world.h"

#define FOREST_MAX 4096u

struct forest {
    struct slot *list[FOREST_MAX]; /* all capabilities, in derivation order */
    unsigned count;
    unsigned descendants[FOREST_MAX]; /* of list[i]: those right after it */
};

/* As the last forest_check() found it. */
extern struct forest forest;

void forest_check(void);

/* The slot's place in the list that forest_check() walked; no place: FOREST_MAX. */
unsigned forest_index(const struct slot *slot);

/* Is anything being torn down: a dying capability or a holder? */
bool forest_is_dying(void);

/* A number for the whole state: every capability, where it stands, and the watermarks. */
uint64_t forest_digest(void);

#endif
