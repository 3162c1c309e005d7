/*
 * userland/root/absent.c: which programs of the system description are not in this machine.
 *
 * A program is absent when a device it needs is, or, for one of the names of its channels, every program at the other
 * end. An absent program is not started, and its clients are not given a capability to it.
 */
#include <string.h>

#include "userland/root/root.h"

static bool absent[SYSTEM_PROGRAMS_MAX + 1];

/* Is there a record of that kind and name whose other end is there? Signals and calls begin alike. */
static bool has_partner(const struct system_program *p, enum system_kind kind, const char *name)
{
    const struct system_signal *s = NULL;

    while ((s = system_given(&description, p, kind, s)) != NULL) {
        if (strcmp(s->name, name) == 0 && !absent[s->program])
            return true;
    }
    return false;
}

static bool lacks_device(const struct system_program *p)
{
    const struct system_map *m = NULL;
    const struct system_irq *i = NULL;

    while ((m = system_given(&description, p, SYSTEM_MAP, m)) != NULL) {
        if (!devices_present(system_region(&description, m->region)->device))
            return true;
    }
    while ((i = system_given(&description, p, SYSTEM_IRQ, i)) != NULL) {
        if (!devices_present(i->device))
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
void absent_find(void)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (unsigned i = SYSTEM_ROOT + 1; i <= description.programs; i++) {
            const struct system_program *p = system_program(&description, i);
            if (!absent[i] &&
                (lacks_device(p) || lacks_partner(p) || absent[p->pager] || absent[family_parent(i)]))
                changed = absent[i] = true;
        }
    }
}

bool absent_is(unsigned number)
{
    return absent[number];
}
