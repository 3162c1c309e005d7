/* sources: userland/servers/block/cache.c */
/*
 * tests/unit/test_user_cache.c: the block server's cache: what it holds and what it gives up, against a list
 * of blocks in the order of their use.
 */
#include "tests/unit/unit.h"
#include "userland/servers/block/cache.h"

static struct cache cache;

static void empty(void)
{
    cache_init(&cache, 4);
    CHECK_EQ(cache_find(&cache, 0), -1);
    cache_init(&cache, 1000);
    CHECK_EQ(cache.pages, CACHE_PAGES_MAX);
}

/* A page that was given up and not filled, because reading failed, holds nothing and is the next to go. */
static void failed_read(void)
{
    cache_init(&cache, 2);
    cache_fill(&cache, cache_evict(&cache), 10);
    cache_fill(&cache, cache_evict(&cache), 11);
    unsigned page = cache_evict(&cache);
    CHECK_EQ(cache_find(&cache, 10), -1);
    CHECK(cache_find(&cache, 11) >= 0);
    CHECK_EQ(cache_evict(&cache), page);
}

static void one_page(void)
{
    cache_init(&cache, 1);
    cache_fill(&cache, cache_evict(&cache), 7);
    CHECK_EQ(cache_find(&cache, 7), 0);
    CHECK_EQ(cache_evict(&cache), 0);
    cache_fill(&cache, 0, 0);
    CHECK_EQ(cache_find(&cache, 7), -1);
    CHECK_EQ(cache_find(&cache, 0), 0);
}

/* The model: blocks, the one used last in front. */
static uint64_t list[CACHE_PAGES_MAX];
static unsigned listed;

static bool list_use(uint64_t block, unsigned pages)
{
    unsigned at = 0;

    while (at < listed && list[at] != block)
        at++;
    bool found = at < listed;
    if (!found && listed < pages)
        listed++;
    if (at == listed)
        at--;
    memmove(list + 1, list, at * sizeof list[0]);
    list[0] = block;
    return found;
}

static void against_a_list(void)
{
    srand(1);
    for (unsigned pages = 1; pages <= 17; pages += 4) {
        uint64_t holds[CACHE_PAGES_MAX];
        cache_init(&cache, pages);
        listed = 0;
        for (unsigned step = 0; step < 20000; step++) {
            uint64_t block = (uint64_t)rand() % (2 * pages);
            int page = cache_find(&cache, block);
            CHECK_EQ(page >= 0, list_use(block, pages));
            if (page < 0) {
                page = (int)cache_evict(&cache);
                CHECK((unsigned)page < pages);
                cache_fill(&cache, (unsigned)page, block);
                holds[page] = block;
            }
            CHECK_EQ(holds[page], block);
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"cache: an empty one holds nothing", empty},
        {"cache: a page given up and not filled", failed_read},
        {"cache: of one page", one_page},
        {"cache: the block used longest ago goes first", against_a_list},
    };

    return UNIT_RUN(tests);
}
