/*
 * tests/conformance/common.c: actors, servers, the pulse, and memory that may fault.
 */
#include "tests/conformance/common.h"

static void actor_run(void *argument)
{
    struct actor *actor = argument;
    actor->result = rt_syscall(actor->operation, actor->cap, actor->info, actor->reply, actor->words);
    actor->returned++;
}

void actor_start_with(struct actor *actor, struct rt_options options)
{
    actor->returned = 0;
    actor->thread = rt_spawn_with(actor_run, actor, options);
}

void actor_begin(struct actor *actor)
{
    actor_start(actor, .priority = RT_PRIORITY_HIGH);
}

void actor_recv(struct actor *actor, tess_cptr source, tess_cptr reply)
{
    *actor = ACTOR(TESS_SYS_RECV, source, .reply = reply);
    actor_begin(actor);
}

void actor_send(struct actor *actor, tess_cptr endpoint)
{
    *actor = ACTOR(TESS_SYS_SEND, endpoint, .info = TESS_INFO(7, 1, 0), .words = {70});
    actor_begin(actor);
}

void actor_call(struct actor *actor, tess_cptr endpoint)
{
    *actor = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(8, 1, 0), .words = {80});
    actor_begin(actor);
}

/* ---- servers --------------------------------------------------------------------------------------------- */

static void server_run(void *argument)
{
    struct server *server = argument;
    struct rt_result r = rt_recv(server->endpoint, server->reply);
    for (;;) {
        server->last = r;
        if (TESS_STATUS_ERROR(r.status) != TESS_OK)
            return;
        server->served++;
        tess_word info = TESS_INFO(TESS_INFO_LABEL(r.info) + 1, TESS_INFO_WORDS(r.info), 0);
        r = rt_syscall(TESS_SYS_REPLY_RECV, server->endpoint, info, server->reply, r.words);
    }
}

/* A passive server runs on the time of whoever makes it, until it waits for its first message. */
void server_start_with(struct server *server, tess_cptr endpoint, struct rt_options options)
{
    bool passive = options.passive;
    server->endpoint = endpoint;
    server->reply = new_reply();
    server->served = 0;
    options.passive = false;
    server->thread = rt_spawn_with(server_run, server, options);
    if (!passive)
        return;
    rt_settle();
    REQUIRE_EQ(rt_state(server->thread->tcb), TESS_THREAD_RECEIVING);
    REQUIRE_OK(rt_invoke(server->thread->context, TESS_SCHED_CONTEXT_UNBIND));
}

/* ---- the pulse ------------------------------------------------------------------------------------------- */

/* It spins through its budget; a gap in what the clock says is the time in which others ran. */
static void pulse_run(void *argument)
{
    struct pulse *pulse = argument;
    tess_word gap = rt_ticks(PULSE_PERIOD / 4), last = rt_time(), beat = last;
    for (;;) {
        tess_word now = rt_time();
        if (now - last > gap) {
            pulse->beats++;
            if (now - beat > pulse->longest)
                pulse->longest = now - beat;
            beat = now;
            if (pulse->each)
                pulse->each(pulse->argument);
            now = rt_time();
        }
        last = now;
    }
}

void pulse_start(struct pulse *pulse)
{
    pulse->thread = rt_spawn(pulse_run, pulse, .priority = 250, .counters = true,
                             .budget = rt_ticks(PULSE_PERIOD / 5), .period = rt_ticks(PULSE_PERIOD));
}

void pulse_clear(struct pulse *pulse)
{
    pulse->beats = 0;
    pulse->longest = 0;
}

void pulse_stop(struct pulse *pulse)
{
    REQUIRE_OK(rt_invoke(pulse->thread->tcb, TESS_TCB_SUSPEND));
}

static void nap_signal(void *argument)
{
    rt_signal(*(const tess_cptr *)argument);
}

void nap(unsigned beats)
{
    tess_cptr notification = new_notification();
    struct pulse pulse = {.each = nap_signal, .argument = &notification};
    pulse_start(&pulse);
    for (unsigned i = 0; i < beats; i++)
        rt_wait(notification);
    pulse_stop(&pulse);
}

/* ---- memory that may fault --------------------------------------------------------------------------------- */

struct access_try {
    tess_word address;
    enum access how;
};

static void access_run(void *argument)
{
    const struct access_try *try = argument;
    switch (try->how) {
    case ACCESS_READ:
        (void)*(volatile uint8_t *)try->address;
        break;
    case ACCESS_WRITE:
        *(volatile uint8_t *)try->address = 1;
        break;
    case ACCESS_EXECUTE: /* a `ret` must stand there */
        asm volatile("jalr %0" ::"r"(try->address) : "ra", "memory");
        break;
    }
}

enum tess_fault access_fault(tess_cptr vspace, tess_word address, enum access how)
{
    static struct access_try try;
    try = (struct access_try){address, how};
    struct rt_thread *thread = rt_spawn(access_run, &try, .priority = RT_PRIORITY_HIGH, .vspace = vspace);
    struct tess_inspect tcb = rt_inspect(thread->tcb);
    EXPECT(thread->done || tcb.state[2] != TESS_FAULT_NONE);
    return (enum tess_fault)tcb.state[2];
}
