/*
 * tests/conformance/boot.c: the boot information and what root is given (SPEC BI).
 */
#include "tests/conformance/common.h"

static const char *end_of_info(void)
{
    return (const char *)rt_boot.info + rt_boot.info->length;
}

TEST(BI_06, header, "the boot information begins with magic, version and length")
{
    EXPECT_EQ(rt_boot.info->magic, TESS_BOOT_MAGIC);
    EXPECT_EQ(rt_boot.info->version, TESS_ABI_VERSION);
    EXPECT(rt_boot.info->length > sizeof *rt_boot.info);
    EXPECT_EQ(rt_boot.info->length % 8, 0);
}

TEST(BI_06, records, "records follow one another, in whole words, exactly to the end")
{
    const char *at = (const char *)(rt_boot.info + 1);
    unsigned count = 0;
    while (at < end_of_info()) {
        const struct tess_record *record = (const struct tess_record *)at;
        REQUIRE(record->length >= sizeof *record && record->length % 8 == 0);
        EXPECT(record->type >= TESS_RECORD_CAP && record->type <= TESS_RECORD_MEMORY);
        at += record->length;
        count++;
    }
    EXPECT(at == end_of_info());
    EXPECT(count > 10);
}

TEST(BI_06, read_only, "the boot information can be read and not written")
{
    EXPECT_EQ(access_fault(rt_boot.vspace, (tess_word)rt_boot.info, ACCESS_WRITE), TESS_FAULT_WRITE);
    EXPECT_EQ(access_fault(rt_boot.vspace, (tess_word)rt_boot.info, ACCESS_EXECUTE), TESS_FAULT_EXECUTE);
    EXPECT_EQ(access_fault(rt_boot.vspace, (tess_word)end_of_info() - 1, ACCESS_READ), TESS_FAULT_NONE);
}

TEST(BI_07, registers, "root starts with the boot information in a0, its length in a1, and zero elsewhere")
{
    EXPECT_EQ(rt_boot.length, rt_boot.info->length);
    EXPECT_EQ(rt_start_bits, 0);
}

TEST(BI_07, roles, "each capability of root is where its record says, and of the type it says")
{
    static const struct {
        enum tess_role role;
        enum tess_type type;
    } roles[] = {{TESS_ROLE_CNODE, TESS_TYPE_CNODE},
                 {TESS_ROLE_TCB, TESS_TYPE_TCB},
                 {TESS_ROLE_VSPACE, TESS_TYPE_VSPACE},
                 {TESS_ROLE_SCHED_CONTEXT, TESS_TYPE_SCHED_CONTEXT},
                 {TESS_ROLE_SCHED_CONTROL, TESS_TYPE_SCHED_CONTROL},
                 {TESS_ROLE_IRQ_CONTROL, TESS_TYPE_IRQ_CONTROL},
                 {TESS_ROLE_FIRMWARE, TESS_TYPE_FIRMWARE},
                 {TESS_ROLE_PAGE_TABLE, TESS_TYPE_PAGE_TABLE},
                 {TESS_ROLE_FP, TESS_TYPE_FP}};
    for (unsigned i = 0; i < sizeof roles / sizeof *roles; i++) {
        unsigned found = 0;
        const struct tess_record_cap *record = NULL;
        while ((record = rt_record(record, TESS_RECORD_CAP)) != NULL)
            if (record->role == (uint32_t)roles[i].role) {
                found++;
                EXPECT_EQ(type_of(record->address), roles[i].type);
                EXPECT_EQ(record->record.length, sizeof *record);
            }
        EXPECT(roles[i].role == TESS_ROLE_PAGE_TABLE ? found >= 3 : found == 1);
    }
    EXPECT_EQ(rt_inspect(rt_boot.cnode).state[0], rt_boot.radix);
    EXPECT_EQ(rt_inspect(rt_boot.tcb).state[1], 255 | 255 << 8);
    EXPECT_EQ(rt_state(rt_boot.fp), 1);
    EXPECT_EQ(rt_inspect(rt_boot.context).state[4], 1);
}

TEST(BI_07, tables, "root's page tables are mapped, one of them is the root table")
{
    unsigned roots = 0;
    const struct tess_record_cap *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_CAP)) != NULL)
        if (record->role == TESS_ROLE_PAGE_TABLE) {
            EXPECT_EQ(rt_state(record->address), 1);
            roots += rt_inspect(record->address).state[2] == 2;
        }
    EXPECT_EQ(roots, 1);
}

TEST(BI_07, free_slots,
     "the free slots are free to the end of the CNode, at least 256, but for what the suite took")
{
    EXPECT(rt_boot.free_count >= 256);
    EXPECT_EQ(rt_boot.free + rt_boot.free_count, 1ull << rt_boot.radix);
    for (tess_word i = 8; i < rt_boot.free_count; i++)
        EXPECT_EQ(type_of(rt_boot.free + i), TESS_TYPE_NULL);
}

TEST(BI_04, image,
     "root's image is mapped from consecutive frames with the rights of its segments, none W and X")
{
    const struct tess_record_image *image = NULL;
    unsigned rights_seen = 0;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL) {
        EXPECT(image->pages > 0);
        EXPECT_EQ(image->address % 4096, 0);
        EXPECT(!(image->rights & TESS_RIGHT_WRITE) || !(image->rights & TESS_RIGHT_EXECUTE));
        rights_seen |= 1u << image->rights;
        for (tess_word i = 0; i < image->pages; i++) {
            struct tess_inspect frame = rt_inspect(image->first + i);
            EXPECT_EQ(frame.type & 0xff, TESS_TYPE_FRAME);
            EXPECT_EQ(frame.size, 4096);
            EXPECT_EQ(frame.state[1], image->address + i * 4096);
            EXPECT_EQ(frame.state[2], 1);
            EXPECT_EQ(frame.state[0], image->rights);
        }
    }
    EXPECT_EQ(rights_seen, 1u << 5 | 1u << 1 | 1u << 3); /* text, constants and boot information, data */
    EXPECT_EQ(access_fault(rt_boot.vspace, (tess_word)rt_main, ACCESS_WRITE), TESS_FAULT_WRITE);
}

TEST(BI_05, untyped, "untyped records tell what the capabilities tell; no two regions overlap")
{
    const struct tess_record_untyped *a = NULL, *b;
    unsigned kinds = 0;
    while ((a = rt_record(a, TESS_RECORD_UNTYPED)) != NULL) {
        struct tess_inspect inspect = rt_inspect(a->address);
        EXPECT_EQ(inspect.type, TESS_TYPE_UNTYPED);
        EXPECT_EQ(inspect.badge, a->base);
        EXPECT_EQ(inspect.size, a->length);
        EXPECT_EQ(inspect.state[1], a->kind != TESS_MEMORY_NORMAL);
        EXPECT_EQ(a->base % 16 | a->length % 16, 0);
        EXPECT(a->length > 0 && a->length <= TESS_UNTYPED_MAX);
        kinds |= 1u << a->kind;
        for (b = NULL; (b = rt_record(b, TESS_RECORD_UNTYPED)) != a;)
            EXPECT(b->base + b->length <= a->base || a->base + a->length <= b->base);
    }
    EXPECT_EQ(kinds, 7);
}

TEST(BI_05, small, "each small piece of RAM can be made into frames that are zero and can be written")
{
    const struct tess_record_untyped *untyped = NULL;
    unsigned pages = 0;
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL) {
        tess_cptr frame = rt_slot();
        if (untyped->kind != TESS_MEMORY_NORMAL || untyped->length > 2 << 20 || rt_state(untyped->address))
            continue;
        while (rt_retype(untyped->address, TESS_TYPE_FRAME, TESS_FRAME_4K, frame, 1).status == TESS_OK) {
            REQUIRE_OK(rt_map(rt_boot.vspace, frame, RT_AREA, RIGHTS_RW));
            for (tess_word at = RT_AREA; at < RT_AREA + 4096; at += sizeof at) {
                EXPECT_EQ(*(tess_word *)at, 0);
                *(tess_word *)at = at;
            }
            REQUIRE_OK(rt_delete(frame));
            pages++;
        }
        EXPECT_OK(rt_invoke(untyped->address, TESS_UNTYPED_RESET));
    }
    EXPECT(pages > 0);
}

TEST(BI_05, own_pages, "no untyped region covers root's own pages")
{
    const struct tess_record_image *image = NULL;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL) {
        tess_word page = rt_inspect(image->first).badge;
        const struct tess_record_untyped *untyped = NULL;
        while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL)
            EXPECT(page < untyped->base || page - untyped->base >= untyped->length);
    }
    EXPECT_EQ(rt_inspect(rt_image_frame(rt_main)).state[1], (tess_word)rt_main & ~4095ull);
}

TEST(BI_03, members, "the bundle's members are told with name, place and size; root is one of them")
{
    const struct tess_record_member *member = NULL;
    tess_word text = rt_inspect(rt_image_frame(rt_main)).badge; /* in the bundle: see the next test */
    unsigned roots = 0;
    while ((member = rt_record(member, TESS_RECORD_MEMBER)) != NULL) {
        bool inside = false;
        const struct tess_record_untyped *untyped = NULL;
        while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL)
            inside |= untyped->kind == TESS_MEMORY_BUNDLE && member->base >= untyped->base &&
                      member->base + member->size <= untyped->base + untyped->length;
        const char *name = member->name;
        bool root = name[0] == 'r' && name[1] == 'o' && name[2] == 'o' && name[3] == 't' && name[4] == 0;
        EXPECT(inside || (root && text - member->base < member->size));
        roots += root;
    }
    EXPECT_EQ(roots, 1);
}

TEST(BI_04, placed, "text and constants of root are pages of its file in the bundle, data is not")
{
    const struct tess_record_untyped *untyped = NULL;
    tess_word low = ~0ull, high = 0, placed = 0, pages = 0, bundle = 0;
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL)
        if (untyped->kind == TESS_MEMORY_BUNDLE) {
            low = untyped->base < low ? untyped->base : low;
            high = untyped->base + untyped->length > high ? untyped->base + untyped->length : high;
            bundle += untyped->length;
        }
    const struct tess_record_image *image = NULL;
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
        for (tess_word i = 0; i < image->pages; i++) {
            tess_word page = rt_inspect(image->first + i).badge;
            bool inside = page >= low && page < high;
            bool constant = !(image->rights & TESS_RIGHT_WRITE) && image->address < (tess_word)rt_boot.info;
            EXPECT_EQ(inside, constant);
            placed += inside;
            pages += constant;
        }
    EXPECT(pages > 1 && placed == pages);
    EXPECT_EQ(bundle + placed * 4096, high - low);
}

TEST(BI_02, device_tree, "the device tree is there, whole")
{
    const struct tess_record *record = rt_record(NULL, TESS_RECORD_DEVICE_TREE);
    REQUIRE(record != NULL);
    const uint8_t *tree = (const uint8_t *)(record + 1);
    EXPECT_EQ((uint32_t)tree[0] << 24 | tree[1] << 16 | tree[2] << 8 | tree[3], 0xd00dfeed);
    uint32_t size = (uint32_t)tree[4] << 24 | tree[5] << 16 | tree[6] << 8 | tree[7];
    EXPECT_EQ((size + 7) / 8 * 8 + sizeof *record, record->length);
    EXPECT(rt_record(record, TESS_RECORD_DEVICE_TREE) == NULL);
}

TEST(BI_01, harts, "one of the harts is told to be the boot hart; SchedControl is of that hart")
{
    const struct tess_record_hart *hart = NULL;
    unsigned count = 0, boots = 0;
    tess_word control;
    rt_role(TESS_ROLE_SCHED_CONTROL, &control);
    while ((hart = rt_record(hart, TESS_RECORD_HART)) != NULL) {
        count++;
        boots += hart->boot;
        if (hart->boot)
            EXPECT_EQ(hart->hart, control);
    }
    EXPECT_EQ(boots, 1);
    EXPECT(count >= 1);
}

/* NAME=123M of the boot arguments; `otherwise` when it is not there. */
static tess_word size_argument(const char *name, tess_word otherwise)
{
    char text[24];
    tess_word value = 0;
    if (!rt_bootarg(name, text, sizeof text))
        return otherwise;
    for (const char *at = text; *at; at++)
        value =
            *at >= '0' && *at <= '9' ? value * 10 + (tess_word)(*at - '0') : value << (*at == 'K' ? 10 : 20);
    return value;
}

static unsigned paging_argument(void)
{
    char text[8] = "";
    return rt_bootarg("paging", text, sizeof text) && text[3] == '8' ? 48 : 39;
}

TEST(BI_09, arguments, "mem= and asidbits= bound what root is told; without them there is more")
{
    tess_word memory = 0, limit = size_argument("mem", ~0ull), asids = size_argument("asidbits", 16);
    const struct tess_record_untyped *untyped = NULL;
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL)
        if (untyped->kind == TESS_MEMORY_NORMAL)
            memory += untyped->length;
    EXPECT(memory < limit);
    EXPECT(limit == ~0ull ? memory > 96 << 20 : memory > limit / 2);
    EXPECT(rt_boot.machine->asid_bits <= asids);
    EXPECT(asids != 16 || rt_boot.machine->asid_bits > 2);
}

TEST(BI_06, memory, "what boot took of RAM and what root was given make up what there is, to the byte")
{
    const struct tess_record_memory *memory = rt_record(NULL, TESS_RECORD_MEMORY);
    const struct tess_record_untyped *untyped = NULL;
    const struct tess_record_image *image = NULL;
    tess_word bytes = 0, bundle = 0, pages = 0, limit = size_argument("mem", 0);
    REQUIRE(memory != NULL && memory->record.length == sizeof *memory);
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL) {
        bytes += untyped->kind == TESS_MEMORY_NORMAL ? untyped->length : 0;
        bundle += untyped->kind == TESS_MEMORY_BUNDLE ? untyped->length : 0;
    }
    for (unsigned i = 0; i < TESS_USES; i++) {
        EXPECT(memory->used[i] > 0);
        bytes += memory->used[i];
    }
    while ((image = rt_record(image, TESS_RECORD_IMAGE)) != NULL)
        pages += image->pages;
    EXPECT_EQ(bytes, memory->total);
    EXPECT_EQ(memory->used[TESS_USE_BUNDLE], bundle);
    EXPECT_EQ(memory->used[TESS_USE_ROOT_IMAGE] + memory->used[TESS_USE_BOOT_INFO], pages * 4096);
    EXPECT(limit == 0 ? memory->total > 100 << 20 : memory->total == limit);
    EXPECT(rt_record(memory, TESS_RECORD_MEMORY) == NULL);
}

TEST(BI_06, machine, "timebase, address bits and interrupts are told")
{
    const struct tess_record_machine *machine = rt_boot.machine;
    REQUIRE(machine != NULL);
    EXPECT(machine->timebase >= 100000);
    EXPECT_EQ(machine->address_bits, paging_argument());
    EXPECT(machine->asid_bits <= 16);
    EXPECT(machine->irq_max >= 1 && machine->irq_max < 1024);
    EXPECT_EQ(machine->features & ~(TESS_FEATURE_SSTC | TESS_FEATURE_SVPBMT), 0);
}
