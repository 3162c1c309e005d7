/*
 * tests/runtime/memory.c: slots from the pool, objects from rt_memory, and the operations on both that
 * every program needs.
 *
 * An address in the pool is the pool's slot in root's CNode and, above rt_boot.radix bits, the index in
 * the pool; so slots that follow one another differ by 1 << rt_boot.radix.
 */
#include "tests/runtime/runtime.h"

tess_cptr rt_memory;

static tess_word pool_next, pool_slots;

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

/* ---- operations -------------------------------------------------------------------------------------- */

struct rt_result rt_retype(tess_cptr untyped, tess_word type, tess_word size, tess_cptr first,
                           tess_word count)
{
    return rt_invoke(untyped, TESS_UNTYPED_RETYPE, type, size, rt_boot.cnode, first, count, 0);
}

struct rt_result rt_copy(tess_cptr to, tess_cptr from, tess_word rights)
{
    return rt_invoke(rt_boot.cnode, TESS_CNODE_COPY, to, TESS_NULL, from, rights);
}

struct rt_result rt_mint(tess_cptr to, tess_cptr from, tess_word rights, tess_word badge)
{
    return rt_invoke(rt_boot.cnode, TESS_CNODE_MINT, to, TESS_NULL, from, rights, badge);
}

struct rt_result rt_move(tess_cptr to, tess_cptr from)
{
    return rt_invoke(rt_boot.cnode, TESS_CNODE_MOVE, to, TESS_NULL, from);
}

struct rt_result rt_delete(tess_cptr slot)
{
    return rt_invoke(rt_boot.cnode, TESS_CNODE_DELETE, slot);
}

struct rt_result rt_revoke(tess_cptr slot)
{
    return rt_invoke(rt_boot.cnode, TESS_CNODE_REVOKE, slot);
}

struct tess_inspect rt_inspect(tess_cptr cap)
{
    struct tess_inspect inspect = {0};
    struct rt_result r = rt_syscall(TESS_SYS_INSPECT, cap, 0, TESS_NULL, RT_WORDS(0));
    if (r.status == TESS_OK)
        memcpy(&inspect, r.words, sizeof inspect);
    return inspect;
}

tess_word rt_state(tess_cptr cap)
{
    return rt_inspect(cap).state[0];
}

/* ---- slots --------------------------------------------------------------------------------------------- */

void rt_pool_create(unsigned radix)
{
    struct rt_result r = rt_retype(rt_memory, TESS_TYPE_CNODE, radix, rt_boot.free + RT_SLOT_POOL, 1);
    if (r.status != TESS_OK)
        rt_stop("no pool of slots: status %x", r.status);
    pool_next = 1;
    pool_slots = 1ull << radix;
}

tess_cptr rt_nth(tess_cptr first, tess_word i)
{
    return first + (i << rt_boot.radix);
}

tess_cptr rt_slots(tess_word n)
{
    if (n > pool_slots - pool_next)
        rt_stop("the pool has no %u slots left", n);
    tess_cptr first = (rt_boot.free + RT_SLOT_POOL) | pool_next << rt_boot.radix;
    pool_next += n;
    return first;
}

tess_cptr rt_slot(void)
{
    return rt_slots(1);
}

/* ---- objects ------------------------------------------------------------------------------------------- */

tess_cptr rt_alloc_many(enum tess_type type, tess_word size, tess_word n)
{
    tess_cptr first = rt_slots(n);
    struct rt_result r = rt_retype(rt_memory, type, size, first, n);
    if (r.status != TESS_OK)
        rt_stop("no object of type %u: status %x, detail %x", (tess_word)type, r.status, r.badge);
    return first;
}

tess_cptr rt_alloc(enum tess_type type, tess_word size)
{
    return rt_alloc_many(type, size, 1);
}

tess_cptr rt_minted(tess_cptr from, tess_word rights, tess_word badge)
{
    tess_cptr to = rt_slot();
    struct rt_result r = rt_mint(to, from, rights, badge);
    if (r.status != TESS_OK)
        rt_stop("cannot mint from %x: status %x", from, r.status);
    return to;
}

tess_cptr rt_copied(tess_cptr from, tess_word rights)
{
    return rt_minted(from, rights, 0);
}
