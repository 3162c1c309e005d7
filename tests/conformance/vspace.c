/*
 * tests/conformance/vspace.c: address spaces, page tables, mappings (SPEC VM).
 */
#include "tests/conformance/common.h"

#define MB2     (2ull << 20)
#define GB1     (1ull << 30)
#define ROOT    (table_levels() - 1)
#define READ    TESS_RIGHT_READ
#define WRITE   TESS_RIGHT_WRITE
#define EXECUTE TESS_RIGHT_EXECUTE

static tess_cptr new_frame(void)
{
    return rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
}

static tess_cptr new_table(void)
{
    return rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
}

static struct rt_result map(tess_cptr frame, tess_cptr vspace, tess_word address, tess_word rights)
{
    return rt_invoke(frame, TESS_FRAME_MAP, vspace, address, rights, 0);
}

static struct rt_result map_table(tess_cptr table, tess_cptr vspace, tess_word address)
{
    return rt_invoke(table, TESS_PAGE_TABLE_MAP, vspace, address);
}

/* A space with tables down to level 0 for this address, in slots that follow one another. */
static tess_cptr space_with_tables(tess_cptr *tables, tess_word address)
{
    tess_cptr vspace = rt_vspace_empty();
    *tables = rt_alloc_many(TESS_TYPE_PAGE_TABLE, 0, table_levels());
    for (unsigned i = 0; i < table_levels(); i++)
        REQUIRE_OK(map_table(rt_nth(*tables, i), vspace, address));
    return vspace;
}

static tess_word mapped_at(tess_cptr cap)
{
    struct tess_inspect inspect = rt_inspect(cap);
    EXPECT_EQ(inspect.type & 0xff, TESS_TYPE_FRAME);
    return inspect.state[2] ? inspect.state[1] : ~0ull;
}

/* ---- errors ---------------------------------------------------------------------------------------------- */

TEST(VM_02, map_errors, "MAP of a frame: errors of each argument, in order")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame();
    tess_cptr beyond = rt_boot.tcb | 3ull << rt_boot.radix;
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, beyond, 1, 0, 1), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 3);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, frame, 1, 0, 1), TESS_ERR_TYPE, TESS_ARG_WORD(0),
                 TESS_TYPE_FRAME);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, space, 1, 0, 3), TESS_ERR_ARGUMENT, TESS_ARG_WORD(3), 0);
    EXPECT_ERROR(map(frame, space, RT_AREA + 1, 0), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 4096);
    EXPECT_ERROR(map(frame, space, RT_AREA + 2048, 0), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 4096);
    EXPECT_ERROR(map(frame, space, user_end(), 0), TESS_ERR_RANGE, TESS_ARG_WORD(1), user_end() - 1);
    EXPECT_ERROR(map(frame, space, 0xffffffff80000000, READ), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 user_end() - 1);
    EXPECT_ERROR(map(frame, space, -4096ull, READ), TESS_ERR_RANGE, TESS_ARG_WORD(1), user_end() - 1);
    EXPECT_ERROR(map(frame, space, RT_AREA, 8 | READ), TESS_ERR_RIGHTS, TESS_ARG_WORD(2), 8);
    EXPECT_ERROR(map(frame, space, RT_AREA, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(2), 0);
    EXPECT_OK(map(frame, space, RT_AREA, READ));
    EXPECT_ERROR(map(frame, space, RT_AREA + 4096, READ), TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(map(new_frame(), space, RT_AREA, READ), TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
    EXPECT_EQ(mapped_at(frame), RT_AREA);
}

TEST(VM_04, rights, "a mapping has no right its capability has not, and never W without R: all combinations")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame();
    for (tess_word own = 0; own < 8; own++) {
        tess_cptr cap = rt_copied(frame, own);
        for (tess_word wanted = 0; wanted < 8; wanted++) {
            struct rt_result r = map(cap, space, RT_AREA, wanted);
            if (wanted & ~own) {
                EXPECT_ERROR(r, TESS_ERR_RIGHTS, TESS_ARG_WORD(2), wanted & ~own);
                continue;
            }
            if (wanted == 0 || (wanted & (READ | WRITE)) == WRITE) {
                EXPECT_ERROR(r, TESS_ERR_ARGUMENT, TESS_ARG_WORD(2), 0);
                continue;
            }
            EXPECT_OK(r);
            EXPECT_OK(rt_invoke(cap, TESS_FRAME_UNMAP));
        }
    }
}

TEST(VM_04, protect_errors, "PROTECT and UNMAP: errors, in order")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA),
                      frame = rt_copied(new_frame(), READ | EXECUTE);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_PROTECT, 99), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(map(frame, space, RT_AREA, READ));
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_PROTECT, READ | WRITE), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 WRITE);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_PROTECT, 8), TESS_ERR_RIGHTS, TESS_ARG_WORD(0), 8);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_PROTECT, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_PROTECT, EXECUTE));
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
}

TEST(VM_05, tables,
     "missing tables give TABLE with the level; MAP of a table makes the highest missing one (VM-S3)")
{
    tess_cptr space = rt_vspace_empty(), frame = new_frame(),
              tables = rt_alloc_many(TESS_TYPE_PAGE_TABLE, 0, table_levels() + 1);
    for (unsigned i = 0; i < table_levels(); i++) {
        EXPECT_ERROR(map(frame, space, RT_AREA, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), ROOT - i);
        EXPECT_OK(map_table(rt_nth(tables, i), space, RT_AREA + MB2 - 1));
        EXPECT_EQ(rt_inspect(rt_nth(tables, i)).state[2], ROOT - i);
        EXPECT_EQ(rt_inspect(rt_nth(tables, i)).state[1], /* the beginning of its range */
                  i ? RT_AREA & ~((1ull << (21 + 9 * (ROOT - i))) - 1) : 0);
        EXPECT_ERROR(map_table(rt_nth(tables, i), space, RT_AREA), TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0);
    }
    EXPECT_ERROR(map_table(rt_nth(tables, table_levels()), space, RT_AREA), TESS_ERR_MAPPED, TESS_ARG_WORD(1),
                 0);
    EXPECT_OK(map(frame, space, RT_AREA, READ));
    EXPECT_ERROR(map(new_frame(), space, RT_AREA + MB2, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), 0);
    EXPECT_ERROR(map(new_frame(), space, RT_AREA + GB1, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), 1);
}

TEST(VM_05, table_errors, "MAP and UNMAP of a page table: errors of each argument, in order")
{
    tess_cptr space = rt_vspace_empty(), table = new_table();
    EXPECT_ERROR(map_table(table, TESS_NULL, ~0ull), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(map_table(table, table, ~0ull), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_PAGE_TABLE);
    EXPECT_ERROR(rt_invoke(table, TESS_PAGE_TABLE_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(map_table(table, space, ~0ull)); /* the root needs no address */
    EXPECT_EQ(rt_state(space), 1);
    EXPECT_ERROR(map_table(new_table(), space, user_end()), TESS_ERR_RANGE, TESS_ARG_WORD(1), user_end() - 1);
    EXPECT_ERROR(map_table(new_table(), space, 0xffffffc000000000), TESS_ERR_RANGE, TESS_ARG_WORD(1),
                 user_end() - 1);
    EXPECT_OK(map_table(new_table(), space, user_end() - 1));
    EXPECT_OK(rt_invoke(table, TESS_PAGE_TABLE_UNMAP));
    EXPECT_EQ(rt_state(space), 0);
}

TEST(VM_05, again, "a table that was a root can be one of any level, after UNMAP, and INSPECT tells which")
{
    tess_cptr space = rt_vspace_empty(), table = new_table();
    EXPECT_OK(map_table(table, space, 0));
    EXPECT_EQ(rt_inspect(table).state[2], ROOT);
    EXPECT_OK(rt_invoke(table, TESS_PAGE_TABLE_UNMAP));
    for (unsigned level = ROOT + 1; level-- > 0;) {
        EXPECT_OK(map_table(table, space, RT_AREA));
        EXPECT_EQ(rt_inspect(table).state[2], level);
        EXPECT_OK(rt_invoke(table, TESS_PAGE_TABLE_UNMAP));
        EXPECT_OK(map_table(new_table(), space, RT_AREA));
    }
    EXPECT_OK(map(new_frame(), space, RT_AREA, READ));
}

TEST(VM_05, large, "a frame of 2 MB needs its table of level 1, its alignment, and a free place")
{
    tess_cptr space = rt_vspace_empty(), frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_2M),
              table = new_table();
    for (unsigned level = ROOT; level > 0; level--) {
        EXPECT_ERROR(map(frame, space, MB2, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), level);
        EXPECT_OK(map_table(new_table(), space, MB2));
    }
    EXPECT_ERROR(map(frame, space, MB2 + 4096, READ), TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), MB2);
    EXPECT_OK(map(frame, space, MB2, READ));
    EXPECT_EQ(mapped_at(frame), MB2);
    EXPECT_ERROR(map_table(table, space, MB2 + 4096), TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
    EXPECT_ERROR(map(new_frame(), space, MB2 + 4096, READ), TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    EXPECT_OK(map_table(table, space, MB2));
    EXPECT_ERROR(map(frame, space, MB2, READ), TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0); /* the table is there */
}

TEST(VM_01, empty, "a new space has no root, translates nothing, and is one once a table is its root (VM-S1)")
{
    tess_cptr space = rt_vspace_empty(), frame = new_frame(), tcb = rt_alloc(TESS_TYPE_TCB, 0);
    tess_cptr context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, 2);
    EXPECT_EQ(rt_state(space), 0);
    EXPECT_ERROR(map(frame, space, RT_AREA, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), ROOT);
    rt_configure(context, rt_ticks(1000), rt_ticks(1000), 0);
    REQUIRE_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, RT_PRIORITY_HIGH));
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, TESS_NULL, space));
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, 0x100000 + i * 4));
        EXPECT_EQ(rt_inspect(tcb).state[2], TESS_FAULT_EXECUTE);
        EXPECT_EQ(rt_inspect(tcb).state[4], 0x100000 + i * 4);
        if (i == 0)
            EXPECT_OK(map_table(new_table(), space, 0));
    }
    EXPECT_EQ(rt_state(space), 1);
}

TEST(VM_03, retaken,
     "the place of a cut-off mapping, taken by the same frame through a copy, is both's (VM-S7)")
{
    for (unsigned how = 0; how < 2; how++) {
        tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame(),
                          copy = rt_copied(frame, 7);
        REQUIRE_OK(map(copy, space, RT_AREA, READ));
        EXPECT_OK(rt_invoke(rt_nth(tables, ROOT), TESS_PAGE_TABLE_UNMAP));
        EXPECT_EQ(mapped_at(copy), ~0ull);
        REQUIRE_OK(map_table(rt_nth(tables, ROOT), space, RT_AREA));
        REQUIRE_OK(map(frame, space, RT_AREA, READ));
        EXPECT_EQ(mapped_at(frame), RT_AREA);
        EXPECT_EQ(mapped_at(copy), RT_AREA);
        EXPECT_OK(rt_invoke(copy, TESS_FRAME_PROTECT, READ | WRITE));
        EXPECT_OK(rt_invoke(frame, TESS_FRAME_PROTECT, EXECUTE));
        EXPECT_EQ(mapped_at(copy), RT_AREA);
        EXPECT_OK(how ? rt_delete(copy) : rt_invoke(copy, TESS_FRAME_UNMAP));
        EXPECT_EQ(mapped_at(frame), ~0ull);
        /* Another frame there is not theirs. */
        REQUIRE_OK(map(new_frame(), space, RT_AREA, READ));
        EXPECT_EQ(mapped_at(frame), ~0ull);
        EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    }
}

TEST(VM_03, one_mapping,
     "each capability has one mapping; a copy has its own; DELETE ends it, MOVE keeps it (VM-S4)")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame(),
                      copy = rt_copied(frame, 7);
    tess_cptr elsewhere = rt_slot();
    REQUIRE_OK(map(frame, space, RT_AREA, READ));
    EXPECT_ERROR(map(frame, space, RT_AREA + 4096, READ), TESS_ERR_MAPPED, TESS_ARG_CAPABILITY, 0);
    REQUIRE_OK(map(copy, space, RT_AREA + 4096, READ));
    EXPECT_OK(rt_move(elsewhere, frame));
    EXPECT_EQ(mapped_at(elsewhere), RT_AREA);
    EXPECT_OK(rt_delete(elsewhere));
    EXPECT_EQ(mapped_at(copy), RT_AREA + 4096);
    EXPECT_OK(map(new_frame(), space, RT_AREA, READ)); /* the place is free */
    EXPECT_OK(rt_move(frame, rt_nth(tables, ROOT)));   /* tables move as well */
    EXPECT_EQ(rt_state(frame), 1);
    EXPECT_EQ(mapped_at(copy), RT_AREA + 4096);
}

/* ---- what the hart sees ---------------------------------------------------------------------------------- */

#define RET 0x00008067u /* the instruction */

/* The accesses that a mapping with these rights allows, and that the others fault. */
static void expect_access(tess_cptr space, tess_word address, tess_word rights)
{
    EXPECT_EQ(access_fault(space, address, ACCESS_READ), rights & READ ? TESS_FAULT_NONE : TESS_FAULT_READ);
    EXPECT_EQ(access_fault(space, address + 64, ACCESS_WRITE),
              rights & WRITE ? TESS_FAULT_NONE : TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(space, address, ACCESS_EXECUTE),
              rights & EXECUTE ? TESS_FAULT_NONE : TESS_FAULT_EXECUTE);
}

TEST(VM_07, rights, "a mapping allows what its rights say and nothing else; PROTECT changes it at once")
{
    static const tess_word sequence[] = {READ | WRITE,           READ,           READ | EXECUTE, EXECUTE,
                                         READ | WRITE | EXECUTE, READ | EXECUTE, READ | WRITE};
    tess_cptr frame;
    volatile uint32_t *page = rt_page(&frame);
    *page = RET;
    asm volatile("fence.i");
    for (unsigned i = 0; i < sizeof sequence / sizeof *sequence; i++) {
        EXPECT_OK(rt_invoke(frame, TESS_FRAME_PROTECT, sequence[i]));
        expect_access(rt_boot.vspace, (tess_word)page, sequence[i]);
    }
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    expect_access(rt_boot.vspace, (tess_word)page, 0);
}

TEST(VM_07, other_space, "PROTECT and UNMAP count at once in a space that does not run now, and ran before")
{
    tess_cptr space = rt_vspace_create(), frame = new_frame();
    REQUIRE_OK(rt_map(space, frame, RT_AREA, READ | WRITE));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_PROTECT, READ));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
}

TEST(VM_07, replaced, "where one frame was unmapped and another mapped, the other one is seen")
{
    tess_cptr a = new_frame(), b = new_frame();
    volatile uint64_t *word = (volatile uint64_t *)RT_AREA;
    REQUIRE_OK(rt_map(rt_boot.vspace, a, RT_AREA, READ | WRITE));
    *word = 1;
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_OK(rt_invoke(i % 2 ? b : a, TESS_FRAME_UNMAP));
        EXPECT_OK(map(i % 2 ? a : b, rt_boot.vspace, RT_AREA, READ | WRITE));
        EXPECT_EQ(*word, i % 2 ? 1 : i ? 2 : 0);
        if (i == 0)
            *word = 2;
    }
}

TEST(VM_07, shared, "a frame mapped through two capabilities, in two places and two spaces, is one memory")
{
    tess_cptr space = rt_vspace_create(), frame = new_frame();
    tess_cptr second = rt_copied(frame, READ | WRITE), third = rt_copied(frame, READ | WRITE);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, READ | WRITE));
    REQUIRE_OK(rt_map(rt_boot.vspace, second, RT_AREA + 8192, READ));
    REQUIRE_OK(rt_map(space, third, RT_AREA + 4096, READ | WRITE));
    EXPECT_EQ(access_fault(space, RT_AREA + 4096 + 9, ACCESS_WRITE), TESS_FAULT_NONE);
    EXPECT_EQ(((volatile uint8_t *)RT_AREA)[9], 1);
    EXPECT_EQ(((volatile uint8_t *)RT_AREA)[8192 + 9], 1);
    EXPECT_OK(rt_revoke(frame));
    EXPECT_EQ(access_fault(space, RT_AREA + 4096, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA + 8192, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_OK(rt_delete(frame));
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
}

TEST(VM_07, large, "a frame of 2 MB is seen from its first byte to its last")
{
    tess_cptr frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_2M);
    REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA + MB2, READ | WRITE));
    for (tess_word at = 0; at < MB2; at += 65536)
        *(volatile tess_word *)(RT_AREA + MB2 + at) = at;
    *(volatile tess_word *)(RT_AREA + 2 * MB2 - 8) = 77;
    for (tess_word at = 0; at < MB2; at += 65536)
        EXPECT_EQ(*(volatile tess_word *)(RT_AREA + MB2 + at), at);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA + 2 * MB2, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(rt_boot.vspace, RT_AREA + MB2 - 1, ACCESS_READ), TESS_FAULT_READ);
}

/* ---- removing tables and spaces ---------------------------------------------------------------------------- */

TEST(VM_06, unmap_table, "UNMAP of a table takes all below it; mapped again it is empty (VM-S5, VM-S6)")
{
    tess_cptr space = rt_vspace_create(), frame = new_frame(), other = new_frame();
    tess_cptr leaf = new_table(), again = new_table();
    REQUIRE_OK(rt_map(space, other, RT_AREA + MB2, READ)); /* the tables above, and a neighbour */
    REQUIRE_OK(map_table(leaf, space, RT_AREA));
    REQUIRE_OK(map(frame, space, RT_AREA, READ));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_OK(rt_invoke(leaf, TESS_PAGE_TABLE_UNMAP));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(space, RT_AREA + MB2, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_EQ(mapped_at(frame), ~0ull);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_PROTECT, READ), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(map_table(leaf, space, RT_AREA));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(map(frame, space, RT_AREA + 4096, READ));
    EXPECT_EQ(access_fault(space, RT_AREA + 4096, ACCESS_READ), TESS_FAULT_NONE);
    EXPECT_OK(rt_delete(leaf)); /* as good as UNMAP */
    EXPECT_EQ(access_fault(space, RT_AREA + 4096, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(map_table(again, space, RT_AREA));
    EXPECT_EQ(mapped_at(frame), ~0ull);
    EXPECT_OK(map(frame, space, RT_AREA, READ));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
}

TEST(VM_06, middle_table,
     "UNMAP of a table in the middle cuts off tables and frames below; each can be used anew (VM-S5, VM-S6, "
     "VM-S8)")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame();
    tess_cptr middle = rt_nth(tables, ROOT - 1), leaf = rt_nth(tables, ROOT), other = rt_vspace_empty();
    REQUIRE_OK(map(frame, space, RT_AREA, READ));
    EXPECT_OK(rt_invoke(middle, TESS_PAGE_TABLE_UNMAP));
    EXPECT_EQ(mapped_at(frame), ~0ull);
    EXPECT_EQ(rt_state(leaf), 0);
    EXPECT_ERROR(map_table(leaf, other, 0), TESS_ERR_MAPPED, TESS_ARG_CAPABILITY,
                 0); /* it holds its entries */
    EXPECT_ERROR(map(frame, space, RT_AREA, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), 1);
    EXPECT_OK(map_table(middle, space, RT_AREA));
    EXPECT_ERROR(map(frame, space, RT_AREA, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), 0);
    EXPECT_OK(rt_invoke(leaf, TESS_PAGE_TABLE_UNMAP));
    EXPECT_OK(map_table(leaf, other, 0));
    EXPECT_EQ(rt_state(other), 1);
    EXPECT_OK(map_table(new_table(), space, RT_AREA));
    EXPECT_OK(map(frame, space, RT_AREA, READ));
}

/* The program's image, where it is in this space. */
static void show_program(tess_cptr space)
{
    const struct tess_record_image *image = NULL;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
        for (tess_word i = 0; i < image->pages; i++)
            REQUIRE_OK(
                rt_map(space, rt_copied(image->first + i, 7), image->address + i * 4096, image->rights));
}

TEST(VM_06, root_table,
     "a space that loses its root table under a running thread is empty; with another it is new (VM-S1, "
     "VM-S2)")
{
    tess_cptr space = rt_vspace_create(), root = TESS_NULL;
    struct actor actor = ACTOR(TESS_SYS_RECV, new_endpoint());
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .vspace = space);
    /* rt_vspace_create() made the root first: it is the one of the highest level. */
    for (tess_word i = 1; i < 1ull << RT_POOL_RADIX && !root; i++) {
        tess_cptr slot = (rt_boot.free + RT_SLOT_POOL) | i << rt_boot.radix;
        struct tess_inspect inspect = rt_inspect(slot);
        if ((inspect.type & 0xff) == TESS_TYPE_PAGE_TABLE && inspect.state[0] && inspect.state[2] == ROOT)
            root = slot;
    }
    REQUIRE(root != TESS_NULL);
    EXPECT_OK(rt_invoke(root, TESS_PAGE_TABLE_UNMAP));
    EXPECT_EQ(rt_state(space), 0);
    EXPECT_OK(rt_send(actor.cap, 0));
    EXPECT_EQ(rt_inspect(actor.thread->tcb).state[2], TESS_FAULT_EXECUTE);
    EXPECT_OK(map_table(new_table(), space, 0));
    EXPECT_EQ(rt_state(space), 1);
    EXPECT_ERROR(map(new_frame(), space, 0x100000, READ), TESS_ERR_TABLE, TESS_ARG_WORD(1), ROOT - 1);
    show_program(space);
    REQUIRE_OK(rt_map(space, new_frame(), RT_AREA, READ));
    EXPECT_EQ(access_fault(space, RT_AREA, ACCESS_READ), TESS_FAULT_NONE);
}

static void unmap_own_root(void *argument)
{
    rt_invoke(*(tess_cptr *)argument, TESS_PAGE_TABLE_UNMAP);
    *(tess_cptr *)argument = 0; /* not reached */
}

TEST(VM_06, own_root, "a thread that unmaps the root table of its own space faults at its next instruction")
{
    static tess_cptr root;
    tess_cptr space = rt_vspace_empty();
    root = new_table();
    REQUIRE_OK(map_table(root, space, 0));
    show_program(space);
    struct rt_thread *thread = rt_spawn(unmap_own_root, &root, .priority = RT_PRIORITY_HIGH, .vspace = space);
    EXPECT(root != 0);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_EXECUTE);
    EXPECT_EQ(rt_state(root), 0);
}

TEST(VM_08, deleted,
     "deleting a space unmaps all in it; its frames and tables can be used elsewhere (VM-S4, VM-S8)")
{
    tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame();
    tess_cptr other = rt_vspace_empty();
    REQUIRE_OK(map(frame, space, RT_AREA, READ));
    EXPECT_OK(rt_delete(space));
    EXPECT_EQ(mapped_at(frame), ~0ull);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_UNMAP), TESS_ERR_UNMAPPED, TESS_ARG_CAPABILITY, 0);
    for (unsigned i = 0; i < table_levels(); i++) {
        EXPECT_EQ(rt_state(rt_nth(tables, i)), 0);
        EXPECT_OK(map_table(rt_nth(tables, i), other, RT_AREA));
    }
    EXPECT_ERROR(map(frame, other, RT_AREA, 0), TESS_ERR_ARGUMENT, TESS_ARG_WORD(2), 0);
    EXPECT_OK(map(frame, other, RT_AREA + 4096, READ));
    EXPECT_EQ(mapped_at(frame), RT_AREA + 4096);
}

TEST(VM_08, running, "deleting the space of a thread that runs in it stops that thread with a fault")
{
    tess_cptr space = rt_vspace_create();
    struct actor actor = ACTOR(TESS_SYS_RECV, new_endpoint());
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .vspace = space);
    EXPECT_OK(rt_revoke(space)); /* the thread's copy */
    EXPECT_OK(rt_delete(space));
    EXPECT_OK(rt_send(actor.cap, 0));
    EXPECT_EQ(actor.returned, 0);
    EXPECT_EQ(rt_inspect(actor.thread->tcb).state[2], TESS_FAULT_EXECUTE);
}

static void delete_own_space(void *argument)
{
    rt_revoke(*(tess_cptr *)argument);
    rt_delete(*(tess_cptr *)argument); /* not reached: there is no instruction any more */
}

TEST(VM_08, own, "a thread that deletes the space it runs in faults at its next instruction")
{
    static tess_cptr space;
    space = rt_vspace_create();
    struct rt_thread *thread =
        rt_spawn(delete_own_space, &space, .priority = RT_PRIORITY_HIGH, .vspace = space);
    EXPECT_EQ(rt_state(thread->tcb), TESS_THREAD_INACTIVE);
    EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_EXECUTE);
    EXPECT_EQ(type_of(space), TESS_TYPE_VSPACE);
}

TEST(VM_08, large,
     "a more urgent thread runs in time while a space with 300 tables and 1000 frames is deleted")
{
    struct pulse pulse = {0};
    tess_cptr space = rt_vspace_empty(), frame = new_frame(), copies = rt_slots(1000);
    for (unsigned i = 0; i < 1000; i++) {
        rt_copy(rt_nth(copies, i), frame, READ);
        tess_word address = RT_AREA + i % 300 * MB2 + i / 300 * 4096;
        REQUIRE_OK(rt_map(space, rt_nth(copies, i), address, READ));
    }
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_delete(space));
    unsigned beats = pulse.beats;
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    pulse_stop(&pulse);
    EXPECT(beats >= 2);
    EXPECT_EQ(mapped_at(rt_nth(copies, 0)), ~0ull);
    EXPECT_EQ(mapped_at(rt_nth(copies, 999)), ~0ull);
}

/* ---- many spaces --------------------------------------------------------------------------------------------- */

/* Adds a1 to the word at a0 and stops. */
static const uint32_t add_code[] = {0x00053283, /* ld t0, 0(a0) */
                                    0x00b282b3, /* add t0, t0, a1 */
                                    0x00553023, /* sd t0, 0(a0) */
                                    0x00100073, /* ebreak */
                                    0x00000000};

TEST(VM_09, many, "a thread sent through 40 spaces, round after round, sees in each its own memory")
{
    enum { N = 40, ROUNDS = 3 };
    static tess_cptr spaces[N], frames[N];
    tess_cptr code, tcb = rt_alloc(TESS_TYPE_TCB, 0), context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, 2);
    memcpy(rt_page(&code), add_code, sizeof add_code);
    for (unsigned i = 0; i < N; i++) {
        spaces[i] = rt_vspace_empty();
        frames[i] = new_frame();
        REQUIRE_OK(rt_map(spaces[i], frames[i], RT_AREA, READ | WRITE));
        REQUIRE_OK(rt_map(spaces[i], rt_copied(code, 7), RT_AREA + 4096, READ | EXECUTE));
    }
    rt_configure(context, rt_ticks(10000), rt_ticks(10000), 0);
    REQUIRE_OK(rt_invoke(context, TESS_SCHED_CONTEXT_BIND, tcb));
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, RT_PRIORITY_HIGH, RT_PRIORITY_HIGH));
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < N; i++) {
            REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, TESS_NULL, spaces[i]));
            REQUIRE_OK(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 10, 2, 0, RT_AREA, 100 + i));
            REQUIRE_OK(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, RT_AREA + 4096));
            EXPECT_EQ(rt_inspect(tcb).state[2], TESS_FAULT_BREAKPOINT);
        }
    volatile uint64_t *sum = rt_page(NULL);
    for (unsigned i = 0; i < N; i++) {
        tess_cptr look = rt_copied(frames[i], READ);
        REQUIRE_OK(rt_map(rt_boot.vspace, look, (tess_word)sum + 4096, READ));
        EXPECT_EQ(sum[512], ROUNDS * (100 + i));
        REQUIRE_OK(rt_invoke(look, TESS_FRAME_UNMAP));
    }
}

TEST(VM_09, reused, "a space made where another was deleted shows nothing of it")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 64 << 10), memory = rt_memory;
    for (unsigned round = 0; round < 6; round++) {
        rt_memory = untyped;
        tess_cptr tables, space = space_with_tables(&tables, RT_AREA), frame = new_frame(),
                          code = new_frame();
        rt_memory = memory;
        tess_word code_at = RT_AREA + (1 + round) * 4096;
        volatile uint32_t *window = (volatile uint32_t *)(RT_AREA + GB1);
        REQUIRE_OK(rt_map(rt_boot.vspace, code, (tess_word)window, READ | WRITE));
        for (unsigned i = 0; i < sizeof add_code / 4; i++)
            window[i] = add_code[i];
        REQUIRE_OK(rt_invoke(code, TESS_FRAME_UNMAP));
        REQUIRE_OK(map(code, space, code_at, READ | EXECUTE));
        REQUIRE_OK(map(frame, space, RT_AREA, READ | WRITE));
        struct rt_thread *thread = rt_spawn(NULL, NULL, .priority = RT_PRIORITY_HIGH, .vspace = space,
                                            .stopped = true, .no_buffer = true);
        for (unsigned old = 0; old < round; old++) { /* where the code was in the spaces before */
            REQUIRE_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, RT_AREA + (1 + old) * 4096));
            EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_EXECUTE);
        }
        REQUIRE_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 10, 2, 0, RT_AREA, 5));
        REQUIRE_OK(rt_invoke(thread->tcb, TESS_TCB_WRITE_REGS, 0, 1, 1, code_at));
        EXPECT_EQ(rt_inspect(thread->tcb).state[2], TESS_FAULT_BREAKPOINT);
        EXPECT_OK(rt_revoke(untyped));
        EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    }
}
