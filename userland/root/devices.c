/*
 * userland/root/devices.c: the machine's devices: which node of the device tree is meant by a device of the
 * system description, and the frames of its registers.
 *
 * Virtio transports all look alike in the device tree; root looks into each one's identification once, and
 * keeps the frame for the driver that gets the device.
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/fdt.h"
#include "userland/root/root.h"

#define TRANSPORTS_MAX 16u

/* To virtio's identification registers. */
#define VIRTIO_KIND      "virtio,mmio"
#define VIRTIO_MAGIC     0x74726976u
#define VIRTIO_ID_OFFSET 8u

static struct fdt fdt;
static struct device devices[SYSTEM_DEVICES_MAX];
static unsigned device_count;

/* A virtio transport that was looked at. */
static struct transport {
    uint64_t address;
    tess_frame frame;
    uint32_t id; /* of the device behind it; 0: none */
} transports[TRANSPORTS_MAX];
static unsigned transport_count;

bool devices_init(void)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_DEVICE_TREE, NULL);

    if (r != NULL && fdt_open(&fdt, r + 1, r->length - sizeof *r))
        return true;
    printf("root: the device tree is missing or damaged\n");
    return false;
}

/* ---- Virtio ---------------------------------------------------------------------------------------------- */

static uint32_t identify(tess_frame registers, uint64_t offset)
{
    static volatile uint32_t *page;

    if (page == NULL)
        page = (volatile uint32_t *)window_place(1);
    if (tess_failed(window_map(registers, (const void *)page, TESS_RIGHT_READ)))
        return 0;
    volatile uint32_t *at = page + offset / sizeof *page;
    uint32_t id = *at == VIRTIO_MAGIC ? at[VIRTIO_ID_OFFSET / sizeof *at] : 0;
    tess_frame_unmap(registers);
    return id;
}

static uint32_t virtio_id(uint64_t address)
{
    for (unsigned i = 0; i < transport_count; i++) {
        if (transports[i].address == address)
            return transports[i].id;
    }
    if (transport_count == TRANSPORTS_MAX)
        return 0;
    struct transport *t = &transports[transport_count];
    if (tess_failed(memory_device_frame(address, &t->frame)))
        return 0;
    transport_count++;
    t->address = address;
    t->id = identify(t->frame, address % TESS_PAGE_BYTES);
    return t->id;
}

tess_result devices_frame(uint64_t address, tess_frame *frame)
{
    uint64_t page = address & ~(TESS_PAGE_BYTES - 1);

    for (unsigned i = 0; i < transport_count; i++) {
        if ((transports[i].address & ~(TESS_PAGE_BYTES - 1)) == page) {
            *frame = transports[i].frame;
            return (tess_result){TESS_OK, 0, 0};
        }
    }
    return memory_device_frame(page, frame);
}

/* ---- Nodes ----------------------------------------------------------------------------------------------- */

/* The node of the console: where stdout-path leads, or the first serial line with an alias. */
static bool find_console(struct fdt_node *node)
{
    struct fdt_node chosen;

    if (fdt_find(&fdt, "/chosen", &chosen)) {
        const char *path = fdt_string(&fdt, &chosen, "stdout-path");
        if (path != NULL && fdt_find(&fdt, path, node))
            return true;
    }
    return fdt_find(&fdt, "serial0", node);
}

static bool is_taken(const struct fdt_node *node)
{
    for (unsigned i = 0; i < device_count; i++) {
        if (devices[i].present && devices[i].node.offset == node->offset)
            return true;
    }
    return false;
}

/* Is it free, with registers, and the virtio device that is wanted? */
static bool is_wanted(const struct system_device *wanted, struct device *device)
{
    return !is_taken(&device->node) &&
           fdt_registers(&fdt, &device->node, 0, &device->address, &device->bytes) &&
           (wanted->virtio == 0 || virtio_id(device->address) == wanted->virtio);
}

/* The strings after the path, the last of which is empty. */
static const char *next_string(const char *text)
{
    return text + strlen(text) + 1;
}

static bool find_by_path(const struct system_device *wanted, struct device *device)
{
    bool console = strcmp(wanted->text, "stdout-path") == 0;
    const char *kind = next_string(wanted->text);

    if (console ? !find_console(&device->node) : !fdt_find(&fdt, wanted->text, &device->node))
        return false;
    if (kind[0] == '\0') /* anything will do */
        device->kind = fdt_string(&fdt, &device->node, "compatible");
    for (; kind[0] != '\0' && device->kind == NULL; kind = next_string(kind)) {
        if (fdt_compatible(&fdt, &device->node, kind))
            device->kind = kind;
    }
    return device->kind != NULL && is_wanted(wanted, device);
}

static bool find_by_kind(const struct system_device *wanted, struct device *device)
{
    for (const char *kind = next_string(wanted->text); kind[0] != '\0'; kind = next_string(kind)) {
        device->kind = kind;
        for (unsigned i = 0; fdt_find_compatible(&fdt, kind, i, &device->node); i++) {
            if (is_wanted(wanted, device))
                return true;
        }
    }
    return false;
}

void devices_add(const struct system_device *wanted)
{
    struct device *device = &devices[device_count];

    if (wanted->unless == 0 || wanted->unless > device_count || !devices[wanted->unless - 1].present)
        device->present =
            wanted->text[0] != '\0' ? find_by_path(wanted, device) : find_by_kind(wanted, device);
    device_count++;
    if (device->present || wanted->optional != 0)
        return;
    printf("root: the device tree names no '%s'; looked for '%s'", wanted->name, wanted->text);
    for (const char *kind = next_string(wanted->text); kind[0] != '\0'; kind = next_string(kind))
        printf(" %s", kind);
    printf("\n");
}

const struct device *devices_get(unsigned number)
{
    return number >= 1 && number <= device_count ? &devices[number - 1] : NULL;
}

bool devices_registers(const struct device *device, unsigned block, uint64_t *address, uint64_t *bytes)
{
    return fdt_registers(&fdt, &device->node, block, address, bytes);
}

bool devices_interrupt(const struct device *device, unsigned index, uint32_t *number)
{
    return fdt_interrupt(&fdt, &device->node, index, number);
}

uint32_t devices_property(const struct device *device, const char *name, uint32_t otherwise)
{
    return fdt_cell(&fdt, &device->node, name, 0, otherwise);
}
