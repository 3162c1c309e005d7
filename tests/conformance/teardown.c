/*
 * tests/conformance/teardown.c: deletion and revocation of containers, of those in a circle, of the thread
 * that asks for it, and what others see meanwhile (SPEC CN-7 to CN-9).
 */
#include "tests/conformance/common.h"

static struct rt_result copy_into(tess_cptr cnode, tess_word index, tess_cptr cap)
{
    return rt_invoke(cnode, TESS_CNODE_COPY, index, TESS_NULL, cap, TESS_RIGHTS_ALL);
}

static struct rt_result move_into(tess_cptr cnode, tess_word index, tess_cptr cap)
{
    return rt_invoke(cnode, TESS_CNODE_MOVE, index, TESS_NULL, cap);
}

/* Nothing made from it is left: it can be used from the start. */
static void expect_empty(tess_cptr untyped)
{
    EXPECT_OK(rt_invoke(untyped, TESS_UNTYPED_RESET));
    EXPECT_EQ(rt_state(untyped), 0);
}

static tess_cptr made_from(tess_cptr untyped, enum tess_type type, tess_word size)
{
    tess_cptr slot = rt_slot();
    REQUIRE_OK(rt_retype(untyped, type, size, slot, 1));
    return slot;
}

TEST(CN_08, cnode, "deleting the last capability to a CNode deletes what is in it")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), cnode = made_from(untyped, TESS_TYPE_CNODE, 4);
    tess_cptr endpoint = made_from(untyped, TESS_TYPE_ENDPOINT, 0), second = rt_copied(cnode, 15);
    REQUIRE_OK(copy_into(cnode, 15, endpoint));
    REQUIRE_OK(move_into(cnode, 1, made_from(untyped, TESS_TYPE_NOTIFICATION, 0)));
    EXPECT_OK(rt_delete(cnode));
    EXPECT_EQ(type_of(in_cnode(second, 15)), TESS_TYPE_ENDPOINT);
    EXPECT_OK(rt_delete(second));
    EXPECT_OK(rt_delete(endpoint));
    expect_empty(untyped);
}

TEST(CN_08, itself, "a CNode that holds the only capability to itself goes when the untyped is revoked")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), cnode = made_from(untyped, TESS_TYPE_CNODE, 4);
    REQUIRE_OK(copy_into(cnode, 3, cnode));
    REQUIRE_OK(move_into(cnode, 9, cnode)); /* nobody else can reach it now */
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, 0, 0);
    EXPECT_OK(rt_revoke(untyped));
    expect_empty(untyped);
}

TEST(CN_08, itself_delete, "a CNode can be deleted through the slot in it that holds its last capability")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), cnode = made_from(untyped, TESS_TYPE_CNODE, 4);
    struct actor actor = ACTOR(TESS_SYS_CALL, 9, .info = TESS_INFO(TESS_CNODE_DELETE, 1, 0), .words = {9});
    REQUIRE_OK(copy_into(cnode, 2, rt_boot.fp));
    actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = cnode, .stopped = true);
    REQUIRE_OK(move_into(cnode, 9, cnode));
    EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME));
    /* The thread's CSpace is one more capability: so the slot is empty, and the CNode still there. */
    EXPECT_OK(actor.result);
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, 0, 0);
    EXPECT_OK(rt_delete(actor.thread->tcb));
    expect_empty(untyped);
}

TEST(CN_08, circle, "CNodes that hold one another in a circle go together")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), nodes[5];
    for (unsigned i = 0; i < 5; i++)
        nodes[i] = made_from(untyped, TESS_TYPE_CNODE, 2);
    for (unsigned i = 0; i < 5; i++)
        REQUIRE_OK(copy_into(nodes[i], 1 + i % 3, nodes[(i + 1) % 5]));
    for (unsigned i = 0; i < 4; i++)
        EXPECT_OK(rt_delete(nodes[i]));
    EXPECT_OK(rt_delete(nodes[4])); /* the circle lives: each is held by the one before it */
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, 0, 0);
    EXPECT_OK(rt_revoke(untyped));
    expect_empty(untyped);
}

TEST(CN_08, nested, "CNodes 40 deep go in one DELETE")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), inner = made_from(untyped, TESS_TYPE_CNODE, 1);
    for (unsigned i = 0; i < 40; i++) {
        tess_cptr outer = made_from(untyped, TESS_TYPE_CNODE, 1 + i % 3);
        REQUIRE_OK(move_into(outer, 1, inner));
        inner = outer;
    }
    EXPECT_OK(rt_delete(inner));
    expect_empty(untyped);
}

TEST(CN_08, tcb,
     "deleting the last capability to a thread gives up its CSpace, address space, buffer, handlers")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 65536), tcb = made_from(untyped, TESS_TYPE_TCB, 0);
    tess_cptr cnode = made_from(untyped, TESS_TYPE_CNODE, 2), space = made_from(untyped, TESS_TYPE_VSPACE, 0);
    tess_cptr frame = made_from(untyped, TESS_TYPE_FRAME, 12),
              handler = made_from(untyped, TESS_TYPE_ENDPOINT, 0);
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_SPACES, cnode, space));
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_BUFFER, frame, 1024));
    REQUIRE_OK(rt_invoke(tcb, TESS_TCB_SET_HANDLERS, handler, handler));
    REQUIRE_OK(move_into(cnode, 1, tcb)); /* the thread's CSpace holds the thread */
    EXPECT_OK(rt_delete(space));
    EXPECT_OK(rt_delete(frame));
    EXPECT_OK(rt_delete(handler));
    EXPECT_OK(rt_delete(cnode));
    EXPECT_ERROR(rt_invoke(untyped, TESS_UNTYPED_RESET), TESS_ERR_CHILDREN, 0, 0);
    EXPECT_OK(rt_revoke(untyped));
    expect_empty(untyped);
}

/* ---- threads that end themselves ---------------------------------------------------------------------- */

static volatile unsigned survived;

static void delete_oneself(void *argument)
{
    (void)argument;
    rt_delete(rt_self->tcb);
    survived++;
}

TEST(CN_08, own_tcb, "a thread that deletes its own last capability is gone")
{
    survived = 0;
    struct rt_thread *thread = rt_spawn(delete_oneself, NULL, .priority = RT_PRIORITY_HIGH);
    EXPECT_EQ(survived, 0);
    EXPECT_EQ(type_of(thread->tcb), TESS_TYPE_NULL);
    EXPECT_EQ(rt_inspect(thread->context).state[4], 0);
}

static void revoke_ground(void *argument)
{
    rt_revoke(*(tess_cptr *)argument);
    survived++;
}

TEST(CN_08, own_ground, "a thread that revokes the memory it is made of is gone, and the memory free")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), memory = rt_memory;
    survived = 0;
    rt_memory = untyped;
    struct rt_thread *thread =
        rt_spawn(revoke_ground, &untyped, .priority = RT_PRIORITY_HIGH, .stopped = true);
    tess_cptr endpoint = rt_alloc_many(TESS_TYPE_ENDPOINT, 0, 100);
    rt_memory = memory;
    EXPECT_OK(rt_invoke(thread->tcb, TESS_TCB_RESUME));
    EXPECT_EQ(survived, 0);
    EXPECT_EQ(type_of(thread->tcb), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(thread->context), TESS_TYPE_NULL);
    EXPECT_OK(rt_revoke(untyped)); /* what it left undone when it died */
    EXPECT_EQ(type_of(endpoint), TESS_TYPE_NULL);
    expect_empty(untyped);
}

static void delete_cspace(void *argument)
{
    struct rt_result *result = argument;
    /* Slot 2 of its CSpace: the CNode itself. Slot 3: a TCB to tell others when it still can. */
    *result = rt_invoke(2, TESS_CNODE_DELETE, 2);
    survived++;
    *result = rt_invoke(2, TESS_CNODE_DELETE, 3);
    survived++;
}

TEST(CN_08, own_cspace, "a thread that deletes the capability to its CSpace keeps the CSpace")
{
    struct rt_result result = {0};
    tess_cptr cnode = new_cnode(3);
    survived = 0;
    REQUIRE_OK(copy_into(cnode, 2, cnode));
    struct rt_thread *thread =
        rt_spawn(delete_cspace, &result, .priority = RT_PRIORITY_HIGH, .cspace = cnode);
    EXPECT_EQ(survived, 2);
    EXPECT_ERROR(result, TESS_ERR_TYPE, 0, TESS_TYPE_NULL);
    EXPECT(thread->done);
}

/* ---- while it goes on ------------------------------------------------------------------------------------ */

static struct {
    tess_cptr cnode, inner;
    unsigned looks, visible, occupied, reached;
} watch;

/* What the pulse sees of the CNode that is being deleted. */
static void watch_dying(void *argument)
{
    (void)argument;
    watch.looks++;
    watch.visible += type_of(watch.cnode) != TESS_TYPE_NULL;
    watch.reached += TESS_STATUS_ERROR(rt_syscall(TESS_SYS_INSPECT, watch.inner, 0, 0, RT_WORDS(0)).status) !=
                     TESS_ERR_ADDRESS;
    struct rt_result r = rt_copy(watch.cnode, rt_boot.fp, 15);
    if (TESS_STATUS_ERROR(r.status) == TESS_ERR_OCCUPIED)
        watch.occupied++;
    else
        rt_delete(watch.cnode);
}

static tess_cptr full_cnode(unsigned radix)
{
    tess_cptr cnode = new_cnode(radix), endpoint = new_endpoint();
    for (tess_word i = 1; i < 1ull << radix; i++)
        REQUIRE_OK(copy_into(cnode, i, endpoint));
    return cnode;
}

TEST(CN_09, dying,
     "while a CNode is deleted its capability counts as null, and its slot as occupied (CN-S6, CN-S7)")
{
    struct pulse pulse = {.each = watch_dying};
    watch = (typeof(watch)){.cnode = full_cnode(11)};
    watch.inner = in_cnode(watch.cnode, 2047);
    tess_cptr cnode = watch.cnode;
    watch.cnode = rt_slot(); /* until the deletion begins, the pulse looks at an empty slot */
    watch.inner = in_cnode(watch.cnode, 1);
    pulse_start(&pulse);
    tess_cptr empty = watch.cnode;
    while (pulse.beats < 2)
        ;
    unsigned before = pulse.beats;
    while (pulse.beats == before)
        ;
    watch = (typeof(watch)){.cnode = cnode, .inner = in_cnode(cnode, 2047)};
    struct rt_result r = rt_delete(cnode);
    struct rt_result after = rt_syscall(TESS_SYS_INSPECT, cnode, 0, 0, RT_WORDS(0));
    pulse_stop(&pulse);
    EXPECT_OK(r);
    EXPECT_EQ(after.words[0], TESS_TYPE_NULL);
    EXPECT(watch.looks >= 1);
    EXPECT(watch.occupied >= 1);
    EXPECT_EQ(watch.visible, 0);
    EXPECT_EQ(watch.reached, 0);
    EXPECT_EQ(type_of(empty), TESS_TYPE_NULL);
}

/* What the pulse sees of a slot whose capability REVOKE takes away. */
static void watch_revoked(void *argument)
{
    (void)argument;
    if (watch.looks++ == 0)
        return;
    watch.visible += type_of(watch.cnode) != TESS_TYPE_NULL;
    if (rt_copy(watch.cnode, rt_boot.fp, 15).status == TESS_OK)
        rt_delete(watch.cnode);
    else
        watch.occupied++;
}

TEST(CN_09, revoked,
     "a slot whose CNode REVOKE deletes counts as null from its first step on, and is empty (CN-S5)")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), cnode = made_from(untyped, TESS_TYPE_CNODE, 12);
    for (tess_word i = 1; i < 1 << 12; i++)
        REQUIRE_OK(copy_into(cnode, i, rt_boot.fp));
    struct pulse pulse = {.each = watch_revoked};
    watch = (typeof(watch)){.cnode = cnode};
    pulse_start(&pulse);
    for (unsigned beats = pulse.beats; pulse.beats == beats;)
        ;
    EXPECT_OK(rt_revoke(untyped));
    pulse_stop(&pulse);
    EXPECT(watch.looks >= 3);
    EXPECT_EQ(watch.visible, 0);
    EXPECT_EQ(watch.occupied, 0);
    expect_empty(untyped);
}

TEST(CN_06, revoked_itself, "a REVOKE that takes away the slot it works on ends there with OK")
{
    tess_cptr outer = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20),
              inner = made_from(outer, TESS_TYPE_UNTYPED, 65536);
    tess_cptr cnode = made_from(inner, TESS_TYPE_CNODE, 3),
              endpoint = made_from(inner, TESS_TYPE_ENDPOINT, 0);
    REQUIRE_OK(move_into(cnode, 5, inner)); /* the untyped lies in what was made from it */
    EXPECT_OK(rt_revoke(in_cnode(cnode, 5)));
    EXPECT_EQ(type_of(cnode), TESS_TYPE_NULL);
    EXPECT_EQ(type_of(endpoint) == TESS_TYPE_NULL ||
                  TESS_STATUS_ERROR(rt_invoke(outer, TESS_UNTYPED_RESET).status) == TESS_ERR_CHILDREN,
              1);
    EXPECT_OK(rt_revoke(outer));
    expect_empty(outer);
}

static void help_delete(void *argument)
{
    rt_delete(*(tess_cptr *)argument);
}

TEST(CN_07, joined, "another thread can finish a deletion; the first then succeeds as well")
{
    tess_cptr cnode = full_cnode(11);
    struct pulse pulse = {.each = help_delete, .argument = &cnode};
    pulse_start(&pulse);
    EXPECT_OK(rt_delete(cnode));
    pulse_stop(&pulse);
    EXPECT_EQ(type_of(cnode), TESS_TYPE_NULL);
}

/* The longest time in which the pulse did not run, while something large happened; and it did run. */
static void expect_latency(const struct pulse *pulse, unsigned beats)
{
    EXPECT(pulse->beats >= beats);
    EXPECT(pulse->longest < 2 * rt_ticks(PULSE_PERIOD));
}

TEST(CN_07, revoke_preempted, "a more urgent thread runs in time during a REVOKE of 1900 copies")
{
    struct pulse pulse = {0};
    tess_cptr endpoint = new_endpoint(), slots = rt_slots(1900);
    for (unsigned i = 0; i < 1900; i++)
        rt_copy(rt_nth(slots, i), endpoint, 15);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_revoke(endpoint));
    expect_latency(&pulse, 2);
    pulse_stop(&pulse);
    EXPECT_EQ(type_of(rt_nth(slots, 1899)), TESS_TYPE_NULL);
}

TEST(CN_07, cnode_preempted,
     "a more urgent thread runs in time during the deletion of a CNode, full or empty")
{
    struct pulse pulse = {0};
    tess_cptr full = full_cnode(12), empty = new_cnode(17);
    pulse_start(&pulse);
    pulse_clear(&pulse);
    EXPECT_OK(rt_delete(full));
    expect_latency(&pulse, 2);
    pulse_clear(&pulse);
    EXPECT_OK(rt_delete(empty));
    expect_latency(&pulse, 2);
    pulse_stop(&pulse);
}

static void suspend_it(void *argument)
{
    const struct actor *actor = argument;
    rt_invoke(actor->thread->tcb, TESS_TCB_SUSPEND);
}

TEST(CN_07, abandoned,
     "a deletion that its thread does not finish can be finished by another, or by REVOKE (CN-S7)")
{
    tess_cptr untyped = rt_alloc(TESS_TYPE_UNTYPED, 1 << 20), memory = rt_memory;
    for (unsigned revoke = 0; revoke < 2; revoke++) {
        rt_memory = untyped;
        tess_cptr cnode = full_cnode(12);
        rt_memory = memory;
        struct actor actor =
            ACTOR(TESS_SYS_CALL, rt_boot.cnode, .info = TESS_INFO(TESS_CNODE_DELETE, 1, 0), .words = {cnode});
        struct pulse pulse = {.each = suspend_it, .argument = &actor};
        actor_start(&actor, .priority = RT_PRIORITY_HIGH, .stopped = true);
        pulse_start(&pulse);
        for (unsigned beats = pulse.beats; pulse.beats == beats;)
            ;
        EXPECT_OK(rt_invoke(actor.thread->tcb, TESS_TCB_RESUME)); /* until the pulse suspends it */
        EXPECT_EQ(actor.returned, 0);
        pulse_stop(&pulse);
        EXPECT_EQ(type_of(cnode), TESS_TYPE_NULL);
        EXPECT_ERROR(rt_copy(cnode, rt_boot.fp, 15), TESS_ERR_OCCUPIED, TESS_ARG_WORD(0), 0);
        EXPECT_OK(revoke ? rt_revoke(untyped) : rt_delete(cnode));
        EXPECT_OK(rt_copy(cnode, rt_boot.fp, 15));
        EXPECT_OK(rt_delete(cnode));
        EXPECT_OK(rt_revoke(untyped));
        expect_empty(untyped);
    }
}
