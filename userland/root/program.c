/*
 * userland/root/program.c: the programs' lives: start, end, fault, and start again.
 *
 * A program that ends gives everything back at once; its entry is free again, except that of a crashed one,
 * which stays to be seen until its name is started again or the entry is needed.
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/root.h"

struct program programs[PROGRAMS_MAX];

struct program *program_by_name(const char *name)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life != TESS_LIFE_NONE && strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

struct program *program_by_badge(tess_word badge)
{
    if (badge < 1 || badge > PROGRAMS_MAX || programs[badge - 1].life != TESS_LIFE_RUNNING)
        return NULL;
    return &programs[badge - 1];
}

/* The entry a program of that name gets: its own of before, a free one, or that of another crashed one. */
static struct program *find_entry(const char *name)
{
    struct program *best = NULL;

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_CRASHED && strcmp(p->name, name) == 0)
            return p;
        if (p->life != TESS_LIFE_RUNNING && (best == NULL || p->life < best->life))
            best = p;
    }
    return best;
}

static void clear_entry(struct program *p, const char *name)
{
    struct program kept = *p;

    *p = (struct program){0};
    if (strcmp(kept.name, name) == 0) {
        p->faults = kept.faults;
        p->last_fault = kept.last_fault;
        p->restarts = kept.restarts;
    }
    snprintf(p->name, sizeof p->name, "%s", name);
}

/* Everything made for the program goes with its memory; then the slot that named its book is free. */
static void reclaim(struct program *p)
{
    if (p->memory.bytes > 0)
        memory_give(&p->memory);
    if (p->book.address != TESS_NULL)
        slots_give(p->book.address);
    p->book.address = TESS_NULL;
    p->memory.bytes = 0;
}

enum tess_root_answer program_start(const char *words, size_t length, struct program **started)
{
    struct bundle_file file;

    if (length == 0 || words[length - 1] != '\0' || words[0] == '\0' || words[0] == '.' ||
        strlen(words) >= TESS_PROGRAM_NAME)
        return TESS_ROOT_BAD_REQUEST;
    const struct policy *policy = policy_for(words);
    if (strcmp(words, "root") == 0 || !bundle_find(policy->file != NULL ? policy->file : words, &file))
        return TESS_ROOT_NO_PROGRAM;
    struct program *same = program_by_name(words);
    if (policy->single && same != NULL && same->life == TESS_LIFE_RUNNING)
        return TESS_ROOT_RUNNING;
    struct program *p = find_entry(words);
    if (p == NULL)
        return TESS_ROOT_FULL;

    clear_entry(p, words);
    p->policy = policy;
    enum tess_root_answer answer = load(p, &file, words, length);
    if (answer != TESS_ROOT_OK) {
        reclaim(p);
        return answer;
    }
    p->life = TESS_LIFE_RUNNING;
    *started = p;
    return TESS_ROOT_OK;
}

/* Nobody will serve it: who waits there is sent away, and its clients no longer hold it. */
static void take_service(tess_endpoint *service)
{
    if (service == NULL || service->address == TESS_NULL)
        return;
    tess_cnode_revoke(root.cnode, service->address);
    tess_cnode_delete(root.cnode, service->address);
    slots_give(service->address);
    service->address = TESS_NULL;
}

enum tess_root_answer program_start_named(const char *given)
{
    char name[TESS_PROGRAM_NAME]; /* a copy: it may be that of the entry that is cleared */
    struct program *p;

    snprintf(name, sizeof name, "%s", given);
    enum tess_root_answer answer = program_start(name, strlen(name) + 1, &p);

    if (answer != TESS_ROOT_OK && answer != TESS_ROOT_RUNNING) {
        printf("root: cannot start %s: %s\n", name, tess_root_strerror(answer));
        take_service(policy_for(name)->service);
    }
    return answer;
}

void program_end(struct program *p, enum tess_ended how, tess_word status)
{
    tess_message m = {.info = TESS_INFO(TESS_ROOT_OK, 2, 0), .words = {how, status}};

    reclaim(p);
    p->life = how == TESS_ENDED_FAULTED ? TESS_LIFE_CRASHED : TESS_LIFE_NONE;
    /* The console server may hold a call of it. */
    tess_signal(policy_console_signal);
    if (p->has_waiter)
        tess_server_answer(&service, p->waiter, &m);
    p->has_waiter = false;
    if (p->policy->restarts == 0)
        return;
    /* What was ended on request ran well; only ends of its own count. */
    if (how != TESS_ENDED_KILLED && p->restarts++ == p->policy->restarts) {
        printf("root: %s ended %u times; giving up\n", p->name, p->restarts);
        take_service(p->policy->service);
        return;
    }
    p->life = TESS_LIFE_CRASHED; /* so that the entry keeps its counts */
    if (program_start_named(p->name) == TESS_ROOT_OK)
        printf("root: %s restarted\n", p->name);
}

void program_faulted(struct program *p, const tess_message *m)
{
    enum tess_fault fault = (enum tess_fault)TESS_INFO_LABEL(m->info);

    p->faults++;
    p->last_fault = fault;
    /* Without driver or server nothing would come through; the device is free for the firmware then. */
    if (strcmp(p->name, "uart") == 0 || strcmp(p->name, "console") == 0)
        output_to_console(false);
    printf("%s: fault: %s at 0x%lx, address 0x%lx\n", p->name, tess_fault_name(fault),
           (unsigned long)m->words[0], (unsigned long)m->words[1]);
    program_end(p, TESS_ENDED_FAULTED, fault);
}

/* The programs of the session start one after the other, each when the one it needs serves. */
void program_ready(struct program *p)
{
    if (strcmp(p->name, "uart") == 0) {
        struct program *console = program_by_name("console");
        if (console == NULL || console->life != TESS_LIFE_RUNNING)
            program_start_named("console");
        else
            output_to_console(true); /* the driver was started again */
    } else if (strcmp(p->name, "console") == 0) {
        output_to_console(true);
        drivers_start();
        program_start_named("shell");
    }
}

void program_interrupt(void)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_RUNNING && p->has_waiter)
            program_end(p, TESS_ENDED_KILLED, 0);
    }
}
