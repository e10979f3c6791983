/* Tables of the catalog and staged data, as relations in DuckDB's SQL. */
#include <string.h>

#include "catalog/partition_files.h"
#include "engine/data_test.h"
#include "engine/engine_internal.h"

#define BESIDE ".tegaru/"
#define PARTITIONS "$partitions"

const char *const tg_engine_file_columns[TG_ENGINE_FILE_COLUMNS] = {"$path", "$file_size",
                                                                    "$file_modified_time"};

void tg_engine_part_free(TgEnginePart *part)
{
    if (part != NULL) {
        g_strfreev(part->values);
        g_ptr_array_unref(part->paths);
        g_clear_pointer(&part->files, g_ptr_array_unref);
        g_free(part->publish);
        g_free(part);
    }
}

/* Hive's readers skip what begins with '_' or '.', and so do empty files. */
static gboolean is_data(const TgObjectInfo *object)
{
    const char *name = strrchr(object->url, '/') + 1;

    return object->size_bytes > 0 && *name != '_' && *name != '.' && *name != '\0';
}

/* What stands before the first object's own name, when it is the folder of one publish. */
static gsize publish_length(const char *url)
{
    const char *beside = strstr(url, BESIDE);
    const char *end = beside == NULL ? NULL : strchr(beside + strlen(BESIDE), '/');

    return end == NULL ? 0 : (gsize)(end - url);
}

gboolean tg_engine_names_files(const char *text)
{
    for (guint i = 0; i < TG_ENGINE_FILE_COLUMNS; i++) {
        if (strstr(text, tg_engine_file_columns[i]) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A row of the list of files that is joined to what DuckDB reads from them. */
static void add_file(const TgObjectInfo *object, const char *path, TgEnginePart *part)
{
    g_autoptr(GString) row = g_string_new("(");

    if (part->files == NULL) {
        part->files = g_ptr_array_new_with_free_func(g_free);
    }
    tg_engine_append_text(row, path);
    g_string_append(row, ", ");
    tg_engine_append_text(row, object->url);
    g_string_append_printf(
        row, ", CAST(%" G_GINT64_FORMAT " AS BIGINT), make_timestamptz(%" G_GINT64_FORMAT "))",
        object->size_bytes, object->modified_at_ms * 1000);
    g_ptr_array_add(part->files, g_string_free(g_steal_pointer(&row), FALSE));
}

static gboolean add_object(TgEnginePlan *plan, const TgObjectInfo *object, TgEnginePart *part,
                           GError **error)
{
    char *path = NULL;

    if (!is_data(object)) {
        return TRUE;
    }
    path = tg_object_engine_path(plan->engine->objects, object->url, error);
    if (path == NULL) {
        return FALSE;
    }
    if (g_str_has_prefix(strrchr(object->url, '/') + 1, TG_PARTITION_FILES_KEPT)) {
        g_clear_pointer(&part->publish, g_free);
    }
    g_ptr_array_add(part->paths, path);
    if (plan->wants_files) {
        add_file(object, path, part);
    }
    plan->scanned_bytes += object->size_bytes;
    return TRUE;
}

/* All objects below a location. */
static TgEnginePart *list_part(TgEnginePlan *plan, const char *location, GError **error)
{
    g_autofree char *prefix =
        g_strconcat(location, g_str_has_suffix(location, "/") ? NULL : "/", NULL);
    g_autoptr(GPtrArray) objects = tg_object_list(plan->engine->objects, prefix, error);
    TgEnginePart *part = NULL;

    if (objects == NULL) {
        return NULL;
    }
    part = g_new0(TgEnginePart, 1);
    part->paths = g_ptr_array_new_with_free_func(g_free);
    if (publish_length(prefix) > 0) {
        part->publish = g_strndup(prefix, publish_length(prefix));
    }
    for (guint i = 0; i < objects->len; i++) {
        if (!add_object(plan, objects->pdata[i], part, error)) {
            tg_engine_part_free(part);
            return NULL;
        }
    }
    return part;
}

/* Whether the location ends in k=v/ for each key, so that DuckDB can skip by path. */
static gboolean ends_in(const char *location, const char *path)
{
    g_autofree char *with_slash =
        g_strconcat("/", path, g_str_has_suffix(location, "/") ? NULL : "", NULL);

    if (!g_str_has_suffix(location, "/")) {
        with_slash[strlen(with_slash) - 1] = '\0';
    }
    return g_str_has_suffix(location, with_slash);
}

static char **partition_values(const json_t *partition)
{
    const json_t *list = json_object_get(partition, "Values");
    GPtrArray *values = g_ptr_array_new();

    for (gsize i = 0; i < json_array_size(list); i++) {
        g_ptr_array_add(values, g_strdup(json_string_value(json_array_get(list, i))));
    }
    g_ptr_array_add(values, NULL);
    return (char **)g_ptr_array_free(values, FALSE);
}

static gboolean list_partitions(TgEnginePlan *plan, const json_t *table, GPtrArray *parts,
                                GError **error)
{
    json_t *partitions = tg_catalog_list_partitions(plan->engine->catalog, tg_table_database(table),
                                                    tg_table_name(table), error);
    gboolean ok = partitions != NULL;

    for (gsize i = 0; ok && i < json_array_size(partitions); i++) {
        const json_t *partition = json_array_get(partitions, i);
        const char *location = tg_table_location(partition);
        TgEnginePart *part = location == NULL ? NULL : list_part(plan, location, error);

        ok = part != NULL;
        if (ok) {
            part->values = partition_values(partition);
            g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)part->values);

            part->is_hive_path = ends_in(location, path);
            g_ptr_array_add(parts, part);
        } else if (location == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a partition of '%s' has no location",
                        tg_table_name(table));
        }
    }
    json_decref(partitions);
    return ok;
}

/* ---- names and types ------------------------------------------------------------------------ */

/* Columns that only their own names give. */
static void add_file_columns(TgSqlTable *out)
{
    static const TgSqlType *const types[TG_ENGINE_FILE_COLUMNS] = {
        &tg_sql_type_varchar, &tg_sql_type_bigint, &tg_sql_type_timestamp_tz};

    for (guint i = 0; i < TG_ENGINE_FILE_COLUMNS; i++) {
        out->names[out->count] = tg_engine_file_columns[i];
        out->types[out->count] = types[i];
        out->count++;
    }
    out->hidden = TG_ENGINE_FILE_COLUMNS;
}

static gboolean fill_table(TgSqlArena *arena, const json_t *columns, const json_t *keys,
                           TgSqlTable *out, GError **error)
{
    gsize count = json_array_size(columns) + json_array_size(keys);

    out->names = tg_sql_arena_alloc(arena, (count + TG_ENGINE_FILE_COLUMNS) * sizeof(gpointer));
    out->types = tg_sql_arena_alloc(arena, (count + TG_ENGINE_FILE_COLUMNS) * sizeof(gpointer));
    out->count = (guint)count;
    for (gsize i = 0; i < count; i++) {
        const json_t *column = i < json_array_size(columns)
                                   ? json_array_get(columns, i)
                                   : json_array_get(keys, i - json_array_size(columns));
        const char *name = json_string_value(json_object_get(column, "Name"));
        const char *type = json_string_value(json_object_get(column, "Type"));

        out->names[i] = tg_sql_arena_copy(arena, name, strlen(name));
        out->types[i] = tg_sql_type_parse(arena, type, error);
        if (out->types[i] == NULL) {
            g_prefix_error(error, "column '%s': ", name);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- staged data ---------------------------------------------------------------------------- */

/* The values in "<prefix>k=v/k2=v2/file". */
static char **values_of_url(const TgStagedData *staged, const char *url)
{
    gsize count = json_array_size(staged->partition_keys);
    char **values = g_new0(char *, count + 1);
    g_auto(GStrv) parts = g_strsplit(url + strlen(staged->prefix), "/", -1);

    for (gsize i = 0; i < count; i++) {
        const char *equals = parts[i] == NULL ? NULL : strchr(parts[i], '=');

        values[i] = equals == NULL ? g_strdup("") : g_uri_unescape_string(equals + 1, NULL);
        if (values[i] == NULL) {
            values[i] = g_strdup(equals + 1);
        }
    }
    return values;
}

static gboolean list_staged(TgEnginePlan *plan, GPtrArray *parts, GError **error)
{
    const TgStagedData *staged = plan->staged;
    gboolean has_keys = json_array_size(staged->partition_keys) > 0;
    g_autoptr(GHashTable) by_folder = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < staged->objects->len; i++) {
        const TgObjectInfo *object = staged->objects->pdata[i];
        char *folder = has_keys ? g_path_get_dirname(object->url) : g_strdup("");
        TgEnginePart *part = g_hash_table_lookup(by_folder, folder);

        if (part == NULL) {
            part = g_new0(TgEnginePart, 1);
            part->paths = g_ptr_array_new_with_free_func(g_free);
            part->publish = g_strdup(staged->prefix);
            part->is_hive_path = TRUE;
            part->values = has_keys ? values_of_url(staged, object->url) : NULL;
            g_ptr_array_add(parts, part);
            g_hash_table_insert(by_folder, folder, part);
        } else {
            g_free(folder);
        }
        if (!add_object(plan, object, part, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean resolve_staged(TgEnginePlan *plan, TgSqlArena *arena, TgSqlTable *out,
                               GError **error)
{
    const TgStagedData *staged = plan->staged;
    g_autoptr(GPtrArray) parts =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_engine_part_free);
    TgEngineRelation relation = {.table = staged->table,
                                 .format = staged->format,
                                 .columns = staged->columns,
                                 .keys = staged->partition_keys,
                                 .parts = parts};

    if (!list_staged(plan, parts, error) ||
        !fill_table(arena, staged->columns, staged->partition_keys, out, error)) {
        return FALSE;
    }
    out->from_sql = tg_engine_relation_sql(plan, arena, &relation, error);
    return out->from_sql != NULL;
}

/* ---- the catalog ---------------------------------------------------------------------------- */

static gboolean resolve_view(TgSqlArena *arena, const json_t *table, TgSqlTable *out,
                             GError **error)
{
    g_autofree char *sql = tg_table_view_sql(table);

    if (sql == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the view '%s' has no text that can be read",
                    tg_table_name(table));
        return FALSE;
    }
    out->view_sql = tg_sql_arena_copy(arena, sql, strlen(sql));
    return TRUE;
}

static gboolean resolve_table(TgEnginePlan *plan, TgSqlArena *arena, const json_t *table,
                              TgSqlTable *out, GError **error)
{
    const json_t *keys = tg_table_partition_keys(table);
    g_autoptr(GPtrArray) parts =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_engine_part_free);
    TgEngineRelation relation = {.table = table,
                                 .format = tg_table_format(table),
                                 .columns = tg_table_columns(table),
                                 .keys = keys,
                                 .parts = parts,
                                 .with_files = plan->wants_files};

    if (tg_table_is_view(table)) {
        return resolve_view(arena, table, out, error);
    }
    if (relation.format == TG_FORMAT_OTHER) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the local engine reads Parquet, CSV and JSON tables, but '%s' is of another "
                    "format",
                    tg_table_name(table));
        return FALSE;
    }
    if (json_array_size(keys) > 0) {
        if (!list_partitions(plan, table, parts, error)) {
            return FALSE;
        }
    } else if (tg_table_location(table) != NULL) {
        TgEnginePart *part = list_part(plan, tg_table_location(table), error);

        if (part == NULL) {
            return FALSE;
        }
        g_ptr_array_add(parts, part);
    }
    if (!fill_table(arena, relation.columns, keys, out, error)) {
        return FALSE;
    }
    if (plan->wants_files) {
        add_file_columns(out);
    }
    out->from_sql = tg_engine_relation_sql(plan, arena, &relation, error);
    return out->from_sql != NULL;
}

gboolean tg_engine_resolve(gpointer data, TgSqlArena *arena, const char *database,
                           const char *table, TgSqlTable *out, GError **error)
{
    TgEnginePlan *plan = data;
    gboolean of_partitions = g_str_has_suffix(table, PARTITIONS);
    g_autofree char *name =
        g_strndup(table, strlen(table) - (of_partitions ? strlen(PARTITIONS) : 0));
    json_t *found = NULL;
    gboolean ok = FALSE;

    if (plan->staged != NULL && database == NULL && strcmp(table, "staged") == 0) {
        return resolve_staged(plan, arena, out, error);
    }
    if (g_strcmp0(database == NULL ? plan->database : database, "information_schema") == 0) {
        return tg_engine_resolve_information(plan, arena, table, out, error);
    }
    found = tg_catalog_get_table(plan->engine->catalog,
                                 database == NULL ? plan->database : database, name, error);
    if (found == NULL) {
        return FALSE;
    }
    ok = of_partitions ? tg_engine_resolve_partitions(plan, arena, found, out, error)
                       : resolve_table(plan, arena, found, out, error);
    json_decref(found);
    return ok;
}
