/*
 * kernel/syscall.h: system calls (SPEC ABI-1).
 */
#ifndef TESSERA_KERNEL_SYSCALL_H
#define TESSERA_KERNEL_SYSCALL_H

#include "kernel/tcb.h"

/*
 * Performs the system call in the running thread's registers. Afterwards it has its result, or waits.
 * False: preempted; its registers are as at the ecall.
 */
bool syscall_handle(struct tcb *tcb);

#endif
