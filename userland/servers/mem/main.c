/*
 * userland/servers/mem/main.c: the memory server: owns untyped memory, and is the pager of its clients.
 *
 * A fault comes as a call of the kernel in the client's name; the answer lets it go on. A fault that nothing can be
 * done about is reported to root, which ends the client. The server never waits for a client, and root never waits
 * for the server. userland/servers/mem/README.md says what happens on each fault.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/layout.h"
#include "userland/lib/pager.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/lib/stdio.h"
#include "userland/servers/mem/clients.h"
#include "userland/servers/mem/hands.h"

/* What root says of it, behind the fault; "" where the fault says it all. */
static const char *reason(enum space_answer answer)
{
    switch (answer) {
    case SPACE_OK:
    case SPACE_BAD_REQUEST:
    case SPACE_NOTHING:
    case SPACE_RIGHTS:
    case SPACE_TAKEN:
        break;
    case SPACE_QUOTA:
        return "its quota of memory is used up";
    case SPACE_MEMORY:
        return "the memory server cannot promise its quota";
    case SPACE_FULL:
        return "too many use this page";
    case SPACE_GUARD:
        return "a guard page";
    case SPACE_DISK:
        return "the swap disk failed";
    case SPACE_GONE:
        return "its address space is not there";
    case SPACE_FAILED:
        return "the memory server failed";
    }
    return "";
}

static enum space_answer handle(const tess_message *m)
{
    static const unsigned access[] = {[TESS_FAULT_READ] = FRAMES_READ,
                                      [TESS_FAULT_WRITE] = FRAMES_WRITE,
                                      [TESS_FAULT_EXECUTE] = FRAMES_EXECUTE};
    tess_word kind = TESS_INFO_LABEL(m->info), page = m->words[1] / TESS_PAGE_BYTES;
    enum space_answer answer;
    struct client *client = client_of(m->badge, &answer);

    if (client == NULL)
        return answer;
    client->space->faults++;
    if (kind < TESS_FAULT_READ || kind > TESS_FAULT_EXECUTE || page >= REGION_PAGES)
        return SPACE_NOTHING;
    return space_fault(client->space, (uint32_t)page, access[kind]);
}

/* The thread of a client that is ended is gone before it would be answered. */
static enum tess_handled serve_fault(tess_message *m)
{
    enum space_answer answer = handle(m);

    if (answer == SPACE_OK) {
        *m = (tess_message){0};
        return TESS_HANDLED_ANSWER;
    }
    tess_pager_faulted(mem_root, m->badge, m, reason(answer));
    *m = (tess_message){.info = TESS_INFO(1, 0, 0)};
    return TESS_HANDLED_ANSWER;
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    enum tess_handled handled = TESS_HANDLED_ANSWER;

    (void)server;
    if ((m->flags & TESS_STATUS_FAULT) != 0)
        handled = serve_fault(m);
    else
        requests_serve(m);
    tess_output_flush();
    return handled;
}

static void notified(struct tess_server *server, tess_word word)
{
    (void)server;
    (void)word;
    clients_check();
}

/* Root has put the page onto the shelf that the address spaces are on. */
bool frames_fetch(uint64_t offset, uint32_t slot)
{
    if (tess_pager_page(mem_root, offset) != TESS_ROOT_OK)
        return false;
    return !tess_failed(tess_cnode_move(hands_cnode(), slot, (tess_cnode){TESS_NULL},
                                        tess_slot_of("spaces", TESS_PAGER_SLOT)));
}

int main(void)
{
    struct tess_server server = {.message = message, .notified = notified};
    struct hands_setup setup = {
        .memory = {tess_need_capability("memory")},
        .cspace = {tess_need_capability("cspace")},
        .radix = tess_start->cspace_radix,
        .slots = (1ull << tess_start->cspace_radix) - 2,
        .vspace = {tess_need_capability("vspace")},
    };

    tess_server_open(&server);
    mem_root.address = tess_need_capability("root");
    tess_need_capability("spaces");
    if (!hands_init(&setup))
        return 1;
    tess_serve(&server);
}
