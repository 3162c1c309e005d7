/*
 * userland/lib/server.h: the receive loop of a program that serves an endpoint.
 *
 * The loop owns the Reply objects: a handler either fills in the answer, or holds the caller and answers
 * later. Several callers can be held at a time, one for each Reply object but one, which the next caller
 * needs; tess_server_can_hold says whether one more can be.
 */
#ifndef TESSERA_USERLAND_LIB_SERVER_H
#define TESSERA_USERLAND_LIB_SERVER_H

#include "userland/lib/hand_over.h"
#include "userland/lib/tess.h"

enum tess_handled {
    TESS_HANDLED_ANSWER = 1, /* m is the answer */
    TESS_HANDLED_NONE = 2,   /* no answer now: the caller is held, or it was a Send, or its thread is gone */
};

struct tess_server {
    tess_endpoint endpoint;
    tess_cptr first_reply; /* reply_count capabilities to Reply objects at consecutive addresses */
    unsigned reply_count;  /* at most 64 */
    enum tess_handled (*message)(struct tess_server *server, tess_message *m); /* faults too: see m->flags */
    void (*notified)(struct tess_server *server, tess_word word);
    const struct tess_successor *successor; /* null: it does not hand over */
    uint64_t held;                          /* bit i: Reply object i holds a caller */
    unsigned current;                       /* the Reply object offered to the next caller */
    bool leave;                             /* it was asked to hand over */
};

/* Endpoint and Reply objects are those of the start block, "clients" and "replies", or none where there are none. */
void tess_server_open(struct tess_server *server);

bool tess_server_can_hold(const struct tess_server *server);

/* Holds the caller of the message being handled, and returns its number. Only where can_hold said yes. */
unsigned tess_server_hold(struct tess_server *server);

/* Answers a held caller; an error means that it is gone, which a server need not care about. */
tess_result tess_server_answer(struct tess_server *server, unsigned caller, tess_message *m);

/* True while a held caller still waits; false when its thread is gone, and then it is no longer held. */
bool tess_server_waits(struct tess_server *server, unsigned caller);

/*
 * Before READY, in a program that can succeed another: takes over state and held callers; false: there was no
 * predecessor. Held callers keep their numbers.
 */
bool tess_server_take_over(struct tess_server *server);

/*
 * A word that was taken from the notification elsewhere than in the loop below: when it asks for a hand-over,
 * the loop does that as soon as the work at hand is done.
 */
void tess_server_note(struct tess_server *server, tess_word word);

/* Does not return unless receiving fails. */
tess_result tess_server_run(struct tess_server *server);

/* Tells root that the program serves, and does. Prints and ends the program when receiving fails. */
_Noreturn void tess_serve(struct tess_server *server);

#endif
