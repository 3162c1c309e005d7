/*
 * tests/conformance/forsaken.c: chains of Calls one of whose servers was given a context of its own, and leaves: who
 * called it is forsaken, and what remains are two chains (SPEC RP-5, RP-6).
 */
#include "tests/conformance/players.h"

static struct player client, server, other, last;

/* Configured, and bound to the player's thread, which waits for an answer. */
static void bind_own(const struct player *player)
{
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_EQ(player_state(player), TESS_THREAD_AWAITING_REPLY);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, player->thread->tcb));
}

TEST(RP_06, forsaken_waits,
     "a thread that waits for messages loses the context when its caller gets another; it comes home later")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint(), reply = new_reply();
    other = PART(second, reply, third, P_RECV(EP, REPLY), P_RECV(P3, 0));
    player_start(&other, .priority = HIGH, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(player_state(&other), TESS_THREAD_RECEIVING);
    bind_own(&server);
    EXPECT_ERROR(rt_nbsend(third, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(client.done, 0);
    EXPECT_OK(rt_send(reply, 0)); /* the server goes on, and answers */
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
}

TEST(RP_06, forsaken_once,
     "a caller that was forsaken, and was answered by who ran on its context, is so no more")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint(), reply = new_reply();
    tess_cptr fourth = new_endpoint();
    other = PART(second, new_reply(), reply, P_RECV(EP, REPLY), P_ACT(player_gate),
                 P_ANSWER(EP, P3, TESS_INFO(7, 0, 0)));
    player_start(&other, .priority = LOW, .passive = true);
    server = PART(first, reply, second, P_RECV(EP, REPLY), P_CALL(P3, 0));
    player_start(&server, .priority = LOW, .passive = true);
    last = PART(third, new_reply(), fourth, P_RECV(EP, REPLY), P_RECV(P3, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&last, .priority = LOW, .passive = true);
    client = PART(first, third, 0, P_CALL(P1, 0), P_CALL(P2, TESS_INFO(0, 9, 0)));
    player_start(&client, .priority = LOW);
    turns_until(&other, 1);
    bind_own(&server);
    player_open(&other);
    EXPECT_EQ(client.results[0].info, TESS_INFO(7, 0, 0));
    EXPECT_EQ(player_state(&last), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_nbsend(fourth, 0)); /* it is at work for the client, and keeps the context meanwhile */
    rt_settle();
    EXPECT_EQ(client.done, 2);
}

TEST(RP_06, forsaken_calls, "a server that has got a context knows nothing of the chain when it lends that")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint();
    other = PART(second, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate), P_ANSWER(EP, REPLY, 0));
    player_start(&other, .priority = LOW, .passive = true);
    last = PART(third, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0));
    player_start(&last, .priority = LOW, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_CALL(P4, 0),
                  P_ANSWER(EP, REPLY, 0));
    server.caps[P4 - 1] = third;
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    turns_until(&other, 1);
    bind_own(&server);
    player_open(&other);
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
    EXPECT_OK(rt_nbsend(first, 0)); /* the server has its own to take this with */
    rt_settle();
    EXPECT_EQ(server.done, 4);
}

TEST(RP_06, forsaken_twice,
     "a server that has left one chain, and stands in another, loses nothing when the first ends")
{
    static struct player second_client;
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint(),
              fourth = new_endpoint();
    tess_cptr own = new_context(), held = new_reply();
    other = PART(second, held, 0, P_RECV(EP, REPLY), P_ACT(player_gate));
    player_start(&other, .priority = LOW, .passive = true);
    last = PART(fourth, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate), P_ANSWER(EP, REPLY, 0));
    player_start(&last, .priority = LOW, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_RECV(P4, P6), P_CALL(P5, 0),
                  P_ANSWER(P4, P6, 0));
    server.caps[P4 - 1] = third;
    server.caps[P5 - 1] = fourth;
    server.caps[P6 - 1] = new_reply();
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    turns_until(&other, 1); /* client - server - other, at its gate */
    rt_configure(own, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(own, TESS_SCHED_CONTEXT_BIND, server.thread->tcb));
    EXPECT_OK(rt_revoke(held));
    EXPECT_OK(rt_delete(held));
    turns_until(&server, 2); /* cancelled, it waits elsewhere; without its own context again */
    EXPECT_OK(rt_invoke(own, TESS_SCHED_CONTEXT_UNBIND));
    second_client = PART(third, 0, 0, P_CALL(EP, 0));
    player_start(&second_client, .priority = LOW);
    turns_until(&last, 1); /* second_client - server - last, at its gate */
    EXPECT_OK(rt_delete(client.thread->tcb));
    other.open = true;
    player_open(&last);
    EXPECT_EQ(second_client.done, 1);
    EXPECT_EQ(rt_inspect(second_client.thread->context).state[4], 1);
    EXPECT_EQ(player_state(&server), TESS_THREAD_RECEIVING);
}

TEST(
    RP_05, lent_later,
    "a server that was in the middle of a chain knows nothing of it when it runs on a notification's context")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint(), held = new_reply();
    tess_cptr notification = new_notification(), lent = new_context();
    other = PART(second, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&other, .priority = HIGH, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ANSWER(EP, REPLY, 0),
                  P_CALL(P3, 0), P_RECV(EP, REPLY));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(first, third, 0, P_CALL(P1, 0), P_CALL(P2, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_OK(rt_recv(third, held)); /* its second Call: it waits meanwhile */
    rt_configure(lent, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(lent, TESS_SCHED_CONTEXT_BIND, notification));
    EXPECT_OK(rt_invoke(server.thread->tcb, TESS_TCB_BIND_NOTIFICATION, notification));
    for (unsigned done = 4; done <= 5; done++) {
        EXPECT_ERROR(rt_nbsend(first, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
        EXPECT_OK(rt_signal(notification));
        EXPECT_EQ(server.done, done);
    }
    EXPECT_OK(rt_send(held, 0));
    EXPECT_EQ(client.done, 2);
}

TEST(RP_05, unbound_later,
     "a server that lost the context of its chain, and stands in another one, loses nothing more")
{
    static struct player second_client;
    tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint(),
              fourth = new_endpoint();
    tess_cptr own = new_context();
    other = PART(second, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0));
    player_start(&other, .priority = LOW, .passive = true);
    last = PART(fourth, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate), P_ANSWER(EP, REPLY, 0));
    player_start(&last, .priority = LOW, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ACT(player_gate),
                  P_RECV(P4, P6), P_CALL(P5, 0), P_ANSWER(P4, P6, 0));
    server.caps[P4 - 1] = third;
    server.caps[P5 - 1] = fourth;
    server.caps[P6 - 1] = new_reply();
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    turns_until(&server, 2); /* answered, at its gate, on the client's context */
    EXPECT_OK(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    rt_configure(own, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(own, TESS_SCHED_CONTEXT_BIND, server.thread->tcb));
    player_open(&server);
    EXPECT_EQ(player_state(&server), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_invoke(own, TESS_SCHED_CONTEXT_UNBIND));
    second_client = PART(third, 0, 0, P_CALL(EP, 0));
    player_start(&second_client, .priority = LOW);
    turns_until(&last, 1); /* second_client - server - last, at its gate */
    EXPECT_OK(rt_delete(client.thread->tcb));
    player_open(&last);
    EXPECT_EQ(second_client.done, 1);
    EXPECT_EQ(rt_inspect(second_client.thread->context).state[4], 1);
}
