/*
 * tests/sched/stage.c: actors, and the thread that schedules them (stage.h).
 */
#include "tests/sched/stage.h"

#define PRIORITY_SCHEDULER 252u
#define LEAD_US            2000u /* from the beginning to the first release: all are ready then */

/* What arrives at the scheduler's notification: the clock, and the end of the scene. */
#define CLOCK_BIT 1u

#define GAP 4u /* ticks between two looks at the clock: somebody else ran */

struct burst stage_bursts[BURSTS_MAX];
volatile unsigned stage_burst_count;
bool stage_trace;
struct tess_trace_event stage_events[EVENTS_MAX];
unsigned stage_event_count;
tess_word stage_from, stage_to;

static struct sched s;
static struct actor *cast;
static struct rt_thread *threads[ACTORS_MAX];
static tess_cptr ways[ACTORS_MAX]; /* to the scheduler, with the actor's number + 1 as badge */
static tess_cptr endpoint, notification, curtain;
static tess_cptr replies;         /* one for each actor, and one */
static unsigned held[ACTORS_MAX]; /* the Reply object that holds the actor + 1 */
static unsigned offered;

static void must(struct rt_result result, const char *what)
{
    if (result.status != TESS_OK)
        rt_stop("cannot %s: error %u, argument %u", what, (tess_word)TESS_STATUS_ERROR(result.status),
                (tess_word)TESS_STATUS_ARGUMENT(result.status));
}

/* ---- The actors -------------------------------------------------------------------------------------------- */

/* Two instructions a turn, whatever the compiler thinks. */
static inline void work(tess_word instructions)
{
    tess_word turns = instructions / 2;
    asm volatile("1: addi %0, %0, -1\n   bnez %0, 1b" : "+r"(turns));
}

static void write_bursts(void)
{
    tess_word last = rt_time();

    for (unsigned n = 0; n < BURSTS_MAX; n++) {
        stage_bursts[n].from = last;
        for (;;) {
            tess_word now = rt_time();
            if (now - last > GAP)
                break;
            last = now;
            work(60);
        }
        stage_bursts[n].to = last;
        stage_burst_count = n + 1;
        last = rt_time();
    }
}

/* A job after the other; each answer of the scheduler is the release of the next. */
static void do_jobs(struct actor *a, tess_cptr way)
{
    struct rt_result answer = rt_call(way, 0);

    for (;;) {
        tess_word release = answer.words[0], period = rt_ticks(a->period_us);
        work((tess_word)a->work * 1000);
        tess_word response = rt_time() - release;
        a->jobs++;
        a->late += response > period;
        if (response * 1000 / period > a->latest)
            a->latest = response * 1000 / period;
        answer = rt_call(way, 0);
    }
}

static void act(void *argument)
{
    struct actor *a = argument;

    if (a->bursts)
        write_bursts();
    if (a->work != 0)
        do_jobs(a, ways[a - cast]);
    for (;;)
        work(1000);
}

/* ---- The clock --------------------------------------------------------------------------------------------- */

static tess_cptr timer;
static tess_word wake_at;

static void make_timer(void)
{
    timer = rt_alloc(TESS_TYPE_TIMER, 0);
    must(rt_invoke(timer, TESS_TIMER_BIND, rt_minted(notification, TESS_RIGHT_SEND, CLOCK_BIT)),
         "bind a timer");
    must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_SET_INTERVAL, timer, rt_ticks(10) + 1),
         "set the interval of a timer");
    wake_at = 0;
}

void sched_machine_wake_at(uint64_t when)
{
    if (when > stage_to)
        when = stage_to;
    if (when == wake_at)
        return;
    wake_at = when;
    must(rt_invoke(timer, TESS_TIMER_ARM, when, 0), "arm a timer");
}

/* ---- What the engine needs done ---------------------------------------------------------------------------- */

void sched_machine_grant(unsigned client, const struct sched_grant *grant, bool budget, bool priority)
{
    if (budget)
        must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_CONFIGURE, threads[client]->context, grant->budget,
                       grant->period, TESS_REFILLS_MIN, client + 1),
             "configure an actor");
    if (priority)
        must(rt_invoke(threads[client]->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, grant->priority, 255),
             "set a priority");
}

void sched_machine_timeouts(unsigned client, bool wanted)
{
    must(rt_invoke(threads[client]->tcb, TESS_TCB_SET_HANDLERS, TESS_NULL, wanted ? ways[client] : TESS_NULL),
         "set a timeout handler");
}

uint64_t sched_machine_used(unsigned client)
{
    struct rt_result result = rt_invoke(threads[client]->context, TESS_SCHED_CONTEXT_CONSUMED);

    must(result, "ask what an actor used");
    cast[client].used += result.words[0];
    return result.words[0];
}

bool sched_machine_release(unsigned client)
{
    tess_cptr reply = rt_nth(replies, held[client] - 1);

    held[client] = 0;
    must(rt_syscall(TESS_SYS_SEND, reply, TESS_INFO(0, 1, 0), TESS_NULL, RT_WORDS(s.clients[client].release)),
         "release an actor");
    return true;
}

/* ---- The scheduler ----------------------------------------------------------------------------------------- */

/* Keeps the caller, and offers another Reply object from now on. */
static void hold(unsigned client)
{
    held[client] = offered + 1;
    for (offered = 0;; offered++) {
        unsigned i = 0;
        while (i < ACTORS_MAX && held[i] != offered + 1)
            i++;
        if (i == ACTORS_MAX)
            return;
    }
}

static struct rt_result receive(void)
{
    return rt_recv(endpoint, rt_nth(replies, offered));
}

static struct rt_result answer(tess_word word)
{
    return rt_reply_recv(endpoint, rt_nth(replies, offered), TESS_INFO(0, word != 0, 0), word);
}

static void schedule(void *argument)
{
    (void)argument;
    struct rt_result m = receive();

    for (;;) {
        tess_word now = rt_time();
        unsigned client = (unsigned)m.badge - 1;
        if ((m.status & TESS_STATUS_NOTIFICATION) != 0) {
            wake_at = 0;
            sched_clock(&s, now);
            if (now >= stage_to)
                rt_signal(curtain);
            m = receive();
        } else if ((m.status & TESS_STATUS_FAULT) != 0) {
            sched_exhausted(&s, client, now);
            m = answer(0);
        } else if (sched_done(&s, client, now)) {
            m = answer(s.clients[client].release);
        } else {
            hold(client);
            m = receive();
        }
    }
}

/* ---- The trace --------------------------------------------------------------------------------------------- */

#define TRACE_ADDRESS (RT_AREA + (1ull << 30))

static void trace_begin(void)
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_2M);

    must(rt_map(rt_boot.vspace, frame, TRACE_ADDRESS, TESS_RIGHT_READ), "map the trace");
    must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_TRACE, frame), "trace");
}

static void trace_end(void)
{
    const volatile struct tess_trace *trace = (const volatile struct tess_trace *)TRACE_ADDRESS;

    must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_TRACE, TESS_NULL), "end the trace");
    if (trace->written > EVENTS_MAX || trace->written > trace->capacity)
        rt_stop("%u events are too many", trace->written);
    stage_event_count = (unsigned)trace->written;
    for (unsigned i = 0; i < stage_event_count; i++)
        stage_events[i] = trace->events[i];
}

/* ---- A scene ----------------------------------------------------------------------------------------------- */

static void build(void)
{
    must(rt_retype(rt_boot.untyped, TESS_TYPE_UNTYPED, RT_TEST_BYTES, rt_boot.free + RT_SLOT_MEMORY, 1),
         "make memory");
    rt_memory = rt_boot.free + RT_SLOT_MEMORY;
    rt_pool_create(RT_POOL_RADIX);
    endpoint = rt_alloc(TESS_TYPE_ENDPOINT, 0);
    notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0);
    curtain = rt_alloc(TESS_TYPE_NOTIFICATION, 0);
    make_timer();
    replies = rt_alloc_many(TESS_TYPE_REPLY, 0, ACTORS_MAX + 1);
    memset(held, 0, sizeof held);
    offered = 0;
    stage_burst_count = 0;
}

static void strike(void)
{
    must(rt_revoke(rt_boot.free + RT_SLOT_MEMORY), "take back memory");
    must(rt_delete(rt_boot.free + RT_SLOT_MEMORY), "delete memory");
    if (!rt_threads_reset())
        rt_stop("a stack overflowed");
}

static void enter(unsigned i)
{
    struct actor *a = &cast[i];
    struct sched_request request = {.budget = rt_ticks(a->budget_us),
                                    .period = rt_ticks(a->period_us),
                                    .start = stage_from,
                                    .weight = a->weight,
                                    .priority = a->priority};

    ways[i] = rt_minted(endpoint, TESS_RIGHT_CALL, i + 1);
    threads[i] = rt_spawn(act, a, .priority = SCHED_READY, .stopped = true, .counters = true);
    a->refused = !sched_join(&s, i, a->name, &request, s.now, &a->refusal);
}

void stage_play(const char *policy, struct actor *actors, unsigned count, tess_word microseconds)
{
    struct sched_refusal refusal;
    unsigned whom;

    build();
    cast = actors;
    struct rt_thread *scheduler = rt_spawn(schedule, NULL, .priority = PRIORITY_SCHEDULER,
                                           .badge = STAGE_SCHEDULER, .counters = true, .stopped = true);
    must(rt_invoke(scheduler->tcb, TESS_TCB_BIND_NOTIFICATION, notification), "bind a notification");
    tess_word now = rt_time();
    stage_from = now + rt_ticks(LEAD_US);
    stage_to = stage_from + rt_ticks(microseconds);
    sched_begin(&s, rt_boot.machine->timebase, now);
    if (!sched_switch(&s, sched_policy_find(policy), now, &refusal, &whom))
        rt_stop("%s refuses nobody", policy);
    for (unsigned i = 0; i < count; i++)
        enter(i);
    if (stage_trace)
        trace_begin();
    must(rt_invoke(scheduler->tcb, TESS_TCB_RESUME), "start the scheduler");
    for (unsigned i = 0; i < count; i++)
        if (!actors[i].refused)
            must(rt_invoke(threads[i]->tcb, TESS_TCB_RESUME), "start an actor");
    rt_wait(curtain);
    if (stage_trace)
        trace_end();
    for (unsigned i = 0; i < count; i++)
        must(rt_invoke(threads[i]->tcb, TESS_TCB_SUSPEND), "stop an actor");
    for (unsigned i = 0; i < count; i++)
        if (!actors[i].refused)
            sched_machine_used(i);
    strike();
}
