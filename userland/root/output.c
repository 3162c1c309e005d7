/*
 * userland/root/output.c: root's own messages.
 *
 * Until the console server is up they go through the firmware, byte by byte. From then on they go into a
 * ring shared with the console server: root never waits for a program it may have to bury. What finds no
 * room in the ring is counted, and the count printed when there is room again.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/stdio.h"
#include "userland/root/root.h"

static struct tess_ring ring;
static bool ring_ready;
static unsigned lost;

static void to_ring(const char *text, size_t length)
{
    char note[48];

    if (lost > 0) {
        int n = snprintf(note, sizeof note, "root: %u messages lost\n", lost);
        if (tess_ring_space(&ring) >= (uint32_t)n + length) {
            tess_ring_put(&ring, note, (uint32_t)n);
            lost = 0;
        }
    }
    if (lost == 0 && tess_ring_space(&ring) >= length)
        tess_ring_put(&ring, text, (uint32_t)length);
    else
        lost++;
    tess_signal(policy_console_signal);
}

void output_init(void)
{
    if (policy_log_frame.address == TESS_NULL)
        return; /* the firmware shows everything */
    char *page = window_place(1);
    tess_result result = window_map(policy_log_frame, page, TESS_RIGHT_READ | TESS_RIGHT_WRITE);

    if (tess_failed(result)) {
        tess_report("root: mapping the log ring", result);
        return;
    }
    tess_ring_producer(&ring, page, LOG_RING_BYTES);
    ring_ready = true;
}

void output_to_console(bool up)
{
    tess_output_to(up && ring_ready ? to_ring : NULL);
}
