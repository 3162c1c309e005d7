/* sources: platform/fdt.c platform/machine.c platform/region.c tests/unit/tree.c */
/*
 * tests/unit/test_fdt.c: the form of device trees: wrong, cut short, corrupted everywhere (BI-2).
 */
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

/* A good tree with the header word at `offset` replaced. */
static void expect_header(uint32_t offset, uint32_t value, const char *wanted)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    tree_put32(tree + offset, value);
    const char *error = tree_judge(tree, size);
    free(tree);
    if (!error || !strstr(error, wanted))
        FAIL("header word %u: got \"%s\", wanted \"%s\"", offset, error ? error : "no error", wanted);
}

static void test_header(void)
{
    expect_header(0, 0xd00dfeee, "wrong magic number");
    expect_header(4, 0x200001, "larger than 2 MB");
    expect_header(4, 39, "cut short");
    expect_header(4, 0x100000, "cut short");
    expect_header(8, 0xfffffff0, "structure block outside");
    expect_header(8, 41, "structure block outside");
    expect_header(36, 0xffffffff, "structure block outside");
    expect_header(12, 0x80000000, "strings block outside");
    expect_header(32, 0xffffffff, "strings block outside");
    expect_header(16, 0xffffffff, "reservation block outside");
    expect_header(16, 0, "reservation block outside");
    expect_header(20, 16, "not of version 17");
    expect_header(24, 18, "not of version 17");
    expect_header(36, 4, "node name without end");
    expect_header(36, 0, "no end");
    expect_header(32, 0, "name outside the strings block");
}

/* The structure block made of these tokens. */
static const char *judge_tokens(const uint32_t *tokens, uint32_t count)
{
    uint32_t size;
    tree_start((struct edit){0});
    tree_string("name");
    for (uint32_t i = 0; i < count; i++)
        tree_word(tokens[i]);
    uint8_t *tree = tree_finish(&size);
    struct fdt fdt;
    const char *error = fdt_open(&fdt, tree, size);
    free(tree);
    return error;
}

#define EXPECT_TOKENS(wanted, ...)                                                                           \
    do {                                                                                                     \
        const char *error_ = judge_tokens(CELLS(__VA_ARGS__));                                               \
        CHECK(error_ &&strstr(error_, wanted));                                                              \
    } while (0)

static void test_structure(void)
{
    CHECK(judge_tokens(CELLS(4, 1, 0, 4, 3, 0, 0, 1, 0x61000000, 2, 4, 2, 4)) == NULL);
    EXPECT_TOKENS("no root node", 4);
    EXPECT_TOKENS("more than one root", 1, 0, 2, 1, 0, 2);
    EXPECT_TOKENS("node without end", 1, 0);
    EXPECT_TOKENS("never began", 1, 0, 2, 2);
    EXPECT_TOKENS("property after the children", 1, 0, 1, 0, 2, 3, 0, 0, 2);
    EXPECT_TOKENS("property after the children", 3, 0, 0, 1, 0, 2);
    EXPECT_TOKENS("unknown token", 1, 0, 5, 2);
    EXPECT_TOKENS("longer than the structure block", 1, 0, 3, 0xfffffffc, 0, 2);
    EXPECT_TOKENS("name outside the strings", 1, 0, 3, 0, 5, 2);
    EXPECT_TOKENS("name outside the strings", 1, 0, 3, 0, 0xffffffff, 2);
    EXPECT_TOKENS("property cut short", 1, 0, 3);
    uint32_t deep[2 * (FDT_DEPTH_MAX + 1)];
    for (unsigned i = 0; i <= FDT_DEPTH_MAX; i++) {
        deep[2 * i] = 1;
        deep[2 * i + 1] = 0;
    }
    const char *error = judge_tokens(deep, 2 * (FDT_DEPTH_MAX + 1));
    CHECK(error && strstr(error, "too deeply"));
}

static void test_truncated(void)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    for (uint32_t length = 0; length < size; length++) {
        uint8_t *part = malloc(length > 0 ? length : 1);
        memcpy(part, tree, length);
        const char *error = tree_judge(part, length);
        CHECK(error != NULL);
        if (length >= 40) { /* and with a size that says so */
            tree_put32(part + 4, length);
            tree_judge(part, length);
        }
        free(part);
    }
    free(tree);
}

/* The blocks in another order: `last` is the header's offset of the one that ends the buffer. */
static uint8_t *reorder(const uint8_t *tree, uint32_t size, uint32_t last)
{
    const uint32_t structure = tree_get32(tree + 8);
    const uint32_t strings = tree_get32(tree + 12);
    const struct {
        uint32_t header, from, to;
    } blocks[] = {{16, 40, structure}, {8, structure, strings}, {12, strings, size}};
    uint8_t *out = malloc(size + 24); /* each block begins at a multiple of 8 */
    uint32_t at = 40;
    memcpy(out, tree, 40);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 3; i++) {
            if ((blocks[i].header == last) != (round == 1))
                continue;
            at = (at + 7) & ~7u;
            tree_put32(out + blocks[i].header, at);
            memcpy(out + at, tree + blocks[i].from, blocks[i].to - blocks[i].from);
            at += blocks[i].to - blocks[i].from;
        }
    tree_put32(out + 4, at);
    return realloc(out, at);
}

/* Cut short where the structure or the reservation block is what ends the buffer. */
static void test_truncated_blocks(void)
{
    static const uint32_t lasts[] = {8, 16};
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *whole = reorder(tree, size, lasts[i]);
        uint32_t total = tree_get32(whole + 4);
        uint32_t block = tree_get32(whole + lasts[i]);
        CHECK(tree_judge(whole, total) == NULL);
        for (uint32_t length = block; length < total; length++) {
            uint8_t *part = malloc(length);
            memcpy(part, whole, length);
            tree_put32(part + 4, length);
            if (lasts[i] == 8)
                tree_put32(part + 36, length - block);
            CHECK(tree_judge(part, length) != NULL);
            free(part);
        }
        free(whole);
    }
    free(tree);
}

static void test_corrupted_bytes(void)
{
    uint32_t size;
    uint32_t refused = 0;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x10, 0x02};
    for (uint32_t at = 0; at < size; at++)
        for (unsigned i = 0; i < sizeof flips; i++) {
            tree[at] ^= flips[i];
            refused += tree_judge(tree, size) != NULL;
            tree[at] ^= flips[i];
        }
    free(tree);
    CHECK(refused > size / 8);
}

static void test_corrupted_words(void)
{
    static const uint32_t values[] = {0, 1, 2, 3, 9, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc};
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    for (uint32_t at = 0; at + 4 <= size; at += 4)
        for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
            uint32_t old = tree_get32(tree + at);
            tree_put32(tree + at, values[i]);
            tree_judge(tree, size);
            tree_put32(tree + at, old);
        }
    free(tree);
    CHECK(size > 1000);
}

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * limit >> 32);
}

/* Several words at once, from a fixed seed. */
static void test_corrupted_randomly(void)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    uint8_t *copy = malloc(size);
    for (unsigned round = 0; round < 5000; round++) {
        memcpy(copy, tree, size);
        for (unsigned i = random_below(6) + 1; i > 0; i--)
            tree_put32(copy + random_below(size / 4) * 4,
                       random_below(3) ? random_below(12) : random_below(~0u));
        tree_judge(copy, size);
    }
    free(copy);
    free(tree);
    CHECK(size > 1000);
}

static const struct unit_test tests[] = {
    {"BI-2: wrong headers", test_header},
    {"BI-2: wrong structure blocks", test_structure},
    {"BI-2: cut short at every length", test_truncated},
    {"BI-2: the last block cut short, whichever it is", test_truncated_blocks},
    {"BI-2: every single byte corrupted", test_corrupted_bytes},
    {"BI-2: every single word corrupted", test_corrupted_words},
    {"BI-2: several words corrupted", test_corrupted_randomly},
};

int main(void)
{
    return UNIT_RUN(tests);
}
