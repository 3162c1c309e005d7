/*
 * userland/servers/mem/clients.c: clients that come and go (userland/servers/mem/clients.h).
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/layout.h"
#include "userland/lib/pager.h"
#include "userland/servers/mem/clients.h"
#include "userland/servers/mem/hands.h"

struct client clients[CLIENTS_MAX];
tess_endpoint mem_root;

_Static_assert(CLIENTS_MAX == 1u << TESS_PAGER_RADIX, "a client for each slot of `spaces`");

static uint32_t pages_of(uint64_t bytes)
{
    return (uint32_t)((bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES);
}

/* ---- What a new client has ------------------------------------------------------------------------------- */

/* Text and constants in place, what is written as copies; then zeroed memory, if it has more than the file. */
static enum space_answer map_segment(struct space *space, const struct tess_pager_segment *s)
{
    uint32_t first = pages_of(s->address);
    struct region r = {
        .first = first,
        .pages = pages_of(s->bytes),
        .low = first,
        .high = first + pages_of(s->bytes),
        .kind = REGION_FILE,
        .rights = s->file & (FRAMES_READ | FRAMES_WRITE | FRAMES_EXECUTE),
        .flags = (s->file & FRAMES_WRITE) == 0 && s->file >> 3 == s->bytes ? REGION_WHOLE : 0,
        .offset = s->offset,
        .bytes = s->file >> 3,
    };

    return space_map(space, &r);
}

static enum space_answer map_growing(struct space *space, uint64_t low, uint64_t first, uint64_t end)
{
    struct region r = {
        .first = pages_of(first),
        .pages = 0,
        .low = pages_of(low),
        .high = pages_of(end),
        .kind = REGION_ZERO,
        .rights = FRAMES_READ | FRAMES_WRITE,
    };

    return low < end ? space_map(space, &r) : SPACE_OK;
}

static enum space_answer map_program(struct space *space, const struct tess_pager_client *c)
{
    enum space_answer answer = SPACE_OK;

    for (unsigned i = 0; i < c->segments && i < TESS_PAGER_SEGMENTS && answer == SPACE_OK; i++)
        answer = map_segment(space, &c->segment[i]);
    if (answer == SPACE_OK)
        answer = map_growing(space, c->heap, c->heap, c->heap_end);
    if (answer == SPACE_OK)
        answer = map_growing(space, c->stack, c->stack_end, c->stack_end);
    /* Root's page of the stack, with the IPC buffer: nothing else can come there. */
    struct region top = {.first = pages_of(c->stack_end),
                         .pages = 1,
                         .low = pages_of(c->stack_end),
                         .high = pages_of(c->stack_end) + 1,
                         .kind = REGION_GUARD};
    if (answer == SPACE_OK)
        answer = space_map(space, &top);
    space->heap = c->heap < c->heap_end ? pages_of(c->heap) : 0;
    return answer;
}

/* ---- Coming and going ------------------------------------------------------------------------------------ */

static enum space_answer adopt(struct client *client, tess_word badge)
{
    struct tess_pager_client c;

    if (tess_pager_client(mem_root, badge, &c) != TESS_ROOT_OK ||
        placement_get((unsigned)c.placement) == NULL)
        return SPACE_GONE;
    disk_open(); /* what it is promised beyond its quota has a place there */
    enum space_answer answer =
        space_open(tess_slot_of("spaces", TESS_PAGER_NUMBER(badge)), pages_of(c.quota),
                   placement_get((unsigned)c.placement), (uint32_t)c.given_tables, &client->space);
    if (answer != SPACE_OK)
        return answer;
    strcpy(client->space->name, c.name);
    client->badge = badge;
    answer = map_program(client->space, &c);
    if (answer != SPACE_OK)
        client_close(client);
    return answer;
}

struct client *client_of(tess_word badge, enum space_answer *answer)
{
    struct client *client = &clients[TESS_PAGER_NUMBER(badge) % CLIENTS_MAX];

    *answer = SPACE_GONE;
    if ((badge & TESS_PAGER_BADGE) ==
        0) /* a channel's: whoever faults there is no client, and may displace none */
        return NULL;
    *answer = SPACE_OK;
    if (client->space != NULL && client->badge == badge)
        return client;
    if (client->space != NULL)
        client_close(client);
    *answer = adopt(client, badge);
    return *answer == SPACE_OK ? client : NULL;
}

enum space_answer client_copy(const struct client *parent, tess_word badge, struct client **child)
{
    const struct space *from = parent->space;
    struct client *client = &clients[TESS_PAGER_NUMBER(badge) % CLIENTS_MAX];

    if (client->space != NULL)
        client_close(client);
    enum space_answer answer =
        space_open(tess_slot_of("spaces", TESS_PAGER_NUMBER(badge)), from->account.quota, from->placement,
                   from->given_tables, &client->space);
    if (answer != SPACE_OK)
        return answer;
    client->badge = badge;
    snprintf(client->space->name, sizeof client->space->name, "%.*s.%u", (int)sizeof from->name - 6,
             from->name, TESS_PAGER_NUMBER(badge));
    *child = client;
    return SPACE_OK;
}

void client_close(struct client *client)
{
    space_close(client->space);
    *client = (struct client){0};
    hands_settle();
}

void clients_check(void)
{
    for (struct client *c = clients; c < clients + CLIENTS_MAX; c++) {
        if (c->space != NULL && !tess_pager_alive(mem_root, c->badge))
            client_close(c);
    }
}
