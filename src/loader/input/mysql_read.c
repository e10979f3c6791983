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
static gboolean read_lane(MysqlInput *self, MysqlLane *lane, TgBatch *batch, gboolean *out_ended,
                          GError **error)
{
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

static gboolean start_split(MysqlInput *self, MysqlLane *lane, guint split, GError **error)
{
    g_autofree char *sql = mysql_split_sql(self, split);

    lane->cursor = tg_mysql_query(lane->mysql, sql, error);
    return lane->cursor != NULL;
}

typedef struct {
    TgReader reader;
    MysqlInput *input;
} MysqlReader;

/* One turn of a lane that this thread holds. */
static gboolean read_turn(MysqlInput *self, guint index, gint64 split, TgBatch *batch,
                          GError **error)
{
    MysqlLane *lane = &self->lanes[index];
    gboolean has_ended = TRUE;
    gboolean ok = (split < 0 || start_split(self, lane, (guint)split, error)) &&
                  read_lane(self, lane, batch, &has_ended, error);

    if (has_ended || !ok) {
        g_clear_pointer(&lane->cursor, tg_mysql_cursor_free);
    }
    tg_lanes_give_back(&self->turns, index, has_ended || !ok);
    return ok;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    MysqlInput *self = ((MysqlReader *)reader)->input;
    guint index = 0;
    guint split = 0;
    gboolean starts = FALSE;

    while (batch->rows == 0 && tg_lanes_take(&self->turns, &index, &split, &starts)) {
        if (!read_turn(self, index, starts ? (gint64)split : -1, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    g_free(reader);
}

TgReader *mysql_read_open(MysqlInput *input)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    MysqlReader *reader = g_new0(MysqlReader, 1);

    reader->reader.class = &class;
    reader->input = input;
    return &reader->reader;
}
