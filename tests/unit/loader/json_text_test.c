/* JSON texts, compact. */
#include "loader/json_text.h"

#include <string.h>

static void check(const char *text, TgJsonNumbers numbers, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize used = 0;
    const char *reason = tg_json_text_append(out, text, strlen(text), numbers, &used);

    g_test_message("%s", text);
    if (expected == NULL) {
        g_assert_nonnull(reason);
        return;
    }
    g_assert_null(reason);
    g_assert_cmpstr(out->str, ==, expected);
}

static void test_prints_numbers_as_embulk(void)
{
    check("[1, 2.50, 1e20]", TG_JSON_EMBULK_NUMBERS, "[1,2.5,1.0E20]");
    check("12345678901234567890", TG_JSON_EMBULK_NUMBERS, NULL);
}

static void test_keeps_digits_with_exact_types(void)
{
    check("[1, 2.50, 12345678901234567890]", TG_JSON_KEEP_NUMBERS, "[1,2.50,12345678901234567890]");
}

static void test_keeps_order_and_duplicates_of_keys(void)
{
    check("{\"z\":1, \"a\":{\"b\":null}, \"z\":true}", TG_JSON_KEEP_NUMBERS,
          "{\"z\":1,\"a\":{\"b\":null},\"z\":true}");
}

static void test_unescapes_what_need_not_be_escaped(void)
{
    check("\"\\u3042\\n\\/\\\"\"", TG_JSON_KEEP_NUMBERS, "\"あ\\n/\\\"\"");
    check("\"\\ud83d\\ude00\"", TG_JSON_KEEP_NUMBERS, "\"😀\"");
}

static void test_refuses_what_is_no_json(void)
{
    static const char *const texts[] = {"{bad", "[1,]",    "{\"a\"}",          "\"open", "01",
                                        "+1",   "\"\\x\"", "\"a\nb\"",         "{1:2}",  "tru",
                                        "-",    "[",       "\"\\ud83dx\\u0041"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        check(texts[i], TG_JSON_KEEP_NUMBERS, NULL);
    }
}

static void test_refuses_bottomless_nesting(void)
{
    g_autofree char *text = g_strnfill(100000, '[');

    check(text, TG_JSON_KEEP_NUMBERS, NULL);
}

static void test_says_where_the_value_ends(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gsize used = 0;

    g_assert_null(tg_json_text_append(out, "{} x", 4, TG_JSON_KEEP_NUMBERS, &used));
    g_assert_cmpuint(used, ==, 2);
    g_assert_null(tg_json_text_append(out, "  ", 2, TG_JSON_KEEP_NUMBERS, &used));
    g_assert_cmpuint(used, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/json_text/keeps-digits-with-exact-types",
                    test_keeps_digits_with_exact_types);
    g_test_add_func("/loader/json_text/keeps-order-and-duplicates-of-keys",
                    test_keeps_order_and_duplicates_of_keys);
    g_test_add_func("/loader/json_text/prints-numbers-as-embulk", test_prints_numbers_as_embulk);
    g_test_add_func("/loader/json_text/refuses-bottomless-nesting",
                    test_refuses_bottomless_nesting);
    g_test_add_func("/loader/json_text/refuses-what-is-no-json", test_refuses_what_is_no_json);
    g_test_add_func("/loader/json_text/says-where-the-value-ends", test_says_where_the_value_ends);
    g_test_add_func("/loader/json_text/unescapes-what-need-not-be-escaped",
                    test_unescapes_what_need_not_be_escaped);
    return g_test_run();
}
