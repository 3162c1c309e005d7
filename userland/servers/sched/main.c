/*
 * userland/servers/sched/main.c: the scheduler server: capabilities, messages and the clock around the engine.
 *
 * It holds SchedControl, the threads and contexts of all programs (userland/lib/authority.h), and a page of memory
 * for its Timer. Its clients are the programs that the system description runs at SCHED_PRIORITY_MAX or
 * below; the others it leaves alone. All it knows lies in memory that outlives it: when it ends, the kernel goes
 * on enforcing what it set, and the next one goes on from there.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/pd.h"
#include "userland/lib/root.h"
#include "userland/lib/sched.h"
#include "userland/servers/sched/scheduler.h"

#define CHANNEL_PROGRAMS 0u /* root: programs have started or ended */
#define CHANNEL_CLOCK    62u
#define NOBODY           UINT32_MAX

#define STATE_MAGIC 0x6465686373736574ull /* "tessched", little endian */

/* What outlives the server. Client i is program i + 1. */
static struct state {
    uint64_t magic;
    uint64_t bytes; /* of all this: another version of the server may mean something else by it */
    uint64_t starts[SCHED_CLIENTS_MAX]; /* which program of that number it is */
    struct sched s;
} * state;

static tess_endpoint root;
static tess_sched_control control;
static tess_tcb own;
static tess_timer timer;
static uint64_t armed;
static unsigned held[SCHED_CLIENTS_MAX]; /* whose call waits: the held caller, or NOBODY */

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

static uint64_t to_ticks(uint64_t microseconds)
{
    return microseconds * tess_start->timebase / 1000000;
}

static uint64_t to_us(uint64_t ticks)
{
    return ticks * 1000000 / tess_start->timebase;
}

/* ---- What the engine needs done -------------------------------------------------------------------------- */

/* A program may end at any time, and its capabilities with it: root tells, and then it leaves. */
static void check(const char *what, tess_result result)
{
    if (tess_failed(result) && result.error != TESS_ERR_TYPE)
        tess_report(what, result);
}

void sched_machine_grant(unsigned client, const struct sched_grant *grant, bool budget, bool priority)
{
    unsigned number = client + 1;

    if (budget)
        check("budget", tess_sched_control_configure(control, tess_authority_context(number), grant->budget,
                                                     grant->period, TESS_REFILLS_MIN, number));
    if (priority)
        check("priority",
              tess_tcb_set_priority(tess_authority_thread(number), own, grant->priority, SCHED_PRIORITY_MAX));
}

void sched_machine_timeouts(unsigned client, bool wanted)
{
    enum tess_root_answer answer = tess_root_timeouts(root, client + 1, wanted);

    if (answer != TESS_ROOT_OK && answer != TESS_ROOT_NO_PROGRAM)
        printf("sched: timeouts: %s\n", tess_root_strerror(answer));
}

uint64_t sched_machine_used(unsigned client)
{
    tess_result result = tess_sched_context_consumed(tess_authority_context(client + 1));

    return tess_failed(result) ? 0 : result.detail;
}

static tess_msginfo put_job(unsigned client)
{
    const struct sched_client *c = &state->s.clients[client];

    tess_mr_set(0, c->release);
    tess_mr_set(1, c->release + c->wants.period);
    tess_mr_set(2, c->jobs);
    tess_mr_set(3, c->missed);
    return tess_msginfo_new(TESS_SCHED_OK, 4);
}

bool sched_machine_release(unsigned client)
{
    unsigned caller = held[client];

    held[client] = NOBODY;
    if (caller != NOBODY)
        tess_answer_held(caller, put_job(client));
    return caller != NOBODY;
}

void sched_machine_wake_at(uint64_t when)
{
    if (when == armed)
        return;
    armed = when;

    check("clock", when != UINT64_MAX ? tess_timer_arm(timer, when, 0) : tess_timer_cancel(timer));
}

/* ---- Programs come and go -------------------------------------------------------------------------------- */

static void forget_call(unsigned client)
{
    if (held[client] != NOBODY)
        tess_server_waits(&tess_pd_server, held[client]);
    held[client] = NOBODY;
}

static void leave(unsigned client)
{
    forget_call(client);
    if (sched_is_client(&state->s, client))
        sched_leave(&state->s, client, read_time());
}

static void look_at(unsigned client, const struct tess_task_info *info)
{
    bool runs = (info->life == TESS_LIFE_RUNNING || info->life == TESS_LIFE_STOPPED) &&
                info->priority <= SCHED_PRIORITY_MAX;
    struct sched_request request = {.priority = (uint32_t)info->priority};
    struct sched_refusal refusal;

    if (runs && sched_is_client(&state->s, client) && state->starts[client] == info->starts)
        return;
    leave(client);
    if (!runs)
        return;
    state->starts[client] = info->starts;
    if (info->budget_us < info->period_us) {
        request.budget = to_ticks(info->budget_us);
        request.period = to_ticks(info->period_us);
    }
    if (!sched_join(&state->s, client, info->name, &request, read_time(), &refusal))
        printf("sched: %s keeps what it has: %s\n", info->name, refusal.why);
}

static void look_at_programs(void)
{
    struct tess_task_info info;

    for (unsigned i = 0; i < SCHED_CLIENTS_MAX && tess_root_task(root, i + 1, &info) == TESS_ROOT_OK; i++)
        look_at(i, &info);
}

/* ---- Requests -------------------------------------------------------------------------------------------- */

static unsigned put_text(unsigned at, const char *text)
{
    size_t length = strlen(text);

    tess_mr_set(at++, length);
    for (size_t i = 0; i < length; i += sizeof(tess_word)) {
        tess_word word = 0;
        memcpy(&word, text + i, length - i < sizeof word ? length - i : sizeof word);
        tess_mr_set(at++, word);
    }
    return at;
}

static void get_text(unsigned at, char *text, size_t room)
{
    size_t length = tess_mr_get(at++);

    if (length > room - 1)
        length = room - 1;
    for (size_t i = 0; i < length; i += sizeof(tess_word)) {
        tess_word word = tess_mr_get(at++);
        memcpy(text + i, &word, length - i < sizeof word ? length - i : sizeof word);
    }
    text[length] = '\0';
}

static tess_msginfo answer(enum tess_sched_answer label, unsigned words)
{
    return tess_msginfo_new(label, words);
}

static tess_msginfo refuse(const char *whom, const struct sched_refusal *refusal)
{
    char text[TESS_SCHED_TEXT];
    int length = snprintf(text, sizeof text, "%s: %s", whom, refusal->why);

    if (refusal->at_most != 0 && length > 0 && (size_t)length < sizeof text)
        snprintf(text + length, sizeof text - (size_t)length,
                 ": %lu.%02lu%% of the processor, at most %lu.%02lu%%",
                 (unsigned long)refusal->would_be / 10000, (unsigned long)refusal->would_be / 100 % 100,
                 (unsigned long)refusal->at_most / 10000, (unsigned long)refusal->at_most / 100 % 100);
    return answer(TESS_SCHED_REFUSED, put_text(0, text));
}

static tess_msginfo serve_declare(unsigned client)
{
    struct sched_refusal refusal = {"", 0, 0};
    uint64_t budget = tess_mr_get(0), period = tess_mr_get(1);
    struct sched_request request = {.weight = (uint32_t)tess_mr_get(2), .priority = (uint32_t)tess_mr_get(3)};

    if (budget > UINT32_MAX || period > UINT32_MAX || tess_mr_get(2) > UINT32_MAX ||
        tess_mr_get(3) > UINT32_MAX)
        return answer(TESS_SCHED_BAD_REQUEST, 0);
    request.budget = to_ticks(budget);
    request.period = to_ticks(period);
    if (!sched_declare(&state->s, client, &request, read_time(), &refusal))
        return refuse(state->s.clients[client].name, &refusal);
    return answer(TESS_SCHED_OK, 0);
}

static tess_msginfo serve_next(unsigned client)
{
    if (!tess_can_hold())
        return answer(TESS_SCHED_BAD_REQUEST, 0);
    if (held[client] != NOBODY) { /* stopped and resumed: it calls again */
        forget_call(client);
        state->s.clients[client].lost = true;
    }
    if (sched_done(&state->s, client, read_time()))
        return put_job(client);
    held[client] = tess_hold();
    return answer(TESS_SCHED_OK, 0);
}

static tess_msginfo serve_policy(void)
{
    struct sched_refusal refusal = {"", 0, 0};
    char name[TESS_SCHED_TEXT];
    unsigned whom;

    get_text(0, name, sizeof name);
    const struct sched_policy *policy = sched_policy_find(name);
    if (policy == NULL)
        return answer(TESS_SCHED_UNKNOWN, 0);
    if (!sched_switch(&state->s, policy, read_time(), &refusal, &whom))
        return refuse(state->s.clients[whom].name, &refusal);
    return answer(TESS_SCHED_OK, 0);
}

static tess_msginfo serve_status(void)
{
    sched_look(&state->s, read_time());
    tess_mr_set(0, to_us(state->s.shown));
    return answer(TESS_SCHED_OK, put_text(1, state->s.policy->name));
}

static tess_msginfo serve_client(unsigned index)
{
    struct sched *s = &state->s;

    while (index < SCHED_CLIENTS_MAX && !sched_is_client(s, index))
        index++;
    if (index >= SCHED_CLIENTS_MAX)
        return answer(TESS_SCHED_END, 0);
    const struct sched_client *c = &s->clients[index];
    struct tess_sched_client client = {
        .number = index + 1,
        .weight = c->wants.weight,
        .priority = c->applied.priority,
        .budget_us = to_us(c->applied.budget),
        .period_us = to_us(c->applied.period),
        .permille = s->shown != 0 ? c->shown * 1000 / s->shown : 0,
        .jobs = c->jobs,
        .missed = c->missed,
        .overran = c->overran,
    };
    memcpy(client.name, c->name, sizeof client.name);
    tess_word words[sizeof client / sizeof(tess_word)];
    memcpy(words, &client, sizeof words);
    tess_mr_set(0, index + 1);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        tess_mr_set(1 + i, words[i]);
    return answer(TESS_SCHED_OK, 1 + sizeof words / sizeof words[0]);
}

static tess_msginfo serve_list(unsigned index)
{
    const struct sched_policy *policy = sched_policy_at(index);
    char text[TESS_SCHED_TEXT];

    if (policy == NULL)
        return answer(TESS_SCHED_END, 0);
    snprintf(text, sizeof text, "%-8s %s", policy->name, policy->what);
    return answer(TESS_SCHED_OK, put_text(0, text));
}

/* Of itself a program may speak, if it is a client. */
static tess_msginfo serve_program(unsigned client, tess_word op)
{
    if (client < SCHED_CLIENTS_MAX && !sched_is_client(&state->s, client))
        look_at_programs(); /* root's signal is still on its way */
    if (!sched_is_client(&state->s, client))
        return answer(TESS_SCHED_UNKNOWN, 0);
    if (op == TESS_SCHED_DECLARE)
        return serve_declare(client);
    return op == TESS_SCHED_NEXT ? serve_next(client) : answer(TESS_SCHED_DENIED, 0);
}

/* The badge of a program that the template runs has its number in the upper half; others control. */
tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    tess_word op = tess_msginfo_label(info), number = tess_badge() >> 32;

    (void)channel;
    if (number != 0)
        return serve_program((unsigned)number - 1, op);
    switch (op) {
    case TESS_SCHED_POLICY:
        return serve_policy();
    case TESS_SCHED_STATUS:
        return serve_status();
    case TESS_SCHED_CLIENT:
        return serve_client(tess_mr_get(0) < SCHED_CLIENTS_MAX ? (unsigned)tess_mr_get(0)
                                                               : SCHED_CLIENTS_MAX);
    case TESS_SCHED_LIST:
        return serve_list(tess_mr_get(0) < UINT32_MAX ? (unsigned)tess_mr_get(0) : UINT32_MAX);
    }
    return answer(TESS_SCHED_BAD_REQUEST, 0);
}

/* A budget is used up. The thread goes on when it has one again, whatever the policy did. */
bool fault(tess_channel child, tess_msginfo info, tess_msginfo *go_on)
{
    unsigned client = (unsigned)(tess_badge() >> 32) - 1;

    (void)child;
    if (tess_msginfo_label(info) == TESS_FAULT_TIMEOUT && sched_is_client(&state->s, client))
        sched_exhausted(&state->s, client, read_time());
    *go_on = tess_msginfo_new(0, 0);
    return true;
}

void notified(tess_channel channel)
{
    if (channel == CHANNEL_CLOCK) {
        armed = UINT64_MAX;
        sched_clock(&state->s, read_time());
    } else {
        look_at_programs();
    }
}

/* ---- The beginning ---------------------------------------------------------------------------------------- */

static void need(const char *what, tess_result result)
{
    if (tess_failed(result))
        tess_fatal(what, result);
}

/* A Timer of the server's own memory, which signals its own notification. */
static void make_timer(void)
{
    tess_untyped memory = {tess_need_capability("memory")};
    tess_cnode cspace = {tess_need_capability("cspace")};
    tess_cptr slot = tess_need_capability("wake"), signal;
    uint64_t radix = tess_start->cspace_radix;

    timer.address = (1ull << radix) - 1;
    signal = timer.address - 1;
    need("timer", tess_untyped_retype(memory, TESS_TYPE_TIMER, 0, cspace, timer.address, 1));
    need("signal", tess_cnode_mint(cspace, signal, (tess_cnode){TESS_NULL}, slot, TESS_RIGHT_SEND,
                                   1ull << CHANNEL_CLOCK));
    need("timer", tess_timer_bind(timer, (tess_notification){signal}));
    need("timer", tess_sched_control_set_interval(control, timer, tess_start->timebase / 100000 + 1));
}

void init(void)
{
    root.address = tess_need_capability("root");
    control.address = tess_need_capability("sched_control");
    own.address = tess_need_capability("thread");
    state = tess_need_region("state", sizeof *state);
    armed = UINT64_MAX;
    for (unsigned i = 0; i < SCHED_CLIENTS_MAX; i++)
        held[i] = NOBODY;
    make_timer();
    if (state->magic == STATE_MAGIC && state->bytes == sizeof *state &&
        sched_resume(&state->s, tess_start->timebase, read_time())) {
        printf("sched: goes on with %s\n", state->s.policy->name);
    } else {
        sched_begin(&state->s, tess_start->timebase, read_time());
        state->magic = STATE_MAGIC;
        state->bytes = sizeof *state;
    }
    look_at_programs();
}
