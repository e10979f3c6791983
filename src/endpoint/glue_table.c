/* Glue: tables and finding them. */
#include <string.h>

#include "catalog/table.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/glue_internal.h"

#define PAGE_MAX 100
#define BATCH_MAX 100

json_t *tg_endpoint_glue_table(TgActionCall *call, const char *database, const char *table,
                               GError **error)
{
    g_autoptr(GError) problem = NULL;
    json_t *found = tg_catalog_get_table(call->endpoint->catalog, database, table, &problem);

    if (found == NULL && problem->code == TG_ERROR_NOT_FOUND) {
        /* Clients know these words: whether it is the table or its database that is not there. */
        if (g_str_has_prefix(problem->message, "database '")) {
            g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Database %s not found.", database);
        } else {
            g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Table %s not found.", table);
        }
    } else if (found == NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return found;
}

json_t *tg_endpoint_glue_table_of(TgActionCall *call, const char *table_key, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    const char *table = database == NULL ? NULL : tg_action_text(call, table_key, error);

    return table == NULL ? NULL : tg_endpoint_glue_table(call, database, table, error);
}

static json_t *shown(json_t *take_table)
{
    json_object_set_new(take_table, "CatalogId", json_string(TG_ENDPOINT_ACCOUNT));
    json_object_set_new(take_table, "IsRegisteredWithLakeFormation", json_false());
    return take_table;
}

static json_t *get_table(TgActionCall *call, GError **error)
{
    json_t *table = tg_endpoint_glue_table_of(call, "Name", error);

    return table == NULL ? NULL : json_pack("{s:o}", "Table", shown(table));
}

gboolean tg_endpoint_glue_pattern(const char *text, GRegex **out, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *whole = text == NULL ? NULL : g_strdup_printf("^(?:%s)$", text);

    *out = whole == NULL ? NULL : g_regex_new(whole, G_REGEX_CASELESS, 0, &problem);
    if (whole != NULL && *out == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is no regular expression: %s", text,
                    problem->message);
        return FALSE;
    }
    return TRUE;
}

static json_t *get_tables(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    g_autoptr(GRegex) pattern = NULL;
    g_autoptr(json_t) all = NULL;
    json_t *chosen = NULL;
    json_t *table = NULL;
    gsize i = 0;

    if (database == NULL ||
        !tg_endpoint_glue_pattern(tg_action_text_or(call, "Expression", NULL), &pattern, error)) {
        return NULL;
    }
    all = tg_catalog_list_tables(call->endpoint->catalog, database, error);
    chosen = all == NULL ? NULL : json_array();
    json_array_foreach (all, i, table) {
        if (pattern == NULL || g_regex_match(pattern, tg_table_name(table), 0, NULL)) {
            json_array_append(chosen, shown(table));
        }
    }
    return chosen == NULL ? NULL : tg_action_page(call, "TableList", chosen, PAGE_MAX);
}

/* ---- changing ------------------------------------------------------------------------------- */

/* A copy of the TableInput, with what readers expect; NULL with CONFIG. */
static json_t *table_input(const TgActionCall *call, GError **error)
{
    json_t *body = json_deep_copy(json_object_get(call->input, "TableInput"));

    if (!json_is_object(body) || tg_table_name(body) == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'TableInput' is missing or has no Name");
        json_decref(body);
        return NULL;
    }
    if (json_object_get(body, "PartitionKeys") == NULL) {
        json_object_set_new(body, "PartitionKeys", json_array());
    }
    return body;
}

static json_t *create_table(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    g_autoptr(json_t) body = database == NULL ? NULL : table_input(call, error);

    return body != NULL && tg_catalog_create_table(call->endpoint->catalog, database, body, error)
               ? json_object()
               : NULL;
}

/* A version is a lock: Iceberg's writers swap the metadata by it. */
static json_t *update_table(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    const char *version = tg_action_text_or(call, "VersionId", NULL);
    gboolean keeps = !json_is_true(json_object_get(call->input, "SkipArchive"));
    g_autoptr(json_t) body = database == NULL ? NULL : table_input(call, error);
    g_autoptr(GError) problem = NULL;

    if (body == NULL) {
        return NULL;
    }
    if (!tg_catalog_replace_table(call->endpoint->catalog, database, body,
                                  version == NULL ? -1 : g_ascii_strtoll(version, NULL, 10), keeps,
                                  &problem)) {
        call->error_class =
            problem->code == TG_ERROR_CONFLICT ? "ConcurrentModificationException" : NULL;
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return json_object();
}

static gboolean drop(TgActionCall *call, const char *database, const char *name, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table(call, database, name, error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);

    return table != NULL && tg_catalog_drop_table(call->endpoint->catalog, database, name, error) &&
           tg_kept_remove_scope(call->endpoint->kept, TG_GLUE_STATISTICS, scope, error) &&
           tg_kept_remove_scope(call->endpoint->kept, TG_GLUE_INDEXES, scope, error);
}

static json_t *delete_table(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    const char *name = database == NULL ? NULL : tg_action_text(call, "Name", error);

    return name != NULL && drop(call, database, name, error) ? json_object() : NULL;
}

json_t *tg_endpoint_glue_error_detail(const GError *error)
{
    return json_pack("{s:s, s:s}", "ErrorCode",
                     error->code == TG_ERROR_NOT_FOUND  ? "EntityNotFoundException"
                     : error->code == TG_ERROR_CONFLICT ? "AlreadyExistsException"
                                                        : "InvalidInputException",
                     "ErrorMessage", error->message);
}

const json_t *tg_endpoint_glue_batch(const TgActionCall *call, const char *key, gsize max,
                                     GError **error)
{
    const json_t *list = json_object_get(call->input, key);

    if (!json_is_array(list) || json_array_size(list) > max) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is no list of at most %zu", key, max);
        return NULL;
    }
    return list;
}

static json_t *batch_delete_table(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    const json_t *names =
        database == NULL ? NULL : tg_endpoint_glue_batch(call, "TablesToDelete", BATCH_MAX, error);
    json_t *errors = names == NULL ? NULL : json_array();

    for (gsize i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        g_autoptr(GError) problem = NULL;

        if (name != NULL && !drop(call, database, name, &problem)) {
            json_array_append_new(errors, json_pack("{s:s, s:o}", "TableName", name, "ErrorDetail",
                                                    tg_endpoint_glue_error_detail(problem)));
        }
    }
    return errors == NULL ? NULL : json_pack("{s:o}", "Errors", errors);
}

/* ---- search ---------------------------------------------------------------------------------- */

/* Whether the text stands in the table's name, description or a column's name. */
static gboolean holds_text(const json_t *table, const char *text)
{
    g_autofree char *folded = text == NULL ? NULL : g_ascii_strdown(text, -1);
    const char *description = json_string_value(json_object_get(table, "Description"));
    json_t *column = NULL;
    gsize i = 0;

    if (folded == NULL || strstr(tg_table_name(table), folded) != NULL ||
        (description != NULL && strstr(description, text) != NULL)) {
        return TRUE;
    }
    json_array_foreach ((json_t *)tg_table_columns(table), i, column) {
        const char *name = json_string_value(json_object_get(column, "Name"));

        if (name != NULL && strstr(name, folded) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A filter {"Key": "DatabaseName" or "Name", "Value"}; others let all through. */
static gboolean passes_filters(const TgActionCall *call, const json_t *table)
{
    json_t *filter = NULL;
    gsize i = 0;

    json_array_foreach (json_object_get(call->input, "Filters"), i, filter) {
        const char *key = json_string_value(json_object_get(filter, "Key"));
        const char *value = json_string_value(json_object_get(filter, "Value"));
        const char *given = g_strcmp0(key, "DatabaseName") == 0 ? tg_table_database(table)
                            : g_strcmp0(key, "Name") == 0       ? tg_table_name(table)
                                                                : value;

        if (value != NULL && g_ascii_strcasecmp(given, value) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Adds those of a database that fit. */
static void search_database(const TgActionCall *call, const char *database, const char *text,
                            json_t *found)
{
    g_autoptr(json_t) tables = tg_catalog_list_tables(call->endpoint->catalog, database, NULL);
    json_t *table = NULL;
    gsize i = 0;

    json_array_foreach (tables, i, table) {
        if (holds_text(table, text) && passes_filters(call, table)) {
            json_array_append(found, shown(table));
        }
    }
}

static json_t *search_tables(TgActionCall *call, GError **error)
{
    const char *text = tg_action_text_or(call, "SearchText", NULL);
    g_autoptr(json_t) databases = tg_catalog_list_databases(call->endpoint->catalog, error);
    json_t *found = databases == NULL ? NULL : json_array();
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (databases, i, database) {
        search_database(call, tg_table_name(database), text, found);
    }
    return found == NULL ? NULL : tg_action_page(call, "TableList", found, PAGE_MAX);
}

const TgAction tg_endpoint_glue_table_actions[] = {
    {"GetTable", get_table},         {"GetTables", get_tables},
    {"CreateTable", create_table},   {"UpdateTable", update_table},
    {"DeleteTable", delete_table},   {"BatchDeleteTable", batch_delete_table},
    {"SearchTables", search_tables}, {NULL, NULL},
};
