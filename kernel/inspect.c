/*
 * kernel/inspect.c: identify a capability and read the state of its object (SPEC CAP-8).
 */
#include "kernel/inspect.h"

#include "caps/untyped.h"
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/fp.h"
#include "kernel/irq.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "kernel/vspace.h"

static void inspect_tcb(const struct tcb *tcb, word *state)
{
    state[0] = tcb->state;
    state[1] = tcb->priority | (word)tcb->ceiling << 8;
    state[2] = tcb->fault;
    state[3] = tcb->fault_pc;
    state[4] = tcb->fault_address;
}

static void inspect_badged(struct cap cap, struct tess_inspect *result)
{
    result->type |= cap_rights(cap) << 8;
    result->badge = cap_badge(cap);
}

static void inspect_endpoint(const struct endpoint *endpoint, word *state)
{
    state[0] = endpoint_state(endpoint);
    state[1] = endpoint_waiting(endpoint);
}

static void inspect_notification(const struct notification *notification, word *state)
{
    state[0] = notification->waiting ? 1 : notification->signalled ? 2 : 0;
    state[1] = notification->waiting;
}

static void inspect_context(const struct context *context, word *state)
{
    if (this_hart->charged == context)
        sched_charge();
    state[0] = context->refills.budget;
    state[1] = context->refills.period;
    state[2] = context->refills.left;
    state[3] = context->consumed;
    state[4] = context->home ? 1 : context->notification ? 2 : 0;
}

static void inspect_timer(const struct timer *timer, struct tess_inspect *result)
{
    bool armed = timer->deadline.queued;
    result->badge = timer->notification ? timer->badge : 0;
    result->state[0] = (word)armed | (timer->notification ? 2 : 0);
    result->state[1] = armed ? timer->deadline.node.key : 0;
    result->state[2] = timer->period;
    result->state[3] = timer->missed;
    result->state[4] = timer->interval;
}

static void inspect_frame(struct cap cap, struct tess_inspect *result)
{
    bool mapped = frame_is_mapped(cap);
    result->badge = cap_page_base(cap);
    result->state[0] = cap_frame_rights(cap) | (word)cap_frame_device(cap) << 8;
    result->state[1] = mapped ? cap_mapped_address(cap) : 0;
    result->state[2] = mapped;
}

static void inspect_page_table(struct cap cap, word *state)
{
    if (!page_table_is_mapped(cap))
        return;
    state[0] = 1;
    state[1] = cap_mapped_address(cap);
    state[2] = cap_table_level(cap);
}

static void inspect_untyped(const struct slot *slot, struct tess_inspect *result)
{
    result->badge = cap_untyped_base(slot->cap);
    result->state[0] = untyped_used(slot);
    result->state[1] = cap_untyped_device(slot->cap);
}

static void inspect_irq(struct cap cap, struct tess_inspect *result)
{
    unsigned irq = (unsigned)cap_number(cap);
    result->size = irq;
    result->state[0] = irq_is_bound(irq);
    result->state[1] = irq_is_delivered(irq);
    result->state[2] = irq_affinity(irq);
}

void inspect_slot(const struct slot *slot, struct tess_inspect *result)
{
    struct cap cap = slot->cap;
    word *state = result->state, base;

    result->type = cap_type(cap);
    if (result->type != CAP_NULL) /* also while what it names is being ended (CN-9) */
        cap_range(cap, &base, &result->size);
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        inspect_untyped(slot, result);
        break;
    case CAP_CNODE:
        state[0] = cap_radix(cap);
        break;
    case CAP_TCB:
        inspect_tcb(cap_object(cap), state);
        break;
    case CAP_ENDPOINT:
        inspect_badged(cap, result);
        inspect_endpoint(cap_object(cap), state);
        break;
    case CAP_NOTIFICATION:
        inspect_badged(cap, result);
        inspect_notification(cap_object(cap), state);
        break;
    case CAP_REPLY:
        state[0] = reply_state(cap_object(cap)) == REPLY_HOLDING;
        break;
    case CAP_SCHED_CONTEXT:
        inspect_context(cap_object(cap), state);
        break;
    case CAP_FRAME:
        result->type |= cap_frame_rights(cap) << 8;
        inspect_frame(cap, result);
        break;
    case CAP_PAGE_TABLE:
        inspect_page_table(cap, state);
        break;
    case CAP_VSPACE:
        state[0] = ((struct vspace *)cap_object(cap))->root != NULL;
        break;
    case CAP_IRQ_HANDLER:
        inspect_irq(cap, result);
        break;
    case CAP_FP:
        state[0] = ((struct fp *)cap_object(cap))->thread != NULL;
        break;
    case CAP_TIMER:
        inspect_timer(cap_object(cap), result);
        break;
    case CAP_SCHED_CONTROL:
        result->size = cap_number(cap);
        break;
    case CAP_IRQ_CONTROL:
    case CAP_FIRMWARE:
    case CAP_NULL:
    case CAP_TEARDOWN:
        break;
    }
}
