/* filter query: SQL over all rows of the load, by DuckDB. */
#include <glib/gstdio.h>

#include "engine/stream_query.h"
#include "loader/row_pullers.h"
#include "params/params.h"

#define MEMORY_DEFAULT ((gint64)192 * 1024 * 1024) /* bytes, as the load's own */
#define THREADS_MAX 64u

typedef struct {
    TgFilter filter;
    TgSchema *input;
    TgStreamQuery *query;
    char *temp_folder;
} QueryFilter;

/* The result while it is read. */
typedef struct {
    TgReader reader;
    TgBatchSource source;
    TgStreamQuery *query;
} QueryReader;

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    return tg_stream_query_next(((QueryReader *)reader)->query, batch, error);
}

static void reader_free(TgReader *reader)
{
    QueryReader *self = (QueryReader *)reader;

    tg_stream_query_free(self->query);
    g_free(self);
}

static TgReader *filter_open_stream(TgFilter *filter, TgRows *rows, GError **error)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    QueryFilter *self = (QueryFilter *)filter;
    QueryReader *reader = g_new0(QueryReader, 1);

    reader->reader.class = &class;
    reader->source = (TgBatchSource){.source = rows,
                                     .open_puller = tg_row_puller_open,
                                     .pull = tg_row_puller_pull,
                                     .close_puller = tg_row_puller_close};
    reader->query = g_steal_pointer(&self->query); /* it runs once */
    if (reader->query == NULL || !tg_stream_query_start(reader->query, &reader->source, error)) {
        reader_free(&reader->reader);
        return NULL;
    }
    return &reader->reader;
}

static void filter_free(TgFilter *filter)
{
    QueryFilter *self = (QueryFilter *)filter;

    tg_stream_query_free(self->query);
    tg_schema_free(self->input);
    if (self->temp_folder != NULL) {
        (void)g_rmdir(self->temp_folder); /* DuckDB has removed its files */
    }
    g_free(self->temp_folder);
    g_free(self);
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.open_stream = filter_open_stream, .free = filter_free};
    const TgLoaderJob *job = tg_loader_context_job(context);
    g_autofree char *sql = tg_params_dup_text(config, "query", error);
    QueryFilter *self = NULL;
    GError *problem = NULL;

    if (sql == NULL) {
        return NULL;
    }
    self = g_new0(QueryFilter, 1);
    self->filter.class = &class;
    self->input = tg_schema_copy(input);
    self->temp_folder = g_dir_make_tmp("tegaru-query-XXXXXX", &problem);
    if (self->temp_folder == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s", problem->message);
        g_error_free(problem);
        filter_free(&self->filter);
        return NULL;
    }
    TgStreamQueryOptions options = {
        .sql = sql,
        .input = self->input,
        .exact_types = job->exact_types,
        .threads = job->threads == 0 ? MIN(g_get_num_processors(), THREADS_MAX) : job->threads,
        .memory_bytes = job->memory_bytes == 0 ? MEMORY_DEFAULT : job->memory_bytes,
        .temp_folder = self->temp_folder};

    self->query = tg_stream_query_new(&options, error);
    if (self->query == NULL) {
        filter_free(&self->filter);
        return NULL;
    }
    self->filter.schema = tg_schema_copy(tg_stream_query_schema(self->query));
    return &self->filter;
}

static const TgLoaderOption options[] = {
    {"query", "text", NULL,
     "One query in DuckDB's SQL over the table `input`: all rows of the load together, in no order "
     "that can be relied on. `input` may be read once; to use it twice, begin with WITH i AS "
     "MATERIALIZED (FROM input)."},
    {0}};

const TgFilterPlugin tg_filter_query = {
    .name = "query",
    .help = "Runs SQL over all rows of the load; what memory does not hold goes to disk.",
    .options = options,
    .open = filter_open};
