/*
 * userland/lib/server.c: the receive loop of a server (userland/lib/server.h).
 */
#include "userland/lib/server.h"

#include "userland/lib/root.h"
#include "userland/lib/start.h"

void tess_server_open(struct tess_server *server)
{
    const struct tess_start_record *replies = tess_start_find(TESS_START_CAPABILITY, "replies");

    server->endpoint.address = tess_start_capability("clients");
    server->first_reply = replies != NULL ? replies->value : TESS_NULL;
    server->reply_count = replies != NULL ? (unsigned)replies->size : 0;
}

static tess_reply reply_object(const struct tess_server *server, unsigned caller)
{
    return (tess_reply){server->first_reply + caller};
}

/* A Reply object that holds nobody, other than the current one; reply_count when there is none. */
static unsigned find_free(const struct tess_server *server)
{
    unsigned i;

    for (i = 0; i < server->reply_count; i++) {
        if (i != server->current && (server->held >> i & 1) == 0)
            break;
    }
    return i;
}

bool tess_server_can_hold(const struct tess_server *server)
{
    return find_free(server) < server->reply_count;
}

unsigned tess_server_hold(struct tess_server *server)
{
    unsigned caller = server->current;

    server->held |= 1ull << caller;
    server->current = find_free(server);
    return caller;
}

tess_result tess_server_answer(struct tess_server *server, unsigned caller, tess_message *m)
{
    server->held &= ~(1ull << caller);
    return tess_answer(reply_object(server, caller), m);
}

bool tess_server_waits(struct tess_server *server, unsigned caller)
{
    struct tess_inspect info;

    if (!tess_failed(tess_inspect(reply_object(server, caller).address, &info)) && info.state[0] == 1)
        return true;
    server->held &= ~(1ull << caller);
    return false;
}

bool tess_server_take_over(struct tess_server *server)
{
    if (!tess_take_over(server->successor, &server->held))
        return false;
    server->current = server->reply_count;
    server->current = find_free(server);
    return true;
}

void tess_server_note(struct tess_server *server, tess_word word)
{
    if ((word & TESS_SIGNAL_HAND_OVER) != 0)
        server->leave = true;
}

/* A signal ended the receive: no Reply object is offered, and nobody waits for an answer but who is held. */
static void take_signal(struct tess_server *server, tess_word word)
{
    tess_server_note(server, word);
    word &= ~TESS_SIGNAL_HAND_OVER;
    if (word != 0 && server->notified != NULL)
        server->notified(server, word);
}

/* Between two pieces of work. */
static void leave(struct tess_server *server)
{
    server->leave = false;
    tess_hand_over(server->successor, server->held);
}

tess_result tess_server_run(struct tess_server *server)
{
    tess_message m;
    bool answer = false;

    for (;;) {
        tess_reply reply = reply_object(server, server->current);
        tess_result result =
            answer ? tess_reply_recv(server->endpoint, reply, &m) : tess_recv(server->endpoint, reply, &m);
        if (result.error == TESS_ERR_CANCELLED) { /* stopped and resumed meanwhile; the answer is sent */
            answer = false;
            continue;
        }
        if (tess_failed(result))
            return result;
        if ((m.flags & TESS_STATUS_NOTIFICATION) != 0) {
            answer = false;
            take_signal(server, m.badge);
        } else {
            answer = server->message(server, &m) == TESS_HANDLED_ANSWER;
        }
        if (server->leave) {
            if (answer)
                tess_answer(reply, &m);
            answer = false;
            leave(server);
        }
    }
}

_Noreturn void tess_serve(struct tess_server *server)
{
    tess_root_ready((tess_endpoint){tess_need_capability("root")});
    tess_fatal("receive", tess_server_run(server));
}
