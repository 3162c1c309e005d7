/*
 * tests/unit/tree.c: device trees built for tests, shaped like those of QEMU's boards, and what every
 * tree must lead to: something boot can rely on, or one line (BI-2).
 */
#include "tests/unit/tree.h"

#include "tests/unit/unit.h"

/* ---- building trees ----------------------------------------------------------------------------- */

static struct {
    uint8_t structure[16384], strings[4096], reservations[256];
    uint32_t structure_size, strings_size, reservations_size;
    char node[64]; /* the innermost node that was begun */
    unsigned skip; /* depth of the node left out, 0: none */
    struct edit edit;
} out;

void tree_put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t tree_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void tree_word(uint32_t value)
{
    tree_put32(out.structure + out.structure_size, value);
    out.structure_size += 4;
}

static void add_bytes(const void *bytes, uint32_t length)
{
    memcpy(out.structure + out.structure_size, bytes, length);
    memset(out.structure + out.structure_size + length, 0, -length & 3);
    out.structure_size += (length + 3) & ~3u;
}

void tree_begin(const char *name)
{
    if (out.skip || (out.edit.key && !out.edit.value && strcmp(out.edit.key, name) == 0)) {
        out.skip++;
        return;
    }
    snprintf(out.node, sizeof out.node, "%s", name);
    tree_word(1);
    add_bytes(name, (uint32_t)strlen(name) + 1);
}

void tree_end(void)
{
    if (out.skip)
        out.skip--;
    else
        tree_word(2);
}

uint32_t tree_string(const char *name)
{
    uint32_t length = (uint32_t)strlen(name) + 1;
    for (uint32_t at = 0; at < out.strings_size; at += (uint32_t)strlen((char *)out.strings + at) + 1)
        if (strcmp((char *)out.strings + at, name) == 0)
            return at;
    memcpy(out.strings + out.strings_size, name, length);
    out.strings_size += length;
    return out.strings_size - length;
}

void tree_property(const char *name, const void *value, uint32_t length)
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
    tree_word(3);
    tree_word(length);
    tree_word(tree_string(name));
    add_bytes(value, length);
}

void tree_cells(const char *name, const uint32_t *values, uint32_t count)
{
    uint8_t bytes[256];
    for (uint32_t i = 0; i < count; i++)
        tree_put32(bytes + 4 * i, values[i]);
    tree_property(name, bytes, 4 * count);
}

void tree_text(const char *name, const char *value)
{
    tree_property(name, value, (uint32_t)strlen(value) + 1);
}

void tree_reserve(uint64_t base, uint64_t length)
{
    uint8_t *at = out.reservations + out.reservations_size;
    tree_put32(at, (uint32_t)(base >> 32));
    tree_put32(at + 4, (uint32_t)base);
    tree_put32(at + 8, (uint32_t)(length >> 32));
    tree_put32(at + 12, (uint32_t)length);
    out.reservations_size += 16;
}

void tree_start(struct edit edit)
{
    memset(&out, 0, sizeof out);
    out.edit = edit;
}

/* The tree, in a buffer of exactly *size bytes. */
uint8_t *tree_finish(uint32_t *size)
{
    tree_word(9);
    tree_reserve(0, 0);
    uint32_t structure = 40 + out.reservations_size;
    uint32_t strings = structure + out.structure_size;
    *size = strings + out.strings_size;
    const uint32_t header[10] = {0xd00dfeed, *size, structure, strings,          40,
                                 17,         16,    0,         out.strings_size, out.structure_size};
    uint8_t *tree = malloc(*size);
    for (int i = 0; i < 10; i++)
        tree_put32(tree + 4 * i, header[i]);
    memcpy(tree + 40, out.reservations, out.reservations_size);
    memcpy(tree + structure, out.structure, out.structure_size);
    memcpy(tree + strings, out.strings, out.strings_size);
    return tree;
}

/* ---- two boards ------------------------------------------------------------------------------------- */

void tree_cpu(uint32_t id, const char *mmu, const char *isa, uint32_t phandle)
{
    char name[16];
    snprintf(name, sizeof name, "cpu@%u", id);
    tree_begin(name);
    tree_text("device_type", "cpu");
    tree_cells("reg", CELLS(id));
    tree_text("status", "okay");
    tree_text("riscv,isa", isa);
    if (mmu)
        tree_text("mmu-type", mmu);
    tree_begin("interrupt-controller");
    tree_property("interrupt-controller", "", 0);
    tree_cells("phandle", CELLS(phandle));
    tree_end();
    tree_end();
}

static void device(const char *name, const char *compatible, uint32_t base, uint32_t length)
{
    tree_begin(name);
    tree_text("compatible", compatible);
    tree_cells("reg", CELLS(0, base, 0, length));
    tree_end();
}

static void firmware_memory(uint32_t length)
{
    tree_begin("reserved-memory");
    tree_cells("#address-cells", CELLS(2));
    tree_cells("#size-cells", CELLS(2));
    tree_property("ranges", "", 0);
    tree_begin("mmode_resv0@80000000");
    tree_cells("reg", CELLS(0, 0x80000000, 0, length));
    tree_property("no-map", "", 0);
    tree_end();
    tree_end();
}

void tree_root_cells(void)
{
    tree_begin("");
    tree_cells("#address-cells", CELLS(2));
    tree_cells("#size-cells", CELLS(2));
}

#define ISA_VIRT "rv64imafdch_zicsr_zifencei_zba_sstc"

uint8_t *tree_virt(struct edit edit, uint32_t *size)
{
    tree_start(edit);
    tree_root_cells();
    tree_text("compatible", "riscv-virtio");
    tree_begin("chosen");
    tree_text("bootargs", "quiet mem=64M");
    tree_cells("linux,initrd-start", CELLS(0x84200000));
    tree_cells("linux,initrd-end", CELLS(0x84212345));
    tree_end();
    firmware_memory(0x80000);
    tree_begin("poweroff");
    tree_text("compatible", "syscon-poweroff");
    tree_end();
    device("flash@20000000", "cfi-flash", 0x20000000, 0x4000000);
    tree_begin("memory@80000000");
    tree_text("device_type", "memory");
    tree_cells("reg", CELLS(0, 0x80000000, 0, 0x8000000));
    tree_end();
    tree_begin("platform-bus@4000000");
    tree_text("compatible", "simple-bus");
    tree_cells("ranges", CELLS(0, 0, 0x4000000, 0x2000000));
    tree_cells("#address-cells", CELLS(1));
    tree_cells("#size-cells", CELLS(1));
    tree_begin("moved@1000");
    tree_cells("reg", CELLS(0x1000, 0x1000));
    tree_end();
    tree_end();
    tree_begin("cpus");
    tree_cells("#address-cells", CELLS(1));
    tree_cells("#size-cells", CELLS(0));
    tree_cells("timebase-frequency", CELLS(10000000));
    tree_cpu(0, "riscv,sv48", ISA_VIRT, 4);
    tree_cpu(1, "riscv,sv57", ISA_VIRT, 2);
    tree_end();
    tree_begin("soc");
    tree_cells("#address-cells", CELLS(2));
    tree_cells("#size-cells", CELLS(2));
    tree_text("compatible", "simple-bus");
    tree_property("ranges", "", 0);
    device("rtc@101000", "google,goldfish-rtc", 0x101000, 0x1000);
    device("serial@10000000", "ns16550a", 0x10000000, 0x100);
    device("virtio_mmio@10001000", "virtio,mmio", 0x10001000, 0x1000);
    tree_begin("plic@c000000");
    tree_cells("phandle", CELLS(5));
    tree_cells("riscv,ndev", CELLS(0x60));
    tree_cells("reg", CELLS(0, 0xc000000, 0, 0x600000));
    tree_cells("interrupts-extended", CELLS(4, 0xb, 4, 9, 2, 0xb, 2, 9));
    tree_property("compatible", "sifive,plic-1.0.0\0riscv,plic0", 30);
    tree_end();
    tree_begin("clint@2000000");
    tree_cells("reg", CELLS(0, 0x2000000, 0, 0x10000));
    tree_property("compatible", "sifive,clint0\0riscv,clint0", 27);
    tree_end();
    tree_end();
    tree_end();
    return tree_finish(size);
}

uint8_t *tree_sifive(uint32_t *size)
{
    tree_start((struct edit){0});
    tree_reserve(0x80000000, 0x40000);
    tree_root_cells();
    tree_begin("chosen");
    tree_cells("linux,initrd-start", CELLS(0, 0x84200000));
    tree_cells("linux,initrd-end", CELLS(0, 0x84212345));
    tree_end();
    tree_begin("gpio-restart");
    tree_text("compatible", "gpio-restart");
    tree_end();
    tree_begin("cpus");
    tree_cells("#address-cells", CELLS(1));
    tree_cells("#size-cells", CELLS(0));
    tree_cells("timebase-frequency", CELLS(0, 1000000));
    tree_cpu(0, NULL, "rv64imac", 7);
    tree_cpu(1, "riscv,sv48", "rv64imafdc", 6);
    tree_cpu(2, "riscv,none", "rv64imafdc", 5);
    tree_cpu(3, "riscv,sv39", "rv64imafdc_sstcx_xsstc", 4);
    tree_end();
    tree_begin("memory@80000000");
    tree_text("device_type", "memory");
    tree_cells("reg", CELLS(0, 0x80000000, 0, 0x4000000, 0, 0x84000000, 0, 0x4000000));
    tree_end();
    tree_begin("soc");
    tree_cells("#address-cells", CELLS(2));
    tree_cells("#size-cells", CELLS(2));
    tree_property("ranges", "", 0);
    tree_begin("ethernet@10090000");
    tree_cells("#address-cells", CELLS(1));
    tree_cells("#size-cells", CELLS(0));
    tree_cells("reg", CELLS(0, 0x10090000, 0, 0x2000, 0, 0x100a0000, 0, 0x1000));
    tree_begin("ethernet-phy@0");
    tree_cells("reg", CELLS(0));
    tree_end();
    tree_end();
    tree_begin("serial@10010000");
    tree_text("status", "disabled");
    tree_cells("reg", CELLS(0, 0x10010000, 0, 0x1000));
    tree_end();
    tree_begin("plic");
    tree_cells("riscv,ndev", CELLS(0x35));
    tree_cells("reg", CELLS(0, 0xc000000, 0, 0x4000000));
    tree_cells("interrupts-extended", CELLS(7, 0xb, 6, 0xb, 6, 9, 5, 0xb, 5, 9, 0xffffffff, 9, 4, 9));
    tree_text("compatible", "riscv,plic0");
    tree_end();
    tree_end();
    tree_end();
    return tree_finish(size);
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
    CHECK(region_valid(m->plic) && m->plic.length <= 64 << 20);
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
const char *tree_judge(const uint8_t *tree, uint32_t limit)
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

void tree_expect(struct edit edit, const char *wanted)
{
    uint32_t size;
    uint8_t *tree = tree_virt(edit, &size);
    const char *error = tree_judge(tree, size);
    free(tree);
    if (!error || !strstr(error, wanted))
        FAIL("edit of %s: got \"%s\", wanted \"%s\"", edit.key, error ? error : "no error", wanted);
}

struct machine tree_read_good(uint8_t *tree, uint32_t size)
{
    struct machine m;
    const char *error = machine_read(&m, tree, size);
    free(tree);
    if (error)
        FAIL("a good tree was refused: %s", error);
    check_machine(&m);
    return m;
}
