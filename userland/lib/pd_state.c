/*
 * userland/lib/pd_state.c: the number of the form of a program's state, for those that do not say it
 * (userland/lib/pd.h). In a file of its own: the linker takes it only where it is missed.
 */
#include "userland/lib/pd.h"

const uint32_t tess_state_version = 1;
