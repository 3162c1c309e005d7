/*
 * kernel/panic.c: the end, in one line.
 *
 * What a person or a test greps for when the kernel cannot go on: a machine it cannot boot on, or a bug
 * of its own. Part of BI-2 to BI-5.
 */
#include "kernel/panic.h"

#include "kernel/print.h"
#include "platform/platform.h"

_Noreturn void panic_at(const char *what, uint64_t pc, const char *clause)
{
    asm volatile("csrci sstatus, 2"); /* SIE: nothing interrupts the last words */
    print_text("tessera: panic: ");
    print_text(what);
    print_text(" at ");
    print_hex(pc);
    print_text(" (");
    print_text(clause);
    print_text(")\n");
    platform_shutdown();
}

_Noreturn __attribute__((noinline)) void panic(const char *what, const char *clause)
{
    panic_at(what, (uint64_t)__builtin_return_address(0), clause);
}
