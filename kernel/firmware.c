/*
 * kernel/firmware.c: early console, power off, restart (SPEC FW-1..FW-3).
 */
#include "kernel/firmware.h"

#include "platform/platform.h"

static struct status put(const struct tcb *caller)
{
    const word *words = caller->registers.words;
    const char *bytes = (const char *)&words[1];
    if (words[0] > TESS_FIRMWARE_PUT_MAX)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(0), TESS_FIRMWARE_PUT_MAX);
    for (word i = 0; i < words[0]; i++)
        sbi_putchar(bytes[i]);
    return STATUS_OK;
}

struct status firmware_invoke(word label, struct tcb *caller)
{
    switch (label) {
    case TESS_FIRMWARE_PUT:
        return put(caller);
    case TESS_FIRMWARE_SHUTDOWN:
        platform_shutdown();
    case TESS_FIRMWARE_REBOOT:
        platform_reboot();
    default:
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    }
}
