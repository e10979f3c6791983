/* tegaru sql lint: what is wrong or dear in SQL files. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "catalog/table.h"
#include "cli/sql_actions.h"
#include "cli/state.h"
#include "params/params.h"
#include "query/query.h"
#include "sql/lint.h"

typedef struct {
    TgCatalog *catalog; /* NULL: no table is known */
    const char *database;
    GPtrArray *keys; /* of the table that was asked for last: char *, NULL at the end */
} Known;

static const char *const *partition_keys(gpointer data, const char *database, const char *table)
{
    Known *known = data;
    g_autoptr(json_t) found =
        known->catalog == NULL
            ? NULL
            : tg_catalog_get_table(known->catalog, database == NULL ? known->database : database,
                                   table, NULL);
    const json_t *keys = found == NULL ? NULL : tg_table_partition_keys(found);
    json_t *key = NULL;
    gsize i = 0;

    g_ptr_array_set_size(known->keys, 0);
    json_array_foreach ((json_t *)keys, i, key) {
        g_ptr_array_add(known->keys, g_strdup(json_string_value(json_object_get(key, "Name"))));
    }
    g_ptr_array_add(known->keys, NULL);
    return (const char *const *)known->keys->pdata;
}

static void print_finding(const TgStatement *statement, const TgSqlFinding *finding,
                          gboolean as_json)
{
    TgPlace place = tg_source_place(&statement->source, finding->offset);

    if (as_json) {
        g_autoptr(json_t) one = json_pack(
            "{s:s, s:i, s:i, s:s, s:s}", "file", statement->source_name, "line", (int)place.line,
            "column", (int)place.column, "rule", finding->rule, "message", finding->message);
        g_autofree char *text = tg_params_to_json(one);

        (void)puts(text);
        return;
    }
    (void)printf("%s:%u:%u: %s (%s)\n", statement->source_name, place.line, place.column,
                 finding->message, finding->rule);
}

/* Whether a table's name comes next. */
static gboolean is_before_table(const char *text, const char *at)
{
    static const char *const words[] = {"from", "join", "into", "table", "."};

    while (at > text && g_ascii_isspace(at[-1])) {
        at--;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize size = strlen(words[i]);

        if ((gsize)(at - text) >= size && g_ascii_strncasecmp(at - size, words[i], size) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* One template from `at` to `end`, by a name or a number of the same length. */
static void fill_template(const char *text, char *at, const char *end)
{
    gboolean is_name = is_before_table(text, at);
    const char filling = " p"[is_name ? 1 : 0];

    for (char *inside = at; inside <= end; inside++) {
        if (*inside != '\n') {
            *inside = filling;
        }
    }
    *at = "0p"[is_name ? 1 : 0];
}

/* ${…} outside of quotes is filled so that places stay. */
static void fill_templates(char *text)
{
    gboolean in_quotes = FALSE;

    for (char *at = text; *at != '\0'; at++) {
        char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;

        in_quotes = *at == '\'' ? !in_quotes : in_quotes;
        if (end != NULL && !in_quotes) {
            fill_template(text, at, end);
            at = end;
        }
    }
}

/* How many findings; -1 with an error for a file that cannot be read or parsed. */
static int lint_file(const char *file, const TgCliSqlOptions *options, Known *known, GError **error)
{
    const TgSqlLintContext context = {partition_keys, known};
    g_autofree char *text = NULL;
    gsize size = 0;

    if (!tg_file_read(file, TG_QUERY_SQL_BYTES_MAX, &text, &size, error)) {
        return -1;
    }
    fill_templates(text);
    g_autoptr(TgStatement) statement = tg_statement_parse(text, size, file, error);

    if (statement == NULL) {
        return -1;
    }
    g_autoptr(GPtrArray) findings = tg_sql_lint(statement, &context);

    for (guint i = 0; i < findings->len; i++) {
        print_finding(statement, findings->pdata[i], options->as_json);
    }
    return (int)findings->len;
}

int tg_cli_sql_lint(const TgCli *cli, const TgCliSqlOptions *options, char **files)
{
    g_autoptr(TgCliState) state = tg_cli_state_new(options->project);
    g_autofree char *catalog = g_build_filename(state->folder, "catalog.sqlite", NULL);
    Known known = {.database = options->database == NULL ? "default" : options->database,
                   .keys = g_ptr_array_new_with_free_func(g_free)};
    gboolean has_catalog = g_file_test(catalog, G_FILE_TEST_EXISTS);
    GError *error = NULL;
    int findings = 0;
    int status = 0;

    known.catalog = has_catalog ? tg_cli_state_catalog(state, &error) : NULL;
    if (has_catalog && known.catalog == NULL) {
        status = tg_cli_fail(cli, error);
    }
    for (guint i = 0; status == 0 && files[i] != NULL; i++) {
        int count = lint_file(files[i], options, &known, &error);

        if (count < 0) { /* the others are looked at, too */
            (void)fprintf(stderr, "%s\n", error->message);
            g_clear_error(&error);
            count = 1;
        }
        findings += count;
    }
    g_ptr_array_unref(known.keys);
    return status != 0 ? status : findings > 0 ? 1 : 0;
}
