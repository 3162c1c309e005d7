/*
 * userland/servers/mem/requests.c: what clients and others ask of the server (userland/lib/mem.h).
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/layout.h"
#include "userland/lib/mem.h"
#include "userland/lib/message.h"
#include "userland/lib/pager.h"
#include "userland/servers/mem/clients.h"

_Static_assert((int)TESS_MEM_FAILED == (int)SPACE_FAILED && (int)TESS_MEM_TAKEN == (int)SPACE_TAKEN &&
                   (int)TESS_MEM_SHARED == (int)REGION_SHARED &&
                   (int)TESS_MEM_GUARD_PAGES == (int)REGION_GUARD && TESS_MEM_EAGER == REGION_EAGER &&
                   TESS_MEM_LATE == REGION_OVERCOMMIT,
               "the protocol's numbers are the bookkeeping's");

static void answer(tess_message *m, unsigned label, unsigned words)
{
    m->info = TESS_INFO(label, words, 0);
}

static enum space_answer page_number(tess_word address, uint32_t *page)
{
    if (address % TESS_PAGE_BYTES != 0 || address / TESS_PAGE_BYTES >= REGION_PAGES)
        return SPACE_BAD_REQUEST;
    *page = (uint32_t)(address / TESS_PAGE_BYTES);
    return SPACE_OK;
}

/* Where root has put something, or will, no client may. */
static bool is_roots(const struct region *r)
{
    return r->first != 0 && r->low < TESS_LAYOUT_REGIONS_END / TESS_PAGE_BYTES;
}

/* ---- Regions --------------------------------------------------------------------------------------------- */

static enum space_answer find_file(const tess_message *m, struct region *r)
{
    char name[TESS_PROGRAM_NAME];
    uint64_t offset, size;

    name[tess_message_get_bytes(m, 5, name, sizeof name - 1)] = '\0';
    if (tess_pager_file(mem_root, name, &offset, &size) != TESS_ROOT_OK)
        return SPACE_NOTHING;
    r->offset = offset;
    r->bytes = size;
    return offset % TESS_PAGE_BYTES == 0 ? SPACE_OK : SPACE_BAD_REQUEST;
}

static enum space_answer describe(const tess_message *m, struct region *r)
{
    tess_word bytes = m->words[2];

    if (m->words[0] < TESS_MEM_ZERO || m->words[0] > TESS_MEM_GUARD_PAGES || bytes == 0 ||
        bytes > REGION_PAGES * TESS_PAGE_BYTES || m->words[3] > 7 ||
        (m->words[4] & ~(tess_word)(TESS_MEM_EAGER | TESS_MEM_LATE)) != 0)
        return SPACE_BAD_REQUEST;
    *r = (struct region){.kind = (uint8_t)m->words[0],
                         .pages = (uint32_t)((bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES),
                         .rights = (uint8_t)m->words[3],
                         .flags = (uint8_t)m->words[4]};
    enum space_answer result = page_number(m->words[1], &r->first);
    r->low = r->first;
    r->high = r->first + r->pages;
    if (result == SPACE_OK && is_roots(r))
        result = SPACE_TAKEN;
    return result == SPACE_OK && r->kind == REGION_FILE ? find_file(m, r) : result;
}

static enum space_answer serve_map(struct client *c, tess_message *m)
{
    struct region r;
    enum space_answer result = describe(m, &r);

    if (result == SPACE_OK && r.kind == REGION_SHARED)
        result = shared_make(r.pages, &r.shared);
    if (result != SPACE_OK)
        return result;
    result = space_map(c->space, &r);
    if (r.kind == REGION_SHARED)
        shared_drop(r.shared); /* the region holds it now, if it is there */
    m->words[0] = r.first * TESS_PAGE_BYTES;
    return result;
}

static enum space_answer serve_unmap(struct client *c, const tess_message *m)
{
    uint32_t first;
    enum space_answer result = page_number(m->words[0], &first);

    return result == SPACE_OK ? space_unmap(c->space, first) : result;
}

static enum space_answer serve_protect(struct client *c, const tess_message *m)
{
    uint32_t first;
    enum space_answer result = page_number(m->words[0], &first);

    if (result != SPACE_OK || m->words[1] > 7)
        return SPACE_BAD_REQUEST;
    return space_protect(c->space, first, (unsigned)m->words[1]);
}

static enum space_answer serve_heap(struct client *c, tess_message *m)
{
    uint32_t end;
    enum space_answer result = page_number(m->words[0], &end);

    if (result == SPACE_OK)
        result = space_heap(c->space, &end);
    m->words[0] = end * TESS_PAGE_BYTES;
    return result;
}

/* ---- Copies ---------------------------------------------------------------------------------------------- */

/* Root makes the program, the server its memory; then root lets it run, or takes it back. */
static enum space_answer serve_fork(struct client *c, tess_message *m)
{
    tess_word badge;
    struct client *child;

    if (tess_pager_fork(mem_root, c->badge, &badge) != TESS_ROOT_OK)
        return SPACE_FULL;
    enum space_answer result = client_copy(c, badge, &child);
    if (result == SPACE_OK) {
        result = space_fork(c->space, child->space);
        if (result != SPACE_OK)
            client_close(child);
    }
    tess_pager_forked(mem_root, badge, result == SPACE_OK);
    m->words[0] = TESS_PAGER_NUMBER(badge);
    return result;
}

/* ---- Sharing --------------------------------------------------------------------------------------------- */

static enum space_answer serve_offer(struct client *c, tess_message *m)
{
    uint32_t first;
    char name[SHARED_NAME];

    if (page_number(m->words[0], &first) != SPACE_OK)
        return SPACE_BAD_REQUEST;
    name[tess_message_get_bytes(m, 1, name, sizeof name - 1)] = '\0';
    const struct region *r = region_at(&c->space->regions, first);
    if (r == NULL || r->kind != REGION_SHARED || name[0] == '\0')
        return SPACE_NOTHING;
    for (unsigned i = 0; i < SHARED_GUESTS_MAX; i++) {
        char *guest = r->shared->guest[i];
        if (guest[0] == '\0' || strcmp(guest, name) == 0) {
            strcpy(guest, name);
            m->words[0] = r->shared->number;
            return SPACE_OK;
        }
    }
    return SPACE_FULL;
}

static bool is_invited(const struct shared *shared, const char *name)
{
    for (unsigned i = 0; i < SHARED_GUESTS_MAX; i++) {
        if (shared->guest[i][0] != '\0' && strcmp(shared->guest[i], name) == 0)
            return true;
    }
    return false;
}

/* Shared memory is found by whoever shows it. */
static struct shared *find_shared(tess_word number)
{
    for (struct client *c = clients; c < clients + CLIENTS_MAX; c++) {
        for (unsigned i = 0; c->space != NULL && i < c->space->regions.count; i++) {
            const struct region *r = &c->space->regions.region[i];
            if (r->kind == REGION_SHARED && r->shared->number == number)
                return r->shared;
        }
    }
    return NULL;
}

static enum space_answer serve_attach(struct client *c, tess_message *m)
{
    struct shared *shared = find_shared(m->words[0]);

    if (shared == NULL || !is_invited(shared, c->space->name))
        return SPACE_NOTHING;
    if (m->words[1] > 7)
        return SPACE_BAD_REQUEST;
    struct region r = {
        .pages = shared->pages, .kind = REGION_SHARED, .rights = (uint8_t)m->words[1], .shared = shared};
    enum space_answer result = space_map(c->space, &r);
    m->words[0] = r.first * TESS_PAGE_BYTES;
    m->words[1] = r.pages * TESS_PAGE_BYTES;
    return result;
}

/* ---- Telling --------------------------------------------------------------------------------------------- */

static void serve_client(tess_message *m)
{
    tess_word index = m->words[0];
    const struct client *c = clients;
    struct space_counts n;

    while (c < clients + CLIENTS_MAX && (c->space == NULL || index-- > 0))
        c++;
    if (c == clients + CLIENTS_MAX) {
        answer(m, TESS_MEM_END, 0);
        return;
    }
    space_count(c->space, &n);
    struct tess_mem_client info = {
        .number = TESS_PAGER_NUMBER(c->badge),
        .quota = n.quota,
        .fixed = n.fixed,
        .charged = n.charged,
        .resident = n.resident,
        .shared = n.shared,
        .copied = c->space->copied,
        .swapped = n.swapped,
        .in_place = n.fetched,
        .faults = c->space->faults,
    };
    while (placement_get((unsigned)info.placement) != c->space->placement)
        info.placement++;
    unsigned words = tess_message_put_words(m, 0, &info, offsetof(struct tess_mem_client, name));
    answer(m, TESS_MEM_OK, tess_message_put_bytes(m, words, c->space->name, strlen(c->space->name)));
}

static void serve_system(tess_message *m)
{
    const struct pool *pool = &memory.pool;

    disk_open();
    struct tess_mem_system s = {
        .pages = pool->end - pool->first,
        .free = pool->free,
        .promised = memory.ledger.promised,
        .swap = memory.ledger.swap.places,
        .swap_used = memory.ledger.swap.used,
    };
    memcpy(m->words, &s, sizeof s);
    answer(m, TESS_MEM_OK, sizeof s / sizeof(tess_word));
}

/* Of a client, about itself. Words of the answer are those the operation sets, at most two. */
static enum space_answer serve_own(struct client *c, tess_message *m)
{
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_MEM_MAP:
        return serve_map(c, m);
    case TESS_MEM_UNMAP:
        return serve_unmap(c, m);
    case TESS_MEM_PROTECT:
        return serve_protect(c, m);
    case TESS_MEM_HEAP:
        return serve_heap(c, m);
    case TESS_MEM_FORK:
        return serve_fork(c, m);
    case TESS_MEM_OFFER:
        return serve_offer(c, m);
    case TESS_MEM_ATTACH:
        return serve_attach(c, m);
    }
    return SPACE_BAD_REQUEST;
}

void requests_serve(tess_message *m)
{
    tess_word label = TESS_INFO_LABEL(m->info);
    enum space_answer result = SPACE_OK;

    if (label == TESS_MEM_CLIENT) {
        serve_client(m);
        return;
    }
    if (label == TESS_MEM_SYSTEM) {
        serve_system(m);
        return;
    }
    if ((m->badge & TESS_PAGER_BADGE) == 0) {
        answer(m, TESS_MEM_DENIED, 0);
        return;
    }
    struct client *c = client_of(m->badge, &result);
    if (c != NULL)
        result = serve_own(c, m);
    answer(m, result, 2);
}
