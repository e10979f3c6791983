/* Rows of a MySQL query: lanes of connections that read splits, each by one thread at a time. */
#include <string.h>

#include "loader/input/mysql.h"
#include "params/params.h"

#define ROW_BYTES_MAX ((gsize)4 * 1024 * 1024) /* of texts in one batch */

typedef struct {
    const char *const *values;
    const unsigned long *sizes;
} MysqlRow;

static gboolean fail_value(const MysqlInput *self, const MysqlLane *lane, guint column,
                           const MysqlRow *row, const char *reason, GError **error)
{
    g_autofree char *shown =
        g_utf8_make_valid(row->values[column], (gssize)MIN(row->sizes[column], 100));

    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG, "%s: row %" G_GUINT64_FORMAT "%s: column '%s': '%s' %s",
        tg_mysql_place(lane->mysql), lane->rows + 1, self->turns.splits > 1 ? " of a split" : "",
        self->input.schema->columns[column].name, shown, reason);
    return FALSE;
}

static gboolean add_row(MysqlInput *self, MysqlLane *lane, const MysqlRow *row, TgBatch *batch,
                        GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        if (row->values[i] == NULL) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        const char *reason = mysql_value_set(&self->plan, i, row->values[i], row->sizes[i],
                                             batch->vectors[i], batch->rows);

        if (reason != NULL) {
            return fail_value(self, lane, i, row, reason, error);
        }
    }
    tg_batch_commit_row(batch);
    lane->rows++;
    return TRUE;
}

/* Where the next incremental load goes on: the values of the newest row. */
static gboolean remember_row(MysqlInput *self, const MysqlRow *row, gboolean *out_is_new,
                             GError **error)
{
    json_t *record = json_array();

    for (guint i = 0; i < self->query.count + self->query.key_count; i++) {
        guint column = self->query.columns[i];
        const char *value = row->values[column];
        gboolean is_integer = self->plan.columns[column].kind <= TG_MYSQL_INT64;

        json_array_append_new(record, value == NULL ? json_null()
                                      : is_integer  ? json_integer(g_ascii_strtoll(value, NULL, 10))
                                                    : json_stringn(value, row->sizes[column]));
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
        MysqlRow row = {NULL, NULL};

        if (!tg_mysql_cursor_next(lane->cursor, &row.values, &row.sizes, error)) {
            return FALSE;
        }
        if (row.values == NULL) {
            *out_ended = TRUE;
            break;
        }
        gboolean is_new = TRUE;

        if ((self->query.is_incremental && !remember_row(self, &row, &is_new, error)) ||
            (is_new && !add_row(self, lane, &row, batch, error))) {
            return FALSE;
        }
        for (guint i = 0; i < batch->count; i++) {
            bytes += row.sizes[i];
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

    lane->cursor = tg_mysql_query(lane->mysql, sql, error);
    return lane->cursor != NULL;
}

static void lane_end(TgInput *input, guint index)
{
    g_clear_pointer(&((MysqlInput *)input)->lanes[index].cursor, tg_mysql_cursor_free);
}

TgReader *mysql_read_open(MysqlInput *input)
{
    static const TgLanesReaderClass class = {
        .start = lane_start, .read = lane_read, .end = lane_end};

    return tg_lanes_reader_new(&input->turns, &class, &input->input);
}
