/* Time zones by GLib's GTimeZone. */
#include "schedule/zone.h"

#include <stdio.h>
#include <string.h>

GTimeZone *tg_zone_new(const char *name, GError **error)
{
    GTimeZone *zone = *name == '\0' ? NULL : g_time_zone_new_identifier(name);

    if (zone == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "there is no time zone '%s'; use a name such as Asia/Tokyo or an offset such "
                    "as +09:00",
                    name);
    }
    return zone;
}

static GDateTime *local(GTimeZone *zone, gint64 at_ms)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(at_ms / 1000 - (at_ms % 1000 < 0 ? 1 : 0));
    GDateTime *time = utc == NULL ? NULL : g_date_time_to_timezone(utc, zone);

    return time != NULL ? time : g_date_time_new_from_unix_utc(0);
}

char *tg_zone_format(GTimeZone *zone, gint64 at_ms, TgZoneForm form)
{
    static const char *const formats[] = {
        [TG_ZONE_TIME] = "%Y-%m-%dT%H:%M:%S%:z",
        [TG_ZONE_DATE] = "%Y-%m-%d",
        [TG_ZONE_DATE_COMPACT] = "%Y%m%d",
        [TG_ZONE_LOCAL_TIME] = "%Y-%m-%d %H:%M:%S",
        [TG_ZONE_OFFSET] = "%z",
        [TG_ZONE_FOLDER] = "%Y%m%dT%H%M%S%z",
    };
    g_autoptr(GDateTime) time = local(zone, at_ms);

    return g_date_time_format(time, formats[form]);
}

static gint64 to_ms(GDateTime *time)
{
    return g_date_time_to_unix(time) * 1000;
}

#define DAY_SECONDS ((gint64)24 * 3600)

/* Seconds east of UTC at an instant. */
static gint64 offset_at(GTimeZone *zone, gint64 at_s)
{
    return g_time_zone_get_offset(zone,
                                  g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at_s));
}

/* The instant of a local time, given as seconds since 1970 as if it were UTC. Where clocks go back
 * it is the earlier one, unless `preferred_s` (an offset, or G_MAXINT64) fits, too; where they skip
 * it, as much later: java.time.ZonedDateTime.ofLocal. */
static gint64 instant_of(GTimeZone *zone, gint64 local_s, gint64 preferred_s)
{
    gint64 before = offset_at(zone, local_s - DAY_SECONDS);
    gint64 after = offset_at(zone, local_s + DAY_SECONDS);
    gboolean fits_before = offset_at(zone, local_s - before) == before;
    gboolean fits_after = offset_at(zone, local_s - after) == after;

    if (fits_after && (!fits_before || preferred_s == after)) {
        return local_s - after;
    }
    return local_s - before;
}

static gint64 start_ms(GTimeZone *zone, gint64 at_ms, gint64 unit_s)
{
    gint64 at_s = at_ms / 1000 - (at_ms % 1000 < 0 ? 1 : 0);
    gint64 offset = offset_at(zone, at_s);
    gint64 local_s = at_s + offset;
    gint64 rest = local_s % unit_s;

    return instant_of(zone, local_s - rest - (rest < 0 ? unit_s : 0), offset) * 1000;
}

gint64 tg_zone_start_of_day_ms(GTimeZone *zone, gint64 at_ms)
{
    return start_ms(zone, at_ms, DAY_SECONDS);
}

gint64 tg_zone_start_of_hour_ms(GTimeZone *zone, gint64 at_ms)
{
    return start_ms(zone, at_ms, 3600);
}

/* `text` has digits where the pattern has 'd', and the pattern's characters elsewhere. */
static gboolean looks_like(const char *text, const char *pattern)
{
    gsize size = strlen(pattern);

    if (strlen(text) != size) {
        return FALSE;
    }
    for (gsize i = 0; i < size; i++) {
        if (pattern[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != pattern[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

static int number(const char *text, guint count)
{
    int value = 0;

    for (guint i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

gboolean tg_zone_parse_local(GTimeZone *zone, const char *text, gint64 *out_ms)
{
    gboolean has_time = looks_like(text, "dddd-dd-dd dd:dd:dd");
    g_autoptr(GDateTime) time = NULL;

    if (!has_time && !looks_like(text, "dddd-dd-dd")) {
        return FALSE;
    }
    time = g_date_time_new_utc(number(text, 4), number(text + 5, 2), number(text + 8, 2),
                               has_time ? number(text + 11, 2) : 0,
                               has_time ? number(text + 14, 2) : 0,
                               has_time ? number(text + 17, 2) : 0);
    if (time == NULL) {
        return FALSE;
    }
    *out_ms = instant_of(zone, g_date_time_to_unix(time), G_MAXINT64) * 1000;
    return TRUE;
}

/* Date and time digits at fixed places, and an offset at `offset` ("+0900" or "+09:00"). */
static gboolean parse_with_offset(const char *text, const int places[6], gsize offset,
                                  gint64 *out_ms)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(text + offset);
    g_autoptr(GDateTime) time = NULL;

    if (zone == NULL) {
        return FALSE;
    }
    time = g_date_time_new(zone, number(text + places[0], 4), number(text + places[1], 2),
                           number(text + places[2], 2), number(text + places[3], 2),
                           number(text + places[4], 2), number(text + places[5], 2));
    if (time == NULL) {
        return FALSE;
    }
    *out_ms = to_ms(time);
    return TRUE;
}

gboolean tg_zone_parse_folder(const char *name, gint64 *out_ms)
{
    static const int places[6] = {0, 4, 6, 9, 11, 13};

    return (looks_like(name, "ddddddddTdddddd+dddd") || looks_like(name, "ddddddddTdddddd-dddd")) &&
           parse_with_offset(name, places, 15, out_ms);
}

gboolean tg_zone_parse_time(const char *text, gint64 *out_ms)
{
    static const int places[6] = {0, 5, 8, 11, 14, 17};

    return (looks_like(text, "dddd-dd-ddTdd:dd:dd+dd:dd") ||
            looks_like(text, "dddd-dd-ddTdd:dd:dd-dd:dd")) &&
           parse_with_offset(text, places, 19, out_ms);
}

/* Days from 1970-01-01 to a date; days beyond the end of a month count on. */
static gint64 days_of(int year, int month, int day)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, (GDateMonth)month, (GDateYear)year);
    return (gint64)g_date_get_julian(&date) + day - 1 - 719163;
}

TgZoneClock tg_zone_clock(GTimeZone *zone, gint64 at_s)
{
    gint64 local_s = at_s + offset_at(zone, at_s);
    gint64 in_day = local_s % DAY_SECONDS;
    GDate date;

    in_day += in_day < 0 ? DAY_SECONDS : 0;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)((local_s - in_day) / DAY_SECONDS + 719163));
    return (TgZoneClock){.year = g_date_get_year(&date),
                         .month = (int)g_date_get_month(&date),
                         .day = g_date_get_day(&date),
                         .hour = (int)(in_day / 3600),
                         .minute = (int)(in_day / 60 % 60)};
}

gint64 tg_zone_clock_instant(GTimeZone *zone, const TgZoneClock *clock)
{
    gint64 local_s = days_of(clock->year, clock->month, clock->day) * DAY_SECONDS +
                     (gint64)clock->hour * 3600 + (gint64)clock->minute * 60;

    return instant_of(zone, local_s, offset_at(zone, local_s + DAY_SECONDS));
}

int tg_zone_clock_weekday(const TgZoneClock *clock)
{
    return (int)((days_of(clock->year, clock->month, clock->day) + 4 + (gint64)7 * 719163) % 7);
}

gint64 tg_zone_offset(GTimeZone *zone, gint64 at_s)
{
    return offset_at(zone, at_s);
}
