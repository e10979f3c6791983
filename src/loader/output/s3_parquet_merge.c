/* operation_if_exists: merge: rows of the load replace those of the table that have their key.
 * Files without such rows are taken over as they are, the others are written anew without them. */
#include <string.h>

#include "base/file.h"
#include "catalog/partition_files.h"
#include "catalog/table.h"
#include "engine/parquet_merge.h"
#include "loader/output/s3_parquet.h"

#define PATHS_MAX 1000u /* old files of one look */

/* One merge under way. */
typedef struct {
    S3Parquet *self;
    TgParquetMerge *merge;
    GPtrArray *files;     /* of TgPartitionFile: what it holds */
    GHashTable *replaced; /* path: rows of it that are replaced */
    gint64 rows_new;      /* one for each key */
    gint64 rows_replaced;
    guint files_rewritten;
} Work;

static void work_clear(Work *work)
{
    tg_parquet_merge_free(work->merge);
    g_clear_pointer(&work->files, g_ptr_array_unref);
    g_clear_pointer(&work->replaced, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* --- the table that is there --- */

static gboolean has_column(const json_t *columns, const char *name)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        if (g_ascii_strcasecmp(json_string_value(json_object_get(column, "Name")), name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean s3_parquet_merge_check(const S3ParquetOptions *options, const json_t *present,
                                GError **error)
{
    if (tg_table_format(present) != TG_FORMAT_PARQUET) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s.%s is no Parquet table, so nothing can be merged into it; write "
                    "'operation_if_exists: delete' to replace it",
                    options->database, options->table);
        return FALSE;
    }
    for (char **key = options->merge_keys; *key != NULL; key++) {
        if (!has_column(tg_table_columns(present), *key) &&
            !has_column(tg_table_partition_keys(present), *key)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "merge_keys: '%s' is no column of %s.%s, so its rows have no such key; "
                        "name columns that both have",
                        *key, options->database, options->table);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_files(Work *work, GError **error)
{
    S3Parquet *self = work->self;

    work->files = self->present == NULL
                      ? g_ptr_array_new()
                      : tg_partition_files_all(self->catalog, self->objects, self->present,
                                               tg_publish_prefix(self->publish), error);
    return work->files != NULL;
}

/* --- old files --- */

/* The partition of a file, as the merge wants it. Texts are lent by the lists and by the table. */
typedef struct {
    GPtrArray *names;
    GPtrArray *values;
} Partition;

static void partition_clear(Partition *partition)
{
    g_clear_pointer(&partition->names, g_ptr_array_unref);
    g_clear_pointer(&partition->values, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Partition, partition_clear)

static Partition partition_of(const Work *work, const json_t *of_file)
{
    const json_t *keys = tg_table_partition_keys(work->self->present);
    Partition partition = {.names = g_ptr_array_new(), .values = g_ptr_array_new()};

    for (gsize i = 0; i < json_array_size(of_file); i++) {
        const json_t *name = json_object_get(json_array_get(keys, i), "Name");

        g_ptr_array_add(partition.names, (gpointer)json_string_value(name));
        g_ptr_array_add(partition.values, (gpointer)json_string_value(json_array_get(of_file, i)));
    }
    g_ptr_array_add(partition.names, NULL);
    g_ptr_array_add(partition.values, NULL);
    return partition;
}

/* Hive's readers skip what begins with '_' or '.', and empty files: they hold no rows. */
static gboolean has_rows(const TgPartitionFile *file)
{
    const char *name = strrchr(file->object->url, '/') + 1;

    return file->object->size_bytes > 0 && *name != '_' && *name != '.' && *name != '\0';
}

/* Looks into files [first, end), which are of one partition. */
static gboolean find_in(Work *work, guint first, guint end, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const TgPartitionFile *start = g_ptr_array_index(work->files, first);
    g_auto(Partition) partition = partition_of(work, start->values);

    for (guint i = first; i < end; i++) {
        const TgPartitionFile *file = g_ptr_array_index(work->files, i);
        char *path = NULL;

        if (!has_rows(file)) {
            continue;
        }
        path = tg_object_engine_path(work->self->objects, file->object->url, error);
        if (path == NULL) {
            return FALSE;
        }
        g_ptr_array_add(paths, path);
    }
    if (paths->len == 0) {
        return TRUE;
    }
    g_ptr_array_add(paths, NULL);
    TgParquetOld old = {.paths = (const char *const *)paths->pdata,
                        .names = (const char *const *)partition.names->pdata,
                        .values = (const char *const *)partition.values->pdata};

    return tg_parquet_merge_find(work->merge, &old, work->replaced, error);
}

static gboolean find_replaced(Work *work, GError **error)
{
    guint first = 0;

    for (guint i = 1; i <= work->files->len; i++) {
        const TgPartitionFile *start = g_ptr_array_index(work->files, first);
        const TgPartitionFile *next =
            i == work->files->len ? NULL : g_ptr_array_index(work->files, i);

        if (next != NULL && next->values == start->values && i - first < PATHS_MAX) {
            continue;
        }
        if (!find_in(work, first, i, error)) {
            return FALSE;
        }
        first = i;
    }
    return TRUE;
}

/* Writes one file anew, without the rows that are replaced. */
static gboolean rewrite(Work *work, const TgPartitionFile *file, const char *path, GError **error)
{
    S3Parquet *self = work->self;
    g_auto(Partition) partition = partition_of(work, file->values);
    const char *const paths[] = {path, NULL};
    TgParquetOld old = {.paths = paths,
                        .names = (const char *const *)partition.names->pdata,
                        .values = (const char *const *)partition.values->pdata};
    TgObjectDraft draft = {NULL, NULL};
    gint64 rows = 0;

    if (!tg_object_begin(self->objects, file->to_url, &draft, error)) {
        return FALSE;
    }
    if (!tg_parquet_merge_rewrite(work->merge, &old, draft.path, self->options.compression, &rows,
                                  error)) {
        tg_object_abort(self->objects, &draft);
        return FALSE;
    }
    work->files_rewritten++;
    if (rows == 0) {
        tg_object_abort(self->objects, &draft);
        return TRUE;
    }
    return tg_object_sender_add(self->sender, draft, error);
}

static gboolean keep_file(Work *work, const TgPartitionFile *file, GError **error)
{
    g_autofree char *path = tg_object_engine_path(work->self->objects, file->object->url, error);
    const gint64 *replaced = path == NULL ? NULL : g_hash_table_lookup(work->replaced, path);

    if (path == NULL) {
        return FALSE;
    }
    if (replaced == NULL) {
        return tg_object_copy(work->self->objects, file->object->url, file->to_url, error);
    }
    work->rows_replaced += *replaced;
    return rewrite(work, file, path, error);
}

/* --- new rows --- */

static gboolean write_new(Work *work, const char *folder, const char *temp, GError **error)
{
    S3Parquet *self = work->self;
    const S3ParquetOptions *wanted = &self->options;
    gboolean makes_folder = wanted->partition_by != NULL || wanted->file_bytes > 0;
    g_autofree char *one = g_build_filename(folder, "rows.parquet", NULL);
    TgParquetOptions options = {.path = makes_folder ? folder : one,
                                .schema = s3_parquet_plan_schema(self->plan),
                                .compression = wanted->compression,
                                .partition_by = (const char *const *)wanted->partition_by,
                                .sort_by = (const char *const *)wanted->sort_by,
                                .file_bytes = wanted->file_bytes,
                                .bloom_filters = wanted->bloom_filters,
                                .temp_folder = temp};

    if (work->rows_new == 0 && work->self->present != NULL) {
        return TRUE;
    }
    return (makes_folder || tg_file_make_folder(folder, error)) &&
           tg_parquet_merge_write(work->merge, &options, error) &&
           s3_parquet_send_folder(self, folder, error);
}

static gint compare_tasks(gconstpointer a, gconstpointer b)
{
    const S3ParquetDelta *left = a;
    const S3ParquetDelta *right = b;

    return left->task < right->task ? -1 : left->task > right->task ? 1 : 0;
}

static gboolean open_merge(Work *work, const char *temp, GError **error)
{
    S3Parquet *self = work->self;
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    g_array_sort(self->deltas, compare_tasks); /* of rows with one key the last wins */
    for (guint i = 0; i < self->deltas->len; i++) {
        g_ptr_array_add(paths, g_array_index(self->deltas, S3ParquetDelta, i).draft.path);
    }
    g_ptr_array_add(paths, NULL);
    TgParquetMergeOptions options = {
        .files = (const char *const *)paths->pdata,
        .keys = (const char *const *)self->options.merge_keys,
        .threads = tg_loader_readers_max(self->context),
        .memory_bytes = job->memory_bytes > 0 ? job->memory_bytes : S3_PARQUET_MEMORY_DEFAULT,
        .temp_folder = temp};

    work->merge = tg_parquet_merge_new(&options, error);
    work->rows_new = work->merge == NULL ? 0 : tg_parquet_merge_rows(work->merge);
    return work->merge != NULL;
}

static gboolean merge_all(Work *work, const char *beside, GError **error)
{
    g_autofree char *folder = g_strconcat(beside, ".parts", NULL);
    g_autofree char *temp = g_strconcat(beside, ".sort", NULL);
    gboolean ok =
        read_files(work, error) && open_merge(work, temp, error) && find_replaced(work, error);

    for (guint i = 0; ok && i < work->files->len; i++) {
        ok = keep_file(work, g_ptr_array_index(work->files, i), error);
    }
    ok = ok && write_new(work, folder, temp, error);
    g_clear_pointer(&work->merge, tg_parquet_merge_free); /* before its folder goes */
    (void)tg_file_remove_folder(folder, NULL);            /* gc finds what stays */
    (void)tg_file_remove_folder(temp, NULL);
    return ok;
}

gboolean s3_parquet_merge(S3Parquet *self, json_t *receipt, GError **error)
{
    g_auto(Work) work = {
        .self = self, .replaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};

    if (self->deltas->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "a merge without files of rows");
        return FALSE;
    }
    if (!merge_all(&work, g_array_index(self->deltas, S3ParquetDelta, 0).draft.path, error)) {
        g_prefix_error(error, "merge into %s.%s: ", self->options.database, self->options.table);
        return FALSE;
    }
    json_object_set_new(receipt, "merged",
                        json_pack("{s:I, s:I, s:i, s:i}", "rows", (json_int_t)work.rows_new,
                                  "replaced", (json_int_t)work.rows_replaced, "files_rewritten",
                                  (int)work.files_rewritten, "files_kept",
                                  (int)(work.files->len - work.files_rewritten)));
    return TRUE;
}
