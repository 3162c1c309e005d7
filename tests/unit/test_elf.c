/* sources: kernel/elf.c */
/*
 * tests/unit/test_elf.c: root's program file, good and damaged (BI-4).
 *
 * A file lies in a buffer of exactly its size, so that the sanitizer sees any byte read beyond it.
 */
#include "kernel/elf.h"
#include "tests/unit/unit.h"

#define FILE_BYTES 0x400u
#define HEADERS    64u /* offset of the first program header */
#define PHDR       56u

static uint8_t file[FILE_BYTES];

static void put(uint32_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        file[at + i] = (uint8_t)(value >> 8 * i);
}

static void segment(unsigned n, uint32_t type, uint32_t flags, uint64_t address, uint64_t offset,
                    uint64_t file_size, uint64_t size)
{
    uint32_t at = HEADERS + PHDR * n;
    put(at, type, 4);
    put(at + 4, flags, 4);
    put(at + 8, offset, 8);
    put(at + 16, address, 8);
    put(at + 24, address, 8);
    put(at + 32, file_size, 8);
    put(at + 40, size, 8);
    put(at + 48, 4096, 8);
}

/* Text, data with a zero tail below it in the table, constants, and a stack note that means nothing. */
static void build(void)
{
    memset(file, 0, sizeof file);
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 2);
    put(18, 243, 2);
    put(20, 1, 4);
    put(24, 0x100080, 8);
    put(32, HEADERS, 8);
    put(52, 64, 2);
    put(54, PHDR, 2);
    put(56, 4, 2);
    segment(0, 1, 6, 0x103010, 0x300, 0x100, 0x2345);
    segment(1, 1, 5, 0x100000, 0, 0x200, 0x200);
    segment(2, 1, 4, 0x102000, 0x200, 0x80, 0x80);
    segment(3, 0x6474e551, 7, 0, 0, 0, 0);
}

static void check_sound(const struct elf *elf)
{
    uint64_t end = 0;
    CHECK(elf->count >= 1 && elf->count <= ELF_SEGMENTS_MAX);
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        CHECK(s->size > 0 && s->file_size <= s->size && s->rights >= 1 && s->rights <= 5);
        CHECK(s->address >= 4096 && s->address + s->size <= ELF_ADDRESS_END);
        CHECK(s->address / 4096 * 4096 >= end);
        CHECK(s->offset <= FILE_BYTES && s->file_size <= FILE_BYTES - s->offset);
        end = (s->address + s->size + 4095) / 4096 * 4096;
    }
    CHECK_EQ(elf->end, end);
}

/* Whatever the file is: accepted and sound, or one line. */
static const char *judge(uint32_t length)
{
    struct elf elf;
    uint8_t *copy = malloc(length + 1);
    memmove(copy + 1, file, length); /* odd address: nothing may rely on alignment */
    const char *error = elf_read(&elf, copy + 1, length);
    if (error) {
        CHECK(strncmp(error, "root: ", 6) == 0 && !strchr(error, '\n') && strlen(error) < 100);
    } else {
        check_sound(&elf);
    }
    free(copy);
    return error;
}

static void expect(const char *wanted)
{
    const char *error = judge(FILE_BYTES);
    build();
    if (!error || !strstr(error, wanted))
        FAIL("got \"%s\", wanted \"%s\"", error ? error : "no error", wanted);
}

static void test_good(void)
{
    struct elf elf;
    build();
    CHECK(elf_read(&elf, file, FILE_BYTES) == NULL);
    CHECK_EQ(elf.entry, 0x100080);
    CHECK_EQ(elf.count, 3);
    CHECK_EQ(elf.end, 0x106000);
    CHECK_EQ(elf.segments[0].address, 0x100000);
    CHECK_EQ(elf.segments[0].rights, ELF_READ | ELF_EXECUTE);
    CHECK_EQ(elf.segments[1].address, 0x102000);
    CHECK_EQ(elf.segments[1].rights, ELF_READ);
    CHECK_EQ(elf.segments[2].rights, ELF_READ | ELF_WRITE);
    CHECK_EQ(elf.segments[2].offset, 0x300);
    CHECK_EQ(elf.segments[2].file_size, 0x100);
    CHECK_EQ(elf.segments[2].size, 0x2345);
}

/* Content of no bytes may stand at the end of the file, and nowhere behind it. */
static void test_no_content(void)
{
    build();
    segment(0, 1, 6, 0x103010, FILE_BYTES, 0, 0x2345);
    CHECK(judge(FILE_BYTES) == NULL);
    segment(0, 1, 6, 0x103010, FILE_BYTES + 1, 0, 0x2345);
    expect("outside the file");
    put(32, FILE_BYTES, 8); /* no headers, the same */
    put(56, 0, 2);
    expect("nothing to load");
}

static void test_header(void)
{
    static const struct {
        uint32_t at;
        uint64_t value;
        unsigned bytes;
        const char *wanted;
    } rows[] = {
        {0, 'E', 1, "not an ELF"},
        {4, 1, 1, "not for 64-bit RISC-V"},
        {5, 2, 1, "not for 64-bit RISC-V"},
        {18, 62, 2, "not for 64-bit RISC-V"},
        {16, 3, 2, "statically linked"},
        {54, 32, 2, "wrong size"},
        {32, FILE_BYTES, 8, "headers outside"},
        {32, UINT64_MAX, 8, "headers outside"},
        {56, 0xffff, 2, "headers outside"},
        {56, 0, 2, "nothing to load"},
        {24, 0x102000, 8, "entry outside"},
        {24, 0x100200, 8, "entry outside"},
        {24, 0x0fffff, 8, "entry outside"},
        {24, 0x100081, 8, "entry outside"},
        {24, 0x103020, 8, "entry outside"},
    };
    build();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(rows[i].at, rows[i].value, rows[i].bytes);
        expect(rows[i].wanted);
    }
}

static void test_segments(void)
{
    build();
    segment(0, 1, 7, 0x103000, 0, 0x10, 0x10);
    expect("both writable and executable");
    segment(0, 1, 3, 0x103000, 0, 0x10, 0x10);
    expect("both writable and executable");
    segment(0, 1, 2, 0x103000, 0, 0x10, 0x10);
    expect("writable but not readable");
    segment(0, 1, 0, 0x103000, 0, 0x10, 0x10);
    expect("without any right");
    segment(0, 1, 6, 0x103000, 0, 0x11, 0x10);
    expect("more content than memory");
    segment(0, 1, 6, 0x103000, FILE_BYTES - 0xf, 0x10, 0x10);
    expect("content outside");
    segment(0, 1, 6, 0x103000, UINT64_MAX, 0x10, 0x10);
    expect("content outside");
    segment(0, 1, 6, 0x103000, 8, UINT64_MAX, UINT64_MAX);
    expect("content outside");
    segment(0, 1, 6, 0xff0, 0, 0x10, 0x10);
    expect("at page 0");
    segment(0, 1, 6, ELF_ADDRESS_END, 0, 0x10, 0x10);
    expect("outside the user addresses");
    segment(0, 1, 6, ELF_ADDRESS_END - 0x10, 0, 0x10, 0x11);
    expect("outside the user addresses");
    segment(0, 1, 6, 0x103000, 0, 0x10, UINT64_MAX);
    expect("outside the user addresses");
    segment(0, 1, 6, 0x102fff, 0, 1, 1);
    expect("share a page");
    segment(0, 1, 6, 0x0ff000, 0, 0x10, 0x1001);
    expect("share a page");
    segment(0, 1, 6, 0x100000, 0, 0x10, 0x10);
    expect("share a page");
    segment(0, 2, 6, 0x103000, 0, 0x10, 0x10);
    expect("statically linked");
    segment(0, 3, 6, 0x103000, 0, 0x10, 0x10);
    expect("statically linked");
    segment(0, 1, 6, ELF_ADDRESS_END - 0x10, 0, 0x10, 0x10);
    CHECK(judge(FILE_BYTES) == NULL);
    segment(0, 1, 6, 0x1000, 0, 0x10, 0x10);
    CHECK(judge(FILE_BYTES) == NULL);
    segment(0, 1, 7, 0x103000, 0, 0, 0); /* no memory: no segment */
    CHECK(judge(FILE_BYTES) == NULL);
}

static void test_many(void)
{
    _Static_assert(HEADERS + PHDR * (ELF_SEGMENTS_MAX + 1) <= FILE_BYTES, "there is room for one too many");
    for (unsigned count = ELF_SEGMENTS_MAX; count <= ELF_SEGMENTS_MAX + 1; count++) {
        build();
        put(56, count, 2);
        for (unsigned i = 0; i < count; i++) /* falling addresses: each goes in front of the others */
            segment(i, 1, 5, 0x100000 + (count - 1 - i) * 0x1000, 0, 0x100, 0x100);
        if (count == ELF_SEGMENTS_MAX)
            CHECK(judge(FILE_BYTES) == NULL);
        else
            expect("more than 16 segments");
    }
}

static void test_truncated(void)
{
    build();
    for (uint32_t length = 0; length < FILE_BYTES; length++)
        CHECK(judge(length) != NULL);
}

static void test_corrupted(void)
{
    build();
    unsigned refused = 0;
    for (uint32_t at = 0; at < HEADERS + 4 * PHDR; at++)
        for (unsigned value = 0; value < 256; value++) {
            uint8_t old = file[at];
            file[at] = (uint8_t)value;
            refused += judge(FILE_BYTES) != NULL;
            file[at] = old;
        }
    CHECK(refused > 1000);
}

static void test_corrupted_words(void)
{
    static const uint64_t values[] = {0,
                                      1,
                                      0x7fffffffffffffff,
                                      1ull << 63,
                                      UINT64_MAX,
                                      UINT64_MAX - 0xfff,
                                      ELF_ADDRESS_END,
                                      ELF_ADDRESS_END - 1,
                                      FILE_BYTES,
                                      0x100000,
                                      0x102000};
    build();
    for (uint32_t at = 24; at + 8 <= HEADERS + 4 * PHDR; at += 8)
        for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
            for (uint32_t also = 24; also + 8 <= HEADERS + 4 * PHDR; also += 8) {
                put(at, values[i], 8);
                put(also, values[(i + also) % (sizeof values / sizeof values[0])], 8);
                judge(FILE_BYTES);
                build();
            }
}

static const struct unit_test tests[] = {
    {"BI-4: a good file, segment by segment", test_good},
    {"BI-4: a segment without content, at the end of the file and behind it", test_no_content},
    {"BI-4: wrong file headers", test_header},
    {"BI-4: wrong segments", test_segments},
    {"BI-4: as many segments as allowed, and one more", test_many},
    {"BI-4: cut short at every length", test_truncated},
    {"BI-4: every single byte of the headers corrupted", test_corrupted},
    {"BI-4: words of the headers corrupted, two at a time", test_corrupted_words},
};

int main(void)
{
    return UNIT_RUN(tests);
}
