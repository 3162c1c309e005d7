/*
 * tests/system/tally_form1.c: form 1 of the state of tests/system/tally.c.
 */
#include "userland/lib/pd.h"

const uint32_t tess_state_version = 1;
