/* sources: platform/fdt.c platform/machine.c platform/region.c */
/*
 * tests/unit/test_fdt.c: device trees, good and damaged (BI-2, BI-9), and the lists of regions (BI-5).
 *
 * Trees are built here, shaped like those of QEMU's boards, with one edit each: a node or property left
 * out or replaced. A tree lies in a buffer of exactly its size, so that the sanitizer sees any byte
 * read beyond it.
 */
#include "platform/fdt.h"
#include "platform/platform.h"
#include "tests/unit/unit.h"

/* ---- building trees ----------------------------------------------------------------------------- */

/* `key` is "node" or "node:property"; a null value leaves it out. */
struct edit {
    const char *key;
    const void *value;
    uint32_t length;
};

static struct {
    uint8_t structure[16384], strings[4096], reservations[256];
    uint32_t structure_size, strings_size, reservations_size;
    char node[64]; /* the innermost node that was begun */
    unsigned skip; /* depth of the node left out, 0: none */
    struct edit edit;
} out;

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add_word(uint32_t value)
{
    put32(out.structure + out.structure_size, value);
    out.structure_size += 4;
}

static void add_bytes(const void *bytes, uint32_t length)
{
    memcpy(out.structure + out.structure_size, bytes, length);
    memset(out.structure + out.structure_size + length, 0, -length & 3);
    out.structure_size += (length + 3) & ~3u;
}

static void begin(const char *name)
{
    if (out.skip || (out.edit.key && !out.edit.value && strcmp(out.edit.key, name) == 0)) {
        out.skip++;
        return;
    }
    snprintf(out.node, sizeof out.node, "%s", name);
    add_word(1);
    add_bytes(name, (uint32_t)strlen(name) + 1);
}

static void end(void)
{
    if (out.skip)
        out.skip--;
    else
        add_word(2);
}

static uint32_t string_offset(const char *name)
{
    uint32_t length = (uint32_t)strlen(name) + 1;
    for (uint32_t at = 0; at < out.strings_size; at += (uint32_t)strlen((char *)out.strings + at) + 1)
        if (strcmp((char *)out.strings + at, name) == 0)
            return at;
    memcpy(out.strings + out.strings_size, name, length);
    out.strings_size += length;
    return out.strings_size - length;
}

static void prop(const char *name, const void *value, uint32_t length)
{
    char key[128];
    snprintf(key, sizeof key, "%s:%s", out.node, name);
    if (out.skip)
        return;
    if (out.edit.key && strcmp(out.edit.key, key) == 0) {
        value = out.edit.value;
        length = out.edit.length;
        if (!value)
            return;
    }
    add_word(3);
    add_word(length);
    add_word(string_offset(name));
    add_bytes(value, length);
}

#define CELLS(...)                                                                                           \
    ((uint32_t[]){__VA_ARGS__}), (uint32_t)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void cells(const char *name, const uint32_t *values, uint32_t count)
{
    uint8_t bytes[256];
    for (uint32_t i = 0; i < count; i++)
        put32(bytes + 4 * i, values[i]);
    prop(name, bytes, 4 * count);
}

static void text(const char *name, const char *value)
{
    prop(name, value, (uint32_t)strlen(value) + 1);
}

static void reserve(uint64_t base, uint64_t length)
{
    uint8_t *at = out.reservations + out.reservations_size;
    put32(at, (uint32_t)(base >> 32));
    put32(at + 4, (uint32_t)base);
    put32(at + 8, (uint32_t)(length >> 32));
    put32(at + 12, (uint32_t)length);
    out.reservations_size += 16;
}

static void start(struct edit edit)
{
    memset(&out, 0, sizeof out);
    out.edit = edit;
}

/* The tree, in a buffer of exactly *size bytes. */
static uint8_t *finish(uint32_t *size)
{
    add_word(9);
    reserve(0, 0);
    uint32_t structure = 40 + out.reservations_size;
    uint32_t strings = structure + out.structure_size;
    *size = strings + out.strings_size;
    const uint32_t header[10] = {0xd00dfeed, *size, structure, strings,          40,
                                 17,         16,    0,         out.strings_size, out.structure_size};
    uint8_t *tree = malloc(*size);
    for (int i = 0; i < 10; i++)
        put32(tree + 4 * i, header[i]);
    memcpy(tree + 40, out.reservations, out.reservations_size);
    memcpy(tree + structure, out.structure, out.structure_size);
    memcpy(tree + strings, out.strings, out.strings_size);
    return tree;
}

/* ---- two boards ------------------------------------------------------------------------------------- */

static void cpu(uint32_t id, const char *mmu, const char *isa, uint32_t phandle)
{
    char name[16];
    snprintf(name, sizeof name, "cpu@%u", id);
    begin(name);
    text("device_type", "cpu");
    cells("reg", CELLS(id));
    text("status", "okay");
    text("riscv,isa", isa);
    if (mmu)
        text("mmu-type", mmu);
    begin("interrupt-controller");
    prop("interrupt-controller", "", 0);
    cells("phandle", CELLS(phandle));
    end();
    end();
}

static void device(const char *name, const char *compatible, uint32_t base, uint32_t length)
{
    begin(name);
    text("compatible", compatible);
    cells("reg", CELLS(0, base, 0, length));
    end();
}

static void firmware_memory(uint32_t length)
{
    begin("reserved-memory");
    cells("#address-cells", CELLS(2));
    cells("#size-cells", CELLS(2));
    prop("ranges", "", 0);
    begin("mmode_resv0@80000000");
    cells("reg", CELLS(0, 0x80000000, 0, length));
    prop("no-map", "", 0);
    end();
    end();
}

static void root_cells(void)
{
    begin("");
    cells("#address-cells", CELLS(2));
    cells("#size-cells", CELLS(2));
}

#define ISA_VIRT "rv64imafdch_zicsr_zifencei_zba_sstc"

static uint8_t *virt(struct edit edit, uint32_t *size)
{
    start(edit);
    root_cells();
    text("compatible", "riscv-virtio");
    begin("chosen");
    text("bootargs", "quiet mem=64M");
    cells("linux,initrd-start", CELLS(0x84200000));
    cells("linux,initrd-end", CELLS(0x84212345));
    end();
    firmware_memory(0x80000);
    begin("poweroff");
    text("compatible", "syscon-poweroff");
    end();
    device("flash@20000000", "cfi-flash", 0x20000000, 0x4000000);
    begin("memory@80000000");
    text("device_type", "memory");
    cells("reg", CELLS(0, 0x80000000, 0, 0x8000000));
    end();
    begin("platform-bus@4000000");
    text("compatible", "simple-bus");
    cells("ranges", CELLS(0, 0, 0x4000000, 0x2000000));
    cells("#address-cells", CELLS(1));
    cells("#size-cells", CELLS(1));
    begin("moved@1000");
    cells("reg", CELLS(0x1000, 0x1000));
    end();
    end();
    begin("cpus");
    cells("#address-cells", CELLS(1));
    cells("#size-cells", CELLS(0));
    cells("timebase-frequency", CELLS(10000000));
    cpu(0, "riscv,sv48", ISA_VIRT, 4);
    cpu(1, "riscv,sv57", ISA_VIRT, 2);
    end();
    begin("soc");
    cells("#address-cells", CELLS(2));
    cells("#size-cells", CELLS(2));
    text("compatible", "simple-bus");
    prop("ranges", "", 0);
    device("rtc@101000", "google,goldfish-rtc", 0x101000, 0x1000);
    device("serial@10000000", "ns16550a", 0x10000000, 0x100);
    device("virtio_mmio@10001000", "virtio,mmio", 0x10001000, 0x1000);
    begin("plic@c000000");
    cells("phandle", CELLS(5));
    cells("riscv,ndev", CELLS(0x60));
    cells("reg", CELLS(0, 0xc000000, 0, 0x600000));
    cells("interrupts-extended", CELLS(4, 0xb, 4, 9, 2, 0xb, 2, 9));
    prop("compatible", "sifive,plic-1.0.0\0riscv,plic0", 30);
    end();
    begin("clint@2000000");
    cells("reg", CELLS(0, 0x2000000, 0, 0x10000));
    prop("compatible", "sifive,clint0\0riscv,clint0", 27);
    end();
    end();
    end();
    return finish(size);
}

static uint8_t *sifive(uint32_t *size)
{
    start((struct edit){0});
    reserve(0x80000000, 0x40000);
    root_cells();
    begin("chosen");
    cells("linux,initrd-start", CELLS(0, 0x84200000));
    cells("linux,initrd-end", CELLS(0, 0x84212345));
    end();
    begin("gpio-restart");
    text("compatible", "gpio-restart");
    end();
    begin("cpus");
    cells("#address-cells", CELLS(1));
    cells("#size-cells", CELLS(0));
    cells("timebase-frequency", CELLS(0, 1000000));
    cpu(0, NULL, "rv64imac", 7);
    cpu(1, "riscv,sv48", "rv64imafdc", 6);
    cpu(2, "riscv,none", "rv64imafdc", 5);
    cpu(3, "riscv,sv39", "rv64imafdc_sstcx_xsstc", 4);
    end();
    begin("memory@80000000");
    text("device_type", "memory");
    cells("reg", CELLS(0, 0x80000000, 0, 0x4000000, 0, 0x84000000, 0, 0x4000000));
    end();
    begin("soc");
    cells("#address-cells", CELLS(2));
    cells("#size-cells", CELLS(2));
    prop("ranges", "", 0);
    begin("ethernet@10090000");
    cells("#address-cells", CELLS(1));
    cells("#size-cells", CELLS(0));
    cells("reg", CELLS(0, 0x10090000, 0, 0x2000, 0, 0x100a0000, 0, 0x1000));
    begin("ethernet-phy@0");
    cells("reg", CELLS(0));
    end();
    end();
    begin("serial@10010000");
    text("status", "disabled");
    cells("reg", CELLS(0, 0x10010000, 0, 0x1000));
    end();
    begin("plic");
    cells("riscv,ndev", CELLS(0x35));
    cells("reg", CELLS(0, 0xc000000, 0, 0x4000000));
    cells("interrupts-extended", CELLS(7, 0xb, 6, 0xb, 6, 9, 5, 0xb, 5, 9, 0xffffffff, 9, 4, 9));
    text("compatible", "riscv,plic0");
    end();
    end();
    end();
    return finish(size);
}

/* ---- judging ------------------------------------------------------------------------------------------ */

static void check_list(const struct regions *list, bool pages)
{
    CHECK(list->count <= REGIONS_MAX);
    for (unsigned i = 0; i < list->count; i++) {
        CHECK(region_valid(list->at[i]));
        CHECK(!pages || (list->at[i].base | list->at[i].length) % REGION_PAGE == 0);
        CHECK(i == 0 || region_end(list->at[i - 1]) <= list->at[i].base);
    }
}

/* Whatever was accepted is something that boot can rely on. */
static void check_machine(const struct machine *m)
{
    check_list(&m->memory, true);
    check_list(&m->reserved, false);
    check_list(&m->kept, true);
    check_list(&m->devices, true);
    CHECK(m->memory.count > 0 && m->harts_count > 0 && m->harts_count <= MACHINE_HARTS_MAX);
    CHECK(m->timebase > 0 && m->asid_bits <= 16 && m->mem_limit > 0);
    CHECK(m->plic_sources >= 1 && m->plic_sources < PLIC_SOURCES);
    CHECK(memchr(m->bootargs, 0, sizeof m->bootargs) != NULL);
    for (unsigned i = 0; i < m->devices.count; i++) {
        CHECK(!regions_overlap(&m->memory, m->devices.at[i]));
        CHECK(!regions_overlap(&m->kept, m->devices.at[i]));
    }
    for (unsigned h = 0; h < m->harts_count; h++)
        CHECK(m->harts[h].plic_context == PLIC_NO_CONTEXT ||
              plic_bytes(m->harts[h].plic_context) <= m->plic.length);
    if (m->initrd.length > 0)
        CHECK(regions_contain(&m->memory, region_pages_out(m->initrd)));
}

/* Reads a tree that may be anything: accepted and sound, or one line. Returns the line, or null. */
static const char *judge(const uint8_t *tree, uint32_t limit)
{
    static struct machine m;
    const char *error = machine_read(&m, tree, limit);
    if (!error) {
        check_machine(&m);
        return NULL;
    }
    CHECK(strncmp(error, "device tree: ", 13) == 0 || strncmp(error, "boot arguments: ", 16) == 0);
    CHECK(!strchr(error, '\n') && strlen(error) < 100);
    return error;
}

static void expect(struct edit edit, const char *wanted)
{
    uint32_t size;
    uint8_t *tree = virt(edit, &size);
    const char *error = judge(tree, size);
    free(tree);
    if (!error || !strstr(error, wanted))
        FAIL("edit of %s: got \"%s\", wanted \"%s\"", edit.key, error ? error : "no error", wanted);
}

/* ---- good trees --------------------------------------------------------------------------------------- */

static struct machine read_good(uint8_t *tree, uint32_t size)
{
    struct machine m;
    const char *error = machine_read(&m, tree, size);
    free(tree);
    if (error)
        FAIL("a good tree was refused: %s", error);
    check_machine(&m);
    return m;
}

static void test_virt(void)
{
    uint32_t size;
    uint8_t *tree = virt((struct edit){0}, &size);
    struct machine m = read_good(tree, size);
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
    CHECK(m.sstc && !m.only_reboots);
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
    uint8_t *tree = virt((struct edit){0}, &size);
    struct machine m = read_good(tree, size);
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
    uint8_t *tree = sifive(&size);
    struct machine m = read_good(tree, size);
    CHECK_EQ(m.memory.count, 1);
    CHECK_EQ(m.memory.at[0].length, 0x8000000);
    CHECK_EQ(m.reserved.at[0].length, 0x40000);
    CHECK_EQ(m.harts_count, 2);
    CHECK_EQ(m.harts[0].id, 1);
    CHECK_EQ(m.harts[0].plic_context, 2);
    CHECK_EQ(m.harts[1].id, 3);
    CHECK_EQ(m.harts[1].plic_context, 6);
    CHECK(!m.sstc && !m.harts[1].sstc && m.only_reboots);
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
    uint8_t *tree = virt((struct edit){"rtc@101000:reg", in_ram, 16}, &size);
    struct machine m = read_good(tree, size);
    CHECK_EQ(region_end(m.devices.at[m.devices.count - 1]), 0x80000000);
    CHECK_EQ(m.devices.at[m.devices.count - 1].length, 0x1000);

    tree = virt((struct edit){"rtc@101000:reg", in_plic, 16}, &size);
    m = read_good(tree, size);
    CHECK_EQ(m.devices.at[0].base, 0xbfff000);
    CHECK_EQ(m.devices.at[0].length, 0x1000);
    CHECK_EQ(m.devices.at[1].base, 0xc600000);

    tree = virt((struct edit){"rtc@101000:reg", shared, 16}, &size);
    m = read_good(tree, size);
    CHECK_EQ(m.devices.at[0].base, 0x10000000);
    CHECK_EQ(m.devices.at[0].length, 0x2000);
    CHECK_EQ(m.devices.count, 2);
}

/* ---- wrong trees ---------------------------------------------------------------------------------------- */

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), (uint32_t)sizeof((const uint8_t[]){__VA_ARGS__})

static void test_meaning(void)
{
    expect((struct edit){"memory@80000000", NULL, 0}, "no memory");
    expect((struct edit){"memory@80000000:reg", BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0)},
           "wrong length");
    expect((struct edit){"memory@80000000:reg",
                         BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)},
           "beyond");
    expect((struct edit){"memory@80000000:reg",
                         BYTES(0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, /* and again: */
                               0, 0, 0, 0, 0x87, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0)},
           "overlap");
    expect((struct edit){":#address-cells", BYTES(0, 0, 0, 3)}, "of the root");
    expect((struct edit){"reserved-memory:#size-cells", BYTES(0, 0, 0, 0)}, "/reserved-memory");
    expect((struct edit){"cpus", NULL, 0}, "no /cpus");
    expect((struct edit){"cpus:timebase-frequency", NULL, 0}, "timebase");
    expect((struct edit){"cpus:timebase-frequency", BYTES(0, 0, 0, 0)}, "timebase");
    expect((struct edit){"cpu@1:reg", BYTES(0, 0, 0, 0)}, "one hart number");
    expect((struct edit){"cpu@1:reg", BYTES(0, 0)}, "without a hart number");
    expect((struct edit){"plic@c000000", NULL, 0}, "no PLIC");
    expect((struct edit){"plic@c000000:reg", NULL, 0}, "PLIC without registers");
    expect((struct edit){"plic@c000000:riscv,ndev", NULL, 0}, "1 to 1023");
    expect((struct edit){"plic@c000000:riscv,ndev", BYTES(0, 0, 4, 0)}, "1 to 1023");
    expect((struct edit){"plic@c000000:interrupts-extended", NULL, 0}, "interrupts-extended");
    expect((struct edit){"plic@c000000:interrupts-extended", BYTES(0, 0, 0, 4)}, "interrupts-extended");
    expect((struct edit){"plic@c000000:reg", BYTES(0, 0, 0, 0, 0xc, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x30, 0)},
           "too short for its contexts");
    expect((struct edit){"clint@2000000:compatible", "riscv,plic0", 12}, "more than one PLIC");
}

static void test_chosen(void)
{
    expect((struct edit){"chosen:linux,initrd-end", NULL, 0}, "start or end is missing");
    expect((struct edit){"chosen:linux,initrd-start", BYTES(0, 0, 0)}, "start or end is missing");
    expect((struct edit){"chosen:linux,initrd-end", BYTES(0x84, 0x20, 0, 0)}, "ends before it starts");
    expect((struct edit){"chosen:linux,initrd-end", BYTES(0, 0, 0, 1)}, "ends before it starts");
    expect((struct edit){"chosen:linux,initrd-end", BYTES(0x88, 0, 0, 1)}, "not in memory");
    expect((struct edit){"chosen:linux,initrd-end", BYTES(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)},
           "not in memory");
    expect((struct edit){"chosen:linux,initrd-start", BYTES(0x80, 0x07, 0xff, 0xff)}, "reserved memory");
    expect((struct edit){"chosen:bootargs", "no end", 6}, "without end");
    static char long_arguments[300];
    memset(long_arguments, 'x', sizeof long_arguments - 1);
    expect((struct edit){"chosen:bootargs", long_arguments, sizeof long_arguments}, "longer than 255");
}

/* U-Boot reserves the initrd itself: that is no overlap. */
static void test_initrd_reserved(void)
{
    uint32_t size;
    start((struct edit){0});
    reserve(0x84200000, 0x12345);
    uint8_t reservation[16];
    memcpy(reservation, out.reservations, 16);
    uint8_t *plain = virt((struct edit){0}, &size);
    uint8_t *tree = malloc(size + 16);
    memcpy(tree, plain, 40);
    memcpy(tree + 40, reservation, 16);
    memcpy(tree + 56, plain + 40, size - 40);
    free(plain);
    put32(tree + 4, size + 16);
    put32(tree + 8, get32(tree + 8) + 16);
    put32(tree + 12, get32(tree + 12) + 16);
    struct machine m = read_good(tree, size + 16);
    CHECK_EQ(m.reserved.count, 2);
    CHECK_EQ(m.initrd.length, 0x12345);
}

static void test_no_mmu(void)
{
    static const char *const types[] = {"riscv,none", "riscv,sv32", ""};
    for (unsigned i = 0; i < 3; i++) {
        uint32_t size;
        start((struct edit){0});
        root_cells();
        begin("memory@0");
        text("device_type", "memory");
        cells("reg", CELLS(0, 0x80000000, 0, 0x8000000));
        end();
        begin("cpus");
        cpu(0, types[i], "rv64imac", 1);
        end();
        end();
        uint8_t *tree = finish(&size);
        const char *error = judge(tree, size);
        free(tree);
        CHECK(error && strstr(error, "no hart with an MMU"));
    }
}

static void test_full_tables(void)
{
    for (unsigned harts = 0; harts < 2; harts++) {
        uint32_t size;
        start((struct edit){0});
        root_cells();
        for (unsigned i = 0; i < (harts ? 1 : REGIONS_MAX + 1); i++) {
            char name[32];
            snprintf(name, sizeof name, "memory@%x", i);
            begin(name);
            text("device_type", "memory");
            cells("reg", CELLS(0, i << 20, 0, 0x1000));
            end();
        }
        begin("cpus");
        cells("timebase-frequency", CELLS(1));
        for (unsigned i = 0; harts && i < MACHINE_HARTS_MAX + 1; i++)
            cpu(i, "riscv,sv39", "rv64", i + 1);
        end();
        end();
        uint8_t *tree = finish(&size);
        const char *error = judge(tree, size);
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
        bool wrong;
    } rows[] = {
        {"", UINT64_MAX, 16, false},
        {"mem=8M asidbits=0", 8 << 20, 0, false},
        {"asidbits=16 mem=0x10000K", 0x10000ull << 10, 16, false},
        {"asidbits=9", UINT64_MAX, 9, false},
        {"xmem=5 amem=7X noasidbits=77", UINT64_MAX, 16, false},
        {"mem=2G mem=3M", 3 << 20, 16, false},
        {"mem=", 0, 0, true},
        {"mem=0", 0, 0, true},
        {"mem=M", 0, 0, true},
        {"mem=12MB", 0, 0, true},
        {"mem=0x", 0, 0, true},
        {"mem=18446744073709551616", 0, 0, true},
        {"mem=18446744073709551615K", 0, 0, true},
        {"mem=-1", 0, 0, true},
        {"asidbits=17", 0, 0, true},
        {"asidbits=", 0, 0, true},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct edit edit = {"chosen:bootargs", rows[i].text, (uint32_t)strlen(rows[i].text) + 1};
        if (rows[i].wrong) {
            expect(edit, "boot arguments: ");
            continue;
        }
        uint32_t size;
        uint8_t *tree = virt(edit, &size);
        struct machine m = read_good(tree, size);
        CHECK_EQ(m.mem_limit, rows[i].mem);
        CHECK_EQ(m.asid_bits, rows[i].asids);
    }
}

/* ---- the form of a tree ----------------------------------------------------------------------------- */

/* A good tree with the header word at `offset` replaced. */
static void expect_header(uint32_t offset, uint32_t value, const char *wanted)
{
    uint32_t size;
    uint8_t *tree = virt((struct edit){0}, &size);
    put32(tree + offset, value);
    const char *error = judge(tree, size);
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
    start((struct edit){0});
    string_offset("name");
    for (uint32_t i = 0; i < count; i++)
        add_word(tokens[i]);
    uint8_t *tree = finish(&size);
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
    uint8_t *tree = virt((struct edit){0}, &size);
    for (uint32_t length = 0; length < size; length++) {
        uint8_t *part = malloc(length + 1); /* a byte more, for malloc(0) may be null */
        memcpy(part, tree, length);
        const char *error = judge(part, length);
        CHECK(error != NULL);
        if (length >= 40) { /* and with a size that says so */
            put32(part + 4, length);
            judge(part, length);
        }
        free(part);
    }
    free(tree);
}

static void test_corrupted_bytes(void)
{
    uint32_t size;
    uint32_t refused = 0;
    uint8_t *tree = virt((struct edit){0}, &size);
    static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x10, 0x02};
    for (uint32_t at = 0; at < size; at++)
        for (unsigned i = 0; i < sizeof flips; i++) {
            tree[at] ^= flips[i];
            refused += judge(tree, size) != NULL;
            tree[at] ^= flips[i];
        }
    free(tree);
    CHECK(refused > size / 8);
}

static void test_corrupted_words(void)
{
    static const uint32_t values[] = {0, 1, 2, 3, 9, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc};
    uint32_t size;
    uint8_t *tree = virt((struct edit){0}, &size);
    for (uint32_t at = 0; at + 4 <= size; at += 4)
        for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
            uint32_t old = get32(tree + at);
            put32(tree + at, values[i]);
            judge(tree, size);
            put32(tree + at, old);
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
    uint8_t *tree = virt((struct edit){0}, &size);
    uint8_t *copy = malloc(size);
    for (unsigned round = 0; round < 5000; round++) {
        memcpy(copy, tree, size);
        for (unsigned i = random_below(6) + 1; i > 0; i--)
            put32(copy + random_below(size / 4) * 4, random_below(3) ? random_below(12) : random_below(~0u));
        judge(copy, size);
    }
    free(copy);
    free(tree);
    CHECK(size > 1000);
}

/* ---- regions ------------------------------------------------------------------------------------------ */

#define SPACE 64u /* small numbers against a map of single units */

static void check_map(const struct regions *list, const bool *map)
{
    for (unsigned i = 0; i < SPACE; i++)
        CHECK_EQ(regions_overlap(list, (struct region){i, 1}), map[i]);
    for (unsigned i = 1; i < list->count; i++)
        CHECK(region_end(list->at[i - 1]) <= list->at[i].base);
}

static void test_regions(void)
{
    for (unsigned round = 0; round < 2000; round++) {
        struct regions list = {0};
        bool map[SPACE] = {false};
        for (unsigned step = 0; step < 20; step++) {
            uint32_t base = random_below(SPACE - 1);
            struct region r = {base, 1 + random_below(SPACE - base)};
            bool add = random_below(2);
            CHECK(add ? regions_add(&list, r) : regions_subtract(&list, r));
            for (unsigned i = 0; i < r.length; i++)
                map[r.base + i] = add;
            if (random_below(4) == 0)
                regions_join(&list);
            check_map(&list, map);
        }
        uint32_t keep = random_below(SPACE);
        regions_truncate(&list, keep);
        for (unsigned i = 0, kept = 0; i < SPACE; i++) {
            kept += map[i];
            map[i] = map[i] && kept <= keep;
        }
        check_map(&list, map);
    }
}

static void test_regions_full(void)
{
    struct regions list = {0};
    for (unsigned i = 0; i < REGIONS_MAX; i++)
        CHECK(regions_add(&list, (struct region){i * 16, 8}));
    CHECK(!regions_add(&list, (struct region){9, 2}));
    CHECK(!regions_subtract(&list, (struct region){2, 2}));
    CHECK_EQ(list.count, REGIONS_MAX);
    CHECK(regions_add(&list, (struct region){4, 14})); /* makes one of two */
    CHECK_EQ(list.count, REGIONS_MAX - 1);
    CHECK(regions_subtract(&list, (struct region){2, 2}));
    CHECK_EQ(list.count, REGIONS_MAX);
    CHECK(regions_subtract(&list, (struct region){0, 16 * REGIONS_MAX}));
    CHECK_EQ(list.count, 0);
}

static void test_region_edges(void)
{
    CHECK(!region_valid((struct region){0, 0}));
    CHECK(!region_valid((struct region){1ull << REGION_ADDRESS_BITS, 1}));
    CHECK(!region_valid((struct region){1, UINT64_MAX}));
    CHECK(!region_valid((struct region){(1ull << REGION_ADDRESS_BITS) - 1, 2}));
    CHECK(region_valid((struct region){(1ull << REGION_ADDRESS_BITS) - 1, 1}));
    CHECK_EQ(region_pages_in((struct region){0x1001, 0x1ffe}).length, 0);
    CHECK_EQ(region_pages_in((struct region){0x1001, 0x1fff}).base, 0x2000);
    CHECK_EQ(region_pages_out((struct region){0x1fff, 2}).length, 0x2000);
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
    {"BI-2: more regions or harts than there is room for", test_full_tables},
    {"BI-9: boot arguments", test_bootargs},
    {"BI-2: wrong headers", test_header},
    {"BI-2: wrong structure blocks", test_structure},
    {"BI-2: cut short at every length", test_truncated},
    {"BI-2: every single byte corrupted", test_corrupted_bytes},
    {"BI-2: every single word corrupted", test_corrupted_words},
    {"BI-2: several words corrupted", test_corrupted_randomly},
    {"BI-5: lists of regions against a map", test_regions},
    {"BI-5: full lists of regions", test_regions_full},
    {"BI-5: edges of regions", test_region_edges},
};

int main(void)
{
    return UNIT_RUN(tests);
}
