/*
 * userland/servers/console/main.c: the console server: many clients, one terminal.
 *
 * Serves userland/lib/console.h on an endpoint; its thread's notification brings what comes from the
 * driver and from root. Reader 0 of the queue has the terminal; whatever is written meanwhile appears above
 * its line. Keys typed while nobody reads are kept for the next reader, except Ctrl-C, which asks root to
 * end the program that runs.
 *
 * The server waits in two places: for the next message or signal, and, when the ring to the driver is full,
 * for the driver. Signals taken in the second place are acted upon when the work at hand is done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/console.h"
#include "userland/lib/root.h"
#include "userland/lib/serial.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/servers/console/fair.h"
#include "userland/servers/console/flood.h"
#include "userland/servers/console/line.h"
#include "userland/servers/console/state.h"
#include "userland/servers/console/version.h"

_Static_assert(LINE_MAX_BYTES <= TESS_CONSOLE_LINE, "a typed line fits into an answer");
_Static_assert(sizeof(struct state) <= TESS_HAND_OVER_ROOM, "the state fits into the region");

#define LOG_PIECE     256u
#define WINDOW_US     10000u
#define SHARE_PERCENT 2u /* of the processor, for one client; all of them may have twice as much */
#define REQUEST_US    2u /* what a request costs beside what is measured of it: the way here and back */
#define FLOOD_US      100000u
#define FLOOD_MOST    200u /* calls of one client in that time that come to nothing; without end, 700 to 980 */
#define KEY_INTERRUPT 0x03

static tess_notification wake;
static tess_notification driver;
static tess_notification attention;
static struct tess_ring transmit;
static struct tess_ring receive;
static struct tess_ring log_ring;
static bool unsent;    /* bytes in the ring the driver has not been told of */
static bool signalled; /* a signal was taken while waiting for the driver */

static struct tess_server server;
static tess_endpoint root;
static struct flood flood;
static bool sent; /* this request wrote something */
static struct fair fair;
static uint64_t fair_request; /* REQUEST_US in ticks */
static uint64_t waited;       /* ticks that this request has waited for the driver */
static uint64_t greedy;       /* bit i: caller i is held, and is answered at that time: */
static uint64_t answer_at;
static struct line line;
static struct state state; /* of which the fields about the line are those of `line` */

/* ---- To the terminal ------------------------------------------------------------------------------------- */

/* When root gives the driver up it takes this capability back. */
static void tell_driver(void)
{
    tess_result result = {TESS_OK, 0, 0};

    if (unsent)
        result = tess_signal(driver);
    if (tess_failed(result))
        tess_fatal("the line's driver is gone", result);
    unsent = false;
}

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* Sleeps until something is signalled; the driver signals when it took bytes, as asked. */
static void wait_for_driver(void)
{
    tess_word word;

    unsent = true;
    tell_driver();
    uint64_t began = read_time();
    tess_wait(wake, &word);
    waited += read_time() - began;
    tess_server_note(&server, word);
    signalled = true;
}

static void send(const char *bytes, size_t count)
{
    for (;;) {
        uint32_t put = tess_ring_put(&transmit, bytes, (uint32_t)count);
        unsent |= put > 0;
        sent |= put > 0;
        bytes += put;
        count -= put;
        if (count == 0)
            break;
        tess_ring_want_space(&transmit, true);
        if (tess_ring_space(&transmit) == 0)
            wait_for_driver();
        tess_ring_want_space(&transmit, false);
    }
}

/* A terminal wants a carriage return before each newline. */
static void send_text(const char *text, size_t length)
{
    if (length > 0)
        state.mid_line = text[length - 1] != '\n';
    while (length > 0) {
        const char *newline = memchr(text, '\n', length);
        size_t now = newline != NULL ? (size_t)(newline - text) : length;
        send(text, now);
        if (newline != NULL) {
            send("\r\n", 2);
            now++;
        }
        text += now;
        length -= now;
    }
}

/* Text from a client: above the line that is being typed, if there is one. */
static void write_text(const char *text, size_t length)
{
    if (state.reader_count == 0) {
        send_text(text, length);
        return;
    }
    line_hide(&line);
    send_text(text, length);
    if (state.mid_line)
        send_text("\n", 1);
    line_show(&line);
}

static void flush(void)
{
    while (tess_ring_space(&transmit) < TESS_SERIAL_TRANSMIT_BYTES) {
        tess_ring_want_space(&transmit, true);
        if (tess_ring_space(&transmit) < TESS_SERIAL_TRANSMIT_BYTES)
            wait_for_driver();
        tess_ring_want_space(&transmit, false);
    }
}

/* ---- Readers --------------------------------------------------------------------------------------------- */

static void remove_reader(unsigned index)
{
    state.reader_count--;
    memmove(&state.readers[index], &state.readers[index + 1],
            (state.reader_count - index) * sizeof state.readers[0]);
}

static void begin_line(void)
{
    state.mid_line = false;
    line_begin(&line, state.readers[0].prompt, state.readers[0].prompt_length);
}

/* Answers the reader that has the terminal; the next one gets it. */
static void end_line(enum line_event event)
{
    static const enum tess_console_answer labels[] = {
        [LINE_DONE] = TESS_CONSOLE_OK,
        [LINE_INTERRUPTED] = TESS_CONSOLE_INTERRUPTED,
        [LINE_END] = TESS_CONSOLE_END,
    };
    tess_message m = {0};
    unsigned words = tess_message_put_bytes(&m, 0, line.text, event == LINE_DONE ? line.length : 0);

    m.info = TESS_INFO(labels[event], words, 0);
    tess_server_answer(&server, state.readers[0].caller, &m);
    remove_reader(0);
    if (state.reader_count > 0)
        begin_line();
}

static void show_status(void)
{
    char text[96];
    int length = snprintf(text, sizeof text, "console %u: %lu writes, %u readers, handed over %u times\n",
                          version_number, (unsigned long)state.writes, (unsigned)state.reader_count,
                          (unsigned)state.handed_over);

    write_text(text, (size_t)length);
}

static void take_key(unsigned char key)
{
    if (version_shows_status(key)) {
        show_status();
    } else if (state.reader_count > 0) {
        enum line_event event = line_key(&line, key);
        if (event != LINE_MORE)
            end_line(event);
    } else if (key == KEY_INTERRUPT) {
        state.typed_count = 0;
        send_text("^C\n", 3);
        tess_signal(attention);
    } else if (state.typed_count < TYPED_AHEAD) {
        state.typed[state.typed_count++] = key;
    }
}

static void take_typed_ahead(void)
{
    while (state.typed_count > 0 && state.reader_count > 0) {
        unsigned char key = state.typed[0];
        memmove(state.typed, state.typed + 1, --state.typed_count);
        take_key(key);
    }
}

static void remove_gone_readers(void)
{
    for (unsigned i = 0; i < state.reader_count;) {
        if (tess_server_waits(&server, state.readers[i].caller)) {
            i++;
            continue;
        }
        if (i == 0)
            line_hide(&line);
        remove_reader(i);
        if (i == 0 && state.reader_count > 0)
            begin_line();
    }
}

/* ---- Clients that have had their share ----------------------------------------------------------------------- */

static void answer_greedy(void)
{
    for (unsigned caller = 0; greedy >> caller != 0; caller++) {
        tess_message m = {.info = TESS_INFO(TESS_CONSOLE_AGAIN, 0, 0)};
        if ((greedy >> caller & 1) != 0)
            tess_server_answer(&server, caller, &m);
    }
    greedy = 0;
}

/*
 * Nothing of what it asks is done yet, so a server that is ended meanwhile doubles nothing: the client asks again.
 * Only where Reply objects are left for those who read.
 */
static bool hold_greedy(const tess_message *m, uint64_t now)
{
    if (!fair_waits(&fair, m->badge, now) ||
        server.reply_count - (unsigned)__builtin_popcountll(server.held) < READERS_MAX)
        return false;
    if (greedy == 0) {
        answer_at = fair_end(&fair);
        if (tess_root_alarm(root, answer_at) != TESS_ROOT_OK)
            return false;
    }
    greedy |= 1ull << tess_server_hold(&server);
    return true;
}

/* ---- What signals are about -------------------------------------------------------------------------------- */

/* Whole lines, so that the line being typed does not appear in the middle of one. */
static void take_log(void)
{
    static char text[LOG_PIECE];
    size_t held = 0;
    uint32_t count;

    while ((count = tess_ring_get(&log_ring, text + held, (uint32_t)(sizeof text - held))) > 0) {
        held += count;
        size_t end = held;
        while (end > 0 && text[end - 1] != '\n')
            end--;
        if (end == 0 && held == sizeof text)
            end = held;
        if (end > 0)
            write_text(text, end);
        held -= end;
        memmove(text, text + end, held);
    }
    if (held > 0)
        write_text(text, held);
}

static void take_keys(void)
{
    unsigned char key;

    while (tess_ring_get(&receive, &key, 1) > 0)
        take_key(key);
    unsent |= tess_ring_space_wanted(&receive);
}

/* Looks everywhere: what was signalled while this ran is seen too. */
static void look_around(void)
{
    do {
        signalled = false;
        remove_gone_readers();
        if (greedy != 0 && read_time() >= answer_at)
            answer_greedy();
        take_log();
        take_keys();
    } while (signalled);
    tell_driver();
}

static void notified(struct tess_server *s, tess_word word)
{
    (void)s;
    (void)word;
    look_around();
}

/* A server that was here before may have been ended in the middle of a line. */
static void end_left_line(void)
{
    if (tess_ring_last(&transmit, '\n') != '\n')
        send("\r\n", 2);
}

/* ---- One version after the other --------------------------------------------------------------------------- */

static size_t write_state(void *region, size_t room)
{
    (void)room;
    answer_greedy();
    state_put_line(&state, &line);
    memcpy(region, &state, sizeof state);
    return sizeof state;
}

static bool read_state(uint32_t version, const void *region, size_t bytes)
{
    if (!state_take(&state, version, region, bytes))
        return false;
    state.handed_over++;
    state_get_line(&state, &line);
    return true;
}

static const struct tess_successor successor = {STATE_VERSION, write_state, read_state};

/* ---- Requests ---------------------------------------------------------------------------------------------- */

static enum tess_handled answer(tess_message *m, enum tess_console_answer label)
{
    m->info = TESS_INFO(label, 0, 0);
    return TESS_HANDLED_ANSWER;
}

static enum tess_handled serve_write(tess_message *m)
{
    char text[TESS_CONSOLE_TEXT];
    size_t length = tess_message_get_bytes(m, 0, text, sizeof text);

    if (length > 0)
        write_text(text, length);
    state.writes++;
    return answer(m, TESS_CONSOLE_OK);
}

static enum tess_handled serve_read_line(tess_message *m)
{
    if (state.reader_count == READERS_MAX || !tess_server_can_hold(&server))
        return answer(m, TESS_CONSOLE_BUSY);
    struct reader *reader = &state.readers[state.reader_count];
    reader->prompt_length = tess_message_get_bytes(m, 0, reader->prompt, sizeof reader->prompt);
    reader->caller = tess_server_hold(&server);
    if (++state.reader_count == 1) {
        begin_line();
        take_typed_ahead();
    }
    return TESS_HANDLED_NONE;
}

static enum tess_handled serve(tess_message *m)
{
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_CONSOLE_WRITE:
        return serve_write(m);
    case TESS_CONSOLE_READ_LINE:
        return serve_read_line(m);
    case TESS_CONSOLE_FLUSH:
        flush();
        return answer(m, TESS_CONSOLE_OK);
    }
    return answer(m, TESS_CONSOLE_BAD_REQUEST);
}

static enum tess_handled message(struct tess_server *s, tess_message *m)
{
    uint64_t began = read_time(), badge = m->badge;
    enum tess_handled handled = TESS_HANDLED_NONE;

    (void)s;
    if (!hold_greedy(m, began)) {
        waited = 0;
        sent = false;
        handled = serve(m);
        fair_charge(&fair, badge, read_time() - began - waited + fair_request);
        if (handled == TESS_HANDLED_ANSWER && !sent && flood_call(&flood, badge, began))
            tess_root_flooded(root, badge, flood.begin);
    }
    if (signalled)
        look_around();
    tell_driver();
    return handled;
}

int main(void)
{
    char *rings = tess_need_region("rings", TESS_SERIAL_BYTES);
    uint32_t log_bytes = (uint32_t)tess_start_value("log_ring", 0);

    root.address = tess_need_capability("root");
    wake.address = tess_need_capability("wake");
    driver.address = tess_need_capability("driver");
    attention.address = tess_need_capability("attention");
    server = (struct tess_server){.message = message, .notified = notified, .successor = &successor};
    tess_server_open(&server);
    tess_ring_producer(&transmit, rings + TESS_SERIAL_TRANSMIT_OFFSET, TESS_SERIAL_TRANSMIT_BYTES);
    tess_ring_consumer(&receive, rings + TESS_SERIAL_RECEIVE_OFFSET, TESS_SERIAL_RECEIVE_BYTES);
    tess_ring_consumer(&log_ring, tess_need_region("log", TESS_RING_BYTES(log_bytes)), log_bytes);
    line.out = send;
    fair.window = tess_start->timebase * WINDOW_US / 1000000;
    fair.share = fair.window * tess_start_value("share", SHARE_PERCENT) / 100;
    fair.all = 2 * fair.share;
    fair_request = tess_start->timebase * REQUEST_US / 1000000;
    flood.window = tess_start->timebase * FLOOD_US / 1000000;
    flood.most = FLOOD_MOST;

    bool succeeds = tess_server_take_over(&server);
    tess_root_ready(root);
    if (!succeeds)
        end_left_line();
    unsent = true; /* of which the driver may not have been told */
    look_around();
    tess_fatal("receive", tess_server_run(&server));
}
