/*
 * tests/unit/world.h: a small machine for caps/ on the host.
 *
 * Owns an arena at the fixed address of the physical window, the slots boot would fill, and a fake of the
 * four functions of caps/object.h, which can be told when to stop and which writes down what it was asked.
 *
 *   physical      what
 *   0x80000000    the window begins; nothing here, for slot number 0 is no slot
 *   0x80200000    BOOT_SLOTS slots that belong to no object, then the root CNode
 *   0x80400000    RAM for untyped memory, full of garbage; an address sanitizer guards what is not live
 *   0x1010000000  device registers, inside the window: no memory behind it, so a touch is a crash
 */
#ifndef TESSERA_TESTS_UNIT_WORLD_H
#define TESSERA_TESTS_UNIT_WORLD_H

#include "caps/cdt.h"
#include "caps/cnode.h"
#include "caps/cspace.h"
#include "caps/object.h"
#include "caps/ring.h"
#include "caps/teardown.h"
#include "caps/untyped.h"

#define DEVICE_BASE  0x1010000000ull
#define WINDOW_BASE  0x80000000ull
#define BOOT_BASE    0x80200000ull
#define ROOT_BASE    0x80201000ull
#define RAM_BASE     0x80400000ull
#define RAM_BYTES    0x01000000ull
#define BOOT_SLOTS   8u
#define ROOT_RADIX   8u
#define ROOT_SLOTS   (1u << ROOT_RADIX)
#define GARBAGE_BYTE 0xa5

/* What the fake kernel was asked. */
enum event_kind { EVENT_CREATE, EVENT_FINALISE, EVENT_CANCEL };

struct event {
    enum event_kind kind;
    struct slot *slot;  /* FINALISE */
    struct cap cap;     /* FINALISE, CANCEL: as it stood there */
    bool last, done;    /* FINALISE: what was asked, what was answered */
    enum cap_type type; /* CREATE */
    void *object;
    word size; /* CREATE: as in object_create; CANCEL: the progress it began with */
};

struct world {
    /* Orders. 0 means never, n means at the n-th time from now on, counted down. */
    unsigned preempt_at;     /* object_preempt says yes, once */
    bool preempt_always;     /* object_preempt says yes each time */
    unsigned preempt_one_in; /* object_preempt says yes by chance */
    unsigned refuse_at;      /* object_finalise and object_cancel_badge say not yet, once */
    unsigned refuse_one_in;

    /* Records, since world_forget(). */
    unsigned asks, finalises;
    struct event *events;
    unsigned event_count, event_room;

    struct slot *boot; /* boot[0] is never used, boot[1] is the head of the derivation list */
    struct slot *root; /* the slots of the root CNode */
    word ram_end;      /* no boot untyped lies beyond it */
    uint64_t random;   /* state of world_random() */
};

extern struct world world;

/* A fresh machine: the head of the list, the root CNode in root[1], and nothing else. */
void world_begin(void);

/* The first capability of the derivation list; never deleted. */
struct slot *world_head(void);

/* The caller's CSpace. */
struct cap world_cspace(void);

/* Puts a capability as boot does, original and right of the head, into a slot. */
struct slot *world_boot_cap(struct slot *slot, struct cap cap);

/* A boot untyped over RAM at RAM_BASE + offset, or over device registers at DEVICE_BASE + offset. */
struct slot *world_ram(struct slot *slot, word offset, word bytes);
struct slot *world_device(struct slot *slot, word offset, word bytes);

/* Forgets orders and records. */
void world_forget(void);

/* What a capability names, without its rights, badge and flags; written down apart from caps/cap.c. */
struct identity {
    word type, base, extent;
};
struct identity identity_of(struct cap cap);
int identity_compare(struct identity a, struct identity b);

/* Do both name one object? Two untyped capabilities never do, though one may be all of the other. */
bool identity_same(struct cap a, struct cap b);

/* Capabilities to the same object, counted along the whole list. */
unsigned world_count_same(struct cap cap);

/* Is every byte of it 0? */
bool memory_is_zero(const void *from, word bytes);

/*
 * One decode and, if it went well, one invocation. world_untyped takes the guards from the untyped's free
 * memory, keeps the progress in words[5], and checks that new frames are zero before it soils them.
 */
struct status world_cnode(word label, struct cap cnode, struct cap cspace, word *words);
struct status world_untyped(struct slot *untyped, word label, struct cap cspace, word *words);

/* The same with arguments written out; the CSpace is the root CNode. Preempted: not resumed. */
struct status world_copy(word dest, word source, word rights);
struct status world_mint(word dest, word source, word rights, word badge);
struct status world_move(word dest, word source);
struct status world_swap(word a, word b);
struct status world_delete(word slot);
struct status world_revoke(word slot);
struct status world_retype(word untyped, enum tess_type type, word size, word first, word count);

/* Until they are no longer preempted; each entry counts in *entries, if there is one. */
struct status world_delete_all(word slot, unsigned *entries);
struct status world_revoke_all(word slot, unsigned *entries);
struct status world_retype_all(word untyped, enum tess_type type, word size, word first, word count);

/* What a VSpace does: its anchor's ring holds the mapped capability. */
void world_map(struct slot *slot, struct slot *vspace_anchor, word address);
void world_unmap(struct slot *slot);

/* Numbers by chance, the same for the same seed. */
uint64_t world_random(uint64_t below);

#endif
