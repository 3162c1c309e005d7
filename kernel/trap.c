/*
 * kernel/trap.c: what brought us into the kernel (SPEC ABI-4, TH-10, VM-10).
 */
#include "kernel/trap.h"

#include "kernel/fault.h"
#include "kernel/fp.h"
#include "kernel/irq.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/vspace.h"

#define SCAUSE_INTERRUPT (1ull << 63)
#define SIP_TIMER        (1ull << 5)
#define SIP_EXTERNAL     (1ull << 9)

/* scause of an exception (RISC-V privileged specification, table 4.2). */
enum exception {
    FETCH_MISALIGNED = 0,
    FETCH_ACCESS = 1,
    ILLEGAL_INSTRUCTION = 2,
    BREAKPOINT = 3,
    LOAD_MISALIGNED = 4,
    LOAD_ACCESS = 5,
    STORE_MISALIGNED = 6,
    STORE_ACCESS = 7,
    FETCH_PAGE = 12,
    LOAD_PAGE = 13,
    STORE_PAGE = 15,
};

/* ---- interrupts ------------------------------------------------------------------------------------- */

static word pending(void)
{
    word sip, sie;
    asm volatile("csrr %0, sip" : "=r"(sip));
    asm volatile("csrr %0, sie" : "=r"(sie));
    return sip & sie;
}

bool trap_device_pending(void)
{
    return pending() & SIP_EXTERNAL;
}

bool trap_interrupt_pending(void)
{
    return pending() != 0;
}

void trap_interrupts(void)
{
    word sip = pending();
    if (sip & SIP_EXTERNAL)
        irq_deliver();
    if (sip & SIP_TIMER)
        sched_timer();
}

/* Who runs next, in user mode. */
static struct tcb *leave(void)
{
    struct tcb *next = sched_next();
    ghost_leave();
    return next;
}

struct tcb *trap_syscall(struct tcb *tcb)
{
    ghost_enter();
    if (!syscall_handle(tcb))
        trap_interrupts();
    return leave();
}

/* ---- exceptions --------------------------------------------------------------------------------------- */

/* VM-10: a hart may remember that nothing was mapped. A fence cures that; once for each place. */
static bool retry_after_fence(struct tcb *tcb, word address, word scause)
{
    struct hart *hart = this_hart;
    if (!vspace_allows(tcb_vspace(tcb), address, scause)) {
        hart->retry_pc = hart->retry_address = 0;
        return false;
    }
    if (hart->retry_pc == tcb->registers.pc && hart->retry_address == address)
        return false;
    hart->retry_pc = tcb->registers.pc;
    hart->retry_address = address;
    mmu_fence_all(); /* of all levels: a table may be what is new */
    return true;
}

static void page_fault(struct tcb *tcb, enum tess_fault fault, word scause, word stval)
{
    if (!retry_after_fence(tcb, stval, scause))
        fault_raise(tcb, fault, stval, scause);
}

static void illegal_instruction(struct tcb *tcb, word scause, word stval)
{
    if (fp_claim(tcb))
        return;
    bool fp = !tcb->fp && fp_is_instruction(stval);
    fault_raise(tcb, fp ? TESS_FAULT_FP : TESS_FAULT_ILLEGAL, stval, scause);
}

static void exception(struct tcb *tcb, word scause, word stval)
{
    switch (scause) {
    case ILLEGAL_INSTRUCTION:
        illegal_instruction(tcb, scause, stval);
        break;
    case FETCH_PAGE:
        page_fault(tcb, TESS_FAULT_EXECUTE, scause, stval);
        break;
    case LOAD_PAGE:
        page_fault(tcb, TESS_FAULT_READ, scause, stval);
        break;
    case STORE_PAGE:
        page_fault(tcb, TESS_FAULT_WRITE, scause, stval);
        break;
    case BREAKPOINT:
        fault_raise(tcb, TESS_FAULT_BREAKPOINT, stval, scause);
        break;
    case FETCH_MISALIGNED:
    case LOAD_MISALIGNED:
    case STORE_MISALIGNED:
        fault_raise(tcb, TESS_FAULT_MISALIGNED, stval, scause);
        break;
    case FETCH_ACCESS:
    case LOAD_ACCESS:
    case STORE_ACCESS:
        fault_raise(tcb, TESS_FAULT_ACCESS, stval, scause);
        break;
    default:
        fault_raise(tcb, TESS_FAULT_UNKNOWN, stval, scause);
        break;
    }
}

struct tcb *trap_other(struct tcb *tcb, word scause, word stval)
{
    ghost_enter();
    tcb->resume = RESUME_FULL;
    if (scause & SCAUSE_INTERRUPT)
        trap_interrupts();
    else
        exception(tcb, scause, stval);
    return leave();
}

_Noreturn void trap_kernel(word sepc)
{
    panic_at("trap in the kernel", sepc, "ABI-4");
}
