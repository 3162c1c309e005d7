/*
 * caps/untyped.c: memory becomes objects, and can become memory again (SPEC UT-1..UT-11).
 *
 *   base            watermark        zeroed                              base + length
 *     | objects and gaps |  all zero    |  whatever was there before           |
 *
 * Both marks are offsets in units of 16 bytes. What lies between them is ready to be an object; retype
 * moves `zeroed` up as it needs, in bounded steps, so a preempted call loses no work. Reset puts both
 * to 0. Device memory is never written.
 */
#include "caps/untyped.h"

#include "caps/cdt.h"
#include "caps/cspace.h"
#include "caps/object.h"

enum { WORD_TYPE, WORD_SIZE, WORD_CNODE, WORD_FIRST, WORD_COUNT, WORD_PROGRESS };

#define ZERO_STEP 4096u /* bytes zeroed between two looks at pending interrupts */
#define SLOT_STEP 64u   /* destinations examined between two looks */

/* The marks, in bytes. */
word untyped_used(const struct slot *untyped)
{
    return (word)untyped->aux[0] * TESS_UNTYPED_GRAIN;
}

static word untyped_zeroed(const struct slot *untyped)
{
    return (word)untyped->aux[1] * TESS_UNTYPED_GRAIN;
}

static void untyped_set_used(struct slot *untyped, word bytes)
{
    untyped->aux[0] = (uint32_t)(bytes / TESS_UNTYPED_GRAIN);
    if (untyped->aux[1] < untyped->aux[0])
        untyped->aux[1] = untyped->aux[0];
}

/* Offset at which the next object of this alignment begins. */
static word untyped_next(const struct slot *untyped, word alignment)
{
    word address = cap_untyped_base(untyped->cap) + untyped_used(untyped);
    return ((address + alignment - 1) & ~(alignment - 1)) - cap_untyped_base(untyped->cap);
}

static struct status decode_size(enum cap_type type, word size)
{
    word low = 0, high = 0;
    switch (type) { /* UT-5 */
    case CAP_UNTYPED:
        low = TESS_UNTYPED_GRAIN;
        high = TESS_UNTYPED_MAX;
        if (size % TESS_UNTYPED_GRAIN)
            return status_fail(TESS_ERR_ALIGNMENT, TESS_ARG_WORD(WORD_SIZE), TESS_UNTYPED_GRAIN);
        break;
    case CAP_CNODE:
        low = TESS_CNODE_RADIX_MIN;
        high = TESS_CNODE_RADIX_MAX;
        break;
    case CAP_SCHED_CONTEXT:
        low = TESS_REFILLS_MIN;
        high = TESS_REFILLS_MAX;
        break;
    case CAP_FRAME:
        if (size == TESS_FRAME_4K || size == TESS_FRAME_2M || size == TESS_FRAME_1G)
            return STATUS_OK;
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(WORD_SIZE), 0);
    case CAP_TCB:
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
    case CAP_FP:
    case CAP_TIMER:
        break;
    case CAP_NULL:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(WORD_TYPE), 0); /* UT-3 */
    }
    if (size < low || size > high)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_SIZE), size < low ? low : high);
    return STATUS_OK;
}

/* UT-6: the destinations are consecutive slots of one CNode, slot 0 not among them. */
static struct status decode_destination(struct untyped_args *args, struct cap cspace, const word *words)
{
    struct slot *cnode;
    TRY(cspace_lookup_type(cspace, words[WORD_CNODE], TESS_ARG_WORD(WORD_CNODE), CAP_CNODE, &cnode));
    word room;
    TRY(cspace_lookup_run(cnode->cap, words[WORD_FIRST], TESS_ARG_WORD(WORD_FIRST), &args->first, &room));
    if (args->count < 1 || args->count > room)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_COUNT), args->count < 1 ? 1 : room);
    return STATUS_OK;
}

/* UT-7: the objects not made yet fit between watermark and end. */
static struct status decode_room(const struct untyped_args *args, word made)
{
    word bytes = object_bytes(args->type, args->size);
    word alignment = object_alignment(args->type, args->size);
    word stride = (bytes + alignment - 1) & ~(alignment - 1);
    word start = untyped_next(args->untyped, alignment);
    word length = cap_untyped_length(args->untyped->cap);
    word left = length - untyped_used(args->untyped);
    word room = start < length ? length - start : 0;
    word wanted = args->count - made;

    /* The last object needs `bytes`, those before it `stride`: no multiplication that could overflow. */
    if (wanted && (room < bytes || (room - bytes) / stride < wanted - 1))
        return status_fail(TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, left);
    return STATUS_OK;
}

static struct status retype_decode(struct untyped_args *args, struct cap cspace, const word *words)
{
    bool known = words[WORD_TYPE] < TESS_TYPE_COUNT;
    args->type = known ? (enum cap_type)words[WORD_TYPE] : CAP_NULL;
    args->size = words[WORD_SIZE];
    args->count = words[WORD_COUNT];
    TRY(decode_size(args->type, args->size));
    if (cap_untyped_device(args->untyped->cap) && args->type != CAP_FRAME && args->type != CAP_UNTYPED)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(WORD_TYPE), 0); /* UT-9 */
    TRY(decode_destination(args, cspace, words));
    word progress = words[WORD_PROGRESS];
    if (progress > 2 * args->count)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_PROGRESS), 2 * args->count);
    return decode_room(args, progress > args->count ? progress - args->count : 0);
}

struct status untyped_decode(struct untyped_args *args, word label, struct slot *untyped, struct cap cspace,
                             const word *words)
{
    if (label < TESS_UNTYPED_RETYPE || label > TESS_UNTYPED_RESET)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    args->op = (enum tess_untyped_op)label;
    args->untyped = untyped;
    if (args->op == TESS_UNTYPED_RETYPE)
        return retype_decode(args, cspace, words);
    if (cdt_has_children(untyped)) /* UT-4 */
        return status_fail(TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    return STATUS_OK;
}

/* Bytes: a multiple of 16, at most ZERO_STEP. */
static void zero(uint64_t *at, word bytes)
{
    for (; bytes >= 256; bytes -= 256, at += 32) { /* at most ZERO_STEP / 256 rounds */
#pragma GCC unroll 32
        for (unsigned i = 0; i < 32; i++)
            at[i] = 0;
    }
    for (; bytes != 0; bytes -= 16, at += 2) /* at most 15 rounds */
        at[0] = at[1] = 0;
}

/* Moves `zeroed` up to at least `end`, one step; true when it is there. */
static bool untyped_zero_step(struct slot *untyped, word end)
{
    word from = untyped_zeroed(untyped);
    if (from >= end)
        return true;
    word to = end - from > ZERO_STEP ? from + ZERO_STEP : end;
    zero(window_pointer(cap_untyped_base(untyped->cap) + from), to - from);
    untyped->aux[1] = (uint32_t)(to / TESS_UNTYPED_GRAIN);
    return to == end;
}

static struct cap object_cap(enum cap_type type, word size, word base, bool device)
{
    void *object = window_pointer(base);
    switch (type) {
    case CAP_UNTYPED:
        return cap_untyped(base, size, device);
    case CAP_CNODE:
        return cap_cnode(object, (unsigned)size);
    case CAP_TCB:
        return cap_tcb(object);
    case CAP_ENDPOINT:
        return cap_endpoint(object, 0, TESS_RIGHTS_ALL);
    case CAP_NOTIFICATION:
        return cap_notification(object, 0, TESS_RIGHTS_ALL);
    case CAP_REPLY:
        return cap_reply(object);
    case CAP_SCHED_CONTEXT:
        return cap_sched_context(object, (unsigned)size);
    case CAP_FRAME:
        return cap_frame(base, (unsigned)size, TESS_RIGHT_READ | TESS_RIGHT_WRITE | TESS_RIGHT_EXECUTE,
                         device);
    case CAP_PAGE_TABLE:
        return cap_page_table(base);
    case CAP_VSPACE:
        return cap_vspace(object);
    case CAP_FP:
        return cap_fp(object);
    case CAP_TIMER:
        return cap_timer(object);
    case CAP_NULL:
    case CAP_SCHED_CONTROL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_FIRMWARE:
    case CAP_TEARDOWN:
        break;
    }
    return CAP_EMPTY;
}

/* One object at the watermark into `slot`. Preempted: zeroing has come one step further. */
static struct status retype_one(const struct untyped_args *args, struct slot *slot)
{
    struct slot *untyped = args->untyped;
    bool device = cap_untyped_device(untyped->cap);
    word start = untyped_next(untyped, object_alignment(args->type, args->size));
    word end = start + object_bytes(args->type, args->size);

    /* The gap before the object is given up at once: it is not zeroed, so it must lie below the watermark. */
    untyped_set_used(untyped, start);
    if (!device && args->type != CAP_UNTYPED) { /* UT-8; a sub-untyped zeroes when it is used itself */
        while (!untyped_zero_step(untyped, end))
            if (object_preempt())
                return status_preempted();
    }
    untyped_set_used(untyped, end);
    struct cap cap = object_cap(args->type, args->size, cap_untyped_base(untyped->cap) + start, device);
    cap.w0 |= CAP_ORIGINAL;
    if (args->type != CAP_UNTYPED && args->type != CAP_FRAME)
        object_create(args->type, window_pointer(cap_untyped_base(untyped->cap) + start), args->size);
    cdt_insert(untyped, slot, cap); /* CDT-1: right after the untyped, left of its elder children */
    return STATUS_OK;
}

/* Progress below count: slots found empty; from count on: count + objects made. */
static struct status retype(const struct untyped_args *args, word *progress)
{
    while (*progress < args->count) {
        if (!cap_is_empty(args->first[*progress].cap)) /* nothing is filled yet */
            return status_fail(TESS_ERR_OCCUPIED, TESS_ARG_WORD(WORD_FIRST), 0);
        if (++*progress % SLOT_STEP == 0 && object_preempt())
            return status_preempted();
    }
    while (*progress < 2 * args->count) {
        word made = *progress - args->count;
        if (!cap_is_empty(args->first[made].cap)) /* filled by somebody else during a preemption */
            return status_fail(TESS_ERR_OCCUPIED, TESS_ARG_WORD(WORD_FIRST), made);
        TRY(retype_one(args, &args->first[made]));
        ++*progress;
        if (*progress < 2 * args->count && object_preempt())
            return status_preempted();
    }
    return STATUS_OK;
}

struct status untyped_invoke(const struct untyped_args *args, word *progress)
{
    if (args->op == TESS_UNTYPED_RETYPE)
        return retype(args, progress);
    args->untyped->aux[0] = args->untyped->aux[1] = 0; /* UT-4 */
    return STATUS_OK;
}
