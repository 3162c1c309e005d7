/*
 * userland/root/policy.c: who gets what, as the system description says: member `system` of the bundle.
 *
 * The channels between the programs (endpoint, notifications, shared pages) are root's, not the servers':
 * a server that is started again finds its clients where they were. They are made when the first program
 * that needs them starts, and stay.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/layout.h"
#include "userland/root/root.h"

#define SIGNALS_MAX 16u

struct system description;

/* What belongs to a program of the description, and outlives each of its runs. */
static struct station {
    tess_endpoint endpoint;
    tess_untyped place; /* of which the endpoint is made */
    tess_notification notification;
    tess_untyped replies; /* Reply objects are made of it anew each time */
    bool given_up;        /* until it is started by hand */
} stations[SYSTEM_PROGRAMS_MAX + 1];

tess_notification policy_console_signal;
tess_frame policy_log_frame;
static struct {
    tess_notification to;
    const struct system_signal *how;
} signals[SIGNALS_MAX]; /* of root to others */
static unsigned signal_count;
static unsigned console;       /* the number of the program that shows root's messages */
static unsigned device_server; /* and of the one that gives out devices; 0: there is none */
static unsigned name_server;
static uint64_t description_offset; /* in the bundle */

/* ---- Who there is ---------------------------------------------------------------------------------------- */

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

tess_notification policy_notification(unsigned number)
{
    return stations[number].notification;
}

/* ---- What outlives the programs -------------------------------------------------------------------------- */

static tess_result make_once(enum tess_type type, tess_cptr *object)
{
    if (*object != TESS_NULL)
        return (tess_result){TESS_OK, 0, 0};
    return memory_make(type, 0, 1, object);
}

/* Of memory of its own, so that policy_close can make it anew. */
static tess_result make_endpoint(struct station *s)
{
    tess_result result = {TESS_OK, 0, 0};
    tess_cptr slot;

    if (s->endpoint.address != TESS_NULL)
        return result;
    if (s->place.address == TESS_NULL)
        result = memory_make(TESS_TYPE_UNTYPED, TESS_ENDPOINT_BYTES, 1, &s->place.address);
    slot = slots_take(1);
    if (!tess_failed(result))
        result = tess_untyped_retype(s->place, TESS_TYPE_ENDPOINT, 0, root.cnode, slot, 1);
    if (tess_failed(result))
        slots_give(slot);
    else
        s->endpoint.address = slot;
    return result;
}

/* Null: there is none, or nobody serves it any more. */
static tess_endpoint server_of(unsigned number)
{
    tess_endpoint endpoint = {TESS_NULL};

    if (number == 0 || tess_failed(policy_endpoint(number, &endpoint.address)))
        endpoint.address = TESS_NULL;
    return endpoint;
}

tess_endpoint policy_device_server(void)
{
    return server_of(device_server);
}

tess_endpoint policy_name_server(void)
{
    return server_of(name_server);
}

/* ---- What a program is given ----------------------------------------------------------------------------- */

/* The servers that read it themselves have it mapped, as it lies in the bundle, with its neighbours. */
static unsigned description_pages(const struct system_program *policy)
{
    uint64_t end = description_offset % TESS_PAGE_BYTES + description.length;

    return (policy->flags & (SYSTEM_DEVICE_SERVER | SYSTEM_NAME_SERVER)) != 0
               ? (unsigned)((end + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES)
               : 0;
}

static bool give_description(struct program *p)
{
    struct frames frames = {bundle_frame(description_offset), 1ull << root.radix,
                            description_pages(p->policy)};

    return frames.count == 0 || give_system_pages(p, "description", &frames,
                                                  description_offset % TESS_PAGE_BYTES, description.length);
}

unsigned policy_book_slots(unsigned number)
{
    const struct system_program *policy = system_program(&description, number);
    const struct system_map *m = NULL;
    unsigned slots = 3 /* tray, found, window */ + devices_pages(policy) + description_pages(policy);

    while ((m = system_given(&description, policy, SYSTEM_MAP, m)) != NULL) {
        const struct system_region *r = system_region(&description, m->region);
        slots += region_is_registers(r) ? 0 : (unsigned)(r->bytes / TESS_PAGE_BYTES);
    }
    return slots;
}

unsigned policy_far_tables(unsigned number)
{
    const struct system_map *m = NULL;
    unsigned tables = 0;

    while ((m = system_given(&description, policy_of(number), SYSTEM_MAP, m)) != NULL) {
        uint64_t last = m->address + system_region(&description, m->region)->bytes - 1;
        if (m->address >= TESS_LAYOUT_FAR)
            tables += (unsigned)(last / TABLE_SPAN - m->address / TABLE_SPAN) + 1;
    }
    return tables;
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
    p->replies = first;
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

uint64_t policy_made_bytes(unsigned number)
{
    const struct system_program *policy = system_program(&description, number);

    return devices_tray_bytes(policy) + names_made_bytes(policy) + grant_made_bytes(policy);
}

bool policy_make(struct program *p)
{
    return devices_make_tray(p) && names_make(p) && grant_make(p);
}

/* Its own endpoint and notification, and the way to root. */
static bool give_own(struct program *p)
{
    struct station *s = &stations[p->number];
    bool server = (p->policy->flags & SYSTEM_SERVER) != 0;
    bool wake = (p->policy->flags & SYSTEM_WAKE) != 0;
    unsigned rights = TESS_RIGHT_RECV | grant_rights(p->policy);
    tess_tcb tcb = {book(p, BOOK_TCB)};

    if (server && !(load_check(p, "endpoint", make_endpoint(s)) && give_replies(p) &&
                    give_capability(p, "clients", s->endpoint.address, rights, 0)))
        return false;
    if (wake && !load_check(p, "notification", make_once(TESS_TYPE_NOTIFICATION, &s->notification.address)))
        return false;
    if (wake && (!server || (p->policy->flags & SYSTEM_WAIT) != 0) &&
        !give_capability(p, "wake", s->notification.address, TESS_RIGHT_RECV | TESS_RIGHT_SEND, 0))
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
static bool give_frames(struct program *p, const struct system_map *m, const struct frames *frames)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cptr slot;

    if (!give_slots(p, m->name, frames->count, &slot))
        return false;
    for (unsigned i = 0; i < frames->count; i++) {
        tess_result result = tess_cnode_copy(cspace, slot + i, (tess_cnode){TESS_NULL},
                                             frames->first + i * frames->step, m->rights);
        if (!load_check(p, m->name, result))
            return false;
    }
    return true;
}

static bool give_map(struct program *p, const struct system_map *m)
{
    const struct system_region *r = system_region(&description, m->region);
    uint64_t address, bytes;

    if (region_is_registers(r)) { /* mapped when the program claims them */
        devices_registers(m->region, &address, &bytes);
        return give_place(p, m->address, r->bytes) &&
               give_region(p, m->name, m->address + address % TESS_PAGE_BYTES, bytes);
    }
    if (!load_check(p, m->name, region_make(m->region)))
        return false;
    struct frames frames = region_frames(m->region);
    return give_pages(p, &frames, m->address, m->rights) && give_region(p, m->name, m->address, r->bytes) &&
           (m->frames == 0 || give_frames(p, m, &frames));
}

static bool give_maps(struct program *p)
{
    const struct system_map *m = NULL;

    while ((m = system_given(&description, p->policy, SYSTEM_MAP, m)) != NULL) {
        if (!give_map(p, m))
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

/* The first slots, for the handlers: the device server fills them. A successor has those of its predecessor. */
static bool give_interrupts(struct program *p)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)}, here = {TESS_NULL};
    const struct system_irq *i = NULL;
    tess_cptr handler;

    while ((i = system_given(&description, p->policy, SYSTEM_IRQ, i)) != NULL) {
        if (!give_slots(p, i->name, 1, &handler) || !give_bit(p, i->name, i->bit))
            return false;
        if (p->predecessor != NULL &&
            !load_check(
                p, i->name,
                tess_cnode_copy(cspace, handler, here, in_cspace(p->predecessor, handler), TESS_RIGHTS_ALL)))
            return false;
    }
    return true;
}

/* One program is known by the number of its channel; of a template, each one by its own number besides. */
tess_word policy_badge(const struct program *p, const struct system_call *c)
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
        if (absent_is(s->program) || other->given_up)
            continue;
        if (s->program != SYSTEM_ROOT &&
            !load_check(p, s->name, make_once(TESS_TYPE_NOTIFICATION, &other->notification.address)))
            return false;
        if (!give_capability(p, s->name, notification_of(s->program).address, TESS_RIGHT_SEND,
                             1ull << s->bit))
            return false;
    }
    for (unsigned i = 0; (c = system_given(&description, p->policy, SYSTEM_CALL, c)) != NULL; i++) {
        struct station *other = &stations[c->program];
        if (absent_is(c->program) || other->given_up)
            continue;
        if (!load_check(p, c->name, make_endpoint(other)) ||
            !give_capability(p, c->name, other->endpoint.address,
                             TESS_RIGHT_CALL | (c->grant != 0 ? TESS_RIGHT_GRANT : 0u), policy_badge(p, c)))
            return false;
        if (i < CALLS_KEPT)
            p->calls[i] = (uint16_t)(p->cspace_next - 1);
    }
    return true;
}

static uint64_t value_of(const struct system_value *v)
{
    struct tess_inspect info;
    uint64_t address, bytes;

    switch ((enum system_value_source)v->source) {
    case SYSTEM_VALUE_NUMBER:
        return v->number;
    case SYSTEM_VALUE_PROPERTY:
        return devices_value(v);
    case SYSTEM_VALUE_PHYSICAL:
        if (region_is_registers(system_region(&description, v->which))) {
            devices_registers(v->which, &address, &bytes);
            return address;
        }
        if (tess_failed(region_make(v->which)) ||
            tess_failed(tess_inspect(region_frames(v->which).first, &info)))
            return 0;
        return info.badge;
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
        if (!give_argument(p, a->device != 0 ? devices_kind(a->device) : a->text))
            return false;
    }
    return true;
}

bool policy_wire(struct program *p)
{
    stations[p->number].given_up = false;
    return give_interrupts(p) && give_own(p) && authority_give(p) && pager_give(p) && devices_serve(p) &&
           names_serve(p) && give_description(p) && give_maps(p) && give_channels(p) && names_give(p) &&
           family_give(p) && grant_give(p) && give_texts(p) && devices_give_tray(p);
}

tess_result policy_make_notification(unsigned number, tess_notification *notification)
{
    tess_result result = make_once(TESS_TYPE_NOTIFICATION, &stations[number].notification.address);

    *notification = stations[number].notification;
    return result;
}

tess_result policy_endpoint(unsigned number, tess_cptr *endpoint)
{
    struct station *s = &stations[number];

    if (absent_is(number) || s->given_up)
        return (tess_result){TESS_ERR_CANCELLED, TESS_ARG_CAPABILITY, 0};
    tess_result result = make_endpoint(s);
    *endpoint = s->endpoint.address;
    return result;
}

void policy_close(unsigned number)
{
    struct station *s = &stations[number];
    const struct system_child *c = NULL;

    while ((c = system_given(&description, policy_of(number), SYSTEM_CHILD, c)) != NULL)
        policy_close(c->program); /* the tool sees to it that nobody is his own descendant */
    if (s->endpoint.address == TESS_NULL)
        return;
    tess_cnode_revoke(root.cnode, s->place.address);
    tess_untyped_reset(s->place);
    tess_result result =
        tess_untyped_retype(s->place, TESS_TYPE_ENDPOINT, 0, root.cnode, s->endpoint.address, 1);
    if (tess_failed(result))
        tess_report("root: an endpoint", result);
}

/* ---- Root's own part ------------------------------------------------------------------------------------- */

/* Root signals through second capabilities of its own, with the badge of the channel. */
static tess_result mint_signal(tess_notification signal, const struct system_signal *how)
{
    return tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL},
                           stations[how->program].notification.address, TESS_RIGHT_SEND, 1ull << how->bit);
}

static tess_result open_signal(const struct system_signal *s)
{
    tess_notification signal = {slots_take(1)};
    struct station *other = &stations[s->program];
    tess_result result = make_once(TESS_TYPE_NOTIFICATION, &other->notification.address);

    if (tess_failed(result) || absent_is(s->program))
        return result;
    if (signal_count == SIGNALS_MAX) /* the tool refuses such a description */
        return (tess_result){TESS_ERR_RANGE, TESS_ARG_CAPABILITY, SIGNALS_MAX};
    result = mint_signal(signal, s);
    signals[signal_count].to = signal;
    signals[signal_count++].how = s;
    if (strcmp(s->name, "log") == 0) {
        policy_console_signal = signal;
        console = s->program;
    }
    return result;
}

void policy_tell_servers(void)
{
    for (unsigned i = 0; i < signal_count; i++)
        tess_signal(signals[i].to);
}

/* The notification stays, for when it is started by hand, and with it what root itself signals. */
void policy_give_up(unsigned number)
{
    stations[number].given_up = true;
    policy_close(number);
    if (stations[number].notification.address != TESS_NULL)
        tess_cnode_revoke(root.cnode, stations[number].notification.address);
    for (unsigned i = 0; i < signal_count; i++) {
        if (signals[i].how->program == number)
            mint_signal(signals[i].to, signals[i].how);
    }
    policy_tell_servers();
    if (policy_shows_output(number))
        printf("root: nobody reads what is typed any more; what runs goes on, and root's messages appear "
               "here\n");
    if (number == device_server && !devices_known())
        printf("root: without a device server nothing else can be started\n");
}

static bool open_own(void)
{
    const struct system_program *own = system_program(&description, SYSTEM_ROOT);
    const struct system_map *m = NULL;
    const struct system_signal *s = NULL;
    tess_result result = {TESS_OK, 0, 0};

    while (!tess_failed(result) && (m = system_given(&description, own, SYSTEM_MAP, m)) != NULL) {
        result = region_make(m->region);
        if (strcmp(m->name, "log") == 0)
            policy_log_frame.address = region_frames(m->region).first;
    }
    while (!tess_failed(result) && (s = system_given(&description, own, SYSTEM_SIGNAL, s)) != NULL)
        result = open_signal(s);
    if (tess_failed(result))
        tess_report("root: making its own channels", result);
    return !tess_failed(result);
}

/* The first program with that flag; 0: none has it. */
static unsigned find_flag(uint32_t flag)
{
    for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
        if ((system_program(&description, i)->flags & flag) != 0)
            return i;
    }
    return 0;
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
    description_offset = file.offset;
    device_server = find_flag(SYSTEM_DEVICE_SERVER);
    name_server = find_flag(SYSTEM_NAME_SERVER);
    return (device_server == 0 || devices_init()) && open_own();
}

/* Starts what the description wants started behind that program; 0: at once. */
static void start_after(unsigned number)
{
    for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
        const struct system_program *p = system_program(&description, i);
        if ((p->flags & SYSTEM_BOOT) == 0 || p->after != number)
            continue;
        if (absent_is(i))
            start_after(i); /* what waits for it need not */
        else if (!program_is_running(p->name))
            program_start_named(p->name);
    }
}

void policy_start(void)
{
    if (device_server != 0)
        program_start_named(system_program(&description, device_server)->name);
    else
        start_after(0);
}

void policy_ready(unsigned number)
{
    if (number == device_server && devices_all_told()) {
        absent_find();
        start_after(0);
    }
    start_after(number);
}
