/*
 * caps/cap.c: capabilities compared, measured and derived (SPEC CAP-5, CDT-6, UT-5).
 */
#include "caps/cap.h"

#include "caps/slot.h"

bool cap_same_object(struct cap a, struct cap b)
{
    enum cap_type type = cap_raw_type(a);
    if (type != cap_raw_type(b))
        return false;
    switch (type) {
    case CAP_CNODE:
    case CAP_TCB:
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_SCHED_CONTEXT:
    case CAP_VSPACE:
    case CAP_FP:
    case CAP_TIMER:
        return cap_object(a) == cap_object(b);
    case CAP_FRAME:
        return cap_page_base(a) == cap_page_base(b) && cap_frame_bits(a) == cap_frame_bits(b);
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_HANDLER:
        return cap_number(a) == cap_number(b);
    case CAP_IRQ_CONTROL:
    case CAP_FIRMWARE:
        return true;
    case CAP_UNTYPED:    /* never copied: two capabilities are two ranges */
    case CAP_PAGE_TABLE: /* never copied */
    case CAP_NULL:
    case CAP_TEARDOWN:
        return false;
    }
    return false;
}

bool cap_range(struct cap cap, word *base, word *bytes)
{
    switch (cap_raw_type(cap)) {
    case CAP_UNTYPED:
        *base = cap_untyped_base(cap);
        *bytes = cap_untyped_length(cap);
        return true;
    case CAP_FRAME:
        *base = cap_page_base(cap);
        *bytes = 1ull << cap_frame_bits(cap);
        return true;
    case CAP_PAGE_TABLE:
        *base = cap_page_base(cap);
        *bytes = TESS_PAGE_TABLE_BYTES;
        return true;
    case CAP_CNODE:
        *base = window_physical(cap_object(cap));
        *bytes = object_bytes(CAP_CNODE, cap_radix(cap));
        return true;
    case CAP_SCHED_CONTEXT:
        *base = window_physical(cap_object(cap));
        *bytes = object_bytes(CAP_SCHED_CONTEXT, cap_refills(cap));
        return true;
    case CAP_TCB:
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_VSPACE:
    case CAP_FP:
    case CAP_TIMER:
        *base = window_physical(cap_object(cap));
        *bytes = object_bytes(cap_raw_type(cap), 0);
        return true;
    case CAP_NULL:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        return false;
    }
    return false;
}

word object_bytes(enum cap_type type, word size)
{
    switch (type) {
    case CAP_UNTYPED:
        return size;
    case CAP_CNODE:
        return (word)TESS_SLOT_BYTES << size;
    case CAP_FRAME:
        return 1ull << size;
    case CAP_SCHED_CONTEXT:
        return TESS_SCHED_CONTEXT_BYTES + (size - TESS_REFILLS_MIN) * TESS_REFILL_BYTES;
    case CAP_TCB:
        return TESS_TCB_BYTES;
    case CAP_ENDPOINT:
        return TESS_ENDPOINT_BYTES;
    case CAP_NOTIFICATION:
        return TESS_NOTIFICATION_BYTES;
    case CAP_REPLY:
        return TESS_REPLY_BYTES;
    case CAP_PAGE_TABLE:
        return TESS_PAGE_TABLE_BYTES;
    case CAP_VSPACE:
        return TESS_VSPACE_BYTES;
    case CAP_FP:
        return TESS_FP_BYTES;
    case CAP_TIMER:
        return TESS_TIMER_BYTES;
    case CAP_NULL:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        return 0;
    }
    return 0;
}

word object_alignment(enum cap_type type, word size)
{
    switch (type) {
    case CAP_UNTYPED:
        return TESS_UNTYPED_GRAIN;
    case CAP_FRAME:
        return 1ull << size;
    case CAP_PAGE_TABLE:
        return TESS_PAGE_TABLE_BYTES;
    case CAP_VSPACE: /* the mapping field of a frame keeps VSpace numbers in units of 128 bytes */
        return TESS_VSPACE_BYTES;
    case CAP_TCB:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_SCHED_CONTEXT:
    case CAP_FP:
    case CAP_TIMER:
        return 64;
    case CAP_CNODE: /* links are slot numbers: everything that holds a slot is aligned to one */
    case CAP_ENDPOINT:
    case CAP_NULL:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        return TESS_SLOT_BYTES;
    }
    return TESS_SLOT_BYTES;
}

bool cap_can_derive(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_CNODE:
    case CAP_TCB:
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_SCHED_CONTEXT:
    case CAP_SCHED_CONTROL:
    case CAP_FRAME:
    case CAP_VSPACE:
    case CAP_IRQ_HANDLER:
    case CAP_FP:
    case CAP_FIRMWARE:
    case CAP_TIMER:
        return true;
    case CAP_UNTYPED:     /* two watermarks over one range would overlap objects */
    case CAP_PAGE_TABLE:  /* one table, one place in one address space */
    case CAP_IRQ_CONTROL: /* one authority over all interrupts */
    case CAP_NULL:
    case CAP_TEARDOWN:
        return false;
    }
    return false;
}

struct cap cap_derive(struct cap cap, word rights)
{
    enum cap_type type = cap_raw_type(cap);
    cap.w0 &= ~(CAP_ORIGINAL | CAP_FAMILY);
    if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION)
        return cap_with_rights(cap, cap_rights(cap) & rights);
    if (type == CAP_FRAME) { /* the device and size bits stay */
        cap.w0 &= ~(7ull << 8) | (rights & 7) << 8;
        return cap_with_mapping(cap, 0, 0);
    }
    return cap;
}
