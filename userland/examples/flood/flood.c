/*
 * userland/examples/flood/flood.c: prints lines for ever, as fast as it can; `run flood &`, and type on.
 */
#include <stdlib.h>
#include <string.h>

#include "userland/lib/console.h"
#include "userland/lib/start.h"

#define LINE "................................................\n"

/* Ten at a time: less work for this program than for the console server. */
int main(void)
{
    static const char lines[] = LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE;
    tess_endpoint console = {tess_need_capability("console")};

    while (tess_console_write(console, lines, strlen(lines)) == TESS_CONSOLE_OK)
        ;
    return EXIT_FAILURE;
}
