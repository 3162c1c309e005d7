/*
 * userland/lib/serial.h: the channel between a serial driver and whoever uses the line.
 *
 * One shared page with two rings (userland/lib/ring.h) and a notification in each direction:
 *
 *   0     "transmit" ring  user -> driver   signal the driver after putting bytes in
 *   2176  "receive" ring   driver -> user   the driver signals after putting bytes in
 *   3328  the driver's own: what it has in its hands, for its successor
 *
 * Either side signals the other after taking bytes out when `wants_space` of that ring is set. A driver
 * stops listening to the device while the receive ring is full.
 */
#ifndef TESSERA_USERLAND_LIB_SERIAL_H
#define TESSERA_USERLAND_LIB_SERIAL_H

#include "userland/lib/ring.h"

#define TESS_SERIAL_TRANSMIT_BYTES  2048u
#define TESS_SERIAL_RECEIVE_BYTES   1024u
#define TESS_SERIAL_TRANSMIT_OFFSET 0u
#define TESS_SERIAL_RECEIVE_OFFSET  TESS_RING_BYTES(TESS_SERIAL_TRANSMIT_BYTES)
#define TESS_SERIAL_HAND_OFFSET     (TESS_SERIAL_RECEIVE_OFFSET + TESS_RING_BYTES(TESS_SERIAL_RECEIVE_BYTES))
#define TESS_SERIAL_BYTES           (TESS_SERIAL_HAND_OFFSET + sizeof(uint64_t))

_Static_assert(TESS_SERIAL_BYTES <= 4096, "all of it fits into one page");

#endif
