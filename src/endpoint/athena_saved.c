/* Athena: named queries and prepared statements. */
#include <string.h>

#include "base/random.h"
#include "endpoint/athena_internal.h"

#define PAGE_MAX 50
#define NAMED_GROUPS "athena-named-group" /* id → workgroup */

/* ---- named queries ----------------------------------------------------------------------------
 */

/* A named query by its id; NULL with CONFIG. A new reference. */
static json_t *find_named(TgActionCall *call, const char *id, GError **error)
{
    g_autoptr(json_t) place = NULL;
    json_t *named = NULL;
    const char *group = NULL;

    if (!tg_kept_get(call->endpoint->kept, NAMED_GROUPS, "", id, &place, error)) {
        return NULL;
    }
    group = json_string_value(json_object_get(place, "WorkGroup"));
    if (group != NULL &&
        !tg_kept_get(call->endpoint->kept, TG_ATHENA_NAMED, group, id, &named, error)) {
        return NULL;
    }
    if (named == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "NamedQuery %s was not found", id);
    }
    return named;
}

static gboolean put_named(TgActionCall *call, const char *id, const char *group,
                          const json_t *named, GError **error)
{
    g_autoptr(json_t) place = json_pack("{s:s}", "WorkGroup", group);

    return tg_kept_put(call->endpoint->kept, TG_ATHENA_NAMED, group, id, named, error) &&
           tg_kept_put(call->endpoint->kept, NAMED_GROUPS, "", id, place, error);
}

static json_t *create_named_query(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    const char *sql = name == NULL ? NULL : tg_action_text(call, "QueryString", error);
    const char *group = tg_action_text_or(call, "WorkGroup", "primary");
    g_autoptr(json_t) there =
        sql == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, group, error);
    g_autofree char *id = tg_random_uuid();
    g_autoptr(json_t) named =
        there == NULL ? NULL
                      : json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "NamedQueryId", id, "Name",
                                  name, "QueryString", sql, "WorkGroup", group, "Database",
                                  tg_action_text_or(call, "Database", "default"), "Description",
                                  tg_action_text_or(call, "Description", ""));

    return named != NULL && put_named(call, id, group, named, error)
               ? json_pack("{s:s}", "NamedQueryId", id)
               : NULL;
}

static json_t *get_named_query(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "NamedQueryId", error);
    json_t *named = id == NULL ? NULL : find_named(call, id, error);

    return named == NULL ? NULL : json_pack("{s:o}", "NamedQuery", named);
}

static json_t *update_named_query(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "NamedQueryId", error);
    g_autoptr(json_t) named = id == NULL ? NULL : find_named(call, id, error);
    static const char *const copied[] = {"Name", "Description", "QueryString"};

    if (named == NULL) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(copied); i++) {
        json_t *value = json_object_get(call->input, copied[i]);

        if (json_is_string(value)) {
            json_object_set(named, copied[i], value);
        }
    }
    return put_named(call, id, json_string_value(json_object_get(named, "WorkGroup")), named, error)
               ? json_object()
               : NULL;
}

static json_t *delete_named_query(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "NamedQueryId", error);
    g_autoptr(json_t) named = id == NULL ? NULL : find_named(call, id, error);

    return named != NULL &&
                   tg_kept_remove(call->endpoint->kept, TG_ATHENA_NAMED,
                                  json_string_value(json_object_get(named, "WorkGroup")), id, NULL,
                                  error) &&
                   tg_kept_remove(call->endpoint->kept, NAMED_GROUPS, "", id, NULL, error)
               ? json_object()
               : NULL;
}

static json_t *list_named_queries(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) all = tg_kept_list(call->endpoint->kept, TG_ATHENA_NAMED,
                                         tg_action_text_or(call, "WorkGroup", "primary"), error);
    json_t *ids = all == NULL ? NULL : json_array();
    json_t *named = NULL;
    gsize i = 0;

    json_array_foreach (all, i, named) {
        json_array_append(ids, json_object_get(named, "NamedQueryId"));
    }
    return ids == NULL ? NULL : tg_action_page(call, "NamedQueryIds", ids, PAGE_MAX);
}

static json_t *batch_get_named_query(TgActionCall *call, GError **error)
{
    const json_t *ids = json_object_get(call->input, "NamedQueryIds");
    json_t *found = json_array();
    json_t *missing = json_array();

    (void)error;
    for (gsize i = 0; i < MIN(json_array_size(ids), PAGE_MAX); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        json_t *named = id == NULL ? NULL : find_named(call, id, NULL);

        if (named != NULL) {
            json_array_append_new(found, named);
        } else {
            json_array_append_new(missing,
                                  json_pack("{s:s, s:s, s:s}", "NamedQueryId", id == NULL ? "" : id,
                                            "ErrorCode", "INVALID_NAMED_QUERY_ID", "ErrorMessage",
                                            "NamedQuery was not found"));
        }
    }
    return json_pack("{s:o, s:o}", "NamedQueries", found, "UnprocessedNamedQueryIds", missing);
}

/* ---- prepared statements -----------------------------------------------------------------------
 */

static json_t *find_prepared(TgActionCall *call, const char *name, const char *group,
                             GError **error)
{
    json_t *prepared = NULL;

    if (!tg_kept_get(call->endpoint->kept, TG_ATHENA_PREPARED, group, name, &prepared, error)) {
        return NULL;
    }
    if (prepared == NULL) {
        tg_action_fail(call, error, "ResourceNotFoundException",
                       "PreparedStatement %s was not found in WorkGroup %s", name, group);
    }
    return prepared;
}

/* Creates, or with `must_exist` replaces. */
static json_t *put_prepared(TgActionCall *call, gboolean must_exist, GError **error)
{
    const char *name = tg_action_text(call, "StatementName", error);
    const char *group = name == NULL ? NULL : tg_action_text(call, "WorkGroup", error);
    const char *sql = group == NULL ? NULL : tg_action_text(call, "QueryStatement", error);
    g_autoptr(json_t) there =
        sql == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, group, error);
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) before = there == NULL ? NULL : find_prepared(call, name, group, &problem);
    g_autoptr(json_t) prepared = NULL;

    if (there == NULL) {
        return NULL;
    }
    if (must_exist && before == NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    call->error_class = NULL;
    if (!must_exist && before != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "PreparedStatement %s already exists", name);
        return NULL;
    }
    prepared =
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "StatementName", name, "WorkGroupName", group,
                  "QueryStatement", sql, "Description", tg_action_text_or(call, "Description", ""),
                  "LastModifiedTime", tg_action_now());
    return tg_kept_put(call->endpoint->kept, TG_ATHENA_PREPARED, group, name, prepared, error)
               ? json_object()
               : NULL;
}

static json_t *create_prepared_statement(TgActionCall *call, GError **error)
{
    return put_prepared(call, FALSE, error);
}

static json_t *update_prepared_statement(TgActionCall *call, GError **error)
{
    return put_prepared(call, TRUE, error);
}

static json_t *get_prepared_statement(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "StatementName", error);
    const char *group = name == NULL ? NULL : tg_action_text(call, "WorkGroup", error);
    json_t *prepared = group == NULL ? NULL : find_prepared(call, name, group, error);

    return prepared == NULL ? NULL : json_pack("{s:o}", "PreparedStatement", prepared);
}

static json_t *delete_prepared_statement(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "StatementName", error);
    const char *group = name == NULL ? NULL : tg_action_text(call, "WorkGroup", error);
    g_autoptr(json_t) prepared = group == NULL ? NULL : find_prepared(call, name, group, error);

    return prepared != NULL && tg_kept_remove(call->endpoint->kept, TG_ATHENA_PREPARED, group, name,
                                              NULL, error)
               ? json_object()
               : NULL;
}

static json_t *list_prepared_statements(TgActionCall *call, GError **error)
{
    const char *group = tg_action_text(call, "WorkGroup", error);
    g_autoptr(json_t) all =
        group == NULL ? NULL : tg_kept_list(call->endpoint->kept, TG_ATHENA_PREPARED, group, error);
    json_t *list = all == NULL ? NULL : json_array();
    json_t *prepared = NULL;
    gsize i = 0;

    json_array_foreach (all, i, prepared) {
        json_array_append_new(list, json_pack("{s:O, s:O}", "StatementName",
                                              json_object_get(prepared, "StatementName"),
                                              "LastModifiedTime",
                                              json_object_get(prepared, "LastModifiedTime")));
    }
    return list == NULL ? NULL : tg_action_page(call, "PreparedStatements", list, PAGE_MAX);
}

static json_t *batch_get_prepared_statement(TgActionCall *call, GError **error)
{
    const char *group = tg_action_text(call, "WorkGroup", error);
    const json_t *names = json_object_get(call->input, "PreparedStatementNames");
    json_t *found = NULL;
    json_t *missing = NULL;

    if (group == NULL) {
        return NULL;
    }
    found = json_array();
    missing = json_array();
    for (gsize i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        json_t *prepared = name == NULL ? NULL : find_prepared(call, name, group, NULL);

        if (prepared != NULL) {
            json_array_append_new(found, prepared);
        } else {
            json_array_append_new(missing,
                                  json_pack("{s:s, s:s}", "StatementName", name == NULL ? "" : name,
                                            "ErrorMessage", "PreparedStatement was not found"));
        }
    }
    return json_pack("{s:o, s:o}", "PreparedStatements", found, "UnprocessedPreparedStatementNames",
                     missing);
}

const TgAction tg_endpoint_athena_saved_actions[] = {
    {"CreateNamedQuery", create_named_query},
    {"GetNamedQuery", get_named_query},
    {"UpdateNamedQuery", update_named_query},
    {"DeleteNamedQuery", delete_named_query},
    {"ListNamedQueries", list_named_queries},
    {"BatchGetNamedQuery", batch_get_named_query},
    {"CreatePreparedStatement", create_prepared_statement},
    {"UpdatePreparedStatement", update_prepared_statement},
    {"GetPreparedStatement", get_prepared_statement},
    {"DeletePreparedStatement", delete_prepared_statement},
    {"ListPreparedStatements", list_prepared_statements},
    {"BatchGetPreparedStatement", batch_get_prepared_statement},
    {NULL, NULL},
};
