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
#define cap      s7
#define slots    s8
#define last     s9
#define priority s10

#define CAP_LIVE (CAP_TYPE_BITS | CAP_DYING_BIT)

/* The words fit in registers and no capability travels: bits 0-11 of the information are at most 8. */
.macro check_message
    slli t1, a1, 52
    srli t1, t1, 52
    li t2, TESS_REGISTER_WORDS_VALUE
    bgtu t1, t2, slow
.endm

/*
 * slots := those of the CNode that is the whole CSpace, last := its highest index. The TCB's slot holds
 * a CNode, whose last index is at least 1, or nothing, or the holder of one being deleted: 0 then.
 */
.macro open_cspace
    ld slots, TCB_CSPACE_CAP(tp)
    ld last, TCB_CSPACE_CAP + 8(tp)
    srai slots, slots, CAP_OBJECT_SHIFT
    beqz last, slow
.endm

/* t2 := the slot; cap := word 0 of its capability. */
.macro find_cap address
    slli t2, \address, 5
    bgtu \address, last, slow
    add t2, t2, slots
    ld cap, 0(t2)
.endm

/* Of this live type, and with these rights. */
.macro check_cap type, rights
    andi t1, cap, CAP_LIVE | (\rights << 8)
    addi t1, t1, -(\type | (\rights << 8))
    bnez t1, slow
.endm

/*
 * The partner's address space has an ASID of this generation; its flags are those of this thread. The
 * TCB's slot holds a VSpace or nothing; one that is being deleted has lost its ASID first.
 */
.macro check_partner
    ld space, TCB_VSPACE_CAP(partner)
    ld t2, HART_GENERATION(hart)
    srai space, space, CAP_OBJECT_SHIFT
    beqz space, slow
    ld t3, VSPACE_GENERATION(space)
    bne t2, t3, slow
    lbu t1, TCB_FLAGS(tp)
    lbu t2, TCB_FLAGS(partner)
    bne t1, t2, slow
.endm

/*
 * Floating point: on for this thread means off for the partner; else it may have to be turned on, if the
 * registers still hold the partner's values. Both are rare: they go by way of \away and come back.
 */
.macro change_fp away
    lbu t1, HART_FP_ON(hart)
    ld t2, HART_FP(hart)
    ld t3, TCB_FP(partner)
    bnez t1, \away
    beq t2, t3, \away
.endm

/* The way there. Owns t1 and ra. */
fp_switch:
    bnez t1, 1f
    li t1, FP_ON_VALUE
    csrs sstatus, t1
    li t1, 1
    sb t1, HART_FP_ON(hart)
    ret
1:  li t1, FP_ON_VALUE
    csrc sstatus, t1
    sb zero, HART_FP_ON(hart)
    ret

/* Into the partner, in its address space; a0 and t0 are set by the caller. */
.macro run_partner
    ld t2, HART_VSPACE(hart)
    ld t1, TCB_PC(partner)
    beq t2, space, 9f
    ld t2, VSPACE_SATP(space)
    sd space, HART_VSPACE(hart)
    csrw satp, t2
9:  sd partner, HART_CURRENT(hart)
    give_up_reservation hart
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
    open_cspace
    find_cap a0
    check_cap CAP_ENDPOINT_VALUE, TESS_RIGHT_CALL_VALUE
    ld badge, 8(t2)
    srai endpoint, cap, CAP_OBJECT_SHIFT
    ld t1, ENDPOINT_WAITERS(endpoint)
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
    ld hart, TCB_HART(tp)
    ld context, TCB_CONTEXT(tp)
    bne t2, t1, call_upwards
    check_partner

call_commit: /* commit */
    addi s11, s11, 4
    li t1, STATE_AWAITING_REPLY_SHORT
    sd s11, TCB_PC(tp)
    sw t1, TCB_STATE(tp) /* and not forsaken */
    sd reply, TCB_REPLY(tp)
    sd zero, TCB_CONTEXT(tp)

    sd zero, ENDPOINT_ROOT(endpoint)
    sd zero, ENDPOINT_FIRST(endpoint)
    sd zero, ENDPOINT_WAITERS(endpoint)

    ld t3, CONTEXT_TOP(context)
    sd tp, REPLY_THREAD(reply)
    sd context, TCB_LENT(tp)
    beqz t3, 1f
    sd t3, TCB_OLDER(tp)
    sd tp, TCB_NEWER(t3)
    sd zero, TCB_LENT(t3)
1:  sd tp, CONTEXT_TOP(context)
    sd partner, CONTEXT_THREAD(context)

    li t1, STATE_READY_SHORT
    sh t1, TCB_STATE(partner)
    sd context, TCB_CONTEXT(partner)
    sd zero, TCB_REPLY(partner)

    change_fp call_fp
call_on:
    li a0, 0
    mv t0, badge
    run_partner
call_fp:
    jal fp_switch
    j call_on

/* To a more urgent server: what it uses counts from when it uses it (SC-15). */
call_upwards:
    bltu t2, t1, slow
    check_partner
    li t1, 1
    sb t1, CONTEXT_RISEN(context)
    j call_commit

fast_reply_recv:
    check_message
    open_cspace
    find_cap t0
    check_cap CAP_REPLY_VALUE, 0
    srai reply, cap, CAP_OBJECT_SHIFT
    find_cap a0
    check_cap CAP_ENDPOINT_VALUE, TESS_RIGHT_RECV_VALUE
    srai endpoint, cap, CAP_OBJECT_SHIFT
    ld partner, REPLY_THREAD(reply)
    ld context, TCB_CONTEXT(tp)
    beqz partner, slow
    ld t1, CONTEXT_TOP(context) /* who lent it last */
    bne partner, t1, slow
    lbu t1, TCB_STATE(partner)
    ld t2, TCB_CONTEXT(partner)
    ld t3, ENDPOINT_WAITERS(endpoint)
    addi t1, t1, -STATE_AWAITING_REPLY_VALUE
    bnez t1, slow /* it faulted: the answer means something else */
    bnez t2, slow
    bnez t3, slow /* somebody is in the queue */
    ld t1, TCB_NOTIFICATION(tp)
    ld hart, TCB_HART(tp)
    lbu t2, TCB_PRIORITY(partner)
    lbu priority, TCB_PRIORITY(tp)
    beqz t1, 1f
    lbu t1, NOTIFICATION_SIGNALLED(t1)
    bnez t1, slow
1:  bgtu t2, priority, slow /* the context rises (SC-15) */
    lw t3, HART_READY_BEST(hart) /* plus 1 */
    addi t2, t2, 1
    bgtu t3, t2, slow
    check_partner

    /* commit */
    addi s11, s11, 4
    li t1, STATE_RECEIVING_SHORT
    sd s11, TCB_PC(tp)
    sh t1, TCB_STATE(tp)
    sd reply, TCB_REPLY(tp)
    sd zero, TCB_CONTEXT(tp)
    sd endpoint, TCB_WAITS_ON(tp)

    /* It is the queue. Its key is behind every key given so far, and before every later one. */
    ld t1, HART_SERIAL(hart)
    xori t2, priority, 0xff
    slli t2, t2, SERIAL_SHIFT
    or t1, t1, t2
    addi t3, tp, TCB_NODE
    li t2, ENDPOINT_ONE_RECEIVER
    sd t1, TCB_NODE + NODE_KEY(tp)
    sd t3, ENDPOINT_ROOT(endpoint)
    sd t3, ENDPOINT_FIRST(endpoint)
    sd t2, ENDPOINT_WAITERS(endpoint)

    ld t3, TCB_OLDER(partner)
    srli t1, cap, RIGHTS_SHIFT
    sd tp, REPLY_THREAD(reply)
    sb t1, REPLY_RIGHTS(reply) /* the low four bits mean something */
    sd zero, TCB_LENT(partner)
    sd t3, CONTEXT_TOP(context)
    beqz t3, 2f
    sd zero, TCB_OLDER(partner)
    sd zero, TCB_NEWER(t3)
    sd context, TCB_LENT(t3)
2:  sd partner, CONTEXT_THREAD(context)

    li t1, STATE_READY_SHORT
    sh t1, TCB_STATE(partner)
    sd context, TCB_CONTEXT(partner)
    sd zero, TCB_REPLY(partner)

    change_fp reply_recv_fp
reply_recv_on:
    li a0, 0
    li t0, 0
    run_partner
reply_recv_fp:
    jal fp_switch
    j reply_recv_on
