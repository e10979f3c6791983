/* Digdag's schedulers: all but seconds_interval are patterns on the local clock. */
#include "schedule/schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "params/params.h"
#include "schedule/cron.h"

#define DAYS_MAX 3660 /* how far a session is looked for */

struct TgSchedule {
    GTimeZone *zone;
    TgCron cron;
    gint64 interval_ms; /* seconds_interval>; 0: cron */
    gint64 delay_ms;    /* from session to run */
    gint64 start_ms;    /* `start:`, G_MININT64 without */
    gint64 end_ms;      /* the end of `end:`, G_MAXINT64 without */
};

void tg_schedule_free(TgSchedule *schedule)
{
    if (schedule != NULL) {
        g_time_zone_unref(schedule->zone);
        g_free(schedule);
    }
}

/* "HH:MM:SS" or "MM:SS" to milliseconds: `parts` numbers below these limits. */
static gboolean parse_clock(const char *text, guint parts, gint64 *out_ms)
{
    g_auto(GStrv) numbers = g_strsplit(text, ":", -1);
    gint64 seconds = 0;

    if (g_strv_length(numbers) != parts) {
        return FALSE;
    }
    for (guint i = 0; i < parts; i++) {
        guint64 number = 0;
        guint64 max = parts == 3 && i == 0 ? 23 : 59;

        if (!g_ascii_string_to_unsigned(numbers[i], 10, 0, max, &number, NULL)) {
            return FALSE;
        }
        seconds = seconds * 60 + (gint64)number;
    }
    *out_ms = seconds * 1000;
    return TRUE;
}

static gboolean fail_format(const char *kind, const char *text, const char *form, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "schedule: '%s> %s' must be written as %s", kind,
                text, form);
    return FALSE;
}

/* "X,HH:MM:SS": the cron pattern for X, and the delay. */
static gboolean parse_day_and_clock(TgSchedule *schedule, const char *text, const char *pattern)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", 2);

    if (g_strv_length(parts) != 2 || !parse_clock(parts[1], 3, &schedule->delay_ms)) {
        return FALSE;
    }
    g_autofree char *day = g_strndup(g_strstrip(parts[0]), 3);
    g_auto(GStrv) around = g_strsplit(pattern, "@", 2);
    g_autofree char *cron = g_strconcat(around[0], day, around[1], NULL);

    return tg_cron_parse(cron, &schedule->cron, NULL);
}

static gboolean parse_hourly(TgSchedule *schedule, const char *text, GError **error)
{
    return (parse_clock(text, 2, &schedule->delay_ms) &&
            tg_cron_parse("0 * * * *", &schedule->cron, NULL)) ||
           fail_format("hourly", text, "MM:SS", error);
}

static gboolean parse_daily(TgSchedule *schedule, const char *text, GError **error)
{
    return (parse_clock(text, 3, &schedule->delay_ms) &&
            tg_cron_parse("0 0 * * *", &schedule->cron, NULL)) ||
           fail_format("daily", text, "HH:MM:SS", error);
}

static gboolean parse_weekly(TgSchedule *schedule, const char *text, GError **error)
{
    return parse_day_and_clock(schedule, text, "0 0 * * @") ||
           fail_format("weekly", text, "DDD,HH:MM:SS, as in Sun,09:00:00", error);
}

static gboolean parse_monthly(TgSchedule *schedule, const char *text, GError **error)
{
    return parse_day_and_clock(schedule, text, "0 0 @ * *") ||
           fail_format("monthly", text, "D,HH:MM:SS, as in 1,09:00:00", error);
}

static gboolean parse_minutes_interval(TgSchedule *schedule, const char *text, GError **error)
{
    g_autofree char *cron = g_strdup_printf("*/%s * * * *", text);

    return tg_cron_parse(cron, &schedule->cron, NULL) ||
           fail_format("minutes_interval", text, "a number of minutes", error);
}

static gboolean parse_seconds_interval(TgSchedule *schedule, const char *text, GError **error)
{
    guint64 seconds = 0;

    if (!g_ascii_string_to_unsigned(text, 10, 1, (guint64)366 * 86400, &seconds, NULL)) {
        return fail_format("seconds_interval", text, "a number of seconds", error);
    }
    schedule->interval_ms = (gint64)seconds * 1000;
    return TRUE;
}

static gboolean parse_cron(TgSchedule *schedule, const char *text, GError **error)
{
    return tg_cron_parse(text, &schedule->cron, error);
}

typedef struct {
    const char *name;
    gboolean has_delay;
    gboolean (*parse)(TgSchedule *schedule, const char *text, GError **error);
} Kind;

static const Kind kinds[] = {
    {"hourly", FALSE, parse_hourly},
    {"daily", FALSE, parse_daily},
    {"weekly", FALSE, parse_weekly},
    {"monthly", FALSE, parse_monthly},
    {"minutes_interval", TRUE, parse_minutes_interval},
    {"seconds_interval", TRUE, parse_seconds_interval},
    {"cron", TRUE, parse_cron},
};

static const Kind *kind_named(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(kinds) + 1] = {NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
        names[i] = kinds[i].name;
    }
    g_autofree char *hint = tg_suggest_phrase(name, names);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Unknown scheduler type: %s%s", name, hint);
    return NULL;
}

/* The kind and what follows it; `at:` may stand in its place. The caller frees *out_text. */
static const Kind *find_kind(const json_t *config, char **out_text, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        gsize size = strlen(key);
        json_t *at = json_object_get(config, "at");

        if (size > 1 && key[size - 1] == '>') {
            g_autofree char *name = g_strndup(key, size - 1);

            *out_text = tg_params_to_text(json_is_null(value) && at != NULL ? at : value);
            return kind_named(name, error);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "schedule: needs one of hourly>, daily>, weekly>, monthly>, minutes_interval>, "
                "seconds_interval>, cron>");
    return NULL;
}

/* A date as the start of that day; `days` later. */
static gboolean read_date(const TgSchedule *schedule, const json_t *config, const char *key,
                          int days, gint64 *out_ms, GError **error)
{
    g_autofree char *text = NULL;
    int year = 0;
    int month = 0;
    int day = 0;
    char rest = 0;

    if (!tg_params_dup_text_or(config, key, NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    g_autoptr(GDateTime) at = NULL;

    if (sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) == 3) { // NOLINT(cert-err34-c)
        at = g_date_time_new(schedule->zone, year, month, day, 0, 0, 0);
    }
    if (at == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "schedule: %s: '%s' is no date; write it as "
                    "2020-01-31",
                    key, text);
        return FALSE;
    }
    g_autoptr(GDateTime) shifted = g_date_time_add_days(at, days);

    *out_ms = g_date_time_to_unix(shifted) * 1000;
    return TRUE;
}

static gboolean read_options(TgSchedule *schedule, const json_t *config, const Kind *kind,
                             GError **error)
{
    gint64 delay_s = 0;

    if (kind->has_delay) {
        if (!tg_params_get_int64(config, "delay", 0, &delay_s, error)) {
            return FALSE;
        }
        schedule->delay_ms = delay_s * 1000;
    }
    if (!read_date(schedule, config, "start", 0, &schedule->start_ms, error) ||
        !read_date(schedule, config, "end", 1, &schedule->end_ms, error)) {
        return FALSE;
    }
    if (schedule->start_ms >= schedule->end_ms) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "schedule: 'start' is after 'end'");
        return FALSE;
    }
    return TRUE;
}

TgSchedule *tg_schedule_parse(const json_t *config, GTimeZone *zone, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(TgSchedule) schedule = NULL;
    const Kind *kind = NULL;

    if (!json_is_object(config)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "schedule: must be a map: {daily>: 07:00:00}");
        return NULL;
    }
    kind = find_kind(config, &text, error);
    if (kind == NULL) {
        return NULL;
    }
    schedule = g_new0(TgSchedule, 1);
    schedule->zone = g_time_zone_ref(zone);
    schedule->start_ms = G_MININT64;
    schedule->end_ms = G_MAXINT64;
    if (!kind->parse(schedule, text, error) || !read_options(schedule, config, kind, error)) {
        return NULL;
    }
    return g_steal_pointer(&schedule);
}

/* ---- looking for a session ---- */

/* The instant of a local time; -1 when the clock skips it. */
static gint64 instant_of(const TgSchedule *schedule, GDateTime *day, guint hour, guint minute)
{
    g_autoptr(GDateTime) at =
        g_date_time_new(schedule->zone, g_date_time_get_year(day), g_date_time_get_month(day),
                        g_date_time_get_day_of_month(day), (int)hour, (int)minute, 0);

    if (at == NULL || g_date_time_get_hour(at) != (int)hour ||
        g_date_time_get_minute(at) != (int)minute) {
        return -1;
    }
    return g_date_time_to_unix(at) * 1000;
}

/* The earliest matching instant of one day after the limit; -1: none. */
static gint64 search_day(const TgSchedule *schedule, GDateTime *day, gint64 after_ms)
{
    gint64 best = -1;

    for (guint i = 0; i < 24 * 60; i++) {
        gboolean matches = (schedule->cron.hours >> (i / 60) & 1u) != 0 &&
                           (schedule->cron.minutes >> (i % 60) & 1u) != 0;
        gint64 at_ms = matches ? instant_of(schedule, day, i / 60, i % 60) : -1;

        if (at_ms > after_ms && (best == -1 || at_ms < best)) {
            best = at_ms;
        }
    }
    return best;
}

/* The first matching instant after another; G_MAXINT64 when there is none for ten years. */
static gint64 next_match(const TgSchedule *schedule, gint64 after_ms)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(after_ms / 1000);
    g_autoptr(GDateTime) day = utc == NULL ? NULL : g_date_time_to_timezone(utc, schedule->zone);

    if (schedule->interval_ms != 0) {
        gint64 rest = after_ms % schedule->interval_ms;

        return after_ms - (rest < 0 ? rest + schedule->interval_ms : rest) + schedule->interval_ms;
    }
    for (guint i = 0; day != NULL && i < DAYS_MAX; i++) {
        gint64 found =
            tg_cron_matches_day(&schedule->cron, day) ? search_day(schedule, day, after_ms) : -1;

        if (found != -1) {
            return found;
        }
        GDateTime *next = g_date_time_add_days(day, 1);

        g_date_time_unref(day);
        day = next;
    }
    return G_MAXINT64;
}

static gboolean give(const TgSchedule *schedule, gint64 session_ms, TgScheduleTime *out)
{
    if (session_ms == G_MAXINT64) {
        return FALSE;
    }
    out->session_ms = session_ms;
    out->run_ms = session_ms + schedule->delay_ms;
    return TRUE;
}

/* `start` and `end` bound the time of the run, as in Digdag. */
gboolean tg_schedule_next(const TgSchedule *schedule, gint64 after_ms, TgScheduleTime *out)
{
    gint64 next_ms = next_match(schedule, after_ms);

    if (next_ms != G_MAXINT64 && next_ms + schedule->delay_ms < schedule->start_ms) {
        next_ms = next_match(schedule, schedule->start_ms - 1000);
    }
    if (next_ms != G_MAXINT64 && next_ms + schedule->delay_ms >= schedule->end_ms) {
        return FALSE;
    }
    return give(schedule, next_ms, out);
}

/* CronScheduler.lastScheduleTime: it walks forward from two estimated intervals before. Where the
 * interval changes (minutes_interval> 25 at the turn of an hour) the answer can be an instant that
 * no session has; Digdag gives the same (case s06). */
gboolean tg_schedule_last(const TgSchedule *schedule, gint64 before_ms, TgScheduleTime *out)
{
    gint64 next_ms = next_match(schedule, before_ms);
    gint64 after_next_ms = next_ms == G_MAXINT64 ? G_MAXINT64 : next_match(schedule, next_ms);

    if (after_next_ms == G_MAXINT64) {
        return FALSE;
    }
    gint64 last_ms = before_ms - 2 * (after_next_ms - next_ms);

    next_ms = next_match(schedule, last_ms);
    while (next_ms < before_ms) {
        last_ms = next_ms;
        next_ms = next_match(schedule, last_ms);
    }
    return give(schedule, last_ms, out);
}
