/*
 * kernel/print.h: what little the kernel says on the firmware's console: a start line and panics.
 */
#ifndef TESSERA_KERNEL_PRINT_H
#define TESSERA_KERNEL_PRINT_H

#include <stdint.h>

void print_text(const char *text);
void print_hex(uint64_t number); /* 0x and 16 digits */
void print_decimal(uint64_t number);

#endif
