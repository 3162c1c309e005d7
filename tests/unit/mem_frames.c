/*
 * tests/unit/mem_frames.c: the model of tests/unit/mem_frames.h.
 */
#include "tests/unit/mem_frames.h"

#include "tests/unit/unit.h"

#define SLOTS (2 * FAKE_PAGES)

/* A capability: to a page or a piece of the bundle, and where it is mapped. */
struct capability {
    bool used, filled, fetched;
    uint32_t page;
    uint64_t offset;
    bool mapped;
    frames_space space;
    uint32_t virtual;
};

struct mapping {
    struct capability *by;
    unsigned rights;
};

static struct page {
    enum { NOTHING, FRAME, TABLE } object;
    bool open;
    _Alignas(8) uint8_t bytes[POOL_PAGE_BYTES];
} pages[FAKE_PAGES];

static struct capability originals[FAKE_PAGES];
static struct capability copies[SLOTS];
static uint8_t bundle_page[POOL_PAGE_BYTES];

static struct fake_space {
    bool alive;
    bool table[SPACE_SPANS];
    struct mapping at[REGION_PAGES];
} spaces[FAKE_SPACES];

static uint8_t users[FAKE_PLACES];
static uint8_t disk[FAKE_PLACES][POOL_PAGE_BYTES];
static void *tables;
static unsigned open_count;

bool fake_disk_fails;
uint64_t fake_made;

void fake_start(uint64_t physical, uint32_t count, uint32_t places)
{
    memset(pages, 0, sizeof pages);
    memset(originals, 0, sizeof originals);
    memset(copies, 0, sizeof copies);
    memset(spaces, 0, sizeof spaces);
    memset(users, 0, sizeof users);
    /* What nobody has put there must not look like nothing. */
    for (unsigned i = 0; i < FAKE_PAGES; i++)
        memset(pages[i].bytes, 0xee, POOL_PAGE_BYTES);
    free(tables);
    tables = calloc(1, pool_table_bytes(physical, count));
    memory = (struct memory){0};
    pool_init(&memory.pool, physical, count, tables);
    memory.ledger.pages = count;
    swap_init(&memory.ledger.swap, places, users);
    fake_disk_fails = false;
    fake_made = 0;
    open_count = 0;
}

void fake_check_empty(void)
{
    CHECK_EQ(memory.pool.free, memory.pool.end - memory.pool.first);
    CHECK_EQ(memory.ledger.promised, 0);
    CHECK_EQ(memory.ledger.swap.used, 0);
    CHECK_EQ(memory.ledger.swap.reserved, memory.ledger.swap.places > 0);
    for (unsigned i = 0; i < FAKE_PAGES; i++)
        CHECK(pages[i].object == NOTHING && !pages[i].open && !originals[i].mapped);
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(!copies[i].used);
}

void fake_space(frames_space id)
{
    CHECK(id < FAKE_SPACES && !spaces[id].alive);
    memset(&spaces[id], 0, sizeof spaces[id]);
    spaces[id].alive = true;
    spaces[id].table[0] = true;
}

static void unmap(struct capability *c)
{
    if (c->mapped && spaces[c->space].at[c->virtual].by == c)
        spaces[c->space].at[c->virtual] = (struct mapping){0};
    c->mapped = false;
}

void fake_space_end(frames_space id)
{
    for (unsigned i = 0; i < REGION_PAGES; i++) {
        if (spaces[id].at[i].by != NULL)
            unmap(spaces[id].at[i].by);
    }
    spaces[id].alive = false;
}

uint8_t fake_bundle_byte(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / POOL_PAGE_BYTES + 1);
}

uint8_t *fake_access(frames_space id, uint32_t virtual, unsigned access)
{
    const struct mapping *m = &spaces[id].at[virtual];

    if (m->by == NULL || (access & ~m->rights) != 0)
        return NULL;
    if (!m->by->fetched)
        return pages[m->by->page].bytes;
    for (unsigned i = 0; i < POOL_PAGE_BYTES; i++)
        bundle_page[i] = fake_bundle_byte(m->by->offset + i);
    return bundle_page;
}

/* ---- frames.h -------------------------------------------------------------------------------------------- */

bool frames_make(uint32_t page)
{
    CHECK(page < FAKE_PAGES && pages[page].object == NOTHING);
    CHECK(memory.pool.refs[page] == 1 && !pool_is_free(&memory.pool, page));
    pages[page].object = FRAME;
    memset(pages[page].bytes, 0, POOL_PAGE_BYTES);
    fake_made++;
    return true;
}

void frames_free(uint32_t page)
{
    CHECK(pages[page].object != NOTHING);
    if (pages[page].object == TABLE) {
        struct fake_space *s = &spaces[originals[page].space];
        uint32_t first = originals[page].virtual / SPACE_SPAN_PAGES * SPACE_SPAN_PAGES;
        for (unsigned i = first; i < first + SPACE_SPAN_PAGES; i++)
            CHECK(!s->alive || s->at[i].by == NULL);
        s->table[originals[page].virtual / SPACE_SPAN_PAGES] = false;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(!copies[i].filled || copies[i].fetched || copies[i].page != page);
    unmap(&originals[page]);
    open_count -= pages[page].open;
    pages[page].object = NOTHING;
    pages[page].open = false;
    originals[page] = (struct capability){0};
}

uint32_t frames_slot_take(void)
{
    for (uint32_t i = 1; i < SLOTS; i++) {
        if (!copies[i].used) {
            copies[i] = (struct capability){.used = true};
            return i;
        }
    }
    return FRAMES_ORIGINAL;
}

void frames_slot_give(uint32_t slot)
{
    CHECK(slot != FRAMES_ORIGINAL && copies[slot].used);
    unmap(&copies[slot]);
    copies[slot] = (struct capability){0};
}

static enum frames_result map(struct capability *c, frames_space space, uint32_t virtual, unsigned rights)
{
    struct fake_space *s = &spaces[space];

    CHECK(!c->mapped && rights != 0 && virtual > 0);
    if (!s->alive)
        return FRAMES_GONE;
    if (!s->table[virtual / SPACE_SPAN_PAGES])
        return FRAMES_TABLE;
    CHECK(s->at[virtual].by == NULL);
    s->at[virtual] = (struct mapping){c, rights};
    c->mapped = true;
    c->space = space;
    c->virtual = virtual;
    return FRAMES_OK;
}

enum frames_result frames_map(frames_space space, uint32_t page, uint32_t slot, uint32_t virtual,
                              unsigned rights)
{
    struct capability *c = slot == FRAMES_ORIGINAL ? &originals[page] : &copies[slot];

    CHECK(pages[page].object == FRAME);
    c->page = page;
    c->filled = true;
    return map(c, space, virtual, rights);
}

enum frames_result frames_protect(uint32_t page, uint32_t slot, unsigned rights)
{
    struct capability *c = slot == FRAMES_ORIGINAL ? &originals[page] : &copies[slot];

    if (!c->mapped)
        return FRAMES_GONE;
    spaces[c->space].at[c->virtual].rights = rights;
    return FRAMES_OK;
}

void frames_unmap(uint32_t page, uint32_t slot)
{
    struct capability *c = slot == FRAMES_ORIGINAL ? &originals[page] : &copies[slot];

    unmap(c);
    if (slot != FRAMES_ORIGINAL)
        c->filled = c->fetched = false;
}

enum frames_result frames_table(frames_space space, uint32_t page, uint32_t virtual)
{
    CHECK(pages[page].object == NOTHING);
    pages[page].object = TABLE;
    if (!spaces[space].alive)
        return FRAMES_GONE;
    CHECK(!spaces[space].table[virtual / SPACE_SPAN_PAGES]);
    spaces[space].table[virtual / SPACE_SPAN_PAGES] = true;
    originals[page].space = space;
    originals[page].virtual = virtual;
    return FRAMES_OK;
}

void *frames_open(uint32_t page)
{
    CHECK(pages[page].object == FRAME);
    pages[page].open = true;
    return pages[page].bytes;
}

void frames_close(uint32_t page)
{
    CHECK(pages[page].open);
    pages[page].open = false;
}

bool frames_fetch(uint64_t offset, uint32_t slot)
{
    CHECK(copies[slot].used && offset % POOL_PAGE_BYTES == 0);
    copies[slot].filled = copies[slot].fetched = true;
    copies[slot].offset = offset;
    return true;
}

enum frames_result frames_map_fetched(frames_space space, uint32_t slot, uint32_t virtual, unsigned rights)
{
    CHECK(copies[slot].fetched && (rights & FRAMES_WRITE) == 0);
    return map(&copies[slot], space, virtual, rights);
}

bool frames_copy_fetched(uint32_t page, uint32_t slot, uint32_t bytes)
{
    CHECK(copies[slot].fetched && pages[page].object == FRAME);
    for (unsigned i = 0; i < bytes; i++)
        pages[page].bytes[i] = fake_bundle_byte(copies[slot].offset + i);
    return true;
}

/* ---- The disk -------------------------------------------------------------------------------------------- */

bool swap_read(uint32_t place, void *page)
{
    CHECK(place < memory.ledger.swap.places && users[place] > 0);
    if (!fake_disk_fails)
        memcpy(page, disk[place], POOL_PAGE_BYTES);
    return !fake_disk_fails;
}

bool swap_write(uint32_t place, const void *page)
{
    CHECK(place < memory.ledger.swap.places && users[place] > 0);
    if (!fake_disk_fails)
        memcpy(disk[place], page, POOL_PAGE_BYTES);
    return !fake_disk_fails;
}
