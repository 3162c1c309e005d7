/*
 * tests/conformance/stranded.c: words that are kept for a thread that could not run reach whoever comes first then;
 * what would strand the thread that asks for it is refused before anything has happened; and who loses a lent
 * context with its notification is told (SPEC NT-9, RP-4, RP-9, SC-5).
 */
#include "tests/conformance/common.h"

static struct rt_result bind(tess_cptr context, tess_cptr to)
{
    return rt_invoke(context, TESS_SCHED_CONTEXT_BIND, to);
}

static void unbind(const struct rt_thread *thread)
{
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
}

/* Bound to the notification, and free. */
static tess_cptr lent_by(tess_cptr notification)
{
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(10000), rt_ticks(10000), 0xab);
    REQUIRE_OK(bind(context, notification));
    return context;
}

/* ---- words ------------------------------------------------------------------------------------------------ */

static volatile bool hold;

static void wait_and_hold(void *argument)
{
    rt_wait(*(tess_cptr *)argument);
    while (hold)
        rt_yield();
}

enum how { SUSPENDED, DELETED, LOWERED, OVERTAKEN, HOWS };

/* The first of those who wait, `first`, is the first no more. */
static void first_goes(enum how how, const struct actor *first, const struct actor *second)
{
    tess_cptr tcb = first->thread->tcb;
    switch (how) {
    case SUSPENDED:
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_SUSPEND));
        break;
    case DELETED:
        EXPECT_OK(rt_delete(tcb));
        break;
    case LOWERED:
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 40, 40));
        break;
    case OVERTAKEN:
        EXPECT_OK(rt_invoke(second->thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 60, 60));
        break;
    case HOWS:
        break;
    }
}

/* A thread runs on the context of the notification, for which two wait behind one another; a word is kept. */
static struct scene {
    tess_cptr notification, context;
    struct actor first, second;
} scene;

/* The first has no context; the second has one, or none either. */
static void scene_start(bool second_passive)
{
    scene = (struct scene){.notification = new_notification()};
    scene.first = scene.second = ACTOR(TESS_SYS_RECV, scene.notification);
    hold = true;
    struct rt_thread *runner = rt_spawn(wait_and_hold, &scene.notification, .priority = 50);
    rt_settle();
    unbind(runner);
    actor_start(&scene.first, .priority = 50);
    rt_settle();
    unbind(scene.first.thread);
    actor_start(&scene.second, .priority = 50);
    rt_settle();
    if (second_passive)
        unbind(scene.second.thread);
    scene.context = lent_by(scene.notification);
    EXPECT_OK(rt_signal(scene.notification)); /* to the runner */
    EXPECT_OK(rt_signal(rt_minted(scene.notification, 15, 6)));
    EXPECT_EQ(rt_inspect(scene.notification).state[1], 2);
}

static void scene_end(void)
{
    hold = false;
    rt_settle();
}

TEST(NT_09, passed_on,
     "a word kept for a thread goes to the one behind it, which can run, when that becomes the first (NT-S8)")
{
    for (unsigned how = 0; how < HOWS; how++) {
        scene_start(false);
        first_goes((enum how)how, &scene.first, &scene.second);
        nap(2);
        EXPECT_EQ(scene.second.returned, 1);
        EXPECT_EQ(scene.second.result.badge, 6);
        EXPECT_EQ(scene.first.returned, 0);
        scene_end();
    }
}

TEST(NT_09, unbound,
     "a word that is kept when the context is unbound is taken with the next signal, or by another thread")
{
    for (unsigned how = 0; how < 3; how++) {
        scene_start(true);
        EXPECT_OK(rt_invoke(scene.context, TESS_SCHED_CONTEXT_UNBIND));
        EXPECT_EQ(rt_inspect(scene.notification).state[1], 2);
        const struct rt_thread *taker = scene.first.thread;
        if (how == 0) {
            EXPECT_OK(rt_signal(rt_minted(scene.notification, 15, 1)));
        } else if (how == 1) {
            EXPECT_OK(bind(scene.second.thread->context, scene.second.thread->tcb));
        } else {
            EXPECT_OK(rt_invoke(taker->tcb, TESS_TCB_SUSPEND));
            taker = scene.second.thread;
        }
        EXPECT_EQ(rt_state(taker->tcb), TESS_THREAD_READY); /* without a context: NT-7 */
        EXPECT_EQ(rt_inspect(scene.notification).state[1], how < 2);
        EXPECT_OK(bind(taker->context, taker->tcb));
        nap(2);
        EXPECT_EQ((how < 2 ? scene.first : scene.second).result.badge, how == 0 ? 7 : 6);
        scene_end();
    }
}

TEST(SC_05, notification_gone,
     "a thread that loses the context of a notification with it tells its timeout handler (SC-S9)")
{
    tess_cptr notification = new_notification(), handler = new_endpoint();
    hold = true;
    struct rt_thread *thread = rt_spawn(wait_and_hold, &notification, .priority = 50, .timeout = handler);
    rt_settle();
    unbind(thread);
    tess_cptr context = lent_by(notification);
    EXPECT_OK(rt_signal(notification));
    nap(2);
    EXPECT_OK(rt_delete(notification));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_EQ(rt_inspect(context).state[4], 0);
    struct rt_result r = rt_nbrecv(handler, new_reply());
    EXPECT_EQ(r.status, TESS_STATUS_FAULT);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_TIMEOUT, 4, 0));
    EXPECT_EQ(r.words[1], 0xab);
}

/* ---- answers ---------------------------------------------------------------------------------------------- */

static struct {
    tess_cptr endpoint, replies, notification;
    struct rt_result refused, sent;
} server;

/* Runs on its first client's context while it holds both, and loses the right to it with the first. */
static void serve_two(void *argument)
{
    (void)argument;
    rt_recv(server.endpoint, rt_nth(server.replies, 0));
    rt_recv(server.endpoint, rt_nth(server.replies, 1));
    rt_delete(rt_nth(server.replies, 0));
    server.refused = rt_reply_recv(server.notification, rt_nth(server.replies, 1), TESS_INFO(4, 0, 0));
    if (hold)
        rt_signal(server.notification);
    server.sent = rt_reply_recv(server.notification, rt_nth(server.replies, 1), TESS_INFO(5, 0, 0));
    rt_recv(server.endpoint, TESS_NULL);
}

TEST(RP_04, waits,
     "ReplyRecv that would wait for a signal and lose its context has answered nobody; with the signal there "
     "it "
     "goes on")
{
    struct actor first, second;
    hold = true;
    server = (typeof(server)){.endpoint = new_endpoint(),
                              .replies = rt_alloc_many(TESS_TYPE_REPLY, 0, 2),
                              .notification = new_notification()};
    struct rt_thread *thread = rt_spawn(serve_two, NULL, .priority = RT_PRIORITY_HIGH);
    unbind(thread);
    actor_call(&first, server.endpoint);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_RECEIVING);
    actor_call(&second, server.endpoint);
    EXPECT_ERROR(server.refused, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(server.sent.status, TESS_STATUS_NOTIFICATION);
    EXPECT_EQ(second.returned, 1);
    EXPECT_EQ(second.result.info, TESS_INFO(5, 0, 0));
    EXPECT_ERROR(first.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_inspect(first.thread->context).state[4], 1);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_RECEIVING);
}
