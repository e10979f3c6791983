/* JSON as Jackson prints it; values asked of the real Digdag by sh>. */
#include "params/params.h"

static void test_prints_as_jackson_does(void)
{
    static const struct {
        const char *json;
        const char *text;
    } rows[] = {{"1.1", "1.1"},
                {"100000000000000000000.0", "1.0E20"},
                {"1.0", "1.0"},
                {"0.0001", "1.0E-4"},
                {"12345678.9", "1.23456789E7"},
                {"-9223372036854775808", "-9223372036854775808"},
                {"{\"a\": [1, 2.50, null, true, false], \"b\": {}}",
                 "{\"a\":[1,2.5,null,true,false],\"b\":{}}"},
                {"\"q\\\"b\\\\s/\\b\\t\\n\\f\\r\\u0001\\u00e9\"",
                 "\"q\\\"b\\\\s/\\b\\t\\n\\f\\r\\u0001\303\251\""},
                {"[]", "[]"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        g_autofree char *text = tg_params_to_json(value);

        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

static void test_merging_leaves_shared_maps_alone(void)
{
    g_autoptr(json_t) one = json_pack("{s:{s:i}}", "m", "a", 1);
    g_autoptr(json_t) all = json_object();
    g_autoptr(json_t) two = json_pack("{s:{s:i}}", "m", "b", 2);

    tg_params_merge(all, one);
    tg_params_merge(all, two);
    g_assert_cmpuint(json_object_size(json_object_get(all, "m")), ==, 2);
    g_assert_cmpuint(json_object_size(json_object_get(one, "m")), ==, 1);
    g_assert_cmpuint(json_object_size(json_object_get(two, "m")), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/params/json_write/prints-as-jackson-does", test_prints_as_jackson_does);
    g_test_add_func("/params/json_write/merging-leaves-shared-maps-alone",
                    test_merging_leaves_shared_maps_alone);
    return g_test_run();
}
