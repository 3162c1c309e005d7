/*
 * platform/sbi.c: calls into the SBI firmware.
 *
 * Console output for the earliest messages and for panics, the timer of harts without Sstc, power off
 * and restart. Implements the platform half of clauses FW-1 to FW-3.
 */
#include "platform/platform.h"

#define SBI_EXTENSION_PUTCHAR 0x01u /* legacy; OpenSBI 1.1 has no debug console extension yet */
#define SBI_EXTENSION_BASE    0x10u
#define SBI_BASE_PROBE        3u
#define SBI_TIME_SET          0u
#define SBI_SRST_RESET        0u
#define SBI_SRST_SHUTDOWN     0u
#define SBI_SRST_COLD_REBOOT  1u
#define SBI_LEGACY_SHUTDOWN   0x08u

struct sbi_result {
    uint64_t error;
    uint64_t value;
};

/* Preserves every register but a0 and a1, as the SBI demands. */
static struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 asm("a0") = arg0;
    register uint64_t a1 asm("a1") = arg1;
    register uint64_t a6 asm("a6") = function;
    register uint64_t a7 asm("a7") = extension;
    asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){a0, a1};
}

bool sbi_probe(uint64_t extension)
{
    struct sbi_result r = sbi_call(SBI_EXTENSION_BASE, SBI_BASE_PROBE, extension, 0);
    return r.error == 0 && r.value != 0;
}

void sbi_putchar(char c)
{
    sbi_call(SBI_EXTENSION_PUTCHAR, 0, (uint8_t)c, 0);
}

void sbi_set_timer(uint64_t deadline)
{
    sbi_call(SBI_EXTENSION_TIME, SBI_TIME_SET, deadline, 0);
}

static _Noreturn void sbi_reset(uint64_t type)
{
    if (sbi_probe(SBI_EXTENSION_SRST))
        sbi_call(SBI_EXTENSION_SRST, SBI_SRST_RESET, type, 0);
    sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0);
    for (;;)
        asm volatile("wfi");
}

/*
 * OpenSBI answers a power-off that no driver of its own can do by parking the hart for ever, and no SBI
 * call tells beforehand. The tree does: see machine.only_reboots. Under QEMU, -no-reboot turns that
 * restart into an exit.
 */
_Noreturn void platform_shutdown(void)
{
    sbi_reset(machine.only_reboots ? SBI_SRST_COLD_REBOOT : SBI_SRST_SHUTDOWN);
}

_Noreturn void platform_reboot(void)
{
    sbi_reset(SBI_SRST_COLD_REBOOT);
}
