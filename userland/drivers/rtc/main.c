/*
 * userland/drivers/rtc/main.c: the clock of QEMU's virt machine (google,goldfish-rtc).
 *
 * Serves "clock" of userland/lib/devices.h. The device counts nanoseconds since 1970, UTC; reading its low
 * half keeps the high half that belongs to it. Its interrupt is that of an alarm, which nobody sets: the
 * driver is not given it.
 */
#include "userland/lib/devices.h"
#include "userland/lib/names.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"

#define TIME_LOW  0u
#define TIME_HIGH 4u
#define REGISTERS 8u

static volatile uint8_t *registers;

static uint32_t get(unsigned offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    (void)server;
    if (TESS_INFO_LABEL(m->info) != TESS_CLOCK_TIME) {
        m->info = TESS_INFO(TESS_DEVICE_BAD_REQUEST, 0, 0);
        return TESS_HANDLED_ANSWER;
    }
    uint64_t low = get(TIME_LOW);
    m->words[0] = (uint64_t)get(TIME_HIGH) << 32 | low;
    m->info = TESS_INFO(TESS_DEVICE_OK, 1, 0);
    return TESS_HANDLED_ANSWER;
}

int main(void)
{
    struct tess_server server = {.message = message, .successor = &tess_no_state};

    tess_server_open(&server);
    registers = tess_need_region("registers", REGISTERS);
    tess_server_take_over(&server);
    tess_offer("clock");
    tess_serve(&server);
}
