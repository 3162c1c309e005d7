/* sources: kernel/refill.c */
/*
 * tests/unit/test_refill.c: budgets that come back piece by piece, in exact ticks, and against a model in
 * which each tick of the budget has a time of its own (SC-13, SC-14).
 */
#include "kernel/refill.h"
#include "tests/unit/unit.h"

static uint32_t random_state = 4711;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * limit >> 32);
}

static union {
    struct refills refills;
    uint8_t bytes[sizeof(struct refills) + 64 * sizeof(struct refill)];
} memory;
static struct refills *const r = &memory.refills;

static void begin(word budget, word period, unsigned room, word now)
{
    memset(&memory, 0, sizeof memory);
    r->budget = budget;
    r->period = period;
    r->room = (uint8_t)room;
    refills_fill(r, now);
}

static void check_piece(unsigned i, word time, word amount)
{
    CHECK(i < r->count);
    struct refill piece = r->ring[(r->first + i) % r->room];
    CHECK_EQ(piece.time, time);
    CHECK_EQ(piece.amount, amount);
}

static void split(void)
{
    begin(100, 1000, 8, 5000);
    refills_begin(r, 5010); /* ready at 5010, runs 5020 to 5050 */
    refills_charge(r, 30, 5050, 10);
    check_piece(0, 6010, 30);
    CHECK_EQ(r->left, 70);
    refills_charge(r, 20, 5080, 10); /* preempted in between: still the same activation */
    CHECK_EQ(r->count, 1);
    check_piece(0, 6010, 50);
    refills_begin(r, 5500); /* it waited, and is ready again at 5500 */
    refills_charge(r, 50, 5550, 10);
    CHECK_EQ(r->left, 0);
    check_piece(1, 6500, 50);
    refills_take(r, 10); /* at 6010 */
    CHECK_EQ(r->left, 50);
    refills_charge(r, 50, 6070, 10); /* from when it was due, not from when it ran */
    CHECK_EQ(r->left, 0);
    check_piece(0, 6500, 50);
    check_piece(1, 7010, 50);
}

static void overrun(void)
{
    begin(100, 1000, 2, 0);
    refills_charge(r, 125, 125, 10); /* 25 too much: of what is due at 1000 */
    refills_charge(r, 5, 130, 10);   /* and 5 more, before another runs */
    CHECK_EQ(r->left, 0);
    CHECK_EQ(r->count, 1);
    check_piece(0, 1000, 100);
    refills_take(r, 10);
    CHECK_EQ(r->left, 70);
    check_piece(0, 2000, 30);
    refills_charge(r, 70, 1070, 10);
    CHECK_EQ(r->left, 0);
    CHECK_EQ(r->count, 1);
    check_piece(0, 2000, 100);

    begin(100, 1000, 3, 0);
    refills_charge(r, 20, 20, 10);
    refills_begin(r, 500);
    refills_charge(r, 110, 610, 10); /* 30 too much, and the next piece has 20 */
    check_piece(0, 1000, 20);
    check_piece(1, 1500, 80);
    refills_take(r, 10);
    CHECK_EQ(r->left, 0);
    refills_take(r, 10);
    CHECK_EQ(r->left, 70);
    check_piece(0, 2000, 20);
    check_piece(1, 2500, 10);
    refills_charge(r, ~0ull, 1000000, 10); /* whatever the clock says, it ends, and nothing is lost */
    CHECK(r->owed <= 200);
}

static void joined(void)
{
    begin(100, 1000, 2, 0);
    refills_charge(r, 20, 20, 10);
    refills_begin(r, 100);
    refills_charge(r, 20, 120, 10);
    refills_begin(r, 200);
    refills_charge(r, 20, 220, 10); /* no room: joins the second, which then is due later */
    check_piece(0, 1000, 20);
    check_piece(1, 1180, 40);
    begin(100, 1000, 8, 0);
    refills_charge(r, 4, 4, 10); /* short: waits for more */
    refills_begin(r, 300);
    refills_charge(r, 20, 320, 10);
    refills_begin(r, 400);
    refills_charge(r, 3, 403, 10);
    check_piece(0, 1296, 24);
    check_piece(1, 1400, 3);
    refills_begin(r, 1310); /* one is due by then, and the other before the rest is used */
    CHECK_EQ(r->left, 100);
    begin(100, 1000, 8, 0);
    refills_charge(r, 10, 10, 10); /* the shortest that is not short */
    refills_begin(r, 300);
    refills_charge(r, 20, 320, 10);
    check_piece(0, 1000, 10);
    check_piece(1, 1300, 20);
}

/* ---- against the model ------------------------------------------------------------------------------ */

#define BUDGET 60u
#define PERIOD 300u

static word ticks_at[BUDGET]; /* when each tick of the budget can be used again, ascending */

/* The earliest tick is used at that time. */
static void model_use(word time)
{
    CHECK(ticks_at[0] <= time);
    memmove(ticks_at, ticks_at + 1, sizeof ticks_at - sizeof *ticks_at);
    ticks_at[BUDGET - 1] = time + PERIOD;
}

static unsigned model_usable(word now)
{
    unsigned n = 0;
    while (n < BUDGET && ticks_at[n] <= now)
        n++;
    return n;
}

static void check_sum(void)
{
    word sum = r->left, last = r->since + r->left;
    for (unsigned i = 0; i < r->count; i++) {
        struct refill piece = r->ring[(r->first + i) % r->room];
        CHECK(piece.amount > 0 && piece.time > last); /* no two touch */
        last = piece.time + piece.amount;
        sum += piece.amount;
    }
    CHECK_EQ(sum, BUDGET);
    CHECK(r->count <= r->room);
}

/* A thread that becomes ready, runs in bursts with interruptions, and waits, for long. */
static void against_model(unsigned room, word least, bool exact)
{
    word now = 10000;
    begin(BUDGET, PERIOD, room, now);
    for (unsigned i = 0; i < BUDGET; i++)
        ticks_at[i] = now;
    for (unsigned step = 0; step < 20000; step++) {
        now += random_below(random_below(4) ? 40 : 200);
        if (r->left == 0) {
            if (refills_due(r) > now)
                now = refills_due(r);
            refills_take(r, least);
        }
        if (random_below(2)) {
            refills_begin(r, now);
            if (exact)
                CHECK(r->left >= model_usable(now));
        }
        word burst = 1 + random_below(BUDGET), since = r->since;
        if (burst > r->left)
            burst = r->left;
        for (word i = 0; i < burst; i++)
            model_use(since + i);
        now += burst;
        refills_charge(r, burst, now, least);
        CHECK(r->since <= now);
        check_sum();
    }
}

static void never_early(void)
{
    for (unsigned room = 2; room <= 12; room++)
        against_model(room, room % 3 * 5, false);
}

static void all_of_it(void)
{
    against_model(64, 0, true);
}

/* Late, by up to two budgets: while anything is owed nothing is left. */
static void in_debt(void)
{
    word now = 10000;
    begin(BUDGET, PERIOD, 6, now);
    for (unsigned step = 0; step < 20000; step++) {
        now += random_below(random_below(4) ? 40 : 2 * PERIOD);
        if (r->left == 0) {
            if (refills_due(r) > now)
                now = refills_due(r);
            refills_take(r, 5);
        } else {
            word used = random_below(2 * BUDGET);
            now += used;
            refills_begin(r, now - used);
            refills_charge(r, used, now, 5);
        }
        check_sum();
        CHECK(r->owed == 0 || r->left == 0);
    }
}

static const struct unit_test tests[] = {
    {"SC-13: what is used comes back a period after it was taken up, split by waits", split},
    {"SC-13: what was too much is taken from the next piece", overrun},
    {"SC-14: pieces are joined where there is no room, and where they are short", joined},
    {"SC-14: no tick of the budget is used again within a period, however pieces were joined", never_early},
    {"SC-13: with room for all pieces, every tick is there when it is due", all_of_it},
    {"SC-13: of a budget that owes time nothing can be used", in_debt},
};

int main(void)
{
    return UNIT_RUN(tests);
}
