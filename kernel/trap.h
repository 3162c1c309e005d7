/*
 * kernel/trap.h: the way in and out of the kernel (trap.S, trap.c; SPEC ABI-1..ABI-4).
 */
#ifndef TESSERA_KERNEL_TRAP_H
#define TESSERA_KERNEL_TRAP_H

#include "kernel/tcb.h"

/* The trap vector, for stvec. */
void trap_entry(void);

/* Enters user mode in this thread. */
_Noreturn void trap_return(struct tcb *tcb);

/* Called by trap.S with the registers saved; they return the thread to go on with. */
struct tcb *trap_syscall(struct tcb *tcb);
struct tcb *trap_other(struct tcb *tcb, word scause, word stval);
_Noreturn void trap_kernel(word sepc);

/* Asks this hart's pending interrupts in, from the kernel. */
void trap_interrupts(void);

/* Is an interrupt of a device waiting for this hart? */
bool trap_device_pending(void);

/* Is any? */
bool trap_interrupt_pending(void);

#endif
