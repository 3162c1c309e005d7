/*
 * tests/runtime/print.c: text to the console through the Firmware capability, and the end of the machine.
 *
 * A call gathers its text 56 bytes at a time, as many as one PUT takes. Nothing is kept between calls, so
 * threads that print at the same time mix their lines and do no other harm.
 */
#include "tests/runtime/runtime.h"

struct line {
    char text[TESS_FIRMWARE_PUT_MAX];
    unsigned length;
};

static void flush(struct line *line)
{
    tess_word words[TESS_REGISTER_WORDS] = {line->length};
    for (unsigned i = 0; i < line->length; i++)
        ((char *)&words[1])[i] = line->text[i];
    rt_syscall(TESS_SYS_CALL, rt_boot.firmware, TESS_INFO(TESS_FIRMWARE_PUT, TESS_REGISTER_WORDS, 0),
               TESS_NULL, words);
    line->length = 0;
}

static void put(struct line *line, char c)
{
    if (c == '\n')
        put(line, '\r');
    line->text[line->length++] = c;
    if (line->length == sizeof line->text)
        flush(line);
}

static void put_number(struct line *line, tess_word value, unsigned base)
{
    char digits[20];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n > 0)
        put(line, digits[--n]);
}

void rt_vprintf(const char *format, va_list arguments)
{
    struct line line = {.length = 0};
    for (; *format; format++) {
        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *text = va_arg(arguments, const char *); *text; text++)
                put(&line, *text);
            break;
        case 'c':
            put(&line, (char)va_arg(arguments, int));
            break;
        case 'u':
            put_number(&line, va_arg(arguments, tess_word), 10);
            break;
        case 'd': {
            int64_t value = va_arg(arguments, int64_t);
            if (value < 0)
                put(&line, '-');
            put_number(&line, value < 0 ? -(tess_word)value : (tess_word)value, 10);
            break;
        }
        case 'x':
            put(&line, '0');
            put(&line, 'x');
            put_number(&line, va_arg(arguments, tess_word), 16);
            break;
        default:
            put(&line, *format);
            break;
        }
    }
    if (line.length)
        flush(&line);
}

void rt_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rt_vprintf(format, arguments);
    va_end(arguments);
}

_Noreturn void rt_shutdown(void)
{
    for (;;)
        rt_invoke(rt_boot.firmware, TESS_FIRMWARE_SHUTDOWN);
}

_Noreturn void rt_stop(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rt_printf("runtime: stopped: ");
    rt_vprintf(format, arguments);
    rt_printf("\n");
    va_end(arguments);
    rt_shutdown();
}
