/* sources: tests/unit/world.c tests/unit/forest.c tests/unit/scenario.c caps/cap.c caps/cdt.c caps/cnode.c caps/cspace.c caps/slot.c caps/teardown.c caps/untyped.c */
/*
 * tests/unit/test_preempt.c: deletion and revocation stopped at every point there is (SPEC CN-7..CN-9).
 *
 * Each arrangement of tests/unit/scenario.h is torn down once without a stop. Then again with a stop at
 * the k-th point, for each k, and resumed: the result must be the same. Then abandoned at each k, and with
 * other operations at each k, themselves stopped at each point: whatever happened, a revoke of the boot
 * untypeds must leave nothing behind. After each entry into caps/ all invariants are checked.
 */
#include "tests/unit/forest.h"
#include "tests/unit/scenario.h"
#include "tests/unit/unit.h"

/* The two ways to stop: a pending interrupt, and an object that is not done yet. */
enum stop { STOP_PREEMPT, STOP_REFUSE, STOPS };

static const struct scenario *scenario;

static void stop_at(enum stop stop, unsigned k)
{
    world.preempt_at = stop == STOP_PREEMPT ? k : 0;
    world.refuse_at = stop == STOP_REFUSE ? k : 0;
}

/* One entry, with the invariants after it. */
static struct status enter(enum tess_cnode_op op, word slot)
{
    word words[8] = {slot};
    struct status status = world_cnode(op, world_cspace(), world_cspace(), words);
    forest_check();
    return status;
}

/* Entries until it is done; fails if it never is. */
static struct status finish(enum tess_cnode_op op, word slot)
{
    for (unsigned i = 0; i < 10000; i++) {
        struct status status = enter(op, slot);
        if (status.code != STATUS_PREEMPTED)
            return status;
    }
    FAIL("%s: never done", scenario->name);
}

/* What a delete or revoke that ends may say: done, or there is no such slot or capability any more. */
static void check_end(struct status status)
{
    enum tess_error error = status.code & 0xff;
    CHECK(error == TESS_OK || error == TESS_ERR_ADDRESS || error == TESS_ERR_TYPE);
}

/* Takes everything back, the boot untypeds last. Nothing may be left of it. */
static void clean_up(bool stopping)
{
    world_forget();
    world.preempt_always = stopping;
    for (word untyped = U1; untyped <= U3; untyped++)
        CHECK_EQ(finish(TESS_CNODE_REVOKE, untyped).code, TESS_OK);
    for (word slot = FIRST_SLOT_USED; slot <= LAST_SLOT_USED; slot++)
        CHECK_EQ(finish(TESS_CNODE_DELETE, slot).code, TESS_OK);
    CHECK(!forest_is_dying());
    CHECK_EQ(forest.count, 3 + 3); /* the head, two of the root CNode, three untypeds */
    for (word untyped = U1; untyped <= U3; untyped++) {
        word words[8] = {0};
        CHECK_EQ(world_untyped(&world.root[untyped], TESS_UNTYPED_RESET, world_cspace(), words).code,
                 TESS_OK);
    }
}

/* How many stops there are of each kind, and the state at the end of an operation that was not stopped. */
struct plain {
    unsigned points[STOPS];
    uint64_t digest;
    bool clean;
};

static struct plain run_plain(void)
{
    struct plain plain;
    scenario_build(scenario);
    forest_check();
    CHECK_EQ(enter(scenario->op, scenario->slot).code, TESS_OK);
    plain.points[STOP_PREEMPT] = world.asks;
    plain.points[STOP_REFUSE] = world.finalises;
    plain.digest = forest_digest();
    plain.clean = !forest_is_dying();
    return plain;
}

static bool is_abandoned(void)
{
    scenario_build(scenario);
    forest_check();
    return forest_is_dying();
}

static void without_a_stop(void)
{
    bool abandoned = is_abandoned();
    struct plain plain = run_plain();
    if (!abandoned)
        CHECK(plain.clean);
    if (scenario->op == TESS_CNODE_DELETE)
        CHECK(cap_is_empty(world.root[scenario->slot].cap));
    else
        CHECK(!cdt_has_children(&world.root[scenario->slot]));
    clean_up(false);
}

static void stopped_and_resumed(void)
{
    struct plain plain = run_plain();
    for (enum stop stop = 0; stop < STOPS; stop++)
        for (unsigned k = 1; k <= plain.points[stop]; k++) {
            scenario_build(scenario);
            stop_at(stop, k);
            struct status status = enter(scenario->op, scenario->slot);
            CHECK(status.code == STATUS_PREEMPTED || stop == STOP_PREEMPT);
            CHECK_EQ(finish(scenario->op, scenario->slot).code, TESS_OK);
            CHECK_EQ(forest_digest(), plain.digest);
            CHECK(forest_is_dying() == !plain.clean);
        }
    scenario_build(scenario);
    world.preempt_always = true;
    CHECK_EQ(finish(scenario->op, scenario->slot).code, TESS_OK);
    CHECK_EQ(forest_digest(), plain.digest);
    CHECK(forest_is_dying() == !plain.clean);
}

static void stopped_and_abandoned(void)
{
    struct plain plain = run_plain();
    for (enum stop stop = 0; stop < STOPS; stop++)
        for (unsigned k = 1; k <= plain.points[stop]; k++)
            for (int stopping = 0; stopping < 2; stopping++) {
                scenario_build(scenario);
                stop_at(stop, k);
                enter(scenario->op, scenario->slot);
                clean_up(stopping);
            }
}

/* The operation is stopped at its k-th point, another one runs to its j-th point, the first goes on. */
static void interleave(enum stop stop, unsigned k, enum tess_cnode_op op, word slot)
{
    for (unsigned j = 1;; j++) {
        scenario_build(scenario);
        stop_at(stop, k);
        enter(scenario->op, scenario->slot);
        world_forget();
        world.preempt_at = j;
        struct status status = enter(op, slot);
        world.preempt_at = 0;
        check_end(finish(scenario->op, scenario->slot));
        check_end(finish(op, slot));
        clean_up(false);
        if (status.code != STATUS_PREEMPTED)
            return;
    }
}

static void interleaved_with_others(void)
{
    struct plain plain = run_plain();
    for (enum stop stop = 0; stop < STOPS; stop++)
        for (unsigned k = 1; k <= plain.points[stop]; k++) {
            for (word untyped = U1; untyped <= U3; untyped++)
                interleave(stop, k, TESS_CNODE_REVOKE, untyped);
            for (word slot = FIRST_SLOT_USED; slot <= LAST_SLOT_USED; slot++) {
                scenario_build(scenario);
                if (!cap_is_empty(world.root[slot].cap))
                    interleave(stop, k, TESS_CNODE_DELETE, slot);
            }
        }
}

/* Between the stop and the resumption somebody uses what is left: copies, moves, retypes. */
static void used_meanwhile(void)
{
    struct plain plain = run_plain();
    for (unsigned k = 1; k <= plain.points[STOP_PREEMPT]; k++) {
        scenario_build(scenario);
        stop_at(STOP_PREEMPT, k);
        enter(scenario->op, scenario->slot);
        world_forget();
        for (word slot = FIRST_SLOT_USED; slot <= LAST_SLOT_USED; slot++) {
            world_copy(40 + slot, slot, 15);
            forest_check();
            world_move(80 + slot, slot);
            forest_check();
            world_copy(120 + slot, 80 + slot, 15);
            forest_check();
        }
        for (word untyped = U1; untyped <= U3; untyped++) {
            world_retype_all(untyped, TESS_TYPE_CNODE, 1, 30 + untyped, 1);
            forest_check();
        }
        check_end(finish(scenario->op, scenario->slot));
        clean_up(false);
    }
}

static void each_scenario(void (*test)(void))
{
    for (unsigned i = 0; i < SCENARIO_COUNT; i++) {
        scenario = &SCENARIOS[i];
        printf("# %s\n", scenario->name);
        test();
    }
}

static void all_without_a_stop(void)
{
    each_scenario(without_a_stop);
}

static void all_resumed(void)
{
    each_scenario(stopped_and_resumed);
}

static void all_abandoned(void)
{
    each_scenario(stopped_and_abandoned);
}

static void all_interleaved(void)
{
    each_scenario(interleaved_with_others);
}

static void all_used(void)
{
    each_scenario(used_meanwhile);
}

static const struct unit_test TESTS[] = {
    {"CN-8 every arrangement without a stop", all_without_a_stop},
    {"CN-7 stopped at every point and resumed: the same result", all_resumed},
    {"CN-7 stopped at every point and abandoned", all_abandoned},
    {"CN-7 stopped at every point, another operation up to each of its points", all_interleaved},
    {"CN-7 stopped at every point, what is left used meanwhile", all_used},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
