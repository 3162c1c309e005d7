/*
 * tests/runtime/boot.c: from the first C function of root to rt_main(): reads the boot information.
 */
#include "tests/runtime/runtime.h"

struct rt_boot rt_boot;
struct rt_thread rt_root;
tess_word rt_start_bits = 1; /* start.S writes it */

_Noreturn void rt_start(const struct tess_boot_info *info, tess_word length);

const void *rt_record(const void *after, enum tess_record_type type)
{
    const char *end = (const char *)rt_boot.info + rt_boot.info->length;
    const struct tess_record *record = (const struct tess_record *)(rt_boot.info + 1);

    if (after)
        record =
            (const struct tess_record *)((const char *)after + ((const struct tess_record *)after)->length);
    while ((const char *)record < end) {
        if (record->type == (uint32_t)type)
            return record;
        if (record->length < sizeof *record)
            return NULL;
        record = (const struct tess_record *)((const char *)record + record->length);
    }
    return NULL;
}

tess_cptr rt_role(enum tess_role role, tess_word *value)
{
    const struct tess_record_cap *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_CAP)) != NULL) {
        if (record->role != (uint32_t)role)
            continue;
        if (value)
            *value = record->value;
        return record->address;
    }
    return TESS_NULL;
}

bool rt_bootarg(const char *name, char *value, size_t bytes)
{
    const struct tess_record *record = rt_record(NULL, TESS_RECORD_BOOTARGS);
    if (!record)
        return false;
    for (const char *at = (const char *)(record + 1); *at;) {
        size_t i = 0;
        while (name[i] && at[i] == name[i])
            i++;
        if (!name[i] && at[i] == '=') {
            size_t n = 0;
            for (at += i + 1; *at && *at != ' ' && n + 1 < bytes; at++)
                value[n++] = *at;
            value[n] = 0;
            return true;
        }
        while (*at && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return false;
}

tess_cptr rt_image_frame(const void *address)
{
    tess_word at = (tess_word)address;
    const struct tess_record_image *image = NULL;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
        if (at >= image->address && at - image->address < image->pages * RT_PAGE)
            return image->first + (at - image->address) / RT_PAGE;
    return TESS_NULL;
}

static void find_memory(void)
{
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL) {
        if (record->kind != TESS_MEMORY_NORMAL || record->length <= rt_boot.untyped_bytes)
            continue;
        rt_boot.untyped = record->address;
        rt_boot.untyped_base = record->base;
        rt_boot.untyped_bytes = record->length;
    }
}

_Noreturn void rt_start(const struct tess_boot_info *info, tess_word length)
{
    tess_word radix;
    rt_boot.info = info;
    rt_boot.length = length;
    rt_boot.cnode = rt_role(TESS_ROLE_CNODE, &radix);
    rt_boot.radix = (unsigned)radix;
    rt_boot.tcb = rt_role(TESS_ROLE_TCB, NULL);
    rt_boot.vspace = rt_role(TESS_ROLE_VSPACE, NULL);
    rt_boot.context = rt_role(TESS_ROLE_SCHED_CONTEXT, NULL);
    rt_boot.control = rt_role(TESS_ROLE_SCHED_CONTROL, NULL);
    rt_boot.irq_control = rt_role(TESS_ROLE_IRQ_CONTROL, NULL);
    rt_boot.firmware = rt_role(TESS_ROLE_FIRMWARE, NULL);
    rt_boot.fp = rt_role(TESS_ROLE_FP, NULL);
    rt_boot.free = rt_role(TESS_ROLE_FREE_SLOTS, &rt_boot.free_count);
    rt_boot.machine = rt_record(NULL, TESS_RECORD_MACHINE);
    find_memory();
    rt_memory = rt_boot.untyped;
    rt_root = (struct rt_thread){.tcb = rt_boot.tcb, .context = rt_boot.context, .priority = 255};
    rt_main();
    rt_shutdown();
}
