/* sources: tests/unit/world.c tests/unit/forest.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_family.c: who is whose child among the capabilities to one endpoint (SPEC CDT-3..CDT-8),
 * after every sequence of a few copies, mints with two badges, deletions and swaps in six slots.
 *
 * The expectation is a tree of its own: the parent of each capability, written down when it is made.
 */
#include "tests/unit/forest.h"
#include "tests/unit/unit.h"

#define SLOTS  6
#define FIRST  10 /* root slot of the original */
#define DEPTH  6
#define NOBODY (-1)

struct tree {
    bool live[SLOTS], original[SLOTS];
    int parent[SLOTS]; /* a slot, or NOBODY: the untyped */
    word badge[SLOTS];
};

/* The slots of the test, the untyped, and the head: all whose links change. */
struct saved {
    struct slot slots[FIRST + SLOTS], boot[BOOT_SLOTS];
};

static unsigned long states;

static bool is_under(const struct tree *tree, int child, int above)
{
    for (int i = tree->parent[child]; i != NOBODY; i = tree->parent[i])
        if (i == above)
            return true;
    return false;
}

/* What stands under each capability is what the tree says, in one run right of it. */
static void compare(const struct tree *tree)
{
    states++;
    for (int i = 0; i < SLOTS; i++) {
        const struct slot *slot = &world.root[FIRST + i];
        unsigned expected = 0, found = 0;
        CHECK_EQ(!cap_is_empty(slot->cap), tree->live[i]);
        if (!tree->live[i])
            continue;
        CHECK_EQ(cap_badge(slot->cap), tree->badge[i]);
        for (int j = 0; j < SLOTS; j++)
            expected += tree->live[j] && is_under(tree, j, i);
        for (struct slot *at = cdt_next(slot); at && cdt_is_parent(slot->cap, at->cap); at = cdt_next(at)) {
            CHECK(is_under(tree, (int)(at - world.root) - FIRST, i));
            found++;
        }
        CHECK_EQ(found, expected);
    }
}

static int free_slot(const struct tree *tree)
{
    for (int i = 0; i < SLOTS; i++)
        if (!tree->live[i])
            return i;
    return NOBODY;
}

static void derive(struct tree *tree, int from, word badge)
{
    int to = free_slot(tree);
    CHECK_EQ(world_mint((word)(FIRST + to), (word)(FIRST + from), 15, badge).code, TESS_OK);
    tree->live[to] = true;
    tree->original[to] = badge != 0;
    tree->badge[to] = badge ? badge : tree->badge[from];
    tree->parent[to] = tree->original[from] ? from : tree->parent[from];
}

static void erase(struct tree *tree, int at)
{
    CHECK_EQ(world_delete((word)(FIRST + at)).code, TESS_OK);
    tree->live[at] = false;
    for (int i = 0; i < SLOTS; i++)
        if (tree->live[i] && tree->parent[i] == at)
            tree->parent[i] = tree->parent[at];
}

static void swap(struct tree *tree, int a, int b)
{
    struct tree old = *tree;
    CHECK_EQ(world_swap((word)(FIRST + a), (word)(FIRST + b)).code, TESS_OK);
    for (int i = 0; i < SLOTS; i++) {
        int from = i == a ? b : i == b ? a : i;
        int parent = old.parent[from];
        tree->live[i] = old.live[from];
        tree->original[i] = old.original[from];
        tree->badge[i] = old.badge[from];
        tree->parent[i] = parent == a ? b : parent == b ? a : parent;
    }
}

static void save(struct saved *saved)
{
    memcpy(saved->slots, world.root, sizeof saved->slots);
    memcpy(saved->boot, world.boot, sizeof saved->boot);
    world_forget();
}

static void restore(const struct saved *saved)
{
    memcpy(world.root, saved->slots, sizeof saved->slots);
    memcpy(world.boot, saved->boot, sizeof saved->boot);
}

static void explore(const struct tree *tree, unsigned depth);

/* One operation from this state, everything that can follow, and back. */
#define TRY_OUT(operation)                                                                                   \
    do {                                                                                                     \
        struct tree next = *tree;                                                                            \
        operation;                                                                                           \
        explore(&next, depth + 1);                                                                           \
        restore(&saved);                                                                                     \
    } while (0)

static void explore(const struct tree *tree, unsigned depth)
{
    struct saved saved;
    compare(tree);
    if (depth == DEPTH)
        return;
    save(&saved);
    for (int i = 0; i < SLOTS; i++) {
        if (!tree->live[i])
            continue;
        if (free_slot(tree) != NOBODY)
            for (word badge = 0; badge <= (tree->badge[i] ? 0 : 2); badge++)
                TRY_OUT(derive(&next, i, badge));
        TRY_OUT(erase(&next, i));
        for (int j = i + 1; j < SLOTS; j++)
            if (tree->live[j])
                TRY_OUT(swap(&next, i, j));
    }
}

static void every_sequence(void)
{
    struct tree tree = {.live = {true}, .original = {true}, .parent = {NOBODY}};
    world_begin();
    world_ram(&world.root[2], 0, 4096);
    CHECK_EQ(world_retype_all(2, TESS_TYPE_ENDPOINT, 0, FIRST, 1).code, TESS_OK);
    explore(&tree, 0);
    printf("# %lu states\n", states);
    CHECK(states > 10000);
}

static const struct unit_test TESTS[] = {
    {"CDT-4 every sequence of six operations on one endpoint", every_sequence},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
