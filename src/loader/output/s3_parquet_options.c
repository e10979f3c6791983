/* The options of s3_parquet, read and checked. */
#include <string.h>

#include "engine/parquet_merge.h"
#include "loader/output/s3_parquet.h"
#include "loader/sequence.h"
#include "object/s3.h"
#include "params/params.h"

#define FILE_BYTES_MIN ((gint64)64 * 1024)

static gboolean read_choice(const json_t *config, const char *key, const char *const *names,
                            int *out, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, key, names[0], &text, error)) {
        return FALSE;
    }
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return TRUE;
        }
    }
    g_autofree char *list = g_strjoinv(", ", (char **)names);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be one of %s, not '%s'", key, list,
                text);
    return FALSE;
}

static gboolean read_compression(S3ParquetOptions *out, const json_t *config, gboolean exact,
                                 GError **error)
{
    static const char *const known[] = {"uncompressed", "snappy", "gzip", "brotli",
                                        "lz4",          "zstd",   NULL};

    if (!tg_params_dup_text_or(config, "compression_codec", exact ? "zstd" : "uncompressed",
                               &out->compression, error)) {
        return FALSE;
    }
    if (!g_strv_contains(known, out->compression)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'compression_codec' must be uncompressed, snappy, gzip, brotli, lz4 or zstd, "
                    "not '%s'",
                    out->compression);
        return FALSE;
    }
    return TRUE;
}

/* A list of columns that exist, each once; NULL when the key is not there. */
static gboolean read_columns(const json_t *config, const char *key, const TgSchema *schema,
                             char ***out, GError **error)
{
    const json_t *list = json_object_get(config, key);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    json_t *value = NULL;
    size_t index = 0;

    if (list == NULL || json_is_null(list) || (json_is_array(list) && json_array_size(list) == 0)) {
        return TRUE;
    }
    if (!json_is_array(list)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a list of columns", key);
        return FALSE;
    }
    json_array_foreach (list, index, value) {
        const char *name = json_string_value(value);

        if (name == NULL || tg_schema_find(schema, name) < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: there is no column '%s'", key,
                        name == NULL ? "?" : name);
            return FALSE;
        }
        if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: '%s' stands twice", key, name);
            return FALSE;
        }
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_add(names, NULL);
    *out = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    return TRUE;
}

/* A number of bytes, or "128MB", "1 GiB". */
static gboolean read_file_bytes(S3ParquetOptions *out, const json_t *config, GError **error)
{
    static const struct {
        const char *unit;
        gint64 bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"KB", 1000},
                 {"MB", 1000000},
                 {"GB", 1000000000},
                 {"KiB", 1024},
                 {"MiB", (gint64)1024 * 1024},
                 {"GiB", (gint64)1024 * (gint64)1024 * 1024}};
    g_autofree char *text = NULL;
    char *end = NULL;

    if (!tg_params_dup_text_or(config, "target_file_size", NULL, &text, error) || text == NULL) {
        return error == NULL || *error == NULL;
    }
    gint64 number = g_ascii_strtoll(text, &end, 10);
    const char *unit = g_strchug(end);

    for (gsize i = 0; end != text && i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(units[i].unit, unit) == 0 && number > 0 &&
            number < G_MAXINT64 / units[i].bytes) {
            out->file_bytes = number * units[i].bytes;
        }
    }
    if (out->file_bytes < FILE_BYTES_MIN) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'target_file_size' must be at least 64 KiB, like 128MB, not '%s'", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_layout(S3ParquetOptions *out, const json_t *config, const TgSchema *schema,
                            GError **error)
{
    if (!read_columns(config, "partition_by", schema, &out->partition_by, error) ||
        !read_columns(config, "sort_by", schema, &out->sort_by, error) ||
        !read_file_bytes(out, config, error) ||
        !tg_params_get_boolean(config, "bloom_filters", FALSE, &out->bloom_filters, error)) {
        return FALSE;
    }
    if (out->partition_by != NULL && g_strv_length(out->partition_by) >= schema->count) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "partition_by: a table needs columns beside its partition keys");
        return FALSE;
    }
    if (out->partition_by != NULL && out->file_bytes > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'target_file_size' cannot be had with 'partition_by': each partition gets a "
                    "file of each thread");
        return FALSE;
    }
    return TRUE;
}

/* Data tests stand beside `catalog` as `tests:` or `test:`. */
static gboolean read_catalog(S3ParquetOptions *out, const json_t *config, GError **error)
{
    static const char *const operations[] = {"delete", "skip", "append", "merge", NULL};
    const json_t *catalog = json_object_get(config, "catalog");
    int operation = 0;

    out->tests = json_object_get(config, "tests");
    out->tests = out->tests == NULL ? json_object_get(config, "test") : out->tests;
    if (catalog == NULL || json_is_null(catalog)) {
        if (out->tests != NULL) {
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
    out->has_catalog = TRUE;
    out->database = tg_params_dup_text(catalog, "database", error);
    out->table = out->database == NULL ? NULL : tg_params_dup_text(catalog, "table", error);
    if (out->table == NULL ||
        !read_choice(catalog, "operation_if_exists", operations, &operation, error)) {
        g_prefix_error(error, "catalog: ");
        return FALSE;
    }
    out->operation = (S3ParquetOperation)operation;
    return TRUE;
}

static gboolean read_publish(S3ParquetOptions *out, const json_t *config, GError **error)
{
    static const char *const ways[] = {"atomic", "direct", NULL};
    static const char *const changes[] = {"evolve", "fail", "add_columns", NULL};
    int way = 0;
    int change = 0;

    if (!read_choice(config, "publish", ways, &way, error) ||
        !read_choice(config, "schema_change", changes, &change, error)) {
        return FALSE;
    }
    out->is_direct = way == 1;
    out->schema_change = (S3ParquetChange)change;
    if (out->is_direct && out->tests != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'tests' need 'publish: atomic': direct objects are visible before they are "
                    "tested");
        return FALSE;
    }
    return TRUE;
}

gboolean s3_parquet_keeps_rows(S3ParquetOperation operation)
{
    return operation == S3_PARQUET_APPEND || operation == S3_PARQUET_MERGE;
}

static gboolean fail(GError **error, const char *message)
{
    g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, message);
    return FALSE;
}

/* Columns must not be named as those that a merge adds. */
static gboolean check_merge_names(const TgSchema *schema, GError **error)
{
    static const char *const own[] = {TG_PARQUET_MERGE_NAMES};

    for (gsize i = 0; i < schema->count * G_N_ELEMENTS(own); i++) {
        const char *name = own[i % G_N_ELEMENTS(own)];

        if (g_ascii_strcasecmp(schema->columns[i / G_N_ELEMENTS(own)].name, name) == 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "a merge uses the name '%s' itself; rename the column with the filter "
                        "'rename'",
                        name);
            return FALSE;
        }
    }
    return TRUE;
}

/* `merge_keys` beside `catalog`, or in it. */
static gboolean read_merge(S3ParquetOptions *out, const json_t *config, const TgSchema *schema,
                           GError **error)
{
    const json_t *catalog = json_object_get(config, "catalog");
    gboolean merges = out->has_catalog && out->operation == S3_PARQUET_MERGE;

    if (!read_columns(tg_params_has(catalog, "merge_keys") ? catalog : config, "merge_keys", schema,
                      &out->merge_keys, error)) {
        return FALSE;
    }
    if (merges != (out->merge_keys != NULL)) {
        return fail(error, merges
                               ? "'operation_if_exists: merge' needs 'merge_keys': the columns "
                                 "that tell rows apart"
                               : "'merge_keys' need 'catalog' with 'operation_if_exists: merge'");
    }
    if (merges && out->is_direct) {
        return fail(error, "a merge needs 'publish: atomic': readers would see rows twice");
    }
    return !merges || check_merge_names(schema, error);
}

gboolean s3_parquet_options_read(S3ParquetOptions *out, const json_t *config,
                                 const TgSchema *schema, gboolean exact, GError **error)
{
    if (!tg_params_dup_text_or(config, "bucket", NULL, &out->bucket, error) ||
        !tg_params_dup_text_or(config, "path_prefix", "", &out->path_prefix, error) ||
        !tg_params_dup_text_or(config, "sequence_format", "%03d.%02d.", &out->sequence_format,
                               error) ||
        !tg_params_dup_text_or(config, "file_ext", "parquet", &out->file_ext, error)) {
        return FALSE;
    }
    g_autofree char *probe = tg_sequence_format(out->sequence_format, 0, 0, error);

    if (probe == NULL || !read_compression(out, config, exact, error) ||
        !read_layout(out, config, schema, error) || !read_catalog(out, config, error) ||
        !read_publish(out, config, error) || !read_merge(out, config, schema, error)) {
        return FALSE;
    }
    if (out->bucket == NULL && (!out->has_catalog || out->is_direct)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'bucket' is missing");
        return FALSE;
    }
    return TRUE;
}

void s3_parquet_options_clear(S3ParquetOptions *options)
{
    g_free(options->bucket);
    g_free(options->path_prefix);
    g_free(options->sequence_format);
    g_free(options->file_ext);
    g_free(options->compression);
    g_free(options->database);
    g_free(options->table);
    g_strfreev(options->partition_by);
    g_strfreev(options->sort_by);
    g_strfreev(options->merge_keys);
}
