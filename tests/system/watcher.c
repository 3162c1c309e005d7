/*
 * tests/system/watcher.c: a scheduler server for test_servers.py: says which programs start and end, and uses
 * what it holds of them.
 *
 * A program named "spin" gets the lowest priority, a hundredth of the processor, and is then asked what it is.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/pd.h"
#include "userland/lib/root.h"

#define NUMBERS 64u

static tess_endpoint root;
static tess_word starts[NUMBERS]; /* 0: does not run */

static void check(const char *what, tess_result result)
{
    if (tess_failed(result))
        tess_report(what, result);
}

static void slow_down(unsigned number)
{
    tess_tcb tcb = tess_authority_thread(number);
    tess_sched_context context = tess_authority_context(number);
    tess_sched_control control = {tess_need_capability("sched_control")};
    tess_word second = tess_start->timebase;
    struct tess_inspect thread, budget;

    check("priority", tess_tcb_set_priority(tcb, tess_authority_thread(1), 1, 1));
    check("budget", tess_sched_control_configure(control, context, second / 1000, second / 10, 2, 0));
    check("thread", tess_inspect(tcb.address, &thread));
    check("context", tess_inspect(context.address, &budget));
    printf("watcher: spin has priority %lu and %lu of %lu\n", (unsigned long)thread.state[1] & 0xff,
           (unsigned long)budget.state[0], (unsigned long)budget.state[1]);
}

static void look(unsigned number, const struct tess_task_info *info)
{
    bool runs = info->life == TESS_LIFE_RUNNING;
    tess_word now = runs ? info->starts : 0;

    if (starts[number] == now)
        return;
    if (runs)
        printf("watcher: %s runs, priority %lu, %lu/%lu us\n", info->name, (unsigned long)info->priority,
               (unsigned long)info->budget_us, (unsigned long)info->period_us);
    else
        printf("watcher: number %u is free\n", number);
    starts[number] = now;
    if (runs && strcmp(info->name, "spin") == 0)
        slow_down(number);
}

void notified(tess_channel channel)
{
    struct tess_task_info info;

    (void)channel;
    for (unsigned number = 1; number < NUMBERS && tess_root_task(root, number, &info) == TESS_ROOT_OK;
         number++)
        look(number, &info);
}

void init(void)
{
    root.address = tess_need_capability("root");
    notified(0);
}
