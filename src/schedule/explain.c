/* Words for schedules. */
#include "schedule/explain.h"

#include <string.h>

#include "params/params.h"
#include "schedule/zone.h"

#define HOUR_S ((gint64)3600)
#define DAY_S (24 * HOUR_S)

/* "1 h 30 min", "0 s". */
static char *duration_words(gint64 seconds)
{
    static const struct {
        const char *unit;
        gint64 seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    g_autoptr(GString) out = g_string_new(seconds < 0 ? "-" : "");
    gint64 rest = ABS(seconds);

    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        gint64 count = rest / units[i].seconds;

        if (count > 0 || (out->len == 0 && units[i].seconds == 1)) {
            g_string_append_printf(out, "%s%" G_GINT64_FORMAT " %s", out->len > 1 ? " " : "", count,
                                   units[i].unit);
        }
        rest %= units[i].seconds;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The kind's name and its text, "daily" and "07:00:00". */
static void read_kind(const json_t *config, char **out_kind, char **out_text)
{
    const char *key = NULL;
    json_t *value = json_object_get(config, "_command");
    json_t *type = json_object_get(config, "_type");
    const char *name = NULL;
    json_t *each = NULL;

    if (json_is_string(type)) {
        *out_kind = g_strdup(json_string_value(type));
        value = value == NULL ? json_object_get(config, "at") : value;
        *out_text = tg_params_to_text(value);
        return;
    }
    json_object_foreach ((json_t *)config, name, each) {
        if (key == NULL && g_str_has_suffix(name, ">")) {
            key = name;
            value = each;
        }
    }
    *out_kind = key == NULL ? g_strdup("") : g_strndup(key, strlen(key) - 1);
    *out_text = tg_params_to_text(value);
}

/* When sessions are, without the delay. */
static char *sessions_words(const char *kind, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", 2);

    if (strcmp(kind, "hourly") == 0) {
        return g_strdup("Every hour; the session is the full hour");
    }
    if (strcmp(kind, "daily") == 0) {
        return g_strdup("Every day; the session is 00:00 of the day");
    }
    if (strcmp(kind, "weekly") == 0) {
        return g_strdup_printf("Every week on %s; the session is 00:00 of the day", parts[0]);
    }
    if (strcmp(kind, "monthly") == 0) {
        return g_strdup_printf(
            "Every month on day %s, but not in months without it; the session is 00:00 of the day",
            parts[0]);
    }
    if (strcmp(kind, "minutes_interval") == 0) {
        guint64 minutes = g_ascii_strtoull(text, NULL, 10);

        return g_strdup_printf("Every %s minutes, counted anew from each full hour%s", text,
                               minutes > 0 && 60 % minutes == 0
                                   ? ""
                                   : " (so the last interval of an hour is shorter)");
    }
    if (strcmp(kind, "seconds_interval") == 0) {
        return g_strdup_printf("Every %s seconds, counted from 1970-01-01 00:00 UTC", text);
    }
    return g_strdup_printf("At the times that match the cron pattern '%s' (all five fields must "
                           "match, day of the month and weekday together)",
                           text);
}

/* What start, end and the skip_ keys add. */
static void add_bounds(GString *out, const json_t *config, const char *kind)
{
    const char *first = json_string_value(json_object_get(config, "start"));
    const char *last = json_string_value(json_object_get(config, "end"));
    gboolean has_bounds = strcmp(kind, "seconds_interval") != 0;
    TgScheduleSkip skip = {.skip_delayed_ms = -1};

    if (has_bounds && first != NULL) {
        g_string_append_printf(out, " No run before %s.", first);
    }
    if (has_bounds && last != NULL) {
        g_string_append_printf(out, " No run after %s.", last);
    }
    if (!tg_schedule_parse_skip(config, &skip, NULL)) {
        return;
    }
    if (skip.skip_on_overtime) {
        g_string_append(out, " A session is left out while the one before still runs.");
    }
    if (skip.skip_delayed_ms >= 0) {
        g_autofree char *late = duration_words(skip.skip_delayed_ms / 1000);

        g_string_append_printf(out, " A session is left out when it would start more than %s late.",
                               late);
    }
}

char *tg_schedule_explain(const json_t *config, const TgSchedule *schedule)
{
    g_autofree char *kind = NULL;
    g_autofree char *text = NULL;
    TgScheduleTime time = {0};

    read_kind(config, &kind, &text);
    g_autofree char *sessions = sessions_words(kind, text);
    GString *out = g_string_new(sessions);
    gboolean has_last = tg_schedule_last(schedule, (gint64)1500000000 * 1000, &time);
    gint64 delay_s = has_last ? (time.run_ms - time.session_ms) / 1000 : 0;
    g_autofree char *delay = duration_words(delay_s);

    g_string_append_printf(out, "; it runs %s%s", delay_s == 0 ? "at that time" : delay,
                           delay_s == 0 ? "." : " later.");
    add_bounds(out, config, kind);
    return g_string_free(out, FALSE);
}

static void note(GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(GPtrArray *notes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(notes, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static void note_day(GPtrArray *notes, GTimeZone *zone, gint64 at_ms)
{
    gint64 day_ms = tg_zone_start_of_day_ms(zone, at_ms);
    gint64 next_ms = tg_zone_start_of_day_ms(zone, day_ms + 36 * HOUR_S * 1000);
    gint64 length_s = (next_ms - day_ms) / 1000;

    if (length_s != DAY_S) {
        g_autofree char *minutes =
            length_s % HOUR_S == 0 ? g_strdup("")
                                   : g_strdup_printf(" and %d minutes", (int)(length_s / 60 % 60));
        g_autofree char *shift = duration_words(ABS(length_s - DAY_S));

        note(notes, "this day has %d hours%s: clocks go %s by %s", (int)(length_s / HOUR_S),
             minutes, length_s < DAY_S ? "forward" : "back", shift);
    }
}

/* How much clocks went back within the last hours before an instant: 0 when not, or when the time
 * was not shown before. */
static gint64 shown_before_s(GTimeZone *zone, gint64 at_s)
{
    for (gint64 hours = 1; hours <= 3; hours++) {
        gint64 shift = tg_zone_offset(zone, at_s - hours * HOUR_S) - tg_zone_offset(zone, at_s);

        if (shift > 0 && tg_zone_offset(zone, at_s - shift) - tg_zone_offset(zone, at_s) == shift) {
            return shift;
        }
    }
    return 0;
}

/* The run is at another time of the clock than the delay says. */
static void note_run(GPtrArray *notes, GTimeZone *zone, const TgScheduleTime *session)
{
    gint64 shift = tg_zone_offset(zone, session->run_ms / 1000) -
                   tg_zone_offset(zone, session->session_ms / 1000);

    if (shift != 0) {
        g_autofree char *local = tg_zone_format(zone, session->run_ms, TG_ZONE_LOCAL_TIME);
        g_autofree char *words = duration_words(ABS(shift));

        note(notes,
             "clocks change between the session and its run: the run is at %s, %s %s on "
             "the clock",
             local + strlen("2020-01-31 "), words, shift > 0 ? "later" : "earlier");
    }
    if (shown_before_s(zone, session->run_ms / 1000) != 0) {
        note(notes, "clocks show the time of the run twice: it is the second time");
    }
}

/* Sessions that a reader would expect between two neighbours. */
static void note_gap(GPtrArray *notes, const char *kind, GTimeZone *zone,
                     const TgScheduleTime *previous, const TgScheduleTime *session)
{
    gint64 from_s = previous->session_ms / 1000;
    gint64 to_s = session->session_ms / 1000;
    gint64 shift = tg_zone_offset(zone, to_s) - tg_zone_offset(zone, from_s);
    TgZoneClock from = tg_zone_clock(zone, from_s);
    TgZoneClock to = tg_zone_clock(zone, to_s);
    int months = (to.year - from.year) * 12 + to.month - from.month;

    if (strcmp(kind, "monthly") == 0 && months > 1) {
        note(notes, "no session in %d month%s before: day %d does not exist there", months - 1,
             months == 2 ? "" : "s", to.day);
    }
    if (shift == 0 || to_s - from_s > DAY_S / 2) {
        return;
    }
    g_autofree char *words = duration_words(ABS(shift));

    if (shift < 0 && strcmp(kind, "hourly") == 0 && to_s - from_s > HOUR_S) {
        note(notes, "clocks showed this hour twice: only the second has a session");
    } else if (shift > 0) {
        note(notes, "clocks skipped %s before this session", words);
    } else {
        note(notes, "clocks went back by %s before this session", words);
    }
}

GPtrArray *tg_schedule_notes(const json_t *config, const TgSchedule *schedule,
                             const TgScheduleTime *previous, const TgScheduleTime *session)
{
    GPtrArray *notes = g_ptr_array_new_with_free_func(g_free);
    GTimeZone *zone = tg_schedule_zone(schedule);
    g_autofree char *kind = NULL;
    g_autofree char *text = NULL;
    TgZoneClock clock = tg_zone_clock(zone, session->session_ms / 1000);

    read_kind(config, &kind, &text);
    if (strcmp(kind, "seconds_interval") == 0) {
        return notes; /* no clock of a zone takes part */
    }
    if (previous == NULL || tg_zone_start_of_day_ms(zone, previous->session_ms) !=
                                tg_zone_start_of_day_ms(zone, session->session_ms)) {
        note_day(notes, zone, session->session_ms);
    }
    if (tg_zone_start_of_day_ms(zone, session->run_ms) !=
        tg_zone_start_of_day_ms(zone, session->session_ms)) {
        note_day(notes, zone, session->run_ms);
    }
    if (previous != NULL) {
        note_gap(notes, kind, zone, previous, session);
    }
    if (strcmp(kind, "cron") != 0 && strcmp(kind, "hourly") != 0 &&
        strcmp(kind, "minutes_interval") != 0 && (clock.hour != 0 || clock.minute != 0)) {
        note(notes, "clocks skip midnight: the session is %02d:%02d", clock.hour, clock.minute);
    }
    note_run(notes, zone, session);
    return notes;
}

char *tg_sla_explain(const TgSla *sla)
{
    g_autoptr(GPtrArray) acts = g_ptr_array_new();
    g_autofree char *when =
        sla->is_duration ? duration_words(((gint64)sla->hour * 60 + sla->minute) * 60 + sla->second)
                         : g_strdup_printf("%02d:%02d:%02d", sla->hour, sla->minute, sla->second);

    if (sla->alert) {
        g_ptr_array_add(acts, (gpointer) "an alert is sent");
    }
    if (sla->fail) {
        g_ptr_array_add(acts, (gpointer) "the attempt fails");
    }
    if (json_object_size(sla->tasks) > 0) {
        g_ptr_array_add(acts, (gpointer) "its own tasks run");
    }
    g_ptr_array_add(acts, NULL);
    g_autofree char *all = g_strjoinv(", ", (char **)acts->pdata);

    return g_strdup_printf("When an attempt is not done %s%s: %s.",
                           sla->is_duration ? "within " : "by ", when,
                           *all == '\0' ? "nothing happens (alert: false)" : all);
}
