/* report>: an HTML page with charts drawn from queries; it needs nothing else to be viewed. */
#include <string.h>

#include "base/file.h"
#include "operators/support.h"
#include "params/params.h"

#define CHARTS_MAX 50
#define POINTS_MAX 5000

/* Chart.js, minified, as text; made by the build from the pinned package. */
static const char chart_library[] = {
#include "chart_library.inc"
    , 0};

static const char page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>%s</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1f2933;--soft:#52606d;--paper:#fff;--line:#d9e2ec}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#9aa5b1;--paper:#16191d;"
    "--line:#323f4b}}\n"
    "body{margin:0 auto;max-width:60rem;padding:2rem 1rem;font:16px/1.5 system-ui,sans-serif;"
    "color:var(--ink);background:var(--paper)}\n"
    "h1{font-size:1.7rem;margin:0}h2{font-size:1.15rem;margin:2.5rem 0 .5rem}\n"
    "p,summary{color:var(--soft)}.chart{position:relative;height:22rem}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "td,th{padding:.2rem .8rem;border-bottom:1px solid var(--line);text-align:left}\n"
    "td.n{text-align:right}\n</style>\n</head>\n<body>\n<h1>%s</h1>\n<p>%s</p>\n";

static const char page_script[] =
    "const ink=getComputedStyle(document.documentElement).getPropertyValue('--soft');\n"
    "Chart.defaults.color=ink;Chart.defaults.maintainAspectRatio=false;\n"
    "for(const c of JSON.parse(document.getElementById('data').textContent)){\n"
    " new Chart(document.getElementById(c.id),{type:c.kind,data:{labels:c.labels,\n"
    "  datasets:c.series.map((s,i)=>({label:s.name,data:s.values,\n"
    "   backgroundColor:['#2f6f9f','#d9822b','#3e9b6e','#a4508b'][i%4],\n"
    "   borderColor:['#2f6f9f','#d9822b','#3e9b6e','#a4508b'][i%4],tension:.2}))},\n"
    "  options:{plugins:{legend:{display:c.series.length>1}},\n"
    "   scales:{y:{beginAtZero:true,title:{display:true,text:c.series.length>1?'':"
    "c.series[0].name}}}}});\n}\n";

static char *escape(const char *text)
{
    return g_markup_escape_text(text, -1);
}

static gboolean is_number_type(const char *type)
{
    static const char *const names[] = {"tinyint", "smallint", "integer", "bigint",
                                        "double",  "real",     "decimal"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(type, names[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static json_t *value_of(const char *text, gboolean is_number)
{
    if (text == NULL) {
        return json_null();
    }
    return is_number ? json_real(g_ascii_strtod(text, NULL)) : json_string(text);
}

/* Appends one row to the labels, the series and the table. */
static void add_row(const TgQueryResult *result, const char *const *row, json_t *chart,
                    GString *table)
{
    json_t *series = json_object_get(chart, "series");
    gsize next = 0;

    json_array_append_new(json_object_get(chart, "labels"),
                          value_of(row[0] == NULL ? "" : row[0], FALSE));
    g_string_append(table, "<tr>");
    for (guint i = 0; i < tg_query_result_column_count(result); i++) {
        gboolean number = is_number_type(tg_query_result_column_type(result, i));
        g_autofree char *shown = escape(row[i] == NULL ? "" : row[i]);

        g_string_append_printf(table, "<td%s>%s</td>", number ? " class=\"n\"" : "", shown);
        if (i > 0 && number) {
            json_array_append_new(json_object_get(json_array_get(series, next++), "values"),
                                  value_of(row[i], TRUE));
        }
    }
    g_string_append(table, "</tr>\n");
}

/* The header of the table and an empty series for each numeric column after the first. */
static json_t *chart_new(const TgQueryResult *result, const char *kind, GString *table)
{
    json_t *chart = json_pack("{s:s, s:[], s:[]}", "kind", kind, "labels", "series");

    g_string_append(table, "<tr>");
    for (guint i = 0; i < tg_query_result_column_count(result); i++) {
        const char *name = tg_query_result_column_name(result, i);
        g_autofree char *shown = escape(name);

        g_string_append_printf(table, "<th>%s</th>", shown);
        if (i > 0 && is_number_type(tg_query_result_column_type(result, i))) {
            json_array_append_new(json_object_get(chart, "series"),
                                  json_pack("{s:s, s:[]}", "name", name, "values"));
        }
    }
    g_string_append(table, "</tr>\n");
    return chart;
}

static json_t *read_rows(TgQueryResult *result, const char *name, const char *kind, GString *table,
                         GError **error)
{
    g_autoptr(json_t) chart = chart_new(result, kind, table);
    const char *const *row = NULL;
    guint rows = 0;

    if (json_array_size(json_object_get(chart, "series")) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "report>: %s gives nothing to draw: the first column is the label, at least "
                    "one more must be a number",
                    name);
        return NULL;
    }
    while (TRUE) {
        if (!tg_query_result_next(result, &row, error)) {
            return NULL;
        }
        if (row == NULL) {
            return g_steal_pointer(&chart);
        }
        if (++rows > POINTS_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "report>: %s gives more than %d rows: aggregate them for a chart", name,
                        POINTS_MAX);
            return NULL;
        }
        add_row(result, row, chart, table);
    }
}

/* Runs the query of a chart. */
static json_t *draw_chart(TgTurn *turn, const json_t *options, GString *table, GError **error)
{
    static const char *const kinds[] = {"line", "bar", NULL};
    g_autofree char *kind = NULL;
    g_autofree char *path = tg_params_dup_text(options, "query", error);
    g_autofree char *database = NULL;

    if (path == NULL || !tg_params_dup_text_or(options, "kind", "bar", &kind, error) ||
        !tg_operator_athena_text(turn, "query", "database", NULL, &database, error)) {
        return NULL;
    }
    if (!g_strv_contains(kinds, kind)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "report>: kind '%s' is neither line nor bar",
                    kind);
        return NULL;
    }
    g_autofree char *sql = g_str_has_suffix(path, ".sql")
                               ? tg_operator_read_template(turn, path, error)
                               : g_strdup(path);
    TgQuery *query = sql == NULL ? NULL : turn->services->query(turn->services, error);
    TgQueryRequest request = {.sql = sql,
                              .source_name = path,
                              .database = database,
                              .task_name = turn->task_name,
                              .is_cancelled = turn->services->is_cancelled,
                              .now_ms = turn->now_ms};
    g_autoptr(TgQueryResult) result = query == NULL ? NULL : tg_query_run(query, &request, error);

    return result == NULL ? NULL : read_rows(result, path, kind, table, error);
}

static gboolean add_chart(TgTurn *turn, const json_t *options, guint number, GString *page,
                          json_t *all, GError **error)
{
    g_autoptr(GString) table = g_string_new(NULL);
    g_autofree char *title = NULL;
    g_autofree char *id = g_strdup_printf("chart%u", number);

    if (!json_is_object(options)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "report>: each entry of 'charts' is a map with title, kind and query");
        return FALSE;
    }
    if (!tg_params_dup_text_or(options, "title", "", &title, error)) {
        return FALSE;
    }
    json_t *chart = draw_chart(turn, options, table, error);
    g_autofree char *shown = escape(title);

    if (chart == NULL) {
        return FALSE;
    }
    json_object_set_new(chart, "id", json_string(id));
    json_array_append_new(all, chart);
    g_string_append_printf(page,
                           "<h2>%s</h2>\n<div class=\"chart\"><canvas id=\"%s\" role=\"img\" "
                           "aria-label=\"%s\"></canvas></div>\n"
                           "<details><summary>The numbers</summary><table>\n%s</table></details>\n",
                           shown, id, shown, table->str);
    return TRUE;
}

/* JSON that may stand in a script element: no "</script>", no comment. */
static char *embeddable(const json_t *value)
{
    g_autofree char *text = tg_params_to_json(value);
    g_auto(GStrv) parts = g_strsplit(text, "<", -1);

    return g_strjoinv("\\u003c", parts);
}

static GString *page_new(const TgTurn *turn, GError **error)
{
    g_autofree char *title = NULL;
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(turn->params, "title", "Report", &title, error) ||
        !tg_params_dup_text_or(turn->params, "text", "", &text, error)) {
        return NULL;
    }
    g_autofree char *safe_title = escape(title);
    g_autofree char *safe_text = escape(text);
    GString *page = g_string_new(NULL);

    g_string_append_printf(page, page_head, safe_title, safe_title, safe_text);
    return page;
}

static gboolean write_page(TgTurn *turn, const char *path, const GString *page, gsize charts,
                           GError **error)
{
    g_autofree char *full = tg_file_resolve_below(turn->work_folder, path, error);

    if (full == NULL || !tg_file_write(full, page->str, page->len, error)) {
        return FALSE;
    }
    turn->receipt = json_pack("{s:s, s:I, s:I}", "path", full, "bytes", (json_int_t)page->len,
                              "charts", (json_int_t)charts);
    return TRUE;
}

static gboolean report_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *path = tg_params_dup_text(turn->params, "_command", error);
    g_autoptr(json_t) charts =
        path == NULL ? NULL : tg_params_parse_list(turn->params, "charts", error);
    g_autoptr(json_t) all = json_array();
    GString *page = charts == NULL ? NULL : page_new(turn, error);
    json_t *options = NULL;
    gboolean ok = page != NULL;
    gsize i = 0;

    if (ok && json_array_size(charts) > CHARTS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "report>: more than %d charts", CHARTS_MAX);
        ok = FALSE;
    }
    json_array_foreach (charts, i, options) {
        ok = ok && add_chart(turn, options, (guint)i, page, all, error);
    }
    if (ok) {
        g_autofree char *data = embeddable(all);

        g_string_append_printf(page,
                               "<script type=\"application/json\" id=\"data\">%s</script>\n"
                               "<script>%s</script>\n<script>\n%s</script>\n</body>\n</html>\n",
                               data, chart_library, page_script);
        ok = write_page(turn, path, page, json_array_size(charts), error);
    }
    if (page != NULL) {
        (void)g_string_free(page, TRUE);
    }
    *out = TG_OUTCOME_DONE;
    return ok;
}

static const char *const options[] = {"title", "text", "charts", "database", NULL};

const TgOperator tg_operator_report = {.name = "report",
                                       .help = "Writes an HTML page with charts of queries",
                                       .options = options,
                                       .honours_retry = TRUE,
                                       .run = report_run};
