/*
 * kernel/object.c: what caps/ asks of the kernel: make an object, end one, look for interrupts
 * (SPEC UT-8, CN-7, CN-10).
 */
#include "caps/object.h"

#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/fp.h"
#include "kernel/irq.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/timer.h"
#include "kernel/trap.h"
#include "kernel/vspace.h"

void object_create(enum cap_type type, void *object, word size)
{
    switch (type) {
    case CAP_TCB:
        tcb_create(object);
        break;
    case CAP_SCHED_CONTEXT:
        context_create(object, (unsigned)size);
        break;
    case CAP_TIMER:
        timer_create(object);
        break;
    case CAP_VSPACE:
        vspace_create(object);
        break;
    case CAP_CNODE: /* zero is their first state */
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_PAGE_TABLE:
    case CAP_FP:
    case CAP_NULL: /* not made of memory that the kernel reads */
    case CAP_UNTYPED:
    case CAP_FRAME:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        break;
    }
}

bool object_finalise(struct slot *slot, bool last)
{
    struct cap cap = slot->cap;
    enum cap_type type = cap_raw_type(cap);

    if (type == CAP_FRAME) { /* each capability has a mapping of its own */
        frame_unmap(slot);
        return true;
    }
    if (!last)
        return true;
    switch (type) {
    case CAP_TCB:
        tcb_finalise(cap_object(cap));
        return true;
    case CAP_ENDPOINT:
        return endpoint_finalise(cap_object(cap));
    case CAP_NOTIFICATION:
        return notification_finalise(cap_object(cap));
    case CAP_REPLY:
        reply_finalise(cap_object(cap));
        return true;
    case CAP_SCHED_CONTEXT:
        context_finalise(cap_object(cap));
        return true;
    case CAP_PAGE_TABLE:
        page_table_unmap(slot);
        return true;
    case CAP_VSPACE:
        return vspace_finalise(cap_object(cap));
    case CAP_IRQ_HANDLER:
        irq_handler_finalise((unsigned)cap_number(cap));
        return true;
    case CAP_FP:
        fp_finalise(cap_object(cap));
        return true;
    case CAP_TIMER:
        timer_finalise(cap_object(cap));
        return true;
    case CAP_CNODE: /* caps/teardown.c empties it */
    case CAP_NULL:
    case CAP_UNTYPED:
    case CAP_FRAME:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        return true;
    }
    return true;
}

bool object_cancel_badge(struct cap endpoint, word *progress)
{
    return endpoint_cancel_badge(cap_object(endpoint), cap_badge(endpoint), progress);
}

bool object_preempt(void)
{
    return trap_interrupt_pending();
}
