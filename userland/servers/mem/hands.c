/*
 * userland/servers/mem/hands.c: cutting up the server's memory (userland/servers/mem/hands.h).
 */
#include <stdio.h>

#include "userland/lib/layout.h"
#include "userland/servers/mem/hands.h"
#include "userland/servers/mem/layer.h"
#include "userland/servers/mem/space.h"

struct layer layer;

/* ---- Before there is a pool ------------------------------------------------------------------------------ */

bool layer_check(const char *what, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    if (!tess_failed(result))
        return true;
    printf("mem: %s: %s\n", what, tess_describe(text, result));
    return false;
}

/* An object at the front of the memory, into the next slot of the small CNode. */
static bool make(enum tess_type type, tess_word size, unsigned count, tess_cptr *first)
{
    *first = layer.few_next;
    layer.few_next += count;
    return layer_check(tess_type_name(type),
                       tess_untyped_retype(layer.setup.memory, type, size, layer.few, *first, count));
}

static unsigned radix_for(uint64_t slots)
{
    unsigned radix = TESS_CNODE_RADIX_MIN;

    while (1ull << radix < slots)
        radix++;
    return radix;
}

static bool make_cnode(unsigned radix, tess_cptr slot, tess_cnode *cnode)
{
    cnode->address = slot;
    return layer_check("a CNode", tess_untyped_retype(layer.setup.memory, TESS_TYPE_CNODE, radix,
                                                      layer.setup.cspace, slot, 1));
}

/* Page tables of the server's own come from a stock that suffices for the whole window. */
tess_result layer_map_here(tess_cptr frame, uint64_t address, unsigned rights)
{
    for (;;) {
        tess_result result = tess_frame_map((tess_frame){frame}, layer.setup.vspace, address, rights);
        if (result.error != TESS_ERR_TABLE || layer.tables_left == 0)
            return result;
        tess_page_table table = {layer_few(layer.tables_next++)};
        layer.tables_left--;
        result = tess_page_table_map(table, layer.setup.vspace, address);
        if (tess_failed(result))
            return result;
    }
}

/* Frames for the tables of pool and layer, mapped one behind the other; zeroed, as all new frames are. */
static bool make_tables(size_t bytes)
{
    unsigned pages = (unsigned)((bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES);
    tess_cptr first;

    if (!make(TESS_TYPE_FRAME, TESS_FRAME_4K, pages, &first))
        return false;
    for (unsigned i = 0; i < pages; i++) {
        if (!layer_check("its tables",
                         layer_map_here(layer_few(first + i), HANDS_TABLES + i * TESS_PAGE_BYTES,
                                        TESS_RIGHT_READ | TESS_RIGHT_WRITE)))
            return false;
    }
    return true;
}

/* The tables behind those of the pool: which chunks are cut, which slots are taken, which pages are looked at. */
static size_t layer_table_bytes(uint32_t pages, uint32_t slots)
{
    return pages / POOL_CHUNK_PAGES + 2 + (slots + 7) / 8 + (pages + 7) / 8;
}

static void place_tables(uint64_t physical, uint32_t pages)
{
    uint8_t *at = (uint8_t *)HANDS_TABLES + pool_table_bytes(physical, pages);

    pool_init(&memory.pool, physical, pages, (void *)HANDS_TABLES);
    layer.is_cut = at;
    at += pages / POOL_CHUNK_PAGES + 2;
    layer.slot_taken = at;
    at += (layer.slot_count + 7) / 8;
    layer.is_open = at;
}

/* ---- Chunks ---------------------------------------------------------------------------------------------- */

static uint32_t chunk_first(uint32_t chunk)
{
    uint32_t page = chunk * POOL_CHUNK_PAGES;

    return page > memory.pool.first ? page : memory.pool.first;
}

static uint32_t chunk_pages(uint32_t chunk)
{
    uint32_t end = (chunk + 1) * POOL_CHUNK_PAGES;

    return (end < memory.pool.end ? end : memory.pool.end) - chunk_first(chunk);
}

static uint32_t chunk_count(void)
{
    return (memory.pool.end + POOL_CHUNK_PAGES - 1) / POOL_CHUNK_PAGES;
}

bool layer_cut(uint32_t page)
{
    uint32_t chunk = page / POOL_CHUNK_PAGES;

    if (layer.is_cut[chunk])
        return true;
    tess_result result = tess_untyped_retype((tess_untyped){layer_few(layer.chunks + chunk)},
                                             TESS_TYPE_UNTYPED, TESS_PAGE_BYTES, layer.many,
                                             layer_untyped(chunk_first(chunk)), chunk_pages(chunk));
    layer.is_cut[chunk] = !tess_failed(result);
    return layer_check("cutting memory", result);
}

void hands_settle(void)
{
    for (uint32_t chunk = 0; chunk < chunk_count(); chunk++) {
        if (!layer.is_cut[chunk] || !pool_chunk_is_free(&memory.pool, chunk * POOL_CHUNK_PAGES))
            continue;
        tess_result result = tess_cnode_revoke(layer.few, layer.chunks + chunk);
        if (!tess_failed(result))
            result = tess_untyped_reset((tess_untyped){layer_few(layer.chunks + chunk)});
        layer.is_cut[chunk] = !layer_check("making memory whole", result);
    }
}

void hands_watermarks(unsigned *cut, uint64_t *bytes)
{
    *cut = 0;
    *bytes = 0;
    for (uint32_t chunk = 0; chunk < chunk_count(); chunk++) {
        struct tess_inspect info;
        *cut += layer.is_cut[chunk];
        if (!tess_failed(tess_inspect(layer_few(layer.chunks + chunk), &info)))
            *bytes += info.state[0];
    }
}

/* ---- Begin ----------------------------------------------------------------------------------------------- */

/* What remains is pages, with an untyped for each chunk; some are cut short at either end. */
static bool make_chunks(void)
{
    struct tess_inspect info;
    tess_cptr slot;

    tess_inspect(layer.setup.memory.address, &info);
    place_tables(info.badge + info.state[0], (uint32_t)((info.size - info.state[0]) / TESS_PAGE_BYTES));
    layer.chunks = layer.few_next;
    for (uint32_t chunk = 0; chunk < chunk_count(); chunk++) {
        if (!make(TESS_TYPE_UNTYPED, chunk_pages(chunk) * TESS_PAGE_BYTES, 1, &slot))
            return false;
    }
    memory.ledger = (struct ledger){.pages = memory.pool.end - memory.pool.first};
    return true;
}

bool hands_init(const struct hands_setup *setup)
{
    struct tess_inspect info;
    tess_result result = tess_inspect(setup->memory.address, &info);

    layer = (struct layer){.setup = *setup, .few_next = LAYER_FEW_FIRST};
    if (!layer_check("its memory", result))
        return false;
    /* Sized for all pages, of which the tables then take some. */
    uint32_t pages = (uint32_t)(info.size / TESS_PAGE_BYTES);
    unsigned many_radix = radix_for(3ull * pages + 1);
    layer.slot_first = 1 + 2 * pages;
    layer.slot_count = (1u << many_radix) - layer.slot_first;
    layer.page_slots = pages;
    size_t bytes = pool_table_bytes(POOL_CHUNK_PAGES * POOL_PAGE_BYTES - POOL_PAGE_BYTES, pages) +
                   layer_table_bytes(pages, layer.slot_count);
    unsigned chunks = pages / POOL_CHUNK_PAGES + 2;
    unsigned table_pages = (unsigned)(bytes / TESS_PAGE_BYTES) + 1;
    unsigned tables = chunks + table_pages / POOL_CHUNK_PAGES + 5; /* leaf tables, and those above */
    unsigned few_radix = radix_for(LAYER_FEW_FIRST + chunks + table_pages + tables + 1ull);
    layer.few_radix = few_radix;
    if (!make_cnode(few_radix, setup->slots, &layer.few) ||
        !make_cnode(many_radix, setup->slots + 1, &layer.many))
        return false;
    if (!make(TESS_TYPE_PAGE_TABLE, 0, tables, &layer.tables_next))
        return false;
    layer.tables_left = tables;
    return make_tables(bytes) && make_chunks();
}
