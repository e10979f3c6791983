/* VALUES: rows of one width, each column of one type. */
#include "sql/translate.h"

static guint row_width(const TgNode *row)
{
    return row->kind == TG_NODE_ROW ? row->count : 1;
}

/* The cells of a row, `stride` apart; FALSE when it stands for its columns and must not. */
static gboolean translate_row(TgTranslator *translator, const TgNode *row, guint width,
                              guint stride, TgValue *cells)
{
    if (row->kind != TG_NODE_ROW) {
        cells[0] = tg_translate_expression(translator, row);
        if (cells[0].type->id == TG_SQL_ROW) {
            (void)tg_translate_fail(translator, row,
                                    "VALUES takes a row for its columns; write ROW(…) around it");
            return FALSE;
        }
        return TRUE;
    }
    for (guint j = 0; j < width; j++) {
        cells[(gsize)j * stride] = tg_translate_expression(translator, row->items[j]);
    }
    return TRUE;
}

/* The cells of all rows, translated; FALSE when a row is too short or long. */
static gboolean translate_cells(TgTranslator *translator, const TgNode *node, guint width,
                                TgValue *cells)
{
    for (guint i = 0; i < node->count; i++) {
        const TgNode *row = node->items[i];

        if (row_width(row) != width) {
            (void)tg_translate_fail(translator, row, "this row has %u values, the first has %u",
                                    row_width(row), width);
            return FALSE;
        }
        if (!translate_row(translator, row, width, node->count, cells + i)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* "(1, 'a'), (2, 'b')" of cells that lie column by column. */
static void append_cells(GString *out, const TgValue *cells, guint width, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_string_append(out, i == 0 ? "(" : ", (");
        for (guint j = 0; j < width; j++) {
            g_string_append_printf(out, "%s%s", j == 0 ? "" : ", ", cells[j * count + i].text);
        }
        g_string_append_c(out, ')');
    }
}

TgRows tg_translate_values(TgTranslator *translator, const TgNode *node)
{
    guint width = row_width(node->items[0]);
    g_autofree TgValue *cells = g_new0(TgValue, (gsize)width * node->count);
    GArray *fields = tg_translate_fields(translator);
    g_autoptr(GString) out = g_string_new("SELECT * FROM (VALUES ");
    const char *alias = NULL;

    if (!translate_cells(translator, node, width, cells)) {
        return (TgRows){"SELECT NULL", fields};
    }
    for (guint j = 0; j < width; j++) {
        TgField field = {.value = {NULL, NULL}};

        field.value.type =
            tg_translate_unify(translator, node, cells + (gsize)j * node->count, node->count);
        g_array_append_val(fields, field);
    }
    append_cells(out, cells, width, node->count);
    alias = tg_translate_alias(translator, "v");
    return (TgRows){tg_value(translator, &tg_sql_type_unknown, "%s) AS %s%s", out->str,
                             tg_translate_quote(translator, alias),
                             tg_translate_column_list(translator, fields, alias, NULL))
                        .text,
                    fields};
}
