/*
 * userland/lib/window.h: the receive window: where capabilities go that come with a call or an answer (EP-9).
 *
 * Capabilities travel only on channels that the system description marks with `grant`. The program at the other end is
 * given "window", a CNode of its own: what comes is put into its first slots, and stays there while the message is
 * worked on; there is room for a few that are kept. A program with entry points (userland/lib/pd.h) has the window
 * open from the beginning; one with a main function calls tess_window_open, and the functions below after its calls.
 */
#ifndef TESSERA_USERLAND_LIB_WINDOW_H
#define TESSERA_USERLAND_LIB_WINDOW_H

#include "userland/lib/tess.h"

/* The CNode "window": slots 1 to TESS_MESSAGE_CAPS_MAX are the window, the others for what is kept. */
#define TESS_WINDOW_RADIX 4u
#define TESS_WINDOW_KEPT  7u

/* Opens the window over all of "window", or, if the program was not given that, leaves it shut. */
void tess_window_open(void);

/*
 * Opens another one instead: `slots` (at most 8) free slots of a CNode that the program holds, from `first` on. What
 * is in the old one is deleted. No slots: nothing is received.
 */
void tess_window(tess_cnode cnode, tess_cptr first, unsigned slots);

/* After a message has come: notes which of its capabilities are in the window. */
void tess_window_take(const tess_message *m);

/* Deletes what is there, for the next message. */
void tess_window_empty(void);

/* The address of capability `i` of the message at hand; TESS_NULL: none came, or there was no room for it. */
tess_cptr tess_received(unsigned i);

/* Takes it out of the window, to where it stays until tess_drop; its new address, or TESS_NULL: none came, or
 * TESS_WINDOW_KEPT are kept already. Deleting it otherwise is no harm. */
tess_cptr tess_keep(unsigned i);
void tess_drop(tess_cptr kept);

#endif
