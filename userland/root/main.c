/*
 * userland/root/main.c: the first program: takes what the kernel made, and starts the others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/stdio.h"
#include "userland/root/root.h"

TESS_BOOT_STACK(8192);

static struct tess_ipc_buffer buffer __attribute__((aligned(TESS_BUFFER_BYTES)));

struct root root;
struct tess_server service;

#define REPLIES (PROGRAMS_MAX + 1u)

static _Noreturn void fail(const char *what)
{
    printf("root: %s; nothing can be started\n", what);
    exit(EXIT_FAILURE);
}

static void check(const char *what, tess_result result)
{
    if (tess_failed(result))
        tess_fatal(what, result);
}

static void read_boot_information(void)
{
    const struct tess_record_cap *cnode = tess_boot_find(TESS_ROLE_CNODE, 0);

    if (cnode == NULL)
        fail("the boot information is damaged");
    root.cnode.address = cnode->address;
    root.radix = (unsigned)cnode->value;
    root.tcb.address = tess_boot_capability(TESS_ROLE_TCB);
    root.vspace.address = tess_boot_capability(TESS_ROLE_VSPACE);
    root.sched_control.address = tess_boot_capability(TESS_ROLE_SCHED_CONTROL);
    root.irq_control.address = tess_boot_capability(TESS_ROLE_IRQ_CONTROL);
    root.firmware.address = tess_boot_capability(TESS_ROLE_FIRMWARE);
    root.timebase = tess_boot_machine().timebase;
    root.upper_tables = (tess_boot_machine().address_bits - 12) / 9 - 1;
    if (root.timebase == 0)
        fail("the boot information names no timebase");
}

/* Where programs reach root. */
static void make_service(void)
{
    check("endpoint", memory_make(TESS_TYPE_ENDPOINT, 0, 1, &root.endpoint.address));
    check("notification", memory_make(TESS_TYPE_NOTIFICATION, 0, 1, &root.notification.address));
    check("replies", memory_make(TESS_TYPE_REPLY, 0, REPLIES, &root.replies));
    check("notification", tess_tcb_bind_notification(root.tcb, root.notification));
    service = (struct tess_server){.endpoint = root.endpoint,
                                   .first_reply = root.replies,
                                   .reply_count = REPLIES,
                                   .message = service_message,
                                   .notified = service_notified};
}

int main(void)
{
    read_boot_information();
    check("IPC buffer", tess_boot_set_buffer(&buffer));
    tess_boot_guard_stack();
    slots_init();
    window_init();
    if (!bundle_init())
        fail("there is no bundle");
    make_service();
    clock_init();
    if (!policy_init())
        fail("there is no description of the system");
    output_init();

    struct tess_memory_info memory;
    memory_info(&memory);
    printf("root: %lu KB of memory, %lu KB of programs\n", (unsigned long)memory.total / 1024,
           (unsigned long)memory.bundle / 1024);
    policy_start();
    check("receive", tess_server_run(&service));
    return EXIT_FAILURE;
}
