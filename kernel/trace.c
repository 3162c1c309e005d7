/*
 * kernel/trace.c: the trace of this hart (SPEC SC-17).
 *
 * The kernel holds the frame by a capability in a slot of the hart's, so that whoever takes the frame away
 * ends the trace, and nothing is written into memory that has become something else.
 */
#include "kernel/trace.h"

#include "caps/cdt.h"
#include "caps/cspace.h"
#include "caps/teardown.h"
#include "kernel/context.h"

static struct tess_trace *trace(void)
{
    return window_pointer(cap_page_base(this_hart->trace.cap));
}

static word capacity(void)
{
    word bytes = 1ull << cap_frame_bits(this_hart->trace.cap);
    return (bytes - sizeof(struct tess_trace)) / sizeof(struct tess_trace_event);
}

struct status trace_set(struct tcb *caller)
{
    struct slot *frame = NULL;
    TRY(tcb_decode_frame(caller, 0, &frame));
    /* commit: a copy of a frame that is not mapped, which goes at once */
    slot_delete(&this_hart->trace);
    if (!frame)
        return STATUS_OK;
    cdt_insert(frame, &this_hart->trace, cap_derive(frame->cap, TESS_RIGHTS_ALL));
    *trace() = (struct tess_trace){.capacity = capacity()};
    return STATUS_OK;
}

void trace_write(const struct tcb *tcb, word now)
{
    struct tess_trace *trace_page = trace();
    word written = trace_page->written;
    word room = capacity(); /* whatever the page says: others can write there */

    trace_page->events[written % room] =
        tcb ? (struct tess_trace_event){now, tcb->context->badge, TESS_TRACE_RUN, tcb->priority}
            : (struct tess_trace_event){now, 0, TESS_TRACE_IDLE, 0};
    asm volatile("fence w, w" ::: "memory"); /* the event, then its number */
    trace_page->written = written + 1;
}
