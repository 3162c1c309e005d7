/*
 * platform/plic.c: the platform-level interrupt controller.
 *
 * Registers of the RISC-V PLIC 1.0, the same on every board: machine.plic and the contexts of each hart
 * come from the device tree. Plain register access; who may do what is decided in kernel/irq.c.
 */
#include "platform/platform.h"

#define PLIC_PRIORITY       0x000000u /* + 4 * irq */
#define PLIC_ENABLE         0x002000u /* + 0x80 * context, one bit for each irq */
#define PLIC_ENABLE_STRIDE  0x80u
#define PLIC_CONTEXT        0x200000u /* + 0x1000 * context: threshold, then claim and complete */
#define PLIC_CONTEXT_STRIDE 0x1000u
#define PLIC_CONTEXT_CLAIM  4u

static volatile uint8_t *plic;
static uint32_t priority_max;

static volatile uint32_t *plic_register(uint64_t offset)
{
    return (volatile uint32_t *)(plic + offset);
}

static volatile uint32_t *plic_enable_word(uint32_t context, uint32_t irq)
{
    return plic_register(PLIC_ENABLE + (uint64_t)PLIC_ENABLE_STRIDE * context + irq / 32 * 4);
}

static volatile uint32_t *plic_context_register(uint32_t context, uint32_t offset)
{
    return plic_register(PLIC_CONTEXT + (uint64_t)PLIC_CONTEXT_STRIDE * context + offset);
}

void plic_init(volatile void *registers)
{
    plic = registers;
    /* The field is WARL: what all ones read back as is the highest priority there is. */
    *plic_register(PLIC_PRIORITY + 4) = UINT32_MAX;
    priority_max = *plic_register(PLIC_PRIORITY + 4);

    for (uint32_t irq = 1; irq <= machine.plic_sources; irq++)
        plic_set_priority(irq, 0);
    for (unsigned h = 0; h < machine.harts_count; h++) {
        uint32_t context = machine.harts[h].plic_context;
        if (context == PLIC_NO_CONTEXT)
            continue;
        for (uint32_t irq = 0; irq <= machine.plic_sources; irq += 32)
            *plic_enable_word(context, irq) = 0;
        plic_set_threshold(context, 0);
    }
}

void plic_set_priority(uint32_t irq, uint32_t priority)
{
    *plic_register(PLIC_PRIORITY + 4 * irq) = priority;
}

uint32_t plic_priority_max(void)
{
    return priority_max;
}

bool plic_set_trigger(uint32_t irq, bool edge)
{
    (void)irq;
    return !edge;
}

void plic_enable(uint32_t context, uint32_t irq)
{
    *plic_enable_word(context, irq) |= 1u << irq % 32;
}

void plic_disable(uint32_t context, uint32_t irq)
{
    *plic_enable_word(context, irq) &= ~(1u << irq % 32);
}

void plic_set_threshold(uint32_t context, uint32_t threshold)
{
    *plic_context_register(context, 0) = threshold;
}

uint32_t plic_claim(uint32_t context)
{
    return *plic_context_register(context, PLIC_CONTEXT_CLAIM);
}

void plic_complete(uint32_t context, uint32_t irq)
{
    *plic_context_register(context, PLIC_CONTEXT_CLAIM) = irq;
}
