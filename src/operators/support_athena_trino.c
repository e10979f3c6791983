/* CTAS, APAS and looks on Trino. */
#include "operators/support_athena_trino.h"

#include <string.h>

#include "operators/support_athena_staging.h"
#include "params/params.h"
#include "sql/quote.h"

#define COLUMNS_MAX 10000 /* of a table */

/* One statement whose rows do not matter. *out_done FALSE: it runs. */
static gboolean run(TgAthenaChain *chain, const char *name, const char *sql, gboolean *out_done,
                    GError **error)
{
    const TgAthenaStatement statement = {name, sql, NULL};
    g_autoptr(json_t) execution = NULL;

    if (!tg_athena_chain_run(chain, &statement, &execution, error)) {
        return FALSE;
    }
    *out_done = execution != NULL;
    return TRUE;
}

/* --- a table --- */

static char *with_clause(const TgTrinoCtas *ctas)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const TgAthenaTarget *o = ctas->target;
    const char *name = NULL;
    json_t *value = NULL;

    if (o->format != NULL && json_object_get(ctas->additional_properties, "format") == NULL) {
        g_autofree char *upper = g_ascii_strup(o->format, -1);
        g_autofree char *quoted = tg_sql_quote(upper, '\'');

        g_string_append_printf(out, "format = %s", quoted);
    }
    if (json_array_size(ctas->partitioned_by) > 0) {
        g_string_append_printf(out, "%spartitioned_by = ARRAY[", out->len == 0 ? "" : ", ");
        for (gsize i = 0; i < json_array_size(ctas->partitioned_by); i++) {
            g_autofree char *quoted =
                tg_sql_quote(json_string_value(json_array_get(ctas->partitioned_by, i)), '\'');

            g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", quoted);
        }
        g_string_append_c(out, ']');
    }
    json_object_foreach ((json_t *)ctas->additional_properties, name, value) {
        g_autofree char *raw = tg_params_to_text(value);

        g_string_append_printf(out, "%s%s = %s", out->len == 0 ? "" : ", ", name, raw);
    }
    return out->len == 0 ? g_strdup("") : g_strdup_printf(" WITH (%s)", out->str);
}

static char *create_text(const TgTrinoCtas *ctas, const char *table)
{
    g_autofree char *with = with_clause(ctas);
    g_autofree char *quoted = tg_sql_quote(table, '"');
    g_autofree char *select = tg_athena_bare_select(ctas->target->sql);
    gboolean is_empty = strcmp(ctas->table_mode, "empty") == 0;

    return g_strdup_printf("CREATE TABLE %s%s AS\n%s\nWITH %sDATA", quoted, with, select,
                           is_empty ? "NO " : "");
}

/* Done is what the server says with the number of rows. */
static gboolean create(const TgTrinoCtas *ctas, const char *table, gboolean *out_done,
                       gint64 *out_rows, GError **error)
{
    g_autofree char *sql = create_text(ctas, table);
    const TgAthenaStatement statement = {"store", sql, NULL};
    g_autoptr(json_t) execution = NULL;

    if (!tg_athena_chain_run(ctas->chain, &statement, &execution, error)) {
        return FALSE;
    }
    *out_done = execution != NULL;
    if (execution != NULL && !tg_athena_chain_count(ctas->chain, execution, out_rows, error)) {
        return FALSE;
    }
    if (execution != NULL && *out_rows < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "Trino ended the statement without saying how many rows it wrote; nothing was "
                    "published");
        return FALSE;
    }
    return TRUE;
}

static gboolean drop(TgAthenaChain *chain, const char *name, const char *table, gboolean *out_done,
                     GError **error)
{
    g_autofree char *quoted = tg_sql_quote(table, '"');
    g_autofree char *sql = g_strconcat("DROP TABLE IF EXISTS ", quoted, NULL);

    return run(chain, name, sql, out_done, error);
}

static gboolean rename_table(TgAthenaChain *chain, const char *from, const char *to,
                             gboolean *out_done, GError **error)
{
    g_autofree char *old = tg_sql_quote(from, '"');
    g_autofree char *new = tg_sql_quote(to, '"');
    g_autofree char *sql = g_strdup_printf("ALTER TABLE %s RENAME TO %s", old, new);

    return run(chain, "rename", sql, out_done, error);
}

/* The name of the table that a statement writes first: the same in each turn. */
static char *staging_name(TgAthenaChain *chain, const char *table)
{
    g_autofree char *name = NULL;

    if (!tg_athena_chain_has(chain->turn, "staging")) {
        g_autofree char *random = g_uuid_string_random();

        random[8] = '\0';
        name = g_strdup_printf("%s_tegaru_%s", table, random);
        tg_athena_chain_set(chain->turn, "staging", name);
    }
    return g_strdup(tg_athena_chain_get(chain->turn, "staging"));
}

static void note_receipt(const TgAthenaChain *chain, const TgAthenaTarget *o, gint64 rows,
                         const json_t *tests)
{
    json_t *receipt = json_pack("{s:s*, s:s, s:I, s:O*}", "database", o->database, "table",
                                o->table, "rows", (json_int_t)rows, "tests", tests);

    tg_athena_chain_note(chain, receipt);
    chain->turn->receipt = receipt;
}

/* *out_done TRUE with a receipt when `ignore` finds the table. */
static gboolean check_ignore(const TgTrinoCtas *ctas, gboolean *out_go_on, gboolean *out_done,
                             GError **error)
{
    const TgAthenaTarget *o = ctas->target;
    gboolean exists = FALSE;

    *out_go_on = TRUE;
    if (strcmp(o->save_mode, "overwrite") == 0 ||
        tg_athena_chain_has(ctas->chain->turn, "looked")) {
        return TRUE;
    }
    if (!tg_trino_table_exists(ctas->chain, o->database, o->table, out_done, &exists, error)) {
        return FALSE;
    }
    *out_go_on = *out_done;
    if (!*out_done) {
        return TRUE;
    }
    tg_athena_chain_set(ctas->chain->turn, "looked", "true");
    if (exists && strcmp(o->save_mode, "ignore") == 0) {
        *out_go_on = FALSE;
        ctas->chain->turn->receipt =
            json_pack("{s:b, s:s*, s:s}", "skipped", 1, "database", o->database, "table", o->table);
    } else if (exists) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "'%s.%s' already exists", o->database,
                    o->table);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_trino_ctas(const TgTrinoCtas *ctas, gboolean *out_done, GError **error)
{
    g_autofree char *staging = staging_name(ctas->chain, ctas->target->table);
    const char *written = ctas->is_direct ? ctas->target->table : staging;
    const TgAthenaStaging tested = {.chain = ctas->chain, .table = written};
    g_autoptr(json_t) tests = NULL;
    gboolean goes_on = TRUE;
    gint64 rows = -1;
    gboolean ok = check_ignore(ctas, &goes_on, out_done, error);

    if (!ok || !goes_on) {
        return ok;
    }
    *out_done = TRUE;
    ok = !ctas->is_direct || drop(ctas->chain, "drop", ctas->target->table, out_done, error);
    ok = ok && (!*out_done || create(ctas, written, out_done, &rows, error));
    ok = ok && (!*out_done || tg_athena_stage_test(&tested, ctas->tests, out_done, &tests, error));
    if (!ctas->is_direct) {
        ok = ok && (!*out_done || drop(ctas->chain, "drop", ctas->target->table, out_done, error));
        ok = ok && (!*out_done ||
                    rename_table(ctas->chain, staging, ctas->target->table, out_done, error));
    }
    if (ok && *out_done) {
        note_receipt(ctas->chain, ctas->target, rows, tests);
    }
    return ok;
}

/* --- a partition --- */

/* The columns of the table with their types, in order. */
static gboolean list_columns(const TgTrinoApas *apas, gboolean *out_done, json_t **out_rows,
                             GError **error)
{
    g_autofree char *schema = tg_sql_quote(apas->target->database, '\'');
    g_autofree char *table = tg_sql_quote(apas->target->table, '\'');
    g_autofree char *sql =
        g_strdup_printf("SELECT column_name, data_type FROM information_schema.columns WHERE "
                        "table_schema = %s AND table_name = %s ORDER BY ordinal_position",
                        schema, table);
    const TgAthenaStatement statement = {"columns", sql, NULL};
    g_autoptr(json_t) result = NULL;

    if (!tg_athena_chain_select(apas->chain, &statement, COLUMNS_MAX, &result, error)) {
        return FALSE;
    }
    *out_done = result != NULL;
    if (result == NULL) {
        return TRUE;
    }
    if (json_array_size(json_object_get(result, "rows")) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s does not exist.",
                    apas->target->database, apas->target->table);
        return FALSE;
    }
    *out_rows = json_incref(json_object_get(result, "rows"));
    return TRUE;
}

/* INSERT INTO t SELECT its columns by name, the partition's values as texts of their type. */
static char *insert_text(const TgTrinoApas *apas, const char *staging, const json_t *columns)
{
    g_autofree char *table = tg_sql_quote(apas->target->table, '"');
    g_autofree char *from = tg_sql_quote(staging, '"');
    GString *out = g_string_new(NULL);
    json_t *column = NULL;
    gsize i = 0;

    g_string_append_printf(out, "INSERT INTO %s SELECT ", table);
    json_array_foreach ((json_t *)columns, i, column) {
        const char *name = json_string_value(json_array_get(column, 0));
        json_t *value = json_object_get(apas->partition_kv, name);
        g_autofree char *quoted = tg_sql_quote(name, '"');

        g_string_append(out, i == 0 ? "" : ", ");
        if (value == NULL) {
            g_string_append(out, quoted);
        } else {
            g_autofree char *text = tg_params_to_text(value);
            g_autofree char *literal = tg_sql_quote(text, '\'');

            g_string_append_printf(out, "CAST(%s AS %s)", literal,
                                   json_string_value(json_array_get(column, 1)));
        }
    }
    g_string_append_printf(out, " FROM %s", from);
    return g_string_free(out, FALSE);
}

static gboolean insert(const TgTrinoApas *apas, const char *staging, const json_t *columns,
                       gboolean *out_done, gint64 *out_rows, GError **error)
{
    g_autofree char *sql = insert_text(apas, staging, columns);
    const TgAthenaStatement statement = {"insert", sql, NULL};
    g_autoptr(json_t) execution = NULL;

    if (!tg_athena_chain_run(apas->chain, &statement, &execution, error)) {
        return FALSE;
    }
    *out_done = execution != NULL;
    return execution == NULL || tg_athena_chain_count(apas->chain, execution, out_rows, error);
}

gboolean tg_trino_apas(const TgTrinoApas *apas, gboolean *out_done, GError **error)
{
    g_autofree char *staging = staging_name(apas->chain, apas->target->table);
    TgAthenaTarget select = *apas->target;
    TgTrinoCtas first = {.chain = apas->chain, .target = &select, .table_mode = "default"};
    const TgAthenaStaging tested = {.chain = apas->chain, .table = staging};
    g_autoptr(json_t) columns = NULL;
    g_autoptr(json_t) tests = NULL;
    gint64 staged = -1;
    gint64 rows = -1;

    select.format = NULL;
    *out_done = TRUE;
    gboolean ok = list_columns(apas, out_done, &columns, error);

    ok = ok && (!*out_done || create(&first, staging, out_done, &staged, error));
    ok = ok && (!*out_done || tg_athena_stage_test(&tested, apas->tests, out_done, &tests, error));
    ok = ok && (!*out_done || insert(apas, staging, columns, out_done, &rows, error));
    if (ok && *out_done && rows != staged) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "%" G_GINT64_FORMAT " rows were staged, but Trino says that it inserted "
                    "%" G_GINT64_FORMAT,
                    staged, rows);
        return FALSE;
    }
    ok = ok && (!*out_done || drop(apas->chain, "drop", staging, out_done, error));
    if (ok && *out_done) {
        note_receipt(apas->chain, apas->target, rows, tests);
    }
    return ok;
}

/* --- looks --- */

gboolean tg_trino_table_exists(TgAthenaChain *chain, const char *database, const char *table,
                               gboolean *out_done, gboolean *out_exists, GError **error)
{
    g_autofree char *folded = g_utf8_strdown(table, -1);
    g_autofree char *schema_folded = g_utf8_strdown(database, -1);
    g_autofree char *schema = tg_sql_quote(schema_folded, '\'');
    g_autofree char *name = tg_sql_quote(folded, '\'');
    g_autofree char *sql =
        g_strdup_printf("SELECT table_name FROM information_schema.tables WHERE table_schema = %s "
                        "AND table_name = %s",
                        schema, name);
    const TgAthenaStatement statement = {"exists", sql, NULL};
    g_autoptr(json_t) result = NULL;

    if (!tg_athena_chain_select(chain, &statement, 1, &result, error)) {
        return FALSE;
    }
    *out_done = result != NULL;
    *out_exists = json_array_size(json_object_get(result, "rows")) > 0;
    return TRUE;
}

gboolean tg_trino_drop_table(TgAthenaChain *chain, const char *table, gboolean ignore_missing,
                             gboolean *out_done, GError **error)
{
    g_autofree char *quoted = tg_sql_quote(table, '"');
    g_autofree char *sql =
        g_strdup_printf("DROP TABLE %s%s", ignore_missing ? "IF EXISTS " : "", quoted);

    return run(chain, "drop", sql, out_done, error);
}
