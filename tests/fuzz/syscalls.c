/*
 * tests/fuzz/syscalls.c: random system calls by threads that hold one object of every kind.
 *
 * A root program. Each round makes a sandbox from one untyped: a CNode with capabilities to objects of
 * every type, itself among them, and threads that run in it and make system calls with arguments that are
 * random but often nearly right. Nothing outside the sandbox may notice; at the end of a round one
 * revoke takes everything back, and the memory must be whole and zero for the next one. The kernel
 * survives, or says `tessera: panic`.
 *
 * Boot arguments: seed=N, rounds=N. Last line: `N passed, N failed`.
 */
#include "tests/runtime/runtime.h"

#define RADIX         6u /* of the sandbox's CNode */
#define SANDBOX_BYTES (4ull << 20)
#define THREADS       3u
#define CALLS_EACH    1000u /* in a round */
#define LOOKS         60u   /* after so many, the round ends all the same */

/* Where things stand in the sandbox's CNode; from SLOT_EMPTY on there is room. */
enum { SLOT_CNODE = 1, SLOT_VSPACE, SLOT_TCBS, SLOT_OBJECTS = SLOT_TCBS + THREADS, SLOT_EMPTY = 40 };

struct fuzzer {
    tess_word random;
    volatile tess_word calls;
};

static struct fuzzer fuzzers[THREADS];
static uint8_t stacks[THREADS][2048] __attribute__((aligned(16)));

/* xorshift64* (Vigna, 2016). */
static tess_word next(struct fuzzer *f)
{
    f->random ^= f->random >> 12;
    f->random ^= f->random << 25;
    f->random ^= f->random >> 27;
    return f->random * 0x2545f4914f6cdd1dull;
}

/* A capability address: mostly of a slot, sometimes two levels deep through the CNode that holds itself. */
static tess_word random_address(struct fuzzer *f)
{
    tess_word slot = next(f) % (1u << RADIX), more = next(f) % 16;
    if (more == 0)
        return SLOT_CNODE | slot << RADIX;
    return more == 1 ? next(f) : slot;
}

/* An argument: an address, a small number, something aligned, a bit, anything. */
static tess_word random_word(struct fuzzer *f)
{
    tess_word value = next(f);
    switch (next(f) % 8) {
    case 0:
        return value % 16;
    case 1:
        return value % 0x4000 * RT_PAGE;
    case 2:
        return 1ull << value % 64;
    case 3:
        return value;
    case 4:
        return 0;
    default:
        return random_address(f);
    }
}

static tess_word random_operation(struct fuzzer *f)
{
    tess_word pick = next(f) % 32;
    if (pick < 22)
        return TESS_SYS_CALL;
    return pick < 31 ? 1 + pick % 8 : next(f);
}

static void fuzz(struct fuzzer *f)
{
    for (;;) {
        tess_word words[TESS_REGISTER_WORDS];
        for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
            words[i] = random_word(f);
        tess_word label = next(f) % 14, length = next(f) % 16 == 0 ? next(f) % 256 : next(f) % 9;
        tess_word caps = next(f) % 8 == 0 ? next(f) % 16 : 0;
        tess_word operation = random_operation(f);
        if (operation == TESS_SYS_RECV && next(f) % 8)
            operation = TESS_SYS_NBRECV; /* or soon everybody waits */
        if (label == TESS_TCB_WRITE_REGS)
            words[1] = 0; /* no values: a thread with wild registers would write into root's own image */
        rt_syscall(operation, random_address(f), TESS_INFO(label, length, caps), random_address(f), words);
        f->calls++;
    }
}

static void check(bool good, const char *what, tess_word round, tess_word value)
{
    if (!good)
        rt_stop("round %u: %s (0x%x)", round, what, value);
}

static void make(tess_cptr untyped, tess_cptr cnode, tess_word type, tess_word size, tess_word slot,
                 tess_word count, tess_word round)
{
    struct rt_result r = rt_invoke(untyped, TESS_UNTYPED_RETYPE, type, size, cnode, slot, count);
    check(r.status == TESS_OK, "RETYPE in a fresh sandbox", round, r.status);
}

/* One or two objects of every type, and copies of what there is only one of. */
static void fill(tess_cptr untyped, tess_cptr cnode, tess_word round)
{
    static const struct {
        uint8_t type, size, count;
    } objects[] = {
        {TESS_TYPE_ENDPOINT, 0, 2}, {TESS_TYPE_NOTIFICATION, 0, 2},  {TESS_TYPE_REPLY, 0, 2},
        {TESS_TYPE_TCB, 0, 2},      {TESS_TYPE_SCHED_CONTEXT, 2, 2}, {TESS_TYPE_CNODE, 3, 2},
        {TESS_TYPE_FRAME, 12, 3},   {TESS_TYPE_PAGE_TABLE, 0, 4},    {TESS_TYPE_VSPACE, 0, 2},
        {TESS_TYPE_FP, 0, 1},       {TESS_TYPE_TIMER, 0, 3},         {TESS_TYPE_UNTYPED, 64, 1},
        {TESS_TYPE_CNODE, 9, 1},
    };
    tess_word slot = SLOT_OBJECTS;
    for (unsigned i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        make(untyped, cnode, objects[i].type, objects[i].size, slot, objects[i].count, round);
        slot += objects[i].count;
    }
    make(untyped, cnode, TESS_TYPE_UNTYPED, 64 << 10, slot++, 1, round);
    rt_invoke(cnode, TESS_CNODE_COPY, slot++, TESS_NULL, rt_boot.control, TESS_RIGHTS_ALL);
    rt_invoke(cnode, TESS_CNODE_COPY, SLOT_CNODE, TESS_NULL, cnode, TESS_RIGHTS_ALL);
}

/* Root's own capabilities to what it needs to set a thread going again. */
struct crew {
    tess_cptr cnode, vspace, contexts, tcbs;
};

/* What its mates did to the thread may stand in the way: then it stays as it is. */
static void start(const struct crew *crew, unsigned i)
{
    tess_cptr tcb = crew->tcbs + i, context = crew->contexts + i;
    rt_invoke(tcb, TESS_TCB_SUSPEND);
    rt_invoke(tcb, TESS_TCB_SET_SPACES, crew->cnode, crew->vspace);
    rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, 10 + i, 20);
    rt_configure(context, rt_ticks(2000), rt_ticks(2000), i);
    rt_invoke(context, TESS_SCHED_CONTEXT_UNBIND);
    rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb);
    rt_set_registers(tcb, (tess_word)fuzz, (tess_word)(stacks[i] + sizeof stacks[i]), 0,
                     (tess_word)&fuzzers[i], true);
}

/* Runs until enough calls are made. Who makes none, for it waits or has faulted, is set going again. */
static tess_word let_run(const struct crew *crew)
{
    tess_word sum = 0;
    for (unsigned looks = 0; looks < LOOKS && sum < THREADS * CALLS_EACH; looks++) {
        tess_word before[THREADS];
        for (unsigned i = 0; i < THREADS; i++)
            before[i] = fuzzers[i].calls;
        tess_word until = rt_time() + rt_ticks(300); /* more than its budget: the others run meanwhile */
        while (rt_time() < until)
            continue;
        sum = 0;
        for (unsigned i = 0; i < THREADS; i++) {
            if (fuzzers[i].calls == before[i])
                start(crew, i);
            sum += fuzzers[i].calls;
        }
    }
    return sum;
}

static tess_word number(const char *name, tess_word otherwise)
{
    char text[24];
    tess_word value = 0;
    if (!rt_bootarg(name, text, sizeof text))
        return otherwise;
    for (const char *c = text; *c >= '0' && *c <= '9'; c++)
        value = value * 10 + (tess_word)(*c - '0');
    return value;
}

void rt_main(void)
{
    tess_word seed = number("seed", 1), rounds = number("rounds", 100), calls = 0;
    tess_cptr sandbox = rt_boot.free + RT_SLOT_SCRATCH;
    struct crew crew = {.cnode = sandbox + 1, .contexts = sandbox + 2, .tcbs = sandbox + 2 + THREADS};

    rt_memory = rt_boot.free + RT_SLOT_MEMORY;
    struct rt_result made = rt_retype(rt_boot.untyped, TESS_TYPE_UNTYPED, SANDBOX_BYTES, rt_memory, 1);
    check(made.status == TESS_OK, "memory", 0, made.status);
    made = rt_retype(rt_boot.untyped, TESS_TYPE_UNTYPED, SANDBOX_BYTES, sandbox, 1);
    check(made.status == TESS_OK, "the sandbox", 0, made.status);
    rt_pool_create(9);
    check(rt_retype(rt_boot.untyped, TESS_TYPE_SCHED_CONTEXT, 2, crew.contexts, THREADS).status == TESS_OK,
          "contexts", 0, 0);
    rt_invoke(rt_boot.tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS);
    tess_word own;
    rt_configure(rt_role(TESS_ROLE_SCHED_CONTEXT, &own), rt_ticks(200), rt_ticks(2000), 0);

    for (tess_word round = 1; round <= rounds; round++) {
        make(sandbox, rt_boot.cnode, TESS_TYPE_CNODE, RADIX, crew.cnode, 1, round);
        fill(sandbox, crew.cnode, round);
        make(sandbox, rt_boot.cnode, TESS_TYPE_TCB, 0, crew.tcbs, THREADS, round);
        crew.vspace = rt_vspace_create();
        rt_invoke(crew.cnode, TESS_CNODE_COPY, SLOT_VSPACE, TESS_NULL, crew.vspace, TESS_RIGHTS_ALL);
        for (unsigned i = 0; i < THREADS; i++) {
            rt_invoke(crew.cnode, TESS_CNODE_COPY, SLOT_TCBS + i, TESS_NULL, crew.tcbs + i, TESS_RIGHTS_ALL);
            fuzzers[i].random = (seed + round) * 0x9e3779b97f4a7c15ull + i + 1;
            fuzzers[i].calls = 0;
            start(&crew, i);
        }
        calls += let_run(&crew);
        struct rt_result r = rt_revoke(sandbox);
        check(r.status == TESS_OK, "REVOKE of the sandbox", round, r.status);
        r = rt_invoke(sandbox, TESS_UNTYPED_RESET);
        check(r.status == TESS_OK, "RESET of the sandbox", round, r.status);
        rt_revoke(rt_memory);
        rt_invoke(rt_memory, TESS_UNTYPED_RESET);
        rt_pool_create(9);
        if (round % 50 == 0)
            rt_printf("# %u rounds, %u system calls\n", round, calls);
    }
    rt_printf("ok 1 - %u rounds of random system calls, %u in all, seed %u\n1 passed, 0 failed\n", rounds,
              calls, seed);
    rt_shutdown();
}
