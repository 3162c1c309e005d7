/*
 * tests/conformance/notification.c: signal and wait, queues, bound notifications (SPEC NT).
 */
#include "tests/conformance/common.h"

static bool got(struct rt_result r, tess_word word)
{
    return r.status == TESS_STATUS_NOTIFICATION && r.badge == word && r.info == 0;
}

TEST(NT_01, pending, "a signal nobody waits for is kept; a Wait takes it at once (NT-S1, NT-S5)")
{
    tess_cptr notification = new_notification(), four = rt_minted(notification, 15, 4);
    EXPECT_OK(rt_signal(four));
    EXPECT(got(rt_wait(notification), 4));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}

TEST(NT_01, waiting,
     "a signal wakes a waiting thread with the badge, by Send and NBSend (NT-S3, NT-S6, TH-S6, TH-S14)")
{
    struct actor waiter;
    tess_cptr notification = new_notification(), badged = rt_minted(notification, 15, 1ull << 63 | 1);
    for (unsigned i = 0; i < 2; i++) {
        actor_recv(&waiter, notification, TESS_NULL);
        EXPECT_EQ(rt_state(waiter.thread->tcb), TESS_THREAD_WAITING);
        EXPECT_OK(i ? rt_nbsend(badged, TESS_INFO(5, 3, 0), 7, 8, 9) : rt_signal(badged));
        EXPECT_EQ(waiter.returned, 1);
        EXPECT(got(waiter.result, 1ull << 63 | 1));
        for (unsigned w = 0; w < 8; w++)
            EXPECT_EQ(waiter.result.words[w], 0);
    }
    EXPECT_EQ(rt_state(notification), 0);
}

TEST(NT_02, or, "signals that nobody took are or'ed into one word (NT-S4)")
{
    tess_cptr notification = new_notification();
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 3)));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 6)));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 1ull << 40)));
    EXPECT(got(rt_wait(notification), 7 | 1ull << 40));
}

TEST(NT_02, zero, "a signal with badge 0 is a signal")
{
    tess_cptr notification = new_notification();
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(rt_state(notification), 2);
    EXPECT(got(rt_nbrecv(notification, TESS_NULL), 0));
    EXPECT_EQ(rt_state(notification), 0);
}

TEST(NT_03, rights, "signalling needs SEND, waiting needs RECV: each withheld")
{
    tess_cptr notification = new_notification();
    for (tess_word rights = 0; rights <= TESS_RIGHTS_ALL; rights++) {
        tess_cptr cap = rt_copied(notification, rights);
        if (rights & TESS_RIGHT_SEND) {
            EXPECT_OK(rt_signal(cap));
            rt_wait(notification);
        } else {
            EXPECT_ERROR(rt_signal(cap), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
            EXPECT_ERROR(rt_nbsend(cap, 0), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
        }
        EXPECT_ERROR(rt_nbrecv(cap, TESS_NULL),
                     rights & TESS_RIGHT_RECV ? TESS_ERR_WOULD_BLOCK : TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY,
                     rights & TESS_RIGHT_RECV ? 0 : TESS_RIGHT_RECV);
        if (!(rights & TESS_RIGHT_RECV))
            EXPECT_ERROR(rt_wait(cap), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV);
    }
}

TEST(NT_04, order,
     "one signal wakes one thread: by priority, then by arrival, new priorities included (NT-S6, NT-S9)")
{
    enum { N = 6 };
    static const uint8_t priorities[N] = {110, 130, 110, 120, 130, 110};
    static const uint8_t order[N] = {5, 1, 4, 3, 0, 2}; /* after thread 5 has become the most urgent */
    static struct actor waiters[N];
    tess_cptr notification = new_notification();
    for (unsigned i = 0; i < N; i++) {
        waiters[i] = ACTOR(TESS_SYS_RECV, notification);
        actor_start(&waiters[i], .priority = priorities[i]);
    }
    EXPECT_OK(rt_invoke(waiters[5].thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 140, 140));
    for (unsigned n = 0; n < N; n++) {
        EXPECT_OK(rt_signal(rt_minted(notification, 15, 1 + n)));
        EXPECT_EQ(rt_inspect(notification).state[1], N - 1 - n);
        EXPECT(got(waiters[order[n]].result, 1 + n));
    }
}

/* ---- bound notifications ---------------------------------------------------------------------------- */

static struct rt_result bind(tess_cptr tcb, tess_cptr notification)
{
    return rt_invoke(tcb, TESS_TCB_BIND_NOTIFICATION, notification);
}

TEST(TH_07, notification, "binding: right, type, bound already on either side, a notification with waiters")
{
    struct actor waiter;
    tess_cptr tcb = rt_alloc(TESS_TYPE_TCB, 0), other = rt_alloc(TESS_TYPE_TCB, 0);
    tess_cptr a = new_notification(), b = new_notification(), busy = new_notification();
    EXPECT_ERROR(bind(tcb, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(tcb, a | 3ull << 50), TESS_ERR_ADDRESS, TESS_ARG_WORD(0),
                 3ull << (50 - rt_boot.radix - RT_POOL_RADIX));
    EXPECT_ERROR(bind(tcb, rt_slot()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(bind(tcb, new_endpoint()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_ENDPOINT);
    EXPECT_ERROR(bind(tcb, rt_copied(a, TESS_RIGHT_SEND)), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_RECV);
    EXPECT_OK(bind(tcb, rt_copied(a, TESS_RIGHT_RECV)));
    EXPECT_ERROR(bind(tcb, b), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(tcb, a), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(other, a), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    actor_recv(&waiter, busy, TESS_NULL);
    EXPECT_ERROR(bind(other, busy), TESS_ERR_BUSY, TESS_ARG_WORD(0), 0);
    EXPECT_OK(bind(tcb, TESS_NULL));
    EXPECT_OK(bind(other, a));
    EXPECT_OK(bind(tcb, b));
}

TEST(NT_05, only_owner, "nobody but the thread it is bound to can wait on a notification")
{
    tess_cptr notification = new_notification(), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    EXPECT_OK(bind(tcb, notification));
    EXPECT_ERROR(rt_wait(notification), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_signal(notification));
    EXPECT_OK(bind(tcb, TESS_NULL));
    EXPECT(got(rt_wait(notification), 0)); /* the signal stayed */
    EXPECT_OK(bind(rt_self->tcb, notification));
    EXPECT_OK(rt_signal(notification));
    EXPECT(got(rt_wait(notification), 0)); /* the thread itself may */
}

TEST(NT_06, wakes,
     "a signal wakes its bound thread from a receive on an endpoint, with or without a Reply (NT-S2, EP-S8, "
     "RP-S4, TH-S13)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    for (unsigned i = 0; i < 2; i++) {
        tess_cptr notification = new_notification();
        receiver = ACTOR(TESS_SYS_RECV, endpoint, .reply = i ? reply : TESS_NULL);
        actor_start(&receiver, .priority = RT_PRIORITY_HIGH, .stopped = true);
        EXPECT_OK(bind(receiver.thread->tcb, notification));
        EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_RESUME));
        EXPECT_EQ(rt_state(endpoint), 2);
        EXPECT_OK(rt_signal(rt_minted(notification, 15, 12)));
        EXPECT_EQ(receiver.returned, 1);
        EXPECT(got(receiver.result, 12));
        for (unsigned w = 0; w < 8; w++)
            EXPECT_EQ(receiver.result.words[w], 0);
        EXPECT_EQ(rt_state(endpoint), 0);
        EXPECT_ERROR(rt_nbrecv(endpoint, reply), TESS_ERR_WOULD_BLOCK, 0, 0); /* the Reply object is free */
    }
}

TEST(NT_06, before, "a receive takes a pending signal of the bound notification before any message (NT-S5)")
{
    struct actor sender;
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    EXPECT_OK(bind(rt_self->tcb, notification));
    actor_send(&sender, endpoint);
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 9)));
    EXPECT(got(rt_recv(endpoint, TESS_NULL), 9));
    EXPECT_EQ(sender.returned, 0);
    EXPECT_EQ(rt_recv(endpoint, TESS_NULL).words[0], 70);
    EXPECT_OK(rt_signal(notification));
    EXPECT(got(rt_nbrecv(endpoint, TESS_NULL), 0));
    EXPECT_OK(rt_signal(notification));
    EXPECT(got(rt_reply_recv(endpoint, TESS_NULL, 0), 0));
}

TEST(NT_06, elsewhere, "a bound thread that sends, or waits for an answer, is not disturbed by a signal")
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), notification = new_notification();
    caller = ACTOR(TESS_SYS_CALL, endpoint);
    actor_start(&caller, .priority = RT_PRIORITY_HIGH, .stopped = true);
    EXPECT_OK(bind(caller.thread->tcb, notification));
    EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_RESUME));
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(rt_state(caller.thread->tcb), TESS_THREAD_CALLING);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(rt_state(caller.thread->tcb), TESS_THREAD_AWAITING_REPLY);
    EXPECT_OK(rt_send(reply, 0));
    EXPECT_OK(caller.result);
    EXPECT_EQ(rt_state(notification), 2);
}

TEST(NT_07, passive, "a signal for a passive server is kept, and does not wake it without a context (NT-S2)")
{
    struct server server;
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    server_start(&server, endpoint, .passive = true);
    EXPECT_OK(bind(server.thread->tcb, notification));
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_state(notification), 2);
    /* It still serves, again and again, though the signal is pending all the time. */
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(rt_call(endpoint, TESS_INFO(5, 0, 0)).info, TESS_INFO(6, 0, 0));
        EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_RECEIVING);
    }
    EXPECT_EQ(rt_state(notification), 2);
}

TEST(NT_07, given_own,
     "a signal kept for a passive server is taken when it gets a context of its own (NT-S5)")
{
    struct actor receiver;
    tess_cptr notification = new_notification();
    actor_recv(&receiver, new_endpoint(), TESS_NULL);
    REQUIRE_OK(rt_invoke(receiver.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_OK(bind(receiver.thread->tcb, notification));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 3)));
    REQUIRE_OK(rt_invoke(receiver.thread->context, TESS_SCHED_CONTEXT_BIND, receiver.thread->tcb));
    EXPECT(got(receiver.result, 3));
    EXPECT_EQ(rt_state(notification), 0);
}

static struct {
    tess_cptr endpoint, notification, reply;
    struct rt_result polled;
} poller;

/* A passive server that looks for signals while it has its client's context. */
static void poller_run(void *argument)
{
    (void)argument;
    struct rt_result r = rt_recv(poller.endpoint, poller.reply);
    for (;;) {
        poller.polled = rt_nbrecv(poller.notification, TESS_NULL);
        r = rt_reply_recv(poller.endpoint, poller.reply, r.info);
    }
}

TEST(NT_07, polled, "a passive server can take a kept signal while it runs on its client's context")
{
    poller = (typeof(poller)){new_endpoint(), new_notification(), new_reply(), {0}};
    struct rt_thread *thread = rt_spawn(poller_run, NULL);
    EXPECT_OK(bind(thread->tcb, poller.notification));
    rt_settle();
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_OK(rt_signal(rt_minted(poller.notification, 15, 33)));
    EXPECT_OK(rt_call(poller.endpoint, 0));
    EXPECT(got(poller.polled, 33));
    EXPECT_OK(rt_call(poller.endpoint, 0));
    EXPECT_ERROR(poller.polled, TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(NT_06, binding, "binding delivers nothing: a pending word is taken by the next receive")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    actor_recv(&receiver, endpoint, TESS_NULL);
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 21)));
    EXPECT_OK(bind(receiver.thread->tcb, notification));
    EXPECT_EQ(receiver.returned, 0);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_OK(receiver.result);
    EXPECT_OK(bind(receiver.thread->tcb, TESS_NULL));
    EXPECT_OK(bind(rt_self->tcb, notification));
    EXPECT(got(rt_recv(endpoint, TESS_NULL), 21));
}

TEST(NT_07, own_wait,
     "a thread without a context that waits on the notification itself has the word, and runs later")
{
    struct actor waiter;
    tess_cptr notification = new_notification();
    actor_recv(&waiter, notification, TESS_NULL);
    REQUIRE_OK(rt_invoke(waiter.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 6)));
    EXPECT_EQ(waiter.returned, 0);
    EXPECT_EQ(rt_state(waiter.thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_state(notification), 0);
    REQUIRE_OK(rt_invoke(waiter.thread->context, TESS_SCHED_CONTEXT_BIND, waiter.thread->tcb));
    EXPECT(got(waiter.result, 6));
}

/* ---- the end --------------------------------------------------------------------------------------------- */

TEST(NT_08, deleted, "deleting the last capability cancels the waiting threads (NT-S11, TH-S15)")
{
    static struct actor waiters[20];
    tess_cptr notification = new_notification(), copy = rt_copied(notification, 15);
    for (unsigned i = 0; i < 20; i++) {
        waiters[i] = ACTOR(TESS_SYS_RECV, copy);
        actor_start(&waiters[i], .priority = 105 + i % 5);
    }
    EXPECT_OK(rt_delete(notification));
    EXPECT_EQ(waiters[0].returned, 0);
    EXPECT_OK(rt_delete(copy));
    for (unsigned i = 0; i < 20; i++)
        EXPECT_ERROR(waiters[i].result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

TEST(NT_08, bound_deleted, "deleting a bound notification frees its thread; deleting the thread frees it")
{
    tess_cptr a = new_notification(), b = new_notification(), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    EXPECT_OK(bind(tcb, a));
    EXPECT_OK(rt_delete(a));
    EXPECT_ERROR(bind(tcb, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(tcb, b));
    EXPECT_OK(rt_delete(tcb));
    EXPECT_OK(rt_signal(b));
    EXPECT(got(rt_wait(b), 0));
}

TEST(NT_08, revoked, "a thread that waits keeps waiting when the capability it used goes")
{
    struct actor waiter;
    tess_cptr notification = new_notification(), cap = rt_minted(notification, 15, 5);
    actor_recv(&waiter, cap, TESS_NULL);
    EXPECT_OK(rt_revoke(notification));
    EXPECT_EQ(waiter.returned, 0);
    EXPECT_OK(rt_signal(notification));
    EXPECT(got(waiter.result, 0));
}
