/*
 * userland/lib/hand_over.h: a program's state on its way from one version to the next (live upgrade).
 *
 * Root starts the new version with the endpoint, notification, interrupts, regions and Reply objects of the
 * old one, and signals the old one with TESS_SIGNAL_HAND_OVER. The old one, between two pieces of work,
 * writes its state into a region that root shows it for that, and waits. Then root shows the region to the
 * new one, for reading, and lets it run. What the new one reads it may refuse: it ends, and the old one goes
 * on as if nothing had been asked. When it says READY, the old one is ended. Requests that come meanwhile wait
 * in the endpoint; a caller that the old one held is held by the new one.
 *
 * Until READY a successor only looks: memory, rings and devices that it shares with others are the old one's.
 *
 * Servers do not call this: userland/lib/server.h and userland/lib/pd.h do.
 */
#ifndef TESSERA_USERLAND_LIB_HAND_OVER_H
#define TESSERA_USERLAND_LIB_HAND_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bit of a program's notification that asks it to hand over: no channel has that number. */
#define TESS_SIGNAL_HAND_OVER (1ull << 63)

#define TESS_HAND_OVER_PAGES  4u
#define TESS_HAND_OVER_BYTES  (TESS_HAND_OVER_PAGES * 4096u)
#define TESS_HAND_OVER_MAGIC  0x646e616873736574ull /* "tesshand", little endian */
#define TESS_HAND_OVER_CANNOT SIZE_MAX

/* The region: this, and the state behind it. */
struct tess_hand_over {
    uint64_t magic;
    uint32_t version; /* of the state's form */
    uint32_t bytes;   /* of `state` */
    uint64_t check;   /* tess_hand_over_check of them */
    uint64_t held;    /* bit i: Reply object i holds a caller (userland/lib/server.h) */
    unsigned char state[];
};

#define TESS_HAND_OVER_ROOM (TESS_HAND_OVER_BYTES - sizeof(struct tess_hand_over))

/* How a program hands over. */
struct tess_successor {
    uint32_t version; /* of the form that write makes */
    /* Writes the state; returns its bytes, at most `room`, or TESS_HAND_OVER_CANNOT. */
    size_t (*write)(void *state, size_t room);
    /* Takes the state of a predecessor; false: it is of a form, or says something, that this one cannot use. */
    bool (*read)(uint32_t version, const void *state, size_t bytes);
};

/* For programs all of whose state is in memory that they share with others, or can be dropped. */
extern const struct tess_successor tess_no_state;

/* Fills in the region, but for `held`; false: the program cannot hand over. */
bool tess_hand_over_fill(struct tess_hand_over *region, const struct tess_successor *how);

/* Null, or what is wrong with it. Pure; compiles on the host (tests/unit/test_user_hand_over.c). */
const char *tess_hand_over_wrong(const struct tess_hand_over *region, size_t room);

/* Was this program started to succeed another one? */
bool tess_is_successor(void);

/*
 * In the old one, when it has seen TESS_SIGNAL_HAND_OVER: returns when it is to go on, and else does not. `how`
 * null: it cannot hand over.
 */
void tess_hand_over(const struct tess_successor *how, uint64_t held);

/*
 * In the new one, before READY: takes the state, and *held. False: there is no predecessor. Prints and
 * ends the program when the state cannot be used.
 */
bool tess_take_over(const struct tess_successor *how, uint64_t *held);

#endif
