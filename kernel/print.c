/*
 * kernel/print.c: text and numbers on the firmware's console.
 *
 * For the start line and for panics (BI-1); everybody else's words go through a driver in user space.
 */
#include "kernel/print.h"

#include "platform/platform.h"

void print_text(const char *text)
{
    for (; *text; text++)
        sbi_putchar(*text);
}

void print_hex(uint64_t number)
{
    print_text("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        sbi_putchar("0123456789abcdef"[number >> shift & 0xf]);
}

void print_decimal(uint64_t number)
{
    char digits[21]; /* 2^64 has 20 */
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print_text(at);
}
