/* Rows of a PostgreSQL query: lanes of connections that read splits, each by one thread at a time.
 */
#include <string.h>

#include "loader/input/postgresql.h"
#include "params/params.h"

#define ROW_BYTES_MAX ((gsize)4 * 1024 * 1024) /* of texts in one batch */

/* --- values --- */

static gboolean fail_value(PgInput *self, guint column, const PgField *field, const char *reason,
                           GError **error)
{
    gboolean is_text = !self->plan.is_binary || self->plan.columns[column].form <= PG_AS_PRINTED;
    g_autofree char *shown = is_text
                                 ? g_utf8_make_valid(field->bytes, (gssize)MIN(field->size, 100))
                                 : g_strdup(pg_binary_show(self->plan.columns[column].form, field));

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: column '%s': '%s' %s",
                tg_postgresql_place(self->lanes[0].server),
                self->input.schema->columns[column].name, shown, reason);
    return FALSE;
}

static gboolean add_row(PgInput *self, const PgField *fields, TgBatch *batch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        if (fields[i].bytes == NULL) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        gboolean is_text = !self->plan.is_binary || self->plan.columns[i].form <= PG_AS_PRINTED;
        const char *reason =
            is_text ? pg_value_set(&self->plan, i, fields[i].bytes, fields[i].size,
                                   batch->vectors[i], batch->rows)
                    : pg_binary_set(&self->plan, i, &fields[i], batch->vectors[i], batch->rows);

        if (reason != NULL) {
            return fail_value(self, i, &fields[i], reason, error);
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

/* The last row is where the next incremental load goes on. */
static gboolean remember_row(PgInput *self, const PgField *fields, gboolean *out_is_new,
                             GError **error)
{
    json_t *record = json_array();

    for (guint i = 0; i < self->query.count + self->query.key_count; i++) {
        guint column = self->query.columns[i];
        const PgField *field = &fields[column];
        json_t *value = json_null();

        if (field->bytes != NULL && self->plan.columns[column].kind == PG_INTEGER) {
            g_autofree char *digits = g_strndup(field->bytes, field->size);

            value = json_integer(g_ascii_strtoll(digits, NULL, 10));
        } else if (field->bytes != NULL) {
            value = json_stringn(field->bytes, field->size);
        }
        json_array_append_new(record, value);
    }
    return tg_database_query_remember(&self->query, record, out_is_new, error);
}

/* The character that an escape of COPY's text format stands for. */
static char unescape(char escape)
{
    static const char from[] = "bfnrtv";
    static const char to[] = "\b\f\n\r\t\v";
    const char *at = strchr(from, escape);

    if (at == NULL || escape == '\0') {
        return escape;
    }
    return to[at - from];
}

/* Appends a field without its escapes; returns where it starts in the text. */
static gsize append_unescaped(GString *text, const char *bytes, const char *end)
{
    gsize start = text->len;

    for (; bytes < end; bytes++) {
        if (*bytes == '\\' && bytes + 1 < end) {
            bytes++;
            g_string_append_c(text, unescape(*bytes));
        } else {
            g_string_append_c(text, *bytes);
        }
    }
    return start;
}

/* Cuts a row of COPY's text format: tabs between, \N for null, a line feed at the end. */
static guint cut_row(PgLane *lane, const char *row, gsize size, PgField *fields, guint count)
{
    const char *end = row + size - (size > 0 && row[size - 1] == '\n' ? 1 : 0);
    gboolean has_escapes = memchr(row, '\\', (gsize)(end - row)) != NULL;
    guint filled = 0;

    (void)g_string_truncate(lane->text, 0);
    for (const char *at = row; filled < count; filled++) {
        const char *tab = memchr(at, '\t', (gsize)(end - at));
        const char *stop = tab == NULL ? end : tab;

        fields[filled] = (PgField){at, (gsize)(stop - at)};
        if (has_escapes && stop - at == 2 && at[0] == '\\' && at[1] == 'N') {
            fields[filled].bytes = NULL;
        } else if (has_escapes && memchr(at, '\\', (gsize)(stop - at)) != NULL) {
            /* the text is long enough from the start, so it does not move */
            gsize start = append_unescaped(lane->text, at, stop);

            fields[filled] = (PgField){lane->text->str + start, lane->text->len - start};
        }
        if (tab == NULL) {
            return filled + 1;
        }
        at = tab + 1;
    }
    return filled;
}

/* Room for all of a row's texts, so that fields that point there stay. */
static void reserve_text(PgLane *lane, gsize size)
{
    if (lane->text->allocated_len <= size) {
        g_string_set_size(lane->text, size + 1);
    }
}

/* --- splits --- */

/* How a column is asked for. The caller frees. */
static char *ask_column(const PgInput *self, guint column)
{
    const PgColumn *about = &self->plan.columns[column];
    g_autofree char *name = tg_postgresql_quote_name(
        self->lanes[0].server, self->input.schema->columns[column].name, NULL);

    if (about->is_list) {
        return g_strdup_printf("to_json(%s) AS %s", name, name);
    }
    if (self->plan.is_binary && about->form == PG_AS_PRINTED) { /* a cast may be another text */
        return g_strdup_printf("CASE WHEN %s IS NOT NULL THEN format('%%s', %s) END AS %s", name,
                               name, name);
    }
    return g_steal_pointer(&name);
}

/* "SELECT "a", to_json("b") AS "b" FROM (…) q" when columns are not asked for as they are. The
 * caller frees. */
static char *wrap_columns(const PgInput *self, const char *sql)
{
    g_autoptr(GString) out = g_string_new("SELECT ");
    gboolean is_wrapped = FALSE;

    for (guint i = 0; i < self->plan.count; i++) {
        g_autofree char *column = ask_column(self, i);
        const PgColumn *about = &self->plan.columns[i];

        is_wrapped =
            is_wrapped || about->is_list || (self->plan.is_binary && about->form == PG_AS_PRINTED);
        g_string_append(out, i == 0 ? "" : ", ");
        g_string_append(out, column);
    }
    if (!is_wrapped) {
        return g_strdup(sql);
    }
    g_string_append_printf(out, " FROM (%s) AS q", sql);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The statement of a split: pages [first, end) of the table. The caller frees. */
static char *split_sql(const PgInput *self, guint split)
{
    gint64 first = self->pages * split / self->turns.splits;
    gint64 end = self->pages * (split + 1) / self->turns.splits;
    g_autoptr(GString) sql = g_string_new(self->select == NULL ? self->sql : self->select);

    if (self->turns.splits > 1) {
        g_string_append_printf(sql, " %s ctid >= '(%" G_GINT64_FORMAT ",0)'::tid",
                               self->has_where ? "AND" : "WHERE", first);
        if (split + 1 < self->turns.splits) { /* the last one takes what was added since, too */
            g_string_append_printf(sql, " AND ctid < '(%" G_GINT64_FORMAT ",0)'::tid", end);
        }
    }
    return wrap_columns(self, sql->str);
}

static gboolean lane_start(TgInput *input, guint index, guint split, GError **error)
{
    PgInput *self = (PgInput *)input;
    PgLane *lane = &self->lanes[index];
    g_autofree char *sql = split_sql(self, split);
    g_autofree char *copy = g_strdup_printf("COPY (%s) TO STDOUT%s", sql,
                                            self->plan.is_binary ? " (FORMAT binary)" : "");

    if (self->is_redshift) {
        lane->cursor = tg_postgresql_query(lane->server, sql, error);
        return lane->cursor != NULL;
    }
    lane->has_header = FALSE;
    lane->copy = tg_postgresql_copy_out(lane->server, copy, error);
    return lane->copy != NULL;
}

/* The fields of a message of COPY, as pg_binary_cut tells how many. */
static gint cut_message(PgInput *self, PgLane *lane, const char *message, gsize size,
                        PgField *fields)
{
    if (self->plan.is_binary) {
        return pg_binary_cut(message, size, &lane->has_header, fields, self->plan.count);
    }
    reserve_text(lane, size);
    return (gint)cut_row(lane, message, size, fields, self->plan.count);
}

/* One row of the lane; *out_ended behind the last of the split. */
static gboolean next_copied(PgInput *self, PgLane *lane, PgField *fields, gboolean *out_ended,
                            gsize *bytes, GError **error)
{
    const char *message = NULL;
    gsize size = 0;
    gint count = 0;

    while (count == 0) { /* header and trailer are no rows */
        if (!tg_postgresql_copy_next(lane->copy, &message, &size, error)) {
            return FALSE;
        }
        *out_ended = message == NULL;
        if (message == NULL) {
            return TRUE;
        }
        count = cut_message(self, lane, message, size, fields);
    }
    *bytes += size;
    if (count != (gint)self->plan.count) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "%s sent a row that has not the %u columns of the query; were columns changed "
                    "meanwhile?",
                    tg_postgresql_place(lane->server), self->plan.count);
        return FALSE;
    }
    return TRUE;
}

static gboolean next_queried(PgInput *self, PgLane *lane, PgField *fields, gboolean *out_ended,
                             gsize *bytes, GError **error)
{
    const char *const *values = NULL;
    const gsize *sizes = NULL;

    if (!tg_postgresql_cursor_next(lane->cursor, &values, &sizes, error)) {
        return FALSE;
    }
    *out_ended = values == NULL;
    for (guint i = 0; values != NULL && i < self->plan.count; i++) {
        fields[i] = (PgField){values[i], sizes[i]};
        *bytes += sizes[i];
    }
    return TRUE;
}

/* Fills the batch from the split of the lane. */
static gboolean lane_read(TgInput *input, guint index, TgBatch *batch, gboolean *out_ended,
                          GError **error)
{
    PgInput *self = (PgInput *)input;
    PgLane *lane = &self->lanes[index];
    g_autofree PgField *fields = g_new0(PgField, self->plan.count + 1);
    gsize bytes = 0;

    *out_ended = FALSE;
    while (batch->rows < TG_READER_ROWS && bytes < ROW_BYTES_MAX) {
        gboolean ok = lane->copy != NULL
                          ? next_copied(self, lane, fields, out_ended, &bytes, error)
                          : next_queried(self, lane, fields, out_ended, &bytes, error);

        if (!ok) {
            return FALSE;
        }
        if (*out_ended) {
            break;
        }
        gboolean is_new = TRUE;

        if ((self->query.is_incremental && !remember_row(self, fields, &is_new, error)) ||
            (is_new && !add_row(self, fields, batch, error))) {
            return FALSE;
        }
    }
    tg_loader_count_bytes(self->context, (gint64)bytes);
    return TRUE;
}

static void lane_end(TgInput *input, guint index)
{
    PgLane *lane = &((PgInput *)input)->lanes[index];

    g_clear_pointer(&lane->copy, tg_postgresql_copy_free);
    g_clear_pointer(&lane->cursor, tg_postgresql_cursor_free);
}

static gboolean lane_reconnect(TgInput *input, guint index, GError **error)
{
    return pg_snapshot_rejoin((PgInput *)input, index, error);
}

TgReader *pg_read_open(PgInput *input)
{
    static const TgLanesReaderClass class = {
        .start = lane_start, .read = lane_read, .end = lane_end, .reconnect = lane_reconnect};

    return tg_lanes_reader_new(&input->turns, &class, &input->input, input->context);
}

void pg_lane_clear(PgLane *lane)
{
    tg_postgresql_copy_free(lane->copy);
    tg_postgresql_cursor_free(lane->cursor);
    tg_postgresql_free(lane->server);
    if (lane->text != NULL) {
        (void)g_string_free(lane->text, TRUE);
    }
    *lane = (PgLane){NULL};
}
