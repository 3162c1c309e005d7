/*
 * verify/ghost.c: what hardware may still hold of translations and instructions (SPEC VM-9, VM-13, VM-18).
 *
 * A model of the worst TLB and instruction cache that the RISC-V privileged specification allows, as far as
 * verify/README.md says. QEMU forgives a missing fence; this does not. It hears of every write of satp, every
 * fence and every write of a page table entry (kernel/ghost.h), and looks at nothing of the kernel's but the
 * tables themselves, which it reads on its own.
 *
 *   translations    while a space is active, everything its tables say may be cached under its ASID: leaves, and
 *                   pointers to tables. It stays until a fence covers it. When user mode begins, nothing held
 *                   under the active ASID may say what the tables do not.
 *   instructions    while user mode runs, every executable page may be cached, as it is then. It stays until
 *                   fence.i. When a page becomes executable while another content of it is held, fence.i must
 *                   come before user mode.
 *
 * What is held stands in hash tables without chains: what finds its place taken replaces what stood there, as
 * hardware may. So the ghost can miss a defect, and never reports one that hardware could not show. All tables of a
 * space are read when it becomes active for the first time, and when a fence made hardware forget all of it; in
 * between only entries that were written, and a few others each time, so that the kernel under test
 * keeps its times.
 */
#include "caps/slot.h"
#include "kernel/mmu.h"
#include "kernel/panic.h"

#define ENTRIES 512u

/* ---- the tables, read without the kernel's help ------------------------------------------------------- */

#define MAY_RWX (PTE_R | PTE_W | PTE_X)

static word satp; /* active */

static unsigned highest_level(void)
{
    return (unsigned)(satp >> 60) - 6; /* Sv39: 2, Sv48: 3 */
}

static const pte *table_at(word page)
{
    return window_pointer(page << 12);
}

static const pte *root(void)
{
    return table_at(satp & ((1ull << 44) - 1));
}

static word asid(void)
{
    return satp >> 44 & 0xffff;
}

static word page_of(pte entry)
{
    return entry >> 10 & ((1ull << 44) - 1);
}

static bool is_leaf(pte entry)
{
    return (entry & PTE_V) && (entry & MAY_RWX);
}

static bool is_pointer(pte entry)
{
    return (entry & PTE_V) && !(entry & MAY_RWX);
}

/* The entry of this level for `prefix`, the address without the bits below the level; 0: no way leads there. */
static pte entry_now(unsigned level, word prefix)
{
    const pte *table = root();
    for (unsigned at = highest_level();; at--) {
        pte entry = table[prefix >> 9 * (at - level) & (ENTRIES - 1)];
        if (at == level)
            return entry;
        if (!is_pointer(entry))
            return 0;
        table = table_at(page_of(entry));
    }
}

/* ---- instructions ---------------------------------------------------------------------------------------- */

#define CODE_PAGES    1024u
#define CODE_LEAF_MAX 16u /* pages looked at of a large leaf */

static struct code {
    word page; /* 0: none */
    word sum;  /* of its content when it may have been fetched */
} code[CODE_PAGES];

static bool code_is_stale; /* became executable, and no fence.i since */

/* Of the first word of each line of 64 bytes: who writes code rarely leaves all of these as they were. */
static word sum_of(word page)
{
    const word *at = window_pointer(page << 12);
    word sum = 1;
    for (unsigned i = 0; i < 512; i += 8)
        sum = (sum << 5 | sum >> 59) + (sum ^ at[i]);
    return sum;
}

static word pages_of(unsigned level)
{
    return level == 0 ? 1 : CODE_LEAF_MAX;
}

static void code_hold(pte leaf, unsigned level)
{
    for (word page = page_of(leaf), end = page + pages_of(level); page < end; page++) {
        struct code *held = &code[page % CODE_PAGES];
        if (held->page != page)
            *held = (struct code){page, sum_of(page)};
    }
}

static void code_compare(pte leaf)
{
    for (word page = page_of(leaf), end = page + CODE_LEAF_MAX; page < end; page++) {
        const struct code *held = &code[page % CODE_PAGES];
        if (held->page == page && held->sum != sum_of(page))
            code_is_stale = true;
    }
}

/* ---- translations ------------------------------------------------------------------------------------------ */

/* The place of an entry in a space: of which table level, for which address without the bits below. */
struct place {
    word prefix;
    uint32_t asid;
    uint32_t level;
};

#define HELD_BITS 12

static struct held {
    struct place place;
    pte entry; /* 0: nothing held */
} held[1u << HELD_BITS];

static bool same_place(struct place a, struct place b)
{
    return a.prefix == b.prefix && a.asid == b.asid && a.level == b.level;
}

static struct held *held_at(struct place place)
{
    word hash = (place.prefix ^ (word)place.asid << 9 ^ (word)place.level << 61) * 0x9e3779b97f4a7c15ull;
    return &held[hash >> (64 - HELD_BITS)];
}

/* Does hardware that holds this do what the tables of the active space do not say? */
static bool is_stale(const struct held *h)
{
    if (h->entry == 0)
        return false;
    pte now = entry_now(h->place.level, h->place.prefix);
    if (h->entry == now)
        return false;
    if (is_pointer(h->entry))
        return !is_pointer(now) || page_of(now) != page_of(h->entry);
    return !is_leaf(now) || page_of(now) != page_of(h->entry) || now >> 61 != h->entry >> 61 ||
           (h->entry & MAY_RWX & ~now);
}

static void check(const struct held *h)
{
    if (is_stale(h))
        panic(is_pointer(h->entry) ? "ghost: stale pointer to a page table" : "ghost: stale translation",
              "VM-13");
}

/* Where tables were found: the place of their entry 0. */
#define KNOWN 1024u

static struct known {
    word page; /* 0: none */
    struct place first;
} known[KNOWN];

static void hold_table(word page, struct place first);

/* This may be cached now, and with it what it points to. What is stale and still there stays. */
static void hold(struct place place, pte entry)
{
    struct held *h = held_at(place);
    if (!(entry & PTE_V) || (same_place(h->place, place) && is_stale(h)))
        return;
    *h = (struct held){place, entry};
    if (is_pointer(entry) && place.level > 0)
        hold_table(page_of(entry), (struct place){place.prefix << 9, place.asid, place.level - 1});
    else if (entry & PTE_X)
        code_hold(entry, place.level);
}

/* Depth: as many calls as there are levels. */
static void hold_table(word page, struct place first)
{
    const pte *table = table_at(page);
    unsigned count = first.level == highest_level() ? ENTRIES / 2 : ENTRIES; /* users' half */
    known[page % KNOWN] = (struct known){page, first};
    for (unsigned i = 0; i < count; i++)
        if (table[i] & PTE_V)
            hold((struct place){first.prefix | i, first.asid, first.level}, table[i]);
}

/* ---- what changed, and what was read --------------------------------------------------------------------- */

#define CHANGED_MAX  256u
#define VISITS       64u
#define CHECK_ANYWAY 4u /* held entries that each return to user mode looks at, whatever was heard */

static struct place changed[CHANGED_MAX]; /* in the active space, not read since */
static unsigned changed_count;
static word visits[VISITS]; /* by ASID: a value of satp whose tables were read, and need not be read again */
static unsigned checked;    /* so many were, round and round */

static word *visit_of(word of_asid)
{
    return &visits[of_asid % VISITS];
}

static void change_add(struct place place)
{
    if (place.asid == asid() && changed_count < CHANGED_MAX)
        changed[changed_count++] = place;
    else
        *visit_of(place.asid) = 0;
}

/* The tables of the active space may be cached as they are now; first compared with what is held. */
static void read_all(void)
{
    for (unsigned i = 0; i < 1u << HELD_BITS; i++)
        if (held[i].place.asid == asid())
            check(&held[i]);
    hold_table(satp & ((1ull << 44) - 1), (struct place){0, (uint32_t)asid(), highest_level()});
    *visit_of(asid()) = satp;
}

static void read_changed(void)
{
    for (unsigned i = 0; i < changed_count; i++) {
        const struct held *h = held_at(changed[i]);
        if (same_place(h->place, changed[i]))
            check(h);
        hold(changed[i], entry_now(changed[i].level, changed[i].prefix));
    }
}

static bool translating(void)
{
    return highest_level() == 2 || highest_level() == 3;
}

static void read_tables(void)
{
    if (!translating())
        return;
    if (*visit_of(asid()) == satp)
        read_changed();
    else
        read_all();
    changed_count = 0;
}

/* ---- what the kernel tells (kernel/ghost.h) --------------------------------------------------------------- */

void ghost_enter(void)
{
    word now = mmu_satp();
    if (now == satp)
        return;
    satp = now; /* the direct path went there */
    read_tables();
}

void ghost_leave(void)
{
    if (code_is_stale)
        panic("ghost: stale instructions", "VM-18");
    read_tables();
    for (unsigned i = 0; i < CHECK_ANYWAY; i++) {
        const struct held *h = &held[checked++ % (1u << HELD_BITS)];
        if (translating() && h->place.asid == asid())
            check(h);
    }
}

/* Until this moment, and since the last fence, what the tables say may have been cached: no check yet. */
void ghost_switch(word to)
{
    if (translating() && (*visit_of(asid()) != satp || changed_count > 0)) {
        hold_table(satp & ((1ull << 44) - 1), (struct place){0, (uint32_t)asid(), highest_level()});
        *visit_of(asid()) = 0;
        changed_count = 0;
    }
    satp = to;
}

/* Found by its place. A fence of an address covers leaves only; and the leaf may be cached again at once. */
static void fence_leaf(word address, uint32_t of_asid)
{
    for (unsigned level = 0; level <= highest_level(); level++) {
        struct place place = {address >> (12 + 9 * level), of_asid, level};
        struct held *h = held_at(place);
        if (same_place(h->place, place) && is_leaf(h->entry)) {
            h->entry = 0;
            change_add(place);
        }
    }
}

/* Nothing is held of these spaces; their tables are to be read again, for some may not be theirs any more. */
static void fence_tables(word of_asid)
{
    for (unsigned i = 0; i < KNOWN; i++)
        if (of_asid == GHOST_ANY || known[i].first.asid == of_asid)
            known[i].page = 0;
    for (unsigned i = 0; i < VISITS; i++)
        if (of_asid == GHOST_ANY || i == of_asid % VISITS)
            visits[i] = 0;
}

void ghost_fence(word address, word of_asid)
{
    if (address != GHOST_ANY && of_asid != GHOST_ANY) {
        fence_leaf(address, (uint32_t)of_asid);
        return;
    }
    for (unsigned i = 0; i < 1u << HELD_BITS; i++) {
        struct held *h = &held[i];
        if (of_asid != GHOST_ANY && h->place.asid != of_asid)
            continue;
        if (address != GHOST_ANY &&
            (!is_leaf(h->entry) || h->place.prefix != address >> (12 + 9 * h->place.level)))
            continue;
        h->entry = 0;
    }
    fence_tables(of_asid);
}

void ghost_fence_instructions(void)
{
    code_is_stale = false;
    for (unsigned i = 0; i < CODE_PAGES; i++)
        code[i].page = 0;
    for (unsigned i = 0; i < VISITS; i++) /* executable pages may be fetched again */
        visits[i] = 0;
}

void ghost_entry(const pte *entry, pte value)
{
    if (is_leaf(value) && (value & PTE_X) && (value & PTE_U))
        code_compare(value);
    word at = window_physical(entry), page = at >> 12;
    const struct known *table = &known[page % KNOWN];
    if (table->page != page)
        return;
    struct place place = table->first;
    place.prefix |= at % 4096 / sizeof(pte);
    if ((value & PTE_V) || (same_place(held_at(place)->place, place) && held_at(place)->entry))
        change_add(place);
}
