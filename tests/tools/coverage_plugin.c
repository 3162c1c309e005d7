/*
 * tests/tools/coverage_plugin.c: a QEMU TCG plugin that counts how often each instruction of the kernel ran.
 *
 *   -plugin coverage.so,out=FILE,base=0x...,size=0x...,load=0x...[,edge=0x...]...[,begin=0x...]
 *
 * base and size are the kernel's text, load is where it stands before paging is on. Everything is counted in
 * FILE, which is mapped, so that nothing is lost however the machine ends; its layout is struct coverage, and
 * behind it one word for each two bytes of text. An edge is an instruction at which the kernel can turn to
 * somebody else (trap entry, a look for waiting interrupts, the idle loop): the longest stretch of kernel
 * instructions between two edges, or an edge and the return to user mode, is kept with the way it took. begin
 * is where the kernel begins at boot: what leads from there to the first edge is no stretch, nor is a reboot.
 * Made for machines whose harts take turns in one thread, as with -icount.
 *
 * QEMU 7.2 comes without its header; what is declared here is version 1 of its plugin interface.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- QEMU's plugin interface, version 1 -------------------------------------------------------------- */

typedef uint64_t qemu_plugin_id_t;
typedef struct {
    const char *target_arch;
    struct {
        int min, cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus, max_vcpus;
    } system;
} qemu_info_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_CB_RW_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned vcpu, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_vcpu_udata_cb_t cb,
                                          enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
                                                void *counter, uint64_t imm);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
                                                               int argc, char **argv);

/* ---- What is written ------------------------------------------------------------------------------------- */

/* A way is kept as the blocks it went through, the first of them if they are more. */
#define WAY_BLOCKS 65536u

struct coverage {
    uint64_t longest;         /* instructions of the longest stretch */
    uint64_t longest_blocks;  /* blocks of its way, at most WAY_BLOCKS of them in way[] */
    uint64_t entries;         /* how often an edge was reached */
    uint64_t way[WAY_BLOCKS]; /* addresses of the blocks' first instructions */
    uint64_t count[];         /* for each two bytes of text */
};

static struct coverage *coverage;
static uint64_t base, size, load, begin;
static uint64_t edges[16];
static unsigned edge_count;

/* The stretch that is running: its instructions so far, and the blocks it went through. */
static uint64_t stretch, blocks;
static uint64_t way[WAY_BLOCKS];
static bool booting = true;
static bool paging; /* kernel text has been seen where it was linked */

/* ---- Counting ---------------------------------------------------------------------------------------------- */

static void stretch_end(void)
{
    if (!booting && stretch > coverage->longest) {
        coverage->longest = stretch;
        coverage->longest_blocks = blocks;
        memcpy(coverage->way, way, (blocks < WAY_BLOCKS ? blocks : WAY_BLOCKS) * sizeof way[0]);
    }
    booting = false;
    stretch = 0;
    blocks = 0;
}

/* A piece of kernel text that QEMU translated as one. */
struct block {
    uint64_t address;
    unsigned instructions;
    bool edge;
};

static void block_runs(unsigned vcpu, void *userdata)
{
    const struct block *block = userdata;
    (void)vcpu;
    if (block->edge) {
        stretch_end();
        coverage->entries++;
    }
    if (block->address == begin)
        booting = true;
    if (blocks < WAY_BLOCKS)
        way[blocks] = block->address;
    blocks++;
    stretch += block->instructions;
}

static bool is_edge(uint64_t address)
{
    for (unsigned i = 0; i < edge_count; i++)
        if (edges[i] == address)
            return true;
    return false;
}

/* Blocks are described once per translation, and never freed: code that may still run points there. */
static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t length = qemu_plugin_tb_n_insns(tb);
    uint64_t first = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    bool linked = first - base < size;
    if (linked)
        paging = true;
    if (!linked && (paging || first - load >= size))
        return;
    uint64_t from = linked ? base : load;
    for (size_t i = 0; i < length; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t offset = qemu_plugin_insn_vaddr(insn) - from;
        if (offset < size)
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                       &coverage->count[offset / 2], 1);
    }
    struct block *block = malloc(sizeof *block);
    if (!block)
        abort();
    *block = (struct block){first - from + base, (unsigned)length, is_edge(first)};
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, QEMU_PLUGIN_CB_NO_REGS, block);
}

/* ---- Beginning ----------------------------------------------------------------------------------------------- */

static const char *argument(const char *word, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(word, name, length) && word[length] == '=' ? word + length + 1 : NULL;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    const char *path = NULL, *value;
    (void)info;
    for (int i = 0; i < argc; i++) {
        if ((value = argument(argv[i], "out")))
            path = value;
        else if ((value = argument(argv[i], "base")))
            base = strtoull(value, NULL, 0);
        else if ((value = argument(argv[i], "size")))
            size = strtoull(value, NULL, 0);
        else if ((value = argument(argv[i], "load")))
            load = strtoull(value, NULL, 0);
        else if ((value = argument(argv[i], "begin")))
            begin = strtoull(value, NULL, 0);
        else if ((value = argument(argv[i], "edge")) && edge_count < sizeof edges / sizeof *edges)
            edges[edge_count++] = strtoull(value, NULL, 0);
        else
            return -1;
    }
    int file = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0666) : -1;
    size_t bytes = sizeof *coverage + (size / 2 + 1) * sizeof coverage->count[0];
    if (file < 0 || !size || ftruncate(file, (off_t)bytes) != 0)
        return -1;
    coverage = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (coverage == MAP_FAILED)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
