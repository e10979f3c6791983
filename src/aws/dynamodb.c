/* What DynamoDB has of its own: its name, its errors, its patience. */
#include "aws/dynamodb.h"

#define TRIES_MAX 21
#define RETRY_MS ((gint64)5 * 60 * 1000)

static const TgAwsCode codes[] = {
    {"ResourceNotFoundException", TG_ERROR_NOT_FOUND,
     "there is no such table or index; check table, index_name and region"},
    {"ResourceInUseException", TG_ERROR_RETRY, "the table is being changed"},
    {"ProvisionedThroughputExceededException", TG_ERROR_RETRY,
     "the table's read capacity is used up; raise it, or read with fewer segments"},
    {"ThrottlingException", TG_ERROR_RETRY, "the server asks to slow down; use fewer segments"},
    {"RequestLimitExceeded", TG_ERROR_RETRY,
     "the account's capacity is used up; use fewer segments"},
    {"ValidationException", TG_ERROR_CONFIG,
     "the request is not valid; check keys and expressions"},
    {0}};

static const TgAwsService service = {.name = "DynamoDB",
                                     .id = "dynamodb",
                                     .target = "DynamoDB_20120810",
                                     .version = "1.0",
                                     .codes = codes};

TgAwsClient *tg_dynamodb_new(const TgAwsClientOptions *options, GError **error)
{
    TgAwsClientOptions own = *options;

    own.tries_max = own.tries_max == 0 ? TRIES_MAX : own.tries_max;
    own.retry_ms = own.retry_ms == 0 ? RETRY_MS : own.retry_ms;
    return tg_aws_client_new(&service, &own, error);
}
