/*
 * tests/unit/world.c: the arena, the boot slots and the fake kernel (tests/unit/world.h).
 */
#include "tests/unit/world.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "tests/unit/unit.h"

struct world world;

/* ---- the arena ---------------------------------------------------------------------------------------- */

static void arena_map(void)
{
    word bytes = RAM_BASE + RAM_BYTES - BOOT_BASE;
    void *at = (void *)(CAPS_WINDOW + (BOOT_BASE - WINDOW_BASE));
    void *got = mmap(at, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != at) {
        perror("# the arena cannot be mapped at its address");
        exit(2);
    }
}

void world_begin(void)
{
    static bool mapped;
    if (!mapped)
        arena_map();
    mapped = true;

    struct event *events = world.events;
    unsigned room = world.event_room;
    uint64_t random = world.random;
    world = (struct world){.events = events, .event_room = room, .random = random};
    world.ram_end = RAM_BASE;
    caps_window_physical = WINDOW_BASE;
    world.boot = window_pointer(BOOT_BASE);
    world.root = window_pointer(ROOT_BASE);
    memset(world.boot, 0, BOOT_SLOTS * sizeof(struct slot));
    memset(world.root, 0, ROOT_SLOTS * sizeof(struct slot));
    ASAN_POISON_MEMORY_REGION(window_pointer(RAM_BASE), RAM_BYTES);

    struct cap head = cap_firmware();
    head.w0 |= CAP_ORIGINAL;
    cdt_insert(NULL, world_head(), head);
    /* Two capabilities to the root CNode: one stays in boot[2], whatever becomes of the other. */
    world_boot_cap(&world.boot[2], cap_cnode(world.root, ROOT_RADIX));
    cdt_insert(&world.boot[2], &world.root[1], cap_cnode(world.root, ROOT_RADIX));
}

void world_forget(void)
{
    world.preempt_at = world.refuse_at = 0;
    world.preempt_one_in = world.refuse_one_in = 0;
    world.preempt_always = false;
    world.asks = world.finalises = 0;
    world.event_count = 0;
}

struct slot *world_head(void)
{
    return &world.boot[1];
}

struct cap world_cspace(void)
{
    return world.boot[2].cap;
}

struct slot *world_boot_cap(struct slot *slot, struct cap cap)
{
    cap.w0 |= CAP_ORIGINAL;
    cdt_insert(world_head(), slot, cap);
    return slot;
}

struct slot *world_ram(struct slot *slot, word offset, word bytes)
{
    void *at = window_pointer(RAM_BASE + offset);
    ASAN_UNPOISON_MEMORY_REGION(at, bytes);
    memset(at, GARBAGE_BYTE, bytes);
    ASAN_POISON_MEMORY_REGION(at, bytes);
    if (world.ram_end < RAM_BASE + offset + bytes)
        world.ram_end = RAM_BASE + offset + bytes;
    return world_boot_cap(slot, cap_untyped(RAM_BASE + offset, bytes, false));
}

struct slot *world_device(struct slot *slot, word offset, word bytes)
{
    return world_boot_cap(slot, cap_untyped(DEVICE_BASE + offset, bytes, true));
}

bool memory_is_zero(const void *from, word bytes)
{
    const unsigned char *at = from;
    return bytes == 0 || (at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0);
}

uint64_t world_random(uint64_t below)
{
    uint64_t z = world.random += 0x9e3779b97f4a7c15ull; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (z ^ z >> 31) % below;
}

/* ---- identity ----------------------------------------------------------------------------------------- */

struct identity identity_of(struct cap cap)
{
    word type = cap.w0 & 31, base = 0, extent = 0;
    switch (type) {
    case TESS_TYPE_UNTYPED:
        base = (cap.w0 >> 16) * 16;
        extent = cap.w1 * 16;
        break;
    case TESS_TYPE_FRAME:
        base = (cap.w0 >> 16 & 0xfffffffffff) * 4096;
        extent = cap.w0 >> 12 & 3;
        break;
    case TESS_TYPE_PAGE_TABLE:
        base = (cap.w0 >> 16 & 0xfffffffffff) * 4096;
        break;
    case TESS_TYPE_SCHED_CONTROL:
    case TESS_TYPE_IRQ_HANDLER:
        base = cap.w1;
        break;
    default:
        base = cap.w0 >> 16;
        break;
    }
    return (struct identity){type, base, extent};
}

int identity_compare(struct identity a, struct identity b)
{
    if (a.type != b.type)
        return a.type < b.type ? -1 : 1;
    if (a.base != b.base)
        return a.base < b.base ? -1 : 1;
    return a.extent < b.extent ? -1 : a.extent > b.extent;
}

bool identity_same(struct cap a, struct cap b)
{
    return (a.w0 & 31) != TESS_TYPE_UNTYPED && identity_compare(identity_of(a), identity_of(b)) == 0;
}

unsigned world_count_same(struct cap cap)
{
    unsigned count = (cap.w0 & 31) == TESS_TYPE_UNTYPED;
    for (struct slot *slot = world_head(); slot; slot = cdt_next(slot))
        count += identity_same(slot->cap, cap);
    return count;
}

/* ---- the fake kernel ---------------------------------------------------------------------------------- */

static struct event *event_add(enum event_kind kind)
{
    if (world.event_count == world.event_room) {
        world.event_room = world.event_room * 2 + 64;
        world.events = realloc(world.events, world.event_room * sizeof *world.events);
    }
    struct event *event = &world.events[world.event_count++];
    *event = (struct event){.kind = kind};
    return event;
}

static bool now(unsigned *countdown, unsigned one_in)
{
    if (*countdown && --*countdown == 0)
        return true;
    return one_in && world_random(one_in) == 0;
}

bool object_preempt(void)
{
    world.asks++;
    return now(&world.preempt_at, world.preempt_one_in) || world.preempt_always;
}

/* The slots in front of an object, which caps/ goes on using; the rest is the kernel's to write. */
static word object_slot_bytes(enum cap_type type, word bytes)
{
    if (type == CAP_CNODE)
        return bytes;
    if (type == CAP_TCB)
        return TCB_SLOTS * sizeof(struct slot);
    return type == CAP_VSPACE ? sizeof(struct slot) : 0;
}

void object_create(enum cap_type type, void *object, word size)
{
    word bytes = object_bytes(type, size), slots = object_slot_bytes(type, bytes);
    struct event *event = event_add(EVENT_CREATE);
    event->type = type;
    event->object = object;
    event->size = size;
    CHECK(memory_is_zero(object, bytes)); /* UT-8 */
    memset((char *)object + slots, GARBAGE_BYTE, bytes - slots);
    if (type == CAP_VSPACE)
        ring_init(object);
}

void world_map(struct slot *slot, struct slot *vspace_anchor, word address)
{
    slot->cap = cap_with_mapping(slot->cap, slot_number(vspace_anchor), address);
    ring_insert(vspace_anchor, slot);
}

void world_unmap(struct slot *slot)
{
    ring_remove(slot);
    slot->cap = cap_with_mapping(slot->cap, 0, 0);
}

/* As kernel/vspace.c does it: the mapped capabilities go one by one. */
static bool vspace_empty(struct slot *anchor)
{
    while (ring_next(anchor) != anchor) {
        world_unmap(ring_next(anchor));
        if (object_preempt())
            return false;
    }
    return true;
}

static bool finalise(struct slot *slot, bool last)
{
    if (now(&world.refuse_at, world.refuse_one_in))
        return false;
    enum cap_type type = cap_raw_type(slot->cap);
    if ((type == CAP_FRAME || type == CAP_PAGE_TABLE) && cap_is_mapped(slot->cap))
        world_unmap(slot);
    if (type == CAP_VSPACE && last)
        return vspace_empty(cap_object(slot->cap));
    return true;
}

bool object_finalise(struct slot *slot, bool last)
{
    struct cap cap = slot->cap;
    CHECK(!cap_is_empty(cap) && cap_raw_type(cap) != CAP_TEARDOWN);
    CHECK_EQ(last, world_count_same(cap) == 1);
    CHECK_EQ((cap.w0 & CAP_DYING) != 0, last);
    world.finalises++;
    bool done = finalise(slot, last);
    struct event *event = event_add(EVENT_FINALISE);
    event->slot = slot;
    event->cap = cap;
    event->last = last;
    event->done = done;
    return done;
}

bool object_cancel_badge(struct cap endpoint, word *progress)
{
    struct event *event = event_add(EVENT_CANCEL);
    event->cap = endpoint;
    event->size = (*progress)++;
    return !now(&world.refuse_at, world.refuse_one_in);
}

/* ---- operations --------------------------------------------------------------------------------------- */

struct status world_cnode(word label, struct cap cnode, struct cap cspace, word *words)
{
    struct cnode_args args;
    TRY(cnode_decode(&args, label, cnode, cspace, words));
    return cnode_invoke(&args, &words[1]);
}

/* A new frame is zero; whoever has it writes to it. */
static void frames_use(const struct untyped_args *args, word from, word to)
{
    if (args->type != CAP_FRAME || cap_untyped_device(args->untyped->cap))
        return;
    for (word i = from; i < to; i++) {
        void *frame = window_pointer(cap_page_base(args->first[i].cap));
        CHECK(memory_is_zero(frame, (word)1 << args->size)); /* UT-8 */
        memset(frame, GARBAGE_BYTE, (word)1 << args->size);
    }
}

struct status world_untyped(struct slot *untyped, word label, struct cap cspace, word *words)
{
    struct untyped_args args;
    word base = cap_untyped_base(untyped->cap), used = untyped_used(untyped);
    TRY(untyped_decode(&args, label, untyped, cspace, words));
    if (!cap_untyped_device(untyped->cap))
        ASAN_UNPOISON_MEMORY_REGION(window_pointer(base + used), cap_untyped_length(untyped->cap) - used);
    if (args.op != TESS_UNTYPED_RETYPE)
        return untyped_invoke(&args, &words[5]);
    word made = words[5] > args.count ? words[5] - args.count : 0;
    struct status status = untyped_invoke(&args, &words[5]);
    frames_use(&args, made, words[5] > args.count ? words[5] - args.count : 0);
    return status;
}

static struct status cnode_root(word label, word w0, word w2, word w3, word w4)
{
    word words[8] = {w0, TESS_NULL, w2, w3, w4};
    return world_cnode(label, world_cspace(), world_cspace(), words);
}

struct status world_copy(word dest, word source, word rights)
{
    return cnode_root(TESS_CNODE_COPY, dest, source, rights, 0);
}

struct status world_mint(word dest, word source, word rights, word badge)
{
    return cnode_root(TESS_CNODE_MINT, dest, source, rights, badge);
}

struct status world_move(word dest, word source)
{
    return cnode_root(TESS_CNODE_MOVE, dest, source, 0, 0);
}

struct status world_swap(word a, word b)
{
    return cnode_root(TESS_CNODE_SWAP, a, b, 0, 0);
}

struct status world_delete(word slot)
{
    return cnode_root(TESS_CNODE_DELETE, slot, 0, 0, 0);
}

struct status world_revoke(word slot)
{
    return cnode_root(TESS_CNODE_REVOKE, slot, 0, 0, 0);
}

static struct status cnode_until_done(word label, word slot, unsigned *entries)
{
    for (unsigned count = 1;; count++) {
        struct status status = cnode_root(label, slot, 0, 0, 0);
        if (entries)
            *entries = count;
        if (status.code != STATUS_PREEMPTED)
            return status;
        if (count > 1000000)
            FAIL("preempted for ever");
    }
}

struct status world_delete_all(word slot, unsigned *entries)
{
    return cnode_until_done(TESS_CNODE_DELETE, slot, entries);
}

struct status world_revoke_all(word slot, unsigned *entries)
{
    return cnode_until_done(TESS_CNODE_REVOKE, slot, entries);
}

struct status world_retype(word untyped, enum tess_type type, word size, word first, word count)
{
    word words[8] = {type, size, 1, first, count}; /* root[1] is the root CNode */
    return world_untyped(&world.root[untyped], TESS_UNTYPED_RETYPE, world_cspace(), words);
}

struct status world_retype_all(word untyped, enum tess_type type, word size, word first, word count)
{
    word words[8] = {type, size, 1, first, count};
    for (;;) {
        struct status status =
            world_untyped(&world.root[untyped], TESS_UNTYPED_RETYPE, world_cspace(), words);
        if (status.code != STATUS_PREEMPTED)
            return status;
    }
}
