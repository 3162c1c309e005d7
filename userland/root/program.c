/*
 * userland/root/program.c: the programs' lives: start, end, fault, and start again.
 *
 * A program that ends gives everything back at once; its entry is free again, except that of a crashed one,
 * which stays to be seen until its name is started again or the entry is needed.
 *
 * A program that is to be started again after a crash waits before it: a while that doubles with each crash,
 * until it has crashed as often as the description allows. Running well for a while makes up for all crashes.
 */
#include <stdio.h>
#include <string.h>

#include "userland/root/root.h"

#define RUNS_WELL_S   10u /* a crash after so long is a first one */
#define DOUBLED_MOST  10u
#define PAGER_BACK_US 20000u /* a program waits so long for its memory server, and again */

struct program programs[PROGRAMS_MAX];

/* What programs of the description are made of, after an upgrade; and were before, until it has proved well. */
static const char *images[SYSTEM_PROGRAMS_MAX + 1];
static const char *images_before[SYSTEM_PROGRAMS_MAX + 1];

struct program *program_by_name(const char *name)
{
    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life != TESS_LIFE_NONE && p->predecessor == NULL && strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

bool program_is_running(const char *name)
{
    const struct program *p = program_by_name(name);

    return p != NULL && p->life == TESS_LIFE_RUNNING;
}

struct program *program_by_badge(tess_word badge)
{
    if (badge < 1 || badge > PROGRAMS_MAX || programs[badge - 1].life != TESS_LIFE_RUNNING)
        return NULL;
    return &programs[badge - 1];
}

/* The entry a program of that name gets: its own of before, a free one, or that of another crashed one. */
static struct program *find_entry(const char *name)
{
    struct program *best = NULL;

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if ((p->life == TESS_LIFE_CRASHED || p->life == TESS_LIFE_WAITING) && strcmp(p->name, name) == 0)
            return p;
        if (p->life != TESS_LIFE_RUNNING && p->life != TESS_LIFE_WAITING &&
            (best == NULL || p->life < best->life))
            best = p;
    }
    return best;
}

static void clear_entry(struct program *p, const char *name)
{
    struct program kept = *p;

    *p = (struct program){.starts = kept.starts + 1};
    if (strcmp(kept.name, name) == 0) {
        p->faults = kept.faults;
        p->last_fault = kept.last_fault;
        p->crashes = kept.crashes;
    }
    snprintf(p->name, sizeof p->name, "%s", name);
}

/* Everything made for the program goes with its memory; then the slot that named its book is free. */
static void reclaim(struct program *p)
{
    if (p->memory.bytes > 0)
        memory_give(&p->memory);
    if (p->book.address != TESS_NULL)
        slots_give(p->book.address);
    p->book.address = TESS_NULL;
    p->memory.bytes = 0;
}

/* What runs a program of that name, and its file. */
static enum tess_root_answer find_program(const char *name, unsigned *number, struct bundle_file *file)
{
    *number = policy_number(name);
    if (*number == 0 || strcmp(name, "root") == 0 || strcmp(name, "system") == 0)
        return TESS_ROOT_NO_PROGRAM;
    const struct system_program *policy = policy_of(*number);
    bool template = (policy->flags & SYSTEM_TEMPLATE) != 0;
    const char *image = images[*number] != NULL ? images[*number] : policy->image;
    if (!bundle_find(template ? name : image, file))
        return TESS_ROOT_NO_PROGRAM;
    if (absent_is(*number))
        return TESS_ROOT_ABSENT;
    if (!family_allows(*number))
        return TESS_ROOT_ORPHAN;
    return !template && program_is_running(name) ? TESS_ROOT_RUNNING : TESS_ROOT_OK;
}

/* Fills the entry; when the program cannot be made, it is empty again. */
static enum tess_root_answer make(struct program *p, unsigned number, const struct bundle_file *file,
                                  const char *words, size_t length)
{
    p->number = number;
    p->policy = policy_of(number);
    p->image = file->name;
    if (length <= sizeof p->words) {
        memcpy(p->words, words, length);
        p->words_length = length;
    }
    enum tess_root_answer answer = load(p, file, words, length);
    if (answer == TESS_ROOT_OK && !authority_started(p))
        answer = TESS_ROOT_FAILED;
    if (answer != TESS_ROOT_OK) {
        reclaim(p);
        return answer;
    }
    p->life = TESS_LIFE_RUNNING;
    p->started_at = clock_now();
    program_set_clock();
    return TESS_ROOT_OK;
}

enum tess_root_answer program_start(const char *words, size_t length, struct program **started)
{
    struct bundle_file file;
    unsigned number;

    if (length == 0 || words[length - 1] != '\0' || words[0] == '\0' || words[0] == '.' ||
        strlen(words) >= TESS_PROGRAM_NAME)
        return TESS_ROOT_BAD_REQUEST;
    enum tess_root_answer answer = find_program(words, &number, &file);
    if (answer != TESS_ROOT_OK)
        return answer;
    struct program *p = find_entry(words);
    if (p == NULL)
        return TESS_ROOT_FULL;

    clear_entry(p, words);
    *started = p;
    return make(p, number, &file, words, length);
}

enum tess_root_answer program_start_named(const char *given)
{
    char name[TESS_PROGRAM_NAME]; /* a copy: it may be that of the entry that is cleared */
    struct program *p;

    snprintf(name, sizeof name, "%s", given);
    enum tess_root_answer answer = program_start(name, strlen(name) + 1, &p);

    if (answer != TESS_ROOT_OK && answer != TESS_ROOT_RUNNING)
        printf("root: cannot start %s: %s\n", name, tess_root_strerror(answer));
    return answer;
}

/* ---- Copies ---------------------------------------------------------------------------------------------- */

/* All registers are as the parent's will be behind its call, and the answer is that it is the child. */
static bool copy_registers(const struct program *parent, struct program *child)
{
    tess_word registers[TESS_REGISTERS];
    enum { A0 = 10, A1 = 11 };

    if (!load_check(
            child, "registers",
            tess_tcb_read_registers((tess_tcb){book(parent, BOOK_TCB)}, 0, TESS_REGISTERS, false, registers)))
        return false;
    registers[A0] = TESS_OK;
    registers[A1] = TESS_INFO(TESS_ROOT_OK, 1, 0);
    return load_check(
        child, "registers",
        tess_tcb_write_registers((tess_tcb){book(child, BOOK_TCB)}, 0, TESS_REGISTERS, false, registers));
}

/* The parent's page of stack, which is root's to copy, is looked at through a second capability. */
static enum tess_root_answer make_copy(const struct program *parent, struct program *child,
                                       const struct bundle_file *file)
{
    static char *look;
    tess_frame frame = {slots_take(1)};

    look = look != NULL ? look : window_place(1);
    tess_result result = tess_cnode_copy(root.cnode, frame.address, (tess_cnode){TESS_NULL},
                                         book(parent, parent->stack_slot), TESS_RIGHT_READ);
    if (!tess_failed(result))
        result = window_map(frame, look, TESS_RIGHT_READ);
    child->stack_copy = look;
    enum tess_root_answer answer = TESS_ROOT_FAILED;
    if (load_check(child, "stack", result))
        answer = make(child, parent->number, file, parent->words, parent->words_length);
    tess_cnode_delete(root.cnode, frame.address);
    slots_give(frame.address);
    return answer;
}

enum tess_root_answer program_fork(struct program *p, struct program **child)
{
    char name[TESS_PROGRAM_NAME];
    struct bundle_file file;
    struct program *c = find_entry("");

    if (c == NULL || p->words_length == 0)
        return TESS_ROOT_FULL;
    if (!bundle_find(p->image, &file))
        return TESS_ROOT_NO_PROGRAM;
    snprintf(name, sizeof name, "%.*s.%u", (int)sizeof name - 5, p->words, (uint8_t)badge_of(c));
    clear_entry(c, name);
    c->is_copy = true;
    enum tess_root_answer answer = make_copy(p, c, &file);
    if (answer == TESS_ROOT_OK && !copy_registers(p, c)) {
        program_unmake(c);
        answer = TESS_ROOT_FAILED;
    }
    *child = c;
    return answer;
}

/* Wakes root when the first thing that waits is due. */
void program_set_clock(void)
{
    uint64_t passive = passive_next(), answers = answers_next();
    uint64_t first = upgrade_deadline();

    if (answers < first)
        first = answers;
    if (passive != 0 && passive < first)
        first = passive;
    for (const struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_WAITING && p->restart_at < first)
            first = p->restart_at;
        if (p->life == TESS_LIFE_RUNNING && p->alarm_at != 0 && p->alarm_at < first)
            first = p->alarm_at;
    }
    if (first < UINT64_MAX)
        clock_wake_at(first);
}

/* Everything goes, and who waits is told; the entry stays if the program crashed. */
static void finish(struct program *p, enum tess_ended how, tess_word status)
{
    tess_message m = {.info = TESS_INFO(TESS_ROOT_OK, 2, 0), .words = {how, status}};

    /* Without it nothing would come through; the device is free for the firmware then. */
    if (policy_shows_output(p->number))
        output_to_console(false);
    reclaim(p);
    p->ready = p->stopped = false;
    p->life = how == TESS_ENDED_FAULTED ? TESS_LIFE_CRASHED : TESS_LIFE_NONE;
    family_ended(p);
    pager_ended(p->number);
    passive_rescue();
    program_set_clock();
    policy_tell_servers();
    if (p->has_waiter)
        tess_server_answer(&service, p->waiter, &m);
    p->has_waiter = false;
}

/* Nobody starts it again: who waits for it is told. A program that never is, is waited for when it runs by hand. */
static void leave_ended(const struct program *p)
{
    if (p->is_copy || (p->policy->flags & SYSTEM_TEMPLATE) != 0)
        return;
    if (p->policy->crashes > 0)
        policy_give_up(p->number);
    else
        policy_close(p->number);
    pager_ended(p->number); /* those that were started again meanwhile */
}

/* Starts it again as the description says; true: it runs. */
static bool start_again(struct program *p)
{
    p->life = TESS_LIFE_CRASHED; /* so that the entry keeps its counts, also when the start fails */
    if (program_start_named(p->name) == TESS_ROOT_OK)
        return true;
    leave_ended(p);
    return false;
}

static void start_crashed(struct program *p)
{
    if (pager_will_be_back(p)) {
        p->life = TESS_LIFE_WAITING;
        p->restart_at = clock_now() + PAGER_BACK_US * root.timebase / 1000000;
        program_set_clock();
        return;
    }
    if (start_again(p))
        printf("%s: restarted (%u of %u)\n", p->name, p->crashes, p->policy->crashes);
}

void program_clock(void)
{
    uint64_t now = clock_now();

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_WAITING && p->restart_at <= now)
            start_crashed(p);
        if (p->life == TESS_LIFE_RUNNING && p->alarm_at != 0 && p->alarm_at <= now) {
            p->alarm_at = 0;
            program_signal(p, TESS_SIGNAL_ALARM);
        }
    }
    passive_clock(now);
    upgrade_clock(now);
    answers_clock(clock_now()); /* what was done above has set times, too */
    program_set_clock();
}

static void go_back(const struct program *p)
{
    images[p->number] = images_before[p->number];
    printf("%s: back to %s\n", p->name, images[p->number]);
}

bool program_signal(const struct program *p, tess_word badge)
{
    tess_notification notification, signal = {slots_take(1)};
    tess_result result = policy_make_notification(p->number, &notification);

    if (!tess_failed(result))
        result = tess_cnode_mint(root.cnode, signal.address, (tess_cnode){TESS_NULL}, notification.address,
                                 TESS_RIGHT_SEND, badge);
    if (!tess_failed(result))
        result = tess_signal(signal);
    tess_cnode_delete(root.cnode, signal.address);
    slots_give(signal.address);
    return load_check(p, "signal", result);
}

enum tess_root_answer program_alarm(struct program *p, uint64_t when)
{
    if ((p->policy->flags & SYSTEM_WAKE) == 0)
        return TESS_ROOT_CLIENT;
    p->alarm_at = when;
    program_set_clock();
    return TESS_ROOT_OK;
}

void program_judge(struct program *p)
{
    if (images_before[p->number] != NULL && clock_now() - p->started_at <= RUNS_WELL_S * root.timebase)
        go_back(p);
    images_before[p->number] = NULL;
}

/* After an end of its own: again, later, or no more. */
static void supervise(struct program *p)
{
    const struct system_program *policy = p->policy;
    uint64_t now = clock_now();

    if (policy->crashes == 0 || p->is_copy) {
        leave_ended(p);
        return;
    }
    if (now - p->started_at > RUNS_WELL_S * root.timebase)
        p->crashes = 0;
    program_judge(p);
    p->life = TESS_LIFE_CRASHED;
    if (++p->crashes >= policy->crashes) {
        printf("%s: gave up after %u crash%s\n", p->name, p->crashes, p->crashes == 1 ? "" : "es");
        leave_ended(p);
        return;
    }
    if (policy->backoff_us == 0) {
        start_crashed(p);
        return;
    }
    unsigned doubled = p->crashes - 1 < DOUBLED_MOST ? p->crashes - 1 : DOUBLED_MOST;
    p->life = TESS_LIFE_WAITING;
    p->restart_at = now + ((uint64_t)policy->backoff_us << doubled) * root.timebase / 1000000;
    program_set_clock();
}

void program_end(struct program *p, enum tess_ended how, tess_word status)
{
    bool successor = p->predecessor != NULL;

    upgrade_ended(p);
    if (successor)
        return;
    finish(p, how, status);
    /* What was ended on request ran well; only ends of its own count. */
    if (how != TESS_ENDED_KILLED)
        supervise(p);
    else if (p->policy->crashes == 0 || p->is_copy)
        leave_ended(p);
    else if (start_again(p))
        printf("%s: restarted\n", p->name);
}

void program_orphaned(struct program *p, const char *parent)
{
    upgrade_ended(p);
    p->crashes = 0; /* with the next parent it has all its chances again */
    if (p->life == TESS_LIFE_WAITING)
        p->life = TESS_LIFE_CRASHED;
    if (p->life != TESS_LIFE_RUNNING)
        return;
    printf("%s: ended with its parent, %s\n", p->name, parent);
    finish(p, TESS_ENDED_KILLED, 0);
}

/* ---- By request ------------------------------------------------------------------------------------------ */

enum tess_root_answer program_kill(struct program *p)
{
    if (p->life == TESS_LIFE_WAITING) {
        p->life = TESS_LIFE_CRASHED;
        printf("%s: not started again\n", p->name);
        leave_ended(p);
        return TESS_ROOT_OK;
    }
    if (p->life != TESS_LIFE_RUNNING)
        return TESS_ROOT_NO_PROGRAM;
    program_end(p, TESS_ENDED_KILLED, 0);
    return TESS_ROOT_OK;
}

enum tess_root_answer program_stop(struct program *p)
{
    if (p->life != TESS_LIFE_RUNNING)
        return TESS_ROOT_NO_PROGRAM;
    if (policy_shows_output(p->number))
        return TESS_ROOT_NEEDED;
    if (p->stopped)
        return TESS_ROOT_STATE;
    if (upgrade_of(p))
        return TESS_ROOT_BUSY; /* that would cancel the call in which it is held */
    if (!load_check(p, "stop", tess_tcb_suspend((tess_tcb){book(p, BOOK_TCB)})))
        return TESS_ROOT_FAILED;
    p->stopped = true;
    passive_rescue();
    program_set_clock();
    policy_tell_servers(); /* a call of it that is held is cancelled */
    return TESS_ROOT_OK;
}

enum tess_root_answer program_resume(struct program *p)
{
    if (p->life != TESS_LIFE_RUNNING)
        return TESS_ROOT_NO_PROGRAM;
    if (!p->stopped && !family_left(p))
        return TESS_ROOT_STATE;
    if (!load_check(p, "resume", tess_tcb_resume((tess_tcb){book(p, BOOK_TCB)})))
        return TESS_ROOT_FAILED;
    p->stopped = false;
    p->watch.serves_since = clock_now();
    passive_rescue(); /* it, if it is passive: what it waited for is cancelled */
    program_set_clock();
    return TESS_ROOT_OK;
}

enum tess_root_answer program_restart(struct program *p)
{
    char words[WORDS_KEPT];
    size_t length = p->words_length;
    struct program *started;

    if (length == 0)
        return TESS_ROOT_FULL;
    memcpy(words, p->words, length);
    upgrade_ended(p);
    if (p->life == TESS_LIFE_RUNNING)
        finish(p, TESS_ENDED_KILLED, 0);
    p->life = TESS_LIFE_CRASHED;
    p->crashes = 0;
    enum tess_root_answer answer = program_start(words, length, &started);
    if (answer == TESS_ROOT_OK)
        printf("%s: restarted\n", started->name);
    else
        leave_ended(p);
    return answer;
}

/* ---- One in place of another ------------------------------------------------------------------------------- */

enum tess_root_answer program_make_successor(struct program *old, const struct bundle_file *file,
                                             struct program **successor)
{
    struct program *p = find_entry(old->name);

    if (p == NULL || old->words_length == 0)
        return TESS_ROOT_FULL;
    clear_entry(p, old->name);
    p->predecessor = old;
    *successor = p;
    enum tess_root_answer answer = make(p, old->number, file, old->words, old->words_length);
    if (answer != TESS_ROOT_OK)
        p->predecessor = NULL;
    return answer;
}

void program_unmake(struct program *successor)
{
    reclaim(successor);
    *successor = (struct program){.starts = successor->starts};
}

void program_succeed(struct program *old, struct program *successor)
{
    successor->faults = old->faults;
    successor->last_fault = old->last_fault;
    successor->crashes = old->crashes;
    successor->alarm_at = old->alarm_at;
    successor->has_waiter = old->has_waiter;
    successor->waiter = old->waiter;
    successor->ready = true;
    successor->predecessor = NULL;
    answers_succeed(successor, old);
    family_adopt(successor);
    images_before[old->number] = old->image;
    images[old->number] = successor->image;
    reclaim(old);
    *old = (struct program){.starts = old->starts};
    pager_ended(successor->number); /* what it gave to clients went with it */
}

/* ---- What they tell -------------------------------------------------------------------------------------- */

void program_faulted(struct program *p, const tess_message *m, const char *why)
{
    enum tess_fault fault = (enum tess_fault)TESS_INFO_LABEL(m->info);

    p->faults++;
    p->last_fault = fault;
    if (policy_shows_output(p->number) && p->predecessor == NULL)
        output_to_console(false);
    printf("%s: fault: %s at 0x%lx, address 0x%lx%s%s\n", p->name, tess_fault_name(fault),
           (unsigned long)m->words[0], (unsigned long)m->words[1], why[0] != '\0' ? ": " : "", why);
    program_end(p, TESS_ENDED_FAULTED, fault);
}

/* Can messages go through the console server: does it serve, and all it waited for? */
static bool output_is_shown(void)
{
    bool shown = false;

    for (unsigned i = SYSTEM_ROOT + 1; policy_of(i) != NULL; i++) {
        const struct program *p = policy_shows_output(i) ? program_by_name(policy_of(i)->name) : NULL;
        if (policy_shows_output(i) && (p == NULL || !p->ready))
            return false;
        shown |= p != NULL;
    }
    return shown;
}

/* Programs start one after the other, each when the one it waits for serves. */
bool program_ready(struct program *p)
{
    bool successor = p->predecessor != NULL;

    if (successor && !upgrade_ready(p))
        return false;
    p->ready = true;
    passive_begin(p);
    program_set_clock();
    if (policy_shows_output(p->number) && output_is_shown())
        output_to_console(true);
    if (!successor)
        policy_ready(p->number);
    return true;
}

/* Ctrl-C ends who is waited for. When it is nobody, the shell itself may wait for a program that is stopped. */
void program_interrupt(void)
{
    bool ended = false;

    for (struct program *p = programs; p < programs + PROGRAMS_MAX; p++) {
        if (p->life == TESS_LIFE_RUNNING && p->has_waiter) {
            program_end(p, TESS_ENDED_KILLED, 0);
            ended = true;
        }
    }
    for (struct program *p = programs; !ended && p < programs + PROGRAMS_MAX; p++) {
        if (p->stopped && program_resume(p) == TESS_ROOT_OK)
            printf("%s: resumed\n", p->name);
    }
}
