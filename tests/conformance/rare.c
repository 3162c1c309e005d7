/*
 * tests/conformance/rare.c: what happens rarely: cases that the coverage of the kernel showed to be missing
 * elsewhere (make coverage). Deletions that meet one another, interrupts in the middle of long
 * operations, the direct path with chains, live floating point and bound notifications (SPEC CN, EP, RP, FP,
 * SC, TH, VM).
 */
#include "tests/conformance/probe.h"

static tess_cptr made_from(tess_cptr untyped, enum tess_type type, tess_word size)
{
    tess_cptr slot = rt_slot();
    REQUIRE_OK(rt_retype(untyped, type, size, slot, 1));
    return slot;
}

static void put(tess_cptr cnode, tess_word index, tess_cptr cap)
{
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_COPY, index, TESS_NULL, cap, TESS_RIGHTS_ALL));
}

static void move(tess_cptr cnode, tess_word index, tess_cptr cap)
{
    REQUIRE_OK(rt_invoke(cnode, TESS_CNODE_MOVE, index, TESS_NULL, cap));
}

static tess_cptr full_cnode(tess_cptr untyped, unsigned radix)
{
    tess_cptr cnode = made_from(untyped, TESS_TYPE_CNODE, radix);
    for (tess_word i = 1; i < 1ull << radix; i++)
        put(cnode, i, rt_boot.fp);
    return cnode;
}

static void expect_empty(tess_cptr untyped)
{
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    EXPECT_EQ(rt_state(untyped), 0);
}

/* ---- deletions that meet ------------------------------------------------------------------------------ */

static void suspend_it(void *argument)
{
    rt_invoke(((const struct actor *)argument)->thread->tcb, TESS_TCB_SUSPEND);
}

/* A thread begins to delete the slot; the pulse stops it before it has done. */
static void delete_abandoned(tess_cptr slot)
{
    struct actor actor =
        ACTOR(TESS_SYS_CALL, rt_boot.cnode, .info = TESS_INFO(TESS_CNODE_DELETE, 1, 0), .words = {slot});
    struct pulse pulse = {.each = suspend_it, .argument = &actor};
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .stopped = true);
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(actor.returned, 0);
    pulse_stop(&pulse);
}

TEST(CN_08, abandoned_inside, "a CNode with a slot in it that is half deleted is deleted whole")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20);
    for (unsigned revoke = 0; revoke < 2; revoke++) {
        tess_cptr outer = made_from(untyped, TESS_TYPE_CNODE, 2), inner = full_cnode(untyped, 12);
        move(outer, 1, inner);
        delete_abandoned(in_cnode(outer, 1));
        EXPECT_OK(revoke ? rt_revoke(untyped) : rt_delete(outer));
        expect_empty(untyped);
    }
}

TEST(CN_08, two_memories, "a CNode goes with the one that held it by an interrupted REVOKE of other memory")
{
    tess_cptr first = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), second = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20);
    struct pulse pulse = {0};
    tess_cptr outer = full_cnode(first, 12), inner = full_cnode(second, 12);
    REQUIRE_OK(rt_delete(in_cnode(outer, 1)));
    move(outer, 1, inner);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_revoke(first));
    EXPECT(pulse.beats >= 2);
    pulse_stop(&pulse);
    expect_empty(first);
    expect_empty(second);
}

static volatile unsigned survived;

static void delete_slot_1(void *argument)
{
    rt_invoke(*(tess_cptr *)argument, TESS_CNODE_DELETE, 1);
    survived++;
}

TEST(CN_08, everything,
     "a thread deletes the slot through which it holds itself: it is gone, and all with it")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536);
    tess_cptr outer = made_from(untyped, TESS_TYPE_CNODE, 2), inner = made_from(untyped, TESS_TYPE_CNODE, 3);
    static tess_cptr to_outer;
    to_outer = 1 | 2 << 2; /* slot 1 of the outer CNode, of 2 bits, then slot 2 of the inner one */
    survived = 0;
    struct rt_thread *thread =
        rt_spawn(delete_slot_1, &to_outer, .priority = RT_PRIORITY_HIGH, .cspace = outer, .stopped = true);
    tess_cptr tcb = rt_copied(thread->tcb, 15);
    put(inner, 2, outer);
    move(inner, 3, thread->tcb);
    move(outer, 1, inner);
    EXPECT_OK(rt_delete(outer));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_LOW, RT_PRIORITY_LOW));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    EXPECT_OK(rt_delete(tcb)); /* it has not run yet; now only it knows itself */
    rt_settle();
    EXPECT_EQ(survived, 0);
    EXPECT_EQ(rt_inspect(thread->context).state[4], 0);
    expect_empty(untyped);
}

TEST(CN_08, woken, "a thread that a deletion wakes and then deletes never runs")
{
    for (unsigned order = 0; order < 2; order++) {
        struct actor actor;
        tess_cptr endpoint = new_endpoint(), cnode = new_cnode(2);
        actor_recv(&actor, endpoint, TESS_NULL);
        move(cnode, 1 + order, endpoint);
        move(cnode, 2 - order, actor.thread->tcb);
        EXPECT_OK(rt_delete(cnode));
        rt_settle();
        EXPECT_EQ(actor.returned, 0);
        EXPECT_EQ(rt_inspect(actor.thread->context).state[4], 0);
    }
}

static void delete_oneself(void *argument)
{
    (void)argument;
    rt_delete(rt_self->tcb);
    survived++;
}

TEST(VM_08, last_thread, "a thread that deletes itself, the last that knew its space, is gone with the space")
{
    tess_cptr space = rt_vspace_create(), frame = rt_alloc(TESS_TYPE_FRAME, 12);
    REQUIRE_OK(rt_map(space, frame, RT_AREA, TESS_RIGHT_READ));
    survived = 0;
    struct rt_thread *thread =
        rt_spawn(delete_oneself, NULL, .priority = RT_PRIORITY_HIGH, .vspace = space, .stopped = true);
    tess_cptr tcb = thread->tcb;
    EXPECT_OK(rt_delete(space));
    EXPECT_EQ(rt_inspect(frame).state[1] != 0, 1);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    EXPECT_EQ(survived, 0);
    EXPECT_EQ(type_of(tcb), TESS_TYPE_NULL);
    EXPECT_OK(rt_map(rt_boot.vspace, frame, RT_AREA, TESS_RIGHT_READ)); /* it is mapped nowhere now */
}

/* ---- interrupted in the middle --------------------------------------------------------------------------- */

TEST(TH_04, spaces_preempted, "a more urgent thread runs in time while SET_SPACES deletes a full CSpace")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), old = full_cnode(untyped, 12);
    struct actor actor = ACTOR(TESS_SYS_YIELD, 0);
    struct pulse pulse = {0};
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = old, .stopped = true);
    REQUIRE_OK(rt_delete(old));
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_SPACES, rt_boot.cnode, TESS_NULL));
    EXPECT(pulse.beats >= 2);
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    pulse_stop(&pulse);
    expect_empty(untyped);
}

TEST(CN_07, nested_preempted, "a more urgent thread runs in time while 500 nested CNodes are deleted")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), inner = made_from(untyped, TESS_TYPE_CNODE, 5);
    struct pulse pulse = {0};
    for (unsigned i = 0; i < 500; i++) {
        tess_cptr outer = made_from(untyped, TESS_TYPE_CNODE, 5);
        move(outer, 1, inner);
        inner = outer;
    }
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_delete(inner));
    EXPECT(pulse.beats >= 2);
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    pulse_stop(&pulse);
    expect_empty(untyped);
}

TEST(IRQ_07, many, "a notification with all interrupts of the machine bound to it goes, and unbinds each")
{
    tess_cptr notification = new_notification(), other = new_notification();
    tess_cptr handlers = rt_slots(rt_boot.machine->irq_max);
    for (unsigned i = 0; i < rt_boot.machine->irq_max; i++)
        REQUIRE_OK(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, i + 1, rt_boot.cnode,
                             rt_nth(handlers, i), notification, TESS_IRQ_LEVEL, 1));
    EXPECT_OK(rt_delete(notification));
    for (unsigned i = 0; i < rt_boot.machine->irq_max; i++) {
        EXPECT_OK(rt_invoke(rt_nth(handlers, i), TESS_IRQ_HANDLER_BIND, other));
        EXPECT_OK(rt_delete(rt_nth(handlers, i)));
    }
}

#define CROWD 36u

/* Threads that wait again when their waiting was ended, on the object that is named then. */
static struct {
    enum { CROWD_CANCEL, CROWD_ENDPOINT, CROWD_NOTIFICATION } kind;
    volatile tess_cptr cap;
    struct rt_thread *threads[CROWD];
    volatile unsigned ended, others;
    volatile unsigned
        middles; /* how often the pulse saw some whose waiting had ended, and some who still waited */
} crowd;

static void crowd_run(void *argument)
{
    (void)argument;
    for (;;) {
        bool notification = crowd.kind == CROWD_NOTIFICATION;
        struct rt_result r = notification ? rt_wait(crowd.cap) : rt_send(crowd.cap, 0);
        if (TESS_STATUS_ERROR(r.status) == TESS_ERR_CANCELLED)
            crowd.ended++;
        else
            crowd.others++;
    }
}

static bool crowd_ready(unsigned i)
{
    return rt_state(crowd.threads[i]->tcb) == TESS_THREAD_READY;
}

/*
 * Looks at one of the most and one of the least urgent, before any of those who were woken has run: then nobody
 * waits where they will wait next.
 */
static void crowd_look(void *argument)
{
    (void)argument;
    crowd.middles += rt_inspect(crowd.cap).state[1] == 0 && crowd_ready(8) && !crowd_ready(0);
}

static tess_cptr crowd_object(void)
{
    return crowd.kind == CROWD_NOTIFICATION ? new_notification() : new_endpoint();
}

/* Ends the waiting of all of them, again and again, so that the pulse comes at every moment of it. */
static void crowd_end(unsigned kind)
{
    struct pulse pulse = {.each = crowd_look};
    crowd = (typeof(crowd)){.kind = kind};
    tess_cptr object = crowd_object();
    crowd.cap = rt_minted(object, 15, 5);
    for (unsigned i = 0; i < CROWD; i++)
        crowd.threads[i] = rt_spawn(crowd_run, NULL, .priority = 105 + i % 9, .no_buffer = true);
    pulse_start(&pulse);
    for (unsigned round = 0; round < 60; round++) {
        tess_cptr last = crowd.cap, next = crowd_object(), badged = rt_minted(next, 15, 5);
        unsigned beats = pulse.beats, before = crowd.ended;
        while (pulse.beats == beats)
            ;
        for (tess_word end = rt_time() + rt_ticks(45 + round / 2); rt_time() < end;)
            ;
        crowd.cap = badged;
        if (kind == CROWD_CANCEL) {
            EXPECT_OK(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, last, 0));
        } else {
            EXPECT_OK(rt_delete(last));
            EXPECT_OK(rt_delete(object));
        }
        EXPECT_EQ(crowd.ended - before, CROWD);
        EXPECT_EQ(rt_inspect(next).state[1], CROWD);
        object = next;
    }
    pulse_stop(&pulse);
    EXPECT_EQ(crowd.others, 0);
    EXPECT(crowd.middles > 0);
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
}

TEST(EP_11, interrupted, "each of 36 senders is cancelled once, whenever an interrupt comes")
{
    crowd_end(CROWD_ENDPOINT);
}

TEST(NT_08, interrupted, "each of 36 threads that wait is cancelled once, whenever an interrupt comes")
{
    crowd_end(CROWD_NOTIFICATION);
}

TEST(CN_10, interrupted, "CANCEL ends each of 36 senders once, whenever an interrupt comes")
{
    crowd_end(CROWD_CANCEL);
}

static void refused_run(void *argument)
{
    (void)argument;
    for (;;)
        crowd.ended += TESS_STATUS_ERROR(rt_call(crowd.cap, 0).status) == TESS_ERR_NO_REPLY;
}

/* Looks before any of those who were refused has run, but for the last of them. */
static void refused_look(void *argument)
{
    (void)argument;
    tess_word left = rt_inspect(crowd.cap).state[1];
    crowd.middles += crowd.ended % CROWD == 0 && left > 0 && left < CROWD - 1;
}

TEST(EP_05, interrupted,
     "36 Calls are refused one by one, and a more urgent thread need not wait for all of them")
{
    struct pulse pulse = {.each = refused_look};
    crowd = (typeof(crowd)){.cap = new_endpoint()};
    for (unsigned i = 0; i < CROWD; i++)
        rt_spawn(refused_run, NULL, .priority = RT_PRIORITY_LOW, .no_buffer = true);
    rt_settle();
    pulse_start(&pulse);
    for (unsigned round = 0; round < 60; round++) {
        unsigned beats = pulse.beats, before = crowd.ended;
        while (pulse.beats == beats)
            ;
        rt_busy_until(rt_time() + rt_ticks(45 + round / 2));
        EXPECT_ERROR(rt_nbrecv(crowd.cap, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
        rt_settle();
        EXPECT_EQ(crowd.ended - before, CROWD);
    }
    pulse_stop(&pulse);
    EXPECT(crowd.middles > 0);
}

/* ---- the direct path ----------------------------------------------------------------------------------------- */

enum { SLOT_ENDPOINT = 1, SLOT_REPLY = 2, SLOT_NEXT = 3, SLOT_NOTIFICATION = 4, RADIX = 3 };
#define VALUES 33u /* f0 to f31, then fcsr */

/* A passive server with a CSpace of one CNode; it asks the next one, if there is any, and answers. */
static struct station {
    tess_cptr cspace, endpoint, notification;
    struct rt_thread *thread;
    bool last, signals;
    volatile unsigned served, signalled;
    uint64_t *values; /* what it puts into the floating-point registers */
} stations[4];

static void station_run(void *argument)
{
    struct station *station = argument;
    struct rt_result r = rt_recv(SLOT_ENDPOINT, SLOT_REPLY);
    for (;;) {
        station->served++;
        if (station->values)
            probe_fp_load(station->values);
        if (station->signals)
            rt_signal(SLOT_NOTIFICATION);
        if (!station->last)
            r = rt_call(SLOT_NEXT, r.info, r.words[0] + 1);
        r = rt_reply_recv(SLOT_ENDPOINT, SLOT_REPLY, r.info, r.words[0] + 100);
        while (r.status & TESS_STATUS_NOTIFICATION) {
            station->signalled++;
            r = rt_recv(SLOT_ENDPOINT, SLOT_REPLY);
        }
    }
}

/* The first `count` stations, each asking the next. */
static void stations_start(unsigned count, uint64_t *values)
{
    for (unsigned i = count; i-- > 0;) {
        struct station *station = &stations[i];
        *station = (struct station){.endpoint = new_endpoint(), .cspace = new_cnode(RADIX), .values = values};
        station->last = i + 1 == count;
        put(station->cspace, SLOT_ENDPOINT, station->endpoint);
        put(station->cspace, SLOT_REPLY, new_reply());
        if (!station->last)
            put(station->cspace, SLOT_NEXT, station[1].endpoint);
        station->thread = rt_spawn(station_run, station, .priority = RT_PRIORITY_HIGH,
                                   .cspace = station->cspace, .fp = values ? rt_alloc(TESS_TYPE_FP, 0) : 0);
        REQUIRE_OK(rt_invoke(station->thread->context, TESS_SCHED_CONTEXT_UNBIND));
    }
}

static struct {
    uint64_t before[VALUES], after[VALUES];
    struct rt_result result;
    volatile unsigned returned;
    bool fp;
} client;

static void client_run(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 3; i++) {
        if (client.fp)
            probe_fp_load(client.before);
        client.result = rt_call(SLOT_ENDPOINT, TESS_INFO(7, 1, 0), 1000 * i);
        if (client.fp)
            probe_fp_store(client.after);
        client.returned++;
    }
}

static struct rt_thread *client_start(bool fp)
{
    tess_cptr cspace = new_cnode(RADIX);
    client.fp = fp;
    client.returned = 0;
    for (unsigned i = 0; i < VALUES; i++) {
        client.before[i] = i == 32 ? 0x21 : 0x0123456789abcdefull * (i + 1);
        client.after[i] = 0;
    }
    put(cspace, SLOT_ENDPOINT, stations[0].endpoint);
    return rt_spawn(client_run, NULL, .priority = RT_PRIORITY_HIGH, .cspace = cspace,
                    .fp = fp ? rt_alloc(TESS_TYPE_FP, 0) : 0);
}

TEST(RP_05, direct, "a Call through four passive servers with CSpaces of one CNode, and all the way back")
{
    stations_start(4, NULL);
    struct rt_thread *thread = client_start(false);
    EXPECT_EQ(client.returned, 3);
    EXPECT_EQ(client.result.status, TESS_OK);
    EXPECT_EQ(client.result.words[0], 2000 + 3 + 400);
    EXPECT_EQ(rt_inspect(thread->context).state[4], 1);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(stations[i].served, 3);
        EXPECT_EQ(rt_state(stations[i].thread->tcb), TESS_THREAD_RECEIVING);
    }
}

TEST(FP_03, direct, "values that are live at a Call are there after the answer, whatever the servers use")
{
    static uint64_t values[VALUES];
    for (unsigned i = 0; i < VALUES; i++)
        values[i] = i == 32 ? 0x42 : i * 77;
    for (unsigned servers = 0; servers < 2; servers++) {
        stations_start(2, servers ? values : NULL);
        client_start(true);
        EXPECT_EQ(client.returned, 3);
        EXPECT_EQ(client.result.words[0], 2000 + 1 + 200);
        for (unsigned i = 0; i < VALUES; i++)
            EXPECT_EQ(client.after[i], client.before[i]);
    }
}

static void station_with_fp(void *argument)
{
    uint64_t seen[VALUES];
    rt_recv(SLOT_ENDPOINT, SLOT_REPLY);
    probe_fp_store(seen);
    *(volatile unsigned *)argument = 1;
}

TEST(FP_05, direct,
     "a server without an object that a Call with live values comes to faults when it looks at them")
{
    volatile unsigned looked = 0;
    stations_start(1, NULL);
    struct station *station = &stations[0];
    REQUIRE_OK(rt_delete(station->thread->tcb));
    station->thread =
        rt_spawn(station_with_fp, (void *)&looked, .priority = RT_PRIORITY_HIGH, .cspace = station->cspace);
    REQUIRE_OK(rt_invoke(station->thread->context, TESS_SCHED_CONTEXT_UNBIND));
    client_start(true);
    EXPECT_EQ(looked, 0);
    EXPECT_EQ(rt_inspect(station->thread->tcb).state[2], TESS_FAULT_FP);
}

TEST(RP_08, bound,
     "an answer by a server with a bound notification: signalled meanwhile or not, none is lost")
{
    for (unsigned signals = 0; signals < 2; signals++) {
        stations_start(1, NULL);
        struct station *station = &stations[0];
        station->notification = new_notification();
        station->signals = signals;
        put(station->cspace, SLOT_NOTIFICATION, station->notification);
        REQUIRE_OK(rt_invoke(station->thread->tcb, TESS_TCB_BIND_NOTIFICATION, station->notification));
        client_start(false);
        rt_settle();
        EXPECT_EQ(client.returned, 3);
        EXPECT_EQ(station->served, 3);
        EXPECT_EQ(station->signalled, 0); /* it has answered, and no context: the signal is kept (NT-7) */
        EXPECT_EQ(rt_state(station->notification), signals ? 2 : 0);
    }
}

/* ---- the rest ------------------------------------------------------------------------------------------------- */

TEST(CDT_06, each, "of each capability that root begins with there is a copy, or DERIVE says why not")
{
    tess_cptr to = rt_slot();
    unsigned copies = 0;
    for (tess_cptr from = 1; from < rt_boot.free; from++) {
        tess_word type = type_of(from);
        struct rt_result r = rt_copy(to, from, TESS_RIGHTS_ALL);
        if (type == TESS_TYPE_UNTYPED || type == TESS_TYPE_PAGE_TABLE || type == TESS_TYPE_IRQ_CONTROL) {
            EXPECT_ERROR(r, TESS_ERR_DERIVE, TESS_ARG_WORD(2), type);
        } else if (type != TESS_TYPE_NULL) {
            EXPECT_OK(r);
            EXPECT_EQ(type_of(to), type);
            EXPECT_OK(rt_delete(to));
            copies++;
        }
    }
    EXPECT(copies > 0);
}

TEST(UT_09, each, "each device untyped of root makes a frame's worth of untyped memory, and takes it back")
{
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED))) {
        if (record->kind != TESS_MEMORY_DEVICE)
            continue;
        EXPECT_OK(rt_invoke(record->address, TESS_UNTYPED_RESET));
        tess_cptr piece = made_from(record->address, TESS_TYPE_UNTYPED, 4096);
        EXPECT_EQ(rt_inspect(piece).badge, record->base);
        EXPECT_OK(rt_delete(piece));
        EXPECT_OK(rt_invoke(record->address, TESS_UNTYPED_RESET));
    }
}

#define COMPRESSED(name, instruction)                                                                        \
    static __attribute__((noipa)) void name(void *argument)                                                  \
    {                                                                                                        \
        register void *address asm("a0") = argument;                                                         \
        asm volatile(".option push\n\t.option rvc\n\t" instruction "\n\t.option pop"                         \
                     : "+r"(address)::"fa0");                                                                \
    }

COMPRESSED(run_fld, "c.fld fa0, 0(a0)")
COMPRESSED(run_fsd, "c.fsd fa0, 0(a0)")
COMPRESSED(run_fldsp, "c.fldsp fa0, 0(sp)")
COMPRESSED(run_fsdsp, "addi sp, sp, -16\n\tc.fsdsp fa0, 0(sp)\n\taddi sp, sp, 16")
COMPRESSED(run_illegal, ".half 0")
COMPRESSED(run_reserved, ".half 0x8000") /* quadrant 0, function 4 */

TEST(FP_05, compressed, "each compressed load and store is a fault FP without an object, and runs with one")
{
    void (*const runs[])(void *) = {run_fld, run_fsd, run_fldsp, run_fsdsp, run_illegal, run_reserved};
    uint64_t memory[2] = {0};
    for (unsigned i = 0; i < 6; i++) {
        struct rt_thread *without = rt_spawn(runs[i], memory, .priority = RT_PRIORITY_HIGH);
        EXPECT(!without->done);
        EXPECT_EQ(rt_inspect(without->tcb).state[2], i < 4 ? TESS_FAULT_FP : TESS_FAULT_ILLEGAL);
        struct rt_thread *with =
            rt_spawn(runs[i], memory, .priority = RT_PRIORITY_HIGH, .fp = rt_alloc(TESS_TYPE_FP, 0));
        EXPECT_EQ(with->done, i < 4);
    }
}

static void spin_and_wait(void *argument)
{
    for (;;) {
        rt_wait(*(tess_cptr *)argument);
        rt_busy_until(rt_time() + rt_ticks(100));
    }
}

/* After so many turns of 100 microseconds, each a little longer, or shorter by a turn of the judge's clock. */
static bool left_after(tess_cptr context, unsigned turns)
{
    tess_word left = rt_inspect(context).state[2], most = rt_ticks(500 - 100 * turns);
    return left <= most + rt_ticks(25) && left > most - rt_ticks(75);
}

TEST(SC_13, partly_used, "of a budget that is partly used, what was used is back one period later")
{
    tess_cptr notification = new_notification();
    struct rt_thread *thread = rt_spawn(spin_and_wait, &notification, .priority = RT_PRIORITY_HIGH,
                                        .counters = true, .budget = rt_ticks(500), .period = rt_ticks(2000));
    tess_cptr context = thread->context;
    rt_configure(context, rt_ticks(500), rt_ticks(2000), 0);
    tess_word begin = rt_time();
    for (unsigned turns = 1; turns <= 2; turns++) {
        EXPECT_OK(rt_signal(notification));
        EXPECT(left_after(context, turns)); /* nothing is due yet */
    }
    rt_busy_until(begin + rt_ticks(2500));
    for (unsigned turns = 1; turns <= 2; turns++) {
        EXPECT_OK(rt_signal(notification));
        EXPECT(left_after(context, turns)); /* all was, one period later */
    }
}
