/* Fields of times: numbers, names, zones, and the day that they mean. */
#include "engine/time_fields.h"

#include <string.h>

#define DAY_MICROS ((gint64)86400000000)

/* Up to `most` digits, at least one. */
gboolean tg_time_read_digits(TgTimeReader *reader, guint most, gint64 *out)
{
    guint count = 0;

    *out = 0;
    while (count < most && reader->p < reader->end && g_ascii_isdigit(*reader->p)) {
        *out = *out * 10 + (*reader->p++ - '0');
        count++;
    }
    return count > 0;
}

static gboolean starts_with(const TgTimeReader *reader, const char *name, gsize size)
{
    return (gsize)(reader->end - reader->p) >= size &&
           g_ascii_strncasecmp(reader->p, name, size) == 0;
}

/* A name or its first three letters, in any case; its place in the list from 1. */
static gboolean read_name(TgTimeReader *reader, const char *const *names, gint64 *out)
{
    for (guint i = 0; names[i] != NULL; i++) {
        gsize size = strlen(names[i]);

        size = starts_with(reader, names[i], size) ? size : 3;
        if (starts_with(reader, names[i], size)) {
            reader->p += size;
            *out = i + 1;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_year(TgTimeReader *reader, const TgTimeItem *item, guint most, gint64 *out)
{
    gboolean is_negative = reader->p < reader->end && *reader->p == '-';
    const char *start = reader->p;

    if (item->count == 2) {
        gboolean ok = tg_time_read_digits(reader, 2, out) && reader->p - start == 2;

        *out += *out < 70 ? 2000 : 1900;
        return ok;
    }
    reader->p += is_negative ? 1 : 0;
    if (!tg_time_read_digits(reader, most, out)) {
        return FALSE;
    }
    *out = is_negative ? -*out : *out;
    return TRUE;
}

gboolean tg_time_read_fraction(TgTimeReader *reader, guint most, gint64 *out)
{
    const char *start = reader->p;
    gint64 value = 0;
    gint64 unit = 100000;

    while (reader->p < reader->end && g_ascii_isdigit(*reader->p) &&
           (guint)(reader->p - start) < most) {
        value += (*reader->p++ - '0') * unit;
        unit /= 10;
    }
    *out = value / 1000 * 1000;
    return reader->p > start;
}

gboolean tg_time_read_zone(TgTimeReader *reader, TgTimeFields *out)
{
    gsize size = 0;

    while (reader->p + size < reader->end &&
           (g_ascii_isalnum(reader->p[size]) || strchr("+-:/_", reader->p[size]) != NULL)) {
        size++;
    }
    if (size == 0 || size >= sizeof out->zone) {
        return FALSE;
    }
    if ((*reader->p == '+' || *reader->p == '-') && size == 5) { /* +0900 */
        (void)g_snprintf(out->zone, sizeof out->zone, "%.3s:%.2s", reader->p, reader->p + 3);
    } else {
        (void)g_snprintf(out->zone, sizeof out->zone, "%.*s", (int)size, reader->p);
    }
    reader->p += size;
    return TRUE;
}

static gboolean read_half(TgTimeReader *reader, gint64 *out)
{
    if (reader->end - reader->p < 2 || g_ascii_toupper(reader->p[1]) != 'M' ||
        strchr("APap", *reader->p) == NULL) {
        return FALSE;
    }
    *out = g_ascii_toupper(*reader->p) == 'P' ? 1 : 0;
    reader->p += 2;
    return TRUE;
}

gboolean tg_time_read_in(TgTimeReader *reader, guint most, gint64 low, gint64 high, gint64 *out)
{
    return tg_time_read_digits(reader, most, out) && *out >= low && *out <= high;
}

static gboolean read_date_item(TgTimeReader *reader, const TgTimeItem *item, guint most,
                               TgTimeFields *out)
{
    switch (item->letter) {
    case 'y':
    case 'Y':
        return read_year(reader, item, most, &out->year);
    case 'x':
        return read_year(reader, item, most, &out->week_year);
    case 'M':
        return item->count >= 3 ? read_name(reader, tg_calendar_months, &out->month)
                                : tg_time_read_in(reader, 2, 1, 12, &out->month);
    case 'd':
        return tg_time_read_in(reader, 2, 1, 31, &out->day);
    case 'D':
        return tg_time_read_in(reader, 3, 1, 366, &out->day_of_year);
    case 'w':
        return tg_time_read_in(reader, 2, 1, 53, &out->week);
    case 'e':
        return tg_time_read_in(reader, 1, 1, 7, &out->day_of_week);
    case 'E':
        return read_name(reader, tg_calendar_week_days, &out->day_of_week);
    default:
        return FALSE;
    }
}

static gboolean read_time_item(TgTimeReader *reader, const TgTimeItem *item, TgTimeFields *out)
{
    gboolean ok = FALSE;

    switch (item->letter) {
    case 'H':
        return tg_time_read_in(reader, 2, 0, 23, &out->hour);
    case 'k':
        ok = tg_time_read_in(reader, 2, 1, 24, &out->hour);
        out->hour %= 24;
        return ok;
    case 'h':
        ok = tg_time_read_in(reader, 2, 1, 12, &out->twelve);
        out->twelve %= 12;
        return ok;
    case 'K':
        return tg_time_read_in(reader, 2, 0, 11, &out->twelve);
    case 'm':
        return tg_time_read_in(reader, 2, 0, 59, &out->minute);
    case 's':
        return tg_time_read_in(reader, 2, 0, 59, &out->second);
    case 'f':
        return tg_time_read_fraction(reader, 9, &out->micro);
    case 'S':
        return tg_time_read_fraction(reader, item->count, &out->micro);
    case 'a':
        return read_half(reader, &out->is_pm);
    case 'Z':
        return tg_time_read_zone(reader, out);
    default:
        return FALSE;
    }
}

static gboolean read_text(TgTimeReader *reader, const TgTimeItem *item)
{
    gsize size = strlen(item->text);
    gboolean ok = (gsize)(reader->end - reader->p) >= size &&
                  g_ascii_strncasecmp(reader->p, item->text, size) == 0;

    reader->p += ok ? size : 0;
    return ok;
}

gboolean tg_time_read_all(TgTimeReader *reader, const TgTimePattern *pattern, TgTimeFields *out)
{
    for (guint i = 0; i < pattern->count; i++) {
        const TgTimeItem *item = &pattern->items[i];
        gboolean is_followed =
            i + 1 < pattern->count && tg_time_item_is_number(&pattern->items[i + 1]);
        guint most = is_followed ? item->count : 9;
        gboolean ok = item->letter == 0 ? read_text(reader, item)
                      : strchr("yYxMdDweE", item->letter) != NULL
                          ? read_date_item(reader, item, most, out)
                          : read_time_item(reader, item, out);

        if (!ok) {
            return FALSE;
        }
    }
    return reader->p == reader->end;
}

/* The day that the fields mean. */
gboolean tg_time_find_day(const TgTimeFields *fields, gint64 *out)
{
    gint64 year = fields->year == G_MININT64 ? 1970 : fields->year;
    gint64 month = fields->month < 0 ? 1 : fields->month;
    gint64 day = fields->day < 0 ? 1 : fields->day;

    if (fields->week_year != G_MININT64 || fields->week >= 0) {
        gint64 week_year = fields->week_year == G_MININT64 ? year : fields->week_year;

        *out = tg_calendar_week_start(week_year, fields->week < 0 ? 1 : fields->week) +
               (fields->day_of_week < 0 ? 1 : fields->day_of_week) - 1;
        return TRUE;
    }
    if (fields->day_of_year > 0) {
        *out = tg_calendar_days(year, 1, 1) + fields->day_of_year - 1;
        return *out < tg_calendar_days(year + 1, 1, 1);
    }
    if (day > tg_calendar_month_days(year, month)) {
        return FALSE;
    }
    *out = tg_calendar_days(year, month, day);
    if (fields->day_of_week > 0) { /* the day of that name in the same week */
        *out += fields->day_of_week - (((*out + 3) % 7 + 7) % 7 + 1);
    }
    return TRUE;
}

gboolean tg_time_find_moment(const TgTimeFields *fields, gint64 *out)
{
    gint64 days = 0;
    gint64 hour = fields->hour;

    if (!tg_time_find_day(fields, &days) || ABS(days) > 100000000) {
        return FALSE;
    }
    if (fields->twelve >= 0 || fields->is_pm >= 0) {
        gint64 twelve = fields->twelve >= 0 ? fields->twelve : MAX(hour, 0) % 12;

        hour = twelve + (fields->is_pm == 1 ? 12 : 0);
    }
    *out = days * DAY_MICROS + MAX(hour, 0) * 3600000000 + MAX(fields->minute, 0) * 60000000 +
           MAX(fields->second, 0) * 1000000 + MAX(fields->micro, 0);
    return TRUE;
}

TgTimeFields tg_time_no_fields(void)
{
    return (TgTimeFields){.year = G_MININT64,
                          .month = -1,
                          .day = -1,
                          .day_of_year = -1,
                          .week_year = G_MININT64,
                          .week = -1,
                          .day_of_week = -1,
                          .hour = -1,
                          .twelve = -1,
                          .is_pm = -1};
}
