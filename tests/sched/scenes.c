/*
 * tests/sched/scenes.c: what the scheduling policies promise, played and measured.
 *
 * Boot argument: scene=NAME. Lines of results go to tests/sched/run.py, which judges them; the last line is
 * `scene over`.
 */
#include "tests/sched/stage.h"

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static tess_word argument(const char *name, tess_word otherwise)
{
    char text[16];
    tess_word value = 0;

    if (!rt_bootarg(name, text, sizeof text))
        return otherwise;
    for (const char *at = text; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (tess_word)(*at - '0');
    return value;
}

static void report(const char *policy, const struct actor *actors, unsigned count)
{
    rt_printf("scene policy=%s ticks=%u timebase=%u\n", policy, stage_to - stage_from,
              (tess_word)rt_boot.machine->timebase);
    for (unsigned i = 0; i < count; i++) {
        const struct actor *a = &actors[i];
        rt_printf("actor name=%s budget=%u period=%u weight=%u work=%u used=%u jobs=%u late=%u latest=%u "
                  "refused=%u would_be=%u\n",
                  a->name, (tess_word)a->budget_us, (tess_word)a->period_us, (tess_word)a->weight,
                  (tess_word)a->work, a->used, a->jobs, a->late, a->latest, (tess_word)a->refused,
                  a->refusal.would_be);
    }
}

static void report_bursts(void)
{
    for (unsigned i = 0; i < stage_burst_count; i++)
        rt_printf("burst %u %u\n", stage_bursts[i].from - stage_from,
                  stage_bursts[i].to - stage_bursts[i].from);
}

/* One actor that spins with a budget, the most urgent, among three who take all they get. */
static void isolation(unsigned budget_us)
{
    struct actor actors[] = {
        {.name = "tenth", .budget_us = budget_us, .period_us = 1000, .priority = 80, .bursts = true},
        {.name = "greedy1"},
        {.name = "greedy2"},
        {.name = "greedy3"}};

    stage_play("fixed", actors, 4, argument("periods", 1000) * 1000);
    report("fixed", actors, 4);
    report_bursts();
}

/* Eight tasks at 95%: their work alone; what they ask for is 0.5% and 3 microseconds more, which
 * is what interrupts of a job and its call of the scheduler are charged. The last one needs
 * `overrun` times what it should. */
static void deadlines(const char *policy, unsigned overrun)
{
    static const struct {
        uint32_t work, period; /* 10 microseconds: 10,000 instructions */
    } tasks[] = {{13, 100}, {24, 230}, {37, 320}, {36, 320}, {34, 330}, {52, 400}, {58, 440}, {54, 440}};
    static const char *const names[] = {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"};
    struct actor actors[9];

    memset(actors, 0, sizeof actors);
    for (unsigned i = 0; i < 8; i++)
        actors[i] = (struct actor){.name = names[i],
                                   .work = tasks[i].work * 10,
                                   .budget_us = tasks[i].work * 10 + 3 + tasks[i].work / 20,
                                   .period_us = tasks[i].period * 10,
                                   .priority = 80 - i};
    actors[7].work *= overrun;
    actors[8] = (struct actor){.name = "ninth", .work = 10, .budget_us = 20, .period_us = 1000};
    unsigned count = is_same(policy, "edf") ? 9 : 8;
    stage_play(policy, actors, count, argument("ms", 700) * 1000);
    report(policy, actors, count);
}

static void shares(const char *policy)
{
    struct actor actors[] = {
        {.name = "one", .weight = 1}, {.name = "two", .weight = 2}, {.name = "four", .weight = 4}};

    stage_play(policy, actors, 3, argument("ms", 1000) * 1000);
    report(policy, actors, 3);
}

/* Two with jobs and three without: for tests/sched/plot.py, which draws who ran when. */
static void timeline(const char *policy)
{
    struct actor actors[] = {
        {.name = "video", .budget_us = 453, .period_us = 1000, .priority = 80, .work = 450},
        {.name = "audio", .budget_us = 1203, .period_us = 2500, .priority = 70, .work = 1200},
        {.name = "one", .weight = 1},
        {.name = "two", .weight = 2},
        {.name = "four", .weight = 4},
    };

    stage_trace = true;
    stage_play(policy, actors, 5, argument("ms", 30) * 1000);
    report(policy, actors, 5);
    for (unsigned i = 0; i < stage_event_count; i++)
        rt_printf("event %u %u\n", stage_events[i].time - stage_from, stage_events[i].badge);
}

void rt_main(void)
{
    char scene[24], policy[24];

    rt_invoke(rt_boot.tcb, TESS_TCB_SET_FLAGS, 0, TESS_TCB_COUNTERS);
    if (!rt_bootarg("scene", scene, sizeof scene) || !rt_bootarg("policy", policy, sizeof policy))
        rt_stop("no scene= and policy=");
    if (is_same(scene, "isolation"))
        isolation((unsigned)argument("budget", 100));
    else if (is_same(scene, "deadlines"))
        deadlines(policy, (unsigned)argument("overrun", 1));
    else if (is_same(scene, "shares"))
        shares(policy);
    else if (is_same(scene, "timeline"))
        timeline(policy);
    else
        rt_stop("there is no scene %s", scene);
    rt_printf("scene over\n");
}
