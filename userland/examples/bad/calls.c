/*
 * userland/examples/bad/calls.c: misbehaviour through system calls (userland/examples/bad/bad.h).
 *
 * The description gives the program memory of its own: an untyped, and with it its CSpace, address space and
 * thread, so that it can make objects. All of that is its quota, and more than that it cannot reach.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/examples/bad/bad.h"
#include "userland/lib/console.h"
#include "userland/lib/layout.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"
#include "userland/lib/syscall.h"

#define GARBAGE_CALLS 30000u
#define HEAP_PIECE    256u

/* A slot of the program's CSpace with nothing in it; TESS_NULL: there is none. */
static tess_cptr free_slot(void)
{
    static tess_cptr next = 1;
    struct tess_inspect info;

    for (; next < 1ul << tess_start->cspace_radix; next++) {
        if (!tess_failed(tess_inspect(next, &info)) && (info.type & 0xff) == TESS_TYPE_NULL)
            return next++;
    }
    return TESS_NULL;
}

/* The calls that are refused in the end are made here, so that it can be said where. */
static __attribute__((noinline)) enum tess_error make_call(tess_word operation, tess_cptr address,
                                                           tess_word info, tess_word reply, tess_word *words)
{
    return TESS_STATUS_ERROR(tess_ecall(operation, address, &info, &reply, words));
}

/* What does not fault tells by itself, in the form of a fault: what the kernel answered last, and to what. */
static void report_refused(enum tess_error error, const char *what, tess_cptr address)
{
    const uint16_t *text = (const uint16_t *)(tess_word)make_call;

    while (text[0] != 0x73 || text[1] != 0) /* ecall */
        text++;
    printf("bad: %s %s at 0x%lx, address 0x%lx\n", tess_error_name(error), what, (unsigned long)text,
           (unsigned long)address);
}

/* Makes objects of its own memory until one of the two, memory or CSpace, ends; returns how many. */
static unsigned make_all(enum tess_type type, tess_word size, enum tess_error *error, void (*each)(tess_cptr))
{
    tess_cptr memory = tess_need_capability("memory"), cspace = tess_need_capability("cspace");
    unsigned count = 0;

    for (;; count++) {
        tess_cptr slot = free_slot();
        tess_word words[TESS_REGISTER_WORDS] = {type, size, cspace, slot, 1};
        *error = make_call(TESS_SYS_CALL, memory, TESS_INFO(TESS_UNTYPED_RETYPE, 5, 0), 0, words);
        if (*error != TESS_OK)
            return count;
        if (each != NULL)
            each(slot);
    }
}

/* With this flag, using it is a fault; without, the call would return an error. */
void bad_capability(void)
{
    tess_message m = {0};

    tess_tcb_set_flags((tess_tcb){tess_need_capability("thread")}, 0, TESS_TCB_CAP_FAULTS);
    tess_call((tess_endpoint){0xbad}, &m);
}

void bad_memory(void)
{
    enum tess_error error;
    char what[64];
    size_t heap = 0;
    void **piece, **last = NULL;

    while ((piece = malloc(HEAP_PIECE)) != NULL) {
        *piece = last; /* so that none of it is lost, only never given back */
        last = piece;
        heap += HEAP_PIECE;
    }
    unsigned count = make_all(TESS_TYPE_FRAME, TESS_FRAME_4K, &error, NULL);
    snprintf(what, sizeof what, "after %lu bytes of heap and %u pages", (unsigned long)heap, count);
    report_refused(error, what, tess_need_capability("memory"));
}

static void never_runs(void)
{
    for (;;)
        ;
}

/* A thread is as able as its maker, but time is not made of memory: without a budget it waits for ever. */
static void start_thread(tess_cptr slot)
{
    tess_tcb thread = {slot};
    tess_word pc = (tess_word)never_runs;

    tess_tcb_set_spaces(thread, (tess_cnode){tess_need_capability("cspace")},
                        (tess_vspace){tess_need_capability("vspace")});
    tess_tcb_set_priority(thread, (tess_tcb){tess_need_capability("thread")}, 50, 50);
    tess_tcb_write_registers(thread, 0, 1, true, &pc);
}

void bad_threads(void)
{
    enum tess_error error;
    char what[64];
    unsigned count = make_all(TESS_TYPE_TCB, 0, &error, start_thread);

    snprintf(what, sizeof what, "after %u threads", count);
    report_refused(error, what, tess_need_capability("memory"));
}

void bad_flood(void)
{
    tess_endpoint console = {tess_need_capability("console")};

    printf("flooding the console server\n");
    for (;;) {
        tess_message m = {.info = TESS_INFO(TESS_CONSOLE_WRITE, 1, 0)};
        tess_call(console, &m);
    }
}

/* Receiving again without a Reply object keeps the one caller it has. Root finds that out. */
void bad_mute(void)
{
    tess_endpoint clients = {tess_need_capability("clients")};
    tess_message m = {0};

    printf("waiting for a call that will not be answered\n");
    tess_recv(clients, (tess_reply){tess_need_capability("replies")}, &m);
    for (;;)
        tess_recv(clients, (tess_reply){TESS_NULL}, &m);
}

/* ---- Garbage ----------------------------------------------------------------------------------------------- */

/* xorshift64* (Vigna, 2016). */
static tess_word next_random(void)
{
    static tess_word state = 0x7465737365726121;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

static tess_word random_word(void)
{
    tess_word value = next_random();

    switch (next_random() % 4) {
    case 0:
        return value % (1ul << tess_start->cspace_radix);
    case 1:
        return 1ull << value % 64;
    case 2:
        return value % 0x200000 & ~(TESS_PAGE_BYTES - 1);
    default:
        return value;
    }
}

/*
 * What would end the test instead of the kernel: that it waits where nobody comes, or asks root or the console
 * server for something sensible, such as its own end. The label of a call to them is one that neither knows.
 */
static enum tess_error random_call(tess_cptr root, tess_cptr console, tess_cptr clients, tess_cptr *address)
{
    tess_word words[TESS_REGISTER_WORDS];
    tess_word operation = next_random() % 16 == 0 ? next_random() : 1 + next_random() % 8;
    tess_word info = next_random() % 4 == 0 ? next_random() : TESS_INFO(next_random() % 16, 8, 0);
    tess_word reply = random_word();

    *address = next_random() % 8 == 0 ? next_random() : next_random() % 32;
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        words[i] = random_word();
    if (*address == clients && (operation == TESS_SYS_RECV || operation == TESS_SYS_REPLY_RECV))
        operation = TESS_SYS_NBRECV;
    if (*address == root || *address == console)
        info |= TESS_INFO(1ull << 40, 0, 0);
    return make_call(operation, *address, info, reply, words);
}

void bad_garbage(void)
{
    tess_cptr root = tess_need_capability("root"), console = tess_need_capability("console");
    tess_cptr clients = tess_need_capability("clients"), address, last = TESS_NULL;
    tess_cnode cspace = {tess_need_capability("cspace")};
    enum tess_error error, last_error = TESS_OK;
    unsigned refused = 0;
    char what[64];

    /* These would let it take itself apart, and then it could not tell. The CSpace goes last. */
    tess_cnode_delete(cspace, tess_need_capability("thread"));
    tess_cnode_delete(cspace, tess_need_capability("vspace"));
    tess_cnode_delete(cspace, cspace.address);
    for (unsigned i = 0; i < GARBAGE_CALLS; i++) {
        error = random_call(root, console, clients, &address);
        if (error == TESS_OK)
            continue;
        refused++;
        last = address;
        last_error = error;
    }
    snprintf(what, sizeof what, "after %u random calls, %u refused", GARBAGE_CALLS, refused);
    report_refused(last_error, what, last);
}
