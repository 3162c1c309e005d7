/*
 * tests/bench/bench.c: root of the benchmark: series of figures, measured operations, actors.
 *
 * Prints a line for each row (tests/bench/bench.py reads them) and ends the machine. The boot argument
 * only=NAME chooses one group of rows.
 */
#include "tests/bench/bench.h"

_Static_assert(offsetof(struct bench_call, words) == 32 && offsetof(struct bench_call, before) == 96 &&
                   offsetof(struct bench_call, status) == 112 && offsetof(struct bench_call, answer) == 136,
               "stamp.S knows the layout");

tess_word bench_reading(void);

static tess_word reading; /* what one reading of the counter costs */
static tess_word slots_used;

tess_cptr bench_spaces[2];

/* ---- series ---------------------------------------------------------------------------------------------- */

tess_word bench_cost(tess_word before, tess_word after)
{
    return after - before - reading;
}

void bench_add(struct bench_series *series, tess_word figure)
{
    if (series->seen++ >= BENCH_WARM && series->count < BENCH_RUNS)
        series->figures[series->count++] = figure;
}

static void sort(tess_word *figures, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        tess_word figure = figures[i];
        unsigned at = i;
        for (; at > 0 && figures[at - 1] > figure; at--)
            figures[at] = figures[at - 1];
        figures[at] = figure;
    }
}

void bench_report_n(const char *name, tess_word n, struct bench_series *series)
{
    unsigned count = series->count;
    const tess_word *figures = series->figures;

    if (count == 0)
        rt_stop("%s: nothing was measured", name);
    sort(series->figures, count);
    rt_printf("bench: %s ", name);
    if (n)
        rt_printf("n=%u ", n);
    rt_printf("%u", figures[count / 2]);
    if (figures[0] != figures[count - 1])
        rt_printf(" from %u to %u", figures[0], figures[count - 1]);
    rt_printf("\n");
    *series = (struct bench_series){.count = 0};
}

void bench_report(const char *name, struct bench_series *series)
{
    bench_report_n(name, 0, series);
}

void bench_figure_n(const char *name, tess_word n, tess_word figure)
{
    struct bench_series series = {.figures = {figure}, .count = 1};
    bench_report_n(name, n, &series);
}

void bench_figure(const char *name, tess_word figure)
{
    bench_figure_n(name, 0, figure);
}

/* ---- operations of root --------------------------------------------------------------------------------------- */

void bench_must(struct rt_result result, const char *what)
{
    if (TESS_STATUS_ERROR(result.status) != TESS_OK)
        rt_stop("%s: status %x, detail %x", what, result.status, result.badge);
}

tess_cptr bench_slot(void)
{
    if (RT_SLOT_SCRATCH + slots_used >= rt_boot.free_count)
        rt_stop("root's CNode has no slots left");
    return rt_boot.free + RT_SLOT_SCRATCH + slots_used++;
}

tess_cptr bench_object(enum tess_type type, tess_word size)
{
    tess_cptr slot = bench_slot();
    bench_must(rt_retype(rt_memory, type, size, slot, 1), "retype");
    return slot;
}

tess_word bench_run(struct bench_call *call, const char *what)
{
    bench_syscall(call);
    if (TESS_STATUS_ERROR(call->status) != TESS_OK)
        rt_stop("%s: status %x, detail %x", what, call->status, call->badge);
    return bench_cost(call->before, call->after);
}

/* ---- actors -------------------------------------------------------------------------------------------------------- */

static bool act(struct bench_actor *actor, struct bench_call *call)
{
    (actor->act ? actor->act : bench_syscall)(call);
    if (TESS_STATUS_ERROR(call->status) != TESS_OK) {
        actor->failed = call->status;
        return false;
    }
    if (actor->count < BENCH_ROUNDS) {
        actor->before[actor->count] = call->before;
        actor->after[actor->count] = call->after;
        actor->count++;
    }
    if (actor->between)
        actor->between(actor);
    return true;
}

static void actor_run(void *argument)
{
    struct bench_actor *actor = argument;
    if (actor->first.operation && !act(actor, &actor->first))
        return;
    for (unsigned i = 0; !actor->rounds || i < actor->rounds; i++)
        if (!act(actor, &actor->each))
            return;
    if (actor->notification) /* where nobody signals any more: ends here, and not by a fault */
        rt_wait(BENCH_CAP_NOTIFICATION);
}

static void show(tess_cptr cspace, enum bench_cap at, tess_cptr cap)
{
    if (cap)
        bench_must(
            rt_copy(cspace | (tess_word)at << (rt_boot.radix + BENCH_POOL_RADIX), cap, TESS_RIGHTS_ALL),
            "copy into an actor's CSpace");
}

void bench_actor_start_with(struct bench_actor *actor, struct rt_options options)
{
    tess_cptr cspace = rt_alloc(TESS_TYPE_CNODE, BENCH_ACTOR_RADIX);
    show(cspace, BENCH_CAP_ENDPOINT, actor->endpoint);
    show(cspace, BENCH_CAP_REPLY, actor->reply);
    show(cspace, BENCH_CAP_NOTIFICATION, actor->notification);
    show(cspace, BENCH_CAP_IRQ, actor->irq);
    options.cspace = cspace;
    options.vspace = bench_spaces[actor->space];
    options.counters = true;
    if (!options.priority)
        options.priority = BENCH_HIGH;
    actor->failed = TESS_OK;
    actor->count = 0;
    actor->thread = rt_spawn_with(actor_run, actor, options);
}

void bench_actor_passive(struct bench_actor *actor)
{
    if (rt_state(actor->thread->tcb) != TESS_THREAD_RECEIVING)
        rt_stop("a passive server does not wait: state %u", rt_state(actor->thread->tcb));
    bench_must(rt_invoke(actor->thread->context, TESS_SCHED_CONTEXT_UNBIND), "take a context");
}

void bench_actors_end(struct bench_actor *const *actors, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (actors[i]->failed)
            rt_stop("actor %u: status %x", (tess_word)i, actors[i]->failed);
        if (actors[i]->rounds && actors[i]->count < actors[i]->rounds)
            rt_stop("actor %u came to round %u only", (tess_word)i, (tess_word)actors[i]->count);
    }
    for (unsigned i = 0; i < n; i++) {
        bench_must(rt_invoke(actors[i]->thread->tcb, TESS_TCB_SUSPEND), "suspend an actor");
        bench_must(rt_delete(actors[i]->thread->tcb), "delete an actor");
    }
    if (!rt_threads_reset())
        rt_stop("a stack overflowed");
}

void bench_pair(struct bench_series *series, const struct bench_actor *from, const struct bench_actor *to)
{
    for (unsigned i = 0; i < from->count; i++) {
        tess_word next = ~0ull;
        for (unsigned j = 0; j < to->count; j++)
            if (to->after[j] > from->before[i] && to->after[j] < next)
                next = to->after[j];
        if (next != ~0ull)
            bench_add(series, bench_cost(from->before[i], next));
    }
}

/* ---- the program --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"ipc", bench_ipc},
    {"waiting", bench_waiting},
    {"faults", bench_faults},
    {"interrupts", bench_interrupts},
    {"memory", bench_memory},
    {"ranges", bench_ranges},
    {"capabilities", bench_capabilities},
    {"retype", bench_retype},
    {"growth", bench_growth},
    {"queues", bench_queues},
    {"time", bench_time},
    {"latency", bench_latency},
};

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Everything that a group made is gone when the next one begins. */
static void group_run(void (*run)(void))
{
    rt_pool_create(BENCH_POOL_RADIX);
    for (unsigned i = 0; i < 2; i++)
        bench_spaces[i] = rt_vspace_create();
    run();
    rt_threads_reset();
    bench_must(rt_revoke(rt_memory), "take back the memory");
    bench_must(rt_invoke(rt_memory, TESS_UNTYPED_RESET), "reset the memory");
    slots_used = 0;
}

void rt_main(void)
{
    char only[16];
    bool all = !rt_bootarg("only", only, sizeof only);

    bench_must(rt_retype(rt_boot.untyped, TESS_TYPE_UNTYPED, rt_boot.untyped_bytes & ~0xfffull,
                         rt_boot.free + RT_SLOT_MEMORY, 1),
               "make the memory");
    rt_memory = rt_boot.free + RT_SLOT_MEMORY;
    bench_must(rt_invoke(rt_boot.tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS), "allow the counters");
    rt_root.priority = BENCH_PRIORITY;
    rt_set_own_priority(BENCH_PRIORITY);
    reading = bench_reading();
    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++)
        if (all || same(only, groups[i].name))
            group_run(groups[i].run);
    rt_printf("bench: end\n");
}
