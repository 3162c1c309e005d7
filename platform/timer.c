/*
 * platform/timer.c: the clock of a hart.
 *
 * Reads time and arms the one deadline a hart has: through its own stimecmp register where the tree
 * promises Sstc, through the firmware elsewhere. Units are ticks of machine.timebase.
 */
#include "platform/platform.h"

uint64_t timer_now(void)
{
    uint64_t now;
    asm volatile("rdtime %0" : "=r"(now));
    return now;
}

void timer_arm(uint64_t deadline)
{
    if (machine.sstc)
        asm volatile("csrw 0x14d, %0" : : "r"(deadline)); /* stimecmp; its name is newer than binutils 2.40 */
    else
        sbi_set_timer(deadline);
}
