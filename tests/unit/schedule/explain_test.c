/* Schedules in words, and when `sla:` is due. */
#include "schedule/explain.h"

#include <string.h>

#include "params/params.h"
#include "schedule/zone.h"

static gint64 at(const char *text)
{
    gint64 ms = 0;

    g_assert_true(tg_zone_parse_time(text, &ms));
    return ms;
}

static void test_odd_days_are_noted(void)
{
    static const struct {
        const char *config;
        const char *zone;
        const char *previous; /* the session before, or NULL */
        const char *from;
        const char *says; /* NULL: nothing is odd */
    } rows[] = {
        {"{\"daily>\":\"02:30:00\"}", "America/New_York", NULL, "2026-03-08T00:00:00-05:00",
         "this day has 23 hours"},
        {"{\"daily>\":\"02:30:00\"}", "America/New_York", NULL, "2026-03-08T00:00:00-05:00",
         "1 h later on the clock"},
        {"{\"daily>\":\"02:30:00\"}", "America/New_York", NULL, "2026-11-01T00:00:00-04:00",
         "this day has 25 hours"},
        {"{\"daily>\":\"01:30:00\"}", "Australia/Lord_Howe", NULL, "2026-04-05T00:00:00+11:00",
         "this day has 24 hours and 30 minutes"},
        {"{\"daily>\":\"02:30:00\"}", "Asia/Tokyo", NULL, "2026-03-08T00:00:00+09:00", NULL},
        {"{\"daily>\":\"00:00:00\"}", "America/Sao_Paulo", NULL, "2018-11-03T12:00:00-03:00",
         "clocks skip midnight: the session is 01:00"},
        {"{\"hourly>\":\"00:00\"}", "Europe/Berlin", "2026-10-25T01:00:00+02:00",
         "2026-10-25T01:30:00+02:00", "only the second has a session"},
        {"{\"monthly>\":\"31,00:00:00\"}", "UTC", "2026-03-31T00:00:00+00:00",
         "2026-04-01T00:00:00+00:00", "day 31 does not exist there"},
        {"{\"cron>\":\"*/30 * * * *\"}", "Europe/Berlin", "2026-03-29T01:30:00+01:00",
         "2026-03-29T01:45:00+01:00", "clocks skipped 1 h before"},
        {"{\"seconds_interval>\":30}", "Europe/Berlin", NULL, "2026-03-29T01:45:00+01:00", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) config = json_loads(rows[i].config, 0, NULL);
        g_autoptr(GTimeZone) zone = tg_zone_new(rows[i].zone, NULL);
        g_autoptr(TgSchedule) schedule = tg_schedule_parse(config, zone, NULL);
        TgScheduleTime previous = {0};
        TgScheduleTime time = {0};

        if (rows[i].previous != NULL) {
            previous.session_ms = previous.run_ms = at(rows[i].previous);
        }
        g_assert_true(tg_schedule_next(schedule, at(rows[i].from) - 1000, &time));
        g_autoptr(GPtrArray) notes =
            tg_schedule_notes(config, schedule, rows[i].previous == NULL ? NULL : &previous, &time);

        g_ptr_array_add(notes, NULL);
        g_autofree char *all = g_strjoinv("; ", (char **)notes->pdata);

        if (rows[i].says == NULL ? *all != '\0' : strstr(all, rows[i].says) == NULL) {
            g_error("%s in %s: %s", rows[i].config, rows[i].zone, all);
        }
    }
}

static void test_meanings(void)
{
    static const char *const rows[][2] = {
        {"{\"daily>\":\"07:00:00\"}", "Every day; the session is 00:00 of the day; it runs 7 h"},
        {"{\"hourly>\":\"00:00\"}", "it runs at that time."},
        {"{\"weekly>\":\"Sun,00:00:00\",\"start\":\"2026-01-01\"}", "No run before 2026-01-01."},
        {"{\"monthly>\":\"3,00:00:00\",\"end\":\"2026-01-01\"}", "No run after 2026-01-01."},
        {"{\"minutes_interval>\":25}", "the last interval of an hour is shorter"},
        {"{\"seconds_interval>\":40}", "Every 40 seconds"},
        {"{\"cron>\":\"1 2 3 4 5\"}", "'1 2 3 4 5'"},
        {"{\"_type\":\"daily\",\"at\":\"01:00:00\"}", "Every day"},
        {"{\"daily>\":\"07:00:00\",\"skip_on_overtime\":true,\"skip_delayed_by\":\"1h 5m\"}",
         "while the one before still runs. A session is left out when it would start more than 1 h "
         "5 min late."},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) config = json_loads(rows[i][0], 0, NULL);
        g_autoptr(GTimeZone) zone = tg_zone_new("UTC", NULL);
        g_autoptr(TgSchedule) schedule = tg_schedule_parse(config, zone, NULL);
        g_autofree char *text = tg_schedule_explain(config, schedule);

        if (strstr(text, rows[i][1]) == NULL) {
            g_error("%s: %s", rows[i][0], text);
        }
    }
}

static void test_sla_is_due(void)
{
    static const char *const rows[][4] = {
        {"{\"duration\":\"00:02\"}", "UTC", "2026-01-01T00:00:00+00:00",
         "2026-01-01T00:02:00+00:00"},
        {"{\"duration\":\"01:02:03\"}", "UTC", "2026-01-01T00:00:00+00:00",
         "2026-01-01T01:02:03+00:00"},
        {"{\"time\":\"09:00\"}", "Asia/Tokyo", "2026-01-01T07:00:00+09:00",
         "2026-01-01T09:00:00+09:00"},
        {"{\"time\":\"06:00:30\"}", "Asia/Tokyo", "2026-01-01T07:00:00+09:00",
         "2026-01-02T06:00:30+09:00"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) config = json_loads(rows[i][0], 0, NULL);
        g_autoptr(GTimeZone) zone = tg_zone_new(rows[i][1], NULL);
        g_autoptr(GError) error = NULL;
        g_auto(TgSla) sla = {0};

        g_assert_true(tg_sla_parse(config, &sla, &error));
        g_assert_no_error(error);
        g_assert_cmpint(tg_sla_due_ms(&sla, at(rows[i][2]), zone), ==, at(rows[i][3]));
        g_assert_true(sla.alert);
        g_assert_false(sla.fail);
    }
}

static void test_sla_mistakes_are_told(void)
{
    static const char *const rows[][2] = {
        {"{}", "either the 'time' or 'duration'"},
        {"{\"time\":\"09:00\",\"duration\":\"00:01\"}", "either the 'time' or 'duration'"},
        {"{\"time\":\"9\"}", "HH:MM or HH:MM:SS"},
        {"{\"duration\":\"a:b\"}", "HH:MM or HH:MM:SS"},
        {"{\"time\":\"09:00\",\"alert\":\"perhaps\"}", "alert"},
        {"[]", "must be a map"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) config = json_loads(rows[i][0], 0, NULL);
        g_autoptr(GError) error = NULL;
        g_auto(TgSla) sla = {0};

        g_assert_false(tg_sla_parse(config, &sla, &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, rows[i][1]));
    }
}

static void test_sla_words(void)
{
    g_autoptr(json_t) config =
        json_loads("{\"time\":\"09:00\",\"fail\":true,\"+a\":{\"echo>\":1}}", 0, NULL);
    g_auto(TgSla) sla = {0};

    g_assert_true(tg_sla_parse(config, &sla, NULL));
    g_autofree char *text = tg_sla_explain(&sla);

    g_assert_cmpstr(text, ==,
                    "When an attempt is not done by 09:00:00: an alert is sent, the attempt "
                    "fails, its own tasks run.");
    g_assert_cmpuint(json_object_size(sla.tasks), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/explain/odd-days-are-noted", test_odd_days_are_noted);
    g_test_add_func("/schedule/explain/meanings", test_meanings);
    g_test_add_func("/schedule/explain/sla-is-due", test_sla_is_due);
    g_test_add_func("/schedule/explain/sla-mistakes-are-told", test_sla_mistakes_are_told);
    g_test_add_func("/schedule/explain/sla-words", test_sla_words);
    return g_test_run();
}
