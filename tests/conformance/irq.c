/*
 * tests/conformance/irq.c: interrupts become signals (SPEC IRQ).
 */
#include "tests/conformance/device.h"

static struct rt_result get(tess_word irq, tess_cptr to, tess_cptr notification)
{
    return rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, irq, rt_boot.cnode, to, notification,
                     TESS_IRQ_LEVEL, 1);
}

static struct rt_result ack(tess_cptr handler)
{
    return rt_invoke(handler, TESS_IRQ_HANDLER_ACK);
}

static struct rt_result bind(tess_cptr handler, tess_cptr notification)
{
    return rt_invoke(handler, TESS_IRQ_HANDLER_BIND, notification);
}

static bool pending(tess_cptr notification, tess_word badge)
{
    struct rt_result r = rt_nbrecv(notification, TESS_NULL);
    return r.status == TESS_STATUS_NOTIFICATION && r.badge == badge;
}

/* An interrupt that no test raises. */
static unsigned quiet_irq(void)
{
    return rt_boot.machine->irq_max;
}

TEST(IRQ_01, errors, "GET: errors of each argument, in order; nothing is left behind")
{
    tess_cptr to = rt_slot(), full = new_endpoint(), cnode = new_cnode(2),
              beyond = rt_boot.tcb | 1ull << rt_boot.radix;
    tess_cptr control = rt_boot.irq_control, weak = rt_copied(new_notification(), TESS_RIGHT_RECV);
    tess_word q = quiet_irq(), all = rt_boot.cnode;
    EXPECT(q <= 255);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, 0, beyond, 0, 1, 2, 0), TESS_ERR_RANGE,
                 TESS_ARG_WORD(0), 1);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q + 1, beyond, 0, 1, 2, 0), TESS_ERR_RANGE,
                 TESS_ARG_WORD(0), q);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, ~0ull, beyond, 0, 1, 2, 0), TESS_ERR_RANGE,
                 TESS_ARG_WORD(0), q);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, beyond, 0, beyond, 2, 0), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(1), 1);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, full, 0, beyond, 2, 0), TESS_ERR_TYPE,
                 TESS_ARG_WORD(1), TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, cnode, 4, beyond, 2, 0), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(2), 1);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, full, beyond, 2, 0), TESS_ERR_OCCUPIED,
                 TESS_ARG_WORD(2), 0);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, beyond, 2, 0), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(3), 1);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, full, 2, 0), TESS_ERR_TYPE,
                 TESS_ARG_WORD(3), TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, weak, 2, 0), TESS_ERR_RIGHTS,
                 TESS_ARG_WORD(3), TESS_RIGHT_SEND);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, 0, 2, 0), TESS_ERR_ARGUMENT,
                 TESS_ARG_WORD(4), 0);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, 0, TESS_IRQ_LEVEL, 0), TESS_ERR_RANGE,
                 TESS_ARG_WORD(5), 1);
    EXPECT_EQ(TESS_STATUS_ERROR(
                  rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, 0, TESS_IRQ_LEVEL, 1ull << 32).status),
              TESS_ERR_RANGE);
    EXPECT_ERROR(rt_invoke(control, TESS_IRQ_CONTROL_GET, q, all, to, 0, TESS_IRQ_EDGE, 1),
                 TESS_ERR_UNSUPPORTED, TESS_ARG_WORD(4), 0);
    EXPECT_EQ(type_of(to), TESS_TYPE_NULL);
    EXPECT_OK(get(q, to, TESS_NULL));
    EXPECT_ERROR(get(q, rt_slot(), TESS_NULL), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
}

TEST(IRQ_01, made,
     "a handler tells its interrupt, whether it is bound, delivered, and its hart (CN-S1, IRQ-S1)")
{
    tess_cptr a = rt_slot(), b = rt_slot();
    tess_word hart;
    rt_role(TESS_ROLE_SCHED_CONTROL, &hart);
    EXPECT_OK(get(quiet_irq(), a, TESS_NULL));
    EXPECT_OK(get(quiet_irq() - 1, b, new_notification()));
    struct tess_inspect ia = rt_inspect(a), ib = rt_inspect(b);
    EXPECT_EQ(ia.type, TESS_TYPE_IRQ_HANDLER);
    EXPECT_EQ(ia.size, quiet_irq());
    EXPECT_EQ(ib.size, quiet_irq() - 1);
    EXPECT_EQ(ia.state[0], 0);
    EXPECT_EQ(ib.state[0], 1);
    EXPECT_EQ(ia.state[1] | ib.state[1], 0);
    EXPECT_EQ(ia.state[2], hart);
}

TEST(IRQ_02, handler_errors,
     "BIND, SET_PRIORITY, SET_AFFINITY: errors of each; ACK of nothing is no error (IRQ-S6)")
{
    tess_cptr handler = rt_slot(), n = new_notification();
    tess_word hart;
    rt_role(TESS_ROLE_SCHED_CONTROL, &hart);
    REQUIRE_OK(get(quiet_irq(), handler, TESS_NULL));
    EXPECT_OK(ack(handler));
    EXPECT_ERROR(bind(handler, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(handler, handler), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_IRQ_HANDLER);
    EXPECT_ERROR(bind(handler, rt_copied(n, TESS_RIGHT_RECV)), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_SEND);
    EXPECT_OK(bind(handler, rt_copied(n, TESS_RIGHT_SEND)));
    EXPECT_ERROR(bind(handler, n), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(handler, TESS_NULL));
    EXPECT_ERROR(rt_invoke(handler, TESS_IRQ_HANDLER_SET_PRIORITY, 0), TESS_ERR_RANGE, TESS_ARG_WORD(0), 1);
    struct rt_result most = rt_invoke(handler, TESS_IRQ_HANDLER_SET_PRIORITY, ~0ull);
    EXPECT_EQ(most.status, TESS_ERR_RANGE | TESS_ARG_WORD(0) << 8);
    EXPECT_OK(rt_invoke(handler, TESS_IRQ_HANDLER_SET_PRIORITY, most.badge));
    EXPECT_ERROR(rt_invoke(handler, TESS_IRQ_HANDLER_SET_PRIORITY, most.badge + 1), TESS_ERR_RANGE,
                 TESS_ARG_WORD(0), most.badge);
    EXPECT_ERROR(rt_invoke(handler, TESS_IRQ_HANDLER_SET_AFFINITY, 77), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0),
                 0);
    EXPECT_OK(rt_invoke(handler, TESS_IRQ_HANDLER_SET_AFFINITY, hart));
    EXPECT_EQ(rt_inspect(handler).state[2], hart);
}

TEST(IRQ_06, affinity, "affinity to any hart that the boot information lists is stored")
{
    tess_cptr handler = rt_slot();
    REQUIRE_OK(get(quiet_irq(), handler, TESS_NULL));
    const struct tess_record_hart *hart = NULL;
    while ((hart = rt_record(hart, TESS_RECORD_HART)) != NULL) {
        EXPECT_OK(rt_invoke(handler, TESS_IRQ_HANDLER_SET_AFFINITY, hart->hart));
        EXPECT_EQ(rt_inspect(handler).state[2], hart->hart);
    }
}

/* ---- a real interrupt ------------------------------------------------------------------------------------- */

TEST(IRQ_03, delivered,
     "an interrupt signals its notification with the badge, once until it is acknowledged (IRQ-S2, IRQ-S3, "
     "IRQ-S5)")
{
    struct device device;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification();
    REQUIRE_OK(get(device.irq, handler, rt_minted(notification, TESS_RIGHT_SEND, 0x55)));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
    device_raise(&device, true);
    EXPECT(pending(notification, 0x55));
    EXPECT_EQ(rt_inspect(handler).state[1], 1);
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0); /* the line is still up */
    device_keep(&device);
    EXPECT_OK(ack(handler));
    EXPECT(pending(notification, 0x55)); /* and comes again */
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
    EXPECT_EQ(rt_inspect(handler).state[1], 0);
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(IRQ_03, wakes, "an interrupt wakes a waiting driver, which preempts less urgent threads")
{
    struct device device;
    struct actor driver;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification();
    REQUIRE_OK(get(device.irq, handler, rt_minted(notification, TESS_RIGHT_SEND, 7)));
    for (unsigned i = 0; i < 3; i++) {
        actor_recv(&driver, notification, TESS_NULL);
        device_raise(&device, true);
        for (unsigned wait = 0; wait < 1000 && !driver.returned; wait++)
            asm volatile("");
        EXPECT_EQ(driver.returned, 1);
        EXPECT_EQ(driver.result.badge, 7);
        device_raise(&device, false);
        EXPECT_OK(ack(handler));
    }
}

TEST(IRQ_04, ack_anywhere, "a copy of the handler, in another thread, acknowledges as well")
{
    struct device device;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification();
    REQUIRE_OK(get(device.irq, handler, notification));
    device_raise(&device, true);
    EXPECT(pending(notification, 0));
    device_keep(&device);
    struct actor other =
        ACTOR(TESS_SYS_CALL, rt_copied(handler, 0), .info = TESS_INFO(TESS_IRQ_HANDLER_ACK, 0, 0));
    actor_begin(&other);
    EXPECT_OK(other.result);
    EXPECT(pending(notification, 0));
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
}

TEST(IRQ_05, unbound,
     "an interrupt that comes while nothing is bound is delivered when something is (IRQ-S4)")
{
    struct device device;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification(), other = new_notification();
    REQUIRE_OK(get(device.irq, handler, TESS_NULL));
    device_raise(&device, true);
    EXPECT_EQ(rt_inspect(handler).state[1], 1);
    EXPECT_OK(bind(handler, rt_minted(notification, TESS_RIGHT_SEND, 9)));
    EXPECT(pending(notification, 9));
    EXPECT_OK(bind(handler, TESS_NULL));
    EXPECT_OK(bind(handler, other));
    EXPECT(pending(other, 0)); /* still not acknowledged */
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
    EXPECT_OK(bind(handler, TESS_NULL));
    EXPECT_OK(bind(handler, notification));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(IRQ_07, notification_gone, "deleting the notification unbinds its interrupts; they can be bound anew")
{
    struct device device;
    device_open(&device);
    tess_cptr handler = rt_slot(), second = rt_slot(), notification = new_notification(),
              other = new_notification();
    REQUIRE_OK(get(device.irq, handler, notification));
    REQUIRE_OK(get(quiet_irq(), second, notification));
    EXPECT_OK(rt_delete(notification));
    EXPECT_EQ(rt_state(handler), 0);
    EXPECT_EQ(rt_state(second), 0);
    device_raise(&device, true);
    EXPECT_EQ(rt_inspect(handler).state[1], 1);
    EXPECT_OK(bind(handler, other));
    EXPECT(pending(other, 0));
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
}

TEST(IRQ_07, several, "several interrupts of one notification: each can be unbound or deleted by itself")
{
    enum { N = 6 };
    tess_cptr handlers[N], notification = new_notification();
    for (unsigned i = 0; i < N; i++) {
        handlers[i] = rt_slot();
        REQUIRE_OK(get(quiet_irq() - i, handlers[i], notification));
    }
    EXPECT_OK(bind(handlers[2], TESS_NULL));
    EXPECT_OK(rt_delete(handlers[5]));
    EXPECT_OK(rt_delete(handlers[0]));
    for (unsigned i = 1; i < 5; i++)
        EXPECT_EQ(rt_state(handlers[i]), i != 2);
    EXPECT_OK(rt_delete(notification));
    for (unsigned i = 1; i < 5; i++)
        EXPECT_EQ(rt_state(handlers[i]), 0);
}

TEST(IRQ_08, deleted,
     "a handler deleted while its interrupt is delivered or comes again can be made anew (IRQ-S7)")
{
    struct device device;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification();
    for (unsigned round = 0; round < 3; round++) {
        REQUIRE_OK(get(device.irq, handler, rt_minted(notification, TESS_RIGHT_SEND, 1 + round)));
        device_raise(&device, true);
        EXPECT(pending(notification, 1 + round));
        if (round)
            device_keep(&device);
        EXPECT_OK(rt_delete(handler)); /* nothing was acknowledged */
        EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
        if (round < 2)
            device_raise(&device, false);
    }
    REQUIRE_OK(get(device.irq, handler, rt_minted(notification, TESS_RIGHT_SEND, 9)));
    EXPECT(pending(notification, 9)); /* the line was up all the time */
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
    device_raise(&device, true);
    EXPECT(pending(notification, 9));
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
}

TEST(IRQ_08, waited, "a driver that waits for its interrupt waits on when the handler is deleted")
{
    struct device device;
    struct actor driver;
    device_open(&device);
    tess_cptr handler = rt_slot(), notification = new_notification();
    REQUIRE_OK(get(device.irq, handler, notification));
    actor_recv(&driver, notification, TESS_NULL);
    EXPECT_OK(rt_delete(handler));
    device_raise(&device, true);
    EXPECT_EQ(rt_state(driver.thread->tcb), TESS_THREAD_WAITING);
    device_raise(&device, false);
    EXPECT_OK(rt_signal(rt_minted(notification, TESS_RIGHT_SEND, 3)));
    EXPECT_EQ(driver.result.badge, 3);
    REQUIRE_OK(get(device.irq, handler, TESS_NULL)); /* takes what the controller remembers */
    EXPECT_OK(ack(handler));
}

TEST(IRQ_08, copies, "a handler lives until its last capability goes")
{
    tess_cptr handler = rt_slot();
    REQUIRE_OK(get(quiet_irq(), handler, TESS_NULL));
    tess_cptr copy = rt_copied(handler, 15);
    EXPECT_OK(rt_delete(handler));
    EXPECT_ERROR(get(quiet_irq(), handler, TESS_NULL), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_OK(ack(copy));
    EXPECT_OK(rt_delete(copy));
    EXPECT_OK(get(quiet_irq(), handler, TESS_NULL));
}

/* ---- what only an interrupt shows --------------------------------------------------------------------------- */

static struct {
    volatile uint64_t word;
    tess_cptr notification;
    const struct device *device;
    tess_word intruder_failed, own_failed;
} reservation;

/* Woken by an interrupt, it goes on with the registers of a system call: it must not find a reservation. */
static void intruder_run(void *argument)
{
    (void)argument;
    rt_wait(reservation.notification);
    asm volatile("sc.d %0, zero, (%1)"
                 : "=&r"(reservation.intruder_failed)
                 : "r"(&reservation.word)
                 : "memory");
}

TEST(IF_05, reservation,
     "a load reservation that an interrupt cut short is nobody's: neither the next thread's nor its own")
{
    struct device device;
    device_open(&device);
    reservation = (typeof(reservation)){.notification = new_notification()};
    tess_cptr handler = rt_slot();
    REQUIRE_OK(get(device.irq, handler, reservation.notification));
    struct rt_thread *thread = rt_spawn(intruder_run, NULL, .priority = RT_PRIORITY_HIGH);
    volatile uint8_t *ier = (volatile uint8_t *)(RT_AREA + (1ull << 30) + 1);
    volatile uint32_t *ie = (volatile uint32_t *)(RT_AREA + (1ull << 30) + 16);
    if (device.sifive)
        asm volatile("lr.d zero, (%1)\n sw %3, (%2)\n li t1, 1000\n 1: addi t1, t1, -1\n bnez t1, 1b\n"
                     "sc.d %0, zero, (%1)"
                     : "=&r"(reservation.own_failed)
                     : "r"(&reservation.word), "r"(ie), "r"(1)
                     : "t1", "memory");
    else
        asm volatile("lr.d zero, (%1)\n sb %3, (%2)\n li t1, 1000\n 1: addi t1, t1, -1\n bnez t1, 1b\n"
                     "sc.d %0, zero, (%1)"
                     : "=&r"(reservation.own_failed)
                     : "r"(&reservation.word), "r"(ier), "r"(2)
                     : "t1", "memory");
    EXPECT(thread->done);
    EXPECT(reservation.intruder_failed != 0);
    EXPECT(reservation.own_failed != 0);
    device_raise(&device, false);
    EXPECT_OK(ack(handler));
}

/* ---- device memory, while a device is at hand ------------------------------------------------------------- */

static void read_byte(void *argument)
{
    (void)*(volatile uint8_t *)argument;
}

TEST(VM_11, access, "an access that the machine refuses is a fault of its own kind, ACCESS")
{
    struct device device;
    device_open(&device);
    /* One byte, behind all registers: no UART of either kind has a register there, or of that size. */
    tess_word address = RT_AREA + (1ull << 30) + 0x803;
    EXPECT_EQ(access_fault(rt_boot.vspace, address, ACCESS_READ), TESS_FAULT_ACCESS);
    EXPECT_EQ(access_fault(rt_boot.vspace, address, ACCESS_WRITE), TESS_FAULT_ACCESS);
    tess_cptr handler = new_endpoint();
    rt_spawn(read_byte, (void *)address, .priority = RT_PRIORITY_HIGH, .handler = handler);
    struct rt_result r = rt_recv(handler, new_reply());
    EXPECT_EQ(r.status, TESS_STATUS_FAULT);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_ACCESS, 4, 0));
    EXPECT_EQ(r.words[1], address);
    EXPECT_EQ(r.words[2], 5);
}

TEST(UT_09, device_buffer, "a frame of device memory cannot be an IPC buffer")
{
    struct device device;
    device_open(&device);
    EXPECT_ERROR(rt_invoke(rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_SET_BUFFER, device.frame, 0),
                 TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
}
