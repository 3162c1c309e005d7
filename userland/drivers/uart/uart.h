/*
 * userland/drivers/uart/uart.h: what a kind of serial device must be able to do.
 *
 * The loop in main.c is the same for all; a kind is a file that fills in this table.
 */
#ifndef TESSERA_USERLAND_DRIVERS_UART_UART_H
#define TESSERA_USERLAND_DRIVERS_UART_UART_H

#include <stdbool.h>
#include <stdint.h>

struct uart {
    volatile uint8_t *registers;
    unsigned shift; /* registers are 1 << shift bytes apart */
    unsigned width; /* bytes of an access */

    /*
     * Reading a byte takes it out of the device: a driver that is ended right then has it, and nobody else. So the
     * very next thing is to store it here, in memory that outlives the driver, with `place` in the upper half.
     */
    volatile uint64_t *hand;
    uint64_t place;
};

#define UART_IN_HAND 0x100u /* in `place`: there is a byte */

static inline int uart_hold(struct uart *uart, uint8_t byte)
{
    *uart->hand = uart->place | byte;
    return byte;
}

struct uart_kind {
    const char *compatible; /* as the device tree calls it */
    uint64_t bytes;         /* of its registers */
    /* Speed and format stay as the firmware set them: it has been talking already. */
    void (*start)(struct uart *uart);
    /* A byte that came in, and was given to uart_hold at once; or -1. */
    int (*get)(struct uart *uart);
    /* How many bytes may be put now without looking again. */
    unsigned (*room)(struct uart *uart);
    void (*put)(struct uart *uart, uint8_t byte);
    /* Which conditions interrupt: something came in, something can go out. */
    void (*listen)(struct uart *uart, bool receive, bool transmit);
};

extern const struct uart_kind uart_ns16550a;
extern const struct uart_kind uart_sifive;

#endif
