/*
 * userland/shell/footprint.c: the command `footprint`: where each byte of memory is, as root tells it.
 *
 * All lines with a number of their own make up "in use"; with "free" that is the RAM there is, or that mem= allows.
 */
#include <stdio.h>

#include "userland/lib/root.h"
#include "userland/shell/shell.h"

static const char *const boot_names[TESS_USES] = {
    [TESS_USE_TEXT] = "kernel: text",          [TESS_USE_CONSTANTS] = "kernel: constants",
    [TESS_USE_DATA] = "kernel: data",          [TESS_USE_STACKS] = "kernel: stacks",
    [TESS_USE_HARTS] = "kernel: per hart",     [TESS_USE_INTERRUPTS] = "kernel: interrupts",
    [TESS_USE_TABLES] = "kernel: page tables", [TESS_USE_BUNDLE] = "other programs' files",
    [TESS_USE_ROOT] = "root: CNode, thread",   [TESS_USE_ROOT_TABLES] = "root: page tables",
    [TESS_USE_ROOT_IMAGE] = "root: image",     [TESS_USE_BOOT_INFO] = "root: boot information",
};

static const char *const root_names[] = {
    [TESS_ROOT_PART_SHARED] = "root: shared memory",
    [TESS_ROOT_PART_TABLES] = "root: more page tables",
    [TESS_ROOT_PART_OBJECTS] = "root: more objects",
    [TESS_ROOT_PART_REST] = "root: alignment",
};

static tess_word show(const char *name, tess_word bytes)
{
    printf("%-26s %10lu\n", name, (unsigned long)bytes);
    return bytes;
}

static tess_word show_programs(void)
{
    struct tess_footprint f;
    tess_word all = 0;

    printf("\nPROGRAM        DATA  STACK   HEAP  START TABLES CSPACE   BOOK THREAD    OWN   REST    SUM  IN "
           "PLACE\n");
    for (unsigned index = 2; tess_root_footprint(shell_root, index, &f) == TESS_ROOT_OK; index++) {
        tess_word sum = 0;
        printf("%-12s", f.name);
        for (unsigned i = 0; i <= TESS_PART_REST; i++) {
            printf(" %6lu", (unsigned long)f.parts[i]);
            sum += f.parts[i];
        }
        printf(" %6lu  %8lu\n", (unsigned long)sum, (unsigned long)f.parts[TESS_PART_PLACED]);
        all += sum;
    }
    printf("\n");
    return all;
}

/* What the kernel keeps for each object: all there is, for it allocates nothing. */
static void show_objects(void)
{
    printf("\neach thread %u, with floating point %u, with time of its own %u more\n", TESS_TCB_BYTES,
           TESS_TCB_BYTES + TESS_FP_BYTES, TESS_SCHED_CONTEXT_BYTES);
    printf("each address space %u, each page table %u, each capability %u\n", TESS_VSPACE_BYTES,
           TESS_PAGE_TABLE_BYTES, TESS_SLOT_BYTES);
}

void command_footprint(unsigned argc, char **argv)
{
    struct tess_memory_info memory;
    struct tess_footprint boot, root;

    (void)argc;
    (void)argv;
    enum tess_root_answer answer = tess_root_footprint(shell_root, 0, &boot);
    if (answer == TESS_ROOT_OK)
        answer = tess_root_footprint(shell_root, 1, &root);
    if (answer == TESS_ROOT_OK)
        answer = tess_root_memory(shell_root, &memory);
    if (answer != TESS_ROOT_OK) {
        printf("footprint: %s\n", tess_root_strerror(answer));
        return;
    }
    tess_word used = 0;
    for (unsigned i = 0; i < TESS_USES; i++)
        used += show(boot_names[i], boot.parts[i]);
    for (unsigned i = 0; i < sizeof root_names / sizeof root_names[0]; i++)
        used += show(root_names[i], root.parts[i]);
    used += show_programs();
    show("in use", used);
    show("free", memory.free);
    show("RAM, or mem=", boot.total);
    show_objects();
}
