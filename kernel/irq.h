/*
 * kernel/irq.h: interrupts of devices (SPEC IRQ).
 */
#ifndef TESSERA_KERNEL_IRQ_H
#define TESSERA_KERNEL_IRQ_H

#include "kernel/notification.h"

#define IRQS_MAX 256u /* interrupt numbers 1 to 255; a machine's higher ones stay masked */

/* irq_last: the highest number the interrupt controller has. memory: irq_bytes() of it, aligned to 8. */
word irq_bytes(unsigned irq_last);
void irq_init(void *memory, unsigned irq_last);

/* Highest usable interrupt number. */
unsigned irq_max(void);

struct status irq_control_invoke(struct slot *control, word label, struct tcb *caller);
struct status irq_handler_invoke(struct cap handler, word label, struct tcb *caller);

/* Takes interrupts from the controller until none waits, and signals their notifications. */
void irq_deliver(void);

/* The last capability to the handler is going: masked, unbound, completed if it was delivered. */
void irq_handler_finalise(unsigned irq);

/* Its notification is going: every interrupt bound to it is unbound. False: preempted. */
bool irq_unbind_all(struct notification *notification);

/* For INSPECT. */
bool irq_is_bound(unsigned irq);
bool irq_is_delivered(unsigned irq);
unsigned irq_affinity(unsigned irq);

#endif
