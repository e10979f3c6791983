/* Rows as a table, CSV or JSON. */
#include "cli/query_print.h"

#include <jansson.h>
#include <string.h>

#define HEAD_ROWS 1000
#define CELL_CHARS_MAX 120

gboolean tg_print_format_parse(const char *name, TgPrintFormat *out)
{
    static const char *const names[] = {"table", "csv", "json", "parquet"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (name == NULL || strcmp(name, names[i]) == 0) {
            *out = (TgPrintFormat)i;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_number(const char *type)
{
    static const char *const numbers[] = {"tinyint", "smallint", "integer", "bigint",
                                          "real",    "double",   "decimal", "int"};

    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (g_str_has_prefix(type, numbers[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- table ---------------------------------------------------------------------------------- */

typedef struct {
    TgQueryResult *result;
    FILE *out;
    gboolean has_colour;
    guint count;
    glong *widths; /* characters */
    gboolean *is_right;
} Table;

/* Control characters would break the lines; long cells are cut. */
static char *cell_text(const char *cell)
{
    g_autofree char *text = g_utf8_make_valid(cell == NULL ? "NULL" : cell, -1);

    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F) {
            *p = ' ';
        }
    }
    if (g_utf8_strlen(text, -1) > CELL_CHARS_MAX) {
        g_autofree char *head = g_utf8_substring(text, 0, CELL_CHARS_MAX - 1);

        return g_strconcat(head, "…", NULL);
    }
    return g_steal_pointer(&text);
}

/* Columns on the terminal: wide (East Asian) characters take two. */
static glong shown_width(const char *text)
{
    glong width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        width += g_unichar_iszerowidth(c) ? 0 : (g_unichar_iswide(c) ? 2 : 1);
    }
    return width;
}

static void print_cell(const Table *table, guint column, const char *text, gboolean is_null)
{
    glong blanks = MAX(table->widths[column] - shown_width(text), 0);
    gboolean is_last = column + 1 == table->count;
    gboolean is_dim = is_null && table->has_colour;

    (void)fprintf(table->out, "%s", column == 0 ? " " : " | ");
    if (table->is_right[column]) {
        (void)fprintf(table->out, "%*s", (int)blanks, "");
    }
    (void)fprintf(table->out, "%s%s%s", is_dim ? "\033[2m" : "", text, is_dim ? "\033[0m" : "");
    if (!table->is_right[column] && !is_last) {
        (void)fprintf(table->out, "%*s", (int)blanks, "");
    }
}

static void print_line(const Table *table, const char *const *cells)
{
    for (guint i = 0; i < table->count; i++) {
        g_autofree char *text = cell_text(cells[i]);

        print_cell(table, i, text, cells[i] == NULL);
    }
    (void)fputc('\n', table->out);
}

static void print_rule(const Table *table)
{
    for (guint i = 0; i < table->count; i++) {
        (void)fputs(i == 0 ? "-" : "-+-", table->out);
        for (glong j = 0; j < table->widths[i]; j++) {
            (void)fputc('-', table->out);
        }
    }
    (void)fputs("-\n", table->out);
}

static void widen(const Table *table, const char *const *cells)
{
    for (guint i = 0; i < table->count; i++) {
        g_autofree char *text = cell_text(cells[i]);

        table->widths[i] = MAX(table->widths[i], shown_width(text));
    }
}

static char **copy_row(guint count, const char *const *cells)
{
    char **copy = g_new0(char *, count + 1);

    for (guint i = 0; i < count; i++) {
        copy[i] = g_strdup(cells[i]);
    }
    return copy;
}

static void free_row(guint count, char **row)
{
    for (guint i = 0; i < count; i++) {
        g_free(row[i]);
    }
    g_free(row);
}

/* The first rows are kept to learn the widths; the rest goes straight through. */
static gboolean print_body(const Table *table, const char *const *names, GError **error)
{
    g_autoptr(GPtrArray) head = g_ptr_array_new();
    const char *const *row = NULL;
    gboolean ok = TRUE;

    do {
        ok = tg_query_result_next(table->result, &row, error);
        if (ok && row != NULL) {
            widen(table, row);
            g_ptr_array_add(head, copy_row(table->count, row));
        }
    } while (ok && row != NULL && head->len < HEAD_ROWS);
    if (ok) {
        print_line(table, names);
        print_rule(table);
    }
    for (guint i = 0; i < head->len; i++) {
        if (ok) {
            print_line(table, (const char *const *)head->pdata[i]);
        }
        free_row(table->count, head->pdata[i]);
    }
    while (ok && row != NULL) {
        ok = tg_query_result_next(table->result, &row, error);
        if (ok && row != NULL) {
            print_line(table, row);
        }
    }
    return ok;
}

static gboolean print_table(TgQueryResult *result, FILE *out, gboolean has_colour, GError **error)
{
    guint count = tg_query_result_column_count(result);
    g_autofree glong *widths = g_new0(glong, count + 1);
    g_autofree gboolean *is_right = g_new0(gboolean, count + 1);
    g_autofree const char **names = g_new0(const char *, count + 1);
    Table table = {result, out, has_colour, count, widths, is_right};

    for (guint i = 0; i < count; i++) {
        names[i] = tg_query_result_column_name(result, i);
        is_right[i] = is_number(tg_query_result_column_type(result, i));
    }
    widen(&table, names);
    return count == 0 || print_body(&table, names, error);
}

/* ---- CSV ------------------------------------------------------------------------------------ */

/* Quotes where they are needed; NULL is nothing, an empty text "". */
static void print_csv_line(FILE *out, guint count, const char *const *cells)
{
    for (guint i = 0; i < count; i++) {
        const char *text = cells[i];

        (void)fputs(i == 0 ? "" : ",", out);
        if (text == NULL) {
            continue;
        }
        if (*text != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
            (void)fputs(text, out);
            continue;
        }
        (void)fputc('"', out);
        for (; *text != '\0'; text++) {
            (void)fputs(*text == '"' ? "\"" : "", out);
            (void)fputc(*text, out);
        }
        (void)fputc('"', out);
    }
    (void)fputc('\n', out);
}

static gboolean print_csv(TgQueryResult *result, FILE *out, GError **error)
{
    guint count = tg_query_result_column_count(result);
    g_autofree const char **names = g_new0(const char *, count + 1);
    const char *const *row = names;

    for (guint i = 0; i < count; i++) {
        names[i] = tg_query_result_column_name(result, i);
    }
    while (row != NULL && count > 0) {
        print_csv_line(out, count, row);
        if (!tg_query_result_next(result, &row, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- JSON: one object a line ---------------------------------------------------------------- */

/* Numbers and booleans as such, all else as text; NaN is no number of JSON. */
static json_t *json_cell(const char *type, const char *text)
{
    json_t *value = NULL;

    if (text == NULL) {
        return json_null();
    }
    if (strcmp(type, "boolean") == 0) {
        return json_boolean(strcmp(text, "true") == 0);
    }
    if (is_number(type) && !g_str_has_prefix(type, "decimal")) {
        value = json_loads(text, JSON_DECODE_ANY, NULL);
    }
    return value != NULL ? value : json_string(text);
}

static gboolean print_json(TgQueryResult *result, FILE *out, GError **error)
{
    guint count = tg_query_result_column_count(result);
    const char *const *row = NULL;

    for (;;) {
        if (!tg_query_result_next(result, &row, error)) {
            return FALSE;
        }
        if (row == NULL) {
            return TRUE;
        }
        json_t *object = json_object();

        for (guint i = 0; i < count; i++) {
            json_object_set_new(object, tg_query_result_column_name(result, i),
                                json_cell(tg_query_result_column_type(result, i), row[i]));
        }
        (void)json_dumpf(object, out, JSON_COMPACT);
        (void)fputc('\n', out);
        json_decref(object);
    }
}

gboolean tg_query_print(TgQueryResult *result, TgPrintFormat format, FILE *out, gboolean has_colour,
                        GError **error)
{
    gboolean ok = FALSE;

    if (format == TG_PRINT_CSV) {
        ok = print_csv(result, out, error);
    } else if (format == TG_PRINT_JSON) {
        ok = print_json(result, out, error);
    } else {
        ok = print_table(result, out, has_colour, error);
    }
    if (ok && (fflush(out) != 0 || ferror(out) != 0)) {
        tg_error_set_file(error, errno, "write", "the output");
        return FALSE;
    }
    return ok;
}

void tg_query_print_summary(const TgQueryResult *result, FILE *out)
{
    TgQueryStatistics statistics = tg_query_result_statistics(result);
    g_autofree char *bytes = g_format_size((guint64)statistics.scanned_bytes);
    double seconds = (double)statistics.exec_millis / 1000.0;

    if (tg_query_result_column_count(result) == 0 && tg_query_result_receipt(result) == NULL) {
        (void)fprintf(out, "done (%.3f s)\n", seconds);
        return;
    }
    (void)fprintf(out, "%" G_GINT64_FORMAT " row%s%s (%.3f s", statistics.rows,
                  statistics.rows == 1 ? "" : "s",
                  tg_query_result_receipt(result) != NULL ? " written" : "", seconds);
    if (statistics.scanned_bytes > 0) {
        (void)fprintf(out, ", %s read", bytes);
    }
    (void)fputs(")\n", out);
}
