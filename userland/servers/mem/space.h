/*
 * userland/servers/mem/space.h: the address space of a client: its regions, the state of each page, its account.
 *
 * For every 2 MB of addresses that have regions (a *span*) there is one page of the server's with an entry for
 * each page: a leaf, as the hardware has leaf tables. Entries say less than the hardware's tables at times (a
 * page may be held and not mapped), never more. Everything here is decided without a system call; what has to
 * be done is done through frames.h and swap_read, swap_write. So all of it compiles on the host, where
 * tests/unit/test_mem_space.c runs it against a plain model.
 *
 * Files: space.c their lives, and regions coming and going; entry.c one page; fault.c what a fault means;
 * evict.c what goes to the disk; fork.c copies; shared.c memory that several clients see.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_SPACE_H
#define TESSERA_USERLAND_SERVERS_MEM_SPACE_H

#include "userland/servers/mem/account.h"
#include "userland/servers/mem/frames.h"
#include "userland/servers/mem/placement.h"
#include "userland/servers/mem/pool.h"
#include "userland/servers/mem/region.h"
#include "userland/servers/mem/shared.h"

#define SPACE_NAME       32u
#define SPACE_SPAN_PAGES 512u
#define SPACE_SPANS      (REGION_PAGES / SPACE_SPAN_PAGES)

/* Why something was not done. The numbers are those of userland/lib/mem.h. */
enum space_answer {
    SPACE_OK = 0,
    SPACE_BAD_REQUEST = 1,
    SPACE_QUOTA = 2,   /* the quota, and the swap disk, do not suffice */
    SPACE_MEMORY = 3,  /* the pool has not so much left to promise */
    SPACE_TAKEN = 4,   /* something lies there, or nothing is free that is so large */
    SPACE_FULL = 5,    /* too many regions, clients, or users of one page */
    SPACE_NOTHING = 6, /* nothing lies there, or nothing of that name */
    SPACE_GUARD = 7,   /* a guard page */
    SPACE_RIGHTS = 8,  /* the region may not be used so */
    SPACE_DISK = 9,    /* the swap disk failed */
    SPACE_GONE = 10,   /* the client is no more */
    SPACE_FAILED = 11, /* the kernel refused; the server has said why */
};

enum entry_state {
    ENTRY_NONE = 0,
    ENTRY_HELD = 1,    /* a page of the pool, its own or shared by a copy that was not written yet */
    ENTRY_SHOWN = 2,   /* a page of shared memory */
    ENTRY_SWAPPED = 3, /* on the disk */
    ENTRY_FETCHED = 4, /* a page of the bundle, in place */
};

struct entry {
    uint32_t state : 3; /* enum entry_state */
    uint32_t mapped : 1;
    uint32_t cow : 1; /* not to be written before it was copied, unless nobody else uses it any more */
    uint32_t slot : 27;
    uint32_t page; /* or place on the disk */
};
_Static_assert(sizeof(struct entry) * SPACE_SPAN_PAGES == POOL_PAGE_BYTES, "a leaf fills a page");

/* Which leaf each span has, and which page table was made for it. A page of its own. */
#define SPAN_NONE 0u /* no region there */
#define SPAN_DUE  1u /* charged and not made yet; other numbers: the page + SPAN_PAGE */
#define SPAN_PAGE 2u
struct directory {
    uint32_t leaf[SPACE_SPANS];
    uint32_t table[SPACE_SPANS];
};
_Static_assert(sizeof(struct directory) == POOL_PAGE_BYTES, "a directory fills a page");

struct space {
    frames_space id;
    char name[SPACE_NAME];
    const struct placement *placement;
    struct account account;
    struct directory *directory;
    uint32_t own, directory_page; /* pages of the pool that this and the directory lie in */
    uint32_t given_tables;        /* spans from the first on whose page tables were there before */
    uint32_t heap;                /* first page of the region that sbrk moves the end of; 0: none */
    uint32_t hand;                /* where evict.c goes on */
    uint32_t fetched;             /* pages of the bundle that are mapped */
    uint64_t faults, copied, swapped_out, swapped_in;
    struct regions regions;
};
_Static_assert(sizeof(struct space) <= POOL_PAGE_BYTES, "a space lies in a page");

/* What all spaces share. */
struct memory {
    struct pool pool;
    struct ledger ledger;
    uint32_t shared_count; /* numbers given to shared memory so far */
};
extern struct memory memory;

/* What a space shows, counted. */
struct space_counts {
    uint32_t quota, fixed, charged, resident;
    uint32_t shared; /* of the resident: pages others use too; and of shared memory: those mapped */
    uint32_t swapped, fetched;
};

/* ---- space.c --------------------------------------------------------------------------------------------- */

/* An empty space; `given_tables`: its page tables are there for so many spans. */
enum space_answer space_open(frames_space id, uint32_t quota, const struct placement *placement,
                             uint32_t given_tables, struct space **space);

/* Gives everything back; also when the kernel's object is no more. */
void space_close(struct space *space);

/* Adds a region; where its address is 0, chooses one, and says which. */
enum space_answer space_map(struct space *space, struct region *region);
enum space_answer space_unmap(struct space *space, uint32_t first);
enum space_answer space_protect(struct space *space, uint32_t first, unsigned rights);

/* Moves the end of the heap; *end is then where it is. */
enum space_answer space_heap(struct space *space, uint32_t *end);

/* Lets a region whose low end is above the page begin there. */
enum space_answer space_grow_down(struct space *space, struct region *region, uint32_t page);

void space_count(struct space *space, struct space_counts *counts);

/* ---- entry.c --------------------------------------------------------------------------------------------- */

/* The entry of a page in a region; null: the pool gave no page for a leaf, which cannot be. */
struct entry *entry_of(struct space *space, uint32_t page);

/* The same, or null where no leaf was made, so that nothing can be there. */
struct entry *entry_known(struct space *space, uint32_t page);

/* A page of the pool for something of that client; POOL_NONE: the kernel refused. */
uint32_t page_take(const struct placement *placement, uint32_t virtual);
void page_drop(uint32_t page);

/* Maps what the entry names, with these rights; makes a page table when one is missing. */
enum space_answer entry_map(struct space *space, struct entry *e, uint32_t page, unsigned rights);
void entry_unmap(struct entry *e);

/* Empties it, whatever it was. */
void entry_clear(struct space *space, struct entry *e);

/* ---- fault.c, evict.c, fork.c, shared.c ------------------------------------------------------------------ */

/* Does what makes the access possible. rights: one of FRAMES_. */
enum space_answer space_fault(struct space *space, uint32_t page, unsigned access);

/* Until one more page may be resident, or all fixed ones fit. */
enum space_answer space_make_room(struct space *space);
enum space_answer space_fit(struct space *space);

/* Makes room for one more page of the bundle. */
void space_forget_fetched(struct space *space);

/* Gives `child`, which is empty, all that `parent` has; pages are copied when one of them writes. */
enum space_answer space_fork(struct space *parent, struct space *child);

/* Used once, by the caller. */
enum space_answer shared_make(uint32_t pages, struct shared **shared);
void shared_drop(struct shared *shared);

/* The page at that place, made when nobody has touched it yet; POOL_NONE: the kernel refused. */
uint32_t shared_page(struct shared *shared, uint32_t at, const struct placement *placement, uint32_t virtual);

#endif
