/* parser parquet: Parquet files, read by DuckDB. */
#include <string.h>

#include "engine/stream_query.h"
#include "loader/column_config.h"
#include "loader/spool.h"
#include "params/params.h"

#define MEMORY_DEFAULT ((gint64)192 * 1024 * 1024) /* bytes, as the load's own */
#define THREADS_MAX 64u

typedef struct {
    TgParser parser;
    const TgLoaderJob *job;
    gboolean casts; /* `columns` says which types */
} ParquetParser;

typedef struct {
    TgReader reader;
    const ParquetParser *parser;
    GMutex mutex; /* over all below */
    TgFileTask *files;
    TgSpool *spool; /* NULL: open the next file */
    TgStreamQuery *query;
    char *name;
} ParquetReader;

/* --- files as queries --- */

static const char *sql_type(TgType type, char *decimal, gsize size)
{
    switch ((int)type.id) {
    case TG_TYPE_BOOLEAN:
        return "BOOLEAN";
    case TG_TYPE_INT64:
        return "BIGINT";
    case TG_TYPE_DOUBLE:
        return "DOUBLE";
    case TG_TYPE_DATE:
        return "DATE";
    case TG_TYPE_TIMESTAMP:
        return "TIMESTAMP";
    case TG_TYPE_JSON:
        return "JSON";
    case TG_TYPE_DECIMAL:
        g_snprintf(decimal, size, "DECIMAL(%u,%u)", type.precision, type.scale);
        return decimal;
    default:
        return "VARCHAR";
    }
}

static void append_columns(GString *sql, const TgSchema *schema, gboolean casts)
{
    for (guint i = 0; i < schema->count; i++) {
        char decimal[32];

        g_string_append(sql, i == 0 ? "" : ", ");
        if (casts) {
            g_string_append(sql, "CAST(");
        }
        tg_stream_query_append_name(sql, schema->columns[i].name);
        if (casts) {
            g_string_append_printf(sql, " AS %s) AS ",
                                   sql_type(schema->columns[i].type, decimal, sizeof decimal));
            tg_stream_query_append_name(sql, schema->columns[i].name);
        }
    }
}

/* The query that reads a file: the columns of the schema, or all. */
static TgStreamQuery *open_query(const ParquetParser *parser, const TgSchema *schema,
                                 const char *path, GError **error)
{
    const TgLoaderJob *job = parser->job;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    TgStreamQueryOptions options = {
        .exact_types = job->exact_types,
        .threads = job->threads == 0 ? MIN(g_get_num_processors(), THREADS_MAX) : job->threads,
        .memory_bytes = job->memory_bytes == 0 ? MEMORY_DEFAULT : job->memory_bytes,
        .temp_folder = g_get_tmp_dir()};

    if (schema == NULL) {
        g_string_append_c(sql, '*');
    } else {
        append_columns(sql, schema, parser->casts);
    }
    g_string_append(sql, " FROM read_parquet(");
    tg_stream_query_append_text(sql, path);
    g_string_append_c(sql, ')');
    options.sql = sql->str;
    return tg_stream_query_new(&options, error);
}

/* --- reading --- */

static gboolean check_types(const ParquetReader *self, GError **error)
{
    const TgSchema *wanted = self->parser->parser.schema;
    const TgSchema *found = tg_stream_query_schema(self->query);

    for (guint i = 0; i < wanted->count; i++) {
        g_autofree char *want = tg_type_to_text(wanted->columns[i].type);
        g_autofree char *have = tg_type_to_text(found->columns[i].type);

        if (strcmp(want, have) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s' is %s, but %s in the first file; say in in.parser.columns "
                        "what it shall be",
                        wanted->columns[i].name, have, want);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean open_spooled(ParquetReader *self, TgStream *stream, GError **error)
{
    self->spool = tg_spool_new(error);
    if (self->spool == NULL || !tg_spool_fill(self->spool, stream, error)) {
        return FALSE;
    }
    self->query = open_query(self->parser, self->parser->parser.schema, self->spool->path, error);
    return self->query != NULL && check_types(self, error) &&
           tg_stream_query_start(self->query, NULL, error);
}

static void close_file(ParquetReader *self)
{
    g_clear_pointer(&self->query, tg_stream_query_free);
    g_clear_pointer(&self->spool, tg_spool_free);
}

/* FALSE without an error: there is no file any more. */
static gboolean open_file(ParquetReader *self, GError **error)
{
    g_autoptr(TgStream) stream = NULL;

    if (!tg_file_task_next(self->files, &stream, error) || stream == NULL) {
        return FALSE;
    }
    g_free(self->name);
    self->name = g_strdup(stream->name);
    return open_spooled(self, stream, error);
}

/* Opens the next file when none is open; without one behind the last there is no query. */
static gboolean need_file(ParquetReader *self, GError **error)
{
    GError *problem = NULL;

    if (self->query == NULL) {
        (void)open_file(self, &problem); /* FALSE at the end, too */
    }
    if (problem != NULL) {
        g_propagate_prefixed_error(error, problem, "%s: ", self->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean next_rows(ParquetReader *self, TgBatch *batch, GError **error)
{
    while (batch->rows == 0) {
        if (!need_file(self, error)) {
            return FALSE;
        }
        if (self->query == NULL) {
            return TRUE;
        }
        if (!tg_stream_query_next(self->query, batch, error)) {
            g_prefix_error(error, "%s: ", self->name);
            return FALSE;
        }
        if (batch->rows == 0) {
            close_file(self);
        }
    }
    return TRUE;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    ParquetReader *self = (ParquetReader *)reader;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return next_rows(self, batch, error);
}

static void reader_free(TgReader *reader)
{
    ParquetReader *self = (ParquetReader *)reader;

    close_file(self);
    tg_file_task_free(self->files);
    g_free(self->name);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    ParquetReader *reader = g_new0(ParquetReader, 1);

    reader->reader.class = &class;
    reader->parser = (const ParquetParser *)parser;
    reader->files = take_files;
    g_mutex_init(&reader->mutex);
    return &reader->reader;
}

static void parser_free(TgParser *parser)
{
    g_free(parser);
}

/* --- opening --- */

/* The columns of the first file. */
static TgSchema *read_schema(const ParquetParser *self, TgLoaderContext *context, GError **error)
{
    g_autoptr(TgStream) stream = NULL;
    g_autoptr(TgSpool) spool = NULL;
    g_autoptr(TgStreamQuery) query = NULL;

    if (!tg_loader_open_first_file(context, &stream, error)) {
        return NULL;
    }
    if (stream == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "there is no file to take the columns from; give 'columns'");
        return NULL;
    }
    spool = tg_spool_new(error);
    if (spool == NULL || !tg_spool_fill(spool, stream, error)) {
        return NULL;
    }
    query = open_query(self, NULL, spool->path, error);
    if (query == NULL) {
        g_prefix_error(error, "%s: ", stream->name);
        return NULL;
    }
    return tg_schema_copy(tg_stream_query_schema(query));
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    ParquetParser *self = g_new0(ParquetParser, 1);
    g_autoptr(TgColumnConfig) columns = NULL;

    self->parser.class = &class;
    self->job = tg_loader_context_job(context);
    self->casts = tg_params_has(config, "columns");
    if (self->casts) {
        columns = tg_column_config_new(context, config, error);
        self->parser.schema = columns == NULL ? NULL : tg_schema_copy(columns->schema);
    } else {
        self->parser.schema = read_schema(self, context, error);
    }
    if (self->parser.schema == NULL) {
        parser_free(&self->parser);
        return NULL;
    }
    return &self->parser;
}

static const TgLoaderOption options[] = {
    {"columns", "list", "null",
     "Columns as {name, type}, cast to that type; without, all of the first file as they are."},
    {"default_timezone", "text", "UTC", "Accepted; times in Parquet files have no text."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Accepted, too."},
    {0}};

const TgParserPlugin tg_parser_parquet = {.name = "parquet",
                                          .help =
                                              "Parquet files; lists, structs and maps become json.",
                                          .options = options,
                                          .needs_whole_files = TRUE,
                                          .open = parser_open};
