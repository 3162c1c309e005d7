/*
 * userland/shell/date.h: the calendar. Pure; compiles on the host, where tests/unit/test_user_date.c runs it.
 */
#ifndef TESSERA_USERLAND_SHELL_DATE_H
#define TESSERA_USERLAND_SHELL_DATE_H

#include <stdint.h>

struct date {
    uint64_t year;
    unsigned month;   /* 1-12 */
    unsigned day;     /* 1-31 */
    unsigned weekday; /* 0: Sunday */
    unsigned hour, minute, second;
};

/* Gregorian, UTC, without leap seconds: as clocks count that start in 1970. */
struct date date_from_seconds(uint64_t since_1970);

#endif
