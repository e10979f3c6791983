/* GetQueryResults: pages out of the result's file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/athena_internal.h"

#define ROWS_MAX 1000
#define PAGE_BYTES_MAX ((gsize)64 << 20) /* then it ends earlier */

typedef struct {
    const char *type; /* as Athena calls it in ColumnInfo */
    int precision;
    int scale;
} TypeRow;

static const struct {
    const char *name;
    TypeRow row;
} type_rows[] = {
    {"varchar", {"varchar", 2147483647, 0}},
    {"string", {"string", 0, 0}},
    {"bigint", {"bigint", 19, 0}},
    {"integer", {"integer", 10, 0}},
    {"smallint", {"smallint", 5, 0}},
    {"tinyint", {"tinyint", 3, 0}},
    {"double", {"double", 17, 0}},
    {"real", {"float", 17, 0}},
    {"boolean", {"boolean", 0, 0}},
    {"date", {"date", 0, 0}},
    {"timestamp", {"timestamp", 3, 0}},
    {"varbinary", {"varbinary", 1073741824, 0}},
    {"char", {"char", 0, 0}},
    {"decimal", {"decimal", 38, 0}},
};

json_t *tg_endpoint_athena_column_info(const char *name, const char *type)
{
    gsize size = strcspn(type, "(");
    g_autofree char *bare = g_strndup(type, size);
    TypeRow row = {bare, 0, 0};

    for (gsize i = 0; i < G_N_ELEMENTS(type_rows); i++) {
        if (strcmp(type_rows[i].name, bare) == 0) {
            row = type_rows[i].row;
        }
    }
    if (strcmp(bare, "decimal") == 0 && type[size] == '(') {
        char *end = NULL;

        row.precision = (int)strtol(type + size + 1, &end, 10);
        row.scale = *end == ',' ? (int)strtol(end + 1, NULL, 10) : 0;
    } else if (g_str_has_suffix(type, "with time zone")) {
        row = (TypeRow){
            strcmp(bare, "time") == 0 ? "time with time zone" : "timestamp with time zone", 3, 0};
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:b}", "CatalogName", "hive",
                     "SchemaName", "", "TableName", "", "Name", name, "Label", name, "Type",
                     row.type, "Precision", row.precision, "Scale", row.scale, "Nullable",
                     "UNKNOWN", "CaseSensitive",
                     strcmp(row.type, "varchar") == 0 || strcmp(row.type, "string") == 0);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

typedef struct {
    FILE *file;
    gsize bytes; /* of values so far */
    GString *text;
} Reader;

static json_t *cell_of(Reader *reader, gboolean is_null)
{
    json_t *cell = json_object();

    if (!is_null) {
        /* The engine's texts are UTF-8. */
        json_object_set_new(cell, "VarCharValue",
                            json_stringn(reader->text->str, reader->text->len));
    }
    reader->bytes += reader->text->len + 30;
    return cell;
}

/* What follows a quote, up to the quote that ends it; the character behind that. */
static int read_quoted(Reader *reader)
{
    gboolean after_quote = FALSE;
    int c = getc_unlocked(reader->file);

    for (; c != EOF; c = getc_unlocked(reader->file)) {
        if (c != '"' && after_quote) {
            return c;
        }
        if (c != '"' || after_quote) {
            g_string_append_c(reader->text, (char)c);
            after_quote = FALSE;
        } else {
            after_quote = TRUE;
        }
    }
    return c;
}

/* The row at the file's place, NULL at its end. */
static json_t *read_csv_row(Reader *reader)
{
    json_t *data = json_array();
    int c = getc_unlocked(reader->file);

    if (c == EOF) {
        json_decref(data);
        return NULL;
    }
    for (;;) {
        gboolean is_null = c != '"';

        g_string_truncate(reader->text, 0);
        c = is_null ? c : read_quoted(reader);
        json_array_append_new(data, cell_of(reader, is_null));
        if (c != ',') {
            return json_pack("{s:o}", "Data", data);
        }
        c = getc_unlocked(reader->file);
    }
}

/* A line is one value, tabs and all, as Athena hands them out. */
static json_t *read_text_row(Reader *reader)
{
    int c = getc_unlocked(reader->file);

    if (c == EOF) {
        return NULL;
    }
    g_string_truncate(reader->text, 0);
    for (; c != EOF && c != '\n'; c = getc_unlocked(reader->file)) {
        g_string_append_c(reader->text, (char)c);
    }
    return json_pack("{s:[o]}", "Data", cell_of(reader, FALSE));
}

static json_t *header_row(const json_t *columns)
{
    json_t *data = json_array();

    for (gsize i = 0; i < json_array_size(columns); i++) {
        json_array_append_new(data, json_pack("{s:O}", "VarCharValue",
                                              json_object_get(json_array_get(columns, i), "Name")));
    }
    return json_pack("{s:o}", "Data", data);
}

/* ---- pages ------------------------------------------------------------------------------------
 */

typedef struct {
    const json_t *result; /* "_result" of the execution */
    gint64 rows_max;
    gint64 from; /* byte of the file; 0: the start */
    json_t *rows;
    char *next; /* token */
} Page;

static void read_page(Page *page, FILE *file)
{
    gboolean is_csv = json_is_true(json_object_get(page->result, "is_csv"));
    Reader reader = {file, 0, g_string_new(NULL)};
    json_t *row = NULL;

    if (page->from == 0 && !is_csv && json_is_true(json_object_get(page->result, "has_header"))) {
        json_array_append_new(page->rows, header_row(json_object_get(page->result, "columns")));
    }
    while ((gint64)json_array_size(page->rows) < page->rows_max && reader.bytes < PAGE_BYTES_MAX &&
           (row = is_csv ? read_csv_row(&reader) : read_text_row(&reader)) != NULL) {
        json_array_append_new(page->rows, row);
    }
    int c = getc_unlocked(file);

    if (c != EOF) {
        page->next = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)ftello(file) - 1);
    }
    g_string_free(reader.text, TRUE);
}

static gboolean open_page(TgActionCall *call, Page *page, GError **error)
{
    const char *url = json_string_value(json_object_get(page->result, "url"));
    g_autofree char *path =
        url == NULL ? NULL : tg_object_engine_path(call->endpoint->objects, url, error);
    FILE *file = path == NULL ? NULL : fopen(path, "rbe");

    if (url == NULL) {
        return TRUE; /* an update: it has no rows */
    }
    if (file == NULL || fseeko(file, page->from, SEEK_SET) != 0) {
        if (path != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Could not find results: '%s' is gone",
                        url);
        }
        if (file != NULL) {
            (void)fclose(file); /* it was only read */
        }
        return FALSE;
    }
    read_page(page, file);
    (void)fclose(file); /* it was only read */
    return TRUE;
}

static gboolean check_state(const json_t *execution, GError **error)
{
    const json_t *status = json_object_get(execution, "Status");
    const char *state = json_string_value(json_object_get(status, "State"));

    if (strcmp(state, "SUCCEEDED") == 0) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                strcmp(state, "FAILED") == 0 || strcmp(state, "CANCELLED") == 0
                    ? "Query did not finish successfully. Final query state: %s"
                    : "Query has not yet finished. Current state: %s",
                state);
    return FALSE;
}

json_t *tg_endpoint_athena_results(TgActionCall *call, const json_t *execution, GError **error)
{
    const json_t *max = json_object_get(call->input, "MaxResults");
    const char *token = tg_action_text_or(call, "NextToken", "0");
    Page page = {.result = json_object_get(execution, "_result"),
                 .rows_max = json_is_integer(max) ? json_integer_value(max) : ROWS_MAX,
                 .from = g_ascii_strtoll(token, NULL, 10)};
    json_t *reply = NULL;

    if (!check_state(execution, error)) {
        return NULL;
    }
    if (page.rows_max < 1 || page.rows_max > ROWS_MAX || page.from < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "MaxResults is a number from 1 to 1000, and NextToken one that was given");
        return NULL;
    }
    page.rows = json_array();
    if (!open_page(call, &page, error)) {
        json_decref(page.rows);
        return NULL;
    }
    reply = json_pack("{s:O, s:{s:o, s:{s:O}}}", "UpdateCount",
                      json_object_get(page.result, "update_count"), "ResultSet", "Rows", page.rows,
                      "ResultSetMetadata", "ColumnInfo", json_object_get(page.result, "columns"));
    if (page.next != NULL) {
        json_object_set_new(reply, "NextToken", json_string(page.next));
        g_free(page.next);
    }
    return reply;
}
