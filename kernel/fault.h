/*
 * kernel/fault.h: what happens when a thread cannot go on (SPEC TH-10..TH-12).
 */
#ifndef TESSERA_KERNEL_FAULT_H
#define TESSERA_KERNEL_FAULT_H

#include "kernel/tcb.h"

/* The thread, READY and in no queue, stops here; its handler is told, if it has one. */
void fault_raise(struct tcb *tcb, enum tess_fault fault, word address, word scause);

/* Its budget ended: as above if it has a timeout handler, else nothing (SC-7). */
void fault_timeout(struct tcb *tcb, word badge);

/* Gives the receiver the fault message of a thread, as ipc_transfer gives it an ordinary one. */
void fault_transfer(const struct tcb *faulted, struct tcb *receiver, word badge);

/* The handler answered with its message: the thread goes on, or stays stopped. */
void fault_answer(const struct tcb *handler, struct tcb *faulted);

#endif
