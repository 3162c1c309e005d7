/*
 * userland/examples/bad/bad.c: a gallery of misbehaviour: `run bad` lists it, `run bad NAME` does it.
 *
 * Each is reported in one line, `bad: CAUSE at PC, address A`. What faults, and is ended then, computes for ever, calls
 * for nothing, or does not answer, is reported by root; what is refused, by the program itself. It is held by what it
 * was given in the system description: its budget, its memory, its channels. tests/system/test_gallery.py runs all of it
 * and measures the shell meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/examples/bad/bad.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

/* Kept from the compiler, which would rather not do what follows. */
static volatile tess_word here;

static void read_null(void)
{
    volatile int *volatile nowhere = NULL;

    printf("it holds %d\n", *nowhere);
}

/* `ret`, in the data segment. */
static uint32_t instructions[] = {0x00008067};

static void execute_data(void)
{
    void (*volatile function)(void);

    here = (tess_word)instructions;
    function = (void (*)(void))here;
    function();
}

static void write_text(void)
{
    volatile uint32_t *volatile text;

    here = (tess_word)execute_data;
    text = (volatile uint32_t *)here;
    *text = 0;
}

static int overrun_stack(int depth)
{
    volatile char frame[256];

    frame[0] = (char)depth;
    return depth < 0 ? 0 : overrun_stack(depth + 1) + frame[0];
}

static void fill_stack(void)
{
    here = (tess_word)overrun_stack(1);
}

static void jump_nowhere(void)
{
    void (*volatile function)(void);

    here = 0x123456788;
    function = (void (*)(void))here;
    function();
}

static void spin(void)
{
    printf("spinning within its budget\n");
    for (;;)
        here++;
}

static const struct {
    const char *name;
    const char *what;
    void (*run)(void);
} gallery[] = {
    {"null", "reads through a null pointer", read_null},
    {"data", "executes data", execute_data},
    {"text", "writes over its own instructions", write_text},
    {"stack", "calls itself until the stack ends", fill_stack},
    {"jump", "jumps into nowhere", jump_nowhere},
    {"capability", "uses a capability it does not have", bad_capability},
    {"spin", "computes for ever", spin},
    {"memory", "takes memory until there is none left", bad_memory},
    {"threads", "makes threads until there is no memory left", bad_threads},
    {"flood", "calls the console server for ever", bad_flood},
    {"mute", "takes a call and never answers", bad_mute},
    {"garbage", "makes random system calls", bad_garbage},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof gallery / sizeof gallery[0]; i++) {
        if (argc < 2) {
            printf("  %-10s  %s\n", gallery[i].name, gallery[i].what);
        } else if (strcmp(argv[1], gallery[i].name) == 0) {
            gallery[i].run();
            return EXIT_SUCCESS;
        }
    }
    if (argc > 1)
        printf("bad: there is nothing called '%s'; 'run bad' lists what there is\n", argv[1]);
    return argc > 1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
