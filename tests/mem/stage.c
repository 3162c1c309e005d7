/*
 * tests/mem/stage.c: the stage of tests/mem/stage.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/mem/stage.h"

#include "userland/lib/boot.h"
#include "userland/lib/stdio.h"

TESS_BOOT_STACK(16384);

#define CLIENT_BYTES   0x8000u
#define BOOK_SLOTS     8u /* of each client: its objects, in the order of enum book */
#define BOOK_RADIX     10u
#define DISK_AT        0x2000000000ull
#define BUNDLE_AT      0x2700000000ull
#define FRAME_AT(bits) (0x2800000000ull + ((uint64_t)(bits) << 30)) /* each size has addresses of its own */
#define PLACES_MAX     20000u
#define STACK_TOP      0x3f0000ull /* below STAGE_AREA: a page of the client's own memory */
#define CLIENT_RADIX   2u

#define TABLES 3u

enum book { BOOK_CODE, BOOK_TCB, BOOK_CONTEXT, BOOK_VSPACE, BOOK_CSPACE, BOOK_TABLES };
_Static_assert(BOOK_TABLES + TABLES == BOOK_SLOTS && (STAGE_CLIENTS + 1) * BOOK_SLOTS < 1u << BOOK_RADIX,
               "slots of the book");

struct client clients[STAGE_CLIENTS];

static struct tess_ipc_buffer buffer __attribute__((aligned(TESS_BUFFER_BYTES)));
static tess_cnode cnode;
static unsigned radix;
static tess_cptr next_slot;
static tess_untyped source; /* the largest boot untyped */
static tess_cnode book;
static tess_endpoint endpoint;
static tess_cptr replies; /* one for each client, and one to receive with */
static uint64_t reply_used[2];
static unsigned current = 1; /* the one to receive with; from 1 on */
static bool answer_due;      /* the next receive lets go on whom it holds */
static tess_message last;
static tess_cnode bundle;
static unsigned passed, failed;

static void must(const char *what, tess_result result)
{
    if (tess_failed(result))
        tess_fatal(what, result);
}

static tess_cptr in(tess_cnode holder, tess_cptr slot)
{
    return holder.address | slot << radix;
}

static tess_cptr make(enum tess_type type, tess_word size, tess_word count)
{
    tess_cptr first = next_slot;

    next_slot += count;
    must(tess_type_name(type), tess_untyped_retype(source, type, size, cnode, first, count));
    return first;
}

/* Into the server's own address space, with the tables that are missing. */
static void map_here(tess_cptr frame, uint64_t address, unsigned rights)
{
    tess_vspace vspace = {tess_boot_capability(TESS_ROLE_VSPACE)};
    tess_result result;

    while ((result = tess_frame_map((tess_frame){frame}, vspace, address, rights)).error == TESS_ERR_TABLE)
        must("page table",
             tess_page_table_map((tess_page_table){make(TESS_TYPE_PAGE_TABLE, 0, 1)}, vspace, address));
    must("frame", result);
}

/* ---- Set-up ---------------------------------------------------------------------------------------------- */

static void find_source(void)
{
    const struct tess_record *r = NULL;
    uint64_t most = 0;

    while ((r = tess_boot_next(TESS_RECORD_UNTYPED, r)) != NULL) {
        const struct tess_record_untyped *u = (const struct tess_record_untyped *)r;
        if (u->kind == TESS_MEMORY_NORMAL && u->length > most) {
            source.address = u->address;
            most = u->length;
        }
    }
}

/* A frame for each page of the first piece of the bundle, and the first page looked at here. */
static void open_bundle(void)
{
    const struct tess_record *r = NULL;
    const struct tess_record_untyped *u;

    do {
        r = tess_boot_next(TESS_RECORD_UNTYPED, r);
        u = (const struct tess_record_untyped *)r;
    } while (r != NULL && u->kind != TESS_MEMORY_BUNDLE);
    if (r == NULL) {
        printf("root: there is no bundle\n");
        stage_end();
    }
    bundle.address = make(TESS_TYPE_CNODE, 10, 1);
    must("bundle", tess_untyped_retype((tess_untyped){u->address}, TESS_TYPE_FRAME, TESS_FRAME_4K, bundle, 1,
                                       u->length / TESS_PAGE_BYTES));
    must("bundle",
         tess_cnode_copy(cnode, next_slot, (tess_cnode){TESS_NULL}, in(bundle, 1), TESS_RIGHTS_ALL));
    map_here(next_slot++, BUNDLE_AT, TESS_RIGHT_READ);
}

uint64_t stage_bundle_word(uint64_t *offset)
{
    const uint64_t *word = (const uint64_t *)BUNDLE_AT;

    for (*offset = 0; *word == 0 && *offset < TESS_PAGE_BYTES - sizeof *word; word++)
        *offset += sizeof *word;
    return *word;
}

bool frames_fetch(uint64_t offset, uint32_t slot)
{
    return !tess_failed(tess_cnode_copy(hands_cnode(), slot, (tess_cnode){TESS_NULL},
                                        in(bundle, 1 + offset / TESS_PAGE_BYTES),
                                        TESS_RIGHT_READ | TESS_RIGHT_EXECUTE));
}

/* The disk: frames in a row, in the server's own address space. */
static void make_disk(uint32_t places)
{
    unsigned frames_radix = 1;

    if (places == 0)
        return;
    while (1u << frames_radix < places + 1)
        frames_radix++;
    tess_cnode frames = {make(TESS_TYPE_CNODE, frames_radix, 1)};
    must("disk", tess_untyped_retype(source, TESS_TYPE_FRAME, TESS_FRAME_4K, frames, 1, places));
    for (uint32_t i = 0; i < places; i++)
        map_here(in(frames, 1 + i), DISK_AT + i * TESS_PAGE_BYTES, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
}

void stage_disk(uint32_t places)
{
    static uint8_t users[PLACES_MAX];

    memset(users, 0, sizeof users);
    swap_init(&memory.ledger.swap, places, users);
}

/* ---- Frames of all sizes --------------------------------------------------------------------------------- */

static tess_untyped big; /* all that was left of the source */
static tess_cptr frame_slot;

void *stage_frame(unsigned bits)
{
    struct tess_inspect info;

    if (big.address == TESS_NULL) {
        must("source", tess_inspect(source.address, &info));
        big.address = make(TESS_TYPE_UNTYPED, (info.size - info.state[0] - 0x10000) & ~0xfffull, 1);
        frame_slot = next_slot++;
    }
    if (tess_failed(tess_untyped_retype(big, TESS_TYPE_FRAME, bits, cnode, frame_slot, 1)))
        return NULL;
    map_here(frame_slot, FRAME_AT(bits), TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    return (void *)FRAME_AT(bits);
}

void stage_frame_end(void)
{
    must("revoke", tess_cnode_revoke(cnode, big.address));
    must("reset", tess_untyped_reset(big));
}

/* ---- Its clients ----------------------------------------------------------------------------------------- */

bool swap_read(uint32_t place, void *page)
{
    memcpy(page, (const void *)(DISK_AT + place * TESS_PAGE_BYTES), TESS_PAGE_BYTES);
    return true;
}

bool swap_write(uint32_t place, const void *page)
{
    memcpy((void *)(DISK_AT + place * TESS_PAGE_BYTES), page, TESS_PAGE_BYTES);
    return true;
}

void stage_init(uint64_t pool, uint32_t places)
{
    const struct tess_record_cap *own = tess_boot_find(TESS_ROLE_CNODE, 0);

    cnode.address = own->address;
    radix = (unsigned)own->value;
    next_slot = tess_boot_capability(TESS_ROLE_FREE_SLOTS);
    must("buffer", tess_boot_set_buffer(&buffer));
    tess_boot_guard_stack();
    find_source();
    endpoint.address = make(TESS_TYPE_ENDPOINT, 0, 1);
    replies = make(TESS_TYPE_REPLY, 0, STAGE_CLIENTS + 1);
    book.address = make(TESS_TYPE_CNODE, BOOK_RADIX, 1);
    open_bundle();
    for (unsigned i = 0; i < STAGE_CLIENTS; i++)
        clients[i].memory.address = make(TESS_TYPE_UNTYPED, CLIENT_BYTES, 1);
    struct hands_setup setup = {
        .memory = {make(TESS_TYPE_UNTYPED, pool, 1)},
        .cspace = cnode,
        .radix = radix,
        .slots = next_slot,
        .vspace = {tess_boot_capability(TESS_ROLE_VSPACE)},
    };
    next_slot += 2;
    if (!hands_init(&setup))
        stage_end();
    make_disk(places);
}

/* ---- Clients --------------------------------------------------------------------------------------------- */

static tess_cptr book_of(unsigned client, enum book what)
{
    return in(book, (client + 1) * BOOK_SLOTS + what);
}

static void make_object(unsigned client, enum book what, enum tess_type type, tess_word size, unsigned count)
{
    must(tess_type_name(type), tess_untyped_retype(clients[client].memory, type, size, book,
                                                   (client + 1) * BOOK_SLOTS + what, count));
}

/* Tables for the first 2 MB of addresses, and its code in them; the rest is the server's. */
static void make_space(unsigned client)
{
    tess_vspace vspace = {book_of(client, BOOK_VSPACE)};
    uint64_t at = (uint64_t)client_main;

    for (unsigned i = 0; i < TABLES; i++)
        must("page table",
             tess_page_table_map((tess_page_table){book_of(client, BOOK_TABLES + i)}, vspace, at));
    must("code", tess_cnode_copy(book, (client + 1) * BOOK_SLOTS + BOOK_CODE, (tess_cnode){TESS_NULL},
                                 tess_boot_image_frame(client_main).address, TESS_RIGHTS_ALL));
    must("code", tess_frame_map((tess_frame){book_of(client, BOOK_CODE)}, vspace, at,
                                TESS_RIGHT_READ | TESS_RIGHT_EXECUTE));
}

static void make_thread(unsigned client)
{
    tess_tcb tcb = {book_of(client, BOOK_TCB)};
    tess_cnode cspace = {book_of(client, BOOK_CSPACE)};
    tess_sched_context context = {book_of(client, BOOK_CONTEXT)};
    tess_endpoint badged = {cspace.address | 1ull << (radix + BOOK_RADIX)};
    uint64_t slice = tess_boot_machine().timebase / 100;
    tess_word start[3] = {(tess_word)client_main, 0, STACK_TOP};

    /* Its endpoint, in slot 1 of its CSpace, is its fault handler too. */
    must("endpoint",
         tess_cnode_mint(cspace, 1, (tess_cnode){TESS_NULL}, endpoint.address, TESS_RIGHT_CALL, client + 1));
    must("spaces", tess_tcb_set_spaces(tcb, cspace, (tess_vspace){book_of(client, BOOK_VSPACE)}));
    must("handlers", tess_tcb_set_handlers(tcb, badged, (tess_endpoint){TESS_NULL}));
    must("priority", tess_tcb_set_priority(tcb, (tess_tcb){tess_boot_capability(TESS_ROLE_TCB)}, 100, 100));
    must("flags", tess_tcb_set_flags(tcb, 0, TESS_TCB_COUNTERS));
    must("budget",
         tess_sched_control_configure((tess_sched_control){tess_boot_capability(TESS_ROLE_SCHED_CONTROL)},
                                      context, slice, slice, TESS_REFILLS_MIN, 0));
    must("context", tess_sched_context_bind(context, tcb));
    must("start", tess_tcb_write_registers(tcb, 0, 3, true, start));
}

/* The client's stack, and whatever the parent had. */
static enum space_answer fill(struct space *space, struct space *parent)
{
    struct region stack = {.first = (uint32_t)(STACK_TOP / TESS_PAGE_BYTES) - 1,
                           .pages = 1,
                           .low = (uint32_t)(STACK_TOP / TESS_PAGE_BYTES) - 8,
                           .high = (uint32_t)(STACK_TOP / TESS_PAGE_BYTES),
                           .kind = REGION_ZERO,
                           .rights = FRAMES_READ | FRAMES_WRITE};

    return parent != NULL ? space_fork(parent, space) : space_map(space, &stack);
}

enum space_answer stage_start(unsigned client, uint32_t quota, struct space *parent)
{
    struct client *c = &clients[client];

    make_object(client, BOOK_VSPACE, TESS_TYPE_VSPACE, 0, 1);
    enum space_answer answer =
        space_open(book_of(client, BOOK_VSPACE), quota, placement_get(client % 3), 1, &c->space);
    if (answer == SPACE_OK) {
        answer = fill(c->space, parent);
        if (answer != SPACE_OK)
            space_close(c->space);
    }
    if (answer != SPACE_OK) {
        c->space = NULL;
        stage_kill(client);
        return answer;
    }
    make_object(client, BOOK_TABLES, TESS_TYPE_PAGE_TABLE, 0, TABLES);
    make_object(client, BOOK_CSPACE, TESS_TYPE_CNODE, CLIENT_RADIX, 1);
    make_object(client, BOOK_TCB, TESS_TYPE_TCB, 0, 1);
    make_object(client, BOOK_CONTEXT, TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN, 1);
    make_space(client);
    make_thread(client);
    c->faults = 0;
    return SPACE_OK;
}

void stage_kill(unsigned client)
{
    struct client *c = &clients[client];

    must("revoke", tess_cnode_revoke(cnode, c->memory.address));
    must("reset", tess_untyped_reset(c->memory));
    must("code",
         tess_cnode_delete(book, (client + 1) * BOOK_SLOTS + BOOK_CODE)); /* a copy, of other memory */
    if (c->space != NULL)
        space_close(c->space);
    c->space = NULL;
    if (c->reply != 0)
        reply_used[c->reply / 64] &= ~(1ull << c->reply % 64);
    c->reply = 0;
}

/* ---- The loop -------------------------------------------------------------------------------------------- */

static enum space_answer handle(struct client *c, const tess_message *m)
{
    static const unsigned access[] = {[TESS_FAULT_READ] = FRAMES_READ,
                                      [TESS_FAULT_WRITE] = FRAMES_WRITE,
                                      [TESS_FAULT_EXECUTE] = FRAMES_EXECUTE};
    tess_word kind = TESS_INFO_LABEL(m->info);

    c->faults++;
    c->space->faults++;
    if (kind < TESS_FAULT_READ || kind > TESS_FAULT_EXECUTE || m->words[1] >> 30 != 0) {
        printf("# client: %s at 0x%lx, address 0x%lx\n", tess_fault_name((enum tess_fault)kind),
               (unsigned long)m->words[0], (unsigned long)m->words[1]);
        return SPACE_BAD_REQUEST;
    }
    return space_fault(c->space, (uint32_t)(m->words[1] / TESS_PAGE_BYTES), access[kind]);
}

/* Keeps the caller of the last message waiting for an order: another Reply object is offered from now on. */
static void hold(struct client *c)
{
    c->reply = current;
    reply_used[current / 64] |= 1ull << current % 64;
    for (current = 1; (reply_used[current / 64] >> current % 64 & 1) != 0;)
        current++;
}

enum stage_event stage_next(unsigned *client, uint64_t *value)
{
    tess_message *m = &last;
    tess_reply reply = {replies + current - 1};
    bool answer = answer_due;

    answer_due = false;
    must("receive", answer ? tess_reply_recv(endpoint, reply, m) : tess_recv(endpoint, reply, m));
    *client = (unsigned)m->badge - 1;
    *value = m->words[0];
    struct client *c = &clients[*client];
    if ((m->flags & TESS_STATUS_FAULT) == 0) {
        hold(c);
        return STAGE_DONE;
    }
    c->refused = handle(c, m);
    if (c->refused != SPACE_OK) {
        hold(c);
        return STAGE_REFUSED;
    }
    *m = (tess_message){0};
    answer_due = true;
    return STAGE_FAULT;
}

void stage_order(unsigned client, struct stage_order order)
{
    tess_message m = {.info = TESS_INFO(0, 3, 0), .words = {order.action, order.address, order.value}};
    unsigned reply = clients[client].reply;

    clients[client].reply = 0;
    reply_used[reply / 64] &= ~(1ull << reply % 64);
    must("order", tess_answer((tess_reply){replies + reply - 1}, &m));
}

enum space_answer stage_do(unsigned client, struct stage_order order, uint64_t *value)
{
    enum stage_event event = STAGE_FAULT;
    unsigned who;

    while (clients[client].reply == 0) /* it has yet to say that it is there */
        stage_next(&who, value);
    stage_order(client, order);
    while (event == STAGE_FAULT)
        event = stage_next(&who, value);
    return event == STAGE_DONE ? SPACE_OK : clients[client].refused;
}

/* ---- Reporting ------------------------------------------------------------------------------------------- */

bool stage_is_empty(void)
{
    unsigned cut;
    uint64_t bytes;

    hands_settle();
    hands_watermarks(&cut, &bytes);
    bool empty = memory.pool.free == memory.pool.end - memory.pool.first && memory.ledger.promised == 0 &&
                 memory.ledger.swap.used == 0 &&
                 memory.ledger.swap.reserved == (memory.ledger.swap.places > 0) && cut == 0 && bytes == 0;
    if (!empty)
        printf("# %u of %u pages free, %u promised, %u swapped, %u reserved, %u chunks cut, %lu bytes below "
               "watermarks\n",
               memory.pool.free, memory.pool.end - memory.pool.first, memory.ledger.promised,
               memory.ledger.swap.used, memory.ledger.swap.reserved, cut, (unsigned long)bytes);
    return empty;
}

bool stage_check(const char *name, bool good)
{
    passed += good;
    failed += !good;
    printf("%s %u - %s\n", good ? "ok" : "not ok", passed + failed, name);
    return good;
}

_Noreturn void stage_end(void)
{
    printf("%u passed, %u failed\n", passed, failed + (passed + failed == 0));
    exit(0);
}

uint64_t stage_argument(const char *name, uint64_t otherwise)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_BOOTARGS, NULL);
    const char *at = r != NULL ? strstr((const char *)(r + 1), name) : NULL;

    return at != NULL && at[strlen(name)] == '=' ? strtoull(at + strlen(name) + 1, NULL, 0) : otherwise;
}
