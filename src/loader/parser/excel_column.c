/* Options of columns as embulk-parser-poi_excel has them. */
#include <string.h>

#include "loader/parser/excel.h"
#include "params/params.h"

/* --- which cell --- */

/* "+", "+2", "+name", "-…", "=", "=name": beside the column before, or one that is named. */
static gboolean read_relative(const char *text, const ExcelPlan *plan, const json_t *columns,
                              gint64 last, gint64 *out)
{
    const char *rest = text + 1;
    gint64 step = *text == '+' ? 1 : *text == '-' ? -1 : 0;
    gint64 from = last;

    if (g_ascii_isdigit(*rest)) {
        step *= g_ascii_strtoll(rest, NULL, 10);
    } else if (*rest != '\0') {
        from = -1;
        for (guint i = 0; i < plan->count; i++) {
            const char *name =
                json_string_value(json_object_get(json_array_get(columns, i), "name"));

            from = name != NULL && strcmp(name, rest) == 0 ? plan->columns[i].column : from;
        }
        if (from < 0) {
            return FALSE;
        }
    }
    *out = from + step;
    return TRUE;
}

/* The place of a column, `last` being that of the one before it (-1: none). */
static gboolean read_place(const char *text, const ExcelPlan *plan, const json_t *columns,
                           gint64 last, guint *out, GError **error)
{
    gint64 place = -1;
    gboolean ok = FALSE;

    if (strchr("+-=", *text) != NULL && *text != '\0') {
        ok = read_relative(text, plan, columns, last, &place);
    } else if (g_ascii_isdigit(*text)) {
        char *end = NULL;

        place = g_ascii_strtoll(text, &end, 10) - 1;
        ok = *end == '\0';
    } else {
        guint letters = 0;

        ok = tg_workbook_column_parse(text, NULL, &letters);
        place = letters;
    }
    if (!ok || place < 0 || place >= TG_WORKBOOK_COLUMNS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no column: write letters (AB), a number from 1, or +, - or = with a "
                    "number or the name of an earlier column",
                    text);
        return FALSE;
    }
    *out = (guint)place;
    return TRUE;
}

/* --- options --- */

/* "constant", "constant.0", "error_code", "exception". */
static gboolean read_on_error(const json_t *config, const char *key, const char *fallback,
                              ExcelOnError *out, char **out_constant, GError **error)
{
    static const char constant[] = "constant";
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, key, fallback, &text, error)) {
        return FALSE;
    }
    if (strcmp(text, "exception") == 0) {
        *out = EXCEL_ON_ERROR_STOP;
    } else if (strcmp(text, "error_code") == 0) {
        *out = EXCEL_ON_ERROR_CODE;
    } else if (g_str_has_prefix(text, constant) &&
               (text[sizeof constant - 1] == '\0' || text[sizeof constant - 1] == '.')) {
        *out = EXCEL_ON_ERROR_CONSTANT;
        *out_constant = text[sizeof constant - 1] == '\0' ? NULL : g_strdup(text + sizeof constant);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s must be constant, constant.VALUE, error_code or exception, not '%s'", key,
                    text);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_from(ExcelColumn *column, const char *text, GError **error)
{
    static const char constant[] = "constant.";
    static const struct {
        const char *name;
        ExcelFrom from;
    } names[] = {{"cell_value", EXCEL_FROM_CELL},
                 {"sheet_name", EXCEL_FROM_SHEET_NAME},
                 {"row_number", EXCEL_FROM_ROW_NUMBER},
                 {"column_number", EXCEL_FROM_COLUMN_NUMBER},
                 {"constant", EXCEL_FROM_CONSTANT}};

    if (g_str_has_prefix(text, constant)) {
        column->from = EXCEL_FROM_CONSTANT;
        column->constant = g_strdup(text + strlen(constant));
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, text) == 0) {
            column->from = names[i].from;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "value '%s' is not read here; cell_value, sheet_name, row_number, column_number, "
                "constant and constant.VALUE are",
                text);
    return FALSE;
}

/* Only what g_ascii_formatd can do: nothing else may stand in it. */
static gboolean check_format(const char *format, GError **error)
{
    static GRegex *pattern;
    static gsize is_made;

    if (g_once_init_enter(&is_made)) {
        pattern = g_regex_new("^%[-+ 0]*[0-9]{0,3}(\\.[0-9]{1,2})?[eEfgG]$", 0, 0, NULL);
        g_once_init_leave(&is_made, 1);
    }
    if (format != NULL && !g_regex_match(pattern, format, 0, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "numeric_format '%s' must be one conversion such as %%.2f", format);
        return FALSE;
    }
    return TRUE;
}

/* Options of the original that would take another cell than is taken here. */
static gboolean refuse_unread(const json_t *config, GError **error)
{
    static const char *const keys[] = {"cell_row",          "row_number",     "cell_address",
                                       "record_type",       "attribute_name", "formula_replace",
                                       "search_merged_cell"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (tg_params_has(config, keys[i])) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s' of a column is not read here; take it out, or name the cell with "
                        "'cell_column'",
                        keys[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_column(ExcelPlan *plan, const json_t *columns, const json_t *config,
                            gint64 *last, gboolean exact, GError **error)
{
    ExcelColumn *column = &plan->columns[plan->count];
    g_autofree char *from = NULL;
    g_autofree char *number = NULL;
    g_autofree char *place = NULL;

    if (!refuse_unread(config, error) ||
        !tg_params_dup_text_or(config, "value", "cell_value", &from, error) ||
        !read_from(column, from, error) ||
        !tg_params_dup_text_or(config, "column_number", NULL, &number, error) ||
        !tg_params_dup_text_or(config, "cell_column", number, &place, error) ||
        !tg_params_dup_text_or(config, "numeric_format", NULL, &column->numeric_format, error) ||
        !check_format(column->numeric_format, error) ||
        !read_on_error(config, "on_cell_error", exact ? "exception" : "constant",
                       &column->on_cell_error, &column->cell_error_constant, error) ||
        !read_on_error(config, "on_convert_error", "exception", &column->on_convert_error,
                       &column->convert_error_constant, error)) {
        return FALSE;
    }
    gboolean has_cell = column->from == EXCEL_FROM_CELL || column->from == EXCEL_FROM_COLUMN_NUMBER;

    if (has_cell &&
        !read_place(place == NULL ? "+" : place, plan, columns, *last, &column->column, error)) {
        return FALSE;
    }
    *last = has_cell ? column->column : *last;
    return TRUE;
}

/* A column's map with what `sheet_options` says of it for this sheet; a new reference. */
static json_t *merge_options(const json_t *column, const json_t *sheet_columns)
{
    json_t *merged = json_copy((json_t *)column);
    const char *name = json_string_value(json_object_get(column, "name"));
    const json_t *own = name == NULL ? NULL : json_object_get(sheet_columns, name);

    if (json_is_object(own)) {
        tg_params_merge(merged, own);
    }
    return merged;
}

ExcelPlan *excel_plan_new(const json_t *config, const char *sheet, gboolean exact, GError **error)
{
    const json_t *columns = json_object_get(config, "columns");
    const json_t *options = json_object_get(json_object_get(config, "sheet_options"), sheet);
    const json_t *sheet_columns = json_object_get(options, "columns");
    g_autoptr(ExcelPlan) plan = g_new0(ExcelPlan, 1);
    gint64 last = -1;
    json_t *column = NULL;
    size_t index = 0;

    if (!tg_params_get_int64(config, "skip_header_lines", 0, &plan->skip, error) ||
        !tg_params_get_int64(options, "skip_header_lines", plan->skip, &plan->skip, error)) {
        return NULL;
    }
    plan->columns = g_new0(ExcelColumn, json_array_size(columns) + 1);
    json_array_foreach ((json_t *)columns, index, column) {
        g_autoptr(json_t) merged = merge_options(column, sheet_columns);
        gboolean ok = read_column(plan, columns, merged, &last, exact, error);

        plan->count++; /* what was read of it is freed with the plan */
        if (!ok) {
            const char *name = json_string_value(json_object_get(column, "name"));

            g_prefix_error(error, "column '%s': ", name == NULL ? "?" : name);
            return NULL;
        }
    }
    return g_steal_pointer(&plan);
}

void excel_plan_free(ExcelPlan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (guint i = 0; i < plan->count; i++) {
        g_free(plan->columns[i].constant);
        g_free(plan->columns[i].numeric_format);
        g_free(plan->columns[i].cell_error_constant);
        g_free(plan->columns[i].convert_error_constant);
    }
    g_free(plan->columns);
    g_free(plan);
}
