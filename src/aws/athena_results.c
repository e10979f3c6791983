/* Athena's results: pages of rows. */
#include "aws/athena.h"
#include "params/params.h"

#define ROWS_PER_CALL 1000

/* What a call is about, over its pages. */
typedef struct {
    const TgAthenaRows *which;
    gint64 rows_left; /* negative: no limit */
    gboolean skips_header;
} Reading;

static gboolean fail_answer(const char *what, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "Athena GetQueryResults: %s; check the endpoint",
                what);
    return FALSE;
}

/* {"Data": [{"VarCharValue"}]} as [text or null]; NULL for a row that has not all columns. */
static json_t *row_of(const json_t *row, gsize columns)
{
    const json_t *data = json_object_get(row, "Data");
    json_t *texts = NULL;

    if (json_array_size(data) != columns) {
        return NULL;
    }
    texts = json_array();
    for (gsize i = 0; i < columns; i++) {
        json_t *text = json_object_get(json_array_get(data, i), "VarCharValue");

        json_array_append_new(texts, json_is_string(text) ? json_incref(text) : json_null());
    }
    return texts;
}

/* The rows of a page without its header, as many as are wanted; NULL with an error. */
static json_t *rows_of(Reading *reading, const json_t *rows, gsize columns, GError **error)
{
    g_autoptr(json_t) texts = json_array();

    for (gsize i = 0; i < json_array_size(rows) && reading->rows_left != 0; i++) {
        json_t *row = row_of(json_array_get(rows, i), columns);

        if (row == NULL) {
            (void)fail_answer("a row has not as many values as there are columns", error);
            return NULL;
        }
        if (reading->skips_header) {
            reading->skips_header = FALSE;
            json_decref(row);
            continue;
        }
        json_array_append_new(texts, row);
        reading->rows_left -= reading->rows_left > 0 ? 1 : 0;
    }
    return g_steal_pointer(&texts);
}

/* How many rows to ask for: as many as are wanted, a header too. */
static gint64 page_size(const Reading *reading)
{
    gint64 wanted = reading->rows_left + (reading->skips_header ? 1 : 0);

    return reading->rows_left < 0 ? ROWS_PER_CALL : CLAMP(wanted, 1, ROWS_PER_CALL);
}

gboolean tg_athena_each_rows(TgAthena *athena, const TgAthenaRows *which, TgAthenaTakeRows take,
                             gpointer data, GError **error)
{
    g_autoptr(json_t) request = json_pack("{s:s}", "QueryExecutionId", which->id);
    TgAwsCall call = {.action = "GetQueryResults", .request = request};
    Reading reading = {which, which->rows_max, which->has_header};
    g_autofree char *token = NULL;

    for (;;) {
        json_object_set_new(request, "MaxResults", json_integer(page_size(&reading)));
        g_autoptr(json_t) answer = tg_aws_client_call(tg_athena_client(athena), &call, NULL, error);
        const json_t *set = json_object_get(answer, "ResultSet");
        const json_t *columns =
            json_object_get(json_object_get(set, "ResultSetMetadata"), "ColumnInfo");
        const char *next = json_string_value(json_object_get(answer, "NextToken"));
        g_autoptr(json_t) rows = NULL;

        if (answer == NULL) {
            g_prefix_error(error, "query %s: ", which->id);
            return FALSE;
        }
        if (!json_is_object(set)) {
            return fail_answer("the server answers without a ResultSet", error);
        }
        rows = rows_of(&reading, json_object_get(set, "Rows"), json_array_size(columns), error);
        if (rows == NULL || !take(data, columns, rows, error)) {
            return FALSE;
        }
        if (next == NULL || *next == '\0' || reading.rows_left == 0) {
            return TRUE;
        }
        if (g_strcmp0(next, token) == 0) {
            return fail_answer("the server gives the same page over and over", error);
        }
        g_free(token);
        token = g_strdup(next);
        json_object_set_new(request, "NextToken", json_string(token));
    }
}

/* Gathers into {"columns", "rows"}. */
static gboolean gather(gpointer data, const json_t *columns, const json_t *rows,
                       GError **error G_GNUC_UNUSED)
{
    json_t *all = data;

    if (json_object_get(all, "columns") == NULL) {
        json_object_set_new(all, "columns",
                            columns == NULL ? json_array() : json_incref((json_t *)columns));
    }
    json_array_extend(json_object_get(all, "rows"), (json_t *)rows);
    return TRUE;
}

json_t *tg_athena_list_rows(TgAthena *athena, const TgAthenaRows *which, GError **error)
{
    g_autoptr(json_t) all = json_pack("{s:[]}", "rows");

    return tg_athena_each_rows(athena, which, gather, all, error) ? g_steal_pointer(&all) : NULL;
}
