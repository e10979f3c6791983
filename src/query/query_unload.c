/* UNLOAD (query) TO 's3://…/' WITH (…): files without a table. */
#include <string.h>

#include "params/params.h"
#include "query/query_internal.h"

typedef struct {
    TgQuery *query;
    const TgStatement *statement;
    TgEnginePlan *plan;
    TgTableFormat format;
    json_t *columns; /* without those of keys */
    json_t *keys;
} Unload;

static const char *property(const Unload *unload, const char *name)
{
    return json_string_value(json_object_get(unload->statement->properties, name));
}

static gboolean check_properties(const Unload *unload, GError **error)
{
    static const char *const known[] = {"format",          "compression",    "compression_level",
                                        "field_delimiter", "partitioned_by", NULL};
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (unload->statement->properties, key, value) {
        if (!g_strv_contains(known, key)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "UNLOAD: there is no property '%s'; there are format, compression, "
                        "field_delimiter and "
                        "partitioned_by",
                        key);
            return FALSE;
        }
    }
    if (property(unload, "format") == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "UNLOAD: WITH (format = '…') is missing");
        return FALSE;
    }
    return TRUE;
}

/* Athena writes to an empty place alone. */
static gboolean check_empty(const Unload *unload, const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) objects = tg_object_list(unload->query->objects, prefix, error);

    if (objects == NULL) {
        return FALSE;
    }
    if (objects->len > 0) {
        g_set_error(
            error, TG_ERROR, TG_ERROR_CONFLICT,
            "HIVE_PATH_ALREADY_EXISTS: %s holds %u objects already; UNLOAD needs an empty place",
            prefix, objects->len);
        return FALSE;
    }
    return TRUE;
}

/* The last columns are the keys, in their order. */
static gboolean split_columns(Unload *unload, GError **error)
{
    const json_t *names = json_object_get(unload->statement->properties, "partitioned_by");
    gsize count = json_array_size(names);
    gsize total = json_array_size(unload->columns);

    unload->keys = json_array();
    for (gsize i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        json_t *column = count >= total ? NULL : json_array_get(unload->columns, total - count);

        if (column == NULL ||
            g_ascii_strcasecmp(json_string_value(json_object_get(column, "Name")), name) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "UNLOAD: partitioned_by names '%s', but the columns of the partitions come "
                        "last in the SELECT, "
                        "in the same order",
                        name);
            return FALSE;
        }
        (void)json_array_append(unload->keys, column);
        (void)json_array_remove(unload->columns, total - count);
    }
    return TRUE;
}

static gboolean write_files(const Unload *unload, const char *prefix, gint64 *out_rows,
                            GError **error)
{
    const char *compression = property(unload, "compression");
    g_autofree char *lower = g_ascii_strdown(compression == NULL ? "gzip" : compression, -1);
    TgQueryWrite write = {.query = unload->query,
                          .plan = unload->plan,
                          .format = unload->format,
                          .compression = lower,
                          .delimiter = property(unload, "field_delimiter"),
                          .columns = unload->columns,
                          .keys = unload->keys};

    return tg_query_write_to(&write, prefix, out_rows, error);
}

static gboolean run(Unload *unload, gint64 *out_rows, GError **error)
{
    const char *location = unload->statement->location;
    g_autofree char *prefix =
        g_strconcat(location, g_str_has_suffix(location, "/") ? NULL : "/", NULL);

    if (!check_properties(unload, error) ||
        !tg_query_parse_format(property(unload, "format"), &unload->format, error) ||
        !check_empty(unload, prefix, error)) {
        return FALSE;
    }
    unload->columns = tg_engine_plan_hive_columns(unload->plan, error);
    return unload->columns != NULL && split_columns(unload, error) &&
           write_files(unload, prefix, out_rows, error);
}

/* {"objects": [{"url"}]}: the place was empty, so all that lies there was written now. */
static json_t *unload_receipt(const Unload *unload)
{
    const char *location = unload->statement->location;
    g_autofree char *prefix =
        g_strconcat(location, g_str_has_suffix(location, "/") ? NULL : "/", NULL);
    g_autoptr(GPtrArray) objects = tg_object_list(unload->query->objects, prefix, NULL);
    json_t *list = json_array();

    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TgObjectInfo *object = objects->pdata[i];

        json_array_append_new(list, json_pack("{s:s}", "url", object->url));
    }
    return json_pack("{s:o}", "objects", list);
}

TgQueryResult *tg_query_unload(TgQuery *query, TgStatement *statement,
                               const TgQueryRequest *request, GError **error)
{
    TgEngineRequest engine = {.statement = statement,
                              .source_name = request->source_name,
                              .database = request->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(query->engine, &engine, error);
    Unload unload = {.query = query, .statement = statement, .plan = plan};
    TgQueryResult *result = NULL;
    gint64 rows = 0;

    if (plan != NULL && run(&unload, &rows, error)) {
        result = tg_query_result_new(TG_QUERY_DML);
        result->statistics.rows = rows;
        result->receipt = unload_receipt(&unload);
        result->statistics.scanned_bytes = tg_engine_plan_scanned_bytes(plan);
    }
    json_decref(unload.columns);
    json_decref(unload.keys);
    return result;
}
