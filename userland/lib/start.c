/*
 * userland/lib/start.c: from the first instruction to main, and what was given (userland/lib/start.h).
 */
#include <alloca.h>
#include <picotls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/boot.h"
#include "userland/lib/device_server.h"
#include "userland/lib/start.h"

const struct tess_start *tess_start;
const struct tess_boot_info *tess_boot;

static const char *program_name = "root";

/* From the linker script: the thread-local storage of the first thread, in place in the data segment. */
extern char __tls_base[];

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

int main(int argc, char **argv);
_Noreturn void tess_start_c(const void *given, size_t length);

/* The record after `at`, or the first; null at the end. */
static const struct tess_start_record *record_next(const struct tess_start_record *at)
{
    const char *base = (const char *)tess_start;
    const char *next = at != NULL ? (const char *)at + at->length : base + sizeof *tess_start;
    size_t offset = (size_t)(next - base);

    if (offset + sizeof *at > tess_start->length)
        return NULL;
    const struct tess_start_record *record = (const struct tess_start_record *)next;
    if (record->length < sizeof *record || record->length > tess_start->length - offset)
        return NULL;
    return record;
}

/* Arguments are copied to the stack: C says that a program may change them, and the block is read-only. */
static _Noreturn void enter_main(void)
{
    const struct tess_start_record *r;
    int argc = 0;
    size_t bytes = 0;

    for (r = tess_start != NULL ? record_next(NULL) : NULL; r != NULL; r = record_next(r)) {
        if (r->kind == TESS_START_ARGUMENT) {
            argc++;
            bytes += strlen(r->text) + 1;
        }
    }
    char **argv = alloca((size_t)(argc + 2) * sizeof *argv);
    char *to = alloca(bytes + 1);
    int i = 0;
    argv[0] = NULL;
    for (r = argc > 0 ? record_next(NULL) : NULL; r != NULL; r = record_next(r)) {
        if (r->kind == TESS_START_ARGUMENT) {
            argv[i++] = strcpy(to, r->text);
            to += strlen(to) + 1;
        }
    }
    argv[argc] = NULL;
    if (argc > 0)
        program_name = argv[0];
    tess_claim_devices();
    exit(main(argc, argv));
}

/* Called by crt0.S with the first two registers of the program. */
_Noreturn void tess_start_c(const void *given, size_t length)
{
    const struct tess_start *block = given;

    (void)length;
    _set_tls(__tls_base);
    if (block->magic == TESS_START_MAGIC) {
        tess_start = block;
        tess_buffer = (struct tess_ipc_buffer *)block->buffer;
    } else if (block->magic == TESS_BOOT_MAGIC) {
        tess_boot = given;
    }
    for (size_t i = 0; i < (size_t)(__init_array_end - __init_array_start); i++)
        __init_array_start[i]();
    enter_main();
}

const struct tess_start_record *tess_start_find(enum tess_start_kind kind, const char *name)
{
    if (tess_start == NULL)
        return NULL;
    for (const struct tess_start_record *r = record_next(NULL); r != NULL; r = record_next(r)) {
        if (r->kind == kind && strncmp(r->name, name, TESS_START_NAME) == 0)
            return r;
    }
    return NULL;
}

tess_cptr tess_start_capability(const char *name)
{
    const struct tess_start_record *r = tess_start_find(TESS_START_CAPABILITY, name);

    return r != NULL ? r->value : TESS_NULL;
}

void *tess_start_region(const char *name, size_t *bytes)
{
    const struct tess_start_record *r = tess_start_find(TESS_START_REGION, name);

    *bytes = r != NULL ? r->size : 0;
    return r != NULL ? (void *)r->value : NULL;
}

uint64_t tess_start_value(const char *name, uint64_t otherwise)
{
    const struct tess_start_record *r = tess_start_find(TESS_START_VALUE, name);

    return r != NULL ? r->value : otherwise;
}

static _Noreturn void missing(const char *what, const char *name)
{
    fprintf(stderr, "%s: start: %s '%s' was not given\n", program_name, what, name);
    exit(EXIT_FAILURE);
}

tess_cptr tess_need_capability(const char *name)
{
    tess_cptr address = tess_start_capability(name);

    if (address == TESS_NULL)
        missing("capability", name);
    return address;
}

void *tess_need_region(const char *name, size_t bytes)
{
    size_t have;
    void *region = tess_start_region(name, &have);

    if (region == NULL || have < bytes)
        missing("region", name);
    return region;
}

const char *tess_program_name(void)
{
    return program_name;
}
