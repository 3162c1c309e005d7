/*
 * tests/conformance/shortcut.c: where a shorter way for Call and ReplyRecv must not be taken, and what it must
 * leave behind (SPEC EP-11, EP-14, RP-8). Everything here looks as if it could take one: CSpaces of one CNode, a server
 * that waits, its client's context. Found by mutants of kernel/fastpath.S; another kernel has other shortcuts.
 */
#include "tests/conformance/players.h"

static struct player client, server, other;

/* ---- messages that do not fit ---------------------------------------------------------------------------- */

TEST(EP_14, long_message, "a message of nine words arrives whole, there and back")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    server = PART(endpoint, reply, 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, TESS_INFO(2, 9, 0)));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, TESS_INFO(1, 9, 0)));
    player_start(&client, .priority = HIGH, .stopped = true);
    client.thread->buffer->words[8] = 88;
    EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(client.results[0].info, TESS_INFO(2, 9, 0));
    EXPECT_EQ(server.thread->buffer->words[8], 88);
}

TEST(EP_14, capability,
     "a capability that a message announces arrives, there and back; GRANT is that of the receive")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), window = new_cnode(2);
    for (unsigned grant = 0; grant < 2; grant++) {
        tess_cptr weak = rt_copied(endpoint, grant ? 15 : TESS_RIGHT_RECV);
        server = PART(endpoint, reply, weak, P_RECV(EP, REPLY), P_ANSWER(P3, REPLY, TESS_INFO(2, 0, 0)),
                      P_ANSWER(EP, REPLY, TESS_INFO(3, 0, 1)));
        player_start(&server, .priority = HIGH, .passive = true);
        server.thread->buffer->caps[0] = EP;
        client = PART(endpoint, window, rt_boot.fp, P_CALL(EP, TESS_INFO(1, 0, 0)),
                      P_CALL(EP, TESS_INFO(1, 0, 1)));
        player_start(&client, .priority = HIGH, .stopped = true);
        client.thread->buffer->caps[0] = P3;
        client.thread->buffer->window_cnode = P2;
        client.thread->buffer->window_first = 1 + grant;
        client.thread->buffer->window_slots = 1;
        EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
        EXPECT_EQ(client.done, 2);
        EXPECT_EQ(server.thread->buffer->transfer[0], TESS_TRANSFER_NO_SLOT);
        EXPECT_EQ(client.thread->buffer->transfer[0], grant ? TESS_TRANSFER_PLACED : TESS_TRANSFER_NO_GRANT);
        REQUIRE_OK(rt_delete(server.thread->tcb));
    }
}

/* ---- partners that something is missing to --------------------------------------------------------------- */

TEST(EP_14, no_cspace, "a thread that has lost its CSpace finds nothing, at address 0 either")
{
    for (unsigned answer = 0; answer < 2; answer++) {
        client = PART(0, 0, 0, answer ? P_ANSWER(0, 0, 0) : P_CALL(0, 0));
        player_start(&client, .priority = HIGH, .stopped = true);
        EXPECT_OK(rt_revoke(client.cspace));
        EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
        EXPECT_EQ(client.done, 1);
        EXPECT_ERROR(client.results[0], TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, 0);
    }
}

TEST(EP_14, no_reply, "a receiver that offers no Reply object refuses the Call")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, 0, 0, P_RECV(EP, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_ERROR(client.results[0], TESS_ERR_NO_REPLY, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(player_state(&server), TESS_THREAD_RECEIVING);
}

TEST(EP_14, no_space,
     "a server that has lost its address space, or the root table of it, faults and does not run")
{
    for (unsigned table = 0; table < 2; table++) {
        tess_cptr endpoint = new_endpoint(), reply = new_reply(), space = rt_vspace_empty(),
                  handler = new_endpoint();
        tess_cptr root = rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
        EXPECT_OK(rt_invoke(root, TESS_PAGE_TABLE_MAP, space, 0));
        const struct tess_record_image *image = NULL;
        while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
            for (tess_word i = 0; i < image->pages; i++)
                REQUIRE_OK(rt_map(space, rt_copied(image->first + i, TESS_RIGHTS_ALL),
                                  image->address + i * RT_PAGE, image->rights));
        server = PART(endpoint, reply, 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0));
        player_start(&server, .priority = HIGH, .vspace = space, .passive = true, .handler = handler);
        if (table) {
            EXPECT_OK(rt_invoke(root, TESS_PAGE_TABLE_UNMAP));
        } else {
            EXPECT_OK(rt_revoke(space));
            EXPECT_OK(rt_delete(space));
        }
        client = PART(endpoint, 0, 0, P_CALL(EP, 0));
        player_start(&client, .priority = HIGH);
        EXPECT_EQ(client.done, 0);
        EXPECT_EQ(player_state(&server), TESS_THREAD_FAULTED);
        EXPECT_EQ(rt_inspect(server.thread->tcb).state[2], TESS_FAULT_EXECUTE);
        REQUIRE_OK(rt_delete(server.thread->tcb));
    }
}

/* ---- who runs next ---------------------------------------------------------------------------------------- */

TEST(EP_14, less_urgent, "a server less urgent than its client lets the threads between them run first")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(server.done, 1 - 1); /* this thread is between them */
    rt_settle();
    EXPECT_EQ(client.done, 1);
}

static void note_client(struct player *player)
{
    player->value = 1 + client.done;
}

TEST(RP_08, less_urgent,
     "an answer to a client less urgent than a thread that is ready lets that thread run first")
{
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    other = PART(notification, 0, 0, P_RECV(P1, 0), P_ACT(note_client));
    player_start(&other, .priority = RT_PRIORITY_TEST + 1);
    server = PART(endpoint, new_reply(), notification, P_RECV(EP, REPLY), P_SEND(P3), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    rt_settle();
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(other.value, 1); /* it ran before the client had its answer */
}

/* ---- what only one of the two may use ---------------------------------------------------------------------- */

static void read_cycle(struct player *player)
{
    uint64_t cycle;
    asm volatile("rdcycle %0" : "=r"(cycle));
    player->value = cycle | 1;
}

TEST(IF_06, direct, "the counters are for the server or its client, whichever has the flag")
{
    for (unsigned flag = 0; flag < 2; flag++) {
        tess_cptr endpoint = new_endpoint();
        server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(read_cycle), P_ANSWER(EP, REPLY, 0));
        player_start(&server, .priority = HIGH, .passive = true, .counters = flag);
        client = PART(endpoint, 0, 0, P_CALL(EP, 0), P_ACT(read_cycle));
        player_start(&client, .priority = HIGH, .counters = !flag);
        EXPECT_EQ(server.value != 0, flag);
        EXPECT_EQ(client.value, 0); /* without the flag it faults; the other server never answers */
        EXPECT_EQ(rt_inspect((flag ? &client : &server)->thread->tcb).state[2], TESS_FAULT_ILLEGAL);
    }
}

static void use_fp(struct player *player)
{
    asm volatile("fmv.d.x ft0, %0" ::"r"(0x1234567890abcdefull));
    player->value = 1;
}

TEST(FP_05, direct_twice,
     "a server without an FP object faults when it uses floating point in its second turn as well")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0), P_ACT(use_fp));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_ACT(use_fp), P_CALL(EP, 0), P_CALL(EP, 0));
    player_start(&client, .priority = HIGH, .fp = rt_alloc(TESS_TYPE_FP, 0));
    EXPECT_EQ(client.done, 2);
    EXPECT_EQ(server.value, 0);
    EXPECT_EQ(rt_inspect(server.thread->tcb).state[2], TESS_FAULT_FP);
}

static void read_area(struct player *player)
{
    player->value = *(volatile uint64_t *)RT_AREA;
}

TEST(VM_09, direct, "a thread that a server in another space wakes sees its own space")
{
    tess_cptr endpoint = new_endpoint(), notification = new_notification();
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
    *(volatile uint64_t *)RT_AREA = 4711;
    other = PART(notification, 0, 0, P_RECV(P1, 0), P_ACT(read_area));
    player_start(&other, .priority = HIGH + 10);
    server = PART(endpoint, new_reply(), notification, P_RECV(EP, REPLY), P_SEND(P3), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true, .vspace = rt_vspace_create());
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(other.value, 4711);
}

/* ---- what is left behind -------------------------------------------------------------------------------------- */

TEST(RP_03, direct_own, "a server with a context of its own keeps it, whatever becomes of its client")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate), P_RECV(EP, 0));
    player_start(&server, .priority = LOW);
    rt_settle();
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    turns_until(&server, 1);
    EXPECT_OK(rt_delete(client.thread->tcb));
    player_open(&server);
    EXPECT_EQ(player_state(&server), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_send(endpoint, 0)); /* it has a context to take it with */
    rt_settle();
    EXPECT_EQ(server.done, 3);
}

TEST(TH_08, direct_fault,
     "a server that faults in the middle of a request leaves its client waiting when it is stopped")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), handler = new_endpoint();
    server = PART(endpoint, reply, 0, P_RECV(EP, REPLY), P_ACT(read_area));
    player_start(&server, .priority = HIGH, .passive = true, .handler = handler);
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(player_state(&server), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_invoke(server.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_state(handler), 0);
    EXPECT_EQ(rt_state(reply), 1);
    EXPECT_EQ(player_state(&client), TESS_THREAD_AWAITING_REPLY);
    EXPECT_OK(rt_send(reply, TESS_INFO(5, 0, 0)));
    EXPECT_EQ(player_state(&client), TESS_THREAD_READY); /* the server still has its context (RP-6) */
    EXPECT_EQ(client.done, 0);
    EXPECT_OK(rt_delete(server.thread->tcb));
    EXPECT_EQ(client.results[0].info, TESS_INFO(5, 0, 0));
}

TEST(RP_08, faulted, "an answer to a thread that faulted lets it go on at its fault, or not at all")
{
    for (unsigned label = 0; label < 2; label++) {
        tess_cptr handler = new_endpoint(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
        server = PART(handler, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate),
                      P_ANSWER(EP, REPLY, TESS_INFO(label, 0, 0)));
        player_start(&server, .priority = LOW, .passive = true);
        client = PART(0, 0, 0, P_ACT(read_area));
        player_start(&client, .priority = LOW, .handler = handler);
        turns_until(&server, 1);
        REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
        *(volatile uint64_t *)RT_AREA = 99;
        player_open(&server);
        EXPECT_EQ(client.value, label ? 0 : 99);
        EXPECT_EQ(client.done, !label);
        if (label)
            EXPECT_EQ(player_state(&client), TESS_THREAD_INACTIVE);
        REQUIRE_OK(rt_delete(frame));
        REQUIRE_OK(rt_delete(server.thread->tcb));
    }
}

TEST(RP_08, elsewhere,
     "a server that receives from another endpoint than before waits there, and there alone")
{
    tess_cptr first = new_endpoint(), second = new_endpoint();
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_ANSWER(P3, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(rt_state(second), 2);
    EXPECT_EQ(rt_state(first), 0);
    EXPECT_OK(rt_invoke(server.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_state(second), 0);
    EXPECT_EQ(rt_inspect(second).state[1], 0);
    EXPECT_ERROR(rt_nbsend(second, 0), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
}

TEST(EP_11, at_work,
     "an endpoint that ends while its server is at work with a Call leaves server and client alone")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    server =
        PART(endpoint, reply, new_endpoint(), P_RECV(EP, REPLY), P_ACT(player_gate), P_ANSWER(P3, REPLY, 0));
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, TESS_INFO(7, 0, 0)));
    player_start(&client, .priority = LOW);
    turns_until(&server, 1);
    EXPECT_OK(rt_revoke(endpoint));
    EXPECT_OK(rt_delete(endpoint));
    EXPECT_EQ(server.results[0].info, TESS_INFO(7, 0, 0));
    EXPECT_EQ(player_state(&server), TESS_THREAD_READY);
    EXPECT_EQ(player_state(&client), TESS_THREAD_AWAITING_REPLY);
    server.open = true;
    turns_until(&client, 1);
    EXPECT_OK(client.results[0]);
    EXPECT_EQ(server.value, TESS_OK); /* nobody told it anything */
}

TEST(RP_06, given_up,
     "a client that is suspended has its context again when its server waits for other calls")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, new_reply(), new_endpoint(), P_RECV(EP, REPLY), P_RECV(P3, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(player_state(&server), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_OK(rt_invoke(client.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(client.done, 1);
    EXPECT_ERROR(client.results[0], TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

/* On itself, in slot 4, with authority in slot 5. */
#define P_LESS_URGENT                                                                                        \
    ((struct step){.operation = TESS_SYS_CALL,                                                               \
                   .cap = P4,                                                                                \
                   .info = TESS_INFO(TESS_TCB_SET_PRIORITY, 3, 0),                                           \
                   .words = {P5, LOW, LOW}})

TEST(RP_08, place, "a server that waits after an answer has the place of the priority that it has then")
{
    struct actor urgent;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_LESS_URGENT, P_ANSWER(EP, REPLY, 0),
                  P_ANSWER(EP, REPLY, 0));
    server.caps[P5 - 1] = rt_boot.tcb;
    player_start(&server, .priority = HIGH + 10, .passive = true);
    REQUIRE_OK(rt_invoke(server.cspace, TESS_CNODE_COPY, P4, TESS_NULL, server.thread->tcb, 0));
    client = PART(endpoint, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    rt_settle();
    EXPECT_EQ(client.done, 1);
    EXPECT_OK(server.results[1]);
    actor_recv(&urgent, endpoint, reply);
    EXPECT_EQ(rt_inspect(endpoint).state[1], 2);
    other = PART(endpoint, 0, 0, P_CALL(EP, TESS_INFO(9, 0, 0)), P_CALL(EP, TESS_INFO(10, 0, 0)));
    player_start(&other, .priority = LOW);
    rt_settle();
    EXPECT_EQ(urgent.result.info, TESS_INFO(9, 0, 0));
    EXPECT_OK(rt_send(reply, 0));
    rt_settle();
    EXPECT_EQ(other.done, 2); /* the second Call found the server */
    EXPECT_EQ(server.results[2].info, TESS_INFO(10, 0, 0));
}

/* ---- contexts that are elsewhere ------------------------------------------------------------------------------ */

TEST(RP_08, own_meanwhile,
     "a server given a context while it waits for an answer keeps both its own and nothing else")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), context = new_context();
    other = PART(second, new_reply(), 0, P_RECV(EP, REPLY), P_ACT(player_gate), P_ANSWER(EP, REPLY, 0));
    player_start(&other, .priority = LOW, .passive = true);
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = LOW, .passive = true);
    client = PART(first, 0, 0, P_CALL(EP, 0));
    player_start(&client, .priority = LOW);
    turns_until(&other, 1);
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, server.thread->tcb));
    player_open(&other);
    EXPECT_EQ(client.done, 1);
    EXPECT_OK(rt_send(first, 0)); /* the server has its context, and nobody else's, to take this with */
    rt_settle();
    EXPECT_EQ(server.done, 3);
    EXPECT_ERROR(rt_nbsend(second, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_inspect(client.thread->context).state[4], 1);
}

TEST(RP_08, forgotten, "an object that was answered with knows nothing of the context that went back")
{
    tess_cptr first = new_endpoint(), second = new_endpoint(), notification = new_notification();
    tess_cptr context = new_context();
    server = PART(first, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    other = PART(second, new_reply(), notification, P_RECV(EP, REPLY), P_RECV(P3, 0), P_ANSWER(EP, REPLY, 0));
    player_start(&other, .priority = HIGH, .passive = true);
    client = PART(first, second, 0, P_CALL(P1, 0), P_CALL(P2, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(player_state(&other), TESS_THREAD_WAITING); /* on the client's context */
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, server.thread->tcb));
    EXPECT_OK(rt_call(first, 0)); /* held by the object that the client was answered with */
    EXPECT_ERROR(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_BIND, rt_alloc(TESS_TYPE_TCB, 0)),
                 TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(client.thread->context, TESS_SCHED_CONTEXT_UNBIND)); /* the chain ends with it */
    EXPECT_OK(rt_signal(notification));
    EXPECT_EQ(player_state(&other), TESS_THREAD_READY); /* with nothing to run on */
    rt_configure(rt_self->context, rt_ticks(10000), rt_ticks(10000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND));
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, other.thread->tcb));
    rt_settle();
    EXPECT_EQ(other.results[1].status, TESS_STATUS_NOTIFICATION);
    EXPECT_EQ(player_state(&client), TESS_THREAD_READY); /* answered, without a context */
    EXPECT_EQ(client.done, 1);
}

TEST(RP_08, next_chain, "an object that was in one chain can be in another while the first still stands")
{
    for (unsigned words = 0; words < 10; words += 9) {
        static struct player between, client2;
        tess_cptr first = new_endpoint(), second = new_endpoint(), third = new_endpoint();
        /* client - server - other, which answers; then client2 - between - other, which stops there. */
        other = PART(second, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0), P_ACT(player_gate),
                     P_ANSWER(EP, REPLY, 0));
        player_start(&other, .priority = LOW, .passive = true);
        server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ACT(player_gate),
                      P_ANSWER(EP, REPLY, TESS_INFO(0, words, 0)));
        player_start(&server, .priority = LOW, .passive = true);
        between = PART(third, new_reply(), second, P_RECV(EP, REPLY), P_CALL(P3, 0), P_ANSWER(EP, REPLY, 0));
        player_start(&between, .priority = LOW, .passive = true);
        client = PART(first, 0, 0, P_CALL(EP, 0));
        client2 = PART(words ? third : second, 0, 0, P_CALL(EP, 0));
        player_start(&client, .priority = LOW);
        turns_until(&server, 2);
        player_start(&client2, .priority = LOW);
        turns_until(&other, 2);
        struct player *sooner = words ? &server : &other; /* which of the chains ends first */
        sooner->open = true;
        turns_until(words ? &client : &client2, 1);
        server.open = other.open = true;
        turns_until(words ? &client2 : &client, 1);
        rt_settle();
        EXPECT_ERROR(rt_nbsend(first, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
        EXPECT_ERROR(rt_nbsend(second, 0), TESS_ERR_NO_CONTEXT, TESS_ARG_CAPABILITY, 0);
        struct player *all[] = {&server, &between, &other};
        for (unsigned i = 0; i < 3; i++)
            REQUIRE_OK(rt_delete(all[i]->thread->tcb));
    }
}

/* ---- reservations ------------------------------------------------------------------------------------------------ */

/* Reserves, makes the system call on its first capability, and stores: 1 if that failed, as it must. */
static tess_word store_after(tess_word call)
{
    static volatile uint64_t reserved;
    register tess_word operation asm("a7") = call, address asm("a0") = EP, info asm("a1") = 0;
    tess_word failed;
    asm volatile("lr.d zero, (%4)\n ecall\n sc.d %0, zero, (%4)"
                 : "=&r"(failed), "+r"(operation), "+r"(address), "+r"(info)
                 : "r"(&reserved)
                 : "a2", "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return failed;
}

static void reserve(struct player *player)
{
    player->value = store_after(TESS_SYS_YIELD) + store_after(TESS_SYS_CALL);
}

TEST(ABI_03, reservation_call, "a load reservation does not outlive a system call, with or without a switch")
{
    tess_cptr endpoint = new_endpoint();
    server = PART(endpoint, new_reply(), 0, P_RECV(EP, REPLY), P_ANSWER(EP, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    client = PART(endpoint, 0, 0, P_ACT(reserve));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(client.done, 1);
    EXPECT_EQ(client.value, 2);
}

TEST(RP_08, alone, "a server that stood in a queue with others stands alone in the next one")
{
    tess_cptr first = new_endpoint(), second = new_endpoint();
    struct actor beside;
    server = PART(first, new_reply(), second, P_RECV(EP, REPLY), P_ANSWER(P3, REPLY, 0),
                  P_ANSWER(P3, REPLY, TESS_INFO(0, 9, 0)), P_ANSWER(P3, REPLY, 0));
    player_start(&server, .priority = HIGH, .passive = true);
    actor_recv(&beside, first, new_reply());
    EXPECT_EQ(rt_inspect(first).state[1], 2);
    client = PART(first, second, 0, P_CALL(P1, 0), P_CALL(P2, TESS_INFO(0, 9, 0)), P_CALL(P2, 0));
    player_start(&client, .priority = HIGH);
    EXPECT_EQ(client.done, 3);
    EXPECT_EQ(server.done, 3); /* the third answer waits */
    EXPECT_EQ(beside.returned, 0);
    EXPECT_EQ(rt_inspect(first).state[1], 1);
    EXPECT_EQ(rt_inspect(second).state[1], 1);
}
