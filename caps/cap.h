/*
 * caps/cap.h: the capability word.
 *
 * Owns the layout of a capability (SPEC CAP-1..CAP-7). Nobody else sets or reads its bits: there is
 * one constructor for each type and one accessor for each field.
 *
 *   w0   63                        16 15        8  7     6      5     4    0
 *       +----------------------------+-----------+-----+------+------+------+
 *       | object                     | by type   |DYING|FAMILY|ORIG. | type |
 *       +----------------------------+-----------+-----+------+------+------+
 *
 *   object   kernel address, sign-extended from 48 bits; untyped: physical base / 16;
 *            frame and page table: physical page (44 bits), and four bits of the mapping's VSpace
 *   by type  endpoint, notification: rights 8-11         CNode: radix 8-12
 *            frame: rights 8-10, device 11, size 12-13   untyped: device 8
 *            page table: level 8-9                       SchedContext: refills 8-15
 *   w1       endpoint, notification: badge               CNode: slots - 1
 *            untyped: length / 16                        IRQ handler, SchedControl: number
 *            frame, page table: where it is mapped       dying container: cursor
 */
#ifndef TESSERA_CAPS_CAP_H
#define TESSERA_CAPS_CAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps/abi.h"

typedef uint64_t word;

/* The types users know, and one that only the kernel sees. */
enum cap_type {
    CAP_NULL = TESS_TYPE_NULL,
    CAP_UNTYPED = TESS_TYPE_UNTYPED,
    CAP_CNODE = TESS_TYPE_CNODE,
    CAP_TCB = TESS_TYPE_TCB,
    CAP_ENDPOINT = TESS_TYPE_ENDPOINT,
    CAP_NOTIFICATION = TESS_TYPE_NOTIFICATION,
    CAP_REPLY = TESS_TYPE_REPLY,
    CAP_SCHED_CONTEXT = TESS_TYPE_SCHED_CONTEXT,
    CAP_SCHED_CONTROL = TESS_TYPE_SCHED_CONTROL,
    CAP_FRAME = TESS_TYPE_FRAME,
    CAP_PAGE_TABLE = TESS_TYPE_PAGE_TABLE,
    CAP_VSPACE = TESS_TYPE_VSPACE,
    CAP_IRQ_CONTROL = TESS_TYPE_IRQ_CONTROL,
    CAP_IRQ_HANDLER = TESS_TYPE_IRQ_HANDLER,
    CAP_FP = TESS_TYPE_FP,
    CAP_FIRMWARE = TESS_TYPE_FIRMWARE,
    CAP_TIMER = TESS_TYPE_TIMER,
    CAP_TEARDOWN = TESS_TYPE_COUNT, /* stands where the last capability to a dying container stood */
};

struct cap {
    word w0, w1;
};

#define CAP_TYPE_MASK  0x1full
#define CAP_ORIGINAL   (1ull << 5) /* made by retype or boot, or by the mint that gave it its badge */
#define CAP_FAMILY     (1ull << 6) /* first of the capabilities that share a badge (CDT-4) */
#define CAP_DYING      (1ull << 7) /* the deletion of the last capability has begun; counts as null */
#define CAP_RIGHTS_BIT 8
#define CAP_OBJECT_BIT 16

#define CAP_PAGE_MASK   ((1ull << 44) - 1)
#define CAP_FRAME_SIZES 3u

static const struct cap CAP_EMPTY = {0, 0};

/* ---- reading ----------------------------------------------------------------------------------- */

/* The type as stored, also while dying. */
static inline enum cap_type cap_raw_type(struct cap cap)
{
    return (enum cap_type)(cap.w0 & CAP_TYPE_MASK);
}

/* The type as everybody but deletion sees it: dying and teardown count as null (CN-9). */
static inline enum cap_type cap_type(struct cap cap)
{
    enum cap_type type = cap_raw_type(cap);
    return (cap.w0 & CAP_DYING) || type == CAP_TEARDOWN ? CAP_NULL : type;
}

static inline bool cap_is_empty(struct cap cap)
{
    return cap.w0 == 0;
}

static inline void *cap_object(struct cap cap)
{
    return (void *)((int64_t)cap.w0 >> CAP_OBJECT_BIT);
}

static inline word cap_rights(struct cap cap)
{
    return cap.w0 >> CAP_RIGHTS_BIT & 0xf;
}

static inline word cap_badge(struct cap cap)
{
    return cap.w1;
}

static inline unsigned cap_radix(struct cap cap)
{
    return cap.w0 >> 8 & 0x1f;
}

static inline unsigned cap_refills(struct cap cap)
{
    return cap.w0 >> 8 & 0xff;
}

static inline word cap_number(struct cap cap)
{
    return cap.w1;
}

static inline word cap_untyped_base(struct cap cap)
{
    return cap.w0 >> CAP_OBJECT_BIT << 4;
}

static inline word cap_untyped_length(struct cap cap)
{
    return cap.w1 << 4;
}

static inline bool cap_untyped_device(struct cap cap)
{
    return cap.w0 >> 8 & 1;
}

/* Frame and page table: physical address. */
static inline word cap_page_base(struct cap cap)
{
    return (cap.w0 >> CAP_OBJECT_BIT & CAP_PAGE_MASK) << 12;
}

static inline word cap_frame_rights(struct cap cap)
{
    return cap.w0 >> 8 & 7;
}

static inline bool cap_frame_device(struct cap cap)
{
    return cap.w0 >> 11 & 1;
}

/* Log2 of the frame's bytes: 12, 21 or 30. */
static inline unsigned cap_frame_bits(struct cap cap)
{
    return 12 + 9 * (cap.w0 >> 12 & 3);
}

static inline unsigned cap_table_level(struct cap cap)
{
    return cap.w0 >> 8 & 3;
}

/* Where a frame or page table is mapped: w1 = VSpace bits 4.. << 35 | page; low bits of it in w0. */
static inline uint32_t cap_mapped_vspace(struct cap cap)
{
    return (uint32_t)(cap.w1 >> 35 << 4 | cap.w0 >> 60) << 2;
}

static inline bool cap_is_mapped(struct cap cap)
{
    return cap_mapped_vspace(cap) != 0;
}

static inline word cap_mapped_address(struct cap cap)
{
    return (cap.w1 & ((1ull << 35) - 1)) << 12;
}

/* ---- making ------------------------------------------------------------------------------------ */

static inline struct cap cap_make(enum cap_type type, const void *object, word by_type, word w1)
{
    return (struct cap){(word)object << CAP_OBJECT_BIT | by_type << 8 | (word)type, w1};
}

static inline struct cap cap_untyped(word base, word length, bool device)
{
    return (struct cap){base >> 4 << CAP_OBJECT_BIT | (word)device << 8 | CAP_UNTYPED, length >> 4};
}

static inline struct cap cap_cnode(const void *slots, unsigned radix)
{
    return cap_make(CAP_CNODE, slots, radix, (1ull << radix) - 1);
}

static inline struct cap cap_tcb(const void *tcb)
{
    return cap_make(CAP_TCB, tcb, 0, 0);
}

static inline struct cap cap_endpoint(const void *endpoint, word badge, word rights)
{
    return cap_make(CAP_ENDPOINT, endpoint, rights, badge);
}

static inline struct cap cap_notification(const void *notification, word badge, word rights)
{
    return cap_make(CAP_NOTIFICATION, notification, rights, badge);
}

static inline struct cap cap_reply(const void *reply)
{
    return cap_make(CAP_REPLY, reply, 0, 0);
}

static inline struct cap cap_sched_context(const void *context, unsigned refills)
{
    return cap_make(CAP_SCHED_CONTEXT, context, refills, 0);
}

static inline struct cap cap_sched_control(word hart)
{
    return cap_make(CAP_SCHED_CONTROL, NULL, 0, hart);
}

/* Size: log2 of the bytes, 12, 21 or 30. */
static inline struct cap cap_frame(word base, unsigned bits, word rights, bool device)
{
    word by_type = rights | (word)device << 3 | (word)(bits - 12) / 9 << 4;
    return (struct cap){(base >> 12) << CAP_OBJECT_BIT | by_type << 8 | CAP_FRAME, 0};
}

static inline struct cap cap_page_table(word base)
{
    return (struct cap){(base >> 12) << CAP_OBJECT_BIT | CAP_PAGE_TABLE, 0};
}

static inline struct cap cap_vspace(const void *vspace)
{
    return cap_make(CAP_VSPACE, vspace, 0, 0);
}

static inline struct cap cap_irq_control(void)
{
    return cap_make(CAP_IRQ_CONTROL, NULL, 0, 0);
}

static inline struct cap cap_irq_handler(word irq)
{
    return cap_make(CAP_IRQ_HANDLER, NULL, 0, irq);
}

static inline struct cap cap_fp(const void *fp)
{
    return cap_make(CAP_FP, fp, 0, 0);
}

static inline struct cap cap_firmware(void)
{
    return cap_make(CAP_FIRMWARE, NULL, 0, 0);
}

static inline struct cap cap_timer(const void *timer)
{
    return cap_make(CAP_TIMER, timer, 0, 0);
}

/* ---- changing ---------------------------------------------------------------------------------- */

static inline struct cap cap_with_rights(struct cap cap, word rights)
{
    cap.w0 = (cap.w0 & ~(0xfull << CAP_RIGHTS_BIT)) | rights << CAP_RIGHTS_BIT;
    return cap;
}

/* vspace: slot number of the VSpace's anchor, a multiple of 4; 0 = not mapped. */
static inline struct cap cap_with_mapping(struct cap cap, uint32_t vspace, word address)
{
    word index = vspace >> 2;
    cap.w0 = (cap.w0 & ~(0xfull << 60)) | (index & 0xf) << 60;
    cap.w1 = index >> 4 << 35 | address >> 12;
    return cap;
}

static inline struct cap cap_with_level(struct cap cap, unsigned level)
{
    cap.w0 = (cap.w0 & ~(3ull << 8)) | (word)level << 8;
    return cap;
}

/* ---- comparing and measuring (cap.c) ----------------------------------------------------------- */

/* Do both name the same object? Caller: neither is null nor teardown. */
bool cap_same_object(struct cap a, struct cap b);

/* Physical range of the object; false for types that occupy no untyped memory. */
bool cap_range(struct cap cap, word *base, word *bytes);

/* Bytes and alignment of an object of this type; size as the size argument of Retype (UT-5). */
word object_bytes(enum cap_type type, word size);
word object_alignment(enum cap_type type, word size);

/* Can COPY, MINT and transfer derive from it? (CDT-6) */
bool cap_can_derive(struct cap cap);

/* A copy as COPY makes it: masked, unmapped, not original (CAP-5, CDT-3). */
struct cap cap_derive(struct cap cap, word rights);

#endif
