/*
 * tests/unit/scenario.h: arrangements of capabilities whose deletion is not simple.
 *
 * Each builds a world of its own with boot untypeds in root[U1], root[U2] and root[U3], and names an
 * operation on a root slot. The objects come from different untypeds, so that a revoke of one of these
 * meets containers that it does not own.
 */
#ifndef TESSERA_TESTS_UNIT_SCENARIO_H
#define TESSERA_TESTS_UNIT_SCENARIO_H

#include "tests/unit/world.h"

#define U1              2u
#define U2              3u
#define U3              4u
#define UNTYPED_BYTES   65536u
#define FIRST_SLOT_USED 10u
#define LAST_SLOT_USED  21u

struct scenario {
    const char *name;
    void (*build)(void);
    enum tess_cnode_op op; /* DELETE or REVOKE */
    word slot;             /* of the root CNode */
};

extern const struct scenario SCENARIOS[];
extern const unsigned SCENARIO_COUNT;

/* Builds it and forgets the orders and records of the building. */
void scenario_build(const struct scenario *scenario);

#endif
