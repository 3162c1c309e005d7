/* sources: userland/servers/console/fair.c */
/*
 * tests/unit/test_user_fair.c: shares of the console server's time.
 */
#include "tests/unit/unit.h"
#include "userland/servers/console/fair.h"

static struct fair fair;

static void begin(void)
{
    fair = (struct fair){.window = 1000, .share = 100, .all = 250};
}

/* Is it served at that time? Then it takes so long. */
static bool serve(uint64_t badge, uint64_t now, uint64_t ticks)
{
    if (fair_waits(&fair, badge, now))
        return false;
    fair_charge(&fair, badge, ticks);
    return true;
}

static void a_client_has_its_share(void)
{
    begin();
    CHECK(serve(7, 5000, 60));
    CHECK(serve(7, 5100, 39));
    CHECK(serve(7, 5150, 1));
    CHECK(!serve(7, 5200, 1));
    CHECK_EQ(fair_end(&fair), 6000);
    CHECK(serve(8, 5300, 100));
    CHECK(!serve(7, 5999, 1));
    CHECK(serve(7, 6000, 100));
    CHECK_EQ(fair_end(&fair), 7000);
}

static void all_have_theirs(void)
{
    begin();
    for (uint64_t badge = 1; badge <= 5; badge++)
        CHECK(serve(badge, 5000, 50));
    CHECK(!serve(6, 5000, 1));
    CHECK(serve(6, 6000, 1));
}

static void more_clients_than_room(void)
{
    begin();
    fair.all = UINT64_MAX;
    for (uint64_t badge = 1; badge < FAIR_CLIENTS; badge++)
        CHECK(serve(badge, 5000, 100));
    CHECK(serve(1000, 5000, 50));
    CHECK(serve(1001, 5000, 50));
    CHECK(!serve(1002, 5000, 1));
    CHECK_EQ(fair.count, FAIR_CLIENTS);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"a client has its share of a window", a_client_has_its_share},
        {"all clients together have theirs", all_have_theirs},
        {"more clients than there is room for", more_clients_than_room},
    };

    return UNIT_RUN(tests);
}
