/*
 * tests/conformance/endpoint.c: senders and receivers, queues, errors of a meeting (SPEC EP). What a
 * message carries: message.c.
 */
#include "tests/conformance/common.h"

/* ---- meetings ---------------------------------------------------------------------------------------- */

TEST(EP_01, send_first,
     "a Send waits for a receiver; a Recv takes it, and both go on (EP-S1, EP-S4, TH-S2, TH-S10)")
{
    struct actor sender;
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, TESS_RIGHT_SEND, 55);
    actor_send(&sender, badged);
    EXPECT_EQ(sender.returned, 0);
    EXPECT_EQ(rt_state(sender.thread->tcb), TESS_THREAD_SENDING);
    struct rt_result r = rt_recv(endpoint, TESS_NULL);
    EXPECT_EQ(r.status, TESS_OK);
    EXPECT_EQ(r.badge, 55);
    EXPECT_EQ(r.info, TESS_INFO(7, 1, 0));
    EXPECT_EQ(r.words[0], 70);
    EXPECT_EQ(sender.returned, 1);
    EXPECT_OK(sender.result);
    EXPECT_EQ(rt_state(endpoint), 0);
}

TEST(EP_01, recv_first,
     "a Recv waits for a sender; a Send or NBSend finds it, and both go on (EP-S2, EP-S5, TH-S5, TH-S13)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, 15, 56);
    for (unsigned i = 0; i < 2; i++) {
        actor_recv(&receiver, endpoint, TESS_NULL);
        EXPECT_EQ(rt_state(receiver.thread->tcb), TESS_THREAD_RECEIVING);
        EXPECT_OK(i ? rt_nbsend(badged, TESS_INFO(3, 2, 0), 1, 2)
                    : rt_send(badged, TESS_INFO(3, 2, 0), 1, 2));
        EXPECT_EQ(receiver.returned, 1);
        EXPECT_EQ(receiver.result.status, TESS_OK);
        EXPECT_EQ(receiver.result.badge, 56);
        EXPECT_EQ(receiver.result.info, TESS_INFO(3, 2, 0));
        EXPECT_EQ(receiver.result.words[1], 2);
        EXPECT_EQ(receiver.result.words[2], 0);
    }
}

TEST(EP_01, call,
     "a Call waits until it is answered; what comes back is the answer (EP-S1, EP-S5, RP-S2, RP-S3, RP-S5, "
     "TH-S3, TH-S4, TH-S11, TH-S16)")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, 15, 57), reply = new_reply();
    for (unsigned first = 0; first < 2; first++) {
        struct rt_result r;
        if (first) { /* the caller waits for the receiver */
            actor_call(&caller, badged);
            EXPECT_EQ(rt_state(caller.thread->tcb), TESS_THREAD_CALLING);
            r = rt_recv(endpoint, reply);
        } else { /* the receiver waits for the caller */
            caller = ACTOR(TESS_SYS_CALL, badged, .info = TESS_INFO(8, 1, 0), .words = {80});
            actor_start(&caller, .priority = RT_PRIORITY_LOW);
            r = rt_recv(endpoint, reply);
        }
        EXPECT_OK(r);
        EXPECT_EQ(r.badge, 57);
        EXPECT_EQ(r.words[0], 80);
        EXPECT_EQ(caller.returned, 0);
        EXPECT_EQ(rt_state(caller.thread->tcb), TESS_THREAD_AWAITING_REPLY);
        EXPECT_EQ(rt_state(reply), 1);
        EXPECT_OK(rt_send(reply, TESS_INFO(9, 1, 0), 81));
        rt_settle();
        EXPECT_EQ(caller.returned, 1);
        EXPECT_EQ(caller.result.status, TESS_OK);
        EXPECT_EQ(caller.result.badge, 0);
        EXPECT_EQ(caller.result.info, TESS_INFO(9, 1, 0));
        EXPECT_EQ(caller.result.words[0], 81);
        EXPECT_EQ(rt_state(reply), 0);
    }
}

TEST(EP_01, nonblocking,
     "NBSend and NBRecv without a partner give WOULD_BLOCK and leave nothing behind (EP-S4, EP-S7)")
{
    struct actor other;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    EXPECT_ERROR(rt_nbsend(endpoint, 0), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_nbrecv(endpoint, TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_state(endpoint), 0);
    EXPECT_EQ(rt_state(reply), 0);
    actor_send(&other, endpoint);
    EXPECT_ERROR(rt_nbsend(endpoint, 0), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_nbrecv(endpoint, reply).status, TESS_OK);
    EXPECT_EQ(other.returned, 1);
    actor_recv(&other, endpoint, reply);
    EXPECT_ERROR(rt_nbrecv(endpoint, TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}

TEST(EP_01, nbrecv_call, "NBRecv with a Reply object takes a queued Call")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    actor_call(&caller, endpoint);
    EXPECT_EQ(rt_nbrecv(endpoint, reply).words[0], 80);
    EXPECT_OK(rt_nbsend(reply, TESS_INFO(1, 0, 0)));
    EXPECT_EQ(caller.returned, 1);
}

/* ---- rights -------------------------------------------------------------------------------------------- */

TEST(EP_02, rights, "each operation needs its right: every one withheld, alone and with the others")
{
    tess_cptr endpoint = new_endpoint();
    for (tess_word rights = 0; rights <= TESS_RIGHTS_ALL; rights++) {
        tess_cptr cap = rt_copied(endpoint, rights);
        if (!(rights & TESS_RIGHT_SEND)) {
            EXPECT_ERROR(rt_send(cap, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
            EXPECT_ERROR(rt_nbsend(cap, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
        } else {
            EXPECT_ERROR(rt_nbsend(cap, 0), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
        }
        if (!(rights & TESS_RIGHT_RECV)) {
            EXPECT_ERROR(rt_recv(cap, TESS_NULL), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);
            EXPECT_ERROR(rt_nbrecv(cap, TESS_NULL), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);
            EXPECT_ERROR(rt_reply_recv(cap, TESS_NULL, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY,
                         TESS_RIGHT_RECV);
        } else {
            EXPECT_ERROR(rt_nbrecv(cap, TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
        }
        if (!(rights & TESS_RIGHT_CALL))
            EXPECT_ERROR(rt_call(cap, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_CALL);
    }
    EXPECT_EQ(rt_state(endpoint), 0);
}

TEST(EP_02, order, "the right is looked at before the message, the capability before the Reply object")
{
    tess_cptr weak = rt_copied(new_endpoint(), 0), empty = rt_slot();
    EXPECT_ERROR(rt_send(weak, TESS_INFO(0, 65, 0)), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
    EXPECT_ERROR(rt_call(weak, TESS_INFO(0, 65, 0)), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_CALL);
    EXPECT_ERROR(rt_recv(weak, empty), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);
    EXPECT_ERROR(rt_recv(empty, empty), TESS_ERR_TYPE, TESS_ARG_CAPABILITY, TESS_TYPE_NULL);
}

TEST(EP_03, reply_argument,
     "the Reply argument: an address that leads nowhere, another type, an object in use")
{
    struct actor receiver, caller;
    tess_cptr endpoint = new_endpoint(), other = new_endpoint(), reply = new_reply(), held = new_reply();
    tess_cptr beyond = reply | 3ull << (rt_boot.radix + RT_POOL_RADIX), empty = rt_slot();
    actor_recv(&receiver, other, reply);
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, held));
    EXPECT_ERROR(rt_recv(endpoint, beyond), TESS_ERR_ADDRESS, TESS_ARG_REPLY, 3);
    EXPECT_ERROR(rt_recv(endpoint, empty), TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_NULL);
    EXPECT_ERROR(rt_recv(endpoint, endpoint), TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_recv(endpoint, reply), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_recv(endpoint, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_nbrecv(endpoint, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_reply_recv(endpoint, reply, 0), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_reply_recv(endpoint, empty, 0), TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_NULL);
    EXPECT_EQ(rt_state(held), 1);
    EXPECT_EQ(caller.returned, 0);
}

TEST(EP_03, notification,
     "a receive from a notification looks at its Reply argument, and leaves the object alone")
{
    struct actor waiter, caller;
    tess_cptr notification = new_notification(), endpoint = new_endpoint(), held = new_reply(),
              reply = new_reply();
    actor_call(&caller, endpoint);
    EXPECT_OK(rt_recv(endpoint, held));
    EXPECT_ERROR(rt_recv(notification, endpoint), TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(rt_recv(notification, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_ERROR(rt_nbrecv(notification, held), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    actor_recv(&waiter, notification, reply);
    EXPECT_EQ(rt_state(waiter.thread->tcb), TESS_THREAD_WAITING);
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0); /* it is free */
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(waiter.result.status, TESS_STATUS_NOTIFICATION);
    EXPECT_EQ(caller.returned, 0);
}

TEST(EP_03, given_back,
     "a Reply object that was offered is free again after a Send, a cancellation, NBRecv (RP-S4)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    actor_recv(&receiver, endpoint, reply);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, 0, 0);
    actor_recv(&receiver, endpoint, reply);
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, 0, 0);
    actor_recv(&receiver, endpoint, reply);
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_BUSY, TESS_ARG_REPLY, 0);
    EXPECT_OK(rt_delete(receiver.thread->tcb));
    EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, 0, 0);
}

/* ---- the order of a queue --------------------------------------------------------------------------------- */

#define WAITERS 12u
static const uint8_t priorities[WAITERS] = {120, 110, 130, 120, 111, 130, 110, 125, 120, 111, 130, 110};

/* The order in which the waiters of these priorities come: the place of waiter i. */
static unsigned place(const uint8_t *of, unsigned n, unsigned i)
{
    unsigned before = 0;
    for (unsigned k = 0; k < n; k++)
        before += of[k] > of[i] || (of[k] == of[i] && k < i);
    return before;
}

TEST(EP_04, senders, "senders are taken by priority, then by arrival (EP-S3, EP-S4)")
{
    static struct actor senders[WAITERS];
    tess_cptr endpoint = new_endpoint();
    for (unsigned i = 0; i < WAITERS; i++) {
        senders[i] = ACTOR(i % 2 ? TESS_SYS_SEND : TESS_SYS_CALL, rt_minted(endpoint, 15, 100 + i));
        actor_start(&senders[i], .priority = priorities[i]);
    }
    EXPECT_EQ(rt_inspect(endpoint).state[1], WAITERS);
    for (unsigned n = 0; n < WAITERS; n++) {
        tess_word who = rt_recv(endpoint, new_reply()).badge - 100;
        REQUIRE(who < WAITERS);
        EXPECT_EQ(place(priorities, WAITERS, (unsigned)who), n);
    }
    EXPECT_EQ(rt_state(endpoint), 0);
}

TEST(EP_04, receivers, "receivers are served by priority, then by arrival (EP-S5, EP-S6)")
{
    static struct actor receivers[WAITERS];
    tess_cptr endpoint = new_endpoint();
    for (unsigned i = 0; i < WAITERS; i++) {
        receivers[i] = ACTOR(TESS_SYS_RECV, endpoint);
        actor_start(&receivers[i], .priority = priorities[i]);
    }
    for (tess_word n = 0; n < WAITERS; n++)
        EXPECT_OK(rt_send(endpoint, TESS_INFO(0, 1, 0), n));
    for (unsigned i = 0; i < WAITERS; i++)
        EXPECT_EQ(receivers[i].result.words[0], place(priorities, WAITERS, i));
}

TEST(EP_04, removal, "the order holds when waiters leave from anywhere in the queue (EP-S8)")
{
    enum { N = 9 };
    static struct actor senders[N];
    for (unsigned gone = 0; gone < 4; gone++) {
        uint8_t left[N];
        tess_cptr endpoint = new_endpoint();
        for (unsigned i = 0; i < N; i++) {
            senders[i] = ACTOR(TESS_SYS_SEND, rt_minted(endpoint, 15, 100 + i));
            actor_start(&senders[i], .priority = left[i] = priorities[i], .no_buffer = true);
        }
        for (unsigned i = gone; i < N; i += 4) {
            EXPECT_OK(rt_invoke(senders[i].thread->tcb, TESS_TCB_SUSPEND));
            left[i] = 0;
        }
        unsigned n = 0;
        while (rt_state(endpoint) != 0) {
            tess_word who = rt_recv(endpoint, TESS_NULL).badge - 100;
            REQUIRE(who < N);
            EXPECT(left[who] != 0);
            EXPECT_EQ(place(left, N, (unsigned)who), n++);
        }
        EXPECT_EQ(n, N - (N - gone + 3) / 4);
    }
}

TEST(EP_04, changed, "a waiter whose priority changes gets a new place")
{
    struct actor senders[3];
    tess_cptr endpoint = new_endpoint();
    for (unsigned i = 0; i < 3; i++) {
        senders[i] = ACTOR(TESS_SYS_SEND, rt_minted(endpoint, 15, 1 + i));
        actor_start(&senders[i], .priority = RT_PRIORITY_HIGH);
    }
    EXPECT_OK(rt_invoke(senders[2].thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 150, 150));
    EXPECT_OK(rt_invoke(senders[0].thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 105, 150));
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).badge, 3);
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).badge, 2);
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).badge, 1);
}

TEST(EP_04, same, "SET_PRIORITY with the priority a waiter has already leaves it its place")
{
    struct actor senders[2], waiters[2];
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    for (unsigned i = 0; i < 2; i++) {
        senders[i] = ACTOR(TESS_SYS_SEND, rt_minted(endpoint, 15, 1 + i));
        actor_start(&senders[i], .priority = RT_PRIORITY_HIGH);
        actor_recv(&waiters[i], notification, TESS_NULL);
    }
    EXPECT_OK(rt_invoke(senders[0].thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, 200));
    EXPECT_OK(rt_invoke(waiters[0].thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, 200));
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).badge, 1);
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(waiters[0].returned, 1);
    EXPECT_EQ(waiters[1].returned, 0);
}

/* ---- meetings that cannot be --------------------------------------------------------------------------------- */

TEST(EP_05, no_reply, "a Call that meets a receiver without a Reply object gets NO_REPLY, either one first")
{
    struct actor receiver, caller;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&receiver, endpoint, TESS_NULL);
    EXPECT_ERROR(rt_call(endpoint, 0), TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(receiver.returned, 0);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_EQ(receiver.returned, 1);

    actor_call(&caller, endpoint);
    EXPECT_ERROR(rt_nbrecv(endpoint, TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(caller.returned, 1);
    EXPECT_ERROR(caller.result, TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
}

TEST(EP_05, behind,
     "a receiver without a Reply object refuses the Calls before a Send, and takes the Send (EP-S8, TH-S12)")
{
    struct actor calls[3], sender;
    tess_cptr endpoint = new_endpoint();
    for (unsigned i = 0; i < 3; i++)
        actor_call(&calls[i], endpoint);
    actor_send(&sender, endpoint);
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).words[0], 70);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_ERROR(calls[i].result, TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_state(endpoint), 0);
}

TEST(EP_06, passive, "a Send that meets a receiver without a context gets NO_CONTEXT")
{
    struct server server;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .passive = true);
    EXPECT_ERROR(rt_send(endpoint, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_nbsend(endpoint, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(server.served, 0);
    EXPECT_EQ(rt_call(endpoint, TESS_INFO(1, 0, 0)).info, TESS_INFO(2, 0, 0));
    EXPECT_EQ(server.served, 1);
}

TEST(EP_06, queued,
     "a passive server that answers and receives refuses queued Sends, and takes a Call (EP-S8, TH-S12)")
{
    struct server server;
    struct actor sends[3], call, outer;
    tess_cptr endpoint = new_endpoint();
    /* The server is busy with `outer`, being less urgent than all that queue up meanwhile. */
    server_start(&server, endpoint, .passive = true, .priority = RT_PRIORITY_LOW);
    outer = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(20, 0, 0));
    actor_start(&outer, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_READY);
    for (unsigned i = 0; i < 3; i++)
        actor_send(&sends[i], endpoint);
    call = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(30, 0, 0));
    actor_start(&call, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(rt_inspect(endpoint).state[1], 4);
    rt_settle();
    for (unsigned i = 0; i < 3; i++)
        EXPECT_ERROR(sends[i].result, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(outer.result.info, TESS_INFO(21, 0, 0));
    EXPECT_EQ(call.result.info, TESS_INFO(31, 0, 0));
    EXPECT_EQ(server.served, 2);
}

TEST(EP_06, call_without,
     "a queued Call whose thread lost its context is refused as well, a queued fault ends (TH-S12, TH-S20)")
{
    struct server server;
    struct actor outer, call;
    tess_cptr endpoint = new_endpoint();
    server_start(&server, endpoint, .passive = true, .priority = RT_PRIORITY_LOW);
    outer = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(20, 0, 0));
    actor_start(&outer, .priority = RT_PRIORITY_HIGH);
    actor_call(&call, endpoint);
    struct rt_thread *faulted = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_EQ(rt_state(faulted->tcb), TESS_THREAD_FAULTED);
    REQUIRE_OK(rt_invoke(call.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    REQUIRE_OK(rt_invoke(faulted->context, TESS_SCHED_CONTEXT_UNBIND));
    rt_settle();
    EXPECT_EQ(outer.result.info, TESS_INFO(21, 0, 0));
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_state(faulted->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(call.returned, 0);
    REQUIRE_OK(rt_invoke(call.thread->context, TESS_SCHED_CONTEXT_BIND, call.thread->tcb));
    EXPECT_ERROR(call.result, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(server.served, 1);
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

TEST(EP_11, deleted,
     "deleting the last capability cancels senders, callers and receivers; a copy keeps them (EP-S9, RP-S4, "
     "TH-S12, TH-S15)")
{
    struct actor waiters[3];
    for (unsigned receivers = 0; receivers < 2; receivers++) {
        tess_cptr endpoint = new_endpoint(), copy = rt_copied(endpoint, 15), reply = new_reply();
        if (receivers) {
            actor_recv(&waiters[0], copy, TESS_NULL);
            actor_recv(&waiters[1], copy, reply);
            actor_recv(&waiters[2], copy, TESS_NULL);
        } else {
            actor_send(&waiters[0], copy);
            actor_call(&waiters[1], copy);
            actor_send(&waiters[2], copy);
        }
        EXPECT_OK(rt_delete(endpoint));
        EXPECT_EQ(waiters[0].returned, 0);
        EXPECT_OK(rt_delete(copy));
        for (unsigned i = 0; i < 3; i++) {
            EXPECT_EQ(waiters[i].returned, 1);
            EXPECT_ERROR(waiters[i].result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        }
        EXPECT_ERROR(rt_nbrecv(new_endpoint(), reply), TESS_ERR_WOULD_BLOCK, 0, 0);
    }
}

TEST(EP_11, many, "deleting an endpoint with 36 waiters cancels each, while a more urgent thread runs")
{
    static struct actor waiters[36];
    tess_cptr endpoint = new_endpoint();
    for (unsigned i = 0; i < 36; i++) {
        waiters[i] = ACTOR(TESS_SYS_SEND, endpoint);
        actor_start(&waiters[i], .priority = 105 + i % 9, .no_buffer = true);
    }
    EXPECT_OK(rt_delete(endpoint));
    for (unsigned i = 0; i < 36; i++)
        EXPECT_ERROR(waiters[i].result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

TEST(EP_12, capability_gone, "a waiter keeps waiting when the capability it used is deleted")
{
    struct actor sender;
    tess_cptr endpoint = new_endpoint(), cap = rt_minted(endpoint, 15, 42);
    actor_send(&sender, cap);
    EXPECT_OK(rt_delete(cap));
    EXPECT_EQ(sender.returned, 0);
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).badge, 42);
    EXPECT_EQ(sender.returned, 1);
}

TEST(EP_13, more_urgent, "who is woken runs at once if more urgent, and later if less or equally so")
{
    struct actor urgent, equal, low;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&urgent, endpoint, TESS_NULL);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_EQ(urgent.returned, 1);

    equal = ACTOR(TESS_SYS_RECV, endpoint);
    actor_start(&equal, .priority = RT_PRIORITY_TEST);
    rt_yield();
    EXPECT_EQ(rt_state(equal.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_EQ(equal.returned, 0);
    rt_yield();
    EXPECT_EQ(equal.returned, 1);

    low = ACTOR(TESS_SYS_RECV, endpoint);
    actor_start(&low, .priority = RT_PRIORITY_LOW);
    rt_settle();
    EXPECT_OK(rt_send(endpoint, 0));
    rt_yield();
    EXPECT_EQ(low.returned, 0);
    rt_settle();
    EXPECT_EQ(low.returned, 1);
}
