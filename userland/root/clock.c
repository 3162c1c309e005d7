/*
 * userland/root/clock.c: what is done later. A second thread of root's sleeps and then signals root.
 *
 * The kernel has no timers for programs, but it replenishes budgets: the thread has a tiny budget and, as its
 * period, the time it is to sleep. It uses the budget up, is not run before the period is over, sees that it
 * is time, and signals. Root itself never waits.
 */
#include <stdio.h>

#include "userland/root/root.h"

#define STACK_BYTES 1024u
#define PRIORITY    254u

static char stack[STACK_BYTES] __attribute__((aligned(16)));
static tess_sched_context context;
static tess_notification wake;   /* the thread, from root */
static tess_notification signal; /* root, from the thread */
static volatile uint64_t wanted; /* 0: nothing to wait for */

uint64_t clock_now(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* The thread: nothing but registers, the stack above, and what is declared here. */
static _Noreturn void run(void)
{
    tess_word word;

    for (;;) {
        tess_wait(wake, &word);
        while (wanted != 0 && clock_now() < wanted)
            ;
        if (wanted != 0)
            tess_signal(signal);
    }
}

static tess_result make_thread(tess_tcb *tcb)
{
    tess_result result = memory_make(TESS_TYPE_NOTIFICATION, 0, 1, &wake.address);

    if (!tess_failed(result))
        result = memory_make(TESS_TYPE_TCB, 0, 1, &tcb->address);
    if (!tess_failed(result))
        result = memory_make(TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN, 1, &context.address);
    signal.address = slots_take(1);
    if (!tess_failed(result))
        result = tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL},
                                 root.notification.address, TESS_RIGHT_SEND, NOTIFIED_CLOCK);
    if (!tess_failed(result))
        result = tess_tcb_set_spaces(*tcb, root.cnode, root.vspace);
    if (!tess_failed(result))
        result = tess_tcb_set_priority(*tcb, root.tcb, PRIORITY, PRIORITY);
    if (!tess_failed(result))
        result = tess_tcb_set_flags(*tcb, 0, TESS_TCB_COUNTERS);
    if (!tess_failed(result))
        result = tess_tcb_set_flags(root.tcb, 0, TESS_TCB_COUNTERS);
    return result;
}

/* Long enough for a look at the clock. */
static uint64_t budget(void)
{
    return root.timebase / 50000 + 2;
}

static tess_result configure(uint64_t period)
{
    return tess_sched_control_configure(root.sched_control, context, budget(),
                                        period > budget() ? period : budget(), TESS_REFILLS_MIN, 0);
}

void clock_init(void)
{
    tess_tcb tcb;
    tess_word global;
    tess_result result = make_thread(&tcb);

    __asm__("mv %0, gp" : "=r"(global));
    tess_word registers[4] = {(tess_word)run, 0, (tess_word)(stack + STACK_BYTES), global};
    if (!tess_failed(result))
        result = configure(budget());
    if (!tess_failed(result))
        result = tess_sched_context_bind(context, tcb);
    if (!tess_failed(result))
        result = tess_tcb_write_registers(tcb, 0, 4, true, registers);
    if (tess_failed(result))
        tess_report("root: making the clock", result);
}

void clock_wake_at(uint64_t when)
{
    uint64_t now = clock_now();
    tess_result result = {TESS_OK, 0, 0};

    wanted = when;
    /* A new period also ends a sleep that has begun. */
    if (when > now)
        result = configure(when - now);
    if (tess_failed(result))
        tess_report("root: clock", result);
    tess_signal(wake);
}
