/*
 * kernel/serial.h: keys for queues of threads: by priority, then arrival (SPEC EP-4, NT-4).
 *
 * 56 bits of arrivals last 2000 years at a million a second.
 */
#ifndef TESSERA_KERNEL_SERIAL_H
#define TESSERA_KERNEL_SERIAL_H

#include "kernel/hart.h"

#define SERIAL_BITS 56

/* A key no other has; 0 is never one. */
static inline word serial_key(uint8_t priority)
{
    return (word)(PRIORITIES - 1 - priority) << SERIAL_BITS | ++this_hart->serial;
}

#endif
