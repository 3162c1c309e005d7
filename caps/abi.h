/*
 * caps/abi.h: the capability half of the user-visible ABI.
 *
 * Capability types, rights, object sizes, error numbers and the operations of CNodes and untyped
 * memory. The other half, system calls and the remaining objects, is kernel/abi.h. A program for
 * Tessera needs these two headers and nothing else. Both compile as C only; SPEC.md chapters ABI,
 * CAP, CS, CDT, CN and UT give the exact meaning of every line.
 */
#ifndef TESSERA_CAPS_ABI_H
#define TESSERA_CAPS_ABI_H

#include <stdint.h>

typedef uint64_t tess_word;

/* A capability address: an index path into the caller's CSpace, lowest bits first (CS-1). */
typedef uint64_t tess_cptr;

/* Names nothing, everywhere (CS-3). */
#define TESS_NULL 0

/* ---- Errors (ABI-7). Numbers never change. ---------------------------------------------------- */

enum tess_error {
    TESS_OK = 0,
    TESS_ERR_OPERATION = 1, /* no such system call, or the capability has no such operation */
    TESS_ERR_ADDRESS = 2,   /* the capability address leads nowhere; detail: unresolved bits */
    TESS_ERR_TYPE = 3,      /* the capability has the wrong type; detail: the type found, 0 = null */
    TESS_ERR_RIGHTS = 4,    /* the capability lacks a right; detail: the rights needed */
    TESS_ERR_ARGUMENT = 5,  /* the value means nothing here */
    TESS_ERR_RANGE = 6,     /* the value is too small or too large; detail: the nearest bound */
    TESS_ERR_ALIGNMENT = 7, /* the value is not aligned; detail: the alignment, in bytes */
    TESS_ERR_OCCUPIED = 8,  /* the destination slot is not empty; detail: slots filled before it */
    TESS_ERR_MEMORY = 9,    /* the untyped is too small; detail: bytes it has left */
    TESS_ERR_CHILDREN = 10, /* the capability has children: revoke first */
    TESS_ERR_DERIVE = 11,   /* a capability of this type or state cannot be copied or minted */
    TESS_ERR_MAPPED = 12,   /* already mapped, or the place is taken */
    TESS_ERR_UNMAPPED = 13, /* not mapped */
    TESS_ERR_TABLE =
        14, /* a page table is missing; detail: its level, 0 = leaf table; of a range: slots done */
    TESS_ERR_BOUND = 15,       /* already bound */
    TESS_ERR_UNBOUND = 16,     /* not bound, or something needed first is not bound */
    TESS_ERR_WOULD_BLOCK = 17, /* a non-blocking operation found no partner */
    TESS_ERR_CANCELLED = 18,   /* the partner, the object or the operation went away */
    TESS_ERR_NO_REPLY = 19,    /* a Call met a receiver that offered no Reply object */
    TESS_ERR_NO_CONTEXT = 20,  /* the operation would leave a thread without a scheduling context */
    TESS_ERR_NO_BUFFER = 21,   /* more than eight words, or capabilities, and no IPC buffer */
    TESS_ERR_BUSY = 22,        /* the object is in use by a thread that waits on it */
    TESS_ERR_UNSUPPORTED = 23, /* this machine cannot do it */
    TESS_ERR_COUNT = 24,
};

/* Argument numbers in a status (ABI-8). */
#define TESS_ARG_CAPABILITY  0u /* a0 */
#define TESS_ARG_WORD(n)     (1u + (n))
#define TESS_ARG_INFO        9u          /* a1 */
#define TESS_ARG_REPLY       10u         /* t0 */
#define TESS_ARG_OPERATION   11u         /* a7 */
#define TESS_ARG_TRANSFER(i) (16u + (i)) /* capability i of a message */

/* ---- Capability types (CAP-1). Retype takes the same numbers (UT-3). --------------------------- */

enum tess_type {
    TESS_TYPE_NULL = 0,
    TESS_TYPE_UNTYPED = 1,
    TESS_TYPE_CNODE = 2,
    TESS_TYPE_TCB = 3,
    TESS_TYPE_ENDPOINT = 4,
    TESS_TYPE_NOTIFICATION = 5,
    TESS_TYPE_REPLY = 6,
    TESS_TYPE_SCHED_CONTEXT = 7,
    TESS_TYPE_SCHED_CONTROL = 8,
    TESS_TYPE_FRAME = 9,
    TESS_TYPE_PAGE_TABLE = 10,
    TESS_TYPE_VSPACE = 11,
    TESS_TYPE_IRQ_CONTROL = 12,
    TESS_TYPE_IRQ_HANDLER = 13,
    TESS_TYPE_FP = 14,
    TESS_TYPE_FIRMWARE = 15,
    TESS_TYPE_TIMER = 16,
    TESS_TYPE_COUNT = 17,
};

/* ---- Rights (CAP-4): a four-bit mask. Types not named here carry no rights. --------------------- */

#define TESS_RIGHT_SEND  1u /* endpoint: Send; notification: Signal */
#define TESS_RIGHT_RECV  2u /* endpoint: Recv; notification: Wait */
#define TESS_RIGHT_CALL  4u /* endpoint: Call, and to be a fault handler */
#define TESS_RIGHT_GRANT 8u /* endpoint: capabilities may travel with the message */

#define TESS_RIGHT_READ    1u /* frame */
#define TESS_RIGHT_WRITE   2u /* frame; a mapping never has W without R (VM-4) */
#define TESS_RIGHT_EXECUTE 4u /* frame */

#define TESS_RIGHTS_ALL 15u

/* ---- Object sizes, bytes. Each object begins at the next multiple of its alignment (UT-5). ------- */

#define TESS_SLOT_BYTES          32u /* one CNode slot; a CNode of radix r has 32 << r bytes, aligned to 32 */
#define TESS_TCB_BYTES           768u /* aligned to 64 */
#define TESS_ENDPOINT_BYTES      32u  /* aligned to 32 */
#define TESS_NOTIFICATION_BYTES  64u  /* aligned to 64 */
#define TESS_REPLY_BYTES         64u  /* aligned to 64 */
#define TESS_SCHED_CONTEXT_BYTES 192u /* aligned to 64; plus 16 for each refill beyond the first two (SC-1) */
#define TESS_REFILL_BYTES        16u
#define TESS_PAGE_TABLE_BYTES    4096u /* aligned to 4096; a frame is aligned to its size */
#define TESS_VSPACE_BYTES        128u  /* aligned to 128 */
#define TESS_FP_BYTES            320u  /* aligned to 64 */
#define TESS_TIMER_BYTES         128u  /* aligned to 64 */

#define TESS_UNTYPED_GRAIN   16u          /* base and length of untyped memory */
#define TESS_UNTYPED_MAX     (1ull << 35) /* bytes in one untyped; larger regions come as several */
#define TESS_CNODE_RADIX_MIN 1u
#define TESS_CNODE_RADIX_MAX 20u
#define TESS_REFILLS_MIN     2u
#define TESS_REFILLS_MAX     64u
#define TESS_CSPACE_LEVELS   8u /* CNodes a capability address may pass (CS-4) */

#define TESS_FRAME_4K 12u /* the size argument of a Frame is log2 of its bytes */
#define TESS_FRAME_2M 21u
#define TESS_FRAME_1G 30u

/*
 * ---- Operations: the label of a Call on the capability (ABI-9). -----------------------------------
 *
 * "word n" is message word n; an error numbers it as argument n + 1, and the invoked capability
 * as argument 0 (ABI-8). "slot address" is a capability address resolved from the invoked CNode;
 * "capability" is an address in the caller's own CSpace. Where an operation takes a source CNode,
 * TESS_NULL there means the caller's own CSpace.
 */

/*
 * CNode (CN). The invoked CNode is the root from which the destination address is resolved.
 *
 *            word 0    word 1         word 2       word 3  word 4
 * COPY       dest      source CNode   source       rights          child or sibling of source (CDT-3)
 * MINT       dest      source CNode   source       rights  badge   badge only from an unbadged source
 * MOVE       dest      source CNode   source                       keeps its place in the derivation
 * SWAP       dest      source CNode   source                       both occupied; each keeps its place
 * DELETE     slot                                                  preemptible
 * REVOKE     slot                                                  deletes all children; preemptible
 * CANCEL     slot      0                                           cancels queued senders with the badge
 *                                                                  of this endpoint capability; preemptible
 */
enum tess_cnode_op {
    TESS_CNODE_COPY = 1,
    TESS_CNODE_MINT = 2,
    TESS_CNODE_MOVE = 3,
    TESS_CNODE_SWAP = 4,
    TESS_CNODE_DELETE = 5,
    TESS_CNODE_REVOKE = 6,
    TESS_CNODE_CANCEL = 7,
};

/*
 * Untyped (UT).
 *
 * RETYPE  word 0 type, word 1 size, word 2 destination CNode (a capability), word 3 address of the
 *         first slot in it, word 4 count. The slots are consecutive in one CNode, empty, and none is
 *         slot 0. Size: Untyped: bytes (multiple of 16); CNode: radix; Frame: log2 of bytes;
 *         SchedContext: refills; otherwise 0. Memory that an object can expose is zeroed first.
 *         Word 5 is 0. Preemptible: objects already made stay, and the call continues with the rest.
 * RESET   watermark to zero; error CHILDREN while anything made from it exists.
 */
enum tess_untyped_op {
    TESS_UNTYPED_RETYPE = 1,
    TESS_UNTYPED_RESET = 2,
};

#endif
