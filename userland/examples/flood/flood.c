/*
 * userland/examples/flood/flood.c: keeps the console server busy, as well as it can; `run flood &`, and type on.
 *
 * It prints lines for ever, or does what its argument says: `flush` and `nonsense` ask for other things than to print,
 * `log` has root print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/console.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

#define LINE "................................................\n"

/* Ten at a time: less work for this program than for the console server. */
static const char lines[] = LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE;

int main(int argc, char **argv)
{
    tess_endpoint console = {tess_need_capability("console")}, root = {tess_need_capability("root")};
    const char *what = argc > 1 ? argv[1] : "print";
    bool answered = true;

    while (answered) {
        tess_message m = {.info = TESS_INFO(99, 0, 0)};
        if (strcmp(what, "flush") == 0)
            answered = tess_console_flush(console) == TESS_CONSOLE_OK;
        else if (strcmp(what, "nonsense") == 0)
            answered = !tess_failed(tess_call(console, &m));
        else if (strcmp(what, "log") == 0)
            answered = tess_root_log(root, lines, strlen(lines)) == TESS_ROOT_OK;
        else if (strcmp(what, "print") == 0)
            answered = tess_console_write(console, lines, strlen(lines)) == TESS_CONSOLE_OK;
        else
            answered = false;
    }
    printf("flood: %s: try print, flush, nonsense or log\n", what);
    return EXIT_FAILURE;
}
