/*
 * userland/root/policy.c: who gets what, as the system description says: member `system` of the bundle.
 *
 * The channels between the programs (endpoint, notifications, shared pages) are root's, not the servers':
 * a server that is started again finds its clients where they were. They are made when the first program
 * that needs them starts, and stay.
 *
 * A program is absent when a device it needs is, or, for one of the names of its channels, every program at
 * the other end. An absent program is not started, and its clients are not given a capability to it.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/hand_over.h"
#include "userland/root/root.h"

#define SIGNALS_MAX 16u

static struct system description;

/* What belongs to a program of the description, and outlives each of its runs. */
static struct station {
    tess_endpoint endpoint;
    tess_notification notification;
    tess_untyped replies; /* Reply objects are made of it anew each time */
    bool absent;
    bool given_up; /* until it is started by hand */
} stations[SYSTEM_PROGRAMS_MAX + 1];

static struct shared {
    tess_cptr frames; /* null: not made yet */
    uint64_t offset;  /* of registers in their first page */
    uint64_t bytes;
} shared[SYSTEM_REGIONS_MAX + 1];

tess_notification policy_console_signal;
tess_frame policy_log_frame;
static tess_notification signals[SIGNALS_MAX]; /* of root to others */
static unsigned signal_count;
static unsigned console; /* the number of the program that shows root's messages */

/* ---- Who there is ---------------------------------------------------------------------------------------- */

static bool is_present(unsigned device)
{
    return device == 0 || devices_get(device)->present;
}

/* Is there a record of that kind and name whose other end is there? Signals and calls begin alike. */
static bool has_partner(const struct system_program *p, enum system_kind kind, const char *name)
{
    const struct system_signal *s = NULL;

    while ((s = system_given(&description, p, kind, s)) != NULL) {
        if (strcmp(s->name, name) == 0 && !stations[s->program].absent)
            return true;
    }
    return false;
}

static bool lacks_device(const struct system_program *p)
{
    const struct system_map *m = NULL;
    const struct system_irq *i = NULL;

    while ((m = system_given(&description, p, SYSTEM_MAP, m)) != NULL) {
        if (!is_present(system_region(&description, m->region)->device))
            return true;
    }
    while ((i = system_given(&description, p, SYSTEM_IRQ, i)) != NULL) {
        if (!is_present(i->device))
            return true;
    }
    return false;
}

static bool lacks_partner(const struct system_program *p)
{
    const struct system_signal *s = NULL;
    const struct system_call *c = NULL;

    while ((s = system_given(&description, p, SYSTEM_SIGNAL, s)) != NULL) {
        if (!has_partner(p, SYSTEM_SIGNAL, s->name))
            return true;
    }
    while ((c = system_given(&description, p, SYSTEM_CALL, c)) != NULL) {
        if (c->optional == 0 && !has_partner(p, SYSTEM_CALL, c->name))
            return true;
    }
    return false;
}

/* Until nothing changes: who needs an absent program is absent too. */
static void find_absent(void)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
            const struct system_program *p = system_program(&description, i);
            if (!stations[i].absent && (lacks_device(p) || lacks_partner(p)))
                changed = stations[i].absent = true;
        }
    }
}

unsigned policy_number(const char *name)
{
    unsigned template = 0;

    for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
        const struct system_program *p = system_program(&description, i);
        if ((p->flags & SYSTEM_TEMPLATE) != 0)
            template = template != 0 ? template : i;
        else if (strcmp(p->name, name) == 0)
            return i;
    }
    return template;
}

const struct system_program *policy_of(unsigned number)
{
    return system_program(&description, number);
}

bool policy_absent(unsigned number)
{
    return stations[number].absent;
}

bool policy_shows_output(unsigned number)
{
    unsigned at = console;

    /* A circle is refused by the tool, and ended here. */
    for (unsigned i = 0; at != 0 && i <= description.programs; i++) {
        if (at == number)
            return true;
        at = system_program(&description, at)->after;
    }
    return false;
}

/* ---- What outlives the programs -------------------------------------------------------------------------- */

static tess_result make_once(enum tess_type type, tess_cptr *object)
{
    if (*object != TESS_NULL)
        return (tess_result){TESS_OK, 0, 0};
    return memory_make(type, 0, 1, object);
}

/* Registers are given page by page, as a device may share its first page with nobody. */
static tess_result make_registers(struct shared *s, uint64_t physical, uint64_t bytes, uint64_t room)
{
    unsigned pages = (unsigned)(room / TESS_PAGE_BYTES);
    tess_result result = {TESS_OK, 0, 0};

    s->offset = physical % TESS_PAGE_BYTES;
    s->bytes = bytes < room - s->offset ? bytes : room - s->offset;
    if (pages == 1) {
        tess_frame frame;
        result = devices_frame(physical, &frame);
        s->frames = tess_failed(result) ? TESS_NULL : frame.address;
        return result;
    }
    tess_cptr first = slots_take(pages);
    for (unsigned i = 0; first != TESS_NULL && i < pages && !tess_failed(result); i++) {
        tess_frame frame;
        result = devices_frame(physical - s->offset + i * TESS_PAGE_BYTES, &frame);
        if (!tess_failed(result))
            result = tess_cnode_move(root.cnode, first + i, (tess_cnode){TESS_NULL}, frame.address);
        if (!tess_failed(result))
            slots_give(frame.address);
    }
    s->frames = tess_failed(result) ? TESS_NULL : first;
    return result;
}

static tess_result make_region(unsigned number)
{
    const struct system_region *r = system_region(&description, number);
    struct shared *s = &shared[number];
    uint64_t physical = r->physical;
    uint64_t bytes = r->bytes;

    if (s->frames != TESS_NULL)
        return (tess_result){TESS_OK, 0, 0};
    if (r->device != 0 && !devices_registers(devices_get(r->device), r->block, &physical, &bytes))
        return (tess_result){TESS_ERR_RANGE, TESS_ARG_CAPABILITY, r->block};
    if (physical != 0)
        return make_registers(s, physical, bytes, r->bytes);
    s->bytes = r->bytes;
    return memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K, (unsigned)(r->bytes / TESS_PAGE_BYTES), &s->frames);
}

/* ---- What a program is given ----------------------------------------------------------------------------- */

unsigned policy_book_slots(unsigned number)
{
    const struct system_program *policy = system_program(&description, number);
    const struct system_map *m = NULL;
    const struct system_irq *i = NULL;
    unsigned slots = 0;

    while ((m = system_given(&description, policy, SYSTEM_MAP, m)) != NULL)
        slots += (unsigned)(system_region(&description, m->region)->bytes / TESS_PAGE_BYTES);
    while ((i = system_given(&description, policy, SYSTEM_IRQ, i)) != NULL)
        slots++;
    return slots;
}

/* Reply objects outlive a program only where another one takes its place: those hold the same callers. */
static bool give_replies(struct program *p)
{
    struct station *s = &stations[p->number];
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    unsigned count = p->policy->replies;
    tess_word bytes = (count + 1) * TESS_REPLY_BYTES; /* one for the alignment */
    tess_result result = {TESS_OK, 0, 0};
    tess_cptr first;

    if (!give_slots(p, "replies", count, &first))
        return false;
    if (p->predecessor != NULL) {
        for (unsigned i = 0; i < count && !tess_failed(result); i++)
            result = tess_cnode_copy(cspace, first + i, (tess_cnode){TESS_NULL},
                                     in_cspace(p->predecessor, first + i), TESS_RIGHTS_ALL);
        return load_check(p, "replies", result);
    }
    if (s->replies.address == TESS_NULL)
        result = memory_make(TESS_TYPE_UNTYPED, bytes, 1, &s->replies.address);
    else
        result = tess_cnode_revoke(root.cnode, s->replies.address);
    if (!tess_failed(result))
        result = tess_untyped_reset(s->replies);
    if (!tess_failed(result))
        result = tess_untyped_retype(s->replies, TESS_TYPE_REPLY, 0, cspace, first, count);
    return load_check(p, "replies", result);
}

/* Its own endpoint and notification, and the way to root. */
static bool give_own(struct program *p)
{
    struct station *s = &stations[p->number];
    bool server = (p->policy->flags & SYSTEM_SERVER) != 0;
    bool wake = (p->policy->flags & SYSTEM_WAKE) != 0;
    tess_tcb tcb = {book(p, BOOK_TCB)};

    if (server &&
        !(load_check(p, "endpoint", make_once(TESS_TYPE_ENDPOINT, &s->endpoint.address)) && give_replies(p) &&
          give_capability(p, "clients", s->endpoint.address, TESS_RIGHT_RECV, 0)))
        return false;
    if (wake && !load_check(p, "notification", make_once(TESS_TYPE_NOTIFICATION, &s->notification.address)))
        return false;
    if (wake && (!server || (p->policy->flags & SYSTEM_WAIT) != 0) &&
        !give_capability(p, "wake", s->notification.address, TESS_RIGHT_RECV, 0))
        return false;
    if (server && wake && p->predecessor == NULL &&
        !load_check(p, "notification", tess_tcb_bind_notification(tcb, s->notification)))
        return false;
    if ((p->policy->flags & SYSTEM_COUNTERS) != 0 &&
        !load_check(p, "flags", tess_tcb_set_flags(tcb, 0, TESS_TCB_COUNTERS)))
        return false;
    return give_own_memory(p) &&
           give_capability(p, "root", root.endpoint.address, TESS_RIGHT_CALL, badge_of(p));
}

/* For devices that reach memory by themselves: INSPECT of a frame says where it is. */
static bool give_frames(struct program *p, const struct system_map *m, unsigned pages)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cptr slot;

    if (!give_slots(p, m->name, pages, &slot))
        return false;
    for (unsigned i = 0; i < pages; i++) {
        tess_result result = tess_cnode_copy(cspace, slot + i, (tess_cnode){TESS_NULL},
                                             shared[m->region].frames + i, m->rights);
        if (!load_check(p, m->name, result))
            return false;
    }
    return true;
}

static bool give_maps(struct program *p)
{
    const struct system_map *m = NULL;

    while ((m = system_given(&description, p->policy, SYSTEM_MAP, m)) != NULL) {
        const struct shared *s = &shared[m->region];
        unsigned pages = (unsigned)(system_region(&description, m->region)->bytes / TESS_PAGE_BYTES);
        if (!load_check(p, m->name, make_region(m->region)) ||
            !give_pages(p, s->frames, pages, m->address, m->rights) ||
            !give_region(p, m->name, m->address + s->offset, s->bytes) ||
            (m->frames != 0 && !give_frames(p, m, pages)))
            return false;
    }
    return true;
}

/* A value NAME_bit beside the capability NAME. */
static bool give_bit(struct program *p, const char *name, unsigned bit)
{
    char text[SYSTEM_NAME + 4];

    snprintf(text, sizeof text, "%s_bit", name);
    return give_value(p, text, 1ull << bit);
}

static bool give_interrupt(struct program *p, const struct system_irq *i)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_notification signal;
    tess_cptr handler;
    uint32_t number = i->number;

    if (i->device != 0 && !devices_interrupt(devices_get(i->device), i->index, &number)) {
        printf("root: cannot start %s: its device has no interrupt %u\n", p->name, i->index);
        return false;
    }
    if (p->predecessor != NULL)
        return give_slots(p, i->name, 1, &handler) &&
               load_check(p, i->name,
                          tess_cnode_copy(cspace, handler, (tess_cnode){TESS_NULL},
                                          in_cspace(p->predecessor, handler), TESS_RIGHTS_ALL)) &&
               give_bit(p, i->name, i->bit);
    return give_signal(p, stations[p->number].notification, 1ull << i->bit, &signal) &&
           give_slots(p, i->name, 1, &handler) &&
           load_check(
               p, i->name,
               tess_irq_control_get(root.irq_control, number, cspace, handler, signal, i->trigger, 1)) &&
           give_bit(p, i->name, i->bit);
}

static bool give_interrupts(struct program *p)
{
    const struct system_irq *i = NULL;

    while ((i = system_given(&description, p->policy, SYSTEM_IRQ, i)) != NULL) {
        if (!give_interrupt(p, i))
            return false;
    }
    return true;
}

/* One program is known by the number of its channel; of a template, each one by its own number besides. */
static tess_word badge_for(const struct program *p, const struct system_call *c)
{
    return (p->policy->flags & SYSTEM_TEMPLATE) != 0 ? badge_of(p) << 32 | c->id : c->id;
}

static tess_notification notification_of(unsigned number)
{
    return number == SYSTEM_ROOT ? root.notification : stations[number].notification;
}

static bool give_channels(struct program *p)
{
    const struct system_signal *s = NULL;
    const struct system_call *c = NULL;

    while ((s = system_given(&description, p->policy, SYSTEM_SIGNAL, s)) != NULL) {
        struct station *other = &stations[s->program];
        if (other->absent)
            continue;
        if (s->program != SYSTEM_ROOT &&
            !load_check(p, s->name, make_once(TESS_TYPE_NOTIFICATION, &other->notification.address)))
            return false;
        if (!give_capability(p, s->name, notification_of(s->program).address, TESS_RIGHT_SEND,
                             1ull << s->bit))
            return false;
    }
    while ((c = system_given(&description, p->policy, SYSTEM_CALL, c)) != NULL) {
        struct station *other = &stations[c->program];
        if (other->absent || other->given_up)
            continue;
        if (!load_check(p, c->name, make_once(TESS_TYPE_ENDPOINT, &other->endpoint.address)) ||
            !give_capability(p, c->name, other->endpoint.address, TESS_RIGHT_CALL, badge_for(p, c)))
            return false;
    }
    return true;
}

static uint64_t value_of(const struct system_value *v)
{
    struct tess_inspect info;

    switch ((enum system_value_source)v->source) {
    case SYSTEM_VALUE_NUMBER:
        return v->number;
    case SYSTEM_VALUE_PROPERTY:
        return is_present(v->which) ? devices_property(devices_get(v->which), v->text, (uint32_t)v->number)
                                    : v->number;
    case SYSTEM_VALUE_PHYSICAL:
        if (tess_failed(make_region(v->which)) || tess_failed(tess_inspect(shared[v->which].frames, &info)))
            return 0;
        return info.badge + shared[v->which].offset;
    case SYSTEM_VALUE_BYTES:
        return system_region(&description, v->which)->bytes;
    }
    return 0;
}

static bool give_texts(struct program *p)
{
    const struct system_value *v = NULL;
    const struct system_argument *a = NULL;

    while ((v = system_given(&description, p->policy, SYSTEM_VALUE, v)) != NULL) {
        if (!give_value(p, v->name, value_of(v)))
            return false;
    }
    while ((a = system_given(&description, p->policy, SYSTEM_ARGUMENT, a)) != NULL) {
        const char *text = a->device != 0 ? devices_get(a->device)->kind : a->text;
        if (!give_argument(p, text != NULL ? text : ""))
            return false;
    }
    return true;
}

bool policy_wire(struct program *p)
{
    stations[p->number].given_up = false;
    return give_own(p) && authority_give(p) && give_maps(p) && give_interrupts(p) && give_channels(p) &&
           give_texts(p);
}

/* A server that nobody signals gets its notification now. */
bool policy_ask_to_hand_over(struct program *p)
{
    struct station *s = &stations[p->number];
    tess_tcb tcb = {book(p, BOOK_TCB)};
    tess_notification signal = {slots_take(1)};
    tess_result result = make_once(TESS_TYPE_NOTIFICATION, &s->notification.address);

    if (!tess_failed(result) && (p->policy->flags & SYSTEM_SERVER) != 0 &&
        (p->policy->flags & SYSTEM_WAKE) == 0) {
        result = tess_tcb_bind_notification(tcb, s->notification);
        if (result.error == TESS_ERR_BOUND) /* at an earlier time */
            result.error = TESS_OK;
    }
    if (!tess_failed(result))
        result = tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL}, s->notification.address,
                                 TESS_RIGHT_SEND, TESS_SIGNAL_HAND_OVER);
    passive_wake(p);
    if (!tess_failed(result))
        result = tess_signal(signal);
    tess_cnode_delete(root.cnode, signal.address);
    slots_give(signal.address);
    return load_check(p, "signal", result);
}

bool policy_pass_notification(struct program *old, struct program *successor)
{
    tess_notification notification = stations[old->number].notification, none = {TESS_NULL};
    tess_tcb from = {book(old, BOOK_TCB)}, to = {book(successor, BOOK_TCB)};

    if ((old->policy->flags & SYSTEM_SERVER) == 0)
        return true;
    if (!load_check(old, "notification", tess_tcb_bind_notification(from, none)))
        return false;
    if (load_check(successor, "notification", tess_tcb_bind_notification(to, notification)))
        return true;
    tess_tcb_bind_notification(from, notification);
    return false;
}

void policy_give_up(unsigned number)
{
    tess_endpoint *endpoint = &stations[number].endpoint;

    stations[number].given_up = true;
    if (endpoint->address == TESS_NULL)
        return;
    tess_cnode_revoke(root.cnode, endpoint->address);
    tess_cnode_delete(root.cnode, endpoint->address);
    slots_give(endpoint->address);
    endpoint->address = TESS_NULL;
}

/* ---- Root's own part ------------------------------------------------------------------------------------- */

/* Root signals through second capabilities of its own, with the badge of the channel. */
static tess_result open_signal(const struct system_signal *s)
{
    tess_notification signal = {slots_take(1)};
    struct station *other = &stations[s->program];
    tess_result result = make_once(TESS_TYPE_NOTIFICATION, &other->notification.address);

    if (tess_failed(result) || other->absent || signal_count == SIGNALS_MAX)
        return result;
    result = tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL}, other->notification.address,
                             TESS_RIGHT_SEND, 1ull << s->bit);
    signals[signal_count++] = signal;
    if (strcmp(s->name, "log") == 0) {
        policy_console_signal = signal;
        console = s->program;
    }
    return result;
}

void policy_tell_servers(void)
{
    for (unsigned i = 0; i < signal_count; i++)
        tess_signal(signals[i]);
}

static bool open_own(void)
{
    const struct system_program *own = system_program(&description, SYSTEM_ROOT);
    const struct system_map *m = NULL;
    const struct system_signal *s = NULL;
    tess_result result = {TESS_OK, 0, 0};

    while (!tess_failed(result) && (m = system_given(&description, own, SYSTEM_MAP, m)) != NULL) {
        result = make_region(m->region);
        if (strcmp(m->name, "log") == 0)
            policy_log_frame.address = shared[m->region].frames;
    }
    while (!tess_failed(result) && (s = system_given(&description, own, SYSTEM_SIGNAL, s)) != NULL)
        result = open_signal(s);
    if (tess_failed(result))
        tess_report("root: making its own channels", result);
    return !tess_failed(result);
}

bool policy_init(void)
{
    struct bundle_file file;

    if (!bundle_find("system", &file)) {
        printf("root: the bundle has no system description\n");
        return false;
    }
    const char *wrong = file.offset % sizeof(uint64_t) != 0 ? "it is not aligned"
                                                            : system_open(&description, file.data, file.size);
    if (wrong != NULL) {
        printf("root: the system description is damaged: %s\n", wrong);
        return false;
    }
    if (!devices_init())
        return false;
    for (unsigned i = 1; i <= description.devices; i++)
        devices_add(system_device(&description, i));
    find_absent();
    return open_own();
}

/* Starts what the description wants started behind that program; 0: at once. */
void policy_start_after(unsigned number)
{
    for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
        const struct system_program *p = system_program(&description, i);
        if ((p->flags & SYSTEM_BOOT) == 0 || p->after != number)
            continue;
        if (stations[i].absent)
            policy_start_after(i); /* what waits for it need not */
        else if (!program_is_running(p->name))
            program_start_named(p->name);
    }
}
