/*
 * userland/lib/sched.h: the scheduler server's protocol, and its clients.
 *
 * Programs that are run by the template of the system description hold an endpoint capability "sched" with the
 * CALL right. Labels of requests and answers ("bytes" is a counted run as in userland/lib/message.h; times
 * are microseconds where they say so, else ticks of the time CSR):
 *
 *   every program, of itself
 *   DECLARE  word 0 budget us, 1 period us, 2 weight, 3 priority: what it asks for; 0: whatever there is
 *   NEXT     its job is finished; answered when the next one is released: word 0 when that was, 1 its
 *            deadline, 2 jobs finished, 3 of these, after their deadline. The first call begins the first job
 *
 *   controllers (the shell)
 *   POLICY   word 0.. bytes: the name of the policy that is to be in force
 *   STATUS   word 0 us since it was asked last, 1.. bytes: the policy's name; shares are counted anew
 *   CLIENT   word 0 index                word 0 where to go on, struct tess_sched_client; END after the last
 *   LIST     word 0 index                word 0.. bytes: name and purpose of a policy; END after the last
 *
 * The answer's label is an enum tess_sched_answer; with REFUSED, words 0.. are bytes: why.
 */
#ifndef TESSERA_USERLAND_LIB_SCHED_H
#define TESSERA_USERLAND_LIB_SCHED_H

#include "userland/lib/message.h"

enum tess_sched_op {
    TESS_SCHED_DECLARE = 1,
    TESS_SCHED_NEXT = 2,
    TESS_SCHED_POLICY = 3,
    TESS_SCHED_STATUS = 4,
    TESS_SCHED_CLIENT = 5,
    TESS_SCHED_LIST = 6,
};

enum tess_sched_answer {
    TESS_SCHED_OK = 0,
    TESS_SCHED_REFUSED = 1, /* the text says why; all is as before */
    TESS_SCHED_UNKNOWN = 2, /* no policy of that name; or not a client */
    TESS_SCHED_END = 3,
    TESS_SCHED_BAD_REQUEST = 4,
    TESS_SCHED_DENIED = 5, /* the asker may not */
    TESS_SCHED_GONE = 6,   /* the call itself failed; never sent by the server */
};

#define TESS_SCHED_TEXT 128u
#define TESS_SCHED_NAME 16u

struct tess_sched_client {
    tess_word number; /* of the program */
    tess_word weight;
    tess_word priority, budget_us, period_us; /* as the kernel enforces them now */
    tess_word permille;                       /* of the processor, since STATUS was asked the time before */
    tess_word jobs, missed, overran;
    char name[TESS_SCHED_NAME];
};

const char *tess_sched_strerror(enum tess_sched_answer answer);

/* text: why it was refused. */
enum tess_sched_answer tess_sched_declare(tess_endpoint sched, uint64_t budget_us, uint64_t period_us,
                                          unsigned weight, unsigned priority, char text[TESS_SCHED_TEXT]);

/* Waits for the release of the next job. */
enum tess_sched_answer tess_sched_next(tess_endpoint sched, uint64_t *release, uint64_t *deadline);

enum tess_sched_answer tess_sched_policy(tess_endpoint sched, const char *name, char text[TESS_SCHED_TEXT]);
enum tess_sched_answer tess_sched_status(tess_endpoint sched, uint64_t *elapsed_us,
                                         char name[TESS_SCHED_TEXT]);

/* *index: 0 for the first; then where to go on. */
enum tess_sched_answer tess_sched_client(tess_endpoint sched, tess_word *index,
                                         struct tess_sched_client *client);
enum tess_sched_answer tess_sched_list(tess_endpoint sched, unsigned index, char text[TESS_SCHED_TEXT]);

#endif
