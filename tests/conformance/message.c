/*
 * tests/conformance/message.c: what a message carries: words in registers and buffers, capabilities into a
 * receive window (SPEC EP-7 to EP-10, ABI-12).
 */
#include "tests/conformance/common.h"

/* ---- words --------------------------------------------------------------------------------------------- */

static struct {
    tess_cptr endpoint, reply;
    struct rt_result got;
    tess_word beyond[TESS_MESSAGE_WORDS_MAX]; /* words 8 on, as the receiver's buffer showed them */
    tess_word answer_info;
    volatile unsigned rounds;
} mirror;

/* Keeps what it gets, and answers with the same number of words, each of them + 1000. */
static void mirror_run(void *argument)
{
    (void)argument;
    struct tess_ipc_buffer *buffer = rt_self->buffer;
    struct rt_result r = rt_recv(mirror.endpoint, mirror.reply);
    for (;;) {
        mirror.got = r;
        for (unsigned i = 8; buffer && i < TESS_MESSAGE_WORDS_MAX; i++) {
            mirror.beyond[i] = buffer->words[i];
            buffer->words[i] += 1000;
        }
        for (unsigned i = 0; i < 8; i++)
            r.words[i] += 1000;
        mirror.rounds++;
        r = rt_syscall(TESS_SYS_REPLY_RECV, mirror.endpoint, mirror.answer_info, mirror.reply, r.words);
    }
}

static void mirror_start(bool buffer)
{
    mirror = (typeof(mirror)){.endpoint = new_endpoint(), .reply = new_reply()};
    rt_spawn(mirror_run, NULL, .priority = RT_PRIORITY_HIGH, .no_buffer = !buffer);
}

static void fill_buffer(tess_word seed)
{
    for (unsigned i = 0; i < TESS_MESSAGE_WORDS_MAX; i++)
        rt_self->buffer->words[i] = seed + i;
}

/* Calls with `words` words and checks both ways. */
static void check_round(unsigned words)
{
    struct tess_ipc_buffer *mine = rt_self->buffer;
    fill_buffer(5000);
    mirror.answer_info = TESS_INFO(2, words, 0);
    struct rt_result r = rt_call(mirror.endpoint, TESS_INFO(1, words, 0), 0, 1, 2, 3, 4, 5, 6, 7);
    EXPECT_OK(mirror.got);
    EXPECT_EQ(mirror.got.info, TESS_INFO(1, words, 0));
    EXPECT_OK(r);
    EXPECT_EQ(r.info, TESS_INFO(2, words, 0));
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(mirror.got.words[i], i);
        EXPECT_EQ(r.words[i], 1000 + i);
    }
    for (unsigned i = 8; i < words; i++) {
        EXPECT_EQ(mirror.beyond[i], 5000 + i);
        EXPECT_EQ(mine->words[i], 6000 + i);
    }
    for (unsigned i = words > 8 ? words : 8; i < TESS_MESSAGE_WORDS_MAX; i++)
        EXPECT_EQ(mine->words[i], 5000 + i); /* nothing beyond the length is written */
}

TEST(EP_07, lengths, "messages and answers of 0, 1, 7, 8, 9, 10, 63 and 64 words arrive as they were sent")
{
    static const unsigned lengths[] = {0, 1, 7, 8, 9, 10, 63, 64};
    mirror_start(true);
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++)
        check_round(lengths[i]);
    EXPECT_EQ(mirror.rounds, sizeof lengths / sizeof *lengths);
}

TEST(EP_07, queued, "a message of 64 words that waited in the queue arrives as it was when it was taken")
{
    struct actor sender = ACTOR(TESS_SYS_SEND, new_endpoint(), .info = TESS_INFO(1, 64, 0));
    actor_start(&sender, .priority = RT_PRIORITY_HIGH);
    for (unsigned i = 8; i < 64; i++)
        sender.thread->buffer->words[i] = 300 + i;
    EXPECT_OK(rt_recv(sender.cap, TESS_NULL));
    for (unsigned i = 8; i < 64; i++)
        EXPECT_EQ(rt_self->buffer->words[i], 300 + i);
}

TEST(EP_07, all_eight, "the eight register words arrive whatever length is announced")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&receiver, endpoint, TESS_NULL);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(0, 2, 0), 1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(receiver.result.info, TESS_INFO(0, 2, 0));
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQ(receiver.result.words[i], 1 + i);
}

TEST(EP_10, truncated, "a receiver without a buffer gets eight words and the flag TRUNCATED")
{
    mirror_start(false);
    mirror.answer_info = TESS_INFO(2, 1, 0);
    EXPECT_EQ(rt_call(mirror.endpoint, TESS_INFO(1, 9, 0), 1, 2, 3, 4, 5, 6, 7, 8).status, TESS_OK);
    EXPECT_EQ(mirror.got.status, TESS_STATUS_TRUNCATED);
    EXPECT_EQ(mirror.got.info, TESS_INFO(1, 8, 0));
    EXPECT_EQ(mirror.got.words[7], 8);
    EXPECT_EQ(rt_call(mirror.endpoint, TESS_INFO(1, 8, 0), 1).status, TESS_OK);
    EXPECT_EQ(mirror.got.status, TESS_OK);
}

TEST(EP_10, truncated_answer,
     "a caller without a buffer gets eight words of the answer and the flag TRUNCATED")
{
    mirror_start(true);
    mirror.answer_info = TESS_INFO(2, 20, 0);
    struct actor caller = ACTOR(TESS_SYS_CALL, mirror.endpoint, .info = TESS_INFO(1, 1, 0));
    actor_start(&caller, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    EXPECT_EQ(caller.result.status, TESS_STATUS_TRUNCATED);
    EXPECT_EQ(caller.result.info, TESS_INFO(2, 8, 0));
}

TEST(EP_08, no_buffer,
     "more than eight words, or capabilities, without a buffer give NO_BUFFER to the sender")
{
    struct actor sender;
    tess_cptr endpoint = new_endpoint(), other = new_endpoint(), reply = new_reply();
    static const tess_word infos[] = {TESS_INFO(1, 9, 0), TESS_INFO(1, 64, 0), TESS_INFO(1, 0, 1)};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned call = 0; call < 2; call++) {
            sender = ACTOR(call ? TESS_SYS_CALL : TESS_SYS_SEND, endpoint, .info = infos[i]);
            actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
            EXPECT_ERROR(sender.result, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8);
        }
    for (unsigned caps = 0; caps < 2; caps++) { /* too long is too long, buffer or not */
        sender = ACTOR(TESS_SYS_SEND, endpoint, .info = TESS_INFO(1, 65 - caps, 9 * caps));
        actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
        EXPECT_ERROR(sender.result, TESS_ERR_RANGE, TESS_ARG_INFO, caps ? 8 : 64);
    }
    EXPECT_EQ(rt_state(endpoint), 0);
    /* The same for an answer: the caller stays where it is. */
    struct actor caller;
    actor_call(&caller, other);
    EXPECT_OK(rt_recv(other, reply));
    sender = ACTOR(TESS_SYS_SEND, reply, .info = TESS_INFO(1, 9, 0));
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    EXPECT_ERROR(sender.result, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8);
    sender = ACTOR(TESS_SYS_REPLY_RECV, other, .reply = reply, .info = TESS_INFO(1, 9, 0));
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .no_buffer = true);
    EXPECT_ERROR(sender.result, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8);
    EXPECT_EQ(rt_state(reply), 1);
    EXPECT_EQ(caller.returned, 0);
}

/* ---- capabilities --------------------------------------------------------------------------------------- */

static tess_cptr window_cnode;

/* A receiver at `endpoint` with a window of `slots` slots from slot `first` of a CNode of 16 slots. */
static void window_recv(struct actor *receiver, tess_cptr endpoint, tess_word first, tess_word slots)
{
    window_cnode = new_cnode(4);
    *receiver = ACTOR(TESS_SYS_RECV, endpoint);
    actor_start(receiver, .priority = RT_PRIORITY_HIGH);
    struct tess_ipc_buffer *buffer = receiver->thread->buffer;
    memset(buffer, 0xee, sizeof *buffer);
    buffer->window_cnode = window_cnode;
    buffer->window_first = first;
    buffer->window_slots = slots;
}

static void set_caps(const tess_cptr *caps, unsigned n)
{
    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++)
        rt_self->buffer->caps[i] = i < n ? caps[i] : 0xbad;
}

/* What the receiver was told of each capability. */
static void expect_transfer(const struct actor *receiver, const uint8_t *wanted, unsigned n)
{
    const struct tess_ipc_buffer *buffer = receiver->thread->buffer;
    EXPECT_EQ(receiver->returned, 1);
    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++)
        if (!EXPECT_EQ(buffer->transfer[i], i < n ? wanted[i] : TESS_TRANSFER_NONE))
            rt_printf("# capability %u\n", (tess_word)i);
}

TEST(EP_09, placed, "eight capabilities of any type arrive in the window, in order, as copies (CN-S1)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    tess_cptr caps[] = {rt_copied(new_endpoint(), 5),
                        rt_minted(new_notification(), 1, 77),
                        new_reply(),
                        rt_alloc(TESS_TYPE_FRAME, 12),
                        rt_boot.tcb,
                        rt_boot.control,
                        new_cnode(3),
                        new_context()};
    static const uint8_t wanted[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    window_recv(&receiver, endpoint, 4, 8);
    set_caps(caps, 8);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 8)));
    EXPECT_EQ(receiver.result.status, TESS_OK);
    EXPECT_EQ(receiver.result.info, TESS_INFO(1, 0, 8));
    expect_transfer(&receiver, wanted, 8);
    for (unsigned i = 0; i < 8; i++) {
        struct tess_inspect mine = rt_inspect(caps[i]), its = rt_inspect(in_cnode(window_cnode, 4 + i));
        EXPECT_EQ(its.type, mine.type);
        EXPECT_EQ(its.badge, mine.badge);
        EXPECT_EQ(its.size, mine.size);
    }
    for (unsigned i = 1; i < 4; i++)
        EXPECT_EQ(type_of(in_cnode(window_cnode, i)), TESS_TYPE_NULL);
}

TEST(EP_09, derived, "what arrives is a copy: a sibling or child of what was sent, and unmapped")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), original = new_endpoint(), frame = rt_alloc(TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
    window_recv(&receiver, endpoint, 1, 2);
    set_caps((tess_cptr[]){original, frame}, 2);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 2)));
    EXPECT_EQ(rt_inspect(in_cnode(window_cnode, 2)).state[2], 0);
    EXPECT_OK(rt_revoke(in_cnode(window_cnode, 1)));
    EXPECT_EQ(type_of(original), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_revoke(original));
    EXPECT_EQ(type_of(in_cnode(window_cnode, 1)), TESS_TYPE_NULL);
}

TEST(EP_09, small, "a window too small takes the first ones; the others get NO_SLOT")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), cap = new_endpoint();
    static const uint8_t wanted[5] = {1, 1, 3, 3, 3};
    window_recv(&receiver, endpoint, 1, 2);
    set_caps((tess_cptr[]){cap, cap, cap, cap, cap}, 5);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 5)));
    expect_transfer(&receiver, wanted, 5);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 2)), TESS_TYPE_ENDPOINT);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 3)), TESS_TYPE_NULL);
}

TEST(EP_09, occupied, "an occupied slot ends the window")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), cap = new_endpoint();
    static const uint8_t wanted[3] = {1, 3, 3};
    window_recv(&receiver, endpoint, 1, 8);
    EXPECT_OK(rt_copy(in_cnode(window_cnode, 2), rt_boot.fp, 15));
    set_caps((tess_cptr[]){cap, cap, cap}, 3);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 3)));
    expect_transfer(&receiver, wanted, 3);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 2)), TESS_TYPE_FP);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 3)), TESS_TYPE_NULL);
}

TEST(EP_09, edge, "a window does not reach beyond its CNode, nor over slot 0")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), cap = new_endpoint();
    static const uint8_t last[3] = {1, 3, 3}, none[3] = {3, 3, 3};
    window_recv(&receiver, endpoint, 15, 3);
    set_caps((tess_cptr[]){cap, cap, cap}, 3);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 3)));
    expect_transfer(&receiver, last, 3);
    window_recv(&receiver, endpoint, 0, 3);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 3)));
    expect_transfer(&receiver, none, 3);
}

TEST(EP_09, no_window, "without a window, or with one that is no CNode, capabilities get NO_SLOT")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), cap = new_endpoint();
    static const uint8_t wanted[2] = {3, 3};
    tess_cptr cnodes[] = {TESS_NULL, rt_boot.tcb, rt_slot(), cap | 1ull << 40};
    for (unsigned i = 0; i < 5; i++) {
        window_recv(&receiver, endpoint, 1, i < 4 ? 2 : 0);
        if (i < 4)
            receiver.thread->buffer->window_cnode = cnodes[i];
        set_caps((tess_cptr[]){cap, cap}, 2);
        EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 1, 2), 5));
        expect_transfer(&receiver, wanted, 2);
        EXPECT_EQ(receiver.result.words[0], 5);
    }
}

TEST(EP_09, unwrapped, "a capability to the endpoint itself arrives as its badge, and takes no slot")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), badged = rt_minted(endpoint, 15, 31),
              other = rt_minted(endpoint, 1, 32);
    static const uint8_t wanted[4] = {2, 1, 2, 2};
    window_recv(&receiver, endpoint, 1, 1);
    set_caps((tess_cptr[]){badged, rt_boot.fp, other, endpoint}, 4);
    EXPECT_OK(rt_send(badged, TESS_INFO(1, 0, 4)));
    expect_transfer(&receiver, wanted, 4);
    EXPECT_EQ(receiver.thread->buffer->transfer_badge[0], 31);
    EXPECT_EQ(receiver.thread->buffer->transfer_badge[1], 0);
    EXPECT_EQ(receiver.thread->buffer->transfer_badge[2], 32);
    EXPECT_EQ(receiver.thread->buffer->transfer_badge[3], 0);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 1)), TESS_TYPE_FP);
}

TEST(EP_09, no_grant, "without GRANT capabilities stay behind, but for those to the endpoint itself")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint(), weak = rt_copied(endpoint, TESS_RIGHT_SEND), cap = new_endpoint();
    static const uint8_t wanted[3] = {4, 2, 4};
    window_recv(&receiver, endpoint, 1, 3);
    set_caps((tess_cptr[]){cap, endpoint, cap}, 3);
    EXPECT_OK(rt_send(weak, TESS_INFO(1, 0, 3)));
    expect_transfer(&receiver, wanted, 3);
    for (unsigned i = 1; i < 4; i++)
        EXPECT_EQ(type_of(in_cnode(window_cnode, i)), TESS_TYPE_NULL);
}

TEST(EP_09, no_derive, "what cannot be copied gets NO_DERIVE and takes no slot: null, untyped, page table")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    static const uint8_t wanted[4] = {5, 5, 5, 1};
    window_recv(&receiver, endpoint, 1, 4);
    set_caps((tess_cptr[]){rt_slot(), rt_memory, rt_alloc(TESS_TYPE_PAGE_TABLE, 0), rt_boot.fp}, 4);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 4)));
    expect_transfer(&receiver, wanted, 4);
    EXPECT_EQ(type_of(in_cnode(window_cnode, 1)), TESS_TYPE_FP);
}

TEST(EP_08, bad_address,
     "an address in the list that leads nowhere gives ADDRESS with its number, before all else")
{
    tess_cptr endpoint = new_endpoint(), cap = new_endpoint(),
              beyond = cap | 6ull << (rt_boot.radix + RT_POOL_RADIX);
    set_caps((tess_cptr[]){cap, cap, beyond}, 3);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 0, 3)), TESS_ERR_ADDRESS, TESS_ARG_TRANSFER(2), 6);
    EXPECT_ERROR(rt_call(endpoint, TESS_INFO(0, 0, 3)), TESS_ERR_ADDRESS, TESS_ARG_TRANSFER(2), 6);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 0, 2)), TESS_ERR_WOULD_BLOCK, 0, 0);
    set_caps((tess_cptr[]){TESS_NULL}, 1);
    EXPECT_ERROR(rt_nbsend(endpoint, TESS_INFO(0, 0, 1)), TESS_ERR_ADDRESS, TESS_ARG_TRANSFER(0), 0);
}

TEST(EP_09, later, "capabilities are looked up again when a queued message is taken")
{
    struct actor sender = ACTOR(TESS_SYS_SEND, new_endpoint(), .info = TESS_INFO(1, 0, 2));
    tess_cptr cap = rt_copied(new_endpoint(), 15), own = new_cnode(2);
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .stopped = true);
    sender.thread->buffer->caps[0] = cap;
    sender.thread->buffer->caps[1] = rt_boot.fp;
    EXPECT_OK(rt_invoke(sender.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_state(sender.thread->tcb), TESS_THREAD_SENDING);
    EXPECT_OK(rt_delete(cap));
    rt_self->buffer->window_cnode = own;
    rt_self->buffer->window_first = 1;
    rt_self->buffer->window_slots = 3;
    EXPECT_EQ(rt_recv(sender.cap, TESS_NULL).info, TESS_INFO(1, 0, 2));
    EXPECT_EQ(rt_self->buffer->transfer[0], TESS_TRANSFER_NO_DERIVE);
    EXPECT_EQ(rt_self->buffer->transfer[1], TESS_TRANSFER_PLACED);
    EXPECT_EQ(type_of(in_cnode(own, 1)), TESS_TYPE_FP);
    rt_self->buffer->window_slots = 0;
}

/* A server answers with one capability; `rights`: of its endpoint capability. */
static enum tess_transfer answer_with(tess_word rights)
{
    struct actor caller;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), own = new_cnode(2);
    caller = ACTOR(TESS_SYS_CALL, endpoint, .info = TESS_INFO(1, 0, 0));
    actor_start(&caller, .priority = RT_PRIORITY_HIGH);
    caller.thread->buffer->window_cnode = own;
    caller.thread->buffer->window_first = 1;
    caller.thread->buffer->window_slots = 1;
    EXPECT_OK(rt_recv(rt_copied(endpoint, rights), reply));
    set_caps((tess_cptr[]){endpoint}, 1);
    EXPECT_OK(rt_send(reply, TESS_INFO(2, 0, 1)));
    EXPECT_EQ(caller.returned, 1);
    EXPECT_EQ(caller.result.info, TESS_INFO(2, 0, 1));
    EXPECT_EQ(type_of(in_cnode(own, 1)) == TESS_TYPE_ENDPOINT,
              caller.thread->buffer->transfer[0] == TESS_TRANSFER_PLACED);
    return (enum tess_transfer)caller.thread->buffer->transfer[0];
}

TEST(EP_09, answer, "an answer carries capabilities if the receiver's own capability has GRANT; none unwraps")
{
    EXPECT_EQ(answer_with(TESS_RIGHTS_ALL), TESS_TRANSFER_PLACED);
    EXPECT_EQ(answer_with(TESS_RIGHT_RECV | TESS_RIGHT_GRANT), TESS_TRANSFER_PLACED);
    EXPECT_EQ(answer_with(TESS_RIGHT_RECV), TESS_TRANSFER_NO_GRANT);
}

TEST(EP_09, none_sent, "a message without capabilities leaves the transfer words alone")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    window_recv(&receiver, endpoint, 1, 2);
    EXPECT_OK(rt_send(endpoint, TESS_INFO(1, 0, 0)));
    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++)
        EXPECT_EQ(receiver.thread->buffer->transfer[i], 0xeeeeeeeeeeeeeeeeull);
}

TEST(EP_10, buffer_gone,
     "when the sender's buffer goes while it waits, eight words arrive, and no capability")
{
    struct actor sender = ACTOR(TESS_SYS_SEND, new_endpoint(), .info = TESS_INFO(1, 20, 1), .words = {4});
    tess_cptr own = new_cnode(2);
    actor_start(&sender, .priority = RT_PRIORITY_HIGH, .stopped = true);
    sender.thread->buffer->caps[0] = rt_boot.fp;
    EXPECT_OK(rt_invoke(sender.thread->tcb, TESS_TCB_RESUME));
    EXPECT_OK(rt_invoke(sender.thread->tcb, TESS_TCB_SET_BUFFER, TESS_NULL, 0));
    rt_self->buffer->window_cnode = own;
    rt_self->buffer->window_first = 1;
    rt_self->buffer->window_slots = 3;
    struct rt_result r = rt_recv(sender.cap, TESS_NULL);
    EXPECT_EQ(r.status, TESS_STATUS_TRUNCATED);
    EXPECT_EQ(TESS_INFO_WORDS(r.info), 8);
    EXPECT_EQ(r.words[0], 4);
    EXPECT_EQ(rt_self->buffer->transfer[0], TESS_TRANSFER_NONE);
    EXPECT_EQ(type_of(in_cnode(own, 1)), TESS_TYPE_NULL);
    rt_self->buffer->window_slots = 0;
}
