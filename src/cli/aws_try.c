/* One harmless call for each permission that has one. */
#include "cli/aws_try.h"

#include <string.h>

#include "aws/athena.h"
#include "aws/dynamodb.h"
#include "aws/endpoint.h"
#include "aws/glue.h"
#include "aws/s3.h"
#include "params/params.h"

#define TRIES_MAX 3
#define NO_QUERY "00000000-0000-0000-0000-000000000000" /* nobody has a query of this id */
#define NO_KEY "tegaru-aws-check"                       /* of an object that is not there */

struct TgCliAwsTrial {
    TgS3 *s3;
    TgGlue *glue;
    TgAthena *athena;
    TgAwsClient *dynamodb;
};

void tg_cli_aws_trial_free(TgCliAwsTrial *trial)
{
    if (trial != NULL) {
        tg_s3_free(trial->s3);
        tg_glue_free(trial->glue);
        tg_athena_free(trial->athena);
        tg_aws_client_free(trial->dynamodb);
        g_free(trial);
    }
}

TgCliAwsTrial *tg_cli_aws_trial_new(const TgAwsSettings *settings, GError **error)
{
    g_autoptr(TgCliAwsTrial) trial = g_new0(TgCliAwsTrial, 1);
    g_autofree char *endpoint = tg_aws_endpoint_find("s3", settings->profile);
    TgS3Options of_s3 = {.endpoint = endpoint,
                         .region = settings->region,
                         .path_style = endpoint != NULL,
                         .credentials = settings->credentials,
                         .tries_max = TRIES_MAX};
    TgAwsClientOptions options = {.region = settings->region,
                                  .profile = settings->profile,
                                  .credentials = settings->credentials,
                                  .tries_max = TRIES_MAX};

    trial->s3 = tg_s3_new(&of_s3, error);
    trial->glue = trial->s3 == NULL ? NULL : tg_glue_new(&options, settings->catalog_id, error);
    trial->athena = trial->glue == NULL ? NULL : tg_athena_new(&options, error);
    trial->dynamodb = trial->athena == NULL ? NULL : tg_dynamodb_new(&options, error);
    return trial->dynamodb == NULL ? NULL : g_steal_pointer(&trial);
}

/* --- S3 --- */

/* A key below a prefix; the key itself when it is one. The caller frees. */
static char *key_of(const TgCliAwsNeed *need)
{
    gsize size = need->b == NULL ? 0 : strlen(need->b);

    return size > 0 && need->b[size - 1] != '*'
               ? g_strdup(need->b)
               : g_strdup_printf("%.*s" NO_KEY, (int)(size == 0 ? 0 : size - 1), need->b);
}

static gboolean list_bucket(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(GPtrArray) objects = tg_s3_list(trial->s3, need->a, NO_KEY, 1, error);

    return objects != NULL;
}

static gboolean list_uploads(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(GPtrArray) uploads = tg_s3_list_uploads(trial->s3, need->a, NO_KEY, 1, error);

    return uploads != NULL;
}

/* Without s3:ListBucket S3 also denies objects that are not there: then nothing is known. */
static gboolean get_object(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autofree char *key = key_of(need);
    TgS3Place place = {.bucket = need->a, .key = key};
    g_auto(TgS3Info) info = {0};
    g_autoptr(GError) problem = NULL;
    g_autoptr(GError) of_list = NULL;

    if (tg_s3_head(trial->s3, &place, &info, &problem)) {
        return TRUE;
    }
    if (problem->code == TG_ERROR_DENIED && !list_bucket(trial, need, &of_list) &&
        of_list->code == TG_ERROR_DENIED) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "without s3:ListBucket S3 does not tell a missing object from a missing "
                    "permission; allow s3:ListBucket and check again");
        return FALSE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* --- Glue: a name that is not there is looked for with the same permission --- */

static const char *name_of(const char *text)
{
    return text == NULL || strchr(text, '*') != NULL ? NO_KEY : text;
}

static gboolean get_database(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(json_t) found = tg_glue_get_database(trial->glue, name_of(need->a), error);

    return found != NULL;
}

static gboolean take_none(gpointer data G_GNUC_UNUSED, const json_t *items G_GNUC_UNUSED,
                          GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "one page is enough");
    return FALSE;
}

/* One page of a list without a function of its own. */
static gboolean first_page(TgCliAwsTrial *trial, const char *action, json_t *take_request,
                           const char *list, GError **error)
{
    g_autoptr(json_t) request = take_request;
    TgAwsCall call = {.action = action, .request = request};

    return tg_aws_client_each_page(tg_glue_client(trial->glue), &call, list, take_none, NULL,
                                   error);
}

static gboolean list_databases(TgCliAwsTrial *trial, const TgCliAwsNeed *need G_GNUC_UNUSED,
                               GError **error)
{
    return first_page(trial, "GetDatabases", json_pack("{s:i}", "MaxResults", 1), "DatabaseList",
                      error);
}

static gboolean list_tables(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    return first_page(trial, "GetTables",
                      json_pack("{s:s, s:i}", "DatabaseName", name_of(need->a), "MaxResults", 1),
                      "TableList", error);
}

static gboolean get_table(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(json_t) found =
        tg_glue_get_table(trial->glue, name_of(need->a), name_of(need->b), error);

    return found != NULL;
}

static gboolean list_partitions(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    TgGluePartitions which = {
        .database = name_of(need->a), .table = name_of(need->b), .excludes_columns = TRUE};

    return tg_glue_each_partitions(trial->glue, &which, take_none, NULL, error);
}

/* --- Athena, DynamoDB --- */

static gboolean get_workgroup(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(json_t) group = tg_athena_get_workgroup(trial->athena, name_of(need->a), error);

    return group != NULL;
}

static gboolean get_query(TgCliAwsTrial *trial, const TgCliAwsNeed *need G_GNUC_UNUSED,
                          GError **error)
{
    g_autoptr(json_t) query = tg_athena_get(trial->athena, NO_QUERY, error);

    return query != NULL;
}

static gboolean scan(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error)
{
    g_autoptr(json_t) request = json_pack("{s:s, s:i}", "TableName", need->a, "Limit", 1);
    TgAwsCall call = {.action = "Scan", .request = request};

    if (need->b != NULL) {
        json_object_set_new(request, "IndexName", json_string(need->b));
    }
    g_autoptr(json_t) answer = tg_aws_client_call(trial->dynamodb, &call, NULL, error);

    return answer != NULL;
}

static const struct {
    const char *action;
    gboolean (*call)(TgCliAwsTrial *trial, const TgCliAwsNeed *need, GError **error);
    gboolean takes_any; /* '*' is no obstacle */
    gboolean
        is_config_ok; /* what is asked for is wrong on purpose: a refusal is the right answer */
} calls[] = {
    {"s3:ListBucket", list_bucket, FALSE, FALSE},
    {"s3:ListBucketMultipartUploads", list_uploads, FALSE, FALSE},
    {"s3:GetObject", get_object, FALSE, FALSE},
    {"glue:GetDatabase", get_database, TRUE, FALSE},
    {"glue:GetDatabases", list_databases, TRUE, FALSE},
    {"glue:GetTable", get_table, TRUE, FALSE},
    {"glue:GetTables", list_tables, TRUE, FALSE},
    {"glue:GetPartitions", list_partitions, TRUE, FALSE},
    {"athena:GetWorkGroup", get_workgroup, FALSE, FALSE},
    {"athena:GetQueryExecution", get_query, TRUE, TRUE},
    {"dynamodb:Scan", scan, FALSE, FALSE},
};

static TgCliAwsVerdict verdict_of(const GError *problem, gboolean is_config_ok)
{
    if (problem->code == TG_ERROR_DENIED) {
        return TG_CLI_AWS_DENIED;
    }
    return problem->code == TG_ERROR_NOT_FOUND || (is_config_ok && problem->code == TG_ERROR_CONFIG)
               ? TG_CLI_AWS_ALLOWED
               : TG_CLI_AWS_UNKNOWN;
}

TgCliAwsVerdict tg_cli_aws_try(TgCliAwsTrial *trial, const TgCliAwsNeed *need, char **out_why)
{
    *out_why = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autoptr(GError) problem = NULL;

        if (strcmp(calls[i].action, need->action) != 0 ||
            (!calls[i].takes_any && strchr(need->a, '*') != NULL)) {
            continue;
        }
        if (calls[i].call(trial, need, &problem)) {
            return TG_CLI_AWS_ALLOWED;
        }
        TgCliAwsVerdict verdict = verdict_of(problem, calls[i].is_config_ok);

        *out_why = verdict == TG_CLI_AWS_ALLOWED ? NULL : g_strdup(problem->message);
        return verdict;
    }
    return TG_CLI_AWS_UNTRIED;
}
