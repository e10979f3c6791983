/* Every expression of tests/cases/sql gives Trino's answer, or is refused with its reason. */
#include <string.h>

#include "engine/engine.h"

static TgEngine *engine;

/* Rows as the case files write them: cells apart by " | ", NULL and "" in words. */
static gboolean append_rows(TgEngineRows *rows, GString *out, GError **error)
{
    guint count = tg_engine_plan_column_count(tg_engine_rows_plan(rows));
    const char *const *row = NULL;

    for (;;) {
        if (!tg_engine_rows_next(rows, &row, error)) {
            return FALSE;
        }
        if (row == NULL) {
            return TRUE;
        }
        for (guint i = 0; i < count; i++) {
            const char *cell = row[i] == NULL ? "NULL" : (*row[i] == '\0' ? "\"\"" : row[i]);

            g_string_append_printf(out, "%s%s", i == 0 ? "    " : " | ", cell);
        }
        g_string_append_c(out, '\n');
    }
}

static char *run(const char *text)
{
    gboolean is_query = g_str_has_prefix(text, "select ") || g_str_has_prefix(text, "with ");
    g_autofree char *sql = is_query ? g_strdup(text) : g_strdup_printf("select %s", text);
    TgEngineRequest request = {.sql = sql, .now_ms = 1700000000000};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEngineRows) rows = tg_engine_select(engine, &request, &error);
    g_autoptr(GString) out = g_string_new(NULL);

    if (rows == NULL || !append_rows(rows, out, &error)) {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", 2);
        g_autoptr(GRegex) place = g_regex_new("^<query>(:\\d+:\\d+)?: ", 0, 0, NULL);
        g_autofree char *message = g_regex_replace_literal(place, lines[0], -1, 0, "", 0, NULL);

        g_string_printf(out, "    ! %s\n", message);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static guint check(const char *file, const char *text, const char *expected)
{
    g_autofree char *got = text == NULL ? NULL : run(text);

    if (text == NULL || strcmp(got, expected) == 0) {
        return 0;
    }
    g_test_message("%s: %s\nexpected:\n%sgot:\n%s", file, text, expected, got);
    return 1;
}

static void test_file(gconstpointer name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests", "cases", "sql", name, NULL);
    g_autofree char *content = NULL;
    g_autoptr(GString) expected = g_string_new(NULL);
    const char *text = NULL;
    guint wrong = 0;

    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "    ")) {
            g_string_append_printf(expected, "%s\n", lines[i]);
        } else if (*lines[i] != '#' && *lines[i] != '\0') {
            wrong += check(name, text, expected->str);
            g_string_truncate(expected, 0);
            text = lines[i];
        }
    }
    wrong += check(name, text, expected->str);
    g_assert_cmpuint(wrong, ==, 0);
}

int main(int argc, char **argv)
{
    int status = 0;

    g_test_init(&argc, &argv, NULL);
    engine = tg_engine_new(NULL, NULL, NULL);
    g_test_add_data_func("/engine/functions/of-the-research", "functions.txt", test_file);
    g_test_add_data_func("/engine/functions/types-and-traps", "types.txt", test_file);
    status = g_test_run();
    tg_engine_free(engine);
    return status;
}
