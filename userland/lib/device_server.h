/*
 * userland/lib/device_server.h: who has which device: the device server's protocol, and its clients.
 *
 * A program whose description gives it registers or interrupts of devices holds "claim". Before its main function
 * runs, the library calls CLAIM there; when that is answered, the registers are mapped and the interrupt handlers in
 * their slots, or the program says why not, and ends. Both go when the program goes. Who may list the devices calls
 * LIST, through a channel of the description. The answer's label is an enum tess_claim_answer.
 *
 *   CLAIM                         word 0, when it is refused: the address or interrupt that could not be given
 *   LIST   word 0 number, from 1  struct tess_device_info; END after the last device
 */
#ifndef TESSERA_USERLAND_LIB_DEVICE_SERVER_H
#define TESSERA_USERLAND_LIB_DEVICE_SERVER_H

#include "userland/lib/tess.h"

enum tess_claim_op { TESS_CLAIM = 1, TESS_CLAIM_LIST = 2 };

enum tess_claim_answer {
    TESS_CLAIM_OK = 0,
    TESS_CLAIM_DENIED = 1,      /* the description gives the asker no device */
    TESS_CLAIM_BAD_REQUEST = 2, /* the message makes no sense */
    TESS_CLAIM_ABSENT = 3,      /* the machine has no such registers or interrupt */
    TESS_CLAIM_TAKEN = 4,       /* another program has it */
    TESS_CLAIM_FAILED = 5,      /* see the log */
    TESS_CLAIM_END = 6,         /* no device has that number */
    TESS_CLAIM_GONE = 7,        /* the call itself failed: nobody gives out devices any more */
};

#define TESS_DEVICE_NAME 24u
#define TESS_DEVICE_KIND 40u

/* Words of a LIST; the three names are bytes, each ended by a zero byte. */
struct tess_device_info {
    tess_word present;
    tess_word address;
    tess_word interrupt; /* 0: none */
    char name[TESS_DEVICE_NAME];
    char kind[TESS_DEVICE_KIND];
    char holder[TESS_DEVICE_KIND]; /* the program that has it now, or "" */
};

const char *tess_claim_strerror(enum tess_claim_answer answer);

/* For userland/lib/start.c: does nothing in a program without "claim". Ends one that is refused. */
void tess_claim_devices(void);

enum tess_claim_answer tess_device_list(tess_endpoint devices, unsigned number,
                                        struct tess_device_info *info);

/*
 * ---- Between root and the device server: what the server holds, and where it puts what it gives. Root can take
 * all of it back by REVOKE, and takes what a program was given back with the program's memory.
 *
 * "shelf" is a CNode of root's. What the server makes of it stays there when the server ends.
 */
#define TESS_SHELF_RADIX 7u
enum {
    TESS_SHELF_IRQ_CONTROL = 1,
    TESS_SHELF_TRAYS = 2, /* + number of a program: its tray, while one runs that is given devices */
    TESS_SHELF_FREE = 32, /* untyped device memory, frames of registers */
};

/*
 * A tray is a CNode made of a program's own memory: what the server needs to give it its devices, and the
 * capabilities to the frames that are mapped. The handlers of the program's interrupts go into the first slots of its
 * CSpace; one that is there already stays, since it may be that of the program's predecessor.
 */
enum {
    TESS_TRAY_WHOSE = 1, /* an endpoint capability with the badge that the program claims with */
    TESS_TRAY_VSPACE = 2,
    TESS_TRAY_CSPACE = 3,
    TESS_TRAY_SIGNALS = 4, /* to bind each interrupt to; behind them the frames, in the order of the maps */
};

/* The badge of a CLAIM: number of the program, and that of its description. No channel has such a badge. */
#define TESS_CLAIM_BADGE(number, described) ((tess_word)(number) << 32 | (described))
#define TESS_CLAIM_NUMBER(badge)            ((unsigned)((badge) >> 32))
#define TESS_CLAIM_DESCRIBED(badge)         ((unsigned)(uint32_t)(badge))

#endif
