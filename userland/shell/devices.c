/*
 * userland/shell/devices.c: the commands that ask devices: date, random, hexdump; and devices, which lists them.
 *
 * Where the machine has no such device, the shell was given no capability to ask for it, and says so.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/device_server.h"
#include "userland/lib/devices.h"
#include "userland/lib/names.h"
#include "userland/lib/start.h"
#include "userland/shell/date.h"
#include "userland/shell/shell.h"

/* The server of that name, of a channel or found by the name server; prints that there is none. */
static bool find_server(const char *command, const char *name, const char *what, tess_endpoint *server)
{
    enum tess_name_answer answer = TESS_NAME_OK;

    server->address = tess_start_capability(name);
    if (server->address == TESS_NULL)
        answer = tess_find(name, server);
    if (answer == TESS_NAME_ABSENT || answer == TESS_NAME_UNKNOWN || answer == TESS_NAME_NO_SERVER)
        printf("%s: this machine has no %s\n", command, what);
    else if (answer != TESS_NAME_OK)
        printf("%s: %s: %s\n", command, name, tess_name_strerror(answer));
    return answer == TESS_NAME_OK;
}

static bool succeeded(const char *command, enum tess_device_answer answer)
{
    if (answer != TESS_DEVICE_OK)
        printf("%s: %s\n", command, tess_device_strerror(answer));
    return answer == TESS_DEVICE_OK;
}

static bool read_number(const char *command, const char *text, unsigned long *number)
{
    char *end;

    *number = strtoul(text, &end, 0);
    if (isdigit((unsigned char)text[0]) && *end == '\0')
        return true;
    printf("%s: '%s' is not a number\n", command, text);
    return false;
}

void command_date(unsigned argc, char **argv)
{
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    tess_endpoint clock;
    uint64_t nanoseconds;

    (void)argc;
    if (!find_server(argv[0], "clock", "clock", &clock) ||
        !succeeded(argv[0], tess_clock_time(clock, &nanoseconds)))
        return;
    struct date d = date_from_seconds(nanoseconds / 1000000000u);
    printf("%.3s %04lu-%02u-%02u %02u:%02u:%02u UTC\n", weekdays + 3 * d.weekday, (unsigned long)d.year,
           d.month, d.day, d.hour, d.minute, d.second);
}

void command_random(unsigned argc, char **argv)
{
    unsigned char bytes[TESS_RANDOM_MAX];
    tess_endpoint random;
    unsigned long wanted = 16;

    if (!find_server(argv[0], "random", "random-number device", &random) ||
        (argc > 1 && !read_number(argv[0], argv[1], &wanted)))
        return;
    if (wanted > sizeof bytes) {
        printf("%s: at most %u bytes at a time\n", argv[0], TESS_RANDOM_MAX);
        return;
    }
    while (wanted > 0) {
        size_t count = wanted < 16 ? wanted : 16;
        if (!succeeded(argv[0], tess_random_get(random, bytes, &count)) || count == 0)
            return;
        for (size_t i = 0; i < count; i++)
            printf("%02x", bytes[i]);
        printf("\n");
        wanted -= count;
    }
}

static void show_line(unsigned offset, const unsigned char *bytes)
{
    printf("%04x ", offset);
    for (unsigned i = 0; i < 16; i++)
        printf(i == 8 ? "  %02x" : " %02x", bytes[i]);
    printf("  |");
    for (unsigned i = 0; i < 16; i++)
        putchar(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.');
    printf("|\n");
}

void command_hexdump(unsigned argc, char **argv)
{
    struct tess_block_info info;
    tess_endpoint block;
    unsigned long sector;

    if (!find_server(argv[0], "block", "disk", &block))
        return;
    if (argc < 2) {
        if (succeeded(argv[0], tess_block_info(block, &info)))
            printf("disk: %lu sectors of %u bytes; cache: %lu hits, %lu misses\n",
                   (unsigned long)info.sectors, TESS_SECTOR_BYTES, (unsigned long)info.hits,
                   (unsigned long)info.misses);
        return;
    }
    const unsigned char *bytes = tess_need_region("block", TESS_BLOCK_BYTES);
    if (!read_number(argv[0], argv[1], &sector) || !succeeded(argv[0], tess_block_read(block, sector, 1)))
        return;
    for (unsigned at = 0; at < TESS_SECTOR_BYTES; at += 16)
        show_line(at, bytes + at);
}

void command_devices(unsigned argc, char **argv)
{
    struct tess_device_info info;
    enum tess_claim_answer answer;
    tess_endpoint server = {tess_start_capability("devices")};

    (void)argc;
    if (server.address == TESS_NULL) {
        printf("%s: this shell has no channel to the device server\n", argv[0]);
        return;
    }
    printf("DEVICE           ADDRESS     IRQ  KIND                 HELD BY\n");
    for (unsigned i = 1; (answer = tess_device_list(server, i, &info)) == TESS_CLAIM_OK; i++) {
        if (info.present == 0)
            printf("%-15s  not in this machine\n", info.name);
        else
            printf("%-15s  0x%-8lx  %4lu  %-19s  %s\n", info.name, (unsigned long)info.address,
                   (unsigned long)info.interrupt, info.kind, info.holder[0] != '\0' ? info.holder : "nobody");
    }
    if (answer != TESS_CLAIM_END)
        printf("%s: %s\n", argv[0], tess_claim_strerror(answer));
}
