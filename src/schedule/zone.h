/* Instants in a time zone, in the forms that workflows see. Pure functions. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* The zone of an IANA name ("Asia/Tokyo"), "UTC" or an offset ("+09:00"); NULL with
 * TG_ERROR_CONFIG. The caller unrefs. */
GTimeZone *tg_zone_new(const char *name, GError **error);

/* Forms of an instant; the examples are of 2020-02-28 00:00 in Tokyo. */
typedef enum {
    TG_ZONE_TIME,         /* 2020-02-28T00:00:00+09:00; UTC is +00:00 */
    TG_ZONE_DATE,         /* 2020-02-28 */
    TG_ZONE_DATE_COMPACT, /* 20200228 */
    TG_ZONE_LOCAL_TIME,   /* 2020-02-28 00:00:00 */
    TG_ZONE_OFFSET,       /* +0900 */
    TG_ZONE_FOLDER        /* 20200228T000000+0900: name of a session's state folder */
} TgZoneForm;

/* The instant (Unix time in milliseconds, years 1 to 9999) in a form. The caller frees. */
char *tg_zone_format(GTimeZone *zone, gint64 at_ms, TgZoneForm form);

/* The start of the day or the hour in which the instant lies. */
gint64 tg_zone_start_of_day_ms(GTimeZone *zone, gint64 at_ms);
gint64 tg_zone_start_of_hour_ms(GTimeZone *zone, gint64 at_ms);

/* "yyyy-MM-dd" or "yyyy-MM-dd HH:mm:ss" in the zone; FALSE when the text is neither. A time that
 * clocks show twice is the earlier one, one that they skip is as much later (java.time's rules). */
gboolean tg_zone_parse_local(GTimeZone *zone, const char *text, gint64 *out_ms);

/* The name of a state folder back to its instant; FALSE when it is none. */
gboolean tg_zone_parse_folder(const char *name, gint64 *out_ms);

/* An instant with offset, "2020-02-28T00:00:00+09:00"; FALSE when the text is none. */
gboolean tg_zone_parse_time(const char *text, gint64 *out_ms);

/* What a zone's clock shows, to the minute. */
typedef struct {
    int year;
    int month; /* 1 to 12 */
    int day;
    int hour;
    int minute;
} TgZoneClock;

/* The clock at an instant (Unix time in seconds). */
TgZoneClock tg_zone_clock(GTimeZone *zone, gint64 at_s);

/* The instant at which a clock shows this; days beyond the end of the month go into the next. A
 * time that clocks skip is as much later, of one that they show twice it is the second:
 * java.util.GregorianCalendar's rules, unlike those of tg_zone_parse_local. */
gint64 tg_zone_clock_instant(GTimeZone *zone, const TgZoneClock *clock);

/* 0 Sunday to 6; the date must exist. */
int tg_zone_clock_weekday(const TgZoneClock *clock);

/* Seconds east of UTC at an instant. */
gint64 tg_zone_offset(GTimeZone *zone, gint64 at_s);
