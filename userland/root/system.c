/*
 * userland/root/system.c: reading the system description (userland/root/system.h).
 */
#include "userland/root/system.h"

#include <string.h>

#define RIGHTS_ALL    7u
#define PRIORITY_MAX  255u
#define PAGE          4096u
#define PAGES_MAX     4096u      /* of stack and of heap */
#define MEMORY_MAX    (1u << 18) /* pages of own memory, of a quota, and of a heap that a memory server gives */
#define RADIX_MAX     13u        /* capabilities to as many frames as a region has at most, and all else */
#define REPLIES_MAX   64u
#define BITS          64u
#define ANSWERS_LEAST 1000u /* microseconds: root looks four times in that */

/* What must be there of a record of each kind. */
static const uint32_t least[] = {
    [SYSTEM_DEVICE] = sizeof(struct system_device) + 2,
    [SYSTEM_REGION] = sizeof(struct system_region),
    [SYSTEM_PROGRAM] = sizeof(struct system_program),
    [SYSTEM_MAP] = sizeof(struct system_map),
    [SYSTEM_IRQ] = sizeof(struct system_irq),
    [SYSTEM_SIGNAL] = sizeof(struct system_signal),
    [SYSTEM_CALL] = sizeof(struct system_call),
    [SYSTEM_VALUE] = sizeof(struct system_value) + 1,
    [SYSTEM_ARGUMENT] = sizeof(struct system_argument) + 1,
    [SYSTEM_PROVIDE] = sizeof(struct system_provide),
    [SYSTEM_USE] = sizeof(struct system_use),
    [SYSTEM_CHILD] = sizeof(struct system_child),
};

#define KINDS (sizeof least / sizeof least[0])

const struct system_record *system_next(const struct system *s, const struct system_record *at)
{
    const char *next = at != NULL ? (const char *)at + at->length : s->base + sizeof(struct system_header);

    return next < s->base + s->length ? (const struct system_record *)next : NULL;
}

/* ---- One record ------------------------------------------------------------------------------------------ */

static bool ends(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static bool is_name(const char *text, size_t room)
{
    return text[0] != '\0' && ends(text, room);
}

/* Strings, each ended, and an empty one that ends the list; the first one may be empty too. */
static bool is_list(const char *text, const char *end)
{
    bool first = true;

    for (;;) {
        const char *zero = memchr(text, '\0', (size_t)(end - text));
        if (zero == NULL)
            return false;
        if (zero == text && !first)
            return true;
        text = zero + 1;
        first = false;
    }
}

static const char *check_device(const struct system *s, const struct system_device *d)
{
    if (!is_name(d->name, sizeof d->name) || !is_list(d->text, (const char *)d + d->record.length))
        return "a device without end of its text";
    return d->optional <= 1 && d->unless <= s->devices ? NULL : "a device with a number out of range";
}

static const char *check_region(const struct system *s, const struct system_region *r)
{
    if (!is_name(r->name, sizeof r->name))
        return "a region without a name";
    if (r->bytes == 0 || r->bytes % PAGE != 0 || r->bytes / PAGE > PAGES_MAX || r->physical % PAGE != 0)
        return "a region of a wrong size";
    return r->device <= s->devices ? NULL : "a region of a device that is not there";
}

static const char *check_program(const struct system *s, const struct system_program *p)
{
    bool template = (p->flags & SYSTEM_TEMPLATE) != 0;

    if (!is_name(p->name, sizeof p->name) || !ends(p->image, sizeof p->image))
        return "a program without a name";
    if (template != (p->image[0] == '\0'))
        return "a program without an image";
    if ((p->flags & ~SYSTEM_FLAGS) != 0 || p->priority > PRIORITY_MAX || p->budget_us == 0 ||
        p->budget_us > p->period_us || p->stack_pages == 0 || p->stack_pages > PAGES_MAX ||
        p->heap_pages > MEMORY_MAX)
        return "a program with a number out of range";
    if (p->cspace_radix == 0 || p->cspace_radix > RADIX_MAX || p->replies > REPLIES_MAX ||
        p->replies >= 1u << p->cspace_radix)
        return "a program with a number out of range";
    if (p->own_most > MEMORY_MAX || p->own_pages > MEMORY_MAX || p->quota_pages > MEMORY_MAX ||
        p->heap_pages > (p->pager != 0 ? MEMORY_MAX : PAGES_MAX))
        return "a program with a number out of range";
    if (p->answers_us != 0 && p->answers_us < ANSWERS_LEAST)
        return "a program with a number out of range";
    if (p->pager > s->programs)
        return "a program of a memory server that is not there";
    return p->after <= s->programs ? NULL : "a program after one that is not there";
}

static const char *check_irq(const struct system *s, const struct system_irq *i)
{
    if (!is_name(i->name, sizeof i->name) || i->bit >= BITS || i->trigger > 1)
        return "a damaged interrupt";
    return i->device <= s->devices ? NULL : "an interrupt of a device that is not there";
}

static const char *check_map(const struct system *s, const struct system_map *m)
{
    if (!is_name(m->name, sizeof m->name) || m->address % PAGE != 0 || m->rights == 0 || m->frames > 1 ||
        (m->rights & ~RIGHTS_ALL) != 0)
        return "a damaged map";
    return m->region >= 1 && m->region <= s->regions ? NULL : "a map of a region that is not there";
}

static const char *check_value(const struct system *s, const struct system_value *v)
{
    bool device = v->source == SYSTEM_VALUE_PROPERTY;
    unsigned most = device ? s->devices : s->regions;

    if (!is_name(v->name, sizeof v->name) || !ends(v->text, v->record.length - sizeof *v) ||
        v->source > SYSTEM_VALUE_BYTES)
        return "a damaged value";
    if (v->source != SYSTEM_VALUE_NUMBER && (v->which < 1 || v->which > most))
        return "a value of something that is not there";
    return NULL;
}

static const char *check_channel(const struct system *s, const char *name, uint32_t program)
{
    if (!is_name(name, SYSTEM_NAME))
        return "a channel without a name";
    return program >= 1 && program <= s->programs ? NULL : "a channel to a program that is not there";
}

static const char *check_argument(const struct system *s, const struct system_argument *a)
{
    if (!ends(a->text, a->record.length - sizeof *a))
        return "an argument without end";
    return a->device <= s->devices ? NULL : "an argument about a device that is not there";
}

/* Caller: the record lies inside, and is as long as its kind must be. */
static const char *check_record(const struct system *s, const struct system_record *r)
{
    switch ((enum system_kind)r->kind) {
    case SYSTEM_DEVICE:
        return check_device(s, (const struct system_device *)r);
    case SYSTEM_REGION:
        return check_region(s, (const struct system_region *)r);
    case SYSTEM_PROGRAM:
        return check_program(s, (const struct system_program *)r);
    case SYSTEM_MAP:
        return check_map(s, (const struct system_map *)r);
    case SYSTEM_IRQ:
        return check_irq(s, (const struct system_irq *)r);
    case SYSTEM_SIGNAL: {
        const struct system_signal *g = (const struct system_signal *)r;
        return g->bit < BITS ? check_channel(s, g->name, g->program) : "a channel with a wrong number";
    }
    case SYSTEM_CALL: {
        const struct system_call *c = (const struct system_call *)r;
        return c->id < BITS && c->grant <= 1 ? check_channel(s, c->name, c->program)
                                             : "a channel with a wrong number";
    }
    case SYSTEM_VALUE:
        return check_value(s, (const struct system_value *)r);
    case SYSTEM_ARGUMENT:
        return check_argument(s, (const struct system_argument *)r);
    case SYSTEM_PROVIDE: {
        const struct system_provide *p = (const struct system_provide *)r;
        return p->id < BITS && is_name(p->name, sizeof p->name) ? NULL : "a damaged name";
    }
    case SYSTEM_USE: {
        const struct system_use *u = (const struct system_use *)r;
        return is_name(u->name, sizeof u->name) ? NULL : "a damaged name";
    }
    case SYSTEM_CHILD: {
        const struct system_child *c = (const struct system_child *)r;
        return c->id < BITS && is_name(c->name, sizeof c->name) && c->program > SYSTEM_ROOT &&
                       c->program <= s->programs
                   ? NULL
                   : "a damaged child";
    }
    }
    return NULL; /* unknown: skipped */
}

/* ---- All of them ----------------------------------------------------------------------------------------- */

/* Lengths, and how many there are of what others name by number. */
static const char *count_records(struct system *s)
{
    uint32_t at = sizeof(struct system_header);

    while (at < s->length) {
        const struct system_record *r = (const struct system_record *)(s->base + at);
        if (s->length - at < sizeof *r || r->length < sizeof *r || r->length % 8 != 0 ||
            r->length > s->length - at)
            return "a record of a wrong length";
        if (r->kind < KINDS && r->length < least[r->kind])
            return "a record that is too short";
        if (r->kind >= SYSTEM_MAP && r->kind < KINDS && s->programs == 0)
            return "something given to no program";
        s->devices += r->kind == SYSTEM_DEVICE;
        s->regions += r->kind == SYSTEM_REGION;
        s->programs += r->kind == SYSTEM_PROGRAM;
        at += r->length;
    }
    if (s->devices > SYSTEM_DEVICES_MAX || s->regions > SYSTEM_REGIONS_MAX ||
        s->programs > SYSTEM_PROGRAMS_MAX)
        return "too many devices, regions or programs";
    return s->programs > 0 ? NULL : "no program";
}

const char *system_open(struct system *s, const void *data, size_t length)
{
    const struct system_header *header = data;

    *s = (struct system){.base = data};
    if (length < sizeof *header || header->magic != SYSTEM_MAGIC)
        return "it is not a system description";
    if (header->version != SYSTEM_VERSION)
        return "it is of another version";
    if (header->length < sizeof *header || header->length > length)
        return "it is cut short";
    s->length = header->length;
    const char *wrong = count_records(s);
    for (const struct system_record *r = NULL; wrong == NULL && (r = system_next(s, r)) != NULL;)
        wrong = check_record(s, r);
    return wrong;
}

static const struct system_record *numbered(const struct system *s, enum system_kind kind, unsigned number)
{
    const struct system_record *r = NULL;

    while ((r = system_next(s, r)) != NULL) {
        if (r->kind == kind && --number == 0)
            break;
    }
    return r;
}

const struct system_device *system_device(const struct system *s, unsigned number)
{
    return (const struct system_device *)numbered(s, SYSTEM_DEVICE, number);
}

const struct system_region *system_region(const struct system *s, unsigned number)
{
    return (const struct system_region *)numbered(s, SYSTEM_REGION, number);
}

const struct system_program *system_program(const struct system *s, unsigned number)
{
    return (const struct system_program *)numbered(s, SYSTEM_PROGRAM, number);
}

const void *system_given(const struct system *s, const struct system_program *program, enum system_kind kind,
                         const void *at)
{
    const struct system_record *r = at != NULL ? at : &program->record;

    while ((r = system_next(s, r)) != NULL && r->kind != SYSTEM_PROGRAM) {
        if (r->kind == kind)
            return r;
    }
    return NULL;
}
