/*
 * userland/lib/stdio.c: standard output and error for picolibc (userland/lib/stdio.h).
 */
#include <stdio.h>

#include "userland/lib/boot.h"
#include "userland/lib/console.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

static char line[TESS_OUTPUT_LINE];
static size_t used;
static tess_sink *chosen;

static void to_firmware(const char *text, size_t length)
{
    tess_firmware firmware = {tess_boot_capability(TESS_ROLE_FIRMWARE)};

    while (length > 0) {
        size_t now = length < TESS_FIRMWARE_PUT_MAX ? length : TESS_FIRMWARE_PUT_MAX;
        tess_firmware_put(firmware, text, now);
        text += now;
        length -= now;
    }
}

static void to_default(const char *text, size_t length)
{
    tess_cptr console = tess_start_capability("console");
    tess_cptr root = tess_start_capability("root");

    if (tess_boot != NULL)
        to_firmware(text, length);
    else if (console != TESS_NULL)
        tess_console_write((tess_endpoint){console}, text, length);
    else if (root != TESS_NULL)
        tess_root_log((tess_endpoint){root}, text, length);
}

void tess_output_to(tess_sink *sink)
{
    tess_output_flush();
    chosen = sink;
}

void tess_output_flush(void)
{
    size_t length = used;

    used = 0;
    if (length == 0)
        return;
    if (chosen != NULL)
        chosen(line, length);
    else
        to_default(line, length);
}

static int put(char c, FILE *stream)
{
    (void)stream;
    line[used++] = c;
    if (c == '\n' || used == sizeof line)
        tess_output_flush();
    return 0;
}

static int flush(FILE *stream)
{
    (void)stream;
    tess_output_flush();
    return 0;
}

static FILE output = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);

FILE *const stdout = &output;
FILE *const stderr = &output;
