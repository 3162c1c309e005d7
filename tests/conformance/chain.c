/*
 * tests/conformance/chain.c: chains of Calls through passive servers, on the way that every Call takes and, with
 * CSpaces of one CNode, on the shorter one that a kernel may have (SPEC RP-5, RP-6, RP-7, SC-10, EP-14, RP-8).
 */
#include "tests/conformance/common.h"

/* The last server yields while this is true, so that a test can look. */
static volatile bool gated;

/* ---- chains of passive servers ------------------------------------------------------------------------ */

#define DEPTH 5u

/*
 * Server i calls server i + 1 and answers with what it gets, its label one higher. The last one waits
 * while `gated` is true, so that the test can look at the chain while it is there.
 */
static struct link {
    tess_cptr endpoint, reply;
    tess_cptr cspace, own_endpoint, own_reply, next; /* the same, and the next server, as it names them */
    volatile tess_cptr other;                        /* one more capability, or none yet */
    struct rt_thread *thread;
    struct rt_result called; /* what the call of the next one gave */
    volatile unsigned served;
} links[DEPTH];

static struct actor client;

/* With CSpaces of one CNode the Calls and answers may take a shorter way, with the same effects (EP-14, RP-8). */
static bool direct;
enum { SLOT_ENDPOINT = 1, SLOT_REPLY = 2, SLOT_NEXT = 3, SLOT_OTHER = 4, RADIX = 3 };

#define CHAIN_TEST(clause, name, what)                                                                       \
    static void name##_chain(void);                                                                          \
    TEST(clause, name, what)                                                                                 \
    {                                                                                                        \
        direct = false;                                                                                      \
        name##_chain();                                                                                      \
    }                                                                                                        \
    TEST(clause, name##_direct, what "; directly")                                                           \
    {                                                                                                        \
        direct = true;                                                                                       \
        name##_chain();                                                                                      \
    }                                                                                                        \
    static void name##_chain(void)

/* What the last server does while `gated`; NULL: it yields. */
static void (*meanwhile)(struct link *link);

static void link_run(void *argument)
{
    struct link *link = argument;
    struct rt_result r = rt_recv(link->own_endpoint, link->own_reply);
    for (;;) {
        link->served++;
        if (link + 1 < links + DEPTH) {
            r = link->called = rt_call(link->next, r.info);
        } else if (gated) {
            if (meanwhile)
                meanwhile(link);
            while (gated) /* runs on the client's context, less urgent than the test */
                rt_yield();
        }
        r = rt_reply_recv(link->own_endpoint, link->own_reply, r.info + TESS_INFO(1, 0, 0));
        if (TESS_STATUS_ERROR(r.status) !=
            TESS_OK) /* its Reply object is gone: it blocks with nothing to answer */
            rt_recv(link->own_endpoint, TESS_NULL);
    }
}

static void put(tess_cptr cnode, tess_word slot, tess_cptr cap)
{
    if (cap)
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, slot, TESS_NULL, cap, TESS_RIGHTS_ALL));
}

/* How server i names its capabilities, and the CSpace for that. */
static void link_name(unsigned i)
{
    struct link *link = &links[i];
    tess_cptr next = i + 1 < DEPTH ? link[1].endpoint : TESS_NULL;
    link->own_endpoint = direct ? (tess_cptr)SLOT_ENDPOINT : link->endpoint;
    link->own_reply = direct ? (tess_cptr)SLOT_REPLY : link->reply;
    link->next = direct ? (tess_cptr)SLOT_NEXT : next;
    if (!direct)
        return;
    link->cspace = new_cnode(RADIX);
    put(link->cspace, SLOT_ENDPOINT, link->endpoint);
    put(link->cspace, SLOT_REPLY, link->reply);
    put(link->cspace, SLOT_NEXT, next);
}

/* Starts the servers, passive, and a client whose Call goes through all of them. */
static void chain_start(bool stop)
{
    tess_cptr cspace = TESS_NULL;
    gated = stop;
    for (unsigned i = 0; i < DEPTH; i++)
        links[i] = (struct link){.endpoint = new_endpoint(), .reply = new_reply()};
    for (unsigned i = 0; i < DEPTH; i++) {
        link_name(i);
        links[i].thread = rt_spawn(link_run, &links[i], .cspace = links[i].cspace);
    }
    rt_settle();
    for (unsigned i = 0; i < DEPTH; i++)
        REQUIRE_OK(rt_invoke(links[i].thread->context, TESS_SCHED_CONTEXT_UNBIND));
    if (direct) {
        cspace = new_cnode(RADIX);
        put(cspace, SLOT_ENDPOINT, links[0].endpoint);
    }
    client = ACTOR(TESS_SYS_CALL, direct ? (tess_cptr)SLOT_ENDPOINT : links[0].endpoint,
                   .info = TESS_INFO(100, 0, 0));
    actor_start(&client, .priority = RT_PRIORITY_LOW, .cspace = cspace);
    if (stop) {
        rt_set_own_priority(RT_PRIORITY_LOW);
        while (!links[DEPTH - 1].served)
            rt_yield();
        rt_set_own_priority(RT_PRIORITY_TEST);
    }
}

/* Its last capability, and before it the server's own. */
static struct rt_result reply_delete(unsigned i)
{
    REQUIRE_OK(rt_revoke(links[i].reply));
    return rt_delete(links[i].reply);
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

CHAIN_TEST(RP_05, chain,
           "a Call through five passive servers runs on the client's context, and comes back (SC-S3, SC-S5, "
           "SC-S6, SC-S7)")
{
    chain_start(false);
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_EQ(client.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
    expect_chain_works();
}

CHAIN_TEST(RP_05, states, "while the chain stands, its callers await replies, and the last server runs")
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

CHAIN_TEST(RP_06, top, "deleting the newest Reply: its caller gets CANCELLED, and runs when the server waits")
{
    chain_start(true);
    EXPECT_OK(reply_delete(DEPTH - 1));
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

CHAIN_TEST(RP_06, bottom,
           "deleting the oldest Reply cancels the client; the context comes home when it is free")
{
    chain_start(true);
    EXPECT_OK(reply_delete(0));
    EXPECT_EQ(rt_state(links[0].reply), 0);
    gated = false;
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    for (unsigned i = 1; i < DEPTH; i++)
        EXPECT_EQ(links[i].served, 1);
    EXPECT_EQ(links[0].called.info, TESS_INFO(100 + DEPTH - 1, 0, 0));
}

CHAIN_TEST(RP_06, nobodys,
           "a context whose chain has lost both ends cannot be bound before UNBIND; then nobody takes it")
{
    chain_start(true);
    struct rt_thread *thread =
        rt_spawn(link_run, &links[0], .cspace = links[0].cspace, .passive = true, .stopped = true);
    tess_cptr context = client.thread->context;
    EXPECT_OK(rt_delete(links[DEPTH - 1].thread->tcb)); /* it ran on the context */
    EXPECT_OK(rt_delete(client.thread->tcb));           /* it was its home */
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb), TESS_ERR_BOUND,
                 TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb));
    EXPECT_OK(reply_delete(DEPTH - 1)); /* its caller has no context now, and takes none */
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY);
    EXPECT_ERROR(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, thread->tcb), TESS_ERR_BOUND,
                 TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_READY); /* still passive: it never ran */
}

CHAIN_TEST(RP_06, middle,
           "deleting a Reply in the middle: its caller gets CANCELLED, and runs when the next server waits")
{
    for (unsigned cut = 1; cut + 1 < DEPTH; cut++) {
        chain_start(true);
        EXPECT_OK(reply_delete(cut));
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

CHAIN_TEST(RP_06, caller_gone,
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

CHAIN_TEST(RP_06, client_gone, "deleting or suspending the client: the servers find nobody to answer")
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

CHAIN_TEST(RP_06, server_gone,
           "deleting the server that runs: its caller waits until the Reply is used or deleted")
{
    for (unsigned answer = 0; answer < 2; answer++) {
        chain_start(true);
        EXPECT_OK(rt_delete(links[DEPTH - 1].thread->tcb));
        rt_settle();
        EXPECT_EQ(link_state(DEPTH - 2), TESS_THREAD_AWAITING_REPLY);
        EXPECT_OK(answer ? rt_send(links[DEPTH - 1].reply, TESS_INFO(104, 0, 0)) : reply_delete(DEPTH - 1));
        rt_settle();
        EXPECT_EQ(client.returned, 1);
        if (answer)
            EXPECT_EQ(client.result.info, TESS_INFO(104 + DEPTH - 1, 0, 0));
        for (unsigned i = 0; i + 1 < DEPTH; i++)
            rt_delete(links[i].thread->tcb);
    }
}

CHAIN_TEST(RP_06, context_gone,
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

CHAIN_TEST(
    RP_06, caller_top,
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

CHAIN_TEST(RP_06, server_suspended, "a server that is suspended keeps the lent context, and goes on with it")
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

CHAIN_TEST(
    RP_06, unbound,
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

CHAIN_TEST(RP_07, revoked, "revoking all Reply objects at once cancels every caller of the chain")
{
    chain_start(true);
    for (unsigned i = 0; i < DEPTH; i++)
        EXPECT_OK(reply_delete(i));
    gated = false;
    rt_settle();
    EXPECT_EQ(client.returned, 1);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
}

/* ---- what the last server of a chain can do ------------------------------------------------------------- */

/* Gives it one more capability, with which it then goes on. */
static void show_last(tess_cptr cap)
{
    struct link *last = &links[DEPTH - 1];
    if (direct)
        put(last->cspace, SLOT_OTHER, cap);
    last->other = direct ? (tess_cptr)SLOT_OTHER : cap;
    rt_settle();
}

static void wait_for_other(struct link *link)
{
    while (!link->other)
        rt_yield();
    link->called = rt_wait(link->other);
}

CHAIN_TEST(SC_10, waits,
           "a server that waits on a notification while it owes an answer keeps the lent context")
{
    tess_cptr notification = new_notification();
    meanwhile = wait_for_other;
    chain_start(true);
    show_last(notification);
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_WAITING);
    gated = false;
    EXPECT_OK(rt_signal(notification));
    rt_settle();
    EXPECT_EQ(client.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    expect_chain_works();
    meanwhile = NULL;
}

/* Answers whom another object holds, and receives with that. */
static void answer_other(struct link *link)
{
    while (!link->other)
        rt_yield();
    link->called = rt_reply_recv(link->own_endpoint, link->other, TESS_INFO(77, 0, 0));
}

CHAIN_TEST(RP_05, oldest, "a server that answers with the oldest object of its chain keeps the lent context")
{
    struct actor caller;
    meanwhile = answer_other;
    chain_start(true);
    show_last(links[0].reply);
    EXPECT_EQ(link_state(DEPTH - 1), TESS_THREAD_RECEIVING);
    EXPECT_EQ(rt_state(client.thread->tcb), TESS_THREAD_READY); /* answered, but its context is lent */
    EXPECT_EQ(client.returned, 0);
    gated = false;
    actor_call(&caller, links[DEPTH - 1].endpoint); /* the object that held the client now holds this one */
    rt_settle();
    EXPECT_EQ(caller.result.info, TESS_INFO(100 + DEPTH, 0, 0));
    EXPECT_EQ(client.result.info, TESS_INFO(77, 0, 0)); /* when its context came home */
    meanwhile = NULL;
    expect_chain_works();
}
