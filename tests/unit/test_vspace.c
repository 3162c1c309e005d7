/* sources: kernel/vspace.c kernel/range.c verify/ghost.c caps/cap.c caps/cspace.c caps/slot.c */

/*
 * Address spaces under the ghost (verify/ghost.c): every way in which a translation or an instruction could stay
 * where hardware still finds it. A stale one that could be used is a panic of the ghost, and so a failure.
 * tests/tools/fences.py runs this with each fence of the kernel left out; each must be missed here.
 *
 *   arena      page 0             the kernel's root table
 *              page 1             VSpaces, the hart's thread, slots
 *              pages 2 ..         page tables
 *              from 2 MB on       frames
 */
#include <sys/mman.h>

#include "caps/object.h"
#include "kernel/panic.h"
#include "kernel/vspace.h"
#include "platform/platform.h"
#include "tests/unit/unit.h"

#define BASE      0x80000000ull
#define BYTES     (8ull << 20)
#define PAGE      4096ull
#define SPACES    4u
#define TABLES    24u
#define FRAMES    12u
#define FRAMES_AT (BASE + (2ull << 20))
#define LARGE_AT  (BASE + (4ull << 20))
#define READ      TESS_RIGHT_READ
#define WRITE     TESS_RIGHT_WRITE
#define EXECUTE   TESS_RIGHT_EXECUTE
#define AT        0x1000000000ull

/* ---- what the kernel would bring ---------------------------------------------------------------------------- */

struct machine machine;
struct hart *this_hart;

static struct {
    struct hart hart;
    struct vspace *spaces[SPACES];
    struct slot *cnode; /* tables, then frames, then the large frame */
    struct tcb tcb;
    bool preempts;
    uint64_t random;
} world;

bool object_preempt(void)
{
    return world.preempts;
}

static const char *panicked; /* with what */

_Noreturn void panic(const char *what, const char *clause)
{
    panicked = what;
    FAIL("panic: %s (%s)", what, clause);
}

static void *arena(word offset)
{
    return (void *)(CAPS_WINDOW + offset);
}

/* A hart with ASIDs 1 to `asids`, tables of so many levels, and nothing mapped. */
static void begin(unsigned asids, unsigned levels)
{
    static bool mapped;
    if (!mapped && mmap(arena(0), BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != arena(0))
        FAIL("the arena cannot be mapped at its address");
    mapped = true;
    caps_window_physical = BASE;
    memset(arena(0), 0, BYTES);
    ghost_fence(GHOST_ANY, GHOST_ANY);
    ghost_fence_instructions();
    uint64_t random = world.random;
    memset(&world, 0, sizeof world);
    world.random = random;
    machine.svpbmt = true;
    this_hart = &world.hart;
    world.hart.kernel_satp = (word)(levels == 4 ? SATP_SV48 : SATP_SV39) << SATP_MODE_BIT | BASE >> 12;
    world.hart.asid_last = asids;
    world.hart.asid_next = 1;
    world.hart.asid_generation = 1;
    vspace_activate(NULL);

    struct vspace *spaces = arena(PAGE);
    for (unsigned i = 0; i < SPACES; i++) {
        world.spaces[i] = (struct vspace *)((char *)spaces + i * TESS_VSPACE_BYTES);
        vspace_create(world.spaces[i]);
    }
    world.cnode = arena(PAGE + 1024);
    for (unsigned i = 0; i < TABLES; i++)
        world.cnode[1 + i].cap = cap_page_table(BASE + (2 + i) * PAGE);
    for (unsigned i = 0; i < FRAMES; i++)
        world.cnode[1 + TABLES + i].cap = cap_frame(FRAMES_AT + i * PAGE, 12, 7, false);
    world.cnode[1 + TABLES + FRAMES].cap = cap_frame(LARGE_AT, 21, 7, false);
    world.tcb.slots[TCB_SLOT_CSPACE].cap = cap_cnode(world.cnode, 6);
}

static struct slot *table(unsigned i)
{
    return &world.cnode[1 + i];
}

static struct slot *frame(unsigned i)
{
    return &world.cnode[1 + TABLES + i];
}

static word *content(unsigned i)
{
    return window_pointer(FRAMES_AT + i * PAGE);
}

/* A thread of this space runs for a moment. */
static void run(unsigned space)
{
    if (this_hart->vspace != world.spaces[space])
        vspace_activate(world.spaces[space]);
    /* Without ASIDs each switch fences, so kernel/fastpath.S must not make one: it looks at the generation. */
    CHECK(this_hart->asid_last || world.spaces[space]->generation != this_hart->asid_generation);
    ghost_leave();
    unit_state.checks++;
}

static enum tess_error error_of(struct status status)
{
    return TESS_STATUS_ERROR(status.code);
}

/* The operations as a program calls them, by words. */
static enum tess_error frame_call(struct slot *slot, word label, word w0, word w1, word w2, word w3)
{
    const word words[8] = {w0, w1, w2, w3};
    memcpy(world.tcb.registers.words, words, sizeof words);
    return error_of(frame_invoke(slot, label, &world.tcb));
}

static enum tess_error protect(unsigned i, word rights)
{
    return frame_call(frame(i), TESS_FRAME_PROTECT, rights, 0, 0, 0);
}

static enum tess_error range(unsigned space, word label, unsigned first, unsigned count, word address,
                             word rights)
{
    const word words[8] = {0, 1 + TABLES + first, count, address, rights};
    memcpy(world.tcb.registers.words, words, sizeof words);
    struct status status;
    do
        status = vspace_invoke(world.spaces[space], label, &world.tcb);
    while (status.code == STATUS_PREEMPTED);
    return error_of(status);
}

static enum tess_error map(unsigned i, unsigned space, word address, word rights)
{
    enum tess_error error = error_of(frame_map(frame(i), world.spaces[space], address, rights, 0));
    vspace_fence_instructions(rights);
    return error;
}

/* All tables that are missing for this address, taken from `next` on. Returns the next one. */
static unsigned tables_for(unsigned space, word address, unsigned next)
{
    while (error_of(page_table_map(table(next), world.spaces[space], address)) == TESS_OK)
        next++;
    return next;
}

/* ---- each fence has its test ----------------------------------------------------------------------------------- */

static const unsigned ASIDS[] = {0, 1, 2, 3, 100};

/* Runs the test for each number of ASIDs, under Sv39 and Sv48. */
static void everywhere(void (*test)(void))
{
    for (unsigned levels = 3; levels <= 4; levels++)
        for (unsigned i = 0; i < sizeof ASIDS / sizeof *ASIDS; i++) {
            begin(ASIDS[i], levels);
            test();
        }
}

static void change_leaves(void)
{
    for (unsigned other = 0; other < 2; other++) { /* while the space runs; while another one does */
        unsigned next = tables_for(0, AT, 0);
        tables_for(1, AT, next);
        CHECK_EQ(map(0, 0, AT, READ | WRITE), TESS_OK);
        run(0);
        run(other);
        CHECK_EQ(protect(0, READ), TESS_OK);
        run(other);
        run(0);
        CHECK_EQ(protect(0, READ | WRITE), TESS_OK);
        run(0);
        run(other);
        frame_unmap(frame(0));
        run(other);
        CHECK_EQ(map(1, 0, AT, READ), TESS_OK);
        run(0);
        frame_unmap(frame(1));
        for (unsigned i = 0; i < TABLES; i++)
            page_table_unmap(table(i));
    }
}

static void test_leaves(void)
{
    everywhere(change_leaves);
}

static void change_tables(void)
{
    for (unsigned level = 0; level <= root_level(); level++) {
        unsigned count = tables_for(0, AT, 0), cut = root_level() - level;
        unsigned next = tables_for(1, AT, count);
        CHECK_EQ(map(0, 0, AT, READ), TESS_OK);
        run(0);
        run(level % 2);
        page_table_unmap(table(cut));
        run(level % 2);
        CHECK(!frame_is_mapped(frame(0)->cap));
        run(0);
        /* Other tables and another frame in the same place, and the old ones elsewhere. */
        tables_for(0, AT, next);
        CHECK_EQ(map(1, 0, AT, READ), TESS_OK);
        run(0);
        for (unsigned i = 0; i < TABLES; i++)
            page_table_unmap(table(i));
        run(0);
        tables_for(2, AT + 4096, 0);
        CHECK_EQ(map(0, 2, AT + 4096, READ), TESS_OK);
        run(2);
        run(0);
        frame_unmap(frame(0));
        frame_unmap(frame(1));
        for (unsigned i = 0; i < TABLES; i++)
            page_table_unmap(table(i));
    }
}

static void test_tables(void)
{
    everywhere(change_tables);
}

/* More spaces than ASIDs, made and destroyed at the same address, each with its own frame. */
static void change_spaces(void)
{
    for (unsigned round = 0; round < 6; round++) {
        unsigned next = 0;
        for (unsigned space = 0; space < 3; space++) {
            next = tables_for(space, AT, next);
            CHECK_EQ(map((space + round) % 3, space, AT, READ), TESS_OK);
            for (unsigned i = 0; i <= space; i++)
                run(i);
        }
        for (unsigned space = 0; space < 3; space++) {
            run((space + round) % 3);
            CHECK(vspace_finalise(world.spaces[(space + round) % 3]));
            vspace_create(world.spaces[(space + round) % 3]);
        }
        for (unsigned i = 0; i < TABLES; i++)
            CHECK(!page_table_is_mapped(table(i)->cap));
    }
}

static void test_spaces(void)
{
    everywhere(change_spaces);
}

/* Code of one page after another in the same frame, in each way in which a mapping becomes executable. */
static void change_code(void)
{
    unsigned next = tables_for(0, AT, 0);
    tables_for(1, AT, next);
    for (unsigned round = 0; round < 10; round++) {
        *content(0) = 1000 + round;
        switch (round % 5) {
        case 0:
            CHECK_EQ(frame_call(frame(0), TESS_FRAME_MAP, 63, AT, READ | EXECUTE, 0), TESS_ERR_TYPE);
            world.cnode[63].cap = cap_vspace(world.spaces[0]);
            CHECK_EQ(frame_call(frame(0), TESS_FRAME_MAP, 63, AT, READ | EXECUTE, 0), TESS_OK);
            world.cnode[63].cap = CAP_EMPTY;
            break;
        case 1:
            CHECK_EQ(protect(0, EXECUTE), TESS_OK);
            break;
        case 2:
            CHECK_EQ(range(0, TESS_VSPACE_PROTECT_RANGE, 0, 1, 0, READ | EXECUTE), TESS_OK);
            break;
        case 3:
            frame_unmap(frame(0));
            CHECK_EQ(range(0, TESS_VSPACE_MAP_RANGE, 0, 1, AT, EXECUTE), TESS_OK);
            break;
        case 4:
            frame_unmap(frame(0));
            CHECK_EQ(map(0, 1, AT, READ | EXECUTE), TESS_OK);
            run(1);
            frame_unmap(frame(0));
            break;
        }
        run(0);
    }
}

static void test_code(void)
{
    everywhere(change_code);
}

/* ---- the ghost itself ----------------------------------------------------------------------------------------- */

/* Runs `defect`, which must make the ghost panic. */
static bool ghost_sees(void (*defect)(void))
{
    jmp_buf outer;
    memcpy(&outer, &unit_state.leave, sizeof outer);
    bool seen = setjmp(unit_state.leave) != 0;
    if (!seen)
        defect();
    memcpy(&unit_state.leave, &outer, sizeof outer);
    return seen;
}

static pte *leaf_of(unsigned space)
{
    pte *at = world.spaces[space]->root;
    for (unsigned level = root_level(); level > 0; level--)
        at = window_pointer(at[AT >> (12 + 9 * level) & 511] << 10 >> 20 << 12);
    return &at[AT >> 12 & 511];
}

static void mapped_and_run(void)
{
    tables_for(0, AT, 0);
    CHECK_EQ(map(0, 0, AT, READ | WRITE | EXECUTE), TESS_OK);
    run(0);
}

static void defect_removed(void)
{
    pte_set(leaf_of(0), 0);
    run(0);
}

static void defect_narrowed(void)
{
    pte_set(leaf_of(0), *leaf_of(0) & ~(pte)PTE_W);
    run(0);
}

static void defect_attributes(void)
{
    pte_set(leaf_of(0), *leaf_of(0) | 1ull << PTE_ATTRIBUTES_BIT);
    run(0);
}

static void defect_table(void)
{
    pte_set(&world.spaces[0]->root[AT >> (12 + 9 * root_level()) & 511], 0);
    mmu_fence_leaves(AT); /* a fence of an address is not enough for a table */
    run(0);
}

static void defect_asid(void)
{
    tables_for(1, AT, root_level() + 1);
    CHECK_EQ(map(1, 1, AT, READ), TESS_OK);
    world.spaces[1]->satp =
        (world.spaces[0]->satp & ~((1ull << 44) - 1)) | window_physical(world.spaces[1]->root) >> 12;
    world.spaces[1]->generation = 1;
    run(1);
}

static void defect_unheard(void)
{
    *leaf_of(0) = 0; /* behind the ghost's back: it looks at everything held within 1024 returns */
    for (unsigned i = 0; i < 1024; i++)
        run(0);
}

static void defect_code(void)
{
    *content(0) = 5;
    pte_set(leaf_of(0), *leaf_of(0));
    run(0);
}

static void test_ghost_sees(void)
{
    static const char translation[] = "ghost: stale translation";
    static const struct {
        void (*run)(void);
        const char *panic;
    } defects[] = {
        {defect_removed, translation},
        {defect_narrowed, translation},
        {defect_attributes, translation},
        {defect_table, "ghost: stale pointer to a page table"},
        {defect_asid, "ghost: stale"},
        {defect_unheard, translation},
        {defect_code, "ghost: stale instructions"},
    };
    for (unsigned i = 0; i < 2 * sizeof defects / sizeof *defects; i++) {
        begin(3, 3 + i % 2);
        mapped_and_run();
        panicked = "nothing";
        if (!ghost_sees(defects[i / 2].run) || !strstr(panicked, defects[i / 2].panic))
            FAIL("defect %u: wanted %s, got %s", i / 2, defects[i / 2].panic, panicked);
        unit_state.checks++;
    }
}

static void test_ghost_allows(void)
{
    begin(3, 3);
    mapped_and_run();
    pte_set(leaf_of(0), *leaf_of(0) & ~(pte)PTE_W);
    mmu_fence_leaf(AT, 1);
    run(0);
    pte_set(leaf_of(0), *leaf_of(0) | PTE_W); /* more than before: at worst a fault that is tried again */
    run(0);
    *content(0) = 6;
    run(0); /* a program that changes its own code fences itself (VM-14) */
    CHECK_EQ(map(1, 0, AT + PAGE, READ), TESS_OK);
    run(0); /* where nothing was before */
}

/* ---- what stands in an entry -------------------------------------------------------------------------------- */

static void test_attributes(void)
{
    begin(3, 3);
    tables_for(0, AT, 0);
    for (word attribute = 0; attribute <= 3; attribute++)
        for (unsigned svpbmt = 0; svpbmt < 2; svpbmt++) {
            machine.svpbmt = svpbmt;
            struct status status = frame_map(frame(0), world.spaces[0], AT, READ | WRITE, attribute);
            if (attribute > 2 || (attribute && !svpbmt)) {
                CHECK_EQ(error_of(status), attribute > 2 ? TESS_ERR_ARGUMENT : TESS_ERR_UNSUPPORTED);
                continue;
            }
            CHECK_EQ(error_of(status), TESS_OK);
            CHECK_EQ(*leaf_of(0), attribute << 61 | FRAMES_AT >> 2 | 0xd7); /* D A U W R V */
            CHECK_EQ(protect(0, READ | EXECUTE), TESS_OK);
            CHECK_EQ(*leaf_of(0), attribute << 61 | FRAMES_AT >> 2 | 0xdb); /* D A U X R V */
            CHECK_EQ(range(0, TESS_VSPACE_PROTECT_RANGE, 0, 1, 0, READ), TESS_OK);
            CHECK_EQ(*leaf_of(0), attribute << 61 | FRAMES_AT >> 2 | 0xd3);
            CHECK(frame_is_mapped(frame(0)->cap));
            frame_unmap(frame(0));
            CHECK_EQ(*leaf_of(0), 0);
        }
}

/* ---- at random --------------------------------------------------------------------------------------------------- */

static unsigned below(unsigned n)
{
    world.random = world.random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(world.random >> 33) % n;
}

static word some_rights(void)
{
    static const word rights[] = {READ, READ | WRITE, READ | EXECUTE, EXECUTE, READ | WRITE | EXECUTE};
    return rights[below(sizeof rights / sizeof *rights)];
}

/* Few places, so that things meet. */
static word some_address(void)
{
    return AT + (word)below(2) * (1ull << 30) + below(2) * (2ull << 20) + below(4) * PAGE;
}

static void step(void)
{
    unsigned space = below(SPACES), i = below(FRAMES);
    world.preempts = below(2) == 0;
    switch (below(12)) {
    case 0:
    case 1:
        page_table_map(table(below(TABLES)), world.spaces[space], some_address());
        break;
    case 2:
    case 3:
        map(i, space, some_address(), some_rights());
        break;
    case 4:
        protect(i, some_rights());
        break;
    case 5:
        frame_unmap(frame(i));
        break;
    case 6:
        page_table_unmap(table(below(TABLES)));
        break;
    case 7:
        range(space, 1 + below(3), below(4), 1 + below(8), some_address(), some_rights());
        break;
    case 8:
        if (below(8) == 0) {
            while (!vspace_finalise(world.spaces[space])) {
            }
            vspace_create(world.spaces[space]);
        }
        break;
    case 9:
        if (error_of(frame_map(frame(FRAMES), world.spaces[space], some_address() & ~0x1fffffull, READ,
                               below(3))) != TESS_OK)
            frame_unmap(frame(FRAMES));
        break;
    case 10:
        if (!cap_is_mapped(frame(i)->cap)) /* nobody executes it */
            *content(i) += 1;
        break;
    default:
        run(space);
        break;
    }
    if (below(2))
        ghost_leave();
}

static void test_random(void)
{
    world.random = 7;
    for (unsigned levels = 3; levels <= 4; levels++)
        for (unsigned i = 0; i < sizeof ASIDS / sizeof *ASIDS; i++) {
            begin(ASIDS[i], levels);
            for (unsigned n = 0; n < 20000; n++)
                step();
            unit_state.checks++;
        }
}

static const struct unit_test tests[] = {
    {"VM-13: leaves that change or go are fenced, whichever space runs", test_leaves},
    {"VM-13: tables that go are fenced, with what is below", test_tables},
    {"VM-9: spaces share ASIDs over generations, or have none, and never see one another's", test_spaces},
    {"VM-18: instructions are fenced whenever a page becomes executable", test_code},
    {"the ghost sees each kind of stale entry", test_ghost_sees},
    {"the ghost allows what hardware forgives", test_ghost_allows},
    {"VM-4, VM-17: rights and attributes stand in the entry, and PROTECT leaves the attributes",
     test_attributes},
    {"VM-9, VM-13, VM-18: random operations", test_random},
};

int main(void)
{
    return UNIT_RUN(tests);
}
