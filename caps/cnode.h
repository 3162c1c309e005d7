/*
 * caps/cnode.h: the operations of a CNode (SPEC CN).
 */
#ifndef TESSERA_CAPS_CNODE_H
#define TESSERA_CAPS_CNODE_H

#include "caps/slot.h"
#include "caps/status.h"

struct cnode_args {
    enum tess_cnode_op op;
    struct slot *slot;   /* the slot operated on: the destination, where there is a source */
    struct slot *source; /* COPY, MINT, MOVE, SWAP */
    struct cap cap;      /* COPY, MINT: what the destination will hold */
};

/* Checks everything. cnode: the invoked capability; cspace: the caller's; words: message words 0-7. */
struct status cnode_decode(struct cnode_args *args, word label, struct cap cnode, struct cap cspace,
                           const word *words);

/*
 * Cannot fail. Preempts: DELETE, REVOKE, CANCEL; then it is to be decoded and invoked again. CANCEL
 * keeps its place in *progress, message word 1.
 */
struct status cnode_invoke(const struct cnode_args *args, word *progress);

#endif
