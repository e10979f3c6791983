/* Staging the rows of a SELECT below a publish: written, counted, tested. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "query/query_internal.h"

#define PARTS_SUFFIX ".parts"

static const char *extension(const TgQueryWrite *write)
{
    gboolean is_gzip = write->compression != NULL && strcmp(write->compression, "gzip") == 0;

    if (write->format == TG_FORMAT_PARQUET) {
        return ".parquet";
    }
    if (write->format == TG_FORMAT_JSON) {
        return is_gzip ? ".json.gz" : ".json";
    }
    return is_gzip ? ".csv.gz" : ".csv";
}

static char *object_url(const TgQueryWrite *write, const char *prefix, const char *folder)
{
    g_autofree char *id = tg_random_id(12);

    return g_strconcat(prefix, folder, "data-", id, extension(write), NULL);
}

/* What the objects hold: keys are in their paths. */
static json_t *written_columns(const TgQueryWrite *write, gboolean with_keys)
{
    json_t *columns = json_copy((json_t *)write->columns);

    if (with_keys) {
        (void)json_array_extend(columns, (json_t *)write->keys);
    }
    return columns;
}

static gboolean check_count(const TgQueryWrite *write, const char *path, gint64 rows,
                            GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    gint64 counted = 0;

    if (write->format != TG_FORMAT_PARQUET) {
        return TRUE;
    }
    g_ptr_array_add(paths, (gpointer)path);
    if (!tg_engine_count_parquet(write->query->engine, paths, &counted, error)) {
        return FALSE;
    }
    if (counted != rows) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG,
                    "%" G_GINT64_FORMAT " rows were written, but the Parquet file holds "
                    "%" G_GINT64_FORMAT,
                    rows, counted);
        return FALSE;
    }
    return TRUE;
}

/* One file; without rows there is none. */
static gboolean write_one(const TgQueryWrite *write, const char *prefix, const char *folder,
                          gint64 *out_rows, GError **error)
{
    g_autofree char *url = object_url(write, prefix, folder);
    json_t *columns = written_columns(write, FALSE);
    TgObjectDraft draft = {NULL, NULL};
    gboolean ok = tg_object_begin(write->query->objects, url, &draft, error);
    TgEngineCopy copy = {.format = write->format,
                         .compression = write->compression,
                         .delimiter = write->delimiter,
                         .columns = columns,
                         .names = write->names,
                         .path = draft.path};

    ok = ok && tg_engine_plan_copy(write->plan, &copy, out_rows, error);
    ok = ok && check_count(write, draft.path, *out_rows, error);
    json_decref(columns);
    if (!ok || *out_rows == 0) {
        tg_object_abort(write->query->objects, &draft);
        return ok;
    }
    return tg_object_commit(write->query->objects, &draft, NULL, error);
}

/* ---- one file or more a partition ----------------------------------------------------------- */

typedef struct {
    const TgQueryWrite *write;
    const char *prefix;
    gint64 rows; /* of the footers */
} Collect;

/* DuckDB wrote a file at path; it becomes the object <prefix>k=v/data-… */
static gboolean take_file(gpointer data, const char *path, const char *folder, GError **error)
{
    Collect *collect = data;
    const TgQueryWrite *write = collect->write;
    g_autofree char *url = object_url(write, collect->prefix, folder);
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    gint64 rows = 0;

    g_ptr_array_add(paths, (gpointer)path);
    if (write->format == TG_FORMAT_PARQUET &&
        !tg_engine_count_parquet(write->query->engine, paths, &rows, error)) {
        return FALSE;
    }
    collect->rows += rows;
    if (!tg_object_begin(write->query->objects, url, &draft, error)) {
        return FALSE;
    }
    if (g_rename(path, draft.path) != 0) {
        tg_error_set_file(error, errno, "rename", path);
        tg_object_abort(write->query->objects, &draft);
        return FALSE;
    }
    return tg_object_commit(write->query->objects, &draft, NULL, error);
}

static gboolean write_folder(const TgQueryWrite *write, const char *prefix, const char *path,
                             gint64 *out_rows, GError **error)
{
    json_t *columns = written_columns(write, TRUE);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    Collect collect = {write, prefix, 0};
    gboolean ok = FALSE;

    for (gsize i = 0; i < json_array_size(write->keys); i++) {
        const json_t *key = json_array_get(write->keys, i);

        g_ptr_array_add(keys, (gpointer)json_string_value(json_object_get(key, "Name")));
    }
    g_ptr_array_add(keys, NULL);
    TgEngineCopy copy = {.format = write->format,
                         .compression = write->compression,
                         .delimiter = write->delimiter,
                         .partition_by = (const char *const *)keys->pdata,
                         .columns = columns,
                         .names = write->names,
                         .path = path};

    ok = tg_engine_plan_copy(write->plan, &copy, out_rows, error) &&
         tg_partition_files_walk(write->keys, path, take_file, &collect, error);
    json_decref(columns);
    if (ok && write->format == TG_FORMAT_PARQUET && collect.rows != *out_rows) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG,
                    "%" G_GINT64_FORMAT " rows were written, but the Parquet files hold "
                    "%" G_GINT64_FORMAT,
                    *out_rows, collect.rows);
        return FALSE;
    }
    return ok;
}

/* The folder lies beside a draft, so that files move without being copied. */
static gboolean write_partitions(const TgQueryWrite *write, const char *prefix, gint64 *out_rows,
                                 GError **error)
{
    g_autofree char *url = object_url(write, prefix, "");
    TgObjectDraft draft = {NULL, NULL};
    g_autofree char *folder = NULL;
    gboolean ok = FALSE;

    if (!tg_object_begin(write->query->objects, url, &draft, error)) {
        return FALSE;
    }
    folder = g_strconcat(draft.path, PARTS_SUFFIX, NULL);
    ok = write_folder(write, prefix, folder, out_rows, error);
    (void)tg_file_remove_folder(folder, NULL); /* gc finds what stays */
    tg_object_abort(write->query->objects, &draft);
    return ok;
}

gboolean tg_query_write(const TgQueryWrite *write, TgPublish *publish, gint64 *out_rows,
                        GError **error)
{
    return tg_query_write_to(write, tg_publish_prefix(publish), out_rows, error);
}

gboolean tg_query_write_to(const TgQueryWrite *write, const char *prefix, gint64 *out_rows,
                           GError **error)
{
    if (write->folder != NULL) {
        return write_one(write, prefix, write->folder, out_rows, error);
    }
    return json_array_size(write->keys) > 0 ? write_partitions(write, prefix, out_rows, error)
                                            : write_one(write, prefix, "", out_rows, error);
}

gboolean tg_query_test(const TgQueryWrite *write, TgPublish *publish, json_t **out_tests,
                       GError **error)
{
    g_autoptr(GPtrArray) objects = NULL;

    *out_tests = NULL;
    if (write->tests == NULL || json_is_null(write->tests)) {
        return TRUE;
    }
    objects = tg_publish_list(publish, error);
    if (objects == NULL) {
        return FALSE;
    }
    TgStagedData staged = {.format = write->format,
                           .columns = write->columns,
                           .partition_keys = write->keys,
                           .prefix = tg_publish_prefix(publish),
                           .objects = objects,
                           .table = write->table,
                           .database = write->database};

    *out_tests = tg_data_tests_run(write->query->engine, write->tests, &staged, error);
    return *out_tests != NULL;
}
