/*
 * tests/conformance/lend.c: contexts that notifications lend; what would leave a thread without a context;
 * who has a lent one when links of a chain end (SPEC NT-9, RP-6, RP-9, SC-5, SC-11).
 */
#include "tests/conformance/common.h"

static struct rt_result bind(tess_cptr context, tess_cptr to)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_BIND, to);
}

static struct rt_result unbind(tess_cptr context)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND);
}

static tess_cptr slice_context(void)
{
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(10000), rt_ticks(10000), 0);
    return context;
}

/* ---- notifications that lend ----------------------------------------------------------------------------- */

/* Waits for the notification, and counts; in between it may yield, so that the test can look. */
static struct waiter {
    tess_cptr notification;
    struct rt_thread *thread;
    volatile unsigned woken;
    volatile tess_word word;
    volatile bool hold;
    tess_cptr then; /* endpoint to receive from afterwards */
} waiters[2];

static void waiter_run(void *argument)
{
    struct waiter *waiter = argument;
    for (;;) {
        struct rt_result r = rt_wait(waiter->notification);
        if (TESS_STATUS_ERROR(r.status) != TESS_OK)
            return;
        waiter->word = r.badge;
        waiter->woken++;
        while (waiter->hold)
            rt_yield();
        if (waiter->then)
            rt_recv(waiter->then, TESS_NULL);
    }
}

/* Passive waiters, less urgent than the test unless told. */
static void waiters_start(tess_cptr notification, unsigned n, unsigned priority)
{
    for (unsigned i = 0; i < n; i++) {
        waiters[i] = (struct waiter){.notification = notification};
        waiters[i].thread = rt_spawn(waiter_run, &waiters[i], .priority = priority);
        rt_settle();
        REQUIRE_OK(unbind(waiters[i].thread->context));
    }
}

TEST(NT_09, errors,
     "BIND to a notification: type, right, bound on either side; UNBIND frees both (SC-S2, SC-S9)")
{
    tess_cptr context = new_context(), other = new_context(), notification = new_notification();
    EXPECT_ERROR(bind(context, rt_slot()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(bind(context, rt_copied(notification, TESS_RIGHT_SEND)), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_RECV);
    EXPECT_OK(bind(context, rt_copied(notification, TESS_RIGHT_RECV)));
    EXPECT_EQ(rt_inspect(context).state[4], 2);
    EXPECT_ERROR(bind(context, new_notification()), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(context, rt_alloc(TESS_TYPE_TCB, 0)), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(bind(other, notification), TESS_ERR_BOUND, TESS_ARG_WORD(0), 0);
    EXPECT_OK(unbind(context));
    EXPECT_EQ(rt_inspect(context).state[4], 0);
    EXPECT_ERROR(unbind(context), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(other, notification));
    EXPECT_OK(rt_delete(other));
    EXPECT_OK(bind(context, notification));
    EXPECT_OK(rt_revoke(notification));
    EXPECT_EQ(rt_inspect(context).state[4], 2);
    EXPECT_OK(rt_delete(notification));
    EXPECT_EQ(rt_inspect(context).state[4], 0);
    EXPECT_OK(bind(context, rt_alloc(TESS_TYPE_TCB, 0)));
}

TEST(NT_09, lends,
     "a thread without a context runs on that of the notification it waits for, until it waits again (SC-S4, "
     "SC-S7)")
{
    tess_cptr notification = new_notification(), context = slice_context();
    waiters_start(notification, 1, RT_PRIORITY_HIGH);
    EXPECT_OK(bind(context, notification));
    for (unsigned i = 1; i <= 5; i++) {
        EXPECT_OK(rt_signal(rt_minted(notification, 15, i)));
        EXPECT_EQ(waiters[0].woken, i);
        EXPECT_EQ(waiters[0].word, i);
        EXPECT_EQ(rt_state(waiters[0].thread->tcb), TESS_THREAD_WAITING);
    }
    EXPECT(rt_invoke(context, TESS_SCHED_CONTEXT_CONSUMED).words[0] > 0);
    EXPECT_OK(bind(waiters[0].thread->context, waiters[0].thread->tcb)); /* it has none */
}

TEST(
    NT_09, kept,
    "while the context is lent, words are kept; the next thread takes them when it comes back (NT-S7, NT-S8)")
{
    tess_cptr notification = new_notification(), context = slice_context();
    waiters_start(notification, 2, 50);
    waiters[0].hold = waiters[1].hold = true;
    waiters[0].then = new_endpoint();
    EXPECT_OK(bind(context, notification));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 1)));
    EXPECT_EQ(rt_state(waiters[0].thread->tcb), TESS_THREAD_READY);
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 2)));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 4)));
    EXPECT_EQ(rt_state(waiters[1].thread->tcb), TESS_THREAD_WAITING);
    waiters[0].hold = false;
    nap(2);
    EXPECT_EQ(waiters[0].word, 1);
    EXPECT_EQ(waiters[1].word, 6);
    EXPECT_EQ(rt_state(waiters[0].thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_state(waiters[1].thread->tcb), TESS_THREAD_READY);
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 8)));
    waiters[1].hold = false; /* it takes this one when it waits again, and goes on with the context */
    rt_settle();
    EXPECT_EQ(waiters[1].word, 8);
    EXPECT_EQ(waiters[1].woken, 2);
}

TEST(NT_09, ends,
     "the context taken away while it is lent: its thread stands, and words go to who can take them")
{
    for (unsigned how = 0; how < 2; how++) {
        tess_cptr notification = new_notification(), context = slice_context();
        waiters_start(notification, 1, 50);
        waiters[0].hold = true;
        EXPECT_OK(bind(context, notification));
        EXPECT_OK(rt_signal(notification));
        EXPECT_OK(how ? rt_delete(context) : unbind(context));
        waiters[0].hold = false;
        rt_settle();
        EXPECT_EQ(rt_state(waiters[0].thread->tcb), TESS_THREAD_READY);
        EXPECT_EQ(waiters[0].woken, 0);
        EXPECT_OK(bind(waiters[0].thread->context, waiters[0].thread->tcb));
        rt_settle();
        EXPECT_EQ(waiters[0].woken, 1);
    }
}

TEST(NT_09, notification_gone,
     "the notification ends while its context is lent: its thread stands, and goes on with another")
{
    tess_cptr notification = new_notification(), context = slice_context();
    waiters_start(notification, 1, 50);
    waiters[0].hold = true;
    EXPECT_OK(bind(context, notification));
    EXPECT_OK(rt_signal(notification));
    nap(2);
    EXPECT_EQ(waiters[0].woken, 1);
    EXPECT_OK(rt_delete(notification));
    waiters[0].hold = false;
    rt_settle();
    EXPECT(!waiters[0].thread->done);
    EXPECT_EQ(rt_state(waiters[0].thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_inspect(context).state[4], 0);
    EXPECT_ERROR(unbind(context), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(context, waiters[0].thread->tcb));
    rt_settle();
    EXPECT(waiters[0].thread->done); /* its next wait finds nothing */
}

TEST(NT_09, given_own,
     "a waiting thread that is given a context of its own takes the word that was kept for it (NT-S8)")
{
    tess_cptr notification = new_notification(), context = slice_context();
    waiters_start(notification, 2, 50);
    waiters[0].hold = true;
    EXPECT_OK(bind(context, notification));
    EXPECT_OK(rt_signal(notification));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 7)));
    EXPECT_EQ(rt_state(waiters[1].thread->tcb), TESS_THREAD_WAITING);
    EXPECT_OK(bind(waiters[1].thread->context, waiters[1].thread->tcb));
    EXPECT_EQ(rt_state(waiters[1].thread->tcb), TESS_THREAD_READY);
    waiters[0].hold = false;
    rt_settle();
    EXPECT_EQ(waiters[1].word, 7);
}

TEST(NT_09, kept_alone, "a word that is kept stays when the thread that waits is stopped (NT-S7, NT-S10)")
{
    tess_cptr notification = new_notification(), context = slice_context();
    waiters_start(notification, 2, 50);
    waiters[0].hold = true;
    EXPECT_OK(bind(context, notification));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 1)));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 6)));
    EXPECT_EQ(rt_state(notification), 1);
    EXPECT_OK(rt_invoke(waiters[1].thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_state(notification), 2);
    EXPECT_EQ(rt_nbrecv(notification, TESS_NULL).badge, 6);
    EXPECT_EQ(rt_state(notification), 0);
}

TEST(NT_09, behind,
     "a word that is kept for a thread is kept for those who wait behind it (NT-S7, NT-S8, NT-S9)")
{
    struct actor behind = ACTOR(TESS_SYS_RECV, new_notification());
    waiters_start(behind.cap, 2, 50);
    waiters[0].hold = true;
    waiters[0].then = new_endpoint();
    EXPECT_OK(bind(slice_context(), behind.cap));
    EXPECT_OK(rt_signal(behind.cap));
    actor_start(&behind, .priority = 50);
    nap(2);
    EXPECT_EQ(rt_state(behind.thread->tcb), TESS_THREAD_WAITING);
    EXPECT_OK(rt_signal(rt_minted(behind.cap, 15, 6)));
    EXPECT_EQ(rt_inspect(behind.cap).state[1], 2);
    waiters[0].hold = false; /* the context comes back: the first takes the word */
    rt_settle();
    EXPECT_EQ(waiters[1].word, 6);
    EXPECT_EQ(behind.returned, 0);
    EXPECT_OK(rt_signal(rt_minted(behind.cap, 15, 8))); /* now it is the first */
    rt_settle();
    EXPECT_EQ(behind.result.badge, 8);
}

static void signal_server(void *argument)
{
    struct server *server = argument;
    struct rt_result r = rt_recv(server->endpoint, server->reply);
    for (;;) {
        server->last = r;
        server->served++;
        tess_cptr reply = r.status & TESS_STATUS_NOTIFICATION ? TESS_NULL : server->reply;
        r = reply ? rt_reply_recv(server->endpoint, reply, r.info) : rt_recv(server->endpoint, server->reply);
    }
}

TEST(NT_09, bound,
     "a passive server wakes for a signal of its bound notification, on the context it lends (NT-S5)")
{
    struct server server = {.endpoint = new_endpoint(), .reply = new_reply()};
    tess_cptr notification = new_notification();
    server.thread = rt_spawn(signal_server, &server, .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(server.thread->context));
    EXPECT_OK(rt_invoke(server.thread->tcb, TESS_TCB_BIND_NOTIFICATION, notification));
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 1))); /* kept: NT-7 */
    EXPECT_EQ(server.served, 0);
    EXPECT_OK(bind(slice_context(), notification));
    EXPECT_EQ(server.served, 1);
    EXPECT_EQ(server.last.badge, 1);
    EXPECT_EQ(rt_call(server.endpoint, TESS_INFO(5, 0, 0)).info, TESS_INFO(5, 0, 0)); /* on this one's */
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 2)));
    EXPECT_EQ(server.last.badge, 2);
    EXPECT_EQ(rt_state(server.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_state(server.reply), 0);
}

/* ---- what would leave a thread without a context ------------------------------------------------------------ */

/* A passive server that makes these calls with its client waiting, and keeps what they gave. */
static struct {
    tess_cptr endpoint, reply, notification;
    struct rt_result send, nbsend, reply_recv, after;
} stranded;

static void strand_run(void *argument)
{
    (void)argument;
    rt_recv(stranded.endpoint, stranded.reply);
    stranded.send = rt_send(stranded.reply, TESS_INFO(1, 0, 0));
    stranded.nbsend = rt_nbsend(stranded.reply, TESS_INFO(1, 65, 0)); /* looked at later */
    stranded.reply_recv = rt_reply_recv(stranded.notification, stranded.reply, TESS_INFO(2, 0, 0));
    stranded.after = rt_reply_recv(stranded.endpoint, stranded.reply, TESS_INFO(3, 0, 0));
}

TEST(RP_09, server,
     "a passive server cannot strand itself by SEND on its Reply object, or by waiting for a signal")
{
    struct actor client;
    stranded = (typeof(stranded)){new_endpoint(), new_reply(), new_notification(), .send = {0}};
    struct rt_thread *server = rt_spawn(strand_run, NULL, .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(server->context));
    actor_call(&client, stranded.endpoint);
    EXPECT_ERROR(stranded.send, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(stranded.nbsend, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(stranded.reply_recv, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(client.result.info, TESS_INFO(3, 0, 0));
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_invoke(server->tcb, TESS_TCB_SUSPEND));
    rt_spawn(strand_run, NULL, .priority = RT_PRIORITY_HIGH); /* with a context it can do all that */
    actor_call(&client, stranded.endpoint);
    EXPECT_OK(stranded.send);
    EXPECT_ERROR(stranded.nbsend, TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(client.result.info, TESS_INFO(1, 0, 0));
}

TEST(RP_09, lends, "where the notification lends a context, a passive server may answer and wait for it")
{
    struct actor client;
    tess_cptr notification = new_notification();
    stranded = (typeof(stranded)){new_endpoint(), new_reply(), notification, .send = {0}};
    struct rt_thread *server = rt_spawn(strand_run, NULL, .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(server->context));
    EXPECT_OK(bind(slice_context(), notification));
    actor_call(&client, stranded.endpoint);
    EXPECT_EQ(client.result.info, TESS_INFO(2, 0, 0));
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_WAITING);
    EXPECT_OK(rt_signal(rt_minted(notification, 15, 9)));
    EXPECT_EQ(stranded.reply_recv.badge, 9);
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_RECEIVING);
}

static void recv_then_wait(void *argument)
{
    (void)argument;
    rt_recv(stranded.endpoint, stranded.reply);
    rt_delete(stranded.reply); /* its client is gone: the context leaves when it waits */
    stranded.send = rt_wait(stranded.notification);
    stranded.nbsend = rt_nbrecv(stranded.notification, TESS_NULL);
    rt_recv(stranded.endpoint, TESS_NULL);
}

TEST(RP_09, wait, "a wait for a signal that would give the context up, and nothing lends another")
{
    struct actor client;
    stranded = (typeof(stranded)){new_endpoint(), new_reply(), new_notification(), .send = {0}};
    struct rt_thread *server = rt_spawn(recv_then_wait, NULL, .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(server->context));
    actor_call(&client, stranded.endpoint);
    EXPECT_ERROR(stranded.send, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(stranded.nbsend, TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

static void wait_for_client(void *argument)
{
    (void)argument;
    for (;;) {
        rt_recv(stranded.endpoint, stranded.reply);
        stranded.send = rt_wait(stranded.notification); /* on the client's behalf */
        stranded.after = rt_reply_recv(stranded.endpoint, stranded.reply, TESS_INFO(4, 0, 0));
        if (TESS_STATUS_ERROR(stranded.after.status) != TESS_OK)
            return;
    }
}

TEST(RP_06, waits, "a server that waits for a signal on behalf of its client keeps the context meanwhile")
{
    struct actor client;
    stranded = (typeof(stranded)){new_endpoint(), new_reply(), new_notification(), .send = {0}};
    struct rt_thread *server = rt_spawn(wait_for_client, NULL, .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(server->context));
    actor_call(&client, stranded.endpoint);
    EXPECT_EQ(client.returned, 0);
    EXPECT_OK(rt_signal(rt_minted(stranded.notification, 15, 3)));
    EXPECT_EQ(stranded.send.badge, 3);
    EXPECT_EQ(client.result.info, TESS_INFO(4, 0, 0));
}

TEST(RP_06, waits_gone,
     "when that client is gone, the server keeps it until it was signalled and waits for messages")
{
    for (unsigned how = 0; how < 2; how++) {
        struct actor client;
        stranded = (typeof(stranded)){new_endpoint(), new_reply(), new_notification(), .send = {0}};
        struct rt_thread *server = rt_spawn(wait_for_client, NULL, .priority = RT_PRIORITY_HIGH);
        REQUIRE_OK(unbind(server->context));
        actor_call(&client, stranded.endpoint);
        if (how) {
            EXPECT_OK(rt_delete(stranded.reply));
        } else {
            EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_SUSPEND));
            EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
        }
        EXPECT_EQ(client.returned, 0);
        EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_WAITING);
        EXPECT_OK(rt_signal(stranded.notification));
        EXPECT_EQ(rt_state(server->tcb), how ? TESS_THREAD_INACTIVE : TESS_THREAD_RECEIVING);
        rt_delete(server->tcb); /* which has ended where its Reply object was gone */
        EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    }
}

/* Receives with one Reply object, and then with the other; answers what came with that. */
static void recv_twice(void *argument)
{
    rt_recv(stranded.endpoint, stranded.reply);
    rt_recv(stranded.endpoint, (tess_cptr)argument);
    rt_reply_recv(stranded.endpoint, (tess_cptr)argument, TESS_INFO(4, 0, 0));
}

TEST(RP_06, receives_gone,
     "a server that receives without having answered gives it up when that client is gone")
{
    struct actor client, other;
    tess_cptr endpoint = new_endpoint(), replies = rt_alloc_many(TESS_TYPE_REPLY, 0, 2);
    stranded = (typeof(stranded)){endpoint, rt_nth(replies, 0), TESS_NULL, .send = {0}};
    struct rt_thread *thread = rt_spawn(recv_twice, (void *)rt_nth(replies, 1), .priority = RT_PRIORITY_HIGH);
    REQUIRE_OK(unbind(thread->context));
    actor_call(&client, endpoint);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_EQ(client.returned, 0);
    EXPECT_OK(rt_delete(rt_nth(replies, 0)));
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    actor_call(&other, endpoint); /* it runs on this one's now */
    EXPECT_OK(other.result);
}

/* ---- exhaustion in a chain of passive servers, three deep ------------------------------------------------ */

#define DEEP 3u

static struct deep {
    tess_cptr endpoint, reply;
    struct rt_thread *thread;
    struct rt_result called;
    volatile tess_word rounds;
} deep[DEEP];

static volatile bool deep_spin;

static void deep_run(void *argument)
{
    struct deep *self = argument;
    rt_recv(self->endpoint, self->reply);
    for (;;) {
        if (self + 1 < deep + DEEP)
            self->called = rt_call(self[1].endpoint, 0);
        else
            while (deep_spin)
                self->rounds++;
        struct rt_result r = rt_reply_recv(self->endpoint, self->reply, TESS_INFO(1, 0, 0));
        if (TESS_STATUS_ERROR(r.status) != TESS_OK)
            rt_recv(self->endpoint, TESS_NULL);
    }
}

/* A client of a tenth of a millisecond in two; its call ends in the third server, which spins. */
static void deep_start(struct actor *client, tess_cptr timeout)
{
    deep_spin = true;
    for (unsigned i = 0; i < DEEP; i++) {
        deep[i] = (struct deep){.endpoint = new_endpoint(), .reply = new_reply()};
        deep[i].thread = rt_spawn(deep_run, &deep[i], .priority = RT_PRIORITY_HIGH + i,
                                  .timeout = i == DEEP - 1 ? timeout : TESS_NULL);
        REQUIRE_OK(unbind(deep[i].thread->context));
    }
    *client = ACTOR(TESS_SYS_CALL, deep[0].endpoint);
    actor_start(client, .priority = RT_PRIORITY_HIGH, .budget = rt_ticks(100), .period = rt_ticks(2000),
                .badge = 0xc11e);
}

static void expect_all_wait(void)
{
    for (unsigned i = 0; i < DEEP; i++)
        EXPECT_EQ(rt_state(deep[i].thread->tcb), TESS_THREAD_RECEIVING);
}

TEST(SC_10, deep,
     "the client's budget ends in the third of three passive servers: all wait for its next piece")
{
    struct actor client;
    deep_start(&client, TESS_NULL);
    tess_word begin = rt_time();
    tess_word rounds = deep[DEEP - 1].rounds;
    EXPECT(rounds > 0);
    EXPECT_EQ(rt_inspect(client.thread->context).state[2], 0);
    while (deep[DEEP - 1].rounds == rounds && rt_time() < begin + rt_ticks(4000))
        ;
    EXPECT(rt_time() > begin + rt_ticks(1700) && rt_time() < begin + rt_ticks(2200));
    deep_spin = false;
    nap(50);
    EXPECT_OK(client.result);
    expect_all_wait();
}

TEST(
    SC_11, deep,
    "a timeout fault in the third server, on the client's budget: answered, it waits; configured, it goes on")
{
    struct actor client;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    deep_start(&client, endpoint);
    struct rt_result r = rt_recv(endpoint, reply);
    EXPECT_EQ(r.status, TESS_STATUS_FAULT);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_TIMEOUT, 4, 0));
    EXPECT_EQ(r.words[1], 0xc11e);
    EXPECT_EQ(rt_state(deep[DEEP - 1].thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_send(reply, 0)); /* go on, with the next piece */
    tess_word rounds = deep[DEEP - 1].rounds;
    EXPECT_EQ(rt_state(deep[DEEP - 1].thread->tcb), TESS_THREAD_READY);
    r = rt_recv(endpoint, reply);
    EXPECT(deep[DEEP - 1].rounds > rounds);
    rounds = deep[DEEP - 1].rounds;
    rt_configure(client.thread->context, rt_ticks(300), rt_ticks(3000), 0x77); /* it gets more, at once */
    EXPECT_OK(rt_send(reply, 0));
    EXPECT(deep[DEEP - 1].rounds > rounds + 100);
    r = rt_recv(endpoint, reply);
    EXPECT_EQ(r.words[1], 0x77);
    deep_spin = false;
    EXPECT_OK(rt_send(reply, 0));
    nap(50);
    EXPECT_OK(client.result);
    expect_all_wait();
}

TEST(SC_11, stopped, "a handler that stops the server: deleting it lets its caller go on when its Reply goes")
{
    struct actor client;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    deep_start(&client, endpoint);
    EXPECT_EQ(rt_recv(endpoint, reply).status, TESS_STATUS_FAULT);
    EXPECT_OK(rt_send(reply, TESS_INFO(1, 0, 0)));
    EXPECT_EQ(rt_state(deep[DEEP - 1].thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(client.returned, 0);
    EXPECT_OK(rt_delete(deep[DEEP - 1].reply));
    EXPECT_OK(rt_delete(deep[DEEP - 1].thread->tcb));
    nap(50);
    EXPECT_ERROR(deep[DEEP - 2].called, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(client.result);
}

TEST(SC_05, timeout, "a server whose lent context is deleted or unbound tells its timeout handler")
{
    for (unsigned how = 0; how < 2; how++) {
        struct actor client;
        tess_cptr endpoint = new_endpoint(), reply = new_reply();
        deep_start(&client, endpoint);
        EXPECT_EQ(rt_recv(endpoint, reply).status, TESS_STATUS_FAULT); /* the budget ends */
        EXPECT_OK(rt_send(reply, 0));
        EXPECT_EQ(rt_state(deep[DEEP - 1].thread->tcb), TESS_THREAD_READY);
        EXPECT_OK(how ? rt_delete(client.thread->context) : unbind(client.thread->context));
        struct rt_result r = rt_nbrecv(endpoint, reply);
        EXPECT_EQ(r.status, TESS_STATUS_FAULT);
        EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_TIMEOUT, 4, 0));
        EXPECT_EQ(r.words[1], 0xc11e);
        tess_cptr context = slice_context(); /* the handler finds it another */
        EXPECT_OK(bind(context, deep[DEEP - 1].thread->tcb));
        deep_spin = false;
        EXPECT_OK(rt_send(reply, 0));
        rt_settle();
        EXPECT_EQ(rt_state(deep[DEEP - 1].thread->tcb), TESS_THREAD_RECEIVING);
        EXPECT_EQ(rt_state(deep[DEEP - 2].thread->tcb), TESS_THREAD_READY); /* answered, and without */
        for (unsigned i = 0; i < DEEP; i++)
            rt_delete(deep[i].thread->tcb);
    }
}
