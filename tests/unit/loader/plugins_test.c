/* The smaller plug-ins: parser json, filters, formatter csv, input config. */
#include <string.h>

#include "params/params.h"
#include "support/loader.h"

#define STDOUT "out: {type: stdout}\nexec: {min_output_tasks: 1}\n"

typedef struct {
    const char *options, *text, *printed; /* printed NULL: the load must fail */
} JsonRow;

static void test_json_as_embulk(void)
{
    static const JsonRow rows[] = {
        {"", "{\"a\":1}\n {\"b\": [1, 2.50]}{\"c\":3}", "{\"a\":1}\n{\"b\":[1,2.5]}\n{\"c\":3}\n"},
        {"", "{\"a\":1}\n5\n[1]\n", "{\"a\":1}\n"},
        {"", "{\"a\":1}\n{a:2}\n", NULL},
        {"", "{\"a\":", NULL},
        {"", "{\"a\":\"x\\qy\"}", NULL},
        {"invalid_string_escapes: UNESCAPE, ", "{\"a\":\"x\\qy\\u12z\"}", "{\"a\":\"xqyu12z\"}\n"},
        {"invalid_string_escapes: SKIP, ", "{\"a\":\"x\\qy\"}", "{\"a\":\"xy\"}\n"},
        {"stop_on_invalid_record: true, ", "[1]", NULL},
        {"columns: [{name: a, type: long}, {name: s, type: string}], ",
         "{\"a\":\"12\",\"s\":[1,\"x\"]}\n{}", "12,[1,\"x\"]\n,\n"},
        {"columns: [{name: a, type: long}], ", "{\"a\":\"x\"}", NULL},
        {"columns: [{name: t, type: timestamp, format: '%Y-%m-%d'}], ",
         "{\"t\":\"abc\"}\n{\"t\":\"2015-01-27\"}", "2015-01-27\n"},
        {"columns: [{name: c, type: string, element_at: '/a/b~1/1'}], ",
         "{\"a\":{\"b/\":[1,\"deep\"]}}\n{\"a\":5}", "deep\n\n"},
        {"flatten_json_array: true, columns: [{name: a, type: long}], ",
         "[{\"a\":1},5,{\"a\":2}]\n[{\"a\":3}]\n[]\n{\"a\":9}", "1\n3\n"},
        {"root: /r, columns: [{name: a, type: long}], ", "{\"r\":{\"a\":1}}\n{}", "1\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strdup_printf(
            "in: {type: file, path_prefix: a.json, parser: {%stype: json}}\n" STDOUT,
            rows[i].options);

        g_test_message("%s", rows[i].text);
        tg_test_load_write_text(load, "a.json", rows[i].text);
        if (rows[i].printed == NULL) {
            g_free(tg_test_load_fail(load, yaml, FALSE));
            continue;
        }
        tg_test_load_run(load, yaml, FALSE);
        g_assert_cmpstr(load->printed->str, ==, rows[i].printed);
    }
}

static void test_json_values_may_be_larger_than_a_read(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GString) text = g_string_new("{\"a\":\"");
    gsize size = 300000;

    for (gsize i = 0; i < size; i++) {
        g_string_append_c(text, 'x');
    }
    g_string_append(text, "\"}\n");
    tg_test_load_write_text(load, "a.json", text->str);
    tg_test_load_run(load, "in: {type: file, path_prefix: a.json, parser: {type: json}}\n" STDOUT,
                     TRUE);
    g_assert_cmpstr(load->printed->str, ==, text->str);
}

#define CONFIG_IN                                                                                  \
    "in: {type: config, columns: [{name: aB, type: long}, {name: 'c d', type: string}, {name: "    \
    "c_d, "                                                                                        \
    "type: string}], values: [[[1, x, y]]]}\n"

static void test_filters(void)
{
    static const struct {
        const char *filters, *header; /* NULL: refused */
    } rows[] = {
        {"{type: rename, columns: {aB: z}}", "z,c d,c_d"},
        {"{type: rename, columns: {nope: z}}", NULL},
        {"{type: rename, rules: [{rule: upper_to_lower}]}", "ab,c d,c_d"},
        {"{type: rename, rules: [{rule: lower_to_upper}]}", "AB,C D,C_D"},
        {"{type: rename, rules: [{rule: character_types, pass_types: [a-z, A-Z]}]}", "aB,c_d,c_d"},
        {"{type: rename, rules: [{rule: character_types, pass_types: [a-z, A-Z], pass_characters: "
         "'_'}, {rule: unique_number_suffix}]}",
         "aB,c_d,c_d_2"},
        {"{type: rename, rules: [{rule: truncate, max_length: 1}]}", "a,c,c"},
        {"{type: rename, rules: [{rule: regex_replace, match: '(.) (.)', replace: '$2-$1'}]}",
         "aB,d-c,c_d"},
        {"{type: rename, rules: [{rule: regex_replace, match: '(', replace: x}]}", NULL},
        {"{type: rename, rules: [{rule: first_character_types, pass_types: [A-Z], prefix: X}]}",
         "XaB,Xc d,Xc_d"},
        {"{type: rename, rules: [{rule: first_character_types, pass_types: [A-Z]}]}", NULL},
        {"{type: rename, rules: [{rule: nope}]}", NULL},
        {"{type: remove_columns, remove: [aB]}", "c d,c_d"},
        {"{type: remove_columns, keep: [c_d, aB]}", "aB,c_d"},
        {"{type: remove_columns, keep: [x]}", NULL},
        {"{type: remove_columns, keep: [x, aB], accept_unmatched_columns: true}", "aB"},
        {"{type: remove_columns}", NULL},
        {"{type: remove_columns, keep: [aB], remove: [aB]}", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strdup_printf(
            CONFIG_IN "filters: [%s]\nout: {type: stdout, prints_column_names: true}\nexec: "
                      "{min_output_tasks: 1}\n",
            rows[i].filters);

        g_test_message("%s", rows[i].filters);
        if (rows[i].header == NULL) {
            g_free(tg_test_load_fail(load, yaml, FALSE));
            continue;
        }
        tg_test_load_run(load, yaml, FALSE);
        g_assert_true(g_str_has_prefix(load->printed->str, rows[i].header));
        g_assert_cmpint(load->printed->str[strlen(rows[i].header)], ==, '\n');
    }
}

static void test_formats_csv_as_embulk(void)
{
    static const struct {
        const char *options, *text; /* NULL: refused */
    } rows[] = {
        {"", "n,s\r\n1,\"a,b\"\r\n2,\"l\n\"\"m\"\r\n3,\r\n4,\"\"\r\n"},
        {"quote_policy: ALL, newline: LF, header_line: false",
         "\"1\",\"a,b\"\n\"2\",\"l\n\"\"m\"\n\"3\",\n\"4\",\"\"\n"},
        {"quote_policy: NONE, newline: LF, header_line: false, null_string: N",
         "1,a\\,b\n2,l\\\n\"m\n3,N\n4,\n"},
        {"delimiter: '|', newline: LF, newline_in_field: CR, escape: '\\', header_line: false",
         "1|a,b\n2|\"l\r\\\"m\"\n3|\n4|\"\"\n"},
        {"delimiter: ab", NULL},
        {"quote_policy: SOME", NULL},
        {"newline: X", NULL},
        {"charset: nope", NULL},
        {"column_options: {x: {}}", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strdup_printf(
            "in: {type: config, columns: [{name: n, type: long}, {name: s, type: string}], values: "
            "[[[1, 'a,b'], [2, \"l\\r\\n\\\"m\"], [3, null], [4, '']]]}\n"
            "out: {type: file, path_prefix: o, file_ext: csv, formatter: {type: csv, %s}}\n"
            "exec: {min_output_tasks: 1}\n",
            rows[i].options);

        g_test_message("%s", rows[i].options);
        if (rows[i].text == NULL) {
            g_free(tg_test_load_fail(load, yaml, FALSE));
            continue;
        }
        tg_test_load_run(load, yaml, FALSE);
        g_autofree char *text = tg_test_load_read(load, "o000.00.csv");

        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/filter/filters", test_filters);
    g_test_add_func("/loader/formatter/formats-csv-as-embulk", test_formats_csv_as_embulk);
    g_test_add_func("/loader/json/json-as-embulk", test_json_as_embulk);
    g_test_add_func("/loader/json/json-values-may-be-larger-than-a-read",
                    test_json_values_may_be_larger_than_a_read);
    return g_test_run();
}
