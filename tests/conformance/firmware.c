/*
 * tests/conformance/firmware.c: the Firmware capability (SPEC FW). SHUTDOWN ends every run of this suite.
 */
#include "tests/conformance/common.h"

TEST(FW_01, put, "PUT takes 0 to 56 bytes, and no more")
{
    EXPECT_OK(rt_invoke(rt_boot.firmware, TESS_FIRMWARE_PUT, 0));
    EXPECT_ERROR(rt_invoke(rt_boot.firmware, TESS_FIRMWARE_PUT, 57), TESS_ERR_RANGE, TESS_ARG_WORD(0), 56);
    EXPECT_ERROR(rt_invoke(rt_boot.firmware, TESS_FIRMWARE_PUT, ~0ull), TESS_ERR_RANGE, TESS_ARG_WORD(0), 56);
    /* A line of 56 bytes: "# " and 52 dots, then the end of the line. */
    tess_word words[8] = {56};
    memset(&words[1], '.', 56);
    memcpy(&words[1], "# ", 2);
    memcpy((char *)&words[1] + 54, "\r\n", 2);
    EXPECT_OK(rt_syscall(TESS_SYS_CALL, rt_boot.firmware, TESS_INFO(TESS_FIRMWARE_PUT, 8, 0), 0, words));
}

TEST(FW_03, without, "a thread whose CSpace has no Firmware capability finds none, by any small address")
{
    tess_cptr cspace = new_cnode(4);
    REQUIRE_OK(rt_invoke(cspace, TESS_CNODE_COPY, 1, TESS_NULL, new_endpoint(), 15));
    for (tess_word address = 1; address < 32; address++) {
        struct actor actor = ACTOR(TESS_SYS_INSPECT, address);
        actor_start(&actor, .priority = RT_PRIORITY_HIGH, .cspace = cspace, .no_buffer = true);
        EXPECT_EQ(actor.returned, 1);
        EXPECT(TESS_STATUS_ERROR(actor.result.status) == TESS_ERR_ADDRESS || actor.result.words[0] == 0 ||
               (actor.result.words[0] & 0xff) == TESS_TYPE_ENDPOINT);
    }
}
