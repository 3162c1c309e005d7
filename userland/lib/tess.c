/*
 * userland/lib/tess.c: the operations of userland/lib/tess.h, each one system call (ABI-1, ABI-9).
 */
#include <string.h>

#include "userland/lib/message.h"
#include "userland/lib/syscall.h"
#include "userland/lib/tess.h"

_Thread_local struct tess_ipc_buffer *tess_buffer;

tess_result tess_syscall(enum tess_syscall operation, tess_cptr capability, tess_reply reply, tess_message *m)
{
    tess_word t0 = reply.address;
    tess_word status = tess_ecall(operation, capability, &m->info, &t0, m->words);
    tess_result result = {TESS_STATUS_ERROR(status), TESS_STATUS_ARGUMENT(status), 0};

    m->badge = t0;
    m->flags = status & ~(tess_word)0xffff;
    if (result.error != TESS_OK)
        result.detail = t0;
    return result;
}

static const tess_reply no_reply = {TESS_NULL};

/* An operation of a kernel object: m has the words; its first word of the answer is the detail. */
static tess_result invoke(tess_cptr capability, tess_word label, unsigned words, tess_message *m)
{
    m->info = TESS_INFO(label, words, 0);
    tess_result result = tess_syscall(TESS_SYS_CALL, capability, no_reply, m);

    if (result.error == TESS_OK && TESS_INFO_WORDS(m->info) > 0)
        result.detail = m->words[0];
    return result;
}

/* ---- Messages ---------------------------------------------------------------------------------- */

tess_result tess_call(tess_endpoint endpoint, tess_message *m)
{
    return tess_syscall(TESS_SYS_CALL, endpoint.address, no_reply, m);
}

tess_result tess_send(tess_endpoint endpoint, tess_message *m)
{
    return tess_syscall(TESS_SYS_SEND, endpoint.address, no_reply, m);
}

tess_result tess_nbsend(tess_endpoint endpoint, tess_message *m)
{
    return tess_syscall(TESS_SYS_NBSEND, endpoint.address, no_reply, m);
}

tess_result tess_recv(tess_endpoint endpoint, tess_reply reply, tess_message *m)
{
    *m = (tess_message){0};
    return tess_syscall(TESS_SYS_RECV, endpoint.address, reply, m);
}

tess_result tess_nbrecv(tess_endpoint endpoint, tess_reply reply, tess_message *m)
{
    *m = (tess_message){0};
    return tess_syscall(TESS_SYS_NBRECV, endpoint.address, reply, m);
}

tess_result tess_reply_recv(tess_endpoint endpoint, tess_reply reply, tess_message *m)
{
    return tess_syscall(TESS_SYS_REPLY_RECV, endpoint.address, reply, m);
}

tess_result tess_answer(tess_reply reply, tess_message *m)
{
    return tess_syscall(TESS_SYS_SEND, reply.address, no_reply, m);
}

tess_result tess_signal(tess_notification notification)
{
    tess_message m = {0};

    return tess_syscall(TESS_SYS_SEND, notification.address, no_reply, &m);
}

tess_result tess_wait(tess_notification notification, tess_word *word)
{
    tess_message m = {0};
    tess_result result = tess_syscall(TESS_SYS_RECV, notification.address, no_reply, &m);

    *word = tess_failed(result) ? 0 : m.badge;
    return result;
}

tess_result tess_poll(tess_notification notification, tess_word *word)
{
    tess_message m = {0};
    tess_result result = tess_syscall(TESS_SYS_NBRECV, notification.address, no_reply, &m);

    *word = tess_failed(result) ? 0 : m.badge;
    return result;
}

void tess_yield(void)
{
    tess_message m = {0};

    tess_syscall(TESS_SYS_YIELD, TESS_NULL, no_reply, &m);
}

_Static_assert(sizeof(struct tess_inspect) == TESS_REGISTER_WORDS * sizeof(tess_word),
               "INSPECT answers in the registers");

tess_result tess_inspect(tess_cptr capability, struct tess_inspect *out)
{
    tess_message m = {0};
    tess_result result = tess_syscall(TESS_SYS_INSPECT, capability, no_reply, &m);

    *out = (struct tess_inspect){0};
    if (result.error == TESS_OK)
        memcpy(out, m.words, sizeof *out);
    return result;
}

/* ---- CNodes and untyped memory ------------------------------------------------------------------- */

tess_result tess_cnode_copy(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from,
                            unsigned rights)
{
    tess_message m = {.words = {to, source.address, from, rights}};

    return invoke(cnode.address, TESS_CNODE_COPY, 4, &m);
}

tess_result tess_cnode_mint(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from,
                            unsigned rights, tess_word badge)
{
    tess_message m = {.words = {to, source.address, from, rights, badge}};

    return invoke(cnode.address, TESS_CNODE_MINT, 5, &m);
}

tess_result tess_cnode_move(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from)
{
    tess_message m = {.words = {to, source.address, from}};

    return invoke(cnode.address, TESS_CNODE_MOVE, 3, &m);
}

tess_result tess_cnode_swap(tess_cnode cnode, tess_cptr to, tess_cnode source, tess_cptr from)
{
    tess_message m = {.words = {to, source.address, from}};

    return invoke(cnode.address, TESS_CNODE_SWAP, 3, &m);
}

tess_result tess_cnode_delete(tess_cnode cnode, tess_cptr slot)
{
    tess_message m = {.words = {slot}};

    return invoke(cnode.address, TESS_CNODE_DELETE, 1, &m);
}

tess_result tess_cnode_revoke(tess_cnode cnode, tess_cptr slot)
{
    tess_message m = {.words = {slot}};

    return invoke(cnode.address, TESS_CNODE_REVOKE, 1, &m);
}

tess_result tess_cnode_cancel(tess_cnode cnode, tess_cptr slot)
{
    tess_message m = {.words = {slot}};

    return invoke(cnode.address, TESS_CNODE_CANCEL, 1, &m);
}

tess_result tess_untyped_retype(tess_untyped untyped, enum tess_type type, tess_word size, tess_cnode cnode,
                                tess_cptr first, tess_word count)
{
    tess_message m = {.words = {type, size, cnode.address, first, count}};

    return invoke(untyped.address, TESS_UNTYPED_RETYPE, 5, &m);
}

tess_result tess_untyped_reset(tess_untyped untyped)
{
    tess_message m = {0};

    return invoke(untyped.address, TESS_UNTYPED_RESET, 0, &m);
}

/* ---- Threads ---------------------------------------------------------------------------------------- */

tess_result tess_tcb_set_spaces(tess_tcb tcb, tess_cnode cspace, tess_vspace vspace)
{
    tess_message m = {.words = {cspace.address, vspace.address}};

    return invoke(tcb.address, TESS_TCB_SET_SPACES, 2, &m);
}

tess_result tess_tcb_set_buffer(tess_tcb tcb, tess_frame frame, tess_word offset)
{
    tess_message m = {.words = {frame.address, offset}};

    return invoke(tcb.address, TESS_TCB_SET_BUFFER, 2, &m);
}

tess_result tess_tcb_set_handlers(tess_tcb tcb, tess_endpoint fault, tess_endpoint timeout)
{
    tess_message m = {.words = {fault.address, timeout.address}};

    return invoke(tcb.address, TESS_TCB_SET_HANDLERS, 2, &m);
}

tess_result tess_tcb_set_priority(tess_tcb tcb, tess_tcb authority, unsigned priority, unsigned ceiling)
{
    tess_message m = {.words = {authority.address, priority, ceiling}};

    return invoke(tcb.address, TESS_TCB_SET_PRIORITY, 3, &m);
}

tess_result tess_tcb_bind_notification(tess_tcb tcb, tess_notification notification)
{
    tess_message m = {.words = {notification.address}};

    return invoke(tcb.address, TESS_TCB_BIND_NOTIFICATION, 1, &m);
}

tess_result tess_tcb_bind_fp(tess_tcb tcb, tess_fp fp)
{
    tess_message m = {.words = {fp.address}};

    return invoke(tcb.address, TESS_TCB_BIND_FP, 1, &m);
}

tess_result tess_tcb_read_registers(tess_tcb tcb, unsigned first, unsigned count, bool suspend,
                                    tess_word *values)
{
    tess_message m = {.words = {first, count, suspend}};
    tess_result result = invoke(tcb.address, TESS_TCB_READ_REGS, 3, &m);
    unsigned words = TESS_INFO_WORDS(m.info);

    for (unsigned i = 0; result.error == TESS_OK && i < count && i < words; i++)
        values[i] = tess_message_get(&m, i);
    result.detail = result.error == TESS_OK ? words : result.detail;
    return result;
}

tess_result tess_tcb_write_registers(tess_tcb tcb, unsigned first, unsigned count, bool resume,
                                     const tess_word *values)
{
    tess_message m = {.words = {first, count, resume}};

    for (unsigned i = 0; i < count && i < TESS_REGISTERS; i++)
        tess_message_set(&m, 3 + i, values[i]);
    return invoke(tcb.address, TESS_TCB_WRITE_REGS, 3 + (count < TESS_REGISTERS ? count : TESS_REGISTERS),
                  &m);
}

tess_result tess_tcb_suspend(tess_tcb tcb)
{
    tess_message m = {0};

    return invoke(tcb.address, TESS_TCB_SUSPEND, 0, &m);
}

tess_result tess_tcb_resume(tess_tcb tcb)
{
    tess_message m = {0};

    return invoke(tcb.address, TESS_TCB_RESUME, 0, &m);
}

tess_result tess_tcb_set_flags(tess_tcb tcb, tess_word clear, tess_word set)
{
    tess_message m = {.words = {clear, set}};

    return invoke(tcb.address, TESS_TCB_SET_FLAGS, 2, &m);
}

tess_result tess_tcb_step(tess_tcb tcb)
{
    tess_message m = {0};

    return invoke(tcb.address, TESS_TCB_STEP, 0, &m);
}

/* ---- Time ------------------------------------------------------------------------------------------- */

tess_result tess_sched_control_configure(tess_sched_control control, tess_sched_context context,
                                         tess_word budget, tess_word period, unsigned refills,
                                         tess_word badge)
{
    tess_message m = {.words = {context.address, budget, period, refills, badge}};

    return invoke(control.address, TESS_SCHED_CONTROL_CONFIGURE, 5, &m);
}

tess_result tess_sched_context_bind(tess_sched_context context, tess_tcb tcb)
{
    tess_message m = {.words = {tcb.address}};

    return invoke(context.address, TESS_SCHED_CONTEXT_BIND, 1, &m);
}

tess_result tess_sched_context_bind_notification(tess_sched_context context, tess_notification notification)
{
    return tess_sched_context_bind(context, (tess_tcb){notification.address});
}

tess_result tess_sched_context_unbind(tess_sched_context context)
{
    tess_message m = {0};

    return invoke(context.address, TESS_SCHED_CONTEXT_UNBIND, 0, &m);
}

tess_result tess_sched_context_consumed(tess_sched_context context)
{
    tess_message m = {0};

    return invoke(context.address, TESS_SCHED_CONTEXT_CONSUMED, 0, &m);
}

tess_result tess_sched_context_yield_to(tess_sched_context context)
{
    tess_message m = {0};

    return invoke(context.address, TESS_SCHED_CONTEXT_YIELD_TO, 0, &m);
}

tess_result tess_sched_control_trace(tess_sched_control control, tess_frame frame)
{
    tess_message m = {.words = {frame.address}};

    return invoke(control.address, TESS_SCHED_CONTROL_TRACE, 1, &m);
}

tess_result tess_sched_control_set_interval(tess_sched_control control, tess_timer timer, tess_word ticks)
{
    tess_message m = {.words = {timer.address, ticks}};

    return invoke(control.address, TESS_SCHED_CONTROL_SET_INTERVAL, 2, &m);
}

tess_result tess_timer_arm(tess_timer timer, tess_word when, tess_word period)
{
    tess_message m = {.words = {when, period}};

    return invoke(timer.address, TESS_TIMER_ARM, 2, &m);
}

tess_result tess_timer_cancel(tess_timer timer)
{
    tess_message m = {0};

    return invoke(timer.address, TESS_TIMER_CANCEL, 0, &m);
}

tess_result tess_timer_bind(tess_timer timer, tess_notification notification)
{
    tess_message m = {.words = {notification.address}};

    return invoke(timer.address, TESS_TIMER_BIND, 1, &m);
}

/* ---- Address spaces --------------------------------------------------------------------------------- */

tess_result tess_frame_map(tess_frame frame, tess_vspace vspace, tess_word address, unsigned rights)
{
    tess_message m = {.words = {vspace.address, address, rights, 0}};

    return invoke(frame.address, TESS_FRAME_MAP, 4, &m);
}

tess_result tess_frame_protect(tess_frame frame, unsigned rights)
{
    tess_message m = {.words = {rights}};

    return invoke(frame.address, TESS_FRAME_PROTECT, 1, &m);
}

tess_result tess_frame_unmap(tess_frame frame)
{
    tess_message m = {0};

    return invoke(frame.address, TESS_FRAME_UNMAP, 0, &m);
}

tess_result tess_page_table_map(tess_page_table table, tess_vspace vspace, tess_word address)
{
    tess_message m = {.words = {vspace.address, address}};

    return invoke(table.address, TESS_PAGE_TABLE_MAP, 2, &m);
}

tess_result tess_page_table_unmap(tess_page_table table)
{
    tess_message m = {0};

    return invoke(table.address, TESS_PAGE_TABLE_UNMAP, 0, &m);
}

tess_result tess_vspace_map_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count,
                                  tess_word address, unsigned rights)
{
    tess_message m = {.words = {cnode.address, first, count, address, rights}};

    return invoke(vspace.address, TESS_VSPACE_MAP_RANGE, 7, &m);
}

tess_result tess_vspace_protect_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count,
                                      unsigned rights)
{
    tess_message m = {.words = {cnode.address, first, count, 0, rights}};

    return invoke(vspace.address, TESS_VSPACE_PROTECT_RANGE, 7, &m);
}

tess_result tess_vspace_unmap_range(tess_vspace vspace, tess_cnode cnode, tess_cptr first, tess_word count)
{
    tess_message m = {.words = {cnode.address, first, count}};

    return invoke(vspace.address, TESS_VSPACE_UNMAP_RANGE, 7, &m);
}

/* ---- Interrupts and firmware ------------------------------------------------------------------------ */

tess_result tess_irq_control_get(tess_irq_control control, unsigned interrupt, tess_cnode cnode,
                                 tess_cptr slot, tess_notification notification,
                                 enum tess_irq_trigger trigger, unsigned priority)
{
    tess_message m = {.words = {interrupt, cnode.address, slot, notification.address, trigger, priority}};

    return invoke(control.address, TESS_IRQ_CONTROL_GET, 6, &m);
}

tess_result tess_irq_handler_ack(tess_irq_handler handler)
{
    tess_message m = {0};

    return invoke(handler.address, TESS_IRQ_HANDLER_ACK, 0, &m);
}

tess_result tess_irq_handler_bind(tess_irq_handler handler, tess_notification notification)
{
    tess_message m = {.words = {notification.address}};

    return invoke(handler.address, TESS_IRQ_HANDLER_BIND, 1, &m);
}

tess_result tess_irq_handler_set_priority(tess_irq_handler handler, unsigned priority)
{
    tess_message m = {.words = {priority}};

    return invoke(handler.address, TESS_IRQ_HANDLER_SET_PRIORITY, 1, &m);
}

tess_result tess_irq_handler_set_affinity(tess_irq_handler handler, unsigned hart)
{
    tess_message m = {.words = {hart}};

    return invoke(handler.address, TESS_IRQ_HANDLER_SET_AFFINITY, 1, &m);
}

tess_result tess_firmware_put(tess_firmware firmware, const char *text, size_t length)
{
    tess_message m = {0};

    if (length > TESS_FIRMWARE_PUT_MAX)
        length = TESS_FIRMWARE_PUT_MAX;
    m.words[0] = length;
    memcpy(&m.words[1], text, length);
    return invoke(firmware.address, TESS_FIRMWARE_PUT, TESS_REGISTER_WORDS, &m);
}

tess_result tess_firmware_shutdown(tess_firmware firmware)
{
    tess_message m = {0};

    return invoke(firmware.address, TESS_FIRMWARE_SHUTDOWN, 0, &m);
}

tess_result tess_firmware_reboot(tess_firmware firmware)
{
    tess_message m = {0};

    return invoke(firmware.address, TESS_FIRMWARE_REBOOT, 0, &m);
}
