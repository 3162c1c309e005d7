/*
 * userland/lib/message.h: words and bytes of a message, wherever they travel.
 *
 * Words 0-7 are in the message itself, the others in the IPC buffer of the thread (ABI-12). A message
 * with more than eight words must be read before the next system call that carries one. A thread without
 * a buffer loses those words here; the kernel then answers NO_BUFFER.
 */
#ifndef TESSERA_USERLAND_LIB_MESSAGE_H
#define TESSERA_USERLAND_LIB_MESSAGE_H

#include <stddef.h>

#include "userland/lib/tess.h"

/* Bytes that fit behind the first `words` words of a message. */
#define TESS_MESSAGE_BYTES_AFTER(words) ((TESS_MESSAGE_WORDS_MAX - (words)) * sizeof(tess_word))

tess_word tess_message_get(const tess_message *m, unsigned word);
void tess_message_set(tess_message *m, unsigned word, tess_word value);

/*
 * A counted run of bytes: word `at` is the count, the bytes follow. put returns the number of the first
 * word after them, for TESS_INFO. get copies what was sent, at most `room` bytes, and returns how many; a
 * count that the message does not cover is cut to what it does.
 */
unsigned tess_message_put_bytes(tess_message *m, unsigned at, const void *bytes, size_t count);
size_t tess_message_get_bytes(const tess_message *m, unsigned at, void *bytes, size_t room);

/* Of strings behind one another: as much of the first as there is room for, ended by a zero byte. Returns where the
 * next one begins. */
const char *tess_take_string(const char *from, char *to, size_t room);

#endif
