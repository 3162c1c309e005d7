/*
 * userland/shell/sched.c: the command that asks the scheduler: who runs when, and by which policy.
 */
#include <stdio.h>

#include "userland/lib/sched.h"
#include "userland/lib/start.h"
#include "userland/shell/shell.h"

static void show_policies(tess_endpoint sched)
{
    char text[TESS_SCHED_TEXT];

    for (unsigned i = 0; tess_sched_list(sched, i, text) == TESS_SCHED_OK; i++)
        printf("  %s\n", text);
}

static void choose(tess_endpoint sched, const char *name)
{
    char text[TESS_SCHED_TEXT];
    enum tess_sched_answer answer = tess_sched_policy(sched, name, text);

    if (answer == TESS_SCHED_OK)
        return;
    printf("sched: %s: %s%s%s\n", name, tess_sched_strerror(answer), text[0] != '\0' ? ": " : "", text);
    if (answer == TESS_SCHED_UNKNOWN)
        show_policies(sched);
}

void command_sched(unsigned argc, char **argv)
{
    tess_endpoint sched = {tess_start_capability("sched")};
    struct tess_sched_client c;
    char text[TESS_SCHED_TEXT];
    uint64_t elapsed;
    tess_word index = 0;

    if (sched.address == TESS_NULL) {
        printf("sched: no scheduler is running\n");
        return;
    }
    if (argc > 1) {
        choose(sched, argv[1]);
        return;
    }
    enum tess_sched_answer answer = tess_sched_status(sched, &elapsed, text);
    if (answer != TESS_SCHED_OK) {
        printf("sched: %s\n", tess_sched_strerror(answer));
        return;
    }
    printf("%s; shares of the last %lu.%03lu s\n", text, (unsigned long)(elapsed / 1000000),
           (unsigned long)(elapsed / 1000 % 1000));
    printf("NO  NAME         WEIGHT  PRIO  BUDGET/PERIOD   SHARE   JOBS  MISSED  OVERRAN\n");
    while (tess_sched_client(sched, &index, &c) == TESS_SCHED_OK)
        printf("%2lu  %-12.16s %6lu  %4lu %7lu/%-7lu %3lu.%lu%% %6lu %7lu %8lu\n", (unsigned long)c.number,
               c.name, (unsigned long)c.weight, (unsigned long)c.priority, (unsigned long)c.budget_us,
               (unsigned long)c.period_us, (unsigned long)c.permille / 10, (unsigned long)c.permille % 10,
               (unsigned long)c.jobs, (unsigned long)c.missed, (unsigned long)c.overran);
}
