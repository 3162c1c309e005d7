/*
 * userland/servers/devices/fdt.c: a small reader of flattened device trees (userland/servers/devices/fdt.h).
 *
 * The structure block is a sequence of 32-bit tokens. One function, next_token, steps over it and checks
 * every length; offsets only grow, so every walk ends.
 */
#include <string.h>

#include "userland/servers/devices/fdt.h"

#define MAGIC      0xd00dfeedu
#define BEGIN_NODE 1u
#define END_NODE   2u
#define PROPERTY   3u
#define NOP        4u
#define END        9u

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool fits(uint32_t offset, uint32_t bytes, size_t length)
{
    return offset <= length && bytes <= length - offset;
}

bool fdt_open(struct fdt *fdt, const void *data, size_t length)
{
    const uint8_t *base = data;

    if (length < 40 || big32(base) != MAGIC)
        return false;
    uint32_t total = big32(base + 4);
    *fdt = (struct fdt){base, big32(base + 8), big32(base + 36), big32(base + 12), big32(base + 32)};
    if (total > length || !fits(fdt->structure, fdt->structure_bytes, total) ||
        !fits(fdt->strings, fdt->strings_bytes, total))
        return false;
    if (fdt->structure % 4 != 0)
        return false;
    /* So that every name ends inside. */
    return fdt->strings_bytes == 0 || base[fdt->strings + fdt->strings_bytes - 1] == '\0';
}

/* A token and what belongs to it: name and data of a property, name of a node. */
struct token {
    uint32_t kind;
    const char *name;
    struct fdt_property data;
};

/* Reads the token at *offset and moves behind it; END when there is none that makes sense. */
static struct token next_token(const struct fdt *fdt, uint32_t *offset)
{
    const uint8_t *block = fdt->base + fdt->structure;
    struct token t = {.kind = END};
    uint32_t at = *offset;

    if (!fits(at, 4, fdt->structure_bytes))
        return t;
    uint32_t kind = big32(block + at);
    at += 4;
    if (kind == BEGIN_NODE) {
        const uint8_t *end = memchr(block + at, '\0', fdt->structure_bytes - at);
        if (end == NULL)
            return t;
        t.name = (const char *)block + at;
        at = (uint32_t)(end - block) + 1;
    } else if (kind == PROPERTY) {
        if (!fits(at, 8, fdt->structure_bytes))
            return t;
        uint32_t length = big32(block + at);
        uint32_t name = big32(block + at + 4);
        at += 8;
        if (!fits(at, length, fdt->structure_bytes) || name >= fdt->strings_bytes)
            return t;
        t.name = (const char *)fdt->base + fdt->strings + name;
        t.data = (struct fdt_property){block + at, length};
        at += length;
    } else if (kind != END_NODE && kind != NOP) {
        return t;
    }
    t.kind = kind;
    *offset = at + (0u - at) % 4;
    return t;
}

bool fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_property *property)
{
    uint32_t at = node->offset;

    /* Properties come before child nodes. */
    for (;;) {
        struct token t = next_token(fdt, &at);
        if (t.kind == NOP)
            continue;
        if (t.kind != PROPERTY)
            return false;
        if (strcmp(t.name, name) == 0) {
            *property = t.data;
            return true;
        }
    }
}

const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    struct fdt_property p;

    if (!fdt_property(fdt, node, name, &p) || p.length == 0 || memchr(p.data, '\0', p.length) == NULL)
        return NULL;
    return (const char *)p.data;
}

uint32_t fdt_cell(const struct fdt *fdt, const struct fdt_node *node, const char *name, unsigned cell,
                  uint32_t otherwise)
{
    struct fdt_property p;

    if (!fdt_property(fdt, node, name, &p) || cell >= p.length / 4)
        return otherwise;
    return big32(p.data + 4 * cell);
}

bool fdt_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    struct fdt_property p;
    size_t length = strlen(name) + 1;

    if (!fdt_property(fdt, node, "compatible", &p))
        return false;
    for (uint32_t at = 0; at < p.length;) {
        const uint8_t *end = memchr(p.data + at, '\0', p.length - at);
        if (end == NULL)
            return false;
        uint32_t next = (uint32_t)(end - p.data) + 1;
        if (next - at == length && memcmp(p.data + at, name, length) == 0)
            return true;
        at = next;
    }
    return false;
}

/* ---- Paths ------------------------------------------------------------------------------------------- */

/* Does the node's name match the first `length` bytes of the path? */
static bool name_matches(const char *name, const char *path, size_t length)
{
    if (strncmp(name, path, length) != 0)
        return false;
    return name[length] == '\0' || (name[length] == '@' && memchr(path, '@', length) == NULL);
}

/* Makes *node its child whose properties begin at `at`. The caller has looked at its depth. */
static void descend(const struct fdt *fdt, struct fdt_node *node, uint32_t at)
{
    uint32_t address_cells = fdt_cell(fdt, node, "#address-cells", 0, 2);
    uint32_t size_cells = fdt_cell(fdt, node, "#size-cells", 0, 1);

    node->buses[node->depth++] = (struct fdt_bus){node->offset, address_cells, size_cells};
    node->offset = at;
}

/* Makes *node its own child that matches the first `length` bytes of the path. */
static bool enter_child(const struct fdt *fdt, struct fdt_node *node, const char *path, size_t length)
{
    uint32_t at = node->offset;
    unsigned depth = 0;

    if (node->depth == FDT_DEPTH)
        return false;
    for (;;) {
        struct token t = next_token(fdt, &at);
        if (t.kind == END || (t.kind == END_NODE && depth == 0))
            return false;
        if (t.kind == END_NODE)
            depth--;
        if (t.kind != BEGIN_NODE)
            continue;
        if (depth == 0 && name_matches(t.name, path, length)) {
            descend(fdt, node, at);
            return true;
        }
        depth++;
    }
}

static bool find_path(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    uint32_t at = 0;
    struct token t;

    do
        t = next_token(fdt, &at);
    while (t.kind == NOP);
    if (t.kind != BEGIN_NODE)
        return false;
    memset(node, 0, sizeof *node);
    node->offset = at;
    while (*path == '/') {
        path++;
        size_t length = strcspn(path, "/:");
        if (length == 0)
            break;
        if (!enter_child(fdt, node, path, length))
            return false;
        path += length;
    }
    return *path == '\0' || *path == ':';
}

bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    char alias[32];
    size_t length = strcspn(path, ":");

    if (path[0] == '/')
        return find_path(fdt, path, node);
    if (length == 0 || length >= sizeof alias)
        return false;
    memcpy(alias, path, length);
    alias[length] = '\0';
    if (!find_path(fdt, "/aliases", node))
        return false;
    const char *target = fdt_string(fdt, node, alias);
    return target != NULL && target[0] == '/' && find_path(fdt, target, node);
}

static bool is_enabled(const struct fdt *fdt, const struct fdt_node *node)
{
    const char *status = fdt_string(fdt, node, "status");

    return status == NULL || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

bool fdt_find_compatible(const struct fdt *fdt, const char *name, unsigned index, struct fdt_node *node)
{
    uint32_t at = 0;
    unsigned below = 0; /* nodes entered that are too deep to be looked at */
    bool inside = false;

    memset(node, 0, sizeof *node);
    for (;;) {
        struct token t = next_token(fdt, &at);
        if (t.kind == END)
            return false;
        if (t.kind == BEGIN_NODE && node->depth == FDT_DEPTH) {
            below++;
        } else if (t.kind == BEGIN_NODE) {
            if (inside)
                descend(fdt, node, at);
            else
                node->offset = at;
            inside = true;
            if (fdt_compatible(fdt, node, name) && is_enabled(fdt, node) && index-- == 0)
                return true;
        } else if (t.kind == END_NODE && below > 0) {
            below--;
        } else if (t.kind == END_NODE) {
            if (node->depth == 0)
                return false;
            node->offset = node->buses[--node->depth].node;
        }
    }
}

/* ---- Registers and interrupts --------------------------------------------------------------------------- */

/* A number of one or two cells; more do not occur for what is read here. */
static bool read_cells(const uint8_t *data, uint32_t cells, uint64_t *value)
{
    if (cells == 0 || cells > 2)
        return false;
    *value = cells == 1 ? big32(data) : (uint64_t)big32(data) << 32 | big32(data + 4);
    return true;
}

/* One step up: an address on the bus `below` becomes one on the bus `above` it. */
static bool translate(const struct fdt *fdt, const struct fdt_bus *below, const struct fdt_bus *above,
                      uint64_t *address)
{
    struct fdt_node bus = {.offset = below->node};
    struct fdt_property p;

    if (!fdt_property(fdt, &bus, "ranges", &p))
        return false;
    if (p.length == 0)
        return true; /* the same addresses */
    if (below->address_cells > 2 || above->address_cells > 2 || below->size_cells > 2)
        return false;
    uint32_t entry = 4 * (below->address_cells + above->address_cells + below->size_cells);
    for (uint32_t at = 0; entry > 0 && p.length - at >= entry; at += entry) {
        uint64_t from, to, bytes;
        const uint8_t *d = p.data + at;
        if (!read_cells(d, below->address_cells, &from) ||
            !read_cells(d + 4 * below->address_cells, above->address_cells, &to) ||
            !read_cells(d + 4 * (below->address_cells + above->address_cells), below->size_cells, &bytes))
            return false;
        if (*address >= from && *address - from < bytes) {
            *address = to + (*address - from);
            return true;
        }
    }
    return false;
}

bool fdt_registers(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint64_t *address,
                   uint64_t *length)
{
    struct fdt_property p;

    if (node->depth == 0 || !fdt_property(fdt, node, "reg", &p))
        return false;
    const struct fdt_bus *bus = &node->buses[node->depth - 1];
    if (bus->address_cells > 2 || bus->size_cells > 2)
        return false;
    uint32_t entry = 4 * (bus->address_cells + bus->size_cells);
    if (entry == 0 || index >= p.length / entry)
        return false;
    const uint8_t *d = p.data + index * entry;
    if (!read_cells(d, bus->address_cells, address) ||
        !read_cells(d + 4 * bus->address_cells, bus->size_cells, length))
        return false;
    for (unsigned i = node->depth - 1; i > 0; i--) {
        if (!translate(fdt, &node->buses[i], &node->buses[i - 1], address))
            return false;
    }
    return true;
}

bool fdt_interrupt(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint32_t *number)
{
    struct fdt_property p;

    if (fdt_property(fdt, node, "interrupts", &p)) {
        if (index >= p.length / 4)
            return false;
        *number = big32(p.data + 4 * index);
        return true;
    }
    /* Pairs of controller and number. */
    if (!fdt_property(fdt, node, "interrupts-extended", &p) || index >= p.length / 8)
        return false;
    *number = big32(p.data + 8 * index + 4);
    return true;
}
