/*
 * kernel/firmware.h: the few firmware calls a user program may ask for (SPEC FW).
 */
#ifndef TESSERA_KERNEL_FIRMWARE_H
#define TESSERA_KERNEL_FIRMWARE_H

#include "kernel/tcb.h"

struct status firmware_invoke(word label, struct tcb *caller);

#endif
