/*
 * kernel/fastpath.S: the direct path of Call and ReplyRecv (SPEC EP-14, RP-8).
 *
 * Does exactly what syscall.c and what it calls would do, for the case that everything is at hand: one
 * CNode, a message in registers, one partner waiting, its context lent or given back, nobody more
 * urgent. The message stays where it is, in registers that nothing here touches.
 *
 * Included by trap.S. On entry: tp the TCB, its preserved registers, tp and pc saved (s11 holds the pc);
 * a0 a1 t0 a7 and the message live; sscratch 0. Up to the line marked commit nothing is written and
 * `slow` finds every input intact. Owns t1-t3, ra, gp, sp and s0-s11; names below.
 */

#define endpoint s0
#define badge    s1
#define partner  s2 /* the thread that runs next */
#define reply    s3
#define context  s4 /* the scheduling context that changes hands */
#define hart     s5
#define space    s6 /* the partner's VSpace */
#define satp_new s7
#define cap      s8
#define fp_new   s9

#define CAP_LIVE (CAP_TYPE_BITS | CAP_DYING_BIT)

/* The words fit in registers and no capability travels: bits 0-11 of the information are at most 8. */
.macro check_message
    slli t1, a1, 52
    srli t1, t1, 52
    li t2, TESS_REGISTER_WORDS_VALUE
    bgtu t1, t2, slow
.endm

/* cap := word 0, t1 := word 1 of the capability at \address, in a CSpace of one CNode. */
.macro find_cap address
    ld t1, TCB_CSPACE_CAP(tp)
    ld t2, TCB_CSPACE_CAP + 8(tp) /* slots - 1 */
    andi t3, t1, CAP_LIVE
    addi t3, t3, -CAP_CNODE_VALUE
    bnez t3, slow
    bgtu \address, t2, slow
    srai t1, t1, CAP_OBJECT_SHIFT
    slli t2, \address, 5
    add t2, t2, t1
    ld cap, 0(t2)
    ld t1, 8(t2)
.endm

/* Of this live type, and with these rights. */
.macro check_cap type, rights
    andi t2, cap, CAP_LIVE | (\rights << 8)
    addi t2, t2, -(\type | (\rights << 8))
    bnez t2, slow
.endm

/* The partner's address space has an ASID of this generation, and floating point and flags can stay. */
.macro check_partner
    ld hart, TCB_HART(tp)
    ld t1, TCB_VSPACE_CAP(partner)
    lw t2, HART_GENERATION(hart)
    andi t3, t1, CAP_LIVE
    addi t3, t3, -CAP_VSPACE_VALUE
    bnez t3, slow
    srai space, t1, CAP_OBJECT_SHIFT
    lw t3, VSPACE_GENERATION(space)
    bne t2, t3, slow
    ld satp_new, VSPACE_SATP(space)
    lbu t1, TCB_FLAGS(tp)
    lbu t2, TCB_FLAGS(partner)
    bne t1, t2, slow
    ld fp_new, TCB_FP(partner)
    lbu t1, HART_FP_ON(hart)
    ld t2, HART_FP(hart)
    xor fp_new, fp_new, t2 /* 0: the registers hold the partner's values, or nobody's and it has none */
    snez t2, t2
    seqz fp_new, fp_new
    and fp_new, fp_new, t2 /* 1: floating point is to be on */
    xor fp_new, fp_new, t1 /* 1: it has to change */
.endm

/* Floating point turned on or off; fp_new is 1. */
.macro change_fp
    beqz fp_new, 8f
    lbu t1, HART_FP_ON(hart)
    li t2, SSTATUS_FS_BITS
    xori t3, t1, 1
    sb t3, HART_FP_ON(hart)
    bnez t1, 7f
    csrs sstatus, t2
    j 8f
7:  csrc sstatus, t2
8:
.endm

/* Into the partner, in its address space; a0 and t0 are set by the caller. */
.macro run_partner
    ld t2, HART_VSPACE(hart)
    ld t1, TCB_PC(partner)
    beq t2, space, 9f
    sd space, HART_VSPACE(hart)
    csrw satp, satp_new
9:  sd partner, HART_CURRENT(hart)
    csrw sepc, t1
    csrw sscratch, partner
    mv tp, partner
    preserved ld
    li a7, 0
    li t1, 0
    li t2, 0
    li t3, 0
    ld tp, TCB_TP(tp)
    sret
.endm

fast_call:
    check_message
    find_cap a0
    mv badge, t1
    check_cap CAP_ENDPOINT_VALUE, TESS_RIGHT_CALL_VALUE
    srai endpoint, cap, CAP_OBJECT_SHIFT
    ld t1, ENDPOINT_STATE(endpoint)
    li t2, ENDPOINT_ONE_RECEIVER
    bne t1, t2, slow
    ld partner, ENDPOINT_FIRST(endpoint)
    addi partner, partner, -TCB_NODE
    ld reply, TCB_REPLY(partner)
    ld t1, TCB_CONTEXT(partner)
    beqz reply, slow
    bnez t1, slow /* a receiver with a context of its own: time is charged elsewhere */
    lbu t1, TCB_PRIORITY(tp)
    lbu t2, TCB_PRIORITY(partner)
    bltu t2, t1, slow
    check_partner

    /* commit */
    ld context, TCB_CONTEXT(tp)
    addi s11, s11, 4
    sd s11, TCB_PC(tp)
    li t1, STATE_AWAITING_REPLY_SHORT
    sh t1, TCB_STATE(tp)
    sd reply, TCB_REPLY(tp)
    sd zero, TCB_CONTEXT(tp)

    sd zero, ENDPOINT_ROOT(endpoint)
    sd zero, ENDPOINT_FIRST(endpoint)
    sd zero, ENDPOINT_STATE(endpoint)

    lbu t2, TCB_GRANT(partner)
    ld t3, CONTEXT_TOP(context)
    li t1, REPLY_HOLDING_VALUE
    sd tp, REPLY_THREAD(reply)
    sb t1, REPLY_STATE(reply)
    sb t2, REPLY_GRANT(reply)
    sd t3, REPLY_OLDER(reply)
    sd context, REPLY_CONTEXT(reply)
    beqz t3, 1f
    sd reply, REPLY_NEWER(t3)
    sd zero, REPLY_CONTEXT(t3)
1:  sd reply, CONTEXT_TOP(context)
    sd partner, CONTEXT_THREAD(context)

    li t1, STATE_READY_SHORT
    sh t1, TCB_STATE(partner)
    sd context, TCB_CONTEXT(partner)
    sd zero, TCB_REPLY(partner)
    sd zero, TCB_WAITS_ON(partner)

    change_fp
    li a0, 0
    mv t0, badge
    run_partner

fast_reply_recv:
    check_message
    find_cap t0
    check_cap CAP_REPLY_VALUE, 0
    srai reply, cap, CAP_OBJECT_SHIFT
    find_cap a0
    check_cap CAP_ENDPOINT_VALUE, TESS_RIGHT_RECV_VALUE
    srai endpoint, cap, CAP_OBJECT_SHIFT
    lbu t1, REPLY_STATE(reply)
    li t2, REPLY_HOLDING_VALUE
    bne t1, t2, slow
    ld partner, REPLY_THREAD(reply)
    ld context, REPLY_CONTEXT(reply)
    ld t1, ENDPOINT_STATE(endpoint)
    beqz context, slow
    bnez t1, slow /* somebody is in the queue */
    ld t2, TCB_CONTEXT(tp)
    lbu t1, TCB_STATE(partner)
    ld t3, TCB_CONTEXT(partner)
    bne context, t2, slow
    addi t1, t1, -STATE_AWAITING_REPLY_VALUE
    bnez t1, slow /* it faulted: the answer means something else */
    bnez t3, slow
    ld t1, TCB_NOTIFICATION(tp)
    lbu t2, TCB_PRIORITY(partner)
    ld hart, TCB_HART(tp)
    beqz t1, 2f
    lbu t1, NOTIFICATION_SIGNALLED(t1)
    bnez t1, slow
2:  lw t3, HART_READY_BEST(hart) /* plus 1 */
    addi t2, t2, 1
    bgtu t3, t2, slow
    check_partner

    /* commit */
    addi s11, s11, 4
    sd s11, TCB_PC(tp)
    li t1, STATE_RECEIVING_SHORT
    sh t1, TCB_STATE(tp)
    sd reply, TCB_REPLY(tp)
    sd zero, TCB_CONTEXT(tp)
    sd endpoint, TCB_WAITS_ON(tp)
    srli t2, cap, 11 /* GRANT, bit 3 of the rights */
    andi t2, t2, 1
    sb t2, TCB_GRANT(tp)

    /* It is the queue: key by priority and arrival, as serial_key(). */
    ld t1, HART_SERIAL(hart)
    lbu t2, TCB_PRIORITY(tp)
    addi t1, t1, 1
    xori t2, t2, 0xff
    sd t1, HART_SERIAL(hart)
    slli t2, t2, SERIAL_SHIFT
    or t1, t1, t2
    sd t1, TCB_NODE + NODE_KEY(tp)
    sd zero, TCB_NODE + NODE_PARENT(tp)
    sd zero, TCB_NODE + NODE_CHILD(tp)
    sd zero, TCB_NODE + NODE_CHILD + 8(tp)
    li t1, 1
    sb t1, TCB_NODE + NODE_HEIGHT(tp)
    addi t1, tp, TCB_NODE
    li t2, ENDPOINT_ONE_RECEIVER
    sd t1, ENDPOINT_ROOT(endpoint)
    sd t1, ENDPOINT_FIRST(endpoint)
    sd t2, ENDPOINT_STATE(endpoint)

    ld t3, REPLY_OLDER(reply)
    li t1, REPLY_OFFERED_VALUE
    sd tp, REPLY_THREAD(reply)
    sb t1, REPLY_STATE(reply)
    sd zero, REPLY_OLDER(reply)
    sd zero, REPLY_CONTEXT(reply)
    sd t3, CONTEXT_TOP(context)
    beqz t3, 3f
    sd zero, REPLY_NEWER(t3)
    sd context, REPLY_CONTEXT(t3)
3:  sd partner, CONTEXT_THREAD(context)

    li t1, STATE_READY_SHORT
    sh t1, TCB_STATE(partner)
    sd context, TCB_CONTEXT(partner)
    sd zero, TCB_REPLY(partner)

    change_fp
    li a0, 0
    li t0, 0
    run_partner
