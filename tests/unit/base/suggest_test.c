/* Suggestions for mistyped names. */
#include "base/suggest.h"

static const char *const names[] = {"schedule", "timezone", "_parallel", NULL};

static void test_finds_the_nearest_name(void)
{
    g_assert_cmpstr(tg_suggest_one("shedule", names), ==, "schedule");
    g_assert_cmpstr(tg_suggest_one("TimeZone", names), ==, "timezone");
}

static void test_is_silent_when_nothing_is_near(void)
{
    g_autofree char *phrase = tg_suggest_phrase("xyz", names);

    g_assert_null(tg_suggest_one("xyz", names));
    g_assert_cmpstr(phrase, ==, "");
}

static void test_an_overlong_name_is_no_match(void)
{
    g_autofree char *longer = g_strnfill(100000, 's');

    g_assert_null(tg_suggest_one(longer, names));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/suggest/finds-the-nearest-name", test_finds_the_nearest_name);
    g_test_add_func("/base/suggest/is-silent-when-nothing-is-near",
                    test_is_silent_when_nothing_is_near);
    g_test_add_func("/base/suggest/an-overlong-name-is-no-match",
                    test_an_overlong_name_is_no_match);
    return g_test_run();
}
