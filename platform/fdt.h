/*
 * platform/fdt.h: reading a flattened device tree.
 *
 * fdt_open() checks the whole blob once: header, reservation block, every token, name and property.
 * After that, nodes are plain offsets and no query can leave the blob (BI-2). Devicetree
 * specification 0.4, chapter 5; versions 17 and compatible. Pure; tested on the host.
 */
#ifndef TESSERA_PLATFORM_FDT_H
#define TESSERA_PLATFORM_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_BYTES_MAX (2u << 20) /* of a whole tree */
#define FDT_DEPTH_MAX 16u        /* of nodes, the root included */

struct fdt {
    const uint8_t *base;
    uint32_t size; /* of the whole blob */
    uint32_t reservations;
    uint32_t structure;
    uint32_t structure_end;
    uint32_t strings;
    uint32_t strings_end;
};

/* Offset of a node's FDT_BEGIN_NODE token in the blob; never 0. */
typedef uint32_t fdt_node;
#define FDT_NONE 0u

struct fdt_property {
    const uint8_t *value; /* null: the node has no such property */
    uint32_t length;
};

/* Null, or one line saying what is wrong. `limit`: bytes that may be read at `tree`. */
const char *fdt_open(struct fdt *fdt, const void *tree, uint64_t limit);

fdt_node fdt_root(const struct fdt *fdt);
fdt_node fdt_child(const struct fdt *fdt, fdt_node node); /* the first, or FDT_NONE */
fdt_node fdt_next(const struct fdt *fdt, fdt_node node);  /* the next sibling, or FDT_NONE */

/* Child of this name; a name without @ also finds name@anything. */
fdt_node fdt_find(const struct fdt *fdt, fdt_node parent, const char *name);

struct fdt_property fdt_get(const struct fdt *fdt, fdt_node node, const char *name);

/* The property is one of several zero-terminated strings, and `string` is among them. */
bool fdt_has_string(struct fdt_property property, const char *string);

/* Cell `index` of the property. Caller: 4 * index + 4 <= length. */
uint32_t fdt_cell(struct fdt_property property, uint32_t index);

/* Number of `cells` (0 to 2) cells that starts at cell `index`. Caller: inside the property. */
uint64_t fdt_number(struct fdt_property property, uint32_t index, uint32_t cells);

/* A property that is one number of one or two cells; false: absent or of another length. */
bool fdt_get_number(const struct fdt *fdt, fdt_node node, const char *name, uint64_t *number);

/* Entry of the memory reservation block; false: that was the last. */
bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *length);

#endif
