/*
 * userland/drivers/uart/ns16550a.c: the 16550 and its many relatives.
 */
#include "userland/drivers/uart/uart.h"

enum {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
};

#define ENABLE_RECEIVE  0x01u
#define ENABLE_TRANSMIT 0x02u
#define FIFO_ENABLE     0x01u
#define LINE_8N1        0x03u
#define MODEM_READY     0x0bu /* DTR, RTS, and OUT2, which lets the interrupt out */
#define STATUS_RECEIVED 0x01u
#define STATUS_EMPTY    0x20u /* the transmit FIFO is */
#define FIFO_BYTES      16u

static uint8_t read_register(struct uart *uart, unsigned number)
{
    volatile uint8_t *at = uart->registers + ((uint64_t)number << uart->shift);

    if (uart->width == 4)
        return (uint8_t)(*(volatile uint32_t *)at);
    return *at;
}

static void write_register(struct uart *uart, unsigned number, uint8_t value)
{
    volatile uint8_t *at = uart->registers + ((uint64_t)number << uart->shift);

    if (uart->width == 4)
        *(volatile uint32_t *)at = value;
    else
        *at = value;
}

static void start(struct uart *uart)
{
    write_register(uart, INTERRUPT_ENABLE, 0);
    write_register(uart, LINE_CONTROL, LINE_8N1);
    write_register(uart, FIFO_CONTROL, FIFO_ENABLE);
    write_register(uart, MODEM_CONTROL, MODEM_READY);
}

static int get(struct uart *uart)
{
    if ((read_register(uart, LINE_STATUS) & STATUS_RECEIVED) == 0)
        return -1;
    return uart_hold(uart, read_register(uart, DATA));
}

static unsigned room(struct uart *uart)
{
    return (read_register(uart, LINE_STATUS) & STATUS_EMPTY) != 0 ? FIFO_BYTES : 0;
}

static void put(struct uart *uart, uint8_t byte)
{
    write_register(uart, DATA, byte);
}

static void listen(struct uart *uart, bool receive, bool transmit)
{
    write_register(uart, INTERRUPT_ENABLE, (receive ? ENABLE_RECEIVE : 0) | (transmit ? ENABLE_TRANSMIT : 0));
}

const struct uart_kind uart_ns16550a = {
    .compatible = "ns16550a",
    .bytes = 8,
    .start = start,
    .get = get,
    .room = room,
    .put = put,
    .listen = listen,
};
