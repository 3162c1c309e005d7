/*
 * tests/mem/soak.c: 64 clients that map, touch, copy themselves, exit and are killed, at random; and at the end every
 * byte is back.
 *
 * What each page must read as is kept beside it: a page has one marked word, which was written or is zero, and all
 * its other words are zero.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/mem/stage.h"

#define AREA_PAGES 1024u
#define WORDS      512u

static uint64_t shadow[STAGE_CLIENTS][AREA_PAGES];
static struct stage_order orders[STAGE_CLIENTS]; /* what each was told last */
static uint64_t wrong, killed, forked, refused_starts, refused_faults, maps;
static uint64_t state = 88172645463325252ull;

static uint32_t random_below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

static unsigned marked_word(uint32_t page)
{
    return page * 37 % WORDS;
}

static uint64_t *shadow_of(unsigned client, uint32_t page)
{
    return &shadow[client][page - STAGE_AREA];
}

/* What the client read is what it had to read. */
static void verify(unsigned client, uint64_t value)
{
    struct stage_order *o = &orders[client];
    uint32_t page = (uint32_t)(o->address / POOL_PAGE_BYTES);

    if (o->action == STAGE_WRITE)
        *shadow_of(client, page) = o->value;
    if (o->action == STAGE_READ) {
        uint64_t expected = o->address / 8 % WORDS == marked_word(page) ? *shadow_of(client, page) : 0;
        if (value != expected && wrong++ < 5)
            printf("# client %u read 0x%lx at 0x%lx, not 0x%lx\n", client, (unsigned long)value,
                   (unsigned long)o->address, (unsigned long)expected);
    }
    o->action = 0;
}

static void map_something(unsigned client)
{
    uint32_t pages = 1 + random_below(random_below(4) == 0 ? 120 : 12);
    uint32_t first = STAGE_AREA + random_below(AREA_PAGES - pages);
    struct region r = {.first = first,
                       .pages = pages,
                       .low = first,
                       .high = first + pages,
                       .kind = REGION_ZERO,
                       .rights = FRAMES_READ | FRAMES_WRITE,
                       .flags = random_below(6) == 0   ? REGION_EAGER
                                : random_below(2) == 0 ? REGION_OVERCOMMIT
                                                       : 0};

    if (space_map(clients[client].space, &r) == SPACE_OK) {
        memset(shadow_of(client, first), 0, pages * sizeof(uint64_t));
        maps++;
    }
}

static void unmap_something(unsigned client)
{
    const struct regions *all = &clients[client].space->regions;
    const struct region *r = &all->region[random_below(all->count)];

    if (r->first >= STAGE_AREA)
        space_unmap(clients[client].space, r->first);
}

/* A page of one of its regions, to be read or written; nothing while it has none. */
static bool choose_order(unsigned client)
{
    const struct regions *all = &clients[client].space->regions;
    const struct region *r = &all->region[random_below(all->count)];

    if (r->first < STAGE_AREA)
        return false;
    uint32_t page = r->first + random_below(r->pages);
    bool write = random_below(2) == 0;
    unsigned word = write || random_below(2) == 0 ? marked_word(page) : random_below(WORDS);
    orders[client] = (struct stage_order){write ? STAGE_WRITE : STAGE_READ, page * POOL_PAGE_BYTES + word * 8,
                                          write ? state | 1 : 0};
    return true;
}

static void kill(unsigned client)
{
    if (clients[client].space == NULL)
        return;
    stage_kill(client);
    orders[client].action = 0;
    killed++;
}

static void start(unsigned client)
{
    uint32_t quota = 16 + random_below(random_below(8) == 0 ? 600 : 100);

    if (stage_start(client, quota, NULL) != SPACE_OK)
        refused_starts++;
}

static void copy(unsigned parent)
{
    unsigned child = random_below(STAGE_CLIENTS);

    if (child == parent)
        return;
    kill(child);
    if (stage_start(child, clients[parent].space->account.quota, clients[parent].space) != SPACE_OK) {
        refused_starts++;
        return;
    }
    memcpy(shadow[child], shadow[parent], sizeof shadow[child]);
    forked++;
}

/* Something else happens first, and then the client goes on, unless it was that. */
static void act(unsigned client)
{
    uint32_t what = random_below(100);

    if (what < 22)
        map_something(client);
    else if (what < 30)
        unmap_something(client);
    else if (what < 33)
        copy(client);
    else if (what < 36)
        kill(random_below(STAGE_CLIENTS));
    else if (what < 38)
        kill(client); /* it exits */
    if (clients[client].space == NULL || clients[client].reply == 0)
        return;
    while (!choose_order(client))
        map_something(client);
    stage_order(client, orders[client]);
}

void soak(unsigned operations)
{
    uint64_t faults = 0, swapped = 0;
    unsigned done = 0;

    while (done < operations) {
        unsigned client = random_below(STAGE_CLIENTS);
        uint64_t value;
        if (clients[client].space == NULL)
            start(client);
        /* Whoever runs, says something. */
        enum stage_event event = stage_next(&client, &value);
        done++;
        if (event == STAGE_FAULT) {
            faults++;
            continue;
        }
        if (event == STAGE_REFUSED) {
            refused_faults++;
            swapped += clients[client].space->swapped_out;
            kill(client);
            continue;
        }
        verify(client, value);
        act(client);
    }
    for (unsigned i = 0; i < STAGE_CLIENTS; i++) {
        swapped += clients[i].space != NULL ? clients[i].space->swapped_out : 0;
        kill(i);
    }
    printf("# soak: %u operations: %lu faults, %lu refused, %lu regions, %lu copies of spaces, %lu ends, "
           "%lu starts refused, %lu or more pages to the disk\n",
           done, (unsigned long)faults, (unsigned long)refused_faults, (unsigned long)maps,
           (unsigned long)forked, (unsigned long)killed, (unsigned long)refused_starts,
           (unsigned long)swapped);
    stage_check("soak: every word was what it had to be", wrong == 0);
    stage_check("soak: all of it happened", faults > operations / 10 && refused_faults > 0 && forked > 0 &&
                                                killed > operations / 100 && swapped > 0);
    stage_check("soak: every byte is back, watermarks and counts are as at the start", stage_is_empty());
}
