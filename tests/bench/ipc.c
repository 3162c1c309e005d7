/*
 * tests/bench/ipc.c: messages, signals and Yield between threads in address spaces and CSpaces of their own.
 */
#include "tests/bench/bench.h"

static struct bench_actor client, server;

#define ENDS(a, b) bench_actors_end((struct bench_actor *const[]){(a), (b)}, 2)

static void call_rows_to(unsigned priority, tess_word words, bool passive, const char *call_name,
                         const char *reply_name)
{
    struct bench_series series = {.count = 0};
    tess_cptr endpoint = rt_alloc(TESS_TYPE_ENDPOINT, 0);

    server = (struct bench_actor){
        .space = 0,
        .endpoint = endpoint,
        .reply = rt_alloc(TESS_TYPE_REPLY, 0),
        .first = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_ENDPOINT, .reply = BENCH_CAP_REPLY},
        .each = {.operation = TESS_SYS_REPLY_RECV,
                 .cap = BENCH_CAP_ENDPOINT,
                 .reply = BENCH_CAP_REPLY,
                 .info = TESS_INFO(0, words, 0),
                 .words = {1, 2, 3, 4, 5, 6, 7, 8}}};
    client = (struct bench_actor){.space = 1,
                                  .endpoint = endpoint,
                                  .rounds = BENCH_ROUNDS,
                                  .each = {.operation = TESS_SYS_CALL,
                                           .cap = BENCH_CAP_ENDPOINT,
                                           .info = TESS_INFO(0, words, 0),
                                           .words = {1, 2, 3, 4, 5, 6, 7, 8}}};
    bench_actor_start(&server, .priority = priority);
    if (passive)
        bench_actor_passive(&server);
    bench_actor_start(&client);
    bench_pair(&series, &client, &server);
    bench_report(call_name, &series);
    bench_pair(&series, &server, &client);
    bench_report(reply_name, &series);
    ENDS(&client, &server);
}

static void call_rows(tess_word words, bool passive, const char *call_name, const char *reply_name)
{
    call_rows_to(BENCH_HIGH, words, passive, call_name, reply_name);
}

static void send_rows(void)
{
    struct bench_series series = {.count = 0};
    tess_cptr endpoint = rt_alloc(TESS_TYPE_ENDPOINT, 0);

    server = (struct bench_actor){
        .space = 0, .endpoint = endpoint, .each = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_ENDPOINT}};
    client = (struct bench_actor){.space = 1,
                                  .endpoint = endpoint,
                                  .rounds = BENCH_ROUNDS,
                                  .each = {.operation = TESS_SYS_SEND, .cap = BENCH_CAP_ENDPOINT}};
    bench_actor_start(&server, .priority = BENCH_HIGHER);
    bench_actor_start(&client);
    bench_pair(&series, &client, &server);
    bench_report("send_higher", &series);
    bench_pair(&series, &server, &client);
    bench_report("recv_blocks", &series); /* to the sender going on */
    ENDS(&client, &server);
}

static void signal_rows(void)
{
    struct bench_series series = {.count = 0};
    tess_cptr notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0);

    server = (struct bench_actor){.space = 0,
                                  .notification = notification,
                                  .each = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_NOTIFICATION}};
    client = (struct bench_actor){.space = 1,
                                  .notification = notification,
                                  .rounds = BENCH_ROUNDS,
                                  .each = {.operation = TESS_SYS_SEND, .cap = BENCH_CAP_NOTIFICATION}};
    bench_actor_start(&server, .priority = BENCH_HIGHER);
    bench_actor_start(&client);
    bench_pair(&series, &client, &server);
    bench_report("signal_higher", &series);
    bench_pair(&series, &server, &client);
    bench_report("wait_blocks", &series); /* to the signaller going on */
    ENDS(&client, &server);
}

/* Root signals, in its own CSpace of one level; the receiver is let to wait again before each signal. */
static void signal_lower_row(void)
{
    struct bench_series series = {.count = 0};
    tess_cptr notification = bench_object(TESS_TYPE_NOTIFICATION, 0);
    struct bench_call call = {.operation = TESS_SYS_SEND, .cap = notification};

    for (unsigned i = 0; i < BENCH_ROUNDS; i++)
        bench_add(&series, bench_run(&call, "signal"));
    bench_report("signal_nobody", &series);

    bench_must(rt_nbrecv(notification, TESS_NULL), "take the signal");
    server = (struct bench_actor){.space = 0,
                                  .notification = notification,
                                  .each = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_NOTIFICATION}};
    bench_actor_start(&server, .priority = BENCH_LOW);
    for (unsigned i = 0; i < BENCH_ROUNDS; i++) {
        rt_settle();
        if (rt_state(notification) != 1)
            rt_stop("nobody waits for the signal");
        bench_add(&series, bench_run(&call, "signal"));
    }
    bench_report("signal_lower", &series);
    bench_actors_end((struct bench_actor *const[]){&server}, 1);
}

static void yield_row(const char *name, unsigned other_space)
{
    struct bench_series series = {.count = 0};

    client = (struct bench_actor){.space = 0, .rounds = BENCH_ROUNDS, .each = {.operation = TESS_SYS_YIELD}};
    server = (struct bench_actor){
        .space = other_space, .rounds = BENCH_ROUNDS, .each = {.operation = TESS_SYS_YIELD}};
    bench_actor_start(&client, .priority = BENCH_LOW);
    bench_actor_start(&server, .priority = BENCH_LOW);
    rt_settle();
    bench_pair(&series, &client, &server);
    bench_report(name, &series);
    ENDS(&client, &server);
}

void bench_ipc(void)
{
    call_rows(0, true, "call_0", "reply_recv_0");
    call_rows(8, true, "call_8", "reply_recv_8");
    call_rows(10, true, "call_10", "reply_recv_10");
    call_rows_to(BENCH_HIGHER, 0, true, "call_upwards_0", "reply_recv_downwards_0");
    call_rows(0, false, "call_active_0", "reply_recv_active_0");
    call_rows(8, false, "call_active_8", "reply_recv_active_8");
    call_rows(10, false, "call_active_10", "reply_recv_active_10");
}

void bench_waiting(void)
{
    send_rows();
    signal_rows();
    signal_lower_row();
    yield_row("yield", 1);
    yield_row("yield_same_space", 0);
}
