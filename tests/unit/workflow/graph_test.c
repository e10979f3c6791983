/* Compiling a workflow: what is refused, and where. */
#include "workflow/graph.h"

#include <string.h>

#include "params/params.h"
#include "params/yaml.h"

typedef struct {
    const char *text;
    const char *path;
    const char *part;
} Row;

static const Row rows[] = {
    {"+a: {sh>: x, echo>: y}\n", "+a/echo>", "A task can't have more than one operator"},
    {"+a:\n  sh>: x\n  +b: {sh>: y}\n", "+a/", "A task can't have subtasks"},
    {"+a:\n  shedule: x\n", "+a/shedule", "'shedule' (did you mean [schedule]?)"},
    {"_parallel: true\n+a: {sh>: x}\n+b: {sh>: x, _after: [+z]}\n", "+b/_after",
     "Dependency task '+z' does not exist"},
    {"+a: {sh>: x}\n+b: {sh>: x, _after: [+a]}\n", "+b/_after",
     "Setting \"_after\" option is invalid"},
    {"_parallel: true\n+a: {sh>: x, _background: true}\n", "+a/_background", "(unnecessary)"},
    {"_parallel: 5\n+a: {sh>: x}\n", "_parallel", "Invalid _parallel format: 5"},
    {"_parallel: {}\n+a: {sh>: x}\n", "_parallel", "needs a limit"},
    {"+a b: {sh>: x}\n", "+a b", "must not contain character ' '"},
    {"+a: text\n", "+a", "must be a map"},
    {"+a:\n  sh>: x\n  _error: {sh>: y, echo>: z}\n", "+a/_error/echo>", "more than one operator"},
    {"_export: [1]\n+a: {sh>: x}\n", "_export", "_export must be a map"},
};

static void test_says_what_is_wrong_and_where(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TgSource source = {
            .name = "m.dig", .text = rows[i].text, .size_bytes = strlen(rows[i].text)};
        TgYamlOptions options = {.flavour = TG_YAML_DIGDAG};
        g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        g_autoptr(TgGraph) graph = tg_graph_compile("", "+m", tg_yaml_root(yaml), &path, &error);

        g_assert_null(graph);
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
        if (strstr(error->message, rows[i].part) == NULL || strcmp(path, rows[i].path) != 0) {
            g_error("%s: at '%s': %s", rows[i].text, path, error->message);
        }
    }
}

static void test_depth_is_limited(void)
{
    g_autoptr(json_t) config = json_pack("{s:s}", "sh>", "x");
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 1000; i++) {
        config = json_pack("{s:o}", "+a", config);
    }
    g_assert_null(tg_graph_compile("", "+m", config, NULL, &error));
    g_assert_nonnull(strstr(error->message, "nested more than"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workflow/graph/says-what-is-wrong-and-where",
                    test_says_what_is_wrong_and_where);
    g_test_add_func("/workflow/graph/depth-is-limited", test_depth_is_limited);
    return g_test_run();
}
