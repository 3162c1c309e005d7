/*
 * kernel/offsets.c: constants that assembly needs, taken from the C types. Compiled to assembly and
 * turned into a header by the Makefile; never linked.
 */
#include "kernel/context.h"
#include "kernel/endpoint.h"
#include "kernel/fp.h"
#include "kernel/hart.h"
#include "kernel/notification.h"
#include "kernel/reply.h"
#include "kernel/serial.h"
#include "kernel/vspace.h"

#define OFFSET(name, value)        asm volatile("\n.ascii \"->" #name " %0\"" ::"i"(value))
#define MEMBER(name, type, member) OFFSET(name, offsetof(struct type, member))
#define REGISTER(name, member)     MEMBER(TCB_##name, tcb, registers.member)
#define STATE(name)                OFFSET(STATE_##name##_SHORT, TESS_THREAD_##name | RESUME_SHORT << 8)

/* fastpath.S writes state and resume as one halfword, and with the two flags behind them as one word. */
_Static_assert(offsetof(struct tcb, resume) == offsetof(struct tcb, state) + 1, "halfword");
_Static_assert(offsetof(struct tcb, forsaken) == offsetof(struct tcb, state) + 2, "word");
_Static_assert(offsetof(struct tcb, grant) == offsetof(struct tcb, state) + 3, "word");
_Static_assert(offsetof(struct tcb, state) % 4 == 0, "word");
_Static_assert(offsetof(struct hart, scratch) == 0, "tp is its address");
_Static_assert(PRIORITIES == 256, "the key of a queue inverts a byte");

void offsets(void);

static void offsets_trap(void)
{
    REGISTER(PC, pc);
    REGISTER(RA, ra);
    REGISTER(SP, sp);
    REGISTER(GP, gp);
    REGISTER(TP, tp);
    REGISTER(S, s);
    REGISTER(A0, a0);
    REGISTER(A1, a1);
    REGISTER(T0, t0);
    REGISTER(WORDS, words);
    REGISTER(A7, a7);
    REGISTER(T1, t1);
    REGISTER(T2, t2);
    REGISTER(T3, t3);
    MEMBER(TCB_HART, tcb, hart);
    MEMBER(TCB_RESUME, tcb, resume);
    MEMBER(HART_STACK, hart, stack);
    OFFSET(SYS_CALL_VALUE, TESS_SYS_CALL);
    OFFSET(SYS_REPLY_RECV_VALUE, TESS_SYS_REPLY_RECV);
}

static void offsets_objects(void)
{
    MEMBER(TCB_CSPACE_CAP, tcb, slots[TCB_SLOT_CSPACE].cap);
    MEMBER(TCB_VSPACE_CAP, tcb, slots[TCB_SLOT_VSPACE].cap);
    MEMBER(TCB_CONTEXT, tcb, context);
    MEMBER(TCB_LENT, tcb, lent);
    MEMBER(TCB_OLDER, tcb, older);
    MEMBER(TCB_NEWER, tcb, newer);
    MEMBER(TCB_REPLY, tcb, reply);
    MEMBER(TCB_STATE, tcb, state);
    MEMBER(TCB_PRIORITY, tcb, priority);
    MEMBER(TCB_FLAGS, tcb, flags);
    MEMBER(TCB_NODE, tcb, node);
    MEMBER(TCB_WAITS_ON, tcb, waits_on);
    MEMBER(TCB_NOTIFICATION, tcb, notification);
    MEMBER(TCB_FP, tcb, fp);
    MEMBER(NODE_KEY, queue_node, key);
    MEMBER(ENDPOINT_ROOT, endpoint, queue.root);
    MEMBER(ENDPOINT_FIRST, endpoint, queue.first);
    MEMBER(ENDPOINT_WAITERS, endpoint, waiters);
    MEMBER(NOTIFICATION_SIGNALLED, notification, signalled);
    MEMBER(REPLY_THREAD, reply, thread);
    MEMBER(REPLY_RIGHTS, reply, rights);
    MEMBER(CONTEXT_THREAD, context, thread);
    MEMBER(CONTEXT_TOP, context, top);
    MEMBER(CONTEXT_RISEN, context, risen);
    MEMBER(VSPACE_SATP, vspace, satp);
    MEMBER(VSPACE_GENERATION, vspace, generation);
    MEMBER(HART_CURRENT, hart, current);
    MEMBER(HART_READY_BEST, hart, ready_best);
    MEMBER(HART_SERIAL, hart, serial);
    MEMBER(HART_VSPACE, hart, vspace);
    MEMBER(HART_GENERATION, hart, asid_generation);
    MEMBER(HART_FP, hart, fp);
    MEMBER(HART_FP_ON, hart, fp_on);
}

static void offsets_values(void)
{
    OFFSET(CAP_TYPE_BITS, CAP_TYPE_MASK);
    OFFSET(CAP_DYING_BIT, CAP_DYING);
    OFFSET(CAP_OBJECT_SHIFT, CAP_OBJECT_BIT);
    OFFSET(CAP_ENDPOINT_VALUE, CAP_ENDPOINT);
    OFFSET(CAP_REPLY_VALUE, CAP_REPLY);
    OFFSET(TESS_RIGHT_CALL_VALUE, TESS_RIGHT_CALL);
    OFFSET(TESS_RIGHT_RECV_VALUE, TESS_RIGHT_RECV);
    OFFSET(TESS_REGISTER_WORDS_VALUE, TESS_REGISTER_WORDS);
    OFFSET(ENDPOINT_ONE_RECEIVER, ENDPOINT_RECEIVERS | ENDPOINT_ONE);
    OFFSET(RIGHTS_SHIFT, CAP_RIGHTS_BIT);
    OFFSET(STATE_AWAITING_REPLY_VALUE, TESS_THREAD_AWAITING_REPLY);
    STATE(AWAITING_REPLY);
    STATE(READY);
    STATE(RECEIVING);
    OFFSET(SERIAL_SHIFT, SERIAL_BITS);
    OFFSET(FP_ON_VALUE, FP_ON);
}

void offsets(void)
{
    offsets_trap();
    offsets_objects();
    offsets_values();
}
