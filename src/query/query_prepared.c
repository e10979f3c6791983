/* Prepared statements: PREPARE keeps a text by its name, EXECUTE fills its `?` with values. They
 * live as long as the TgQuery. */
#include <string.h>

#include "base/suggest.h"
#include "query/query_internal.h"

void tg_query_prepare(TgQuery *query, const char *name, const char *sql)
{
    g_mutex_lock(&query->mutex);
    (void)g_hash_table_replace(query->prepared, g_ascii_strdown(name, -1), g_strdup(sql));
    g_mutex_unlock(&query->mutex);
}

static gboolean fail_unknown(TgQuery *query, const char *name, GError **error)
{
    g_autofree char **names = (char **)g_hash_table_get_keys_as_array(query->prepared, NULL);
    g_autofree char *hint = tg_suggest_phrase(name, (const char *const *)names);

    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no prepared statement '%s'%s", name,
                hint);
    return FALSE;
}

gboolean tg_query_deallocate(TgQuery *query, const char *name, GError **error)
{
    g_autofree char *key = g_ascii_strdown(name, -1);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&query->mutex);

    (void)locker;
    return g_hash_table_remove(query->prepared, key) || fail_unknown(query, name, error);
}

/* The text of a prepared statement. The caller frees. */
static char *find_prepared(TgQuery *query, const char *name, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&query->mutex);
    const char *sql = g_hash_table_lookup(query->prepared, name);

    (void)locker;
    if (sql == NULL) {
        (void)fail_unknown(query, name, error);
        return NULL;
    }
    return g_strdup(sql);
}

static TgStatement *parse(const TgQueryRequest *request, const char *text,
                          const char *const *values, GError **error)
{
    g_autofree char *bound = NULL;

    if (!tg_sql_bind(text, request->source_name, values, &bound, error)) {
        return NULL;
    }
    return tg_statement_parse(bound, strlen(bound), request->source_name, error);
}

/* What EXECUTE stands for; takes the EXECUTE. Values of the request come in the place of USING. */
static TgStatement *parse_executed(TgQuery *query, const TgQueryRequest *request,
                                   TgStatement *take_execute, GError **error)
{
    g_autoptr(TgStatement) execute = take_execute;
    g_autofree char *text = find_prepared(query, execute->prepared_name, error);
    const char *const *values = request->parameters != NULL
                                    ? request->parameters
                                    : (const char *const *)execute->arguments->pdata;

    return text == NULL ? NULL : parse(request, text, values, error);
}

TgStatement *tg_query_parse(TgQuery *query, const TgQueryRequest *request, GError **error)
{
    GError *local = NULL;
    TgStatement *statement =
        tg_statement_parse(request->sql, strlen(request->sql), request->source_name, &local);

    if (statement != NULL && statement->kind == TG_STATEMENT_EXECUTE) {
        return parse_executed(query, request, statement, error);
    }
    if (request->parameters != NULL) {
        g_clear_error(&local); /* a `?` without a value */
        tg_statement_free(statement);
        return parse(request, request->sql, request->parameters, error);
    }
    if (local != NULL) {
        g_propagate_error(error, local);
    }
    return statement;
}
