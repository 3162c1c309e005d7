/*
 * kernel/ipc.h: what a message carries from one thread to another (SPEC ABI-5, EP-7..EP-10).
 */
#ifndef TESSERA_KERNEL_IPC_H
#define TESSERA_KERNEL_IPC_H

#include "kernel/tcb.h"

/* Can this thread send what its message information announces? */
struct status ipc_check(const struct tcb *sender);

/*
 * Copies the sender's message to the receiver and gives it its result. badge: what the receiver sees;
 * endpoint: the object it came through, or NULL (a reply); grant: capabilities may travel.
 */
void ipc_transfer(struct tcb *sender, struct tcb *receiver, word badge, const void *endpoint, bool grant);

#endif
