/* sources: kernel/bundle.c */
/*
 * tests/unit/test_bundle.c: archives of programs, good and damaged (BI-3).
 *
 * An archive lies in a buffer of exactly its size, so that the sanitizer sees any byte read beyond it.
 */
#include "kernel/bundle.h"
#include "tests/unit/unit.h"

#define FILE_MODE      0100644u
#define DIRECTORY_MODE 040755u

static uint8_t archive[1 << 18];
static uint32_t archive_size;

static void start(void)
{
    archive_size = 0;
}

/* name_size: of the name's field; 0: as long as the name and its zero. */
static void add(const char *name, uint32_t name_size, uint32_t mode, const void *content, uint32_t size)
{
    char header[111];
    uint32_t length = (uint32_t)strlen(name) + 1;
    if (name_size == 0)
        name_size = length;
    snprintf(header, sizeof header, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08X%08x", 1u, mode,
             0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u, name_size, 0u);
    memcpy(archive + archive_size, header, 110);
    memset(archive + archive_size + 110, 0, name_size);
    memcpy(archive + archive_size + 110, name, length < name_size ? length : name_size);
    archive_size += 110 + name_size;
    for (; archive_size % 4; archive_size++)
        archive[archive_size] = 0;
    memcpy(archive + archive_size, content, size);
    archive_size += size;
    for (; archive_size % 4; archive_size++)
        archive[archive_size] = 0;
}

static void trailer(void)
{
    add("TRAILER!!!", 0, 0, "", 0);
}

static void build(void)
{
    start();
    add("bin", 0, DIRECTORY_MODE, "", 0);
    add("root", 300, FILE_MODE, "first program", 13);
    add("uart", 0, FILE_MODE, "", 0);
    add("bin/shell", 0, FILE_MODE, "1234", 4);
    trailer();
}

/* An archive in a buffer of its own size; the caller frees it. */
static struct bundle exact(uint32_t size)
{
    uint8_t *copy = malloc(size + 1);
    memmove(copy + 1, archive, size); /* odd address: nothing may rely on alignment */
    return (struct bundle){copy + 1, size};
}

static void drop(struct bundle bundle)
{
    free((uint8_t *)bundle.base - 1);
}

static void check_members(const struct bundle *b)
{
    uint64_t cursor = 0;
    uint64_t last = 0;
    struct bundle_member m;
    while (bundle_next(b, &cursor, &m)) {
        CHECK(m.offset <= b->length && m.size <= b->length - m.offset && cursor <= b->length);
        CHECK(cursor > last && strlen(m.name) == m.name_length && m.name_length >= 1);
        CHECK(m.name_length <= BUNDLE_NAME_MAX);
        last = cursor;
    }
}

/* Whatever the archive is: accepted and sound, or one line. */
static const char *judge(uint32_t size)
{
    struct bundle b = exact(size);
    const char *error = bundle_check(&b);
    if (error) {
        CHECK(strncmp(error, "bundle: ", 8) == 0 && !strchr(error, '\n') && strlen(error) < 100);
    } else {
        check_members(&b);
    }
    drop(b);
    return error;
}

static void expect(const char *wanted)
{
    const char *error = judge(archive_size);
    if (!error || !strstr(error, wanted))
        FAIL("got \"%s\", wanted \"%s\"", error ? error : "no error", wanted);
}

static void test_good(void)
{
    build();
    struct bundle b = exact(archive_size);
    CHECK(bundle_check(&b) == NULL);
    static const char *const names[] = {"root", "uart", "bin/shell"};
    static const uint64_t sizes[] = {13, 0, 4};
    struct bundle_member m;
    uint64_t cursor = 0;
    for (unsigned i = 0; i < 3; i++) {
        CHECK(bundle_next(&b, &cursor, &m));
        CHECK(strcmp(m.name, names[i]) == 0);
        CHECK_EQ(m.size, sizes[i]);
    }
    CHECK(!bundle_next(&b, &cursor, &m));
    CHECK(bundle_find(&b, "root", &m));
    CHECK(memcmp(b.base + m.offset, "first program", 13) == 0);
    CHECK_EQ(m.offset % 4, 0);
    CHECK(!bundle_find(&b, "roo", &m) && !bundle_find(&b, "roots", &m) && !bundle_find(&b, "bin", &m));
    drop(b);
}

static void test_wrong(void)
{
    start();
    expect("cut short");
    add("root", 0, FILE_MODE, "x", 1);
    expect("cut short, no trailer");
    struct bundle b = exact(110); /* to the end of its first header */
    const char *error = bundle_check(&b);
    CHECK(error && strcmp(error, "bundle: cut short in a name") == 0);
    drop(b);
    trailer();
    CHECK(judge(archive_size) == NULL);
    archive[5] = '2';
    expect("not a cpio archive");
    archive[5] = '1';
    archive[14] = 'g';
    expect("hexadecimal");

    start();
    add("root", 0, FILE_MODE, "x", 1);
    add("root", 0, FILE_MODE, "y", 1);
    trailer();
    expect("two members of one name");

    start();
    add("", 0, FILE_MODE, "x", 1);
    trailer();
    expect("name empty");

    start();
    add("root", 3, FILE_MODE, "x", 1);
    trailer();
    expect("name without end");

    start();
    add("root", 40, FILE_MODE, "x", 1);
    archive[110 + 30] = 'x';
    trailer();
    expect("followed by more than zeros");

    static char name[300];
    memset(name, 'n', 256);
    start();
    add(name, 0, FILE_MODE, "x", 1);
    trailer();
    expect("longer than 255");
    name[255] = 0;
    start();
    add(name, 8192, FILE_MODE, "x", 1);
    trailer();
    CHECK(judge(archive_size) == NULL);
    start();
    add(name, 8193, FILE_MODE, "x", 1);
    trailer();
    expect("longer than 255");
}

static void test_sizes(void)
{
    static const char *const sizes[] = {"00000010", "7fffffff", "80000000", "ffffffff", "fffffffd"};
    for (unsigned i = 0; i < 5; i++) {
        start();
        add("root", 0, FILE_MODE, "xxxx", 4);
        trailer();
        memcpy(archive + 54, sizes[i], 8);
        expect(i == 0 ? "not a cpio archive" : "member longer than the archive");
        start();
        add("root", 0, FILE_MODE, "xxxx", 4);
        memcpy(archive + 94, sizes[i], 8);
        expect(i == 0 ? "cut short" : "longer than 255");
    }
}

static void test_many(void)
{
    for (unsigned count = BUNDLE_MEMBERS_MAX; count <= BUNDLE_MEMBERS_MAX + 1; count++) {
        start();
        for (unsigned i = 0; i < count; i++) {
            char name[16];
            snprintf(name, sizeof name, "m%u", i);
            add(name, 0, FILE_MODE, "", 0);
        }
        trailer();
        if (count == BUNDLE_MEMBERS_MAX)
            CHECK(judge(archive_size) == NULL);
        else
            expect("more than 1024");
    }
}

static void test_truncated(void)
{
    build();
    for (uint32_t size = 0; size < archive_size; size++) {
        const char *error = judge(size);
        CHECK(error != NULL || size >= archive_size - 3); /* padding behind the trailer may be missing */
    }
}

static void test_corrupted(void)
{
    build();
    unsigned refused = 0;
    for (uint32_t at = 0; at < archive_size; at++)
        for (unsigned value = 0; value < 256; value += 3) {
            uint8_t old = archive[at];
            archive[at] = (uint8_t)value;
            refused += judge(archive_size) != NULL;
            archive[at] = old;
        }
    CHECK(refused > 1000);
}

static const struct unit_test tests[] = {
    {"BI-3: members of a good archive", test_good},
    {"BI-3: every kind of wrong archive has its line", test_wrong},
    {"BI-3: sizes that reach too far", test_sizes},
    {"BI-3: as many members as allowed, and one more", test_many},
    {"BI-3: cut short at every length", test_truncated},
    {"BI-3: every single byte corrupted", test_corrupted},
};

int main(void)
{
    return UNIT_RUN(tests);
}
