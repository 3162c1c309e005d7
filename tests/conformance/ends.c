/*
 * tests/conformance/ends.c: each object that takes part in a call, deleted at each point of the call (SPEC
 * RP-6, RP-7, SC-5, SC-10).
 *
 * A client calls through a chain of one to three passive servers. The last one computes, or waits for a
 * signal, when one of the objects is deleted. Then it is let go, and whoever is left must come to where
 * SPEC says: nobody may stand READY without a context but those who lost it with its object.
 */
#include "tests/conformance/common.h"

#define LONGEST 3u

enum how { COMPUTES, WAITS, HOWS };

static struct scene {
    unsigned length;
    enum how how;
    volatile bool gated;
    tess_cptr signal, lost;
} scene;

static struct hop {
    tess_cptr endpoint, reply;
    struct rt_thread *thread;
    volatile bool reached;
    struct rt_result called, received;
} hops[LONGEST];

static struct actor client;

static void hop_work(struct hop *hop)
{
    if (hop + 1 < hops + scene.length) {
        hop->called = rt_call(hop[1].endpoint, 0);
    } else if (scene.how == WAITS) {
        rt_wait(scene.signal);
    } else {
        while (scene.gated)
            rt_yield();
    }
}

/* Where its endpoint is gone, it answers and waits at one that nobody knows. */
static void hop_run(void *argument)
{
    struct hop *hop = argument;
    hop->received = rt_recv(hop->endpoint, hop->reply);
    for (;;) {
        hop->reached = true;
        hop_work(hop);
        hop->received = rt_reply_recv(hop->endpoint, hop->reply, TESS_INFO(7, 0, 0));
        if (TESS_STATUS_ERROR(hop->received.status) != TESS_OK)
            rt_reply_recv(scene.lost, hop->reply, TESS_INFO(7, 0, 0));
        if (TESS_STATUS_ERROR(hop->received.status) != TESS_OK)
            rt_recv(hop->endpoint, TESS_NULL); /* the Reply object is what is gone */
    }
}

static void scene_start(unsigned length, enum how how)
{
    scene = (struct scene){length, how, true, new_notification(), new_endpoint()};
    for (unsigned i = 0; i < length; i++) {
        hops[i] = (struct hop){.endpoint = new_endpoint(), .reply = new_reply()};
        hops[i].thread = rt_spawn(hop_run, &hops[i]);
    }
    rt_settle();
    for (unsigned i = 0; i < length; i++)
        REQUIRE_OK(rt_invoke(hops[i].thread->context, TESS_SCHED_CONTEXT_UNBIND));
    client = ACTOR(TESS_SYS_CALL, hops[0].endpoint);
    actor_start(&client, .priority = RT_PRIORITY_LOW);
    rt_set_own_priority(RT_PRIORITY_LOW);
    while (!hops[length - 1].reached)
        rt_yield();
    rt_yield();
    rt_set_own_priority(RT_PRIORITY_TEST);
}

static void scene_go_on(void)
{
    scene.gated = false;
    EXPECT_OK(rt_signal(scene.signal));
    rt_settle();
}

static void scene_end(void)
{
    for (unsigned i = 0; i < scene.length; i++)
        rt_delete(hops[i].thread->tcb);
    rt_delete(client.thread->tcb);
    rt_threads_forget(scene.length + 1);
}

static tess_word hop_state(unsigned i)
{
    return rt_state(hops[i].thread->tcb);
}

/* All servers but `gone` wait for the next message. */
static void expect_served(unsigned gone)
{
    for (unsigned i = 0; i < scene.length; i++)
        if (i != gone)
            EXPECT_EQ(hop_state(i), TESS_THREAD_RECEIVING);
}

#define NOBODY LONGEST

static void expect_answered(void)
{
    EXPECT_EQ(client.returned, 1);
    EXPECT_OK(client.result);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
    EXPECT(client.thread->done);
}

#define EACH_SCENE                                                                                           \
    for (unsigned length = 1; length <= LONGEST; length++)                                                   \
        for (unsigned how = 0; how < HOWS; how++)

TEST(RP_06, end_nothing,
     "a call through one, two and three passive servers, which compute or wait, comes back")
{
    EACH_SCENE
    {
        scene_start(length, (enum how)how);
        scene_go_on();
        expect_answered();
        expect_served(NOBODY);
        scene_end();
    }
}

TEST(RP_06, end_client,
     "the client deleted: the servers come to their end, and the context is nobody's (SC-S10)")
{
    EACH_SCENE
    {
        scene_start(length, (enum how)how);
        EXPECT_OK(rt_delete(client.thread->tcb));
        scene_go_on();
        expect_served(NOBODY);
        EXPECT_EQ(client.returned, 0);
        EXPECT_EQ(rt_inspect(client.thread->context).state[4], 0);
        EXPECT_OK(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_BIND, rt_alloc(TESS_TYPE_TCB, 0)));
        scene_end();
    }
}

TEST(RP_06, end_reply,
     "each Reply object deleted: its caller gets CANCELLED; everybody goes on, and the client runs")
{
    EACH_SCENE
    for (unsigned gone = 0; gone < length; gone++) {
        scene_start(length, (enum how)how);
        EXPECT_OK(rt_delete(hops[gone].reply));
        scene_go_on();
        expect_served(NOBODY);
        struct rt_result cut = gone ? hops[gone - 1].called : client.result;
        EXPECT_ERROR(cut, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        EXPECT_EQ(client.returned, 1);
        EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
        scene_end();
    }
}

TEST(RP_06, end_server,
     "each server deleted: its caller waits until somebody answers for it; then all go on (SC-S8)")
{
    EACH_SCENE
    for (unsigned gone = 0; gone < length; gone++)
        for (unsigned answer = 0; answer < 2; answer++) {
            scene_start(length, (enum how)how);
            EXPECT_OK(rt_delete(hops[gone].thread->tcb));
            scene_go_on();
            EXPECT_EQ(client.returned, 0);
            EXPECT_EQ(rt_state(hops[gone].reply), 1);
            for (unsigned i = gone + 1; i < length; i++)
                EXPECT_EQ(hop_state(i), TESS_THREAD_RECEIVING);
            EXPECT_OK(answer ? rt_send(hops[gone].reply, TESS_INFO(7, 0, 0)) : rt_delete(hops[gone].reply));
            rt_settle();
            expect_served(gone);
            EXPECT_EQ(client.returned, 1);
            EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
            scene_end();
        }
}

TEST(RP_06, end_endpoint, "each endpoint deleted: the call goes on; who receives there next gets an error")
{
    EACH_SCENE
    for (unsigned gone = 0; gone < length; gone++) {
        scene_start(length, (enum how)how);
        EXPECT_OK(rt_delete(hops[gone].endpoint));
        scene_go_on();
        expect_answered();
        expect_served(NOBODY);
        EXPECT_ERROR(hops[gone].received, TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_NULL);
        scene_end();
    }
}

TEST(RP_06, end_signal,
     "the notification deleted on which the last server waits for its client: it goes on with CANCELLED")
{
    for (unsigned length = 1; length <= LONGEST; length++) {
        scene_start(length, WAITS);
        EXPECT_OK(rt_delete(scene.signal));
        rt_settle();
        expect_answered();
        expect_served(NOBODY);
        scene_end();
    }
}

TEST(SC_05, end_context,
     "the context deleted or unbound: the servers stand one by one, and go on with another (SC-S9, SC-S11)")
{
    EACH_SCENE
    for (unsigned unbind = 0; unbind < 2; unbind++) {
        scene_start(length, (enum how)how);
        EXPECT_OK(unbind ? rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_UNBIND)
                         : rt_delete(client.thread->context));
        scene_go_on();
        for (unsigned i = length; i-- > 0;) {
            EXPECT_EQ(hop_state(i), TESS_THREAD_READY); /* answered, or at work, and nothing to run on */
            tess_cptr context = new_context();
            rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
            EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, hops[i].thread->tcb));
            rt_settle();
            EXPECT_EQ(hop_state(i), TESS_THREAD_RECEIVING);
        }
        EXPECT_EQ(rt_state(client.thread->tcb), TESS_THREAD_READY);
        scene_end();
    }
}

TEST(RP_06, end_bound,
     "a server in the middle that is bound to another context: the client's own comes back to it")
{
    for (unsigned oldest = 0; oldest < 2; oldest++) {
        scene_start(LONGEST, COMPUTES);
        tess_cptr context = new_context();
        rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
        if (oldest) /* and nobody waits for the client any more */
            EXPECT_OK(rt_delete(hops[0].reply));
        EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, hops[0].thread->tcb));
        EXPECT_EQ(client.returned, 0);
        scene_go_on();
        expect_served(NOBODY);
        EXPECT_EQ(client.returned, 1);
        EXPECT_ERROR(client.result, oldest ? TESS_ERR_CANCELLED : TESS_OK, 0, 0);
        EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
        scene_end();
    }
}

TEST(RP_06, end_faulted,
     "a server that faulted keeps the context; its handler stops it, or it is deleted, and all go on")
{
    tess_cptr handler = new_endpoint(), fault = new_reply();
    scene_start(2, WAITS);
    EXPECT_OK(rt_invoke(hops[1].thread->tcb, TESS_TCB_SET_HANDLERS, handler, TESS_NULL));
    EXPECT_OK(rt_invoke(hops[1].thread->tcb, TESS_TCB_SUSPEND));
    rt_set_registers(hops[1].thread->tcb, 0x1000, 0, 0, 0, true); /* where nothing is */
    rt_settle();
    EXPECT_EQ(hop_state(1), TESS_THREAD_FAULTED);
    EXPECT_EQ(rt_recv(handler, fault).status, TESS_STATUS_FAULT);
    EXPECT_OK(rt_delete(hops[1].reply)); /* its caller is cancelled, and waits for the context */
    EXPECT_EQ(hop_state(0), TESS_THREAD_READY);
    EXPECT_OK(rt_send(fault, TESS_INFO(1, 0, 0)));
    EXPECT_EQ(hop_state(1), TESS_THREAD_INACTIVE);
    EXPECT_OK(rt_delete(hops[1].thread->tcb));
    rt_settle();
    EXPECT_ERROR(hops[0].called, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    expect_answered();
    expect_served(1);
    scene_end();
}
