/*
 * userland/root/root.h: what the files of the root program share.
 *
 * The root program is the first and holds everything at boot. It keeps three kinds of things: what it
 * needs for itself and for channels between programs (made straight from boot untypeds, never freed), the
 * bundle, and for each running program one piece of untyped memory of which everything that belongs to the
 * program is made. Taking that back is one revoke.
 *
 * Files: slots.c free slots of root's CSpace; memory.c untyped memory; window.c root's own address space;
 * bundle.c the programs' files; devices.c what the device tree says; load.c a program from a file;
 * policy.c and wire_drivers.c who gets what; program.c their lives; service.c what clients ask; output.c root's own messages.
 */
#ifndef TESSERA_USERLAND_ROOT_ROOT_H
#define TESSERA_USERLAND_ROOT_ROOT_H

#include "userland/lib/boot.h"
#include "userland/lib/ring.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/tess.h"

#define PROGRAMS_MAX 24

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

    tess_endpoint endpoint;         /* programs call it, with their badge; faults arrive here */
    tess_notification notification; /* bound to root's thread: NOTIFIED_... */
    tess_cptr replies;
};
extern struct root root;

#define NOTIFIED_INTERRUPT 1u /* Ctrl-C while nobody reads */

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

/* Page-aligned untyped memory of at least that size, and back again, with all that was made of it. */
tess_result memory_take(uint64_t bytes, struct region *region);
void memory_give(struct region *region);

/* A frame of device registers. Each page can be had once. */
tess_result memory_device_frame(uint64_t physical, tess_frame *frame);

void memory_info(struct tess_memory_info *info);
uint64_t memory_used(const struct region *region);

/* ---- window.c ------------------------------------------------------------------------------------------ */

void window_init(void);

/* Address space of root's, `pages` long, for ever. */
char *window_place(unsigned pages);

/* As tess_frame_map into root's own space; makes page tables as needed. */
tess_result window_map(tess_frame frame, const void *address, unsigned rights);

/* ---- bundle.c ------------------------------------------------------------------------------------------ */

struct bundle_file {
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

struct serial_device {
    char driver[24]; /* which kind, as the driver is told */
    uint64_t address;
    uint64_t bytes;
    uint32_t interrupt;
    uint32_t clock;
    uint32_t register_shift;
    uint32_t register_width;
};

/* The serial line of /chosen/stdout-path; prints why when there is none. */
bool devices_console(struct serial_device *device);

/* The first serial line with a driver that is not the console's. */
bool devices_second_serial(struct serial_device *device);

/* A device with registers and one interrupt. */
struct device {
    uint64_t address;
    uint64_t bytes;
    uint32_t interrupt;
};

/* The index-th device of the tree that is compatible with `kind`. */
bool devices_find(const char *kind, unsigned index, struct device *device);

/* ---- program.c ----------------------------------------------------------------------------------------- */

struct policy;

/* Slots of a program's book: capabilities to its objects, which the program itself does not hold. */
enum {
    BOOK_CSPACE = 1,
    BOOK_TCB = 2,
    BOOK_FP = 3,
    BOOK_CONTEXT = 4,
    BOOK_VSPACE = 5,
    BOOK_FAULTS = 6, /* endpoint of its faults, badged */
    BOOK_FIRST = 7,  /* page tables, frames, copies of frames */
};

struct program {
    char name[TESS_PROGRAM_NAME];
    enum tess_life life;
    const struct policy *policy;
    struct region memory;
    tess_cnode book; /* made of `memory`, as all below */
    unsigned book_next;
    unsigned book_radix;
    unsigned cspace_radix;
    unsigned cspace_next;
    unsigned tables_next; /* book slot of the next page table to use, and of the first thing behind them */
    unsigned tables_end;
    unsigned frames_next; /* the same for frames */
    unsigned frames_end;
    uint64_t regions_next; /* address for the next shared region */
    char *start_block;     /* mapped in root while the program is being made */

    unsigned faults;
    enum tess_fault last_fault;
    unsigned restarts;
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

/* Takes everything back and tells who waits. */
void program_end(struct program *p, enum tess_ended how, tess_word status);

struct program *program_by_name(const char *name);
struct program *program_by_badge(tess_word badge);
void program_faulted(struct program *p, const tess_message *m);
void program_ready(struct program *p);
void program_interrupt(void);

/* ---- load.c -------------------------------------------------------------------------------------------- */

/* Makes the program, with all it is given, but does not let it run. Prints why when it cannot. */
enum tess_root_answer load(struct program *p, const struct bundle_file *file, const char *words,
                           size_t length);

/* Lets it run. */
bool load_resume(struct program *p, uint64_t entry);

/* For policy.c. Each prints why when it fails, and then the program is not started. */
bool give_capability(struct program *p, const char *name, tess_cptr from, unsigned rights, tess_word badge);
bool give_replies(struct program *p, const char *name); /* policy->reply_objects, the program's first slots */
bool give_slots(struct program *p, const char *name, unsigned count, tess_cptr *first);
bool give_region(struct program *p, const char *name, tess_frame frame, uint64_t offset, uint64_t bytes);

/* Pages of memory, frames at consecutive addresses, as one region; for DMA also as capabilities, so that the
 * program can ask where they are. */
bool give_memory(struct program *p, const char *name, tess_cptr first, unsigned pages);
bool give_dma(struct program *p, const char *name, tess_cptr first, unsigned pages);
bool give_value(struct program *p, const char *name, uint64_t value);
bool give_argument(struct program *p, const char *text);
bool load_check(const struct program *p, const char *step, tess_result result);

/* ---- policy.c ------------------------------------------------------------------------------------------ */

struct policy {
    const char *name; /* null: everybody else */
    const char *file; /* null: the bundle's member of that name */
    unsigned priority;
    unsigned budget_us;
    unsigned period_us;
    unsigned stack_pages;
    unsigned heap_pages;
    unsigned cspace_radix;
    unsigned reply_objects;
    unsigned restarts; /* after a crash */
    bool controller;   /* may ask root to run programs, to list, to power off */
    bool single;       /* at most one of it */
    bool (*wire)(struct program *p);
    tess_endpoint
        *service; /* where its clients call it; goes when root gives it up, so that none waits for ever */
};

bool policy_init(void);
const struct policy *policy_for(const char *name);

/* The capability to signal the console server with, and the page of root's log ring. */
extern tess_notification policy_console_signal;
extern tess_frame policy_log_frame;

/* A second capability to a notification of root's, to signal with and with a badge. */
tess_result policy_mint_signal(tess_notification notification, tess_word badge, tess_notification *out);

/* ---- wire_drivers.c ------------------------------------------------------------------------------------ */

/* Finds the devices and makes the channels of their drivers; prints why when it cannot. */
void drivers_init(void);

/* Starts a driver for each device that is there, and what works over it. */
void drivers_start(void);

/* Their policies, with a null name behind the last one. */
extern const struct policy driver_policies[];

/* What the shell is given of them: nothing for what is not there. */
bool drivers_give_shell(struct program *p);

/* ---- service.c ----------------------------------------------------------------------------------------- */

enum tess_handled service_message(struct tess_server *server, tess_message *m);
void service_notified(struct tess_server *server, tess_word word);
extern struct tess_server service;

/* ---- output.c ------------------------------------------------------------------------------------------ */

#define LOG_RING_BYTES 2048u

void output_init(void);

/* Messages go to the console server, or, while there is none, to the firmware. */
void output_to_console(bool up);

#endif
