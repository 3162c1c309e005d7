/* sources: userland/servers/devices/fdt.c */
/*
 * tests/unit/test_user_fdt.c: the device server's device tree reader: paths, aliases, registers through buses, and
 * damaged trees.
 */
#include "tests/unit/unit.h"
#include "userland/servers/devices/fdt.h"

/* ---- A writer of trees ---------------------------------------------------------------------------------- */

static unsigned char tree[8192];
static unsigned structure, strings; /* bytes written of each */
static unsigned char structure_block[4096], strings_block[1024];

static void big(unsigned char *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> 8 * (3 - i));
}

static void cell(uint32_t value)
{
    big(structure_block + structure, value);
    structure += 4;
}

static void bytes(const void *data, unsigned length)
{
    memcpy(structure_block + structure, data, length);
    structure += length;
    while (structure % 4 != 0)
        structure_block[structure++] = 0;
}

static void node(const char *name)
{
    cell(1);
    bytes(name, (unsigned)strlen(name) + 1);
}

static void end(void)
{
    cell(2);
}

static void property(const char *name, const void *data, unsigned length)
{
    cell(3);
    cell(length);
    cell(strings);
    strcpy((char *)strings_block + strings, name);
    strings += (unsigned)strlen(name) + 1;
    bytes(data, length);
}

static void text(const char *name, const char *value)
{
    property(name, value, (unsigned)strlen(value) + 1);
}

static void cells(const char *name, unsigned count, const uint32_t *values)
{
    unsigned char data[64];

    for (unsigned i = 0; i < count; i++)
        big(data + 4 * i, values[i]);
    property(name, data, 4 * count);
}

#define CELLS(name, ...) cells(name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

/* Names first, so that a cut tree loses structure only. */
static unsigned structure_at(void)
{
    return 56 + (strings + 3) / 4 * 4;
}

static size_t finish(void)
{
    unsigned total = structure_at() + structure;

    memset(tree, 0, sizeof tree);
    big(tree, 0xd00dfeed);
    big(tree + 4, total);
    big(tree + 8, structure_at());
    big(tree + 12, 56);
    big(tree + 16, 40);
    big(tree + 20, 17);
    big(tree + 24, 16);
    big(tree + 32, strings);
    big(tree + 36, structure);
    memcpy(tree + structure_at(), structure_block, structure);
    memcpy(tree + 56, strings_block, strings);
    return total;
}

/* One bus with the same addresses, one that shifts them, one whose addresses cannot be reached. */
static size_t sample(void)
{
    structure = strings = 0;
    node("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    node("aliases");
    text("serial0", "/soc/serial@10000000");
    text("broken", "serial0");
    end();
    node("chosen");
    text("stdout-path", "serial0:115200n8");
    end();
    node("soc");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    property("ranges", "", 0);
    cell(4);
    node("serial@10000000");
    property("compatible", "snps,dw\0ns16550a", 17);
    CELLS("reg", 0, 0x10000000, 0, 0x100, 1, 0x20000000, 0, 0x40);
    CELLS("interrupts", 10, 11);
    CELLS("reg-shift", 2);
    end();
    node("serial@10000100");
    CELLS("interrupts-extended", 5, 77);
    CELLS("reg", 0, 0x10000100, 0, 0x100);
    end();
    node("bridge");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0, 0x40000000, 0x1000, 0x8000, 1, 0x50000000, 0x1000);
    node("timer@8010");
    CELLS("reg", 0x8010, 0x20);
    end();
    node("lost@4000");
    CELLS("reg", 0x4000, 0x20);
    end();
    end();
    node("closed");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    node("phy@3");
    CELLS("reg", 3);
    end();
    end();
    end();
    end();
    cell(9);
    return finish();
}

/* ---- Tests ------------------------------------------------------------------------------------------------- */

static void paths(void)
{
    struct fdt fdt;
    struct fdt_node n;

    CHECK(fdt_open(&fdt, tree, sample()));
    CHECK(fdt_find(&fdt, "/", &n));
    CHECK(fdt_find(&fdt, "/chosen", &n));
    CHECK(strcmp(fdt_string(&fdt, &n, "stdout-path"), "serial0:115200n8") == 0);
    CHECK(fdt_find(&fdt, "/soc/serial@10000000", &n));
    CHECK(fdt_cell(&fdt, &n, "reg-shift", 0, 9) == 2);
    CHECK(fdt_find(&fdt, "/soc/serial@10000100:9600", &n));
    CHECK(fdt_cell(&fdt, &n, "reg-shift", 0, 9) == 9);
    CHECK(fdt_find(&fdt, "/soc/serial", &n));
    CHECK(fdt_cell(&fdt, &n, "reg-shift", 0, 9) == 2);
    CHECK(fdt_find(&fdt, "serial0:115200n8", &n));
    CHECK(fdt_find(&fdt, "serial0", &n));
    CHECK(!fdt_find(&fdt, "serial1", &n));
    CHECK(!fdt_find(&fdt, "broken", &n));
    CHECK(!fdt_find(&fdt, "", &n));
    CHECK(!fdt_find(&fdt, "/soc/serial@1000000", &n));
    CHECK(!fdt_find(&fdt, "/soc/ser", &n));
    CHECK(!fdt_find(&fdt, "/timer@8010", &n));
    CHECK(!fdt_find(&fdt, "/soc/serial@10000000/x", &n));
    CHECK(!fdt_find(&fdt, "a-name-that-is-much-too-long-for-an-alias", &n));
}

static void compatible(void)
{
    struct fdt fdt;
    struct fdt_node n;

    CHECK(fdt_open(&fdt, tree, sample()));
    CHECK(fdt_find(&fdt, "serial0", &n));
    CHECK(fdt_compatible(&fdt, &n, "ns16550a"));
    CHECK(fdt_compatible(&fdt, &n, "snps,dw"));
    CHECK(!fdt_compatible(&fdt, &n, "ns16550"));
    CHECK(!fdt_compatible(&fdt, &n, "s16550a"));
    CHECK(!fdt_compatible(&fdt, &n, ""));
}

/* Nodes of a kind, wherever they are, with their buses. */
static void all_compatible(void)
{
    struct fdt fdt;
    struct fdt_node n;
    uint64_t address, length;

    structure = strings = 0;
    node("");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    text("compatible", "board");
    node("port@5000");
    text("compatible", "port");
    CELLS("reg", 0x5000, 0x10);
    end();
    node("bus");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0, 0x10000, 0x8000);
    node("port@2000");
    text("compatible", "port");
    text("status", "disabled");
    end();
    for (unsigned depth = 0; depth < 2 * FDT_DEPTH; depth++)
        node("deep");
    text("compatible", "port");
    for (unsigned depth = 0; depth < 2 * FDT_DEPTH; depth++)
        end();
    node("port@1000");
    text("compatible", "port");
    text("status", "okay");
    CELLS("reg", 0, 0x1000, 0x20);
    end();
    end();
    end();
    cell(9);
    CHECK(fdt_open(&fdt, tree, finish()));
    CHECK(fdt_find_compatible(&fdt, "board", 0, &n));
    CHECK_EQ(n.depth, 0);
    CHECK(!fdt_find_compatible(&fdt, "board", 1, &n));
    CHECK(fdt_find_compatible(&fdt, "port", 0, &n));
    CHECK(fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK_EQ(address, 0x5000);
    CHECK(fdt_find_compatible(&fdt, "port", 1, &n));
    CHECK(fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK_EQ(address, 0x11000);
    CHECK_EQ(length, 0x20);
    CHECK(!fdt_find_compatible(&fdt, "port", 2, &n));
    CHECK(!fdt_find_compatible(&fdt, "ports", 0, &n));
}

static void registers(void)
{
    struct fdt fdt;
    struct fdt_node n;
    uint64_t address, length;

    CHECK(fdt_open(&fdt, tree, sample()));
    CHECK(fdt_find(&fdt, "serial0", &n));
    CHECK(fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK_EQ(address, 0x10000000);
    CHECK_EQ(length, 0x100);
    CHECK(fdt_registers(&fdt, &n, 1, &address, &length));
    CHECK_EQ(address, 0x120000000);
    CHECK_EQ(length, 0x40);
    CHECK(!fdt_registers(&fdt, &n, 2, &address, &length));
    CHECK(fdt_find(&fdt, "/soc/bridge/timer@8010", &n));
    CHECK(fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK_EQ(address, 0x150000010);
    CHECK(fdt_find(&fdt, "/soc/bridge/lost@4000", &n));
    CHECK(!fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK(fdt_find(&fdt, "/soc/closed/phy@3", &n));
    CHECK(!fdt_registers(&fdt, &n, 0, &address, &length));
    CHECK(fdt_find(&fdt, "/", &n));
    CHECK(!fdt_registers(&fdt, &n, 0, &address, &length));
}

static void interrupts(void)
{
    struct fdt fdt;
    struct fdt_node n;
    uint32_t number;

    CHECK(fdt_open(&fdt, tree, sample()));
    CHECK(fdt_find(&fdt, "serial0", &n));
    CHECK(fdt_interrupt(&fdt, &n, 0, &number) && number == 10);
    CHECK(fdt_interrupt(&fdt, &n, 1, &number) && number == 11);
    CHECK(!fdt_interrupt(&fdt, &n, 2, &number));
    CHECK(fdt_find(&fdt, "/soc/serial@10000100", &n));
    CHECK(fdt_interrupt(&fdt, &n, 0, &number) && number == 77);
    CHECK(!fdt_interrupt(&fdt, &n, 1, &number));
    CHECK(fdt_find(&fdt, "/soc", &n));
    CHECK(!fdt_interrupt(&fdt, &n, 0, &number));
}

/* Everything root asks of a tree; what it answers does not matter, that it stays inside does. */
static void ask_all(const void *data, size_t length)
{
    static const char *const names[] = {"/chosen", "serial0", "/soc/serial@10000000",
                                        "/soc/bridge/timer@8010", "/soc/closed/phy@3"};
    struct fdt fdt;
    struct fdt_node n;
    uint64_t address, bytes_long;
    uint32_t number;

    if (!fdt_open(&fdt, data, length))
        return;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!fdt_find(&fdt, names[i], &n))
            continue;
        const char *string = fdt_string(&fdt, &n, "stdout-path");
        if (string != NULL)
            unit_state.checks += strlen(string) > 0;
        fdt_compatible(&fdt, &n, "ns16550a");
        fdt_registers(&fdt, &n, 0, &address, &bytes_long);
        fdt_interrupt(&fdt, &n, 0, &number);
    }
    for (unsigned i = 0; fdt_find_compatible(&fdt, "ns16550a", i, &n); i++)
        fdt_registers(&fdt, &n, 0, &address, &bytes_long);
    unit_state.checks++;
}

/* Cut anywhere, with the header's length put right or not: the address sanitizer watches. */
static void cut(void)
{
    size_t total = sample();

    for (size_t length = 0; length < total; length++) {
        unsigned char *copy = malloc(length ? length : 1);
        memcpy(copy, tree, length);
        ask_all(copy, length);
        if (length >= structure_at()) {
            big(copy + 4, (uint32_t)length);
            ask_all(copy, length);
            big(copy + 36, (uint32_t)length - structure_at());
            ask_all(copy, length);
        }
        free(copy);
    }
}

static void changed_bytes(void)
{
    static const unsigned char values[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x09, 0x7f, 0x80, 0xff};
    size_t total = sample();
    unsigned char *copy = malloc(total);

    for (size_t at = 0; at < total; at++) {
        for (unsigned i = 0; i < sizeof values; i++) {
            memcpy(copy, tree, total);
            copy[at] = values[i];
            ask_all(copy, total);
        }
    }
    free(copy);
}

static void deep_nesting(void)
{
    struct fdt fdt;
    struct fdt_node n;

    structure = strings = 0;
    node("");
    for (unsigned i = 0; i < 12; i++)
        node("a");
    for (unsigned i = 0; i < 13; i++)
        end();
    cell(9);
    CHECK(fdt_open(&fdt, tree, finish()));
    CHECK(fdt_find(&fdt, "/a/a/a/a/a/a/a/a", &n));
    CHECK(!fdt_find(&fdt, "/a/a/a/a/a/a/a/a/a", &n));
    CHECK(!fdt_find(&fdt, "/a/b", &n));
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"paths and aliases", paths},     {"compatible", compatible},     {"all of a kind", all_compatible},
        {"registers", registers},         {"interrupts", interrupts},     {"cut trees", cut},
        {"changed bytes", changed_bytes}, {"deep nesting", deep_nesting},
    };

    return UNIT_RUN(tests);
}
