/* sources: userland/servers/console/line.c */
/*
 * tests/unit/test_user_line.c: line editing: what is typed, and what a terminal then shows.
 *
 * The terminal is one row of cells that knows printing characters, backspace, return, newline and bell.
 * After every key the row must show prompt and text, and its cursor must stand where the line's does.
 */
#include "tests/unit/unit.h"
#include "userland/servers/console/line.h"

#define COLUMNS 700

static struct line line;
static char row[COLUMNS][5]; /* a UTF-8 character in each cell */
static unsigned cursor, bells, newlines;

static void terminal(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\b') {
            CHECK(cursor > 0);
            cursor--;
        } else if (c == '\r') {
            cursor = 0;
        } else if (c == '\n') {
            newlines++;
            memset(row, 0, sizeof row);
        } else if (c == '\a') {
            bells++;
        } else if ((c & 0xc0) == 0x80) {
            CHECK(cursor > 0);
            strncat(row[cursor - 1], (const char *)&bytes[i], 1);
        } else {
            CHECK(cursor < COLUMNS);
            row[cursor][0] = (char)c;
            row[cursor][1] = '\0';
            cursor++;
        }
    }
}

/* The row as text, without blanks at its end. */
static const char *shown(void)
{
    static char text[COLUMNS * 4];

    text[0] = '\0';
    for (unsigned i = 0; i < COLUMNS; i++)
        strcat(text, row[i][0] == '\0' ? " " : row[i]);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

static void check_screen(void)
{
    char expected[LINE_MAX_BYTES + LINE_PROMPT_BYTES + 1];
    unsigned column = (unsigned)line.prompt_length;

    memcpy(expected, line.prompt, line.prompt_length);
    memcpy(expected + line.prompt_length, line.text, line.length);
    size_t length = line.prompt_length + line.length;
    while (length > 0 && expected[length - 1] == ' ')
        length--;
    expected[length] = '\0';
    if (strcmp(shown(), expected) != 0)
        FAIL("the terminal shows '%s', the line is '%s'", shown(), expected);
    for (size_t i = 0; i < line.cursor; i++)
        column += (line.text[i] & 0xc0) != 0x80;
    CHECK_EQ(cursor, column);
}

static void begin(void)
{
    memset(row, 0, sizeof row);
    cursor = 0;
    line.out = terminal;
    line_begin(&line, "> ", 2);
    check_screen();
}

static enum line_event type(const char *keys)
{
    enum line_event event = LINE_MORE;

    for (; *keys != '\0' && event == LINE_MORE; keys++) {
        event = line_key(&line, (unsigned char)*keys);
        if (event == LINE_MORE)
            check_screen();
    }
    return event;
}

static void expect(const char *keys, const char *text)
{
    begin();
    enum line_event event = type(keys);
    if (event != LINE_DONE)
        FAIL("'%s' does not end the line", keys);
    unit_state.checks++;
    if (line.length != strlen(text) || memcmp(line.text, text, line.length) != 0)
        FAIL("the line is '%.*s', not '%s'", (int)line.length, line.text, text);
}

#define LEFT  "\033[D"
#define RIGHT "\033[C"
#define UP    "\033[A"
#define DOWN  "\033[B"

static void typing(void)
{
    expect("hello\r", "hello");
    expect("hello\n", "hello");
    expect("\r", "");
    expect("a b  c\r", "a b  c");
}

static void return_then_newline(void)
{
    begin();
    CHECK(type("x\r") == LINE_DONE);
    line_begin(&line, "> ", 2);
    CHECK(line_key(&line, '\n') == LINE_MORE);
    CHECK(line_key(&line, '\n') == LINE_DONE);
}

static void erasing(void)
{
    expect("hellp\bo\r", "hello");
    expect("hellp\177o\r", "hello");
    expect("\b\b\177x\r", "x");
    expect("abc" LEFT "\b\r", "ac");
    expect("abc" LEFT LEFT "\033[3~\r", "ac");
    expect("abc" LEFT LEFT "\004\r", "ac");
    expect("garbage\025clean\r", "clean");
    expect("one two" LEFT LEFT LEFT "\025\r", "two");
    expect("one two" LEFT LEFT LEFT "\013\r", "one ");
}

static void moving(void)
{
    expect("bc" LEFT LEFT "a\r", "abc");
    expect("ac" LEFT "b" RIGHT "d\r", "abcd");
    expect("bc\001a\005d\r", "abcd");
    expect("bc\033[Ha\033[Fd\r", "abcd");
    expect("bc\033[1~a\033[4~d\r", "abcd");
    expect("bc\033[7~a\033[8~d\r", "abcd");
    expect("bc\033OHa\033OFd\r", "abcd");
    expect("a" LEFT LEFT LEFT RIGHT RIGHT RIGHT "b\r", "ab");
    expect("a\002b\006c\r", "bac");
}

static void unknown_sequences(void)
{
    expect("a\033[5~\033[Z\033xb\033[9~c\r", "abc");
    expect("a\001\033[1;5Cb\r", "ab");
    expect("a\tb\r", "ab");
}

static void several_bytes_per_character(void)
{
    expect("gr\303\274n\b\bn\r", "grn");
    expect("\303\274b" LEFT LEFT "a\r", "a\303\274b");
    expect("\303\274b\001\033[3~\r", "b");
}

static void ends(void)
{
    begin();
    CHECK(type("half\003") == LINE_INTERRUPTED);
    begin();
    CHECK(type("\004") == LINE_END);
    begin();
    CHECK(type("x\004") == LINE_MORE);
    CHECK(type("\r") == LINE_DONE);
}

static void full_line(void)
{
    begin();
    bells = 0;
    for (unsigned i = 0; i < 2000; i++)
        CHECK(line_key(&line, 'x') == LINE_MORE);
    check_screen();
    CHECK_EQ(line.length, LINE_MAX_BYTES);
    CHECK_EQ(bells, 2000 - LINE_MAX_BYTES);
    CHECK(type("\025ok\r") == LINE_DONE);
    CHECK_EQ(line.length, 2);
}

static void history(void)
{
    memset(&line, 0, sizeof line);
    expect(UP "nothing yet\r", "nothing yet");
    expect("first\r", "first");
    expect("second\r", "second");
    expect("second\r", "second");
    expect(UP "\r", "second");
    expect(UP UP "\r", "first");
    expect(UP UP UP UP UP UP "\r", "nothing yet");
    expect(UP UP DOWN "!\r", "nothing yet!");
    expect("draft" UP DOWN "empty\r", "empty");
    expect("\020\r", "empty");
}

/* The oldest lines go when there is no room; the latest is always there. */
static void history_overflow(void)
{
    char text[LINE_MAX_BYTES + 2];

    memset(&line, 0, sizeof line);
    for (unsigned i = 0; i < 40; i++) {
        unsigned length = 1 + (i * 37) % (LINE_MAX_BYTES - 1);
        memset(text, 'a' + (int)(i % 26), length);
        text[length] = '\r';
        text[length + 1] = '\0';
        begin();
        CHECK(type(text) == LINE_DONE);
        CHECK(line.history_used <= LINE_HISTORY_BYTES);
        text[length] = '\0';
        expect(UP "\r", text);
    }
}

static void hiding(void)
{
    begin();
    type("abc" LEFT);
    line_hide(&line);
    CHECK_EQ(cursor, 0);
    CHECK(strcmp(shown(), "") == 0);
    line_show(&line);
    check_screen();
}

/* Any keys at all: the screen is right after each, and the text stays within its bounds. */
static void random_keys(void)
{
    static const char keys[] = "ab \b\177\001\005\002\006\013\025\033[[[OABCDHF1347~\303\274\004\020\016\r";

    memset(&line, 0, sizeof line);
    srand(3);
    for (unsigned round = 0; round < 300; round++) {
        begin();
        for (unsigned i = 0; i < 200; i++) {
            unsigned char key = (unsigned char)keys[(unsigned)rand() % (sizeof keys - 1)];
            /* A continuation byte only behind its first one: else columns mean nothing. */
            if (key == 0274)
                key = 'u';
            if (key == 0303 && line.escape == 0) {
                line_key(&line, 0303);
                key = 0274;
            } else if (key == 0303) {
                key = 'e';
            }
            if (line_key(&line, key) != LINE_MORE)
                break;
            CHECK(line.length <= LINE_MAX_BYTES && line.cursor <= line.length);
            check_screen();
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"typing", typing},
        {"return and newline are one key", return_then_newline},
        {"erasing", erasing},
        {"moving", moving},
        {"sequences it does not know", unknown_sequences},
        {"characters of several bytes", several_bytes_per_character},
        {"Ctrl-C and Ctrl-D", ends},
        {"a full line", full_line},
        {"earlier lines", history},
        {"more earlier lines than room", history_overflow},
        {"hiding and showing", hiding},
        {"random keys", random_keys},
    };

    return UNIT_RUN(tests);
}
