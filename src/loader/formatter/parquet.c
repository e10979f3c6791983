/* formatter parquet: Parquet files, written by DuckDB. */
#include <string.h>

#include "engine/parquet_writer.h"
#include "loader/row_pullers.h"
#include "loader/spool.h"
#include "params/params.h"

#define MEMORY_DEFAULT ((gint64)192 * 1024 * 1024) /* bytes, as the load's own */

typedef struct {
    TgFormatter formatter;
    const TgLoaderJob *job;
    const TgSchema *schema;
    const char *compression;
} ParquetFormatter;

static gboolean formatter_write_file(const TgFormatter *formatter, TgRows *rows, TgSink *sink,
                                     gint64 *out_bytes, GError **error)
{
    const ParquetFormatter *self = (const ParquetFormatter *)formatter;
    g_autoptr(TgSpool) spool = tg_spool_new(error);
    TgBatchSource source = {.source = rows,
                            .open_puller = tg_row_puller_open,
                            .pull = tg_row_puller_pull,
                            .close_puller = tg_row_puller_close};
    TgParquetOptions options = {
        .schema = self->schema,
        .compression = self->compression,
        .threads = tg_rows_threads_max(rows),
        .memory_bytes = self->job->memory_bytes > 0 ? self->job->memory_bytes : MEMORY_DEFAULT};

    if (spool == NULL) {
        return FALSE;
    }
    options.path = spool->path;
    return tg_parquet_write(&source, &options, error) &&
           tg_spool_empty(spool, sink, out_bytes, error);
}

static void formatter_free(TgFormatter *formatter)
{
    g_free(formatter);
}

/* Parquet's readers find columns by name, many without regard to case. */
static gboolean check_names(const TgSchema *schema, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < schema->count; i++) {
        if (!g_hash_table_add(names, g_utf8_strdown(schema->columns[i].name, -1))) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the column '%s' is there twice (upper and lower case are the same); "
                        "rename one of them",
                        schema->columns[i].name);
            return FALSE;
        }
    }
    if (schema->count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a Parquet file needs at least one column");
        return FALSE;
    }
    return TRUE;
}

static gboolean read_compression(const json_t *config, const char **out, GError **error)
{
    static const char *const names[] = {"snappy", "zstd", "gzip", "lz4", "brotli", "uncompressed"};
    g_autofree char *name = NULL;

    if (!tg_params_dup_text_or(config, "compression_codec", "snappy", &name, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(names[i], name) == 0) {
            *out = names[i];
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "compression_codec is snappy, zstd, gzip, lz4, brotli or uncompressed, not '%s'",
                name);
    return FALSE;
}

static TgFormatter *formatter_open(TgLoaderContext *context, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const TgFormatterClass class = {.write_file = formatter_write_file,
                                           .free = formatter_free};
    ParquetFormatter *self = g_new0(ParquetFormatter, 1);

    self->formatter.class = &class;
    self->job = tg_loader_context_job(context);
    self->schema = schema;
    if (!check_names(schema, error) || !read_compression(config, &self->compression, error)) {
        formatter_free(&self->formatter);
        return NULL;
    }
    return &self->formatter;
}

static const TgLoaderOption options[] = {
    {"compression_codec", "text", "snappy",
     "snappy, zstd, gzip, lz4, brotli or uncompressed; upper case, too."},
    {0}};

const TgFormatterPlugin tg_formatter_parquet = {
    .name = "parquet",
    .help = "A Parquet file; timestamps have microseconds, json is text.",
    .options = options,
    .open = formatter_open};
