/* Instants by Ruby's formats. */
#include "loader/time_format.h"

#include <string.h>

static gboolean parse(const char *pattern, const char *zone_name, const char *text, TgInt128 *out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgTimeFormat) format = tg_time_format_new(pattern, &error);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new(zone_name, &error);
    TgTimeDefaults defaults = {.zone = zone, .year = 1970, .month = 1, .day = 1};

    g_assert_no_error(error);
    return tg_time_format_parse(format, &defaults, text, strlen(text), out);
}

static char *print(const char *pattern, const char *zone_name, TgInt128 nanos)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgTimeFormat) format = tg_time_format_new(pattern, &error);
    g_autoptr(TgTimeZone) zone = tg_time_zone_new(zone_name, &error);
    GString *out = g_string_new(NULL);

    g_assert_no_error(error);
    tg_time_format_write(format, zone, nanos, out);
    return g_string_free(out, FALSE);
}

static void test_reads_as_strptime(void)
{
    static const struct {
        const char *format, *zone, *text, *expected; /* NULL: refused */
    } rows[] = {
        {"%Y-%m-%d %H:%M:%S", "UTC", "2015-01-27 19:23:49", "2015-01-27 19:23:49.000000000"},
        {"%Y-%m-%d %H:%M:%S", "UTC", "2015-01-27 24:00:00", "2015-01-28 00:00:00.000000000"},
        {"%Y-%m-%d %H:%M:%S", "UTC", "2015-01-27 23:59:60", "2015-01-27 23:59:59.000000000"},
        {"%Y-%m-%d %H:%M:%S", "UTC", "2015-01-27 25:00:00", NULL},
        {"%Y-%m-%d %H:%M:%S", "UTC", " 2015-01-27 19:23:49", NULL},
        {"%Y-%m-%d", "UTC", "2015-02-30", "2015-03-02 00:00:00.000000000"},
        {"%Y-%m-%d", "UTC", "2015-01-27 10:00", "2015-01-27 00:00:00.000000000"},
        {"%Y-%m-%d", "UTC", "2015-13-01", NULL},
        {"%Y-%m-%d %H:%M:%S.%N", "UTC", "2015-01-27 19:23:49.1234567891",
         "2015-01-27 19:23:49.123456789"},
        {"%Y-%m-%d %H:%M:%S.%N", "UTC", "2015-01-27 19:23:49.", NULL},
        {"%s.%N", "UTC", "-1.5", "1969-12-31 23:59:58.500000000"},
        {"%Q", "UTC", "-1", "1969-12-31 23:59:59.999000000"},
        {"%Y %j", "UTC", "2015 366", NULL},
        {"%Y %j", "UTC", "2016 366", "2016-12-31 00:00:00.000000000"},
        {"%y%m%d", "UTC", "681231", "2068-12-31 00:00:00.000000000"},
        {"%A, %B %d, %Y", "UTC", "tue, jan 27, 2015", "2015-01-27 00:00:00.000000000"},
        {"%I:%M %p", "UTC", "12:30 AM", "1970-01-01 00:30:00.000000000"},
        {"%Y-%m-%d %H:%M:%S %z", "UTC", "2015-01-27 19:23:49 PDT", "2015-01-28 03:23:49.000000000"},
        {"%Y-%m-%d %H:%M:%S %z", "UTC", "2015-01-27 19:23:49 UTC+9",
         "2015-01-27 10:23:49.000000000"},
        {"%Y-%m-%d %H:%M:%S %z", "UTC", "2015-01-27 19:23:49 +09:30:15",
         "2015-01-27 09:53:34.000000000"},
        {"%Y-%m-%d %H:%M:%S %z", "UTC", "2015-01-27 19:23:49 XYZ", NULL},
        {"%Y-%m-%d %H:%M:%S", "America/Los_Angeles", "2015-03-08 02:30:00",
         "2015-03-08 10:30:00.000000000"},
        {"%Y-%m-%d %H:%M:%S", "America/Los_Angeles", "2015-11-01 01:30:00",
         "2015-11-01 08:30:00.000000000"},
        {"java:yyyy-MM-dd'T'HH:mm:ss.SSS", "UTC", "2015-01-27T19:23:49.500",
         "2015-01-27 19:23:49.500000000"},
        {"java:yyyy-MM-dd", "UTC", "2015-01-27 rest", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TgInt128 nanos = 0;

        g_test_message("%s '%s'", rows[i].format, rows[i].text);
        g_assert_cmpint(parse(rows[i].format, rows[i].zone, rows[i].text, &nanos), ==,
                        rows[i].expected != NULL);
        if (rows[i].expected != NULL) {
            g_autofree char *shown = print("%Y-%m-%d %H:%M:%S.%N", "UTC", nanos);

            g_assert_cmpstr(shown, ==, rows[i].expected);
        }
    }
}

static void test_prints_as_strftime(void)
{
    static const struct {
        const char *format, *zone, *expected;
    } rows[] = {
        {"%Y-%m-%d %H:%M:%S.%6N %z", "UTC", "2015-01-27 19:23:49.012345 +0000"},
        {"%A %a %u %w %G %g %V %U %W", "UTC", "Tuesday Tue 2 2 2015 20 05 04 04"},
        {"%s %Q %% %c", "UTC", "1422386629 %Q % Tue Jan 27 19:23:49 2015"},
        {"%D %F %T %R %r %+", "UTC", "01/27/15 2015-01-27 19:23:49 19:23 07:23:49 PM %+"},
        {"%-d %_d %05d %^a %#p %10Y %-m/%-d/%y", "UTC", "27 27 00027 TUE pm 0000002015 1/27/15"},
        {"%E %i %J %1N %12N %", "UTC", "%E %i %J 0 012345678000 %"},
        {"%H:%M %z %:z %Z", "America/New_York", "14:23 -0500 -05:00 EST"},
    };
    TgInt128 nanos = (TgInt128)1422386629 * 1000000000 + 12345678;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *shown = print(rows[i].format, rows[i].zone, nanos);

        g_assert_cmpstr(shown, ==, rows[i].expected);
    }
}

static void test_refuses_zones_and_patterns_that_it_does_not_know(void)
{
    g_autoptr(GError) zone_error = NULL;
    g_autoptr(GError) pattern_error = NULL;

    g_assert_null(tg_time_zone_new("Asia/Atlantis", &zone_error));
    g_assert_error(zone_error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_null(tg_time_format_new("java:yyyy-MM-dd HH:mm:ss Z", &pattern_error));
    g_assert_error(pattern_error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_dates_go_there_and_back(void)
{
    for (gint64 days = -800000; days < 800000; days += 37) {
        gint64 year = 0;
        guint month = 0;
        guint day = 0;

        tg_days_to_date(days, &year, &month, &day);
        g_assert_cmpint(tg_days_from_date(year, month, day), ==, days);
    }
    g_assert_cmpint(tg_days_from_date(2000, 2, 29), ==, 11016);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/time_format/dates-go-there-and-back", test_dates_go_there_and_back);
    g_test_add_func("/loader/time_format/prints-as-strftime", test_prints_as_strftime);
    g_test_add_func("/loader/time_format/reads-as-strptime", test_reads_as_strptime);
    g_test_add_func("/loader/time_format/refuses-zones-and-patterns-that-it-does-not-know",
                    test_refuses_zones_and_patterns_that_it_does_not_know);
    return g_test_run();
}
