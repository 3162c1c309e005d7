/*
 * kernel/trace.h: who ran from when on, written into a frame (SPEC SC-17).
 */
#ifndef TESSERA_KERNEL_TRACE_H
#define TESSERA_KERNEL_TRACE_H

#include "caps/slot.h"
#include "kernel/hart.h"

/* TRACE on SchedControl. */
struct status trace_set(struct tcb *caller);

/* Writes an event: this thread runs on another context than before; NULL: nobody does. */
void trace_write(const struct tcb *tcb, word now);

/* Is there a frame? */
static inline bool trace_is_on(void)
{
    return !cap_is_empty(this_hart->trace.cap);
}

#endif
