/* sources: userland/root/system.c */
/*
 * tests/unit/test_user_system.c: root's reader of the system description: what it finds, and damaged ones.
 */
#include <stdlib.h>

#include "tests/unit/unit.h"
#include "userland/root/system.h"

static uint64_t block[1024];
static uint32_t used;

static void begin(void)
{
    struct system_header header = {SYSTEM_MAGIC, SYSTEM_VERSION, 0};

    memset(block, 0, sizeof block);
    memcpy(block, &header, sizeof header);
    used = sizeof header;
}

/* A record of `bytes`, with `extra` more of text behind it. */
static void *add(enum system_kind kind, size_t bytes, const char *text, size_t extra)
{
    struct system_record *r = (struct system_record *)((char *)block + used);

    r->kind = kind;
    r->length = (uint32_t)((bytes + extra + 7) & ~7ul);
    if (extra > 0)
        memcpy((char *)r + bytes, text, extra);
    used += r->length;
    ((struct system_header *)block)->length = used;
    return r;
}

static struct system_program *add_program(const char *name, uint32_t flags)
{
    struct system_program *p = add(SYSTEM_PROGRAM, sizeof *p, NULL, 0);

    strcpy(p->name, name);
    if ((flags & SYSTEM_TEMPLATE) == 0)
        strcpy(p->image, name);
    p->flags = flags;
    p->priority = 100;
    p->budget_us = 1000;
    p->period_us = 10000;
    p->stack_pages = 1;
    p->cspace_radix = 3;
    return p;
}

/* One of everything. */
static void build(void)
{
    static const char device[] = "stdout-path\0ns16550a\0sifive,uart0\0";

    begin();
    struct system_device *d = add(SYSTEM_DEVICE, sizeof *d, device, sizeof device);
    strcpy(d->name, "line");
    struct system_region *r = add(SYSTEM_REGION, sizeof *r, NULL, 0);
    strcpy(r->name, "rings");
    r->bytes = 8192;
    r->device = 1;
    add_program("root", 0);
    add_program("uart", SYSTEM_WAKE | SYSTEM_BOOT);
    struct system_map *m = add(SYSTEM_MAP, sizeof *m, NULL, 0);
    strcpy(m->name, "rings");
    m->region = 1;
    m->rights = 3;
    struct system_irq *i = add(SYSTEM_IRQ, sizeof *i, NULL, 0);
    strcpy(i->name, "interrupt");
    i->device = 1;
    struct system_signal *s = add(SYSTEM_SIGNAL, sizeof *s, NULL, 0);
    strcpy(s->name, "user");
    s->program = 3;
    struct system_value *v = add(SYSTEM_VALUE, sizeof *v, "reg-shift", 10);
    strcpy(v->name, "shift");
    v->source = SYSTEM_VALUE_PROPERTY;
    v->which = 1;
    struct system_argument *a = add(SYSTEM_ARGUMENT, sizeof *a, "one", 4);
    a->device = 0;
    struct system_program *p = add_program("all", SYSTEM_TEMPLATE);
    p->after = 2;
    struct system_call *c = add(SYSTEM_CALL, sizeof *c, NULL, 0);
    strcpy(c->name, "console");
    c->program = 2;
    m = add(SYSTEM_MAP, sizeof *m, NULL, 0);
    strcpy(m->name, "other");
    m->region = 1;
    m->rights = 1;
}

/* What build() made, and names: one provided, two used. */
static struct system_provide *build_names(struct system_use *uses[2])
{
    static const char *const names[] = {"clock", "random"};

    build();
    add_program("rtc", SYSTEM_SERVER | SYSTEM_NAME_SERVER);
    struct system_provide *p = add(SYSTEM_PROVIDE, sizeof *p, NULL, 0);
    strcpy(p->name, "clock");
    p->id = 7;
    add_program("user", 0);
    for (unsigned i = 0; i < 2; i++) {
        uses[i] = add(SYSTEM_USE, sizeof *uses[i], NULL, 0);
        strcpy(uses[i]->name, names[i]);
    }
    return p;
}

static const char *open_block(struct system *s)
{
    return system_open(s, block, used);
}

static void finds_everything(void)
{
    struct system s;

    build();
    CHECK(open_block(&s) == NULL);
    CHECK_EQ(s.devices, 1);
    CHECK_EQ(s.regions, 1);
    CHECK_EQ(s.programs, 3);
    CHECK(strcmp(system_device(&s, 1)->name, "line") == 0);
    CHECK(strcmp(system_region(&s, 1)->name, "rings") == 0);
    CHECK(strcmp(system_program(&s, 2)->name, "uart") == 0);
    CHECK(system_program(&s, 0) == NULL && system_program(&s, 4) == NULL && system_device(&s, 2) == NULL);
}

static void gives_to_each_its_own(void)
{
    struct system s;

    build();
    CHECK(open_block(&s) == NULL);
    const struct system_map *m = system_given(&s, system_program(&s, 2), SYSTEM_MAP, NULL);
    CHECK(m != NULL && strcmp(m->name, "rings") == 0);
    CHECK(system_given(&s, system_program(&s, 2), SYSTEM_MAP, m) == NULL);
    m = system_given(&s, system_program(&s, 3), SYSTEM_MAP, NULL);
    CHECK(m != NULL && strcmp(m->name, "other") == 0);
    CHECK(system_given(&s, system_program(&s, 1), SYSTEM_MAP, NULL) == NULL);
    CHECK(system_given(&s, system_program(&s, 3), SYSTEM_IRQ, NULL) == NULL);
}

static void finds_names(void)
{
    struct system_use *uses[2];
    struct system s;

    build_names(uses);
    CHECK(open_block(&s) == NULL);
    const struct system_provide *p = system_given(&s, system_program(&s, 4), SYSTEM_PROVIDE, NULL);
    CHECK(p != NULL && strcmp(p->name, "clock") == 0 && p->id == 7);
    CHECK(system_given(&s, system_program(&s, 4), SYSTEM_PROVIDE, p) == NULL);
    CHECK(system_given(&s, system_program(&s, 5), SYSTEM_PROVIDE, NULL) == NULL);
    const struct system_use *u = system_given(&s, system_program(&s, 5), SYSTEM_USE, NULL);
    CHECK(u == uses[0]);
    CHECK(system_given(&s, system_program(&s, 5), SYSTEM_USE, u) == uses[1]);
    CHECK(system_given(&s, system_program(&s, 5), SYSTEM_USE, uses[1]) == NULL);
}

static void refuses_names(void)
{
    struct system_use *uses[2];
    struct system s;

    build_names(uses)->id = 64;
    CHECK(open_block(&s) != NULL);
    build_names(uses)->name[0] = '\0';
    CHECK(open_block(&s) != NULL);
    build_names(uses);
    memset(uses[1]->name, 'x', sizeof uses[1]->name);
    CHECK(open_block(&s) != NULL);
    build_names(uses);
    uses[1]->record.length = 16;
    CHECK(open_block(&s) != NULL);
}

/* What build() made, a parent, and its child. */
static struct system_child *build_family(void)
{
    build();
    add_program("parent", SYSTEM_SERVER | SYSTEM_RECEIVES);
    struct system_child *c = add(SYSTEM_CHILD, sizeof *c, NULL, 0);
    strcpy(c->name, "child3");
    c->program = 5;
    c->id = 3;
    add_program("kid", SYSTEM_GRANTS);
    return c;
}

static void finds_children(void)
{
    struct system_child *c = build_family();
    struct system s;

    CHECK(open_block(&s) == NULL);
    CHECK(system_given(&s, system_program(&s, 4), SYSTEM_CHILD, NULL) == c);
    CHECK(system_given(&s, system_program(&s, 4), SYSTEM_CHILD, c) == NULL);
    CHECK(system_given(&s, system_program(&s, 5), SYSTEM_CHILD, NULL) == NULL);
}

static void refuses_children(void)
{
    struct system s;

    build_family()->program = 6;
    CHECK(open_block(&s) != NULL);
    build_family()->program = SYSTEM_ROOT;
    CHECK(open_block(&s) != NULL);
    build_family()->id = 64;
    CHECK(open_block(&s) != NULL);
    build_family()->name[0] = '\0';
    CHECK(open_block(&s) != NULL);
    build_family()->record.length = 16;
    CHECK(open_block(&s) != NULL);
    build();
    const struct system_program *all = system_open(&s, block, used) == NULL ? system_program(&s, 3) : NULL;
    struct system_call *c = (struct system_call *)(uintptr_t)system_given(&s, all, SYSTEM_CALL, NULL);
    c->grant = 1;
    CHECK(open_block(&s) == NULL);
    c->grant = 2;
    CHECK(open_block(&s) != NULL);
}

static void skips_unknown_records(void)
{
    struct system s;

    build();
    struct system_record *r = add((enum system_kind)77, sizeof *r, NULL, 0);
    CHECK(r->length == sizeof *r);
    CHECK(open_block(&s) == NULL);
    CHECK_EQ(s.programs, 3);
}

static void refuses_headers(void)
{
    struct system s;
    struct system_header *header = (struct system_header *)block;

    build();
    CHECK(system_open(&s, block, 8) != NULL);
    CHECK(system_open(&s, block, used - 8) != NULL);
    header->version++;
    CHECK(open_block(&s) != NULL);
    build();
    header->magic++;
    CHECK(open_block(&s) != NULL);
    begin();
    header->length = used;
    CHECK(open_block(&s) != NULL); /* nothing in it */
}

/* Whatever a record refers to must be there. */
static void refuses_references(void)
{
    struct system s;

    build();
    CHECK(open_block(&s) == NULL);
    const struct system_program *uart = system_program(&s, 2);
    struct system_map *m = (struct system_map *)(uintptr_t)system_given(&s, uart, SYSTEM_MAP, NULL);
    m->region = 2;
    CHECK(open_block(&s) != NULL);
    m->region = 1;
    struct system_irq *i = (struct system_irq *)(uintptr_t)system_given(&s, uart, SYSTEM_IRQ, NULL);
    i->device = 2;
    CHECK(open_block(&s) != NULL);
    i->device = 1;
    i->bit = 64;
    CHECK(open_block(&s) != NULL);
    i->bit = 0;
    struct system_signal *g = (struct system_signal *)(uintptr_t)system_given(&s, uart, SYSTEM_SIGNAL, NULL);
    g->program = 4;
    CHECK(open_block(&s) != NULL);
    g->program = 0;
    CHECK(open_block(&s) != NULL);
    g->program = 1;
    struct system_value *v = (struct system_value *)(uintptr_t)system_given(&s, uart, SYSTEM_VALUE, NULL);
    v->which = 2;
    CHECK(open_block(&s) != NULL);
    v->which = 1;
    CHECK(open_block(&s) == NULL);
}

static void refuses_answers_at_once(void)
{
    struct system s;

    build();
    struct system_program *p = add_program("server", SYSTEM_SERVER);
    p->answers_us = 1000;
    p->overruns = UINT32_MAX;
    CHECK(open_block(&s) == NULL);
    p->answers_us = 999;
    CHECK(open_block(&s) != NULL);
}

/* Walks over all of it, as root does, and reads every string. */
static size_t walk(const struct system *s)
{
    size_t sum = 0;

    for (unsigned i = 1; i <= s->devices; i++) {
        const char *text = system_device(s, i)->text;
        sum += strlen(system_device(s, i)->name);
        do
            text += strlen(text) + 1;
        while (text[0] != '\0');
    }
    for (unsigned i = 1; i <= s->programs; i++) {
        const struct system_program *p = system_program(s, i);
        const struct system_map *m = NULL;
        const struct system_value *v = NULL;
        const struct system_argument *a = NULL;
        sum += strlen(p->name) + strlen(p->image);
        while ((m = system_given(s, p, SYSTEM_MAP, m)) != NULL)
            sum += strlen(m->name) + system_region(s, m->region)->bytes;
        while ((v = system_given(s, p, SYSTEM_VALUE, v)) != NULL)
            sum += strlen(v->text);
        while ((a = system_given(s, p, SYSTEM_ARGUMENT, a)) != NULL)
            sum += strlen(a->text);
    }
    return sum;
}

/* The address sanitizer sees a read outside: each damaged copy is in memory of its exact size. */
static void survives_damage(void)
{
    unsigned refused = 0, accepted = 0;

    build();
    for (uint32_t at = 0; at < used; at++) {
        for (unsigned value = 0; value < 4; value++) {
            static const unsigned char values[] = {0, 1, 0x7f, 0xff};
            char *copy = malloc(used);
            struct system s;
            memcpy(copy, block, used);
            copy[at] = (char)values[value];
            const char *wrong = system_open(&s, copy, used);
            refused += wrong != NULL;
            accepted += wrong == NULL && walk(&s) > 0;
            free(copy);
        }
    }
    CHECK(refused > 100);
    CHECK(accepted > 100);
}

static void survives_cuts(void)
{
    build();
    for (uint32_t length = 0; length < used; length++) {
        char *copy = malloc(length + 1);
        struct system s;
        memcpy(copy, block, length);
        if (length >= sizeof(struct system_header))
            ((struct system_header *)copy)->length = length;
        CHECK(length % 8 == 0 || system_open(&s, copy, length) != NULL);
        if (system_open(&s, copy, length) == NULL)
            walk(&s);
        free(copy);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"finds devices, regions and programs by number", finds_everything},
        {"gives to each program its own records", gives_to_each_its_own},
        {"finds who provides a name and who uses it", finds_names},
        {"refuses damaged names", refuses_names},
        {"finds a parent's children", finds_children},
        {"refuses damaged children and grants", refuses_children},
        {"skips records of unknown kinds", skips_unknown_records},
        {"refuses what has a wrong header", refuses_headers},
        {"refuses references to what is not there", refuses_references},
        {"refuses a server that has no time to answer", refuses_answers_at_once},
        {"survives every byte damaged", survives_damage},
        {"survives being cut short anywhere", survives_cuts},
    };
    return UNIT_RUN(tests);
}
