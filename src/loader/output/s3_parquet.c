/* out s3_parquet: Parquet objects in a store, with `catalog:` published as a table in one step
 * (embulk-output-s3_parquet). */
#include "loader/output/s3_parquet.h"

#include <string.h>

#include "catalog/publish.h"
#include "catalog/table.h"
#include "engine/parquet_writer.h"
#include "loader/sequence.h"
#include "object/store.h"
#include "params/params.h"

#define MEMORY_DEFAULT ((gint64)160 * 1024 * 1024)

typedef struct {
    TgOutput output;
    TgLoaderContext *context;
    const TgSchema *schema;
    S3ParquetPlan *plan;
    guint task_count;
    char *bucket;
    char *path_prefix;
    char *sequence_format;
    char *file_ext;
    char *compression;
    const json_t *catalog; /* the block; NULL: none */
    const json_t *tests;
    char *database;
    char *table;
    TgPublish *publish;
    TgObjectDraft *drafts; /* one a task */
    json_t *config;
} S3Parquet;

static const TgLoaderServices *services_of(const S3Parquet *self)
{
    return tg_loader_context_job(self->context)->services;
}

static void output_free(TgOutput *output)
{
    S3Parquet *self = (S3Parquet *)output;

    for (guint i = 0; self->drafts != NULL && i < self->task_count; i++) {
        tg_object_abort(services_of(self)->objects, &self->drafts[i]);
    }
    tg_publish_free(self->publish);
    s3_parquet_plan_free(self->plan);
    g_free(self->drafts);
    g_free(self->bucket);
    g_free(self->path_prefix);
    g_free(self->sequence_format);
    g_free(self->file_ext);
    g_free(self->compression);
    g_free(self->database);
    g_free(self->table);
    json_decref(self->config);
    g_free(self);
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

/* The URL of a task's object: below the publish, or where it will stay. The caller frees. */
static char *object_url(const S3Parquet *self, guint task, GError **error)
{
    g_autofree char *sequence = tg_sequence_format(self->sequence_format, task, 0, error);

    if (sequence == NULL) {
        return NULL;
    }
    if (self->publish != NULL) {
        return g_strconcat(tg_publish_prefix(self->publish), "part-", sequence, self->file_ext,
                           NULL);
    }
    return g_strconcat("s3://", self->bucket, "/", self->path_prefix, sequence, self->file_ext,
                       NULL);
}

static gboolean output_run_task(TgOutput *output, guint task, TgRows *rows, json_t **out_report,
                                GError **error)
{
    S3Parquet *self = (S3Parquet *)output;
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    g_autofree char *url = object_url(self, task, error);
    TgObjectDraft *draft = &self->drafts[task];
    Source source = {.plan = self->plan, .rows = rows};
    TgParquetSource pullers = {
        .source = &source, .open_puller = open_puller, .pull = pull, .close_puller = close_puller};

    if (url == NULL || !tg_object_begin(services_of(self)->objects, url, draft, error)) {
        return FALSE;
    }
    TgParquetOptions options = {
        .path = draft->path,
        .schema = s3_parquet_plan_schema(self->plan),
        .compression = self->compression,
        .threads = tg_rows_threads_max(rows),
        .memory_bytes = job->memory_bytes > 0 ? job->memory_bytes : MEMORY_DEFAULT,
    };

    if (!tg_parquet_write(&pullers, &options, error)) {
        return FALSE;
    }
    *out_report = json_pack("{s:s}", "url", url);
    return TRUE;
}

/* --- commit --- */

static void free_info(gpointer info)
{
    tg_object_info_free(info);
}

/* Makes all drafts objects. */
static GPtrArray *commit_drafts(S3Parquet *self, GError **error)
{
    g_autoptr(GPtrArray) infos = g_ptr_array_new_with_free_func(free_info);

    for (guint i = 0; i < self->task_count; i++) {
        TgObjectInfo *info = NULL;

        if (self->drafts[i].path == NULL) {
            continue; /* done by the run that is resumed */
        }
        if (!tg_object_commit(services_of(self)->objects, &self->drafts[i], &info, error)) {
            return NULL;
        }
        g_ptr_array_add(infos, info);
    }
    return g_steal_pointer(&infos);
}

static json_t *table_input(const S3Parquet *self)
{
    const TgSchema *schema = s3_parquet_plan_schema(self->plan);
    g_autofree char *compression = g_ascii_strup(self->compression, -1);
    json_t *table = tg_table_new(self->database, self->table, TG_FORMAT_PARQUET, NULL, compression);

    for (guint i = 0; i < schema->count; i++) {
        tg_table_add_column(table, schema->columns[i].name,
                            s3_parquet_plan_hive_type(self->plan, i), NULL);
    }
    return table;
}

static gboolean run_tests(const S3Parquet *self, const json_t *table, GPtrArray *infos,
                          json_t **out_results, GError **error)
{
    const TgLoaderServices *services = services_of(self);

    if (self->tests == NULL) {
        return TRUE;
    }
    if (services->run_tests == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'tests' cannot be run by this command; nothing was published");
        return FALSE;
    }
    return services->run_tests(services->data, self->tests, tg_table_columns(table), infos,
                               out_results, error);
}

static gboolean publish_table(S3Parquet *self, GPtrArray *infos, json_t *receipt, GError **error)
{
    g_autoptr(json_t) results = NULL;
    g_autoptr(json_t) table = table_input(self);

    if (!run_tests(self, table, infos, &results, error)) {
        return FALSE;
    }
    TgPublishFacts facts = {.rows = json_integer_value(json_object_get(receipt, "rows_written")),
                            .tests = results};
    json_t *published = tg_publish_commit_table(self->publish, table, NULL, &facts, error);

    if (published == NULL) {
        return FALSE;
    }
    json_object_set_new(receipt, "table", published);
    if (results != NULL) {
        json_object_set(receipt, "tests", results);
    }
    return TRUE;
}

static gboolean output_commit(TgOutput *output, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt, json_t **out_diff, GError **error)
{
    S3Parquet *self = (S3Parquet *)output;
    g_autoptr(GPtrArray) infos = commit_drafts(self, error);
    json_t *objects = json_array();

    json_object_set_new(receipt, "objects", objects);
    if (infos == NULL || (self->publish != NULL && !publish_table(self, infos, receipt, error))) {
        return FALSE;
    }
    for (guint i = 0; i < infos->len; i++) {
        const TgObjectInfo *info = g_ptr_array_index(infos, i);

        json_array_append_new(objects, json_pack("{s:s, s:I, s:s?}", "url", info->url, "size",
                                                 (json_int_t)info->size_bytes, "etag", info->etag));
    }
    *out_diff = json_object();
    return TRUE;
}

/* --- options --- */

static gboolean read_compression(S3Parquet *self, GError **error)
{
    static const char *const known[] = {"uncompressed", "snappy", "gzip", "brotli",
                                        "lz4",          "zstd",   NULL};
    gboolean exact = tg_loader_context_job(self->context)->exact_types;

    if (!tg_params_dup_text_or(self->config, "compression_codec", exact ? "zstd" : "uncompressed",
                               &self->compression, error)) {
        return FALSE;
    }
    if (!g_strv_contains(known, self->compression)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'compression_codec' must be uncompressed, snappy, gzip, brotli, lz4 or zstd, "
                    "not '%s'",
                    self->compression);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_texts(S3Parquet *self, GError **error)
{
    const json_t *config = self->config;

    if (!tg_params_dup_text_or(config, "bucket", NULL, &self->bucket, error) ||
        !tg_params_dup_text_or(config, "path_prefix", "", &self->path_prefix, error) ||
        !tg_params_dup_text_or(config, "sequence_format", "%03d.%02d.", &self->sequence_format,
                               error) ||
        !tg_params_dup_text_or(config, "file_ext", "parquet", &self->file_ext, error)) {
        return FALSE;
    }
    g_autofree char *probe = tg_sequence_format(self->sequence_format, 0, 0, error);

    return probe != NULL && read_compression(self, error);
}

/* Data tests stand beside `catalog` as `tests:` or `test:`. */
static gboolean read_catalog(S3Parquet *self, GError **error)
{
    const json_t *catalog = json_object_get(self->config, "catalog");

    self->tests = json_object_get(self->config, "tests");
    self->tests = self->tests == NULL ? json_object_get(self->config, "test") : self->tests;
    if (catalog == NULL || json_is_null(catalog)) {
        if (self->tests != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'tests' need a 'catalog': without a table nothing can be held back");
            return FALSE;
        }
        return TRUE;
    }
    if (!json_is_object(catalog)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'catalog' must be a map");
        return FALSE;
    }
    self->database = tg_params_dup_text(catalog, "database", error);
    self->table = self->database == NULL ? NULL : tg_params_dup_text(catalog, "table", error);
    if (self->table == NULL) {
        g_prefix_error(error, "catalog: ");
        return FALSE;
    }
    if (services_of(self)->catalog == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no catalog to register in here");
        return FALSE;
    }
    self->catalog = catalog;
    return TRUE;
}

/* operation_if_exists skip: a table that is there stays as it is. */
static gboolean check_skip(S3Parquet *self, GError **error)
{
    g_autofree char *operation = NULL;
    g_autoptr(json_t) present = NULL;

    if (!tg_params_dup_text_or(self->catalog, "operation_if_exists", "delete", &operation, error)) {
        return FALSE;
    }
    if (strcmp(operation, "delete") == 0) {
        return TRUE;
    }
    if (strcmp(operation, "skip") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "catalog: 'operation_if_exists' must be delete or skip, not '%s'", operation);
        return FALSE;
    }
    present = tg_catalog_get_table(services_of(self)->catalog, self->database, self->table, NULL);
    if (present != NULL) {
        self->catalog = NULL;
    }
    return TRUE;
}

static gboolean begin_publish(S3Parquet *self, GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    const char *slash = strrchr(self->path_prefix, '/');
    g_autofree char *folder =
        slash == NULL ? g_strdup("")
                      : g_strndup(self->path_prefix, (gsize)(slash + 1 - self->path_prefix));
    g_autofree char *location =
        self->bucket == NULL ? NULL : g_strconcat("s3://", self->bucket, "/", folder, NULL);
    TgPublishTarget target = {
        .database = self->database,
        .table = self->table,
        .location = location,
        .task_name = job->task_name,
        .now_ms = job->now_ms,
    };

    self->publish =
        tg_publish_begin(services_of(self)->catalog, services_of(self)->objects, &target, error);
    return self->publish != NULL;
}

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

static gboolean open_with(S3Parquet *self, GError **error)
{
    if (services_of(self)->objects == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no object store to write to here");
        return FALSE;
    }
    if (!read_texts(self, error) || !read_catalog(self, error) ||
        !check_names(self->schema, error) || (self->catalog != NULL && !check_skip(self, error))) {
        return FALSE;
    }
    if (self->bucket == NULL && self->catalog == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'bucket' is missing");
        return FALSE;
    }
    self->plan = s3_parquet_plan_new(self->context, self->config, self->schema, error);
    return self->plan != NULL && (self->catalog == NULL || begin_publish(self, error));
}

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count, GError **error)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    S3Parquet *self = g_new0(S3Parquet, 1);
    g_autoptr(TgOutput) output = &self->output;

    self->output.class = &class;
    self->context = context;
    self->schema = schema;
    self->task_count = task_count;
    self->config = json_deep_copy(config);
    self->drafts = g_new0(TgObjectDraft, task_count + 1);
    return open_with(self, error) ? g_steal_pointer(&output) : NULL;
}

static json_t *output_describe(TgLoaderContext *context, const json_t *config,
                               const TgSchema *schema, GError **error)
{
    g_autoptr(S3ParquetPlan) plan =
        check_names(schema, error) ? s3_parquet_plan_new(context, config, schema, error) : NULL;

    return plan == NULL ? NULL : s3_parquet_plan_describe(plan, schema);
}

static const TgLoaderOption options[] = {
    {"bucket", "text", "", "The bucket; with `catalog` it may be left out."},
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
     "database, table, operation_if_exists: publish as a table in one step."},
    {"tests", "list", "null", "Data tests that must hold before the table is published."},
    {"test", "list", "null", "Another spelling of tests."},
    {"lossy", "text", "refuse", "allow: values may lose digits that Parquet cannot hold."},
    {"canned_acl", "text", "private", "Access list of new objects; S3 alone."},
    {"block_size", "integer", "134217728", "Accepted; row groups are sized by the writer."},
    {"page_size", "integer", "1048576", "Accepted; pages are sized by the writer."},
    {"max_padding_size", "integer", "8388608", "Accepted; nothing is padded."},
    {"enable_dictionary_encoding", "boolean", "true", "Accepted; the writer chooses."},
    {"buffer_dir", "text", "", "Accepted; drafts lie in the object store."},
    {"region", "text", "null", "S3 alone."},
    {"endpoint", "text", "null", "S3 alone."},
    {"auth_method", "text", "default", "S3 alone."},
    {"access_key_id", "text", "null", "S3 alone."},
    {"secret_access_key", "text", "null", "S3 alone."},
    {"session_token", "text", "null", "S3 alone."},
    {"profile_name", "text", "default", "S3 alone."},
    {"profile_file", "text", "null", "S3 alone."},
    {"role_arn", "text", "null", "S3 alone."},
    {"role_session_name", "text", "null", "S3 alone."},
    {"http_proxy", "map", "null", "S3 alone."},
    {0}};

const TgOutputPlugin tg_output_s3_parquet = {
    .name = "s3_parquet",
    .help = "Parquet objects, published as a table of the catalog in one step.",
    .options = options,
    .merges = TRUE,
    .open = output_open,
    .describe = output_describe};
