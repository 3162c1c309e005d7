/*
 * userland/root/memory.c: untyped memory.
 *
 * The boot untypeds are used from the front, as retype does (UT), and their watermarks are read back by
 * INSPECT, so nothing is counted twice. Memory for programs is cut off as untyped memory of its own; after
 * a program has gone its piece is reset and kept for the next one that fits into it.
 */
#include "userland/root/root.h"

#define REGIONS_MAX (2 * PROGRAMS_MAX)

static struct region spare[REGIONS_MAX];
static unsigned spare_count;
static uint64_t taken_by_programs;             /* bytes of regions that are out */
static uint64_t cut_for_programs;              /* bytes of all regions */
static uint64_t made[TESS_ROOT_PART_REST + 1]; /* bytes of the rest, alignment with it */

/* A boot untyped: where its memory is, and where the unused part starts. */
struct source {
    tess_untyped untyped;
    uint64_t base;
    uint64_t mark;
    uint64_t end;
};

static bool next_source(enum tess_memory_kind kind, const struct tess_record **at, struct source *s)
{
    while ((*at = tess_boot_next(TESS_RECORD_UNTYPED, *at)) != NULL) {
        const struct tess_record_untyped *r = (const struct tess_record_untyped *)*at;
        struct tess_inspect info;
        if (r->kind != kind || tess_failed(tess_inspect(r->address, &info)))
            continue;
        *s = (struct source){{r->address}, r->base, r->base + info.state[0], r->base + r->length};
        return true;
    }
    return false;
}

static uint64_t page_up(uint64_t address)
{
    return (address + TESS_PAGE_BYTES - 1) & ~(TESS_PAGE_BYTES - 1);
}

/* Makes objects in root's own CSpace, in slots it takes for them. */
static tess_result make_from(tess_untyped untyped, enum tess_type type, tess_word size, unsigned count,
                             tess_cptr *first)
{
    *first = slots_take(count);
    if (*first == TESS_NULL)
        return (tess_result){TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0};
    tess_result result = tess_untyped_retype(untyped, type, size, root.cnode, *first, count);
    if (tess_failed(result)) {
        for (unsigned i = 0; i < count; i++)
            slots_give(*first + i);
    }
    return result;
}

/* How far the watermark has come since. */
static uint64_t grown(const struct source *s)
{
    struct tess_inspect info;

    return tess_failed(tess_inspect(s->untyped.address, &info)) ? 0 : s->base + info.state[0] - s->mark;
}

tess_result memory_make(enum tess_type type, tess_word size, unsigned count, tess_cptr *first)
{
    const struct tess_record *at = NULL;
    struct source s;
    tess_result result = {TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 0};

    while (tess_failed(result) && next_source(TESS_MEMORY_NORMAL, &at, &s))
        result = make_from(s.untyped, type, size, count, first);
    if (!tess_failed(result))
        made[type == TESS_TYPE_FRAME        ? TESS_ROOT_PART_SHARED
             : type == TESS_TYPE_PAGE_TABLE ? TESS_ROOT_PART_TABLES
                                            : TESS_ROOT_PART_OBJECTS] += grown(&s);
    return result;
}

tess_result memory_make_frames(unsigned count, tess_cnode cnode, tess_cptr first)
{
    const struct tess_record *at = NULL;
    struct source s;
    tess_result result = {TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 0};

    while (tess_failed(result) && next_source(TESS_MEMORY_NORMAL, &at, &s))
        result = tess_untyped_retype(s.untyped, TESS_TYPE_FRAME, TESS_FRAME_4K, cnode, first, count);
    if (!tess_failed(result))
        made[TESS_ROOT_PART_SHARED] += grown(&s);
    return result;
}

uint64_t memory_made(enum tess_root_part part)
{
    return made[part];
}

/* Moves the watermark up to `address` by making untyped memory there that nobody uses. */
static tess_result skip_to(const struct source *s, uint64_t address)
{
    tess_cptr filler;

    if (address == s->mark)
        return (tess_result){TESS_OK, 0, 0};
    return make_from(s->untyped, TESS_TYPE_UNTYPED, address - s->mark, 1, &filler);
}

/* Cuts a new piece off a boot untyped. */
static tess_result cut(uint64_t bytes, struct region *region)
{
    const struct tess_record *at = NULL;
    struct source s;
    tess_result result = {TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, 0};

    while (next_source(TESS_MEMORY_NORMAL, &at, &s)) {
        uint64_t start = page_up(s.mark);
        if (start > s.end || s.end - start < bytes)
            continue;
        result = skip_to(&s, start);
        if (!tess_failed(result))
            result = make_from(s.untyped, TESS_TYPE_UNTYPED, bytes, 1, &region->untyped.address);
        if (!tess_failed(result)) {
            region->bytes = bytes;
            cut_for_programs += bytes;
            made[TESS_ROOT_PART_REST] += start - s.mark;
            return result;
        }
    }
    return result;
}

tess_result memory_take(uint64_t bytes, struct region *region)
{
    unsigned best = REGIONS_MAX;
    tess_result result = {TESS_OK, 0, 0};

    bytes = page_up(bytes);
    for (unsigned i = 0; i < spare_count; i++) {
        if (spare[i].bytes >= bytes && (best == REGIONS_MAX || spare[i].bytes < spare[best].bytes))
            best = i;
    }
    if (best < REGIONS_MAX) {
        *region = spare[best];
        spare[best] = spare[--spare_count];
    } else {
        result = cut(bytes, region);
    }
    if (!tess_failed(result))
        taken_by_programs += region->bytes;
    return result;
}

void memory_give(struct region *region)
{
    tess_result result = tess_cnode_revoke(root.cnode, region->untyped.address);

    if (!tess_failed(result))
        result = tess_untyped_reset(region->untyped);
    taken_by_programs -= region->bytes;
    if (tess_failed(result))
        tess_report("root: taking memory back", result);
    else if (spare_count < REGIONS_MAX)
        spare[spare_count++] = *region;
    *region = (struct region){{TESS_NULL}, 0};
}

tess_result memory_give_devices(tess_cnode cnode, tess_cptr first)
{
    const struct tess_record *at = NULL;
    struct source s;
    tess_result result = {TESS_OK, 0, 0};

    while (!tess_failed(result) && next_source(TESS_MEMORY_DEVICE, &at, &s)) {
        if (s.mark < s.end)
            result = tess_untyped_retype(s.untyped, TESS_TYPE_UNTYPED, s.end - s.mark, cnode, first++, 1);
    }
    return result;
}

unsigned memory_own_pages(unsigned number)
{
    static unsigned decided[SYSTEM_PROGRAMS_MAX + 1];
    const struct system_program *p = policy_of(number);
    struct tess_memory_info info;

    if (p->own_most <= p->own_pages)
        return p->own_pages;
    if (decided[number] == 0) {
        memory_info(&info);
        uint64_t half = info.free / 2 / TESS_PAGE_BYTES;
        decided[number] = half < p->own_pages  ? p->own_pages
                          : half > p->own_most ? p->own_most
                                               : (unsigned)half;
    }
    return decided[number];
}

uint64_t memory_used(const struct region *region)
{
    struct tess_inspect info;

    return tess_failed(tess_inspect(region->untyped.address, &info)) ? 0 : info.state[0];
}

void memory_info(struct tess_memory_info *info)
{
    const struct tess_record *at = NULL;
    struct source s;
    uint64_t used = 0;

    *info = (struct tess_memory_info){.programs = taken_by_programs, .bundle = bundle_bytes()};
    while (next_source(TESS_MEMORY_NORMAL, &at, &s)) {
        info->total += s.end - s.base;
        used += s.mark - s.base;
    }
    info->root = used - cut_for_programs;
    info->free = info->total - info->root - taken_by_programs;
}
