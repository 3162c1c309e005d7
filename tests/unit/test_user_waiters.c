/* sources: userland/drivers/virtio/waiters.c */
/*
 * Requests that wait for a device (userland/drivers/virtio/waiters.h): their order, and what a successor takes. The
 * server loop is played here: callers are numbered as they come.
 */
#include <string.h>

#include "tests/unit/unit.h"
#include "userland/drivers/virtio/waiters.h"

static unsigned callers, answered;

bool tess_server_can_hold(const struct tess_server *server)
{
    (void)server;
    return true;
}

unsigned tess_server_hold(struct tess_server *server)
{
    (void)server;
    return callers++ % (WAITERS_MAX + 1);
}

tess_result tess_server_answer(struct tess_server *server, unsigned caller, tess_message *m)
{
    (void)server;
    (void)m;
    answered = caller;
    return (tess_result){TESS_OK, 0, 0};
}

static bool add(tess_word word)
{
    tess_message m = {.info = TESS_INFO(7, 1, 0), .words = {word}};

    return waiters_add(NULL, &m);
}

static void check_order(void)
{
    tess_message m = {0};

    CHECK(waiters_first() == NULL);
    for (unsigned i = 0; i < WAITERS_MAX; i++)
        CHECK(add(10 + i));
    CHECK(!add(99));
    CHECK(waiters_first()->words[0] == 10 && waiters_first()->label == 7);
    waiters_answer(NULL, &m);
    CHECK(answered == 0 && waiters_first()->words[0] == 11);
    CHECK(add(14));
    CHECK(waiters_get(WAITERS_MAX - 1)->words[0] == 14 && waiters_get(WAITERS_MAX) == NULL);
}

/* Each number that leads somewhere is refused when it leads too far; and nothing else is. */
static void check_successor(void)
{
    uint32_t state[64], changed[64];
    size_t bytes = waiters_write(state, sizeof state);

    CHECK(bytes <= sizeof state && bytes % sizeof state[0] == 0);
    CHECK(waiters_read(WAITERS_VERSION, state, bytes));
    CHECK_EQ(waiters_first()->words[0], 11);
    CHECK(!waiters_read(WAITERS_VERSION + 1, state, bytes));
    CHECK(!waiters_read(WAITERS_VERSION, state, bytes - 1));
    unsigned refused = 0;
    for (unsigned i = 0; i < bytes / sizeof state[0]; i++) {
        memcpy(changed, state, sizeof state);
        changed[i] += 1000;
        refused += !waiters_read(WAITERS_VERSION, changed, bytes);
    }
    CHECK_EQ(refused, WAITERS_MAX + 2); /* the caller of each, which is the first, and how many */
}

static void order_and_successor(void)
{
    check_order();
    check_successor();
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"first come, first served; a successor takes them, and refuses what leads too far",
         order_and_successor},
    };

    return UNIT_RUN(tests);
}
