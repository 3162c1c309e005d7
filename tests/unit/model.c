/*
 * tests/unit/model.c: the state of the reference model: objects, slots, and the tree of derivation.
 */
#include "tests/unit/model.h"

#include "tests/unit/unit.h"

struct model model;

/* ---- places ------------------------------------------------------------------------------------------ */

int model_at(struct place place)
{
    return model.objects[place.container].held[place.index];
}

enum tess_type model_type_at(struct place place)
{
    int cap = model_at(place);
    if (cap == NOTHING || model.caps[cap].dying)
        return TESS_TYPE_NULL;
    return model.objects[model.caps[cap].object].type;
}

bool model_is_empty(struct place place)
{
    return model_at(place) == NOTHING && !model.objects[place.container].holder[place.index];
}

int model_cnode_at(struct place place)
{
    return model_type_at(place) == TESS_TYPE_CNODE ? model.caps[model_at(place)].object : NOTHING;
}

struct slot *model_slot(struct place place)
{
    return (struct slot *)window_pointer(model.objects[place.container].base) + place.index;
}

struct place model_place(const struct slot *slot)
{
    word at = window_physical(slot);
    for (int i = 0; i < MODEL_OBJECTS; i++) {
        const struct model_object *object = &model.objects[i];
        if (object->live && at >= object->base && at < object->base + object->slots * sizeof *slot)
            return (struct place){i, (unsigned)((at - object->base) / sizeof *slot)};
    }
    FAIL("a slot at 0x%llx, in no container", (unsigned long long)at);
}

/* The low bits of the address choose in the first CNode, the next ones in what stands there (CS-1..CS-5). */
static bool resolve(int cnode, word address, unsigned passed, struct place *place, word *unresolved)
{
    *unresolved = address;
    if (address == 0 || cnode == NOTHING || passed == TESS_CSPACE_LEVELS)
        return false;
    unsigned slots = model.objects[cnode].slots;
    struct place found = {cnode, (unsigned)(address % slots)};
    if (address / slots != 0)
        return resolve(model_cnode_at(found), address / slots, passed + 1, place, unresolved);
    *place = found;
    return true;
}

bool model_resolve(int cnode, word address, struct place *place, word *unresolved)
{
    return resolve(cnode, address, 0, place, unresolved);
}

/* ---- objects and capabilities --------------------------------------------------------------------------- */

int model_object_new(enum tess_type type, word base, word bytes, word size)
{
    static unsigned long serial;
    int number = 0;
    while (model.objects[number].live)
        if (++number == MODEL_OBJECTS)
            FAIL("too many objects");
    struct model_object *object = &model.objects[number];
    *object = (struct model_object){
        .serial = ++serial, .live = true, .type = type, .base = base, .bytes = bytes, .size = size};
    if (type == TESS_TYPE_CNODE)
        object->slots = 1u << size;
    if (type == TESS_TYPE_TCB)
        object->slots = TCB_SLOTS;
    if (object->slots) {
        object->held = malloc(object->slots * sizeof *object->held);
        object->holder = calloc(object->slots, sizeof *object->holder);
        for (unsigned i = 0; i < object->slots; i++)
            object->held[i] = NOTHING;
    }
    return number;
}

static void object_end(struct model_object *object)
{
    for (unsigned i = 0; i < object->slots; i++) /* a container goes when it is empty */
        CHECK(object->held[i] == NOTHING && !object->holder[i]);
    free(object->held);
    free(object->holder);
    *object = (struct model_object){0};
}

int model_insert(struct place place, int object, int parent)
{
    int number = 0;
    while (model.caps[number].live)
        if (++number == MODEL_CAPS)
            FAIL("too many capabilities");
    CHECK(model_is_empty(place));
    model.caps[number] = (struct model_cap){.live = true,
                                            .object = object,
                                            .parent = parent,
                                            .container = place.container,
                                            .index = place.index,
                                            .vspace = NOTHING};
    model.objects[place.container].held[place.index] = number;
    model.objects[object].caps++;
    return number;
}

static bool has_badge(enum tess_type type)
{
    return type == TESS_TYPE_ENDPOINT || type == TESS_TYPE_NOTIFICATION;
}

/* CDT-3: a copy is a child of an original, and a sibling of a copy. The mint that gives a badge is original. */
int model_derive(struct place source, struct place dest, word rights, word badge)
{
    int from = model_at(source);
    struct model_cap *s = &model.caps[from];
    int made = model_insert(dest, s->object, s->original ? from : s->parent);
    struct model_cap *cap = &model.caps[made];
    enum tess_type type = model.objects[s->object].type;
    cap->rights = has_badge(type) || type == TESS_TYPE_FRAME ? s->rights & rights : 0;
    cap->badge = s->badge;
    if (badge) {
        cap->badge = badge;
        cap->original = true;
    }
    return made;
}

void model_move(struct place from, struct place to)
{
    int cap = model_at(from);
    CHECK(cap != NOTHING && model_is_empty(to));
    model.objects[from.container].held[from.index] = NOTHING;
    model.objects[to.container].held[to.index] = cap;
    model.caps[cap].container = to.container;
    model.caps[cap].index = to.index;
}

/* The children of a capability that goes are its parent's from then on. */
void model_remove(int cap)
{
    struct model_cap *gone = &model.caps[cap];
    for (int i = 0; i < MODEL_CAPS; i++)
        if (model.caps[i].live && model.caps[i].parent == cap)
            model.caps[i].parent = gone->parent;
    model.objects[gone->container].held[gone->index] = NOTHING;
    struct model_object *object = &model.objects[gone->object];
    *gone = (struct model_cap){0};
    if (--object->caps == 0)
        object_end(object);
}

bool model_is_under(int a, int b)
{
    while (model.caps[a].parent != NOTHING) {
        a = model.caps[a].parent;
        if (a == b)
            return true;
    }
    return false;
}

bool model_is_dying(void)
{
    for (int i = 0; i < MODEL_CAPS; i++)
        if (model.caps[i].live && model.caps[i].dying)
            return true;
    for (int i = 0; i < MODEL_OBJECTS; i++)
        for (unsigned j = 0; j < model.objects[i].slots; j++)
            if (model.objects[i].holder[j])
                return true;
    return false;
}

/* ---- the beginning ------------------------------------------------------------------------------------------ */

/* A container that is there from the start, without a capability of its own in the count. */
static void container_at_boot(int number, word base, unsigned radix)
{
    CHECK_EQ(model_object_new(TESS_TYPE_CNODE, base, (word)TESS_SLOT_BYTES << radix, radix), number);
    model.objects[number].caps = 1;
}

void model_begin(void)
{
    for (int i = 0; i < MODEL_OBJECTS; i++) {
        free(model.objects[i].held);
        free(model.objects[i].holder);
    }
    memset(&model, 0, sizeof model);
    container_at_boot(MODEL_BOOT, BOOT_BASE, 3);
    container_at_boot(MODEL_ROOT, ROOT_BASE, ROOT_RADIX);
    int firmware = model_object_new(TESS_TYPE_FIRMWARE, 0, 0, 0);
    model.caps[model_insert((struct place){MODEL_BOOT, 1}, firmware, NOTHING)].original = true;
    int root = model_insert((struct place){MODEL_BOOT, 2}, MODEL_ROOT, NOTHING);
    model.caps[root].original = true;
    model_insert((struct place){MODEL_ROOT, 1}, MODEL_ROOT, root);
    model.objects[MODEL_ROOT].caps--; /* these two are all */
}

void model_boot(unsigned boot_slot)
{
    struct cap cap = world.boot[boot_slot].cap;
    enum tess_type type = (enum tess_type)(cap.w0 & 31);
    bool untyped = type == TESS_TYPE_UNTYPED;
    int object = model_object_new(type, identity_of(cap).base, untyped ? identity_of(cap).extent : 0, 0);
    model.objects[object].device = untyped && cap_untyped_device(cap);
    model.caps[model_insert((struct place){MODEL_BOOT, boot_slot}, object, NOTHING)].original = true;
}
