/*
 * tests/conformance/states.c: objects in each of their states, where no story elsewhere comes by: mappings,
 * threads that are resumed, read and written, ready queues, slots of what is being ended (SPEC, the state tables of
 * CN, SC, TH and VM).
 */
#include "tests/conformance/common.h"

/* ---- mappings (VM) ------------------------------------------------------------------------------------- */

static struct rt_result map(tess_cptr frame, tess_cptr space, tess_word address)
{
    return rt_invoke(frame, TESS_FRAME_MAP, space, address, TESS_RIGHT_READ, 0);
}

static struct rt_result map_table(tess_cptr table, tess_cptr space, tess_word address)
{
    return rt_invoke(table, TESS_PAGE_TABLE_MAP, space, address);
}

static struct rt_result unmap_table(tess_cptr table)
{
    return rt_invoke(table, TESS_PAGE_TABLE_UNMAP);
}

/* A frame mapped at RT_AREA, and the tables above it, the root first. */
static struct place {
    tess_cptr space, tables, frame;
} place;

static tess_cptr table(unsigned from_root)
{
    return rt_nth(place.tables, from_root);
}

static void place_make(void)
{
    place = (struct place){rt_vspace_empty(), rt_alloc_many(TESS_TYPE_PAGE_TABLE, 0, table_levels()),
                           rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K)};
    for (unsigned i = 0; i < table_levels(); i++)
        REQUIRE_OK(map_table(table(i), place.space, RT_AREA));
    REQUIRE_OK(map(place.frame, place.space, RT_AREA));
}

enum frame_state { FRAME_UNMAPPED, FRAME_MAPPED, FRAME_CUT_OFF, FRAME_STATES };

/* In the last state another table stands where the frame's was. */
static void place_frame(enum frame_state state)
{
    place_make();
    if (state == FRAME_UNMAPPED)
        REQUIRE_OK(rt_invoke(place.frame, TESS_FRAME_UNMAP));
    if (state != FRAME_CUT_OFF)
        return;
    REQUIRE_OK(unmap_table(table(table_levels() - 1)));
    REQUIRE_OK(map_table(rt_alloc(TESS_TYPE_PAGE_TABLE, 0), place.space, RT_AREA));
}

static void expect_mapped(bool mapped, tess_word address)
{
    EXPECT_EQ(rt_inspect(place.frame).state[2], mapped);
    EXPECT_EQ(rt_inspect(place.frame).state[1], mapped ? address : 0);
}

TEST(VM_03, frame_states,
     "MAP, PROTECT, UNMAP and INSPECT of a frame not mapped, mapped, cut off (VM-S9, VM-S10, VM-S11)")
{
    for (unsigned state = 0; state < FRAME_STATES; state++) {
        bool mapped = state == FRAME_MAPPED;
        enum tess_error map_error = mapped ? TESS_ERR_MAPPED : TESS_OK;
        enum tess_error error = mapped ? TESS_OK : TESS_ERR_UNMAPPED;
        for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
            place_frame((enum frame_state)state);
            expect_mapped(mapped, RT_AREA);
            EXPECT_ERROR(map(place.frame, place.space, RT_AREA + elsewhere * RT_PAGE), map_error,
                         TESS_ARG_CAPABILITY, 0);
            expect_mapped(true, RT_AREA + (mapped ? 0 : elsewhere * RT_PAGE));
        }
        place_frame((enum frame_state)state);
        EXPECT_ERROR(rt_invoke(place.frame, TESS_FRAME_PROTECT, TESS_RIGHT_EXECUTE), error,
                     TESS_ARG_CAPABILITY, 0);
        expect_mapped(mapped, RT_AREA);
        EXPECT_ERROR(rt_invoke(place.frame, TESS_FRAME_UNMAP), error, TESS_ARG_CAPABILITY, 0);
        expect_mapped(false, 0);
    }
}

enum table_state { TABLE_UNMAPPED, TABLE_LEAF, TABLE_ROOT, TABLE_CUT_OFF, TABLE_STATES };

/* The table in question; it holds an entry unless it is unmapped. */
static tess_cptr place_table(enum table_state state)
{
    unsigned leaf = table_levels() - 1;
    place_make();
    if (state == TABLE_UNMAPPED)
        REQUIRE_OK(unmap_table(table(leaf)));
    if (state == TABLE_CUT_OFF)
        REQUIRE_OK(unmap_table(table(leaf - 1)));
    return table(state == TABLE_ROOT ? 0 : leaf);
}

/* As the root of another space it shows nothing, neither where it led before nor at its beginning. */
static void expect_cleared(tess_cptr table)
{
    tess_cptr other = rt_vspace_empty(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    EXPECT_EQ(rt_state(table), 0);
    REQUIRE_OK(map_table(table, other, 0));
    EXPECT_ERROR(map(frame, other, 0), TESS_ERR_TABLE, TESS_ARG_WORD(1), table_levels() - 2);
    EXPECT_ERROR(map(frame, other, RT_AREA), TESS_ERR_TABLE, TESS_ARG_WORD(1), table_levels() - 2);
}

TEST(VM_03, table_states,
     "MAP, UNMAP, DELETE and INSPECT of a table not mapped, mapped, root, cut off, and the end of its space "
     "(VM-S2, VM-S4, VM-S8, VM-S12, VM-S13, VM-S14)")
{
    for (unsigned state = 0; state < TABLE_STATES; state++) {
        bool free = state == TABLE_UNMAPPED;
        tess_cptr table = place_table((enum table_state)state);
        EXPECT_EQ(rt_state(table), state == TABLE_LEAF || state == TABLE_ROOT);
        EXPECT_ERROR(map_table(table, place.space, RT_AREA), free ? TESS_OK : TESS_ERR_MAPPED,
                     TESS_ARG_CAPABILITY, 0);

        table = place_table((enum table_state)state);
        EXPECT_ERROR(unmap_table(table), free ? TESS_ERR_UNMAPPED : TESS_OK, TESS_ARG_CAPABILITY, 0);
        EXPECT_EQ(rt_state(place.space), state != TABLE_ROOT);
        expect_mapped(false, 0);
        expect_cleared(table);

        table = place_table((enum table_state)state);
        EXPECT_OK(rt_delete(table));
        EXPECT_EQ(rt_state(place.space), state != TABLE_ROOT);
        expect_mapped(false, 0);
        EXPECT_OK(rt_map(place.space, place.frame, RT_AREA, TESS_RIGHT_READ));

        table = place_table((enum table_state)state);
        EXPECT_OK(rt_delete(place.space));
        expect_mapped(false, 0);
        EXPECT_ERROR(unmap_table(table), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
        expect_cleared(table);
    }
}

/* ---- threads (TH) ---------------------------------------------------------------------------------------- */

#define WILD 0x1000u /* where nothing is mapped */

static struct actor actor;
static tess_cptr endpoint, notification, reply, handler;

static void start_stopped(unsigned priority)
{
    actor = ACTOR(TESS_SYS_YIELD, 0);
    actor_start(&actor, .priority = priority, .handler = handler, .stopped = true);
}

/* A thread in this state; READY: less urgent than the test. */
static tess_cptr thread_in(enum tess_thread_state state)
{
    endpoint = new_endpoint();
    notification = new_notification();
    reply = new_reply();
    handler = new_endpoint();
    switch (state) {
    case TESS_THREAD_INACTIVE:
        start_stopped(50);
        break;
    case TESS_THREAD_READY:
        start_stopped(50);
        REQUIRE_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
        break;
    case TESS_THREAD_SENDING:
        actor_send(&actor, endpoint);
        break;
    case TESS_THREAD_CALLING:
        actor_call(&actor, endpoint);
        break;
    case TESS_THREAD_RECEIVING:
        actor_recv(&actor, endpoint, reply);
        break;
    case TESS_THREAD_WAITING:
        actor_recv(&actor, notification, TESS_NULL);
        break;
    case TESS_THREAD_AWAITING_REPLY:
        actor_call(&actor, endpoint);
        REQUIRE_OK(rt_recv(endpoint, reply));
        break;
    case TESS_THREAD_FAULTED:
        start_stopped(RT_PRIORITY_HIGH);
        rt_set_registers(actor.thread->tcb, WILD, 0, 0, 0, true);
        break;
    }
    EXPECT_EQ(rt_state(actor.thread->tcb), state);
    return actor.thread->tcb;
}

static void thread_end(void)
{
    EXPECT_OK(rt_delete(actor.thread->tcb));
    rt_threads_forget(1);
}

TEST(TH_08, resume_each, "RESUME changes no state but INACTIVE (TH-S1, TH-S23)")
{
    for (unsigned state = TESS_THREAD_READY; state <= TESS_THREAD_FAULTED; state++) {
        tess_cptr tcb = thread_in((enum tess_thread_state)state);
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
        EXPECT_EQ(rt_state(tcb), state);
        EXPECT_EQ(actor.returned, 0);
        thread_end();
    }
    EXPECT_OK(rt_invoke(thread_in(TESS_THREAD_INACTIVE), TESS_TCB_RESUME));
    rt_settle();
    EXPECT_EQ(actor.returned, 1);
}

static void expect_nobody_waits(void)
{
    EXPECT_EQ(rt_state(endpoint), 0);
    EXPECT_EQ(rt_state(notification), 0);
    EXPECT_EQ(rt_state(reply), 0);
    EXPECT_EQ(rt_state(handler), 0);
}

/* It was in this state, and is INACTIVE, or was resumed. */
static void expect_stopped(enum tess_thread_state state, bool resumed)
{
    tess_cptr tcb = actor.thread->tcb;
    if (!resumed) {
        EXPECT_EQ(rt_state(tcb), TESS_THREAD_INACTIVE);
        EXPECT_EQ(actor.returned, 0);
        expect_nobody_waits();
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    }
    if (state == TESS_THREAD_FAULTED) { /* the same again */
        EXPECT_EQ(rt_state(tcb), TESS_THREAD_FAULTED);
        EXPECT_EQ(rt_inspect(tcb).state[3], WILD);
        EXPECT_EQ(rt_inspect(handler).state[1], 1);
        return;
    }
    rt_settle();
    EXPECT_EQ(actor.returned, 1);
    EXPECT_EQ(actor.result.status,
              state == TESS_THREAD_READY ? TESS_OK : TESS_ERR_CANCELLED | TESS_ARG_CAPABILITY << 8);
    EXPECT_EQ(actor.result.badge, 0);
}

TEST(TH_06, stops_each,
     "READ_REGS with suspend, and WRITE_REGS, of a thread in each state: its wait ends as by SUSPEND (TH-S9, "
     "TH-S21, TH-S22)")
{
    for (unsigned i = TESS_THREAD_READY; i <= TESS_THREAD_FAULTED; i++) {
        enum tess_thread_state state = (enum tess_thread_state)i;
        EXPECT_OK(rt_invoke(thread_in(state), TESS_TCB_READ_REGS, 0, 1, 1));
        expect_stopped(state, false);
        thread_end();
        for (unsigned resume = 0; resume < 2; resume++) {
            tess_cptr tcb = thread_in(state);
            EXPECT_OK(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 28, 1, resume, 77)); /* t3, which calls clear */
            if (state == TESS_THREAD_READY)
                EXPECT_EQ(rt_state(tcb), TESS_THREAD_READY);
            expect_stopped(state, resume || state == TESS_THREAD_READY);
            thread_end();
        }
    }
}

/* ---- what a thread holds (TH-2) ---------------------------------------------------------------------------- */

static void resume(const struct actor *stopped)
{
    EXPECT_OK(rt_invoke(stopped->thread->tcb, TESS_TCB_RESUME));
}

static tess_cptr cnode_with_fp(void)
{
    tess_cptr cnode = new_cnode(2);
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, 1, TESS_NULL, rt_boot.fp, 15));
    return cnode;
}

TEST(TH_02, revoked, "revoking the CSpace, buffer or handlers that a thread was given takes them from it")
{
    tess_cptr cnode = cnode_with_fp(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K),
              faults = new_endpoint();
    actor = ACTOR(TESS_SYS_INSPECT, 1);
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = cnode, .stopped = true);
    EXPECT_OK(rt_revoke(cnode));
    resume(&actor);
    EXPECT_ERROR(actor.result, TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, 1);

    actor = ACTOR(TESS_SYS_NBSEND, new_endpoint(), .info = TESS_INFO(1, 9, 0));
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .no_buffer = true, .stopped = true);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_BUFFER, frame, 0));
    EXPECT_OK(rt_revoke(frame));
    resume(&actor);
    EXPECT_ERROR(actor.result, TESS_ERR_NO_BUFFER, TESS_ARG_INFO, 8);

    struct rt_thread *thread =
        rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .handler = faults, .stopped = true);
    EXPECT_OK(rt_revoke(faults));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME)); /* to address 0 */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_state(faults), 0);
}

TEST(TH_02, family,
     "a handler set anew is of the family of the capability given last, also where both look alike")
{
    tess_cptr faults = new_endpoint(), first = rt_minted(faults, 15, 5), second = rt_minted(faults, 15, 5);
    struct rt_thread *thread = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .stopped = true);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, first, TESS_NULL));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, second, TESS_NULL));
    EXPECT_OK(rt_revoke(first));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME)); /* to address 0 */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_OK(rt_revoke(second));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
}

TEST(TH_02, badge,
     "a handler set anew has the badge of the capability given, also where this is its new parent")
{
    tess_cptr faults = new_endpoint(), first = rt_minted(faults, 15, 5), second = rt_minted(faults, 15, 6);
    struct rt_thread *thread = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .stopped = true);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, first, TESS_NULL));
    EXPECT_OK(rt_delete(first)); /* the thread's stands behind the second now */
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, second, TESS_NULL));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME)); /* to address 0 */
    EXPECT_EQ(rt_nbrecv(faults, new_reply()).badge, 6);
}

static void spin(void *argument)
{
    for (volatile uint64_t *count = argument;; ++*count)
        ;
}

TEST(TH_02, timeout_revoked, "revoking its timeout handler leaves a thread waiting for its budget")
{
    volatile uint64_t count = 0;
    tess_cptr timeouts = new_endpoint();
    struct rt_thread *thread =
        rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .budget = rt_ticks(100),
                 .period = rt_ticks(1000000), .timeout = timeouts, .stopped = true);
    EXPECT_OK(rt_revoke(timeouts));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT(count > 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_state(timeouts), 0);
}

TEST(TH_02, kept,
     "what a thread was given stays when the capability given goes, of which it is no child if that was a "
     "copy")
{
    for (unsigned origin = 0; origin < 2; origin++) {
        tess_cptr cnode = cnode_with_fp(), given = rt_copied(cnode, 15);
        actor = ACTOR(TESS_SYS_INSPECT, 1);
        actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = given, .stopped = true);
        EXPECT_OK(rt_revoke(given)); /* nothing: the thread's is a sibling */
        EXPECT_OK(rt_delete(given));
        EXPECT_OK(origin ? rt_delete(cnode) : rt_revoke(cnode));
        resume(&actor);
        EXPECT_ERROR(actor.result, origin ? TESS_OK : TESS_ERR_ADDRESS, TESS_ARG_CAPABILITY, 1);
        if (origin)
            EXPECT_EQ(actor.result.words[0], TESS_TYPE_FP);
    }
}

TEST(TH_02, waiting,
     "a thread that waits for a message, and loses CSpace or buffer, gets what can still come")
{
    for (unsigned buffer = 0; buffer < 2; buffer++) {
        tess_cptr cnode = new_cnode(2), own = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K),
                  meeting = new_endpoint();
        struct tess_ipc_buffer *page = (void *)(RT_AREA + buffer * (1 << 21));
        REQUIRE_OK(rt_map(rt_boot.vspace, own, (tess_word)page, RIGHTS_RW));
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, 1, TESS_NULL, meeting, 15));
        REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, 2, TESS_NULL, cnode, 15));
        page->window_cnode = 2;
        page->window_first = 3;
        page->window_slots = 1;
        actor = ACTOR(TESS_SYS_RECV, 1);
        actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = cnode, .stopped = true);
        REQUIRE_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_BUFFER, rt_copied(own, RIGHTS_RW), 0));
        resume(&actor);
        EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_RECEIVING);
        EXPECT_OK(buffer ? rt_revoke(own) : rt_revoke(cnode));
        rt_self->buffer->caps[0] = rt_boot.fp;
        rt_self->buffer->words[8] = 88;
        EXPECT_OK(rt_send(meeting, TESS_INFO(4, 9, 1), 5));
        EXPECT_EQ(actor.result.status, buffer ? TESS_STATUS_TRUNCATED : TESS_OK);
        EXPECT_EQ(actor.result.info, TESS_INFO(4, buffer ? 8 : 9, 1));
        EXPECT_EQ(actor.result.words[0], 5);
        if (!buffer) {
            EXPECT_EQ(page->words[8], 88);
            EXPECT_EQ(page->transfer[0], TESS_TRANSFER_NO_SLOT);
        }
        EXPECT_EQ(type_of(in_cnode(cnode, 3)), TESS_TYPE_NULL);
    }
}

/* ---- ready queues (SC-6) ------------------------------------------------------------------------------------- */

static struct {
    volatile unsigned length;
    char text[16];
} diary;

static void write_diary(void *argument)
{
    diary.text[diary.length++ % sizeof diary.text] = (char)(tess_word)argument;
}

static void set_priority(const struct rt_thread *thread, tess_word priority)
{
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, priority, 255));
}

TEST(SC_06, changed,
     "a ready thread whose priority is changed comes behind its new equals; to the same: stays")
{
    struct rt_thread *threads[4];
    diary = (typeof(diary)){0};
    for (tess_word i = 0; i < 4; i++)
        threads[i] = rt_spawn(write_diary, (void *)('a' + i), .priority = i == 3 ? 60 : 50);
    set_priority(threads[3], 50); /* lowered: a b c d */
    set_priority(threads[0], 50); /* the same */
    set_priority(threads[1], 40);
    set_priority(threads[1], 50); /* and back: a c d b */
    rt_settle();
    EXPECT_EQ(diary.length, 4);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(diary.text[i], "acdb"[i]);
}

static struct {
    volatile uint64_t count;
    uint64_t seen;
} due;

static void look_at_count(void *argument)
{
    (void)argument;
    due.seen = due.count;
}

TEST(SC_06, due, "a thread whose budget comes back stands behind its equals (SC-S15)")
{
    due = (typeof(due)){0};
    rt_configure(rt_self->context, rt_ticks(100000), rt_ticks(100000), 0);
    struct rt_thread *thread = rt_spawn(spin, (void *)&due.count, .priority = RT_PRIORITY_TEST,
                                        .budget = rt_ticks(100), .period = rt_ticks(2000));
    rt_yield(); /* it runs until its budget ends */
    uint64_t before = due.count;
    tess_word end = rt_time() + rt_ticks(2500);
    EXPECT(before > 0);
    EXPECT_EQ(rt_inspect(thread->context).state[2], 0);
    rt_spawn(look_at_count, NULL, .priority = RT_PRIORITY_TEST);
    while (rt_time() < end)
        ;
    EXPECT(rt_inspect(thread->context).state[2] > 0);
    EXPECT_EQ(due.count, before); /* this thread has gone on */
    rt_yield();
    EXPECT_EQ(due.seen, before); /* and the other came first */
    EXPECT(due.count > before);
}

/* ---- slots of what is being ended (CN) ------------------------------------------------------------------------- */

static struct {
    tess_cptr slot;
    unsigned dying, empty;
    tess_word shown; /* of what is neither seen nor gone */
} watch;

static void watch_slot(void *argument)
{
    (void)argument;
    struct tess_inspect inspect = rt_inspect(watch.slot);
    if (inspect.type != TESS_TYPE_NULL)
        return;
    watch.shown |= inspect.size | inspect.badge | inspect.state[0];
    if (rt_copy(watch.slot, rt_boot.fp, 15).status == TESS_OK) {
        watch.empty++;
        rt_delete(watch.slot);
    } else {
        watch.dying++;
    }
}

TEST(CN_09, space,
     "while a VSpace is ended, by DELETE or REVOKE, its slot counts as null, and as occupied (CN-S6, CN-S7)")
{
    tess_cptr memory = rt_alloc(TESS_TYPE_UNTYPED, TESS_VSPACE_BYTES * 4), space = rt_slot();
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), copies = rt_slots(250);
    struct pulse pulse = {.each = watch_slot};
    for (unsigned i = 0; i < 250; i++)
        rt_copy(rt_nth(copies, i), frame, TESS_RIGHT_READ);
    pulse_start(&pulse);
    for (unsigned revoke = 0; revoke < 2; revoke++) {
        watch = (typeof(watch)){.slot = rt_boot.fp}; /* always full */
        REQUIRE_OK(rt_retype(memory, TESS_TYPE_VSPACE, 0, space, 1));
        for (unsigned i = 0; i < 250; i++)
            REQUIRE_OK(rt_map(space, rt_nth(copies, i), RT_AREA + i * (2ull << 20), TESS_RIGHT_READ));
        watch.slot = space;
        EXPECT_OK(revoke ? rt_revoke(memory) : rt_delete(space));
        watch.slot = rt_boot.fp;
        EXPECT(watch.dying > 0);
        EXPECT_EQ(watch.shown, 0);
        EXPECT(watch.empty <= 1); /* when it has ended, and this thread has not gone on yet */
        EXPECT_EQ(type_of(space), TESS_TYPE_NULL);
        EXPECT_OK(rt_invoke(memory, TESS_UNTYPED_RESET));
    }
    pulse_stop(&pulse);
}
