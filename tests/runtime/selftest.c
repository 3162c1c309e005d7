/*
 * tests/runtime/selftest.c: tests that must fail, each in another way, and two that must not. What suite.c and
 * tests/conformance/run.py say of them is checked by tests/tools/test_judges.py.
 */
#include "tests/runtime/runtime.h"

TEST(ABI_01, good, "a test that is good")
{
    EXPECT(true);
}

TEST(ABI_01, checked_nothing, "a test that made no assertion")
{
}

TEST(ABI_01, wrong, "a test whose first assertion is wrong, and whose second is right")
{
    EXPECT_EQ(rt_inspect(rt_boot.tcb).type, TESS_TYPE_NULL);
    EXPECT(true);
}

TEST(ABI_01, required, "a test that ends at a wrong assertion")
{
    REQUIRE(false);
}

TEST(ABI_01, endless, "a test that does not end")
{
    EXPECT(true);
    for (;;)
        rt_yield();
}

TEST(ABI_01, overflow, "a test that writes below its stack")
{
    EXPECT(true);
    *(volatile tess_word *)rt_self->stack = 0;
}

TEST(ABI_01, faulting, "a test that faults, with nobody to handle it")
{
    EXPECT(true);
    *(volatile tess_word *)0 = 0;
}

TEST(ABI_02, skipped, "a test that this machine cannot run")
{
    SKIP("it has none");
}

TEST(ZZ_99, nameless, "a test of a clause that is none")
{
    EXPECT(true);
}

TEST(ABI_01, after, "a good test after bad ones")
{
    EXPECT(true);
}
