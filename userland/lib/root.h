/*
 * userland/lib/root.h: the root program's protocol, and its client.
 *
 * Every program holds a badged endpoint capability "root" with the CALL right; the badge tells root who
 * asks. Requests are calls whose label is an enum tess_root_op ("bytes" is a counted run as in
 * userland/lib/message.h); the answer's label is an enum tess_root_answer.
 *
 *   everyone
 *   EXIT        word 0 status                  never answered: the program is gone
 *   LOG         word 0.. bytes                 printed on the console
 *   READY                                      a server tells that it serves
 *   ALARM       word 0 time                    its notification is signalled with TESS_SIGNAL_ALARM when the clock has
 *                                              come to that; instead of what it asked for before
 *   HAND_OVER                                  a server that was asked to; OK: the region is there now
 *                                              (userland/lib/hand_over.h)
 *   HANDED_OVER word 0 nonzero: it is filled   answered only when the server is to go on
 *
 *   controllers (the shell)
 *   KILL        word 0.. bytes                 ends the program of that name, and its children; a server is started again
 *   STOP        word 0.. bytes                 suspends it, with all it holds; what it waited for is cancelled
 *   RESUME      word 0.. bytes                 lets it go on
 *   RESTART     word 0.. bytes                 ends it and starts it again, with the same arguments
 *   UPGRADE     word 0.. bytes                 the name of a program and, behind a zero byte, that of an image in
 *                                              the bundle, or nothing: the same again; answered at the end
 *   RUN         word 0 flags, 1.. bytes        the name and arguments, each ended by a zero byte; answered at
 *                                              once, or with RUN_WAIT at the end: word 0 enum tess_ended,
 *                                              word 1 exit status or enum tess_fault
 *   PROGRAM     word 0 index                   struct tess_program_info; END after the last one
 *   MEMORY                                     struct tess_memory_info
 *   CAPABILITY  word 0 address, 1.. bytes      the first capability at or after the address in the CSpace of
 *                                              the program named: words 0-7 struct tess_inspect, 8 its
 *                                              address, 9 where to go on; END after the last one
 *   MEMBER      word 0 index                   word 0 size, 1.. bytes: a program in the bundle
 *   POWER_OFF                                  not answered
 *   FOOTPRINT   word 0 index                   struct tess_footprint; END after the last one
 *
 *   servers
 *   FLOODED     word 0 badge, 1 time           the client of that badge calls it without end and for nothing, all of it
 *                                              since that time; root says so once for each run of that program;
 *                                              NO_PROGRAM: no client of the server that has run since then has the badge
 *
 *   parents, with the capability that names the child
 *   STOP, RESUME, RESTART                      as above
 *   CRASHED                                    the child stands at a fault, and is treated as any program that faults
 *
 *   the name server
 *   PRESENT     word 0 number in the           OK, or ABSENT: what that program cannot do without is not there
 *               description
 *
 *   the device server
 *   FACT        word 0 enum tess_root_fact, 1 which, 2 and 3 what it found
 *
 *   schedulers
 *   TASK        word 0 number, from 1          struct tess_task_info; END after the last number
 *   TIMEOUTS    word 0 number, 1 wanted, 0/1   the program's timeout faults go to the asker's endpoint, with its
 *                                              number in the upper half of the badge; or to nobody
 */
#ifndef TESSERA_USERLAND_LIB_ROOT_H
#define TESSERA_USERLAND_LIB_ROOT_H

#include "userland/lib/message.h"

enum tess_root_op {
    TESS_ROOT_EXIT = 1,
    TESS_ROOT_LOG = 2,
    TESS_ROOT_READY = 3,
    TESS_ROOT_RUN = 4,
    TESS_ROOT_PROGRAM = 5,
    TESS_ROOT_MEMORY = 6,
    TESS_ROOT_CAPABILITY = 7,
    TESS_ROOT_MEMBER = 8,
    TESS_ROOT_POWER_OFF = 9,
    TESS_ROOT_KILL = 10,
    TESS_ROOT_STOP = 11,
    TESS_ROOT_RESUME = 12,
    TESS_ROOT_RESTART = 13,
    TESS_ROOT_FOOTPRINT = 14,
    TESS_ROOT_TASK = 20,
    TESS_ROOT_UPGRADE = 21,
    TESS_ROOT_HAND_OVER = 22,
    TESS_ROOT_HANDED_OVER = 23,
    TESS_ROOT_FACT = 24,
    TESS_ROOT_TIMEOUTS = 25,
    TESS_ROOT_PRESENT = 26,
    TESS_ROOT_CRASHED = 27,
    TESS_ROOT_ALARM = 30,
    TESS_ROOT_FLOODED = 31,
    /* 50 to 56: userland/lib/pager.h */
};

enum tess_root_answer {
    TESS_ROOT_OK = 0,
    TESS_ROOT_DENIED = 1,      /* the asker may not */
    TESS_ROOT_BAD_REQUEST = 2, /* the message makes no sense */
    TESS_ROOT_NO_PROGRAM = 3,  /* nothing of that name */
    TESS_ROOT_BAD_PROGRAM = 4, /* not an ELF program for this machine */
    TESS_ROOT_NO_MEMORY = 5,
    TESS_ROOT_FULL = 6,    /* too many programs, or waiting callers */
    TESS_ROOT_RUNNING = 7, /* there is one, and there can only be one */
    TESS_ROOT_FAILED = 8,  /* see the log */
    TESS_ROOT_END = 9,     /* nothing at or after that place */
    TESS_ROOT_GONE = 10,   /* the call itself failed; never sent by root */
    TESS_ROOT_ABSENT = 11, /* this machine lacks what the program drives or needs */
    TESS_ROOT_NEEDED = 12, /* stopped, it could not be resumed: the console needs it, or it asks itself */
    TESS_ROOT_STATE = 13,  /* it is stopped already, or not stopped; nobody wants it to hand over */
    TESS_ROOT_STAYS = 14,  /* the new version did not take over: the old one goes on, or was started again */
    TESS_ROOT_CLIENT = 15, /* it waits for nothing that a successor could take over */
    TESS_ROOT_BUSY = 16,   /* another upgrade is under way */
    TESS_ROOT_ORPHAN = 17, /* the program that it is a child of does not run */
    TESS_ROOT_IDLE = 18,   /* it is stopped, or does not serve yet */
};

#define TESS_ROOT_RUN_WAIT 1u

#define TESS_PROGRAM_NAME 32u

enum tess_life {
    TESS_LIFE_NONE = 0,
    TESS_LIFE_RUNNING = 1,
    TESS_LIFE_CRASHED = 2, /* ended by a fault; reclaimed */
    TESS_LIFE_WAITING = 3, /* the same, to be started again in a while */
    TESS_LIFE_STOPPED = 4, /* running, but suspended */
};

enum tess_ended {
    TESS_ENDED_EXITED = 1,
    TESS_ENDED_FAULTED = 2,
    TESS_ENDED_KILLED = 3, /* by Ctrl-C, or on request */
};

struct tess_program_info {
    tess_word life;         /* enum tess_life */
    tess_word thread_state; /* enum tess_thread_state */
    tess_word priority;
    tess_word budget_us; /* 0: passive, it runs on its callers' contexts */
    tess_word period_us;
    tess_word faults;
    tess_word last_fault;  /* enum tess_fault */
    tess_word memory;      /* bytes that are the program's own */
    tess_word memory_used; /* of these */
    char name[TESS_PROGRAM_NAME];
};

/* What the device server finds in the device tree, by the numbers of the system description. */
enum tess_root_fact {
    TESS_FACT_DEVICE = 1, /* word 2: 1 if it is there; 3: which of its compatible strings it has, from 1 */
    TESS_FACT_REGION = 2, /* words 2 and 3: physical address and bytes of its registers */
    TESS_FACT_VALUE = 3,  /* which: where the record is in the description; word 2: the property */
};

/* A program as its description wants it to be run. */
struct tess_task_info {
    tess_word life;   /* enum tess_life; TESS_LIFE_NONE: no program has the number */
    tess_word starts; /* another one for each program that has the number */
    tess_word priority;
    tess_word budget_us;
    tess_word period_us;
    char name[TESS_PROGRAM_NAME];
};

struct tess_memory_info {
    tess_word total;    /* bytes of RAM the kernel gave to root */
    tess_word free;     /* of these, never handed out, or handed back */
    tess_word programs; /* handed to programs */
    tess_word root;     /* objects and tables root made for itself and for sharing */
    tess_word bundle;   /* bytes of the bundle, mapped in place */
};

/*
 * Where memory is, in bytes. Index 0: what boot took, by enum tess_use. 1: what root made since, for itself and to
 * be shared, by enum tess_root_part. From 2 on, what each program has, by enum tess_program_part. With what is
 * free (struct tess_memory_info) these make up tess_record_memory.total, PLACED apart.
 */
#define TESS_FOOTPRINT_PARTS 16u
struct tess_footprint {
    tess_word total; /* of index 0: bytes of RAM in use or free */
    tess_word parts[TESS_FOOTPRINT_PARTS];
    char name[TESS_PROGRAM_NAME];
};

enum tess_root_part {
    TESS_ROOT_PART_SHARED = 0, /* frames that programs share */
    TESS_ROOT_PART_TABLES = 1, /* page tables: root looks at the bundle, and at frames */
    TESS_ROOT_PART_OBJECTS = 2,
    TESS_ROOT_PART_REST = 3, /* in front of what begins with a page */
};

enum tess_program_part {
    TESS_PART_DATA = 0, /* pages of the image that are written, or begin or end in the file inside a page */
    TESS_PART_STACK = 1,
    TESS_PART_HEAP = 2,
    TESS_PART_START = 3, /* the start block */
    TESS_PART_TABLES = 4,
    TESS_PART_CSPACE = 5,
    TESS_PART_BOOK = 6,    /* capabilities to all of it, which root keeps */
    TESS_PART_THREAD = 7,  /* TCB, FP, scheduling context, VSpace, Reply objects */
    TESS_PART_OWN = 8,     /* untyped memory for its own use */
    TESS_PART_REST = 9,    /* to the end of a page; or more: the piece was larger than needed */
    TESS_PART_PLACED = 10, /* pages of the bundle, mapped where they lie: counted there */
};

const char *tess_root_strerror(enum tess_root_answer answer);

/* Returns only if the call failed. */
void tess_root_exit(tess_endpoint root, int status);
enum tess_root_answer tess_root_log(tess_endpoint root, const char *text, size_t length);
enum tess_root_answer tess_root_ready(tess_endpoint root);

/* For programs with a notification: no channel has the number of that bit. */
#define TESS_SIGNAL_ALARM (1ull << 62)
enum tess_root_answer tess_root_alarm(tess_endpoint root, tess_word time);

/* For servers; since: by rdtime. */
enum tess_root_answer tess_root_flooded(tess_endpoint root, tess_word badge, tess_word since);

/* The two steps of tess_hand_over; the second one returns only if the program is to go on. */
enum tess_root_answer tess_root_hand_over(tess_endpoint root);
void tess_root_handed_over(tess_endpoint root, bool filled);

/* `words`: name and arguments, argc of them. ended and status may be null without TESS_ROOT_RUN_WAIT. */
enum tess_root_answer tess_root_run(tess_endpoint root, unsigned flags, unsigned argc, char *const *words,
                                    enum tess_ended *ended, tess_word *status);

/* op: TESS_ROOT_KILL, STOP, RESUME or RESTART. */
enum tess_root_answer tess_root_control(tess_endpoint root, enum tess_root_op op, const char *name);

/* op: TESS_ROOT_STOP, RESUME, RESTART or CRASHED. child: of userland/lib/pd.h; "child" and its id in the start block. */
enum tess_root_answer tess_root_child(tess_endpoint child, enum tess_root_op op);

/* image null: the one it runs now. Returns when the new version serves, or the old one goes on. */
enum tess_root_answer tess_root_upgrade(tess_endpoint root, const char *name, const char *image);
enum tess_root_answer tess_root_program(tess_endpoint root, unsigned index, struct tess_program_info *info);
enum tess_root_answer tess_root_present(tess_endpoint root, unsigned number);
enum tess_root_answer tess_root_tell(tess_endpoint root, enum tess_root_fact fact, tess_word which,
                                     tess_word first, tess_word second);
enum tess_root_answer tess_root_task(tess_endpoint root, unsigned number, struct tess_task_info *info);
enum tess_root_answer tess_root_timeouts(tess_endpoint root, unsigned number, bool wanted);
enum tess_root_answer tess_root_memory(tess_endpoint root, struct tess_memory_info *info);
enum tess_root_answer tess_root_footprint(tess_endpoint root, unsigned index,
                                          struct tess_footprint *footprint);

/* *cursor: where to look from, and then where to go on; *address: what was found. */
enum tess_root_answer tess_root_capability(tess_endpoint root, const char *program, tess_word *cursor,
                                           tess_cptr *address, struct tess_inspect *info);
enum tess_root_answer tess_root_member(tess_endpoint root, unsigned index, char name[TESS_PROGRAM_NAME],
                                       tess_word *size);
enum tess_root_answer tess_root_power_off(tess_endpoint root);

#endif
