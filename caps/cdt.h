/*
 * caps/cdt.h: the derivation list (SPEC CDT).
 *
 * All capabilities derived from one another stand in one doubly linked list, a parent somewhere left
 * of its children, the children of a capability in one run right after it. Parenthood is not stored:
 * it follows from the capabilities and their ORIGINAL and FAMILY flags.
 */
#ifndef TESSERA_CAPS_CDT_H
#define TESSERA_CAPS_CDT_H

#include "caps/slot.h"

/* The neighbours, or NULL. */
struct slot *cdt_prev(const struct slot *slot);
struct slot *cdt_next(const struct slot *slot);

/* Puts cap into `slot`, right of `left`; left == NULL begins a new list. Caller: slot empty. */
void cdt_insert(struct slot *left, struct slot *slot, struct cap cap);

/* Takes the capability out and empties the slot. Caller: not in a ring. */
void cdt_remove(struct slot *slot);

/* The capability, its place in the list and in its ring go from one slot to another. Caller: `to` empty. */
void cdt_move(struct slot *from, struct slot *to);

/* Exchanges two occupied slots, each capability keeping its place. */
void cdt_swap(struct slot *a, struct slot *b);

/* Is c a child of p? Caller: c stands right of p, and everything between is a child of p. */
bool cdt_is_parent(struct cap p, struct cap c);

bool cdt_has_children(const struct slot *slot);

/* Is this the last capability to its object? All of them stand side by side, so two looks decide. */
bool cdt_is_last(const struct slot *slot);

#endif
