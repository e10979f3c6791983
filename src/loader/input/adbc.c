/* in adbc: a query by any driver of Arrow Database Connectivity. */
#include <string.h>

#include "arrow/stream.h"
#include "loader/database_query.h"
#include "loader/input/adbc_driver.h"
#include "params/params.h"

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    json_t *config; /* its options, and for messages without secrets */
    char *quote;
    TgDatabaseQuery query;
    TgAdbcDriver driver;
    TgAdbcObject database;
    TgAdbcObject connection;
    TgAdbcObject statement;
    TgArrowImport *import;
    struct ArrowArrayStream stream; /* of a query without partitions; moved to its task */
    TgAdbcPartitions partitions;    /* released: none */
} AdbcInput;

static gboolean check(const AdbcInput *self, const char *what, TgAdbcStatus status,
                      TgAdbcError *said, GError **error)
{
    if (status != TG_ADBC_OK) {
        tg_adbc_set_error(error, self->config, what, status, said);
    }
    return status == TG_ADBC_OK;
}

/* Hands a map of options over as texts. */
static gboolean set_options(const AdbcInput *self, TgAdbcObject *object, TgAdbcSet set,
                            const char *name, GError **error)
{
    const json_t *options = json_object_get(self->config, name);
    const char *key = NULL;
    json_t *value = NULL;

    if (options != NULL && !json_is_null(options) && !json_is_object(options)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a map of options", name);
        return FALSE;
    }
    json_object_foreach ((json_t *)options, key, value) {
        g_autofree char *text = tg_params_to_text(value);
        g_autofree char *what = g_strdup_printf("set %s.%s", name, key);
        TgAdbcError said = {0};
        TgAdbcStatus status = set == NULL ? TG_ADBC_NOT_IMPLEMENTED : set(object, key, text, &said);

        if (!check(self, what, status, &said, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- reading --- */

/* Rows of a partition, with the connection that they come by. */
typedef struct {
    TgReader reader;
    TgReader *inner;
    AdbcInput *input;
    TgAdbcObject connection;
} PartitionReader;

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    TgReader *inner = ((PartitionReader *)reader)->inner;

    return inner->class->next(inner, batch, error);
}

static void release(TgAdbcCall call, TgAdbcObject *object)
{
    TgAdbcError said = {0};

    if (object->private_data != NULL && call(object, &said) != TG_ADBC_OK && said.release != NULL) {
        said.release(&said); /* nobody is left to be told */
    }
}

static void reader_free(TgReader *reader)
{
    PartitionReader *self = (PartitionReader *)reader;

    tg_reader_free(self->inner);
    release(self->input->driver.connection_release, &self->connection);
    g_free(self);
}

static gboolean connect_to(AdbcInput *self, TgAdbcObject *connection, GError **error)
{
    const TgAdbcDriver *driver = &self->driver;
    TgAdbcError said = {0};

    return check(self, "make a connection", driver->connection_new(connection, &said), &said,
                 error) &&
           set_options(self, connection, driver->connection_set_option, "connection_options",
                       error) &&
           check(self, "connect", driver->connection_init(connection, &self->database, &said),
                 &said, error);
}

/* A partition may be read by another connection than it was made by: so they are at a time. */
static gboolean open_partition(AdbcInput *self, guint task, PartitionReader *reader, GError **error)
{
    const TgAdbcDriver *driver = &self->driver;
    struct ArrowArrayStream stream = {0};
    TgAdbcError said = {0};

    if (!connect_to(self, &reader->connection, error) ||
        !check(self, "read a partition",
               driver->connection_read_partition(&reader->connection,
                                                 self->partitions.partitions[task],
                                                 self->partitions.sizes[task], &stream, &said),
               &said, error)) {
        return FALSE;
    }
    reader->inner = tg_arrow_reader_new(self->context, self->import, &stream, error);
    return reader->inner != NULL;
}

static TgReader *input_open_task(TgInput *input, guint task, GError **error)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    AdbcInput *self = (AdbcInput *)input;
    PartitionReader *reader = NULL;

    if (self->partitions.release == NULL) {
        return tg_arrow_reader_new(self->context, self->import, &self->stream, error);
    }
    reader = g_new0(PartitionReader, 1);
    reader->reader.class = &class;
    reader->input = self;
    if (!open_partition(self, task, reader, error)) {
        g_prefix_error(error, "partition %u: ", task);
        reader_free(&reader->reader);
        return NULL;
    }
    return &reader->reader;
}

static json_t *input_finish(TgInput *input G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void input_free(TgInput *input)
{
    AdbcInput *self = (AdbcInput *)input;
    TgAdbcError said = {0};

    tg_arrow_stream_release(&self->stream);
    if (self->partitions.release != NULL) {
        self->partitions.release(&self->partitions);
    }
    release(self->driver.statement_release, &self->statement);
    release(self->driver.connection_release, &self->connection);
    release(self->driver.database_release, &self->database);
    if (self->driver.release != NULL) {
        (void)self->driver.release(&self->driver, &said); /* nobody is left to be told */
    }
    tg_arrow_import_free(self->import);
    tg_database_query_clear(&self->query);
    json_decref(self->config);
    g_free(self->quote);
    g_free(self);
}

/* --- the query --- */

/* NULL data: quotes of texts. */
static char *quote(gpointer data, const char *text)
{
    const char *mark = data == NULL ? "'" : data;
    g_autofree char *twice = g_strconcat(mark, mark, NULL);
    g_auto(GStrv) parts = g_strsplit(text, mark, -1);
    g_autofree char *doubled = g_strjoinv(twice, parts);

    return g_strconcat(mark, doubled, mark, NULL);
}

static char *quote_text(gpointer data G_GNUC_UNUSED, const char *text)
{
    return quote(NULL, text);
}

/* "sales.orders" names a schema, too: each part is quoted. The caller frees. */
static char *quote_table(const char *mark, const char *table)
{
    g_auto(GStrv) parts = g_strsplit(table, ".", -1);

    for (char **part = parts; *part != NULL; part++) {
        char *quoted = quote((gpointer)mark, *part);

        g_free(*part);
        *part = quoted;
    }
    return g_strjoinv(".", parts);
}

static char *query_text(AdbcInput *self, GError **error)
{
    TgDatabaseDialect dialect = {
        .quote_name = quote, .quote_text = quote_text, .data = self->quote};
    g_autofree char *table =
        self->query.table == NULL ? NULL : quote_table(self->quote, self->query.table);

    if (self->query.is_incremental) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "loads by a driver cannot be incremental: write 'where'");
        return NULL;
    }
    return tg_database_query_to_sql(&self->query, &dialect, table, error);
}

/* The result in partitions, when driver and config want that. *out_done FALSE: as one stream. */
static gboolean execute_partitions(AdbcInput *self, gboolean *out_done, GError **error)
{
    const TgAdbcDriver *driver = &self->driver;
    struct ArrowSchema schema = {0};
    TgAdbcError said = {0};
    gint64 affected = 0;
    TgAdbcStatus status = TG_ADBC_OK;

    *out_done = FALSE;
    if (driver->statement_execute_partitions == NULL || driver->connection_read_partition == NULL) {
        return TRUE;
    }
    status = driver->statement_execute_partitions(&self->statement, &schema, &self->partitions,
                                                  &affected, &said);
    if (status == TG_ADBC_NOT_IMPLEMENTED) {
        self->partitions.release = NULL;
        if (said.release != NULL) {
            said.release(&said);
        }
        return TRUE;
    }
    if (!check(self, "run the query", status, &said, error)) {
        self->partitions.release = NULL;
        return FALSE;
    }
    *out_done = TRUE;
    self->input.task_count = (guint)self->partitions.count;
    self->import =
        tg_arrow_import_new(&schema, tg_loader_context_job(self->context)->exact_types, error);
    tg_arrow_schema_release(&schema);
    return self->import != NULL;
}

static gboolean execute(AdbcInput *self, gboolean wants_partitions, GError **error)
{
    gboolean exact = tg_loader_context_job(self->context)->exact_types;
    gboolean is_done = FALSE;
    TgAdbcError said = {0};
    gint64 affected = 0;

    if (wants_partitions && (!execute_partitions(self, &is_done, error) || is_done)) {
        return is_done && self->import != NULL;
    }
    self->input.task_count = 1;
    if (!check(
            self, "run the query",
            self->driver.statement_execute_query(&self->statement, &self->stream, &affected, &said),
            &said, error)) {
        self->stream.release = NULL;
        return FALSE;
    }
    self->import = tg_arrow_stream_import(&self->stream, exact, error);
    return self->import != NULL;
}

static gboolean start_query(AdbcInput *self, gboolean wants_partitions, GError **error)
{
    const TgAdbcDriver *driver = &self->driver;
    g_autofree char *sql = query_text(self, error);
    TgAdbcError said = {0};

    if (sql == NULL) {
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", sql);
    return check(self, "make a statement",
                 driver->statement_new(&self->connection, &self->statement, &said), &said, error) &&
           set_options(self, &self->statement, driver->statement_set_option, "statement_options",
                       error) &&
           check(self, "set the query",
                 driver->statement_set_sql_query(&self->statement, sql, &said), &said, error) &&
           execute(self, wants_partitions, error);
}

static gboolean open_database(AdbcInput *self, GError **error)
{
    const TgAdbcDriver *driver = &self->driver;
    TgAdbcError said = {0};

    return check(self, "make a database", driver->database_new(&self->database, &said), &said,
                 error) &&
           set_options(self, &self->database, driver->database_set_option, "options", error) &&
           check(self, "open the database", driver->database_init(&self->database, &said), &said,
                 error);
}

static gboolean open_with(AdbcInput *self, GError **error)
{
    g_autofree char *name = tg_params_dup_text(self->config, "driver", error);
    g_autofree char *entrypoint = NULL;
    gboolean wants_partitions = TRUE;

    if (name == NULL ||
        !tg_params_dup_text_or(self->config, "entrypoint", NULL, &entrypoint, error) ||
        !tg_params_dup_text_or(self->config, "quote", "\"", &self->quote, error) ||
        !tg_params_get_boolean(self->config, "partitions", TRUE, &wants_partitions, error) ||
        !tg_database_query_read(&self->query, self->config, error)) {
        return FALSE;
    }
    return tg_adbc_driver_load(self->context, name, entrypoint, &self->driver, error) &&
           open_database(self, error) && connect_to(self, &self->connection, error) &&
           start_query(self, wants_partitions, error);
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    AdbcInput *self = g_new0(AdbcInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.bytes_expected = -1;
    self->context = context;
    self->config = json_deep_copy(config);
    if (!open_with(self, error)) {
        return NULL;
    }
    self->input.schema = tg_schema_copy(tg_arrow_import_schema(self->import));
    return g_steal_pointer(&input);
}

static const TgLoaderOption options[] = {
    {"driver", "text", NULL,
     "The driver's shared object: its path, or NAME of libadbc_driver_NAME.so."},
    {"entrypoint", "text", "AdbcDriver<Name>Init, AdbcDriverInit",
     "The function that the driver is asked by."},
    {"options", "map", "{}",
     "Of the database: uri, username, password, and what the driver knows."},
    {"connection_options", "map", "{}", "Of each connection."},
    {"statement_options", "map", "{}", "Of the query: adbc.sqlite.query.batch_rows …"},
    {"query", "text", "null", "The whole query; instead of table, select, where and order_by."},
    {"table", "text", "null", "The table, or schema.table."},
    {"select", "text", "*", "Its columns."},
    {"where", "text", "null", "A condition."},
    {"order_by", "text", "null", "An order."},
    {"quote", "text", "\"", "What the server has around names."},
    {"partitions", "boolean", "true",
     "Reads the parts of a result at a time, each by its own connection, if the driver has parts."},
    {0}};

const TgInputPlugin tg_input_adbc = {.name = "adbc",
                                     .help =
                                         "A query by any driver of Arrow Database Connectivity.",
                                     .options = options,
                                     .open = input_open};
