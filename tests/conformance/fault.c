/*
 * tests/conformance/fault.c: faults of each kind, what the handler receives, and what its answers do
 * (SPEC TH-10 to TH-12).
 */
#include "tests/conformance/common.h"

/* ---- faults of each kind --------------------------------------------------------------------------------- */

/* Each faults at the label `at`, and returns if it is let go on behind it. */
#define FAULTING(name, instruction)                                                                          \
    static __attribute__((noipa)) void name(void *argument)                                                  \
    {                                                                                                        \
        asm volatile(".option push\n.option norvc\n"                                                         \
                     ".globl at_" #name "\n"                                                                 \
                     "mv t4, %0\n"                                                                           \
                     "at_" #name ": " instruction "\n"                                                       \
                     ".option pop" ::"r"(argument)                                                           \
                     : "t3", "t4", "memory");                                                                \
    }                                                                                                        \
    void at_##name(void)

FAULTING(fault_read, "lb t3, 0(t4)");
FAULTING(fault_write, "sb t3, 0(t4)");
FAULTING(fault_atomic, "amoadd.d t3, t3, (t4)");
FAULTING(fault_illegal, ".word 0xffffffff");
FAULTING(fault_csr, "csrr t3, sscratch");
FAULTING(fault_break, "ebreak");
FAULTING(fault_fp, "fadd.d ft0, ft1, ft2");
FAULTING(fault_fp_load, "fld ft0, 0(t4)");
FAULTING(fault_fp_csr, "frflags t3");
FAULTING(fault_fp_all, "frcsr t3");
FAULTING(fault_fp_store, "fsd ft0, 0(t4)");
FAULTING(fault_fp_multiply, "fmadd.d ft0, ft1, ft2, ft3");
FAULTING(fault_fp_subtract, "fmsub.d ft0, ft1, ft2, ft3");
FAULTING(fault_fp_negate, "fnmsub.d ft0, ft1, ft2, ft3");
FAULTING(fault_fp_negate_add, "fnmadd.d ft0, ft1, ft2, ft3");
FAULTING(fault_no_csr, ".word 0x00104073"); /* as if it read fflags, but no instruction */
FAULTING(fault_unimp, "unimp");

static volatile uint64_t words[2];

/* A fault and its answer, with the server side on the test thread: returns what the handler received. */
static struct rt_result fault_of(void (*code)(void *), void *argument, tess_cptr reply,
                                 struct rt_thread **thread)
{
    tess_cptr endpoint = new_endpoint(), handler = rt_minted(endpoint, TESS_RIGHT_CALL, 0xfa);
    *thread = rt_spawn(code, argument, .priority = RT_PRIORITY_HIGH, .handler = handler);
    EXPECT_EQ(rt_state((*thread)->tcb), TESS_THREAD_FAULTED);
    struct rt_result r = rt_recv(endpoint, reply);
    EXPECT_EQ(rt_state((*thread)->tcb), TESS_THREAD_FAULTED);
    return r;
}

static void expect_fault(struct rt_result r, enum tess_fault kind, void (*at)(void), tess_word address,
                         tess_word scause)
{
    EXPECT_EQ(r.status, TESS_STATUS_FAULT);
    EXPECT_EQ(r.badge, 0xfa);
    EXPECT_EQ(r.info, TESS_INFO(kind, 4, 0));
    EXPECT_EQ(r.words[0], (tess_word)at);
    EXPECT_EQ(r.words[1], address);
    EXPECT_EQ(r.words[2], scause);
    for (unsigned i = 4; i < 8; i++)
        EXPECT_EQ(r.words[i], 0);
}

/* Faults, is checked, and goes on behind the instruction. */
static void check_fault(void (*code)(void *), void (*at)(void), void *argument, enum tess_fault kind,
                        tess_word address, tess_word scause)
{
    struct rt_thread *thread;
    tess_cptr reply = new_reply();
    struct rt_result r = fault_of(code, argument, reply, &thread);
    expect_fault(r, kind, at, address, scause);
    EXPECT(r.words[3] > (tess_word)thread->stack && r.words[3] <= (tess_word)thread->stack + RT_STACK_BYTES);
    struct tess_inspect inspect = rt_inspect(thread->tcb);
    EXPECT_EQ(inspect.state[2], kind);
    EXPECT_EQ(inspect.state[3], (tess_word)at);
    EXPECT_EQ(inspect.state[4], address);
    EXPECT(!thread->done);
    EXPECT_OK(rt_send(reply, TESS_INFO(0, 1, 0), (tess_word)at + 4));
    EXPECT(thread->done);
}

TEST(TH_10, memory, "reads and writes where nothing is mapped, or without the right")
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, 12);
    check_fault(fault_read, at_fault_read, (void *)(RT_AREA + 17), TESS_FAULT_READ, RT_AREA + 17, 13);
    check_fault(fault_write, at_fault_write, (void *)(RT_AREA + 18), TESS_FAULT_WRITE, RT_AREA + 18, 15);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, TESS_RIGHT_READ));
    check_fault(fault_write, at_fault_write, (void *)(RT_AREA + 19), TESS_FAULT_WRITE, RT_AREA + 19, 15);
    REQUIRE_OK(rt_invoke(frame, TESS_FRAME_PROTECT, TESS_RIGHT_EXECUTE));
    check_fault(fault_read, at_fault_read, (void *)(RT_AREA + 20), TESS_FAULT_READ, RT_AREA + 20, 13);
}

TEST(TH_10, kernel, "reads and writes at addresses of the kernel, or at none at all")
{
    static const tess_word addresses[] = {0,
                                          0x3ffffffff8,
                                          0x4000000000,
                                          0xffffffc000000000,
                                          0xffffffe000000000,
                                          0xffffffffa0000000,
                                          0xffffffff80000000,
                                          0xfffffffffffffff8};
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        check_fault(fault_read, at_fault_read, (void *)addresses[i], TESS_FAULT_READ, addresses[i], 13);
        check_fault(fault_write, at_fault_write, (void *)addresses[i], TESS_FAULT_WRITE, addresses[i], 15);
    }
}

static void jump(void *argument)
{
    asm volatile("jalr %0" ::"r"(argument) : "ra", "memory");
}

TEST(TH_10, execute,
     "jumps to where nothing is mapped, or nothing may be executed; the handler sends it back")
{
    static void *targets[4];
    targets[0] = (void *)RT_AREA;
    targets[1] = (void *)words; /* data */
    targets[2] = rt_page(NULL);
    targets[3] = (void *)rt_boot.info;
    for (unsigned i = 0; i < 4; i++) {
        struct rt_thread *thread;
        tess_cptr reply = new_reply();
        struct rt_result r = fault_of(jump, targets[i], reply, &thread);
        expect_fault(r, TESS_FAULT_EXECUTE, targets[i], (tess_word)targets[i], 12);
        tess_word ra = rt_invoke(thread->tcb, TESS_TCB_READ_REGS, 1, 1, 0).words[0];
        EXPECT_OK(rt_send(reply, TESS_INFO(0, 1, 0), ra));
        EXPECT(thread->done);
    }
}

TEST(TH_10, instruction, "illegal instructions, registers of the supervisor, breakpoints")
{
    check_fault(fault_illegal, at_fault_illegal, NULL, TESS_FAULT_ILLEGAL, 0xffffffff, 2);
    struct rt_thread *thread;
    tess_cptr reply = new_reply();
    struct rt_result r = fault_of(fault_csr, NULL, reply, &thread);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_ILLEGAL, 4, 0));
    EXPECT_EQ(r.words[0], (tess_word)at_fault_csr);
    reply = new_reply();
    r = fault_of(fault_break, NULL, reply, &thread);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_BREAKPOINT, 4, 0));
    EXPECT_EQ(r.words[0], (tess_word)at_fault_break);
    EXPECT_EQ(r.words[2], 3);
}

TEST(TH_10, fp, "floating point without an FP object: computing, loading, reading the flags")
{
    static void (*const codes[])(void *) = {fault_fp,          fault_fp_load,   fault_fp_csr,
                                            fault_fp_all,      fault_fp_store,  fault_fp_multiply,
                                            fault_fp_subtract, fault_fp_negate, fault_fp_negate_add};
    static void (*const places[])(void) = {at_fault_fp,          at_fault_fp_load,   at_fault_fp_csr,
                                           at_fault_fp_all,      at_fault_fp_store,  at_fault_fp_multiply,
                                           at_fault_fp_subtract, at_fault_fp_negate, at_fault_fp_negate_add};
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct rt_thread *thread;
        struct rt_result r = fault_of(codes[i], (void *)words, new_reply(), &thread);
        EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_FP, 4, 0));
        EXPECT_EQ(r.words[0], (tess_word)places[i]);
        EXPECT_EQ(r.words[1], *(const uint32_t *)places[i]); /* the instruction */
        EXPECT_EQ(r.words[2], 2);
    }
}

TEST(TH_10, no_fp,
     "what only looks like an access to the floating-point flags is illegal, and so is a compressed 0")
{
    check_fault(fault_no_csr, at_fault_no_csr, NULL, TESS_FAULT_ILLEGAL, 0x00104073, 2);
    struct rt_thread *thread;
    EXPECT_EQ(fault_of(fault_unimp, NULL, new_reply(), &thread).info, TESS_INFO(TESS_FAULT_ILLEGAL, 4, 0));
}

TEST(TH_10, misaligned, "an atomic access that is not aligned")
{
    struct rt_thread *thread;
    tess_cptr reply = new_reply();
    struct rt_result r = fault_of(fault_atomic, (char *)words + 4, reply, &thread);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_MISALIGNED, 4, 0));
    EXPECT_EQ(r.words[0], (tess_word)at_fault_atomic);
    EXPECT_EQ(r.words[1], (tess_word)words + 4);
    EXPECT(r.words[2] == 6 || r.words[2] == 4); /* QEMU says load where the specification says AMO */
    EXPECT_OK(rt_send(reply, TESS_INFO(0, 1, 0), (tess_word)at_fault_atomic + 4));
    EXPECT(thread->done);
}

/* ---- answers --------------------------------------------------------------------------------------------- */

TEST(TH_10, again,
     "an answer with label 0 and no words lets the thread try again (RP-S2, TH-S7, TH-S18, TH-S19)")
{
    struct rt_thread *thread;
    tess_cptr reply = new_reply(), frame = rt_alloc(TESS_TYPE_FRAME, 12);
    struct rt_result r = fault_of(fault_write, (void *)RT_AREA, reply, &thread);
    expect_fault(r, TESS_FAULT_WRITE, at_fault_write, RT_AREA, 15);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW)); /* a pager */
    EXPECT_OK(rt_send(reply, TESS_INFO(0, 0, 0), 0xbad));
    EXPECT(thread->done);
}

TEST(TH_10, answer_caps, "capabilities in the answer to a fault go nowhere")
{
    struct rt_thread *thread;
    tess_cptr reply = new_reply(), own = new_cnode(2);
    fault_of(fault_break, NULL, reply, &thread);
    memset(thread->buffer, 0xee, sizeof *thread->buffer);
    thread->buffer->window_cnode = own;
    thread->buffer->window_first = 1;
    thread->buffer->window_slots = 3;
    rt_self->buffer->caps[0] = rt_boot.fp;
    EXPECT_OK(rt_send(reply, TESS_INFO(0, 1, 1), (tess_word)at_fault_break + 4));
    EXPECT(thread->done);
    EXPECT_EQ(type_of(in_cnode(own, 1)), TESS_TYPE_NULL);
    EXPECT_EQ(thread->buffer->transfer[0], 0xeeeeeeeeeeeeeeeeull);
}

TEST(TH_10, stop,
     "an answer with any other label leaves the thread inactive; it can be resumed (TH-S1, TH-S20)")
{
    static const tess_word labels[] = {1, 2, 1ull << 51};
    for (unsigned i = 0; i < 3; i++) {
        struct rt_thread *thread;
        tess_cptr reply = new_reply();
        fault_of(fault_break, NULL, reply, &thread);
        EXPECT_OK(rt_send(reply, TESS_INFO(labels[i], 1, 0), (tess_word)at_fault_break + 4));
        EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
        EXPECT(!thread->done);
        EXPECT_EQ(rt_invoke(thread->tcb, TESS_TCB_READ_REGS, 0, 1, 0).words[0], (tess_word)at_fault_break);
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, (tess_word)at_fault_break + 4));
        EXPECT(thread->done);
    }
}

/* A handler that answers each fault with the next pc, by ReplyRecv. */
static struct {
    tess_cptr endpoint, reply;
    volatile unsigned faults;
} skipper;

static void skip_run(void *argument)
{
    (void)argument;
    struct rt_result r = rt_recv(skipper.endpoint, skipper.reply);
    for (;;) {
        skipper.faults++;
        r = rt_reply_recv(skipper.endpoint, skipper.reply, TESS_INFO(0, 1, 0), r.words[0] + 4);
    }
}

static void many_faults(void *argument)
{
    for (unsigned i = 0; i < 50; i++) {
        fault_read(argument);
        fault_illegal(argument);
    }
}

TEST(TH_10, handler,
     "a handler thread with or without a context of its own answers fault after fault (RP-S3)")
{
    for (unsigned passive = 0; passive < 2; passive++) {
        skipper = (typeof(skipper)){new_endpoint(), new_reply(), 0};
        struct rt_thread *handler = rt_spawn(skip_run, NULL, .priority = 120);
        if (passive)
            REQUIRE_OK(rt_invoke(handler->context, TESS_SCHED_CONTEXT_UNBIND));
        struct rt_thread *thread =
            rt_spawn(many_faults, (void *)RT_AREA, .priority = RT_PRIORITY_HIGH, .handler = skipper.endpoint);
        EXPECT(thread->done);
        EXPECT_EQ(skipper.faults, 100);
    }
}

/* One address in each of the 256 entries of the root that are not the user's, and some that are in no table. */
static void touch_everything(void *argument)
{
    tess_word step = 1ull << (rt_boot.machine->address_bits - 9), address = -256 * step;
    for (unsigned i = 0; i < 256; i++, address += step) {
        fault_read((void *)(address + 0x200000));
        fault_write((void *)address);
    }
    for (unsigned bit = rt_boot.machine->address_bits - 1; bit < 64; bit++)
        fault_write((void *)(1ull << bit));
    *(volatile bool *)argument = true;
}

TEST(VM_12, kernel_half,
     "no address but those of user mode can be read or written, in any entry of the root table")
{
    bool done = false;
    skipper = (typeof(skipper)){new_endpoint(), new_reply(), 0};
    rt_spawn(skip_run, NULL, .priority = 120);
    rt_spawn(touch_everything, &done, .priority = RT_PRIORITY_HIGH, .handler = skipper.endpoint);
    EXPECT(done);
    EXPECT_EQ(skipper.faults, 2 * 256 + 64 - (rt_boot.machine->address_bits - 1));
}

TEST(TH_04, handler_again, "a handler set anew, with another badge of the same endpoint, counts from then on")
{
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    struct rt_thread *thread =
        rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH, .stopped = true,
                 .handler = rt_minted(endpoint, 15, 1), .timeout = rt_minted(endpoint, 15, 2));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, rt_minted(endpoint, 15, 3), TESS_NULL));
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(rt_recv(endpoint, reply).badge, 3);
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, TESS_NULL, TESS_NULL));
    EXPECT_OK(rt_send(reply, 0)); /* the same again, without a handler now */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
}

/* ---- without a handler that can answer ----------------------------------------------------------------- */

TEST(TH_11, nobody, "a fault without a handler leaves the thread inactive, and it tells its fault (TH-S8)")
{
    struct rt_thread *thread = rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH);
    struct tess_inspect inspect = rt_inspect(thread->tcb);
    EXPECT_EQ(inspect.state[0], TESS_THREAD_INACTIVE);
    EXPECT_EQ(inspect.state[2], TESS_FAULT_BREAKPOINT);
    EXPECT_EQ(inspect.state[3], (tess_word)at_fault_break);
}

TEST(TH_11, no_reply,
     "a fault that meets a receiver without a Reply object leaves the thread inactive (TH-S8, TH-S20)")
{
    struct actor receiver;
    tess_cptr endpoint = new_endpoint();
    actor_recv(&receiver, endpoint, TESS_NULL);
    struct rt_thread *thread = rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(receiver.returned, 0);
    EXPECT_OK(rt_invoke(receiver.thread->tcb, TESS_TCB_SUSPEND));
    thread = rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_ERROR(rt_nbrecv(endpoint, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
}

TEST(TH_11, deleted,
     "a faulted thread becomes inactive when its handler's endpoint or the Reply object goes (RP-S8, TH-S20)")
{
    struct rt_thread *thread;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    thread = rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_OK(rt_revoke(endpoint)); /* the thread's own capability is a copy */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_OK(rt_delete(endpoint));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    fault_of(fault_break, NULL, reply, &thread);
    EXPECT_OK(rt_delete(reply));
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
}

static void read_all(tess_cptr tcb, tess_word all[TESS_REGISTERS])
{
    for (unsigned i = 0; i < TESS_REGISTERS; i += TESS_REGISTER_WORDS) {
        struct rt_result r = rt_invoke(tcb, TESS_TCB_READ_REGS, i, TESS_REGISTER_WORDS, 0);
        EXPECT_OK(r);
        memcpy(all + i, r.words, sizeof r.words);
    }
}

TEST(TH_08, faulted,
     "SUSPEND of a faulted thread withdraws the fault; RESUME lets it fault again (TH-S22, TH-S23)")
{
    for (unsigned taken = 0; taken < 2; taken++) {
        tess_word before[TESS_REGISTERS], after[TESS_REGISTERS];
        tess_cptr endpoint = new_endpoint(), reply = new_reply();
        struct rt_thread *thread =
            rt_spawn(fault_break, (void *)0x7e55, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
        if (taken)
            EXPECT_EQ(rt_recv(endpoint, reply).status, TESS_STATUS_FAULT);
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME)); /* not inactive: nothing */
        EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
        read_all(thread->tcb, before);
        EXPECT_EQ(before[0], (tess_word)at_fault_break);
        EXPECT_EQ(before[29], 0x7e55); /* t4: the argument */
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_SUSPEND));
        EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
        EXPECT_EQ(rt_state(endpoint), 0);
        EXPECT_EQ(rt_state(reply), 0);
        read_all(thread->tcb, after);
        for (unsigned i = 0; i < TESS_REGISTERS; i++)
            EXPECT_EQ(after[i], before[i]);
        EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
        EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    }
}

TEST(TH_03, faulted,
     "a thread deleted while its fault is queued, or taken, leaves queue and Reply object (TH-S24)")
{
    struct rt_thread *thread;
    tess_cptr endpoint = new_endpoint(), reply = new_reply();
    thread = rt_spawn(fault_break, NULL, .priority = RT_PRIORITY_HIGH, .handler = endpoint);
    EXPECT_OK(rt_delete(thread->tcb));
    EXPECT_EQ(rt_state(endpoint), 0);
    fault_of(fault_break, NULL, reply, &thread);
    EXPECT_OK(rt_delete(thread->tcb));
    EXPECT_EQ(rt_state(reply), 0);
    EXPECT_ERROR(rt_send(reply, 0), TESS_ERR_UNBOUND, 0, 0);
}

/* ---- capability faults --------------------------------------------------------------------------------- */

static void use_capability(void *argument)
{
    struct actor *actor = argument;
    actor->result = rt_syscall(actor->operation, actor->cap, actor->info, actor->reply, actor->words);
    actor->returned++;
}

TEST(TH_12, capability,
     "with CAP_FAULTS a bad capability is a fault; mended, the call is made again with all its words")
{
    static const tess_word operations[] = {TESS_SYS_SEND, TESS_SYS_CALL, TESS_SYS_RECV, TESS_SYS_INSPECT};
    for (unsigned i = 0; i < 4; i++) {
        bool inspect = operations[i] == TESS_SYS_INSPECT;
        tess_cptr slot = rt_slot(), notification = new_notification(), reply = new_reply();
        tess_cptr handler = new_endpoint();
        struct actor actor =
            ACTOR(operations[i], inspect ? slot | 1ull << 60 : slot,
                  .info = TESS_INFO(TESS_CNODE_DELETE, 8, 0), .words = {1, 2, 3, 4, 5, 6, 7, 8});
        actor.thread = rt_spawn(use_capability, &actor, .priority = RT_PRIORITY_HIGH, .handler = handler,
                                .stopped = true);
        EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_CAP_FAULTS));
        EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
        struct rt_result r = rt_recv(handler, reply);
        EXPECT_EQ(r.status, TESS_STATUS_FAULT);
        EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_CAPABILITY, 4, 0));
        EXPECT_EQ(r.words[1], actor.cap);
        EXPECT_EQ(r.words[2], 8);
        EXPECT_EQ(actor.returned, 0);
        if (inspect) { /* not mended: the same again */
            EXPECT_OK(rt_send(reply, 0));
            EXPECT_EQ(rt_state(actor.thread->tcb), TESS_THREAD_FAULTED);
            continue;
        }
        if (operations[i] == TESS_SYS_CALL)
            EXPECT_OK(rt_copy(slot, new_cnode(2), 15));
        else
            EXPECT_OK(rt_copy(slot, notification, 15));
        if (operations[i] == TESS_SYS_RECV)
            EXPECT_OK(rt_signal(notification));
        EXPECT_OK(rt_send(reply, 0));
        EXPECT_EQ(actor.returned, 1);
        EXPECT_EQ(TESS_STATUS_ERROR(actor.result.status), TESS_OK);
    }
}

TEST(TH_12, others, "CAP_FAULTS makes no fault of errors of other arguments, or of other kinds")
{
    tess_cptr weak = rt_copied(new_endpoint(), 0), endpoint = new_endpoint();
    struct actor actor = ACTOR(TESS_SYS_SEND, weak);
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .stopped = true);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_CAP_FAULTS));
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_ERROR(actor.result, TESS_ERR_RIGHTS, TESS_ARG_CAPABILITY, TESS_RIGHT_SEND);
    actor = ACTOR(TESS_SYS_RECV, endpoint, .reply = rt_slot());
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .stopped = true);
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_CAP_FAULTS));
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    EXPECT_ERROR(actor.result, TESS_ERR_TYPE, TESS_ARG_REPLY, TESS_TYPE_NULL);
}

/* ---- timeout faults --------------------------------------------------------------------------------------- */

static void spin(void *argument)
{
    for (volatile unsigned *count = argument;; ++*count)
        ;
}

TEST(SC_11, timeout, "a thread whose budget ends is a timeout fault for its timeout handler, with the badge")
{
    volatile unsigned count = 0;
    tess_cptr endpoint = new_endpoint(), reply = new_reply(), handler = rt_minted(endpoint, 15, 0x71);
    struct rt_thread *thread =
        rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .timeout = handler,
                 .budget = rt_ticks(200), .period = rt_ticks(1000000), .badge = 0xbad9e);
    struct rt_result r = rt_recv(endpoint, reply);
    EXPECT_EQ(r.status, TESS_STATUS_FAULT);
    EXPECT_EQ(r.badge, 0x71);
    EXPECT_EQ(r.info, TESS_INFO(TESS_FAULT_TIMEOUT, 4, 0));
    EXPECT_EQ(r.words[1], 0xbad9e);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    unsigned before = count;
    EXPECT(before > 0);
    /* The handler gives it more, and lets it go on. */
    rt_configure(thread->context, rt_ticks(300), rt_ticks(1000000), 7);
    EXPECT_OK(rt_send(reply, 0));
    r = rt_recv(endpoint, reply);
    EXPECT_EQ(r.words[1], 7);
    EXPECT(count > before);
}

TEST(SC_11, none, "without a timeout handler a thread waits for its next budget, and there is no fault")
{
    volatile unsigned count = 0;
    tess_cptr endpoint = new_endpoint();
    struct rt_thread *thread =
        rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .handler = endpoint,
                 .budget = rt_ticks(100), .period = rt_ticks(400));
    unsigned first = count;
    nap(8);
    EXPECT(count > first);
    EXPECT_EQ(rt_state(endpoint), 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_NONE);
}

TEST(SC_11, slice, "a slice that ends is no fault, with a timeout handler either (SC-S13)")
{
    volatile unsigned count = 0;
    tess_cptr endpoint = new_endpoint();
    struct rt_thread *thread = rt_spawn(spin, (void *)&count, .priority = 50, .timeout = endpoint,
                                        .budget = rt_ticks(200), .period = rt_ticks(200));
    nap(40);
    EXPECT(count > 0);
    EXPECT(rt_inspect(thread->context).state[3] > rt_ticks(1000)); /* several slices */
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_READY);
    EXPECT_EQ(rt_state(endpoint), 0);
}

static struct {
    tess_cptr endpoint, reply;
    volatile tess_word at; /* when it had the fault */
} timekeeper;

static void keep_time(void *argument)
{
    (void)argument;
    rt_recv(timekeeper.endpoint, timekeeper.reply);
    timekeeper.at = rt_time();
    rt_reply_recv(timekeeper.endpoint, timekeeper.reply, 0);
}

TEST(SC_11, passive, "a timeout handler that is lent the context that ended waits for its next piece too")
{
    volatile unsigned count = 0;
    timekeeper = (typeof(timekeeper)){new_endpoint(), new_reply(), 0};
    struct rt_thread *handler = rt_spawn(keep_time, NULL, .priority = RT_PRIORITY_HIGH, .counters = true);
    REQUIRE_OK(rt_invoke(handler->context, TESS_SCHED_CONTEXT_UNBIND));
    tess_word begin = rt_time(), period = rt_ticks(3000);
    struct rt_thread *thread =
        rt_spawn(spin, (void *)&count, .priority = RT_PRIORITY_HIGH, .timeout = timekeeper.endpoint,
                 .budget = rt_ticks(200), .period = period);
    unsigned before = count;
    EXPECT(before > 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_FAULTED);
    EXPECT_EQ(rt_state(handler->tcb), TESS_THREAD_READY);
    EXPECT_EQ(timekeeper.at, 0);
    rt_busy_until(begin + period + rt_ticks(500));
    EXPECT(timekeeper.at >= begin + period && timekeeper.at < begin + period + rt_ticks(200));
    EXPECT(count > before); /* answered, it went on with what was left */
}
