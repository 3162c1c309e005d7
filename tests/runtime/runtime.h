/*
 * tests/runtime/runtime.h: a small freestanding runtime for programs that are root themselves.
 *
 * For conformance tests and benchmarks: raw system calls, printing, the boot information, memory and
 * slots, threads, other address spaces, and a reporter of tests. Of ours it needs the two ABI headers and
 * nothing else, so it says nothing about any kernel but what SPEC.md says.
 *
 * A program defines rt_main(); start.S calls it on the root thread, with everything below ready for use.
 * A suite of tests defines none: suite.c has one that runs all TEST()s and ends the machine.
 *
 *   address space   0x100000 text, constants, data (runtime.ld), boot information behind them
 *                   RT_AREA  from here on nothing is mapped; programs map what they like
 *   CSpace          root's CNode of radix rt_boot.radix, as boot made it; RT_SLOT_ names the first of
 *                   its empty slots; rt_slot() takes slots from the pool, a CNode in one of them
 *   memory          rt_alloc() makes objects from rt_memory, the untyped capability in use
 *   registers       tp is the running thread's struct rt_thread
 */
#ifndef TESSERA_TESTS_RUNTIME_RUNTIME_H
#define TESSERA_TESTS_RUNTIME_RUNTIME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi.h"

/* ---- System calls -------------------------------------------------------------------------------------- */

struct rt_result {
    tess_word status, info;
    tess_word badge; /* or the detail of an error */
    tess_word words[TESS_REGISTER_WORDS];
};

/* The system call itself. t0 in: the Reply capability. */
static inline __attribute__((always_inline)) struct rt_result
rt_syscall(tess_word operation, tess_cptr cap, tess_word info, tess_cptr reply, const tess_word words[8])
{
    register tess_word a7 asm("a7") = operation;
    register tess_word a0 asm("a0") = cap;
    register tess_word a1 asm("a1") = info;
    register tess_word t0 asm("t0") = reply;
    register tess_word a2 asm("a2") = words[0];
    register tess_word a3 asm("a3") = words[1];
    register tess_word a4 asm("a4") = words[2];
    register tess_word a5 asm("a5") = words[3];
    register tess_word a6 asm("a6") = words[4];
    register tess_word t4 asm("t4") = words[5];
    register tess_word t5 asm("t5") = words[6];
    register tess_word t6 asm("t6") = words[7];
    asm volatile("ecall"
                 : "+r"(a7), "+r"(a0), "+r"(a1), "+r"(t0), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                   "+r"(t4), "+r"(t5), "+r"(t6)
                 :
                 : "t1", "t2", "t3", "memory");
    return (struct rt_result){a0, a1, t0, {a2, a3, a4, a5, a6, t4, t5, t6}};
}

#define RT_COUNT(...) (sizeof((tess_word[]){0, ##__VA_ARGS__}) / sizeof(tess_word) - 1)
#define RT_WORDS(...) ((const tess_word[TESS_REGISTER_WORDS]){__VA_ARGS__})

/* An operation on an object: label, then its words. */
#define rt_invoke(cap, label, ...)                                                                           \
    rt_syscall(TESS_SYS_CALL, (cap), TESS_INFO((label), RT_COUNT(__VA_ARGS__), 0), TESS_NULL,                \
               RT_WORDS(__VA_ARGS__))

/* Messages: message information as TESS_INFO() makes it, then the words in registers. */
#define rt_call(cap, info, ...)   rt_syscall(TESS_SYS_CALL, (cap), (info), TESS_NULL, RT_WORDS(__VA_ARGS__))
#define rt_send(cap, info, ...)   rt_syscall(TESS_SYS_SEND, (cap), (info), TESS_NULL, RT_WORDS(__VA_ARGS__))
#define rt_nbsend(cap, info, ...) rt_syscall(TESS_SYS_NBSEND, (cap), (info), TESS_NULL, RT_WORDS(__VA_ARGS__))
#define rt_recv(cap, reply)       rt_syscall(TESS_SYS_RECV, (cap), 0, (reply), RT_WORDS(0))
#define rt_nbrecv(cap, reply)     rt_syscall(TESS_SYS_NBRECV, (cap), 0, (reply), RT_WORDS(0))
#define rt_reply_recv(cap, reply, info, ...)                                                                 \
    rt_syscall(TESS_SYS_REPLY_RECV, (cap), (info), (reply), RT_WORDS(__VA_ARGS__))
#define rt_signal(cap) rt_syscall(TESS_SYS_SEND, (cap), 0, TESS_NULL, RT_WORDS(0))
#define rt_wait(cap)   rt_recv(cap, TESS_NULL)
#define rt_yield()     rt_syscall(TESS_SYS_YIELD, 0, 0, TESS_NULL, RT_WORDS(0))

/* INSPECT; type 0 when the call fails. */
struct tess_inspect rt_inspect(tess_cptr cap);

/* TCB: its state. Other objects: state[0] of INSPECT. */
tess_word rt_state(tess_cptr cap);

/* ---- Boot information ------------------------------------------------------------------------------------ */

/* The empty slots of root's CNode that the runtime uses; the address is rt_boot.free + this. */
enum rt_slot {
    RT_SLOT_POOL,    /* CNode that rt_slot() takes slots from */
    RT_SLOT_MEMORY,  /* an untyped that a program may make for rt_memory */
    RT_SLOT_SCRATCH, /* from here on: whatever a program likes */
};

struct rt_boot {
    const struct tess_boot_info *info; /* a0 of root */
    tess_word length;                  /* a1 of root */
    tess_cptr cnode, tcb, vspace, context, control, irq_control, firmware, fp;
    unsigned radix; /* of the CNode */
    tess_cptr free; /* first of its empty slots; the others follow one by one */
    tess_word free_count;
    tess_cptr untyped; /* the largest of normal memory */
    tess_word untyped_base, untyped_bytes;
    const struct tess_record_machine *machine;
};
extern struct rt_boot rt_boot;

/* All registers of root's start but a0 and a1, or'ed. */
extern tess_word rt_start_bits;

/* The next record of a type behind `after` (NULL: the first), or NULL. */
const void *rt_record(const void *after, enum tess_record_type type);

/* The capability of a role and its value, or TESS_NULL. */
tess_cptr rt_role(enum tess_role role, tess_word *value);

/* The value behind NAME= in the boot arguments, up to the next blank; false: not there. */
bool rt_bootarg(const char *name, char *value, size_t bytes);

/* The frame that backs this page of the program's own image; NULL pointer or other memory: TESS_NULL. */
tess_cptr rt_image_frame(const void *address);

/* ---- Printing, through the Firmware capability -------------------------------------------------------------- */

/* %s, %c, %u, %d, %x (of tess_word), %%. */
void rt_printf(const char *format, ...);
void rt_vprintf(const char *format, va_list arguments);

/* Says why and ends the machine: for what cannot go wrong in a correct program on a correct kernel. */
_Noreturn void rt_stop(const char *format, ...);
_Noreturn void rt_shutdown(void);

/* ---- Bytes: what the compiler calls for copies, and programs may too -------------------------------- */

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);

/* ---- Memory and slots ----------------------------------------------------------------------------------------- */

extern tess_cptr rt_memory;

/* Makes a pool of 2^radix slots from rt_memory in slot RT_SLOT_POOL, which must be empty. */
void rt_pool_create(unsigned radix);

/* An empty slot of the pool; n of them that follow one another. rt_nth(): their addresses. */
tess_cptr rt_slot(void);
tess_cptr rt_slots(tess_word n);
tess_cptr rt_nth(tess_cptr first, tess_word i);

/* Makes one object, or n in slots that follow one another; ends the machine when that fails. */
tess_cptr rt_alloc(enum tess_type type, tess_word size);
tess_cptr rt_alloc_many(enum tess_type type, tess_word size, tess_word n);

/* RETYPE, COPY, MINT, DELETE and REVOKE with addresses in the own CSpace. */
struct rt_result rt_retype(tess_cptr untyped, tess_word type, tess_word size, tess_cptr first,
                           tess_word count);
struct rt_result rt_copy(tess_cptr to, tess_cptr from, tess_word rights);
struct rt_result rt_mint(tess_cptr to, tess_cptr from, tess_word rights, tess_word badge);
struct rt_result rt_move(tess_cptr to, tess_cptr from);
struct rt_result rt_delete(tess_cptr slot);
struct rt_result rt_revoke(tess_cptr slot);

/* rt_copy and rt_mint into a new slot, which they return; end the machine when that fails. */
tess_cptr rt_copied(tess_cptr from, tess_word rights);
tess_cptr rt_minted(tess_cptr from, tess_word rights, tess_word badge);

/* ---- Address spaces ----------------------------------------------------------------------------------------------- */

#define RT_AREA 0x1000000000ull /* 64 GB: free in every address space */
#define RT_PAGE 4096u

/* A new address space that shows the program's image where this one does. */
tess_cptr rt_vspace_create(void);

/* The same, empty: no tables at all. */
tess_cptr rt_vspace_empty(void);

/* Maps a frame, making the page tables that are missing. */
struct rt_result rt_map(tess_cptr vspace, tess_cptr frame, tess_word address, tess_word rights);

/* A fresh frame of 4 KB, mapped readable and writable in the own address space; *frame if not NULL. */
void *rt_page(tess_cptr *frame);

/* ---- Threads -------------------------------------------------------------------------------------------------------- */

#define RT_THREADS     40u
#define RT_STACK_BYTES 8192u

struct rt_thread {
    tess_cptr tcb, context;         /* context: TESS_NULL for a passive thread */
    struct tess_ipc_buffer *buffer; /* NULL when it was spawned without */
    uint8_t *stack;                 /* lowest byte */
    void (*entry)(void *argument);
    void *argument;
    tess_word priority;
    volatile bool done; /* entry has returned */
};

register struct rt_thread *rt_self asm("tp");
extern struct rt_thread rt_root;

struct rt_options {
    unsigned priority;        /* 0: RT_PRIORITY_LOW */
    tess_word budget, period; /* ticks; 0: 10 ms each, round robin */
    tess_cptr vspace;         /* TESS_NULL: the own */
    tess_cptr cspace;         /* TESS_NULL: root's */
    tess_cptr handler;        /* fault endpoint, or TESS_NULL */
    tess_cptr timeout;        /* timeout endpoint, or TESS_NULL */
    tess_word badge;          /* of its context's timeout fault */
    tess_cptr fp;             /* FP object, or TESS_NULL */
    bool passive;             /* no scheduling context */
    bool no_buffer;           /* no IPC buffer */
    bool stopped;             /* configured, but not resumed */
    bool counters;            /* may read time, cycle and instret */
};

/* What threads of a test mostly are: less or more urgent than the test itself. */
#define RT_PRIORITY_LOW  90u
#define RT_PRIORITY_TEST 100u
#define RT_PRIORITY_HIGH 110u

/* Starts a thread: rt_spawn(entry, argument, .priority = 120, .passive = true). Never fails. */
#define rt_spawn(entry, argument, ...) rt_spawn_with((entry), (argument), (struct rt_options){__VA_ARGS__})
struct rt_thread *rt_spawn_with(void (*entry)(void *argument), void *argument, struct rt_options options);

/* Forgets all threads, whose objects are gone; their stacks are used again. False: a stack overflowed. */
bool rt_threads_reset(void);

/* The same for the last n threads spawned, without a look at their stacks. */
void rt_threads_forget(unsigned n);

/* SetPriority on the running thread. */
void rt_set_own_priority(tess_word priority);

/* All threads of a priority above 1 run until none of them can; then the caller goes on. */
void rt_settle(void);

/* Gives a thread that is not running its first registers, and starts it if so told. */
void rt_set_registers(tess_cptr tcb, tess_word pc, tess_word sp, tess_word tp, tess_word a0, bool resume);

/* Configures a scheduling context; ends the machine when that fails. */
void rt_configure(tess_cptr context, tess_word budget, tess_word period, tess_word badge);

/* Ticks of the time CSR in so many microseconds. */
tess_word rt_ticks(tess_word microseconds);

/* The time CSR; the running thread needs TESS_TCB_COUNTERS. */
static inline tess_word rt_time(void)
{
    tess_word now;
    asm volatile("rdtime %0" : "=r"(now));
    return now;
}

/* A tenth of a microsecond at most; QEMU takes less time for it than for a reading of the clock. */
static inline void rt_pause(void)
{
    for (unsigned i = 0; i < 50; i++)
        asm volatile("");
}

static inline void rt_busy_until(tess_word time)
{
    while (rt_time() < time)
        rt_pause();
}

/* ---- Tests (suite.c) --------------------------------------------------------------------------------------------------- */

/*
 * TEST(UT_04, reset, "what it shows") { body }: a test of clause UT-4. It runs on a thread of its own at
 * RT_PRIORITY_TEST that may read the counters, with 2^RT_POOL_RADIX empty slots and RT_TEST_BYTES of memory
 * in rt_memory, all of which is taken back when it ends. A test that checks nothing has failed, and so has
 * one that does not end. Boot arguments: only=UT chooses the tests whose name begins so, without=SC,TM
 * leaves these out; end=reboot ends with REBOOT instead of SHUTDOWN.
 */
struct rt_test {
    const char *clause, *what;
    void (*run)(void);
};

#define TEST(clause, name, what)                                                                             \
    static void clause##_##name(void);                                                                       \
    static const struct rt_test rt_test_##clause##_##name                                                    \
        __attribute__((section(".tests"), used)) = {#clause, what, clause##_##name};                         \
    static void clause##_##name(void)

#define RT_POOL_RADIX 11u
#define RT_TEST_BYTES (32ull << 20)

/* Checks. EXPECT goes on after a failure, REQUIRE ends the test. */
#define EXPECT(condition)  rt_check((condition), __FILE__, __LINE__, #condition)
#define REQUIRE(condition) rt_require(EXPECT(condition))

#define EXPECT_EQ(actual, expected)                                                                          \
    rt_check_equal((tess_word)(actual), (tess_word)(expected), __FILE__, __LINE__, #actual)
#define REQUIRE_EQ(actual, expected) rt_require(EXPECT_EQ(actual, expected))

/* Of a struct rt_result: success without flags; or an error, its argument and its detail. */
#define EXPECT_OK(result)  rt_check_status((result), TESS_OK, 0, 0, __FILE__, __LINE__, #result)
#define REQUIRE_OK(result) rt_require(EXPECT_OK(result))
#define EXPECT_ERROR(result, error, argument, detail)                                                        \
    rt_check_status((result), (error), (argument), (detail), __FILE__, __LINE__, #result)

/* The test cannot show anything on this machine; the reason is printed and the test counted as skipped. */
#define SKIP(reason) rt_skip(reason)

bool rt_check(bool good, const char *file, unsigned line, const char *text);
bool rt_check_equal(tess_word actual, tess_word expected, const char *file, unsigned line, const char *text);
bool rt_check_status(struct rt_result result, enum tess_error error, tess_word argument, tess_word detail,
                     const char *file, unsigned line, const char *text);
void rt_require(bool good);
_Noreturn void rt_skip(const char *reason);

/* The program's own; suite.c has one. */
void rt_main(void);

#endif
