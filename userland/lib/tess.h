/*
 * userland/lib/tess.h: the plain capability API.
 *
 * One C function for each operation of kernel/abi.h and caps/abi.h, typed handles for capabilities,
 * and a result that names the error, the argument it is about, and a detail (ABI-6, ABI-7, ABI-8).
 * Nothing here keeps state, allocates, or retries. A handle is only an address in the caller's
 * CSpace: making one from a number is free, and using a wrong one is an error of the kernel's.
 *
 * The errors of each operation, in the order in which the kernel looks for them, are in the table of its chapter of
 * SPEC.md, which the headings name. Addresses of memory and offsets are in bytes, rights are TESS_RIGHT_.
 */
#ifndef TESSERA_USERLAND_LIB_TESS_H
#define TESSERA_USERLAND_LIB_TESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi.h"

/* ---- Handles ----------------------------------------------------------------------------------- */

typedef struct {
    tess_cptr address;
} tess_untyped;
typedef struct {
    tess_cptr address;
} tess_cnode;
typedef struct {
    tess_cptr address;
} tess_tcb;
typedef struct {
    tess_cptr address;
} tess_endpoint;
typedef struct {
    tess_cptr address;
} tess_notification;
typedef struct {
    tess_cptr address;
} tess_reply;
typedef struct {
    tess_cptr address;
} tess_sched_context;
typedef struct {
    tess_cptr address;
} tess_sched_control;
typedef struct {
    tess_cptr address;
} tess_frame;
typedef struct {
    tess_cptr address;
} tess_page_table;
typedef struct {
    tess_cptr address;
} tess_vspace;
typedef struct {
    tess_cptr address;
} tess_irq_control;
typedef struct {
    tess_cptr address;
} tess_irq_handler;
typedef struct {
    tess_cptr address;
} tess_fp;
typedef struct {
    tess_cptr address;
} tess_firmware;

typedef struct {
    tess_cptr address;
} tess_timer;

/* ---- Results ----------------------------------------------------------------------------------- */

/*
 * argument: TESS_ARG_... of kernel/abi.h. detail: with an error, its detail (see enum tess_error);
 * without, the value the operation returns, or zero.
 */
typedef struct {
    enum tess_error error;
    unsigned argument;
    tess_word detail;
} tess_result;

static inline bool tess_failed(tess_result result)
{
    return result.error != TESS_OK;
}

/* What the error means, in a few words, and its name without TESS_ERR_. */
const char *tess_strerror(enum tess_error error);
const char *tess_error_name(enum tess_error error);

/* "word 2" and the like, for TESS_ARG_...; static text, valid until the next call. */
const char *tess_argument_name(unsigned argument);

/* What a type is called in lists: "cnode", "endpoint"; what a fault is: "read", "illegal instruction". */
const char *tess_type_name(enum tess_type type);
const char *tess_fault_name(enum tess_fault fault);
const char *tess_thread_state_name(enum tess_thread_state state);

/* One line without newline: "OCCUPIED: the destination slot is not empty (word 0, detail 0x0)". */
#define TESS_DESCRIBE_BYTES 128
char *tess_describe(char text[TESS_DESCRIBE_BYTES], tess_result result);

/* Prints "WHAT: " and the description on stderr, with a newline. */
void tess_report(const char *what, tess_result result);

/* Prints the same with the program's name in front, and ends the program. */
_Noreturn void tess_fatal(const char *what, tess_result result);

/* ---- Messages ---------------------------------------------------------------------------------- */

/*
 * A message as it goes through the registers. Words 8 and on are in the IPC buffer of the thread; the
 * functions in userland/lib/message.h hide the difference. Every system call passes all eight words, so
 * a message must be initialised: `tess_message m = {.info = TESS_INFO(label, words, 0)}`.
 */
typedef struct {
    tess_word info;  /* TESS_INFO(label, words, capabilities) */
    tess_word badge; /* received: of the sender's capability; of a notification: its word */
    tess_word flags; /* received: TESS_STATUS_NOTIFICATION, _FAULT, _TRUNCATED */
    tess_word words[TESS_REGISTER_WORDS];
} tess_message;

/* The IPC buffer of this thread, or null while it has none. */
extern _Thread_local struct tess_ipc_buffer *tess_buffer;

/* Any system call, on a message; the functions below are made of it. */
tess_result tess_syscall(enum tess_syscall operation, tess_cptr capability, tess_reply reply,
                         tess_message *m);

/* Send the message and wait for the answer, which replaces it. */
tess_result tess_call(tess_endpoint endpoint, tess_message *m);
tess_result tess_send(tess_endpoint endpoint, tess_message *m);
tess_result tess_nbsend(tess_endpoint endpoint, tess_message *m);

/* Wait for a message, or for the bound notification: look at m->flags before anything else. */
tess_result tess_recv(tess_endpoint endpoint, tess_reply reply, tess_message *m);
tess_result tess_nbrecv(tess_endpoint endpoint, tess_reply reply, tess_message *m);

/* Answer with m whom `reply` holds, then receive into m with `reply`. */
tess_result tess_reply_recv(tess_endpoint endpoint, tess_reply reply, tess_message *m);

/* Answer whom `reply` holds, and go on. */
tess_result tess_answer(tess_reply reply, tess_message *m);

tess_result tess_signal(tess_notification notification);
tess_result tess_wait(tess_notification notification, tess_word *word);
tess_result tess_poll(tess_notification notification, tess_word *word); /* WOULD_BLOCK: nothing there */

void tess_yield(void);

/* What a capability is, and the state of what it names (CAP-8). */
tess_result tess_inspect(tess_cptr capability, struct tess_inspect *out);

/* ---- CNodes (CN). `slot` and `to` are addresses from `cnode`; `from` one from `source`, or, when that
 * is null, from the caller's own CSpace. ------------------------------------------------------------ */

tess_result tess_cnode_copy(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from,
                            unsigned rights);
tess_result tess_cnode_mint(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from,
                            unsigned rights, tess_word badge);
tess_result tess_cnode_move(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from);
tess_result tess_cnode_swap(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from);
tess_result tess_cnode_delete(tess_cnode cnode, tess_cptr slot);
tess_result tess_cnode_revoke(tess_cnode cnode, tess_cptr slot);
tess_result tess_cnode_cancel(tess_cnode cnode, tess_cptr slot);

/* ---- Untyped memory (UT) -------------------------------------------------------------------------- */

/* size: see TESS_UNTYPED_RETYPE. With OCCUPIED, detail: how many objects were made before. */
tess_result tess_untyped_retype(tess_untyped untyped, enum tess_type type, tess_word size, tess_cnode cnode,
                                tess_cptr first, tess_word count);
tess_result tess_untyped_reset(tess_untyped untyped);

/* ---- Threads (TH) --------------------------------------------------------------------------------- */

/*
 * What is null is taken away. frame: with READ and WRITE; offset: a multiple of TESS_BUFFER_BYTES. fault, timeout:
 * endpoints with CALL. priority and ceiling: at most 255, and no more than the ceiling of `authority`.
 */
tess_result tess_tcb_set_spaces(tess_tcb tcb, tess_cnode cspace, tess_vspace vspace);
tess_result tess_tcb_set_buffer(tess_tcb tcb, tess_frame frame, tess_word offset);
tess_result tess_tcb_set_handlers(tess_tcb tcb, tess_endpoint fault, tess_endpoint timeout);
tess_result tess_tcb_set_priority(tess_tcb tcb, tess_tcb authority, unsigned priority, unsigned ceiling);
tess_result tess_tcb_bind_notification(tess_tcb tcb, tess_notification notification);
tess_result tess_tcb_bind_fp(tess_tcb tcb, tess_fp fp);

/* Registers `first` and on, numbered as RISC-V does, 0 = pc. More than eight need an IPC buffer to read,
 * more than five to write. */
tess_result tess_tcb_read_registers(tess_tcb tcb, unsigned first, unsigned count, bool suspend,
                                    tess_word *values);
tess_result tess_tcb_write_registers(tess_tcb tcb, unsigned first, unsigned count, bool resume,
                                     const tess_word *values);
tess_result tess_tcb_suspend(tess_tcb tcb);
tess_result tess_tcb_resume(tess_tcb tcb);

/* detail on success: the flags now. TESS_TCB_... */
tess_result tess_tcb_set_flags(tess_tcb tcb, tess_word clear, tess_word set);
tess_result tess_tcb_step(tess_tcb tcb);

/* ---- Time (SC). Ticks are those of the time CSR. --------------------------------------------------- */

tess_result tess_sched_control_configure(tess_sched_control control, tess_sched_context context,
                                         tess_word budget, tess_word period, unsigned refills,
                                         tess_word badge);
tess_result tess_sched_context_bind(tess_sched_context context, tess_tcb tcb);

/* Instead of to a thread: the notification lends it to who takes its word without a context (NT-9). */
tess_result tess_sched_context_bind_notification(tess_sched_context context, tess_notification notification);
tess_result tess_sched_context_unbind(tess_sched_context context);

/* detail on success: the ticks. YIELD_TO also puts its thread before the others of its priority (SC-16). */
tess_result tess_sched_context_consumed(tess_sched_context context);
tess_result tess_sched_context_yield_to(tess_sched_context context);

/* From now on the kernel writes a struct tess_trace into the frame; null: into none any more (SC-17). */
tess_result tess_sched_control_trace(tess_sched_control control, tess_frame frame);

/* Timers (TM): the shortest time between two expirations of one; when it expires first, and, unless the period
 * is 0, after each period again. */
tess_result tess_sched_control_set_interval(tess_sched_control control, tess_timer timer, tess_word ticks);
tess_result tess_timer_arm(tess_timer timer, tess_word when, tess_word period);
tess_result tess_timer_cancel(tess_timer timer);
tess_result tess_timer_bind(tess_timer timer, tess_notification notification);

/* ---- Address spaces (VM) --------------------------------------------------------------------------- */

/* address: of a frame, a multiple of its size; of a table, any that it shall cover. TABLE: one is missing there. */
tess_result tess_frame_map(tess_frame frame, tess_vspace vspace, tess_word address, unsigned rights);
tess_result tess_frame_protect(tess_frame frame, unsigned rights);
tess_result tess_frame_unmap(tess_frame frame);
tess_result tess_page_table_map(tess_page_table table, tess_vspace vspace, tess_word address);
tess_result tess_page_table_unmap(tess_page_table table);

/*
 * Over `count` consecutive slots of `cnode`, from `first` on. When a frame refuses, detail is the number of
 * slots before it, which are done (VM-15, VM-16).
 */
tess_result tess_vspace_map_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count,
                                  tess_word address, unsigned rights);
tess_result tess_vspace_protect_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count,
                                      unsigned rights);
tess_result tess_vspace_unmap_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count);

/* ---- Interrupts (IRQ) ------------------------------------------------------------------------------ */

/* interrupt: its number at the controller; priority: from 1 on, up to what the controller has, higher ones first. */
tess_result tess_irq_control_get(tess_irq_control control, unsigned interrupt, tess_cnode cnode,
                                 tess_cptr slot, tess_notification notification,
                                 enum tess_irq_trigger trigger, unsigned priority);
tess_result tess_irq_handler_ack(tess_irq_handler handler);
tess_result tess_irq_handler_bind(tess_irq_handler handler, tess_notification notification);
tess_result tess_irq_handler_set_priority(tess_irq_handler handler, unsigned priority);
tess_result tess_irq_handler_set_affinity(tess_irq_handler handler, unsigned hart);

/* ---- Firmware (FW) --------------------------------------------------------------------------------- */

/* At most TESS_FIRMWARE_PUT_MAX bytes. */
tess_result tess_firmware_put(tess_firmware firmware, const char *text, size_t length);
tess_result tess_firmware_shutdown(tess_firmware firmware);
tess_result tess_firmware_reboot(tess_firmware firmware);

#endif
