/*
 * userland/servers/devices/find.c: from devices of the system description to nodes of the device tree
 * (userland/servers/devices/find.h).
 *
 * Virtio transports all look alike in the device tree: each one's identification is read once.
 */
#include "userland/servers/devices/find.h"

#include <stdio.h>
#include <string.h>

#include "userland/servers/devices/frames.h"

static struct fdt fdt;
static struct device devices[SYSTEM_DEVICES_MAX];
static unsigned device_count;

bool find_init(const void *tree, size_t bytes)
{
    return fdt_open(&fdt, tree, bytes);
}

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
           (wanted->virtio == 0 || frames_virtio(device->address) == wanted->virtio);
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
    for (unsigned i = 1; kind[0] != '\0' && device->kind == NULL; i++, kind = next_string(kind)) {
        if (fdt_compatible(&fdt, &device->node, kind)) {
            device->kind = kind;
            device->kind_number = i;
        }
    }
    return device->kind != NULL && is_wanted(wanted, device);
}

static bool find_by_kind(const struct system_device *wanted, struct device *device)
{
    const char *kind = next_string(wanted->text);

    for (unsigned number = 1; kind[0] != '\0'; number++, kind = next_string(kind)) {
        device->kind = kind;
        device->kind_number = number;
        for (unsigned i = 0; fdt_find_compatible(&fdt, kind, i, &device->node); i++) {
            if (is_wanted(wanted, device))
                return true;
        }
    }
    return false;
}

void find_device(const struct system_device *wanted)
{
    struct device *device = &devices[device_count];

    if (wanted->unless == 0 || wanted->unless > device_count || !devices[wanted->unless - 1].present)
        device->present =
            wanted->text[0] != '\0' ? find_by_path(wanted, device) : find_by_kind(wanted, device);
    device_count++;
    if (device->present || wanted->optional != 0)
        return;
    printf("devices: the device tree names no '%s'; looked for '%s'", wanted->name, wanted->text);
    for (const char *kind = next_string(wanted->text); kind[0] != '\0'; kind = next_string(kind))
        printf(" %s", kind);
    printf("\n");
}

const struct device *find_get(unsigned number)
{
    return number >= 1 && number <= device_count ? &devices[number - 1] : NULL;
}

bool find_registers(const struct device *device, unsigned block, uint64_t *address, uint64_t *bytes)
{
    return fdt_registers(&fdt, &device->node, block, address, bytes);
}

bool find_interrupt(const struct device *device, unsigned index, uint32_t *number)
{
    return fdt_interrupt(&fdt, &device->node, index, number);
}

uint32_t find_property(const struct device *device, const char *name, uint32_t otherwise)
{
    return fdt_cell(&fdt, &device->node, name, 0, otherwise);
}
