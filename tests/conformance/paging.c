/*
 * tests/conformance/paging.c: what depends on the machine: attributes, instruction fetches, Sv48, frames of 1 GB
 * (SPEC VM-17..VM-19, VM-7, UT-8, UT-10).
 */
#include "tests/conformance/device.h"

#define GB1     (1ull << 30)
#define AT      (RT_AREA + 4 * GB1)
#define READ    TESS_RIGHT_READ
#define WRITE   TESS_RIGHT_WRITE
#define EXECUTE TESS_RIGHT_EXECUTE
#define RET     0x00008067u /* the instruction */

TEST(VM_17, attributes,
     "attributes: 3 or more mean nothing; 1 and 2 are there or refused, as the feature bit says")
{
    tess_cptr vspace = rt_boot.vspace, frame = rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K);
    bool present = rt_boot.machine->features & TESS_FEATURE_SVPBMT;
    REQUIRE_OK(rt_map(vspace, frame, AT, READ));
    REQUIRE_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    for (tess_word attribute = 0; attribute < 6; attribute++) {
        struct rt_result r = rt_invoke(frame, TESS_FRAME_MAP, vspace, AT, READ | WRITE, attribute);
        if (attribute > TESS_ATTRIBUTE_IO) {
            EXPECT_ERROR(r, TESS_ERR_ARGUMENT, TESS_ARG_WORD(3), 0);
        } else if (attribute != TESS_ATTRIBUTE_DEFAULT && !present) {
            EXPECT_ERROR(r, TESS_ERR_UNSUPPORTED, TESS_ARG_WORD(3), 0);
        } else {
            REQUIRE_OK(r);
            volatile tess_word *at = (volatile tess_word *)AT;
            *at = 77 + attribute;
            REQUIRE_OK(rt_invoke(frame, TESS_FRAME_PROTECT, READ));
            EXPECT_EQ(*at, 77 + attribute);
            REQUIRE_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
        }
    }
}

TEST(VM_17, device,
     "registers of a device mapped with each attribute there is work, with a page of RAM beside them")
{
    struct device device;
    bool present = rt_boot.machine->features & TESS_FEATURE_SVPBMT;
    device_open(&device);
    tess_cptr run = rt_slots(2);
    REQUIRE_OK(rt_move(run, device.frame));
    REQUIRE_OK(rt_retype(rt_memory, TESS_TYPE_FRAME, TESS_FRAME_4K, rt_nth(run, 1), 1));
    for (tess_word attribute = 0; attribute <= (present ? TESS_ATTRIBUTE_IO : 0); attribute++) {
        REQUIRE_OK(rt_invoke(rt_boot.vspace, TESS_VSPACE_UNMAP_RANGE, 0, run, 2, 0, 0, 0, 0));
        REQUIRE_OK(
            rt_invoke(rt_boot.vspace, TESS_VSPACE_MAP_RANGE, 0, run, 2, DEVICE_AT, RIGHTS_RW, attribute, 0));
        device_raise(&device, true);
        device_raise(&device, false);
        volatile tess_word *ram = (volatile tess_word *)(DEVICE_AT + RT_PAGE);
        *ram = 5 + attribute;
        EXPECT_EQ(*ram, 5 + attribute);
    }
    if (!present)
        EXPECT_ERROR(rt_invoke(rt_boot.vspace, TESS_VSPACE_MAP_RANGE, 0, run, 2, DEVICE_AT, RIGHTS_RW, 2, 0),
                     TESS_ERR_UNSUPPORTED, TESS_ARG_WORD(5), 0);
}

/* A function that returns `value`, written to a page and never fenced by the program. */
static void write_code(volatile uint32_t *page, unsigned value)
{
    page[0] = 0x00000513u | value << 20; /* li a0, value */
    page[1] = RET;
}

TEST(VM_18, written,
     "code written through one mapping is what runs through another one made executable since")
{
    tess_cptr vspace = rt_boot.vspace, frame, run = rt_slot();
    volatile uint32_t *page = rt_page(&frame);
    unsigned (*code)(void) = (unsigned (*)(void))AT;
    REQUIRE_OK(rt_copy(run, frame, READ | EXECUTE));
    REQUIRE_OK(rt_map(vspace, run, AT, READ));
    for (unsigned round = 0; round < 6; round++) {
        write_code(page, 100 + 2 * round);
        switch (round % 3) {
        case 0:
            REQUIRE_OK(rt_invoke(run, TESS_FRAME_PROTECT, EXECUTE));
            break;
        case 1:
            REQUIRE_OK(rt_invoke(run, TESS_FRAME_UNMAP));
            REQUIRE_OK(rt_map(vspace, run, AT, READ | EXECUTE));
            break;
        case 2:
            REQUIRE_OK(rt_invoke(vspace, TESS_VSPACE_PROTECT_RANGE, 0, run, 1, 0, READ, 0, 0));
            REQUIRE_OK(rt_invoke(vspace, TESS_VSPACE_PROTECT_RANGE, 0, run, 1, 0, EXECUTE, 0, 0));
            break;
        }
        EXPECT_EQ(code(), 100 + 2 * round);
        write_code(page, 101 + 2 * round); /* under a live mapping: the program's own fence */
        asm volatile("fence.i");
        EXPECT_EQ(code(), 101 + 2 * round);
    }
    write_code(page, 200);
    REQUIRE_OK(rt_invoke(run, TESS_FRAME_UNMAP));
    REQUIRE_OK(rt_invoke(vspace, TESS_VSPACE_MAP_RANGE, 0, run, 1, AT, EXECUTE, 0, 0));
    EXPECT_EQ(code(), 200);
}

TEST(VM_19, highest,
     "a page can be mapped, and is seen, up to the end of user addresses, and none of it elsewhere")
{
    static const unsigned shifts[] = {13, 22, 31, 40};
    tess_word last = user_end() - 4096;
    REQUIRE_OK(rt_map(rt_boot.vspace, rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), last, READ | WRITE));
    *(volatile tess_word *)(last + 4088) = 19;
    EXPECT_EQ(*(volatile tess_word *)(last + 4088), 19);
    EXPECT_EQ(access_fault(TESS_NULL, user_end(), ACCESS_READ), TESS_FAULT_READ);
    EXPECT_EQ(access_fault(TESS_NULL, user_end() - 1, ACCESS_READ), TESS_FAULT_NONE);
    for (unsigned i = 0; i < table_levels(); i++) /* one bit less, in the index of each level */
        EXPECT_EQ(access_fault(TESS_NULL, last & ~(1ull << shifts[i]), ACCESS_READ), TESS_FAULT_READ);
}

/* ---- frames of 1 GB: where the machine has so much memory in one piece ------------------------------------- */

/* Made of memory that no other test uses; the pulse beats while it is zeroed. */
static tess_cptr huge_frame(void)
{
    struct pulse pulse = {0};
    tess_cptr frame = rt_slot();
    pulse_start(&pulse);
    pulse_clear(&pulse);
    struct rt_result r = rt_retype(rt_boot.untyped, TESS_TYPE_FRAME, TESS_FRAME_1G, frame, 1);
    unsigned beats = pulse.beats;
    EXPECT(pulse.longest < 2 * rt_ticks(PULSE_PERIOD));
    pulse_stop(&pulse);
    if (TESS_STATUS_ERROR(r.status) == TESS_OK) {
        EXPECT(beats > 100);
        return frame;
    }
    struct tess_inspect untyped = rt_inspect(rt_boot.untyped);
    tess_word free = untyped.size - untyped.state[0];
    EXPECT_ERROR(r, TESS_ERR_MEMORY, TESS_ARG_CAPABILITY, free);
    EXPECT(free < 2 * GB1);
    return TESS_NULL;
}

TEST(
    VM_07, huge,
    "a frame of 1 GB, or an error where there is none: made in time, zero, seen to its last byte, its rights")
{
    tess_cptr vspace = rt_boot.vspace, frame = huge_frame();
    if (!frame)
        return;
    tess_cptr copy = rt_copied(frame, READ);
    EXPECT_EQ(rt_inspect(frame).badge % GB1, 0);
    EXPECT_ERROR(rt_invoke(frame, TESS_FRAME_MAP, vspace, AT + (1u << 21), READ, 0), TESS_ERR_ALIGNMENT,
                 TESS_ARG_WORD(1), GB1);
    REQUIRE_OK(rt_map(vspace, frame, AT, READ | WRITE));
    REQUIRE_OK(rt_map(vspace, copy, AT + GB1, READ));
    EXPECT_ERROR(rt_map(vspace, rt_alloc(TESS_TYPE_FRAME, TESS_FRAME_4K), AT + GB1 - 4096, READ),
                 TESS_ERR_MAPPED, TESS_ARG_WORD(1), 0);
    tess_word sum = 0;
    for (tess_word at = 0; at < GB1; at += 65536 - 8) {
        sum |= *(volatile tess_word *)(AT + at);
        *(volatile tess_word *)(AT + at) = at + 1;
    }
    EXPECT_EQ(sum, 0);
    *(volatile uint8_t *)(AT + GB1 - 1) = 7;
    for (tess_word at = 0; at < GB1 - 8; at += 65536 - 8)
        sum |= *(volatile tess_word *)(AT + GB1 + at) ^ (at + 1);
    EXPECT_EQ(sum, 0);
    EXPECT_EQ(*(volatile uint8_t *)(AT + 2 * GB1 - 1), 7);
    EXPECT_EQ(access_fault(TESS_NULL, AT + 2 * GB1 - 1, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(TESS_NULL, AT + 2 * GB1, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_PROTECT, READ));
    EXPECT_EQ(access_fault(TESS_NULL, AT + GB1 - 1, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_OK(rt_invoke(frame, TESS_FRAME_UNMAP));
    EXPECT_EQ(access_fault(TESS_NULL, AT + GB1 - 1, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(rt_revoke(frame));
    EXPECT_EQ(access_fault(TESS_NULL, AT + GB1, ACCESS_READ), TESS_FAULT_READ);
    EXPECT_OK(rt_delete(frame));
}
