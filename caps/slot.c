/*
 * caps/slot.c: where the physical window begins (SPEC CAP-2).
 */
#include "caps/slot.h"

word caps_window_physical;
