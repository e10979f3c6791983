/* Needs as an IAM policy. */
#include <string.h>

#include "cli/aws_needs.h"
#include "params/params.h"

static const char *partition_of(const char *region)
{
    return region == NULL                        ? "aws"
           : g_str_has_prefix(region, "cn-")     ? "aws-cn"
           : g_str_has_prefix(region, "us-gov-") ? "aws-us-gov"
                                                 : "aws";
}

/* Whether an action of S3 is on the bucket, not on its objects. */
static gboolean is_of_bucket(const char *action)
{
    return strcmp(action, "s3:ListBucket") == 0 || strcmp(action, "s3:GetBucketLocation") == 0 ||
           strcmp(action, "s3:ListBucketMultipartUploads") == 0;
}

static void add(json_t *into, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(json_t *into, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *arn = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    json_array_append_new(into, json_string(arn));
}

/* Glue asks for rights on the catalog, the database and the table. */
static void add_catalog(json_t *into, const TgCliAwsNeed *need, const char *base)
{
    add(into, "%s:catalog", base);
    add(into, "%s:database/%s", base, need->a);
    if (strstr(need->action, "Database") == NULL) {
        add(into, "%s:table/%s/%s", base, need->a, need->b == NULL ? "*" : need->b);
    }
}

json_t *tg_cli_aws_resources(const TgCliAwsNeed *need, const char *region, const char *account)
{
    json_t *resources = json_array();
    const char *partition = partition_of(region);
    gsize size = strcspn(need->action, ":");
    g_autofree char *service = g_strndup(need->action, size);
    g_autofree char *base =
        g_strdup_printf("arn:%s:%s:%s:%s", partition, service, region == NULL ? "*" : region,
                        account == NULL ? "*" : account);

    if (strcmp(service, "s3") == 0) {
        add(resources, "arn:%s:s3:::%s%s%s", partition, need->a,
            is_of_bucket(need->action) ? "" : "/",
            is_of_bucket(need->action) ? ""
            : need->b == NULL          ? "*"
                                       : need->b);
    } else if (strcmp(service, "glue") == 0) {
        add_catalog(resources, need, base);
    } else if (strcmp(service, "athena") == 0) {
        add(resources, "%s:workgroup/%s", base, need->a);
    } else if (strcmp(service, "dynamodb") == 0) {
        add(resources, "%s:table/%s%s%s", base, need->a, need->b == NULL ? "" : "/index/",
            need->b == NULL ? "" : need->b);
    } else {
        add(resources, "%s", need->a); /* a role's own name */
    }
    return resources;
}

/* The statement about these resources; a new one when there is none. Lent. */
static json_t *statement_of(json_t *statements, const json_t *resources, const char *service)
{
    json_t *statement = NULL;
    size_t i = 0;

    json_array_foreach (statements, i, statement) {
        const char *first =
            json_string_value(json_array_get(json_object_get(statement, "Action"), 0));

        if (json_equal(json_object_get(statement, "Resource"), resources) &&
            g_str_has_prefix(first, service)) {
            return statement;
        }
    }
    statement = json_pack("{s:s, s:[], s:O}", "Effect", "Allow", "Action", "Resource", resources);
    json_array_append_new(statements, statement);
    return statement;
}

json_t *tg_cli_aws_policy(const GPtrArray *needs, const char *region, const char *account)
{
    json_t *policy = json_pack("{s:s, s:[]}", "Version", "2012-10-17", "Statement");

    for (guint i = 0; i < needs->len; i++) {
        const TgCliAwsNeed *need = needs->pdata[i];
        g_autoptr(json_t) resources = tg_cli_aws_resources(need, region, account);
        g_autofree char *service = g_strndup(need->action, strcspn(need->action, ":") + 1);
        json_t *statement = statement_of(json_object_get(policy, "Statement"), resources, service);

        json_array_append_new(json_object_get(statement, "Action"), json_string(need->action));
    }
    return policy;
}
