/*
 * tests/system/giver.c: sends capabilities to tests/system/taker.c, for test_family.py.
 *
 *     run giver CHANNEL WHAT NUMBER COUNT     COUNT capabilities, each of the notification of the gate
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/pd.h"

void init(void)
{
    if (tess_argc != 5) {
        printf("usage: run giver CHANNEL WHAT NUMBER COUNT\n");
        return;
    }
    for (int i = 0; i < atoi(tess_argv[4]); i++)
        tess_cap_set((unsigned)i, tess_need_capability("signal"));
    for (unsigned i = 0; i < 3; i++)
        tess_mr_set(i, (tess_word)atoi(tess_argv[2 + i]));
    tess_msginfo answer = tess_ppcall((tess_channel)atoi(tess_argv[1]), tess_msginfo_new(0, 3));
    tess_cptr came = tess_received(0);
    struct tess_inspect seen = {0};
    tess_result result = tess_inspect(came, &seen);

    printf("giver: label %lu, word %lu; came: %s\n", tess_msginfo_label(answer), tess_mr_get(0),
           came == TESS_NULL || tess_failed(result) ? "nothing"
                                                    : tess_type_name((enum tess_type)(seen.type & 0xff)));
    if (came != TESS_NULL)
        printf("giver: signal: %s\n", tess_error_name(tess_signal((tess_notification){came}).error));
}
