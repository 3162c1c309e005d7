/*
 * caps/cnode.c: copy, mint, move, swap, delete, revoke and cancel (SPEC CN-1..CN-10).
 */
#include "caps/cnode.h"

#include "caps/cdt.h"
#include "caps/cspace.h"
#include "caps/object.h"
#include "caps/teardown.h"

/* Message words of an operation with a source. */
enum { WORD_DEST, WORD_SOURCE_CNODE, WORD_SOURCE, WORD_RIGHTS, WORD_BADGE };

static struct status decode_source(struct cnode_args *args, struct cap cspace, const word *words)
{
    struct cap root = cspace;
    if (words[WORD_SOURCE_CNODE] != TESS_NULL) {
        struct slot *cnode;
        TRY(cspace_lookup_type(cspace, words[WORD_SOURCE_CNODE], TESS_ARG_WORD(WORD_SOURCE_CNODE), CAP_CNODE,
                               &cnode));
        root = cnode->cap;
    }
    TRY(cspace_lookup(root, words[WORD_SOURCE], TESS_ARG_WORD(WORD_SOURCE), &args->source));
    if (cap_type(args->source->cap) == CAP_NULL)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(WORD_SOURCE), CAP_NULL);
    return STATUS_OK;
}

/* CN-3: the capability COPY and MINT make. */
static struct status decode_derived(struct cnode_args *args, word badge, word rights)
{
    struct cap source = args->source->cap;
    if (!cap_can_derive(source)) /* CDT-6 */
        return status_fail(TESS_ERR_DERIVE, TESS_ARG_WORD(WORD_SOURCE), cap_type(source));
    if (rights > TESS_RIGHTS_ALL)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(WORD_RIGHTS), TESS_RIGHTS_ALL);
    args->cap = cap_derive(source, rights);
    if (badge == 0)
        return STATUS_OK;
    enum cap_type type = cap_type(source);
    if (type != CAP_ENDPOINT && type != CAP_NOTIFICATION)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(WORD_BADGE), 0);
    if (cap_badge(source) != 0) /* CN-4: a badge, once given, stays */
        return status_fail(TESS_ERR_DERIVE, TESS_ARG_WORD(WORD_SOURCE), type);
    args->cap.w1 = badge;
    args->cap.w0 |= CAP_ORIGINAL | CAP_FAMILY; /* CDT-4 */
    return STATUS_OK;
}

struct status cnode_decode(struct cnode_args *args, word label, struct cap cnode, struct cap cspace,
                           const word *words)
{
    if (label < TESS_CNODE_COPY || label > TESS_CNODE_CANCEL)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    args->op = (enum tess_cnode_op)label;
    TRY(cspace_lookup(cnode, words[WORD_DEST], TESS_ARG_WORD(WORD_DEST), &args->slot));
    struct cap dest = args->slot->cap;

    switch (args->op) {
    case TESS_CNODE_COPY:
    case TESS_CNODE_MINT:
    case TESS_CNODE_MOVE:
        if (!cap_is_empty(dest))
            return status_fail(TESS_ERR_OCCUPIED, TESS_ARG_WORD(WORD_DEST), 0);
        TRY(decode_source(args, cspace, words));
        if (args->op == TESS_CNODE_MOVE)
            return STATUS_OK;
        return decode_derived(args, args->op == TESS_CNODE_MINT ? words[WORD_BADGE] : 0, words[WORD_RIGHTS]);
    case TESS_CNODE_SWAP:
        if (cap_type(dest) == CAP_NULL)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(WORD_DEST), CAP_NULL);
        return decode_source(args, cspace, words);
    case TESS_CNODE_DELETE:
        return STATUS_OK;
    case TESS_CNODE_REVOKE:
        if (cap_type(dest) == CAP_NULL)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(WORD_DEST), CAP_NULL);
        return STATUS_OK;
    case TESS_CNODE_CANCEL: /* CN-10 */
        if (cap_type(dest) != CAP_ENDPOINT)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(WORD_DEST), cap_type(dest));
        if (cap_badge(dest) == 0)
            return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(WORD_DEST), 0);
        return STATUS_OK;
    }
    return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
}

/* commit */

struct status cnode_invoke(const struct cnode_args *args, word *progress)
{
    switch (args->op) {
    case TESS_CNODE_COPY:
    case TESS_CNODE_MINT: /* right of its source, so among its siblings and children (CDT-5) */
        cdt_insert(args->source, args->slot, args->cap);
        return STATUS_OK;
    case TESS_CNODE_MOVE:
        cdt_move(args->source, args->slot);
        return STATUS_OK;
    case TESS_CNODE_SWAP:
        if (args->source != args->slot)
            cdt_swap(args->source, args->slot);
        return STATUS_OK;
    case TESS_CNODE_DELETE:
        return slot_delete(args->slot);
    case TESS_CNODE_REVOKE:
        return slot_revoke(args->slot);
    case TESS_CNODE_CANCEL:
        return object_cancel_badge(args->slot->cap, progress) ? STATUS_OK : status_preempted();
    }
    return STATUS_OK;
}
