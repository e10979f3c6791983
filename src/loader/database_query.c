/* The statement of a database input. */
#include "loader/database_query.h"

#include <string.h>

#include "params/params.h"

gboolean tg_database_query_add_column(TgDatabaseQuery *query, const char *name, GError **error)
{
    if (query->count == TG_DATABASE_INCREMENTAL_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "more than %u incremental columns",
                    TG_DATABASE_INCREMENTAL_MAX);
        return FALSE;
    }
    query->names[query->count++] = g_strdup(name);
    return TRUE;
}

static gboolean read_columns(TgDatabaseQuery *query, const json_t *config, GError **error)
{
    const json_t *names = json_object_get(config, "incremental_columns");
    json_t *name = NULL;
    size_t index = 0;

    json_array_foreach (names, index, name) {
        if (!json_is_string(name)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'incremental_columns' must be a list of names");
            return FALSE;
        }
        if (!tg_database_query_add_column(query, json_string_value(name), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_together(const TgDatabaseQuery *query, GError **error)
{
    const char *problem = NULL;

    if ((query->table == NULL) == (query->query == NULL) ||
        (query->query != NULL &&
         (query->select != NULL || query->where != NULL || query->order_by != NULL))) {
        problem = "give either 'table' (with 'select', 'where', 'order_by') or 'query' alone";
    } else if (query->is_incremental && query->order_by != NULL) {
        problem = "'order_by' cannot be had with 'incremental', which has an order of its own";
    } else if (query->is_incremental && query->query != NULL && query->count == 0) {
        problem = "'incremental' with 'query' needs 'incremental_columns'";
    } else if (query->is_raw && (query->query == NULL || query->last_record == NULL)) {
        problem = "'use_raw_query_with_incremental' needs 'query' and 'last_record'";
    }
    if (problem != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s", problem);
    }
    return problem == NULL;
}

gboolean tg_database_query_read(TgDatabaseQuery *query, const json_t *config, GError **error)
{
    const json_t *last = json_object_get(config, "last_record");

    if (!tg_params_dup_text_or(config, "table", NULL, &query->table, error) ||
        !tg_params_dup_text_or(config, "query", NULL, &query->query, error) ||
        !tg_params_dup_text_or(config, "select", NULL, &query->select, error) ||
        !tg_params_dup_text_or(config, "where", NULL, &query->where, error) ||
        !tg_params_dup_text_or(config, "order_by", NULL, &query->order_by, error) ||
        !tg_params_get_boolean(config, "incremental", FALSE, &query->is_incremental, error) ||
        !tg_params_get_boolean(config, "use_raw_query_with_incremental", FALSE, &query->is_raw,
                               error) ||
        !read_columns(query, config, error)) {
        return FALSE;
    }
    query->is_raw = query->is_raw && query->is_incremental;
    if (query->is_incremental && json_is_array(last)) {
        query->last_record = json_deep_copy(last);
    }
    return check_together(query, error);
}

void tg_database_query_clear(TgDatabaseQuery *query)
{
    g_free(query->table);
    g_free(query->query);
    g_free(query->select);
    g_free(query->where);
    g_free(query->order_by);
    for (guint i = 0; i < query->count; i++) {
        g_free(query->names[i]);
    }
    json_decref(query->last_record);
}

gboolean tg_database_query_needs_key(const TgDatabaseQuery *query)
{
    return query->is_incremental && query->count == 0;
}

static char *literal(const TgDatabaseDialect *dialect, const json_t *value)
{
    g_autofree char *text = tg_params_to_text(value);

    return json_is_integer(value) ? g_steal_pointer(&text)
                                  : dialect->quote_text(dialect->data, text);
}

/* "(a > 1) OR (a = 1 AND b > 2)" */
static void append_after(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                         GString *sql)
{
    for (guint i = 0; i < query->count; i++) {
        g_string_append(sql, i == 0 ? "(" : " OR (");
        for (guint j = 0; j <= i; j++) {
            g_autofree char *name = dialect->quote_name(dialect->data, query->names[j]);
            g_autofree char *value = literal(dialect, json_array_get(query->last_record, j));

            g_string_append_printf(sql, "%s%s %s %s", j == 0 ? "" : " AND ", name,
                                   j == i ? ">" : "=", value);
        }
        g_string_append_c(sql, ')');
    }
}

static void append_incremental(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                               GString *sql)
{
    if (query->last_record != NULL) {
        g_string_append(sql, query->where != NULL ? " AND (" : " WHERE (");
        append_after(query, dialect, sql);
        g_string_append_c(sql, ')');
    }
    for (guint i = 0; i < query->count; i++) {
        g_autofree char *name = dialect->quote_name(dialect->data, query->names[i]);

        g_string_append_printf(sql, "%s%s", i == 0 ? " ORDER BY " : ", ", name);
    }
}

/* Puts the last values in place of :column. */
static char *fill_raw(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect)
{
    g_autoptr(GString) sql = g_string_new(query->query);

    for (guint i = 0; i < query->count; i++) {
        g_autofree char *mark = g_strconcat(":", query->names[i], NULL);
        g_autofree char *value = literal(dialect, json_array_get(query->last_record, i));

        (void)g_string_replace(sql, mark, value, 0);
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

char *tg_database_query_to_sql(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                               const char *quoted_table, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);

    if (query->last_record != NULL && json_array_size(query->last_record) != query->count) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'last_record' must have a value for each incremental column");
        return NULL;
    }
    if (query->query != NULL && !query->is_incremental) {
        return g_strdup(query->query);
    }
    if (query->is_raw) {
        return fill_raw(query, dialect);
    }
    if (query->query != NULL) {
        g_string_printf(sql, "SELECT * FROM (%s) embulk_incremental_", query->query);
    } else {
        g_string_printf(sql, "SELECT %s FROM %s", query->select == NULL ? "*" : query->select,
                        quoted_table);
        if (query->where != NULL) {
            g_string_append_printf(sql, " WHERE (%s)", query->where);
        }
    }
    if (query->is_incremental) {
        append_incremental(query, dialect, sql);
    } else if (query->order_by != NULL) {
        g_string_append_printf(sql, " ORDER BY %s", query->order_by);
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

gboolean tg_database_query_find_columns(TgDatabaseQuery *query, const TgSchema *schema,
                                        GError **error)
{
    for (guint i = 0; i < query->count; i++) {
        int column = tg_schema_find(schema, query->names[i]);

        if (column < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the incremental column '%s' is not among the columns of the query",
                        query->names[i]);
            return FALSE;
        }
        query->columns[i] = (guint)column;
    }
    return TRUE;
}

gboolean tg_database_query_remember(TgDatabaseQuery *query, json_t *take_record, GError **error)
{
    for (guint i = 0; i < query->count; i++) {
        if (json_is_null(json_array_get(take_record, i))) {
            json_decref(take_record);
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the incremental column '%s' is null in the last row; choose columns that "
                        "never are",
                        query->names[i]);
            return FALSE;
        }
    }
    json_decref(query->last_record);
    query->last_record = take_record;
    return TRUE;
}
