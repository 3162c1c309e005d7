/*
 * tests/bench/spaces.c: operations over ranges of pages, and the life of an address space.
 */
#include "tests/bench/bench.h"

#define AT        (RT_AREA + 0x200000000ull)
#define PAGES     512u
#define RIGHTS_RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
#define RUNS      (BENCH_RUNS + BENCH_WARM)
#define EACH_RUN  for (unsigned run = 0; run < RUNS; run++)

/* Frames in slots of the pool that follow one another. */
static tess_cptr frames;

/* One call for each page; then one call for all of them. */
static void page_rows(tess_word n)
{
    struct bench_series map = {.count = 0}, protect = {.count = 0}, unmap = {.count = 0};
    EACH_RUN
    {
        tess_word mapping = 0, protecting = 0, unmapping = 0;
        for (tess_word i = 0; i < n; i++)
            mapping += bench_invoke("map", rt_nth(frames, i), TESS_FRAME_MAP, rt_boot.vspace,
                                    AT + i * RT_PAGE, RIGHTS_RW, 0);
        for (tess_word i = 0; i < n; i++)
            protecting += bench_invoke("protect", rt_nth(frames, i), TESS_FRAME_PROTECT, TESS_RIGHT_READ);
        for (tess_word i = 0; i < n; i++)
            unmapping += bench_invoke("unmap", rt_nth(frames, i), TESS_FRAME_UNMAP);
        bench_add(&map, mapping);
        bench_add(&protect, protecting);
        bench_add(&unmap, unmapping);
    }
    bench_report_n("map_pages", n, &map);
    bench_report_n("protect_pages", n, &protect);
    bench_report_n("unmap_pages", n, &unmap);
}

static void range_rows(tess_word n)
{
    struct bench_series map = {.count = 0}, protect = {.count = 0}, unmap = {.count = 0};
    EACH_RUN
    {
        bench_add(&map, bench_invoke("map a range", rt_boot.vspace, TESS_VSPACE_MAP_RANGE, 0, frames, n, AT,
                                     RIGHTS_RW, 0, 0));
        bench_add(&protect, bench_invoke("protect a range", rt_boot.vspace, TESS_VSPACE_PROTECT_RANGE, 0,
                                         frames, n, 0, TESS_RIGHT_READ, 0, 0));
        bench_add(&unmap, bench_invoke("unmap a range", rt_boot.vspace, TESS_VSPACE_UNMAP_RANGE, 0, frames, n,
                                       0, 0, 0, 0));
    }
    bench_report_n("map_range", n, &map);
    bench_report_n("protect_range", n, &protect);
    bench_report_n("unmap_range", n, &unmap);
}

/*
 * The sums of the calls that make a space with three tables and n pages, and of those that delete it while all
 * is mapped: the VSpace first, then its tables.
 */
static void life_rows(tess_word n)
{
    struct bench_series create = {.count = 0}, destroy = {.count = 0};
    tess_cptr space = bench_slot(), tables = bench_slot();
    for (unsigned i = 1; i < 3; i++)
        bench_slot();
    EACH_RUN
    {
        tess_word making = bench_invoke("make a space", rt_memory, TESS_UNTYPED_RETYPE, TESS_TYPE_VSPACE, 0,
                                        rt_boot.cnode, space, 1, 0);
        making += bench_invoke("make tables", rt_memory, TESS_UNTYPED_RETYPE, TESS_TYPE_PAGE_TABLE, 0,
                               rt_boot.cnode, tables, 3, 0);
        for (unsigned i = 0; i < 3; i++)
            making += bench_invoke("map a table", tables + i, TESS_PAGE_TABLE_MAP, space, AT);
        making +=
            bench_invoke("map a range", space, TESS_VSPACE_MAP_RANGE, 0, frames, n, AT, RIGHTS_RW, 0, 0);
        tess_word ending = bench_invoke("delete a space", rt_boot.cnode, TESS_CNODE_DELETE, space);
        for (unsigned i = 0; i < 3; i++)
            ending += bench_invoke("delete a table", rt_boot.cnode, TESS_CNODE_DELETE, tables + i);
        bench_add(&create, making);
        bench_add(&destroy, ending);
    }
    bench_report_n("space_create", n, &create);
    bench_report_n("space_destroy", n, &destroy);
}

void bench_ranges(void)
{
    frames = rt_alloc_many(TESS_TYPE_FRAME, TESS_FRAME_4K, PAGES);
    bench_must(rt_map(rt_boot.vspace, frames, AT, RIGHTS_RW), "map a frame"); /* makes the tables */
    bench_must(rt_invoke(frames, TESS_FRAME_UNMAP), "unmap a frame");
    static const tess_word counts[] = {1, PAGES};
    for (unsigned i = 0; i < 2; i++)
        page_rows(counts[i]);
    for (unsigned i = 0; i < 2; i++)
        range_rows(counts[i]);
    for (unsigned i = 0; i < 2; i++)
        life_rows(counts[i]);
}
