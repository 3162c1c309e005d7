/*
 * userland/shell/main.c: the command line.
 *
 * Reads a line from the console server, divides it at spaces, and does what the first word says. It holds
 * capabilities to call the console server, root, and the servers of the devices that the machine has;
 * everything it shows or starts, it asks root for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/console.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"
#include "userland/shell/shell.h"

#define WORDS_MAX 16u
#define PROMPT    "tessera> "

tess_endpoint shell_root;
tess_endpoint shell_console;

static void command_help(unsigned argc, char **argv);

static void command_echo(unsigned argc, char **argv)
{
    for (unsigned i = 1; i < argc; i++)
        printf("%s%s", i > 1 ? " " : "", argv[i]);
    printf("\n");
}

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

static void command_uptime(unsigned argc, char **argv)
{
    uint64_t rate = tess_start->timebase;

    (void)argc;
    (void)argv;
    uint64_t now = read_time();
    printf("up %lu.%03lu s\n", (unsigned long)(now / rate), (unsigned long)(now % rate * 1000 / rate));
}

static void command_run(unsigned argc, char **argv)
{
    enum tess_ended ended;
    tess_word status;

    bool wait = strcmp(argv[argc - 1], "&") != 0;
    unsigned words = argc - (wait ? 1 : 2);

    if (words == 0) {
        printf("run what? ");
        show_members();
        return;
    }
    enum tess_root_answer answer =
        tess_root_run(shell_root, wait ? TESS_ROOT_RUN_WAIT : 0, words, argv + 1, &ended, &status);
    if (answer != TESS_ROOT_OK)
        printf("run: %s: %s\n", argv[1], tess_root_strerror(answer));
    if (answer != TESS_ROOT_OK || !wait)
        return;
    switch (ended) {
    case TESS_ENDED_EXITED:
        if (status != 0)
            printf("%s: exit %ld\n", argv[1], (long)status);
        break;
    case TESS_ENDED_FAULTED:
        break; /* root has said it all */
    case TESS_ENDED_KILLED:
        printf("%s: interrupted\n", argv[1]);
        break;
    }
}

static void control(unsigned argc, char **argv, enum tess_root_op op)
{
    if (argc < 2) {
        printf("%s what? 'ps' lists the programs\n", argv[0]);
        return;
    }
    enum tess_root_answer answer = tess_root_control(shell_root, op, argv[1]);
    if (answer != TESS_ROOT_OK)
        printf("%s: %s: %s\n", argv[0], argv[1], tess_root_strerror(answer));
}

static void command_kill(unsigned argc, char **argv)
{
    control(argc, argv, TESS_ROOT_KILL);
}

static void command_restart(unsigned argc, char **argv)
{
    control(argc, argv, TESS_ROOT_RESTART);
}

static void command_stop(unsigned argc, char **argv)
{
    control(argc, argv, TESS_ROOT_STOP);
}

static void command_resume(unsigned argc, char **argv)
{
    control(argc, argv, TESS_ROOT_RESUME);
}

static void command_upgrade(unsigned argc, char **argv)
{
    if (argc < 2) {
        printf("upgrade what? 'upgrade console console2', and back\n");
        return;
    }
    enum tess_root_answer answer = tess_root_upgrade(shell_root, argv[1], argc > 2 ? argv[2] : NULL);
    if (answer != TESS_ROOT_OK)
        printf("upgrade: %s: %s\n", argv[1], tess_root_strerror(answer));
}

static void command_exit(unsigned argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("powering off\n");
    tess_console_flush(shell_console);
    printf("exit: %s\n", tess_root_strerror(tess_root_power_off(shell_root)));
}

static const struct {
    const char *name;
    const char *arguments;
    unsigned most; /* arguments */
    const char *what;
    void (*run)(unsigned argc, char **argv);
} commands[] = {
    {"help", "", 0, "this list", command_help},
    {"ps", "", 0, "the programs: state, priority, budget, memory, faults", command_ps},
    {"caps", "[NAME]", 1, "the capabilities a program holds; without a name, the shell's", command_caps},
    {"footprint", "", 0, "where each byte of memory is, the kernel's own too", command_footprint},
    {"mem", "", 0, "where the memory is", command_mem},
    {"echo", "[WORD...]", WORDS_MAX, "prints its arguments", command_echo},
    {"uptime", "", 0, "time since power-on", command_uptime},
    {"run", "NAME [ARG...]", WORDS_MAX, "runs a program of the bundle; Ctrl-C ends it, & does not wait",
     command_run},
    {"kill", "NAME", 1, "ends a program and its children; a server is started again", command_kill},
    {"restart", "NAME", 1, "ends a program and its children, and starts it again as it was", command_restart},
    {"stop", "NAME", 1, "suspends a program, with all it holds", command_stop},
    {"resume", "NAME", 1, "lets it go on", command_resume},
    {"upgrade", "NAME [IMAGE]", 2, "puts another version in place of a running server", command_upgrade},
    {"sched", "[POLICY]", 1, "who is scheduled and how; with a name, changes the policy", command_sched},
    {"date", "", 0, "date and time of the clock, UTC", command_date},
    {"random", "[BYTES]", 1, "random bytes of the device; without a number, 16", command_random},
    {"hexdump", "[SECTOR]", 1, "a sector of the disk; without a number, the disk", command_hexdump},
    {"devices", "", 0, "the devices of the machine, and which program has each", command_devices},
    {"names", "", 0, "names of servers, who provides them and for whom", command_names},
    {"exit", "", 0, "powers the machine off", command_exit},
};

static void command_help(unsigned argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("  %-9s %-13s  %s\n", commands[i].name, commands[i].arguments, commands[i].what);
}

static void execute(unsigned argc, char **argv)
{
    if (argc == 0)
        return;
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        if (argc - 1 <= commands[i].most)
            commands[i].run(argc, argv);
        else
            printf("%s: too many words; as in: %s%s%s\n", argv[0], argv[0], commands[i].most > 0 ? " " : "",
                   commands[i].arguments);
        return;
    }
    printf("%s: unknown command; 'help' lists what there is\n", argv[0]);
}

/* Divides the line at spaces, in place, and does what it says. */
static void take_line(char *text)
{
    char *words[WORDS_MAX + 1];
    unsigned count = 0;
    char *rest;

    for (char *word = strtok_r(text, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
        if (count == WORDS_MAX) {
            printf("a line has at most %u words\n", WORDS_MAX);
            return;
        }
        words[count++] = word;
    }
    words[count] = NULL;
    execute(count, words);
}

int main(void)
{
    shell_root.address = tess_need_capability("root");
    shell_console.address = tess_need_capability("console");

    printf("Tessera. 'help' lists the commands.\n");
    for (;;) {
        char text[TESS_CONSOLE_LINE + 1];
        size_t length;

        tess_output_flush();
        switch (tess_console_read_line(shell_console, PROMPT, text, TESS_CONSOLE_LINE, &length)) {
        case TESS_CONSOLE_OK:
            text[length] = '\0';
            take_line(text);
            break;
        case TESS_CONSOLE_END:
            printf("'exit' powers off\n");
            break;
        case TESS_CONSOLE_INTERRUPTED:
            break;
        case TESS_CONSOLE_BUSY:
        case TESS_CONSOLE_GONE:
        case TESS_CONSOLE_AGAIN:
        case TESS_CONSOLE_BAD_REQUEST:
            return EXIT_FAILURE; /* a shell nobody can type at is no use */
        }
    }
}
