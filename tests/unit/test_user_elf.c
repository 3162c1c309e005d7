/* sources: userland/root/elf.c */
/*
 * tests/unit/test_user_elf.c: what root accepts as a program: a good file, each way to be bad, and every
 * single changed byte.
 */
#include "tests/unit/unit.h"
#include "userland/root/elf.h"

#define BASE 0x100000ull

/* A file of two pages of text and one of data, built by hand. */
static unsigned char file[3 * 4096];

static void put(unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        file[at + i] = (unsigned char)(value >> 8 * i);
}

static void segment(unsigned number, uint32_t flags, uint64_t offset, uint64_t address, uint64_t in_file,
                    uint64_t in_memory)
{
    unsigned at = 64 + 56 * number;

    put(at, 4, 1);
    put(at + 4, 4, flags);
    put(at + 8, 8, offset);
    put(at + 16, 8, address);
    put(at + 32, 8, in_file);
    put(at + 40, 8, in_memory);
}

static void good_file(void)
{
    memset(file, 0, sizeof file);
    memcpy(file, "\177ELF\002\001\001", 7);
    put(16, 2, 2);
    put(18, 2, 243);
    put(24, 8, BASE + 0x100);
    put(32, 8, 64);
    put(54, 2, 56);
    put(56, 2, 2);
    segment(0, 5, 0, BASE, 0x1234, 0x1234);
    segment(1, 6, 0x2000, BASE + 0x2000, 0x800, 0x3000);
}

static void accepted(void)
{
    struct elf_image image;

    good_file();
    const char *wrong = elf_parse(file, sizeof file, &image);
    CHECK(wrong == NULL);
    CHECK_EQ(image.count, 2);
    CHECK_EQ(image.entry, BASE + 0x100);
    CHECK_EQ(image.end, BASE + 0x5000);
    CHECK(image.segments[0].execute && !image.segments[0].write);
    CHECK(image.segments[1].write && !image.segments[1].execute);
    CHECK_EQ(image.segments[1].file, 0x800);
    CHECK_EQ(image.segments[1].memory, 0x3000);
}

static void refuse(const char *what)
{
    struct elf_image image;
    const char *wrong = elf_parse(file, sizeof file, &image);

    unit_state.checks++;
    if (wrong == NULL)
        FAIL("accepted: %s", what);
    if (strstr(wrong, what) == NULL)
        FAIL("'%s' refused as '%s'", what, wrong);
    good_file();
}

static void refused(void)
{
    good_file();
    file[0] = 'E';
    refuse("not a 64-bit");
    file[4] = 1;
    refuse("not a 64-bit");
    put(18, 2, 62);
    refuse("not an executable for RISC-V");
    put(16, 2, 3);
    refuse("not an executable for RISC-V");
    put(54, 2, 32);
    refuse("program headers are outside");
    put(56, 2, 0xffff);
    refuse("program headers are outside");
    put(32, 8, ~0ull - 8);
    refuse("program headers are outside");
    segment(1, 7, 0x2000, BASE + 0x2000, 0x800, 0x3000);
    refuse("writable and executable");
    segment(1, 6, 0x2000, BASE + 0x1000, 0x800, 0x3000);
    refuse("overlap");
    segment(1, 6, 0x2010, BASE + 0x2010, 0x800, 0x3000);
    refuse("start on a page");
    segment(1, 6, 0x2000, BASE + 0x2000, 0x1001, 0x3000);
    refuse("outside the file");
    segment(1, 6, ~0xfffull, BASE + 0x2000, 0x1000, 0x3000);
    refuse("outside the file");
    segment(1, 6, 0x2000, BASE + 0x2000, 0x800, 0x700);
    refuse("larger in the file");
    segment(1, 6, 0x2000, 0x1000, 0x800, 0x3000);
    refuse("outside the image area");
    segment(1, 6, 0x2000, BASE + 0x2000, 0x800, 0x40000000);
    refuse("outside the image area");
    segment(1, 6, 0x2000, ~0xfffull, 0x800, 0x3000);
    refuse("outside the image area");
    put(24, 8, BASE + 0x2000);
    refuse("entry");
    put(24, 8, BASE + 0x1234);
    refuse("entry");
    put(56, 2, 0);
    refuse("entry");
}

static void many_segments(void)
{
    struct elf_image image;

    good_file();
    for (unsigned i = 0; i < 9; i++)
        segment(i, i == 0 ? 5 : 4, 0, BASE + i * 0x1000, 0x1000, 0x1000);
    put(56, 2, 8);
    CHECK(elf_parse(file, sizeof file, &image) == NULL);
    put(56, 2, 9);
    CHECK(elf_parse(file, sizeof file, &image) != NULL);
}

/* A cut file is refused wherever the cut is, unless nothing that is named was lost. */
static void cut(void)
{
    struct elf_image image;

    good_file();
    for (size_t length = 0; length < 0x2800; length++) {
        unsigned char *copy = malloc(length ? length : 1);
        memcpy(copy, file, length);
        const char *wrong = elf_parse(copy, length, &image);
        free(copy);
        CHECK(wrong != NULL);
    }
    CHECK(elf_parse(file, 0x2800, &image) == NULL);
}

/* Whatever a changed byte makes of the file: what is accepted obeys the rules load.c relies on. */
static void changed_bytes(void)
{
    good_file();
    for (unsigned at = 0; at < 64 + 2 * 56; at++) {
        for (unsigned value = 0; value < 256; value++) {
            struct elf_image image;
            unsigned char old = file[at];
            file[at] = (unsigned char)value;
            const char *wrong = elf_parse(file, sizeof file, &image);
            file[at] = old;
            if (wrong != NULL)
                continue;
            uint64_t end = BASE;
            for (unsigned i = 0; i < image.count; i++) {
                const struct elf_segment *s = &image.segments[i];
                CHECK(s->address % 4096 == 0 && s->offset % 4096 == 0);
                CHECK(s->address >= end && s->memory <= 0x40000000 && s->file <= s->memory);
                CHECK(s->offset <= sizeof file && s->file <= sizeof file - s->offset);
                CHECK(!(s->write && s->execute));
                end = (s->address + s->memory + 4095) & ~4095ull;
            }
            CHECK_EQ(image.end, end);
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"a good file", accepted}, {"bad files", refused},           {"many segments", many_segments},
        {"cut files", cut},        {"changed bytes", changed_bytes},
    };

    return UNIT_RUN(tests);
}
