/* Typed access with Digdag's conversions. */
#include "params/params.h"

static json_t *object(const char *text)
{
    json_error_t problem;
    json_t *value = json_loads(text, 0, &problem);

    g_assert_nonnull(value);
    return value;
}

static void test_numbers_and_text_convert(void)
{
    g_autoptr(json_t) params = object("{\"n\": 5, \"t\": \"7\", \"b\": \"true\", \"r\": 2.0}");
    g_autofree char *text = tg_params_dup_text(params, "n", NULL);
    gint64 number = 0;
    gboolean flag = FALSE;

    g_assert_cmpstr(text, ==, "5");
    g_assert_true(tg_params_get_int64(params, "t", 0, &number, NULL));
    g_assert_cmpint(number, ==, 7);
    g_assert_true(tg_params_get_int64(params, "r", 0, &number, NULL));
    g_assert_cmpint(number, ==, 2);
    g_assert_true(tg_params_get_boolean(params, "b", FALSE, &flag, NULL));
    g_assert_true(flag);
}

static void test_wrong_types_name_the_key(void)
{
    g_autoptr(json_t) params = object("{\"m\": {\"a\": 1}, \"t\": \"seven\"}");
    g_autoptr(GError) map = NULL;
    g_autoptr(GError) number = NULL;
    g_autoptr(GError) missing = NULL;
    gint64 value = 3;

    g_assert_null(tg_params_dup_text(params, "m", &map));
    g_assert_cmpstr(map->message, ==,
                    "Expected string type for key 'm' but got {\"a\":1} (object)");
    g_assert_false(tg_params_get_int64(params, "t", 0, &value, &number));
    g_assert_cmpint(value, ==, 3);
    g_assert_cmpstr(number->message, ==,
                    "Expected integer (int) type for key 't' but got \"seven\" (string)");
    g_assert_null(tg_params_dup_text(params, "none", &missing));
    g_assert_cmpstr(missing->message, ==, "Parameter 'none' is required but not set");
}

static void test_nested_values_may_be_json_text(void)
{
    g_autoptr(json_t) params = object("{\"l\": \"[1,2]\", \"m\": {\"a\": 1}, \"x\": \"[1\"}");
    g_autoptr(json_t) list = tg_params_parse_list(params, "l", NULL);
    g_autoptr(json_t) map = tg_params_parse_map(params, "m", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(json_array_size(list), ==, 2);
    g_assert_cmpuint(json_object_size(map), ==, 1);
    g_assert_null(tg_params_parse_list(params, "x", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

/* Case t20: maps merge key by key, lists and scalars replace. */
static void test_merge_is_deep(void)
{
    g_autoptr(json_t) into = object("{\"m\": {\"a\": 1, \"b\": [1]}, \"k\": 1}");
    g_autoptr(json_t) from = object("{\"m\": {\"b\": [2], \"c\": 3}, \"k\": {\"x\": 1}}");

    tg_params_merge(into, from);
    g_autofree char *json = tg_params_to_json(into);

    g_assert_cmpstr(json, ==, "{\"m\":{\"a\":1,\"b\":[2],\"c\":3},\"k\":{\"x\":1}}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/params/params/numbers-and-text-convert", test_numbers_and_text_convert);
    g_test_add_func("/params/params/wrong-types-name-the-key", test_wrong_types_name_the_key);
    g_test_add_func("/params/params/nested-values-may-be-json-text",
                    test_nested_values_may_be_json_text);
    g_test_add_func("/params/params/merge-is-deep", test_merge_is_deep);
    return g_test_run();
}
