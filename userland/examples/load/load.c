/*
 * userland/examples/load/load.c: something for the scheduler to schedule.
 *
 *     run load weight=4 &                              computes for ever
 *     run load budget=300 period=1000 jobs=500 &       does a job of nearly 300 us each ms, 500 times
 *     run load budget=300 period=1000 work=600 &       needs more than it asked for
 *
 * Times are microseconds. At the end it says how many jobs were late, and how long one took at
 * most, by its own clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/sched.h"
#include "userland/lib/start.h"

static struct {
    unsigned long budget, period, work, jobs, weight, priority;
} wanted;

static const struct {
    const char *name;
    unsigned long *value;
} words[] = {{"budget", &wanted.budget}, {"period", &wanted.period}, {"work", &wanted.work},
             {"jobs", &wanted.jobs},     {"weight", &wanted.weight}, {"priority", &wanted.priority}};

static uint64_t read_time(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

static bool take(const char *word)
{
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].name);
        char *end;
        if (strncmp(word, words[i].name, length) != 0 || word[length] != '=')
            continue;
        *words[i].value = strtoul(word + length + 1, &end, 10);
        return *end == '\0' && end != word + length + 1;
    }
    return false;
}

/* A thousand instructions are a microsecond on QEMU with deterministic counting; two make a turn. */
static void work(uint64_t microseconds)
{
    uint64_t turns = microseconds * 500;

    if (turns > 0)
        __asm__ volatile("1: addi %0, %0, -1\n   bnez %0, 1b" : "+r"(turns));
}

static int do_jobs(tess_endpoint sched)
{
    unsigned long late = 0, done = 0;
    uint64_t release, deadline, longest = 0;
    enum tess_sched_answer answer = tess_sched_next(sched, &release, &deadline);

    while (answer == TESS_SCHED_OK && (wanted.jobs == 0 || done < wanted.jobs)) {
        work(wanted.work);
        uint64_t now = read_time();
        late += now > deadline;
        longest = now - release > longest ? now - release : longest;
        done++;
        answer = tess_sched_next(sched, &release, &deadline);
    }
    printf("load: %lu jobs, %lu late, at most %lu us\n", done, late,
           (unsigned long)(longest * 1000000 / tess_start->timebase));
    return answer == TESS_SCHED_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    tess_endpoint sched = {tess_need_capability("sched")};
    char text[TESS_SCHED_TEXT];

    for (int i = 1; i < argc; i++) {
        if (!take(argv[i])) {
            printf("load: what is '%s'? NAME=NUMBER: budget period work jobs weight priority\n", argv[i]);
            return EXIT_FAILURE;
        }
    }
    if (wanted.work == 0 && wanted.budget > 20)
        wanted.work = wanted.budget - 20;
    enum tess_sched_answer answer = tess_sched_declare(
        sched, wanted.budget, wanted.period, (unsigned)wanted.weight, (unsigned)wanted.priority, text);
    if (answer != TESS_SCHED_OK) {
        printf("load: %s%s%s\n", tess_sched_strerror(answer), text[0] != '\0' ? ": " : "", text);
        return EXIT_FAILURE;
    }
    if (wanted.period != 0)
        return do_jobs(sched);
    for (;;)
        work(1000);
}
