/*
 * tests/conformance/common.h: what the tests of several chapters share.
 *
 * Actors: threads that make one system call and keep its result, so that a test can put any thread into
 * any state and see what becomes of it. A pulse: the most urgent thread, running for a moment in each of
 * its short periods, so that a test can see what others see while the kernel is busy.
 */
#ifndef TESSERA_TESTS_CONFORMANCE_COMMON_H
#define TESSERA_TESTS_CONFORMANCE_COMMON_H

#include "tests/runtime/runtime.h"

#define RIGHTS_RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* ---- Actors ------------------------------------------------------------------------------------------ */

struct actor {
    tess_word operation;
    tess_cptr cap, reply;
    tess_word info;
    tess_word words[TESS_REGISTER_WORDS];
    struct rt_thread *thread;
    volatile unsigned returned; /* how often the system call came back */
    struct rt_result result;
};

/* Starts a thread that makes the system call once; options as for rt_spawn. */
#define actor_start(actor, ...) actor_start_with((actor), (struct rt_options){__VA_ARGS__})
void actor_start_with(struct actor *actor, struct rt_options options);

/* An actor of these, for initialisers. */
#define ACTOR(operation_, cap_, ...) ((struct actor){.operation = (operation_), .cap = (cap_), ##__VA_ARGS__})

/* Started at RT_PRIORITY_HIGH: when these return, the system call has been made. */
void actor_begin(struct actor *actor);
void actor_recv(struct actor *actor, tess_cptr source, tess_cptr reply);
void actor_send(struct actor *actor, tess_cptr endpoint);
void actor_call(struct actor *actor, tess_cptr endpoint);

/* ---- Servers ------------------------------------------------------------------------------------------- */

/* A loop of ReplyRecv; it answers each message with label + 1 and the same words. */
struct server {
    tess_cptr endpoint, reply;
    struct rt_thread *thread;
    volatile unsigned served;
    struct rt_result last; /* what it received last */
};
#define server_start(server, endpoint_, ...)                                                                 \
    server_start_with((server), (endpoint_), (struct rt_options){__VA_ARGS__})
void server_start_with(struct server *server, tess_cptr endpoint, struct rt_options options);

/* ---- The pulse ------------------------------------------------------------------------------------------- */

struct pulse {
    struct rt_thread *thread;
    volatile unsigned beats;      /* periods in which it ran */
    volatile tess_word longest;   /* ticks between two beats, at most */
    void (*each)(void *argument); /* called once in each beat, or NULL */
    void *argument;
};
#define PULSE_PERIOD 100u /* microseconds */
void pulse_start(struct pulse *pulse);

/* Both zero from now on. */
void pulse_clear(struct pulse *pulse);
void pulse_stop(struct pulse *pulse);

/* The caller waits for so many beats of a pulse of its own; threads less urgent than it run meanwhile. */
void nap(unsigned beats);

/* ---- Access to memory that may fault ------------------------------------------------------------------------ */

/* Runs on a thread of its own; the fault, or TESS_FAULT_NONE. *at: the fault's address. */
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };
enum tess_fault access_fault(tess_cptr vspace, tess_word address, enum access how);

/* ---- Objects -------------------------------------------------------------------------------------------------- */

static inline tess_cptr new_endpoint(void)
{
    return rt_alloc(TESS_TYPE_ENDPOINT, 0);
}

static inline tess_cptr new_notification(void)
{
    return rt_alloc(TESS_TYPE_NOTIFICATION, 0);
}

static inline tess_cptr new_reply(void)
{
    return rt_alloc(TESS_TYPE_REPLY, 0);
}

static inline tess_cptr new_cnode(unsigned radix)
{
    return rt_alloc(TESS_TYPE_CNODE, radix);
}

static inline tess_cptr new_context(void)
{
    return rt_alloc(TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN);
}

/* The type of what a slot holds, 0 for nothing. */
static inline tess_word type_of(tess_cptr slot)
{
    return rt_inspect(slot).type & 0xff;
}

/* The address of slot `index` of a CNode that stands in the pool; radix: the pool's. */
static inline tess_cptr in_cnode(tess_cptr cnode, tess_word index)
{
    return cnode | index << (rt_boot.radix + RT_POOL_RADIX);
}

/* Tables on the way to a page: 3 with Sv39, 4 with Sv48; and the end of user addresses. */
static inline unsigned table_levels(void)
{
    return (rt_boot.machine->address_bits - 12) / 9;
}

static inline tess_word user_end(void)
{
    return 1ull << (rt_boot.machine->address_bits - 1);
}

static inline unsigned long min_word(tess_word a, tess_word b)
{
    return a < b ? a : b;
}

#endif
