/*
 * tests/bench/latency.c: the delay that the most urgent thread sees while root keeps the kernel busy.
 *
 * That thread, the pulse, has a small budget that comes back each period. From one period's first
 * instruction to the next one's the time is the period, plus what the kernel needed to notice: so the
 * longest of them, less the period, plus the way from the timer to the thread on an idle kernel, is the
 * worst delay. A tick of the clock is 100 instructions, and so is the error. Each operation runs often
 * enough to be interrupted in many places; the largest of all these delays, less that way, is the longest
 * stretch with interrupts off that was seen.
 */
#include "tests/bench/bench.h"

#define PULSE_BUDGET 101u  /* ticks: the least the kernel takes at 10 MHz */
#define PULSE_PERIOD 307u  /* has no factor in common with what root does */
#define PULSE_GAP    5000u /* instructions between two readings: others ran */
#define TICK         100u  /* instructions, at one nanosecond each and 10 MHz */

static struct rt_thread *pulse;
static volatile tess_word beats, longest, shortest_way, idle_stamp;
static tess_word way; /* from the timer to the first instruction, on an idle kernel */
static tess_word worst_of_all;

static inline tess_word instret(void)
{
    tess_word now;
    asm volatile("rdinstret %0" : "=r"(now)::"memory");
    return now;
}

static void pulse_run(void *argument)
{
    tess_word last = instret(), beat = last;
    (void)argument;
    for (;;) {
        tess_word now = instret();
        if (now - last > PULSE_GAP) {
            if (now - beat > longest)
                longest = now - beat;
            if (now - idle_stamp < shortest_way)
                shortest_way = now - idle_stamp;
            beat = now;
            beats++;
        }
        last = now;
    }
}

static void wait_beats(unsigned n)
{
    for (tess_word until = beats + n; beats < until;)
        idle_stamp = instret();
}

static void watch(void)
{
    wait_beats(2); /* what came before is over */
    longest = 0;
}

static tess_word watched(void)
{
    tess_word delay = longest > PULSE_PERIOD * TICK ? longest - PULSE_PERIOD * TICK + way : way;
    if (delay > worst_of_all)
        worst_of_all = delay;
    return delay;
}

static void report(const char *name)
{
    wait_beats(1); /* the operation's last stretch has been seen */
    bench_figure(name, watched());
}

static void pulse_start(void)
{
    rt_set_own_priority(254);
    shortest_way = ~0ull;
    pulse = rt_spawn(pulse_run, NULL, .priority = 255, .counters = true, .budget = PULSE_BUDGET,
                     .period = PULSE_PERIOD);
    wait_beats(4);
    shortest_way = ~0ull;
    wait_beats(200);
    way = shortest_way;
    watch();
    wait_beats(200);
    report("latency_idle");
}

/* ---- what keeps the kernel busy ------------------------------------------------------------------------- */

#define MANY  BENCH_WAITERS
#define TIMES 3u

static tess_cptr slots;

static void copies_rows(void)
{
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0);
    watch();
    for (unsigned time = 0; time < TIMES; time++) {
        for (tess_word i = 0; i < MANY; i++)
            bench_must(rt_copy(rt_nth(slots, i), endpoint, TESS_RIGHTS_ALL), "copy");
        if (time == 0) {
            report("latency_copy");
            watch();
        }
        bench_must(rt_revoke(endpoint), "revoke");
    }
    report("latency_revoke_4096");
}

static void retype_rows(void)
{
    tess_cptr memory = bench_object(TESS_TYPE_UNTYPED, (MANY + 1) * TESS_SCHED_CONTEXT_BYTES);
    watch();
    for (unsigned time = 0; time < TIMES; time++) {
        bench_must(rt_retype(memory, TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN, slots, MANY), "retype");
        if (time == 0) {
            report("latency_retype_4096");
            watch();
        }
        bench_must(rt_revoke(memory), "revoke");
        bench_must(rt_invoke(memory, TESS_UNTYPED_RESET), "reset");
    }
    report("latency_revoke_untyped_4096");
}

static void large_rows(void)
{
    watch();
    bench_must(rt_retype(rt_memory, TESS_TYPE_FRAME, TESS_FRAME_2M, slots, 1), "retype a large frame");
    report("latency_retype_2m");
    watch();
    bench_must(rt_delete(slots), "delete a large frame");
    bench_must(rt_retype(rt_memory, TESS_TYPE_CNODE, 17, slots, 1), "retype a large CNode");
    report("latency_retype_cnode_128k");
    watch();
    bench_must(rt_delete(slots), "delete a large CNode");
    report("latency_delete_cnode_128k_empty");
}

/* A CNode full of copies, and in it a CNode that holds itself. */
static void cnode_row(void)
{
    enum { RADIX = 10 };
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0);
    unsigned shift = rt_boot.radix + BENCH_POOL_RADIX;

    for (unsigned time = 0; time < TIMES; time++) {
        bench_must(rt_retype(rt_memory, TESS_TYPE_CNODE, RADIX, slots, 1), "a CNode");
        for (tess_word i = 1; i < 1u << RADIX; i++)
            bench_must(rt_copy(slots | i << shift, i == 500 ? slots : endpoint, TESS_RIGHTS_ALL),
                       "fill a CNode");
        if (time == 0)
            watch();
        bench_must(rt_delete(slots), "delete a full CNode");
    }
    report("latency_delete_cnode_full");
}

static void waiters_rows(void)
{
    tess_cptr endpoint = rt_alloc(TESS_TYPE_ENDPOINT, 0);
    tess_cptr badged = rt_minted(endpoint, TESS_RIGHTS_ALL, BENCH_WAITER_BADGE);

    rt_set_own_priority(BENCH_PRIORITY);
    bench_waiters(badged, MANY);
    rt_set_own_priority(254);
    watch();
    bench_must(rt_invoke(rt_boot.cnode, TESS_CNODE_CANCEL, badged, 0), "cancel");
    report("latency_cancel_4096");
    rt_set_own_priority(BENCH_PRIORITY);
    wait_beats(2); /* all queue again */
    rt_set_own_priority(254);
    bench_must(rt_delete(badged), "delete a badged capability");
    watch();
    bench_must(rt_delete(endpoint), "delete an endpoint");
    report("latency_delete_endpoint_4096");
    watch();
    bench_waiters_end();
    report("latency_delete_threads_4096");
}

/* An address space with pages of many tables. */
static void space_rows(void)
{
    tess_cptr space = rt_alloc(TESS_TYPE_VSPACE, 0), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    watch();
    for (tess_word i = 0; i < 1024; i++) {
        tess_cptr copy = rt_nth(slots, i);
        bench_must(rt_copy(copy, frame, TESS_RIGHTS_ALL), "copy a frame");
        bench_must(rt_map(space, copy, RT_AREA + i * 0x40000, TESS_RIGHT_READ), "map a frame");
    }
    report("latency_map");
    watch();
    bench_must(rt_delete(space), "delete an address space");
    report("latency_delete_vspace");
    bench_must(rt_revoke(frame), "revoke a frame");
}

static void table_row(void)
{
    tess_cptr table = rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
    watch();
    for (unsigned i = 0; i < 500; i++) {
        bench_must(rt_invoke(table, TESS_PAGE_TABLE_MAP, rt_boot.vspace, RT_AREA + (1ull << 37)),
                   "map a table");
        bench_must(rt_invoke(table, TESS_PAGE_TABLE_UNMAP), "unmap a table");
    }
    report("latency_unmap_table");
}

void bench_latency(void)
{
    slots = rt_slots(MANY);
    bench_waiters_slots();
    pulse_start();
    copies_rows();
    retype_rows();
    large_rows();
    cnode_row();
    waiters_rows();
    space_rows();
    table_row();
    bench_figure("interrupts_off_longest", worst_of_all - way);
    bench_must(rt_invoke(pulse->tcb, TESS_TCB_SUSPEND), "stop the pulse");
    rt_set_own_priority(BENCH_PRIORITY);
}
