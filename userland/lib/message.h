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

/*
 * A struct of words, of so many bytes (a multiple of a word's): word `at` and on. put returns the number of the first
 * word behind.
 */
unsigned tess_message_put_words(tess_message *m, unsigned at, const void *from, size_t bytes);
void tess_message_get_words(const tess_message *m, unsigned at, void *to, size_t bytes);

/* A whole message that is such a struct, of so many bytes, with a name behind it in `room` bytes: always ended. */
void tess_message_get_record(const tess_message *m, void *to, size_t bytes, size_t room);

/*
 * A call that is made again as long as it is cancelled: where its server is ended in the middle, the next one gets it,
 * and who is stopped while it waits for the answer asks again. Words behind the first eight, and capabilities, stay in
 * the IPC buffer until a call is answered.
 */
tess_result tess_call_again(tess_endpoint server, tess_message *m);

/* Of strings behind one another: as much of the first as there is room for, ended by a zero byte. Returns where the
 * next one begins. */
const char *tess_take_string(const char *from, char *to, size_t room);

#endif
