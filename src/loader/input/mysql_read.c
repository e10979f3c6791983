/* Rows of a MySQL query: lanes of connections that read splits, each by one thread at a time. */
#include <string.h>

#include "loader/input/mysql.h"
#include "loader/number_text.h"

#define ROW_BYTES_MAX ((gsize)4 * 1024 * 1024) /* of texts in one batch */

/* For messages. The caller frees. */
static char *show_value(const TgMysqlValue *value, TgMysqlKind kind)
{
    const TgMysqlMoment *at = &value->as.moment;

    switch (value->form) {
    case TG_MYSQL_AS_INTEGER:
        return g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)value->as.integer);
    case TG_MYSQL_AS_MOMENT:
        return kind == TG_MYSQL_DATE
                   ? g_strdup_printf("%04u-%02u-%02u", at->year, at->month, at->day)
                   : g_strdup_printf("%04u-%02u-%02u %02u:%02u:%02u", at->year, at->month, at->day,
                                     at->hour, at->minute, at->second);
    case TG_MYSQL_AS_DOUBLE:
        return g_strdup_printf("%g", value->as.real);
    case TG_MYSQL_AS_TEXT:
    default:
        return g_utf8_make_valid(value->text, (gssize)MIN(value->size_bytes, 100));
    }
}

static gboolean fail_value(const MysqlInput *self, const MysqlLane *lane, guint column,
                           const TgMysqlValue *value, const char *reason, GError **error)
{
    g_autofree char *shown = show_value(value, self->plan.columns[column].kind);

    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG, "%s: row %" G_GUINT64_FORMAT "%s: column '%s': '%s' %s",
        tg_mysql_place(lane->mysql), lane->rows + 1, self->turns.splits > 1 ? " of a split" : "",
        self->input.schema->columns[column].name, shown, reason);
    return FALSE;
}

static gboolean add_row(MysqlInput *self, MysqlLane *lane, const TgMysqlValue *values,
                        TgBatch *batch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        if (values[i].is_null) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        const char *reason =
            mysql_value_set(&self->plan, i, &values[i], batch->vectors[i], batch->rows);

        if (reason != NULL) {
            return fail_value(self, lane, i, &values[i], reason, error);
        }
    }
    tg_batch_commit_row(batch);
    lane->rows++;
    return TRUE;
}

static gint64 integer_of(const TgMysqlValue *value)
{
    gint64 integer = 0;

    if (value->form == TG_MYSQL_AS_INTEGER) {
        return value->as.integer;
    }
    return tg_int64_parse(value->text, value->size_bytes, &integer) ? integer : 0;
}

/* Where the next incremental load goes on: the values of the newest row. */
static gboolean remember_row(MysqlInput *self, const TgMysqlValue *values, gboolean *out_is_new,
                             GError **error)
{
    json_t *record = json_array();

    for (guint i = 0; i < self->query.count + self->query.key_count; i++) {
        guint column = self->query.columns[i];
        const TgMysqlValue *value = &values[column];

        if (value->is_null) {
            json_array_append_new(record, json_null());
        } else if (self->plan.columns[column].kind > TG_MYSQL_INT64) {
            json_array_append_new(record, json_stringn(value->text, value->size_bytes));
        } else {
            json_array_append_new(record, json_integer(integer_of(value)));
        }
    }
    return tg_database_query_remember(&self->query, record, out_is_new, error);
}

/* Fills the batch from the split of the lane. */
static gboolean lane_read(TgInput *input, guint index, TgBatch *batch, gboolean *out_ended,
                          GError **error)
{
    MysqlInput *self = (MysqlInput *)input;
    MysqlLane *lane = &self->lanes[index];
    gsize bytes = 0;

    *out_ended = FALSE;
    while (batch->rows < TG_READER_ROWS && bytes < ROW_BYTES_MAX) {
        const TgMysqlValue *values = NULL;

        if (!tg_mysql_statement_next(lane->statement, &values, error)) {
            return FALSE;
        }
        if (values == NULL) {
            *out_ended = TRUE;
            break;
        }
        gboolean is_new = TRUE;

        if ((self->query.is_incremental && !remember_row(self, values, &is_new, error)) ||
            (is_new && !add_row(self, lane, values, batch, error))) {
            return FALSE;
        }
        for (guint i = 0; i < batch->count; i++) {
            bytes += values[i].is_null ? 0 : values[i].size_bytes;
        }
    }
    tg_loader_count_bytes(self->context, (gint64)bytes);
    return TRUE;
}

static gboolean lane_start(TgInput *input, guint index, guint split, GError **error)
{
    MysqlInput *self = (MysqlInput *)input;
    MysqlLane *lane = &self->lanes[index];
    g_autofree char *sql = mysql_split_sql(self, split);

    lane->statement = tg_mysql_prepare(lane->mysql, sql, error);
    return lane->statement != NULL &&
           tg_mysql_statement_run(lane->statement, self->plan.forms, error);
}

static void lane_end(TgInput *input, guint index)
{
    g_clear_pointer(&((MysqlInput *)input)->lanes[index].statement, tg_mysql_statement_free);
}

static gboolean lane_reconnect(TgInput *input, guint index, GError **error)
{
    return mysql_split_rejoin((MysqlInput *)input, index, error);
}

TgReader *mysql_read_open(MysqlInput *input)
{
    static const TgLanesReaderClass class = {
        .start = lane_start, .read = lane_read, .end = lane_end, .reconnect = lane_reconnect};

    return tg_lanes_reader_new(&input->turns, &class, &input->input, input->context);
}
