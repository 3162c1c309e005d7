/*
 * userland/lib/devices.c: the clients of clock, randomness and disk (userland/lib/devices.h).
 */
#include <string.h>

#include "userland/lib/devices.h"

const char *tess_device_strerror(enum tess_device_answer answer)
{
    switch (answer) {
    case TESS_DEVICE_OK:
        return "no error";
    case TESS_DEVICE_BAD_REQUEST:
        return "the request makes no sense";
    case TESS_DEVICE_RANGE:
        return "there is no such sector";
    case TESS_DEVICE_ERROR:
        return "the device reports an error";
    case TESS_DEVICE_BUSY:
        return "too many programs wait for the device already";
    case TESS_DEVICE_GONE:
        return "the driver does not answer";
    case TESS_DEVICE_DENIED:
        return "this program may not write to the disk";
    }
    return "unknown answer";
}

enum tess_device_answer tess_device_call(tess_endpoint server, tess_word op, unsigned words, tess_message *m)
{
    m->info = TESS_INFO(op, words, 0);
    if (tess_failed(tess_call_again(server, m)))
        return TESS_DEVICE_GONE;
    return (enum tess_device_answer)TESS_INFO_LABEL(m->info);
}

enum tess_device_answer tess_clock_time(tess_endpoint clock, uint64_t *nanoseconds)
{
    tess_message m = {0};
    enum tess_device_answer answer = tess_device_call(clock, TESS_CLOCK_TIME, 0, &m);

    *nanoseconds = m.words[0];
    return answer;
}

enum tess_device_answer tess_random_get(tess_endpoint random, void *bytes, size_t *count)
{
    tess_message m = {.words = {*count}};
    enum tess_device_answer answer = tess_device_call(random, TESS_RANDOM_GET, 1, &m);

    *count = answer == TESS_DEVICE_OK ? tess_message_get_bytes(&m, 0, bytes, *count) : 0;
    return answer;
}

enum tess_device_answer tess_block_info(tess_endpoint block, struct tess_block_info *info)
{
    tess_message m = {0};
    enum tess_device_answer answer = tess_device_call(block, TESS_BLOCK_INFO, 0, &m);

    memcpy(info, m.words, sizeof *info);
    return answer;
}

enum tess_device_answer tess_block_read(tess_endpoint block, uint64_t sector, unsigned count)
{
    tess_message m = {.words = {sector, count}};

    return tess_device_call(block, TESS_BLOCK_READ, 2, &m);
}

enum tess_device_answer tess_block_write(tess_endpoint block, uint64_t sector, unsigned count)
{
    tess_message m = {.words = {sector, count}};

    return tess_device_call(block, TESS_BLOCK_WRITE, 2, &m);
}
