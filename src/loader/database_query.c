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

static gboolean read_names(TgDatabaseQuery *query, const json_t *config, const char *key,
                           GError **error)
{
    const json_t *names = json_object_get(config, key);
    json_t *name = NULL;
    size_t index = 0;

    json_array_foreach (names, index, name) {
        if (!json_is_string(name)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a list of names", key);
            return FALSE;
        }
        if (!tg_database_query_add_column(query, json_string_value(name), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The overlap, and the key by which rows in it are known again. */
static gboolean read_overlap(TgDatabaseQuery *query, const json_t *config, GError **error)
{
    guint count = query->count;

    if (!query->is_incremental || !tg_database_overlap_read(config, &query->overlap, error)) {
        return !query->is_incremental;
    }
    if (query->overlap == NULL) {
        return TRUE;
    }
    if (query->is_raw) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'incremental_overlap' cannot be had with 'use_raw_query_with_incremental'");
        return FALSE;
    }
    if (count > 0 && json_array_size(json_object_get(config, "incremental_key")) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'incremental_overlap' with 'incremental_columns' needs 'incremental_key': the "
                    "columns of the table's key, by which rows that were read are known again");
        return FALSE;
    }
    if (count > 0 && !read_names(query, config, "incremental_key", error)) {
        return FALSE;
    }
    query->key_count = query->count - count;
    query->count = count;
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
        !read_names(query, config, "incremental_columns", error)) {
        return FALSE;
    }
    query->is_raw = query->is_raw && query->is_incremental;
    if (query->is_incremental && json_is_array(last)) {
        query->last_record = json_deep_copy(last);
    }
    return check_together(query, error) && read_overlap(query, config, error);
}

void tg_database_query_clear(TgDatabaseQuery *query)
{
    g_free(query->table);
    g_free(query->query);
    g_free(query->select);
    g_free(query->where);
    g_free(query->order_by);
    for (guint i = 0; i < query->count + query->key_count; i++) {
        g_free(query->names[i]);
    }
    json_decref(query->last_record);
    tg_database_overlap_free(query->overlap);
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

/* "a >= 1": what lies within the overlap, too. */
static gboolean append_overlap(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                               GString *sql, GError **error)
{
    g_autoptr(json_t) start =
        tg_database_overlap_start(query->overlap, json_array_get(query->last_record, 0), error);

    if (start == NULL) {
        return FALSE;
    }
    g_autofree char *name = dialect->quote_name(dialect->data, query->names[0]);
    g_autofree char *value = literal(dialect, start);

    g_string_append_printf(sql, "%s >= %s", name, value);
    return TRUE;
}

static gboolean append_incremental(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                                   GString *sql, GError **error)
{
    if (query->last_record != NULL) {
        g_string_append(sql, query->where != NULL ? " AND (" : " WHERE (");
        if (query->overlap == NULL) {
            append_after(query, dialect, sql);
        } else if (!append_overlap(query, dialect, sql, error)) {
            return FALSE;
        }
        g_string_append_c(sql, ')');
    }
    for (guint i = 0; i < query->count; i++) {
        g_autofree char *name = dialect->quote_name(dialect->data, query->names[i]);

        g_string_append_printf(sql, "%s%s", i == 0 ? " ORDER BY " : ", ", name);
    }
    return TRUE;
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
    if (query->is_incremental && !append_incremental(query, dialect, sql, error)) {
        return NULL;
    }
    if (!query->is_incremental && query->order_by != NULL) {
        g_string_append_printf(sql, " ORDER BY %s", query->order_by);
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

gboolean tg_database_query_find_columns(TgDatabaseQuery *query, const TgSchema *schema,
                                        GError **error)
{
    for (guint i = 0; i < query->count + query->key_count; i++) {
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

gboolean tg_database_query_remember(TgDatabaseQuery *query, json_t *take_values,
                                    gboolean *out_is_new, GError **error)
{
    g_autoptr(json_t) values = take_values;

    *out_is_new = TRUE;
    for (guint i = 0; i < query->count; i++) {
        if (json_is_null(json_array_get(values, i))) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the incremental column '%s' is null in the last row; choose columns that "
                        "never are",
                        query->names[i]);
            return FALSE;
        }
    }
    if (query->overlap != NULL &&
        !tg_database_overlap_see(query->overlap, values, out_is_new, error)) {
        return FALSE;
    }
    while (json_array_size(values) > query->count) {
        (void)json_array_remove(values, query->count);
    }
    json_decref(query->last_record);
    query->last_record = g_steal_pointer(&values);
    return TRUE;
}

json_t *tg_database_query_position(const TgDatabaseQuery *query, GError **error)
{
    g_autoptr(json_t) position = json_object();

    if (!query->is_incremental || query->last_record == NULL) {
        return g_steal_pointer(&position);
    }
    json_object_set(position, "last_record", query->last_record);
    if (query->overlap != NULL) {
        g_autofree char *rows = tg_database_overlap_rows(query->overlap, error);

        if (rows == NULL) {
            return NULL;
        }
        json_object_set_new(position, "overlap_rows", json_string(rows));
    }
    return g_steal_pointer(&position);
}
