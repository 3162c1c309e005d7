/* sources: userland/servers/console/flood.c */
/*
 * tests/unit/test_user_flood.c: calls to the console server that come to nothing.
 */
#include "tests/unit/unit.h"
#include "userland/servers/console/flood.h"

static struct flood flood;

static void begin(void)
{
    flood = (struct flood){.window = 1000, .most = 3};
}

/* How often it is told of that client, in so many calls at that time. */
static unsigned make_calls(uint64_t badge, uint64_t now, unsigned count)
{
    unsigned told = 0;

    for (unsigned i = 0; i < count; i++)
        told += flood_call(&flood, badge, now) ? 1 : 0;
    return told;
}

static void one_call_too_many_is_told_once(void)
{
    begin();
    CHECK_EQ(make_calls(7, 5000, 3), 0);
    CHECK_EQ(make_calls(7, 5999, 1), 1);
    CHECK_EQ(make_calls(7, 5999, 100), 0);
    CHECK_EQ(flood.begin, 5000);
}

static void each_client_has_its_count(void)
{
    begin();
    for (uint64_t badge = 0; badge < 8; badge++)
        CHECK_EQ(make_calls(badge, 5000, 3), 0);
    for (uint64_t badge = 0; badge < 8; badge++)
        CHECK_EQ(make_calls(badge, 5500, 1), 1);
}

static void every_window_begins_anew(void)
{
    begin();
    CHECK_EQ(make_calls(7, 5000, 3), 0);
    CHECK_EQ(make_calls(7, 6000, 3), 0);
    CHECK_EQ(flood.begin, 6000);
    CHECK_EQ(make_calls(7, 6999, 1), 1);
    CHECK_EQ(make_calls(7, 9000, 4), 1);
}

static void more_clients_than_room(void)
{
    begin();
    for (uint64_t badge = 1; badge <= FLOOD_CLIENTS; badge++)
        CHECK_EQ(make_calls(badge, 5000, 1), 0);
    CHECK_EQ(make_calls(1000, 5000, 100), 0);
    CHECK_EQ(make_calls(FLOOD_CLIENTS, 5000, 3), 1);
    CHECK_EQ(make_calls(1000, 6000, 4), 1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"one call too many is told once", one_call_too_many_is_told_once},
        {"each client has its count", each_client_has_its_count},
        {"every window begins anew", every_window_begins_anew},
        {"more clients than there is room for", more_clients_than_room},
    };

    return UNIT_RUN(tests);
}
