/* sources: caps/cap.c caps/slot.c */
/*
 * tests/unit/test_cap.c: the capability word (SPEC CAP-1..CAP-7, CDT-6, UT-5): every constructor and
 * accessor, which capabilities name the same object, and what a copy keeps.
 */
#include "caps/cap.h"
#include "caps/slot.h"
#include "tests/unit/unit.h"

/* An address as the kernel has them, at the upper end; never followed. */
#define HIGH ((void *)0xffffffc012345660ull)
#define LOW  ((void *)0x200012345660ull)

static void sizes(void)
{
    CHECK_EQ(sizeof(struct cap), 16);
    CHECK_EQ(sizeof(struct slot), TESS_SLOT_BYTES);
    CHECK(cap_is_empty(CAP_EMPTY));
    CHECK_EQ(cap_type(CAP_EMPTY), CAP_NULL);
}

static void object_pointers(void)
{
    void *pointers[] = {HIGH, LOW, (void *)CAPS_WINDOW, (void *)0xffffffdfffffffe0ull};
    for (unsigned i = 0; i < 4; i++) {
        CHECK(cap_object(cap_cnode(pointers[i], 20)) == pointers[i]);
        CHECK(cap_object(cap_tcb(pointers[i])) == pointers[i]);
        CHECK(cap_object(cap_endpoint(pointers[i], ~0ull, 15)) == pointers[i]);
        CHECK(cap_object(cap_notification(pointers[i], ~0ull, 15)) == pointers[i]);
        CHECK(cap_object(cap_reply(pointers[i])) == pointers[i]);
        CHECK(cap_object(cap_sched_context(pointers[i], 64)) == pointers[i]);
        CHECK(cap_object(cap_vspace(pointers[i])) == pointers[i]);
        CHECK(cap_object(cap_fp(pointers[i])) == pointers[i]);
    }
}

static void fields(void)
{
    CHECK_EQ(cap_type(cap_cnode(HIGH, 20)), CAP_CNODE);
    CHECK_EQ(cap_radix(cap_cnode(HIGH, 20)), 20);
    CHECK_EQ(cap_radix(cap_cnode(HIGH, 1)), 1);
    CHECK_EQ(cap_cnode(HIGH, 1).w1, 1); /* the highest index, which the lookup compares with */
    CHECK_EQ(cap_cnode(HIGH, 20).w1, 0xfffff);
    CHECK_EQ(cap_type(cap_tcb(HIGH)), CAP_TCB);
    CHECK_EQ(cap_type(cap_reply(HIGH)), CAP_REPLY);
    CHECK_EQ(cap_type(cap_vspace(HIGH)), CAP_VSPACE);
    CHECK_EQ(cap_type(cap_fp(HIGH)), CAP_FP);
    CHECK_EQ(cap_type(cap_timer(HIGH)), CAP_TIMER);
    CHECK_EQ(cap_type(cap_sched_context(HIGH, 64)), CAP_SCHED_CONTEXT);
    CHECK_EQ(cap_refills(cap_sched_context(HIGH, 64)), 64);
    CHECK_EQ(cap_refills(cap_sched_context(HIGH, 2)), 2);
    CHECK_EQ(cap_type(cap_sched_control(7)), CAP_SCHED_CONTROL);
    CHECK_EQ(cap_number(cap_sched_control(7)), 7);
    CHECK_EQ(cap_type(cap_irq_control()), CAP_IRQ_CONTROL);
    CHECK_EQ(cap_type(cap_irq_handler(1023)), CAP_IRQ_HANDLER);
    CHECK_EQ(cap_number(cap_irq_handler(1023)), 1023);
    CHECK_EQ(cap_type(cap_firmware()), CAP_FIRMWARE);
    for (word rights = 0; rights < 16; rights++) {
        struct cap endpoint = cap_endpoint(HIGH, 0x123456789abcdef0, rights);
        CHECK_EQ(cap_type(endpoint), CAP_ENDPOINT);
        CHECK_EQ(cap_rights(endpoint), rights);
        CHECK_EQ(cap_badge(endpoint), 0x123456789abcdef0);
        CHECK_EQ(cap_rights(cap_with_rights(endpoint, 15 - rights)), 15 - rights);
        CHECK(cap_object(cap_with_rights(endpoint, 15 - rights)) == HIGH);
        CHECK_EQ(cap_type(cap_notification(HIGH, 1, rights)), CAP_NOTIFICATION);
        CHECK_EQ(cap_rights(cap_notification(HIGH, 1, rights)), rights);
    }
}

static void untypeds(void)
{
    static const word bases[] = {0, 16, 0x80000010, 0xffffffff0, (1ull << 52) - 16};
    static const word lengths[] = {16, 4096, 0xfffffff0, TESS_UNTYPED_MAX};
    for (unsigned i = 0; i < 5; i++)
        for (unsigned j = 0; j < 4; j++)
            for (int device = 0; device < 2; device++) {
                struct cap cap = cap_untyped(bases[i], lengths[j], device);
                CHECK_EQ(cap_type(cap), CAP_UNTYPED);
                CHECK_EQ(cap_untyped_base(cap), bases[i]);
                CHECK_EQ(cap_untyped_length(cap), lengths[j]);
                CHECK_EQ(cap_untyped_device(cap), device);
            }
}

static void frames(void)
{
    static const word bases[] = {0, 0x1000, 0x80000000, ((1ull << 44) - 1) << 12};
    static const unsigned bits[] = {TESS_FRAME_4K, TESS_FRAME_2M, TESS_FRAME_1G};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < 3; j++)
            for (word rights = 0; rights < 16; rights++) {
                bool device = rights >> 3;
                struct cap cap = cap_frame(bases[i], bits[j], rights & 7, device);
                CHECK_EQ(cap_type(cap), CAP_FRAME);
                CHECK_EQ(cap_page_base(cap), bases[i]);
                CHECK_EQ(cap_frame_bits(cap), bits[j]);
                CHECK_EQ(cap_frame_rights(cap), rights & 7);
                CHECK_EQ(cap_frame_device(cap), device);
                CHECK(!cap_is_mapped(cap));
            }
}

static void mappings(void)
{
    static const uint32_t vspaces[] = {4, 64, 60, 0x80000000, 0xfffffffc};
    static const word addresses[] = {0, 0x1000, 0x3ffffff000, 0x7ffffffff000};
    struct cap cases[] = {cap_frame(((1ull << 44) - 1) << 12, 30, 7, true),
                          cap_frame(0x80000000, 12, 5, false), cap_with_level(cap_page_table(0x80001000), 2)};
    for (unsigned c = 0; c < 3; c++)
        for (unsigned i = 0; i < 5; i++)
            for (unsigned j = 0; j < 4; j++) {
                struct cap cap = cap_with_mapping(cases[c], vspaces[i], addresses[j]);
                CHECK(cap_is_mapped(cap));
                CHECK_EQ(cap_mapped_vspace(cap), vspaces[i]);
                CHECK_EQ(cap_mapped_address(cap), addresses[j]);
                CHECK_EQ(cap_page_base(cap), cap_page_base(cases[c]));
                CHECK_EQ(cap_type(cap), cap_type(cases[c]));
                CHECK_EQ(cap_frame_bits(cap), cap_frame_bits(cases[c]));
                CHECK_EQ(cap_frame_rights(cap), cap_frame_rights(cases[c]));
                cap = cap_with_mapping(cap, 0, 0);
                CHECK(cap.w0 == cases[c].w0 && cap.w1 == cases[c].w1);
            }
    for (unsigned level = 0; level < 4; level++) {
        struct cap table = cap_with_level(cap_with_mapping(cap_page_table(0x5000), 4, 0x1000), level);
        CHECK_EQ(cap_table_level(table), level);
        CHECK_EQ(cap_page_base(table), 0x5000);
        CHECK_EQ(cap_mapped_vspace(table), 4);
    }
}

static void dying_counts_as_null(void)
{
    struct cap cap = cap_tcb(HIGH);
    cap.w0 |= CAP_DYING;
    CHECK_EQ(cap_type(cap), CAP_NULL);
    CHECK_EQ(cap_raw_type(cap), CAP_TCB);
    CHECK(!cap_is_empty(cap));
    CHECK(!cap_can_derive(cap));
    struct cap teardown = {CAP_TEARDOWN, 0};
    CHECK_EQ(cap_type(teardown), CAP_NULL);
    CHECK_EQ(cap_raw_type(teardown), CAP_TEARDOWN);
    CHECK(!cap_is_empty(teardown));
    CHECK(!cap_can_derive(teardown));
}

/* One capability of each type, and a second one that names another object. */
static unsigned each_type(struct cap first[], struct cap second[])
{
    struct cap a[] = {
        cap_untyped(0x80000000, 4096, false),
        cap_cnode(HIGH, 4),
        cap_tcb(HIGH),
        cap_endpoint(HIGH, 0, 15),
        cap_notification(HIGH, 0, 15),
        cap_reply(HIGH),
        cap_sched_context(HIGH, 2),
        cap_sched_control(0),
        cap_frame(0x80000000, 12, 7, false),
        cap_page_table(0x80000000),
        cap_vspace(HIGH),
        cap_irq_control(),
        cap_irq_handler(0),
        cap_fp(HIGH),
        cap_firmware(),
        cap_timer(HIGH),
    };
    struct cap b[] = {
        cap_untyped(0x80001000, 4096, false),
        cap_cnode(LOW, 4),
        cap_tcb(LOW),
        cap_endpoint(LOW, 0, 15),
        cap_notification(LOW, 0, 15),
        cap_reply(LOW),
        cap_sched_context(LOW, 2),
        cap_sched_control(1),
        cap_frame(0x80001000, 12, 7, false),
        cap_page_table(0x80001000),
        cap_vspace(LOW),
        cap_irq_control(),
        cap_irq_handler(1),
        cap_fp(LOW),
        cap_firmware(),
        cap_timer(LOW),
    };
    memcpy(first, a, sizeof a);
    memcpy(second, b, sizeof b);
    return sizeof a / sizeof *a;
}

static void same_object(void)
{
    struct cap a[17], b[17];
    unsigned count = each_type(a, b);
    CHECK_EQ(count, TESS_TYPE_COUNT - 1);
    for (unsigned i = 0; i < count; i++) {
        enum cap_type type = cap_type(a[i]);
        bool copied = type != CAP_UNTYPED && type != CAP_PAGE_TABLE; /* these are never copied */
        bool single = type == CAP_IRQ_CONTROL || type == CAP_FIRMWARE;
        CHECK_EQ(type, i + 1);
        CHECK_EQ(cap_same_object(a[i], a[i]), copied);
        CHECK_EQ(cap_same_object(a[i], b[i]), single);
        for (unsigned j = 0; j < count; j++)
            if (j != i)
                CHECK(!cap_same_object(a[i], a[j]));
    }
    /* What does not matter: badge, rights, flags, mapping. What does: the size of a frame. */
    CHECK(cap_same_object(cap_endpoint(HIGH, 1, 1), cap_endpoint(HIGH, 2, 2)));
    struct cap frame = cap_frame(0x40000000, 21, 7, false), dying = cap_tcb(HIGH);
    CHECK(cap_same_object(frame, cap_with_mapping(cap_frame(0x40000000, 21, 1, false), 0xfffffffc, 0x1000)));
    CHECK(!cap_same_object(frame, cap_frame(0x40000000, 12, 7, false)));
    dying.w0 |= CAP_DYING | CAP_ORIGINAL;
    CHECK(cap_same_object(dying, cap_tcb(HIGH)));
    CHECK(!cap_same_object(CAP_EMPTY, CAP_EMPTY));
    struct cap teardown = {CAP_TEARDOWN, 0};
    CHECK(!cap_same_object(teardown, teardown));
}

static void check_range(struct cap cap, word base, word bytes)
{
    word is_base, is_bytes;
    CHECK(cap_range(cap, &is_base, &is_bytes));
    CHECK_EQ(is_base, base);
    CHECK_EQ(is_bytes, bytes);
}

static void ranges(void)
{
    void *object = window_pointer(0x80000000 + 0x2000);
    caps_window_physical = 0x80000000;
    object = window_pointer(0x80002000);
    check_range(cap_untyped(0x1230, 0x450, true), 0x1230, 0x450);
    check_range(cap_cnode(object, 1), 0x80002000, 64);
    check_range(cap_cnode(object, 20), 0x80002000, 32 << 20);
    check_range(cap_tcb(object), 0x80002000, TESS_TCB_BYTES);
    check_range(cap_endpoint(object, 9, 1), 0x80002000, 32);
    check_range(cap_notification(object, 9, 1), 0x80002000, 64);
    check_range(cap_reply(object), 0x80002000, 64);
    check_range(cap_sched_context(object, 2), 0x80002000, TESS_SCHED_CONTEXT_BYTES);
    check_range(cap_sched_context(object, 64), 0x80002000, TESS_SCHED_CONTEXT_BYTES + 62 * 16);
    check_range(cap_with_mapping(cap_frame(0x40000000, 30, 7, false), 0xfffffffc, 0x5000), 0x40000000,
                1 << 30);
    check_range(cap_frame(0x40000000, 21, 7, true), 0x40000000, 1 << 21);
    check_range(cap_page_table(0x3000), 0x3000, 4096);
    check_range(cap_vspace(object), 0x80002000, 128);
    check_range(cap_fp(object), 0x80002000, 320);
    struct cap none[] = {CAP_EMPTY,          cap_sched_control(0), cap_irq_control(),
                         cap_irq_handler(3), cap_firmware(),       {CAP_TEARDOWN, 0}};
    word base, bytes;
    for (unsigned i = 0; i < 6; i++)
        CHECK(!cap_range(none[i], &base, &bytes));
}

static void sizes_and_alignments(void)
{
    static const struct {
        enum cap_type type;
        word size, bytes, alignment;
    } table[] = {
        {CAP_UNTYPED, 16, 16, 16},
        {CAP_UNTYPED, TESS_UNTYPED_MAX, TESS_UNTYPED_MAX, 16},
        {CAP_CNODE, 1, 64, 32},
        {CAP_CNODE, 20, 32 << 20, 32},
        {CAP_TCB, 0, TESS_TCB_BYTES, 64},
        {CAP_ENDPOINT, 0, 32, 32},
        {CAP_NOTIFICATION, 0, 64, 64},
        {CAP_REPLY, 0, 64, 64},
        {CAP_SCHED_CONTEXT, 2, TESS_SCHED_CONTEXT_BYTES, 64},
        {CAP_SCHED_CONTEXT, 3, TESS_SCHED_CONTEXT_BYTES + 16, 64},
        {CAP_SCHED_CONTEXT, 64, TESS_SCHED_CONTEXT_BYTES + 62 * 16, 64},
        {CAP_FRAME, 12, 4096, 4096},
        {CAP_FRAME, 21, 1 << 21, 1 << 21},
        {CAP_FRAME, 30, 1 << 30, 1 << 30},
        {CAP_PAGE_TABLE, 0, 4096, 4096},
        {CAP_VSPACE, 0, 128, 128},
        {CAP_FP, 0, 320, 64},
        {CAP_TIMER, 0, 128, 64},
        {CAP_NULL, 0, 0, 32},
        {CAP_SCHED_CONTROL, 0, 0, 32},
        {CAP_IRQ_CONTROL, 0, 0, 32},
        {CAP_IRQ_HANDLER, 0, 0, 32},
        {CAP_FIRMWARE, 0, 0, 32},
        {CAP_TEARDOWN, 0, 0, 32},
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK_EQ(object_bytes(table[i].type, table[i].size), table[i].bytes);
        CHECK_EQ(object_alignment(table[i].type, table[i].size), table[i].alignment);
    }
}

static void derivable(void)
{
    struct cap a[17], b[17];
    unsigned count = each_type(a, b);
    for (unsigned i = 0; i < count; i++) {
        enum cap_type type = cap_type(a[i]);
        CHECK_EQ(cap_can_derive(a[i]),
                 type != CAP_UNTYPED && type != CAP_PAGE_TABLE && type != CAP_IRQ_CONTROL);
    }
    CHECK(!cap_can_derive(CAP_EMPTY));
}

static void derived(void)
{
    struct cap a[17], b[17];
    unsigned count = each_type(a, b);
    for (unsigned i = 0; i < count; i++) { /* everything but the flags stays */
        struct cap source = a[i];
        source.w0 |= CAP_ORIGINAL | CAP_FAMILY;
        struct cap copy = cap_derive(source, TESS_RIGHTS_ALL);
        CHECK_EQ(copy.w0, a[i].w0);
        CHECK_EQ(copy.w1, a[i].w1);
    }
    for (word rights = 0; rights < 16; rights++)
        for (word mask = 0; mask < 16; mask++) {
            struct cap endpoint = cap_derive(cap_endpoint(HIGH, 77, rights), mask);
            CHECK_EQ(cap_rights(endpoint), rights & mask);
            CHECK_EQ(cap_badge(endpoint), 77);
            CHECK(cap_object(endpoint) == HIGH);
            CHECK_EQ(cap_rights(cap_derive(cap_notification(HIGH, 77, rights), mask)), rights & mask);
            bool device = rights >> 3;
            struct cap frame =
                cap_with_mapping(cap_frame(0x40000000, 30, rights & 7, device), 0xfffffffc, 0x7000);
            struct cap copy = cap_derive(frame, mask);
            CHECK_EQ(copy.w0, cap_frame(0x40000000, 30, rights & 7 & mask, device).w0);
            CHECK_EQ(copy.w1, 0); /* a copy is not mapped */
        }
    /* Rights mean nothing to the others: a mask of 0 takes nothing from them. */
    CHECK_EQ(cap_radix(cap_derive(cap_cnode(HIGH, 20), 0)), 20);
    CHECK_EQ(cap_refills(cap_derive(cap_sched_context(HIGH, 64), 0)), 64);
}

static const struct unit_test TESTS[] = {
    {"CAP-2 a capability has 16 bytes, a slot 32", sizes},
    {"CAP-1 object addresses survive, high and low", object_pointers},
    {"CAP-1 every field of every type", fields},
    {"CAP-1 untyped: base, length, device", untypeds},
    {"CAP-1 frame: page, size, rights, device", frames},
    {"CAP-1 mapping: address space and address", mappings},
    {"CN-9 dying and teardown count as null", dying_counts_as_null},
    {"CAP-6 same object", same_object},
    {"CDT-2 the memory an object occupies", ranges},
    {"UT-5 sizes and alignments", sizes_and_alignments},
    {"CDT-6 what can be derived", derivable},
    {"CAP-5 what a copy keeps", derived},
};

int main(void)
{
    return UNIT_RUN(TESTS);
}
