/* sources: userland/shell/date.c */
/*
 * tests/unit/test_user_date.c: the shell's calendar, against days counted one by one.
 */
#include "tests/unit/unit.h"
#include "userland/shell/date.h"

#define DAY 86400ul

static void check_date(uint64_t seconds, unsigned year, unsigned month, unsigned day, unsigned weekday)
{
    struct date d = date_from_seconds(seconds);

    CHECK_EQ(d.year, year);
    CHECK_EQ(d.month, month);
    CHECK_EQ(d.day, day);
    CHECK_EQ(d.weekday, weekday);
}

static void known_days(void)
{
    check_date(0, 1970, 1, 1, 4);
    check_date(951782400, 2000, 2, 29, 2);
    check_date(951868800, 2000, 3, 1, 3);
    check_date(1709164800, 2024, 2, 29, 4);
    check_date(4107542400, 2100, 3, 1, 1);
    check_date(253402300799, 9999, 12, 31, 5);
}

static void time_of_day(void)
{
    struct date d = date_from_seconds(DAY - 1);

    CHECK(d.hour == 23 && d.minute == 59 && d.second == 59 && d.day == 1);
    d = date_from_seconds(DAY);
    CHECK(d.hour == 0 && d.minute == 0 && d.second == 0 && d.day == 2);
    d = date_from_seconds(3600 * 13 + 60 * 7 + 5);
    CHECK(d.hour == 13 && d.minute == 7 && d.second == 5);
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Every day from 1970 for 900 years, which has every kind of year. */
static void every_day(void)
{
    unsigned year = 1970, month = 1, day = 1;

    for (uint64_t n = 0; year < 2870; n++) {
        check_date(n * DAY, year, month, day, (unsigned)((n + 4) % 7));
        if (++day <= month_days(year, month))
            continue;
        day = 1;
        if (++month <= 12)
            continue;
        month = 1;
        year++;
    }
}

/* The largest a clock of nanoseconds can say, and beyond. */
static void extremes(void)
{
    check_date(UINT64_MAX / 1000000000, 2554, 7, 21, 0);
    CHECK(date_from_seconds(UINT64_MAX).month <= 12);
}

int main(void)
{
    static const struct unit_test tests[] = {
        {"date: days that are known", known_days},
        {"date: time of day", time_of_day},
        {"date: every day of 900 years", every_day},
        {"date: the largest numbers", extremes},
    };

    return UNIT_RUN(tests);
}
