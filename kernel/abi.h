/*
 * kernel/abi.h: the kernel half of the user-visible ABI.
 *
 * System calls and their registers, message information, the IPC buffer, operations of every object
 * that caps/abi.h does not cover, faults, and the boot information. SPEC.md gives the exact meaning.
 */
#ifndef TESSERA_KERNEL_ABI_H
#define TESSERA_KERNEL_ABI_H

#include "caps/abi.h"

#define TESS_ABI_VERSION 0x00000001u /* major << 16 | minor; major 0 until the SPEC is frozen */

/*
 * ---- System calls (ABI-1). `ecall` from user mode with:
 *
 *   in   a7 operation       a0 capability address   a1 message information   t0 Reply capability address
 *        a2 a3 a4 a5 a6 t4 t5 t6   message words 0-7, all eight of them, zero where unused
 *   out  a0 status          a1 message information  t0 badge, or detail of an error
 *        a2 a3 a4 a5 a6 t4 t5 t6   message words 0-7
 *        a7 t1 t2 t3 zero; ra sp gp tp s0-s11 and all floating-point state as they were
 */
enum tess_syscall {
    TESS_SYS_CALL = 1,       /* a0: endpoint: send and wait for the reply; any other object: invoke it */
    TESS_SYS_REPLY_RECV = 2, /* t0: answer the caller it holds, if any; then Recv on a0 with t0 */
    TESS_SYS_SEND = 3,       /* a0: endpoint: wait until taken; notification: signal; Reply: answer */
    TESS_SYS_NBSEND = 4,     /* as SEND; error WOULD_BLOCK when no receiver waits */
    TESS_SYS_RECV = 5,       /* a0: endpoint or notification; t0: Reply object for callers, or null */
    TESS_SYS_NBRECV = 6,     /* as RECV; error WOULD_BLOCK when nothing waits */
    TESS_SYS_YIELD = 7,      /* to the back of the queue of its priority */
    TESS_SYS_INSPECT = 8,    /* a0: any capability; words: struct tess_inspect (CAP-8) */
};

/* Status (ABI-6): error | argument << 8 | flags. Flags only with TESS_OK. */
#define TESS_STATUS_ERROR(status)    ((enum tess_error)(uint8_t)(status))
#define TESS_STATUS_ARGUMENT(status) ((unsigned)((status) >> 8) & 0xff)
#define TESS_STATUS_NOTIFICATION     (1u << 16) /* a notification arrived, t0 is its word; not a message */
#define TESS_STATUS_FAULT            (1u << 17) /* the kernel sent this message: a thread faulted */
#define TESS_STATUS_TRUNCATED        (1u << 18) /* words beyond the eighth had no IPC buffer to go to */

/* Message information (ABI-5): words | capabilities << 8 | label << 12. */
#define TESS_MESSAGE_WORDS_MAX        64u
#define TESS_MESSAGE_CAPS_MAX         8u
#define TESS_REGISTER_WORDS           8u
#define TESS_INFO(label, words, caps) ((tess_word)(label) << 12 | (tess_word)(caps) << 8 | (tess_word)(words))
#define TESS_INFO_WORDS(info)         ((unsigned)(uint8_t)(info))
#define TESS_INFO_CAPS(info)          ((unsigned)((info) >> 8) & 0xf)
#define TESS_INFO_LABEL(info)         ((tess_word)(info) >> 12)

/*
 * IPC buffer (ABI-12): 1 KB, aligned to 1 KB, inside a frame bound with TESS_TCB_SET_BUFFER. The
 * kernel reads and writes words 8-63 of a message there; words 0-7 travel in registers only.
 */
#define TESS_BUFFER_BYTES 1024u
struct tess_ipc_buffer {
    tess_word words[TESS_MESSAGE_WORDS_MAX];         /* 0-7 never touched by the kernel */
    tess_cptr caps[TESS_MESSAGE_CAPS_MAX];           /* out: the capabilities to send */
    tess_cptr window_cnode;                          /* in: CNode of the receive window; null: no window */
    tess_cptr window_first;                          /* in: address of its first slot, from that CNode */
    tess_word window_slots;                          /* in: slots in the window, at most 8 */
    tess_word transfer[TESS_MESSAGE_CAPS_MAX];       /* out: enum tess_transfer for each */
    tess_word transfer_badge[TESS_MESSAGE_CAPS_MAX]; /* out: badge, where UNWRAPPED */
    tess_word reserved[37];
};

/* What became of a transferred capability (EP-9). */
enum tess_transfer {
    TESS_TRANSFER_NONE = 0,      /* none was sent in this place */
    TESS_TRANSFER_PLACED = 1,    /* it is in the next slot of the window */
    TESS_TRANSFER_UNWRAPPED = 2, /* it names the endpoint the message came through; see its badge */
    TESS_TRANSFER_NO_SLOT = 3,   /* the window is missing, too small, or the slot is occupied */
    TESS_TRANSFER_NO_GRANT = 4,  /* the sender's endpoint capability lacks GRANT */
    TESS_TRANSFER_NO_DERIVE = 5, /* null, or a capability that cannot be copied */
};

/* INSPECT (CAP-8): the message words it returns. */
struct tess_inspect {
    tess_word type;     /* enum tess_type | rights << 8 */
    tess_word size;     /* bytes of the object; IRQ handler: interrupt number; SchedControl: hart */
    tess_word badge;    /* endpoint, notification; untyped, frame: physical base address */
    tess_word state[5]; /* by type:
        untyped         bytes used, 1 if device
        CNode           radix
        TCB             enum tess_thread_state, priority | ceiling << 8, fault kind, fault pc, fault address
        endpoint        0 idle, 1 senders wait, 2 receivers wait; threads waiting
        notification    0 idle, 1 threads wait, 2 signalled; threads waiting
        Reply           1 while it holds a caller
        SchedContext    budget, period, budget left, ticks consumed since made, 1 if bound to a thread,
                        2 to a notification
        frame           rights | device << 8, address where mapped, or 0; 1 if mapped
        page table      1 if mapped, address where mapped, level (2 = root, with Sv48 3)
        VSpace          1 if it has a root table
        IRQ handler     1 if bound, 1 if delivered and not acknowledged, hart of its affinity
        FP              1 if bound
        Timer           1 armed | 2 bound, next expiration, period, expirations missed, interval; badge: it signals */
};

enum tess_thread_state {
    TESS_THREAD_INACTIVE = 0,       /* never started, suspended, or stopped by a fault nobody handles */
    TESS_THREAD_READY = 1,          /* running, or would run if it had a context with budget */
    TESS_THREAD_SENDING = 2,        /* in an endpoint's queue with a Send */
    TESS_THREAD_CALLING = 3,        /* in an endpoint's queue with a Call */
    TESS_THREAD_RECEIVING = 4,      /* in an endpoint's queue */
    TESS_THREAD_WAITING = 5,        /* in a notification's queue */
    TESS_THREAD_AWAITING_REPLY = 6, /* a Reply object holds it */
    TESS_THREAD_FAULTED = 7,        /* as CALLING or AWAITING_REPLY, for a fault */
};

/*
 * ---- Operations, the label of a Call on the capability. "0 leaves" and "0 removes" are spelled out.
 *
 * TCB (TH)     word 0            word 1        word 2       word 3
 * SET_SPACES   CNode             VSpace                               0 leaves
 * SET_BUFFER   frame             offset                               frame 0 removes; offset 1 KB aligned
 * SET_HANDLERS fault endpoint    timeout endpoint                     0 removes; needs CALL right
 * SET_PRIORITY authority (TCB)   priority      ceiling                both <= the authority's ceiling
 * BIND_NOTIFICATION notification (needs RECV)                         0 removes
 * BIND_FP      FP object                                              0 removes
 * READ_REGS    first register    count         1: suspend first       count words in reply
 * WRITE_REGS   first register    count         1: resume after        words 3.. are the values
 * SUSPEND, RESUME
 * SET_FLAGS    flags to clear    flags to set                         words in reply: flags now
 * STEP                                                                always UNSUPPORTED on RISC-V S-mode
 *
 * Registers are numbered as RISC-V numbers them, with 0 meaning pc: 0 pc, 1 ra, 2 sp ... 31 t6.
 */
enum tess_tcb_op {
    TESS_TCB_SET_SPACES = 1,
    TESS_TCB_SET_BUFFER = 2,
    TESS_TCB_SET_HANDLERS = 3,
    TESS_TCB_SET_PRIORITY = 4,
    TESS_TCB_BIND_NOTIFICATION = 5,
    TESS_TCB_BIND_FP = 6,
    TESS_TCB_READ_REGS = 7,
    TESS_TCB_WRITE_REGS = 8,
    TESS_TCB_SUSPEND = 9,
    TESS_TCB_RESUME = 10,
    TESS_TCB_SET_FLAGS = 11,
    TESS_TCB_STEP = 12,
};
#define TESS_REGISTERS 32u

#define TESS_TCB_CAP_FAULTS 1u /* flag: an address or type error on argument 0 is a fault (TH-12) */
#define TESS_TCB_COUNTERS   2u /* flag: user mode may read cycle, time and instret */

/*
 * SchedControl (SC)   word 0         word 1           word 2           word 3   word 4
 * CONFIGURE           SchedContext   budget, ticks    period, ticks    refills  badge: timeout fault, trace
 * TRACE               frame                            0 ends the trace; needs READ and WRITE
 * SET_INTERVAL        Timer          interval, ticks   shortest time between two of its expirations
 *
 * SchedContext        word 0
 * BIND                TCB, or notification (needs RECV)
 * UNBIND
 * CONSUMED            reply: ticks since made or last CONSUMED
 * YIELD_TO            reply: the same; its thread comes first among those of its priority
 *
 * Timer (TM)          word 0                                        word 1
 * ARM                 first expiration, ticks                       period, ticks; 0: expires once
 * CANCEL
 * BIND                notification (needs SEND); 0 removes
 * Ticks are those of the time CSR; the boot information gives their frequency.
 */
enum tess_sched_control_op {
    TESS_SCHED_CONTROL_CONFIGURE = 1,
    TESS_SCHED_CONTROL_TRACE = 2,
    TESS_SCHED_CONTROL_SET_INTERVAL = 3,
};
enum tess_sched_context_op {
    TESS_SCHED_CONTEXT_BIND = 1,
    TESS_SCHED_CONTEXT_UNBIND = 2,
    TESS_SCHED_CONTEXT_CONSUMED = 3,
    TESS_SCHED_CONTEXT_YIELD_TO = 4,
};
enum tess_timer_op { TESS_TIMER_ARM = 1, TESS_TIMER_CANCEL = 2, TESS_TIMER_BIND = 3 };

/* A new Timer expires at most so often each second, until SET_INTERVAL says otherwise (TM-5). */
#define TESS_TIMER_RATE 1000u

/*
 * The trace of a hart (SC-17), at the beginning of the frame given to TRACE: who ran from when on. Event n,
 * from 0 on, is events[n % capacity]; `written` counts all so far, and is written after the event.
 */
enum tess_trace_kind {
    TESS_TRACE_IDLE = 0, /* nobody runs; badge and priority are 0 */
    TESS_TRACE_RUN = 1,  /* a thread runs on a context other than before */
};
struct tess_trace_event {
    uint64_t time;     /* ticks */
    uint64_t badge;    /* of the context, as CONFIGURE set it */
    uint32_t kind;     /* enum tess_trace_kind */
    uint32_t priority; /* of the thread */
};
struct tess_trace {
    uint64_t written;
    uint64_t capacity; /* events the frame has room for */
    struct tess_trace_event events[];
};

/*
 * Frame (VM)   word 0     word 1     word 2    word 3
 * MAP          VSpace     address    rights    enum tess_attribute
 * PROTECT      rights
 * UNMAP
 *
 * VSpace         word 0      word 1        word 2  word 3    word 4   word 5      word 6
 * MAP_RANGE      CNode or 0  first frame   count   address   rights   attributes  0
 * PROTECT_RANGE  CNode or 0  first frame   count             rights               0
 * UNMAP_RANGE    CNode or 0  first frame   count                                  0
 *                the frames stand in consecutive slots; of an error by one of them, the detail is the number
 *                of slots before it, which are done (VM-15, VM-16)
 *
 * Page table   MAP: VSpace, address: becomes the highest table still missing there; the first is the
 *              root, and needs no address. UNMAP: with everything below it.
 */
enum tess_frame_op { TESS_FRAME_MAP = 1, TESS_FRAME_PROTECT = 2, TESS_FRAME_UNMAP = 3 };
enum tess_vspace_op {
    TESS_VSPACE_MAP_RANGE = 1,
    TESS_VSPACE_PROTECT_RANGE = 2,
    TESS_VSPACE_UNMAP_RANGE = 3,
};
enum tess_page_table_op { TESS_PAGE_TABLE_MAP = 1, TESS_PAGE_TABLE_UNMAP = 2 };

/* How a mapping reaches memory (VM-17). All but the first need TESS_FEATURE_SVPBMT. */
enum tess_attribute {
    TESS_ATTRIBUTE_DEFAULT = 0,  /* as the machine has it for this memory: RAM cached, devices not */
    TESS_ATTRIBUTE_UNCACHED = 1, /* not cached, weakly ordered: frame buffers, memory that devices read */
    TESS_ATTRIBUTE_IO = 2,       /* not cached, strongly ordered, no access twice or in advance */
};

/*
 * IRQControl (IRQ)  word 0      word 1      word 2        word 3                        word 4    word 5
 * GET               interrupt   dest CNode  dest address  notification or 0, with SEND  trigger   priority
 *                   makes the handler, binds it and enables the interrupt, in one step
 * IRQHandler        ACK
 *                   BIND: notification, with SEND; 0 removes
 *                   SET_PRIORITY: 1 to the controller's maximum
 *                   SET_AFFINITY: hart
 */
enum tess_irq_control_op { TESS_IRQ_CONTROL_GET = 1 };
enum tess_irq_handler_op {
    TESS_IRQ_HANDLER_ACK = 1,
    TESS_IRQ_HANDLER_BIND = 2,
    TESS_IRQ_HANDLER_SET_PRIORITY = 3,
    TESS_IRQ_HANDLER_SET_AFFINITY = 4,
};
enum tess_irq_trigger { TESS_IRQ_LEVEL = 0, TESS_IRQ_EDGE = 1 };

/*
 * Firmware (FW)   PUT: label only; the message words are bytes, word 0 counts them (at most 56)
 *                 SHUTDOWN: does not return.   REBOOT: does not return.
 */
enum tess_firmware_op { TESS_FIRMWARE_PUT = 1, TESS_FIRMWARE_SHUTDOWN = 2, TESS_FIRMWARE_REBOOT = 3 };
#define TESS_FIRMWARE_PUT_MAX 56u

/*
 * ---- Faults (TH-10): the label of the message a fault handler receives, as if the faulting thread
 * had made a Call. Words: 0 pc, 1 address or value, 2 scause, 3 sp. A reply with label 0 lets the
 * thread go on at its pc (word 0 replaces the pc if the reply has words); any other label leaves it
 * INACTIVE.
 */
enum tess_fault {
    TESS_FAULT_NONE = 0,
    TESS_FAULT_READ = 1,    /* address not readable */
    TESS_FAULT_WRITE = 2,   /* address not writable */
    TESS_FAULT_EXECUTE = 3, /* address not executable */
    TESS_FAULT_ILLEGAL = 4, /* illegal instruction; the instruction, where known */
    TESS_FAULT_FP = 5,      /* floating point without an FP object; the instruction */
    TESS_FAULT_BREAKPOINT = 6,
    TESS_FAULT_MISALIGNED = 7, /* instruction, load or store address */
    TESS_FAULT_ACCESS = 8,     /* the machine refused the physical address */
    TESS_FAULT_CAPABILITY = 9, /* only with TESS_TCB_CAP_FAULTS; the capability address */
    TESS_FAULT_TIMEOUT = 10,   /* budget exhausted, sent to the timeout handler; the context's badge */
    TESS_FAULT_UNKNOWN = 11,   /* any other trap; see scause */
};

/*
 * ---- Boot information (BI). Root starts at its ELF entry with a0 = address of the boot information,
 * a1 = its length in bytes, every other register zero; it brings its own stack. The information is a
 * tess_boot_info header and then records to the total length; every record starts with a tess_record
 * and has a length that is a multiple of 8. Unknown record types are to be skipped.
 */
#define TESS_BOOT_MAGIC 0x6172657373657424ull /* "$tessera", little endian */
struct tess_boot_info {
    uint64_t magic;
    uint32_t version; /* TESS_ABI_VERSION */
    uint32_t length;  /* bytes, header included */
};

enum tess_record_type {
    TESS_RECORD_CAP = 1,         /* struct tess_record_cap */
    TESS_RECORD_UNTYPED = 2,     /* struct tess_record_untyped */
    TESS_RECORD_IMAGE = 3,       /* struct tess_record_image */
    TESS_RECORD_MEMBER = 4,      /* struct tess_record_member */
    TESS_RECORD_DEVICE_TREE = 5, /* the flattened tree itself follows, padded to 8 bytes */
    TESS_RECORD_HART = 6,        /* struct tess_record_hart */
    TESS_RECORD_MACHINE = 7,     /* struct tess_record_machine */
    TESS_RECORD_BOOTARGS = 8,    /* a zero-terminated string follows, padded to 8 bytes */
    TESS_RECORD_MEMORY = 9,      /* struct tess_record_memory */
};
struct tess_record {
    uint32_t type;
    uint32_t length; /* bytes, this header included */
};

/* An initial capability, or a run of empty slots. */
enum tess_role {
    TESS_ROLE_CNODE = 1, /* the root's own CSpace; value: radix */
    TESS_ROLE_TCB = 2,
    TESS_ROLE_VSPACE = 3,
    TESS_ROLE_SCHED_CONTEXT = 4,
    TESS_ROLE_SCHED_CONTROL = 5, /* value: hart */
    TESS_ROLE_IRQ_CONTROL = 6,
    TESS_ROLE_FIRMWARE = 7,
    TESS_ROLE_PAGE_TABLE = 8, /* tables of the root's address space, one record each */
    TESS_ROLE_FREE_SLOTS = 9, /* address: the first; value: how many */
    TESS_ROLE_FP = 10,        /* the root's FP object, bound */
};
struct tess_record_cap {
    struct tess_record record;
    uint32_t role;
    uint32_t reserved;
    uint64_t address;
    uint64_t value;
};

enum tess_memory_kind {
    TESS_MEMORY_NORMAL = 0, /* RAM, any content */
    TESS_MEMORY_DEVICE = 1, /* a device region of the device tree */
    TESS_MEMORY_BUNDLE = 2, /* the bundle, content kept: as device memory, frames only */
};
struct tess_record_untyped {
    struct tess_record record;
    uint32_t kind; /* enum tess_memory_kind */
    uint32_t reserved;
    uint64_t address; /* of the untyped capability */
    uint64_t base;    /* physical */
    uint64_t length;  /* bytes */
};

/* Part of the root's own image: consecutive 4 KB frame capabilities, mapped at consecutive pages. */
struct tess_record_image {
    struct tess_record record;
    uint64_t first; /* capability address of the first frame */
    uint64_t pages;
    uint64_t address; /* virtual address of the first page */
    uint64_t rights;  /* of the mapping */
};

/* A member of the bundle. */
struct tess_record_member {
    struct tess_record record;
    uint64_t base; /* physical, inside the untyped of kind BUNDLE */
    uint64_t size; /* bytes */
    char name[];   /* zero-terminated, padded to 8 bytes */
};

struct tess_record_hart {
    struct tess_record record;
    uint32_t hart; /* as the device tree numbers it; only harts with an MMU are listed */
    uint32_t boot; /* 1: this is the boot hart, where the root runs */
};

struct tess_record_machine {
    struct tess_record record;
    uint64_t timebase;     /* ticks of the time CSR each second */
    uint32_t address_bits; /* 39 or 48: user addresses are below 1 << (address_bits - 1) */
    uint32_t asid_bits;
    uint32_t irq_max;  /* highest interrupt number */
    uint32_t features; /* TESS_FEATURE_ */
};
#define TESS_FEATURE_SSTC   1u /* stimecmp */
#define TESS_FEATURE_SVPBMT 2u /* mappings may have attributes (VM-17) */

/* What boot took of the RAM that may be used. The untyped memory of kind NORMAL is the rest, to the byte. */
enum tess_use {
    TESS_USE_TEXT = 0,      /* the kernel's, to the end of a page, as the next two */
    TESS_USE_CONSTANTS = 1, /* the kernel's */
    TESS_USE_DATA = 2,      /* the kernel's, without what follows */
    TESS_USE_STACKS = 3,    /* of the harts that run */
    TESS_USE_HARTS = 4,     /* what the kernel keeps for each of these */
    TESS_USE_INTERRUPTS = 5,
    TESS_USE_TABLES = 6,      /* page tables of the kernel's half */
    TESS_USE_BUNDLE = 7,      /* the bundle's pages that root can map in place for others */
    TESS_USE_ROOT = 8,        /* root's CNode, thread and other small objects */
    TESS_USE_ROOT_TABLES = 9, /* below its VSpace */
    TESS_USE_ROOT_IMAGE = 10, /* also where it is mapped in place from the bundle */
    TESS_USE_BOOT_INFO = 11,
    TESS_USES = 12,
};
struct tess_record_memory {
    struct tess_record record;
    uint64_t total;           /* bytes of RAM in use or free: what mem= bounds (BI-9) */
    uint64_t used[TESS_USES]; /* bytes, by enum tess_use */
};

#endif
