/* Instants in zones; values from recorded cases s02, s08 and t18. */
#include "schedule/zone.h"

static gint64 instant(const char *zone_name, const char *text)
{
    g_autoptr(GTimeZone) zone = tg_zone_new(zone_name, NULL);
    gint64 at_ms = 0;

    g_assert_true(tg_zone_parse_local(zone, text, &at_ms));
    return at_ms;
}

static void assert_form(const char *zone_name, gint64 at_ms, TgZoneForm form, const char *text)
{
    g_autoptr(GTimeZone) zone = tg_zone_new(zone_name, NULL);
    g_autofree char *found = tg_zone_format(zone, at_ms, form);

    g_assert_cmpstr(found, ==, text);
}

static void test_forms(void)
{
    gint64 at_ms = instant("Asia/Tokyo", "2020-02-28");

    assert_form("Asia/Tokyo", at_ms, TG_ZONE_TIME, "2020-02-28T00:00:00+09:00");
    assert_form("Asia/Tokyo", at_ms, TG_ZONE_DATE, "2020-02-28");
    assert_form("Asia/Tokyo", at_ms, TG_ZONE_DATE_COMPACT, "20200228");
    assert_form("Asia/Tokyo", at_ms, TG_ZONE_LOCAL_TIME, "2020-02-28 00:00:00");
    assert_form("Asia/Tokyo", at_ms, TG_ZONE_OFFSET, "+0900");
    assert_form("Asia/Tokyo", at_ms, TG_ZONE_FOLDER, "20200228T000000+0900");
    assert_form("UTC", at_ms, TG_ZONE_TIME, "2020-02-27T15:00:00+00:00");
    assert_form("America/Los_Angeles", at_ms, TG_ZONE_OFFSET, "-0800");
}

static void test_days_start_at_local_midnight(void)
{
    g_autoptr(GTimeZone) zone = tg_zone_new("America/Los_Angeles", NULL);
    gint64 noon = instant("America/Los_Angeles", "2020-03-08 12:34:56");

    g_assert_cmpint(tg_zone_start_of_day_ms(zone, noon), ==,
                    instant("America/Los_Angeles", "2020-03-08"));
    g_assert_cmpint(tg_zone_start_of_hour_ms(zone, noon), ==,
                    instant("America/Los_Angeles", "2020-03-08 12:00:00"));
}

static void test_names_go_back_to_instants(void)
{
    gint64 at_ms = 0;

    g_assert_true(tg_zone_parse_folder("20200228T000000+0900", &at_ms));
    g_assert_cmpint(at_ms, ==, instant("Asia/Tokyo", "2020-02-28"));
    g_assert_true(tg_zone_parse_time("2020-02-28T00:00:00-08:00", &at_ms));
    g_assert_cmpint(at_ms, ==, instant("America/Los_Angeles", "2020-02-28"));
    g_assert_false(tg_zone_parse_folder("20209999T000000+0900", &at_ms));
    g_assert_false(tg_zone_parse_folder("x", &at_ms));
}

static void test_bad_texts_are_refused(void)
{
    static const char *const bad[] = {"2020-02-30", "2020-2-3", "", "2020-02-03 25:00:00", "today"};
    g_autoptr(GTimeZone) zone = tg_zone_new("UTC", NULL);
    gint64 at_ms = 7;

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(tg_zone_parse_local(zone, bad[i], &at_ms));
    }
    g_assert_cmpint(at_ms, ==, 7);
}

static void test_an_unknown_zone_is_an_error(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_zone_new("Nowhere/City", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/zone/forms", test_forms);
    g_test_add_func("/schedule/zone/days-start-at-local-midnight",
                    test_days_start_at_local_midnight);
    g_test_add_func("/schedule/zone/names-go-back-to-instants", test_names_go_back_to_instants);
    g_test_add_func("/schedule/zone/bad-texts-are-refused", test_bad_texts_are_refused);
    g_test_add_func("/schedule/zone/an-unknown-zone-is-an-error", test_an_unknown_zone_is_an_error);
    return g_test_run();
}
