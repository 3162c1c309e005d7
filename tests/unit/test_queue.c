/* sources: kernel/queue.c */
/*
 * tests/unit/test_queue.c: the queue of threads and contexts against a sorted array (SPEC EP-4, SC-8): order,
 * arrival among equals, the first, whoever comes next, and the balance that keeps every walk short, which no
 * program on the machine can see.
 */
#include "kernel/queue.h"
#include "tests/unit/unit.h"

#define NODES 64

static struct queue queue;
static struct queue_node nodes[NODES];
static struct queue_node *order[NODES]; /* as the queue should have them */
static unsigned count;

/* The height of the subtree; checks its links and its balance. */
static int check_subtree(const struct queue_node *node, const struct queue_node *parent)
{
    if (!node)
        return -1;
    CHECK(node->parent == parent);
    int left = check_subtree(node->child[0], node), right = check_subtree(node->child[1], node);
    CHECK(left - right <= 1 && right - left <= 1);
    int height = (left > right ? left : right) + 1;
    CHECK_EQ(node->height, height);
    return height;
}

static void check_queue(void)
{
    check_subtree(queue.root, NULL);
    CHECK(queue.first == (count ? order[0] : NULL));
    const struct queue_node *node = queue.first;
    for (unsigned i = 0; i < count; i++) {
        CHECK(node == order[i]);
        node = queue_next(node);
    }
    CHECK(!node);
    for (word key = 0; key < 24; key++) {
        unsigned i = 0;
        while (i < count && order[i]->key <= key)
            i++;
        CHECK(queue_above(&queue, key) == (i < count ? order[i] : NULL));
    }
}

static void insert(struct queue_node *node, word key)
{
    unsigned at = count++;
    for (; at > 0 && order[at - 1]->key > key; at--)
        order[at] = order[at - 1];
    order[at] = node;
    queue_insert(&queue, node, key);
    check_queue();
}

static void remove_at(unsigned at)
{
    queue_remove(&queue, order[at]);
    for (count--; at < count; at++)
        order[at] = order[at + 1];
    check_queue();
}

static uint32_t random_state = 1;

static unsigned random_below(unsigned end)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % end;
}

/* Fills up to so many, and empties again, at random places and with many equal keys. */
static void mixed_rounds(void)
{
    for (unsigned most = 1; most <= NODES; most++) {
        for (unsigned i = 0; i < most; i++)
            insert(&nodes[i], random_below(20));
        for (unsigned i = 0; i < most; i++) {
            unsigned at = random_below(count);
            struct queue_node *node = order[at];
            remove_at(at);
            if (random_below(2))
                insert(node, random_below(20)), remove_at(random_below(count));
        }
    }
}

/* Ascending, descending, from the front and from the back: each kind of rotation, at each height. */
static void sorted_rounds(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        for (unsigned i = 0; i < NODES; i++)
            insert(&nodes[i], kind % 2 ? i : NODES - i);
        while (count)
            remove_at(kind / 2 ? count - 1 : 0);
    }
}

static const struct unit_test TESTS[] = {
    {"EP-4 a queue filled and emptied in order", sorted_rounds},
    {"EP-4 a queue filled and emptied at random", mixed_rounds},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
