/* Texts as times: by patterns, and as CAST reads them. */
#include <string.h>

#include "engine/native.h"
#include "engine/time_fields.h"

#define DAY_MICROS ((gint64)86400000000)

static gboolean parse_by(TgNativeCall *call, gboolean is_mysql, TgTimeFields *fields, gint64 *out)
{
    TgNativeText text = tg_native_text(call, 0);
    TgNativeText written = tg_native_text(call, 1);
    TgTimePattern pattern;
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    g_autofree char *wrong = is_mysql ? tg_time_pattern_mysql(written.bytes, written.size, &pattern)
                                      : tg_time_pattern_joda(written.bytes, written.size, &pattern);

    if (wrong != NULL) {
        return tg_native_fail(call, "%s", wrong);
    }
    *fields = tg_time_no_fields();
    if (!tg_time_read_all(&reader, &pattern, fields) || !tg_time_find_moment(fields, out)) {
        return tg_native_fail(call, "the text '%.*s' does not fit the pattern '%.*s'",
                              (int)text.size, text.bytes, (int)written.size, written.bytes);
    }
    return TRUE;
}

static gboolean date_parse(TgNativeCall *call)
{
    TgTimeFields fields = tg_time_no_fields();
    gint64 micros = 0;

    return parse_by(call, TRUE, &fields, &micros) && tg_native_return_int64(call, micros);
}

/* The local time; its zone is the other function's. */
static gboolean parse_datetime(TgNativeCall *call)
{
    TgTimeFields fields = tg_time_no_fields();
    gint64 micros = 0;

    return parse_by(call, FALSE, &fields, &micros) && tg_native_return_int64(call, micros);
}

static gboolean parse_datetime_zone(TgNativeCall *call)
{
    TgTimeFields fields = tg_time_no_fields();
    gint64 micros = 0;

    if (!parse_by(call, FALSE, &fields, &micros)) {
        return FALSE;
    }
    return *fields.zone == '\0' ? tg_native_return_text(call, "UTC", 3)
                                : tg_native_return_text(call, fields.zone, strlen(fields.zone));
}

/* ---- casts ---------------------------------------------------------------------------------- */

static gboolean accept(TgTimeReader *reader, char c)
{
    if (reader->p < reader->end && *reader->p == c) {
        reader->p++;
        return TRUE;
    }
    return FALSE;
}

/* 2024-2-29; a year of four digits or more. */
static gboolean read_date(TgTimeReader *reader, gint64 *out_days)
{
    gboolean is_negative = accept(reader, '-');
    const char *start = reader->p;
    gint64 year = 0;
    gint64 month = 0;
    gint64 day = 0;

    if (!is_negative && accept(reader, '+')) {
        start = reader->p;
    }
    if (!tg_time_read_digits(reader, 9, &year) || reader->p - start < 4 || !accept(reader, '-') ||
        !tg_time_read_in(reader, 2, 1, 12, &month) || !accept(reader, '-') ||
        !tg_time_read_in(reader, 2, 1, 31, &day)) {
        return FALSE;
    }
    year = is_negative ? -year : year;
    if (year > 292000 || year < -290000 || day > tg_calendar_month_days(year, month)) {
        return FALSE;
    }
    *out_days = tg_calendar_days(year, month, day);
    return TRUE;
}

/* [:03[.456789]] */
static gboolean read_seconds(TgTimeReader *reader, gint64 *out_second, gint64 *out_nanos)
{
    gint64 nanos = 0;

    if (!accept(reader, ':')) {
        return TRUE;
    }
    if (!tg_time_read_in(reader, 2, 0, 59, out_second)) {
        return FALSE;
    }
    if (accept(reader, '.')) {
        for (gint64 place = 100000000; reader->p < reader->end && g_ascii_isdigit(*reader->p);
             place /= 10) {
            nanos += (*reader->p++ - '0') * place;
        }
    }
    *out_nanos = nanos;
    return TRUE;
}

/* 1:02[:03[.456789]], rounded half up to `digits`. */
static gboolean read_clock(TgTimeReader *reader, gint64 digits, gint64 *out_micros)
{
    gint64 hour = 0;
    gint64 minute = 0;
    gint64 second = 0;
    gint64 nanos = 0;
    gint64 unit = 1000;

    if (!tg_time_read_in(reader, 2, 0, 23, &hour) || !accept(reader, ':') ||
        !tg_time_read_in(reader, 2, 0, 59, &minute) || !read_seconds(reader, &second, &nanos)) {
        return FALSE;
    }
    for (gint64 i = MIN(digits, 6); i < 6; i++) {
        unit *= 10;
    }
    nanos = (nanos + unit / 2) / unit * unit;
    *out_micros = (hour * 3600 + minute * 60 + second) * 1000000 + nanos / 1000;
    return TRUE;
}

static void trim(TgTimeReader *reader)
{
    while (reader->p < reader->end && g_ascii_isspace(*reader->p)) {
        reader->p++;
    }
    while (reader->end > reader->p && g_ascii_isspace(reader->end[-1])) {
        reader->end--;
    }
}

/* 2024-02-29[ 12:34[:56[.789]]][[ ]zone] */
static gboolean read_timestamp(TgNativeCall *call, gint64 *out_micros, TgTimeReader *out_zone)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gint64 days = 0;
    gint64 micros = 0;
    gboolean ok = FALSE;

    trim(&reader);
    ok = read_date(&reader, &days);
    if (ok && reader.end - reader.p > 1 && *reader.p == ' ' && g_ascii_isdigit(reader.p[1])) {
        reader.p++;
        ok = read_clock(&reader, tg_native_int64(call, 1), &micros);
    }
    ok = ok && (reader.p == reader.end || strchr(" +-", *reader.p) != NULL);
    if (ok && *reader.p == ' ') {
        reader.p += reader.p < reader.end ? 1 : 0;
    }
    for (const char *p = reader.p; p < reader.end; p++) {
        ok = ok && (g_ascii_isalnum(*p) || strchr("+-:/_", *p) != NULL);
    }
    if (!ok) {
        return tg_native_fail(call, "Value cannot be cast to timestamp: %.*s", (int)text.size,
                              text.bytes);
    }
    *out_micros = days * DAY_MICROS + micros;
    *out_zone = reader;
    return TRUE;
}

static gboolean text_timestamp(TgNativeCall *call)
{
    gint64 micros = 0;
    TgTimeReader zone = {NULL, NULL};

    return read_timestamp(call, &micros, &zone) && tg_native_return_int64(call, micros);
}

static gboolean text_zone(TgNativeCall *call)
{
    gint64 micros = 0;
    TgTimeReader zone = {NULL, NULL};

    if (!read_timestamp(call, &micros, &zone)) {
        return FALSE;
    }
    return zone.p == zone.end ? tg_native_return_text(call, "UTC", 3)
                              : tg_native_return_text(call, zone.p, (gsize)(zone.end - zone.p));
}

static gboolean text_date(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gint64 days = 0;

    trim(&reader);
    if (!read_date(&reader, &days) || reader.p != reader.end) {
        return tg_native_fail(call, "Value cannot be cast to date: %.*s", (int)text.size,
                              text.bytes);
    }
    return tg_native_return_int32(call, (gint32)days);
}

/* Microseconds since midnight. */
static gboolean text_time(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gint64 micros = 0;

    if (!read_clock(&reader, tg_native_int64(call, 1), &micros) || reader.p != reader.end) {
        return tg_native_fail(call, "Value cannot be cast to time: %.*s", (int)text.size,
                              text.bytes);
    }
    return tg_native_return_int64(call, micros % DAY_MICROS);
}

/* "+09:00", "-3": minutes from UTC. */
static gboolean zone_minutes(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gboolean is_negative = accept(&reader, '-');
    gint64 hours = 0;
    gint64 minutes = 0;

    if ((!is_negative && !accept(&reader, '+')) || !tg_time_read_in(&reader, 2, 0, 14, &hours) ||
        (accept(&reader, ':') && !tg_time_read_in(&reader, 2, 0, 59, &minutes)) ||
        reader.p != reader.end) {
        return tg_native_fail(call, "'%.*s' is not a time zone", (int)text.size, text.bytes);
    }
    minutes += hours * 60;
    return tg_native_return_int64(call, is_negative ? -minutes : minutes);
}

/* ---- ISO 8601 ------------------------------------------------------------------------------- */

/* What follows the year: W10[-2], 065, 03, 3-5. */
static gboolean read_iso_rest(TgTimeReader *reader, TgTimeFields *fields)
{
    const char *start = reader->p;

    if (accept(reader, 'W')) {
        fields->week_year = fields->year;
        return tg_time_read_in(reader, 2, 1, 53, &fields->week) &&
               (!accept(reader, '-') || tg_time_read_in(reader, 1, 1, 7, &fields->day_of_week));
    }
    if (!tg_time_read_digits(reader, 3, &fields->month)) {
        return FALSE;
    }
    if (reader->p - start == 3) {
        fields->day_of_year = fields->month;
        fields->month = -1;
        return TRUE;
    }
    return fields->month >= 1 && fields->month <= 12 &&
           (!accept(reader, '-') || tg_time_read_in(reader, 2, 1, 31, &fields->day));
}

/* 2024, 2024-03, 2024-3-5, 2024-065, 2024-W10[-2] */
static gboolean read_iso_day(TgTimeReader *reader, gint64 *out)
{
    TgTimeFields fields = tg_time_no_fields();
    const char *start = reader->p;

    if (!tg_time_read_digits(reader, 9, &fields.year) || reader->p - start < 4 ||
        reader->p - start > 6) {
        return FALSE;
    }
    if (accept(reader, '-') && !read_iso_rest(reader, &fields)) {
        return FALSE;
    }
    return fields.day_of_year != 0 && tg_time_find_day(&fields, out);
}

/* The day alone. */
static gboolean iso_day(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gint64 days = 0;

    if (!read_iso_day(&reader, &days) || reader.p != reader.end) {
        return tg_native_fail(call, "'%.*s' is not a date of ISO 8601", (int)text.size, text.bytes);
    }
    return tg_native_return_int32(call, (gint32)days);
}

/* Hours, or hours and minutes, or all; a point or a comma before the fraction. */
static gboolean read_iso_clock(TgTimeReader *reader, gint64 *out)
{
    gint64 hour = 0;
    gint64 minute = 0;
    gint64 second = 0;
    gint64 micro = 0;

    if (!tg_time_read_in(reader, 2, 0, 23, &hour)) {
        return FALSE;
    }
    if (accept(reader, ':')) {
        if (!tg_time_read_in(reader, 2, 0, 59, &minute)) {
            return FALSE;
        }
        if (accept(reader, ':') && (!tg_time_read_in(reader, 2, 0, 59, &second) ||
                                    ((accept(reader, '.') || accept(reader, ',')) &&
                                     !tg_time_read_fraction(reader, 9, &micro)))) {
            return FALSE;
        }
    }
    *out = (hour * 3600 + minute * 60 + second) * 1000000 + micro;
    return TRUE;
}

static gboolean read_iso(TgNativeCall *call, gint64 *out_micros, TgTimeFields *out_fields)
{
    TgNativeText text = tg_native_text(call, 0);
    TgTimeReader reader = {text.bytes, text.bytes + text.size};
    gint64 days = 0;
    gint64 micros = 0;
    gboolean ok = read_iso_day(&reader, &days);

    *out_fields = tg_time_no_fields();
    if (ok && accept(&reader, 'T')) {
        ok = read_iso_clock(&reader, &micros);
        if (ok && reader.p < reader.end) {
            ok = strchr("Z+-", *reader.p) != NULL && tg_time_read_zone(&reader, out_fields);
        }
    }
    if (!ok || reader.p != reader.end) {
        return tg_native_fail(call, "'%.*s' is not a timestamp of ISO 8601", (int)text.size,
                              text.bytes);
    }
    *out_micros = days * DAY_MICROS + micros;
    return TRUE;
}

static gboolean iso_local(TgNativeCall *call)
{
    TgTimeFields fields = tg_time_no_fields();
    gint64 micros = 0;

    return read_iso(call, &micros, &fields) && tg_native_return_int64(call, micros);
}

static gboolean iso_zone(TgNativeCall *call)
{
    TgTimeFields fields = tg_time_no_fields();
    gint64 micros = 0;

    if (!read_iso(call, &micros, &fields)) {
        return FALSE;
    }
    const char *zone = *fields.zone == '\0' || strcmp(fields.zone, "Z") == 0 ? "UTC" : fields.zone;

    return tg_native_return_text(call, zone, strlen(zone));
}

const TgNative tg_natives_time_parse[] = {
    {"tg_zone_minutes", "v", 'b', zone_minutes},
    {"tg_iso_day", "v", 'D', iso_day},
    {"tg_iso_local", "v", 'T', iso_local},
    {"tg_iso_zone_of", "v", 'v', iso_zone},
    {"tg_date_parse", "vv", 'T', date_parse},
    {"tg_parse_datetime", "vv", 'T', parse_datetime},
    {"tg_parse_datetime_zone", "vv", 'v', parse_datetime_zone},
    {"tg_text_timestamp", "vb", 'T', text_timestamp},
    {"tg_text_zone", "vb", 'v', text_zone},
    {"tg_text_date", "v", 'D', text_date},
    {"tg_text_time", "vb", 'b', text_time},
    {NULL, NULL, 0, NULL},
};
