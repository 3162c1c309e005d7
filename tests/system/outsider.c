/*
 * tests/system/outsider.c: asks servers of policy for what the system description does not give it, for
 * test_servers.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/device_server.h"
#include "userland/lib/start.h"

int main(void)
{
    tess_endpoint devices = {tess_need_capability("devices")};
    tess_message m = {.info = TESS_INFO(TESS_CLAIM, 0, 0)};
    tess_result result = tess_call(devices, &m);

    if (tess_failed(result))
        tess_fatal("devices", result);
    printf("outsider: devices: %s\n", tess_claim_strerror((enum tess_claim_answer)TESS_INFO_LABEL(m.info)));
    return EXIT_SUCCESS;
}
