/*
 * kernel/fault.c: faults become messages to a handler, and answers let the thread go on
 * (SPEC TH-10..TH-12, SC-11).
 */
#include "kernel/fault.h"

#include "kernel/endpoint.h"
#include "kernel/sched.h"

void fault_raise(struct tcb *tcb, enum tess_fault fault, word address, word scause)
{
    enum tcb_slot which = fault == TESS_FAULT_TIMEOUT ? TCB_SLOT_TIMEOUT : TCB_SLOT_FAULT;
    struct cap handler = tcb->slots[which].cap;

    tcb->fault = fault;
    tcb->fault_pc = tcb->registers.pc;
    tcb->fault_address = address;
    tcb->fault_cause = scause;
    if (cap_type(handler) == CAP_ENDPOINT)
        endpoint_send_fault(tcb, handler);
    else
        tcb->state = TESS_THREAD_INACTIVE;
}

void fault_timeout(struct tcb *tcb, word badge)
{
    if (cap_type(tcb->slots[TCB_SLOT_TIMEOUT].cap) == CAP_ENDPOINT)
        fault_raise(tcb, TESS_FAULT_TIMEOUT, badge, 0);
}

void fault_transfer(const struct tcb *faulted, struct tcb *receiver, word badge)
{
    tcb_set_result(receiver, TESS_STATUS_FAULT, badge);
    receiver->registers.a1 = TESS_INFO(faulted->fault, 4, 0);
    receiver->registers.words[0] = faulted->fault_pc;
    receiver->registers.words[1] = faulted->fault_address;
    receiver->registers.words[2] = faulted->fault_cause;
    receiver->registers.words[3] = faulted->registers.sp;
}

void fault_answer(const struct tcb *handler, struct tcb *faulted)
{
    word info = handler->registers.a1;

    if (TESS_INFO_LABEL(info) != 0) {
        faulted->state = TESS_THREAD_INACTIVE;
        return;
    }
    if (TESS_INFO_WORDS(info) > 0)
        faulted->registers.pc = handler->registers.words[0];
    sched_wake(faulted);
}
