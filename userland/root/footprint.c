/*
 * userland/root/footprint.c: where memory is, for those who ask root (userland/lib/root.h).
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/root.h"

static void of_boot(struct tess_footprint *f)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_MEMORY, NULL);
    const struct tess_record_memory *memory = (const struct tess_record_memory *)r;

    if (r == NULL || r->length < sizeof *memory)
        return;
    f->total = memory->total;
    memcpy(f->parts, memory->used, sizeof memory->used);
}

_Static_assert(TESS_USES <= TESS_FOOTPRINT_PARTS, "one number for each use");

static void of_root(struct tess_footprint *f)
{
    for (unsigned i = 0; i <= TESS_ROOT_PART_REST; i++)
        f->parts[i] = memory_made((enum tess_root_part)i);
}

enum tess_root_answer footprint(unsigned index, struct tess_footprint *f)
{
    *f = (struct tess_footprint){.name = "boot"};
    if (index == 0) {
        of_boot(f);
        return TESS_ROOT_OK;
    }
    if (index == 1) {
        snprintf(f->name, sizeof f->name, "root");
        of_root(f);
        return TESS_ROOT_OK;
    }
    for (const struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life != TESS_LIFE_RUNNING || index-- > 2)
            continue;
        snprintf(f->name, sizeof f->name, "%s", p->name);
        load_footprint(p, f->parts);
        return TESS_ROOT_OK;
    }
    return TESS_ROOT_END;
}
