/*
 * tests/unit/model.h: capabilities as the rules say, without lists, links and bits.
 *
 * Objects hold slots, slots hold capabilities, each capability knows the one it was derived from: an
 * explicit tree. model_decode() says with which status an operation must be refused; model_apply() does it;
 * what a preemptible operation has done by the time it stops is read from the calls of object_finalise,
 * each of which must be one that the rules allow. model_compare() demands that caps/ is in the same state.
 */
#ifndef TESSERA_TESTS_UNIT_MODEL_H
#define TESSERA_TESTS_UNIT_MODEL_H

#include "tests/unit/world.h"

#define MODEL_CAPS    768
#define MODEL_OBJECTS 512
#define NOTHING       (-1)

/* The objects that model_begin() makes. */
#define MODEL_BOOT 0 /* the boot slots, as a container that never dies */
#define MODEL_ROOT 1 /* the root CNode */

struct model_object {
    unsigned long serial; /* numbers are used again, serials are not */
    bool live, dying;     /* dying: a container whose last capability is gone */
    enum tess_type type;
    word base, bytes; /* physical memory, or the number of what has none */
    word size;        /* as in the message that made it */
    bool device;      /* untyped, frame */
    word used;        /* untyped: bytes below the watermark */
    unsigned slots;   /* of a container */
    int *held;        /* the capability in each slot, or NOTHING */
    bool *holder;     /* a DELETE left something unfinished in this slot */
    unsigned caps;    /* capabilities to it */
};

struct model_cap {
    bool live;
    bool original; /* copies of it are its children */
    bool dying;    /* its deletion, the last, has begun: counts as null */
    int object;
    int parent; /* the capability it counts as derived from, or NOTHING */
    word rights, badge;
    int container; /* where it stands */
    unsigned index;
    int vspace; /* the VSpace in which it is mapped, or NOTHING */
};

struct place {
    int container;
    unsigned index;
};

enum model_kind {
    MODEL_CNODE,   /* label: enum tess_cnode_op, on the CNode at `target` */
    MODEL_UNTYPED, /* label: enum tess_untyped_op, on the untyped at `target` */
    MODEL_REVOKE,  /* of the capability at `place`, and ... */
    MODEL_CLEAR,   /* ... deletion of it: for places without an address, of boot and of TCBs */
};

struct operation {
    enum model_kind kind;
    word label;
    word target; /* address of the invoked capability; 0: what stands at `invoked` */
    int cspace;  /* the caller's CSpace: a CNode object, or NOTHING */
    word words[8];
    struct place invoked; /* where `target` leads */
    struct place place;   /* the slot operated on, the destination, the first destination */
    struct place source;
    int revoked; /* the capability whose children go */
};

struct model {
    struct model_object objects[MODEL_OBJECTS];
    struct model_cap caps[MODEL_CAPS];
};

extern struct model model;

/* The state after world_begin(). Then: boot has put a capability into a boot slot. */
void model_begin(void);
void model_boot(unsigned boot_slot);

/* What stands at a place, NOTHING if nothing or a holder; its type as users see it; is the slot empty? */
int model_at(struct place place);
enum tess_type model_type_at(struct place place);
bool model_is_empty(struct place place);

/* The CNode that a capability names, or NOTHING. */
int model_cnode_at(struct place place);

/* From places to slots and back. */
struct slot *model_slot(struct place place);
struct place model_place(const struct slot *slot);

/* An address, by the rules. On failure *unresolved is what remains. */
bool model_resolve(int cnode, word address, struct place *place, word *unresolved);

/* Is capability a derived, step by step, from b? */
bool model_is_under(int a, int b);

/* The steps of which everything is made. */
int model_object_new(enum tess_type type, word base, word bytes, word size);
int model_insert(struct place place, int object, int parent);
int model_derive(struct place source, struct place dest, word rights, word badge);
void model_move(struct place from, struct place to);
void model_remove(int cap);

/* The status with which the operation must be refused, or OK (model_ops.c). */
struct status model_decode(struct operation *operation);

/* What one invocation did: from its status, the record of finalisations, and the progress in words[5]. */
void model_apply(struct operation *operation, struct status status, word progress_before);

/* caps/ is in the same state: every slot, every mark, every parent (model_compare.c). After forest_check. */
void model_compare(void);

/* Is anything half deleted? */
bool model_is_dying(void);

#endif
