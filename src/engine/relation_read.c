/* SQL that reads objects with the columns and types of the catalog. */
#include <string.h>

#include "engine/engine_internal.h"

#define HIVE_NULL "__HIVE_DEFAULT_PARTITION__"

static const char *text_of(const json_t *column, const char *key)
{
    return json_string_value(json_object_get(column, key));
}

static gboolean append_type(TgSqlArena *arena, GString *out, const json_t *column, GError **error)
{
    const TgSqlType *type = tg_sql_type_parse(arena, text_of(column, "Type"), error);

    if (type == NULL) {
        return FALSE;
    }
    g_string_append(out, tg_sql_type_duckdb(arena, type));
    return TRUE;
}

/* ---- the files' own columns ----------------------------------------------------------------- */

/* Names (lower case) that a FROM gives; read from the files' footers without running it. */
static GHashTable *present_columns(TgEnginePlan *plan, const char *from, GError **error)
{
    const TgDuckdbApi *api = plan->api;
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s", from);
    duckdb_prepared_statement prepared = NULL;
    GHashTable *names = NULL;

    if (api->duckdb_prepare(plan->connection, sql, &prepared) != DuckDBSuccess) {
        tg_engine_set_error(error, "reading the table's files",
                            api->duckdb_prepare_error(prepared));
    } else {
        names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint64 i = 0; i < api->duckdb_prepared_statement_column_count(prepared); i++) {
            const char *name = api->duckdb_prepared_statement_column_name(prepared, i);
            duckdb_type type = api->duckdb_prepared_statement_column_type(prepared, i);

            plan->has_zoned_files = plan->has_zoned_files || type == DUCKDB_TYPE_TIMESTAMP_TZ ||
                                    type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_STRUCT ||
                                    type == DUCKDB_TYPE_MAP;

            (void)g_hash_table_add(names, g_utf8_strdown(name, -1));
            api->duckdb_free((void *)name);
        }
    }
    api->duckdb_destroy_prepare(&prepared);
    return names;
}

/* ---- FROM ----------------------------------------------------------------------------------- */

static void append_paths(GString *out, const GPtrArray *paths)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < paths->len; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_text(out, paths->pdata[i]);
    }
    g_string_append_c(out, ']');
}

static gboolean has_binary(const json_t *columns)
{
    for (gsize i = 0; i < json_array_size(columns); i++) {
        if (strstr(text_of(json_array_get(columns, i), "Type"), "binary") != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static const char *serde_parameter(const json_t *table, const char *key, const char *fallback)
{
    const json_t *serde = json_object_get(json_object_get(table, "StorageDescriptor"), "SerdeInfo");
    const char *text = text_of(json_object_get(serde, "Parameters"), key);

    return text == NULL || *text == '\0' ? fallback : text;
}

static gboolean is_open_csv(const json_t *table)
{
    const json_t *serde = json_object_get(json_object_get(table, "StorageDescriptor"), "SerdeInfo");
    const char *name = text_of(serde, "SerializationLibrary");

    return name != NULL && strstr(name, "OpenCSVSerde") != NULL;
}

/* All columns are read as texts; casts come after, so that a bad value is NULL as in Hive. */
static void append_csv_options(GString *out, const TgEngineRelation *relation)
{
    gboolean is_open = is_open_csv(relation->table);
    const char *skip = relation->table == NULL
                           ? NULL
                           : tg_table_parameter(relation->table, "skip.header.line.count");
    gint64 skipped = skip == NULL ? 0 : CLAMP(g_ascii_strtoll(skip, NULL, 10), 0, 1000);

    g_string_append_printf(out,
                           ", auto_detect = false, header = false, strict_mode = false, "
                           "null_padding = true, skip = %d, delim = ",
                           (int)skipped);
    tg_engine_append_text(out, is_open ? serde_parameter(relation->table, "separatorChar", ",")
                                       : serde_parameter(relation->table, "field.delim", "\x01"));
    g_string_append(out, ", quote = ");
    tg_engine_append_text(out, is_open ? serde_parameter(relation->table, "quoteChar", "\"") : "");
    g_string_append(out, ", escape = ");
    tg_engine_append_text(out, is_open ? serde_parameter(relation->table, "quoteChar", "\"") : "");
    if (!is_open) {
        g_string_append(out, ", nullstr = ");
        tg_engine_append_text(out,
                              serde_parameter(relation->table, "serialization.null.format", "\\N"));
    }
    g_string_append(out, ", columns = {");
    for (gsize i = 0; i < json_array_size(relation->columns); i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_text(out, text_of(json_array_get(relation->columns, i), "Name"));
        g_string_append(out, ": 'VARCHAR'");
    }
    g_string_append_c(out, '}');
}

static gboolean append_json_options(TgSqlArena *arena, GString *out,
                                    const TgEngineRelation *relation, GError **error)
{
    g_string_append(out, ", format = 'newline_delimited', columns = {");
    for (gsize i = 0; i < json_array_size(relation->columns); i++) {
        const json_t *column = json_array_get(relation->columns, i);
        g_autoptr(GString) type = g_string_new(NULL);

        if (!append_type(arena, type, column, error)) {
            return FALSE;
        }
        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_text(out, text_of(column, "Name"));
        g_string_append(out, ": ");
        tg_engine_append_text(out, type->str);
    }
    g_string_append_c(out, '}');
    return TRUE;
}

static gboolean append_hive_types(TgSqlArena *arena, GString *out, const json_t *keys,
                                  GError **error)
{
    g_string_append(out, ", hive_partitioning = true, hive_types = {");
    for (gsize i = 0; i < json_array_size(keys); i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        tg_engine_append_name(out, text_of(json_array_get(keys, i), "Name"));
        g_string_append(out, ": ");
        if (!append_type(arena, out, json_array_get(keys, i), error)) {
            return FALSE;
        }
    }
    g_string_append_c(out, '}');
    return TRUE;
}

/* "read_parquet([…], …)" of some files. */
static char *from_files(TgSqlArena *arena, const TgEngineRelation *relation, const GPtrArray *paths,
                        gboolean by_path, gboolean is_uniform, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean ok = TRUE;

    if (relation->format == TG_FORMAT_PARQUET) {
        g_string_append(out, "read_parquet(");
        append_paths(out, paths);
        g_string_append(out, is_uniform || paths->len == 1 ? "" : ", union_by_name = true");
        g_string_append(out, has_binary(relation->columns) ? "" : ", binary_as_string = true");
    } else if (relation->format == TG_FORMAT_CSV) {
        g_string_append(out, "read_csv(");
        append_paths(out, paths);
        append_csv_options(out, relation);
    } else {
        g_string_append(out, "read_json(");
        append_paths(out, paths);
        ok = append_json_options(arena, out, relation, error);
    }
    if (relation->with_files) {
        g_string_append(out, ", filename = 'tg_file'");
    }
    if (by_path) {
        ok = ok && append_hive_types(arena, out, relation->keys, error);
    } else {
        g_string_append(out, ", hive_partitioning = false");
    }
    g_string_append_c(out, ')');
    return ok ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* ---- SELECT --------------------------------------------------------------------------------- */

static gboolean append_column(TgSqlArena *arena, GString *out, const TgEngineRelation *relation,
                              const json_t *column, GHashTable *present, GError **error)
{
    const char *name = text_of(column, "Name");
    gboolean is_text = relation->format == TG_FORMAT_CSV;

    if (present != NULL && !g_hash_table_contains(present, name)) {
        g_string_append(out, "CAST(NULL AS ");
    } else {
        g_string_append(out, is_text ? "TRY_CAST(" : "CAST(");
        tg_engine_append_name(out, name);
        g_string_append(out, " AS ");
    }
    if (!append_type(arena, out, column, error)) {
        return FALSE;
    }
    g_string_append(out, ") AS ");
    tg_engine_append_name(out, name);
    return TRUE;
}

/* A key's value: from the path, or as a constant of the partition. */
static gboolean append_key(TgSqlArena *arena, GString *out, const json_t *key, const char *value,
                           GError **error)
{
    g_string_append(out, "CAST(");
    if (value == NULL) {
        tg_engine_append_name(out, text_of(key, "Name"));
    } else if (strcmp(value, HIVE_NULL) == 0) {
        g_string_append(out, "NULL");
    } else {
        tg_engine_append_text(out, value);
    }
    g_string_append(out, " AS ");
    if (!append_type(arena, out, key, error)) {
        return FALSE;
    }
    g_string_append(out, ") AS ");
    tg_engine_append_name(out, text_of(key, "Name"));
    return TRUE;
}

static gboolean append_list(TgSqlArena *arena, GString *out, const TgEngineRelation *relation,
                            GHashTable *present, GError **error)
{
    for (gsize i = 0; i < json_array_size(relation->columns); i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        if (!append_column(arena, out, relation, json_array_get(relation->columns, i), present,
                           error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* @values of the keys; NULL: they are read from the paths */
static gboolean append_keys(TgSqlArena *arena, GString *out, const TgEngineRelation *relation,
                            char **values, GError **error)
{
    for (gsize i = 0; i < json_array_size(relation->keys); i++) {
        g_string_append(out, ", ");
        if (!append_key(arena, out, json_array_get(relation->keys, i),
                        values == NULL ? NULL : values[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The columns of the files, and the join that gives them. */
static void append_file_columns(GString *out)
{
    static const char *const sources[TG_ENGINE_FILE_COLUMNS] = {"tg_url", "tg_size", "tg_modified"};

    for (guint i = 0; i < TG_ENGINE_FILE_COLUMNS; i++) {
        g_string_append_printf(out, ", %s AS ", sources[i]);
        tg_engine_append_name(out, tg_engine_file_columns[i]);
    }
}

static void append_files(GString *out, const TgEnginePart *part)
{
    g_string_append(out, " JOIN (VALUES ");
    for (guint i = 0; i < part->files->len; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ",
                               (const char *)part->files->pdata[i]);
    }
    g_string_append(out,
                    ") AS tg_files(tg_path, tg_url, tg_size, tg_modified) ON tg_file = tg_path");
}

static gboolean append_select(TgEnginePlan *plan, TgSqlArena *arena, GString *out,
                              const TgEngineRelation *relation, const TgEnginePart *part,
                              GError **error)
{
    gboolean by_path = part->values == NULL && json_array_size(relation->keys) > 0;
    g_autofree char *from =
        from_files(arena, relation, part->paths, by_path, part->publish != NULL, error);
    g_autoptr(GHashTable) present = NULL;

    if (from == NULL) {
        return FALSE;
    }
    if (relation->format == TG_FORMAT_PARQUET) {
        present = present_columns(plan, from, error);
        if (present == NULL) {
            return FALSE;
        }
    }
    g_string_append(out, "SELECT ");
    if (!append_list(arena, out, relation, present, error) ||
        !append_keys(arena, out, relation, part->values, error)) {
        return FALSE;
    }
    if (relation->with_files) {
        append_file_columns(out);
    }
    g_string_append_printf(out, " FROM %s", from);
    if (relation->with_files) {
        append_files(out, part);
    }
    return TRUE;
}

/* "CAST(NULL AS INTEGER) AS "a", …" of a list, after `count` columns before it. */
static gboolean append_nulls(TgSqlArena *arena, GString *out, const json_t *columns, gsize count,
                             GError **error)
{
    for (gsize i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);

        g_string_append(out, count + i == 0 ? "CAST(NULL AS " : ", CAST(NULL AS ");
        if (!append_type(arena, out, column, error)) {
            return FALSE;
        }
        g_string_append(out, ") AS ");
        tg_engine_append_name(out, text_of(column, "Name"));
    }
    return TRUE;
}

/* No files: no rows, but the right types. */
static gboolean append_nothing(TgSqlArena *arena, GString *out, const TgEngineRelation *relation,
                               GError **error)
{
    g_string_append(out, "SELECT ");
    if (!append_nulls(arena, out, relation->columns, 0, error) ||
        !append_nulls(arena, out, relation->keys, json_array_size(relation->columns), error)) {
        return FALSE;
    }
    if (relation->with_files) {
        g_string_append(out, ", CAST(NULL AS VARCHAR), CAST(NULL AS BIGINT), CAST(NULL AS "
                             "TIMESTAMPTZ)");
    }
    g_string_append(out, " WHERE false");
    return TRUE;
}

/* Adds the paths of one part to another, and its files. */
static void add_paths(TgEnginePart *to, const TgEnginePart *from)
{
    for (guint i = 0; i < from->paths->len; i++) {
        g_ptr_array_add(to->paths, g_strdup(from->paths->pdata[i]));
    }
    for (guint i = 0; from->files != NULL && i < from->files->len; i++) {
        g_ptr_array_add(to->files, g_strdup(from->files->pdata[i]));
    }
}

/* Parts whose paths tell the keys are read together, so that DuckDB can skip files by them. */
static TgEnginePart *merge_by_path(const TgEngineRelation *relation)
{
    TgEnginePart *merged = g_new0(TgEnginePart, 1);
    gboolean is_first = TRUE;

    merged->paths = g_ptr_array_new_with_free_func(g_free);
    merged->files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < relation->parts->len; i++) {
        const TgEnginePart *part = relation->parts->pdata[i];

        if (part->is_hive_path && part->paths->len > 0) {
            gboolean is_same = is_first || g_strcmp0(merged->publish, part->publish) == 0;

            g_free(merged->publish);
            merged->publish = is_same ? g_strdup(part->publish) : NULL;
            is_first = FALSE;
        }
        if (part->is_hive_path) {
            add_paths(merged, part);
        }
    }
    return merged;
}

static gboolean append_parts(TgEnginePlan *plan, TgSqlArena *arena, GString *out,
                             const TgEngineRelation *relation, GError **error)
{
    gboolean has_keys = json_array_size(relation->keys) > 0;
    TgEnginePart *merged = merge_by_path(relation);
    gboolean ok = TRUE;

    if (has_keys && merged->paths->len > 0) {
        ok = append_select(plan, arena, out, relation, merged, error);
    }
    for (guint i = 0; ok && i < relation->parts->len; i++) {
        const TgEnginePart *part = relation->parts->pdata[i];

        if (part->paths->len > 0 && (!has_keys || !part->is_hive_path)) {
            g_string_append(out, out->len == 0 ? "" : " UNION ALL ");
            ok = append_select(plan, arena, out, relation, part, error);
        }
    }
    tg_engine_part_free(merged);
    return ok;
}

const char *tg_engine_relation_sql(TgEnginePlan *plan, TgSqlArena *arena,
                                   const TgEngineRelation *relation, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (!append_parts(plan, arena, out, relation, error)) {
        return NULL;
    }
    if (out->len == 0 && !append_nothing(arena, out, relation, error)) {
        return NULL;
    }
    return tg_sql_arena_copy(arena, out->str, out->len);
}
