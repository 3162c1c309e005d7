/*
 * tests/conformance/timer.c: Timer objects (SPEC TM).
 */
#include "tests/conformance/common.h"

static tess_cptr new_timer(void)
{
    return rt_alloc(TESS_TYPE_TIMER, 0);
}

static struct rt_result arm(tess_cptr timer, tess_word time, tess_word period)
{
    return rt_invoke(timer, TESS_TIMER_ARM, time, period);
}

static struct rt_result bind(tess_cptr timer, tess_cptr notification)
{
    return rt_invoke(timer, TESS_TIMER_BIND, notification);
}

static struct rt_result set_interval(tess_cptr timer, tess_word ticks)
{
    return rt_invoke(rt_boot.control, TESS_SCHED_CONTROL_SET_INTERVAL, timer, ticks);
}

static tess_word interval(void)
{
    return rt_boot.machine->timebase / TESS_TIMER_RATE;
}

/* A Timer that signals a new notification with badge 6. */
static tess_cptr bound_timer(tess_cptr *notification)
{
    tess_cptr timer = new_timer();
    *notification = new_notification();
    REQUIRE_OK(bind(timer, rt_minted(*notification, 15, 6)));
    return timer;
}

/* Ticks from the expiration to the instruction behind the wait; and a turn of the suite's clock (suite.c). */
static tess_word slack(void)
{
    return rt_ticks(15 + 25) + 1;
}

static bool near(tess_word is, tess_word expected)
{
    return is >= expected && is <= expected + slack();
}

TEST(TM_01, fresh, "a new Timer is idle, bound to nothing, with an interval of a millisecond")
{
    struct tess_inspect inspect = rt_inspect(new_timer());
    EXPECT_EQ(inspect.type, TESS_TYPE_TIMER);
    EXPECT_EQ(inspect.size, TESS_TIMER_BYTES);
    EXPECT_EQ(inspect.badge, 0);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(inspect.state[i], 0);
    EXPECT_EQ(inspect.state[4], interval());
}

TEST(TM_02, errors,
     "ARM and BIND: errors of each argument, in order, at the bounds and one past them (TM-S7, TM-S8)")
{
    tess_cptr timer = new_timer(), notification = new_notification();
    const tess_word end = 1ull << 62;
    EXPECT_ERROR(arm(timer, end, end), TESS_ERR_RANGE, TESS_ARG_WORD(0), end - 1);
    EXPECT_ERROR(arm(timer, ~0ull, 1), TESS_ERR_RANGE, TESS_ARG_WORD(0), end - 1);
    EXPECT_ERROR(arm(timer, 0, end), TESS_ERR_RANGE, TESS_ARG_WORD(1), end - 1);
    EXPECT_ERROR(arm(timer, end - 1, 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), interval());
    EXPECT_ERROR(arm(timer, end - 1, interval() - 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), interval());
    EXPECT_EQ(rt_state(timer), 0);
    EXPECT_OK(arm(timer, end - 1, end - 1));
    EXPECT_OK(arm(timer, end - 1, interval()));
    EXPECT_EQ(rt_state(timer), 1);
    EXPECT_ERROR(bind(timer, rt_slot()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NULL);
    EXPECT_ERROR(bind(timer, new_endpoint()), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_ENDPOINT);

    EXPECT_ERROR(bind(timer, rt_copied(notification, TESS_RIGHT_RECV)), TESS_ERR_RIGHTS, TESS_ARG_WORD(0),
                 TESS_RIGHT_SEND);
    EXPECT_ERROR(bind(timer, TESS_NULL), TESS_ERR_UNBOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_OK(bind(timer, rt_copied(notification, TESS_RIGHT_SEND)));
    EXPECT_ERROR(bind(timer, notification), TESS_ERR_BOUND, TESS_ARG_CAPABILITY, 0);
    EXPECT_EQ(rt_state(timer), 3);
    EXPECT_OK(bind(timer, TESS_NULL));
    EXPECT_EQ(rt_state(timer), 1);
    EXPECT_ERROR(rt_invoke(timer, TESS_TIMER_BIND + 1), TESS_ERR_OPERATION, TESS_ARG_INFO, 0);
}

TEST(TM_03, once,
     "an armed Timer signals at its time, once, with the badge of the capability it was given (TM-S1, TM-S5)")
{
    tess_cptr notification, timer = bound_timer(&notification);
    tess_word time = rt_time() + rt_ticks(700);
    EXPECT_OK(arm(timer, time, 0));
    EXPECT_EQ(rt_state(timer), 3);
    EXPECT_EQ(rt_inspect(timer).state[1], time);
    EXPECT_EQ(rt_inspect(timer).badge, 6);
    struct rt_result r = rt_wait(notification);
    EXPECT(near(rt_time(), time));
    EXPECT_EQ(r.status, TESS_STATUS_NOTIFICATION);
    EXPECT_EQ(r.badge, 6);
    EXPECT_EQ(rt_state(timer), 2);
    EXPECT_EQ(rt_inspect(timer).state[1], 0);
    rt_busy_until(time + rt_ticks(3000));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
}

TEST(TM_03, preempts, "the signal wakes a more urgent thread while another runs")
{
    tess_cptr notification, timer = bound_timer(&notification);
    struct actor waiter;
    actor_recv(&waiter, notification, TESS_NULL);
    tess_word time = rt_time() + rt_ticks(300);
    EXPECT_OK(arm(timer, time, 0));
    while (!waiter.returned && rt_time() < time + rt_ticks(1000))
        ;
    EXPECT(near(rt_time(), time));
    EXPECT_EQ(waiter.result.badge, 6);
}

TEST(TM_03, past, "a time that has passed expires at once; without a notification nobody sees it")
{
    tess_cptr notification, timer = bound_timer(&notification), alone = new_timer();
    rt_busy_until(interval() * 2);
    EXPECT_OK(arm(timer, 0, 0));
    EXPECT_EQ(rt_nbrecv(notification, TESS_NULL).badge, 6);
    EXPECT_OK(arm(alone, rt_time(), 0));
    EXPECT_EQ(rt_state(alone), 0);
}

TEST(TM_02, cancel,
     "a Timer that was cancelled, or armed for another time, does not expire at the old one (TM-S2, TM-S3, "
     "TM-S6)")
{
    tess_cptr notification, timer = bound_timer(&notification);
    EXPECT_OK(rt_invoke(timer, TESS_TIMER_CANCEL)); /* idle: nothing */
    EXPECT_OK(arm(timer, rt_time() + rt_ticks(500), rt_ticks(2000)));
    EXPECT_OK(rt_invoke(timer, TESS_TIMER_CANCEL));
    EXPECT_EQ(rt_state(timer), 2);
    EXPECT_EQ(rt_inspect(timer).state[1], 0);
    EXPECT_EQ(rt_inspect(timer).state[2], rt_ticks(2000)); /* of the last ARM */
    rt_busy_until(rt_time() + rt_ticks(3000));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
    tess_word now = rt_time();
    EXPECT_OK(arm(timer, now + rt_ticks(500), 0));
    EXPECT_OK(arm(timer, now + rt_ticks(1500), 0));
    rt_wait(notification);
    EXPECT(near(rt_time(), now + rt_ticks(1500)));
    EXPECT_OK(arm(timer, now + rt_ticks(90000), 0));
    EXPECT_OK(arm(timer, now + rt_ticks(4000), 0)); /* earlier than before */
    rt_wait(notification);
    EXPECT(near(rt_time(), now + rt_ticks(4000)));
}

TEST(TM_04, periodic,
     "a periodic Timer expires at each of its times, however late each signal is taken (TM-S4)")
{
    tess_cptr notification, timer = bound_timer(&notification);
    tess_word period = rt_ticks(1000), begin = rt_time() + rt_ticks(200);
    EXPECT_OK(arm(timer, begin, period));
    for (unsigned i = 0; i < 50; i++) {
        EXPECT_EQ(rt_wait(notification).badge, 6);
        tess_word now = rt_time();
        EXPECT(near(now, begin + i * period));
        rt_busy_until(now + i * period / 64); /* of each period another part */
    }
    struct tess_inspect inspect = rt_inspect(timer);
    EXPECT_EQ(inspect.state[0], 3);
    EXPECT_EQ(inspect.state[1], begin + 50 * period);
    EXPECT_EQ(inspect.state[2], period);
    EXPECT_EQ(inspect.state[3], 0);
}

TEST(TM_04, missed, "times that have passed at once give one signal; the others are counted, until ARM")
{
    tess_cptr notification, timer = bound_timer(&notification);
    tess_word period = rt_ticks(1000), begin = rt_time() - 5 * period - period / 2;
    EXPECT_OK(arm(timer, begin, period));
    EXPECT_EQ(rt_nbrecv(notification, TESS_NULL).badge, 6);
    EXPECT_EQ(rt_inspect(timer).state[3], 5);
    EXPECT_EQ(rt_inspect(timer).state[1], begin + 6 * period);
    rt_wait(notification);
    EXPECT(near(rt_time(), begin + 6 * period));
    EXPECT_EQ(rt_inspect(timer).state[3], 5);
    EXPECT_OK(arm(timer, begin + 8 * period, 0));
    EXPECT_EQ(rt_inspect(timer).state[3], 0);
}

TEST(TM_05, interval, "two expirations of a Timer are an interval apart, also when it is armed for earlier")
{
    tess_cptr notification, timer = bound_timer(&notification);
    tess_word first = rt_time() + rt_ticks(1500);
    EXPECT_OK(arm(timer, first, 0));
    rt_wait(notification);
    for (unsigned i = 1; i < 10; i++) {
        EXPECT_OK(arm(timer, 0, 0));
        tess_word next = rt_inspect(timer).state[1];
        EXPECT(next >= first + interval());
        rt_wait(notification);
        EXPECT(near(rt_time(), next));
        first = next;
    }
}

TEST(TM_05, from_zero,
     "the interval of a new Timer counts from time 0; a longer one holds what is armed back")
{
    tess_cptr timer = new_timer();
    tess_word far = 1ull << 61;
    EXPECT_OK(set_interval(timer, far));
    EXPECT_OK(arm(timer, 0, 0));
    EXPECT_EQ(rt_inspect(timer).state[1], far);
    EXPECT_OK(arm(timer, far + 7, 0));
    EXPECT_EQ(rt_inspect(timer).state[1], far + 7);
    EXPECT_OK(set_interval(timer, far + 9));
    EXPECT_EQ(rt_inspect(timer).state[1], far + 9);
    EXPECT_OK(set_interval(timer, interval()));
    EXPECT_EQ(rt_inspect(timer).state[1], far + 7);
}

TEST(TM_05, set, "SET_INTERVAL: errors; then a Timer may expire so often, and no more")
{
    tess_cptr notification, timer = bound_timer(&notification);
    tess_word least = rt_boot.machine->timebase / 100000 + 1, end = 1ull << 62;
    EXPECT_ERROR(set_interval(TESS_NULL, 0), TESS_ERR_ADDRESS, TESS_ARG_WORD(0), 0);
    EXPECT_ERROR(set_interval(notification, 0), TESS_ERR_TYPE, TESS_ARG_WORD(0), TESS_TYPE_NOTIFICATION);
    EXPECT_ERROR(set_interval(timer, least - 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), least);
    EXPECT_ERROR(set_interval(timer, end), TESS_ERR_RANGE, TESS_ARG_WORD(1), end - 1);
    EXPECT_OK(set_interval(timer, least));
    EXPECT_EQ(rt_inspect(timer).state[4], least);
    EXPECT_ERROR(arm(timer, 0, least - 1), TESS_ERR_RANGE, TESS_ARG_WORD(1), least);
    tess_word begin = rt_time() + rt_ticks(100), period = rt_ticks(100);
    EXPECT_OK(arm(timer, begin, period));
    for (unsigned i = 0; i < 20; i++) {
        rt_wait(notification);
        EXPECT(near(rt_time(), begin + i * period));
    }
    EXPECT_OK(set_interval(timer, rt_ticks(2000))); /* longer than its period */
    tess_word next = rt_inspect(timer).state[1];
    rt_wait(notification);
    EXPECT(near(rt_time(), next));
    rt_wait(notification);
    EXPECT(rt_time() + slack() >= next + rt_ticks(2000) - period);
    EXPECT(rt_inspect(timer).state[3] > 15);
}

TEST(TM_06, many, "many Timers and budgets expire in the order of their times, whatever the order of arming")
{
    enum { N = 60 };
    static tess_cptr timers[N], notifications[N];
    tess_word begin = rt_time() + rt_ticks(4000), step = rt_ticks(100);
    for (unsigned i = 0; i < N; i++) {
        timers[i] = bound_timer(&notifications[i]);
        EXPECT_OK(arm(timers[i], begin + i * 37 % N * step, 0));
    }
    for (unsigned i = 0; i < N; i += 3)
        EXPECT_OK(rt_invoke(timers[i], TESS_TIMER_CANCEL));
    nap(3); /* a thread with a budget of its own among them */
    for (tess_word at = 0; at < N; at++) {
        rt_busy_until(begin + at * step + step / 2);
        for (unsigned i = 0; i < N; i++) {
            bool due = i % 3 && i * 37 % N == at;
            EXPECT_EQ(rt_nbrecv(notifications[i], TESS_NULL).status == TESS_STATUS_NOTIFICATION, due);
        }
    }
}

TEST(TM_06, together, "twenty Timers that expire at one time signal, all of them, soon after it")
{
    enum { N = 20 };
    static tess_cptr timers[N], notifications[N];
    tess_word time = rt_time() + rt_ticks(2000);
    for (unsigned i = 0; i < N; i++) {
        timers[i] = bound_timer(&notifications[i]);
        EXPECT_OK(arm(timers[i], time, 0));
    }
    EXPECT_ERROR(rt_nbrecv(notifications[0], TESS_NULL), TESS_ERR_WOULD_BLOCK, TESS_ARG_CAPABILITY, 0);
    rt_busy_until(time + rt_ticks(2000)); /* they may come in several portions */
    for (unsigned i = 0; i < N; i++)
        EXPECT_EQ(rt_nbrecv(notifications[i], TESS_NULL).badge, 6);
}

/* Do eight Timers that expire at one time signal as in `expected` at these looks, in microseconds from then? */
static bool portions_are(const unsigned when[3], const unsigned expected[3])
{
    enum { N = 8 };
    tess_cptr timers[N], notifications[N];
    tess_word time = rt_time() + rt_ticks(3000);
    bool good = true;
    for (unsigned i = 0; i < N; i++) {
        timers[i] = bound_timer(&notifications[i]);
        EXPECT_OK(arm(timers[i], time, 0));
    }
    for (unsigned look = 0; look < 3; look++) {
        unsigned signalled = 0;
        rt_busy_until(time + rt_ticks(when[look]));
        for (unsigned i = 0; i < N; i++)
            signalled += rt_nbrecv(notifications[i], TESS_NULL).status == TESS_STATUS_NOTIFICATION;
        good &= signalled == expected[look];
    }
    return good;
}

TEST(TM_06, portions,
     "of eight Timers that expire at one time four signal then, and four 20 microseconds later")
{
    static const unsigned when[] = {2, 12, 40}, expected[] = {4, 0, 4};
    bool good = portions_are(when, expected);
    if (!good) /* the judge's clock may have come in between, but not twice */
        good = portions_are(when, expected);
    EXPECT(good);
}

/* How often this thread comes round in so much time. */
static tess_word rounds(tess_word ticks)
{
    tess_word n = 0;
    for (tess_word end = rt_time() + ticks; rt_time() < end;)
        n++;
    return n;
}

TEST(TM_06, pace,
     "hundreds of Timers that are always due take a bounded part of the time, and delay no budget")
{
    enum { N = 400 };
    tess_cptr notification = new_notification(), timers = rt_alloc_many(TESS_TYPE_TIMER, 0, N);
    tess_word time = rt_time() + rt_ticks(30000);
    for (unsigned i = 0; i < N; i++) {
        REQUIRE_OK(bind(rt_nth(timers, i), notification));
        REQUIRE_OK(arm(rt_nth(timers, i), time, interval()));
    }
    tess_word before = rounds(rt_ticks(5000));
    REQUIRE(rt_time() < time);
    rt_busy_until(time + rt_ticks(5000)); /* more than can expire in their period */
    EXPECT(rounds(rt_ticks(5000)) > before * 3 / 4);
    struct pulse pulse = {.each = NULL};
    pulse_start(&pulse); /* a budget of 20 microseconds in each 100 */
    rt_busy_until(rt_time() + rt_ticks(500));
    pulse_clear(&pulse);
    rt_busy_until(rt_time() + rt_ticks(5000));
    pulse_stop(&pulse);
    EXPECT(pulse.beats >= 48);
    EXPECT(pulse.longest <= rt_ticks(PULSE_PERIOD + 20));
    tess_word missed = 0;
    for (unsigned i = 0; i < N; i++) {
        struct tess_inspect inspect = rt_inspect(rt_nth(timers, i));
        EXPECT_EQ(inspect.state[0], 3);
        missed += inspect.state[3];
    }
    EXPECT(missed > N);
}

TEST(TM_07, deleted, "a Timer that is deleted expires no more; its notification can be bound to another")
{
    tess_cptr notification, timer = bound_timer(&notification), other = new_timer();
    EXPECT_OK(arm(timer, rt_time() + rt_ticks(500), rt_ticks(1000)));
    EXPECT_OK(rt_delete(timer));
    EXPECT_OK(bind(other, rt_minted(notification, 15, 8)));
    rt_busy_until(rt_time() + rt_ticks(2500));
    EXPECT_ERROR(rt_nbrecv(notification, TESS_NULL), TESS_ERR_WOULD_BLOCK, 0, 0);
    EXPECT_OK(arm(other, 0, 0));
    EXPECT_EQ(rt_wait(notification).badge, 8);
}

TEST(TM_07, waited, "a thread that waits for a Timer's signal waits on when the Timer is deleted or unbound")
{
    for (unsigned unbind = 0; unbind < 2; unbind++) {
        tess_cptr notification, timer = bound_timer(&notification);
        struct actor waiter;
        tess_word time = rt_time() + rt_ticks(500);
        actor_recv(&waiter, notification, TESS_NULL);
        EXPECT_OK(arm(timer, time, 0));
        EXPECT_OK(unbind ? bind(timer, TESS_NULL) : rt_delete(timer));
        rt_busy_until(time + rt_ticks(500));
        EXPECT_EQ(rt_state(waiter.thread->tcb), TESS_THREAD_WAITING);
        EXPECT_OK(rt_signal(rt_minted(notification, 15, 9)));
        EXPECT_EQ(waiter.result.badge, 9);
    }
}

TEST(TM_07, notification,
     "Timers of a notification that ends stay armed, are unbound, and can be bound anew (TM-S8)")
{
    enum { N = 40 };
    static tess_cptr timers[N];
    tess_cptr notification = new_notification(), other = new_notification();
    tess_word time = rt_time() + rt_ticks(9000);
    for (unsigned i = 0; i < N; i++) {
        timers[i] = new_timer();
        EXPECT_OK(bind(timers[i], notification));
        EXPECT_OK(arm(timers[i], time, rt_ticks(1000)));
    }
    EXPECT_OK(bind(timers[7], TESS_NULL)); /* from the middle, and both ends */
    EXPECT_OK(bind(timers[0], TESS_NULL));
    EXPECT_OK(rt_delete(timers[N - 1]));
    EXPECT_OK(rt_delete(notification));
    for (unsigned i = 0; i + 1 < N; i++)
        EXPECT_EQ(rt_state(timers[i]), 1);
    EXPECT_OK(bind(timers[3], rt_minted(other, 15, 5)));
    EXPECT_EQ(rt_wait(other).badge, 5);
    EXPECT(rt_time() >= time && rt_time() < time + rt_ticks(400)); /* all of them expire then, four by four */
}
