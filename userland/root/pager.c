/*
 * userland/root/pager.c: programs whose memory is a server's (userland/lib/pager.h).
 *
 * Root keeps what it needs to take everything back: the client's thread, CSpace and address space are made of memory
 * of root's, like those of any program, and go with it. What the server mapped there is the server's; it learns by
 * a signal that a program has ended, and asks. When the server itself ends its memory goes, so its clients do too.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/pager.h"
#include "userland/root/elf.h"
#include "userland/root/root.h"

static tess_cnode spaces; /* null: no memory server was started yet */

_Static_assert(PROGRAMS_MAX < TESS_PAGER_SLOT && TESS_PAGER_SLOT < 1u << TESS_PAGER_RADIX,
               "slots of `spaces`");

static tess_word badge_for(const struct program *p)
{
    return TESS_PAGER_BADGE | (tess_word)p->starts << 8 | badge_of(p);
}

static struct program *client_by_badge(const struct program *server, tess_word badge)
{
    struct program *p = program_by_badge(TESS_PAGER_NUMBER(badge));

    return p != NULL && badge_for(p) == badge && p->policy->pager == server->number ? p : NULL;
}

/* ---- What they are given --------------------------------------------------------------------------------- */

bool pager_faults(struct program *p, tess_cptr *endpoint, tess_word *badge)
{
    if (p->policy->pager == 0)
        return true;
    if (!program_is_running(policy_of(p->policy->pager)->name)) {
        printf("root: cannot start %s: its memory server, %s, does not run\n", p->name,
               policy_of(p->policy->pager)->name);
        return false;
    }
    *badge = badge_for(p);
    return load_check(p, "memory server", policy_endpoint(p->policy->pager, endpoint));
}

bool pager_will_be_back(const struct program *p)
{
    const struct system_program *pager = p->policy->pager != 0 ? policy_of(p->policy->pager) : NULL;
    tess_cptr endpoint;

    return pager != NULL && !program_is_running(pager->name) && pager->crashes > 0 &&
           !tess_failed(policy_endpoint(p->policy->pager, &endpoint));
}

static tess_result make_spaces(void)
{
    if (spaces.address != TESS_NULL)
        return (tess_result){TESS_OK, 0, 0};
    return memory_make(TESS_TYPE_CNODE, TESS_PAGER_RADIX, 1, &spaces.address);
}

/* A server finds its clients' address spaces; a client, its server. */
bool pager_give(struct program *p)
{
    tess_cptr endpoint;
    tess_word badge;

    if ((p->policy->flags & SYSTEM_PAGER) != 0 &&
        (!load_check(p, "spaces", make_spaces()) ||
         !give_capability(p, "spaces", spaces.address, TESS_RIGHTS_ALL, 0)))
        return false;
    if (p->policy->pager == 0)
        return true;
    return pager_faults(p, &endpoint, &badge) &&
           give_capability(p, "mem", endpoint, TESS_RIGHT_CALL, badge) &&
           load_check(p, "spaces",
                      tess_cnode_copy(spaces, badge_of(p), (tess_cnode){TESS_NULL}, book(p, BOOK_VSPACE),
                                      TESS_RIGHTS_ALL));
}

/* ---- What the server asks -------------------------------------------------------------------------------- */

const char *pager_refuses(const struct program *p, const struct elf_image *image,
                          const struct bundle_file *file)
{
    if (p->policy->pager == 0)
        return NULL;
    if (image->count > TESS_PAGER_SEGMENTS)
        return "it has too many segments for a memory server";
    if (file->offset % TESS_PAGE_BYTES != 0)
        return "it does not begin a page of the bundle, as a memory server needs it";
    return p->words_length == 0 ? "its arguments are too long for a memory server" : NULL;
}

static void describe(const struct program *p, const struct elf_image *image, uint64_t offset,
                     struct tess_pager_client *c)
{
    *c = (struct tess_pager_client){
        .quota = p->policy->quota_pages * TESS_PAGE_BYTES,
        .placement = p->policy->placement,
        .heap = image->end,
        .heap_end = image->end + p->policy->heap_pages * TESS_PAGE_BYTES,
        .stack = TESS_LAYOUT_STACK_TOP - p->policy->stack_pages * TESS_PAGE_BYTES,
        .stack_end = TESS_LAYOUT_STACK_TOP - TESS_PAGE_BYTES,
        .given_tables = (image->end + TABLE_SPAN - 1) / TABLE_SPAN,
        .segments = image->count,
    };
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_segment *s = &image->segments[i];
        unsigned rights =
            TESS_RIGHT_READ | (s->write ? TESS_RIGHT_WRITE : 0) | (s->execute ? TESS_RIGHT_EXECUTE : 0);
        c->segment[i] =
            (struct tess_pager_segment){s->address, s->memory, offset + s->offset, s->file << 3 | rights};
    }
}

static enum tess_root_answer serve_client(const struct program *p, tess_message *m, unsigned *words)
{
    struct tess_pager_client client;
    struct elf_image image;
    struct bundle_file file;

    if (!bundle_find(p->image, &file) || elf_parse(file.data, file.size, &image) != NULL)
        return TESS_ROOT_NO_PROGRAM;
    describe(p, &image, file.offset, &client);
    *words = tess_message_put_words(m, 0, &client, offsetof(struct tess_pager_client, name));
    *words = tess_message_put_bytes(m, *words, p->name, strlen(p->name));
    return TESS_ROOT_OK;
}

static enum tess_root_answer serve_file(tess_message *m, unsigned *words)
{
    char name[TESS_PROGRAM_NAME];
    struct bundle_file file;

    name[tess_message_get_bytes(m, 0, name, sizeof name - 1)] = '\0';
    if (!bundle_find(name, &file))
        return TESS_ROOT_NO_PROGRAM;
    m->words[0] = file.offset;
    m->words[1] = file.size;
    *words = 2;
    return TESS_ROOT_OK;
}

/* What a server had asked for that was ended before it took it goes. */
static enum tess_root_answer serve_page(const tess_message *m)
{
    tess_word offset = m->words[0];

    if (offset % TESS_PAGE_BYTES != 0 || offset >= bundle_bytes())
        return TESS_ROOT_BAD_REQUEST;
    tess_result result = tess_cnode_delete(spaces, TESS_PAGER_SLOT);
    if (!tess_failed(result))
        result = tess_cnode_copy(spaces, TESS_PAGER_SLOT, (tess_cnode){TESS_NULL}, bundle_frame(offset),
                                 TESS_RIGHT_READ | TESS_RIGHT_EXECUTE);
    return tess_failed(result) ? TESS_ROOT_FAILED : TESS_ROOT_OK;
}

static enum tess_root_answer serve_faulted(struct program *p, const tess_message *m)
{
    tess_message fault = {.info = TESS_INFO(m->words[1], 2, 0), .words = {m->words[2], m->words[3]}};
    char why[64];

    why[tess_message_get_bytes(m, 4, why, sizeof why - 1)] = '\0';
    program_faulted(p, &fault, why);
    return TESS_ROOT_OK;
}

static enum tess_root_answer serve_forked(struct program *child, bool good)
{
    if (!good) {
        program_end(child, TESS_ENDED_KILLED, 0);
        return TESS_ROOT_OK;
    }
    return load_check(child, "resume", tess_tcb_resume((tess_tcb){book(child, BOOK_TCB)})) ? TESS_ROOT_OK
                                                                                           : TESS_ROOT_FAILED;
}

static enum tess_root_answer serve_about(struct program *p, tess_message *m, unsigned *words)
{
    struct program *child = NULL;
    enum tess_root_answer answer;

    switch ((enum tess_pager_op)TESS_INFO_LABEL(m->info)) {
    case TESS_PAGER_CLIENT:
        return serve_client(p, m, words);
    case TESS_PAGER_FAULTED:
        return serve_faulted(p, m);
    case TESS_PAGER_FORK:
        answer = program_fork(p, &child);
        m->words[0] = answer == TESS_ROOT_OK ? badge_for(child) : 0;
        *words = 1;
        return answer;
    case TESS_PAGER_FORKED:
        return serve_forked(p, m->words[1] != 0);
    case TESS_PAGER_ALIVE:
    case TESS_PAGER_FILE:
    case TESS_PAGER_PAGE:
        break;
    }
    return TESS_ROOT_BAD_REQUEST;
}

bool pager_message(const struct program *server, tess_message *m)
{
    tess_word label = TESS_INFO_LABEL(m->info);
    enum tess_root_answer answer;
    unsigned words = 0;

    if ((server->policy->flags & SYSTEM_PAGER) == 0 || label < TESS_PAGER_CLIENT || label > TESS_PAGER_FORKED)
        return false;
    struct program *p = client_by_badge(server, m->words[0]);
    if (label == TESS_PAGER_FILE) {
        answer = serve_file(m, &words);
    } else if (label == TESS_PAGER_PAGE) {
        answer = serve_page(m);
    } else if (label == TESS_PAGER_ALIVE) {
        m->words[0] = p != NULL;
        words = 1;
        answer = TESS_ROOT_OK;
    } else {
        answer = p != NULL ? serve_about(p, m, &words) : TESS_ROOT_NO_PROGRAM;
    }
    m->info = TESS_INFO(answer, words, 0);
    return true;
}

void pager_ended(unsigned number)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life != TESS_LIFE_RUNNING || p->policy->pager != number)
            continue;
        printf("%s: ended: its memory went with its memory server, %s\n", p->name, policy_of(number)->name);
        program_end(p, TESS_ENDED_FAULTED, 0);
    }
}
