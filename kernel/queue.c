/*
 * kernel/queue.c: a height-balanced binary tree with parent pointers (Adelson-Velsky and Landis, 1962).
 *
 * The heights of two sibling subtrees differ by at most one, so a queue of n has at most 1.45 log2(n)
 * levels, and every loop here runs at most that often. Nothing recurses. (SPEC EP-4, SC-8)
 */
#include "kernel/queue.h"

enum { LEFT, RIGHT };

static int height(const struct queue_node *node)
{
    return node ? node->height : -1;
}

static void measure(struct queue_node *node)
{
    int left = height(node->child[LEFT]), right = height(node->child[RIGHT]);
    node->height = (int8_t)((left > right ? left : right) + 1);
}

/* `with` takes the place of `node` under its parent. */
static void replace(struct queue *queue, struct queue_node *node, struct queue_node *with)
{
    struct queue_node *parent = node->parent;
    if (!parent)
        queue->root = with;
    else
        parent->child[parent->child[RIGHT] == node] = with;
    if (with)
        with->parent = parent;
}

/* The child on the other side rises, the node sinks to `side`. Returns the one now on top. */
static struct queue_node *rotate(struct queue *queue, struct queue_node *node, int side)
{
    struct queue_node *riser = node->child[!side];
    struct queue_node *middle = riser->child[side];

    replace(queue, node, riser);
    riser->child[side] = node;
    node->parent = riser;
    node->child[!side] = middle;
    if (middle)
        middle->parent = node;
    measure(node);
    measure(riser);
    return riser;
}

/* Restores the balance from here to the root. */
static void rebalance(struct queue *queue, struct queue_node *node)
{
    while (node) {
        int tilt = height(node->child[RIGHT]) - height(node->child[LEFT]);
        int before = node->height;
        if (tilt > 1 || tilt < -1) {
            int heavy = tilt > 1 ? RIGHT : LEFT;
            struct queue_node *child = node->child[heavy];
            if (height(child->child[!heavy]) > height(child->child[heavy]))
                rotate(queue, child, heavy);
            node = rotate(queue, node, !heavy);
        } else {
            measure(node);
            if (node->height == before)
                return;
        }
        node = node->parent;
    }
}

void queue_insert(struct queue *queue, struct queue_node *node, word key)
{
    if (!queue->root) { /* the common case */
        *node = (struct queue_node){.key = key};
        queue->root = queue->first = node;
        return;
    }
    struct queue_node *parent = NULL, **place = &queue->root;
    bool first = true;

    while (*place) {
        parent = *place;
        int side = key >= parent->key ? RIGHT : LEFT; /* behind its equals */
        first = first && side == LEFT;
        place = &parent->child[side];
    }
    *node = (struct queue_node){.parent = parent, .key = key};
    *place = node;
    if (first)
        queue->first = node;
    rebalance(queue, parent);
}

struct queue_node *queue_next(const struct queue_node *node)
{
    if (node->child[RIGHT]) {
        node = node->child[RIGHT];
        while (node->child[LEFT])
            node = node->child[LEFT];
        return (struct queue_node *)node;
    }
    while (node->parent && node->parent->child[RIGHT] == node)
        node = node->parent;
    return node->parent;
}

void queue_remove(struct queue *queue, struct queue_node *node)
{
    struct queue_node *start; /* where the tree lost height */

    if (queue->root == node && node->height == 0) { /* the common case */
        queue->root = queue->first = NULL;
        return;
    }
    if (queue->first == node)
        queue->first = queue_next(node);
    if (node->child[LEFT] && node->child[RIGHT]) {
        struct queue_node *heir = queue_next(node); /* has no left child */
        start = heir->parent == node ? heir : heir->parent;
        if (heir->parent != node) {
            replace(queue, heir, heir->child[RIGHT]);
            heir->child[RIGHT] = node->child[RIGHT];
            heir->child[RIGHT]->parent = heir;
        }
        replace(queue, node, heir);
        heir->child[LEFT] = node->child[LEFT];
        heir->child[LEFT]->parent = heir;
        heir->height = node->height;
    } else {
        start = node->parent;
        replace(queue, node, node->child[node->child[LEFT] ? LEFT : RIGHT]);
    }
    *node = (struct queue_node){.parent = NULL};
    rebalance(queue, start);
}

struct queue_node *queue_above(const struct queue *queue, word key)
{
    struct queue_node *node = queue->root, *best = NULL;

    while (node) {
        if (node->key > key) {
            best = node;
            node = node->child[LEFT];
        } else {
            node = node->child[RIGHT];
        }
    }
    return best;
}
