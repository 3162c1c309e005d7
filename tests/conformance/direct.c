/*
 * tests/conformance/direct.c: Call and ReplyRecv where everything is at hand: CSpaces of one CNode, one
 * partner waiting, its context lent or given back (SPEC EP-14, RP-8). A kernel may have a shorter way for
 * this case; whatever it does, nobody may see a difference. So everything here is done twice, with
 * capabilities in one CNode and with the same in a CNode within a CNode, and must come out the same.
 */
#include "tests/conformance/probe.h"

/* Slots of both threads' CSpaces. */
enum { SLOT_ENDPOINT = 1, SLOT_REPLY = 2, SLOT_OTHER = 3, SLOT_INNER = 4, RADIX = 3 };

/* The server's loop in assembly would show more; this shows the registers of one round of each side. */
static struct side {
    struct probe probe;
    struct rt_thread *thread;
    volatile unsigned returned;
} client, server;

static bool nested; /* the way to a capability goes through two CNodes */

static tess_cptr name(tess_cptr slot)
{
    return nested ? SLOT_INNER | slot << RADIX : slot;
}

static void copy_to(tess_cptr cnode, tess_cptr slot, tess_cptr cap)
{
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, slot, TESS_NULL, cap, TESS_RIGHTS_ALL));
}

/* A CSpace in which both names lead to the same capabilities. */
static tess_cptr new_cspace(tess_cptr endpoint, tess_cptr reply)
{
    tess_cptr cspace = new_cnode(RADIX), inner = new_cnode(RADIX);
    tess_cptr both[] = {cspace, inner};
    for (unsigned i = 0; i < 2; i++) {
        copy_to(both[i], SLOT_ENDPOINT, endpoint);
        if (reply)
            copy_to(both[i], SLOT_REPLY, reply);
    }
    copy_to(cspace, SLOT_INNER, inner);
    return cspace;
}

static void side_run(void *argument)
{
    struct side *side = argument;
    for (;;) {
        probe_ecall(&side->probe);
        side->returned++;
        rt_invoke(SLOT_OTHER, TESS_TCB_SUSPEND);
    }
}

/* Starts a side that makes this call when it is resumed. */
static void side_start(struct side *side, tess_cptr cspace, struct rt_options options, tess_word operation,
                       tess_word info, tess_cptr reply, uint64_t seed)
{
    options.cspace = cspace;
    options.stopped = true;
    side->returned = 0;
    side->thread = rt_spawn_with(side_run, side, options);
    copy_to(cspace, SLOT_OTHER, side->thread->tcb);
    probe_fill(&side->probe, seed);
    side->probe.in[X_A7] = operation;
    side->probe.in[X_A0] = name(SLOT_ENDPOINT);
    side->probe.in[X_A1] = info;
    side->probe.in[X_T0] = reply;
}

struct scene {
    unsigned server_priority;
    bool spaces; /* server in an address space of its own */
    bool client_fp, server_fp;
    bool client_counters, server_counters;
    bool own_context; /* the server has one */
    bool waiter;      /* a second server waits behind the first */
    bool queued;      /* another caller queues up before the answer */
    tess_word words;
};

/* What can be seen of one Call and its ReplyRecv, in one number; equal scenes must give equal ones. */
static uint64_t digest;

static void note(uint64_t value)
{
    digest = (digest ^ value) * 0x100000001b3ull;
}

static void note_probe(const struct probe *probe)
{
    for (unsigned i = 1; i < 32; i++)
        if (i != X_S11 && i != X_A0)
            note(probe->out[i]);
    note(probe->out[X_A0]);
}

/* A thread that waits for a message or an answer shows none of its arguments, nor anything older (TH-6). */
static void expect_no_arguments(tess_cptr tcb)
{
    tess_word state = rt_state(tcb);
    if (state != TESS_THREAD_RECEIVING && state != TESS_THREAD_AWAITING_REPLY)
        return;
    const unsigned numbers[] = {X_T0, X_A0, X_A1, X_A7, X_T1, X_T2, X_T3};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        EXPECT_EQ(rt_invoke(tcb, TESS_TCB_READ_REGS, numbers[i], 1, 0).words[0], 0);
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        EXPECT_EQ(rt_invoke(tcb, TESS_TCB_READ_REGS, probe_word(i), 1, 0).words[0], 0);
    EXPECT_EQ(rt_state(tcb), state);
}

static void note_states(tess_cptr endpoint, tess_cptr reply)
{
    expect_no_arguments(client.thread->tcb);
    expect_no_arguments(server.thread->tcb);
    note(rt_state(client.thread->tcb));
    note(rt_state(server.thread->tcb));
    note(rt_state(endpoint));
    note(rt_inspect(endpoint).state[1]);
    note(rt_state(reply));
    note(client.returned << 8 | server.returned);
}

/* One Call to a server that waits, and its answer by ReplyRecv, looked at from all sides. */
static uint64_t play(const struct scene *scene, bool through_two)
{
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, 15, 0xbad9e), reply = new_reply();
    tess_cptr space = scene->spaces ? rt_vspace_create() : TESS_NULL;
    struct actor waiter, caller;
    nested = through_two;
    digest = 0xcbf29ce484222325ull;
    side_start(&server, new_cspace(endpoint, reply),
               (struct rt_options){.priority = scene->server_priority,
                                   .vspace = space,
                                   .fp = scene->server_fp ? rt_alloc(TESS_TYPE_FP, 0) : TESS_NULL,
                                   .counters = scene->server_counters},
               TESS_SYS_RECV, 0, name(SLOT_REPLY), 0x1000);
    side_start(&client, new_cspace(badged, TESS_NULL),
               (struct rt_options){.priority = RT_PRIORITY_HIGH,
                                   .fp = scene->client_fp ? rt_alloc(TESS_TYPE_FP, 0) : TESS_NULL,
                                   .counters = scene->client_counters},
               TESS_SYS_CALL, TESS_INFO(5, scene->words, 0), TESS_NULL, 0x2000);
    REQUIRE_OK(rt_invoke(server.thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    if (!scene->own_context)
        REQUIRE_OK(rt_invoke(server.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    if (scene->waiter)
        actor_recv(&waiter, endpoint, new_reply());
    note_states(endpoint, reply);
    REQUIRE_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME)); /* the Call */
    rt_settle();
    note_states(endpoint, reply);
    note_probe(&server.probe);
    if (scene->queued)
        actor_call(&caller, endpoint);
    /* The server's next call is ReplyRecv, on the time of its client. */
    probe_fill(&server.probe, 0x3000);
    server.probe.in[X_A7] = TESS_SYS_REPLY_RECV;
    server.probe.in[X_A0] = name(SLOT_ENDPOINT);
    server.probe.in[X_A1] = TESS_INFO(6, scene->words, 0);
    server.probe.in[X_T0] = name(SLOT_REPLY);
    REQUIRE_OK(rt_invoke(server.thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    note_states(endpoint, reply);
    note_probe(&client.probe);
    note_probe(&server.probe);
    note(rt_inspect(client.thread->context).state[4]);
    EXPECT_EQ(client.returned, 1);
    probe_expect_call(&client.probe, "Call");
    return digest;
}

static const struct scene scenes[] = {
    {.server_priority = 110},
    {.server_priority = 110, .words = 8},
    {.server_priority = 120, .words = 3},
    {.server_priority = 105},
    {.server_priority = 90},
    {.server_priority = 110, .words = 9},
    {.server_priority = 110, .spaces = true},
    {.server_priority = 110, .spaces = true, .words = 8},
    {.server_priority = 110, .client_fp = true},
    {.server_priority = 110, .server_fp = true},
    {.server_priority = 110, .client_fp = true, .server_fp = true, .spaces = true},
    {.server_priority = 110, .client_counters = true},
    {.server_priority = 110, .server_counters = true},
    {.server_priority = 110, .client_counters = true, .server_counters = true},
    {.server_priority = 110, .own_context = true},
    {.server_priority = 110, .waiter = true},
    {.server_priority = 110, .queued = true},
};

static void play_scenes(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        if (!EXPECT_EQ(play(&scenes[i], false), play(&scenes[i], true)))
            rt_printf("# scene %u\n", (tess_word)i);
}

TEST(EP_14, scenes, "a Call and its answer look the same through one CNode and through two")
{
    play_scenes(0, 8);
}

TEST(EP_14, scenes_fp, "the same with floating point and counters on either side or both")
{
    play_scenes(8, 14);
}

TEST(EP_14, scenes_queues, "the same with a server that has a context, a second server, a second caller")
{
    play_scenes(14, sizeof scenes / sizeof *scenes);
}

/* ---- many rounds ---------------------------------------------------------------------------------------- */

static struct {
    struct rt_result last;
    volatile unsigned rounds, wrong;
    volatile bool stop;
} loop;

static void loop_server(void *argument)
{
    (void)argument;
    struct rt_result r = rt_recv(SLOT_ENDPOINT, SLOT_REPLY);
    for (;;) {
        for (unsigned i = 0; i < 8; i++)
            r.words[i] += r.badge;
        r = rt_syscall(TESS_SYS_REPLY_RECV, SLOT_ENDPOINT, r.info + TESS_INFO(1, 0, 0), SLOT_REPLY, r.words);
    }
}

static void loop_client(void *argument)
{
    tess_word n = (tess_word)argument;
    for (tess_word i = 0; i < n; i++) {
        struct rt_result r =
            rt_call(SLOT_ENDPOINT, TESS_INFO(i, 8, 0), i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7);
        loop.wrong += r.status != TESS_OK || r.info != TESS_INFO(i + 1, 8, 0) || r.badge != 0;
        for (unsigned w = 0; w < 8; w++)
            loop.wrong += r.words[w] != i + w + 1000;
        __atomic_fetch_add(&loop.rounds, 1, __ATOMIC_RELAXED); /* by two clients that preempt each other */
    }
}

TEST(RP_08, rounds,
     "2000 Calls to a passive server in another address space, a more urgent thread interrupting")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    struct pulse pulse = {0};
    loop = (typeof(loop)){0};
    struct rt_thread *thread = rt_spawn(loop_server, NULL, .priority = RT_PRIORITY_HIGH,
                                        .cspace = new_cspace(endpoint, reply), .vspace = rt_vspace_create());
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
    pulse_start(&pulse);
    rt_spawn(loop_client, (void *)2000, .priority = RT_PRIORITY_HIGH,
             .cspace = new_cspace(rt_minted(endpoint, 15, 1000), TESS_NULL));
    EXPECT_EQ(loop.rounds, 2000);
    EXPECT_EQ(loop.wrong, 0);
    EXPECT(pulse.beats >= 2);
    pulse_stop(&pulse);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_RECEIVING);
}

TEST(RP_08, two_clients, "two clients of one priority share a passive server, and each gets its own answers")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    loop = (typeof(loop)){0};
    struct rt_thread *thread =
        rt_spawn(loop_server, NULL, .priority = RT_PRIORITY_HIGH, .cspace = new_cspace(endpoint, reply));
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
    tess_cptr cspace = new_cspace(rt_minted(endpoint, 15, 1000), TESS_NULL);
    for (unsigned i = 0; i < 2; i++)
        rt_spawn(loop_client, (void *)1500, .budget = rt_ticks(50), .period = rt_ticks(50), .cspace = cspace);
    rt_settle();
    EXPECT_EQ(loop.rounds, 3000);
    EXPECT_EQ(loop.wrong, 0);
}
