/*
 * userland/lib/mem.c: the client of the memory server (userland/lib/mem.h).
 */
#include <setjmp.h>
#include <string.h>

#include "userland/lib/mem.h"
#include "userland/lib/message.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"

const char *tess_mem_strerror(enum tess_mem_answer answer)
{
    static const char *const texts[] = {
        [TESS_MEM_OK] = "no error",
        [TESS_MEM_BAD_REQUEST] = "the request makes no sense",
        [TESS_MEM_QUOTA] = "the quota does not suffice",
        [TESS_MEM_MEMORY] = "the memory server has not so much left to promise",
        [TESS_MEM_TAKEN] = "no such place is free",
        [TESS_MEM_FULL] = "too many regions, programs, or users of one page",
        [TESS_MEM_NOTHING] = "there is nothing",
        [TESS_MEM_GUARD] = "a guard page",
        [TESS_MEM_RIGHTS] = "the region may not be used so",
        [TESS_MEM_DISK] = "the swap disk failed",
        [TESS_MEM_GONE] = "the memory server does not answer",
        [TESS_MEM_FAILED] = "the kernel refused",
        [TESS_MEM_END] = "nothing more",
        [TESS_MEM_DENIED] = "this program is no client of the memory server",
    };

    return (size_t)answer < sizeof texts / sizeof texts[0] ? texts[answer] : "unknown answer";
}

const char *tess_mem_placement_name(tess_word placement)
{
    static const char *const names[] = {"first-fit", "buddy", "colour"};

    return placement < sizeof names / sizeof names[0] ? names[placement] : "?";
}

static enum tess_mem_answer call(tess_endpoint mem, tess_word op, unsigned words, tess_message *m)
{
    m->info = TESS_INFO(op, words, 0);
    return tess_failed(tess_call_again(mem, m)) ? TESS_MEM_GONE
                                                : (enum tess_mem_answer)TESS_INFO_LABEL(m->info);
}

static enum tess_mem_answer ask(tess_word op, unsigned words, tess_message *m)
{
    tess_endpoint mem = {tess_start_capability("mem")};

    return mem.address != TESS_NULL ? call(mem, op, words, m) : TESS_MEM_DENIED;
}

enum tess_mem_answer tess_mem_map(enum tess_mem_kind kind, void **address, size_t bytes, unsigned rights,
                                  unsigned flags, const char *file)
{
    tess_message m = {.words = {kind, (tess_word)*address, bytes, rights, flags}};
    unsigned words = file != NULL ? tess_message_put_bytes(&m, 5, file, strlen(file)) : 5;
    enum tess_mem_answer answer = ask(TESS_MEM_MAP, words, &m);

    *address = answer == TESS_MEM_OK ? (void *)m.words[0] : NULL;
    return answer;
}

enum tess_mem_answer tess_mem_unmap(void *address)
{
    tess_message m = {.words = {(tess_word)address}};

    return ask(TESS_MEM_UNMAP, 1, &m);
}

enum tess_mem_answer tess_mem_protect(void *address, unsigned rights)
{
    tess_message m = {.words = {(tess_word)address, rights}};

    return ask(TESS_MEM_PROTECT, 2, &m);
}

enum tess_mem_answer tess_mem_heap(uint64_t *end)
{
    tess_message m = {.words = {*end}};
    enum tess_mem_answer answer = ask(TESS_MEM_HEAP, 1, &m);

    if (answer == TESS_MEM_OK)
        *end = m.words[0];
    return answer;
}

enum tess_mem_answer tess_mem_offer(void *address, const char *program, tess_word *number)
{
    tess_message m = {.words = {(tess_word)address}};
    unsigned words = tess_message_put_bytes(&m, 1, program, strlen(program));
    enum tess_mem_answer answer = ask(TESS_MEM_OFFER, words, &m);

    *number = m.words[0];
    return answer;
}

enum tess_mem_answer tess_mem_attach(tess_word number, unsigned rights, void **address, size_t *bytes)
{
    tess_message m = {.words = {number, rights}};
    enum tess_mem_answer answer = ask(TESS_MEM_ATTACH, 2, &m);

    *address = answer == TESS_MEM_OK ? (void *)m.words[0] : NULL;
    *bytes = answer == TESS_MEM_OK ? m.words[1] : 0;
    return answer;
}

/* In the child, the registers that the kernel gave it are those of the call; floating point comes from the stack. */
int tess_mem_fork(enum tess_mem_answer *answer)
{
    tess_message m = {0};
    jmp_buf here;

    *answer = TESS_MEM_OK;
    tess_output_flush();
    if (setjmp(here) != 0)
        return 0;
    *answer = ask(TESS_MEM_FORK, 0, &m);
    if (*answer != TESS_MEM_OK)
        return -1;
    if (m.words[0] == 0)
        longjmp(here, 1);
    return (int)m.words[0];
}

enum tess_mem_answer tess_mem_client(tess_endpoint mem, unsigned index, struct tess_mem_client *client)
{
    tess_message m = {.words = {index}};
    enum tess_mem_answer answer = call(mem, TESS_MEM_CLIENT, 1, &m);

    *client = (struct tess_mem_client){0};
    if (answer == TESS_MEM_OK)
        tess_message_get_record(&m, client, offsetof(struct tess_mem_client, name), sizeof client->name);
    return answer;
}

enum tess_mem_answer tess_mem_system(tess_endpoint mem, struct tess_mem_system *system)
{
    tess_message m = {0};
    enum tess_mem_answer answer = call(mem, TESS_MEM_SYSTEM, 0, &m);

    memcpy(system, m.words, sizeof *system);
    return answer;
}
