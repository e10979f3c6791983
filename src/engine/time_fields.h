/* Reading the fields of times out of texts. */
#pragma once

#include "engine/time_pattern.h"

/* What was read; -1: not there. */
typedef struct {
    gint64 year;
    gint64 month;
    gint64 day;
    gint64 day_of_year;
    gint64 week_year;
    gint64 week;
    gint64 day_of_week;
    gint64 hour;
    gint64 twelve; /* hour of a half day, 0 to 11 */
    gint64 is_pm;
    gint64 minute;
    gint64 second;
    gint64 micro;
    char zone[64]; /* "": none */
} TgTimeFields;

typedef struct {
    const char *p;
    const char *end;
} TgTimeReader;

/* Up to `most` digits, at least one. */
gboolean tg_time_read_digits(TgTimeReader *reader, guint most, gint64 *out);
gboolean tg_time_read_in(TgTimeReader *reader, guint most, gint64 low, gint64 high, gint64 *out);

/* Digits behind the point as microseconds, cut to milliseconds. */
gboolean tg_time_read_fraction(TgTimeReader *reader, guint most, gint64 *out);
gboolean tg_time_read_zone(TgTimeReader *reader, TgTimeFields *out);

/* All items of a pattern, to the end of the text. */
gboolean tg_time_read_all(TgTimeReader *reader, const TgTimePattern *pattern, TgTimeFields *out);

/* Days since 1970-01-01; FALSE: there is no such day. */
gboolean tg_time_find_day(const TgTimeFields *fields, gint64 *out);

/* Microseconds since then. */
gboolean tg_time_find_moment(const TgTimeFields *fields, gint64 *out);
TgTimeFields tg_time_no_fields(void);
