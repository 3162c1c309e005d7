/*
 * userland/servers/mirror/main.c: the far end of a second serial line: greets, and copies back what comes.
 *
 * Works over any driver that speaks userland/lib/serial.h: the second UART, or a virtio console. What it
 * cannot send yet stays in the receive ring, so a line nobody reads stops, and nothing is lost. Bytes leave that
 * ring when they are in the other: a mirror that is ended in between loses none, its successor may repeat some, and
 * does not greet in the middle of a line.
 */
#include "userland/lib/hand_over.h"
#include "userland/lib/root.h"
#include "userland/lib/serial.h"
#include "userland/lib/start.h"

static struct tess_ring transmit;
static struct tess_ring receive;

/* When root gives the driver up it takes this capability back. */
static void tell(tess_notification driver)
{
    tess_result result = tess_signal(driver);

    if (tess_failed(result))
        tess_fatal("the line's driver is gone", result);
}

/* True when something was moved. */
static bool copy(void)
{
    bool moved = false;

    for (;;) {
        unsigned char bytes[64];
        uint32_t space = tess_ring_space(&transmit);
        uint32_t count = tess_ring_peek(&receive, bytes, space < sizeof bytes ? space : sizeof bytes);
        if (count == 0)
            return moved;
        tess_ring_put(&transmit, bytes, count);
        tess_ring_drop(&receive, count);
        moved = true;
    }
}

int main(void)
{
    static const char greeting[] = "tessera: what you type comes back\r\n";
    tess_notification wake = {tess_need_capability("wake")};
    tess_notification driver = {tess_need_capability("driver")};
    char *rings = tess_need_region("rings", TESS_SERIAL_BYTES);
    tess_word word = 0, nobody;

    tess_ring_producer(&transmit, rings + TESS_SERIAL_TRANSMIT_OFFSET, TESS_SERIAL_TRANSMIT_BYTES);
    tess_ring_consumer(&receive, rings + TESS_SERIAL_RECEIVE_OFFSET, TESS_SERIAL_RECEIVE_BYTES);
    bool succeeds = tess_take_over(&tess_no_state, &nobody);
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    if (!succeeds && tess_ring_last(&transmit, '\n') == '\n')
        tess_ring_put(&transmit, greeting, sizeof greeting - 1);
    tell(driver);
    for (;;) {
        bool moved = false;
        /* Ask for room before looking again: what the driver takes out after that, it signals. */
        do {
            moved |= copy();
            tess_ring_want_space(&transmit, tess_ring_space(&transmit) == 0);
        } while (tess_ring_used(&receive) > 0 && tess_ring_space(&transmit) > 0);
        if (moved)
            tell(driver);
        if ((word & TESS_SIGNAL_HAND_OVER) != 0)
            tess_hand_over(&tess_no_state, 0);
        tess_result result = tess_wait(wake, &word);
        if (tess_failed(result) && result.error != TESS_ERR_CANCELLED) /* stopped and resumed: look again */
            tess_fatal("wait", result);
    }
}
