/*
 * platform/fdt.c: reading a flattened device tree.
 *
 * Implements the form of a tree, clause BI-2; what it means is machine.c. All offsets are 32-bit values
 * below FDT_BYTES_MAX, so sums of two of them cannot wrap once each has been checked against its block.
 */
#include "platform/fdt.h"

#include "platform/text.h"

/* Tokens of the structure block. */
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROPERTY   3u
#define FDT_NOP        4u
#define FDT_END        9u

/* The header: big-endian words at these offsets. */
#define FDT_MAGIC             0xd00dfeedu
#define FDT_AT_MAGIC          0u
#define FDT_AT_SIZE           4u
#define FDT_AT_STRUCTURE      8u
#define FDT_AT_STRINGS        12u
#define FDT_AT_RESERVATIONS   16u
#define FDT_AT_VERSION        20u
#define FDT_AT_COMPATIBLE     24u
#define FDT_AT_STRINGS_SIZE   32u
#define FDT_AT_STRUCTURE_SIZE 36u
#define FDT_HEADER_BYTES      40u
#define FDT_VERSION           17u
#define FDT_RESERVATION_BYTES 16u
#define FDT_PROPERTY_HEADER   12u /* token, length, offset of the name */

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t read64(const uint8_t *p)
{
    return (uint64_t)read32(p) << 32 | read32(p + 4);
}

static uint32_t round4(uint32_t n)
{
    return (n + 3) & ~3u;
}

/* Length of the string at `offset`, or -1 when no zero ends it before `end`. */
static int64_t string_length(const struct fdt *fdt, uint32_t offset, uint32_t end)
{
    return offset < end ? text_length(fdt->base + offset, end - offset) : -1;
}

/* A token, and the offset of the one after it. */
struct token {
    uint32_t kind;
    uint32_t at;
    uint32_t next;
};

/* Null and the token at `at`, or an error. The only place that advances through the structure block. */
static const char *token_read(const struct fdt *fdt, uint32_t at, struct token *token)
{
    uint32_t room = fdt->structure_end - at;
    if (room < 4)
        return "device tree: structure block has no end";
    token->at = at;
    token->kind = read32(fdt->base + at);
    token->next = at + 4;
    switch (token->kind) {
    case FDT_BEGIN_NODE: {
        int64_t length = string_length(fdt, at + 4, fdt->structure_end);
        if (length < 0)
            return "device tree: node name without end";
        token->next = at + 4 + round4((uint32_t)length + 1);
        break;
    }
    case FDT_PROPERTY: {
        if (room < FDT_PROPERTY_HEADER)
            return "device tree: property cut short";
        uint32_t length = read32(fdt->base + at + 4);
        uint32_t name = read32(fdt->base + at + 8);
        if (length > room - FDT_PROPERTY_HEADER)
            return "device tree: property longer than the structure block";
        if (name >= fdt->strings_end - fdt->strings ||
            string_length(fdt, fdt->strings + name, fdt->strings_end) < 0)
            return "device tree: property name outside the strings block";
        token->next = at + FDT_PROPERTY_HEADER + round4(length);
        break;
    }
    case FDT_END_NODE:
    case FDT_NOP:
    case FDT_END:
        break;
    default:
        return "device tree: unknown token in the structure block";
    }
    return token->next <= fdt->structure_end ? NULL : "device tree: structure block has no end";
}

/* One root node, balanced, not too deep, properties before children, an end. */
static const char *check_structure(const struct fdt *fdt)
{
    uint32_t depth = 0;
    bool seen_root = false;
    bool may_have_property = false; /* nothing but properties came since the last FDT_BEGIN_NODE */
    struct token token = {.next = fdt->structure};

    /* Ends: every token is at least four bytes long. */
    do {
        const char *error = token_read(fdt, token.next, &token);
        if (error)
            return error;
        switch (token.kind) {
        case FDT_BEGIN_NODE:
            if (depth == 0 && seen_root)
                return "device tree: more than one root node";
            if (++depth > FDT_DEPTH_MAX)
                return "device tree: nodes nested too deeply (16)";
            seen_root = may_have_property = true;
            break;
        case FDT_END_NODE:
            if (depth == 0)
                return "device tree: end of a node that never began";
            depth--;
            may_have_property = false;
            break;
        case FDT_PROPERTY:
            if (!may_have_property)
                return "device tree: property after the children of its node";
            break;
        }
    } while (token.kind != FDT_END);

    if (depth > 0)
        return "device tree: node without end";
    return seen_root ? NULL : "device tree: no root node";
}

static const char *check_reservations(const struct fdt *fdt)
{
    uint64_t base;
    uint64_t length;
    for (uint32_t at = fdt->reservations; fdt->size - at >= FDT_RESERVATION_BYTES;
         at += FDT_RESERVATION_BYTES) {
        base = read64(fdt->base + at);
        length = read64(fdt->base + at + 8);
        if (base == 0 && length == 0)
            return NULL;
    }
    return "device tree: memory reservation block has no end";
}

const char *fdt_open(struct fdt *fdt, const void *tree, uint64_t limit)
{
    const uint8_t *base = tree;
    if (limit < FDT_HEADER_BYTES)
        return "device tree: shorter than its header";
    if (read32(base + FDT_AT_MAGIC) != FDT_MAGIC)
        return "device tree: wrong magic number";
    if (read32(base + FDT_AT_VERSION) < FDT_VERSION || read32(base + FDT_AT_COMPATIBLE) > FDT_VERSION)
        return "device tree: not of version 17";

    fdt->base = base;
    fdt->size = read32(base + FDT_AT_SIZE);
    if (fdt->size > FDT_BYTES_MAX)
        return "device tree: larger than 2 MB";
    if (fdt->size < FDT_HEADER_BYTES || fdt->size > limit)
        return "device tree: cut short";

    fdt->reservations = read32(base + FDT_AT_RESERVATIONS);
    fdt->structure = read32(base + FDT_AT_STRUCTURE);
    fdt->strings = read32(base + FDT_AT_STRINGS);
    uint32_t structure_size = read32(base + FDT_AT_STRUCTURE_SIZE);
    uint32_t strings_size = read32(base + FDT_AT_STRINGS_SIZE);
    if (fdt->reservations < FDT_HEADER_BYTES || fdt->reservations > fdt->size || fdt->reservations % 8)
        return "device tree: memory reservation block outside the tree";
    if (fdt->structure < FDT_HEADER_BYTES || fdt->structure > fdt->size || fdt->structure % 4 ||
        structure_size > fdt->size - fdt->structure)
        return "device tree: structure block outside the tree";
    if (fdt->strings < FDT_HEADER_BYTES || fdt->strings > fdt->size ||
        strings_size > fdt->size - fdt->strings)
        return "device tree: strings block outside the tree";
    fdt->structure_end = fdt->structure + structure_size;
    fdt->strings_end = fdt->strings + strings_size;

    const char *error = check_reservations(fdt);
    return error ? error : check_structure(fdt);
}

/* For a tree that fdt_open() found good. */
static struct token token_at(const struct fdt *fdt, uint32_t at)
{
    struct token token = {FDT_END, at, at};
    token_read(fdt, at, &token);
    return token;
}

fdt_node fdt_root(const struct fdt *fdt)
{
    struct token token = token_at(fdt, fdt->structure);
    while (token.kind != FDT_BEGIN_NODE)
        token = token_at(fdt, token.next);
    return token.at;
}

fdt_node fdt_child(const struct fdt *fdt, fdt_node node)
{
    struct token token = token_at(fdt, token_at(fdt, node).next);
    while (token.kind == FDT_PROPERTY || token.kind == FDT_NOP)
        token = token_at(fdt, token.next);
    return token.kind == FDT_BEGIN_NODE ? token.at : FDT_NONE;
}

fdt_node fdt_next(const struct fdt *fdt, fdt_node node)
{
    struct token token = token_at(fdt, node);
    uint32_t depth = 1;
    while (depth > 0) {
        token = token_at(fdt, token.next);
        depth += token.kind == FDT_BEGIN_NODE;
        depth -= token.kind == FDT_END_NODE;
    }
    do {
        token = token_at(fdt, token.next);
    } while (token.kind == FDT_NOP);
    return token.kind == FDT_BEGIN_NODE ? token.at : FDT_NONE;
}

fdt_node fdt_find(const struct fdt *fdt, fdt_node parent, const char *name)
{
    for (fdt_node node = fdt_child(fdt, parent); node != FDT_NONE; node = fdt_next(fdt, node)) {
        const char *full = (const char *)fdt->base + node + 4;
        uint64_t length = text_prefix(full, name);
        if (length > 0 && (full[length] == 0 || full[length] == '@'))
            return node;
    }
    return FDT_NONE;
}

struct fdt_property fdt_get(const struct fdt *fdt, fdt_node node, const char *name)
{
    struct token token = token_at(fdt, token_at(fdt, node).next);
    for (; token.kind == FDT_PROPERTY || token.kind == FDT_NOP; token = token_at(fdt, token.next)) {
        if (token.kind == FDT_NOP)
            continue;
        const uint8_t *header = fdt->base + token.at;
        if (text_equal((const char *)fdt->base + fdt->strings + read32(header + 8), name))
            return (struct fdt_property){header + FDT_PROPERTY_HEADER, read32(header + 4)};
    }
    return (struct fdt_property){NULL, 0};
}

bool fdt_has_string(struct fdt_property property, const char *string)
{
    uint32_t at = 0;
    while (at < property.length) {
        int64_t length = text_length(property.value + at, property.length - at);
        if (length < 0)
            return false;
        if (text_equal((const char *)property.value + at, string))
            return true;
        at += (uint32_t)length + 1;
    }
    return false;
}

uint32_t fdt_cell(struct fdt_property property, uint32_t index)
{
    return read32(property.value + (size_t)4 * index);
}

uint64_t fdt_number(struct fdt_property property, uint32_t index, uint32_t cells)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < cells; i++)
        number = number << 32 | fdt_cell(property, index + i);
    return number;
}

bool fdt_get_number(const struct fdt *fdt, fdt_node node, const char *name, uint64_t *number)
{
    struct fdt_property property = fdt_get(fdt, node, name);
    if (property.value == NULL || (property.length != 4 && property.length != 8))
        return false;
    *number = fdt_number(property, 0, property.length / 4);
    return true;
}

bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *length)
{
    const uint8_t *entry = fdt->base + fdt->reservations + (size_t)index * FDT_RESERVATION_BYTES;
    *base = read64(entry);
    *length = read64(entry + 8);
    return *base != 0 || *length != 0;
}
