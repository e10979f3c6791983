/* out s3_parquet: Parquet objects in a store, with `catalog:` published as a table in one step
 * (embulk-output-s3_parquet). */
#include "loader/output/s3_parquet.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "catalog/partition_files.h"
#include "engine/parquet_writer.h"
#include "loader/sequence.h"
#include "object/s3.h"
#include "params/params.h"

#define CONFLICTS_MAX 10u
#define CONFLICT_PAUSE_MS 300u

static void output_free(TgOutput *output)
{
    S3Parquet *self = (S3Parquet *)output;

    tg_object_sender_free(self->sender);
    for (guint i = 0; i < self->deltas->len; i++) {
        tg_object_abort(self->objects, &g_array_index(self->deltas, S3ParquetDelta, i).draft);
    }
    g_array_unref(self->deltas);
    g_mutex_clear(&self->mutex);
    tg_publish_free(self->publish);
    tg_catalog_free(self->own_catalog);
    tg_object_store_free(self->own_objects);
    s3_parquet_plan_free(self->plan);
    s3_parquet_options_clear(&self->options);
    json_decref(self->present);
    json_decref(self->config);
    g_free(self);
}

char *s3_parquet_folder(const S3ParquetOptions *options)
{
    const char *slash = strrchr(options->path_prefix, '/');
    int size = slash == NULL ? 0 : (int)(slash + 1 - options->path_prefix);

    return options->bucket == NULL
               ? NULL
               : g_strdup_printf("s3://%s/%.*s", options->bucket, size, options->path_prefix);
}

/* --- rows to the writer --- */

typedef struct {
    const S3ParquetPlan *plan;
    TgRows *rows;
} Source;

typedef struct {
    TgCursor *cursor;
    S3ParquetConverter *converter;
} Puller;

static gpointer open_puller(gpointer data)
{
    const Source *source = data;
    Puller *puller = g_new0(Puller, 1);

    puller->cursor = tg_cursor_new(source->rows);
    puller->converter = s3_parquet_converter_new(source->plan);
    return puller;
}

static gboolean pull(gpointer data, const TgBatch **out, GError **error)
{
    Puller *puller = data;

    if (!tg_cursor_next(puller->cursor, out, error)) {
        return FALSE;
    }
    if (*out != NULL) {
        *out = s3_parquet_convert(puller->converter, *out, error);
        return *out != NULL;
    }
    return TRUE;
}

static void close_puller(gpointer data)
{
    Puller *puller = data;

    tg_cursor_free(puller->cursor);
    s3_parquet_converter_free(puller->converter);
    g_free(puller);
}

/* --- files --- */

/* What a task's writer makes. */
typedef struct {
    S3Parquet *self;
    guint task;
    guint files; /* so far */
    json_t *urls;
} TaskFiles;

/* Where a file of a task goes: below the publish, or where it will stay. The caller frees. */
static char *object_url(const S3Parquet *self, guint task, guint file, const char *folder,
                        GError **error)
{
    const S3ParquetOptions *options = &self->options;
    g_autofree char *sequence = tg_sequence_format(options->sequence_format, task, file, error);
    const char *slash = strrchr(options->path_prefix, '/');
    const char *name = slash == NULL ? options->path_prefix : slash + 1;
    g_autofree char *top = NULL;

    if (sequence == NULL) {
        return NULL;
    }
    if (self->publish != NULL) {
        /* the id keeps names apart from those that an append takes over */
        return g_strconcat(tg_publish_prefix(self->publish), folder, "part-",
                           tg_publish_id(self->publish), "-", sequence, options->file_ext, NULL);
    }
    top = s3_parquet_folder(options);
    return g_strconcat(top, folder, name, sequence, options->file_ext, NULL);
}

/* Hands a draft on; takes what it holds. */
static gboolean send_draft(TaskFiles *files, TgObjectDraft draft, GError **error)
{
    json_array_append_new(files->urls, json_string(draft.url));
    return tg_object_sender_add(files->self->sender, draft, error);
}

/* DuckDB wrote a file; it becomes the draft of an object. */
static gboolean take_file(gpointer data, const char *path, const char *folder, GError **error)
{
    TaskFiles *files = data;
    g_autofree char *url = object_url(files->self, files->task, files->files++, folder, error);
    TgObjectDraft draft = {NULL, NULL};

    if (url == NULL || !tg_object_begin(files->self->objects, url, &draft, error)) {
        return FALSE;
    }
    if (g_rename(path, draft.path) != 0) {
        tg_error_set_file(error, errno, "rename", path);
        tg_object_abort(files->self->objects, &draft);
        return FALSE;
    }
    return send_draft(files, draft, error);
}

static json_t *key_list(const S3Parquet *self)
{
    json_t *keys = json_array();

    for (char **key = self->options.partition_by; key != NULL && *key != NULL; key++) {
        json_array_append_new(keys, json_pack("{s:s}", "Name", *key));
    }
    return keys;
}

static gboolean write_rows(const S3Parquet *self, TgRows *rows, const char *path, const char *temp,
                           GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    const S3ParquetOptions *wanted = &self->options;
    Source source = {.plan = self->plan, .rows = rows};
    TgBatchSource pullers = {
        .source = &source, .open_puller = open_puller, .pull = pull, .close_puller = close_puller};
    TgParquetOptions options = {
        .path = path,
        .schema = s3_parquet_plan_schema(self->plan),
        .compression = wanted->compression,
        .threads = tg_rows_threads_max(rows),
        .memory_bytes = job->memory_bytes > 0 ? job->memory_bytes : S3_PARQUET_MEMORY_DEFAULT,
        .partition_by = (const char *const *)wanted->partition_by,
        .sort_by = (const char *const *)wanted->sort_by,
        .file_bytes = wanted->file_bytes,
        .bloom_filters = wanted->bloom_filters,
        .temp_folder = wanted->sort_by == NULL && wanted->partition_by == NULL ? NULL : temp,
    };

    return tg_parquet_write(&pullers, &options, error);
}

/* The writer makes a folder of files beside a draft, so that they move without being copied. */
static gboolean write_folder(TaskFiles *files, TgRows *rows, const TgObjectDraft *beside,
                             GError **error)
{
    g_autofree char *folder = g_strconcat(beside->path, ".parts", NULL);
    g_autofree char *temp = g_strconcat(beside->path, ".sort", NULL);
    g_autoptr(json_t) keys = key_list(files->self);
    gboolean ok = write_rows(files->self, rows, folder, temp, error) &&
                  tg_partition_files_walk(keys, folder, take_file, files, error);

    (void)tg_file_remove_folder(folder, NULL); /* gc finds what stays */
    (void)tg_file_remove_folder(temp, NULL);
    return ok;
}

gboolean s3_parquet_send_folder(S3Parquet *self, const char *folder, GError **error)
{
    g_autoptr(json_t) urls = json_array();
    g_autoptr(json_t) keys = key_list(self);
    TaskFiles files = {.self = self, .urls = urls};

    return tg_partition_files_walk(keys, folder, take_file, &files, error);
}

/* The rows of a task as they came, in one file: the merge decides which of them count. */
static gboolean write_delta(S3Parquet *self, guint task, TgRows *rows, TgObjectDraft draft,
                            GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    Source source = {.plan = self->plan, .rows = rows};
    TgBatchSource pullers = {
        .source = &source, .open_puller = open_puller, .pull = pull, .close_puller = close_puller};
    S3ParquetDelta delta = {.task = task, .draft = draft};
    TgParquetOptions options = {
        .path = draft.path,
        .schema = s3_parquet_plan_schema(self->plan),
        .compression = "snappy",
        .threads = 1, /* of rows with one key the last wins, so their order counts */
        .keeps_order = TRUE,
        .memory_bytes = job->memory_bytes > 0 ? job->memory_bytes : S3_PARQUET_MEMORY_DEFAULT};

    if (!tg_parquet_write(&pullers, &options, error)) {
        tg_object_abort(self->objects, &draft);
        return FALSE;
    }
    g_mutex_lock(&self->mutex);
    g_array_append_val(self->deltas, delta);
    g_mutex_unlock(&self->mutex);
    return TRUE;
}

static gboolean output_run_task(TgOutput *output, guint task, TgRows *rows, json_t **out_report,
                                GError **error)
{
    S3Parquet *self = (S3Parquet *)output;
    g_autofree char *url = object_url(self, task, 0, "", error);
    g_autoptr(json_t) urls = json_array();
    TaskFiles files = {.self = self, .task = task, .urls = urls};
    TgObjectDraft draft = {NULL, NULL};
    gboolean ok = FALSE;

    if (url == NULL || !tg_object_begin(self->objects, url, &draft, error)) {
        return FALSE;
    }
    if (self->options.merge_keys != NULL) {
        ok = write_delta(self, task, rows, draft, error);
    } else if (self->options.partition_by != NULL || self->options.file_bytes > 0) {
        ok = write_folder(&files, rows, &draft, error);
        tg_object_abort(self->objects, &draft);
    } else {
        g_autofree char *temp = g_strconcat(draft.path, ".sort", NULL);

        ok = write_rows(self, rows, draft.path, temp, error);
        (void)tg_file_remove_folder(temp, NULL); /* gc finds what stays */
        if (ok) {
            ok = send_draft(&files, draft, error);
        } else {
            tg_object_abort(self->objects, &draft);
        }
    }
    if (ok) {
        *out_report = json_pack("{s:O}", "urls", urls);
    }
    return ok;
}

/* --- commit --- */

/* One try: what the table keeps, the objects, the switch. */
static gboolean commit_once(S3Parquet *self, json_t *receipt, GPtrArray **infos, GError **error)
{
    if (self->publish != NULL && s3_parquet_keeps_rows(self->options.operation) &&
        !s3_parquet_publish_build(self, receipt, error)) {
        return FALSE;
    }
    if (self->options.merge_keys != NULL && !s3_parquet_merge(self, receipt, error)) {
        return FALSE;
    }
    if (*infos == NULL) {
        *infos = tg_object_sender_commit(self->sender, error);
    }
    return *infos != NULL &&
           (!self->options.has_catalog || s3_parquet_publish_commit(self, *infos, receipt, error));
}

/* Somebody else published to the table that an append or a merge builds on. */
static gboolean begin_anew(S3Parquet *self, GPtrArray **infos, GError **error)
{
    if (self->options.operation == S3_PARQUET_MERGE) {
        g_clear_pointer(infos, g_ptr_array_unref);
        tg_object_sender_free(self->sender);
        self->sender = tg_object_sender_new(self->objects, FALSE);
    }
    return s3_parquet_publish_undo_build(self, error);
}

static gboolean commit_all(S3Parquet *self, json_t *receipt, GPtrArray **infos, GError **error)
{
    for (guint tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;

        if (commit_once(self, receipt, infos, &problem)) {
            return TRUE;
        }
        if (!g_error_matches(problem, TG_ERROR, TG_ERROR_CONFLICT) || self->publish == NULL ||
            !s3_parquet_keeps_rows(self->options.operation) || tries == CONFLICTS_MAX) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        tg_loader_log(self->context, TG_LOADER_INFO, "%s; building on what the table is now",
                      problem->message);
        if (!begin_anew(self, infos, error)) {
            return FALSE;
        }
        /* by chance, so that two loads do not meet again */
        (void)tg_clock_pause(tg_random_below(CONFLICT_PAUSE_MS), NULL);
    }
}

static gboolean output_commit(TgOutput *output, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt, json_t **out_diff, GError **error)
{
    S3Parquet *self = (S3Parquet *)output;
    g_autoptr(GPtrArray) infos = NULL;
    json_t *objects = json_array();

    json_object_set_new(receipt, "objects", objects);
    if (!commit_all(self, receipt, &infos, error)) {
        return FALSE;
    }
    (void)json_object_del(receipt, "positions_read"); /* there may be none */
    for (guint i = 0; i < infos->len; i++) {
        const TgObjectInfo *info = g_ptr_array_index(infos, i);

        json_array_append_new(objects, json_pack("{s:s, s:I, s:s?}", "url", info->url, "size",
                                                 (json_int_t)info->size_bytes, "etag", info->etag));
    }
    *out_diff = json_object();
    return TRUE;
}

/* --- opening --- */

/* Parquet readers fold the case of names, so names must differ in more. */
static gboolean check_names(const TgSchema *schema, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < schema->count; i++) {
        const char *name = schema->columns[i].name;
        char *folded = g_utf8_strdown(name, -1);

        if (!g_hash_table_add(seen, folded)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "two columns are named '%s' (case does not count); rename one with the "
                        "filter 'rename'",
                        name);
            return FALSE;
        }
        if (*name == '\0') {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column %u has no name", i + 1);
            return FALSE;
        }
    }
    if (schema->count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no column to write");
        return FALSE;
    }
    return TRUE;
}

static gboolean open_with(S3Parquet *self, const TgSchema *schema, GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);

    if (job->resume_state != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a load into s3_parquet cannot be resumed, for nothing of a failed one stays; "
                    "remove the resume state and run it anew");
        return FALSE;
    }
    if (!check_names(schema, error) ||
        !s3_parquet_options_read(&self->options, self->config, schema, job->exact_types, error) ||
        !s3_parquet_open_place(self, error)) {
        return FALSE;
    }
    self->plan = s3_parquet_plan_new(self->context, self->config, schema, error);
    if (self->plan == NULL ||
        (self->options.has_catalog && !s3_parquet_publish_begin(self, error))) {
        return FALSE;
    }
    /* what a publish does not switch to is removed with it */
    self->sender = tg_object_sender_new(self->objects, self->publish == NULL);
    return TRUE;
}

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count G_GNUC_UNUSED, GError **error)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    S3Parquet *self = g_new0(S3Parquet, 1);
    g_autoptr(TgOutput) output = &self->output;

    self->output.class = &class;
    self->context = context;
    self->config = json_deep_copy(config);
    self->deltas = g_array_new(FALSE, FALSE, sizeof(S3ParquetDelta));
    g_mutex_init(&self->mutex);
    return open_with(self, schema, error) ? g_steal_pointer(&output) : NULL;
}

static json_t *output_describe(TgLoaderContext *context, const json_t *config,
                               const TgSchema *schema, GError **error)
{
    g_autoptr(S3ParquetPlan) plan =
        check_names(schema, error) ? s3_parquet_plan_new(context, config, schema, error) : NULL;

    return plan == NULL ? NULL : s3_parquet_plan_describe(plan, schema);
}

static const TgLoaderOption options[] = {
    {"bucket", "text", "null", "The bucket; with `catalog` it may be left out."},
    {"path_prefix", "text", "", "How keys begin; its folder is the table's location."},
    {"sequence_format", "text", "%03d.%02d.", "The middle of a key: task and file number."},
    {"file_ext", "text", "parquet", "How keys end."},
    {"compression_codec", "text", "uncompressed (zstd with exact types)",
     "uncompressed, snappy, gzip, brotli, lz4 or zstd."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%6N %z",
     "Format of timestamps that are written as texts (without exact types)."},
    {"default_timezone", "text", "UTC", "Their zone."},
    {"column_options", "map", "{}", "By column: format, timezone, logical_type, converted_type."},
    {"type_options", "map", "{}", "The same by Embulk type."},
    {"catalog", "map", "null",
     "database, table, column_options, and operation_if_exists: delete (replace), skip, append or "
     "merge (rows with the same merge_keys are replaced). type: glue or local; without it Glue "
     "when "
     "these options say who asks AWS, or catalog_id is given; endpoint: another server than AWS."},
    {"merge_keys", "list", "[]",
     "merge: columns that tell rows apart. Of rows of one load with one key the last wins; null is "
     "equal to null."},
    {"publish", "text", "atomic",
     "atomic: staged, tested, one switch. direct: as Embulk, seen while it is written."},
    {"schema_change", "text", "evolve",
     "When the table's columns differ: fail, add_columns (new ones alone) or evolve."},
    {"partition_by", "list", "[]", "Columns that become folders k=v/ and the table's keys."},
    {"sort_by", "list", "[]",
     "Columns that the rows are sorted by, which makes queries read less."},
    {"bloom_filters", "boolean", "false",
     "Add bloom filters for columns with few values: a query for one value skips more."},
    {"target_file_size", "text", "null", "About how large a file gets: 128MB. Unset: one a task."},
    {"tests", "list", "null", "Data tests that must hold before the table is published."},
    {"test", "list", "null", "Another spelling of tests."},
    {"lossy", "text", "refuse", "allow: values may lose digits that Parquet cannot hold."},
    {"block_size", "integer", "134217728", "Accepted; row groups are sized by the writer."},
    {"page_size", "integer", "1048576", "Accepted; pages are sized by the writer."},
    {"max_padding_size", "integer", "8388608", "Accepted; nothing is padded."},
    {"enable_dictionary_encoding", "boolean", "true", "Accepted; the writer chooses."},
    {"accelerate_mode_enabled", "boolean", "null", "Accepted; AWS's usual endpoint is used."},
    {"chunked_encoding_disabled", "boolean", "null", "Accepted; bodies are never chunked."},
    {"dualstack_enabled", "boolean", "null", "Accepted; name an `endpoint` for it."},
    {"force_global_bucket_access_enabled", "boolean", "null",
     "Accepted; a bucket's region is found anyway."},
    {"payload_signing_enabled", "boolean", "null", "Accepted; payloads are always signed."},
    TG_OBJECT_S3_OPTIONS,
    {0}};

const TgOutputPlugin tg_output_s3_parquet = {
    .name = "s3_parquet",
    .help = "Parquet objects, published as a table of the catalog in one step.",
    .options = options,
    .merges = TRUE,
    .open = output_open,
    .describe = output_describe,
    .get_positions = s3_parquet_positions};
