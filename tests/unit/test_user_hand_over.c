/* sources: userland/lib/hand_over_check.c userland/servers/console/state.c userland/servers/console/line.c */
/*
 * tests/unit/test_user_hand_over.c: the hand-over region and the console server's state in it: what is written is
 * what is read, and what is damaged is refused.
 */
#include "tests/unit/unit.h"
#include "userland/lib/hand_over.h"
#include "userland/servers/console/state.h"

static uint64_t block[TESS_HAND_OVER_BYTES / 8];
static struct tess_hand_over *region = (struct tess_hand_over *)block;
static size_t writes; /* what write below returns */

static size_t write(void *state, size_t room)
{
    CHECK_EQ(room, TESS_HAND_OVER_ROOM);
    for (size_t i = 0; i < writes && i < room; i++)
        ((unsigned char *)state)[i] = (unsigned char)(i * 7);
    return writes;
}

static const struct tess_successor how = {5, write, NULL};

static void fill(size_t bytes)
{
    memset(block, 0, sizeof block);
    writes = bytes;
    CHECK(tess_hand_over_fill(region, &how));
}

static void good_regions(void)
{
    for (size_t bytes = 0; bytes <= TESS_HAND_OVER_ROOM; bytes += bytes < 8 ? 1 : 511) {
        fill(bytes);
        CHECK(tess_hand_over_wrong(region, sizeof block) == NULL);
        CHECK(region->version == 5 && region->bytes == bytes);
    }
    CHECK(tess_hand_over_fill(region, &tess_no_state));
    CHECK(tess_hand_over_wrong(region, sizeof block) == NULL);
    CHECK(tess_no_state.read(region->version, region->state, region->bytes));
    CHECK(!tess_no_state.read(1, region->state, 0) && !tess_no_state.read(0, region->state, 1));
}

static void what_cannot_be_handed_over(void)
{
    CHECK(!tess_hand_over_fill(region, NULL));
    writes = TESS_HAND_OVER_CANNOT;
    CHECK(!tess_hand_over_fill(region, &how));
    writes = TESS_HAND_OVER_ROOM + 1;
    CHECK(!tess_hand_over_fill(region, &how));
}

static void damaged_regions(void)
{
    memset(block, 0, sizeof block);
    CHECK(tess_hand_over_wrong(region, sizeof block) != NULL);
    fill(100);
    CHECK(tess_hand_over_wrong(region, sizeof *region - 1) != NULL);
    CHECK(tess_hand_over_wrong(region, sizeof *region + 99) != NULL);
    CHECK(tess_hand_over_wrong(region, sizeof *region + 100) == NULL);
    for (unsigned bit = 0; bit < 100 * 8; bit++) {
        region->state[bit / 8] ^= (unsigned char)(1u << bit % 8);
        CHECK(tess_hand_over_wrong(region, sizeof block) != NULL);
        region->state[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    region->bytes = UINT32_MAX;
    CHECK(tess_hand_over_wrong(region, sizeof block) != NULL);
}

/* ---- The console server's state ---------------------------------------------------------------------------- */

static char shown[4096];
static size_t shown_count;

static void show(const char *bytes, size_t count)
{
    CHECK(shown_count + count <= sizeof shown);
    memcpy(shown + shown_count, bytes, count);
    shown_count += count;
}

static void type(struct line *line, const char *keys)
{
    for (; *keys != '\0'; keys++)
        line_key(line, (unsigned char)*keys);
}

static struct state state;
static struct line old;

static void build(void)
{
    memset(&state, 0, sizeof state);
    memset(&old, 0, sizeof old);
    old.out = show;
    shown_count = 0;
    line_begin(&old, "first> ", 7);
    type(&old, "one\r");
    line_begin(&old, "first> ", 7);
    type(&old, "half typed\033[D\033[");
    state.reader_count = 1;
    state.readers[0] = (struct reader){3, 7, "first> "};
    state.typed_count = 2;
    memcpy(state.typed, "ab", 2);
    state_put_line(&state, &old);
}

/* The next version goes on in the middle of a key, and knows what was typed before. */
static void state_goes_over(void)
{
    static struct state taken;
    static struct line new;

    build();
    CHECK(state_take(&taken, STATE_VERSION, &state, sizeof state));
    CHECK(memcmp(&taken, &state, sizeof state) == 0);
    new.out = show;
    state_get_line(&taken, &new);
    CHECK(memcmp(&new, &old, sizeof new) == 0);
    type(&new, "D!");
    CHECK(new.length == 11 && memcmp(new.text, "half typ!ed", 11) == 0);
    type(&new, "\033[A");
    CHECK(new.length == 3 && memcmp(new.text, "one", 3) == 0);
}

static bool takes(void)
{
    static struct state taken;

    return state_take(&taken, STATE_VERSION, &state, sizeof state);
}

/* Of each number the largest that can be, and one more. */
#define LIMIT(field, most)                                                                                   \
    do {                                                                                                     \
        build();                                                                                             \
        state.field = (most);                                                                                \
        CHECK(takes());                                                                                      \
        state.field = (most) + 1;                                                                            \
        CHECK(!takes());                                                                                     \
    } while (0)

static void damaged_state(void)
{
    static struct state taken;

    build();
    CHECK(!state_take(&taken, STATE_VERSION + 1, &state, sizeof state));
    CHECK(!state_take(&taken, STATE_VERSION - 1, &state, sizeof state));
    CHECK(!state_take(&taken, STATE_VERSION, &state, sizeof state - 1));
    LIMIT(reader_count, READERS_MAX);
    LIMIT(typed_count, TYPED_AHEAD);
    LIMIT(length, LINE_MAX_BYTES);
    LIMIT(cursor, state.length);
    LIMIT(escape, 2u);
    LIMIT(readers[READERS_MAX - 1].prompt_length, LINE_PROMPT_BYTES);
    LIMIT(readers[0].caller, CALLERS_MAX - 1);
    LIMIT(history_used, LINE_HISTORY_BYTES);
    build();
    state.history[state.history_used - 1] = 'x';
    CHECK(!takes());
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"what is filled in is found good", good_regions},
        {"what cannot be handed over", what_cannot_be_handed_over},
        {"damaged regions are refused", damaged_regions},
        {"a line half typed goes over to the next console server", state_goes_over},
        {"a damaged state of the console server is refused", damaged_state},
    };

    return UNIT_RUN(tests);
}
