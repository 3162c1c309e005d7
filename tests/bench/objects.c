/*
 * tests/bench/objects.c: operations of root on memory and capabilities, with addresses of one level.
 */
#include "tests/bench/bench.h"

#define MAP_AT    (RT_AREA + 0x100000000ull)
#define RIGHTS_RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
#define RUNS      (BENCH_RUNS + BENCH_WARM)
#define EACH_RUN  for (unsigned run = 0; run < RUNS; run++)

/* ---- memory ------------------------------------------------------------------------------------------------ */

static void frame_rows(unsigned bits, const char *map_name, const char *protect_name, const char *unmap_name)
{
    struct bench_series map = {.count = 0}, protect = {.count = 0}, unmap = {.count = 0};
    tess_cptr frame = bench_object(TESS_TYPE_FRAME, bits);
    tess_word at = MAP_AT + (1ull << 30) * bits;

    bench_must(rt_map(rt_boot.vspace, frame, at, RIGHTS_RW), "map a frame"); /* makes the tables */
    bench_must(rt_invoke(frame, TESS_FRAME_UNMAP), "unmap a frame");
    EACH_RUN
    {
        bench_add(&map, bench_invoke("map", frame, TESS_FRAME_MAP, rt_boot.vspace, at, RIGHTS_RW, 0));
        bench_add(&protect, bench_invoke("protect", frame, TESS_FRAME_PROTECT, TESS_RIGHT_READ));
        bench_add(&unmap, bench_invoke("unmap", frame, TESS_FRAME_UNMAP));
    }
    bench_report(map_name, &map);
    bench_report(protect_name, &protect);
    bench_report(unmap_name, &unmap);
    bench_must(rt_delete(frame), "delete a frame");
}

/* A page table of the lowest level, between others that stay. */
static void table_rows(void)
{
    struct bench_series map = {.count = 0}, unmap = {.count = 0};
    tess_cptr table = bench_object(TESS_TYPE_PAGE_TABLE, 0),
              frame = bench_object(TESS_TYPE_FRAME, TESS_FRAME_4K);
    tess_word at = MAP_AT + (1ull << 36);

    bench_must(rt_map(rt_boot.vspace, frame, at, RIGHTS_RW), "map a frame"); /* makes the tables above */
    EACH_RUN
    {
        bench_add(&map,
                  bench_invoke("map a table", table, TESS_PAGE_TABLE_MAP, rt_boot.vspace, at + (1u << 21)));
        bench_add(&unmap, bench_invoke("unmap a table", table, TESS_PAGE_TABLE_UNMAP));
    }
    bench_report("map_table", &map);
    bench_report("unmap_table", &unmap);
}

void bench_memory(void)
{
    frame_rows(TESS_FRAME_4K, "map_4k", "protect_4k", "unmap_4k");
    frame_rows(TESS_FRAME_2M, "map_2m", "protect_2m", "unmap_2m");
    table_rows();
}

/* ---- retype: fresh memory each time, so zeroing is included --------------------------------------------- */

static tess_cptr scratch; /* an empty slot */

static void retype_row(const char *name, enum tess_type type, tess_word size)
{
    struct bench_series make = {.count = 0};
    tess_cptr slot = scratch;

    EACH_RUN
    {
        bench_add(&make,
                  bench_invoke(name, rt_memory, TESS_UNTYPED_RETYPE, type, size, rt_boot.cnode, slot, 1, 0));
        bench_must(rt_delete(slot), name);
    }
    bench_report(name, &make);
}

/* The last capability goes, and the object with it. */
static void delete_row(const char *name, enum tess_type type, tess_word size)
{
    struct bench_series series = {.count = 0};
    tess_cptr slot = scratch;

    EACH_RUN
    {
        bench_must(rt_retype(rt_memory, type, size, slot, 1), name);
        bench_add(&series, bench_invoke(name, rt_boot.cnode, TESS_CNODE_DELETE, slot));
    }
    bench_report(name, &series);
}

void bench_retype(void)
{
    scratch = bench_slot();
    retype_row("retype_4k", TESS_TYPE_FRAME, TESS_FRAME_4K);
    retype_row("retype_2m", TESS_TYPE_FRAME, TESS_FRAME_2M);
    retype_row("retype_untyped", TESS_TYPE_UNTYPED, 4096);
    retype_row("retype_cnode_16", TESS_TYPE_CNODE, 4);
    retype_row("retype_cnode_4096", TESS_TYPE_CNODE, 12);
    retype_row("retype_tcb", TESS_TYPE_TCB, 0);
    retype_row("retype_endpoint", TESS_TYPE_ENDPOINT, 0);
    retype_row("retype_notification", TESS_TYPE_NOTIFICATION, 0);
    retype_row("retype_reply", TESS_TYPE_REPLY, 0);
    retype_row("retype_sched_context", TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN);
    retype_row("retype_page_table", TESS_TYPE_PAGE_TABLE, 0);
    retype_row("retype_vspace", TESS_TYPE_VSPACE, 0);
    retype_row("retype_fp", TESS_TYPE_FP, 0);
    delete_row("delete_frame", TESS_TYPE_FRAME, TESS_FRAME_4K);
    delete_row("delete_cnode_16", TESS_TYPE_CNODE, 4);
    delete_row("delete_cnode_4096", TESS_TYPE_CNODE, 12);
    delete_row("delete_tcb", TESS_TYPE_TCB, 0);
    delete_row("delete_endpoint", TESS_TYPE_ENDPOINT, 0);
    delete_row("delete_notification", TESS_TYPE_NOTIFICATION, 0);
    delete_row("delete_reply", TESS_TYPE_REPLY, 0);
    delete_row("delete_sched_context", TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN);
}

/* ---- capabilities ------------------------------------------------------------------------------------------ */

static void derive_rows(void)
{
    struct bench_series copy = {.count = 0}, mint = {.count = 0}, delete = {.count = 0};
    tess_cptr endpoint = bench_object(TESS_TYPE_ENDPOINT, 0), to = bench_slot();

    EACH_RUN
    {
        bench_add(&copy, bench_invoke("copy", rt_boot.cnode, TESS_CNODE_COPY, to, TESS_NULL, endpoint,
                                      TESS_RIGHTS_ALL));
        bench_add(&delete, bench_invoke("delete", rt_boot.cnode, TESS_CNODE_DELETE, to));
        bench_add(&mint, bench_invoke("mint", rt_boot.cnode, TESS_CNODE_MINT, to, TESS_NULL, endpoint,
                                      TESS_RIGHT_SEND, 7));
        bench_must(rt_delete(to), "delete");
    }
    bench_report("copy", &copy);
    bench_report("mint", &mint);
    bench_report("delete", &delete);
}

static void place_rows(void)
{
    struct bench_series move = {.count = 0}, swap = {.count = 0};
    tess_cptr a = bench_object(TESS_TYPE_ENDPOINT, 0), b = bench_slot(), c = bench_object(TESS_TYPE_REPLY, 0);

    EACH_RUN
    {
        bench_add(&move, bench_invoke("move", rt_boot.cnode, TESS_CNODE_MOVE, b, TESS_NULL, a));
        bench_must(rt_move(a, b), "move back");
        bench_add(&swap, bench_invoke("swap", rt_boot.cnode, TESS_CNODE_SWAP, a, TESS_NULL, c));
    }
    bench_report("move", &move);
    bench_report("swap", &swap);
}

static void inspect_row(const char *name, tess_cptr cap)
{
    struct bench_series series = {.count = 0};
    struct bench_call call = {.operation = TESS_SYS_INSPECT, .cap = cap};
    EACH_RUN
    bench_add(&series, bench_run(&call, name));
    bench_report(name, &series);
}

/* A CNode in slot 1 of each CNode, and beside it, in slot 2, what is looked up. */
static void lookup_rows(void)
{
    enum { RADIX = 4 };
    tess_cptr reply = bench_object(TESS_TYPE_REPLY, 0), cnode = bench_slot();
    struct bench_series series = {.count = 0};
    struct bench_call call = {.operation = TESS_SYS_INSPECT, .cap = reply};

    EACH_RUN
    bench_add(&series, bench_run(&call, "lookup"));
    bench_report_n("lookup_inspect", 1, &series);
    bench_must(rt_retype(rt_memory, TESS_TYPE_CNODE, RADIX, cnode, 1), "a CNode");
    for (unsigned level = 2; level <= TESS_CSPACE_LEVELS; level++) {
        unsigned shift = rt_boot.radix + RADIX * (level - 2);
        tess_cptr first = cnode | 1ull << shift, second = cnode | 2ull << shift;
        call.cap = second;
        bench_must(rt_copy(second, reply, TESS_RIGHTS_ALL), "copy into a CNode");
        EACH_RUN
        bench_add(&series, bench_run(&call, "lookup"));
        bench_report_n("lookup_inspect", level, &series);
        if (level < TESS_CSPACE_LEVELS) {
            tess_cptr inner = rt_alloc(TESS_TYPE_CNODE, RADIX);
            bench_must(rt_copy(first, inner, TESS_RIGHTS_ALL), "a CNode in a CNode");
        }
        cnode = first;
    }
}

void bench_capabilities(void)
{
    derive_rows();
    place_rows();
    inspect_row("inspect_endpoint", bench_object(TESS_TYPE_ENDPOINT, 0));
    inspect_row("inspect_tcb", rt_boot.tcb);
    inspect_row("inspect_frame_mapped", rt_image_frame(&inspect_row));
    lookup_rows();
}
