/*
 * caps/untyped.h: the operations of untyped memory (SPEC UT).
 */
#ifndef TESSERA_CAPS_UNTYPED_H
#define TESSERA_CAPS_UNTYPED_H

#include "caps/slot.h"
#include "caps/status.h"

struct untyped_args {
    enum tess_untyped_op op;
    struct slot *untyped;
    enum cap_type type; /* RETYPE */
    word size;          /* as in the message */
    struct slot *first; /* first destination */
    word count;
};

/* Bytes below the watermark. */
word untyped_used(const struct slot *untyped);

/* Checks everything but that all destinations are empty, which RETYPE does in bounded steps first. */
struct status untyped_decode(struct untyped_args *args, word label, struct slot *untyped, struct cap cspace,
                             const word *words);

/*
 * RETYPE keeps its progress in *progress (message word 5, 0 at first) and may be preempted; it fails
 * with OCCUPIED before it made anything. Call again with the same arguments and progress.
 */
struct status untyped_invoke(const struct untyped_args *args, word *progress);

#endif
