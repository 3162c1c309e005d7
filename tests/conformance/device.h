/*
 * tests/conformance/device.h: a device that interrupts whenever it is told to (device.c).
 *
 * The UART of either board, ns16550a or sifive,uart0: its transmitter is empty whenever nothing is being
 * sent, and says so on its interrupt line if that is enabled. The line is level: it stays until disabled.
 */
#ifndef TESSERA_TESTS_CONFORMANCE_DEVICE_H
#define TESSERA_TESTS_CONFORMANCE_DEVICE_H

#include "tests/conformance/common.h"

#define DEVICE_AT (RT_AREA + (1ull << 30))

struct device {
    tess_word base; /* physical address of its registers */
    unsigned irq;
    bool sifive;
    tess_cptr frame; /* its page, mapped at DEVICE_AT */
};

/* Finds it in the device tree and maps its registers; ends the test as skipped where there is none. */
void device_open(struct device *device);

/*
 * The end of the pages of some device's registers, as the device tree has them, that hold this address; 0: none
 * do. Knows nodes with two cells of address and two of length, as both boards have.
 */
tess_word device_registers_end(tess_word at);

/* Raises or lowers its interrupt line. */
void device_raise(const struct device *device, bool up);

/* The line, which is up, is seen to be up: QEMU's PLIC looks at a line only when it changes. */
void device_keep(const struct device *device);

#endif
