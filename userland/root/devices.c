/*
 * userland/root/devices.c: what root reads from the device tree: serial lines, and devices of a
 * kind.
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/fdt.h"
#include "userland/root/root.h"

static bool open_tree(struct fdt *fdt)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_DEVICE_TREE, NULL);

    return r != NULL && fdt_open(fdt, r + 1, r->length - sizeof *r);
}

/* The node of the console: where stdout-path leads, or the first serial line with an alias. */
static bool find_console(const struct fdt *fdt, struct fdt_node *node)
{
    struct fdt_node chosen;

    if (fdt_find(fdt, "/chosen", &chosen)) {
        const char *path = fdt_string(fdt, &chosen, "stdout-path");
        if (path != NULL && fdt_find(fdt, path, node))
            return true;
    }
    return fdt_find(fdt, "serial0", node);
}

static const char *const kinds[] = {"ns16550a", "sifive,uart0"};

static const char *driver_of(const struct fdt *fdt, const struct fdt_node *node)
{
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (fdt_compatible(fdt, node, kinds[i]))
            return kinds[i];
    }
    return NULL;
}

/* The serial line of a node; prints why when it cannot be used. */
static bool read_serial(const struct fdt *fdt, const struct fdt_node *node, struct serial_device *device)
{
    const char *kind = driver_of(fdt, node);

    if (kind == NULL) {
        const char *compatible = fdt_string(fdt, node, "compatible");
        printf("root: no driver for the serial line, '%s'\n", compatible != NULL ? compatible : "");
        return false;
    }
    snprintf(device->driver, sizeof device->driver, "%s", kind);
    if (!fdt_registers(fdt, node, 0, &device->address, &device->bytes) ||
        !fdt_interrupt(fdt, node, 0, &device->interrupt)) {
        printf("root: a serial line has no registers or no interrupt in the device tree\n");
        return false;
    }
    device->clock = fdt_cell(fdt, node, "clock-frequency", 0, 0);
    device->register_shift = fdt_cell(fdt, node, "reg-shift", 0, 0);
    device->register_width = fdt_cell(fdt, node, "reg-io-width", 0, 1);
    return true;
}

bool devices_console(struct serial_device *device)
{
    struct fdt fdt;
    struct fdt_node node;

    if (!open_tree(&fdt)) {
        printf("root: the device tree is missing or damaged\n");
        return false;
    }
    if (!find_console(&fdt, &node)) {
        printf("root: the device tree names no console (/chosen/stdout-path)\n");
        return false;
    }
    return read_serial(&fdt, &node, device);
}

bool devices_second_serial(struct serial_device *device)
{
    struct fdt fdt;
    struct fdt_node console, node;

    if (!open_tree(&fdt) || !find_console(&fdt, &console))
        return false;
    for (unsigned kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (unsigned i = 0; fdt_find_compatible(&fdt, kinds[kind], i, &node); i++) {
            if (node.offset != console.offset)
                return read_serial(&fdt, &node, device);
        }
    }
    return false;
}

bool devices_find(const char *kind, unsigned index, struct device *device)
{
    struct fdt fdt;
    struct fdt_node node;

    return open_tree(&fdt) && fdt_find_compatible(&fdt, kind, index, &node) &&
           fdt_registers(&fdt, &node, 0, &device->address, &device->bytes) &&
           fdt_interrupt(&fdt, &node, 0, &device->interrupt);
}
