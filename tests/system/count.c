/*
 * tests/system/count.c: the load of test_kills.py and test_upgrade.py: prints numbered lines, argument 1 times or
 * for ever, with argument 2 in front.
 *
 * The next number is used only when the console server has acknowledged the line before, so every number
 * but the highest is of an acknowledged line. The lines come in bursts, of which the long ones fill
 * the ring between console server and driver: there the server is ended in the middle of a line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/console.h"
#include "userland/lib/start.h"

#define BURST_MAX 48u
#define PAUSE     100000u /* turns of a loop */

int main(int argc, char **argv)
{
    unsigned last = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    const char *name = argc > 2 ? argv[2] : "count";
    tess_endpoint console = {tess_need_capability("console")};

    for (unsigned number = 1, burst = 1;; burst = burst * 5 % BURST_MAX + 1) {
        for (unsigned i = 0; i < burst; i++, number++) {
            char text[64];
            int length =
                snprintf(text, sizeof text, "%s %u abcdefghijklmnopqrstuvwxyz %u.\n", name, number, number);
            if (tess_console_write(console, text, (size_t)length) != TESS_CONSOLE_OK)
                return EXIT_FAILURE;
            if (number == last)
                return EXIT_SUCCESS;
        }
        for (volatile unsigned i = 0; i < PAUSE; i++)
            ;
    }
}
