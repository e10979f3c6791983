/* Digdag's schedulers: all but seconds_interval are patterns on the local clock. */
#include "schedule/schedule.h"

#include <string.h>

#include "base/suggest.h"
#include "params/duration.h"
#include "params/params.h"
#include "schedule/cron.h"
#include "schedule/zone.h"

#define DAY_MS ((gint64)24 * 3600 * 1000)
#define DELAY_SECONDS_MAX ((gint64)100 * 366 * 24 * 3600)

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

GTimeZone *tg_schedule_zone(const TgSchedule *schedule)
{
    return schedule->zone;
}

/* Java's Integer.parseInt. */
static gboolean parse_integer(const char *text, gint64 *out)
{
    const char *digits = *text == '+' ? text + 1 : text;

    return g_ascii_isdigit(digits[*digits == '-' && digits == text ? 1 : 0]) &&
           g_ascii_string_to_signed(digits, 10, G_MININT32, G_MAXINT32, out, NULL);
}

/* "HH:MM:SS" or "MM:SS" to milliseconds. Digdag sets no limits: 25:00:00 is an hour after the next
 * midnight. Colons at the end do not count. */
static gboolean parse_clock(const char *text, guint parts, gint64 *out_ms)
{
    g_auto(GStrv) numbers = g_strsplit(text, ":", -1);
    guint count = g_strv_length(numbers);
    gint64 seconds = 0;

    while (count > 0 && *numbers[count - 1] == '\0') {
        count--;
    }
    if (count != parts) {
        return FALSE;
    }
    for (guint i = 0; i < parts; i++) {
        gint64 number = 0;

        if (!parse_integer(numbers[i], &number)) {
            return FALSE;
        }
        seconds = seconds * 60 + number;
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

/* A minus is refused although cron4j would take "-1" for 1, as Digdag does. */
static gboolean parse_weekly(TgSchedule *schedule, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", 2);
    gboolean is_pair = g_strv_length(parts) == 2 && *g_strstrip(parts[0]) != '-';
    g_autofree char *cron = is_pair ? g_strdup_printf("0 0 * * %s", parts[0]) : g_strdup("");

    return (is_pair && parse_clock(g_strstrip(parts[1]), 3, &schedule->delay_ms) &&
            tg_cron_parse(cron, &schedule->cron, NULL)) ||
           fail_format("weekly", text, "DDD,HH:MM:SS, as in Sun,09:00:00", error);
}

static gboolean parse_monthly(TgSchedule *schedule, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", 2);
    gint64 day = 0;
    gboolean is_pair = g_strv_length(parts) == 2 && parse_integer(parts[0], &day);
    g_autofree char *cron = g_strdup_printf("0 0 %" G_GINT64_FORMAT " * *", day);

    return (is_pair && parse_clock(parts[1], 3, &schedule->delay_ms) &&
            tg_cron_parse(cron, &schedule->cron, NULL)) ||
           fail_format("monthly", text, "D,HH:MM:SS, as in 1,09:00:00", error);
}

/* An integer as Jackson takes it: 2.7 is 2. */
static gboolean parse_count(const char *text, gint64 *out)
{
    char *end = NULL;
    gdouble number = g_ascii_strtod(text, &end);

    if (end == text || *end != '\0' || !(number >= 1 && number <= G_MAXINT32)) {
        return FALSE;
    }
    *out = (gint64)number;
    return TRUE;
}

static gboolean parse_minutes_interval(TgSchedule *schedule, const char *text, GError **error)
{
    gint64 count = 0;
    gboolean is_count = parse_count(text, &count);
    g_autofree char *cron = g_strdup_printf("*/%" G_GINT64_FORMAT " * * * *", count);

    return (is_count && tg_cron_parse(cron, &schedule->cron, NULL)) ||
           fail_format("minutes_interval", text, "a number of minutes", error);
}

static gboolean parse_seconds_interval(TgSchedule *schedule, const char *text, GError **error)
{
    gint64 seconds = 0;

    if (!parse_count(text, &seconds)) {
        return fail_format("seconds_interval", text, "a number of seconds", error);
    }
    schedule->interval_ms = seconds * 1000;
    return TRUE;
}

static gboolean parse_cron(TgSchedule *schedule, const char *text, GError **error)
{
    return tg_cron_parse(text, &schedule->cron, error);
}

typedef struct {
    const char *name;
    gboolean has_delay;  /* reads `delay` */
    gboolean has_bounds; /* reads `start` and `end` */
    gboolean has_at;     /* reads `at` when nothing follows the name */
    gboolean (*parse)(TgSchedule *schedule, const char *text, GError **error);
} Kind;

static const Kind kinds[] = {
    {"hourly", FALSE, TRUE, TRUE, parse_hourly},
    {"daily", FALSE, TRUE, TRUE, parse_daily},
    {"weekly", FALSE, TRUE, TRUE, parse_weekly},
    {"monthly", FALSE, TRUE, TRUE, parse_monthly},
    {"minutes_interval", TRUE, TRUE, FALSE, parse_minutes_interval},
    {"seconds_interval", TRUE, FALSE, FALSE, parse_seconds_interval},
    {"cron", TRUE, TRUE, FALSE, parse_cron},
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

const char *tg_schedule_kind_name(guint index)
{
    return index < G_N_ELEMENTS(kinds) ? kinds[index].name : NULL;
}

/* The key that names the kind, "daily>"; NULL: none. Lent. */
static const char *kind_key(const json_t *config)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        gsize size = strlen(key);

        if (size > 1 && key[size - 1] == '>') {
            return key;
        }
    }
    return NULL;
}

/* The kind and what follows it. The caller frees *out_text. */
static const Kind *find_kind(const json_t *config, char **out_text, GError **error)
{
    const char *key = kind_key(config);
    json_t *type = json_object_get(config, "_type");
    g_autofree char *name = NULL;
    json_t *value = NULL;

    if (json_is_string(type)) {
        name = g_strdup(json_string_value(type));
        value = json_object_get(config, "_command");
    } else if (key != NULL) {
        name = g_strndup(key, strlen(key) - 1);
        value = json_object_get(config, key);
    } else {
        g_autofree char *text = tg_params_to_json(config);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Schedule config requires 'type>: at' parameter: %s; it needs one of hourly>, "
                    "daily>, weekly>, monthly>, minutes_interval>, seconds_interval>, cron>",
                    text);
        return NULL;
    }
    const Kind *kind = kind_named(name, error);

    if (kind == NULL) {
        return NULL;
    }
    if (!json_is_string(type) ? FALSE : kind->has_at && (value == NULL || json_is_null(value))) {
        value = json_object_get(config, "at");
    }
    if (value == NULL || json_is_null(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s>' is required but null", name);
        return NULL;
    }
    *out_text = tg_params_to_text(value);
    return kind;
}

/* A date as the start of that day; `days` later. */
static gboolean read_date(const TgSchedule *schedule, const json_t *config, const char *key,
                          gint64 days, gint64 *out_ms, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gint64 day_ms = 0;

    if (!tg_params_dup_text_or(config, key, NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    if (strlen(text) != strlen("2020-01-31") || !tg_zone_parse_local(utc, text, &day_ms)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid %s: %s is no date; write it as 2020-01-31", key, text);
        return FALSE;
    }
    g_autofree char *date = tg_zone_format(utc, day_ms + days * DAY_MS, TG_ZONE_DATE);

    return tg_zone_parse_local(schedule->zone, date, out_ms);
}

static gboolean read_options(TgSchedule *schedule, const json_t *config, const Kind *kind,
                             GError **error)
{
    gint64 delay_s = 0;

    if (kind->has_delay) {
        if (!tg_params_get_int64(config, "delay", 0, &delay_s, error)) {
            return FALSE;
        }
        schedule->delay_ms = CLAMP(delay_s, -DELAY_SECONDS_MAX, DELAY_SECONDS_MAX) * 1000;
    }
    if (!kind->has_bounds) {
        return TRUE;
    }
    if (!read_date(schedule, config, "start", 0, &schedule->start_ms, error) ||
        !read_date(schedule, config, "end", 1, &schedule->end_ms, error)) {
        return FALSE;
    }
    if (schedule->start_ms >= schedule->end_ms) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "The schedule of end is earlier than start: 'start' is after 'end'");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_map(const json_t *config, GError **error)
{
    if (!json_is_object(config)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "schedule: must be a map: {daily>: 07:00:00}");
        return FALSE;
    }
    return TRUE;
}

TgSchedule *tg_schedule_parse(const json_t *config, GTimeZone *zone, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(TgSchedule) schedule = NULL;
    const Kind *kind = check_map(config, error) ? find_kind(config, &text, error) : NULL;

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

char *tg_schedule_unused_keys(const json_t *config)
{
    static const char *const always[] = {
        "skip_on_overtime", "skip_delayed_by", "start", "end", "_type", "_command", NULL};
    const char *kind_name = kind_key(config);
    g_autofree char *text = NULL;
    const Kind *kind = find_kind(config, &text, NULL);
    const char *names[G_N_ELEMENTS(always) + 2] = {NULL};
    g_autoptr(GString) all = g_string_new(NULL);
    const char *key = NULL;
    json_t *value = NULL;

    if (kind == NULL) {
        return NULL;
    }
    memcpy(names, always, sizeof always);
    names[G_N_ELEMENTS(always) - 1] = kind->has_delay ? "delay" : kind->has_at ? "at" : NULL;
    json_object_foreach ((json_t *)config, key, value) {
        if (g_strv_contains(names, key) || g_strcmp0(key, kind_name) == 0) {
            continue;
        }
        g_autofree char *hint = tg_suggest_phrase(key, names);

        g_string_append_printf(all, "%sParameter '%s' is not used at schedule.%s",
                               all->len == 0 ? "" : "\n", key, hint);
    }
    return all->len == 0 ? NULL : g_strdup(all->str);
}

gboolean tg_schedule_parse_skip(const json_t *config, TgScheduleSkip *out, GError **error)
{
    TgScheduleSkip skip = {.skip_delayed_ms = -1};
    g_autofree char *delay = NULL;
    gint64 delay_s = 0;

    if (!check_map(config, error) ||
        !tg_params_get_boolean(config, "skip_on_overtime", FALSE, &skip.skip_on_overtime, error) ||
        !tg_params_dup_text_or(config, "skip_delayed_by", NULL, &delay, error)) {
        return FALSE;
    }
    if (delay != NULL) {
        if (!tg_duration_parse(delay, &delay_s)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "schedule: 'skip_delayed_by: %s' is no duration; write it as 10m or 1h 30m",
                        delay);
            return FALSE;
        }
        skip.skip_delayed_ms = delay_s * 1000;
    }
    *out = skip;
    return TRUE;
}

/* ---- looking for a session ---- */

static gint64 floor_to(gint64 at_ms, gint64 unit_ms)
{
    gint64 rest = at_ms % unit_ms;

    return at_ms - (rest < 0 ? rest + unit_ms : rest);
}

/* The first matching instant after another; FALSE when there is none. */
static gboolean next_match(const TgSchedule *schedule, gint64 after_ms, gint64 *out_ms)
{
    gint64 found_s = 0;

    if (schedule->interval_ms != 0) {
        *out_ms = floor_to(after_ms, schedule->interval_ms) + schedule->interval_ms;
        return TRUE;
    }
    if (!tg_cron_next(&schedule->cron, schedule->zone, floor_to(after_ms, 1000) / 1000, &found_s)) {
        return FALSE;
    }
    *out_ms = found_s * 1000;
    return TRUE;
}

static void give(const TgSchedule *schedule, gint64 session_ms, TgScheduleTime *out)
{
    out->session_ms = session_ms;
    out->run_ms = session_ms + schedule->delay_ms;
}

/* `start` and `end` bound the time of the run, as in Digdag. */
gboolean tg_schedule_next(const TgSchedule *schedule, gint64 after_ms, TgScheduleTime *out)
{
    gint64 next_ms = 0;

    if (!next_match(schedule, after_ms, &next_ms) ||
        next_ms + schedule->delay_ms >= schedule->end_ms) {
        return FALSE;
    }
    if (next_ms + schedule->delay_ms < schedule->start_ms &&
        !next_match(schedule, schedule->start_ms - 1000, &next_ms)) {
        return FALSE;
    }
    give(schedule, next_ms, out);
    return TRUE;
}

gboolean tg_schedule_first(const TgSchedule *schedule, gint64 from_ms, TgScheduleTime *out)
{
    gint64 second_ms = floor_to(from_ms, 1000);

    if (schedule->interval_ms != 0) {
        return tg_schedule_next(schedule, from_ms - 1, out); /* Digdag forgets the delay here */
    }
    return tg_schedule_next(
        schedule, (second_ms == from_ms ? second_ms - 1000 : second_ms) - schedule->delay_ms, out);
}

/* CronScheduler.lastScheduleTime: it walks forward from two estimated intervals before. Where the
 * interval changes (minutes_interval> 25 at the turn of an hour) the answer can be an instant that
 * no session has; Digdag gives the same (case s06). */
gboolean tg_schedule_last(const TgSchedule *schedule, gint64 before_ms, TgScheduleTime *out)
{
    gint64 next_ms = 0;
    gint64 after_next_ms = 0;

    if (schedule->interval_ms != 0) {
        give(schedule, floor_to(before_ms - 1, schedule->interval_ms), out);
        return TRUE;
    }
    if (!next_match(schedule, before_ms, &next_ms) ||
        !next_match(schedule, next_ms, &after_next_ms)) {
        return FALSE;
    }
    gint64 last_ms = before_ms - 2 * (after_next_ms - next_ms);

    while (next_match(schedule, last_ms, &next_ms) && next_ms < before_ms && next_ms > last_ms) {
        last_ms = next_ms;
    }
    give(schedule, last_ms, out);
    return TRUE;
}
