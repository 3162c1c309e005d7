/*
 * tests/unit/model_ops.c: what each operation does to the reference model, and when it is refused.
 */
#include "tests/unit/model.h"

#include "tests/unit/unit.h"

/* ---- refusals ---------------------------------------------------------------------------------------- */

static struct status locate(int cnode, word address, unsigned argument, struct place *place)
{
    word unresolved;
    if (!model_resolve(cnode, address, place, &unresolved))
        return status_fail(TESS_ERR_ADDRESS, argument, unresolved);
    return STATUS_OK;
}

static struct status decode_source(struct operation *operation)
{
    int root = operation->cspace;
    if (operation->words[1] != TESS_NULL) {
        struct place cnode;
        TRY(locate(operation->cspace, operation->words[1], TESS_ARG_WORD(1), &cnode));
        root = model_cnode_at(cnode);
        if (root == NOTHING)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(1), model_type_at(cnode));
    }
    TRY(locate(root, operation->words[2], TESS_ARG_WORD(2), &operation->source));
    if (model_type_at(operation->source) == TESS_TYPE_NULL)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(2), TESS_TYPE_NULL);
    return STATUS_OK;
}

static struct status decode_derived(const struct operation *operation)
{
    enum tess_type type = model_type_at(operation->source);
    word rights = operation->words[3];
    word badge = operation->label == TESS_CNODE_MINT ? operation->words[4] : 0;
    if (type == TESS_TYPE_UNTYPED || type == TESS_TYPE_PAGE_TABLE || type == TESS_TYPE_IRQ_CONTROL)
        return status_fail(TESS_ERR_DERIVE, TESS_ARG_WORD(2), type);
    if (rights > TESS_RIGHTS_ALL)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(3), TESS_RIGHTS_ALL);
    if (badge && type != TESS_TYPE_ENDPOINT && type != TESS_TYPE_NOTIFICATION)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(4), 0);
    if (badge && model.caps[model_at(operation->source)].badge != 0)
        return status_fail(TESS_ERR_DERIVE, TESS_ARG_WORD(2), type);
    return STATUS_OK;
}

static struct status decode_cnode(struct operation *operation, int cnode)
{
    word label = operation->label;
    if (label < TESS_CNODE_COPY || label > TESS_CNODE_CANCEL)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    TRY(locate(cnode, operation->words[0], TESS_ARG_WORD(0), &operation->place));
    enum tess_type type = model_type_at(operation->place);
    bool needs_capability = label == TESS_CNODE_SWAP || label == TESS_CNODE_REVOKE;

    if (label <= TESS_CNODE_MOVE && !model_is_empty(operation->place))
        return status_fail(TESS_ERR_OCCUPIED, TESS_ARG_WORD(0), 0);
    if (needs_capability && type == TESS_TYPE_NULL)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    if (label == TESS_CNODE_CANCEL && type != TESS_TYPE_ENDPOINT)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(0), type);
    if (label == TESS_CNODE_CANCEL && model.caps[model_at(operation->place)].badge == 0)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    if (label == TESS_CNODE_REVOKE)
        operation->revoked = model_at(operation->place);
    if (label > TESS_CNODE_SWAP)
        return STATUS_OK;
    TRY(decode_source(operation));
    return label <= TESS_CNODE_MINT ? decode_derived(operation) : STATUS_OK;
}

/* Bytes and alignment of what retype would make, or the refusal of its size (UT-3, UT-5). */
static struct status decode_size(word type, word size, word *bytes, word *alignment)
{
    struct bounds {
        word low, high, bytes, each, alignment;
    };
    static const struct bounds table[TESS_TYPE_COUNT] = {
        [TESS_TYPE_TCB] = {0, 0, TESS_TCB_BYTES, 0, 64},
        [TESS_TYPE_ENDPOINT] = {0, 0, TESS_ENDPOINT_BYTES, 0, 32},
        [TESS_TYPE_NOTIFICATION] = {0, 0, TESS_NOTIFICATION_BYTES, 0, 64},
        [TESS_TYPE_REPLY] = {0, 0, TESS_REPLY_BYTES, 0, 64},
        [TESS_TYPE_SCHED_CONTEXT] = {2, 64, TESS_SCHED_CONTEXT_BYTES - 32, 16, 64},
        [TESS_TYPE_PAGE_TABLE] = {0, 0, 4096, 0, 4096},
        [TESS_TYPE_VSPACE] = {0, 0, TESS_VSPACE_BYTES, 0, 128},
        [TESS_TYPE_FP] = {0, 0, TESS_FP_BYTES, 0, 64},
        [TESS_TYPE_TIMER] = {0, 0, TESS_TIMER_BYTES, 0, 64},
        [TESS_TYPE_CNODE] = {1, 20, 0, 0, 32},
        [TESS_TYPE_UNTYPED] = {16, TESS_UNTYPED_MAX, 0, 1, 16},
        [TESS_TYPE_FRAME] = {12, 30, 0, 0, 4096},
    };
    if (type >= TESS_TYPE_COUNT || table[type].alignment == 0)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    const struct bounds *bounds = &table[type];
    if (type == TESS_TYPE_FRAME && size != 12 && size != 21 && size != 30)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(1), 0);
    if (type == TESS_TYPE_UNTYPED && size % 16)
        return status_fail(TESS_ERR_ALIGNMENT, TESS_ARG_WORD(1), 16);
    if (size < bounds->low || size > bounds->high)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(1), size < bounds->low ? bounds->low : bounds->high);
    *bytes = bounds->bytes + bounds->each * size;
    *alignment = bounds->alignment;
    if (type == TESS_TYPE_CNODE)
        *bytes = (word)TESS_SLOT_BYTES << size;
    if (type == TESS_TYPE_FRAME)
        *bytes = *alignment = (word)1 << size;
    return STATUS_OK;
}

static word round_up(word value, word alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

/* Places the objects one by one, as retype would. */
static bool fits(const struct model_object *untyped, word bytes, word alignment, word count)
{
    word at = untyped->base + untyped->used;
    for (word i = 0; i < count; i++) {
        at = round_up(at, alignment) + bytes;
        if (at > untyped->base + untyped->bytes)
            return false;
    }
    return true;
}

static struct status decode_retype(struct operation *operation, const struct model_object *untyped)
{
    const word *words = operation->words;
    word bytes, alignment, count = words[4], progress = words[5];
    TRY(decode_size(words[0], words[1], &bytes, &alignment));
    if (untyped->device && words[0] != TESS_TYPE_UNTYPED && words[0] != TESS_TYPE_FRAME)
        return status_fail(TESS_ERR_ARGUMENT, TESS_ARG_WORD(0), 0);
    struct place cnode;
    TRY(locate(operation->cspace, words[2], TESS_ARG_WORD(2), &cnode));
    if (model_cnode_at(cnode) == NOTHING)
        return status_fail(TESS_ERR_TYPE, TESS_ARG_WORD(2), model_type_at(cnode));
    TRY(locate(model_cnode_at(cnode), words[3], TESS_ARG_WORD(3), &operation->place));
    word room = model.objects[operation->place.container].slots - operation->place.index;
    if (count == 0 || count > room)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(4), count ? room : 1);
    if (progress > 2 * count)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_WORD(5), 2 * count);
    if (!fits(untyped, bytes, alignment, progress > count ? 2 * count - progress : count))
        return status_fail(TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, untyped->bytes - untyped->used);
    return STATUS_OK;
}

static struct status decode_untyped(struct operation *operation)
{
    int cap = model_at(operation->invoked);
    if (operation->label == TESS_UNTYPED_RETYPE)
        return decode_retype(operation, &model.objects[model.caps[cap].object]);
    if (operation->label != TESS_UNTYPED_RESET)
        return status_fail(TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
    for (int i = 0; i < MODEL_CAPS; i++)
        if (model.caps[i].live && model.caps[i].parent == cap)
            return status_fail(TESS_ERR_CHILDREN, TESS_ARG_CAPABILITY, 0);
    return STATUS_OK;
}

struct status model_decode(struct operation *operation)
{
    if (operation->target)
        TRY(locate(operation->cspace, operation->target, TESS_ARG_CAPABILITY, &operation->invoked));
    enum tess_type type = model_type_at(operation->invoked);
    switch (operation->kind) {
    case MODEL_CNODE:
        if (type != TESS_TYPE_CNODE)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, type);
        return decode_cnode(operation, model_cnode_at(operation->invoked));
    case MODEL_UNTYPED:
        if (type != TESS_TYPE_UNTYPED)
            return status_fail(TESS_ERR_TYPE, TESS_ARG_CAPABILITY, type);
        return decode_untyped(operation);
    case MODEL_REVOKE:
        operation->revoked = model_at(operation->place);
        return STATUS_OK;
    case MODEL_CLEAR:
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- effects -------------------------------------------------------------------------------------------- */

/* May the operation finalise this capability? It is its target, a child of it, or in a dying container. */
static bool may_finalise(const struct operation *operation, int cap)
{
    const struct model_cap *c = &model.caps[cap];
    bool revokes = operation->kind == MODEL_REVOKE ||
                   (operation->kind == MODEL_CNODE && operation->label == TESS_CNODE_REVOKE);
    if (model.objects[c->container].dying)
        return true;
    if (revokes)
        return model_is_under(cap, operation->revoked);
    return c->container == operation->place.container && c->index == operation->place.index;
}

/* The mappings that a dying VSpace has given up by now. */
static void vspace_lost(int vspace)
{
    for (int i = 0; i < MODEL_CAPS; i++) {
        struct model_cap *cap = &model.caps[i];
        if (cap->live && cap->vspace == vspace &&
            !cap_is_mapped(model_slot((struct place){cap->container, cap->index})->cap))
            cap->vspace = NOTHING;
    }
}

static void apply_finalise(const struct operation *operation, const struct event *event)
{
    struct place place = model_place(event->slot);
    int number = model_at(place);
    CHECK(number != NOTHING);
    struct model_cap *cap = &model.caps[number];
    struct model_object *object = &model.objects[cap->object];
    CHECK(may_finalise(operation, number));
    CHECK_EQ(cap_raw_type(event->cap), (enum cap_type)object->type);
    word base, bytes;
    if (cap_range(event->cap, &base, &bytes))
        CHECK_EQ(base, object->base);
    CHECK_EQ(event->last, object->caps == 1);
    cap->dying = event->last;
    if (event->last && object->type == TESS_TYPE_VSPACE)
        vspace_lost(cap->object);
    if (!event->done)
        return;
    cap->vspace = NOTHING;
    if (!event->last || !object->slots) {
        model_remove(number);
        return;
    }
    object->dying = true;
    model_move(place, (struct place){cap->object, 0});
    bool target = place.container == operation->place.container && place.index == operation->place.index;
    bool deletes = operation->kind == MODEL_CLEAR || operation->label == TESS_CNODE_DELETE;
    if (operation->kind != MODEL_REVOKE && target && deletes && model.objects[place.container].live)
        model.objects[place.container].holder[place.index] = true;
}

/* Containers that are gone, and holders. A slot that was filled again meanwhile is no holder. */
static void apply_ends(void)
{
    for (int i = 0; i < MODEL_OBJECTS; i++) {
        struct model_object *object = &model.objects[i];
        for (unsigned j = 0; j < object->slots; j++)
            if (object->holder[j] && cap_is_empty(model_slot((struct place){i, j})->cap))
                object->holder[j] = false;
    }
    for (int i = 0; i < MODEL_OBJECTS; i++) {
        struct model_object *object = &model.objects[i];
        if (object->live && object->dying && cap_is_empty(model_slot((struct place){i, 0})->cap))
            model_remove(object->held[0]);
    }
}

static void apply_deletion(const struct operation *operation, struct status status)
{
    bool stopped = false;
    for (unsigned i = 0; i < world.event_count; i++) {
        CHECK(!stopped);
        CHECK_EQ(world.events[i].kind, EVENT_FINALISE);
        stopped = !world.events[i].done;
        apply_finalise(operation, &world.events[i]);
    }
    apply_ends();
    if (status.code == STATUS_PREEMPTED)
        return;
    CHECK_EQ(status.code, TESS_OK);
    CHECK(!stopped);
    bool revokes = operation->kind == MODEL_REVOKE || operation->label == TESS_CNODE_REVOKE;
    if (operation->kind == MODEL_CLEAR || !revokes)
        CHECK(!model.objects[operation->place.container].live || model_is_empty(operation->place));
    else
        for (int i = 0; i < MODEL_CAPS; i++)
            CHECK(!model.caps[i].live || model.caps[i].parent != operation->revoked ||
                  !model.caps[operation->revoked].live);
}

static void apply_cnode(struct operation *operation, struct status status)
{
    const word *words = operation->words;
    struct place spare;
    switch ((enum tess_cnode_op)operation->label) {
    case TESS_CNODE_COPY:
        model_derive(operation->source, operation->place, words[3], 0);
        break;
    case TESS_CNODE_MINT:
        model_derive(operation->source, operation->place, words[3], words[4]);
        break;
    case TESS_CNODE_MOVE:
        model_move(operation->source, operation->place);
        break;
    case TESS_CNODE_SWAP:
        spare = (struct place){MODEL_BOOT, 0}; /* nothing ever stands there */
        model_move(operation->source, spare);
        if (operation->source.container != operation->place.container ||
            operation->source.index != operation->place.index)
            model_move(operation->place, operation->source);
        model_move(spare, operation->place);
        break;
    case TESS_CNODE_DELETE:
    case TESS_CNODE_REVOKE:
        apply_deletion(operation, status);
        return;
    case TESS_CNODE_CANCEL:
        return;
    }
    CHECK_EQ(status.code, TESS_OK);
    CHECK_EQ(world.event_count, 0);
}

static void make_one(const struct operation *operation, int untyped_cap, word index)
{
    const word *words = operation->words;
    struct model_object *untyped = &model.objects[model.caps[untyped_cap].object];
    word bytes, alignment;
    CHECK_EQ(decode_size(words[0], words[1], &bytes, &alignment).code, TESS_OK);
    word base = round_up(untyped->base + untyped->used, alignment);
    struct place place = {operation->place.container, operation->place.index + (unsigned)index};
    untyped->used = base + bytes - untyped->base;
    int object = model_object_new((enum tess_type)words[0], base, bytes, words[1]);
    int cap = model_insert(place, object, untyped_cap);
    model.objects[object].device = untyped->device;
    model.caps[cap].original = true;
    if (words[0] == TESS_TYPE_FRAME)
        model.caps[cap].rights = 7;
    if (words[0] == TESS_TYPE_ENDPOINT || words[0] == TESS_TYPE_NOTIFICATION)
        model.caps[cap].rights = TESS_RIGHTS_ALL;
}

static void apply_retype(struct operation *operation, struct status status, word before)
{
    const word *words = operation->words;
    word count = words[4], after = words[5], bytes, alignment;
    int cap = model_at(operation->invoked);
    for (word made = before > count ? before - count : 0; after > count && made < after - count; made++)
        make_one(operation, cap, made);

    struct model_object *untyped = &model.objects[model.caps[cap].object];
    if (status.code == TESS_OK) {
        CHECK_EQ(after, 2 * count);
        return;
    }
    CHECK(after < 2 * count);
    struct place next = {operation->place.container,
                         operation->place.index + (unsigned)(after < count ? after : after - count)};
    if (status.code != STATUS_PREEMPTED) {
        CHECK_EQ(status.code, TESS_ERR_OCCUPIED | TESS_ARG_WORD(3) << 8);
        CHECK_EQ(status.detail, after < count ? 0 : after - count);
        CHECK(!model_is_empty(next));
        return;
    }
    /* Stopped while zeroing the next object: the gap in front of it is given up. */
    decode_size(words[0], words[1], &bytes, &alignment);
    word start = round_up(untyped->base + untyped->used, alignment) - untyped->base;
    if (after >= count && untyped_used(model_slot(operation->invoked)) == start)
        untyped->used = start;
}

void model_apply(struct operation *operation, struct status status, word progress_before)
{
    switch (operation->kind) {
    case MODEL_CNODE:
        apply_cnode(operation, status);
        break;
    case MODEL_UNTYPED:
        if (operation->label == TESS_UNTYPED_RETYPE)
            apply_retype(operation, status, progress_before);
        else
            model.objects[model.caps[model_at(operation->invoked)].object].used = 0;
        break;
    case MODEL_REVOKE:
    case MODEL_CLEAR:
        apply_deletion(operation, status);
        break;
    }
}
