/*
 * tests/conformance/reply.c: Reply objects, chains of Calls, contexts lent along them (SPEC RP).
 */
#include "tests/conformance/common.h"

/* ---- answers -------------------------------------------------------------------------------------------- */

TEST(RP_01, once, "a Reply object answers its caller once; then it is empty")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_nbsend(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_OK(rt_nbsend(reply, TESS_INFO(3, 1, 0), 4));
    EXPECT_EQ(caller.result.words[0], 4);
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
}

TEST(RP_01, anybody, "whoever has a capability to the Reply object can answer, in any order")
{
    struct actor callers[3], answerer;
    tess_cptr endpoint = new_endpoint(), replies = rt_alloc_many(TESS_TYPE_REPLY, 0, 3);
    for (unsigned i = 0; i < 3; i++) {
        actor_call(&callers[i], endpoint);
        EXPECT_OK(rt_recv(endpoint, rt_nth(replies, i)));
    }
    EXPECT_OK(rt_send(rt_nth(replies, 1), TESS_INFO(1, 0, 0)));
    EXPECT_EQ(callers[1].returned, 1);
    answerer = ACTOR(TESS_SYS_SEND, rt_copied(rt_nth(replies, 2), 0), .info = TESS_INFO(2, 0, 0));
    actor_start(&answerer, .priority = RT_PRIORITY_HIGH);
    EXPECT_OK(answerer.result);
    EXPECT_EQ(callers[2].result.info, TESS_INFO(2, 0, 0));
    EXPECT_EQ(callers[0].returned, 0);
    EXPECT_OK(rt_send(rt_nth(replies, 0), 0));
    EXPECT_EQ(callers[0].returned, 1);
}

TEST(RP_02, offered, "an object that is only offered answers nobody")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    actor_recv(&receiver, endpoint, reply);
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_state(reply), 0);
}

TEST(RP_04, reply_recv,
     "ReplyRecv answers and receives in one; with an empty object, or none, it only receives")
{
    struct actor first, second;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    actor_call(&first, endpoint);
    EXPECT_EQ(rt_reply_recv(endpoint, reply, TESS_INFO(1, 1, 0), 99).words[0], 80);
    EXPECT_EQ(first.returned, 0);
    second = ACTOR(TESS_SYS_CALL, endpoint, .words = {81});
    actor_start(&second, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(rt_reply_recv(endpoint, reply, TESS_INFO(1, 1, 0), 90).words[0], 81);
    EXPECT_EQ(first.result.words[0], 90);
    EXPECT_EQ(second.returned, 0);
    EXPECT_OK(rt_send(reply, 0));
    actor_send(&first, endpoint);
    EXPECT_EQ(rt_reply_recv(endpoint, TESS_NULL, 0).words[0], 70);
}

TEST(RP_04, notification, "ReplyRecv can receive from a notification")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), notification = new_notification();
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 3)));
    struct rt_result r = rt_reply_recv(notification, reply, TESS_INFO(4, 0, 0));
    EXPECT_EQ(r.status, TESS_STATUS_NOTIFICATION);
    EXPECT_EQ(r.badge, 3);
    EXPECT_EQ(caller.result.info, TESS_INFO(4, 0, 0));
}

TEST(RP_04, checked, "ReplyRecv that fails has answered nobody")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), empty = rt_slot();
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_ERROR(rt_reply_recv(empty, reply, 0), TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_NULL);
    EXPECT_ERROR(rt_reply_recv(rt_copied(endpoint, 5), reply, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, 2);
    EXPECT_ERROR(rt_reply_recv(endpoint, empty, 0), TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_NULL);
    EXPECT_ERROR(rt_reply_recv(endpoint, reply, TESS_INFO(0, 65, 0)), TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    rt_self->buffer->caps[0] = TESS_NULL;
    EXPECT_ERROR(rt_reply_recv(endpoint, reply, TESS_INFO(0, 0, 1)), TESS_ERR_ADDRESS, TESS_ARG_TRANSFER(0),
                 0);
    EXPECT_EQ(caller.returned, 0);
    EXPECT_OK(rt_send(reply, 0));
    EXPECT_EQ(caller.returned, 1);
}

/* Servers that yield while this is true, so that a test can look. */
static volatile bool gated;

static struct {
    tess_cptr endpoint, reply;
    struct rt_result bad;
} clumsy;

/* Answers once with a message that cannot be sent, then as it should. */
static void clumsy_run(void *argument)
{
    (void)argument;
    rt_recv(clumsy.endpoint, clumsy.reply);
    for (;;) {
        clumsy.bad = rt_reply_recv(clumsy.endpoint, clumsy.reply, TESS_INFO(0, 65, 0));
        while (gated)
            rt_yield();
        rt_reply_recv(clumsy.endpoint, clumsy.reply, TESS_INFO(9, 0, 0));
    }
}

TEST(RP_04, order, "ReplyRecv by a passive server looks at its message before it refuses queued Sends")
{
    struct actor caller, sender;
    clumsy = (typeof(clumsy)){new_endpoint(), new_reply(), {0}};
    gated = true;
    struct rt_thread *server = rt_spawn(clumsy_run, NULL, .priority = 50);
    rt_settle();
    REQUIRE_OK(rt_invoke(server->context, TESS_SCHED_CONTEXT_UNBIND));
    actor_call(&caller, clumsy.endpoint); /* the server is less urgent: it has not run yet */
    actor_send(&sender, clumsy.endpoint);
    nap(1);
    EXPECT_ERROR(clumsy.bad, TESS_ERR_RANGE, TESS_ARG_INFO, 64);
    EXPECT_EQ(caller.returned, 0);
    EXPECT_EQ(sender.returned, 0);
    EXPECT_EQ(rt_inspect(clumsy.endpoint).state[1], 1);
    gated = false;
    rt_settle();
    EXPECT_EQ(caller.result.info, TESS_INFO(9, 0, 0));
    EXPECT_ERROR(sender.result, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
}

/* ---- chains of passive servers ------------------------------------------------------------------------ */

#define DEPTH 5u

/*
 * Server i calls server i + 1 and answers with what it gets, its label one higher. The last one waits
 * while `gated` is true, so that the test can look at the chain while it is there.
 */
static struct link {
    tess_cptr endpoint, reply;
    struct rt_thread *thread;
    struct rt_result called; /* what the call of the next one gave */
    volatile unsigned served;
} links[DEPTH];

static struct actor client;

static void link_run(void *argument)
{
    struct link *link = argument;
    struct rt_result r = rt_recv(link->endpoint, link->reply);
    for (;;) {
        link->served++;
        if (link + 1 < links + DEPTH) {
            r = link->called = rt_call(link[1].endpoint, r.info);
        } else if (gated) {
            while (gated) /* runs on the client's context, less urgent than the test */
                rt_yield();
        }
        r = rt_reply_recv(link->endpoint, link->reply, r.info + TESS_INFO(1, 0, 0));
        if (TESS_STATUS_ERROR(r.status) !=
            TESS_OK) /* its Reply object is gone: it blocks with nothing to answer */
            rt_recv(link->endpoint, TESS_NULL);
    }
}

/* Starts the servers, passive, and a client whose Call goes through all of them. */
static void chain_start(bool stop)
{
    gated = stop;
    for (unsigned i = 0; i < DEPTH; i++) {
        links[i] = (struct link){.endpoint = new_endpoint(), .reply = new_reply()};
        links[i].thread = rt_spawn(link_run, &links[i]);
    }
    rt_settle();
    for (unsigned i = 0; i < DEPTH; i++)
        REQUIRE_OK(rt_invoke(links[i].thread->context, TESS_SCHED_CONTEXT_UNBIND));
    client = ACTOR(TESS_SYS_CALL, links[0].endpoint, .info = TESS_INFO(100, 0, 0));
    actor_start(&client, .priority = RT_PRIORITY_LOW);
    if (stop) {
        rt_set_own_priority(RT_PRIORITY_LOW);
        while (!links[DEPTH - 1].served)
            rt_yield();
        rt_set_own_priority(RT_PRIORITY_TEST);
    }
}

static tess_word link_state(unsigned i)
{
    return rt_state(links[i].thread->tcb);
}

/* All is over: each server waits again, and serves again. */
static void expect_chain_works(void)
{
    for (unsigned i = 0; i < DEPTH; i++)
        EXPECT_EQ(link_state(i), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_call(links[0].endpoint, TESS_INFO(200, 0, 0)).info, TESS_INFO(200 + DEPTH, 0, 0));
}

TEST(RP_05, chain, "a Call through five passive servers runs on the client's context, and comes back")
{
    chain_start(false);
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_EQ(client.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
    expect_chain_works();
}

TEST(RP_05, states, "while the chain stands, its callers await replies, and the last server runs")
{
    chain_start(true);
    EXPECT_EQ(rt_state(client.thread->tcb), TESS_THREAD_AWAITING_REPLY);
    for (unsigned i = 0; i < DEPTH; i++) {
        EXPECT_EQ(link_state(i), i + 1 < DEPTH ? TESS_THREAD_AWAITING_REPLY : TESS_THREAD_READY);
        EXPECT_EQ(rt_state(links[i].reply), 1);
    }
    gated = false;
    rt_settle();
    EXPECT_EQ(client.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    expect_chain_works();
}

TEST(RP_06, top, "deleting the newest Reply: its caller gets CANCELLED, and runs when the server waits")
{
    chain_start(true);
    EXPECT_OK(rt_delete(links[DEPTH - 1].reply));
    rt_set_own_priority(RT_PRIORITY_LOW);
    for (unsigned i = 0; i < 10; i++) /* the server goes on with the context */
        rt_yield();
    rt_set_own_priority(RT_PRIORITY_TEST);
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY);
    EXPECT_EQ(client.returned, 0);
    gated = false;
    rt_settle();
    EXPECT_ERROR(links[DEPTH - 2].called, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(client.returned, 1); /* the servers before it answered */
    for (unsigned i = 0; i < DEPTH; i++)
        EXPECT_EQ(link_state(i), TESS_THREAD_RECEIVING);
}

TEST(RP_06, bottom, "deleting the oldest Reply cancels the client; the context comes home when it is free")
{
    chain_start(true);
    EXPECT_OK(rt_delete(links[0].reply));
    EXPECT_EQ(rt_state(links[0].reply), 0);
    gated = false;
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    for (unsigned i = 1; i < DEPTH; i++)
        EXPECT_EQ(links[i].served, 1);
    EXPECT_EQ(links[0].called.info, TESS_INFO(100 + DEPTH - 1, 0, 0));
}

TEST(RP_06, nobodys,
     "a context whose chain has lost both ends cannot be bound before UNBIND; then nobody takes it")
{
    chain_start(true);
    struct rt_thread *thread = rt_spawn(link_run, &links[0], .passive = true, .stopped = true);
    tess_cptr context = client.thread->context;
    EXPECT_OK(rt_delete(links[DEPTH - 1].thread->tcb)); /* it ran on the context */
    EXPECT_OK(rt_delete(client.thread->tcb));           /* it was its home */
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb), TESS_ERR_BOUND,
                 TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb));
    EXPECT_OK(rt_delete(links[DEPTH - 1].reply)); /* its caller has no context now, and takes none */
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY);
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb), TESS_ERR_BOUND,
                 TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY); /* still passive: it never ran */
}

TEST(RP_06, middle,
     "deleting a Reply in the middle: its caller gets CANCELLED, and runs when the next server waits")
{
    for (unsigned cut = 1; cut + 1 < DEPTH; cut++) {
        chain_start(true);
        EXPECT_OK(rt_delete(links[cut].reply));
        gated = false;
        rt_settle();
        /* The servers behind the cut answer; the last of them waits, and the cut one's caller goes on. */
        for (unsigned i = cut; i + 1 < DEPTH; i++)
            EXPECT_OK(links[i].called);
        EXPECT_ERROR(links[cut - 1].called, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        EXPECT_EQ(client.returned, 1);
        EXPECT_OK(client.result);
        for (unsigned i = 0; i < DEPTH; i++) {
            EXPECT_EQ(link_state(i), TESS_THREAD_RECEIVING);
            rt_delete(links[i].thread->tcb);
        }
    }
}

TEST(RP_06, caller_gone,
     "deleting a caller in the chain leaves the links beside it; the context stays with it or goes")
{
    for (unsigned gone = 0; gone + 1 < DEPTH; gone++) {
        chain_start(true);
        EXPECT_OK(rt_delete(links[gone].thread->tcb));
        EXPECT_EQ(rt_state(links[gone + 1].reply), 0);
        EXPECT_EQ(rt_state(links[gone].reply), 1); /* it still holds its caller: somebody may answer */
        gated = false;
        rt_settle();
        EXPECT_EQ(client.returned, 0);
        EXPECT_OK(rt_send(links[gone].reply, TESS_INFO(150, 0, 0)));
        rt_settle();
        EXPECT_EQ(client.result.info, TESS_INFO(150 + gone, 0, 0));
        for (unsigned i = 0; i < DEPTH; i++)
            rt_delete(links[i].thread->tcb);
    }
}

TEST(RP_06, client_gone, "deleting or suspending the client: the servers find nobody to answer")
{
    for (unsigned suspend = 0; suspend < 2; suspend++) {
        chain_start(true);
        EXPECT_OK(suspend ? rt_invoke(client.thread->tcb, TESS_TCB_SUSPEND) : rt_delete(client.thread->tcb));
        EXPECT_EQ(rt_state(links[0].reply), 0);
        gated = false;
        rt_settle();
        EXPECT_EQ(links[0].served, 1);
        EXPECT_OK(links[0].called);
        EXPECT_EQ(client.returned, 0);
        if (suspend) {
            EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
            rt_settle();
            EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        }
        for (unsigned i = 0; i < DEPTH; i++)
            rt_delete(links[i].thread->tcb);
    }
}

TEST(RP_06, server_gone, "deleting the server that runs: its caller waits until the Reply is used or deleted")
{
    for (unsigned answer = 0; answer < 2; answer++) {
        chain_start(true);
        EXPECT_OK(rt_delete(links[DEPTH - 1].thread->tcb));
        rt_settle();
        EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_AWAITING_REPLY);
        EXPECT_OK(answer ? rt_send(links[DEPTH - 1].reply, TESS_INFO(104, 0, 0))
                         : rt_delete(links[DEPTH - 1].reply));
        rt_settle();
        EXPECT_EQ(client.returned, 1);
        if (answer)
            EXPECT_EQ(client.result.info, TESS_INFO(104 + DEPTH - 1, 0, 0));
        for (unsigned i = 0; i + 1 < DEPTH; i++)
            rt_delete(links[i].thread->tcb);
    }
}

TEST(RP_06, context_gone,
     "deleting the lent context stops the server that ran on it; the chain can be answered")
{
    chain_start(true);
    EXPECT_OK(rt_delete(client.thread->context));
    gated = false;
    rt_settle();
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_READY);
    EXPECT_EQ(client.returned, 0);
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, links[DEPTH - 1].thread->tcb));
    rt_settle();
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_RECEIVING);
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY); /* answered, but nothing to run on */
    EXPECT_OK(links[DEPTH - 2].called);
}

TEST(RP_06, caller_top,
     "suspending or deleting the newest caller leaves the context to the server that runs, until it waits")
{
    for (unsigned suspend = 0; suspend < 2; suspend++) {
        tess_cptr caller;
        chain_start(true);
        caller = links[DEPTH - 2].thread->tcb;
        EXPECT_OK(suspend ? rt_invoke(caller, TESS_TCB_SUSPEND) : rt_delete(caller));
        EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_READY);
        gated = false;
        rt_settle();
        EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_RECEIVING);
        EXPECT_EQ(rt_state(links[DEPTH - 1].reply), 0);
        EXPECT_EQ(client.returned, 0);
        if (suspend) { /* it has the context, and goes on with it */
            EXPECT_OK(rt_invoke(caller, TESS_TCB_RESUME));
            rt_settle();
            EXPECT_ERROR(links[DEPTH - 2].called, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        } else { /* it is nobody's, until its Reply is used */
            EXPECT_OK(rt_send(links[DEPTH - 2].reply, TESS_INFO(60, 0, 0)));
            rt_settle();
        }
        EXPECT_EQ(client.returned, 1);
        for (unsigned i = 0; i < DEPTH; i++)
            rt_delete(links[i].thread->tcb);
    }
}

TEST(RP_06, server_suspended, "a server that is suspended keeps the lent context, and goes on with it")
{
    chain_start(true);
    EXPECT_OK(rt_invoke(links[DEPTH - 1].thread->tcb, TESS_TCB_SUSPEND));
    gated = false;
    rt_settle();
    EXPECT_EQ(client.returned, 0);
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_AWAITING_REPLY);
    EXPECT_OK(rt_invoke(links[DEPTH - 1].thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    EXPECT_EQ(client.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    expect_chain_works();
}

TEST(RP_06, faulted_caller,
     "a thread whose fault a deleted Reply held becomes inactive, and has its context again")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    struct rt_thread *thread = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_EQ(rt_recv(endpoint, reply).status, TESS_STATUS_FAULT);
    EXPECT_OK(rt_delete(reply));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_inspect(thread->context).state[4], 1);
}

TEST(RP_06, unbound,
     "a context that is unbound while it is lent belongs to nobody; its client gets the answer without it")
{
    chain_start(true);
    EXPECT_OK(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    gated = false;
    rt_settle();
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 0);
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_READY);
    EXPECT_OK(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_BIND, links[DEPTH - 1].thread->tcb));
    rt_settle();
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_RECEIVING);
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY);
}

TEST(RP_07, revoked, "revoking all Reply objects at once cancels every caller of the chain")
{
    chain_start(true);
    for (unsigned i = 0; i < DEPTH; i++)
        EXPECT_OK(rt_delete(links[i].reply));
    gated = false;
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
}

/* ---- contexts that are not lent ----------------------------------------------------------------------------- */

TEST(RP_03, own_context, "a server with a context of its own runs on it, and the caller keeps its context")
{
    struct server server;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(rt_call(endpoint, TESS_INFO(1, 0, 0)).info, TESS_INFO(2, 0, 0));
    EXPECT_OK(rt_invoke(server.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_EQ(rt_call(endpoint, TESS_INFO(1, 0, 0)).info, TESS_INFO(2, 0, 0));
    EXPECT_OK(rt_invoke(server.thread->context, TESS_SCHED_CONTEXT_BIND, server.thread->tcb));
    EXPECT_EQ(rt_call(endpoint, TESS_INFO(1, 0, 0)).info, TESS_INFO(2, 0, 0));
    EXPECT_EQ(server.served, 3);
}

TEST(RP_03, priority, "a passive server runs at its own priority")
{
    struct server server;
    struct actor caller, busy;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .passive = true, .priority = 50);
    caller = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(1, 0, 0));
    actor_start(&caller, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(caller.returned, 0); /* the server is less urgent than this thread */
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_READY);
    busy = ACTOR(TESS_SYS_YIELD, 0);
    actor_start(&busy, .priority = 60);
    rt_set_own_priority(55);
    EXPECT_EQ(busy.returned, 1);
    EXPECT_EQ(caller.returned, 0);
    rt_set_own_priority(RT_PRIORITY_TEST);
    rt_settle();
    EXPECT_EQ(caller.result.info, TESS_INFO(2, 0, 0));
}
