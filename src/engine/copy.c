/* Writing the rows of a query to files. */
#include <string.h>

#include "engine/engine_internal.h"

/* The name that a column of the query has here, in lower case. The caller frees. */
static char *name_of(const TgEnginePlan *plan, const TgEngineCopy *copy, guint column)
{
    return g_utf8_strdown(
        copy->names != NULL ? copy->names[column] : plan->translation.columns[column].name, -1);
}

static gboolean has_column(const TgEnginePlan *plan, const TgEngineCopy *copy, const char *name)
{
    for (guint i = 0; i < plan->translation.count; i++) {
        g_autofree char *own = name_of(plan, copy, i);

        if (strcmp(own, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void append_cast(GString *out, const char *name, const char *type, gboolean is_there)
{
    g_string_append(out, "CAST(");
    if (is_there) {
        tg_engine_append_name(out, name);
    } else {
        g_string_append(out, "NULL");
    }
    g_string_append_printf(out, " AS %s) AS ", type);
    tg_engine_append_name(out, name);
}

/* Columns that the caller names, with the catalog's types. */
static gboolean append_wanted(const TgEnginePlan *plan, const TgEngineCopy *copy, GString *out,
                              GError **error)
{
    for (gsize i = 0; i < json_array_size(copy->columns); i++) {
        const json_t *column = json_array_get(copy->columns, i);
        const char *name = json_string_value(json_object_get(column, "Name"));
        const TgSqlType *type = tg_sql_type_parse(
            plan->statement->arena, json_string_value(json_object_get(column, "Type")), error);

        if (type == NULL) {
            return FALSE;
        }
        g_string_append(out, i == 0 ? "" : ", ");
        append_cast(out, name, tg_sql_type_duckdb(plan->statement->arena, type),
                    has_column(plan, copy, name));
    }
    return TRUE;
}

/* SELECT CAST("a" AS BIGINT) AS "a", …: the types the catalog will claim. */
static gboolean append_select(const TgEnginePlan *plan, const TgEngineCopy *copy, GString *out,
                              GError **error)
{
    g_string_append(out, "SELECT ");
    if (copy->columns != NULL && !append_wanted(plan, copy, out, error)) {
        return FALSE;
    }
    for (guint i = 0; copy->columns == NULL && i < plan->translation.count; i++) {
        g_autofree char *name = name_of(plan, copy, i);

        g_string_append(out, i == 0 ? "" : ", ");
        append_cast(out, name,
                    tg_sql_type_duckdb(plan->statement->arena, plan->translation.columns[i].type),
                    TRUE);
    }
    g_string_append_printf(out, " FROM (%s) AS q(", plan->translation.sql);
    for (guint i = 0; i < plan->translation.count; i++) {
        g_autofree char *name = name_of(plan, copy, i);

        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_name(out, name);
    }
    g_string_append_c(out, ')');
    return TRUE;
}

static void append_partition_by(const TgEngineCopy *copy, GString *out)
{
    if (copy->partition_by == NULL) {
        return;
    }
    g_string_append(out, ", PARTITION_BY (");
    for (guint i = 0; copy->partition_by[i] != NULL; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_name(out, copy->partition_by[i]);
    }
    g_string_append_c(out, ')');
}

static void append_options(const TgEngineCopy *copy, GString *out)
{
    const char *compression = copy->compression == NULL ? "snappy" : copy->compression;

    if (copy->format == TG_FORMAT_PARQUET) {
        g_string_append(out, "FORMAT parquet, COMPRESSION ");
        tg_engine_append_text(out, strcmp(compression, "none") == 0 ? "uncompressed" : compression);
    } else if (copy->format == TG_FORMAT_JSON) {
        g_string_append(out, "FORMAT json");
    } else {
        g_string_append(out, "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', NULLSTR '\\N', "
                             "DELIMITER ");
        tg_engine_append_text(out, copy->delimiter == NULL ? "\x01" : copy->delimiter);
    }
    if (copy->format != TG_FORMAT_PARQUET && strcmp(compression, "gzip") == 0) {
        g_string_append(out, ", COMPRESSION gzip");
    }
    append_partition_by(copy, out);
}

gboolean tg_engine_plan_copy(TgEnginePlan *plan, const TgEngineCopy *copy, gint64 *out_rows,
                             GError **error)
{
    TgEngineRun run = {plan->api, plan->connection, plan->source_name, plan->is_cancelled};
    g_autoptr(GString) sql = g_string_new("COPY (");

    if (!append_select(plan, copy, sql, error)) {
        return FALSE;
    }
    g_string_append(sql, ") TO ");
    tg_engine_append_text(sql, copy->path);
    g_string_append(sql, " (");
    append_options(copy, sql);
    g_string_append_c(sql, ')');
    return tg_engine_run_number(&run, sql->str, out_rows, error);
}

gboolean tg_engine_count_parquet(TgEngine *engine, const GPtrArray *paths, gint64 *out_rows,
                                 GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT CAST(coalesce(sum(num_rows), 0) AS BIGINT) FROM "
                                          "parquet_file_metadata([");
    duckdb_connection connection = NULL;
    gboolean ok = FALSE;

    *out_rows = 0;
    if (paths->len == 0) {
        return TRUE;
    }
    if (!tg_engine_open(engine, error)) {
        return FALSE;
    }
    for (guint i = 0; i < paths->len; i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        tg_engine_append_text(sql, paths->pdata[i]);
    }
    g_string_append(sql, "])");
    if (engine->api->duckdb_connect(engine->database, &connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot connect to DuckDB");
        return FALSE;
    }
    TgEngineRun run = {engine->api, connection, "reading footers", NULL};

    ok = tg_engine_run_number(&run, sql->str, out_rows, error);
    engine->api->duckdb_disconnect(&connection);
    return ok;
}
