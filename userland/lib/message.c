/*
 * userland/lib/message.c: words and bytes of a message (userland/lib/message.h, ABI-5, ABI-12).
 */
#include <string.h>

#include "userland/lib/message.h"

tess_word tess_message_get(const tess_message *m, unsigned word)
{
    if (word < TESS_REGISTER_WORDS)
        return m->words[word];
    return tess_buffer != NULL && word < TESS_MESSAGE_WORDS_MAX ? tess_buffer->words[word] : 0;
}

void tess_message_set(tess_message *m, unsigned word, tess_word value)
{
    if (word < TESS_REGISTER_WORDS)
        m->words[word] = value;
    else if (tess_buffer != NULL && word < TESS_MESSAGE_WORDS_MAX)
        tess_buffer->words[word] = value;
}

unsigned tess_message_put_bytes(tess_message *m, unsigned at, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;

    if (count > TESS_MESSAGE_BYTES_AFTER(at + 1))
        count = TESS_MESSAGE_BYTES_AFTER(at + 1);
    tess_message_set(m, at++, count);
    while (count > 0) {
        tess_word word = 0;
        size_t now = count < sizeof word ? count : sizeof word;
        memcpy(&word, from, now);
        tess_message_set(m, at++, word);
        from += now;
        count -= now;
    }
    return at;
}

size_t tess_message_get_bytes(const tess_message *m, unsigned at, void *bytes, size_t room)
{
    unsigned char *to = bytes;
    unsigned words = TESS_INFO_WORDS(m->info);

    if (at >= words || words > TESS_MESSAGE_WORDS_MAX)
        return 0;
    size_t count = tess_message_get(m, at++);
    if (count > (words - at) * sizeof(tess_word))
        count = (words - at) * sizeof(tess_word);
    if (count > room)
        count = room;
    for (size_t done = 0; done < count;) {
        tess_word word = tess_message_get(m, at++);
        size_t now = count - done < sizeof word ? count - done : sizeof word;
        memcpy(to + done, &word, now);
        done += now;
    }
    return count;
}

unsigned tess_message_put_words(tess_message *m, unsigned at, const void *from, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += sizeof(tess_word)) {
        tess_word word;
        memcpy(&word, (const char *)from + done, sizeof word);
        tess_message_set(m, at++, word);
    }
    return at;
}

void tess_message_get_words(const tess_message *m, unsigned at, void *to, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += sizeof(tess_word)) {
        tess_word word = tess_message_get(m, at++);
        memcpy((char *)to + done, &word, sizeof word);
    }
}

void tess_message_get_record(const tess_message *m, void *to, size_t bytes, size_t room)
{
    char *name = (char *)to + bytes;

    tess_message_get_words(m, 0, to, bytes);
    name[tess_message_get_bytes(m, (unsigned)(bytes / sizeof(tess_word)), name, room - 1)] = '\0';
}

tess_result tess_call_again(tess_endpoint server, tess_message *m)
{
    const tess_message request = *m;
    tess_result result;

    do {
        *m = request;
        result = tess_call(server, m);
    } while (result.error == TESS_ERR_CANCELLED);
    return result;
}

const char *tess_take_string(const char *from, char *to, size_t room)
{
    strncpy(to, from, room - 1);
    to[room - 1] = '\0';
    return from + strlen(from) + 1;
}
