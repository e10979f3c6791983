/* Saved results: <id>.csv in Athena's form, <id>.csv.metadata. */
#include <stdio.h>
#include <string.h>

#include "params/params.h"
#include "query/query_internal.h"

#define METADATA_BYTES_MAX ((gsize)4 << 20)
#define SAVED_BYTES_MAX ((gsize)256 << 20) /* of a result that is read back */

static char *saved_url(const char *id, const char *suffix)
{
    return g_strconcat(TG_QUERY_RESULTS_URL, id, suffix, NULL);
}

/* "a","b": a NULL is nothing at all, an empty text "". */
static void append_line(GString *out, guint count, const char *const *cells)
{
    for (guint i = 0; i < count; i++) {
        g_string_append(out, i == 0 ? "" : ",");
        if (cells[i] == NULL) {
            continue;
        }
        g_string_append_c(out, '"');
        for (const char *p = cells[i]; *p != '\0'; p++) {
            g_string_append(out, *p == '"' ? "\"" : "");
            g_string_append_c(out, *p);
        }
        g_string_append_c(out, '"');
    }
    g_string_append_c(out, '\n');
}

static gboolean write_rows(TgQueryResult *result, FILE *file, GError **error)
{
    guint count = result->columns->len;
    g_autofree const char **names = g_new0(const char *, count + 1);
    g_autoptr(GString) line = g_string_new(NULL);
    const char *const *row = NULL;

    for (guint i = 0; i < count; i++) {
        names[i] = tg_query_result_column_name(result, i);
    }
    append_line(line, count, names);
    do {
        if (fwrite(line->str, 1, line->len, file) != line->len) {
            tg_error_set_file(error, errno, "write", "the saved result");
            return FALSE;
        }
        g_string_truncate(line, 0);
        if (!tg_query_result_next(result, &row, error)) {
            return FALSE;
        }
        if (row != NULL) {
            append_line(line, count, row);
        }
    } while (row != NULL);
    return TRUE;
}

static gboolean write_csv(TgQuery *query, TgQueryResult *result, GError **error)
{
    g_autofree char *url = saved_url(result->id, ".csv");
    TgObjectDraft draft = {NULL, NULL};
    FILE *file = NULL;
    gboolean ok = FALSE;

    if (!tg_object_begin(query->objects, url, &draft, error)) {
        return FALSE;
    }
    file = fopen(draft.path, "wb");
    if (file == NULL) {
        tg_error_set_file(error, errno, "write", draft.path);
    } else {
        ok = write_rows(result, file, error);
        if (fclose(file) != 0 && ok) {
            tg_error_set_file(error, errno, "write", draft.path);
            ok = FALSE;
        }
    }
    if (!ok) {
        tg_object_abort(query->objects, &draft);
        return FALSE;
    }
    result->url = g_strdup(url);
    return tg_object_commit(query->objects, &draft, NULL, error);
}

static gboolean write_metadata(TgQuery *query, const TgQueryResult *result, GError **error)
{
    static const char *const kinds[] = {"DML", "DDL", "UTILITY"};
    g_autofree char *url = saved_url(result->id, ".csv.metadata");
    json_t *metadata =
        json_pack("{s:s, s:s, s:I, s:[]}", "id", result->id, "kind", kinds[result->kind],
                  "rows_total", (json_int_t)result->statistics.rows, "columns");
    g_autofree char *text = NULL;
    TgObjectDraft draft = {NULL, NULL};

    for (guint i = 0; i < result->columns->len; i++) {
        json_array_append_new(json_object_get(metadata, "columns"),
                              json_pack("{s:s, s:s}", "name",
                                        tg_query_result_column_name(result, i), "type",
                                        tg_query_result_column_type(result, i)));
    }
    text = tg_params_to_json(metadata);
    json_decref(metadata);
    if (!tg_object_begin(query->objects, url, &draft, error)) {
        return FALSE;
    }
    if (!g_file_set_contents(draft.path, text, -1, NULL)) {
        tg_error_set_file(error, errno, "write", draft.path);
        tg_object_abort(query->objects, &draft);
        return FALSE;
    }
    return tg_object_commit(query->objects, &draft, NULL, error);
}

gboolean tg_query_save(TgQuery *query, TgQueryResult *result, GError **error)
{
    return write_csv(query, result, error) && write_metadata(query, result, error);
}

gboolean tg_query_save_rows(TgQuery *query, const char *id, const json_t *columns,
                            const json_t *rows, GError **error)
{
    g_autoptr(TgQueryResult) result = tg_query_result_new(TG_QUERY_DML);
    json_t *one = NULL;
    gsize i = 0;

    g_free(result->id);
    result->id = g_strdup(id);
    json_array_foreach ((json_t *)columns, i, one) {
        tg_query_result_add_column(result, json_string_value(json_object_get(one, "Name")),
                                   json_string_value(json_object_get(one, "Type")));
    }
    json_array_foreach ((json_t *)rows, i, one) {
        guint count = result->columns->len;
        g_autofree const char **texts = g_new0(const char *, count + 1);

        for (guint k = 0; k < count; k++) {
            texts[k] = json_string_value(json_array_get(one, k));
        }
        tg_query_result_add_row(result, count, texts);
    }
    return tg_query_save(query, result, error);
}

/* ---- reading back --------------------------------------------------------------------------- */

/* One cell of the form above; *p moves behind it. */
static json_t *read_cell(const char **p)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (**p != '"') {
        return json_null();
    }
    for ((*p)++; **p != '\0'; (*p)++) {
        if (**p == '"' && (*p)[1] == '"') {
            (*p)++;
        } else if (**p == '"') {
            (*p)++;
            break;
        }
        g_string_append_c(text, **p);
    }
    return json_string(text->str);
}

static json_t *read_line(const char **p)
{
    json_t *row = json_array();
    gboolean has_more = TRUE;

    while (has_more) {
        json_array_append_new(row, read_cell(p));
        has_more = **p == ',';
        *p += has_more ? 1 : 0;
    }
    *p += **p == '\n' ? 1 : 0;
    return row;
}

static gboolean is_id(const char *id)
{
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz_-";

    return *id != '\0' && strlen(id) <= 64 && strspn(id, allowed) == strlen(id);
}

json_t *tg_query_load_result(TgQuery *query, const char *id, guint rows_max, GError **error)
{
    g_autofree char *csv_url = saved_url(id, ".csv");
    g_autofree char *metadata_url = saved_url(id, ".csv.metadata");
    g_autofree char *csv = NULL;
    g_autofree char *metadata = NULL;
    json_t *result = NULL;
    json_t *rows = NULL;
    gsize size = 0;

    if (!is_id(id)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is not the id of a query", id);
        return NULL;
    }
    if (!tg_object_read(query->objects, metadata_url, METADATA_BYTES_MAX, &metadata, &size,
                        error)) {
        g_prefix_error(error, "QueryExecution %s was not found: ", id);
        return NULL;
    }
    if (!tg_object_read(query->objects, csv_url, SAVED_BYTES_MAX, &csv, &size, error)) {
        return NULL;
    }
    result = json_loads(metadata, 0, NULL);
    if (!json_is_object(result)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is damaged", metadata_url);
        json_decref(result);
        return NULL;
    }
    const char *p = csv;

    rows = json_array();
    json_decref(read_line(&p)); /* the header */
    while (*p != '\0' && json_array_size(rows) < rows_max) {
        json_array_append_new(rows, read_line(&p));
    }
    json_object_set_new(result, "rows", rows);
    return result;
}
