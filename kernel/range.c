/*
 * kernel/range.c: map, change rights and unmap over a run of frame capabilities (SPEC VM-15, VM-16).
 */
#include "caps/cspace.h"
#include "caps/object.h"
#include "kernel/vspace.h"

enum { WORD_CNODE, WORD_FIRST, WORD_COUNT, WORD_ADDRESS, WORD_RIGHTS, WORD_ATTRIBUTES, WORD_PROGRESS };

#define STEP 16u /* slots between two looks at pending interrupts */

static struct status range_decode(struct cap cspace, const word *words, struct slot **first)
{
    struct cap root = cspace;
    word room;
    if (words[WORD_CNODE] != TESS_NULL) {
        struct slot *cnode;
        TRY(cspace_lookup_type(cspace, words[WORD_CNODE], TESS_ARG_WORD(WORD_CNODE), CAP_CNODE, &cnode));
        root = cnode->cap;
    }
    TRY(cspace_lookup_run(root, words[WORD_FIRST], TESS_ARG_WORD(WORD_FIRST), first, &room));
    word count = words[WORD_COUNT];
    if (count < 1 || count > room)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_COUNT), count < 1 ? 1 : room);
    if (words[WORD_PROGRESS] > count)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_PROGRESS), count);
    return STATUS_OK;
}

/* The arguments of MAP_RANGE stand two words behind those of MAP: an error of the one is one of the other. */
static struct status range_map(struct vspace *vspace, struct slot *slot, const word *words)
{
    if (cap_type(slot->cap) != CAP_FRAME)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(WORD_FIRST), 0);
    word address = words[WORD_ADDRESS] + (words[WORD_PROGRESS] << cap_frame_bits(slot->cap));
    struct status status = frame_map(slot, vspace, address, words[WORD_RIGHTS], words[WORD_ATTRIBUTES]);
    if (status.code != TESS_OK)
        status.code += 2 << 8;
    return status;
}

static struct status range_step(struct vspace *vspace, struct slot *slot, word label, const word *words)
{
    if (label == TESS_VSPACE_MAP_RANGE)
        return range_map(vspace, slot, words);
    if (cap_type(slot->cap) != CAP_FRAME || cap_mapped_vspace(slot->cap) != slot_number(&vspace->anchor))
        return STATUS_OK;
    if (label == TESS_VSPACE_UNMAP_RANGE) {
        frame_unmap(slot);
        return STATUS_OK;
    }
    struct status status = frame_protect(slot, words[WORD_RIGHTS], TESS_ARG_WORD(WORD_RIGHTS));
    if (TESS_STATUS_ERROR(status.code) == TESS_ERR_UNMAPPED) /* cut off (VM-6) */
        return STATUS_OK;
    return status;
}

static struct status range_run(struct vspace *vspace, struct slot *first, word label, word *words)
{
    while (words[WORD_PROGRESS] < words[WORD_COUNT]) {
        struct status status = range_step(vspace, &first[words[WORD_PROGRESS]], label, words);
        if (status.code != TESS_OK)
            return (struct status){status.code, words[WORD_PROGRESS]};
        if (++words[WORD_PROGRESS] % STEP == 0 && object_preempt())
            return status_preempted();
    }
    return STATUS_OK;
}

struct status vspace_invoke(struct vspace *vspace, word label, struct tcb *caller)
{
    word *words = caller->registers.words;
    struct slot *first;

    if (label < TESS_VSPACE_MAP_RANGE || label > TESS_VSPACE_UNMAP_RANGE)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    TRY(range_decode(tcb_cspace(caller), words, &first));
    /* commit, slot by slot */
    struct status status = range_run(vspace, first, label, words);
    vspace_fence_instructions(words[WORD_RIGHTS]);
    return status;
}
