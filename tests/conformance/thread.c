/*
 * tests/conformance/thread.c: threads: spaces, buffer, handlers, priority, flags, stopping and starting
 * (SPEC TH-1 to TH-5, TH-8, TH-9). Registers: registers.c. Faults: fault.c.
 */
#include "tests/conformance/probe.h"

static tess_cptr new_tcb(void)
{
    return rt_alloc(TESS_TYPE_TCB, 0);
}

static tess_cptr nowhere(void) /* 2 bits are left unresolved */
{
    return rt_boot.tcb | 2ull << rt_boot.radix;
}

TEST(TH_01, new, "a new thread is inactive, of priority and ceiling 0, with zero registers and without flags")
{
    tess_cptr tcb = new_tcb();
    EXPECT_EQ(rt_state(tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_inspect(tcb).state[1], 0);
    struct rt_result r = rt_invoke(tcb, TESS_TCB_READ_REGS, 0, 32, 0);
    EXPECT_EQ(r.info, TESS_INFO(0, 32, 0));
    for (unsigned i = 0; i < 32; i++)
        EXPECT_EQ(i < 8 ? r.words[i] : rt_self->buffer->words[i], 0);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 0, 0).words[0], 0);
}

TEST(TH_01, empty,
     "a new thread has no bindings, no context, no handlers, no spaces: started, it faults at address 0")
{
    tess_cptr tcb = new_tcb();
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_BIND_NOTIFICATION, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY,
                 0);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_BIND_FP, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, 0));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_state(tcb), TESS_THREAD_READY); /* nothing to run on */
    tess_cptr context = new_context();
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    struct tess_inspect inspect = rt_inspect(tcb);
    EXPECT_EQ(inspect.state[0], TESS_THREAD_INACTIVE);
    EXPECT_EQ(inspect.state[2], TESS_FAULT_EXECUTE);
    EXPECT_EQ(inspect.state[3] | inspect.state[4], 0);
}

/* ---- configuration ------------------------------------------------------------------------------------- */

TEST(TH_04, spaces, "SET_SPACES: errors of each argument, and null leaves what is there")
{
    tess_cptr tcb = new_tcb(), cnode = new_cnode(2), space = rt_vspace_empty();
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_SPACES, nowhere(), nowhere()), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(0), 2);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_SPACES, space, cnode), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_VSPACE);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_SPACES, cnode, nowhere()), TESS_ERR_ADDRESS, TESS_ARG_WORD(1),
                 2);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_SPACES, cnode, cnode), TESS_ERR_TYPE, TESS_ARG_WORD(1),
                 TESS_TYPE_CNODE);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, 0, 0));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, cnode, space));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, cnode, space));
}

TEST(TH_04, cspace, "a thread uses the CSpace it was given last, and keeps it when null is given")
{
    struct actor actor = ACTOR(TESS_SYS_INSPECT, 1);
    tess_cptr first = new_cnode(2), second = new_cnode(2);
    REQUIRE_OK(rt_invoke(first, TESS_CNODE_COPY, 1, TESS_NULL, rt_boot.fp, 15));
    REQUIRE_OK(rt_invoke(second, TESS_CNODE_COPY, 1, TESS_NULL, rt_boot.control, 15));
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = first, .stopped = true);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_SPACES, second, TESS_NULL));
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_SPACES, TESS_NULL, rt_boot.vspace));
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(actor.result.words[0], TESS_TYPE_SCHED_CONTROL);
}

static void change_own_cspace(void *argument)
{
    struct rt_result *results = argument;
    /* Slots of its CSpace: 1 the TCB, 2 another CNode; of the other one: 3 an FP object. */
    results[0] = rt_invoke(1, TESS_TCB_SET_SPACES, 2, TESS_NULL);
    results[1] = rt_syscall(TESS_SYS_INSPECT, 3, 0, 0, RT_WORDS(0));
    results[2] = rt_syscall(TESS_SYS_INSPECT, 1, 0, 0, RT_WORDS(0));
}

TEST(TH_04, own_cspace, "a thread can replace its own CSpace, whose last capability it holds")
{
    static struct rt_result results[3];
    tess_cptr old = new_cnode(2), other = new_cnode(2);
    memset(results, 0xff, sizeof results);
    struct rt_thread *thread =
        rt_spawn(change_own_cspace, results, .priority = RT_PRIORITY_HIGH, .cspace = old, .stopped = true);
    REQUIRE_OK(rt_invoke(old, TESS_CNODE_COPY, 1, TESS_NULL, thread->tcb, 15));
    REQUIRE_OK(rt_invoke(other, TESS_CNODE_COPY, 3, TESS_NULL, rt_boot.fp, 15));
    REQUIRE_OK(rt_invoke(old, TESS_CNODE_MOVE, 2, TESS_NULL, other));
    REQUIRE_OK(rt_delete(old));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_OK(results[0]);
    EXPECT_EQ(results[1].words[0], TESS_TYPE_FP);
    EXPECT_EQ(results[2].words[0], TESS_TYPE_NULL);
}

TEST(TH_04, vspace, "a thread that runs can be put into another address space, and its old one deleted")
{
    tess_cptr space = rt_vspace_create();
    struct actor actor = ACTOR(TESS_SYS_RECV, new_endpoint());
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .vspace = space);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_SPACES, TESS_NULL, rt_boot.vspace));
    EXPECT_OK(rt_delete(space));
    EXPECT_OK(rt_send(actor.cap, TESS_INFO(0, 1, 0), 6));
    EXPECT_EQ(actor.result.words[0], 6);
    EXPECT(actor.thread->done);
}

TEST(TH_04, buffer, "SET_BUFFER: errors of each argument, in order; null removes the buffer")
{
    tess_cptr tcb = new_tcb(), frame = rt_alloc(TESS_TYPE_FRAME, 12), large = rt_alloc(TESS_TYPE_FRAME, 21);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, nowhere(), 1), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 2);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, rt_boot.tcb, 1), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_TCB);
    static const tess_word too_weak[] = {0, 1, 2, 4, 5, 6};
    for (unsigned i = 0; i < 6; i++)
        EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, rt_copied(frame, too_weak[i]), 1), TESS_ERR_RIGHTS,
                     TESS_ARG_WORD(0), RIGHTS_RW);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, frame, 1), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 1024);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, frame, 1536), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1),
                 1024);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, frame, 4096), TESS_ERR_RANGE, TESS_ARG_WORD(1), 3072);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, frame, -1024ull), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 3072);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_BUFFER, rt_copied(frame, RIGHTS_RW), 3072));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_BUFFER, large, (2 << 20) - 1024));
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_BUFFER, large, 2 << 20), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 (2 << 20) - 1024);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_BUFFER, TESS_NULL, 7));
}

TEST(TH_04, buffer_used, "the buffer is where it was set, mapped or not, until it is set anew")
{
    tess_cptr frame, endpoint = new_endpoint();
    uint8_t *page = rt_page(&frame);
    struct actor actor = ACTOR(TESS_SYS_RECV, endpoint);
    actor_start(&actor, .priority = RT_PRIORITY_HIGH);
    for (unsigned offset = 0; offset < 4096; offset += 1024) {
        EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_BUFFER, frame, offset));
        rt_self->buffer->words[9] = 4444 + offset;
        EXPECT_OK(rt_send(endpoint, TESS_INFO(0, 10, 0)));
        EXPECT_EQ(((struct tess_ipc_buffer *)(page + offset))->words[9], 4444 + offset);
        EXPECT_EQ(((struct tess_ipc_buffer *)(page + offset))->words[8], rt_self->buffer->words[8]);
        actor = ACTOR(TESS_SYS_RECV, endpoint);
        actor_start(&actor, .priority = RT_PRIORITY_HIGH);
    }
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_BUFFER, frame, 0));
    EXPECT_OK(rt_delete(frame)); /* the thread's own capability keeps it, unmapped */
    EXPECT_OK(rt_send(endpoint, TESS_INFO(0, 64, 0)));
    EXPECT_EQ(actor.result.info, TESS_INFO(0, 64, 0));
}

TEST(TH_04, handlers, "SET_HANDLERS: errors of each argument; the right CALL is needed")
{
    tess_cptr tcb = new_tcb(), endpoint = new_endpoint(), weak = rt_copied(endpoint, 11);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, nowhere(), nowhere()), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(0), 2);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, tcb, weak), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_TCB);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, weak, nowhere()), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 4);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, endpoint, nowhere()), TESS_ERR_ADDRESS,
                 TESS_ARG_WORD(1), 2);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, endpoint, tcb), TESS_ERR_TYPE, TESS_ARG_WORD(1),
                 TESS_TYPE_TCB);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, endpoint, weak), TESS_ERR_RIGHTS, TESS_ARG_WORD(1), 4);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, rt_copied(endpoint, 4), rt_copied(endpoint, 4)));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, TESS_NULL, TESS_NULL));
}

/* ---- priority -------------------------------------------------------------------------------------------- */

TEST(TH_05, errors, "SET_PRIORITY: the authority's ceiling bounds priority and ceiling")
{
    tess_cptr tcb = new_tcb(), authority = new_tcb();
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, TESS_NULL, 0, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0),
                 0);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.cnode, 0, 0), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_CNODE);
    EXPECT_OK(rt_invoke(authority, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 0, 7));
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, authority, 8, 9), TESS_ERR_RANGE, TESS_ARG_WORD(1), 7);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, authority, 7, 8), TESS_ERR_RANGE, TESS_ARG_WORD(2), 7);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 256, 0), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 255);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 1ull << 32, 0), TESS_ERR_RANGE,
                 TESS_ARG_WORD(1), 255);
    EXPECT_EQ(rt_inspect(tcb).state[1], 0);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, authority, 7, 7));
    EXPECT_EQ(rt_inspect(tcb).state[1], 7 | 7 << 8);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, authority, 5, 3)); /* a priority above its own ceiling */
    EXPECT_EQ(rt_inspect(tcb).state[1], 5 | 3 << 8);
}

static volatile unsigned turns;

static void take_turn(void *argument)
{
    *(unsigned *)argument = ++turns;
}

TEST(TH_05, at_once, "a change of priority counts at once: of the running thread, of one that is ready")
{
    unsigned low = 0, other = 0;
    turns = 0;
    struct rt_thread *thread = rt_spawn(take_turn, &low, .priority = 50);
    rt_spawn(take_turn, &other, .priority = 60);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 120, 120));
    EXPECT_EQ(low, 1);
    EXPECT_EQ(other, 0);
    rt_set_own_priority(59);
    EXPECT_EQ(other, 2);
    rt_set_own_priority(RT_PRIORITY_TEST);

    unsigned equal = 0;
    thread = rt_spawn(take_turn, &equal, .priority = 50);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_TEST, 120));
    EXPECT_EQ(equal, 0); /* behind its equals */
    rt_yield();
    EXPECT_EQ(equal, 3);
}

/* ---- flags, step ------------------------------------------------------------------------------------------- */

TEST(TH_09, flags, "SET_FLAGS clears, then sets, and tells the flags; unknown flags give ARGUMENT")
{
    tess_cptr tcb = new_tcb();
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 4, 8), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 3, 1ull << 40), TESS_ERR_ARGUMENT, TESS_ARG_WORD(1), 0);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 0, 3).words[0], 3);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 1, 0).words[0], 2);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 3, 1).words[0], 1);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 1, 1).words[0], 1);
    EXPECT_EQ(rt_invoke(tcb, TESS_TCB_SET_FLAGS, 0, 0).words[0], 1);
}

static void read_cycles(void *argument)
{
    asm volatile("rdcycle %0" : "=r"(*(tess_word *)argument));
}

static void read_instructions(void *argument)
{
    asm volatile("rdinstret %0" : "=r"(*(tess_word *)argument));
}

/* Not `time`: OpenSBI lets everybody read it, by emulation. */
TEST(IF_06, counters, "only threads with the flag COUNTERS, and no other, can read cycle and instret")
{
    for (unsigned i = 0; i < 8; i++) {
        bool allowed = i % 2;
        tess_word count = 0;
        struct rt_thread *thread =
            rt_spawn(i & 2 ? read_cycles : read_instructions, &count, .priority = RT_PRIORITY_HIGH,
                     .counters = allowed, .stopped = true);
        if (i & 4)
            EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_CAP_FAULTS));
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
        EXPECT_EQ(thread->done, allowed);
        EXPECT_EQ(count != 0, allowed);
        EXPECT_EQ(rt_inspect(thread->tcb).state[2], allowed ? TESS_FAULT_NONE : TESS_FAULT_ILLEGAL);
    }
}

static void change_own_counters(void *argument)
{
    tess_word *seen = argument;
    rt_invoke(rt_self->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS);
    asm volatile("rdcycle %0" : "=r"(seen[0]));
    rt_invoke(rt_self->tcb, TESS_TCB_SET_FLAGS, TESS_TCB_COUNTERS, 0);
    seen[1] = 1;
    asm volatile("rdcycle %0" : "=r"(seen[2]));
}

TEST(IF_06, own, "a thread's change of its own flag counts from its next instruction on")
{
    tess_word seen[3] = {0};
    struct rt_thread *thread = rt_spawn(change_own_counters, seen, .priority = RT_PRIORITY_HIGH);
    EXPECT(!thread->done);
    EXPECT(seen[0] != 0);
    EXPECT_EQ(seen[1], 1);
    EXPECT_EQ(seen[2], 0);
    EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_ILLEGAL);
}

TEST(TH_09, step, "STEP is not supported")
{
    EXPECT_ERROR(rt_invoke(new_tcb(), TESS_TCB_STEP), TESS_ERR_UNSUPPORTED, TESS_ARG_INFO, 0);
}

/* ---- suspend and resume in each state ------------------------------------------------------------------------- */

static void expect_cancelled(struct actor *actor)
{
    tess_cptr tcb = actor->thread->tcb;
    EXPECT_EQ(actor->returned, 0);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SUSPEND));
    EXPECT_EQ(rt_state(tcb), TESS_THREAD_INACTIVE);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SUSPEND)); /* again: nothing */
    EXPECT_EQ(actor->returned, 0);
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    EXPECT_EQ(actor->returned, 1);
    EXPECT_ERROR(actor->result, TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0);
}

TEST(TH_08, queues,
     "SUSPEND of a waiting thread takes it out of its queue; RESUME then gives it CANCELLED (EP-S8, NT-S10, "
     "RP-S4, RP-S6, TH-S21)")
{
    struct actor actor;
    tess_cptr endpoint = new_endpoint(), notification = new_notification(), reply = new_reply();
    actor_send(&actor, endpoint);
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_SENDING);
    expect_cancelled(&actor);
    actor_call(&actor, endpoint);
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_CALLING);
    expect_cancelled(&actor);
    actor_recv(&actor, endpoint, reply);
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_RECEIVING);
    expect_cancelled(&actor);
    EXPECT_EQ(rt_state(endpoint), 0);
    actor_recv(&actor, notification, TESS_NULL);
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_WAITING);
    expect_cancelled(&actor);
    EXPECT_EQ(rt_state(notification), 0);
    actor_call(&actor, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_AWAITING_REPLY);
    expect_cancelled(&actor);
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
}

TEST(TH_08, ready, "SUSPEND of a ready thread stops it where it is; RESUME lets it go on (TH-S1, TH-S9)")
{
    unsigned ran = 0;
    turns = 0;
    struct rt_thread *thread = rt_spawn(take_turn, &ran, .priority = 50);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SUSPEND));
    rt_settle();
    EXPECT_EQ(ran, 0);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    EXPECT_EQ(ran, 1);
}

TEST(TH_08, resume_waiting, "RESUME of a thread that waits does nothing (TH-S23)")
{
    struct actor actor;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&actor, endpoint, TESS_NULL);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(actor.returned, 0);
    EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_RECEIVING);
    EXPECT_OK(rt_send(endpoint, 0));
    EXPECT_OK(actor.result);
}

TEST(TH_08, done_result, "a thread suspended after its call was answered keeps the answer")
{
    struct actor caller = ACTOR(TESS_SYS_CALL, new_endpoint(), .info = TESS_INFO(1, 1, 0), .words = {5});
    tess_cptr reply = new_reply();
    actor_start(&caller, .priority = 50);
    rt_settle();
    EXPECT_EQ(rt_recv(caller.cap, reply).words[0], 5);
    EXPECT_OK(rt_send(reply, TESS_INFO(2, 1, 0), 6)); /* it is less urgent: ready, with its answer */
    EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_SUSPEND));
    EXPECT_OK(rt_invoke(caller.thread->tcb, TESS_TCB_RESUME));
    rt_settle();
    EXPECT_OK(caller.result);
    EXPECT_EQ(caller.result.words[0], 6);
}

static void suspend_oneself(void *argument)
{
    volatile unsigned *stage = argument;
    *stage = 1;
    struct rt_result r = rt_invoke(rt_self->tcb, TESS_TCB_SUSPEND);
    *stage = r.status == TESS_OK ? 2 : 3;
}

TEST(TH_08, oneself, "a thread that suspends itself goes on with OK when resumed")
{
    volatile unsigned stage = 0;
    struct rt_thread *thread = rt_spawn(suspend_oneself, (void *)&stage, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(stage, 1);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(stage, 2);
}

TEST(TH_08, no_space, "a thread that is resumed without an address space faults, and harms nobody")
{
    tess_cptr tcb = new_tcb(), context = new_context();
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, RT_PRIORITY_HIGH));
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    EXPECT_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_state(tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_inspect(tcb).state[2], TESS_FAULT_EXECUTE);
    tess_cptr empty = rt_vspace_empty(); /* and one without tables */
    EXPECT_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, TESS_NULL, empty));
    rt_set_registers(tcb, 0x100000, 0, 0, 0, true);
    EXPECT_EQ(rt_inspect(tcb).state[2], TESS_FAULT_EXECUTE);
    EXPECT_EQ(rt_inspect(tcb).state[3], 0x100000);
}

TEST(TH_03, reused, "nothing is left of a deleted thread that was ready: its memory can be anything")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 64 << 10), memory = rt_memory, frame = rt_slot();
    unsigned ran = 0;
    turns = 0;
    for (unsigned priority = 50; priority <= RT_PRIORITY_TEST; priority += 50) {
        rt_memory = untyped;
        rt_spawn(take_turn, &ran, .priority = priority);
        rt_spawn(take_turn, &ran, .priority = priority);
        rt_memory = memory;
        EXPECT_OK(rt_revoke(untyped));
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
        for (unsigned page = 0; page < 4; page++) {
            REQUIRE_OK(rt_retype(untyped, TESS_TYPE_FRAME, 12, frame, 1));
            REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
            memset((void *)RT_AREA, 0xff, 4096);
            EXPECT_OK(rt_delete(frame));
        }
        rt_yield();
        rt_settle();
        EXPECT_EQ(ran, 0);
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    }
}

/* ---- deletion in each state ------------------------------------------------------------------------------------ */

TEST(TH_03, deleted,
     "a thread deleted in any state leaves queues, Reply objects, contexts and bindings (EP-S8, NT-S10, "
     "RP-S4, RP-S6, TH-S24)")
{
    struct actor actor;
    tess_cptr endpoint = new_endpoint(), notification = new_notification(), reply = new_reply();
    actor_send(&actor, endpoint);
    EXPECT_OK(rt_delete(actor.thread->tcb));
    actor_call(&actor, endpoint);
    EXPECT_OK(rt_delete(actor.thread->tcb));
    EXPECT_EQ(rt_state(endpoint), 0);
    actor_recv(&actor, endpoint, reply);
    EXPECT_OK(rt_delete(actor.thread->tcb));
    EXPECT_EQ(rt_state(endpoint), 0);
    actor_call(&actor, endpoint);
    EXPECT_OK(rt_recv(endpoint, reply));
    EXPECT_OK(rt_delete(actor.thread->tcb));
    EXPECT_EQ(rt_state(reply), 0);
    actor_recv(&actor, notification, TESS_NULL);
    EXPECT_OK(rt_delete(actor.thread->tcb));
    EXPECT_EQ(rt_state(notification), 0);
    unsigned ran = 0;
    struct rt_thread *ready = rt_spawn(take_turn, &ran, .priority = 50);
    EXPECT_OK(rt_delete(ready->tcb));
    rt_settle();
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(rt_inspect(ready->context).state[4], 0);
    tess_cptr other = new_tcb();
    EXPECT_OK(rt_invoke(ready->context, TESS_SCHED_CONTEXT_BIND, other));
}
