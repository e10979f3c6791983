/* athena.preview>: shows the first rows of a query that ran. Spec: shared/spec/athena.md 1.3. */
#include <string.h>

#include "operators/support.h"
#include "operators/support_athena_place.h"
#include "params/params.h"

#define CELL_CHARACTERS_MAX 60

static const char *text_of(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "";
}

static char *cut(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *flat = g_strdelimit(g_strdup(valid), "\n\r\t", ' ');

    if (g_utf8_strlen(flat, -1) <= CELL_CHARACTERS_MAX) {
        return g_steal_pointer(&flat);
    }
    g_autofree char *start = g_utf8_substring(flat, 0, CELL_CHARACTERS_MAX - 1);

    return g_strconcat(start, "…", NULL);
}

/* All cells as they are shown, the header first: arrays of char *. */
static GPtrArray *cells_of(const json_t *columns, const json_t *rows)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    GPtrArray *header = g_ptr_array_new_with_free_func(g_free);
    json_t *column = NULL;
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        g_ptr_array_add(header, cut(text_of(json_object_get(column, "name"))));
    }
    g_ptr_array_add(all, header);
    json_array_foreach ((json_t *)rows, i, row) {
        GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
        json_t *value = NULL;
        gsize j = 0;

        json_array_foreach (row, j, value) {
            g_ptr_array_add(cells, cut(text_of(value)));
        }
        g_ptr_array_add(all, cells);
    }
    return all;
}

static void append_rule(GString *table, const GArray *widths)
{
    for (guint i = 0; i < widths->len; i++) {
        g_string_append(table, i == 0 ? "+-" : "-+-");
        for (guint n = 0; n < g_array_index(widths, guint, i); n++) {
            g_string_append_c(table, '-');
        }
    }
    g_string_append(table, "-+\n");
}

static void append_row(GString *table, const GArray *widths, const GPtrArray *cells)
{
    for (guint i = 0; i < widths->len; i++) {
        const char *cell = cells->pdata[i];
        glong pad = (glong)g_array_index(widths, guint, i) - g_utf8_strlen(cell, -1);

        g_string_append_printf(table, "%s%*s%s", i == 0 ? "| " : " | ", (int)pad, "", cell);
    }
    g_string_append(table, " |\n");
}

/* Right-aligned between lines, as the original prints it. */
static char *draw(const json_t *columns, const json_t *rows)
{
    g_autoptr(GPtrArray) all = cells_of(columns, rows);
    g_autoptr(GArray) widths = g_array_new(FALSE, TRUE, sizeof(guint));
    GString *table = g_string_new(NULL);

    g_array_set_size(widths, (guint)json_array_size(columns));
    for (guint i = 0; i < all->len; i++) {
        const GPtrArray *cells = all->pdata[i];

        for (guint j = 0; j < widths->len; j++) {
            guint width = (guint)g_utf8_strlen(cells->pdata[j], -1);

            g_array_index(widths, guint, j) = MAX(g_array_index(widths, guint, j), width);
        }
    }
    append_rule(table, widths);
    for (guint i = 0; i < all->len; i++) {
        append_row(table, widths, all->pdata[i]);
        if (i == 0) {
            append_rule(table, widths);
        }
    }
    append_rule(table, widths);
    return g_string_free(table, FALSE);
}

/* The columns with the fields that the original stores. */
static json_t *stored_local_columns(const json_t *columns)
{
    json_t *all = json_array();
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        const char *name = text_of(json_object_get(column, "name"));

        json_array_append_new(all, json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                                             "case_sensitive", 0, "catalog", "hive", "label", name,
                                             "name", name, "nullable", "UNKNOWN", "database", "",
                                             "table", "", "type",
                                             text_of(json_object_get(column, "type"))));
    }
    return all;
}

/* A saved result of the local engine; `out_columns` as they are stored. */
static gboolean load_local(const TgTurn *turn, const char *id, gint64 rows_max,
                           json_t **out_columns, json_t **out_rows, GError **error)
{
    TgQuery *query = turn->services->query(turn->services, error);
    g_autoptr(json_t) saved =
        query == NULL ? NULL : tg_query_load_result(query, id, (guint)rows_max, error);

    if (saved == NULL) {
        return FALSE;
    }
    *out_columns = stored_local_columns(json_object_get(saved, "columns"));
    *out_rows = json_incref(json_object_get(saved, "rows"));
    return TRUE;
}

/* --- Athena --- */

static json_t *stored_columns(const json_t *columns)
{
    static const struct {
        const char *from;
        const char *to;
    } names[] = {{"CaseSensitive", "case_sensitive"},
                 {"CatalogName", "catalog"},
                 {"Label", "label"},
                 {"Name", "name"},
                 {"Nullable", "nullable"},
                 {"Precision", "precision"},
                 {"Scale", "scale"},
                 {"SchemaName", "database"},
                 {"TableName", "table"},
                 {"Type", "type"}};
    json_t *all = json_array();
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        json_t *stored = json_object();

        for (gsize j = 0; j < G_N_ELEMENTS(names); j++) {
            json_t *value = json_object_get(column, names[j].from);

            json_object_set_new(stored, names[j].to,
                                value == NULL ? json_null() : json_incref(value));
        }
        json_array_append_new(all, stored);
    }
    return all;
}

/* The first row of a SELECT names the columns; SHOW and DDL have no such row. */
static gboolean load_athena(const TgAthenaPlace *place, const char *id, gint64 rows_max,
                            json_t **out_columns, json_t **out_rows, GError **error)
{
    g_autoptr(json_t) execution = tg_athena_get(place->athena, id, error);
    const char *type = json_string_value(json_object_get(execution, "StatementType"));
    const TgAthenaRows which = {
        .id = id, .has_header = g_strcmp0(type, "DML") == 0, .rows_max = rows_max};
    g_autoptr(json_t) result =
        execution == NULL ? NULL : tg_athena_list_rows(place->athena, &which, error);

    if (result == NULL) {
        return FALSE;
    }
    *out_columns = stored_columns(json_object_get(result, "columns"));
    *out_rows = json_incref(json_object_get(result, "rows"));
    return TRUE;
}

static gboolean athena_preview_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_autofree char *id = tg_params_dup_text(turn->params, "_command", error);
    g_autoptr(json_t) columns = NULL;
    g_autoptr(json_t) rows = NULL;
    gint64 rows_max = 0;

    if (id == NULL || !tg_params_get_int64(turn->params, "max_rows", 10, &rows_max, error)) {
        return FALSE;
    }
    if (rows_max < 0 || rows_max > 1000) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "max_rows: %" G_GINT64_FORMAT " is not between 0 and 1000", rows_max);
        return FALSE;
    }
    if (!tg_athena_place_open(turn, "preview", &place, error) ||
        !(place.athena == NULL ? load_local(turn, id, rows_max, &columns, &rows, error)
                               : load_athena(&place, id, rows_max, &columns, &rows, error))) {
        return FALSE;
    }
    if (json_array_size(columns) > 0) {
        g_autofree char *table = draw(columns, rows);

        turn->services->print(turn->services, turn->task_name, table, strlen(table));
    }
    turn->store = json_pack("{s:{s:{s:s, s:O, s:O}}}", "athena", "last_preview", "id", id,
                            "columns", columns, "rows", rows);
    turn->reset_store = json_pack("[s]", "athena.last_preview");
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

static const char *const options[] = {"max_rows", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_preview = {.name = "athena.preview",
                                               .help = "Shows the first rows of a query's result",
                                               .options = options,
                                               .honours_retry = TRUE,
                                               .run = athena_preview_run};
