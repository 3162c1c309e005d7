/*
 * kernel/panic.c: the end, in one line.
 *
 * What a person or a test greps for when the kernel cannot go on: a machine it cannot boot on, or a bug
 * of its own. Part of BI-2 to BI-5.
 */
#include "kernel/panic.h"

#include "platform/platform.h"

void panic_print(const char *text)
{
    for (; *text; text++)
        sbi_putchar(*text);
}

static void print_hex(uint64_t number)
{
    panic_print("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        sbi_putchar("0123456789abcdef"[number >> shift & 0xf]);
}

_Noreturn void panic_at(const char *what, uint64_t pc, const char *clause)
{
    asm volatile("csrci sstatus, 2"); /* SIE: nothing interrupts the last words */
    panic_print("tessera: panic: ");
    panic_print(what);
    panic_print(" at ");
    print_hex(pc);
    panic_print(" (");
    panic_print(clause);
    panic_print(")\n");
    platform_shutdown();
}

_Noreturn __attribute__((noinline)) void panic(const char *what, const char *clause)
{
    panic_at(what, (uint64_t)__builtin_return_address(0), clause);
}
