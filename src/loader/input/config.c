/* in config: rows written in the config itself (embulk-input-config). */
#include <string.h>

#include "loader/column_config.h"
#include "loader/number_text.h"
#include "loader/plugin.h"
#include "params/params.h"

typedef struct {
    TgInput input;
    TgColumnConfig *columns;
    json_t *values; /* task → row → value */
} ConfigInput;

typedef struct {
    TgReader reader;
    const ConfigInput *input;
    guint task;
    guint next_row;
    GMutex mutex;
} ConfigReader;

/* Numbers as Java prints them. */
static char *value_text(const json_t *value)
{
    char text[TG_DOUBLE_TEXT_BYTES];

    if (json_is_real(value)) {
        (void)tg_double_format(json_real_value(value), text);
        return g_strdup(text);
    }
    return tg_params_to_text(value);
}

static gboolean set_number(const char *text, gsize size, TgVector *vector, guint row)
{
    gint64 integer = 0;
    double real = 0.0;

    if (vector->type.id == TG_TYPE_INT64) {
        if (!tg_int64_parse(text, size, &integer)) {
            return FALSE;
        }
        tg_vector_set_int64(vector, row, integer);
        return TRUE;
    }
    if (!tg_double_parse(text, size, &real)) {
        return FALSE;
    }
    tg_vector_set_double(vector, row, real);
    return TRUE;
}

static gboolean set_value(const ConfigInput *self, guint column, const json_t *value,
                          TgVector *vector, guint row, GError **error)
{
    g_autofree char *text =
        vector->type.id == TG_TYPE_JSON ? tg_params_to_json(value) : value_text(value);
    gsize size = strlen(text);
    const char *reason = "does not fit the column's type";
    gboolean ok = TRUE;

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        ok = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
        tg_vector_set_boolean(vector, row, *text == 't');
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_JSON:
        tg_vector_set_bytes(vector, row, text, size);
        break;
    case TG_TYPE_INT64:
    case TG_TYPE_DOUBLE:
        ok = set_number(text, size, vector, row);
        break;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        ok = tg_timestamp_reader_set(&self->columns->readers[column], text, size, vector, row,
                                     &reason);
        break;
    default:
        ok = FALSE;
        break;
    }
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "in (config): column '%s': '%s' %s",
                    self->input.schema->columns[column].name, text, reason);
    }
    return ok;
}

static gboolean add_row(const ConfigInput *self, const json_t *row, TgBatch *batch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        const json_t *value = json_array_get(row, i);

        if (value == NULL || json_is_null(value)) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
        } else if (!set_value(self, i, value, batch->vectors[i], batch->rows, error)) {
            return FALSE;
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    ConfigReader *self = (ConfigReader *)reader;
    const json_t *rows = json_array_get(self->input->values, self->task);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    while (batch->rows < TG_READER_ROWS && self->next_row < json_array_size(rows)) {
        if (!add_row(self->input, json_array_get(rows, self->next_row++), batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    ConfigReader *self = (ConfigReader *)reader;

    g_mutex_clear(&self->mutex);
    g_free(self);
}

static TgReader *input_open_task(TgInput *input, guint task, GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    ConfigReader *self = g_new0(ConfigReader, 1);

    self->reader.class = &class;
    self->input = (const ConfigInput *)input;
    self->task = task;
    g_mutex_init(&self->mutex);
    return &self->reader;
}

static json_t *input_finish(TgInput *input G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void input_free(TgInput *input)
{
    ConfigInput *self = (ConfigInput *)input;

    tg_column_config_free(self->columns);
    json_decref(self->values);
    g_free(self);
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    const json_t *values = json_object_get(config, "values");
    ConfigInput *self = g_new0(ConfigInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.bytes_expected = -1;
    if (!json_is_array(values)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'values' must be a list of tasks of rows of values");
        return NULL;
    }
    self->columns = tg_column_config_new(context, config, error);
    if (self->columns == NULL) {
        return NULL;
    }
    self->values = json_deep_copy(values);
    self->input.task_count = (guint)json_array_size(values);
    self->input.schema = tg_schema_copy(self->columns->schema);
    return g_steal_pointer(&input);
}

static const TgLoaderOption options[] = {
    TG_COLUMN_CONFIG_OPTIONS, {"values", "list", NULL, "Tasks of rows of values."}, {0}};

const TgInputPlugin tg_input_config = {.name = "config",
                                       .help = "Rows written in the config itself.",
                                       .options = options,
                                       .open = input_open};
