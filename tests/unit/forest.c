/*
 * tests/unit/forest.c: the invariants of tests/unit/forest.h, checked over the whole world.
 */
#include "tests/unit/forest.h"

#include <sanitizer/asan_interface.h>

#include "tests/unit/unit.h"

#define ARENA_SLOTS ((RAM_BASE + RAM_BYTES - BOOT_BASE) / sizeof(struct slot))
#define FIRST_SLOT  ((BOOT_BASE - WINDOW_BASE) / sizeof(struct slot))

struct forest forest;

/* Which slots the current check has met: as members of the list, and of a ring. */
static uint32_t in_list[ARENA_SLOTS], in_ring[ARENA_SLOTS], stamp;
static uint32_t index_in_list[ARENA_SLOTS];

/* An object with a place in memory. */
struct object {
    struct slot *slot; /* of its first capability */
    struct cap cap;
    word base, bytes;
};
static struct object objects[FOREST_MAX];
static unsigned object_count;

static uint32_t *mark_of(uint32_t *marks, const struct slot *slot)
{
    word number = slot_number(slot);
    CHECK(number >= FIRST_SLOT && number < FIRST_SLOT + ARENA_SLOTS);
    CHECK((word)slot % sizeof *slot == 0);
    return &marks[number - FIRST_SLOT];
}

/* ---- the list ----------------------------------------------------------------------------------------- */

static void check_list(void)
{
    struct slot *left = NULL;
    forest.count = 0;
    for (struct slot *slot = world_head(); slot; left = slot, slot = cdt_next(slot)) {
        uint32_t *mark = mark_of(in_list, slot);
        CHECK(*mark != stamp); /* acyclic */
        *mark = stamp;
        CHECK(cdt_prev(slot) == left);
        CHECK(!cap_is_empty(slot->cap) && cap_raw_type(slot->cap) != CAP_TEARDOWN);
        CHECK(forest.count < FOREST_MAX);
        *mark_of(index_in_list, slot) = forest.count;
        forest.list[forest.count++] = slot;
    }
}

static void check_parents(void)
{
    /* From right to left, so that the runs inside a run are known. */
    for (unsigned i = forest.count; i-- > 0;) {
        unsigned end = i + 1;
        while (end < forest.count && cdt_is_parent(forest.list[i]->cap, forest.list[end]->cap)) {
            unsigned inner = end + forest.descendants[end];
            end++;
            for (; end <= inner; end++)
                CHECK(cdt_is_parent(forest.list[i]->cap, forest.list[end]->cap));
        }
        forest.descendants[i] = end - i - 1;
        CHECK_EQ(cdt_has_children(forest.list[i]), forest.descendants[i] != 0);
    }
}

static void check_families(void)
{
    for (unsigned i = 1; i < forest.count; i++) {
        struct cap left = forest.list[i - 1]->cap, cap = forest.list[i]->cap;
        bool badged = (cap_raw_type(cap) == CAP_ENDPOINT || cap_raw_type(cap) == CAP_NOTIFICATION) &&
                      cap_badge(cap) != 0;
        bool same = identity_same(left, cap);
        if (cap.w0 & CAP_FAMILY)
            CHECK(badged);
        if (badged && (cap.w0 & CAP_ORIGINAL))
            CHECK(cap.w0 & CAP_FAMILY);
        if (badged && (!same || cap_badge(left) != cap_badge(cap)))
            CHECK(cap.w0 & CAP_FAMILY);
    }
}

/* ---- objects ------------------------------------------------------------------------------------------ */

static int by_identity(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    return identity_compare(identity_of(x->cap), identity_of(y->cap));
}

static int by_base(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    return x->base != y->base ? (x->base < y->base ? -1 : 1) : 0;
}

static bool is_untyped(const struct object *object)
{
    return cap_raw_type(object->cap) == CAP_UNTYPED;
}

/* One entry for each run of capabilities to one object. Two runs to the same object: an error. */
static void collect_objects(void)
{
    object_count = 0;
    for (unsigned i = 0; i < forest.count; i++) {
        struct slot *slot = forest.list[i];
        bool first = i == 0 || !identity_same(forest.list[i - 1]->cap, slot->cap);
        bool last = i + 1 == forest.count || !identity_same(forest.list[i + 1]->cap, slot->cap);
        CHECK_EQ(cdt_is_last(slot), first && last);
        if (slot->cap.w0 & CAP_DYING)
            CHECK(first && last);
        if (!first)
            continue;
        struct object *object = &objects[object_count++];
        *object = (struct object){.slot = slot, .cap = slot->cap};
        if (!cap_range(slot->cap, &object->base, &object->bytes))
            object->base = object->bytes = 0;
    }
    qsort(objects, object_count, sizeof *objects, by_identity);
    for (unsigned i = 1; i < object_count; i++)
        CHECK(is_untyped(&objects[i]) || by_identity(&objects[i - 1], &objects[i]) != 0);
}

/* Objects other than untypeds lie apart, aligned, and below the watermarks of the untypeds around them. */
static void check_memory(void)
{
    const struct object *left = NULL;
    qsort(objects, object_count, sizeof *objects, by_base);
    for (unsigned i = 0; i < object_count; i++) {
        const struct object *object = &objects[i];
        if (object->bytes == 0)
            continue;
        enum cap_type type = cap_raw_type(object->cap);
        CHECK_EQ(object->base % object_alignment(type, type == CAP_FRAME ? cap_frame_bits(object->cap) : 0),
                 0);
        if (!is_untyped(object)) {
            if (left)
                CHECK(left->base + left->bytes <= object->base);
            left = object;
        }
    }
    for (unsigned u = 0; u < object_count; u++) {
        if (!is_untyped(&objects[u]))
            continue;
        word base = objects[u].base, bytes = objects[u].bytes;
        word used = untyped_used(objects[u].slot), zeroed = objects[u].slot->aux[1] * (word)16;
        CHECK(used <= zeroed && zeroed <= bytes);
        if (!cap_untyped_device(objects[u].cap)) {
            ASAN_UNPOISON_MEMORY_REGION(window_pointer(base + used), zeroed - used);
            CHECK(memory_is_zero(window_pointer(base + used), zeroed - used));
        }
        for (unsigned i = 0; i < object_count; i++) {
            word at = objects[i].base, end = at + objects[i].bytes;
            if (i == u || objects[i].bytes == 0 || end <= base || at >= base + bytes)
                continue;
            bool inside = at >= base && end <= base + used;
            bool around =
                is_untyped(&objects[i]) && base >= at && base + bytes <= at + untyped_used(objects[i].slot);
            CHECK(inside || around);
        }
    }
}

/* ---- slots -------------------------------------------------------------------------------------------- */

static word slots_of(struct cap cap)
{
    if (cap_raw_type(cap) == CAP_CNODE)
        return (word)1 << (cap.w0 >> 8 & 31);
    return cap_raw_type(cap) == CAP_TCB ? TCB_SLOTS : 0;
}

static bool is_holder(const struct slot *slot)
{
    return cap_raw_type(slot->cap) == CAP_TEARDOWN;
}

/* Slots of one container; returns how many hold a capability. */
static unsigned check_slots(struct slot *slots, word count, const struct cap *self)
{
    unsigned found = 0;
    for (word i = 0; i < count; i++) {
        struct slot *slot = &slots[i];
        if (cap_is_empty(slot->cap)) {
            CHECK(memory_is_zero(slot, sizeof *slot));
            continue;
        }
        if (is_holder(slot)) {
            CHECK(i > 0);
            CHECK(slot->prev == 0 && slot->next == 0);
            CHECK(slot->aux[0] != 0 && ring_next(slot) != slot);
            continue;
        }
        CHECK_EQ(*mark_of(in_list, slot), stamp);
        if (i == 0 && self) { /* slot 0: only the dying container itself */
            CHECK(identity_compare(identity_of(slot->cap), identity_of(*self)) == 0);
            CHECK(slot->cap.w0 & CAP_DYING);
        }
        if (i > 0 && cap_raw_type(slot->cap) != CAP_UNTYPED && !slot->aux[0])
            CHECK(slot->aux[1] == 0);
        found++;
    }
    return found;
}

static void check_places(void)
{
    unsigned found = check_slots(world.boot, BOOT_SLOTS, NULL);
    for (unsigned i = 0; i < object_count; i++)
        if (slots_of(objects[i].cap))
            found += check_slots(cap_object(objects[i].cap), slots_of(objects[i].cap), &objects[i].cap);
    CHECK_EQ(found, forest.count);
}

/* ---- rings -------------------------------------------------------------------------------------------- */

static unsigned walk_ring(struct slot *start, void (*visit)(struct slot *, struct slot *))
{
    unsigned count = 0;
    struct slot *slot = start;
    do {
        uint32_t *mark = mark_of(in_ring, slot);
        CHECK(*mark != stamp); /* in one ring only, and the ring is one */
        *mark = stamp;
        CHECK(ring_prev(ring_next(slot)) == slot);
        visit(start, slot);
        count++;
        slot = ring_next(slot);
    } while (slot != start);
    return count;
}

static void visit_mapped(struct slot *anchor, struct slot *slot)
{
    if (slot == anchor)
        return;
    CHECK_EQ(*mark_of(in_list, slot), stamp);
    CHECK(cap_raw_type(slot->cap) == CAP_FRAME || cap_raw_type(slot->cap) == CAP_PAGE_TABLE);
    CHECK_EQ(cap_mapped_vspace(slot->cap), slot_number(anchor));
}

static bool is_dying_self(const struct slot *slot)
{
    return slots_of(slot->cap) && cap_object(slot->cap) == slot;
}

static unsigned holders, anchors;

static void visit_teardown(struct slot *start, struct slot *slot)
{
    (void)start;
    CHECK(is_holder(slot) || is_dying_self(slot));
    if (is_dying_self(slot))
        CHECK(slot->cap.w0 & CAP_DYING);
    holders += is_holder(slot);
    anchors += is_holder(slot) || slot->cap.w1 >> 63; /* caps/teardown.c marks its cursor */
}

static void check_rings(void)
{
    unsigned mapped = 0, in_rings = 0, all_holders = 0;
    holders = 0;
    for (unsigned i = 0; i < forest.count; i++) {
        struct slot *slot = forest.list[i];
        enum cap_type type = cap_raw_type(slot->cap);
        if ((type == CAP_FRAME || type == CAP_PAGE_TABLE) && cap_is_mapped(slot->cap))
            mapped++;
        else if (is_dying_self(slot) && *mark_of(in_ring, slot) != stamp) {
            anchors = 0;
            walk_ring(slot, visit_teardown);
            CHECK_EQ(anchors, 1);
        } else if (!is_dying_self(slot) && type != CAP_UNTYPED)
            CHECK(slot->aux[0] == 0 && slot->aux[1] == 0);
    }
    for (unsigned i = 0; i < object_count; i++)
        if (cap_raw_type(objects[i].cap) == CAP_VSPACE)
            in_rings += walk_ring(cap_object(objects[i].cap), visit_mapped) - 1;
    CHECK_EQ(in_rings, mapped);
    for (unsigned i = 0; i < object_count; i++)
        for (word j = 1; j < slots_of(objects[i].cap); j++)
            all_holders += is_holder((struct slot *)cap_object(objects[i].cap) + j);
    CHECK_EQ(holders, all_holders); /* each holder holds something */
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static void guard(void)
{
    ASAN_POISON_MEMORY_REGION(window_pointer(RAM_BASE), world.ram_end - RAM_BASE);
    for (unsigned i = 0; i < object_count; i++)
        if (objects[i].bytes && !is_untyped(&objects[i]) && objects[i].base >= RAM_BASE)
            ASAN_UNPOISON_MEMORY_REGION(window_pointer(objects[i].base), objects[i].bytes);
}

void forest_check(void)
{
    stamp++;
    check_list();
    check_parents();
    check_families();
    collect_objects();
    check_memory();
    check_places();
    check_rings();
    guard();
}

unsigned forest_index(const struct slot *slot)
{
    return *mark_of(in_list, slot) == stamp ? *mark_of(index_in_list, slot) : FOREST_MAX;
}

bool forest_is_dying(void)
{
    for (unsigned i = 0; i < forest.count; i++)
        if (forest.list[i]->cap.w0 & CAP_DYING)
            return true;
    for (unsigned i = 0; i < object_count; i++)
        for (word j = 1; j < slots_of(objects[i].cap); j++)
            if (is_holder((struct slot *)cap_object(objects[i].cap) + j))
                return true;
    return false;
}

uint64_t forest_digest(void)
{
    uint64_t digest = 14695981039346656037ull; /* FNV-1a over words */
    for (unsigned i = 0; i < forest.count; i++) {
        struct slot *slot = forest.list[i];
        bool untyped = cap_raw_type(slot->cap) == CAP_UNTYPED;
        uint64_t words[] = {(word)slot, slot->cap.w0, slot->cap.w1, untyped ? slot->aux[0] : 0};
        for (unsigned j = 0; j < 4; j++)
            digest = (digest ^ words[j]) * 1099511628211ull;
    }
    return digest;
}
