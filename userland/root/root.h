/*
 * userland/root/root.h: what the files of the root program share.
 *
 * The root program is the first and holds everything at boot. It keeps three kinds of things: what it
 * needs for itself and for channels between programs (made straight from boot untypeds, never freed), the
 * bundle, and for each running program one piece of untyped memory of which everything that belongs to the
 * program is made. Taking that back is one revoke.
 *
 * Files: slots.c free slots of root's CSpace; memory.c untyped memory; window.c root's own address space;
 * bundle.c the programs' files; devices.c the device server's part; load.c a program from a file;
 * system.c the system description, read; regions.c its memory regions; policy.c who gets what, as it says; absent.c who cannot run here; authority.c what servers of
 * policy get; pager.c programs of a memory server; names.c who finds whom; family.c programs inside programs;
 * grant.c who may send capabilities; passive.c who runs on callers' contexts;
 * watch.c, answers.c what is said of those that do not fault;
 * program.c their lives; upgrade.c one in place of another; clock.c what is done later; service.c what clients ask;
 * footprint.c where memory is; output.c root's own messages.
 */
#ifndef TESSERA_USERLAND_ROOT_ROOT_H
#define TESSERA_USERLAND_ROOT_ROOT_H

#include "userland/lib/boot.h"
#include "userland/lib/ring.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/tess.h"
#include "userland/root/system.h"

#define PROGRAMS_MAX 24

struct program;

/* ---- main.c: initial capabilities ---------------------------------------------------------------------- */

struct root {
    tess_cnode cnode; /* root's own CSpace */
    unsigned radix;
    tess_tcb tcb;
    tess_vspace vspace;
    tess_sched_control sched_control;
    tess_irq_control irq_control;
    tess_firmware firmware;
    uint64_t timebase;
    unsigned upper_tables; /* page tables above the leaf tables of a program: 2 with Sv39, 3 with Sv48 */

    tess_endpoint endpoint;         /* programs call it, with their badge; faults arrive here */
    tess_notification notification; /* bound to root's thread: NOTIFIED_... */
    tess_cptr replies;
};
extern struct root root;

#define NOTIFIED_INTERRUPT 1u /* Ctrl-C while nobody reads: id 0 of root in a channel */
#define NOTIFIED_CLOCK     (1ull << 62)

/* The address, in root's CSpace, of a slot of a CNode that root holds. */
static inline tess_cptr slot_in(tess_cnode cnode, tess_cptr slot)
{
    return cnode.address | slot << root.radix;
}

/* ---- slots.c ------------------------------------------------------------------------------------------- */

void slots_init(void);

/* `count` free slots at consecutive addresses; TESS_NULL when there are none. */
tess_cptr slots_take(unsigned count);
void slots_give(tess_cptr slot);

/* ---- memory.c ------------------------------------------------------------------------------------------ */

struct region {
    tess_untyped untyped;
    uint64_t bytes;
};

/* An object, or `count` of them at consecutive addresses, for ever, in new slots of root's CSpace. */
tess_result memory_make(enum tess_type type, tess_word size, unsigned count, tess_cptr *first);

/* Frames of 4 KB behind one another in memory, for ever, in slots of a CNode from `first` on. */
tess_result memory_make_frames(unsigned count, tess_cnode cnode, tess_cptr first);

/* Page-aligned untyped memory of at least that size, and back again, with all that was made of it. */
tess_result memory_take(uint64_t bytes, struct region *region);
void memory_give(struct region *region);

/* Untyped memory over all that is left of each device region, in slots of a CNode from `first` on. */
tess_result memory_give_devices(tess_cnode cnode, tess_cptr first);

/* Bytes that memory_make, and the gaps between regions, have taken. */
uint64_t memory_made(enum tess_root_part part);

void memory_info(struct tess_memory_info *info);
/* Pages of untyped memory that a program of the description has as its own: the same each time it is started. */
unsigned memory_own_pages(unsigned number);
uint64_t memory_used(const struct region *region);

/* ---- window.c ------------------------------------------------------------------------------------------ */

void window_init(void);

/* Address space of root's, `pages` long, for ever. */
char *window_place(unsigned pages);

/* As tess_frame_map into root's own space; makes page tables as needed. */
tess_result window_map(tess_frame frame, const void *address, unsigned rights);

/* ---- bundle.c ------------------------------------------------------------------------------------------ */

struct bundle_file {
    const char *name; /* as the boot information has it */
    const void *data; /* mapped read-only in root */
    uint64_t size;
    uint64_t offset; /* in the bundle; page-aligned when packed by our tool */
};

bool bundle_init(void);
bool bundle_find(const char *name, struct bundle_file *file);

/* The index-th program, for lists. */
bool bundle_member(unsigned index, const char **name, uint64_t *size);

/* The frame of the bundle page at that page-aligned offset: to be copied, not mapped. */
tess_cptr bundle_frame(uint64_t offset);
uint64_t bundle_bytes(void);

/* ---- devices.c ----------------------------------------------------------------------------------------- */

/* The device server's shelf; prints why when it cannot be made. */
bool devices_init(void);

/* Gives the device server what it works with; true for every other program. */
bool devices_serve(struct program *p);
unsigned devices_pages(const struct system_program *policy); /* that this maps */

/* The tray of a program that is given devices: made with its objects, filled when it has its notification. */
uint64_t devices_tray_bytes(const struct system_program *policy);
bool devices_make_tray(struct program *p);
bool devices_give_tray(struct program *p);

/* What the device server tells; false: it makes no sense. */
bool devices_told(enum tess_root_fact fact, tess_word what, tess_word first, tess_word second);
bool devices_all_told(void); /* true: now, and not before */
bool devices_known(void);

/* What is known then. Devices and regions have their numbers in the description; device 0 is no device. */
bool devices_present(unsigned device);
const char *devices_kind(unsigned device); /* the string by which it was found to be compatible */
void devices_registers(unsigned region, uint64_t *address, uint64_t *bytes);
uint64_t devices_value(const struct system_value *v);

/* ---- program.c ----------------------------------------------------------------------------------------- */

/* Slots of a program's book: capabilities to its objects, which the program itself does not hold. */
enum {
    BOOK_CSPACE = 1,
    BOOK_TCB = 2,
    BOOK_FP = 3,
    BOOK_CONTEXT = 4,
    BOOK_VSPACE = 5,
    BOOK_FAULTS = 6,   /* endpoint of its faults, badged */
    BOOK_TIMEOUTS = 7, /* endpoint of its timeout faults, badged: root's, a scheduler's, or empty */
    BOOK_FIRST = 8,    /* page tables, frames, copies of frames */
};

#define WORDS_KEPT 128u /* name and arguments, to start it again with */
#define CALLS_KEPT 16u

/* What is known of a run of a program that does not fault: watch.c, answers.c. Times are by clock_now. */
struct watch {
    bool told;         /* there is one line for each run */
    unsigned overruns; /* its budget was used up, so often in a row */
    uint64_t overrun_at;
    tess_word state; /* at the last look: enum tess_thread_state */
    tess_word consumed;
    uint64_t still_since;  /* the look at which it was found not to have run again */
    uint64_t told_until;   /* of calls that have waited since before, something was said */
    uint64_t serves_since; /* it was not kept from answering by anybody else */
    uint64_t looks_at;
};

struct program {
    char name[TESS_PROGRAM_NAME];
    enum tess_life life;
    unsigned number; /* of the description's program that says how it is run */
    const struct system_program *policy;
    struct region memory;
    tess_cnode book;    /* made of `memory`, as all below */
    tess_cnode found;   /* of a program that uses names (userland/lib/names.h), or null */
    tess_cptr found_at; /* its slot for that */
    tess_cnode window;  /* of a program that capabilities come to (userland/lib/window.h), or null */
    tess_cnode tray;    /* of a program that is given devices (userland/lib/device_server.h), or null */
    unsigned book_next;
    unsigned book_radix;
    unsigned cspace_radix;
    unsigned cspace_next;
    tess_cptr replies;          /* of a server, the first one; behind them its endpoint */
    uint16_t calls[CALLS_KEPT]; /* slots of its channels to call, in the order of the description */
    struct watch watch;
    unsigned tables_next; /* book slot of the next page table to use, and of the first thing behind them */
    unsigned tables_end;
    unsigned frames_next; /* the same for frames */
    unsigned frames_end;
    uint64_t system_next;   /* address of the next pages in the area for them; 0: none yet */
    unsigned stack_slot;    /* book slot of the topmost page of the stack */
    const char *stack_copy; /* what that is to begin with: then the thread does not run yet; null: nothing */
    char *start_block;      /* mapped in root while the program is being made */

    unsigned starts; /* of programs with this number */
    unsigned faults;
    enum tess_fault last_fault;
    unsigned crashes;    /* ends of its own, since it was started by hand or ran well */
    uint64_t started_at; /* by clock_now */
    uint64_t restart_at; /* TESS_LIFE_WAITING */
    uint64_t alarm_at;   /* it wants to be signalled; 0: no */
    bool ready;
    bool is_copy; /* of a program, made at its own wish: it is never started again */
    bool stopped;
    bool settled;        /* passive, and has given its context back */
    uint64_t settles_at; /* passive: when root looks whether it can; 0: not at all */
    size_t words_length; /* 0: they were too long to be kept */
    char words[WORDS_KEPT];
    const char *image;           /* the file in the bundle that it was made of */
    struct program *predecessor; /* while it is to take that one's place, and does not have it yet */
    bool has_waiter;
    unsigned waiter; /* the held caller that waits for its end */
};

extern struct program programs[PROGRAMS_MAX];

static inline tess_cptr book(const struct program *p, unsigned slot)
{
    return slot_in(p->book, slot);
}

/* The address, in root's CSpace, of a slot of the program's CSpace. */
static inline tess_cptr in_cspace(const struct program *p, tess_cptr slot)
{
    return book(p, BOOK_CSPACE) | slot << (root.radix + p->book_radix);
}

static inline tess_word badge_of(const struct program *p)
{
    return (tess_word)(p - programs) + 1;
}

/* `words`: name and arguments, each ended by a zero byte. */
enum tess_root_answer program_start(const char *words, size_t length, struct program **started);
enum tess_root_answer program_start_named(const char *name);

/* Takes everything back and tells who waits; starts it again if that is how it is run. */
void program_end(struct program *p, enum tess_ended how, tess_word status);

/* It has crashed: what it was upgraded to in its place does not run well, unless it has run for a while. */
void program_judge(struct program *p);
void program_orphaned(struct program *p, const char *parent); /* its parent has ended */

/* By request: null is "no such program". */
enum tess_root_answer program_kill(struct program *p);
enum tess_root_answer program_stop(struct program *p);
enum tess_root_answer program_resume(struct program *p);
enum tess_root_answer program_restart(struct program *p);

/* As `old` is, of another file, and not yet run; and its end, if it does not take the place. */
enum tess_root_answer program_make_successor(struct program *old, const struct bundle_file *file,
                                             struct program **successor);
void program_unmake(struct program *successor);

/* Puts it into the place of the old one, which is ended. */
void program_succeed(struct program *old, struct program *successor);

/* Wakes root when something is due: the start of a crashed program, or an upgrade that takes too long. */
void program_set_clock(void);
bool program_signal(const struct program *p, tess_word badge); /* prints why it cannot */
enum tess_root_answer program_alarm(struct program *p, uint64_t when);

struct program *program_by_name(const char *name);
bool program_is_running(const char *name);
struct program *program_by_badge(tess_word badge);
/* why: what is to be said besides, or "". */
void program_faulted(struct program *p, const tess_message *m, const char *why);

/* A program that goes on where `p`, a memory server's client, waits for its answer. It does not run yet. */
enum tess_root_answer program_fork(struct program *p, struct program **child);
bool program_ready(struct program *p); /* false: it is gone */
void program_interrupt(void);
void program_clock(void); /* starts what waits, and is due */

/* ---- load.c -------------------------------------------------------------------------------------------- */

/* Makes the program, with all it is given, and lets it run, but a successor. Prints why when it cannot. */
enum tess_root_answer load(struct program *p, const struct bundle_file *file, const char *words,
                           size_t length);

/* What the program's memory is used for, by enum tess_program_part. */
void load_footprint(const struct program *p, tess_word *parts);

/* For policy.c. Each prints why when it fails, and then the program is not started. */
bool give_capability(struct program *p, const char *name, tess_cptr from, unsigned rights, tess_word badge);
bool give_slots(struct program *p, const char *name, unsigned count, tess_cptr *first);

/* Room for a region at that address, whoever maps it there. */
bool give_place(struct program *p, uint64_t address, uint64_t bytes);

/* Capabilities to frames, in slots of root's CSpace or of a CNode in it. */
struct frames {
    tess_cptr first;
    tess_cptr step; /* from one address to the next */
    unsigned count;
};

/* Copies of frames, mapped from `address` on; and the record about them. */
bool give_pages(struct program *p, const struct frames *frames, uint64_t address, unsigned rights);
bool give_region(struct program *p, const char *name, uint64_t address, uint64_t bytes);

/* A CNode of the program's memory, which only root sees: when the program's objects are made. */
bool give_cnode(struct program *p, unsigned radix, tess_cnode *cnode);

/* Copies of frames, read only, behind one another in the area for them; and the record about the bytes from `offset`
 * on. */
bool give_system_pages(struct program *p, const char *name, const struct frames *frames, uint64_t offset,
                       uint64_t bytes);

/* policy->own_pages of untyped memory; and its own CSpace, address space and thread. */
bool give_own_memory(struct program *p);
bool give_value(struct program *p, const char *name, uint64_t value);
bool give_argument(struct program *p, const char *text);
bool load_check(const struct program *p, const char *step, tess_result result);

/* ---- regions.c ----------------------------------------------------------------------------------------- */

/* Of a device, which is not root's. */
bool region_is_registers(const struct system_region *r);

/* Makes the frames of a region of RAM, unless they are there; then they can be had. */
tess_result region_make(unsigned number);
struct frames region_frames(unsigned number);

/* ---- policy.c ------------------------------------------------------------------------------------------ */

extern struct system description;

/* Reads the description; prints why when it cannot. */
bool policy_init(void);

/* Which program of the description says how one of that name is run; 0: none does. */
unsigned policy_number(const char *name);
const struct system_program *policy_of(unsigned number);

/* Do root's messages go through it? */
bool policy_shows_output(unsigned number);

/* Gives a program what is its. */
bool policy_wire(struct program *p);
unsigned policy_book_slots(unsigned number); /* slots of its book that this takes */
unsigned policy_far_tables(unsigned number); /* page tables, at most, of regions far away */

/* Objects of its memory that the description asks for. */
bool policy_make(struct program *p);
uint64_t policy_made_bytes(unsigned number);

/* By which the other program knows this one, in calls over that channel. */
tess_word policy_badge(const struct program *p, const struct system_call *c);

/* Null: there is none, or nobody serves it any more. */
tess_endpoint policy_device_server(void);
tess_endpoint policy_name_server(void);
tess_notification policy_notification(unsigned number);

/* Nobody serves its endpoint any more: who waits there is sent away, and its clients no longer hold it. Nor those of its
 * children, which end with it. */
void policy_close(unsigned number);

/* The same for good, until it is started by hand: nor can it be signalled, or be given to clients that start. */
void policy_give_up(unsigned number);

/* The program's notification; made now if there was none. */
tess_result policy_make_notification(unsigned number, tess_notification *notification);
/* The endpoint of a server, made if need be; an error once it was given up. */
tess_result policy_endpoint(unsigned number, tess_cptr *endpoint);

/* Starts the device server, and behind it what the description wants started at once. */
void policy_start(void);

/* The program is ready: starts what the description wants started behind it. */
void policy_ready(unsigned number);

/* The capability to signal the console server with, and the page of root's log ring; null without. */
extern tess_notification policy_console_signal;
extern tess_frame policy_log_frame;

/* Servers that hold calls of a program that has gone want to know, and the scheduler. */
void policy_tell_servers(void);

/* ---- authority.c --------------------------------------------------------------------------------------- */

/* Gives a program what its description says of other programs and of all budgets. */
bool authority_give(struct program *p);

/* Shows the program to the scheduler; false, and why is printed: it cannot run. When it ends, it goes by itself. */
bool authority_started(struct program *p);

/* The program's timeout faults go to the endpoint of the one who asks, or to nobody. */
enum tess_root_answer authority_timeouts(const struct program *asker, const struct program *p, bool wanted);

/* ---- names.c ------------------------------------------------------------------------------------------- */

/* What a program needs that uses names is made with its objects. */
uint64_t names_made_bytes(const struct system_program *policy);
bool names_make(struct program *p);
bool names_serve(struct program *p); /* gives the name server its shelf */
bool names_give(struct program *p);  /* gives the name server to those who provide or use names */

/* Where the program, which holds it as "found", has the capability of that badge; null: not there, or two of them are. */
tess_cptr names_found(const struct program *p, tess_word badge);

/* ---- family.c ------------------------------------------------------------------------------------------ */

/* The number of the program of which that one is a child; 0: of none. */
unsigned family_parent(unsigned number);
bool family_allows(unsigned number); /* its parent, if it has one, runs */

/* Where the faults of a child go, if it is one; false, and why is printed: nowhere. */
bool family_faults(const struct program *p, tess_cptr *endpoint, tess_word *badge);
bool family_give(struct program *p);  /* gives a parent what it holds of its children */
void family_adopt(struct program *p); /* a successor's faults go where its predecessor's went */
void family_ended(const struct program *parent);

/* A child that stands where it faulted, and the fault; false: it does not. */
bool family_fault(const struct program *p, tess_message *m);
bool family_left(const struct program *p); /* and its parent does not handle it any more */

/* What a parent asks of a child. */
enum tess_root_answer family_message(const tess_message *m);

/* ---- grant.c ------------------------------------------------------------------------------------------- */

/* What a program needs that capabilities come to is made with its objects. */
uint64_t grant_made_bytes(const struct system_program *policy);
bool grant_make(struct program *p);
bool grant_give(struct program *p);
unsigned grant_rights(const struct system_program *policy); /* of a server's own endpoint, beside RECV */

/* ---- absent.c ------------------------------------------------------------------------------------------ */

/* When it is known which devices are there. */
void absent_find(void);

/* True when what the program cannot do without is not in this machine. */
bool absent_is(unsigned number);

/* ---- passive.c ----------------------------------------------------------------------------------------- */

/* The program is ready: if it is a passive one, its context is taken as soon as it waits for callers. */
void passive_begin(struct program *p);
void passive_clock(uint64_t now);
uint64_t passive_next(void); /* when passive_clock is wanted; 0: never */

/* A passive program that has a notification takes its signals from now on. */
void passive_wake(const struct program *p);

/* After a thread has ended, stopped or gone on: who stands still because of it, goes on. */
void passive_rescue(void);

/* ---- watch.c ------------------------------------------------------------------------------------------- */

/* When the program's thread is made; false, and why is printed: it cannot run. */
bool watch_begin(struct program *p);
void watch_overrun(struct program *p, tess_word pc); /* its timeout fault */

/* The server says that the client of that badge calls it without end, counted since then. */
enum tess_root_answer watch_flooded(const struct program *server, tess_word badge, uint64_t since);

/* For answers.c: the line, unless there was one; where a thread is; is the program a client of that server, and does the
 * server know it by that badge, or, null, by any? address: of that capability, or null where that is not known. */
void watch_tell(struct program *p, const char *cause, tess_word pc, tess_word address);
tess_word watch_place(const struct program *p);
bool watch_calls(const struct program *p, unsigned server, const tess_word *badge, tess_cptr *address);

/* ---- answers.c ----------------------------------------------------------------------------------------- */

void answers_begin(struct program *s);
void answers_succeed(struct program *successor, const struct program *old);
void answers_clock(uint64_t now);
uint64_t answers_next(void); /* when answers_clock is wanted; UINT64_MAX: never */

/* ---- upgrade.c ----------------------------------------------------------------------------------------- */

/* With OK the asker is held, and answered at the end. image "": the one it runs now. */
enum tess_root_answer upgrade_begin(struct program *p, const char *image, struct tess_server *server);

/* Steps that the two programs take. filled: true: the caller is held. ready: false: it was not to be. */
enum tess_root_answer upgrade_asked(struct program *p);
bool upgrade_filled(struct program *p, bool filled, struct tess_server *server);
bool upgrade_ready(struct program *p);

/* One of the two may have ended, or taken too long. */
void upgrade_ended(struct program *p);
void upgrade_clock(uint64_t now);
uint64_t upgrade_deadline(void); /* UINT64_MAX: there is no upgrade */
bool upgrade_of(const struct program *p);
/* ---- pager.c ------------------------------------------------------------------------------------------- */

#define TABLE_SPAN 0x200000ul /* what one leaf table maps */

struct elf_image;

/* Null, or why no memory server can run this. */
const char *pager_refuses(const struct program *p, const struct elf_image *image,
                          const struct bundle_file *file);

/* Where the program's faults go, if that is to a memory server; false, and why is printed: to one that is not there. */
bool pager_faults(struct program *p, tess_cptr *endpoint, tess_word *badge);

/* Its memory server does not run now, and is one that is started again. */
bool pager_will_be_back(const struct program *p);

/* Gives servers and clients what they have of each other. */
bool pager_give(struct program *p);

/* Answers what a memory server asks; false: it was something else. */
bool pager_message(const struct program *server, tess_message *m);

/* That program has ended: so do its clients, if it was a memory server. */
void pager_ended(unsigned number);

/* ---- clock.c ------------------------------------------------------------------------------------------- */

/* Prints why when it cannot; nothing is done later then. */
void clock_init(void);
uint64_t clock_now(void); /* ticks of the timebase */
uint64_t clock_ticks(uint64_t microseconds);

/* Root is notified of NOTIFIED_CLOCK at that time, or at the earliest one that was asked for. */
void clock_wake_at(uint64_t when);

/* ---- service.c ----------------------------------------------------------------------------------------- */

enum tess_handled service_message(struct tess_server *server, tess_message *m);
void service_notified(struct tess_server *server, tess_word word);
extern struct tess_server service;

/* ---- footprint.c --------------------------------------------------------------------------------------- */

enum tess_root_answer footprint(unsigned index, struct tess_footprint *footprint);

/* ---- output.c ------------------------------------------------------------------------------------------ */

#define LOG_RING_BYTES 2048u

void output_init(void);

/* Messages go to the console server, or, while there is none, to the firmware. */
void output_to_console(bool up);

#endif
