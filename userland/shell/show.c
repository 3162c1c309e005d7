/*
 * userland/shell/show.c: the commands that show the system: ps, caps, mem. All of it comes from INSPECT
 * (CAP-8): the shell's own capabilities it asks the kernel about itself, all else root does for it.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/mem.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"
#include "userland/shell/shell.h"

static void show_program(const struct tess_program_info *info)
{
    const char *state = "";

    switch ((enum tess_life)info->life) {
    case TESS_LIFE_NONE:
        break;
    case TESS_LIFE_RUNNING:
        state = tess_thread_state_name((enum tess_thread_state)info->thread_state);
        break;
    case TESS_LIFE_CRASHED:
        state = "crashed";
        break;
    case TESS_LIFE_WAITING:
        state = "back-off";
        break;
    case TESS_LIFE_STOPPED:
        state = "stopped";
        break;
    }
    char budget[2 * TESS_PROGRAM_NAME] = "       passive";

    if (info->budget_us > 0 || info->life == TESS_LIFE_CRASHED || info->life == TESS_LIFE_WAITING)
        snprintf(budget, sizeof budget, "%6lu/%-6lu", (unsigned long)info->budget_us,
                 (unsigned long)info->period_us);
    printf("%-12s %-10s %4lu %-13s %5lu %6lu", info->name, state, (unsigned long)info->priority, budget,
           (unsigned long)(info->memory + 1023) / 1024, (unsigned long)info->faults);
    if (info->faults > 0)
        printf("  last: %s", tess_fault_name((enum tess_fault)info->last_fault));
    printf("\n");
}

void command_ps(unsigned argc, char **argv)
{
    struct tess_program_info info;
    enum tess_root_answer answer;

    (void)argc;
    (void)argv;
    printf("NAME         STATE      PRIO  BUDGET/PERIOD    KB  FAULTS\n");
    for (unsigned i = 0; (answer = tess_root_program(shell_root, i, &info)) == TESS_ROOT_OK; i++)
        show_program(&info);
    if (answer != TESS_ROOT_END)
        printf("ps: %s\n", tess_root_strerror(answer));
}

/* "src-", one letter for each right the type knows. */
static const char *rights_text(enum tess_type type, unsigned rights, char text[5])
{
    const char *letters = "";

    if (type == TESS_TYPE_ENDPOINT || type == TESS_TYPE_NOTIFICATION)
        letters = "srcg";
    else if (type == TESS_TYPE_FRAME)
        letters = "rwx";
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++)
        text[i] = (rights >> i & 1) != 0 ? letters[i] : '-';
    text[count] = '\0';
    return text;
}

static void show_capability(tess_cptr address, const struct tess_inspect *info)
{
    enum tess_type type = (enum tess_type)(info->type & 0xff);
    char rights[5];

    printf("%7lu  %-13s  %-6s  0x%-10lx  %lu\n", (unsigned long)address, tess_type_name(type),
           rights_text(type, (unsigned)(info->type >> 8), rights), (unsigned long)info->badge,
           (unsigned long)info->size);
}

static void show_own(void)
{
    struct tess_inspect info;

    for (tess_cptr slot = 1; slot < 1ul << tess_start->cspace_radix; slot++) {
        if (!tess_failed(tess_inspect(slot, &info)) && (info.type & 0xff) != TESS_TYPE_NULL)
            show_capability(slot, &info);
    }
}

void command_caps(unsigned argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : tess_program_name();
    struct tess_inspect info;
    enum tess_root_answer answer;
    tess_word cursor = 0;
    tess_cptr address;

    printf("ADDRESS  TYPE           RIGHTS  BADGE/BASE    SIZE\n");
    if (strcmp(name, tess_program_name()) == 0) {
        show_own();
        return;
    }
    while ((answer = tess_root_capability(shell_root, name, &cursor, &address, &info)) == TESS_ROOT_OK)
        show_capability(address, &info);
    if (answer != TESS_ROOT_END)
        printf("caps: %s: %s\n", name, tess_root_strerror(answer));
}

/* One line for each program whose memory the server gives: all in pages. */
static void show_clients(tess_endpoint server)
{
    struct tess_mem_system system;
    struct tess_mem_client c;
    enum tess_mem_answer answer = tess_mem_system(server, &system);

    if (answer != TESS_MEM_OK) {
        printf("mem: %s\n", tess_mem_strerror(answer));
        return;
    }
    printf("memory server: %lu pages, %lu free, %lu promised; swap disk: ", (unsigned long)system.pages,
           (unsigned long)system.free, (unsigned long)system.promised);
    if (system.swap > 0)
        printf("%lu pages, %lu used\n", (unsigned long)system.swap, (unsigned long)system.swap_used);
    else
        printf("none\n");
    printf(
        "PAGES OF         QUOTA  RESIDENT  SHARED  COPIED  SWAPPED  TABLES  IN-PLACE  FAULTS  PLACEMENT\n");
    for (unsigned i = 0; tess_mem_client(server, i, &c) == TESS_MEM_OK; i++)
        printf("%-16s %5lu %9lu %7lu %7lu %8lu %7lu %9lu %7lu  %s\n", c.name, (unsigned long)c.quota,
               (unsigned long)c.resident, (unsigned long)c.shared, (unsigned long)c.copied,
               (unsigned long)c.swapped, (unsigned long)c.fixed, (unsigned long)c.in_place,
               (unsigned long)c.faults, tess_mem_placement_name(c.placement));
}

void command_mem(unsigned argc, char **argv)
{
    struct tess_memory_info memory;
    struct tess_program_info info;
    enum tess_root_answer answer = tess_root_memory(shell_root, &memory);

    (void)argc;
    (void)argv;
    if (answer != TESS_ROOT_OK) {
        printf("mem: %s\n", tess_root_strerror(answer));
        return;
    }
    printf("memory given to root  %8lu KB\n", (unsigned long)memory.total / 1024);
    printf("  free                %8lu KB\n", (unsigned long)memory.free / 1024);
    printf("  root and channels   %8lu KB\n", (unsigned long)(memory.root + 1023) / 1024);
    printf("  programs            %8lu KB\n", (unsigned long)(memory.programs + 1023) / 1024);
    for (unsigned i = 1; tess_root_program(shell_root, i, &info) == TESS_ROOT_OK; i++) {
        if (info.life == TESS_LIFE_RUNNING || info.life == TESS_LIFE_STOPPED)
            printf("    %-16s  %8lu KB, %lu used\n", info.name, (unsigned long)info.memory / 1024,
                   (unsigned long)info.memory_used / 1024);
    }
    printf("bundle, in place      %8lu KB\n", (unsigned long)memory.bundle / 1024);
    tess_endpoint server = {tess_start_capability("memory")};
    if (server.address != TESS_NULL)
        show_clients(server);
}

void show_members(void)
{
    char name[TESS_PROGRAM_NAME];
    tess_word size;

    printf("The bundle has:");
    for (unsigned i = 0; tess_root_member(shell_root, i, name, &size) == TESS_ROOT_OK; i++)
        printf(" %s", name);
    printf("\n");
}
