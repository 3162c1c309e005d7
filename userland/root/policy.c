/*
 * userland/root/policy.c: who gets what. Every choice about a program's authority, time and memory is in
 * the table below and in the wire function it names.
 *
 * The channels between the programs (endpoint, notifications, shared pages) are root's, not the servers':
 * a server that is started again finds its clients where they were.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/serial.h"
#include "userland/root/root.h"

#define READ_WRITE (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* Badges: what a bit in a notification's word means to its receiver. */
#define UART_INTERRUPT 1u /* to the driver, from the device */
#define UART_CONSOLE   2u /* to the driver, from the console server */
#define CONSOLE_UART   1u /* to the console server, from the driver */
#define CONSOLE_ROOT   2u /* to the console server, from root: the log, or a client is gone */

#define CONSOLE_REPLIES 9u /* eight waiting clients */

tess_notification policy_console_signal;
tess_frame policy_log_frame;

static struct serial_device serial;
static tess_frame serial_registers;
static tess_frame serial_frame; /* the two rings between driver and console server */
static tess_notification uart_notification;
static tess_notification uart_interrupt; /* the same with the device's badge */
static tess_notification console_notification;
static tess_endpoint console_endpoint;

static bool wire_uart(struct program *p)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cptr handler;

    if (!give_slots(p, "interrupt", 1, &handler))
        return false;
    tess_result result = tess_irq_control_get(root.irq_control, serial.interrupt, cspace, handler,
                                              uart_interrupt, TESS_IRQ_LEVEL, 1);
    return load_check(p, "interrupt", result) &&
           give_capability(p, "root", root.endpoint.address, TESS_RIGHT_CALL, badge_of(p)) &&
           give_capability(p, "wake", uart_notification.address, TESS_RIGHT_RECV, 0) &&
           give_capability(p, "user", console_notification.address, TESS_RIGHT_SEND, CONSOLE_UART) &&
           give_region(p, "rings", serial_frame, 0, TESS_SERIAL_BYTES) &&
           give_region(p, "registers", serial_registers, serial.address % TESS_PAGE_BYTES, serial.bytes) &&
           give_value(p, "interrupt_bit", UART_INTERRUPT) && give_value(p, "clock", serial.clock) &&
           give_value(p, "register_shift", serial.register_shift) &&
           give_value(p, "register_width", serial.register_width) && give_argument(p, serial.driver);
}

static bool wire_console(struct program *p)
{
    tess_tcb tcb = {book(p, BOOK_TCB)};

    return load_check(p, "notification", tess_tcb_bind_notification(tcb, console_notification)) &&
           give_replies(p, "replies") &&
           give_capability(p, "root", root.endpoint.address, TESS_RIGHT_CALL, badge_of(p)) &&
           give_capability(p, "clients", console_endpoint.address, TESS_RIGHT_RECV, 0) &&
           give_capability(p, "wake", console_notification.address, TESS_RIGHT_RECV, 0) &&
           give_capability(p, "driver", uart_notification.address, TESS_RIGHT_SEND, UART_CONSOLE) &&
           give_capability(p, "attention", root.notification.address, TESS_RIGHT_SEND, NOTIFIED_INTERRUPT) &&
           give_region(p, "rings", serial_frame, 0, TESS_SERIAL_BYTES) &&
           give_region(p, "log", policy_log_frame, 0, TESS_RING_BYTES(LOG_RING_BYTES)) &&
           give_value(p, "log_ring", LOG_RING_BYTES);
}

static bool wire_client(struct program *p)
{
    return give_capability(p, "root", root.endpoint.address, TESS_RIGHT_CALL, badge_of(p)) &&
           give_capability(p, "console", console_endpoint.address, TESS_RIGHT_CALL, badge_of(p));
}

/* The shell also reads the timer and the devices. */
static bool wire_shell(struct program *p)
{
    tess_tcb tcb = {book(p, BOOK_TCB)};

    return load_check(p, "flags", tess_tcb_set_flags(tcb, 0, TESS_TCB_COUNTERS)) && wire_client(p) &&
           drivers_give_shell(p);
}

static const struct policy policies[] = {
    {.name = "uart",
     .priority = 200,
     .budget_us = 5000,
     .period_us = 10000,
     .stack_pages = 1,
     .cspace_radix = 3,
     .restarts = 3,
     .single = true,
     .wire = wire_uart},
    {.name = "console",
     .priority = 180,
     .budget_us = 5000,
     .period_us = 10000,
     .stack_pages = 1,
     .cspace_radix = 5,
     .reply_objects = CONSOLE_REPLIES,
     .restarts = 3,
     .single = true,
     .wire = wire_console},
    {.name = "shell",
     .priority = 100,
     .budget_us = 10000,
     .period_us = 10000,
     .stack_pages = 2,
     .cspace_radix = 4,
     .restarts = 3,
     .controller = true,
     .single = true,
     .wire = wire_shell},
    {.priority = 50,
     .budget_us = 10000,
     .period_us = 10000,
     .stack_pages = 4,
     .heap_pages = 4,
     .cspace_radix = 4,
     .wire = wire_client},
};

const struct policy *policy_for(const char *name)
{
    const struct policy *policy = driver_policies;

    while (policy->name != NULL && strcmp(policy->name, name) != 0)
        policy++;
    if (policy->name != NULL)
        return policy;
    policy = policies;
    while (policy->name != NULL && strcmp(policy->name, name) != 0)
        policy++;
    return policy;
}

tess_result policy_mint_signal(tess_notification notification, tess_word badge, tess_notification *out)
{
    out->address = slots_take(1);
    return tess_cnode_mint(root.cnode, out->address, (tess_cnode){TESS_NULL}, notification.address,
                           TESS_RIGHT_SEND, badge);
}

bool policy_init(void)
{
    tess_cptr notifications;
    tess_cptr frames;

    if (!devices_console(&serial))
        return false;
    tess_result result = memory_make(TESS_TYPE_NOTIFICATION, 0, 2, &notifications);
    if (!tess_failed(result))
        result = memory_make(TESS_TYPE_ENDPOINT, 0, 1, &console_endpoint.address);
    if (!tess_failed(result))
        result = memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, 2, &frames);
    if (tess_failed(result)) {
        tess_report("root: making the channels", result);
        return false;
    }
    uart_notification.address = notifications;
    console_notification.address = notifications + 1;
    serial_frame.address = frames;
    policy_log_frame.address = frames + 1;
    result = memory_device_frame(serial.address, &serial_registers);
    if (tess_failed(result)) {
        tess_report("root: the registers of the console's device", result);
        return false;
    }
    result = policy_mint_signal(uart_notification, UART_INTERRUPT, &uart_interrupt);
    if (!tess_failed(result))
        result = policy_mint_signal(console_notification, CONSOLE_ROOT, &policy_console_signal);
    if (tess_failed(result)) {
        tess_report("root: capabilities to signal with", result);
        return false;
    }
    drivers_init();
    return true;
}
