/*
 * userland/examples/pages/pages.c: what a memory server does for a program; `run pages` shows it, `mem` beside it.
 *
 * Its description says pager="mem" and how much it may have. Without an argument it shows all; with one:
 *
 *     heap     allocates until malloc says no
 *     stack    recurses until the quota ends it
 *     late     touches more than its quota of a region that is counted late
 *     guard    touches a guard page
 *     fork     goes on twice, and each writes to its own pages
 *     file     [TIMES]: maps a file of the bundle and reads its first page, so often
 *     offer    NAME: shares a page with the program of that name, and waits
 *     attach   NUMBER: reads from it, and writes
 *     place    ADDRESS: asks for a page just there
 *     wait     holds what it has until it is ended
 *     swap     [KB] [PAGES]: writes to so many pages at random of a region of that size, and reads them back; more than
 *              its quota, where there is a disk
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/layout.h"
#include "userland/lib/mem.h"
#include "userland/lib/stdio.h"

#define RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

static int counter = 41;

static void *map(enum tess_mem_kind kind, size_t bytes, unsigned rights, unsigned flags, const char *file)
{
    void *address = NULL;
    enum tess_mem_answer answer = tess_mem_map(kind, &address, bytes, rights, flags, file);

    if (answer != TESS_MEM_OK)
        printf("pages: map: %s\n", tess_mem_strerror(answer));
    return address;
}

static void try_heap(void)
{
    unsigned kilobytes = 0;
    char *block;

    while ((block = malloc(4096)) != NULL) {
        memset(block, 1, 4096);
        kilobytes += 4;
    }
    printf("heap: malloc gave %u KB and then said no\n", kilobytes);
}

static unsigned __attribute__((noinline)) recurse(unsigned depth)
{
    volatile char frame[4096];

    frame[0] = (char)depth;
    if (depth % 4 == 0) {
        printf("stack: %u KB\n", depth * 4);
        tess_output_flush();
    }
    return depth < 1u << 20 ? recurse(depth + 1) + (unsigned)frame[0] : 0;
}

static void try_late(void)
{
    volatile char *region = map(TESS_MEM_ZERO, 4ul << 20, RW, TESS_MEM_LATE, NULL);

    for (size_t at = 0; region != NULL; at += TESS_PAGE_BYTES)
        region[at] = 1;
}

static void try_guard(void)
{
    volatile char *region = map(TESS_MEM_GUARD_PAGES, TESS_PAGE_BYTES, 0, 0, NULL);

    if (region != NULL)
        region[0] = 1;
}

static void try_fork(void)
{
    enum tess_mem_answer answer;
    int *shared = map(TESS_MEM_SHARED, TESS_PAGE_BYTES, RW, 0, NULL);
    double half = counter / 2.0;

    if (shared == NULL)
        return;
    int child = tess_mem_fork(&answer);
    if (child < 0) {
        printf("fork: %s\n", tess_mem_strerror(answer));
        return;
    }
    if (child == 0) {
        counter++;
        shared[0] = counter;
        printf("fork: child: counter %d, half of the old one %d.%d\n", counter, (int)half,
               (int)(half * 10) % 10);
        return;
    }
    while (*(volatile int *)shared == 0)
        tess_yield();
    printf("fork: parent: counter %d, shared %d\n", counter, shared[0]);
}

static void try_file(unsigned long times)
{
    for (unsigned long i = 0; i < times; i++) {
        char *file = map(TESS_MEM_FILE, TESS_PAGE_BYTES, TESS_RIGHT_READ, 0, "hello");
        if (file == NULL)
            return;
        if (i == 0)
            printf("file: hello begins with %c%c%c\n", file[1], file[2], file[3]);
        *(volatile char *)file;
        tess_mem_unmap(file);
    }
}

static void try_place(tess_word address)
{
    void *at = (void *)address;
    enum tess_mem_answer answer = tess_mem_map(TESS_MEM_ZERO, &at, TESS_PAGE_BYTES, RW, 0, NULL);

    printf("place: %s\n", tess_mem_strerror(answer));
}

static void try_offer(const char *name)
{
    uint64_t *page = map(TESS_MEM_SHARED, TESS_PAGE_BYTES, RW, 0, NULL);
    tess_word number = 0;

    if (page == NULL)
        return;
    page[0] = 1234;
    enum tess_mem_answer answer = tess_mem_offer(page, name, &number);
    printf("offer: %s, number %lu\n", tess_mem_strerror(answer), (unsigned long)number);
    tess_output_flush();
    while (((volatile uint64_t *)page)[1] == 0)
        tess_yield();
    printf("offer: %lu came back\n", (unsigned long)page[1]);
}

static void try_attach(tess_word number)
{
    size_t bytes;
    void *at;
    enum tess_mem_answer answer = tess_mem_attach(number, RW, &at, &bytes);
    uint64_t *page = at;

    printf("attach: %s, %lu bytes\n", tess_mem_strerror(answer), (unsigned long)bytes);
    if (answer == TESS_MEM_OK) {
        printf("attach: reads %lu\n", (unsigned long)page[0]);
        page[1] = page[0] + 1;
    }
}

/* The i-th of the pages that are touched: they follow no order. */
static size_t page_at(size_t i, size_t pages)
{
    return i * 2654435761u % pages;
}

static void try_swap(size_t bytes, size_t touches)
{
    uint64_t *words = map(TESS_MEM_ZERO, bytes, RW, 0, NULL);
    size_t wrong = 0, pages = bytes / TESS_PAGE_BYTES, step = TESS_PAGE_BYTES / sizeof *words;

    if (words == NULL || pages == 0)
        return;
    for (size_t i = 0; i < touches; i++)
        words[page_at(i, pages) * step] = page_at(i, pages) * 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; i < touches; i++)
        wrong += words[page_at(i, pages) * step] != page_at(i, pages) * 0x9e3779b97f4a7c15ull;
    printf("swap: %lu pages of %lu KB written and read back, %lu wrong\n", (unsigned long)touches,
           (unsigned long)bytes / 1024, (unsigned long)wrong);
}

static int unknown(const char *what)
{
    printf("pages: %s: try heap, stack, late, guard, fork, file, swap, offer, attach, place or wait\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "stack") == 0)
        return (int)recurse(1);
    if (strcmp(what, "late") == 0)
        try_late();
    else if (strcmp(what, "guard") == 0)
        try_guard();
    else if (strcmp(what, "swap") == 0)
        try_swap(argc > 2 ? strtoul(argv[2], NULL, 0) * 1024 : 512 * 1024,
                 argc > 3 ? strtoul(argv[3], NULL, 0) : 128);
    else if (strcmp(what, "offer") == 0)
        try_offer(argc > 2 ? argv[2] : "");
    else if (strcmp(what, "place") == 0)
        try_place(argc > 2 ? strtoul(argv[2], NULL, 0) : 0);
    else if (strcmp(what, "attach") == 0)
        try_attach(argc > 2 ? strtoul(argv[2], NULL, 0) : 0);
    else if (strcmp(what, "heap") == 0)
        try_heap();
    else if (strcmp(what, "fork") == 0)
        try_fork();
    else if (strcmp(what, "file") == 0)
        try_file(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
    else if (what[0] != '\0' && strcmp(what, "wait") != 0)
        return unknown(what);
    else
        printf("counter %d; `mem` shows what this program has; Ctrl-C, or kill pages\n", counter);
    tess_output_flush();
    while (what[0] == '\0' || strcmp(what, "wait") == 0)
        tess_yield();
    return 0;
}
