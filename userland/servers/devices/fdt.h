/*
 * userland/servers/devices/fdt.h: a small reader of flattened device trees.
 *
 * Finds a node by path, alias or what it is compatible with, and reads its properties, with register addresses translated to those of
 * the machine. Pure and bounds-checked: a damaged tree gives "not found", never a read outside of it.
 * Compiles on the host, where tests/unit/test_user_fdt.c runs it.
 */
#ifndef TESSERA_USERLAND_SERVERS_DEVICES_FDT_H
#define TESSERA_USERLAND_SERVERS_DEVICES_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt {
    const uint8_t *base;
    uint32_t structure; /* offsets and lengths inside base */
    uint32_t structure_bytes;
    uint32_t strings;
    uint32_t strings_bytes;
};

#define FDT_DEPTH 8

/* The buses above a node, the root first: what a child's addresses mean there. */
struct fdt_bus {
    uint32_t node;
    uint32_t address_cells;
    uint32_t size_cells;
};

struct fdt_node {
    uint32_t offset; /* of its first property, in the structure block */
    unsigned depth;  /* buses[0 .. depth - 1] are its ancestors */
    struct fdt_bus buses[FDT_DEPTH];
};

struct fdt_property {
    const uint8_t *data;
    uint32_t length;
};

/* False when the header makes no sense or does not fit into `length` bytes. */
bool fdt_open(struct fdt *fdt, const void *data, size_t length);

/*
 * "/soc/serial@10000000", or an alias "serial0"; whatever follows a ':' is left out. A part of the path
 * without a unit address matches the first node of that name.
 */
bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node);

/* The `index`th node, in the order of the tree, that is compatible with `name` and not disabled. */
bool fdt_find_compatible(const struct fdt *fdt, const char *name, unsigned index, struct fdt_node *node);

bool fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_property *property);

/* The property's text, which ends inside the property; null when it is missing or does not. */
const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* One 32-bit cell of the property, or `otherwise`. */
uint32_t fdt_cell(const struct fdt *fdt, const struct fdt_node *node, const char *name, unsigned cell,
                  uint32_t otherwise);

/* Is `name` among the node's compatible strings? */
bool fdt_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* Register block `index`: physical address and length in bytes. */
bool fdt_registers(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint64_t *address,
                   uint64_t *length);

/* Interrupt number `index` of a node whose interrupt controller takes one cell. */
bool fdt_interrupt(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint32_t *number);

#endif
