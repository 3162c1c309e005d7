/*
 * userland/shell/date.c: the calendar (userland/shell/date.h).
 */
#include "userland/shell/date.h"

#define DAY                  86400u
#define DAYS_IN_400_YEARS    146097u
#define DAYS_IN_100_YEARS    36524u
#define DAYS_IN_4_YEARS      1461u
#define DAYS_IN_YEAR         365u
#define DAYS_MARCH_0_TO_1970 719468u /* from the 1st of March of the year 0 */
#define THURSDAY             4u      /* the first day of 1970 */

/*
 * Years begin in March here: the day that comes and goes is the last one then, and the months' lengths
 * repeat every five (153 days), so that a month is a division.
 */
struct date date_from_seconds(uint64_t since_1970)
{
    uint64_t days = since_1970 / DAY;
    unsigned second = (unsigned)(since_1970 % DAY);
    uint64_t from_march_0 = days + DAYS_MARCH_0_TO_1970;
    uint64_t era = from_march_0 / DAYS_IN_400_YEARS;
    unsigned day = (unsigned)(from_march_0 % DAYS_IN_400_YEARS);
    /* The days that leap years add, taken out again: every year is as long as the others then. */
    unsigned year =
        (day - day / (DAYS_IN_4_YEARS - 1) + day / DAYS_IN_100_YEARS - day / (DAYS_IN_400_YEARS - 1)) /
        DAYS_IN_YEAR;
    unsigned in_year = day - (DAYS_IN_YEAR * year + year / 4 - year / 100);
    unsigned month = (5 * in_year + 2) / 153; /* 0: March */

    return (struct date){
        .year = era * 400 + year + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = in_year - (153 * month + 2) / 5 + 1,
        .weekday = (unsigned)((days + THURSDAY) % 7),
        .hour = second / 3600,
        .minute = second / 60 % 60,
        .second = second % 60,
    };
}
