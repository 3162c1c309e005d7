/*
 * userland/lib/pd.c: the main function of a program with entry points (userland/lib/pd.h).
 *
 * Linked only into programs that have no main of their own. It waits on what the program was given: its
 * endpoint, to which its notification is bound (userland/lib/server.h is the loop), or the notification
 * alone. A program that was given neither ends after init.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/message.h"
#include "userland/lib/pd.h"
#include "userland/lib/stdio.h"

int tess_argc;
char **tess_argv;
struct tess_server tess_pd_server;

/* The message at hand; words from mr_count on are 0. */
static tess_word mr[TESS_MESSAGE_WORDS_MAX];
static unsigned mr_count;
static tess_word badge;
static bool held;
/* Capabilities that go with the next message. */
static tess_cptr sent[TESS_MESSAGE_CAPS_MAX];
static unsigned sent_count;

int main(int argc, char **argv);

/* ---- Entry points a program can do without ------------------------------------------------------------- */

__attribute__((weak)) void notified(tess_channel channel)
{
    printf("%s: channel %u signalled, and there is no notified()\n", tess_program_name(), channel);
}

__attribute__((weak)) tess_msginfo protected(tess_channel channel, tess_msginfo info)
{
    (void)info;
    printf("%s: channel %u called, and there is no protected()\n", tess_program_name(), channel);
    return tess_msginfo_new(TESS_LABEL_FAILED, 0);
}

__attribute__((weak)) size_t hand_over(void *state, size_t room)
{
    (void)state;
    (void)room;
    return TESS_HAND_OVER_CANNOT;
}

__attribute__((weak)) bool take_over(uint32_t version, const void *state, size_t bytes)
{
    (void)version;
    (void)state;
    (void)bytes;
    return false;
}

/* ---- Words of the message ------------------------------------------------------------------------------ */

tess_msginfo tess_msginfo_new(tess_word label, unsigned words)
{
    return TESS_INFO(label, words < TESS_MESSAGE_WORDS_MAX ? words : TESS_MESSAGE_WORDS_MAX, 0);
}

tess_word tess_msginfo_label(tess_msginfo info)
{
    return TESS_INFO_LABEL(info);
}

unsigned tess_msginfo_words(tess_msginfo info)
{
    return TESS_INFO_WORDS(info);
}

tess_word tess_mr_get(unsigned word)
{
    return word < mr_count ? mr[word] : 0;
}

void tess_mr_set(unsigned word, tess_word value)
{
    if (word >= TESS_MESSAGE_WORDS_MAX)
        return;
    while (mr_count <= word)
        mr[mr_count++] = 0;
    mr[word] = value;
}

void tess_cap_set(unsigned i, tess_cptr capability)
{
    if (i >= TESS_MESSAGE_CAPS_MAX)
        return;
    while (sent_count <= i)
        sent[sent_count++] = TESS_NULL;
    sent[i] = capability;
}

tess_word tess_badge(void)
{
    return badge;
}

static void take_words(const tess_message *m)
{
    unsigned words = TESS_INFO_WORDS(m->info);

    for (mr_count = 0; mr_count < words && mr_count < TESS_MESSAGE_WORDS_MAX; mr_count++)
        mr[mr_count] = tess_message_get(m, mr_count);
}

static void put_words(tess_message *m, tess_msginfo info)
{
    unsigned words = TESS_INFO_WORDS(info);

    if (words > TESS_MESSAGE_WORDS_MAX)
        words = TESS_MESSAGE_WORDS_MAX;
    m->info = TESS_INFO(TESS_INFO_LABEL(info), words, sent_count);
    for (unsigned i = 0; i < words || i < TESS_REGISTER_WORDS; i++)
        tess_message_set(m, i, i < words ? tess_mr_get(i) : 0);
    for (unsigned i = 0; i < sent_count; i++)
        tess_buffer->caps[i] = sent[i];
    sent_count = 0;
}

/* ---- Channels ------------------------------------------------------------------------------------------ */

/* "channel3", "channel3_notify", "irq3": what the description calls an end or an interrupt without a name. */
static tess_cptr find(const char *before, tess_channel channel, const char *behind, enum tess_type type)
{
    char name[TESS_START_NAME];
    struct tess_inspect info;

    snprintf(name, sizeof name, "%s%u%s", before, channel, behind);
    tess_cptr address = tess_start_capability(name);
    if (address == TESS_NULL || tess_failed(tess_inspect(address, &info)))
        return TESS_NULL;
    return (info.type & 0xff) == type ? address : TESS_NULL;
}

static tess_cptr need(const char *what, tess_channel channel, tess_cptr address)
{
    if (address != TESS_NULL)
        return address;
    printf("%s: channel %u: %s; see the system description\n", tess_program_name(), channel, what);
    exit(EXIT_FAILURE);
}

void tess_notify(tess_channel channel)
{
    tess_cptr address = find("channel", channel, "_notify", TESS_TYPE_NOTIFICATION);

    if (address == TESS_NULL)
        address = find("channel", channel, "", TESS_TYPE_NOTIFICATION);
    tess_signal((tess_notification){need("the other side cannot be signalled", channel, address)});
}

void tess_irq_ack(tess_channel channel)
{
    tess_cptr address = find("irq", channel, "", TESS_TYPE_IRQ_HANDLER);

    tess_irq_handler_ack((tess_irq_handler){need("it is no interrupt", channel, address)});
}

tess_msginfo tess_ppcall(tess_channel channel, tess_msginfo info)
{
    tess_cptr address = find("channel", channel, "", TESS_TYPE_ENDPOINT);
    tess_message m = {0};

    tess_window_empty();
    put_words(&m, info);
    tess_result result =
        tess_call((tess_endpoint){need("the other side cannot be called", channel, address)}, &m);
    if (!tess_failed(result)) {
        take_words(&m);
        tess_window_take(&m);
        return TESS_INFO(TESS_INFO_LABEL(m.info), TESS_INFO_WORDS(m.info), 0);
    }
    tess_mr_set(0, result.error);
    return tess_msginfo_new(TESS_LABEL_FAILED, 1);
}

/* ---- Callers that wait --------------------------------------------------------------------------------- */

bool tess_can_hold(void)
{
    return !held && tess_server_can_hold(&tess_pd_server);
}

unsigned tess_hold(void)
{
    held = true;
    return tess_server_hold(&tess_pd_server);
}

void tess_answer_held(unsigned caller, tess_msginfo info)
{
    tess_message m = {0};

    put_words(&m, info);
    tess_server_answer(&tess_pd_server, caller, &m);
}

/* ---- Children ------------------------------------------------------------------------------------------ */

static enum tess_root_answer ask_about(tess_channel child, enum tess_root_op op)
{
    tess_cptr address = find("child", child, "", TESS_TYPE_ENDPOINT);

    return tess_root_child((tess_endpoint){need("it is no child", child, address)}, op);
}

enum tess_root_answer tess_pd_restart(tess_channel child)
{
    return ask_about(child, TESS_ROOT_RESTART);
}

enum tess_root_answer tess_pd_stop(tess_channel child)
{
    return ask_about(child, TESS_ROOT_STOP);
}

enum tess_root_answer tess_pd_resume(tess_channel child)
{
    return ask_about(child, TESS_ROOT_RESUME);
}

enum tess_root_answer tess_pd_crashed(tess_channel child)
{
    return ask_about(child, TESS_ROOT_CRASHED);
}

void tess_fault_print(tess_channel child, tess_msginfo info)
{
    printf("%s: child %u: %s at 0x%lx, address 0x%lx\n", tess_program_name(), child,
           tess_fault_name((enum tess_fault)tess_msginfo_label(info)), (unsigned long)tess_mr_get(0),
           (unsigned long)tess_mr_get(1));
}

/* A program that says nothing about its children leaves them to root; its own threads, where they are. */
__attribute__((weak)) bool fault(tess_channel child, tess_msginfo info, tess_msginfo *answer)
{
    (void)answer;
    if (find("child", child, "", TESS_TYPE_ENDPOINT) != TESS_NULL)
        tess_pd_crashed(child);
    else
        tess_fault_print(child, info);
    return false;
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

/* Before the answer is put together: both are calls, and use the IPC buffer. */
static void end_of_work(void)
{
    tess_window_empty();
    tess_output_flush();
}

static void dispatch(tess_word word)
{
    sent_count = 0;
    for (tess_channel channel = 0; word != 0; channel++, word >>= 1) {
        if ((word & 1) != 0)
            notified(channel);
    }
    end_of_work();
}

static void on_signal(struct tess_server *server, tess_word word)
{
    (void)server;
    dispatch(word);
}

static enum tess_handled on_message(struct tess_server *server, tess_message *m)
{
    tess_msginfo info = TESS_INFO(TESS_INFO_LABEL(m->info), TESS_INFO_WORDS(m->info), 0);
    tess_msginfo answer = tess_msginfo_new(0, 0);
    bool wanted = true;

    (void)server;
    badge = m->badge;
    held = false;
    sent_count = 0;
    take_words(m);
    tess_window_take(m);
    if ((m->flags & TESS_STATUS_FAULT) != 0)
        wanted = fault((tess_channel)badge, info, &answer);
    else
        answer = protected((tess_channel)badge, info);
    end_of_work();
    if (held)
        return TESS_HANDLED_NONE;
    /* A thread that stays where it is: any label but 0 says so (TH-10). */
    put_words(m, wanted ? answer : tess_msginfo_new(1, 0));
    return TESS_HANDLED_ANSWER;
}

static _Noreturn void wait_for_signals(tess_notification wake)
{
    tess_word word;

    for (;;) {
        tess_result result = tess_wait(wake, &word);
        if (tess_failed(result) && result.error != TESS_ERR_CANCELLED) /* stopped and resumed */
            tess_fatal("wait", result);
        dispatch(word & ~TESS_SIGNAL_HAND_OVER);
        if ((word & TESS_SIGNAL_HAND_OVER) != 0)
            tess_hand_over(tess_pd_server.successor, 0);
    }
}

int main(int argc, char **argv)
{
    const struct tess_successor successor = {tess_state_version, hand_over, take_over};
    tess_notification wake = {tess_start_capability("wake")};

    tess_argc = argc;
    tess_argv = argv;
    tess_pd_server =
        (struct tess_server){.message = on_message, .notified = on_signal, .successor = &successor};
    tess_server_open(&tess_pd_server);
    tess_window_open();
    init();
    tess_server_take_over(&tess_pd_server);
    end_of_work();
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    if (tess_pd_server.endpoint.address != TESS_NULL)
        tess_fatal("receive", tess_server_run(&tess_pd_server));
    if (wake.address != TESS_NULL)
        wait_for_signals(wake);
    return EXIT_SUCCESS;
}
