/*
 * userland/servers/devices/frames.c: the frames of device registers (userland/servers/devices/frames.h).
 *
 * Nothing is remembered here: the shelf holds all frames that were made, and INSPECT says of which page each one is,
 * and what is left of the untyped memory. So a server that is started again knows what its predecessor knew.
 */
#include "userland/servers/devices/frames.h"

#include "userland/lib/authority.h"
#include "userland/lib/device_server.h"
#include "userland/lib/layout.h"
#include "userland/lib/start.h"

/* To virtio's identification registers. */
#define VIRTIO_MAGIC     0x74726976u
#define VIRTIO_ID_OFFSET 8u

#define SHELF_SLOTS (1u << TESS_SHELF_RADIX)

/* A piece of untyped memory, or a frame. */
struct piece {
    enum tess_type type;
    uint64_t base; /* of what is left of it */
    uint64_t end;
};

static struct piece look(unsigned slot)
{
    struct tess_inspect info;
    struct piece piece = {.type = TESS_TYPE_NULL};

    if (tess_failed(tess_inspect(tess_slot_of("shelf", slot), &info)))
        return piece;
    piece.type = (enum tess_type)(info.type & 0xff);
    piece.base = info.badge + (piece.type == TESS_TYPE_UNTYPED ? info.state[0] : 0);
    piece.end = info.badge + info.size;
    return piece;
}

/* Of a piece of untyped memory; into the first free slot of the shelf. */
static tess_result make(unsigned from, enum tess_type type, tess_word size, unsigned *slot)
{
    tess_cnode shelf = {tess_need_capability("shelf")};
    tess_untyped untyped = {tess_slot_of("shelf", from)};

    for (*slot = TESS_SHELF_FREE; *slot < SHELF_SLOTS; (*slot)++) {
        if (look(*slot).type == TESS_TYPE_NULL)
            return tess_untyped_retype(untyped, type, size, shelf, *slot, 1);
    }
    return (tess_result){TESS_ERR_OCCUPIED, TESS_ARG_WORD(3), 0};
}

/* What is passed over on the way to the page stays untyped memory. */
static tess_result make_frame(unsigned from, uint64_t skipped, unsigned *slot)
{
    tess_result result = {TESS_OK, 0, 0};

    if (skipped > 0)
        result = make(from, TESS_TYPE_UNTYPED, skipped, slot);
    return tess_failed(result) ? result : make(from, TESS_TYPE_FRAME, TESS_FRAME_4K, slot);
}

tess_result frames_get(uint64_t page, tess_frame *frame)
{
    unsigned found = 0, slot;

    for (slot = TESS_SHELF_FREE; slot < SHELF_SLOTS && found == 0; slot++) {
        struct piece piece = look(slot);
        if (page < piece.base || page >= piece.end || piece.end - page < TESS_PAGE_BYTES)
            continue;
        found = slot;
        if (piece.type == TESS_TYPE_UNTYPED) {
            tess_result result = make_frame(slot, page - piece.base, &found);
            if (tess_failed(result))
                return result;
        }
    }
    if (found == 0)
        return (tess_result){TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, page};
    frame->address = tess_slot_of("shelf", found);
    return (tess_result){TESS_OK, 0, 0};
}

uint32_t frames_virtio(uint64_t registers)
{
    volatile uint32_t *at = (volatile uint32_t *)(TESS_LAYOUT_LOOK + registers % TESS_PAGE_BYTES);
    tess_vspace own = {tess_need_capability("vspace")};
    tess_frame frame;
    uint32_t id = 0;

    if (tess_failed(frames_get(registers & ~(TESS_PAGE_BYTES - 1), &frame)) ||
        tess_failed(tess_frame_map(frame, own, TESS_LAYOUT_LOOK, TESS_RIGHT_READ)))
        return 0;
    if (at[0] == VIRTIO_MAGIC)
        id = at[VIRTIO_ID_OFFSET / sizeof *at];
    tess_frame_unmap(frame);
    return id;
}
