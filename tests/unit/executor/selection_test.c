/* Which tasks --start, --goal and +task mean. */
#include "executor/selection.h"

#include <string.h>

#include "params/params.h"
#include "params/yaml.h"

static TgGraph *graph_of(const char *text)
{
    TgSource source = {.name = "main.dig", .text = text, .size_bytes = strlen(text)};
    TgYamlOptions options = {.flavour = TG_YAML_DIGDAG};
    g_autoptr(TgYaml) yaml = tg_yaml_parse(&source, &options, NULL);
    TgGraph *graph = tg_graph_compile("", "+m", tg_yaml_root(yaml), NULL, NULL);

    g_assert_nonnull(graph);
    return graph;
}

static const char text[] = "+a:\n  echo>: 1\n"
                           "+g:\n  +b:\n    echo>: 2\n  +c:\n    echo>: 3\n"
                           "+p:\n  _parallel: true\n  +b:\n    echo>: 4\n  +d:\n    echo>: 5\n";

static guint find(const TgGraph *graph, const char *pattern)
{
    guint index = 0;

    g_assert_true(tg_selection_find(graph, pattern, &index, NULL));
    return index;
}

static int compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_names(GHashTable *names, const char *wanted)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key = NULL;

    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_ptr_array_add(sorted, key);
    }
    g_ptr_array_sort(sorted, compare);
    g_ptr_array_add(sorted, NULL);
    g_autofree char *joined = g_strjoinv(" ", (char **)sorted->pdata);

    g_assert_cmpstr(joined, ==, wanted);
    g_hash_table_unref(names);
}

static void test_a_pattern_is_the_end_of_a_full_name(void)
{
    g_autoptr(TgGraph) graph = graph_of(text);
    g_autoptr(GError) error = NULL;
    guint index = 0;

    g_assert_cmpstr(((TgTaskDefinition *)graph->tasks->pdata[find(graph, "+c")])->full_name, ==,
                    "+m+g+c");
    g_assert_cmpstr(((TgTaskDefinition *)graph->tasks->pdata[find(graph, "+p+b")])->full_name, ==,
                    "+m+p+b");
    g_assert_false(tg_selection_find(graph, "+b", &index, &error));
    g_assert_nonnull(strstr(error->message, "+m+g+b"));
    g_clear_error(&error);
    g_assert_false(tg_selection_find(graph, "+x", &index, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_before_is_all_that_must_be_done_first(void)
{
    g_autoptr(TgGraph) graph = graph_of(text);

    assert_names(tg_selection_before(graph, find(graph, "+c")), "+m +m+a +m+g +m+g+b");
    assert_names(tg_selection_before(graph, find(graph, "+d")), "+m +m+a +m+g +m+g+b +m+g+c +m+p");
    assert_names(tg_selection_before(graph, find(graph, "+a")), "+m");
}

static void test_a_subtree_keeps_its_full_names_and_order(void)
{
    g_autoptr(TgGraph) graph = graph_of(text);
    g_autoptr(TgGraph) part = tg_selection_extract(graph, find(graph, "+g"));
    const TgTaskDefinition *root = part->tasks->pdata[0];
    const TgTaskDefinition *last = part->tasks->pdata[2];

    g_assert_cmpuint(part->tasks->len, ==, 3);
    g_assert_cmpint(root->parent_index, ==, -1);
    g_assert_cmpuint(root->upstreams->len, ==, 0);
    g_assert_cmpstr(last->full_name, ==, "+m+g+c");
    g_assert_cmpuint(g_array_index(last->upstreams, guint, 0), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/executor/selection/a-pattern-is-the-end-of-a-full-name",
                    test_a_pattern_is_the_end_of_a_full_name);
    g_test_add_func("/executor/selection/before-is-all-that-must-be-done-first",
                    test_before_is_all_that_must_be_done_first);
    g_test_add_func("/executor/selection/a-subtree-keeps-its-full-names-and-order",
                    test_a_subtree_keeps_its_full_names_and_order);
    return g_test_run();
}
