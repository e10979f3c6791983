/* The proleptic Gregorian calendar, ISO weeks, and names of months and days. */
#pragma once

#include <glib.h>

typedef struct {
    gint64 year;
    gint64 month; /* 1 to 12 */
    gint64 day;
    gint64 hour;
    gint64 minute;
    gint64 second;
    gint64 micro;
    gint64 day_of_year; /* from 1 */
    gint64 day_of_week; /* 1: Monday */
    gint64 week;        /* ISO's, and its year */
    gint64 week_year;
} TgCalendar;

/* Days since 1970-01-01. */
gint64 tg_calendar_days(gint64 year, gint64 month, gint64 day);
void tg_calendar_split(gint64 micros, TgCalendar *out);

gint64 tg_calendar_month_days(gint64 year, gint64 month);
/* The day a week's first day (a Monday) is. */
gint64 tg_calendar_week_start(gint64 week_year, gint64 week);

extern const char *const tg_calendar_months[]; /* "January" …; 12 and NULL */
extern const char *const tg_calendar_week_days[];
