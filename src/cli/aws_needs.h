/* Which permissions a workflow or a load needs at AWS, read from its file. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* One permission. What it is for depends on the service: bucket and key (with '*' at the end of a
 * prefix), database and table, a workgroup, a table of DynamoDB, a role. */
typedef struct {
    char *action; /* "s3:GetObject" */
    char *a;
    char *b;     /* NULL: none */
    char *place; /* "+load", or "in", "out" */
} TgCliAwsNeed;

void tg_cli_aws_need_free(TgCliAwsNeed *need);

/**
 * Needs of a file, each once. Loads that a workflow names are read, too; templates in names stand
 * for anything.
 *
 * @path of the file; that of a load is relative to its folder
 * @file its map
 * @return of TgCliAwsNeed, freed with the array; NULL when a load cannot be read
 */
GPtrArray *tg_cli_aws_needs(const char *path, const json_t *file, GError **error);

/* ARNs that a need is about; an array of texts. NULL stands for any. A new reference. */
json_t *tg_cli_aws_resources(const TgCliAwsNeed *need, const char *region, const char *account);

/* An IAM policy that allows all of them and nothing else; a new reference. */
json_t *tg_cli_aws_policy(const GPtrArray *needs, const char *region, const char *account);
