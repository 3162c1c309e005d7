/*
 * userland/servers/devices/frames.h: the frames of device registers, on the shelf.
 */
#ifndef TESSERA_USERLAND_SERVERS_DEVICES_FRAMES_H
#define TESSERA_USERLAND_SERVERS_DEVICES_FRAMES_H

#include "userland/lib/tess.h"

/* The frame of the page with that physical address. It stays on the shelf: to be copied, or mapped for a moment. */
tess_result frames_get(uint64_t page, tess_frame *frame);

/* What the device behind a virtio transport is; 0: none, or it is no transport. */
uint32_t frames_virtio(uint64_t registers);

#endif
