/* in sqlite: the rows of a table or a query of a SQLite file. */
#include "loader/input/sqlite.h"

#include <string.h>

#include "loader/database_query.h"
#include "params/params.h"

#define ROW_BYTES_MAX ((gsize)4 * 1024 * 1024) /* of texts in one batch */

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    TgSqliteReader *file;
    SqlitePlan plan;
    TgDatabaseQuery query;
    char *path;
    gboolean has_row; /* the file stands on a row that is not read yet */
    guint64 rows;
    GMutex mutex; /* over the file */
} SqliteInput;

typedef struct {
    TgReader reader;
    SqliteInput *input;
} SqliteReader;

/* --- rows --- */

static gboolean add_row(SqliteInput *self, TgBatch *batch, gsize *bytes, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        TgSqliteValue value = tg_sqlite_reader_value(self->file, i);
        const char *reason = NULL;

        *bytes += value.size;
        if (value.kind == TG_SQLITE_NULL) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        reason = sqlite_value_set(&self->plan, i, &value, batch->vectors[i], batch->rows);
        if (reason != NULL) {
            static const char *const kinds[] = {"null", "INTEGER", "REAL", "TEXT", "BLOB"};

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s: row %" G_GUINT64_FORMAT ": column '%s': a value of type %s %s",
                        self->path, self->rows + 1, self->input.schema->columns[i].name,
                        kinds[value.kind], reason);
            return FALSE;
        }
    }
    tg_batch_commit_row(batch);
    self->rows++;
    return TRUE;
}

/* The last row is where the next incremental load goes on. */
static gboolean remember_row(SqliteInput *self, gboolean *out_is_new, GError **error)
{
    json_t *record = json_array();

    for (guint i = 0; i < self->query.count + self->query.key_count; i++) {
        TgSqliteValue value = tg_sqlite_reader_value(self->file, self->query.columns[i]);
        json_t *kept = json_null();

        if (value.kind == TG_SQLITE_INTEGER) {
            kept = json_integer(value.integer);
        } else if (value.kind == TG_SQLITE_REAL) {
            kept = json_real(value.real);
        } else if (value.kind == TG_SQLITE_TEXT) {
            kept = json_stringn(value.bytes, value.size);
        }
        json_array_append_new(record, kept == NULL ? json_null() : kept);
    }
    return tg_database_query_remember(&self->query, record, out_is_new, error);
}

static gboolean read_rows(SqliteInput *self, TgBatch *batch, GError **error)
{
    gsize bytes = 0;

    while (self->has_row && batch->rows < TG_READER_ROWS && bytes < ROW_BYTES_MAX) {
        gboolean is_new = TRUE;

        if ((self->query.is_incremental && !remember_row(self, &is_new, error)) ||
            (is_new && !add_row(self, batch, &bytes, error)) ||
            !tg_sqlite_reader_next(self->file, &self->has_row, error)) {
            return FALSE;
        }
    }
    tg_loader_count_bytes(self->context, (gint64)bytes);
    return TRUE;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    SqliteInput *self = ((SqliteReader *)reader)->input;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return read_rows(self, batch, error);
}

static void reader_free(TgReader *reader)
{
    g_free(reader);
}

static TgReader *input_open_task(TgInput *input, guint task G_GNUC_UNUSED,
                                 GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    SqliteReader *reader = g_new0(SqliteReader, 1);

    reader->reader.class = &class;
    reader->input = (SqliteInput *)input;
    return &reader->reader;
}

static json_t *input_finish(TgInput *input, GError **error)
{
    SqliteInput *self = (SqliteInput *)input;
    return tg_database_query_position(&self->query, error);
}

static json_t *input_position(const TgInput *input, GError **error)
{
    return tg_database_query_position(&((const SqliteInput *)input)->query, error);
}

static void input_free(TgInput *input)
{
    SqliteInput *self = (SqliteInput *)input;

    tg_sqlite_reader_free(self->file);
    sqlite_plan_clear(&self->plan);
    tg_database_query_clear(&self->query);
    g_free(self->path);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

/* --- the query --- */

static char *quote(const char *text, const char *mark)
{
    g_autofree char *twice = g_strconcat(mark, mark, NULL);
    g_auto(GStrv) parts = g_strsplit(text, mark, -1);
    g_autofree char *doubled = g_strjoinv(twice, parts);

    return g_strconcat(mark, doubled, mark, NULL);
}

static char *quote_name(gpointer data G_GNUC_UNUSED, const char *name)
{
    return quote(name, "\"");
}

static char *quote_text(gpointer data G_GNUC_UNUSED, const char *text)
{
    return quote(text, "'");
}

static gboolean use_primary_key(SqliteInput *self, GError **error)
{
    g_autofree char *table = quote_text(NULL, self->query.table);
    g_autofree char *sql =
        g_strdup_printf("SELECT name FROM pragma_table_info(%s) WHERE pk > 0 ORDER BY pk", table);
    gboolean has_row = FALSE;

    if (!tg_sqlite_reader_query(self->file, sql, error)) {
        return FALSE;
    }
    for (;;) {
        if (!tg_sqlite_reader_next(self->file, &has_row, error)) {
            return FALSE;
        }
        if (!has_row) {
            break;
        }
        if (!tg_database_query_add_column(&self->query, tg_sqlite_reader_value(self->file, 0).bytes,
                                          error)) {
            return FALSE;
        }
    }
    if (self->query.count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the table '%s' has no primary key: name 'incremental_columns'",
                    self->query.table);
    }
    return self->query.count > 0;
}

/* Starts the query and steps to its first row, by which columns without a type are judged. */
static gboolean start_query(SqliteInput *self, const json_t *config, GError **error)
{
    TgDatabaseDialect dialect = {.quote_name = quote_name, .quote_text = quote_text};
    g_autofree char *table = self->query.table == NULL ? NULL : quote_name(NULL, self->query.table);
    g_autofree char *sql = NULL;

    if (tg_database_query_needs_key(&self->query) && !use_primary_key(self, error)) {
        return FALSE;
    }
    sql = tg_database_query_to_sql(&self->query, &dialect, table, error);
    if (sql == NULL || !tg_sqlite_reader_query(self->file, sql, error)) {
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", sql);
    return tg_sqlite_reader_next(self->file, &self->has_row, error) &&
           sqlite_plan_read(&self->plan, self->file, self->has_row, config, self->input.schema,
                            error) &&
           tg_database_query_find_columns(&self->query, self->input.schema, error);
}

static gboolean open_with(SqliteInput *self, const json_t *config, GError **error)
{
    g_autofree char *lossy = NULL;
    g_autofree char *path = tg_params_dup_text(config, "database", error);

    if (path == NULL || !tg_params_dup_text_or(config, "lossy", "refuse", &lossy, error) ||
        !tg_database_query_read(&self->query, config, error)) {
        return FALSE;
    }
    self->path = tg_loader_context_path(self->context, path);
    self->plan.exact = tg_loader_context_job(self->context)->exact_types;
    self->plan.is_lossy = strcmp(lossy, "allow") == 0;
    self->file = tg_sqlite_reader_open(self->path, error);
    return self->file != NULL && start_query(self, config, error);
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgInputClass class = {.open_task = input_open_task,
                                       .get_position = input_position,
                                       .finish = input_finish,
                                       .free = input_free};
    SqliteInput *self = g_new0(SqliteInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.schema = tg_schema_new();
    self->input.task_count = 1;
    self->input.bytes_expected = -1;
    self->context = context;
    g_mutex_init(&self->mutex);
    return open_with(self, config, error) ? g_steal_pointer(&input) : NULL;
}

static const TgLoaderOption options[] = {
    {"database", "text", NULL, "The file; it is only read."},
    TG_DATABASE_QUERY_OPTIONS,
    TG_DATABASE_COLUMN_OPTIONS,
    {"lossy", "text", "refuse", "allow: values of another type than the column's become null."},
    {0}};

const TgInputPlugin tg_input_sqlite = {.name = "sqlite",
                                       .help = "A table or a query of a SQLite file.",
                                       .options = options,
                                       .open = input_open};
