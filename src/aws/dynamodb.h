/* Calls to DynamoDB, or a server that speaks like it: tg_aws_client_call of this client. */
#pragma once

#include "aws/client.h"

/* As tg_aws_client_new; tries_max 0 is 21, retry_ms 0 is 5 minutes: its tables throttle whoever
 * reads all of them. NOT_FOUND is a table or an index that is not there. */
TgAwsClient *tg_dynamodb_new(const TgAwsClientOptions *options, GError **error);
