/*
 * kernel/irq.c: device interrupts become signals (SPEC IRQ-1..IRQ-9).
 *
 * An interrupt delivered is claimed and not completed, so its line stays quiet until the driver
 * acknowledges; completion happens in the context that claimed it, which is why that is stored.
 */
#include "kernel/irq.h"

#include "caps/cdt.h"
#include "caps/cspace.h"
#include "kernel/hart.h"
#include "platform/platform.h"

#define UNBINDS_PER_LOOK 16u

struct irq {
    struct notification *notification; /* bound, or NULL */
    word badge;
    uint32_t context;  /* PLIC context it is enabled in, claimed in and completed in */
    uint32_t affinity; /* hart asked for; stored until several harts run (IRQ-6) */
    uint16_t next;     /* next interrupt bound to the same notification, 0: none */
    bool exists;       /* a handler capability does */
    bool delivered;    /* claimed, not acknowledged */
};

static struct irq *irqs; /* by number */
static unsigned irq_last;

static unsigned last_of(unsigned last)
{
    return last < IRQS_MAX ? last : IRQS_MAX - 1;
}

word irq_bytes(unsigned last)
{
    return (last_of(last) + 1) * sizeof *irqs;
}

void irq_init(void *memory, unsigned last)
{
    irqs = memory;
    irq_last = last_of(last);
    for (unsigned number = 0; number <= irq_last; number++)
        irqs[number] = (struct irq){0};
}

unsigned irq_max(void)
{
    return irq_last;
}

bool irq_is_bound(unsigned irq)
{
    return irqs[irq].notification;
}

bool irq_is_delivered(unsigned irq)
{
    return irqs[irq].delivered;
}

unsigned irq_affinity(unsigned irq)
{
    return irqs[irq].affinity;
}

/* ---- binding -------------------------------------------------------------------------------------------- */

static void bind(unsigned number, struct notification *notification, word badge)
{
    struct irq *irq = &irqs[number];
    irq->notification = notification;
    irq->badge = badge;
    irq->next = notification->irqs;
    notification->irqs = (uint16_t)number;
}

static void unbind(unsigned number)
{
    struct irq *irq = &irqs[number];
    if (!irq->notification)
        return;
    uint16_t *link = &irq->notification->irqs;
    while (*link != number) /* at most IRQS_MAX interrupts on one notification */
        link = &irqs[*link].next;
    *link = irq->next;
    irq->next = 0;
    irq->notification = NULL;
}

bool irq_unbind_all(struct notification *notification)
{
    for (unsigned done = 0; notification->irqs && done < UNBINDS_PER_LOOK; done++)
        unbind(notification->irqs);
    return notification->irqs == 0;
}

/* ---- delivery ------------------------------------------------------------------------------------------- */

static void complete(struct irq *irq, unsigned number)
{
    irq->delivered = false;
    plic_complete(irq->context, number);
}

void irq_deliver(void)
{
    unsigned number;
    /* Bound: a claimed source stays quiet, so each is claimed once. */
    while ((number = plic_claim(this_hart->plic_context)) != 0) {
        struct irq *irq = &irqs[number];
        irq->delivered = true;
        if (irq->notification)
            notification_signal(irq->notification, irq->badge);
    }
}

void irq_handler_finalise(unsigned number)
{
    struct irq *irq = &irqs[number];
    if (irq->delivered) /* before it is disabled: a masked source cannot be completed */
        complete(irq, number);
    plic_disable(irq->context, number);
    plic_set_priority(number, 0);
    unbind(number);
    irq->exists = false;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

static struct status check_priority(word priority, unsigned argument)
{
    if (priority < 1 || priority > plic_priority_max())
        return status_fail(TESS_ERR_RANGE, argument, priority < 1 ? 1 : plic_priority_max());
    return STATUS_OK;
}

static struct status get_handler(struct slot *control, struct tcb *caller)
{
    const word *words = caller->registers.words;
    struct slot *cnode, *dest, *notification;
    word number = words[0];

    if (number < 1 || number > irq_last)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(0), number < 1 ? 1 : irq_last);
    if (irqs[number].exists)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    TRY(cspace_lookup_type(tcb_cspace(caller), words[1], TESS_ARG_WORD(1), CAP_CNODE, &cnode));
    TRY(cspace_lookup(cnode->cap, words[2], TESS_ARG_WORD(2), &dest));
    if (!cap_is_empty(dest->cap))
        return status_fail(TESS_ERR_OCCUPIED, TESS_ARG_WORD(2), 0);
    TRY(notification_decode(caller, 3, TESS_RIGHT_SEND, &notification));
    if (words[4] > TESS_IRQ_EDGE)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0);
    TRY(check_priority(words[5], TESS_ARG_WORD(5)));
    if (!plic_set_trigger((uint32_t)number, words[4] == TESS_IRQ_EDGE))
        return status_fail(TESS_ERR_UNSUPPORTED, TESS_ARG_WORD(4), 0);
    /* commit */
    struct irq *irq = &irqs[number];
    *irq =
        (struct irq){.exists = true, .context = this_hart->plic_context, .affinity = (uint32_t)this_hart->id};
    struct cap handler = cap_irq_handler(number);
    handler.w0 |= CAP_ORIGINAL;
    cdt_insert(control, dest, handler); /* a child of IRQControl (CDT-7) */
    if (notification)
        bind((unsigned)number, cap_object(notification->cap), cap_badge(notification->cap));
    /* The priority last: a line that is up already interrupts with it, on models that look only then. */
    plic_enable(irq->context, (uint32_t)number);
    plic_set_priority((uint32_t)number, (uint32_t)words[5]);
    return STATUS_OK;
}

struct status irq_control_invoke(struct slot *control, word label, struct tcb *caller)
{
    if (label != TESS_IRQ_CONTROL_GET)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    return get_handler(control, caller);
}

static struct status handler_bind(unsigned number, struct tcb *caller)
{
    struct slot *notification;
    TRY(notification_decode(caller, 0, TESS_RIGHT_SEND, &notification));
    if (!notification && !irqs[number].notification)
        return status_fail(TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    if (notification && irqs[number].notification)
        return status_fail(TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    /* commit */
    if (!notification) {
        unbind(number);
        return STATUS_OK;
    }
    bind(number, cap_object(notification->cap), cap_badge(notification->cap));
    if (irqs[number].delivered) /* it came while nobody was bound (IRQ-5) */
        notification_signal(irqs[number].notification, irqs[number].badge);
    return STATUS_OK;
}

static struct status handler_set_affinity(unsigned number, word hart)
{
    int index = machine_hart_index(&machine, hart);
    if (index < 0 || machine.harts[index].plic_context == PLIC_NO_CONTEXT)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    irqs[number].affinity = (uint32_t)hart;
    return STATUS_OK;
}

struct status irq_handler_invoke(struct cap handler, word label, struct tcb *caller)
{
    unsigned number = (unsigned)cap_number(handler);
    const word *words = caller->registers.words;

    switch (label) {
    case TESS_IRQ_HANDLER_ACK:
        if (irqs[number].delivered) /* else there is nothing to do (IRQ-4) */
            complete(&irqs[number], number);
        return STATUS_OK;
    case TESS_IRQ_HANDLER_BIND:
        return handler_bind(number, caller);
    case TESS_IRQ_HANDLER_SET_PRIORITY:
        TRY(check_priority(words[0], TESS_ARG_WORD(0)));
        plic_set_priority(number, (uint32_t)words[0]);
        return STATUS_OK;
    case TESS_IRQ_HANDLER_SET_AFFINITY:
        return handler_set_affinity(number, words[0]);
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
