/* Glue: its errors, databases and tables. */
#include "aws/glue.h"

#include "aws/glue_internal.h"
#include "params/params.h"

#define NAMES_PER_CALL 100

static const TgAwsCode codes[] = {
    {"EntityNotFoundException", TG_ERROR_NOT_FOUND,
     "it is not in the catalog; check name, region and catalog_id"},
    {"AlreadyExistsException", TG_ERROR_CONFLICT, "it is there already"},
    {"ConcurrentModificationException", TG_ERROR_CONFLICT,
     "somebody else changes it at the same time; read it anew and try again"},
    {"VersionMismatchException", TG_ERROR_CONFLICT,
     "somebody else has changed it; read it anew and try again"},
    {"InvalidInputException", TG_ERROR_CONFIG, "Glue does not take it; check what was asked for"},
    {"ValidationException", TG_ERROR_CONFIG, "Glue does not take it; check what was asked for"},
    {"ResourceNumberLimitExceededException", TG_ERROR_CONFIG,
     "the account has as many as it may; delete some, or ask AWS for a higher quota"},
    {"OperationTimeoutException", TG_ERROR_RETRY, "Glue took too long; try again later"},
    {"ResourceNotReadyException", TG_ERROR_RETRY, "it is not ready yet; try again later"},
    {"FederationSourceRetryableException", TG_ERROR_RETRY,
     "the catalog behind it does not answer; try again later"},
    {"GlueEncryptionException", TG_ERROR_DENIED,
     "the catalog's key cannot be used; check the rights at KMS of who asks"},
    {0}};

static const TgAwsService service = {
    .name = "Glue", .id = "glue", .target = "AWSGlue", .version = "1.1", .codes = codes};

TgGlue *tg_glue_new(const TgAwsClientOptions *options, const char *catalog_id, GError **error)
{
    TgAwsClient *client = tg_aws_client_new(&service, options, error);
    TgGlue *glue = NULL;

    if (client != NULL) {
        glue = g_new0(TgGlue, 1);
        glue->client = client;
        glue->catalog_id = g_strdup(catalog_id);
    }
    return glue;
}

void tg_glue_free(TgGlue *glue)
{
    if (glue != NULL) {
        tg_aws_client_free(glue->client);
        g_free(glue->catalog_id);
        g_free(glue);
    }
}

TgAwsClient *tg_glue_client(TgGlue *glue)
{
    return glue->client;
}

/* --- what all calls share --- */

json_t *tg_glue_request(const TgGlue *glue, const char *database, const char *key, const char *name)
{
    json_t *request = json_object();

    if (glue->catalog_id != NULL) {
        json_object_set_new(request, "CatalogId", json_string(glue->catalog_id));
    }
    if (database != NULL) {
        json_object_set_new(request, "DatabaseName", json_string(database));
    }
    if (key != NULL && name != NULL) {
        json_object_set_new(request, key, json_string(name));
    }
    return request;
}

static const char *text_in(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

/* The name that a call is about; NULL: none, or it stands in the input. */
static const char *name_in(const json_t *request)
{
    static const char *const members[] = {"TableInput", "DatabaseInput"};
    const char *name = text_in(request, "Name");

    name = name == NULL ? text_in(request, "TableName") : name;
    for (gsize i = 0; name == NULL && i < G_N_ELEMENTS(members); i++) {
        name = text_in(json_object_get(request, members[i]), "Name");
    }
    return name;
}

void tg_glue_prefix_error(const json_t *request, GError **error)
{
    const char *database = text_in(request, "DatabaseName");
    const char *name = name_in(request);

    if (database != NULL && name != NULL) {
        g_prefix_error(error, "%s.%s: ", database, name);
    } else if (database != NULL || name != NULL) {
        g_prefix_error(error, "database %s: ", database == NULL ? name : database);
    }
}

json_t *tg_glue_ask(TgGlue *glue, const char *action, json_t *take_request, const char *member,
                    GError **error)
{
    g_autoptr(json_t) request = take_request;
    TgAwsCall call = {.action = action, .request = request};
    g_autoptr(json_t) answer = tg_aws_client_call(glue->client, &call, NULL, error);
    json_t *found = member == NULL ? answer : json_object_get(answer, member);

    if (answer == NULL) {
        tg_glue_prefix_error(request, error);
        return NULL;
    }
    if (!json_is_object(found)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Glue %s at %s: the server answers without '%s'; check the endpoint", action,
                    tg_aws_client_host(glue->client), member);
        tg_glue_prefix_error(request, error);
        return NULL;
    }
    return json_incref(found);
}

gboolean tg_glue_do(TgGlue *glue, const char *action, json_t *take_request, GError **error)
{
    g_autoptr(json_t) answer = tg_glue_ask(glue, action, take_request, NULL, error);

    return answer != NULL;
}

json_t *tg_glue_slice(const json_t *array, gsize from, gsize count)
{
    json_t *slice = json_array();

    for (gsize i = from; i < json_array_size(array) && i - from < count; i++) {
        json_array_append(slice, json_array_get(array, i));
    }
    return slice;
}

gboolean tg_glue_send_batches(TgGlue *glue, const TgGlueBatch *batch, json_t *take_request,
                              const json_t *things, json_t **out_errors, GError **error)
{
    g_autoptr(json_t) request = take_request;
    g_autoptr(json_t) errors = json_array();
    gsize count = json_array_size(things);

    for (gsize from = 0; from < count; from += batch->count_max) {
        json_object_set_new(request, batch->member, tg_glue_slice(things, from, batch->count_max));
        g_autoptr(json_t) answer =
            tg_glue_ask(glue, batch->action, json_incref(request), NULL, error);

        if (answer == NULL) {
            g_prefix_error(error, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " done, then ", from,
                           count);
            return FALSE;
        }
        json_array_extend(errors, json_object_get(answer, "Errors")); /* it may not be there */
    }
    *out_errors = g_steal_pointer(&errors);
    return TRUE;
}

/* A list that is kept whole; takes the request. */
static json_t *list_of(TgGlue *glue, const char *action, json_t *take_request, const char *member,
                       GError **error)
{
    g_autoptr(json_t) request = take_request;
    TgAwsCall call = {.action = action, .request = request};
    json_t *items = tg_aws_client_list(glue->client, &call, member, TG_GLUE_ITEMS_MAX, error);

    if (items == NULL) {
        tg_glue_prefix_error(request, error);
    }
    return items;
}

/* With a document; the request. */
static json_t *with(json_t *request, const char *key, const json_t *value)
{
    json_object_set(request, key, (json_t *)value);
    return request;
}

/* --- databases --- */

json_t *tg_glue_get_database(TgGlue *glue, const char *database, GError **error)
{
    return tg_glue_ask(glue, "GetDatabase", tg_glue_request(glue, NULL, "Name", database),
                       "Database", error);
}

json_t *tg_glue_list_databases(TgGlue *glue, GError **error)
{
    return list_of(glue, "GetDatabases", tg_glue_request(glue, NULL, NULL, NULL), "DatabaseList",
                   error);
}

gboolean tg_glue_create_database(TgGlue *glue, const json_t *input, GError **error)
{
    return tg_glue_do(glue, "CreateDatabase",
                      with(tg_glue_request(glue, NULL, NULL, NULL), "DatabaseInput", input), error);
}

gboolean tg_glue_update_database(TgGlue *glue, const char *database, const json_t *input,
                                 GError **error)
{
    return tg_glue_do(glue, "UpdateDatabase",
                      with(tg_glue_request(glue, NULL, "Name", database), "DatabaseInput", input),
                      error);
}

gboolean tg_glue_delete_database(TgGlue *glue, const char *database, GError **error)
{
    return tg_glue_do(glue, "DeleteDatabase", tg_glue_request(glue, NULL, "Name", database), error);
}

/* --- tables --- */

json_t *tg_glue_get_table(TgGlue *glue, const char *database, const char *table, GError **error)
{
    return tg_glue_ask(glue, "GetTable", tg_glue_request(glue, database, "Name", table), "Table",
                       error);
}

json_t *tg_glue_list_tables(TgGlue *glue, const char *database, const char *expression,
                            GError **error)
{
    return list_of(glue, "GetTables", tg_glue_request(glue, database, "Expression", expression),
                   "TableList", error);
}

gboolean tg_glue_create_table(TgGlue *glue, const char *database, const json_t *input,
                              GError **error)
{
    return tg_glue_do(glue, "CreateTable",
                      with(tg_glue_request(glue, database, NULL, NULL), "TableInput", input),
                      error);
}

gboolean tg_glue_update_table(TgGlue *glue, const char *database, const json_t *input,
                              const TgGlueUpdate *update, GError **error)
{
    json_t *request =
        tg_glue_request(glue, database, "VersionId", update == NULL ? NULL : update->version_id);

    if (update != NULL && update->skip_archive) {
        json_object_set_new(request, "SkipArchive", json_true());
    }
    return tg_glue_do(glue, "UpdateTable", with(request, "TableInput", input), error);
}

gboolean tg_glue_delete_table(TgGlue *glue, const char *database, const char *table, GError **error)
{
    return tg_glue_do(glue, "DeleteTable", tg_glue_request(glue, database, "Name", table), error);
}

gboolean tg_glue_delete_tables(TgGlue *glue, const char *database, const json_t *names,
                               json_t **out_errors, GError **error)
{
    static const TgGlueBatch batch = {"BatchDeleteTable", "TablesToDelete", NAMES_PER_CALL};

    return tg_glue_send_batches(glue, &batch, tg_glue_request(glue, database, NULL, NULL), names,
                                out_errors, error);
}

json_t *tg_glue_list_table_versions(TgGlue *glue, const char *database, const char *table,
                                    GError **error)
{
    return list_of(glue, "GetTableVersions", tg_glue_request(glue, database, "TableName", table),
                   "TableVersions", error);
}

json_t *tg_glue_get_table_version(TgGlue *glue, const char *database, const char *table,
                                  const char *version_id, GError **error)
{
    json_t *request = tg_glue_request(glue, database, "TableName", table);

    json_object_set_new(request, "VersionId", json_string(version_id));
    return tg_glue_ask(glue, "GetTableVersion", request, "TableVersion", error);
}

gboolean tg_glue_delete_table_versions(TgGlue *glue, const char *database, const char *table,
                                       const json_t *version_ids, json_t **out_errors,
                                       GError **error)
{
    static const TgGlueBatch batch = {"BatchDeleteTableVersion", "VersionIds", NAMES_PER_CALL};

    return tg_glue_send_batches(glue, &batch, tg_glue_request(glue, database, "TableName", table),
                                version_ids, out_errors, error);
}
