/* sources: platform/fdt.c platform/machine.c platform/region.c tests/unit/tree.c */
/*
 * tests/unit/test_machine.c: what device trees mean, and every wrong meaning (BI-2, BI-5, BI-9).
 */
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

/* ---- good trees --------------------------------------------------------------------------------------- */

static void test_virt(void)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    struct machine m = tree_read_good(tree, size);
    CHECK_EQ(m.tree_bytes, size);
    CHECK_EQ(m.memory.count, 1);
    CHECK_EQ(m.memory.at[0].base, 0x80000000);
    CHECK_EQ(m.memory.at[0].length, 0x8000000);
    CHECK_EQ(m.reserved.count, 1);
    CHECK_EQ(m.reserved.at[0].length, 0x80000);
    CHECK_EQ(m.harts_count, 2);
    CHECK_EQ(m.harts[0].plic_context, 1);
    CHECK_EQ(m.harts[1].plic_context, 3);
    CHECK_EQ(machine_hart_index(&m, 1), 1);
    CHECK_EQ(machine_hart_index(&m, 2), -1);
    CHECK(m.sstc && !m.svpbmt && m.sv48 && !m.only_reboots);
    CHECK_EQ(m.timebase, 10000000);
    CHECK_EQ(m.plic.base, 0xc000000);
    CHECK_EQ(m.plic_sources, 0x60);
    CHECK_EQ(m.initrd.base, 0x84200000);
    CHECK_EQ(m.initrd.length, 0x12345);
    CHECK_EQ(m.mem_limit, 64 << 20);
    CHECK(strcmp(m.bootargs, "quiet mem=64M") == 0);
}

static void test_virt_devices(void)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){0}, &size);
    struct machine m = tree_read_good(tree, size);
    static const struct region devices[] = {
        {0x101000, 0x1000}, {0x10000000, 0x1000}, {0x10001000, 0x1000}, {0x20000000, 0x4000000}};
    CHECK_EQ(m.devices.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(m.devices.at[i].base, devices[i].base);
        CHECK_EQ(m.devices.at[i].length, devices[i].length);
    }
    CHECK_EQ(m.kept.count, 2);
    CHECK_EQ(m.kept.at[0].base, 0x2000000);
    CHECK_EQ(m.kept.at[1].base, 0xc000000);
}

static void test_sifive(void)
{
    uint32_t size;
    uint8_t *tree = tree_sifive(&size);
    struct machine m = tree_read_good(tree, size);
    CHECK_EQ(m.memory.count, 1);
    CHECK_EQ(m.memory.at[0].length, 0x8000000);
    CHECK_EQ(m.reserved.at[0].length, 0x40000);
    CHECK_EQ(m.harts_count, 2);
    CHECK_EQ(m.harts[0].id, 1);
    CHECK_EQ(m.harts[0].plic_context, 2);
    CHECK_EQ(m.harts[1].id, 3);
    CHECK_EQ(m.harts[1].plic_context, 6);
    CHECK(!m.sstc && !m.harts[1].sstc && m.only_reboots);
    CHECK(!m.sv48 && !m.harts[1].sv48);
    CHECK_EQ(m.timebase, 1000000);
    CHECK_EQ(m.initrd.length, 0x12345);
    CHECK_EQ(m.devices.count, 2);
    CHECK_EQ(m.devices.at[0].base, 0x10090000);
    CHECK_EQ(m.devices.at[1].base, 0x100a0000);
}

/* A device that claims pages of RAM or of the PLIC does not get them; one page of two devices is one. */
static void test_device_overlaps(void)
{
    static const uint8_t in_ram[] = {0, 0, 0, 0, 0x7f, 0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0};
    static const uint8_t in_plic[] = {0, 0, 0, 0, 0x0b, 0xff, 0xf0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    static const uint8_t shared[] = {0, 0, 0, 0, 0x10, 0, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0, 2};
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){"rtc@101000:reg", in_ram, 16}, &size);
    struct machine m = tree_read_good(tree, size);
    CHECK_EQ(region_end(m.devices.at[m.devices.count - 1]), 0x80000000);
    CHECK_EQ(m.devices.at[m.devices.count - 1].length, 0x1000);

    tree = tree_virt((struct edit){"rtc@101000:reg", in_plic, 16}, &size);
    m = tree_read_good(tree, size);
    CHECK_EQ(m.devices.at[0].base, 0xbfff000);
    CHECK_EQ(m.devices.at[0].length, 0x1000);
    CHECK_EQ(m.devices.at[1].base, 0xc600000);

    tree = tree_virt((struct edit){"rtc@101000:reg", shared, 16}, &size);
    m = tree_read_good(tree, size);
    CHECK_EQ(m.devices.at[0].base, 0x10000000);
    CHECK_EQ(m.devices.at[0].length, 0x2000);
    CHECK_EQ(m.devices.count, 2);
}

/* ---- wrong trees ---------------------------------------------------------------------------------------- */

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), (uint32_t)sizeof((const uint8_t[]){__VA_ARGS__})

static void test_meaning(void)
{
    tree_expect((struct edit){"memory@80000000", NULL, 0}, "no memory");
    tree_expect((struct edit){"memory@80000000:reg", BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0)},
                "wrong length");
    tree_expect((struct edit){"memory@80000000:reg",
                              BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)},
                "beyond");
    tree_expect((struct edit){"memory@80000000:reg",
                              BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, /* and again: */
                                    0, 0, 0, 0, 0x87, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0)},
                "overlap");
    tree_expect((struct edit){":#address-cells", BYTES(0, 0, 0, 3)}, "of the root");
    tree_expect((struct edit){"reserved-memory:#size-cells", BYTES(0, 0, 0, 0)}, "/reserved-memory");
    tree_expect((struct edit){"cpus", NULL, 0}, "no /cpus");
    tree_expect((struct edit){"cpus:timebase-frequency", NULL, 0}, "timebase");
    tree_expect((struct edit){"cpus:timebase-frequency", BYTES(0, 0, 0, 0)}, "timebase");
    tree_expect((struct edit){"cpu@1:reg", BYTES(0, 0, 0, 0)}, "one hart number");
    tree_expect((struct edit){"cpu@1:reg", BYTES(0, 0)}, "without a hart number");
    tree_expect((struct edit){"plic@c000000", NULL, 0}, "no PLIC");
    tree_expect((struct edit){"plic@c000000:reg", NULL, 0}, "PLIC without registers");
    tree_expect((struct edit){"plic@c000000:riscv,ndev", NULL, 0}, "1 to 1023");
    tree_expect((struct edit){"plic@c000000:riscv,ndev", BYTES(0, 0, 4, 0)}, "1 to 1023");
    tree_expect((struct edit){"plic@c000000:interrupts-extended", NULL, 0}, "interrupts-extended");
    tree_expect((struct edit){"plic@c000000:interrupts-extended", BYTES(0, 0, 0, 4)}, "interrupts-extended");
    tree_expect(
        (struct edit){"plic@c000000:reg", BYTES(0, 0, 0, 0, 0xc, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x30, 0)},
        "too short for its contexts");
    tree_expect((struct edit){"clint@2000000:compatible", "riscv,plic0", 12}, "more than one PLIC");
}

static void test_chosen(void)
{
    tree_expect((struct edit){"chosen:linux,initrd-end", NULL, 0}, "start or end is missing");
    tree_expect((struct edit){"chosen:linux,initrd-start", BYTES(0, 0, 0)}, "start or end is missing");
    tree_expect((struct edit){"chosen:linux,initrd-end", BYTES(0x84, 0x20, 0, 0)}, "ends before it starts");
    tree_expect((struct edit){"chosen:linux,initrd-end", BYTES(0, 0, 0, 1)}, "ends before it starts");
    tree_expect((struct edit){"chosen:linux,initrd-end", BYTES(0x88, 0, 0, 1)}, "not in memory");
    tree_expect((struct edit){"chosen:linux,initrd-end", BYTES(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)},
                "not in memory");
    tree_expect((struct edit){"chosen:linux,initrd-start", BYTES(0x80, 0x07, 0xff, 0xff)}, "reserved memory");
    tree_expect((struct edit){"chosen:bootargs", "no end", 6}, "without end");
    static char long_arguments[300];
    memset(long_arguments, 'x', sizeof long_arguments - 1);
    tree_expect((struct edit){"chosen:bootargs", long_arguments, sizeof long_arguments}, "longer than 255");
}

/* U-Boot reserves the initrd itself: that is no overlap. */
static void test_initrd_reserved(void)
{
    uint32_t size;
    uint8_t reservation[16] = {0};
    tree_put32(reservation + 4, 0x84200000);
    tree_put32(reservation + 12, 0x12345);
    uint8_t *plain = tree_virt((struct edit){0}, &size);
    uint8_t *tree = malloc(size + 16);
    memcpy(tree, plain, 40);
    memcpy(tree + 40, reservation, 16);
    memcpy(tree + 56, plain + 40, size - 40);
    free(plain);
    tree_put32(tree + 4, size + 16);
    tree_put32(tree + 8, tree_get32(tree + 8) + 16);
    tree_put32(tree + 12, tree_get32(tree + 12) + 16);
    struct machine m = tree_read_good(tree, size + 16);
    CHECK_EQ(m.reserved.count, 2);
    CHECK_EQ(m.initrd.length, 0x12345);
}

static void test_no_mmu(void)
{
    static const char *const types[] = {"riscv,none", "riscv,sv32", ""};
    for (unsigned i = 0; i < 3; i++) {
        uint32_t size;
        tree_start((struct edit){0});
        tree_root_cells();
        tree_begin("memory@0");
        tree_text("device_type", "memory");
        tree_cells("reg", CELLS(0, 0x80000000, 0, 0x8000000));
        tree_end();
        tree_begin("cpus");
        tree_cpu(0, types[i], "rv64imac", 1);
        tree_end();
        tree_end();
        uint8_t *tree = tree_finish(&size);
        const char *error = tree_judge(tree, size);
        free(tree);
        CHECK(error && strstr(error, "no hart with an MMU"));
    }
}

static void test_disabled_hart(void)
{
    uint32_t size;
    uint8_t *tree = tree_virt((struct edit){"cpu@0:status", "disabled", 9}, &size);
    struct machine m = tree_read_good(tree, size);
    CHECK_EQ(m.harts_count, 1);
    CHECK_EQ(m.harts[0].id, 1);
    tree = tree_virt((struct edit){"cpu@0:status", NULL, 0}, &size);
    m = tree_read_good(tree, size);
    CHECK_EQ(m.harts_count, 2);
}

static void test_full_tables(void)
{
    for (unsigned harts = 0; harts < 2; harts++) {
        uint32_t size;
        tree_start((struct edit){0});
        tree_root_cells();
        for (unsigned i = 0; i < (harts ? 1 : REGIONS_MAX + 1); i++) {
            char name[32];
            snprintf(name, sizeof name, "memory@%x", i);
            tree_begin(name);
            tree_text("device_type", "memory");
            tree_cells("reg", CELLS(0, i << 20, 0, 0x1000));
            tree_end();
        }
        tree_begin("cpus");
        tree_cells("timebase-frequency", CELLS(1));
        for (unsigned i = 0; harts && i < MACHINE_HARTS_MAX + 1; i++)
            tree_cpu(i, "riscv,sv39", "rv64", i + 1);
        tree_end();
        tree_end();
        uint8_t *tree = tree_finish(&size);
        const char *error = tree_judge(tree, size);
        free(tree);
        CHECK(error && strstr(error, harts ? "more harts than" : "more regions than"));
    }
}

static void test_bootargs(void)
{
    static const struct {
        const char *text;
        uint64_t mem;
        uint32_t asids;
        bool wrong, sv48;
    } rows[] = {
        {"", UINT64_MAX, 16, false, false},
        {"mem=8M asidbits=0", 8 << 20, 0, false, false},
        {"asidbits=16 mem=0x10000K", 0x10000ull << 10, 16, false, false},
        {"asidbits=9", UINT64_MAX, 9, false, false},
        {"xmem=5 amem=7X noasidbits=77", UINT64_MAX, 16, false, false},
        {"mem=2G mem=3M", 3 << 20, 16, false, false},
        {"paging=sv48", UINT64_MAX, 16, false, true},
        {"paging=sv39 mem=3M", 3 << 20, 16, false, false},
        {"mem=3M paging=sv39 paging=sv48 x", 3 << 20, 16, false, true},
        {"nopaging=sv48", UINT64_MAX, 16, false, false},
        {"paging=", 0, 0, true, false},
        {"paging=sv57", 0, 0, true, false},
        {"paging=sv480", 0, 0, true, false},
        {"mem=", 0, 0, true, false},
        {"mem=0", 0, 0, true, false},
        {"mem=M", 0, 0, true, false},
        {"mem=12MB", 0, 0, true, false},
        {"mem=0x", 0, 0, true, false},
        {"mem=18446744073709551617", 0, 0, true, false},
        {"mem=18446744073709551615K", 0, 0, true, false},
        {"mem=-1", 0, 0, true, false},
        {"asidbits=17", 0, 0, true, false},
        {"asidbits=", 0, 0, true, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct edit edit = {"chosen:bootargs", rows[i].text, (uint32_t)strlen(rows[i].text) + 1};
        if (rows[i].wrong) {
            tree_expect(edit, "boot arguments: ");
            continue;
        }
        uint32_t size;
        uint8_t *tree = tree_virt(edit, &size);
        struct machine m = tree_read_good(tree, size);
        CHECK_EQ(m.mem_limit, rows[i].mem);
        CHECK_EQ(m.asid_bits, rows[i].asids);
        CHECK_EQ(m.sv48_wanted, rows[i].sv48);
    }
}

static const struct unit_test tests[] = {
    {"BI-2: the tree of virt, field by field", test_virt},
    {"BI-5: devices of virt: whole pages, no PLIC, no CLINT, no bus that translates", test_virt_devices},
    {"BI-2: a tree as sifive_u's: harts without MMU, two-cell initrd, reservation block", test_sifive},
    {"BI-5: devices overlapping RAM, the PLIC, one another", test_device_overlaps},
    {"BI-2: every kind of wrong meaning has its line", test_meaning},
    {"BI-2: initrd and boot arguments that cannot be", test_chosen},
    {"BI-3: an initrd that is reserved for itself", test_initrd_reserved},
    {"BI-2: no hart with an MMU", test_no_mmu},
    {"BI-2: a hart that is disabled, and one without a status", test_disabled_hart},
    {"BI-2: more regions or harts than there is room for", test_full_tables},
    {"BI-9: boot arguments", test_bootargs},
};

int main(void)
{
    return UNIT_RUN(tests);
}
