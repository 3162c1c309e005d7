/*
 * userland/root/load.c: makes a program from a file.
 *
 * Everything that is the program's own is made of one piece of untyped memory: first the book (a CNode
 * only root sees, with capabilities to all of it), the CSpace, thread, floating-point state, scheduling
 * context and address space, then frames, then page tables. Text and constants are not made of it: they
 * are copies of the bundle's frames, mapped where they lie; the copies are in the book and go with it.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/hand_over.h"
#include "userland/lib/start.h"
#include "userland/root/elf.h"
#include "userland/root/root.h"

/* What a program will need, counted before anything is made. */
struct plan {
    struct elf_image image;
    unsigned data_pages;   /* pages of the image that are its own */
    unsigned own_pages;    /* frames of its own: these, stack, heap, start block */
    unsigned placed_pages; /* frames of the bundle */
    unsigned tables;
    uint64_t heap;
    unsigned book_radix;
    uint64_t bytes;
};

static char *copy_page; /* addresses in root where a frame is looked at */
static char *start_page;

bool load_check(const struct program *p, const char *step, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    if (!tess_failed(result))
        return true;
    printf("root: cannot start %s: %s: %s\n", p->name, step, tess_describe(text, result));
    return false;
}

/* ---- The plan ------------------------------------------------------------------------------------------ */

static uint64_t bytes_in_page(uint64_t bytes, uint64_t offset)
{
    if (bytes <= offset)
        return 0;
    return bytes - offset < TESS_PAGE_BYTES ? bytes - offset : TESS_PAGE_BYTES;
}

/* Can this page of the segment be the page of the file? */
static bool in_place(const struct elf_segment *s, const struct bundle_file *file, uint64_t offset)
{
    uint64_t from_file = bytes_in_page(s->file, offset);

    return !s->write && from_file > 0 && from_file == bytes_in_page(s->memory, offset) &&
           file->offset % TESS_PAGE_BYTES == 0;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/* All but pages, CSpace and book. */
#define THREAD_BYTES ((uint64_t)TESS_TCB_BYTES + TESS_FP_BYTES + TESS_SCHED_CONTEXT_BYTES + TESS_VSPACE_BYTES)

static unsigned refills(void)
{
    return TESS_REFILLS_MIN;
}

/* Pages of these that are root's to make: of a memory server's client, the page that the IPC buffer is in. */
static unsigned stack_pages(const struct system_program *policy)
{
    return policy->pager != 0 ? 1 : policy->stack_pages;
}

static unsigned heap_pages(const struct system_program *policy)
{
    return policy->pager != 0 ? 0 : policy->heap_pages;
}

static void count(struct plan *plan, const struct program *p, const struct bundle_file *file)
{
    const struct system_program *policy = p->policy;
    unsigned extra = policy_book_slots(p->number); /* what policy.c adds */
    uint64_t made = policy_made_bytes(p->number);  /* objects that it makes */
    bool paged = policy->pager != 0;               /* all but two pages are the memory server's then */

    for (unsigned i = 0; !paged && i < plan->image.count; i++) {
        const struct elf_segment *s = &plan->image.segments[i];
        for (uint64_t at = 0; at < s->memory; at += TESS_PAGE_BYTES) {
            if (in_place(s, file, at))
                plan->placed_pages++;
            else
                plan->data_pages++;
        }
    }
    plan->own_pages = plan->data_pages + 1 + stack_pages(policy) + heap_pages(policy);
    plan->heap = plan->image.end;
    uint64_t end = plan->heap + heap_pages(policy) * TESS_PAGE_BYTES;
    plan->tables =
        root.upper_tables + (unsigned)((end + TABLE_SPAN - 1) / TABLE_SPAN) + policy_far_tables(p->number);

    unsigned slots = BOOK_FIRST + plan->tables + plan->own_pages + plan->placed_pages + extra;
    plan->book_radix = 4;
    while (1u << plan->book_radix < slots)
        plan->book_radix++;
    uint64_t objects = ((uint64_t)TESS_SLOT_BYTES << plan->book_radix) +
                       ((uint64_t)TESS_SLOT_BYTES << policy->cspace_radix) + THREAD_BYTES +
                       TESS_REFILL_BYTES * (refills() - TESS_REFILLS_MIN) + made +
                       64 /* in front of the VSpace */;
    plan->bytes = round_up(objects, TESS_PAGE_BYTES) +
                  (uint64_t)(plan->own_pages + plan->tables + memory_own_pages(p->number)) * TESS_PAGE_BYTES;
}

void load_footprint(const struct program *p, tess_word *parts)
{
    struct bundle_file file;
    struct plan plan = {0};

    if (!bundle_find(p->image, &file) || elf_parse(file.data, file.size, &plan.image) != NULL)
        return;
    count(&plan, p, &file);
    parts[TESS_PART_DATA] = plan.data_pages * TESS_PAGE_BYTES;
    parts[TESS_PART_STACK] = stack_pages(p->policy) * TESS_PAGE_BYTES;
    parts[TESS_PART_HEAP] = heap_pages(p->policy) * TESS_PAGE_BYTES;
    parts[TESS_PART_START] = TESS_PAGE_BYTES;
    parts[TESS_PART_TABLES] = plan.tables * TESS_PAGE_BYTES;
    parts[TESS_PART_CSPACE] = (tess_word)TESS_SLOT_BYTES << p->cspace_radix;
    parts[TESS_PART_BOOK] = (tess_word)TESS_SLOT_BYTES << p->book_radix;
    parts[TESS_PART_THREAD] = THREAD_BYTES;
    parts[TESS_PART_OWN] = memory_own_pages(p->number) * TESS_PAGE_BYTES;
    parts[TESS_PART_REST] = p->memory.bytes;
    for (unsigned i = 0; i < TESS_PART_REST; i++)
        parts[TESS_PART_REST] -= parts[i];
    parts[TESS_PART_PLACED] = plan.placed_pages * TESS_PAGE_BYTES;
}

/* ---- Objects ------------------------------------------------------------------------------------------- */

/* `number` objects into the next slots of the book. */
static bool make(struct program *p, enum tess_type type, tess_word size, unsigned number)
{
    if (p->book_next + number > 1u << p->book_radix) {
        printf("root: cannot start %s: its book is full\n", p->name);
        return false;
    }
    tess_result result = tess_untyped_retype(p->memory.untyped, type, size, p->book, p->book_next, number);
    p->book_next += number;
    return load_check(p, tess_type_name(type), result);
}

static bool make_objects(struct program *p, const struct plan *plan)
{
    tess_cptr faults = root.endpoint.address;
    tess_word badge = badge_of(p);

    p->book.address = slots_take(1);
    if (p->book.address == TESS_NULL) {
        printf("root: cannot start %s: no free slot\n", p->name);
        return false;
    }
    tess_result result = tess_untyped_retype(p->memory.untyped, TESS_TYPE_CNODE, plan->book_radix, root.cnode,
                                             p->book.address, 1);
    if (!load_check(p, "book", result))
        return false;
    p->book_radix = plan->book_radix;
    p->book_next = BOOK_CSPACE;
    p->cspace_radix = p->policy->cspace_radix;
    p->cspace_next = 1;
    if (!make(p, TESS_TYPE_CNODE, p->cspace_radix, 1) || !make(p, TESS_TYPE_TCB, 0, 1) ||
        !make(p, TESS_TYPE_FP, 0, 1) || !make(p, TESS_TYPE_SCHED_CONTEXT, refills(), 1) ||
        !make(p, TESS_TYPE_VSPACE, 0, 1))
        return false;
    /* Those of a successor are root's to know until it has the place. */
    if (!pager_faults(p, &faults, &badge) || (p->predecessor == NULL && !family_faults(p, &faults, &badge)))
        return false;
    result = tess_cnode_mint(root.cnode, book(p, BOOK_FAULTS), (tess_cnode){TESS_NULL}, faults,
                             TESS_RIGHT_CALL, badge);
    p->book_next = BOOK_FIRST;
    return load_check(p, "fault endpoint", result) && policy_make(p);
}

bool give_cnode(struct program *p, unsigned radix, tess_cnode *cnode)
{
    cnode->address = book(p, p->book_next);
    return make(p, TESS_TYPE_CNODE, radix, 1);
}

/* Pages come after the small objects, so that only one page is shared between the two. */
static bool make_pages(struct program *p, const struct plan *plan)
{
    p->frames_next = p->book_next;
    if (!make(p, TESS_TYPE_FRAME, TESS_FRAME_4K, plan->own_pages))
        return false;
    p->frames_end = p->tables_next = p->book_next;
    if (!make(p, TESS_TYPE_PAGE_TABLE, 0, plan->tables))
        return false;
    p->tables_end = p->book_next;
    return true;
}

/* ---- Its address space ------------------------------------------------------------------------------------ */

static bool map(struct program *p, unsigned slot, uint64_t address, unsigned rights)
{
    tess_vspace vspace = {book(p, BOOK_VSPACE)};
    tess_frame frame = {book(p, slot)};
    tess_result result;

    for (;;) {
        result = tess_frame_map(frame, vspace, address, rights);
        if (result.error != TESS_ERR_TABLE || p->tables_next == p->tables_end)
            return load_check(p, "map", result);
        tess_page_table table = {book(p, p->tables_next++)};
        result = tess_page_table_map(table, vspace, address);
        if (!load_check(p, "page table", result))
            return false;
    }
}

/* A copy of a frame that stays somebody else's, in the next slot of the book. */
static bool map_copy(struct program *p, tess_cptr frame, uint64_t address, unsigned rights)
{
    if (p->book_next == 1u << p->book_radix) {
        printf("root: cannot start %s: its book is full\n", p->name);
        return false;
    }
    unsigned slot = p->book_next++;
    tess_result result = tess_cnode_copy(root.cnode, book(p, slot), (tess_cnode){TESS_NULL}, frame, rights);
    return load_check(p, "frame", result) && map(p, slot, address, rights);
}

/* The next own frame, with `bytes` of `data` at its start; zero behind. */
static bool map_own(struct program *p, uint64_t address, unsigned rights, const void *data, uint64_t bytes)
{
    tess_frame frame = {book(p, p->frames_next)};

    if (bytes > 0) {
        tess_result result = window_map(frame, copy_page, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
        if (!load_check(p, "window", result))
            return false;
        memcpy(copy_page, data, bytes);
        if (!load_check(p, "window", tess_frame_unmap(frame)))
            return false;
    }
    return map(p, p->frames_next++, address, rights);
}

static bool map_segment(struct program *p, const struct elf_segment *s, const struct bundle_file *file)
{
    unsigned rights = TESS_RIGHT_READ;

    rights |= s->write ? TESS_RIGHT_WRITE : 0;
    rights |= s->execute ? TESS_RIGHT_EXECUTE : 0;
    for (uint64_t at = 0; at < s->memory; at += TESS_PAGE_BYTES) {
        const char *data = (const char *)file->data + s->offset + at;
        bool mapped = in_place(s, file, at)
                          ? map_copy(p, bundle_frame(file->offset + s->offset + at), s->address + at, rights)
                          : map_own(p, s->address + at, rights, data, bytes_in_page(s->file, at));
        if (!mapped)
            return false;
    }
    return true;
}

/* The IPC buffer is the last kilobyte of the topmost stack page. */
static bool map_stack(struct program *p)
{
    unsigned rights = TESS_RIGHT_READ | TESS_RIGHT_WRITE;
    uint64_t address = TESS_LAYOUT_STACK_TOP;
    tess_frame top = {book(p, p->frames_next)};

    p->stack_slot = p->frames_next;
    for (unsigned i = 0; i < stack_pages(p->policy); i++) {
        bool copied = i == 0 && p->stack_copy != NULL;
        address -= TESS_PAGE_BYTES;
        if (!map_own(p, address, rights, p->stack_copy, copied ? TESS_PAGE_BYTES : 0))
            return false;
    }
    tess_tcb tcb = {book(p, BOOK_TCB)};
    return load_check(p, "IPC buffer", tess_tcb_set_buffer(tcb, top, TESS_PAGE_BYTES - TESS_BUFFER_BYTES));
}

static bool map_memory(struct program *p, const struct plan *plan, const struct bundle_file *file)
{
    unsigned rights = TESS_RIGHT_READ | TESS_RIGHT_WRITE;

    for (unsigned i = 0; p->policy->pager == 0 && i < plan->image.count; i++) {
        if (!map_segment(p, &plan->image.segments[i], file))
            return false;
    }
    for (unsigned i = 0; i < heap_pages(p->policy); i++) {
        if (!map_own(p, plan->heap + i * TESS_PAGE_BYTES, rights, NULL, 0))
            return false;
    }
    return map_stack(p);
}

/* ---- The start block ---------------------------------------------------------------------------------------- */

/* Opens the start block in root; it is closed, and shown to the program, when all records are in. */
static bool open_start_block(struct program *p, const struct plan *plan)
{
    tess_frame frame = {book(p, p->frames_next)};
    uint64_t heap_end = plan->heap + heap_pages(p->policy) * TESS_PAGE_BYTES;

    if (!load_check(p, "window", window_map(frame, start_page, TESS_RIGHT_READ | TESS_RIGHT_WRITE)))
        return false;
    p->start_block = start_page;
    *(struct tess_start *)start_page = (struct tess_start){
        .magic = TESS_START_MAGIC,
        .version = TESS_START_VERSION,
        .length = sizeof(struct tess_start),
        .buffer = TESS_LAYOUT_STACK_TOP - TESS_BUFFER_BYTES,
        .heap = plan->heap,
        .heap_end = heap_end,
        .timebase = root.timebase,
        .cspace_radix = p->cspace_radix,
    };
    return true;
}

static bool close_start_block(struct program *p)
{
    tess_frame frame = {book(p, p->frames_next)};

    p->start_block = NULL;
    return load_check(p, "window", tess_frame_unmap(frame)) &&
           map(p, p->frames_next++, TESS_LAYOUT_START_ADDRESS, TESS_RIGHT_READ);
}

static bool add_record(struct program *p, enum tess_start_kind kind, const char *name, uint64_t value,
                       uint64_t size, const char *text)
{
    struct tess_start *block = (struct tess_start *)p->start_block;
    size_t text_bytes = text != NULL ? strlen(text) + 1 : 0;
    size_t length = (size_t)round_up(sizeof(struct tess_start_record) + text_bytes, 8);

    if (length > TESS_PAGE_BYTES - block->length) {
        printf("root: cannot start %s: its start block is full\n", p->name);
        return false;
    }
    struct tess_start_record *r = (struct tess_start_record *)(p->start_block + block->length);
    *r = (struct tess_start_record){.kind = kind, .length = (uint32_t)length, .value = value, .size = size};
    strncpy(r->name, name, TESS_START_NAME - 1);
    if (text != NULL)
        memcpy(r->text, text, text_bytes);
    block->length += (uint32_t)length;
    return true;
}

/* ---- What policy.c gives --------------------------------------------------------------------------------------- */

bool give_slots(struct program *p, const char *name, unsigned number, tess_cptr *first)
{
    *first = p->cspace_next;
    if (p->cspace_next + number > 1u << p->cspace_radix) {
        printf("root: cannot start %s: its CSpace is full\n", p->name);
        return false;
    }
    p->cspace_next += number;
    return add_record(p, TESS_START_CAPABILITY, name, *first, number, NULL);
}

bool give_capability(struct program *p, const char *name, tess_cptr from, unsigned rights, tess_word badge)
{
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cnode here = {TESS_NULL};
    tess_cptr slot;

    if (!give_slots(p, name, 1, &slot))
        return false;
    return load_check(p, name,
                      badge != 0 ? tess_cnode_mint(cspace, slot, here, from, rights, badge)
                                 : tess_cnode_copy(cspace, slot, here, from, rights));
}

bool give_place(struct program *p, uint64_t address, uint64_t bytes)
{
    tess_vspace vspace = {book(p, BOOK_VSPACE)};
    bool far = address >= TESS_LAYOUT_FAR;
    uint64_t end = far ? TESS_LAYOUT_IMAGE_LIMIT : TESS_LAYOUT_REGIONS_END;

    if (address < TESS_LAYOUT_REGIONS || address > end || bytes > end - address) {
        printf("root: cannot start %s: no region can be at 0x%lx\n", p->name, (unsigned long)address);
        return false;
    }
    for (uint64_t at = address & ~(TABLE_SPAN - 1); far && at < address + bytes; at += TABLE_SPAN) {
        tess_page_table table = {book(p, p->tables_next)};
        if (p->tables_next < p->tables_end && !tess_failed(tess_page_table_map(table, vspace, at)))
            p->tables_next++; /* else there is one already, or the map says what is missing */
    }
    return true;
}

static bool map_copies(struct program *p, const struct frames *frames, uint64_t address, unsigned rights)
{
    for (unsigned i = 0; i < frames->count; i++) {
        if (!map_copy(p, frames->first + i * frames->step, address + i * TESS_PAGE_BYTES, rights))
            return false;
    }
    return true;
}

bool give_pages(struct program *p, const struct frames *frames, uint64_t address, unsigned rights)
{
    return give_place(p, address, frames->count * TESS_PAGE_BYTES) && map_copies(p, frames, address, rights);
}

bool give_system_pages(struct program *p, const char *name, const struct frames *frames, uint64_t offset,
                       uint64_t bytes)
{
    uint64_t address = p->system_next != 0 ? p->system_next : TESS_LAYOUT_SYSTEM;

    if (frames->count * TESS_PAGE_BYTES > TESS_LAYOUT_SYSTEM_END - address) {
        printf("root: cannot start %s: there is no room for %s\n", p->name, name);
        return false;
    }
    p->system_next = address + frames->count * TESS_PAGE_BYTES;
    return map_copies(p, frames, address, TESS_RIGHT_READ) && give_region(p, name, address + offset, bytes);
}

bool give_region(struct program *p, const char *name, uint64_t address, uint64_t bytes)
{
    return add_record(p, TESS_START_REGION, name, address, bytes, NULL);
}

/* The program can name its own objects then, but reach no others: all of it goes with its memory. */
bool give_own_memory(struct program *p)
{
    tess_word bytes = memory_own_pages(p->number) * TESS_PAGE_BYTES;
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_cptr slot;

    if (bytes == 0)
        return true;
    return give_slots(p, "memory", 1, &slot) &&
           load_check(p, "memory",
                      tess_untyped_retype(p->memory.untyped, TESS_TYPE_UNTYPED, bytes, cspace, slot, 1)) &&
           give_capability(p, "cspace", cspace.address, TESS_RIGHTS_ALL, 0) &&
           give_capability(p, "vspace", book(p, BOOK_VSPACE), TESS_RIGHTS_ALL, 0) &&
           give_capability(p, "thread", book(p, BOOK_TCB), TESS_RIGHTS_ALL, 0);
}

bool give_value(struct program *p, const char *name, uint64_t value)
{
    return add_record(p, TESS_START_VALUE, name, value, 0, NULL);
}

bool give_argument(struct program *p, const char *text)
{
    return add_record(p, TESS_START_ARGUMENT, "", 0, 0, text);
}

/* ---- All together ---------------------------------------------------------------------------------------------- */

static bool set_thread(struct program *p)
{
    const struct system_program *policy = p->policy;
    tess_tcb tcb = {book(p, BOOK_TCB)};
    tess_cnode cspace = {book(p, BOOK_CSPACE)};
    tess_vspace vspace = {book(p, BOOK_VSPACE)};
    tess_sched_context context = {book(p, BOOK_CONTEXT)};
    tess_endpoint faults = {book(p, BOOK_FAULTS)};
    uint64_t budget = (uint64_t)policy->budget_us * root.timebase / 1000000;
    uint64_t period = (uint64_t)policy->period_us * root.timebase / 1000000;

    return load_check(p, "spaces", tess_tcb_set_spaces(tcb, cspace, vspace)) &&
           load_check(p, "fault handler", tess_tcb_set_handlers(tcb, faults, (tess_endpoint){TESS_NULL})) &&
           load_check(p, "priority",
                      tess_tcb_set_priority(tcb, root.tcb, policy->priority, policy->priority)) &&
           load_check(p, "floating point", tess_tcb_bind_fp(tcb, (tess_fp){book(p, BOOK_FP)})) &&
           load_check(p, "budget",
                      tess_sched_control_configure(root.sched_control, context, budget, period, refills(),
                                                   badge_of(p))) &&
           load_check(p, "context", tess_sched_context_bind(context, tcb));
}

static bool give_arguments(struct program *p, const char *words, size_t length)
{
    for (size_t at = 0; at < length; at += strlen(words + at) + 1) {
        if (!give_argument(p, words + at))
            return false;
    }
    return true;
}

static bool build(struct program *p, const struct plan *plan, const struct bundle_file *file,
                  const char *words, size_t length)
{
    return make_objects(p, plan) && make_pages(p, plan) && set_thread(p) && watch_begin(p) &&
           map_memory(p, plan, file) && open_start_block(p, plan) && give_arguments(p, words, length) &&
           policy_wire(p) &&
           (p->predecessor == NULL ||
            give_region(p, "hand_over", TESS_LAYOUT_HAND_OVER, TESS_HAND_OVER_BYTES)) &&
           close_start_block(p);
}

/* Where it begins. One that takes the place of another does not run yet. */
static bool run_from(struct program *p, uint64_t entry)
{
    tess_tcb tcb = {book(p, BOOK_TCB)};
    tess_word start[3] = {entry, 0, TESS_LAYOUT_STACK_TOP - TESS_BUFFER_BYTES};
    tess_word arguments[2] = {TESS_LAYOUT_START_ADDRESS, TESS_PAGE_BYTES};

    return load_check(p, "registers", tess_tcb_write_registers(tcb, 10, 2, false, arguments)) &&
           load_check(p, "registers", tess_tcb_write_registers(tcb, 0, 3, p->predecessor == NULL, start));
}

enum tess_root_answer load(struct program *p, const struct bundle_file *file, const char *words,
                           size_t length)
{
    struct plan plan = {0};
    const char *wrong = elf_parse(file->data, file->size, &plan.image);

    if (wrong == NULL)
        wrong = pager_refuses(p, &plan.image, file);
    if (wrong != NULL) {
        printf("root: cannot start %s: %s\n", p->name, wrong);
        return TESS_ROOT_BAD_PROGRAM;
    }
    if (copy_page == NULL) {
        copy_page = window_place(1);
        start_page = window_place(1);
    }
    count(&plan, p, file);
    tess_result result = memory_take(plan.bytes, &p->memory);
    if (tess_failed(result)) {
        p->memory = (struct region){{TESS_NULL}, 0};
        return TESS_ROOT_NO_MEMORY;
    }
    if (!build(p, &plan, file, words, length))
        return TESS_ROOT_FAILED;
    return p->stack_copy != NULL || run_from(p, plan.image.entry) ? TESS_ROOT_OK : TESS_ROOT_FAILED;
}
