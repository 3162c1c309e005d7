/*
 * userland/root/clock.c: what is done later: a Timer of the kernel's signals root (TM). Root itself never waits.
 */
#include <stdio.h>

#include "userland/root/root.h"

static tess_timer timer;

uint64_t clock_now(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

uint64_t clock_ticks(uint64_t microseconds)
{
    return microseconds * root.timebase / 1000000;
}

void clock_init(void)
{
    tess_notification signal = {slots_take(1)};
    tess_result result = tess_tcb_set_flags(root.tcb, 0, TESS_TCB_COUNTERS);

    if (!tess_failed(result))
        result = memory_make(TESS_TYPE_TIMER, 0, 1, &timer.address);
    if (!tess_failed(result))
        result = tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL},
                                 root.notification.address, TESS_RIGHT_SEND, NOTIFIED_CLOCK);
    if (!tess_failed(result))
        result = tess_timer_bind(timer, signal);
    if (tess_failed(result))
        tess_report("root: making the clock", result);
}

void clock_wake_at(uint64_t when)
{
    tess_result result = tess_timer_arm(timer, when, 0);

    if (tess_failed(result))
        tess_report("root: clock", result);
}
