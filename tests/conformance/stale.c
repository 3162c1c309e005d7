/*
 * tests/conformance/stale.c: nothing in the kernel refers to what is gone. Each test ends an object in the
 * middle of something, overwrites its memory, and then does what would follow a reference left behind
 * (SPEC CAP-7, RP-6, SC-5, SC-10, TH-8, TM-7).
 */
#include "tests/conformance/common.h"

static tess_cptr ground, memory; /* untyped for what is to go, and for the rest */

static void ground_begin(void)
{
    rt_alloc(TESS_TYPE_FRAME, 12); /* so that the ground begins with a page, for it is filled by pages */
    ground = rt_alloc(TESS_TYPE_UNTYPED, 64 << 10);
    memory = rt_memory;
}

/* From here to `elsewhere` objects are made of the ground. */
static void on_ground(void)
{
    rt_memory = ground;
}

static void elsewhere(void)
{
    rt_memory = memory;
}

/* What was made of the ground is deleted, and all its memory filled. */
static void ground_overwrite(void)
{
    tess_cptr frame = rt_slot();
    EXPECT_OK(rt_revoke(ground));
    EXPECT_OK(rt_invoke(ground, TESS_UNTYPED_RESET));
    while (rt_retype(ground, TESS_TYPE_FRAME, 12, frame, 1).status == TESS_OK) {
        REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
        memset((void *)RT_AREA, 0xff, 4096);
        REQUIRE_OK(rt_delete(frame));
    }
}

static void spin(void *argument)
{
    for (volatile uint64_t *count = argument;; ++*count)
        ;
}

TEST(SC_05, waiting,
     "a context that is deleted while it waits for its budget leaves nothing in the queue of time")
{
    volatile uint64_t count = 0;
    ground_begin();
    for (unsigned i = 0; i < 3; i++) {
        on_ground();
        rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .budget = rt_ticks(100),
                 .period = rt_ticks(300 + 100 * i));
        elsewhere();
    }
    ground_overwrite();
    uint64_t before = count;
    nap(10); /* longer than all periods */
    EXPECT_EQ(count, before);
}

/* Until its budget is all but used up. */
static void drop_late(void *argument)
{
    rt_busy_until(*(tess_word *)argument);
    rt_delete(rt_self->context);
}

TEST(SC_05, own_late, "of a context that is deleted at the very end of its budget nothing is due later")
{
    tess_word budget = rt_boot.machine->timebase / 100000 + 1, period = rt_ticks(1000), end;
    ground_begin();
    for (tess_word left = 0; left < 30 && left < budget; left++) {
        on_ground();
        struct rt_thread *thread = rt_spawn(drop_late, &end, .priority = RT_PRIORITY_HIGH, .budget = budget,
                                            .period = period, .counters = true, .stopped = true);
        elsewhere();
        end = rt_time() + budget - left;
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
        rt_busy_until(end + budget); /* it may have to wait */
        while (type_of(thread->context) != TESS_TYPE_NULL && rt_time() < end + 2 * period)
            ;
        EXPECT_EQ(type_of(thread->context), TESS_TYPE_NULL);
        ground_overwrite();
        rt_threads_forget(1);
        rt_busy_until(rt_time() + period);
        EXPECT_OK(rt_invoke(ground, TESS_UNTYPED_RESET));
    }
}

TEST(TM_07, stale, "a Timer that is deleted leaves nothing in its notification nor in the queue of time")
{
    ground_begin();
    tess_cptr notification = new_notification(), timers[3];
    for (unsigned i = 0; i < 3; i++) { /* the one that goes stands between two that stay */
        if (i == 1)
            on_ground();
        timers[i] = rt_alloc(TESS_TYPE_TIMER, 0);
        elsewhere();
        EXPECT_OK(rt_invoke(timers[i], TESS_TIMER_BIND, rt_minted(notification, 15, 1ull << i)));
        EXPECT_OK(rt_invoke(timers[i], TESS_TIMER_ARM, rt_time() + rt_ticks(3000), 0));
    }
    ground_overwrite();
    rt_busy_until(rt_time() + rt_ticks(5000));
    EXPECT_EQ(rt_wait(notification).badge, 5);
    EXPECT_OK(rt_revoke(notification));
    EXPECT_OK(rt_delete(notification));
    for (unsigned i = 0; i < 3; i += 2)
        EXPECT_EQ(rt_state(timers[i]), 0);
}

TEST(SC_06, behind, "a preempted thread is still there when the one behind it in its queue is suspended")
{
    static volatile uint64_t counts[2];
    struct rt_thread *threads[2];
    for (unsigned i = 0; i < 2; i++)
        threads[i] = rt_spawn(spin, (void *)&counts[i], .priority = 50);
    nap(10);
    for (unsigned turn = 0; turn < 4; turn++) { /* whichever was preempted, the other stands behind it */
        unsigned i = turn / 2 ^ (turn & 1) ^ 1;
        EXPECT_OK(rt_invoke(threads[i]->tcb, TESS_TCB_SUSPEND));
        uint64_t before = counts[!i];
        nap(10);
        EXPECT(counts[!i] > before);
        EXPECT_OK(rt_invoke(threads[i]->tcb, TESS_TCB_RESUME));
        nap(10);
    }
}

TEST(SC_05, reconfigured,
     "a context that waits for its budget can be configured anew, again and again (SC-S16)")
{
    volatile uint64_t count = 0;
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH,
                                        .budget = rt_ticks(100), .period = rt_ticks(1000000));
    for (unsigned i = 0; i < 5; i++) {
        uint64_t before = count;
        rt_configure(thread->context, rt_ticks(100 + 20 * i), rt_ticks(1000000 - i), 0);
        EXPECT(count > before);
        EXPECT_EQ(rt_inspect(thread->context).state[2], 0);
    }
    rt_configure(thread->context, rt_ticks(100), rt_ticks(400), 0);
    uint64_t before = count;
    nap(10);
    EXPECT(count > before);
}

TEST(SC_03, own, "CONSUMED and INSPECT of the context that runs count up to now")
{
    rt_invoke(rt_self->context, TESS_SCHED_CONTEXT_CONSUMED);
    tess_word all = rt_inspect(rt_self->context).state[3], begin = rt_time();
    while (rt_time() - begin < rt_ticks(500))
        ;
    /* The judge's clock may have run meanwhile, for 20 microseconds. */
    EXPECT(rt_inspect(rt_self->context).state[3] - all >= rt_ticks(470));
    EXPECT(rt_invoke(rt_self->context, TESS_SCHED_CONTEXT_CONSUMED).words[0] >= rt_ticks(470));
}

/* ---- servers that go with what they were lent --------------------------------------------------------- */

static void serve_slowly(void *argument)
{
    const tess_cptr *endpoint_and_reply = argument;
    rt_recv(endpoint_and_reply[0], endpoint_and_reply[1]);
    for (;;)
        rt_yield();
}

/* A passive server, less urgent than the test, with the client's context; made of the ground. */
static struct rt_thread *busy_server(tess_cptr *endpoint_and_reply, struct actor *client)
{
    on_ground();
    struct rt_thread *server = rt_spawn(serve_slowly, endpoint_and_reply, .priority = 50);
    elsewhere();
    rt_settle();
    REQUIRE_OK(rt_invoke(server->context, TESS_SCHED_CONTEXT_UNBIND));
    actor_call(client, endpoint_and_reply[0]);
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_READY);
    return server;
}

TEST(RP_06, server_overwritten,
     "a server deleted with a lent context, its memory used: the answer still brings it back")
{
    static tess_cptr names[2];
    struct actor client;
    ground_begin();
    names[0] = new_endpoint();
    names[1] = new_reply();
    busy_server(names, &client);
    ground_overwrite();
    EXPECT_EQ(client.returned, 0);
    EXPECT_ERROR(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_BIND, rt_alloc(TESS_TYPE_TCB, 0)),
                 TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0); /* its home and its chain are still there */
    EXPECT_OK(rt_send(names[1], TESS_INFO(3, 0, 0)));
    EXPECT_EQ(client.returned, 1);
    EXPECT_EQ(client.result.info, TESS_INFO(3, 0, 0));
}

TEST(SC_10, server_gone, "a server deleted on a foreign context that no chain takes back sends it home")
{
    static tess_cptr outer[2];
    struct actor client, middle;
    outer[0] = new_endpoint();
    outer[1] = new_reply();
    ground_begin();
    /* `middle` receives the client's call, and calls on; it runs on the client's context then. */
    middle = ACTOR(TESS_SYS_RECV, outer[0], .reply = outer[1]);
    actor_start(&middle, .priority = 50);
    rt_settle();
    EXPECT_OK(rt_delete(middle.thread->tcb));
    busy_server(outer, &client);                                /* a server takes its place */
    EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_SUSPEND)); /* the server goes on with the context */
    EXPECT_EQ(rt_state(outer[1]), 0);
    EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(client.returned, 0);
    ground_overwrite();
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
}

TEST(RP_02, withdrawn,
     "a thread that once offered a Reply object, and faults later, waits with its fault alone")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), handler = new_endpoint(), notification = new_notification();
    tess_cptr reply = new_reply();
    receiver = ACTOR(TESS_SYS_RECV, endpoint, .reply = reply);
    actor_start(&receiver, .priority = RT_PRIORITY_HIGH, .handler = handler, .stopped = true);
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_BIND_NOTIFICATION, notification));
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_state(receiver.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_signal(notification)); /* ends the offer */
    EXPECT_EQ(receiver.returned, 1);
    rt_set_registers(receiver.thread->tcb, 0x1000, 0, 0, 0, true);
    EXPECT_EQ(rt_state(receiver.thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_EQ(rt_inspect(handler).state[1], 1);
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 120, 120));
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_state(handler), 0);
    EXPECT_EQ(rt_state(receiver.thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    actor_recv(&receiver, endpoint, reply); /* the object is as free as before */
    EXPECT_EQ(rt_state(receiver.thread->tcb), TESS_THREAD_RECEIVING);
}

TEST(RP_02, offer_gone,
     "a Reply object deleted while it is offered: the next Call finds a receiver without one (RP-S7)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    actor_recv(&receiver, endpoint, reply);
    EXPECT_OK(rt_delete(reply));
    EXPECT_ERROR(rt_call(endpoint, 0), TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(receiver.returned, 0);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(4, 0, 0)));
    EXPECT_EQ(receiver.result.info, TESS_INFO(4, 0, 0));
}

TEST(EP_11, fault_queued, "a thread whose fault waits at an endpoint that is deleted becomes inactive")
{
    tess_cptr handler = new_endpoint();
    struct rt_thread *thread = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .handler = handler);
    struct actor sender;
    actor_send(&sender, handler);
    EXPECT_EQ(rt_inspect(handler).state[1], 2);
    EXPECT_OK(rt_revoke(handler)); /* the capability that the thread holds */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_delete(handler));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_ERROR(sender.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

TEST(CAP_07, waiters,
     "endpoint, notification and Reply with threads waiting, deleted and overwritten together")
{
    struct actor receiver, waiter, sender, caller;
    ground_begin();
    on_ground();
    tess_cptr receivers = new_endpoint(), senders = new_endpoint(), callers = new_endpoint();
    tess_cptr notification = new_notification(), reply = new_reply(), held = new_reply();
    elsewhere();
    actor_recv(&receiver, receivers, reply);
    actor_send(&sender, senders);
    actor_recv(&waiter, notification, TESS_NULL);
    actor_call(&caller, callers);
    EXPECT_OK(rt_recv(callers, held));
    ground_overwrite();
    struct actor *all[] = {&receiver, &sender, &waiter, &caller};
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_ERROR(all[i]->result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
        EXPECT(all[i]->thread->done);
        EXPECT_OK(rt_delete(all[i]->thread->tcb));
    }
}

static volatile unsigned woken;

static void wait_once(void *endpoint)
{
    rt_recv(*(const tess_cptr *)endpoint, TESS_NULL);
    woken++;
}

TEST(CAP_07, woken, "a thread that the end of an endpoint wakes, and that ends with it, does not run")
{
    for (unsigned i = 0; i < 4; i++) {
        tess_cptr endpoint = TESS_NULL;
        woken = 0;
        ground_begin();
        on_ground();
        if (i & 1) /* the endpoint is older than the thread, or younger */
            endpoint = new_endpoint();
        struct rt_thread *thread = rt_spawn(
            wait_once, &endpoint, .priority = i & 2 ? RT_PRIORITY_HIGH : RT_PRIORITY_LOW, .stopped = true);
        if (!endpoint)
            endpoint = new_endpoint();
        elsewhere();
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
        rt_settle();
        EXPECT_EQ(rt_state(endpoint), 2);
        ground_overwrite();
        rt_settle();
        EXPECT_EQ(woken, 0);
    }
}

TEST(SC_03, other_end, "the time of the context that runs is counted while another is deleted")
{
    tess_cptr other = new_context();
    tess_word before = rt_inspect(rt_self->context).state[3];
    rt_busy_until(rt_time() + rt_ticks(300));
    EXPECT_OK(rt_delete(other));
    EXPECT(rt_inspect(rt_self->context).state[3] >= before + rt_ticks(250));
}

TEST(SC_04, own_anew, "a context configured while it runs has its whole budget from then on")
{
    tess_word budget = rt_ticks(5000);
    rt_configure(rt_self->context, budget, rt_ticks(10000), 0);
    rt_busy_until(rt_time() + rt_ticks(1000));
    rt_configure(rt_self->context, budget, rt_ticks(10000), 0);
    EXPECT(rt_inspect(rt_self->context).state[2] > budget - rt_ticks(500));
}

/* ---- messages without buffers -------------------------------------------------------------------------- */

TEST(EP_10, nowhere, "capabilities for a receiver without a buffer go nowhere, and it is told their number")
{
    struct actor receiver = ACTOR(TESS_SYS_RECV, new_endpoint());
    actor_start(&receiver, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    rt_self->buffer->caps[0] = rt_boot.fp;
    rt_self->buffer->caps[1] = receiver.cap;
    EXPECT_OK(rt_send(receiver.cap, TESS_INFO(5, 1, 2), 9));
    EXPECT_EQ(receiver.result.status, TESS_OK);
    EXPECT_EQ(receiver.result.info, TESS_INFO(5, 1, 2));
    EXPECT_EQ(receiver.result.words[0], 9);
}

TEST(EP_08, eight, "eight words need no buffer, on either side")
{
    struct actor receiver = ACTOR(TESS_SYS_RECV, new_endpoint());
    struct actor sender =
        ACTOR(TESS_SYS_SEND, receiver.cap, .info = TESS_INFO(1, 8, 0), .words = {1, 2, 3, 4, 5, 6, 7, 8});
    actor_start(&receiver, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    EXPECT_OK(sender.result);
    EXPECT_EQ(receiver.result.info, TESS_INFO(1, 8, 0));
    EXPECT_EQ(receiver.result.words[7], 8);
}

/* ---- who refuses whom ------------------------------------------------------------------------------------ */

TEST(EP_06, own_context,
     "a thread with a context of its own that answers for a passive server takes queued Sends")
{
    static tess_cptr names[2];
    struct actor client, sender;
    tess_cptr other = new_endpoint();
    ground_begin();
    names[0] = new_endpoint();
    names[1] = new_reply();
    struct rt_thread *server = busy_server(names, &client);
    actor_send(&sender, other);
    struct rt_result r = rt_reply_recv(other, names[1], TESS_INFO(8, 0, 0));
    EXPECT_EQ(r.status, TESS_OK);
    EXPECT_EQ(r.words[0], 70);
    EXPECT_OK(sender.result);
    EXPECT_EQ(client.returned, 0); /* answered; its context comes when the server has no more use for it */
    EXPECT_EQ(rt_state(client.thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_state(server->tcb), TESS_THREAD_READY);
    EXPECT_OK(rt_delete(server->tcb));
    EXPECT_EQ(client.result.info, TESS_INFO(8, 0, 0));
}
