/* Sessions of schedules; rows name the recorded case they stand for. */
#include "schedule/schedule.h"

#include <string.h>

#include "params/params.h"
#include "schedule/cron.h"
#include "schedule/zone.h"

static gint64 at(const char *text)
{
    gint64 ms = 0;

    g_assert_true(tg_zone_parse_time(text, &ms));
    return ms;
}

static TgSchedule *parse(const char *json, const char *zone_name, GError **error)
{
    g_autoptr(json_t) config = json_loads(json, JSON_ALLOW_NUL, NULL);
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);

    g_assert_nonnull(config);
    return tg_schedule_parse(config, zone, error);
}

static void assert_time(const char *zone_name, gint64 ms, const char *wanted, const char *what)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    g_autofree char *text = tg_zone_format(zone, ms, TG_ZONE_TIME);

    if (strcmp(text, wanted) != 0) {
        g_error("%s: got %s, wanted %s", what, text, wanted);
    }
}

typedef struct {
    const char *config;
    const char *zone;
    const char *from;
    const char *last; /* NULL: not looked at */
    const char *next;
    const char *runs;
} Row;

static const Row rows[] = {
    /* s02 */
    {"{\"daily>\": \"07:30:00\"}", "Asia/Tokyo", "2020-03-01T00:00:00+09:00",
     "2020-02-29T00:00:00+09:00", "2020-03-02T00:00:00+09:00", "2020-03-02T07:30:00+09:00"},
    /* s05: months without a 31st are passed over */
    {"{\"monthly>\": \"31,09:00:00\"}", "America/Los_Angeles", "2020-02-10T00:00:00-08:00",
     "2020-01-31T00:00:00-08:00", "2020-03-31T00:00:00-07:00", "2020-03-31T09:00:00-07:00"},
    /* s06: Digdag's estimate gives 05:05 */
    {"{\"minutes_interval>\": 25}", "UTC", "2020-03-01T05:25:00+00:00", "2020-03-01T05:05:00+00:00",
     "2020-03-01T05:50:00+00:00", "2020-03-01T05:50:00+00:00"},
    /* s08: clocks change */
    {"{\"daily>\": \"02:30:00\"}", "America/Los_Angeles", "2020-03-08T00:00:00-08:00",
     "2020-03-07T00:00:00-08:00", "2020-03-09T00:00:00-07:00", "2020-03-09T02:30:00-07:00"},
    {"{\"daily>\": \"02:30:00\"}", "America/Los_Angeles", "2020-11-01T00:00:00-07:00",
     "2020-10-31T00:00:00-07:00", "2020-11-02T00:00:00-08:00", "2020-11-02T02:30:00-08:00"},
    /* s14 */
    {"{\"seconds_interval>\": 40}", "UTC", "2020-03-01T05:25:20+00:00", "2020-03-01T05:24:40+00:00",
     "2020-03-01T05:26:00+00:00", "2020-03-01T05:26:00+00:00"},
    {"{\"hourly>\": \"30:00\"}", "UTC", "2020-03-01T05:25:20+00:00", NULL,
     "2020-03-01T06:00:00+00:00", "2020-03-01T06:30:00+00:00"},
    {"{\"weekly>\": \"Mon,09:00:00\"}", "UTC", "2020-03-01T00:00:00+00:00", NULL,
     "2020-03-02T00:00:00+00:00", "2020-03-02T09:00:00+00:00"},
    {"{\"cron>\": \"15 6,18 * * 1-5\", \"delay\": 60}", "UTC", "2020-02-28T18:15:00+00:00", NULL,
     "2020-03-02T06:15:00+00:00", "2020-03-02T06:16:00+00:00"},
    {"{\"cron>\": \"0 0 L 2 *\"}", "UTC", "2020-01-01T00:00:00+00:00", NULL,
     "2020-02-29T00:00:00+00:00", "2020-02-29T00:00:00+00:00"},
    {"{\"daily>\": \"07:00:00\", \"start\": \"2021-05-05\"}", "UTC", "2020-01-01T00:00:00+00:00",
     NULL, "2021-05-05T00:00:00+00:00", "2021-05-05T07:00:00+00:00"},
};

static void test_sessions_are_those_of_digdag(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TgSchedule) schedule = parse(rows[i].config, rows[i].zone, &error);
        TgScheduleTime time = {0};

        g_assert_no_error(error);
        g_assert_true(tg_schedule_next(schedule, at(rows[i].from), &time));
        assert_time(rows[i].zone, time.session_ms, rows[i].next, rows[i].config);
        assert_time(rows[i].zone, time.run_ms, rows[i].runs, rows[i].config);
        if (rows[i].last != NULL) {
            g_assert_true(tg_schedule_last(schedule, at(rows[i].from), &time));
            assert_time(rows[i].zone, time.session_ms, rows[i].last, rows[i].config);
        }
    }
}

static void test_nothing_follows_the_end(void)
{
    g_autoptr(TgSchedule) schedule =
        parse("{\"daily>\": \"07:00:00\", \"end\": \"2020-01-02\"}", "UTC", NULL);
    TgScheduleTime time = {0};

    g_assert_true(tg_schedule_next(schedule, at("2020-01-01T00:00:00+00:00"), &time));
    g_assert_false(tg_schedule_next(schedule, at("2020-01-02T00:00:00+00:00"), &time));
}

static void test_a_day_that_never_comes_is_none(void)
{
    g_autoptr(TgSchedule) schedule = parse("{\"cron>\": \"0 0 31 2 *\"}", "UTC", NULL);
    TgScheduleTime time = {0};

    g_assert_false(tg_schedule_next(schedule, at("2020-01-01T00:00:00+00:00"), &time));
}

static void test_mistakes_are_told(void)
{
    static const struct {
        const char *config;
        const char *says;
    } wrong[] = {
        {"{\"daily>\": \"25:00\"}", "HH:MM:SS"},
        {"{\"dayly>\": \"07:00:00\"}", "did you mean 'daily'?"},
        {"{\"cron>\": \"* * *\"}", "five fields"},
        {"{\"cron>\": \"61 * * * *\"}", "no minute"},
        {"{\"weekly>\": \"Xxx,09:00:00\"}", "Sun,09:00:00"},
        {"{\"minutes_interval>\": \"x\"}", "number of minutes"},
        {"{\"seconds_interval>\": 0}", "number of seconds"},
        {"{\"start\": \"2020-01-01\"}", "needs one of"},
        {"{\"daily>\": \"07:00:00\", \"start\": \"soon\"}", "no date"},
        {"{\"daily>\": \"07:00:00\", \"start\": \"2020-02-01\", \"end\": \"2020-01-01\"}",
         "'start' is after 'end'"},
        {"[]", "must be a map"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(parse(wrong[i].config, "UTC", &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
        if (strstr(error->message, wrong[i].says) == NULL) {
            g_error("%s: %s", wrong[i].config, error->message);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/schedule/sessions-are-those-of-digdag",
                    test_sessions_are_those_of_digdag);
    g_test_add_func("/schedule/schedule/nothing-follows-the-end", test_nothing_follows_the_end);
    g_test_add_func("/schedule/schedule/a-day-that-never-comes-is-none",
                    test_a_day_that_never_comes_is_none);
    g_test_add_func("/schedule/schedule/mistakes-are-told", test_mistakes_are_told);
    return g_test_run();
}
