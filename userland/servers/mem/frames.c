/*
 * userland/servers/mem/frames.c: pages, mappings and copies, as capability calls (userland/servers/mem/frames.h).
 */
#include <string.h>

#include "userland/lib/layout.h"
#include "userland/servers/mem/layer.h"

static uint64_t window_of(uint32_t page)
{
    return HANDS_WINDOW + page * TESS_PAGE_BYTES;
}

static bool bit(const uint8_t *bits, uint32_t i)
{
    return (bits[i / 8] >> i % 8 & 1) != 0;
}

static void set_bit(uint8_t *bits, uint32_t i, bool to)
{
    bits[i / 8] = (uint8_t)((bits[i / 8] & ~(1u << i % 8)) | (unsigned)to << i % 8);
}

static uint32_t index_of(uint32_t page)
{
    return page - memory.pool.first;
}

static tess_cptr original(uint32_t page)
{
    return layer_many(layer_object(page));
}

static tess_cptr copy_in(uint32_t slot)
{
    return layer_many(slot);
}

tess_cnode hands_cnode(void)
{
    return layer.many;
}

/* ---- Pages ----------------------------------------------------------------------------------------------- */

static bool make(uint32_t page, enum tess_type type, tess_word size)
{
    tess_untyped untyped = {layer_many(layer_untyped(page))};

    return layer_cut(page) &&
           layer_check("making a page",
                       tess_untyped_retype(untyped, type, size, layer.many, layer_object(page), 1));
}

bool frames_make(uint32_t page)
{
    return make(page, TESS_TYPE_FRAME, TESS_FRAME_4K);
}

void frames_free(uint32_t page)
{
    tess_result result = tess_cnode_revoke(layer.many, layer_untyped(page));

    if (!tess_failed(result))
        result = tess_untyped_reset((tess_untyped){layer_many(layer_untyped(page))});
    layer_check("taking a page back", result);
    set_bit(layer.is_open, index_of(page), false);
}

/* ---- Slots ----------------------------------------------------------------------------------------------- */

uint32_t frames_slot_take(void)
{
    for (uint32_t i = 0; i < layer.slot_count; i++) {
        uint32_t at = layer.slot_next;
        layer.slot_next = at + 1 < layer.slot_count ? at + 1 : 0;
        if (!bit(layer.slot_taken, at)) {
            set_bit(layer.slot_taken, at, true);
            return layer.slot_first + at;
        }
    }
    return FRAMES_ORIGINAL;
}

void frames_slot_give(uint32_t slot)
{
    layer_check("emptying a slot", tess_cnode_delete(layer.many, slot));
    set_bit(layer.slot_taken, slot - layer.slot_first, false);
}

/* ---- Mappings -------------------------------------------------------------------------------------------- */

static enum frames_result outcome(tess_result result)
{
    if (!tess_failed(result))
        return FRAMES_OK;
    if (result.error == TESS_ERR_TABLE)
        return FRAMES_TABLE;
    /* The VSpace capability went with its object. */
    if (result.argument == TESS_ARG_WORD(0) &&
        (result.error == TESS_ERR_TYPE || result.error == TESS_ERR_ADDRESS))
        return FRAMES_GONE;
    layer_check("mapping", result);
    return FRAMES_FAILED;
}

static tess_result map_at(tess_cptr frame, frames_space space, uint32_t virtual, unsigned rights)
{
    return tess_frame_map((tess_frame){frame}, (tess_vspace){space}, virtual * TESS_PAGE_BYTES, rights);
}

enum frames_result frames_map(frames_space space, uint32_t page, uint32_t slot, uint32_t virtual,
                              unsigned rights)
{
    if (slot == FRAMES_ORIGINAL)
        return outcome(map_at(original(page), space, virtual, rights));
    tess_result result =
        tess_cnode_copy(layer.many, slot, (tess_cnode){TESS_NULL}, original(page), TESS_RIGHTS_ALL);
    if (!tess_failed(result))
        result = map_at(copy_in(slot), space, virtual, rights);
    if (tess_failed(result))
        tess_cnode_delete(layer.many, slot);
    return outcome(result);
}

static tess_cptr mapped_by(uint32_t page, uint32_t slot)
{
    return slot == FRAMES_ORIGINAL ? original(page) : copy_in(slot);
}

enum frames_result frames_protect(uint32_t page, uint32_t slot, unsigned rights)
{
    tess_result result = tess_frame_protect((tess_frame){mapped_by(page, slot)}, rights);

    if (result.error == TESS_ERR_UNMAPPED)
        return FRAMES_GONE;
    return layer_check("changing rights", result) ? FRAMES_OK : FRAMES_FAILED;
}

/* A mapping whose address space has gone is none any more. */
void frames_unmap(uint32_t page, uint32_t slot)
{
    tess_result result = slot == FRAMES_ORIGINAL ? tess_frame_unmap((tess_frame){original(page)})
                                                 : tess_cnode_delete(layer.many, slot);

    if (result.error != TESS_ERR_UNMAPPED)
        layer_check("unmapping", result);
}

enum frames_result frames_table(frames_space space, uint32_t page, uint32_t virtual)
{
    if (!make(page, TESS_TYPE_PAGE_TABLE, 0))
        return FRAMES_FAILED;
    return outcome(tess_page_table_map((tess_page_table){original(page)}, (tess_vspace){space},
                                       virtual * TESS_PAGE_BYTES));
}

/* ---- Looking at pages ------------------------------------------------------------------------------------ */

/* A page that a client has mapped by the original capability is looked at through a copy. */
static bool look_through_copy(uint32_t page)
{
    tess_cptr slot = layer.look[0] == 0 ? 1 : 2;
    tess_result result =
        tess_cnode_copy(layer.few, slot, (tess_cnode){TESS_NULL}, original(page), TESS_RIGHTS_ALL);

    if (!tess_failed(result))
        result = layer_map_here(layer_few(slot), window_of(page), TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    if (!layer_check("looking at a page", result)) {
        tess_cnode_delete(layer.few, slot);
        return false;
    }
    layer.look[slot - 1] = page + 1;
    return true;
}

void *frames_open(uint32_t page)
{
    void *at = (void *)window_of(page);

    if (bit(layer.is_open, index_of(page)))
        return at;
    tess_result result = layer_map_here(original(page), window_of(page), TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    if (result.error == TESS_ERR_MAPPED && result.argument == TESS_ARG_CAPABILITY)
        return look_through_copy(page) ? at : NULL;
    if (!layer_check("looking at a page", result))
        return NULL;
    set_bit(layer.is_open, index_of(page), true);
    return at;
}

void frames_close(uint32_t page)
{
    for (unsigned i = 0; i < LAYER_LOOKS; i++) {
        if (layer.look[i] == page + 1) {
            layer.look[i] = 0;
            layer_check("looking away", tess_cnode_delete(layer.few, 1 + i));
            return;
        }
    }
    if (bit(layer.is_open, index_of(page)))
        layer_check("looking away", tess_frame_unmap((tess_frame){original(page)}));
    set_bit(layer.is_open, index_of(page), false);
}

/* ---- Pages of the bundle --------------------------------------------------------------------------------- */

enum frames_result frames_map_fetched(frames_space space, uint32_t slot, uint32_t virtual, unsigned rights)
{
    return outcome(map_at(copy_in(slot), space, virtual, rights));
}

/* They are looked at below the window. */
bool frames_copy_fetched(uint32_t page, uint32_t slot, uint32_t bytes)
{
    const void *from = (const void *)(HANDS_WINDOW - TESS_PAGE_BYTES);
    void *to = frames_open(page);

    if (to == NULL)
        return false;
    bool good =
        layer_check("looking at the bundle", layer_map_here(copy_in(slot), (uint64_t)from, TESS_RIGHT_READ));
    if (good) {
        memcpy(to, from, bytes);
        tess_frame_unmap((tess_frame){copy_in(slot)});
    }
    frames_close(page);
    return good;
}
