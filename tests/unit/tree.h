/*
 * tests/unit/tree.h: device trees built for tests.
 *
 * A tree lies in a buffer of exactly its size, which the caller frees, so that the sanitizer sees any
 * byte read beyond it.
 */
#ifndef TESSERA_TESTS_UNIT_TREE_H
#define TESSERA_TESTS_UNIT_TREE_H

#include "platform/fdt.h"
#include "platform/platform.h"

/* One change while a tree is built. `key` is "node" or "node:property"; a null value leaves it out. */
struct edit {
    const char *key;
    const void *value;
    uint32_t length;
};

void tree_put32(uint8_t *at, uint32_t value);
uint32_t tree_get32(const uint8_t *at);

/* Building: start, then nodes and properties in the order of the blob, then finish. */
void tree_start(struct edit edit);
void tree_begin(const char *name);
void tree_end(void);
void tree_word(uint32_t value);         /* a bare token */
uint32_t tree_string(const char *name); /* its offset in the strings block */
void tree_property(const char *name, const void *value, uint32_t length);
void tree_cells(const char *name, const uint32_t *values, uint32_t count);
void tree_text(const char *name, const char *value);
void tree_reserve(uint64_t base, uint64_t length);
uint8_t *tree_finish(uint32_t *size);

#define CELLS(...)                                                                                           \
    ((uint32_t[]){__VA_ARGS__}), (uint32_t)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

void tree_root_cells(void); /* begins the root node */
void tree_cpu(uint32_t id, const char *mmu, const char *isa, uint32_t phandle);

/* Whole boards: two harts, 128 MB, an initrd; and one with harts without MMU, and reservations. */
uint8_t *tree_virt(struct edit edit, uint32_t *size);
uint8_t *tree_sifive(uint32_t *size);

/* Reads a tree that may be anything: accepted and sound, or one line. Returns the line, or null. */
const char *tree_judge(const uint8_t *tree, uint32_t limit);

/* tree_virt() with this edit is refused with a line that contains `wanted`. */
void tree_expect(struct edit edit, const char *wanted);

/* Frees the tree. */
struct machine tree_read_good(uint8_t *tree, uint32_t size);

#endif
