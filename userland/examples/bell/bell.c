/*
 * userland/examples/bell/bell.c: a driver with entry points: rings as often as it is asked to, once for each interrupt
 * of its device, and then signals the gate (userland/examples/gate).
 *
 *     run call bell 3
 *
 * The device is the alarm of virt's clock or, on sifive_u, the second serial line, which wants bytes to send.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/pd.h"

enum { GATE = 2 };

/* google,goldfish-rtc: times in nanoseconds; the alarm is set by its low half. */
enum { TIME_LOW = 0x00, TIME_HIGH = 0x04, ALARM_LOW = 0x08, ALARM_HIGH = 0x0c, ENABLED = 0x10, CLEAR = 0x1c };
#define ALARM_AFTER 1000000u

/* sifive,uart0: bit 0 is "fewer bytes wait than the watermark". */
enum { UART_INTERRUPTS = 0x10 };

static volatile uint8_t *registers;
static bool is_clock;
static tess_word wanted, rung;

static volatile uint32_t *at(unsigned offset)
{
    return (volatile uint32_t *)(registers + offset);
}

static void arm(void)
{
    if (!is_clock) {
        *at(UART_INTERRUPTS) = 1;
        return;
    }
    uint64_t now = *at(TIME_LOW);
    now |= (uint64_t)*at(TIME_HIGH) << 32;
    *at(ENABLED) = 1;
    *at(ALARM_HIGH) = (uint32_t)((now + ALARM_AFTER) >> 32);
    *at(ALARM_LOW) = (uint32_t)(now + ALARM_AFTER);
}

static void quiet(void)
{
    if (is_clock)
        *at(CLEAR) = 1;
    else
        *at(UART_INTERRUPTS) = 0;
}

void init(void)
{
    registers = tess_need_region("registers", 0x20);
    is_clock = strcmp(tess_argv[1], "google,goldfish-rtc") == 0;
    quiet();
    printf("bell: ready\n");
}

/* The device first: until it is quiet, the next acknowledgement brings the next interrupt. */
void notified(tess_channel channel)
{
    quiet();
    tess_irq_ack(channel);
    if (rung == wanted) /* of a predecessor */
        return;
    printf("bell: %lu\n", ++rung);
    if (rung < wanted)
        arm();
    else
        tess_notify(GATE);
}

tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)channel;
    (void)info;
    wanted = tess_mr_get(0);
    rung = 0;
    if (wanted > 0)
        arm();
    return tess_msginfo_new(0, 0);
}
