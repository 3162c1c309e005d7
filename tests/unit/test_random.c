/* sources: tests/unit/world.c tests/unit/forest.c tests/unit/model.c tests/unit/model_ops.c tests/unit/model_compare.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_random.c: long random sequences of operations against the reference model.
 *
 *     test_random [seed [steps]]
 *
 * A few threads, with the root CSpace or with one of a TCB that the sequence itself made, call operations
 * on what they can reach. Calls are stopped by chance and resumed later, or never. After each entry into
 * caps/ its status, all invariants (forest.h) and the whole state (model.h) are checked. Every so often
 * everything is revoked, must be gone, and the sequence begins again in a fresh world.
 */
#include <sanitizer/common_interface_defs.h>

#include "tests/unit/forest.h"
#include "tests/unit/model.h"
#include "tests/unit/unit.h"

#define THREADS     4
#define EPOCH_STEPS 1500
#define BOOT_FIRST  3u /* boot slots of the untypeds */
#define BOOT_RAM    3u
#define BOOT_COUNT  4u

struct thread {
    int tcb; /* its CSpace is that TCB's; NOTHING: the root */
    unsigned long tcb_serial,
        place_serial; /* of the TCB, and of the container that `call` clears a slot of */
    bool called;      /* `call` was stopped and is to go on */
    struct operation call;
};

static struct thread threads[THREADS];
static bool nesting; /* this epoch is about containers in containers */
static uint64_t seed;
static unsigned long step, steps;
static unsigned long errors[TESS_ERR_COUNT];
static unsigned long done_ok, refused, preempted, compared;

/* ---- choosing ---------------------------------------------------------------------------------------- */

static bool chance(unsigned percent)
{
    return world_random(100) < percent;
}

enum want { WANT_ANY, WANT_EMPTY, WANT_FULL, WANT_CNODE, WANT_CONTAINER, WANT_UNTYPED, WANT_BADGE };

static bool is_wanted(enum want want, struct place place)
{
    enum tess_type type = model_type_at(place);
    switch (want) {
    case WANT_EMPTY:
        return place.index && model_is_empty(place);
    case WANT_FULL:
        return type != TESS_TYPE_NULL;
    case WANT_CNODE:
        return type == TESS_TYPE_CNODE;
    case WANT_CONTAINER:
        return type == TESS_TYPE_CNODE || type == TESS_TYPE_TCB;
    case WANT_UNTYPED:
        return type == TESS_TYPE_UNTYPED;
    case WANT_BADGE:
        return type == TESS_TYPE_ENDPOINT || type == TESS_TYPE_NOTIFICATION;
    case WANT_ANY:
        break;
    }
    return true;
}

/* A slot of the container that is as wanted, if there is one. Of the root's, the first 40 are used. */
static unsigned choose_index(int container, enum want want)
{
    unsigned slots = model.objects[container].slots;
    if (container == MODEL_ROOT && !chance(2))
        slots = 40;
    unsigned start = (unsigned)world_random(slots);
    for (unsigned i = 0; i < slots; i++) {
        unsigned index = (start + i) % slots;
        if (is_wanted(want, (struct place){container, index}))
            return index;
    }
    return want == WANT_CONTAINER || want == WANT_BADGE ? choose_index(container, WANT_FULL) : start;
}

/* An address from this CNode to something that is as wanted, by a path through further CNodes. */
static word choose_address(int cnode, enum want want)
{
    word address = 0, unit = 1;
    if (cnode == NOTHING || chance(1))
        return chance(50) ? 0 : world_random(1ull << world_random(64));
    for (unsigned level = 0; level < 10; level++) {
        bool deeper = chance(level ? 50 : 70);
        unsigned index = choose_index(cnode, deeper ? WANT_CNODE : want);
        int next = deeper ? model_cnode_at((struct place){cnode, index}) : NOTHING;
        if (next == NOTHING && deeper)
            index = choose_index(cnode, want);
        address += index * unit;
        unit *= model.objects[cnode].slots;
        cnode = next;
        if (next == NOTHING)
            break;
    }
    return address;
}

static int cspace_of(const struct thread *thread)
{
    if (thread->tcb == NOTHING)
        return MODEL_ROOT;
    return model_cnode_at((struct place){thread->tcb, TCB_SLOT_CSPACE});
}

static void choose_cnode_call(struct operation *call)
{
    static const unsigned char mixed[20] = {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 7};
    static const unsigned char moves[20] = {1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6};
    int cspace = call->cspace;
    call->kind = MODEL_CNODE;
    call->label = chance(1) ? world_random(10) : (nesting ? moves : mixed)[world_random(20)];
    struct place at = {MODEL_BOOT, 2};
    word rest;
    int root = cspace, dest = MODEL_ROOT;
    call->invoked = at;
    if (chance(60)) {
        call->target = choose_address(cspace, WANT_CNODE);
        dest = model_resolve(cspace, call->target, &at, &rest) ? model_cnode_at(at) : NOTHING;
        if (dest == NOTHING && chance(90)) {
            call->target = 0;
            dest = MODEL_ROOT;
        }
    }
    enum want full = chance(nesting ? 80 : 30) ? WANT_CONTAINER : WANT_FULL;
    bool empty = call->label <= TESS_CNODE_MOVE;
    call->words[0] = choose_address(dest, chance(5) ? WANT_ANY : empty ? WANT_EMPTY : full);
    if (chance(40)) {
        call->words[1] = choose_address(cspace, WANT_CNODE);
        root = model_resolve(cspace, call->words[1], &at, &rest) ? model_cnode_at(at) : NOTHING;
    }
    bool mint = call->label == TESS_CNODE_MINT && !chance(10);
    call->words[2] = choose_address(root, mint ? WANT_BADGE : chance(5) ? WANT_ANY : full);
    call->words[3] = chance(70) ? TESS_RIGHTS_ALL : world_random(18);
    call->words[4] = world_random(4);
    if (call->label == TESS_CNODE_CANCEL && chance(50))
        call->words[1] = 0;
}

static void choose_retype(struct operation *call)
{
    static const struct {
        unsigned char type, size, count;
    } kinds[] = {{TESS_TYPE_UNTYPED, 0, 3}, {TESS_TYPE_CNODE, 1, 4},      {TESS_TYPE_CNODE, 2, 3},
                 {TESS_TYPE_CNODE, 3, 2},   {TESS_TYPE_CNODE, 4, 2},      {TESS_TYPE_TCB, 0, 3},
                 {TESS_TYPE_TCB, 0, 2},     {TESS_TYPE_ENDPOINT, 0, 4},   {TESS_TYPE_NOTIFICATION, 0, 3},
                 {TESS_TYPE_REPLY, 0, 2},   {TESS_TYPE_VSPACE, 0, 2},     {TESS_TYPE_SCHED_CONTEXT, 5, 2},
                 {TESS_TYPE_FRAME, 12, 2},  {TESS_TYPE_PAGE_TABLE, 0, 1}, {TESS_TYPE_FP, 0, 2},
                 {TESS_TYPE_TIMER, 0, 1}};
    unsigned k = (unsigned)world_random(nesting ? 8 : sizeof kinds / sizeof *kinds);
    struct place at;
    word rest;
    call->words[0] = chance(2) ? world_random(20) : kinds[k].type;
    call->words[1] = chance(2) ? world_random(70) : kinds[k].size;
    if (kinds[k].type == TESS_TYPE_UNTYPED && !chance(2))
        call->words[1] = 16 * (1 + world_random(chance(50) ? 8 : 300));
    call->words[2] = chance(50) ? 1 : choose_address(call->cspace, WANT_CNODE);
    int dest = model_resolve(call->cspace, call->words[2], &at, &rest) ? model_cnode_at(at) : NOTHING;
    call->words[3] = choose_address(dest, WANT_EMPTY);
    call->words[4] = chance(60) ? 1 : world_random(kinds[k].count + 2);
    if (chance(1))
        call->words[5] = world_random(12);
}

static void choose_untyped_call(struct operation *call)
{
    call->kind = MODEL_UNTYPED;
    call->label = chance(1) ? world_random(4) : chance(85) ? TESS_UNTYPED_RETYPE : TESS_UNTYPED_RESET;
    struct place at;
    word rest;
    call->invoked = (struct place){MODEL_BOOT, BOOT_FIRST + (unsigned)world_random(BOOT_COUNT)};
    if (chance(40))
        call->target = choose_address(call->cspace, WANT_UNTYPED);
    if (chance(90) && !(model_resolve(call->cspace, call->target, &at, &rest) && is_wanted(WANT_UNTYPED, at)))
        call->target = 0;
    if (call->label == TESS_UNTYPED_RETYPE)
        choose_retype(call);
}

/* ---- one entry into caps/ --------------------------------------------------------------------------------- */

static struct cap cnode_cap(int cnode)
{
    return cnode == NOTHING
               ? CAP_EMPTY
               : cap_cnode(window_pointer(model.objects[cnode].base), (unsigned)model.objects[cnode].size);
}

static struct status invoke(struct operation *call)
{
    struct cap cspace = cnode_cap(call->cspace);
    struct slot *slot;
    if (call->kind == MODEL_REVOKE)
        return slot_revoke(model_slot(call->place));
    if (call->kind == MODEL_CLEAR)
        return slot_delete(model_slot(call->place));
    if (call->target)
        TRY(cspace_lookup(cspace, call->target, TESS_ARG_CAPABILITY, &slot));
    else
        slot = model_slot(call->invoked);
    enum cap_type wanted = call->kind == MODEL_CNODE ? CAP_CNODE : CAP_UNTYPED;
    if (cap_type(slot->cap) != wanted)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, cap_type(slot->cap));
    if (call->kind == MODEL_CNODE)
        return world_cnode(call->label, slot->cap, cspace, call->words);
    return world_untyped(slot, call->label, cspace, call->words);
}

/* Returns true when the call is over, well or not. */
static bool enter(struct operation *call)
{
    struct operation decoded = *call;
    struct status expected = model_decode(&decoded);
    word before = call->words[5];
    world.event_count = 0;
    struct status status = invoke(call);
    memcpy(decoded.words, call->words, sizeof decoded.words);
    if (expected.code != TESS_OK) {
        CHECK_EQ(status.code, expected.code);
        CHECK_EQ(status.detail, expected.detail);
        CHECK_EQ(world.event_count, 0);
        refused++;
        errors[status.code & 0xff]++;
    } else {
        model_apply(&decoded, status, before);
        done_ok += status.code == TESS_OK;
        preempted += status.code == STATUS_PREEMPTED;
    }
    forest_check();
    model_compare();
    compared++;
    return status.code != STATUS_PREEMPTED;
}

/* ---- what the kernel does without an operation of caps/ ------------------------------------------------------ */

/* Any place in any live container, found by chance. */
static struct place any_place(enum want want)
{
    for (;;) {
        int container = (int)world_random(MODEL_OBJECTS);
        if (model.objects[container].live && model.objects[container].slots && container != MODEL_BOOT)
            return (struct place){container, choose_index(container, want)};
    }
}

static int live_object(enum tess_type type)
{
    unsigned start = (unsigned)world_random(MODEL_OBJECTS);
    for (unsigned i = 0; i < MODEL_OBJECTS; i++) {
        int number = (int)((start + i) % MODEL_OBJECTS);
        if (model.objects[number].live && model.objects[number].type == type && !model.objects[number].dying)
            return number;
    }
    return NOTHING;
}

/* A VSpace is dying as soon as the deletion of its last capability has begun. */
static bool is_dying_object(int object)
{
    for (int i = 0; i < MODEL_CAPS; i++)
        if (model.caps[i].live && model.caps[i].object == object && model.caps[i].dying)
            return true;
    return false;
}

static void map_or_unmap(void)
{
    struct place place = any_place(WANT_FULL);
    int cap = model_at(place), vspace = live_object(TESS_TYPE_VSPACE);
    enum tess_type type = model_type_at(place);
    if ((type != TESS_TYPE_FRAME && type != TESS_TYPE_PAGE_TABLE) || vspace == NOTHING)
        return;
    if (model.caps[cap].vspace != NOTHING) {
        world_unmap(model_slot(place));
        model.caps[cap].vspace = NOTHING;
    } else if (!is_dying_object(vspace)) {
        world_map(model_slot(place), window_pointer(model.objects[vspace].base), world_random(1 << 20) << 12);
        model.caps[cap].vspace = vspace;
    }
}

/* Puts a copy of something into a slot of a thread, as TESS_TCB_SET_SPACES does. */
static void set_tcb_slot(void)
{
    int tcb = live_object(TESS_TYPE_TCB);
    if (tcb == NOTHING)
        return;
    unsigned index = chance(60) ? TCB_SLOT_CSPACE : 1 + (unsigned)world_random(TCB_SLOTS - 1);
    struct place dest = {tcb, index}, source = any_place(index == TCB_SLOT_CSPACE ? WANT_CNODE : WANT_FULL);
    if (!model_is_empty(dest) || model_type_at(source) == TESS_TYPE_NULL)
        return;
    struct slot *from = model_slot(source);
    if (!cap_can_derive(from->cap))
        return;
    cdt_insert(from, model_slot(dest), cap_derive(from->cap, TESS_RIGHTS_ALL));
    model_derive(source, dest, TESS_RIGHTS_ALL, 0);
}

/* Paths and destinations of retype begin at a capability to the root CNode in itself. */
static void restore_root(void)
{
    struct place dest = {MODEL_ROOT, 1}, source = {MODEL_BOOT, 2};
    if (!model_is_empty(dest))
        return;
    cdt_insert(&world.boot[2], &world.root[1], cap_derive(world.boot[2].cap, TESS_RIGHTS_ALL));
    model_derive(source, dest, TESS_RIGHTS_ALL, 0);
}

static void make_irq_handler(void)
{
    struct place control = {MODEL_BOOT, BOOT_FIRST + BOOT_COUNT}, dest = any_place(WANT_EMPTY);
    word number = world_random(5);
    if (dest.index == 0 || !model_is_empty(dest) || model.objects[dest.container].dying)
        return;
    for (int i = 0; i < MODEL_OBJECTS; i++)
        if (model.objects[i].live && model.objects[i].type == TESS_TYPE_IRQ_HANDLER &&
            model.objects[i].base == number)
            return;
    struct cap cap = cap_irq_handler(number);
    cap.w0 |= CAP_ORIGINAL;
    cdt_insert(model_slot(control), model_slot(dest), cap);
    int object = model_object_new(TESS_TYPE_IRQ_HANDLER, number, 0, 0);
    model.caps[model_insert(dest, object, model_at(control))].original = true;
}

/* ---- the sequence ---------------------------------------------------------------------------------------------- */

static void begin_epoch(void)
{
    static const word layouts[][6] = {{0, 0xc000, 0x10010, 0x6ff0, 0x18000, 0x2000},
                                      {0x30, 0x8000, 0x9000, 0x9000, 0x13000, 0x1030},
                                      {0x1000, 0x14000, 0x15000, 0x500, 0x15500, 0x50}};
    const word *layout = layouts[world_random(3)];
    world_begin();
    for (unsigned i = 0; i < BOOT_RAM; i++)
        world_ram(&world.boot[BOOT_FIRST + i], layout[2 * i], layout[2 * i + 1]);
    world_device(&world.boot[BOOT_FIRST + BOOT_RAM], 16, 0x8000);
    world_boot_cap(&world.boot[BOOT_FIRST + BOOT_COUNT], cap_irq_control());
    model_begin();
    for (unsigned i = 0; i <= BOOT_COUNT; i++)
        model_boot(BOOT_FIRST + i);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = (struct thread){.tcb = NOTHING};
    nesting = chance(60);
    world.preempt_one_in = world_random(3) ? 2 + (unsigned)world_random(6) : 0;
    world.refuse_one_in = world_random(3) ? 3 + (unsigned)world_random(8) : 0;
    forest_check();
    model_compare();
}

static bool is_there(int object, unsigned long serial)
{
    return model.objects[object].serial == serial && !model.objects[object].dying;
}

/* A thread is there as long as its TCB; and a call that clears a slot as long as the slot. */
static void check_thread(struct thread *thread)
{
    if (thread->tcb != NOTHING && !is_there(thread->tcb, thread->tcb_serial))
        *thread = (struct thread){.tcb = NOTHING};
    if (thread->called && thread->call.kind == MODEL_CLEAR &&
        !is_there(thread->call.place.container, thread->place_serial))
        thread->called = false;
}

static void choose_call(struct thread *thread)
{
    unsigned kind = (unsigned)world_random(400);
    struct operation *call = &thread->call;
    memset(call, 0, sizeof *call);
    call->cspace = cspace_of(thread);
    if (kind < 2) {
        call->kind = MODEL_REVOKE;
        call->place = (struct place){MODEL_BOOT, BOOT_FIRST + (unsigned)world_random(BOOT_COUNT + 1)};
    } else if (kind < 16) {
        int tcb = live_object(TESS_TYPE_TCB);
        call->kind = MODEL_CLEAR;
        call->place = (struct place){tcb == NOTHING ? MODEL_ROOT : tcb, 2 + (unsigned)world_random(6)};
        thread->place_serial = model.objects[call->place.container].serial;
    } else if (kind < 120) {
        choose_untyped_call(call);
    } else {
        choose_cnode_call(call);
    }
}

static void thread_becomes(struct thread *thread, int tcb)
{
    thread->tcb = tcb;
    thread->tcb_serial = tcb == NOTHING ? 0 : model.objects[tcb].serial;
}

static void one_step(void)
{
    struct thread *thread = &threads[world_random(THREADS)];
    check_thread(thread);
    if (thread->called && chance(5))
        thread->called = false; /* never resumed */
    if (!thread->called && chance(3))
        thread_becomes(thread, chance(50) ? NOTHING : live_object(TESS_TYPE_TCB));
    if (!thread->called) {
        unsigned other = (unsigned)world_random(100);
        if (other < 6)
            map_or_unmap();
        else if (other < 14)
            set_tcb_slot();
        else if (other < 15)
            make_irq_handler();
        else if (other < 25)
            restore_root();
        choose_call(thread);
    }
    thread->call.cspace = cspace_of(thread);
    thread->called = !enter(&thread->call);
}

/* Everything is taken back, by the boot untypeds and the root CNode. Then nothing is left, nor half deleted. */
static void end_epoch(void)
{
    struct operation call = {.cspace = MODEL_ROOT};
    if (chance(50))
        world.preempt_one_in = world.refuse_one_in = 0;
    for (unsigned i = 0; i <= BOOT_COUNT; i++) {
        call.kind = MODEL_REVOKE;
        call.place = (struct place){MODEL_BOOT, BOOT_FIRST + i};
        while (!enter(&call))
            ;
    }
    for (unsigned i = 2; i < ROOT_SLOTS; i++) {
        call.kind = MODEL_CLEAR;
        call.place = (struct place){MODEL_ROOT, i};
        if (!model_is_empty(call.place))
            while (!enter(&call))
                ;
    }
    CHECK(!model_is_dying() && !forest_is_dying());
    CHECK(forest.count <= 2 + 1 + BOOT_COUNT + 1);
    for (unsigned i = 0; i < BOOT_COUNT; i++) {
        call.kind = MODEL_UNTYPED;
        call.label = TESS_UNTYPED_RESET;
        call.invoked = (struct place){MODEL_BOOT, BOOT_FIRST + i};
        CHECK(enter(&call));
        CHECK_EQ(untyped_used(&world.boot[BOOT_FIRST + i]), 0);
    }
}

static void run(uint64_t from, unsigned long count)
{
    seed = world.random = from;
    step = 0;
    printf("# seed %llu, %lu steps\n", (unsigned long long)seed, count);
    while (step < count) {
        begin_epoch();
        for (unsigned i = 0; i < EPOCH_STEPS && step < count; i++, step++)
            one_step();
        end_epoch();
    }
}

/* Also when a sanitizer ends the program. */
static void say_where(void)
{
    printf("# came to step %lu of seed %llu\n", step, (unsigned long long)seed);
    fflush(stdout);
}

static void sequences(void)
{
    if (seed) {
        run(seed, steps);
        return;
    }
    for (uint64_t i = 1; i <= 4; i++)
        run(i, steps);
}

/* The sequences would be worth little if nearly all calls were refused, or hardly any stopped. */
static void worth(void)
{
    say_where();
    printf("# %lu done, %lu stopped, %lu refused, %lu comparisons\n", done_ok, preempted, refused, compared);
    for (unsigned i = 0; i < TESS_ERR_COUNT; i++)
        if (errors[i])
            printf("# error %u: %lu\n", i, errors[i]);
    CHECK(done_ok > compared / 4);
    CHECK(preempted > compared / 200);
    CHECK(refused > compared / 50);
}

static const struct unit_test TESTS[] = {
    {"CDT, CN, UT: random sequences agree with the model", sequences},
    {"CDT, CN, UT: the sequences do things, stop and are refused", worth},
};

int main(int argc, char **argv)
{
    steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 25000;
    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
    __sanitizer_set_death_callback(say_where);
    return UNIT_RUN(TESTS);
}
