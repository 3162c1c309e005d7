/*
 * userland/drivers/uart/main.c: the serial driver: moves bytes between a device and two rings.
 *
 * Argument 1 names the kind of device. The driver waits on one notification that the device's interrupt
 * and the user of the line both signal; whatever woke it, it does all there is to do. It listens for
 * "can go out" only while there is something to send, and for "came in" only while the ring has room,
 * so that it is never woken for nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/drivers/uart/uart.h"
#include "userland/lib/hand_over.h"
#include "userland/lib/root.h"
#include "userland/lib/serial.h"
#include "userland/lib/start.h"

static const struct uart_kind *kind;
static struct uart uart;
static struct tess_ring transmit;
static struct tess_ring receive;

static const struct uart_kind *find_kind(const char *name)
{
    static const struct uart_kind *const kinds[] = {&uart_ns16550a, &uart_sifive};

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i]->compatible, name) == 0)
            return kinds[i];
    }
    fprintf(stderr, "uart: no driver for '%s'\n", name);
    exit(EXIT_FAILURE);
}

/*
 * From the ring to the device; true when the user has to know that there is room again. A byte leaves the
 * ring when the device has it: a driver that is ended in between loses none, its successor may repeat one.
 */
static bool pump_out(void)
{
    bool moved = false;

    for (;;) {
        uint8_t bytes[16];
        unsigned room = kind->room(&uart);
        uint32_t count = tess_ring_peek(&transmit, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (count == 0)
            break;
        for (uint32_t i = 0; i < count; i++) {
            kind->put(&uart, bytes[i]);
            tess_ring_drop(&transmit, 1);
        }
        moved = true;
    }
    return moved && tess_ring_space_wanted(&transmit);
}

/* From the device to the ring; true when something came. */
static bool pump_in(void)
{
    bool moved = false;

    while (tess_ring_space(&receive) > 0) {
        uart.place = (uint64_t)receive.mine << 32 | UART_IN_HAND;
        int byte = kind->get(&uart);
        if (byte < 0)
            break;
        uint8_t data = (uint8_t)byte;
        tess_ring_put(&receive, &data, 1);
        moved = true;
    }
    return moved;
}

/* A predecessor read it out of the device, and was ended before it was in the ring. */
static void take_left(void)
{
    uint64_t left = *uart.hand;
    uint8_t byte = (uint8_t)left;

    if ((left & UART_IN_HAND) != 0 && left >> 32 == receive.mine)
        tess_ring_put(&receive, &byte, 1); /* there was room, and only the other side changes that */
}

int main(int argc, char **argv)
{
    tess_endpoint root = {tess_need_capability("root")};
    tess_irq_handler interrupt = {tess_need_capability("interrupt")};
    tess_notification wake = {tess_need_capability("wake")};
    tess_notification user = {tess_need_capability("user")};
    char *rings = tess_need_region("rings", TESS_SERIAL_BYTES);

    tess_word interrupt_bit = tess_start_value("interrupt_bit", 0);
    tess_word word = 0;

    kind = find_kind(argc > 1 ? argv[1] : "");
    uart.registers = tess_need_region("registers", kind->bytes);
    uart.shift = (unsigned)tess_start_value("register_shift", 0);
    uart.width = (unsigned)tess_start_value("register_width", 1);
    tess_ring_consumer(&transmit, rings + TESS_SERIAL_TRANSMIT_OFFSET, TESS_SERIAL_TRANSMIT_BYTES);
    tess_ring_producer(&receive, rings + TESS_SERIAL_RECEIVE_OFFSET, TESS_SERIAL_RECEIVE_BYTES);
    uart.hand = (volatile uint64_t *)(rings + TESS_SERIAL_HAND_OFFSET);
    tess_word nobody;
    tess_take_over(&tess_no_state, &nobody);
    tess_root_ready(root);
    kind->start(&uart);
    take_left();
    tess_signal(user); /* one that was here before may have been ended just before it did */

    for (;;) {
        bool tell = pump_out();
        tell |= pump_in();
        if (tell)
            tess_signal(user);
        /* Ask for room before looking: what the user takes out after that, it signals. */
        tess_ring_want_space(&receive, tess_ring_space(&receive) == 0);
        kind->listen(&uart, tess_ring_space(&receive) > 0, tess_ring_used(&transmit) > 0);
        if ((word & interrupt_bit) != 0)
            tess_irq_handler_ack(interrupt);
        if ((word & TESS_SIGNAL_HAND_OVER) != 0)
            tess_hand_over(&tess_no_state, 0);
        tess_result result = tess_wait(wake, &word);
        if (tess_failed(result) && result.error != TESS_ERR_CANCELLED) /* stopped and resumed: look again */
            tess_fatal("wait", result);
    }
}
