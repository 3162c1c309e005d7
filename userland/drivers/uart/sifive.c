/*
 * userland/drivers/uart/sifive.c: the UART of SiFive's chips (sifive,uart0). Registers are 32 bits wide.
 */
#include "userland/drivers/uart/uart.h"

enum {
    TRANSMIT_DATA = 0x00,
    RECEIVE_DATA = 0x04,
    TRANSMIT_CONTROL = 0x08,
    RECEIVE_CONTROL = 0x0c,
    INTERRUPT_ENABLE = 0x10,
};

#define DATA_FULL       0x80000000u /* transmit: no room */
#define DATA_EMPTY      0x80000000u /* receive: nothing there */
#define CONTROL_ENABLE  0x00000001u
#define WATERMARK(n)    ((uint32_t)(n) << 16)
#define ENABLE_TRANSMIT 0x00000001u
#define ENABLE_RECEIVE  0x00000002u

static volatile uint32_t *reg(struct uart *uart, unsigned offset)
{
    return (volatile uint32_t *)(uart->registers + offset);
}

/* Interrupts come when the transmit FIFO has less than one byte, the receive FIFO more than none. */
static void start(struct uart *uart)
{
    *reg(uart, INTERRUPT_ENABLE) = 0;
    *reg(uart, TRANSMIT_CONTROL) = CONTROL_ENABLE | WATERMARK(1);
    *reg(uart, RECEIVE_CONTROL) = CONTROL_ENABLE | WATERMARK(0);
}

static int get(struct uart *uart)
{
    uint32_t data = *reg(uart, RECEIVE_DATA);

    return (data & DATA_EMPTY) != 0 ? -1 : uart_hold(uart, (uint8_t)data);
}

static unsigned room(struct uart *uart)
{
    return (*reg(uart, TRANSMIT_DATA) & DATA_FULL) != 0 ? 0 : 1;
}

static void put(struct uart *uart, uint8_t byte)
{
    *reg(uart, TRANSMIT_DATA) = byte;
}

static void listen(struct uart *uart, bool receive, bool transmit)
{
    *reg(uart, INTERRUPT_ENABLE) = (receive ? ENABLE_RECEIVE : 0) | (transmit ? ENABLE_TRANSMIT : 0);
}

const struct uart_kind uart_sifive = {
    .compatible = "sifive,uart0",
    .bytes = 0x1c,
    .start = start,
    .get = get,
    .room = room,
    .put = put,
    .listen = listen,
};
