/*
 * tests/unit/model_compare.c: is caps/ in the state of the reference model?
 */
#include "tests/unit/forest.h"
#include "tests/unit/model.h"
#include "tests/unit/unit.h"

/* For each model capability, its place in the derivation list; and the other way round. */
static unsigned index_of[MODEL_CAPS];
static int cap_of[FOREST_MAX];

static void compare_cap(const struct model_cap *cap, const struct slot *slot)
{
    const struct model_object *object = &model.objects[cap->object];
    enum tess_type type = object->type;
    struct identity identity = identity_of(slot->cap);
    CHECK_EQ(cap_raw_type(slot->cap), (enum cap_type)type);
    CHECK_EQ((slot->cap.w0 & CAP_ORIGINAL) != 0, cap->original);
    CHECK_EQ((slot->cap.w0 & CAP_DYING) != 0, cap->dying);
    if (type == TESS_TYPE_ENDPOINT || type == TESS_TYPE_NOTIFICATION) {
        CHECK_EQ(cap_rights(slot->cap), cap->rights);
        CHECK_EQ(cap_badge(slot->cap), cap->badge);
    }
    word base, bytes;
    if (!cap_range(slot->cap, &base, &bytes)) {
        CHECK_EQ(identity.base, object->base);
        return;
    }
    CHECK_EQ(base, object->base);
    CHECK_EQ(bytes, object->bytes);
    if (type == TESS_TYPE_UNTYPED) {
        CHECK_EQ(untyped_used(slot), object->used);
        CHECK_EQ(cap_untyped_device(slot->cap), object->device);
    }
    if (type == TESS_TYPE_FRAME) {
        CHECK_EQ(cap_frame_rights(slot->cap), cap->rights);
        CHECK_EQ(cap_frame_device(slot->cap), object->device);
    }
    if (type == TESS_TYPE_FRAME || type == TESS_TYPE_PAGE_TABLE) {
        word vspace =
            cap->vspace == NOTHING ? 0 : slot_number(window_pointer(model.objects[cap->vspace].base));
        CHECK_EQ(cap_mapped_vspace(slot->cap), vspace);
    }
}

static void compare_slots(void)
{
    unsigned count = 0;
    for (int i = 0; i < MODEL_CAPS; i++) {
        const struct model_cap *cap = &model.caps[i];
        if (!cap->live)
            continue;
        struct slot *slot = model_slot((struct place){cap->container, cap->index});
        compare_cap(cap, slot);
        index_of[i] = forest_index(slot);
        CHECK(index_of[i] < forest.count);
        cap_of[index_of[i]] = i;
        count++;
    }
    CHECK_EQ(count, forest.count);
    for (int i = 0; i < MODEL_OBJECTS; i++) {
        const struct model_object *object = &model.objects[i];
        for (unsigned j = 0; j < object->slots; j++)
            CHECK_EQ(object->holder[j], cap_raw_type(model_slot((struct place){i, j})->cap) == CAP_TEARDOWN);
    }
}

/* The same descendants: as many, and each of those in the run right of a capability is under it. */
static void compare_tree(void)
{
    static unsigned under[MODEL_CAPS];
    memset(under, 0, sizeof under);
    for (int i = 0; i < MODEL_CAPS; i++) {
        if (!model.caps[i].live)
            continue;
        for (int above = model.caps[i].parent; above != NOTHING; above = model.caps[above].parent) {
            unsigned first = index_of[above];
            CHECK(index_of[i] > first && index_of[i] <= first + forest.descendants[first]);
            under[above]++;
        }
    }
    for (unsigned i = 0; i < forest.count; i++)
        CHECK_EQ(forest.descendants[i], under[cap_of[i]]);
}

void model_compare(void)
{
    compare_slots();
    compare_tree();
}
