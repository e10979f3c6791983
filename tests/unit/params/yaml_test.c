/* YAML flavours, places, includes and limits. */
#include "params/yaml.h"

#include <string.h>

#include "base/file.h"
#include "params/params.h"

static TgYaml *parse(const char *text, TgYamlFlavour flavour, GError **error)
{
    TgSource source = {.name = "a.dig", .text = text, .size_bytes = strlen(text)};
    TgYamlOptions options = {.flavour = flavour};

    return tg_yaml_parse(&source, &options, error);
}

static void assert_parses(const char *text, TgYamlFlavour flavour, const char *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgYaml) yaml = parse(text, flavour, &error);

    g_assert_no_error(error);
    g_autofree char *found = tg_params_to_json(tg_yaml_root(yaml));

    g_assert_cmpstr(found, ==, json);
}

static void assert_fails(const char *text, const char *message_part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgYaml) yaml = parse(text, TG_YAML_DIGDAG, &error);

    g_assert_null(yaml);
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    if (strstr(error->message, message_part) == NULL) {
        g_error("'%s' is not in: %s", message_part, error->message);
    }
}

/* Cases t14 and t15 of the recorded Digdag. */
static void test_digdag_scalars(void)
{
    assert_parses("v: [yes, no, on, off, true, True, FALSE, ~, null, \"\", 2020-01-01, 12:30:00, "
                  "1:30, \"01\", +1, .inf, y, n, 0.5, 09]",
                  TG_YAML_DIGDAG,
                  "{\"v\":[\"yes\",\"no\",\"on\",\"off\",true,true,\"FALSE\",null,null,\"\","
                  "\"2020-01-01\",\"12:30:00\",\"1:30\",\"01\",1,\"Infinity\",\"y\",\"n\",\"0.5\","
                  "\"09\"]}");
    assert_parses("v: [0755, 0x1F, 1_000, -0, 9007199254740993, 0b101]", TG_YAML_DIGDAG,
                  "{\"v\":[493,31,1000,0,9007199254740993,5]}");
    assert_parses("v: [.5, 1., 1e3, 2.50]", TG_YAML_DIGDAG, "{\"v\":[0.5,1.0,1000.0,2.5]}");
}

static void test_embulk_scalars(void)
{
    assert_parses("v: [yes, Off, 0777, 1_000, 1:30, 0.5, 2015-01-01, ~]", TG_YAML_EMBULK,
                  "{\"v\":[true,false,511,1000,90,0.5,\"2015-01-01\",null]}");
}

static void test_keeps_the_order_of_keys(void)
{
    assert_parses("z: 1\na: 2\nm: {y: 1, b: 2}\n", TG_YAML_DIGDAG,
                  "{\"z\":1,\"a\":2,\"m\":{\"y\":1,\"b\":2}}");
}

static void test_merge_keys_come_first_and_give_way(void)
{
    assert_parses("b: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n", TG_YAML_DIGDAG,
                  "{\"b\":{\"x\":1,\"y\":2},\"d\":{\"x\":1,\"y\":3}}");
    assert_parses("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nd:\n  <<: [*a, *b]\n", TG_YAML_DIGDAG,
                  "{\"a\":{\"x\":1},\"b\":{\"x\":2,\"y\":2},\"d\":{\"x\":1,\"y\":2}}");
}

static void test_errors_have_a_place(void)
{
    assert_fails("+a:\n\tsh>: echo\n", "a.dig:2:1: a tab cannot indent YAML");
    assert_fails("a: 1\na: 2\n", "a.dig:2:1: the key 'a' is there twice");
    assert_fails("a: *x\n", "a.dig:1:4: the alias *x");
    assert_fails("a: [1, 2\nb: 3\n", "a.dig:2:");
    assert_fails("a: !!python/object x\n", "unknown tag");
    assert_fails("!include : 'x.dig'\n", "!include does not work here");
    assert_fails("a: \xff\xfe\n", "UTF-8");
}

static void test_the_top_must_be_a_map(void)
{
    assert_fails("", "the file is empty");
    assert_fails("# only a comment\n", "the file is empty");
    assert_fails("- 1\n", "must be a map");
}

static void test_a_bomb_of_aliases_is_refused(void)
{
    g_autoptr(GString) text = g_string_new("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");

    for (int i = 1; i < 12; i++) {
        g_string_append_printf(text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++) {
            g_string_append_printf(text, "%s*a%d", j == 0 ? "" : ", ", i - 1);
        }
        g_string_append(text, "]\n");
    }
    assert_fails(text->str, "aliases expand to more than");
}

static void test_depth_is_limited(void)
{
    g_autoptr(GString) text = g_string_new("a: ");

    for (int i = 0; i < 100000; i++) {
        g_string_append_c(text, '[');
    }
    assert_fails(text->str, "nested more than");
}

static void test_errors_can_point_at_a_key(void)
{
    g_autoptr(TgYaml) yaml = parse("+a:\n  sh>: x\n  tyop: 1\n", TG_YAML_DIGDAG, NULL);
    g_autoptr(GError) error = NULL;

    tg_yaml_error(yaml, "+a/tyop", &error, "unknown key");
    g_assert_cmpstr(error->message, ==, "a.dig:3:3: unknown key\n     3 |   tyop: 1\n       |   ^");
}

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_true(tg_file_write(path, text, strlen(text), NULL));
}

static void test_includes_merge_in_place(void)
{
    g_autofree char *folder = g_dir_make_tmp("tegaru-yaml-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "main.dig", NULL);
    g_autoptr(GError) error = NULL;

    write_file(folder, "main.dig", "x: 1\n!include : 'sub/a.dig'\n!include : 'sub/b.dig'\nz: 3\n");
    write_file(folder, "sub/a.dig", "a: {k: 1}\n!include : 'c.dig'\n");
    write_file(folder, "sub/b.dig", "a: {l: 2}\n");
    write_file(folder, "sub/c.dig", "c: 9\n");
    g_autoptr(TgYaml) yaml = tg_yaml_load(path, "main.dig", TG_YAML_DIGDAG, &error);

    g_assert_no_error(error);
    g_autofree char *json = tg_params_to_json(tg_yaml_root(yaml));

    g_assert_cmpstr(json, ==, "{\"x\":1,\"a\":{\"k\":1,\"l\":2},\"c\":9,\"z\":3}");
    g_assert_true(tg_file_remove_folder(folder, NULL));
}

static void test_a_file_that_includes_itself_is_refused(void)
{
    g_autofree char *folder = g_dir_make_tmp("tegaru-yaml-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "main.dig", NULL);
    g_autoptr(GError) error = NULL;

    write_file(folder, "main.dig", "!include : 'main.dig'\n");
    g_assert_null(tg_yaml_load(path, "main.dig", TG_YAML_DIGDAG, &error));
    g_assert_nonnull(strstr(error->message, "does 'main.dig' include itself?"));
    g_assert_true(tg_file_remove_folder(folder, NULL));
}

static void test_includes_stay_in_the_project(void)
{
    g_autofree char *folder = g_dir_make_tmp("tegaru-yaml-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "main.dig", NULL);
    g_autoptr(GError) error = NULL;

    write_file(folder, "main.dig", "!include : '../etc/passwd'\n");
    g_assert_null(tg_yaml_load(path, "main.dig", TG_YAML_DIGDAG, &error));
    g_assert_nonnull(strstr(error->message, "leaves the project"));
    g_assert_true(tg_file_remove_folder(folder, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/params/yaml/digdag-scalars", test_digdag_scalars);
    g_test_add_func("/params/yaml/embulk-scalars", test_embulk_scalars);
    g_test_add_func("/params/yaml/keeps-the-order-of-keys", test_keeps_the_order_of_keys);
    g_test_add_func("/params/yaml/merge-keys", test_merge_keys_come_first_and_give_way);
    g_test_add_func("/params/yaml/errors-have-a-place", test_errors_have_a_place);
    g_test_add_func("/params/yaml/the-top-must-be-a-map", test_the_top_must_be_a_map);
    g_test_add_func("/params/yaml/a-bomb-of-aliases-is-refused", test_a_bomb_of_aliases_is_refused);
    g_test_add_func("/params/yaml/depth-is-limited", test_depth_is_limited);
    g_test_add_func("/params/yaml/errors-can-point-at-a-key", test_errors_can_point_at_a_key);
    g_test_add_func("/params/yaml/includes-merge-in-place", test_includes_merge_in_place);
    g_test_add_func("/params/yaml/a-file-that-includes-itself-is-refused",
                    test_a_file_that_includes_itself_is_refused);
    g_test_add_func("/params/yaml/includes-stay-in-the-project", test_includes_stay_in_the_project);
    return g_test_run();
}
