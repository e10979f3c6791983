/* cron4j's SchedulingPattern. */
#include "schedule/cron.h"

#include <string.h>

#include "schedule/zone.h"

#define YEARS_MAX 100 /* how far a match is looked for */

typedef struct {
    const char *name;
    guint min;
    guint max;
    const char *const *words; /* from min on; NULL: none */
} Field;

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const Field fields[] = {{"minute", 0, 59, NULL},
                               {"hour", 0, 23, NULL},
                               {"day", 1, 31, NULL},
                               {"month", 1, 12, months},
                               {"weekday", 0, 7, weekdays}};

static gboolean parse_value(const Field *field, const char *text, guint *out)
{
    guint64 number = 0;

    for (guint i = 0; field->words != NULL && field->words[i] != NULL; i++) {
        if (g_ascii_strcasecmp(field->words[i], text) == 0) {
            *out = field->min + i;
            return TRUE;
        }
    }
    if (!g_ascii_string_to_unsigned(text, 10, field->min, field->max, &number, NULL)) {
        return FALSE;
    }
    *out = (guint)number;
    return TRUE;
}

/* The parts between separators without the empty ones, as Java's StringTokenizer gives them. */
static char **tokens_of(const char *text, const char *separator)
{
    char **parts = g_strsplit(text, separator, -1);
    guint count = 0;

    for (guint i = 0; parts[i] != NULL; i++) {
        if (*parts[i] == '\0') {
            g_free(parts[i]);
        } else {
            parts[count++] = parts[i];
        }
    }
    parts[count] = NULL;
    return parts;
}

/* "*", "N", "N-M"; a range that goes backwards wraps, as in cron4j. */
static gboolean parse_range(const Field *field, const char *text, guint *out_from, guint *out_to)
{
    g_auto(GStrv) ends = tokens_of(text, "-");
    guint count = g_strv_length(ends);

    if (strcmp(text, "*") == 0) {
        *out_from = field->min;
        *out_to = field->max;
        return TRUE;
    }
    return (count == 1 || count == 2) && parse_value(field, ends[0], out_from) &&
           parse_value(field, ends[count - 1], out_to);
}

/* One element of a list, with its step. */
static gboolean add_element(const Field *field, const char *text, guint64 *bits)
{
    g_auto(GStrv) parts = tokens_of(text, "/");
    guint count = g_strv_length(parts);
    guint64 step = 1;
    guint from = 0;
    guint to = 0;

    if (count < 1 || count > 2 || !parse_range(field, parts[0], &from, &to) ||
        (count == 2 && !g_ascii_string_to_unsigned(parts[1], 10, 1, G_MAXINT32, &step, NULL))) {
        return FALSE;
    }
    guint size = field->max - field->min + 1;
    guint length = from <= to ? to - from : to + size - from;

    for (guint64 i = 0; i <= length; i += step) {
        *bits |= (guint64)1 << (field->min + (from - field->min + i) % size);
    }
    return TRUE;
}

static gboolean parse_field(const Field *field, const char *text, guint64 *bits, gboolean *last_day)
{
    g_auto(GStrv) elements = tokens_of(text, ",");

    for (guint i = 0; elements[i] != NULL; i++) {
        if (last_day != NULL && g_ascii_strcasecmp(elements[i], "l") == 0) {
            *last_day = TRUE;
        } else if (!add_element(field, elements[i], bits)) {
            return FALSE;
        }
    }
    return elements[0] != NULL;
}

static gboolean parse_pattern(const char *text, TgCronPattern *out, GError **error)
{
    g_autofree char *flat = g_strstrip(g_strdup(text));
    g_auto(GStrv) parts = g_regex_split_simple("[ \t]+", flat, 0, 0);
    TgCronPattern cron = {0};
    guint64 *const bits[] = {&cron.minutes, &cron.hours, &cron.days, &cron.months, &cron.weekdays};

    if (g_strv_length(parts) != G_N_ELEMENTS(fields)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "cron>: '%s' must have five fields: minute hour day month weekday", text);
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!parse_field(&fields[i], parts[i], bits[i], i == 2 ? &cron.last_day : NULL)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "cron>: '%s' is no %s (%u to %u, or *, lists, ranges, steps)", parts[i],
                        fields[i].name, fields[i].min, fields[i].max);
            return FALSE;
        }
    }
    if ((cron.weekdays & ((guint64)1 << 7u)) != 0) {
        cron.weekdays |= 1; /* 7 is Sunday, too */
    }
    *out = cron;
    return TRUE;
}

gboolean tg_cron_parse(const char *text, TgCron *out, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, "|", -1);
    TgCron cron = {.count = MAX(g_strv_length(parts), 1)};

    if (cron.count > TG_CRON_PATTERNS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "cron>: more than %d patterns in one",
                    TG_CRON_PATTERNS_MAX);
        return FALSE;
    }
    for (guint i = 0; i < cron.count; i++) {
        if (!parse_pattern(parts[i] == NULL ? "" : parts[i], &cron.patterns[i], error)) {
            return FALSE;
        }
    }
    *out = cron;
    return TRUE;
}

/* ---- looking for a match ---- */

static gboolean has(guint64 bits, int value)
{
    return (bits >> (guint)value & 1u) != 0;
}

static gboolean is_last_day(const TgZoneClock *clock)
{
    return clock->day == g_date_get_days_in_month((GDateMonth)clock->month, (GDateYear)clock->year);
}

static gboolean matches_day(const TgCronPattern *pattern, const TgZoneClock *clock)
{
    return has(pattern->days, clock->day) || (pattern->last_day && is_last_day(clock));
}

static gboolean matches(const TgCronPattern *pattern, const TgZoneClock *clock)
{
    return has(pattern->minutes, clock->minute) && has(pattern->hours, clock->hour) &&
           matches_day(pattern, clock) && has(pattern->months, clock->month) &&
           has(pattern->weekdays, tg_zone_clock_weekday(clock));
}

/* To the start of the next day; days beyond the month's end are for the caller. */
static void next_day(TgZoneClock *clock)
{
    clock->day++;
    clock->hour = 0;
    clock->minute = 0;
}

static void carry(TgZoneClock *clock)
{
    if (clock->minute > 59) {
        clock->minute = 0;
        clock->hour++;
    }
    if (clock->hour > 23) {
        clock->hour = 0;
        clock->day++;
    }
    if (clock->day > 31) {
        clock->day = 1;
        clock->month++;
    }
    if (clock->month > 12) {
        clock->month = 1;
        clock->year++;
    }
}

/* One step towards a match of the fields; FALSE when all but the weekday match. */
static gboolean advance(const TgCronPattern *pattern, TgZoneClock *clock)
{
    carry(clock);
    if (!has(pattern->minutes, clock->minute)) {
        clock->minute++;
    } else if (!has(pattern->hours, clock->hour)) {
        clock->hour++;
        clock->minute = 0;
    } else if (!matches_day(pattern, clock)) {
        next_day(clock);
    } else if (!has(pattern->months, clock->month)) {
        clock->month++;
        clock->day = 1;
        clock->hour = 0;
        clock->minute = 0;
    } else {
        return FALSE;
    }
    return TRUE;
}

/* As cron4j's Predictor: the fields of the clock are moved until they match, and the calendar then
 * says which instant they mean. Where it means another day (the 31st of April, a skipped
 * midnight), the search goes on from there. */
static gboolean next_of_pattern(const TgCronPattern *pattern, GTimeZone *zone, gint64 from_s,
                                gint64 *out_s)
{
    TgZoneClock clock = tg_zone_clock(zone, from_s);
    int year_max = clock.year + YEARS_MAX;

    for (;;) {
        while (clock.year <= year_max && advance(pattern, &clock)) {
        }
        if (clock.year > year_max) {
            return FALSE;
        }
        gint64 found_s = tg_zone_clock_instant(zone, &clock);
        TgZoneClock found = tg_zone_clock(zone, found_s);

        if (found.day != clock.day || found.month != clock.month || found.year != clock.year) {
            found.hour = clock.hour;
            found.minute = clock.minute;
            clock = found;
        } else if (has(pattern->weekdays, tg_zone_clock_weekday(&clock))) {
            *out_s = found_s;
            return TRUE;
        } else {
            next_day(&clock);
        }
    }
}

gboolean tg_cron_next(const TgCron *cron, GTimeZone *zone, gint64 after_s, gint64 *out_s)
{
    gint64 rest = after_s % 60;
    gint64 from_s = after_s - (rest < 0 ? rest + 60 : rest) + 60;
    TgZoneClock clock = tg_zone_clock(zone, from_s);
    gint64 best_s = G_MAXINT64;

    for (guint i = 0; i < cron->count; i++) {
        if (matches(&cron->patterns[i], &clock)) {
            *out_s = from_s;
            return TRUE;
        }
    }
    for (guint i = 0; i < cron->count; i++) {
        gint64 found_s = 0;

        if (next_of_pattern(&cron->patterns[i], zone, from_s, &found_s)) {
            best_s = MIN(best_s, found_s);
        }
    }
    if (best_s == G_MAXINT64) {
        return FALSE;
    }
    *out_s = best_s;
    return TRUE;
}
