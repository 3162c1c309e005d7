/*
 * userland/root/service.c: what programs ask of root (userland/lib/root.h), and their faults.
 *
 * The badge says who asks. A request is decoded from its message before anything is done.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "userland/lib/stdio.h"
#include "userland/root/root.h"

#define REQUEST_BYTES TESS_MESSAGE_BYTES_AFTER(2)

static enum tess_handled answer(tess_message *m, enum tess_root_answer label, unsigned words)
{
    m->info = TESS_INFO(label, words, 0);
    return TESS_HANDLED_ANSWER;
}

static enum tess_handled serve_log(tess_message *m)
{
    char text[REQUEST_BYTES];
    size_t length = tess_message_get_bytes(m, 0, text, sizeof text);

    printf("%.*s", (int)length, text);
    tess_output_flush();
    return answer(m, TESS_ROOT_OK, 0);
}

static enum tess_handled serve_run(struct tess_server *server, tess_message *m)
{
    char words[REQUEST_BYTES];
    bool wait = (m->words[0] & TESS_ROOT_RUN_WAIT) != 0;
    size_t length = tess_message_get_bytes(m, 1, words, sizeof words);
    struct program *started;

    if (wait && !tess_server_can_hold(server))
        return answer(m, TESS_ROOT_FULL, 0);
    enum tess_root_answer result = program_start(words, length, &started);
    if (result == TESS_ROOT_OK)
        started->crashes = 0; /* somebody wants to try again */
    if (result != TESS_ROOT_OK || !wait)
        return answer(m, result, 0);
    started->has_waiter = true;
    started->waiter = tess_server_hold(server);
    return TESS_HANDLED_NONE;
}

/* KILL, STOP, RESUME, RESTART. */
static enum tess_handled serve_control(const struct program *asker, tess_message *m)
{
    char name[TESS_PROGRAM_NAME];
    enum tess_root_answer result = TESS_ROOT_BAD_REQUEST;

    name[tess_message_get_bytes(m, 0, name, sizeof name - 1)] = '\0';
    struct program *p = program_by_name(name);
    if (p == NULL)
        return answer(m, TESS_ROOT_NO_PROGRAM, 0);
    /* An asker that is ended by this is not there to be answered, nor one that is in its place. */
    bool own = p == asker;
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_ROOT_KILL:
        result = program_kill(p);
        break;
    case TESS_ROOT_STOP:
        return answer(m, own ? TESS_ROOT_NEEDED : program_stop(p), 0);
    case TESS_ROOT_RESUME:
        return answer(m, program_resume(p), 0);
    case TESS_ROOT_RESTART:
        result = program_restart(p);
        break;
    }
    return own ? TESS_HANDLED_NONE : answer(m, result, 0);
}

/* Held to the end of the upgrade; an asker that is replaced itself is gone then. */
static enum tess_handled serve_upgrade(struct tess_server *server, tess_message *m)
{
    char text[2 * TESS_PROGRAM_NAME + 1];
    size_t length = tess_message_get_bytes(m, 0, text, sizeof text - 1);

    text[length] = '\0';
    const char *image = text + strlen(text) + 1;
    if (image > text + length)
        return answer(m, TESS_ROOT_BAD_REQUEST, 0);
    enum tess_root_answer result = upgrade_begin(program_by_name(text), image, server);
    return result == TESS_ROOT_OK ? TESS_HANDLED_NONE : answer(m, result, 0);
}

static void fill_info(const struct program *p, struct tess_program_info *info)
{
    struct tess_inspect thread = {0};

    *info = (struct tess_program_info){
        .life = p->stopped ? TESS_LIFE_STOPPED : p->life,
        .faults = p->faults,
        .last_fault = p->last_fault,
        .priority = p->policy->priority,
        .budget_us = p->policy->budget_us,
        .period_us = p->policy->period_us,
    };
    if (p->life != TESS_LIFE_RUNNING)
        return;
    struct tess_inspect context = {0};
    tess_message fault;
    tess_inspect(book(p, BOOK_TCB), &thread);
    tess_inspect(book(p, BOOK_CONTEXT), &context);
    info->thread_state = thread.state[0];
    info->priority = thread.state[1] & 0xff;
    info->budget_us = context.state[0] * 1000000 / root.timebase;
    info->period_us = context.state[1] * 1000000 / root.timebase;
    if (family_fault(p, &fault)) { /* its parent left it there */
        info->faults++;
        info->last_fault = TESS_INFO_LABEL(fault.info);
    }
    if (p->settled) /* it runs on those of its callers */
        info->budget_us = info->period_us = 0;
    info->memory = p->memory.bytes;
    info->memory_used = memory_used(&p->memory);
}

/* Root itself comes first in the list. */
static void fill_root(struct tess_program_info *info)
{
    struct tess_inspect thread = {0};
    struct tess_inspect context = {0};

    tess_inspect(root.tcb.address, &thread);
    tess_inspect(tess_boot_capability(TESS_ROLE_SCHED_CONTEXT), &context);
    *info = (struct tess_program_info){
        .life = TESS_LIFE_RUNNING,
        .thread_state = thread.state[0],
        .priority = thread.state[1] & 0xff,
        .budget_us = context.state[0] * 1000000 / root.timebase,
        .period_us = context.state[1] * 1000000 / root.timebase,
    };
}

static enum tess_handled serve_program(tess_message *m)
{
    struct tess_program_info info;
    const char *name = "root";
    tess_word index = m->words[0];

    if (index == 0) {
        fill_root(&info);
    } else {
        struct program *p = programs;
        while (p < programs + PROGRAMS_MAX && (p->life == TESS_LIFE_NONE || --index > 0))
            p++;
        if (p == programs + PROGRAMS_MAX)
            return answer(m, TESS_ROOT_END, 0);
        fill_info(p, &info);
        name = p->name;
    }
    unsigned words = tess_message_put_words(m, 0, &info, offsetof(struct tess_program_info, name));
    return answer(m, TESS_ROOT_OK, tess_message_put_bytes(m, words, name, strlen(name)));
}

static enum tess_handled serve_task(tess_message *m)
{
    unsigned words = offsetof(struct tess_task_info, name) / sizeof(tess_word);
    tess_word number = m->words[0];

    if (number < 1 || number > PROGRAMS_MAX)
        return answer(m, number == 0 ? TESS_ROOT_BAD_REQUEST : TESS_ROOT_END, 0);
    const struct program *p = &programs[number - 1];
    m->words[0] = p->stopped ? TESS_LIFE_STOPPED : p->life;
    m->words[1] = p->starts;
    m->words[2] = p->policy != NULL ? p->policy->priority : 0;
    m->words[3] = p->policy != NULL ? p->policy->budget_us : 0;
    m->words[4] = p->policy != NULL ? p->policy->period_us : 0;
    return answer(m, TESS_ROOT_OK, tess_message_put_bytes(m, words, p->name, strlen(p->name)));
}

static enum tess_handled serve_timeouts(const struct program *asker, tess_message *m)
{
    const struct program *p = program_by_badge(m->words[0]);

    if (p == NULL)
        return answer(m, TESS_ROOT_NO_PROGRAM, 0);
    return answer(m, authority_timeouts(asker, p, m->words[1] != 0), 0);
}

static enum tess_handled serve_memory(tess_message *m)
{
    struct tess_memory_info info;

    memory_info(&info);
    memcpy(m->words, &info, sizeof info);
    return answer(m, TESS_ROOT_OK, sizeof info / sizeof(tess_word));
}

static enum tess_handled serve_footprint(tess_message *m)
{
    struct tess_footprint f = {0};
    enum tess_root_answer result = footprint((unsigned)m->words[0], &f);

    if (result != TESS_ROOT_OK)
        return answer(m, result, 0);
    m->words[0] = f.total;
    unsigned words = tess_message_put_words(m, 1, f.parts, sizeof f.parts);
    return answer(m, TESS_ROOT_OK, tess_message_put_bytes(m, words, f.name, strlen(f.name)));
}

/* The CSpace is one CNode deep: what a program holds, it holds in there. */
static enum tess_handled serve_capability(tess_message *m)
{
    char name[TESS_PROGRAM_NAME];
    tess_word slot = m->words[0] > 0 ? m->words[0] : 1;
    size_t length = tess_message_get_bytes(m, 1, name, sizeof name - 1);
    unsigned radix = root.radix;
    struct program *p = NULL;
    struct tess_inspect info;

    name[length] = '\0';
    if (strcmp(name, "root") != 0) {
        p = program_by_name(name);
        if (p == NULL || p->life != TESS_LIFE_RUNNING)
            return answer(m, TESS_ROOT_NO_PROGRAM, 0);
        radix = p->cspace_radix;
    }
    for (; slot < 1ull << radix; slot++) {
        tess_cptr address = p == NULL ? slot : in_cspace(p, slot);
        if (tess_failed(tess_inspect(address, &info)) || (info.type & 0xff) == TESS_TYPE_NULL)
            continue;
        memcpy(m->words, &info, sizeof info);
        tess_message_set(m, 8, slot);
        tess_message_set(m, 9, slot + 1);
        return answer(m, TESS_ROOT_OK, 10);
    }
    return answer(m, TESS_ROOT_END, 0);
}

static enum tess_handled serve_member(tess_message *m)
{
    const char *name;
    uint64_t size;

    if (!bundle_member((unsigned)m->words[0], &name, &size))
        return answer(m, TESS_ROOT_END, 0);
    m->words[0] = size;
    return answer(m, TESS_ROOT_OK, tess_message_put_bytes(m, 1, name, strlen(name)));
}

static enum tess_handled serve_power_off(tess_message *m)
{
    tess_output_flush();
    tess_result result = tess_firmware_shutdown(root.firmware);
    tess_report("root: power off", result);
    return answer(m, TESS_ROOT_FAILED, 0);
}

static enum tess_handled serve_controller(struct tess_server *server, const struct program *asker,
                                          tess_message *m)
{
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_ROOT_RUN:
        return serve_run(server, m);
    case TESS_ROOT_KILL:
    case TESS_ROOT_STOP:
    case TESS_ROOT_RESUME:
    case TESS_ROOT_RESTART:
        return serve_control(asker, m);
    case TESS_ROOT_UPGRADE:
        return serve_upgrade(server, m);
    case TESS_ROOT_PROGRAM:
        return serve_program(m);
    case TESS_ROOT_MEMORY:
        return serve_memory(m);
    case TESS_ROOT_CAPABILITY:
        return serve_capability(m);
    case TESS_ROOT_MEMBER:
        return serve_member(m);
    case TESS_ROOT_FOOTPRINT:
        return serve_footprint(m);
    case TESS_ROOT_POWER_OFF:
        return serve_power_off(m);
    }
    return answer(m, TESS_ROOT_BAD_REQUEST, 0);
}

enum tess_handled service_message(struct tess_server *server, tess_message *m)
{
    struct program *p = program_by_badge(m->badge);

    if (m->badge >> 32 != 0) /* what a parent holds of a child */
        return answer(m, family_message(m), 0);
    if (p == NULL)
        return answer(m, TESS_ROOT_DENIED, 0);
    if ((m->flags & TESS_STATUS_FAULT) != 0 && TESS_INFO_LABEL(m->info) == TESS_FAULT_TIMEOUT) {
        watch_overrun(p, m->words[0]);
        return answer(m, TESS_ROOT_OK, 0); /* it goes on with its next budget */
    }
    if ((m->flags & TESS_STATUS_FAULT) != 0) {
        program_faulted(p, m, "");
        return TESS_HANDLED_NONE;
    }
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_ROOT_EXIT:
        program_end(p, TESS_ENDED_EXITED, m->words[0]);
        return TESS_HANDLED_NONE;
    case TESS_ROOT_LOG:
        return serve_log(m);
    case TESS_ROOT_READY:
        return program_ready(p) ? answer(m, TESS_ROOT_OK, 0) : TESS_HANDLED_NONE;
    case TESS_ROOT_ALARM:
        return answer(m, program_alarm(p, m->words[0]), 0);
    case TESS_ROOT_FLOODED:
        return answer(m, watch_flooded(p, m->words[0], m->words[1]), 0);
    case TESS_ROOT_HAND_OVER:
        return answer(m, upgrade_asked(p), 0);
    case TESS_ROOT_HANDED_OVER:
        return upgrade_filled(p, m->words[0] != 0, server) ? TESS_HANDLED_NONE
                                                           : answer(m, TESS_ROOT_STAYS, 0);
    }
    if (TESS_INFO_LABEL(m->info) == TESS_ROOT_PRESENT && (p->policy->flags & SYSTEM_NAME_SERVER) != 0) {
        bool known = m->words[0] <= description.programs;
        return answer(m, known && !absent_is((unsigned)m->words[0]) ? TESS_ROOT_OK : TESS_ROOT_ABSENT, 0);
    }
    if (TESS_INFO_LABEL(m->info) == TESS_ROOT_FACT && (p->policy->flags & SYSTEM_DEVICE_SERVER) != 0) {
        bool told = devices_told((enum tess_root_fact)m->words[0], m->words[1], m->words[2], m->words[3]);
        return answer(m, told ? TESS_ROOT_OK : TESS_ROOT_BAD_REQUEST, 0);
    }
    if (pager_message(p, m))
        return TESS_HANDLED_ANSWER;
    bool scheduler = (p->policy->flags & SYSTEM_SCHEDULER) != 0;
    if (TESS_INFO_LABEL(m->info) == TESS_ROOT_TASK && scheduler)
        return serve_task(m);
    if (TESS_INFO_LABEL(m->info) == TESS_ROOT_TIMEOUTS && scheduler)
        return serve_timeouts(p, m);
    if ((p->policy->flags & SYSTEM_CONTROLLER) == 0)
        return answer(m, TESS_ROOT_DENIED, 0);
    return serve_controller(server, p, m);
}

void service_notified(struct tess_server *server, tess_word word)
{
    (void)server;
    if ((word & NOTIFIED_INTERRUPT) != 0)
        program_interrupt();
    if ((word & NOTIFIED_CLOCK) != 0)
        program_clock();
}
