/*
 * tests/conformance/players.h: threads that play a part: a list of system calls, one after the other, by the
 * names of a CSpace that is one CNode, so that Calls and answers may take a shorter way (SPEC EP-14, RP-8).
 */
#ifndef TESSERA_TESTS_CONFORMANCE_PLAYERS_H
#define TESSERA_TESTS_CONFORMANCE_PLAYERS_H

#include "tests/conformance/common.h"

#define PLAYER_STEPS 6u

/* The first slots of a player's CSpace, in the order in which capabilities are given to it. */
enum { P1 = 1, P2, P3, P4, P5, P6, PLAYER_RADIX = 3 };

/* Servers and clients have an endpoint there, servers a Reply object. */
enum { EP = P1, REPLY = P2 };

/* Priorities of players: more and less urgent than the test. */
enum { HIGH = 110, LOW = 90 };

struct player;
struct step {
    tess_word operation; /* 0: none */
    tess_cptr cap;
    tess_word info;
    tess_cptr reply;
    tess_word words[TESS_REGISTER_WORDS];
    void (*act)(struct player *player); /* instead of a system call */
};

#define P_RECV(cap_, reply_) ((struct step){.operation = TESS_SYS_RECV, .cap = (cap_), .reply = (reply_)})
#define P_CALL(cap_, info_)  ((struct step){.operation = TESS_SYS_CALL, .cap = (cap_), .info = (info_)})
#define P_SEND(cap_)         ((struct step){.operation = TESS_SYS_SEND, .cap = (cap_)})
#define P_ANSWER(cap_, reply_, info_)                                                                        \
    ((struct step){.operation = TESS_SYS_REPLY_RECV, .cap = (cap_), .reply = (reply_), .info = (info_)})
#define P_ACT(act_) ((struct step){.act = (act_)})

struct player {
    struct step steps[PLAYER_STEPS];
    tess_cptr caps[6];
    struct rt_result results[PLAYER_STEPS];
    volatile unsigned done;  /* steps that have come back */
    volatile bool open;      /* the gate */
    volatile uint64_t value; /* what an act left */
    struct rt_thread *thread;
    tess_cptr cspace;
};

/* One with these capabilities that makes these steps. */
struct player player_of(const struct step *steps, unsigned count, tess_cptr first, tess_cptr second,
                        tess_cptr third);
#define PART(first, second, third, ...)                                                                      \
    player_of((const struct step[]){__VA_ARGS__},                                                            \
              sizeof((struct step[]){__VA_ARGS__}) / sizeof(struct step), (first), (second), (third))

/* Yields until the test opens the gate, and leaves what it was told for that; for a player less urgent than the test. */
void player_gate(struct player *player);

/* A thread that plays this part. A passive one loses its context when it waits for the first time. */
#define player_start(player, ...) player_start_with((player), (struct rt_options){__VA_ARGS__})
void player_start_with(struct player *player, struct rt_options options);

/* Opens the gate and lets everybody run. */
void player_open(struct player *player);

/* Takes turns with players of priority LOW, some of them at a gate, until one has done so many steps. */
void turns_until(const struct player *player, unsigned done);

static inline tess_word player_state(const struct player *player)
{
    return rt_state(player->thread->tcb);
}

#endif
