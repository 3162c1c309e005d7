/*
 * platform/machine.c: what the device tree means.
 *
 * Turns a flattened tree into struct machine. Implements clauses BI-2 (what is read, what is wrong) and
 * BI-9 (boot arguments). Every function returns null or the one line that says what is wrong.
 */
#include "platform/fdt.h"
#include "platform/platform.h"

struct machine machine;

#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        const char *error_ = (expression);                                                                   \
        if (error_)                                                                                          \
            return error_;                                                                                   \
    } while (0)

#define ASID_BITS_MAX  16u
#define PLIC_BYTES_MAX 0x4000000u /* what the specification gives its registers */
#define PLIC_CAUSE_S   9u         /* the S-mode external interrupt of a hart, in interrupts-extended */

#define TOO_MANY_REGIONS "device tree: more regions than the kernel has room for (96)"

/* How the reg properties of a node's children are to be read. */
struct bus {
    fdt_node node;
    uint32_t address_cells;
    uint32_t size_cells;
};

/* Cells of a bus whose children have physical addresses: one or two of each. */
static bool bus_read(const struct fdt *fdt, fdt_node node, struct bus *bus)
{
    uint64_t address_cells = 2;
    uint64_t size_cells = 1;
    fdt_get_number(fdt, node, "#address-cells", &address_cells);
    fdt_get_number(fdt, node, "#size-cells", &size_cells);
    *bus = (struct bus){node, (uint32_t)address_cells, (uint32_t)size_cells};
    return address_cells >= 1 && address_cells <= 2 && size_cells >= 1 && size_cells <= 2;
}

/* Region `index` of a reg property; false: there are no more. */
static bool reg_region(const struct bus *bus, struct fdt_property reg, uint32_t index, struct region *r)
{
    uint32_t cells = bus->address_cells + bus->size_cells;
    if (index >= reg.length / (4 * cells))
        return false;
    r->base = fdt_number(reg, index * cells, bus->address_cells);
    r->length = fdt_number(reg, index * cells + bus->address_cells, bus->size_cells);
    return true;
}

enum reg_use { REG_MEMORY, REG_RESERVED, REG_KEPT, REG_DEVICE };

static const char *add_region(struct machine *m, enum reg_use use, struct region r)
{
    if (r.length == 0)
        return NULL;
    if (!region_valid(r))
        return "device tree: region beyond the physical address space";
    bool fits = true;
    switch (use) {
    case REG_MEMORY:
        if (regions_overlap(&m->memory, r))
            return "device tree: memory regions overlap";
        r = region_pages_in(r);
        fits = r.length == 0 || regions_add(&m->memory, r);
        break;
    case REG_RESERVED:
        fits = regions_add(&m->reserved, r);
        break;
    case REG_KEPT:
        fits = regions_add(&m->kept, region_pages_out(r));
        break;
    case REG_DEVICE:
        fits = regions_add(&m->devices, region_pages_out(r));
        break;
    }
    return fits ? NULL : TOO_MANY_REGIONS;
}

static const char *read_reg(struct machine *m, const struct fdt *fdt, const struct bus *bus, fdt_node node,
                            enum reg_use use)
{
    struct fdt_property reg = fdt_get(fdt, node, "reg");
    if (reg.length % (4 * (bus->address_cells + bus->size_cells)) != 0)
        return "device tree: reg property of a wrong length";
    struct region r;
    for (uint32_t i = 0; reg_region(bus, reg, i, &r); i++)
        TRY(add_region(m, use, r));
    return NULL;
}

static bool is_disabled(const struct fdt *fdt, fdt_node node)
{
    struct fdt_property status = fdt_get(fdt, node, "status");
    return status.value && !fdt_has_string(status, "okay") && !fdt_has_string(status, "ok");
}

static bool is_memory(const struct fdt *fdt, fdt_node node)
{
    return fdt_has_string(fdt_get(fdt, node, "device_type"), "memory");
}

static const char *read_memory(struct machine *m, const struct fdt *fdt, const struct bus *root)
{
    for (fdt_node node = fdt_child(fdt, root->node); node != FDT_NONE; node = fdt_next(fdt, node))
        if (is_memory(fdt, node) && !is_disabled(fdt, node))
            TRY(read_reg(m, fdt, root, node, REG_MEMORY));
    regions_join(&m->memory);
    return m->memory.count > 0 ? NULL : "device tree: no memory";
}

static const char *read_reserved(struct machine *m, const struct fdt *fdt, const struct bus *root)
{
    struct region r;
    for (uint32_t i = 0; fdt_reservation(fdt, i, &r.base, &r.length); i++)
        TRY(add_region(m, REG_RESERVED, r));

    fdt_node parent = fdt_find(fdt, root->node, "reserved-memory");
    if (parent == FDT_NONE)
        return NULL;
    struct bus bus;
    if (!bus_read(fdt, parent, &bus))
        return "device tree: #address-cells or #size-cells of /reserved-memory is not 1 or 2";
    for (fdt_node node = fdt_child(fdt, parent); node != FDT_NONE; node = fdt_next(fdt, node))
        TRY(read_reg(m, fdt, &bus, node, REG_RESERVED));
    return NULL;
}

/* ---- Harts --------------------------------------------------------------------------------------- */

static bool has_mmu(const struct fdt *fdt, fdt_node cpu)
{
    struct fdt_property type = fdt_get(fdt, cpu, "mmu-type");
    return fdt_has_string(type, "riscv,sv39") || fdt_has_string(type, "riscv,sv48") ||
           fdt_has_string(type, "riscv,sv57");
}

/* In the list riscv,isa-extensions, or between underscores in the string riscv,isa. */
static bool has_extension(const struct fdt *fdt, fdt_node cpu, const char *name)
{
    if (fdt_has_string(fdt_get(fdt, cpu, "riscv,isa-extensions"), name))
        return true;
    struct fdt_property isa = fdt_get(fdt, cpu, "riscv,isa");
    if (text_length(isa.value, isa.length) < 0)
        return false;
    for (const char *at = (const char *)isa.value; *at; at++) {
        uint64_t length = *at == '_' ? text_prefix(at + 1, name) : 0;
        if (length > 0 && (at[1 + length] == 0 || at[1 + length] == '_'))
            return true;
    }
    return false;
}

static uint32_t local_controller(const struct fdt *fdt, fdt_node cpu)
{
    uint64_t phandle = 0;
    for (fdt_node node = fdt_child(fdt, cpu); node != FDT_NONE; node = fdt_next(fdt, node))
        if (fdt_get(fdt, node, "interrupt-controller").value)
            fdt_get_number(fdt, node, "phandle", &phandle);
    return (uint32_t)phandle;
}

static const char *read_hart(struct machine *m, const struct fdt *fdt, fdt_node cpu)
{
    uint64_t id;
    if (!fdt_get_number(fdt, cpu, "reg", &id) || id > UINT32_MAX)
        return "device tree: cpu without a hart number in reg";
    if (machine_hart_index(m, id) >= 0)
        return "device tree: two cpus with one hart number";
    if (m->harts_count == MACHINE_HARTS_MAX)
        return "device tree: more harts than the kernel has room for (64)";
    if (m->timebase == 0)
        fdt_get_number(fdt, cpu, "timebase-frequency", &m->timebase);
    m->harts[m->harts_count++] = (struct machine_hart){
        .id = (uint32_t)id,
        .plic_context = PLIC_NO_CONTEXT,
        .intc = local_controller(fdt, cpu),
        .sstc = has_extension(fdt, cpu, "sstc"),
        .svpbmt = has_extension(fdt, cpu, "svpbmt"),
        .sv48 = !fdt_has_string(fdt_get(fdt, cpu, "mmu-type"), "riscv,sv39"),
    };
    return NULL;
}

static const char *read_harts(struct machine *m, const struct fdt *fdt, const struct bus *root)
{
    fdt_node cpus = fdt_find(fdt, root->node, "cpus");
    if (cpus == FDT_NONE)
        return "device tree: no /cpus";
    fdt_get_number(fdt, cpus, "timebase-frequency", &m->timebase);
    for (fdt_node cpu = fdt_child(fdt, cpus); cpu != FDT_NONE; cpu = fdt_next(fdt, cpu)) {
        bool is_cpu = fdt_has_string(fdt_get(fdt, cpu, "device_type"), "cpu");
        if (is_cpu && has_mmu(fdt, cpu) && !is_disabled(fdt, cpu))
            TRY(read_hart(m, fdt, cpu));
    }
    if (m->harts_count == 0)
        return "device tree: no hart with an MMU";
    if (m->timebase == 0)
        return "device tree: no timebase-frequency";
    m->sstc = m->svpbmt = m->sv48 = true;
    for (unsigned i = 0; i < m->harts_count; i++) {
        m->sstc = m->sstc && m->harts[i].sstc;
        m->svpbmt = m->svpbmt && m->harts[i].svpbmt;
        m->sv48 = m->sv48 && m->harts[i].sv48;
    }
    return NULL;
}

/* ---- Devices ------------------------------------------------------------------------------------- */

static bool is_plic(struct fdt_property compatible)
{
    return fdt_has_string(compatible, "sifive,plic-1.0.0") || fdt_has_string(compatible, "riscv,plic0");
}

/* Interrupt controllers and the timers of firmware: whoever has their registers has the machine. */
static bool is_kept(struct fdt_property compatible)
{
    static const char *const names[] = {
        "riscv,clint0",      "sifive,clint0", "thead,c900-clint",    "riscv,aclint-mswi",
        "riscv,aclint-sswi", "riscv,aplic",   "riscv,aclint-mtimer", "riscv,imsics",
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (fdt_has_string(compatible, names[i]))
            return true;
    return is_plic(compatible);
}

static bool can_power_off(struct fdt_property compatible)
{
    return fdt_has_string(compatible, "syscon-poweroff") || fdt_has_string(compatible, "gpio-poweroff") ||
           fdt_has_string(compatible, "sifive,test0") || fdt_has_string(compatible, "sifive,test1");
}

/* Do the children of `node` have physical addresses? Ranges that translate are not followed (BI-5). */
static bool bus_enter(const struct fdt *fdt, const struct bus *parent, fdt_node node, struct bus *bus)
{
    struct fdt_property ranges = fdt_get(fdt, node, "ranges");
    if (!ranges.value || !bus_read(fdt, node, bus))
        return false;
    uint32_t cells = bus->address_cells + parent->address_cells + bus->size_cells;
    if (ranges.length % (4 * cells) != 0)
        return false;
    for (uint32_t at = 0; at < ranges.length / 4; at += cells)
        if (fdt_number(ranges, at, bus->address_cells) !=
            fdt_number(ranges, at + bus->address_cells, parent->address_cells))
            return false;
    return true;
}

static const char *read_plic(struct machine *m, const struct fdt *fdt, const struct bus *bus, fdt_node node)
{
    if (m->plic.length > 0)
        return "device tree: more than one PLIC";
    if (!reg_region(bus, fdt_get(fdt, node, "reg"), 0, &m->plic) || !region_valid(m->plic) ||
        m->plic.base % REGION_PAGE != 0)
        return "device tree: PLIC without registers";
    if (m->plic.length > PLIC_BYTES_MAX)
        m->plic.length = PLIC_BYTES_MAX;
    uint64_t sources = 0;
    fdt_get_number(fdt, node, "riscv,ndev", &sources);
    if (sources < 1 || sources >= PLIC_SOURCES)
        return "device tree: PLIC with a number of interrupts that is not 1 to 1023";
    m->plic_sources = (uint32_t)sources;

    struct fdt_property wires = fdt_get(fdt, node, "interrupts-extended");
    if (wires.length == 0 || wires.length % 8 != 0)
        return "device tree: PLIC without interrupts-extended, or of a wrong length";
    for (uint32_t context = 0; context < wires.length / 8; context++) {
        uint32_t phandle = fdt_cell(wires, 2 * context);
        if (phandle == 0 || fdt_cell(wires, 2 * context + 1) != PLIC_CAUSE_S)
            continue;
        for (unsigned h = 0; h < m->harts_count; h++)
            if (m->harts[h].intc == phandle)
                m->harts[h].plic_context = context;
    }
    for (unsigned h = 0; h < m->harts_count; h++)
        if (m->harts[h].plic_context != PLIC_NO_CONTEXT &&
            plic_bytes(m->harts[h].plic_context) > m->plic.length)
            return "device tree: PLIC registers too short for its contexts";
    return NULL;
}

/* The state of the walk over everything that has an address. */
struct walk {
    bool seen_restart;
    bool seen_poweroff;
};

static const char *read_node(struct machine *m, const struct fdt *fdt, const struct bus *bus, fdt_node node,
                             struct walk *walk)
{
    struct fdt_property compatible = fdt_get(fdt, node, "compatible");
    walk->seen_restart |= fdt_has_string(compatible, "gpio-restart");
    walk->seen_poweroff |= can_power_off(compatible);
    if (is_plic(compatible))
        TRY(read_plic(m, fdt, bus, node));
    return read_reg(m, fdt, bus, node, is_kept(compatible) ? REG_KEPT : REG_DEVICE);
}

/* Children of the root that describe something else than devices. */
static bool is_special(const struct fdt *fdt, const struct bus *root, fdt_node node)
{
    return is_memory(fdt, node) || node == fdt_find(fdt, root->node, "cpus") ||
           node == fdt_find(fdt, root->node, "reserved-memory") ||
           node == fdt_find(fdt, root->node, "chosen");
}

static const char *read_devices(struct machine *m, const struct fdt *fdt, const struct bus *root)
{
    struct walk walk = {false, false};
    struct bus buses[FDT_DEPTH_MAX]; /* from the root to the bus the walk is on */
    unsigned depth = 0;
    buses[0] = *root;
    fdt_node node = fdt_child(fdt, root->node);

    /* Ends: goes through the nodes in the order of the blob, never back. */
    for (;;) {
        bool skip = node == FDT_NONE || is_disabled(fdt, node) || (depth == 0 && is_special(fdt, root, node));
        if (!skip)
            TRY(read_node(m, fdt, &buses[depth], node, &walk));
        fdt_node child = skip ? FDT_NONE : fdt_child(fdt, node);
        if (child != FDT_NONE && bus_enter(fdt, &buses[depth], node, &buses[depth + 1])) {
            depth++;
            node = child;
        } else if (node != FDT_NONE) {
            node = fdt_next(fdt, node);
        } else if (depth > 0) {
            node = fdt_next(fdt, buses[depth--].node);
        } else {
            break;
        }
    }
    m->only_reboots = walk.seen_restart && !walk.seen_poweroff;
    return m->plic.length > 0 ? NULL : "device tree: no PLIC";
}

/* What is RAM or kept is not a device, whatever else claims it. */
static const char *trim_devices(struct machine *m)
{
    for (unsigned i = 0; i < m->memory.count; i++)
        if (!regions_subtract(&m->devices, m->memory.at[i]))
            return TOO_MANY_REGIONS;
    for (unsigned i = 0; i < m->kept.count; i++)
        if (!regions_subtract(&m->devices, m->kept.at[i]))
            return TOO_MANY_REGIONS;
    return NULL;
}

/* ---- /chosen: initrd and boot arguments ---------------------------------------------------------- */

/* A number, decimal or 0x, and where it ends; false: no digit, or too large. */
static bool parse_number(const char **text, uint64_t *number)
{
    const char *at = *text;
    uint64_t base = 10;
    if (text_prefix(at, "0x")) {
        base = 16;
        at += 2;
    }
    const char *first = at;
    *number = 0;
    for (;; at++) {
        uint64_t digit = text_digit(*at);
        if (digit >= base)
            break;
        if (*number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    *text = at;
    return at > first;
}

/* A number that may end in K, M or G, and then the argument ends. */
static bool parse_size(const char *text, uint64_t *size)
{
    if (!parse_number(&text, size))
        return false;
    unsigned shift = *text == 'K' ? 10 : *text == 'M' ? 20 : *text == 'G' ? 30 : 0;
    text += shift > 0;
    if (*size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return *text == 0 || *text == ' ';
}

/* Does this word begin here, and end? */
static bool is_word(const char *text, const char *name)
{
    uint64_t length = text_prefix(text, name);
    return length > 0 && (text[length] == 0 || text[length] == ' ');
}

/* Arguments stand between spaces. Those the kernel does not know are for root (BI-9). */
static const char *parse_bootargs(struct machine *m)
{
    for (const char *at = m->bootargs; *at; at++) {
        if (at != m->bootargs && at[-1] != ' ')
            continue;
        uint64_t asid_bits = 0;
        uint64_t length;
        if ((length = text_prefix(at, "mem=")) > 0) {
            if (!parse_size(at + length, &m->mem_limit) || m->mem_limit == 0)
                return "boot arguments: mem= wants a size, as in mem=64M";
        } else if ((length = text_prefix(at, "asidbits=")) > 0) {
            if (!parse_size(at + length, &asid_bits) || asid_bits > ASID_BITS_MAX)
                return "boot arguments: asidbits= wants 0 to 16";
            m->asid_bits = (uint32_t)asid_bits;
        } else if ((length = text_prefix(at, "paging=")) > 0) {
            m->sv48_wanted = is_word(at + length, "sv48");
            if (!m->sv48_wanted && !is_word(at + length, "sv39"))
                return "boot arguments: paging= wants sv39 or sv48";
        }
    }
    return NULL;
}

static const char *read_bootargs(struct machine *m, struct fdt_property bootargs)
{
    m->mem_limit = UINT64_MAX;
    m->asid_bits = ASID_BITS_MAX;
    m->bootargs[0] = 0;
    if (bootargs.length == 0)
        return NULL;
    int64_t length = text_length(bootargs.value, bootargs.length);
    if (length < 0 || length >= MACHINE_BOOTARGS_MAX)
        return "device tree: boot arguments without end, or longer than 255 bytes";
    for (int64_t i = 0; i <= length; i++)
        m->bootargs[i] = (char)bootargs.value[i];
    return parse_bootargs(m);
}

/* A reservation may cover the initrd if it is there for nothing else, as U-Boot makes it. */
static const char *check_initrd(const struct machine *m)
{
    struct region pages = region_pages_out(m->initrd);
    if (!regions_contain(&m->memory, pages))
        return "device tree: initrd is not in memory";
    for (unsigned i = 0; i < m->reserved.count; i++)
        if (region_overlaps(m->reserved.at[i], pages) && !region_contains(pages, m->reserved.at[i]))
            return "device tree: initrd overlaps reserved memory";
    return NULL;
}

static const char *read_chosen(struct machine *m, const struct fdt *fdt, const struct bus *root)
{
    fdt_node chosen = fdt_find(fdt, root->node, "chosen");
    if (chosen == FDT_NONE)
        return read_bootargs(m, (struct fdt_property){NULL, 0});
    TRY(read_bootargs(m, fdt_get(fdt, chosen, "bootargs")));

    bool has_start = fdt_get(fdt, chosen, "linux,initrd-start").value != NULL;
    bool has_end = fdt_get(fdt, chosen, "linux,initrd-end").value != NULL;
    if (!has_start && !has_end)
        return NULL;
    uint64_t start;
    uint64_t end;
    if (!fdt_get_number(fdt, chosen, "linux,initrd-start", &start) ||
        !fdt_get_number(fdt, chosen, "linux,initrd-end", &end))
        return "device tree: initrd start or end is missing, or not of one or two cells";
    if (start >= end)
        return "device tree: initrd ends before it starts";
    m->initrd = (struct region){start, end - start};
    return region_valid(m->initrd) ? check_initrd(m) : "device tree: initrd is not in memory";
}

const char *machine_read(struct machine *m, const void *tree, uint64_t limit)
{
    struct fdt fdt;
    struct bus root;
    TRY(fdt_open(&fdt, tree, limit));
    *m = (struct machine){.tree_bytes = fdt.size};
    if (!bus_read(&fdt, fdt_root(&fdt), &root))
        return "device tree: #address-cells or #size-cells of the root is not 1 or 2";
    TRY(read_memory(m, &fdt, &root));
    TRY(read_reserved(m, &fdt, &root));
    TRY(read_harts(m, &fdt, &root));
    TRY(read_devices(m, &fdt, &root));
    TRY(trim_devices(m));
    return read_chosen(m, &fdt, &root);
}
