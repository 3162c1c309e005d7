/*
 * kernel/queue.h: one intrusive balanced tree for every ordered queue.
 *
 * Waiting threads (priority, then arrival) and deadlines (time, then arrival). Insertion and removal
 * are O(log n), the first element is at hand, and a queue of one costs a comparison. No memory of its
 * own: the node lies in the object that waits.
 */
#ifndef TESSERA_KERNEL_QUEUE_H
#define TESSERA_KERNEL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "caps/cap.h"

struct queue_node {
    struct queue_node *parent, *child[2];
    word key;      /* smaller is earlier; equal keys keep their order of insertion */
    int8_t height; /* of the subtree: a leaf has 0 */
};

struct queue {
    struct queue_node *root, *first;
};

/* A node in no queue has null links and height 0: but for its key, a tree of one needs no writing. */
void queue_insert(struct queue *queue, struct queue_node *node, word key);
void queue_remove(struct queue *queue, struct queue_node *node);

/* In order of keys; NULL after the last. */
struct queue_node *queue_next(const struct queue_node *node);

/* The first node with a key above this one, or NULL. */
struct queue_node *queue_above(const struct queue *queue, word key);

#define queue_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

#endif
