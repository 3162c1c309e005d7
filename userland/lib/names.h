/*
 * userland/lib/names.h: who can find whom: the name server's protocol, and its clients.
 *
 * The system description says which program provides a name (<provides>) and which may use it (<uses>). Both hold
 * "names", an endpoint of the name server with a badge that says who they are. A provider registers its own endpoint,
 * which it holds as "own"; a user finds it by name while it runs, and is given a capability to call it, whose badge is
 * the `id` of <provides> and, from bit 32 on, the number of the user. Found capabilities go into "found", a CNode of
 * the user's own. The answer's label is an enum tess_name_answer.
 *
 *   PROVIDE  word 0.. bytes, and a capability   registers it under the name, in place of an earlier one
 *   FIND     word 0.. bytes                     with the answer comes the capability
 *   LIST     word 0 number, from 1              struct tess_name_info; END after the last name
 *
 * A name stays registered while its provider is ended and started again: calls wait for the next one. It goes when nobody
 * starts the provider again. Nothing is lost when the name server ends: what is registered lies on a shelf that root made.
 */
#ifndef TESSERA_USERLAND_LIB_NAMES_H
#define TESSERA_USERLAND_LIB_NAMES_H

#include "userland/lib/tess.h"

enum tess_name_op { TESS_NAME_PROVIDE = 1, TESS_NAME_FIND = 2, TESS_NAME_LIST = 3 };

enum tess_name_answer {
    TESS_NAME_OK = 0,
    TESS_NAME_UNKNOWN = 1,     /* nobody is described as providing it */
    TESS_NAME_DENIED = 2,      /* the asker is not described as using, or as providing it */
    TESS_NAME_NOT_SERVED = 3,  /* its provider does not run */
    TESS_NAME_BAD_REQUEST = 4, /* the message makes no sense, or brought no endpoint */
    TESS_NAME_END = 5,         /* no name has that number */
    TESS_NAME_ABSENT = 9,      /* what its provider drives or needs is not in this machine */
    TESS_NAME_FULL = 6,        /* no room for what was found; not sent by the server */
    TESS_NAME_NO_SERVER = 7,   /* this program was not given the name server; not sent by it */
    TESS_NAME_GONE = 8,        /* the call itself failed: there is no name server any more */
};

#define TESS_NAME_BYTES 24u
#define TESS_NAME_USERS 200u

struct tess_name_info {
    tess_word served;
    char name[TESS_NAME_BYTES];
    char provider[32];
    char users[TESS_NAME_USERS]; /* with spaces between them */
};

const char *tess_name_strerror(enum tess_name_answer answer);

/*
 * A capability to call who provides the name. Waits while the name server is started again. What was found once is
 * kept and not asked for again, as long as it is there.
 */
enum tess_name_answer tess_find(const char *name, tess_endpoint *found);

/* Registers this program's own endpoint: before it tells root that it serves. */
enum tess_name_answer tess_provide(const char *name);

/* The same, for a server that channels may lead to besides: says why it cannot be found, and goes on. Where there is no
 * name server, nobody looks for it. */
void tess_offer(const char *name);
enum tess_name_answer tess_name_list(tess_endpoint names, unsigned number, struct tess_name_info *info);

/* ---- Between root and the name server: "shelf" is a CNode of root's, and outlives the server. */
#define TESS_NAMES_RADIX 6u
#define TESS_NAMES_MAX   48u /* slot k holds what the provider of the k-th name has registered, from 1 on */
enum { TESS_NAMES_WINDOW = 62, TESS_NAMES_ANSWER = 63 };

/* The badge of "names": number of the program, and that of its description. */
#define TESS_NAMES_BADGE(number, described) ((tess_word)(number) << 32 | (described))
#define TESS_NAMES_NUMBER(badge)            ((badge) >> 32)
#define TESS_NAMES_DESCRIBED(badge)         ((unsigned)(uint32_t)(badge))

/* The CNode "found" of a program that uses so many names, and how many there can be. */
#define TESS_FOUND_MAX   15u
#define TESS_FOUND_RADIX 4u

#endif
