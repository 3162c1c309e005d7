/*
 * kernel/ipc.c: the transfer of a message: words, then capabilities (SPEC EP-7..EP-10).
 */
#include "kernel/ipc.h"

#include "caps/cdt.h"
#include "caps/cspace.h"

struct status ipc_check(const struct tcb *sender)
{
    word info = sender->registers.a1;
    unsigned words = TESS_INFO_WORDS(info), caps = TESS_INFO_CAPS(info);
    const struct tess_ipc_buffer *buffer = tcb_buffer(sender);

    if (words > TESS_MESSAGE_WORDS_MAX)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_INFO, TESS_MESSAGE_WORDS_MAX);
    if (caps > TESS_MESSAGE_CAPS_MAX)
        return status_fail(TESS_ERR_RANGE, TESS_ARG_INFO, TESS_MESSAGE_CAPS_MAX);
    if ((words > TESS_REGISTER_WORDS || caps) && !buffer)
        return status_fail(TESS_ERR_NO_BUFFER, TESS_ARG_INFO, TESS_REGISTER_WORDS);
    for (unsigned i = 0; i < caps; i++) { /* EP-8: the sender learns of a bad address at once */
        struct slot *slot;
        TRY(cspace_lookup(tcb_cspace(sender), buffer->caps[i], TESS_ARG_TRANSFER(i), &slot));
    }
    return STATUS_OK;
}

/* ---- capabilities (EP-9) ---------------------------------------------------------------------------- */

/* The receive window: consecutive slots of one CNode, where the next capability may go. */
struct window {
    struct slot *slot;
    word left;
};

static struct window window_open(const struct tcb *receiver, const struct tess_ipc_buffer *buffer)
{
    struct window window = {NULL, 0};
    struct slot *cnode;
    word room;

    if (!buffer || buffer->window_cnode == TESS_NULL)
        return window;
    if (cspace_lookup_type(tcb_cspace(receiver), buffer->window_cnode, 0, CAP_CNODE, &cnode).code)
        return window;
    if (cspace_lookup_run(cnode->cap, buffer->window_first, 0, &window.slot, &room).code)
        return window;
    window.left = buffer->window_slots < room ? buffer->window_slots : room;
    return window;
}

/* The next empty slot of the window; NULL: none, and then none later either. */
static struct slot *window_next(struct window *window)
{
    if (window->left == 0 || !cap_is_empty(window->slot->cap)) {
        window->left = 0;
        return NULL;
    }
    window->left--;
    return window->slot++;
}

static enum tess_transfer transfer_one(const struct slot *source_slot, struct window *window,
                                       const void *endpoint, bool grant, word *badge)
{
    struct slot *source = (struct slot *)source_slot;

    if (source && endpoint && cap_type(source->cap) == CAP_ENDPOINT && cap_object(source->cap) == endpoint) {
        *badge = cap_badge(source->cap);
        return TESS_TRANSFER_UNWRAPPED;
    }
    if (!grant)
        return TESS_TRANSFER_NO_GRANT;
    if (!source || !cap_can_derive(source->cap))
        return TESS_TRANSFER_NO_DERIVE;
    struct slot *slot = window_next(window);
    if (!slot)
        return TESS_TRANSFER_NO_SLOT;
    cdt_insert(source, slot, cap_derive(source->cap, TESS_RIGHTS_ALL));
    return TESS_TRANSFER_PLACED;
}

static void transfer_caps(const struct tcb *sender, struct tcb *receiver, unsigned count,
                          const void *endpoint, bool grant)
{
    const struct tess_ipc_buffer *from = tcb_buffer(sender);
    struct tess_ipc_buffer *to = tcb_buffer(receiver);
    struct window window = window_open(receiver, to);

    if (!from) /* taken away while the sender waited */
        count = 0;
    for (unsigned i = 0; i < TESS_MESSAGE_CAPS_MAX; i++) {
        enum tess_transfer result = TESS_TRANSFER_NONE;
        word badge = 0;
        if (i < count) {
            struct slot *source = NULL;
            if (cspace_lookup(tcb_cspace(sender), from->caps[i], 0, &source).code)
                source = NULL;
            result = transfer_one(source, &window, endpoint, grant, &badge);
        }
        if (to) {
            to->transfer[i] = result;
            to->transfer_badge[i] = badge;
        }
    }
}

/* ---- the message -------------------------------------------------------------------------------------- */

/* Words 8 and up; returns how many words the receiver has in all. */
static unsigned transfer_words(const struct tcb *sender, struct tcb *receiver, unsigned words)
{
    const struct tess_ipc_buffer *from = tcb_buffer(sender);
    struct tess_ipc_buffer *to = tcb_buffer(receiver);

    if (!from || !to)
        return TESS_REGISTER_WORDS;
    for (unsigned i = TESS_REGISTER_WORDS; i < words; i++) /* at most 56 */
        to->words[i] = from->words[i];
    return words;
}

void ipc_transfer(struct tcb *sender, struct tcb *receiver, word badge, const void *endpoint, bool grant)
{
    word info = sender->registers.a1;
    unsigned words = TESS_INFO_WORDS(info), caps = TESS_INFO_CAPS(info);
    word flags = 0;

#pragma GCC unroll 8
    for (unsigned i = 0; i < TESS_REGISTER_WORDS; i++)
        receiver->registers.words[i] = sender->registers.words[i];
    if (words > TESS_REGISTER_WORDS) {
        unsigned arrived = transfer_words(sender, receiver, words);
        if (arrived < words)
            flags = TESS_STATUS_TRUNCATED;
        words = arrived;
    }
    if (caps)
        transfer_caps(sender, receiver, caps, endpoint, grant);
    receiver->registers.a0 = flags;
    receiver->registers.a1 = TESS_INFO(TESS_INFO_LABEL(info), words, caps);
    receiver->registers.t0 = badge;
    receiver->resume = RESUME_SHORT;
}
