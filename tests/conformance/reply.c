/*
 * tests/conformance/reply.c: Reply objects, chains of Calls, contexts lent along them (SPEC RP).
 */
#include "tests/conformance/common.h"

/* ---- answers -------------------------------------------------------------------------------------------- */

TEST(RP_01, once, "a Reply object answers its caller once; then it is empty (RP-S2, RP-S5)")
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

TEST(RP_02, offered, "an object that is only offered answers nobody (RP-S1)")
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
