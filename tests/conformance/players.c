/*
 * tests/conformance/players.c: threads that play a part.
 */
#include "tests/conformance/players.h"

static void player_run(void *argument)
{
    struct player *player = argument;
    for (unsigned i = 0; i < PLAYER_STEPS; i++) {
        const struct step *step = &player->steps[i];
        if (step->act)
            step->act(player);
        else if (step->operation)
            player->results[i] = rt_syscall(step->operation, step->cap, step->info, step->reply, step->words);
        else
            break;
        player->done = i + 1;
    }
}

struct player player_of(const struct step *steps, unsigned count, tess_cptr first, tess_cptr second,
                        tess_cptr third)
{
    struct player player = {.caps = {first, second, third}};
    for (unsigned i = 0; i < count; i++)
        player.steps[i] = steps[i];
    return player;
}

void player_gate(struct player *player)
{
    while (!player->open)
        player->value |= rt_yield().status;
}

void player_start_with(struct player *player, struct rt_options options)
{
    bool passive = options.passive;
    options.passive = false;
    player->cspace = options.cspace = new_cnode(PLAYER_RADIX);
    for (tess_word i = 0; i < 6; i++)
        if (player->caps[i])
            REQUIRE_OK(rt_invoke(options.cspace, TESS_CNODE_COPY, i + 1, TESS_NULL, player->caps[i],
                                 TESS_RIGHTS_ALL));
    player->thread = rt_spawn_with(player_run, player, options);
    if (!passive)
        return;
    rt_settle();
    REQUIRE_EQ(player_state(player), TESS_THREAD_RECEIVING);
    REQUIRE_OK(rt_invoke(player->thread->context, TESS_SCHED_CONTEXT_UNBIND));
}

void player_open(struct player *player)
{
    player->open = true;
    rt_settle();
}

void turns_until(const struct player *player, unsigned done)
{
    rt_set_own_priority(LOW);
    while (player->done < done)
        rt_yield();
    rt_set_own_priority(RT_PRIORITY_TEST);
}
