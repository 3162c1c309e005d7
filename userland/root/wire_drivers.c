/*
 * userland/root/wire_drivers.c: the drivers beside the console's, and what works over them: which devices
 * there are, and who gets what. One wire function for each program, and one table at the end.
 *
 * A driver gets the page of its device's registers, the device's interrupt, the memory the device may reach,
 * and the channel to its clients. Virtio devices all look alike in the device tree; root looks into each
 * one's identification once, and then only its driver has the page. Channels and DMA memory are root's own:
 * a driver that is started again finds its clients, and memory that a device still writes to is never
 * somebody else's.
 *
 *   rtc <- shell     virtio-rng <- shell     virtio-blk <- block <- shell     uart1 or virtio-con <- mirror
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/serial.h"
#include "userland/root/root.h"

/* Badges: what a bit in a notification's word means to its receiver. */
#define DRIVER_INTERRUPT 1u /* to a driver, from its device */
#define DRIVER_USER      2u /* to the driver of the second line, from its user */
#define LINE_DRIVER      1u /* to the user of the second line, from the driver */

/* To virtio's identification registers. */
#define VIRTIO_MAGIC     0x74726976u
#define VIRTIO_ID_OFFSET 8u
enum { VIRTIO_BLOCK = 2, VIRTIO_CONSOLE = 3, VIRTIO_ENTROPY = 4 };

#define SERVER_REPLIES 5u /* a driver's: four waiting callers */
#define CACHE_PAGES    8u
#define BLOCK_CLIENTS  1u /* with a page each */
#define SHELL_BADGE    1u /* the shell's page there */

struct driver {
    bool present;
    struct device device;
    tess_frame registers;
    tess_endpoint clients;          /* of a driver that is called */
    tess_notification notification; /* wakes it */
    tess_notification interrupt;    /* the same with DRIVER_INTERRUPT */
    tess_cptr dma;                  /* frames */
    unsigned dma_pages;
};

static struct driver rtc;
static struct driver rng = {.dma_pages = 1};
static struct driver disk = {.dma_pages = 1};
static struct driver vcon = {.dma_pages = 2};
static struct driver uart1;
static struct serial_device uart1_line;

static struct {
    tess_endpoint clients;
    tess_cptr cache;  /* frames shared with the disk's driver */
    tess_cptr shared; /* frames shared with the clients, one each */
} block;

/* The second line: the rings between its driver and the program that uses it. */
static struct {
    tess_frame rings;
    tess_notification user;
} line;

/* ---- Devices ---------------------------------------------------------------------------------------------- */

static bool check(const char *what, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    if (tess_failed(result))
        printf("root: %s: %s\n", what, tess_describe(text, result));
    return !tess_failed(result);
}

/* The channels of a driver whose registers have been found. */
static bool prepare(const char *name, struct driver *d)
{
    if (!check(name, memory_make(TESS_TYPE_NOTIFICATION, 0, 1, &d->notification.address)) ||
        !check(name, policy_mint_signal(d->notification, DRIVER_INTERRUPT, &d->interrupt)) ||
        !check(name, memory_make(TESS_TYPE_ENDPOINT, 0, 1, &d->clients.address)))
        return false;
    if (d->dma_pages > 0 && !check(name, memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, d->dma_pages, &d->dma)))
        return false;
    d->present = true;
    return true;
}

/* Which virtio device is behind these registers; 0 is none. */
static uint32_t identify(tess_frame registers, uint64_t offset)
{
    static volatile uint32_t *page;

    if (page == NULL)
        page = (volatile uint32_t *)window_place(1);
    if (!check("virtio", window_map(registers, (const void *)page, TESS_RIGHT_READ)))
        return 0;
    volatile uint32_t *at = page + offset / sizeof *page;
    uint32_t id = *at == VIRTIO_MAGIC ? at[VIRTIO_ID_OFFSET / sizeof *at] : 0;
    tess_frame_unmap(registers);
    return id;
}

/* The first device of each kind is driven; places without one, and further ones, are left alone. */
static void find_virtio(void)
{
    struct device device;

    for (unsigned i = 0; devices_find("virtio,mmio", i, &device); i++) {
        tess_frame registers;
        if (!check("virtio", memory_device_frame(device.address, &registers)))
            continue;
        uint32_t id = identify(registers, device.address % TESS_PAGE_BYTES);
        struct driver *d = id == VIRTIO_BLOCK     ? &disk
                           : id == VIRTIO_CONSOLE ? &vcon
                           : id == VIRTIO_ENTROPY ? &rng
                                                  : NULL;
        if (d == NULL || d->present) {
            tess_cnode_delete(root.cnode, registers.address);
            slots_give(registers.address);
            continue;
        }
        d->device = device;
        d->registers = registers;
        prepare("virtio", d);
    }
}

static void find_rtc(void)
{
    if (devices_find("google,goldfish-rtc", 0, &rtc.device) &&
        check("rtc", memory_device_frame(rtc.device.address, &rtc.registers)))
        prepare("rtc", &rtc);
}

static void find_uart1(void)
{
    if (!devices_second_serial(&uart1_line))
        return;
    uart1.device = (struct device){uart1_line.address, uart1_line.bytes, uart1_line.interrupt};
    if (check("uart1", memory_device_frame(uart1_line.address, &uart1.registers)))
        prepare("uart1", &uart1);
}

static bool make_block(void)
{
    return check("block", memory_make(TESS_TYPE_ENDPOINT, 0, 1, &block.clients.address)) &&
           check("block", memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, CACHE_PAGES, &block.cache)) &&
           check("block", memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, BLOCK_CLIENTS, &block.shared));
}

static bool make_line(void)
{
    return check("line", memory_make(TESS_TYPE_NOTIFICATION, 0, 1, &line.user.address)) &&
           check("line", memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, 1, &line.rings.address));
}

void drivers_init(void)
{
    find_rtc();
    find_virtio();
    find_uart1();
    disk.present = disk.present && make_block();
    /* One second line is enough: the UART goes first. */
    uart1.present = uart1.present && make_line();
    vcon.present = vcon.present && !uart1.present && make_line();
}

void drivers_start(void)
{
    const struct {
        const struct driver *needs;
        const char *name;
    } programs[] = {
        {&rtc, "rtc"},     {&rng, "virtio-rng"},  {&disk, "virtio-blk"}, {&disk, "block"},
        {&uart1, "uart1"}, {&vcon, "virtio-con"}, {&uart1, "mirror"},    {&vcon, "mirror"},
    };

    for (unsigned i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (programs[i].needs->present)
            program_start_named(programs[i].name);
    }
}

/* ---- Who gets what ----------------------------------------------------------------------------------------- */

static bool give_root(struct program *p)
{
    return give_capability(p, "root", root.endpoint.address, TESS_RIGHT_CALL, badge_of(p));
}

static bool give_registers(struct program *p, const struct driver *d)
{
    if (!d->present) {
        printf("root: cannot start %s: this machine does not have the device\n", p->name);
        return false;
    }
    return give_region(p, "registers", d->registers, d->device.address % TESS_PAGE_BYTES, d->device.bytes);
}

static bool give_interrupt(struct program *p, const struct driver *d)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cptr handler;

    return give_slots(p, "interrupt", 1, &handler) &&
           load_check(p, "interrupt",
                      tess_irq_control_get(root.irq_control, d->device.interrupt, cspace, handler,
                                           d->interrupt, TESS_IRQ_LEVEL, 1));
}

/* What every server has; its thread's notification is the one its device signals. */
static bool give_service(struct program *p, tess_endpoint clients)
{
    return give_replies(p, "replies") && give_root(p) &&
           give_capability(p, "clients", clients.address, TESS_RIGHT_RECV, 0);
}

static bool give_virtio(struct program *p, const struct driver *d)
{
    return give_registers(p, d) && give_interrupt(p, d) && give_dma(p, "dma", d->dma, d->dma_pages);
}

static bool bind(struct program *p, tess_notification notification)
{
    return load_check(p, "notification",
                      tess_tcb_bind_notification((tess_tcb){book(p, BOOK_TCB)}, notification));
}

static bool wire_rtc(struct program *p)
{
    return give_registers(p, &rtc) && give_service(p, rtc.clients);
}

static bool wire_rng(struct program *p)
{
    return give_virtio(p, &rng) && bind(p, rng.notification) && give_service(p, rng.clients);
}

static bool wire_disk(struct program *p)
{
    return give_virtio(p, &disk) && bind(p, disk.notification) && give_service(p, disk.clients) &&
           give_dma(p, "data", block.cache, CACHE_PAGES);
}

static bool wire_block(struct program *p)
{
    if (!disk.present) {
        printf("root: cannot start %s: this machine has no disk\n", p->name);
        return false;
    }
    return give_service(p, block.clients) &&
           give_capability(p, "disk", disk.clients.address, TESS_RIGHT_CALL, 0) &&
           give_memory(p, "data", block.cache, CACHE_PAGES) &&
           give_memory(p, "shared", block.shared, BLOCK_CLIENTS);
}

/* The driver's side of the second line. */
static bool give_line(struct program *p, const struct driver *d)
{
    return give_root(p) && give_capability(p, "wake", d->notification.address, TESS_RIGHT_RECV, 0) &&
           give_capability(p, "user", line.user.address, TESS_RIGHT_SEND, LINE_DRIVER) &&
           give_region(p, "rings", line.rings, 0, TESS_SERIAL_BYTES) &&
           give_value(p, "interrupt_bit", DRIVER_INTERRUPT);
}

static bool wire_vcon(struct program *p)
{
    return give_virtio(p, &vcon) && give_line(p, &vcon);
}

/* Its arguments begin with its name, as everybody's. */
static bool wire_uart1(struct program *p)
{
    return give_registers(p, &uart1) && give_interrupt(p, &uart1) && give_line(p, &uart1) &&
           give_value(p, "clock", uart1_line.clock) &&
           give_value(p, "register_shift", uart1_line.register_shift) &&
           give_value(p, "register_width", uart1_line.register_width) && give_argument(p, uart1_line.driver);
}

static bool wire_mirror(struct program *p)
{
    const struct driver *d = uart1.present ? &uart1 : &vcon;

    if (!d->present) {
        printf("root: cannot start %s: this machine has no second line\n", p->name);
        return false;
    }
    return give_root(p) && give_capability(p, "wake", line.user.address, TESS_RIGHT_RECV, 0) &&
           give_capability(p, "driver", d->notification.address, TESS_RIGHT_SEND, DRIVER_USER) &&
           give_region(p, "rings", line.rings, 0, TESS_SERIAL_BYTES);
}

/* Services that are not there, or were given up, are not given. */
bool drivers_give_shell(struct program *p)
{
    const struct {
        const char *name;
        tess_cptr service;
    } services[] = {
        {"clock", rtc.clients.address},
        {"random", rng.clients.address},
        {"block", block.clients.address},
    };

    for (unsigned i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (services[i].service != TESS_NULL &&
            !give_capability(p, services[i].name, services[i].service, TESS_RIGHT_CALL, SHELL_BADGE))
            return false;
    }
    return !disk.present || give_memory(p, "block", block.shared + SHELL_BADGE - 1, 1);
}

/* All of them exist once, are started again after a crash, and have a stack of one page. */
#define DRIVER(program, level, slots, replies, function, called)                                             \
    .name = program, .priority = level, .budget_us = 5000, .period_us = 10000, .stack_pages = 1,             \
    .cspace_radix = slots, .reply_objects = replies, .restarts = 3, .single = true, .wire = function,        \
    .service = called

const struct policy driver_policies[] = {
    {DRIVER("rtc", 150, 3, 1, wire_rtc, &rtc.clients)},
    {DRIVER("virtio-rng", 190, 4, SERVER_REPLIES, wire_rng, &rng.clients)},
    {DRIVER("virtio-blk", 190, 5, SERVER_REPLIES, wire_disk, &disk.clients)},
    {DRIVER("block", 170, 3, 1, wire_block, &block.clients)},
    {DRIVER("virtio-con", 190, 4, 0, wire_vcon, NULL)},
    {DRIVER("uart1", 190, 3, 0, wire_uart1, NULL), .file = "uart"},
    {DRIVER("mirror", 110, 3, 0, wire_mirror, NULL)},
    {.name = NULL},
};
