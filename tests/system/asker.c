/*
 * tests/system/asker.c: a program with a main function that is answered with a capability (userland/lib/window.h), by
 * tests/system/taker.c, for test_family.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/start.h"
#include "userland/lib/window.h"

enum { ANSWER = 5 };

int main(void)
{
    tess_message m = {.info = TESS_INFO(0, 1, 0), .words = {ANSWER}};

    tess_window_open();
    tess_result result = tess_call((tess_endpoint){tess_need_capability("taker")}, &m);
    if (tess_failed(result))
        tess_fatal("call", result);
    tess_window_take(&m);
    printf("asker: signal: %s\n", tess_error_name(tess_signal((tess_notification){tess_keep(0)}).error));
    return tess_received(0) == TESS_NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
