/* Partitioned tables as files and objects. */
#include "catalog/partition_files.h"

#include <string.h>

#include "base/file.h"
#include "catalog/table.h"

/* --- files that DuckDB wrote --- */

/* A walk; `keys` and `take` are those of the call. */
typedef struct {
    const json_t *keys;
    TgPartitionFileTake take;
    gpointer data;
} Walk;

/* "k=v" as DuckDB escapes it → "k=v/" as Hive does. The caller frees. */
static char *hive_folder(const json_t *keys, guint depth, const char *name)
{
    const char *equals = strchr(name, '=');
    g_autofree char *value = g_uri_unescape_string(equals == NULL ? "" : equals + 1, NULL);
    json_t *table = json_pack("{s:[O]}", "PartitionKeys", json_array_get(keys, depth));
    const char *values[] = {value == NULL || *value == '\0' ? "__HIVE_DEFAULT_PARTITION__" : value,
                            NULL};
    char *path = tg_table_partition_path(table, values);

    json_decref(table);
    return path;
}

static gboolean walk_folder(const Walk *walk, const char *path, const char *folder, guint depth,
                            GError **error)
{
    g_autoptr(GPtrArray) names = tg_file_list_folder(path, error);
    gboolean is_leaf = depth == json_array_size(walk->keys);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *child = g_build_filename(path, name, NULL);
        g_autofree char *part = is_leaf ? NULL : hive_folder(walk->keys, depth, name);
        g_autofree char *below = g_strconcat(folder, part, NULL);

        if (is_leaf ? !walk->take(walk->data, child, folder, error)
                    : !walk_folder(walk, child, below, depth + 1, error)) {
            return FALSE;
        }
    }
    return names != NULL;
}

gboolean tg_partition_files_walk(const json_t *keys, const char *path, TgPartitionFileTake take,
                                 gpointer data, GError **error)
{
    const Walk walk = {.keys = keys, .take = take, .data = data};

    return walk_folder(&walk, path, "", 0, error);
}

/* --- partitions of objects --- */

static json_t *values_of(const json_t *keys, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    json_t *values = json_array();

    for (gsize i = 0; i < json_array_size(keys); i++) {
        const char *equals = parts[i] == NULL ? NULL : strchr(parts[i], '=');
        g_autofree char *value = equals == NULL ? NULL : g_uri_unescape_string(equals + 1, NULL);

        if (value == NULL) {
            json_decref(values);
            return NULL;
        }
        json_array_append_new(values, json_string(value));
    }
    return values;
}

json_t *tg_partition_files_list(const json_t *keys, const char *prefix, const GPtrArray *objects)
{
    json_t *partitions = json_array();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < objects->len; i++) {
        const TgObjectInfo *object = objects->pdata[i];
        const char *path = object->url + strlen(prefix);
        char *folder = g_path_get_dirname(path);
        json_t *values = NULL;

        if (!g_hash_table_add(seen, folder)) {
            continue;
        }
        values = values_of(keys, path);
        if (values != NULL) {
            json_array_append_new(partitions, json_pack("{s:o}", "Values", values));
        }
    }
    return partitions;
}

/* --- objects that stay --- */

/* "k=v/data-1.parquet" → "k=v/kept-data-1.parquet": objects that an INSERT took over may have other
 * columns than the new ones, and readers see it by the name. The caller frees. */
static char *kept_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    return g_strdup_printf(
        "%.*s%s%s", (int)(name - path), path,
        g_str_has_prefix(name, TG_PARTITION_FILES_KEPT) ? "" : TG_PARTITION_FILES_KEPT, name);
}

static void file_free(gpointer data)
{
    TgPartitionFile *file = data;

    tg_object_info_free(file->object);
    json_decref(file->values);
    g_free(file->to_url);
    g_free(file);
}

/* The objects below a location, to be called so below the prefix. */
static gboolean add_objects(TgObjectStore *objects, const json_t *place, const char *to,
                            GPtrArray *files, GError **error)
{
    const char *location = tg_table_location(place);
    g_autofree char *from = NULL;
    g_autoptr(GPtrArray) list = NULL;

    if (location == NULL) {
        return TRUE;
    }
    from = g_strconcat(location, g_str_has_suffix(location, "/") ? NULL : "/", NULL);
    list = tg_object_list(objects, from, error);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        TgObjectInfo *object = g_steal_pointer(&list->pdata[i]);
        g_autofree char *name = kept_name(object->url + strlen(from));
        TgPartitionFile *file = g_new0(TgPartitionFile, 1);

        file->object = object;
        file->to_url = g_strconcat(to, name, NULL);
        file->values = json_incref(json_object_get(place, "Values"));
        g_ptr_array_add(files, file);
    }
    return list != NULL;
}

static gboolean add_partitions(TgCatalog *catalog, TgObjectStore *objects, const json_t *table,
                               const char *prefix, GPtrArray *files, GError **error)
{
    json_t *partitions =
        tg_catalog_list_partitions(catalog, tg_table_database(table), tg_table_name(table), error);
    gboolean ok = partitions != NULL;

    for (gsize i = 0; ok && i < json_array_size(partitions); i++) {
        const json_t *partition = json_array_get(partitions, i);
        const json_t *list = json_object_get(partition, "Values");
        g_autoptr(GPtrArray) values = g_ptr_array_new();

        for (gsize j = 0; j < json_array_size(list); j++) {
            g_ptr_array_add(values, (gpointer)json_string_value(json_array_get(list, j)));
        }
        g_ptr_array_add(values, NULL);
        g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)values->pdata);
        g_autofree char *to = g_strconcat(prefix, path, NULL);

        ok = add_objects(objects, partition, to, files, error);
    }
    json_decref(partitions);
    return ok;
}

GPtrArray *tg_partition_files_all(TgCatalog *catalog, TgObjectStore *objects, const json_t *table,
                                  const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
    gboolean ok = json_array_size(tg_table_partition_keys(table)) > 0
                      ? add_partitions(catalog, objects, table, prefix, files, error)
                      : add_objects(objects, table, prefix, files, error);

    return ok ? g_steal_pointer(&files) : NULL;
}

gboolean tg_partition_files_keep(TgCatalog *catalog, TgObjectStore *objects, const json_t *table,
                                 const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) files = tg_partition_files_all(catalog, objects, table, prefix, error);

    for (guint i = 0; files != NULL && i < files->len; i++) {
        const TgPartitionFile *file = g_ptr_array_index(files, i);

        if (!tg_object_copy(objects, file->object->url, file->to_url, error)) {
            return FALSE;
        }
    }
    return files != NULL;
}
