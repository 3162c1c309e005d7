/*
 * tests/runtime/thread.c: threads with a stack, an IPC buffer and a context each; address spaces that show
 * the program's image.
 *
 * Stacks and buffers are part of the image, so they are at the same place in every address space that
 * rt_vspace_create() makes, and the frame of a buffer is one of the image's.
 */
#include "tests/runtime/runtime.h"

#define CANARY 0x7465737365726121ull

void rt_thread_begin(void);
_Noreturn void rt_thread_run(void);

static struct rt_thread threads[RT_THREADS];
static uint8_t stacks[RT_THREADS][RT_STACK_BYTES] __attribute__((aligned(16)));
static struct tess_ipc_buffer buffers[RT_THREADS] __attribute__((aligned(TESS_BUFFER_BYTES)));
static unsigned threads_used;
static tess_word area_next = RT_AREA;

static void must(struct rt_result r, const char *what)
{
    if (r.status != TESS_OK)
        rt_stop("%s: status %x, detail %x", what, r.status, r.badge);
}

/* ---- address spaces ------------------------------------------------------------------------------------- */

struct rt_result rt_map(tess_cptr vspace, tess_cptr frame, tess_word address, tess_word rights)
{
    struct rt_result r = rt_invoke(frame, TESS_FRAME_MAP, vspace, address, rights, 0);
    while (TESS_STATUS_ERROR(r.status) == TESS_ERR_TABLE) {
        tess_cptr table = rt_alloc(TESS_TYPE_PAGE_TABLE, 0);
        must(rt_invoke(table, TESS_PAGE_TABLE_MAP, vspace, address), "map a page table");
        r = rt_invoke(frame, TESS_FRAME_MAP, vspace, address, rights, 0);
    }
    return r;
}

tess_cptr rt_vspace_empty(void)
{
    return rt_alloc(TESS_TYPE_VSPACE, 0);
}

tess_cptr rt_vspace_create(void)
{
    tess_cptr vspace = rt_vspace_empty();
    const struct tess_record_image *image = NULL;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
        for (tess_word i = 0; i < image->pages; i++)
            must(rt_map(vspace, rt_copied(image->first + i, TESS_RIGHTS_ALL), image->address + i * RT_PAGE,
                        image->rights),
                 "map a page of the image");
    return vspace;
}

void *rt_page(tess_cptr *frame)
{
    tess_cptr page = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    tess_word address = area_next;
    area_next += RT_PAGE;
    must(rt_map(rt_boot.vspace, page, address, TESS_RIGHT_READ | TESS_RIGHT_WRITE), "map a page");
    if (frame)
        *frame = page;
    return (void *)address;
}

/* ---- threads -------------------------------------------------------------------------------------------- */

_Noreturn void rt_thread_run(void)
{
    rt_self->entry(rt_self->argument);
    rt_self->done = true;
    rt_invoke(rt_self->tcb, TESS_TCB_SUSPEND);
    for (;;) /* its CSpace does not show its TCB: it ends by a fault */
        asm volatile("ebreak");
}

bool rt_threads_reset(void)
{
    bool good = true;
    for (unsigned i = 0; i < threads_used; i++)
        good &= *(tess_word *)stacks[i] == CANARY;
    threads_used = 0;
    area_next = RT_AREA;
    return good;
}

void rt_threads_forget(unsigned n)
{
    threads_used -= n;
}

tess_word rt_ticks(tess_word microseconds)
{
    return rt_boot.machine->timebase * microseconds / 1000000;
}

void rt_configure(tess_cptr context, tess_word budget, tess_word period, tess_word badge)
{
    must(rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_CONFIGURE, context, budget, period, 0, badge),
         "configure a context");
}

void rt_set_registers(tess_cptr tcb, tess_word pc, tess_word sp, tess_word tp, tess_word a0, bool resume)
{
    tess_word gp;
    asm volatile("mv %0, gp" : "=r"(gp));
    must(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 10, 1, 0, a0), "write a0");
    must(rt_invoke(tcb, TESS_TCB_WRITE_REGS, 0, 5, resume, pc, 0, sp, gp, tp), "write registers");
}

static void give_buffer(struct rt_thread *thread, struct tess_ipc_buffer *buffer)
{
    thread->buffer = buffer;
    memset(buffer, 0, sizeof *buffer);
    must(rt_invoke(thread->tcb, TESS_TCB_SET_BUFFER, rt_image_frame(buffer), (tess_word)buffer % RT_PAGE),
         "set the IPC buffer");
}

static void give_context(struct rt_thread *thread, const struct rt_options *options)
{
    tess_word slice = rt_boot.machine->timebase / 100;
    thread->context = rt_alloc(TESS_TYPE_SCHED_CONTEXT, TESS_REFILLS_MIN);
    rt_configure(thread->context, options->budget ? options->budget : slice,
                 options->period ? options->period : slice, options->badge);
    must(rt_invoke(thread->context, TESS_SCHED_CONTEXT_BIND, thread->tcb), "bind a context");
}

struct rt_thread *rt_spawn_with(void (*entry)(void *argument), void *argument, struct rt_options options)
{
    if (threads_used == RT_THREADS)
        rt_stop("more than %u threads", (tess_word)RT_THREADS);
    unsigned index = threads_used++;
    struct rt_thread *thread = &threads[index];
    *thread = (struct rt_thread){.entry = entry, .argument = argument, .stack = stacks[index]};
    *(tess_word *)thread->stack = CANARY;

    thread->tcb = rt_alloc(TESS_TYPE_TCB, 0);
    thread->priority = options.priority ? options.priority : RT_PRIORITY_LOW;
    must(rt_invoke(thread->tcb, TESS_TCB_SET_SPACES, options.cspace ? options.cspace : rt_boot.cnode,
                   options.vspace ? options.vspace : rt_boot.vspace),
         "set the spaces");
    must(rt_invoke(thread->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, thread->priority, 255),
         "set the priority");
    if (!options.no_buffer)
        give_buffer(thread, &buffers[index]);
    if (options.handler || options.timeout)
        must(rt_invoke(thread->tcb, TESS_TCB_SET_HANDLERS, options.handler, options.timeout), "set handlers");
    if (options.fp)
        must(rt_invoke(thread->tcb, TESS_TCB_BIND_FP, options.fp), "bind floating point");
    if (options.counters)
        must(rt_invoke(thread->tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS), "set flags");
    if (!options.passive)
        give_context(thread, &options);
    rt_set_registers(thread->tcb, (tess_word)rt_thread_begin, (tess_word)(thread->stack + RT_STACK_BYTES),
                     (tess_word)thread, 0, !options.stopped);
    return thread;
}

void rt_set_own_priority(tess_word priority)
{
    must(rt_invoke(rt_self->tcb, TESS_TCB_SET_PRIORITY, rt_boot.tcb, priority, 255), "set the own priority");
}

void rt_settle(void)
{
    rt_set_own_priority(1);
    rt_set_own_priority(rt_self->priority);
}
