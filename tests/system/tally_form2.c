/*
 * tests/system/tally_form2.c: form 2 of the state of tests/system/tally.c.
 */
#include "userland/lib/pd.h"

const uint32_t tess_state_version = 2;
