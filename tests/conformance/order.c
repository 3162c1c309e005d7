/*
 * tests/conformance/order.c: the order of checks where an error needs more than an argument: a caller without an IPC
 * buffer, a server that runs on its client's context, a machine without Svpbmt. All others: pairs.c.
 */
#include "tests/conformance/common.h"

TEST(EP_02, no_buffer,
     "a missing buffer is found after a missing right, and before NO_REPLY, NO_CONTEXT and WOULD_BLOCK")
{
    struct actor receiver, passive, sender;
    tess_cptr endpoint = new_endpoint(), without = new_endpoint(), idle = new_endpoint();
    actor_recv(&receiver, endpoint, TESS_NULL);
    actor_recv(&passive, without, TESS_NULL);
    REQUIRE_OK(rt_invoke(passive.thread->context, TESS_SCHED_CONTEXT_UNBIND));
    const struct {
        tess_word operation;
        tess_cptr cap;
        enum tess_error error;
        tess_word argument, detail;
    } tries[] = {
        {TESS_SYS_CALL, rt_copied(endpoint, 11), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_CALL},
        {TESS_SYS_SEND, rt_copied(without, 14), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND},
        {TESS_SYS_CALL, endpoint, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8},
        {TESS_SYS_SEND, without, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8},
        {TESS_SYS_NBSEND, without, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8},
        {TESS_SYS_NBSEND, idle, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8},
        {TESS_SYS_NBSEND, new_reply(), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0},
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        for (unsigned caps = 0; caps < 2; caps++) {
            sender = ACTOR(tries[i].operation, tries[i].cap, .info = TESS_INFO(0, caps ? 0 : 9, caps));
            actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
            EXPECT_ERROR(sender.result, tries[i].error, tries[i].argument, tries[i].detail);
        }
    EXPECT_EQ(receiver.returned + passive.returned, 0);
}

/* ---- a server that runs on its client's context --------------------------------------------------------- */

#define TRIES 12u

static struct {
    tess_cptr endpoint, reply, notification;
    struct actor tries[TRIES]; /* as many as have an operation */
} server;

/* Takes a Call, makes all these calls, answers, and waits for ever. */
static void serve(void *argument)
{
    (void)argument;
    rt_recv(server.endpoint, server.reply);
    for (unsigned i = 0; i < TRIES && server.tries[i].operation; i++) {
        struct actor *try = &server.tries[i];
        try->result = rt_syscall(try->operation, try->cap, try->info, try->reply, try->words);
    }
    rt_reply_recv(server.endpoint, server.reply, TESS_INFO(9, 0, 0));
    rt_recv(server.endpoint, TESS_NULL); /* without a client to answer */
}

/* Starts it without a context, and a client; returns when the client has its answer. */
static void serve_client(struct actor *client)
{
    struct rt_thread *thread = rt_spawn(serve, NULL, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
    actor_call(client, server.endpoint);
    EXPECT_EQ(client->result.info, TESS_INFO(9, 0, 0));
}

TEST(RP_01, no_context, "an answer that takes the context is refused before its message is looked at")
{
    struct actor client;
    server = (typeof(server)){.endpoint = new_endpoint(), .reply = new_reply()};
    const tess_word infos[] = {TESS_INFO(0, 65, 0), TESS_INFO(0, 64, 9), TESS_INFO(0, 9, 0),
                               TESS_INFO(0, 0, 1)};
    for (unsigned i = 0; i < 8; i++)
        server.tries[i] = ACTOR(i < 4 ? TESS_SYS_SEND : TESS_SYS_NBSEND, server.reply, .info = infos[i % 4]);
    serve_client(&client);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_ERROR(server.tries[i].result, TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
}

TEST(RP_04, no_context,
     "ReplyRecv from a notification that lends none: NO_CONTEXT comes after all errors of its arguments")
{
    struct actor client, other;
    tess_cptr bound = new_notification(), offered = new_reply(), notification = new_notification();
    server = (typeof(server)){.endpoint = new_endpoint(), .reply = new_reply()};
    REQUIRE_OK(rt_invoke(rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_BIND_NOTIFICATION, bound));
    actor_recv(&other, new_endpoint(), offered);
    const tess_word most = TESS_INFO(0, 65, 0);
    const struct {
        struct actor call;
        enum tess_error error;
        tess_word argument, detail;
    } tries[] = {
        {ACTOR(TESS_SYS_REPLY_RECV, rt_copied(notification, TESS_RIGHT_SEND), .reply = server.reply,
               .info = most),
         TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_RECV},
        {ACTOR(TESS_SYS_REPLY_RECV, bound, .reply = server.reply, .info = most), TESS_ERR_BOUND,
         TESS_ARG_CAPABILITY, 0},
        {ACTOR(TESS_SYS_REPLY_RECV, notification, .reply = rt_boot.fp, .info = most), TESS_ERR_TYPE,
         TESS_ARG_REPLY, TESS_TYPE_FP},
        {ACTOR(TESS_SYS_REPLY_RECV, notification, .reply = offered, .info = most), TESS_ERR_BUSY,
         TESS_ARG_REPLY, 0},
        {ACTOR(TESS_SYS_REPLY_RECV, notification, .reply = server.reply, .info = most), TESS_ERR_RANGE,
         TESS_ARG_INFO, 64},
        {ACTOR(TESS_SYS_REPLY_RECV, notification, .reply = server.reply, .info = TESS_INFO(0, 9, 0)),
         TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8},
        {ACTOR(TESS_SYS_REPLY_RECV, notification, .reply = server.reply), TESS_ERR_NO_CONTEXT,
         TESS_ARG_CAPABILITY, 0},
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        server.tries[i] = tries[i].call;
    serve_client(&client);
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        EXPECT_ERROR(server.tries[i].result, tries[i].error, tries[i].argument, tries[i].detail);
    EXPECT_EQ(other.returned, 0);
}

TEST(EP_03, no_context,
     "RECV from a notification that would lose the context: NO_CONTEXT comes after all errors of its "
     "arguments")
{
    struct actor client, other;
    tess_cptr bound = new_notification(), offered = new_reply(), notification = new_notification();
    server = (typeof(server)){.endpoint = new_endpoint(), .reply = new_reply()};
    REQUIRE_OK(rt_invoke(rt_alloc(TESS_TYPE_TCB, 0), TESS_TCB_BIND_NOTIFICATION, bound));
    actor_recv(&other, new_endpoint(), offered);
    const struct {
        struct actor call;
        enum tess_error error;
        tess_word argument, detail;
    } tries[] = {
        {ACTOR(TESS_SYS_RECV, rt_copied(notification, TESS_RIGHT_SEND)), TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY,
         TESS_RIGHT_RECV},
        {ACTOR(TESS_SYS_RECV, bound), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0},
        {ACTOR(TESS_SYS_RECV, notification, .reply = rt_boot.fp), TESS_ERR_TYPE, TESS_ARG_REPLY,
         TESS_TYPE_FP},
        {ACTOR(TESS_SYS_RECV, notification, .reply = offered), TESS_ERR_BUSY, TESS_ARG_REPLY, 0},
        {ACTOR(TESS_SYS_NBRECV, notification), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0},
        {ACTOR(TESS_SYS_RECV, notification), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0},
    };
    /* Its client is cancelled first: from then on the context leaves with the first wait. */
    server.tries[0] = ACTOR(TESS_SYS_CALL, rt_boot.cnode, .info = TESS_INFO(TESS_CNODE_DELETE, 1, 0),
                            .words = {server.reply});
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        server.tries[1 + i] = tries[i].call;
    struct rt_thread *thread = rt_spawn(serve, NULL, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    REQUIRE_OK(rt_invoke(thread->context, TESS_SCHED_CONTEXT_UNBIND));
    actor_call(&client, server.endpoint);
    EXPECT_ERROR(client.result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        EXPECT_ERROR(server.tries[1 + i].result, tries[i].error, tries[i].argument, tries[i].detail);
    EXPECT_EQ(other.returned, 0);
}

/* ---- a machine without Svpbmt ----------------------------------------------------------------------------- */

TEST(VM_17, order,
     "attributes that the machine has not are refused before anything but the address space is looked at; "
     "those it has change no other error")
{
    tess_cptr space = rt_vspace_empty(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    tess_cptr mapped = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    tess_word end = 1ull << (rt_boot.machine->address_bits - 1);
    bool svpbmt = rt_boot.machine->features & TESS_FEATURE_SVPBMT;
    REQUIRE_OK(rt_map(space, mapped, RT_AREA, RIGHTS_RW));
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, rt_boot.fp, RT_AREA, 1, 1), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_FP);
    const struct {
        tess_cptr frame;
        tess_word address, rights;
    } tries[] = {{mapped, RT_AREA + RT_PAGE, 1},
                 {frame, RT_AREA + 1, 1},
                 {frame, end, 1},
                 {frame, RT_AREA, 8},
                 {frame, RT_AREA, 0},
                 {frame, RT_AREA + (1 << 21), 1},
                 {frame, RT_AREA, 1}};
    unsigned refused = sizeof tries / sizeof *tries - 1; /* all but the last, whatever the attribute */
    for (unsigned i = 0; i < refused + !svpbmt; i++)
        for (tess_word attribute = 1; attribute < 4; attribute++) {
            enum tess_error error = attribute < 3 ? TESS_ERR_UNSUPPORTED : TESS_ERR_ARGUMENT;
            if (svpbmt && attribute < 3) {
                tess_word plain =
                    rt_invoke(tries[i].frame, TESS_FRAME_MAP, space, tries[i].address, tries[i].rights, 0)
                        .status;
                EXPECT(plain != TESS_OK);
                EXPECT_EQ(rt_invoke(tries[i].frame, TESS_FRAME_MAP, space, tries[i].address, tries[i].rights,
                                    attribute)
                              .status,
                          plain);
                continue;
            }
            EXPECT_ERROR(rt_invoke(tries[i].frame, TESS_FRAME_MAP, space, tries[i].address, tries[i].rights,
                                   attribute),
                         error, TESS_ARG_WORD(3), 0);
            EXPECT_ERROR(rt_invoke(space, TESS_VSPACE_MAP_RANGE, 0, tries[i].frame, 1, tries[i].address,
                                   tries[i].rights, attribute, 0),
                         error, TESS_ARG_WORD(5), 0);
        }
}
