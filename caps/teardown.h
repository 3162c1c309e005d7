/*
 * caps/teardown.h: deletion and revocation (SPEC CN-6..CN-9).
 */
#ifndef TESSERA_CAPS_TEARDOWN_H
#define TESSERA_CAPS_TEARDOWN_H

#include "caps/slot.h"
#include "caps/status.h"

/* The slots of a TCB, which begins with them: a small CNode of its own (TH-2). */
enum tcb_slot {
    TCB_SLOT_SELF, /* as slot 0 of a CNode: null, or the dying container itself */
    TCB_SLOT_CSPACE,
    TCB_SLOT_VSPACE,
    TCB_SLOT_BUFFER,
    TCB_SLOT_FAULT,
    TCB_SLOT_TIMEOUT,
    TCB_SLOT_OLD, /* what another slot held, on its way out */
    TCB_SLOTS = 8,
};

/*
 * Empties the slot. OK when it is empty, or preempted: call again. An empty slot is no error. Caller: not
 * slot 0 of a container.
 */
struct status slot_delete(struct slot *slot);

/* Deletes all children of the capability in the slot. OK or preempted. */
struct status slot_revoke(struct slot *slot);

#endif
