/* cron4j's SchedulingPattern. */
#include "schedule/cron.h"

#include <string.h>

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

/* "*", "N", "N-M"; a range that goes backwards wraps, as in cron4j. */
static gboolean parse_range(const Field *field, const char *text, guint *out_from, guint *out_to)
{
    const char *dash = strchr(text, '-');

    if (strcmp(text, "*") == 0) {
        *out_from = field->min;
        *out_to = field->max;
        return TRUE;
    }
    if (dash == NULL) {
        *out_to = 0;
        return parse_value(field, text, out_from) && (*out_to = *out_from, TRUE);
    }
    g_autofree char *first = g_strndup(text, (gsize)(dash - text));

    return parse_value(field, first, out_from) && parse_value(field, dash + 1, out_to);
}

/* One element of a list, with its step. */
static gboolean add_element(const Field *field, const char *text, guint64 *bits)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    guint64 step = 1;
    guint from = 0;
    guint to = 0;

    if (parts[0] == NULL || !parse_range(field, parts[0], &from, &to) ||
        (parts[1] != NULL && !g_ascii_string_to_unsigned(parts[1], 10, 1, 1000, &step, NULL))) {
        return FALSE;
    }
    guint size = field->max - field->min + 1;
    guint length = from <= to ? to - from : to + size - from;

    for (guint i = 0; i <= length; i += (guint)step) {
        *bits |= (guint64)1 << (field->min + (from - field->min + i) % size);
    }
    return TRUE;
}

static gboolean parse_field(const Field *field, const char *text, guint64 *bits, gboolean *last_day)
{
    g_auto(GStrv) elements = g_strsplit(text, ",", -1);

    for (guint i = 0; elements[i] != NULL; i++) {
        if (last_day != NULL && g_ascii_strcasecmp(elements[i], "l") == 0) {
            *last_day = TRUE;
        } else if (!add_element(field, elements[i], bits)) {
            return FALSE;
        }
    }
    return elements[0] != NULL;
}

gboolean tg_cron_parse(const char *text, TgCron *out, GError **error)
{
    g_autofree char *flat = g_strstrip(g_strdup(text));
    g_auto(GStrv) parts = g_regex_split_simple("[ \t]+", flat, 0, 0);
    TgCron cron = {0};
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

gboolean tg_cron_matches_day(const TgCron *cron, GDateTime *at)
{
    guint day = (guint)g_date_time_get_day_of_month(at);
    guint month = (guint)g_date_time_get_month(at);
    guint weekday = (guint)g_date_time_get_day_of_week(at) % 7;
    gboolean is_last =
        day == g_date_get_days_in_month((GDateMonth)month, (GDateYear)g_date_time_get_year(at));

    return ((cron->days >> day & 1u) != 0 || (cron->last_day && is_last)) &&
           (cron->months >> month & 1u) != 0 && (cron->weekdays >> weekday & 1u) != 0;
}
